"""ms-swift's own pipeline, given its export, learns exactly what was meant, fractional weights too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from exporting import HALF, HOSTILE, PARTLY, PLAIN, MadeRun, tiny
from longgrain.exports.ms_swift import MsSwift

pytest.importorskip("swift", reason="ms-swift is not installed: pip install ms-swift")

STEP = (
    "--tuner_type full --torch_dtype float32 --max_steps 1 --learning_rate 0.01 --save_strategy no "
    "--eval_strategy no --report_to none --model_type llama --check_model false --use_cpu true "
    "--load_from_cache_file false --dataset_shuffle false --train_dataloader_shuffle false "
    "--per_device_train_batch_size 1 --gradient_accumulation_steps 1 --attn_impl sdpa "
    "--dataset_num_proc 1 --dataloader_num_workers 0 --gradient_checkpointing false"
)


def pipeline(folder: Path, model: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The pipeline of `swift sft sft.yaml`, with what a CPU and one step ask for."""
    from swift.cli.main import parse_yaml_args
    from swift.pipelines.train.sft import SwiftSft

    monkeypatch.chdir(folder)
    monkeypatch.setenv("MODELSCOPE_OFFLINE", "1")
    words = ["sft.yaml"]
    parse_yaml_args(words)
    words[words.index("--model") + 1] = str(model)
    return SwiftSft([*words, *STEP.split()])


def encoded(run: MadeRun, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Ids, labels and loss_scale of each example, by ms-swift's loader and template."""
    MsSwift().write(run, folder / "out")
    found = pipeline(folder / "out", tiny(run, folder / "model"), monkeypatch)
    train, _ = found._prepare_dataset()
    return list(train)


def weights_of(line: dict[str, Any]) -> list[float]:
    scale = line.get("loss_scale") or [1.0] * len(line["labels"])
    return [s if label >= 0 else 0.0 for s, label in zip(scale, line["labels"], strict=True)]


def test_every_weight_is_kept_but_for_what_the_readme_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = MadeRun({n: m for n, m in PLAIN.items() if n != "two turns"} | PARTLY | HALF)
    replies = 0
    for name, line in zip(run.conversations, encoded(run, tmp_path, monkeypatch), strict=True):
        ids, weights = run.meant[name]
        assert line["input_ids"] == ids
        assert weights_of(line)[:-1] == weights[:-1]
        assert (weights_of(line)[-1], weights[-1]) == (1.0, 0.0)
        replies += 1
    readme = " ".join((tmp_path / "out" / "README.md").read_text("utf-8").split())
    assert f"there are {replies} such replies" in readme


def test_one_step_is_taken_on_the_tokens_that_were_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import transformers

    run = MadeRun(PLAIN)
    MsSwift().write(run, tmp_path / "out")
    model = tiny(run, tmp_path / "model")
    found = pipeline(tmp_path / "out", model, monkeypatch)
    before = next(found.model.parameters()).detach().clone()
    seen: list[dict[str, Any]] = []
    from swift.trainers import Seq2SeqTrainer

    own = Seq2SeqTrainer.compute_loss

    def watched(self: Any, model: Any, inputs: dict[str, Any], *args: Any, **kw: Any) -> Any:
        seen.append(dict(inputs))
        return own(self, model, inputs, *args, **kw)

    monkeypatch.setattr(Seq2SeqTrainer, "compute_loss", watched)
    found.run()
    [batch] = seen
    ids = batch["input_ids"][0].tolist()
    [name] = [name for name, (meant, _) in run.meant.items() if meant == ids]
    # ms-swift asks the model for the logits of the last tokens alone, those from the first learned on.
    tail = batch["labels"][0].tolist()
    labels = [-100] * (len(ids) - len(tail)) + tail
    meant = run.labels(name)
    differ = [i for i, label in enumerate(labels) if label != meant[i]]
    assert differ == [end + 1 for end in ends_of_replies(run, name)]
    assert bool((next(found.model.parameters()) != before).any())
    assert isinstance(found.model, transformers.PreTrainedModel)


def ends_of_replies(run: MadeRun, name: str) -> list[int]:
    """Where the learned ends of turns stand: under ChatML a line feed follows each."""
    end = run.tokenizer.control["<|im_end|>"]["id"]
    return [i for i, label in enumerate(run.labels(name)) if label == end]


def test_behind_every_reply_a_line_feed_is_learned_as_the_readme_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = MadeRun({"two turns": PLAIN["two turns"]})
    [line] = encoded(run, tmp_path, monkeypatch)
    ids, weights = run.meant["two turns"]
    assert line["input_ids"] == ids
    differ = [i for i, weight in enumerate(weights_of(line)) if weight != weights[i]]
    assert differ == [end + 1 for end in ends_of_replies(run, "two turns")]
    readme = " ".join((tmp_path / "out" / "README.md").read_text("utf-8").split())
    assert "there are 2 such replies" in readme


def test_words_of_control_tokens_are_counted_because_they_are_parsed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = MadeRun(HOSTILE)
    [line] = encoded(run, tmp_path, monkeypatch)
    assert line["input_ids"] != run.meant["hostile"][0]
    assert "1 of 1 examples hold the words" in (tmp_path / "out" / "README.md").read_text("utf-8")
