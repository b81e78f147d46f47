"""TRL's own trainer, given its export, learns exactly the tokens that were meant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from exporting import HALF, HOSTILE, PARTLY, PLAIN, MadeRun, losses_alone, tiny
from longgrain.exports.trl import Trl

trl: Any = pytest.importorskip("trl", reason="TRL is not installed: pip install trl datasets")
datasets: Any = pytest.importorskip("datasets", reason="TRL needs datasets")


def config_of(folder: Path, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> tuple[Any, Any]:
    """The config as `trl sft --config` reads it, with what a CPU and one step ask for."""
    monkeypatch.chdir(folder)
    kinds = (trl.ScriptArguments, trl.SFTConfig, trl.ModelConfig, trl.DatasetMixtureConfig)
    parser = trl.TrlParser(kinds)
    small = "--bf16 false --use_cpu true --max_steps 1 --report_to none --learning_rate 0.01"
    found = parser.parse_args_and_config(["--config", "sft.yaml", *small.split()])
    for name, value in changes.items():
        setattr(found[1], name, value)
    return found[1], found[3]


def one_step(
    folder: Path, model: Path, monkeypatch: pytest.MonkeyPatch, **changes: Any
) -> tuple[list[dict[str, Any]], Any, float]:
    """What reached the model in one optimiser step, the trainer, and the loss it reported."""
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(folder.parent / "cache"))
    settings, mixture = config_of(folder, monkeypatch, **changes)
    data = trl.get_dataset(mixture)
    seen: list[dict[str, Any]] = []

    class Watched(trl.SFTTrainer):  # type: ignore[misc]
        def compute_loss(self, model: Any, inputs: dict[str, Any], *args: Any, **kw: Any) -> Any:
            seen.append(dict(inputs))
            return super().compute_loss(model, inputs, *args, **kw)

    trainer = Watched(model=str(model), args=settings, train_dataset=data["train"])
    before = next(trainer.model.parameters()).detach().clone()
    done = trainer.train()
    assert bool((next(trainer.model.parameters()) != before).any())
    return seen, trainer, done.training_loss


def test_packed_rows_reach_the_model_token_by_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import transformers

    run = MadeRun(PLAIN | PARTLY)
    Trl().write(run, tmp_path / "out")
    model = tiny(run, tmp_path / "model")
    fresh = transformers.AutoModelForCausalLM.from_pretrained(model)
    seen, _, loss = one_step(tmp_path / "out", model, monkeypatch)
    rows = list(run.rows("train"))
    [batch] = seen
    [row] = [one for one in rows if one.input_ids.tolist() == batch["input_ids"][0].tolist()]
    assert batch["labels"][0].tolist() == row.labels.tolist()
    assert batch["position_ids"][0].tolist() == row.position_ids.tolist()
    assert "attention_mask" not in batch
    alone = losses_alone(run, fresh, row.example_ids)
    assert loss == pytest.approx(float(alone.mean()), abs=1e-5)


def test_prompts_and_completions_learn_what_was_meant_and_what_the_readme_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_turn = {name: PLAIN[name] for name in ("english", "chinese")}
    run = MadeRun(one_turn)
    Trl(form="prompt_completion").write(run, tmp_path / "out")
    model = tiny(run, tmp_path / "model")
    seen, trainer, _ = one_step(tmp_path / "out", model, monkeypatch)
    assert seen
    more = 0
    for name, line in zip(one_turn, trainer.train_dataset, strict=True):
        ids, meant = run.meant[name][0], run.labels(name)
        assert line["input_ids"] == ids
        differ = [i for i, label in enumerate(line["labels"]) if label != meant[i]]
        assert differ == [len(ids) - 1]  # the line feed behind the end of the turn
        more += len(differ)
    readme = (tmp_path / "out" / "README.md").read_text("utf-8")
    assert f"- {more} tokens that the template writes behind the last learned token" in readme


def learned_by_trl(
    run: MadeRun, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, list[int]]:
    Trl(form="prompt_completion").write(run, folder / "out")
    _, trainer, _ = one_step(folder / "out", tiny(run, folder / "model"), monkeypatch)
    lines = list(trainer.train_dataset)
    return {name: lines[n]["labels"] for n, name in enumerate(run.conversations)}


def test_the_readme_counts_what_prompts_and_completions_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = MadeRun({"two turns": PLAIN["two turns"]} | PARTLY | HALF)
    learned = learned_by_trl(run, tmp_path, monkeypatch)
    meant = {name: run.labels(name) for name in learned}
    lost = sum(
        a != b and a == -100 for n in meant for a, b in zip(learned[n], meant[n], strict=True)
    )
    won = sum(
        a != b and b == -100 for n in meant for a, b in zip(learned[n], meant[n], strict=True)
    )
    readme = " ".join((tmp_path / "out" / "README.md").read_text("utf-8").split())
    read, earlier = run.tokenizer.encode(["41? No, that forgets the carry.\n", "1200名。"]).lengths
    assert won == int(read) + 3  # three line feeds
    assert lost == int(earlier) + 1  # and the end of that turn
    assert f"- {read} tokens of completions are meant to be read only" in readme
    assert f"- {earlier} tokens of earlier assistant turns" in readme
    assert "tokens of this run have a weight between or above these two" in readme


def test_words_of_control_tokens_in_a_document_are_counted_because_they_are_parsed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = MadeRun(HOSTILE | {"english": PLAIN["english"]})
    Trl(form="prompt_completion").write(run, tmp_path / "out")
    _, trainer, _ = one_step(tmp_path / "out", tiny(run, tmp_path / "model"), monkeypatch)
    lines = [line["input_ids"] for line in trainer.train_dataset]
    assert lines[1] == run.meant["english"][0]
    end = run.tokenizer.control["<|im_end|>"]["id"]
    assert lines[0].count(end) == run.meant["hostile"][0].count(end) + 1
    assert "1 of 2 examples hold the words" in (tmp_path / "out" / "README.md").read_text("utf-8")
