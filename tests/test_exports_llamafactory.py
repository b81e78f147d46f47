"""LLaMA-Factory's own loader, collator and trainer, given its export, learn exactly what was meant."""

from __future__ import annotations

import importlib.util
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from exporting import HALF, HOSTILE, PARTLY, PLAIN, MadeRun, losses_alone, tiny
from longgrain.exports.llamafactory import LlamaFactory

if importlib.util.find_spec("llamafactory") is None:
    pytest.skip("LLaMA-Factory is not installed: pip install llamafactory", allow_module_level=True)
try:
    import torchaudio  # noqa: F401
except (ImportError, OSError):
    # LLaMA-Factory imports it for audio alone, and its wheel does not load beside a torch for CPU.
    sys.modules["torchaudio"] = ModuleType("torchaudio")
    sys.modules["torchaudio"].__spec__ = ModuleSpec("torchaudio", None)

STEP = {
    "finetuning_type": "full",
    "use_cpu": True,
    "max_steps": 1,
    "bf16": False,
    "learning_rate": 0.01,
    "report_to": "none",
    "overwrite_cache": True,
    "preprocessing_num_workers": 1,
}


def arguments(folder: Path, model: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The config as `llamafactory-cli train` reads it, with what a CPU and one step ask for."""
    import yaml
    from llamafactory.hparams import get_train_args

    monkeypatch.chdir(folder)
    config = yaml.safe_load((folder / "sft.yaml").read_text("utf-8"))
    return get_train_args({**config, "model_name_or_path": str(model), **STEP})


def loaded(found: Any) -> tuple[Any, Any, Any]:
    """The dataset, template and tokenizer, by LLaMA-Factory's loader."""
    from llamafactory.data import get_dataset, get_template_and_fix_tokenizer
    from llamafactory.model import load_tokenizer

    model_args, data_args, training_args, *_ = found
    module = load_tokenizer(model_args)
    template = get_template_and_fix_tokenizer(module["tokenizer"], data_args)
    data = get_dataset(template, model_args, data_args, training_args, stage="sft", **module)
    return data["train_dataset"], template, module


def test_packed_rows_reach_the_model_token_by_token_and_see_only_themselves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import transformers
    from llamafactory.train.sft import workflow

    run = MadeRun(PLAIN | PARTLY)
    LlamaFactory().write(run, tmp_path / "out")
    model = tiny(run, tmp_path / "model")
    fresh = transformers.AutoModelForCausalLM.from_pretrained(model)
    seen: list[tuple[dict[str, Any], float]] = []

    class Watched(workflow.CustomSeq2SeqTrainer):  # type: ignore[misc]
        def compute_loss(self, model: Any, inputs: dict[str, Any], *args: Any, **kw: Any) -> Any:
            batch = dict(inputs)
            loss = super().compute_loss(model, inputs, *args, **kw)
            seen.append((batch, float(loss)))
            return loss

    monkeypatch.setattr(workflow, "CustomSeq2SeqTrainer", Watched)
    model_args, data_args, training_args, finetuning_args, generating_args = arguments(
        tmp_path / "out", model, monkeypatch
    )
    workflow.run_sft(model_args, data_args, training_args, finetuning_args, generating_args)
    [(batch, loss)] = seen
    rows = {tuple(row.input_ids.tolist()): row for row in run.rows("train")}
    ids = batch["input_ids"][0].tolist()
    [row] = [one for key, one in rows.items() if tuple(ids[: len(key)]) == key]
    size = len(row.input_ids)
    assert batch["labels"][0].tolist() == row.labels.tolist() + [-100] * (len(ids) - size)
    alone = losses_alone(run, fresh, row.example_ids)
    assert loss == pytest.approx(float(alone.mean()), abs=1e-5)
    tuned = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "out" / "tuned")
    assert bool((next(tuned.parameters()) != next(fresh.parameters())).any())


@pytest.mark.parametrize("form", ["sharegpt", "alpaca"])
def test_text_is_learned_as_meant_but_for_what_the_readme_counts(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = MadeRun(PLAIN | PARTLY | HALF)
    LlamaFactory(form=form).write(run, tmp_path / "out")  # type: ignore[arg-type]
    found = arguments(tmp_path / "out", tiny(run, tmp_path / "model"), monkeypatch)
    data, _, _ = loaded(found)
    won = lost = feeds = 0
    for name, line in zip(run.conversations, data, strict=True):
        assert line["input_ids"] == run.meant[name][0]
        meant = run.labels(name)
        won += sum(a != b and b == -100 for a, b in zip(line["labels"], meant, strict=True))
        lost += sum(a != b and a == -100 for a, b in zip(line["labels"], meant, strict=True))
        feeds += sum(message.speaker == "assistant" for message in run.conversations[name])
    read = len(run.tokenizer.encode(["41? No, that forgets the carry.\n"]).values)
    assert (won, lost) == (read + feeds, 0)
    readme = " ".join((tmp_path / "out" / "README.md").read_text("utf-8").split())
    assert f"With `mask_history: false`, {read} tokens are learned" in readme
    assert "No example holds the words of a control token" in readme


def test_words_of_control_tokens_are_counted_because_they_are_parsed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = MadeRun(HOSTILE)
    LlamaFactory(form="sharegpt").write(run, tmp_path / "out")
    found = arguments(tmp_path / "out", tiny(run, tmp_path / "model"), monkeypatch)
    data, _, _ = loaded(found)
    assert data[0]["input_ids"] != run.meant["hostile"][0]
    assert "1 of 1 examples hold the words" in (tmp_path / "out" / "README.md").read_text("utf-8")
