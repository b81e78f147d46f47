"""Axolotl's own loader and trainer, given its export, learn exactly the tokens that were meant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from exporting import HALF, HOSTILE, PARTLY, PLAIN, MadeRun, tiny
from longgrain.exports.axolotl import Axolotl, Form

pytest.importorskip("axolotl", reason="Axolotl is not installed: pip install axolotl")

STEP = {
    "max_steps": 1,
    "micro_batch_size": 1,
    "gradient_accumulation_steps": 1,
    "learning_rate": 0.01,
    "optimizer": "adamw_torch",
    "bf16": False,
    "fp16": False,
    "tf32": False,
    "use_cpu": True,
    "sample_packing": False,
    "flash_attention": False,
    "min_sample_len": 1,
    "shuffle_merged_datasets": False,
    "special_tokens": {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>"},
}


def config_of(folder: Path, model: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The config as `axolotl train` reads it, with what a CPU and one step ask for."""
    import yaml
    from axolotl.cli.config import load_cfg

    monkeypatch.chdir(folder)
    config = yaml.safe_load((folder / "axolotl.yaml").read_text("utf-8"))
    (folder / "cpu.yaml").write_text(yaml.safe_dump(config | STEP | {"base_model": str(model)}))
    return load_cfg("cpu.yaml")


def prepared(folder: Path, model: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Any]:
    """The config, and the datasets as Axolotl's own code prepares them."""
    from axolotl.common.datasets import load_datasets

    config = config_of(folder, model, monkeypatch)
    return config, load_datasets(cfg=config)


def lines_of(run: MadeRun, form: Form, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    Axolotl(form=form).write(run, folder / "out")
    _, data = prepared(folder / "out", tiny(run, folder / "model"), monkeypatch)
    return list(data.train_dataset)


def by_ids(lines: Any) -> dict[tuple[int, ...], list[int]]:
    return {tuple(line["input_ids"]): list(line["labels"]) for line in lines}


def test_ids_and_labels_are_those_of_the_run_and_one_step_is_taken_on_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import transformers
    from axolotl.train import train

    run = MadeRun(PLAIN | PARTLY | HOSTILE)
    Axolotl().write(run, tmp_path / "out")
    model = tiny(run, tmp_path / "model")
    config, data = prepared(tmp_path / "out", model, monkeypatch)
    found = by_ids(data.train_dataset)
    assert found == {tuple(ids): run.labels(name) for name, (ids, _) in run.meant.items()}
    seen: list[dict[str, Any]] = []
    own = transformers.Trainer.compute_loss

    def watched(self: Any, model: Any, inputs: dict[str, Any], *args: Any, **kw: Any) -> Any:
        seen.append(dict(inputs))
        return own(self, model, inputs, *args, **kw)

    monkeypatch.setattr(transformers.Trainer, "compute_loss", watched)
    tuned, _, _ = train(cfg=config, dataset_meta=data)
    [batch] = seen
    size = int(batch["attention_mask"][0].sum()) if "attention_mask" in batch else None
    ids = tuple(batch["input_ids"][0].tolist()[:size])
    assert batch["labels"][0].tolist()[:size] == found[ids]
    fresh = transformers.AutoModelForCausalLM.from_pretrained(model)
    assert bool((next(tuned.parameters()) != next(fresh.parameters())).any())


def test_segments_are_learned_as_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = MadeRun(PLAIN | PARTLY | HALF)
    found = by_ids(lines_of(run, "segments", tmp_path, monkeypatch))
    assert found == {tuple(ids): run.labels(name) for name, (ids, _) in run.meant.items()}
    readme = (tmp_path / "out" / "README.md").read_text("utf-8")
    assert "tokens of this run have a weight between or above these two" in readme


def test_train_detail_is_learned_as_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = MadeRun(PLAIN | PARTLY)
    found = by_ids(lines_of(run, "detail", tmp_path, monkeypatch))
    assert found == {tuple(ids): run.labels(name) for name, (ids, _) in run.meant.items()}


def test_words_of_control_tokens_are_counted_because_they_are_parsed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = MadeRun(HOSTILE)
    found = by_ids(lines_of(run, "segments", tmp_path, monkeypatch))
    assert tuple(run.meant["hostile"][0]) not in found
    assert "1 of 1 examples hold the words" in (tmp_path / "out" / "README.md").read_text("utf-8")
