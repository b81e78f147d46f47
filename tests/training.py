"""Conversations or a run > trainings of a tiny Llama, and gradients spelt out one example at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from exporting import HALF, PARTLY, PLAIN, MadeRun, quote, said
from longgrain import masks
from longgrain.rows import Row
from longgrain.train.settings import Settings
from longgrain.types import Side

torch: Any = pytest.importorskip("torch", reason="torch is not installed (extra train)")
transformers: Any = pytest.importorskip(
    "transformers", reason="transformers is not installed (extra train)"
)
# Five examples: one with two grains, one with two replies, one read in part, one with half a weight.
TWO_GRAINS = {
    "joined": (
        said("user", quote("en"), quote("zh"), "\n\nAre they the same ferry?"),
        said("assistant", ("Yes: both hold 1,200.", 1.0)),
    )
}
KEPT = {name: PLAIN[name] for name in ("english", "two turns")}
LONG = MadeRun(KEPT | TWO_GRAINS | PARTLY | HALF)


def config_file(folder: Path, **changes: Any) -> Path:
    """The configuration of a Llama of two layers, 64 wide."""
    values = {
        "model_type": "llama",
        "vocab_size": 32003,
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "max_position_embeddings": 2048,
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "tiny.json"
    path.write_text(json.dumps({**values, **changes}), "utf-8")
    return path


@dataclass(frozen=True)
class Packed:
    """The examples of `LONG` as rows of side train, so many in each row."""

    sizes: tuple[int, ...]
    folder: Path = field(default_factory=lambda: Path("made"))
    manifest: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def examples(self) -> list[Row]:
        from longgrain.train.batches import apart

        return [one for row in LONG.rows("train") for one in apart(row)]

    def rows(self, side: Side) -> Iterator[Row]:
        start = 0
        for size in self.sizes if side == "train" else ():
            yield masks.joined(self.examples[start : start + size])
            start += size


def gradients(run: Packed, folder: Path, **changes: Any) -> dict[str, Any]:
    """Of each trained weight its gradient in the first optimiser step of a training, unclipped."""
    from longgrain.train.job import prepared
    from longgrain.train.tuning import trainer_of

    torch.set_num_threads(1)
    asked = {"config": str(config_file(folder)), "clip": 0.0, "steps": 1, **changes}
    job = prepared(run, Settings(**asked), folder)  # type: ignore[arg-type]
    found: dict[str, Any] = {}

    class Caught(transformers.TrainerCallback):  # type: ignore[misc]
        def on_pre_optimizer_step(self, *args: Any, model: Any, **kwargs: Any) -> None:
            for name, one in model.named_parameters():
                if one.requires_grad:
                    found[name] = one.grad.clone()

    trainer = trainer_of(job)
    trainer.add_callback(Caught())
    trainer.train()
    return found


def spelt_gradients(folder: Path, normalise: str, examples: Sequence[Row]) -> dict[str, Any]:
    """The same by the definition: every example through the model alone, every token by itself."""
    from longgrain.train import models

    asked = Settings(config=str(config_file(folder)))
    model = models.begun(asked, models.config_of(asked), "eager")
    learned = [int((row.weights > 0).sum()) for row in examples]
    total = sum(float(row.weights.sum()) for row in examples)
    for row, count in zip(examples, learned, strict=True):
        ids = torch.from_numpy(row.input_ids).long()
        logits = model(input_ids=ids[None], use_cache=False).logits[0, :-1]
        each = torch.nn.functional.cross_entropy(logits, ids[1:], reduction="none")
        loss = (each * torch.from_numpy(row.weights)[1:]).sum()
        divisor = {"example": count * len(examples), "token": total, "sum": 1.0}[normalise]
        (loss / divisor).backward()
    return {name: one.grad for name, one in model.named_parameters()}


def furthest(one: dict[str, Any], other: dict[str, Any]) -> float:
    """The largest difference of two gradients in any weight."""
    assert one.keys() == other.keys()
    return max(float((one[name] - other[name]).abs().max()) for name in one)
