"""What a step of training learns is what the definition of the loss says, however rows are packed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from longgrain import masks
from longgrain.rows import Row
from longgrain.run import Run
from longgrain.train.batches import apart, batch, scaled
from training import LONG, Packed, furthest, gradients, spelt_gradients, torch

CLOSE = 1e-6
ALONE = Packed((1, 1, 1, 1, 1))
# The same five examples: packed otherwise, in other batches, in more of them.
WAYS: dict[str, tuple[Packed, dict[str, Any]]] = {
    "one example a batch": (ALONE, {"batch": 1, "accumulate": 5}),
    "one row": (Packed((5,)), {"batch": 1, "accumulate": 1}),
    "rows of two and three": (Packed((2, 3)), {"batch": 1, "accumulate": 2}),
    "rows of four and one": (Packed((4, 1)), {"batch": 1, "accumulate": 2}),
    "padded together": (Packed((1, 3, 1)), {"batch": 3, "accumulate": 1}),
    "taken apart and sorted": (Packed((2, 3)), {"batch": 2, "accumulate": 3, "batching": "sorted"}),
}


@pytest.mark.parametrize("normalise", ["example", "token", "sum"])
@pytest.mark.parametrize("way", WAYS)
def test_gradients_are_those_of_one_example_at_a_time(
    way: str, normalise: str, tmp_path: Path
) -> None:
    run, settings = WAYS[way]
    found = gradients(run, tmp_path, normalise=normalise, **settings)
    expected = spelt_gradients(tmp_path, normalise, run.examples)
    scale = max(1.0, max(float(one.abs().max()) for one in expected.values()))
    assert furthest(found, expected) <= CLOSE * scale
    assert furthest(found, {name: torch.zeros_like(one) for name, one in found.items()}) > 1e-2


def test_gradients_of_adapters_do_not_depend_on_packing_either(tmp_path: Path) -> None:
    pytest.importorskip("peft", reason="peft is not installed (extra train)")
    one = gradients(Packed((5,)), tmp_path, method="lora", accumulate=1)
    other = gradients(ALONE, tmp_path, method="lora", accumulate=5)
    assert all("lora" in name for name in one)
    assert furthest(one, other) <= CLOSE


@pytest.mark.parametrize("mask", ["window", "grains"])
def test_gradients_under_other_masks_do_not_depend_on_packing_or_attention(
    mask: str, tmp_path: Path
) -> None:
    how: dict[str, Any] = {"mask": mask, "window": 8, "sinks": 1, "global_roles": "answer"}
    one = gradients(Packed((5,)), tmp_path, accumulate=1, **how)
    other = gradients(Packed((1, 3, 1)), tmp_path, batch=3, accumulate=1, **how)
    eager = gradients(ALONE, tmp_path, accumulate=5, attention="eager", **how)
    assert furthest(one, other) <= CLOSE
    assert furthest(one, eager) <= CLOSE
    block = gradients(Packed((5,)), tmp_path, accumulate=1)
    assert furthest(one, block) > 1e-4


def test_control_a_mean_over_each_row_depends_on_packing(tmp_path: Path) -> None:
    """What a trainer does that averages each row: long answers outweigh short ones beside them."""
    one = gradients(Packed((2, 3)), tmp_path, normalise="row", accumulate=2)
    other = gradients(Packed((4, 1)), tmp_path, normalise="row", accumulate=2)
    assert furthest(one, other) > 1e-3


def test_control_without_weights_the_gradient_is_another(tmp_path: Path) -> None:
    """Half a weight is half a loss: a trainer that drops the column learns something else."""
    halved = [row for row in ALONE.examples if 0.5 in row.weights]
    assert halved
    whole = spelt_gradients(tmp_path, "example", ALONE.examples)
    found = gradients(ALONE, tmp_path, accumulate=5)
    flat = [
        _with_losses(row, np.ceil(row.span_losses).astype(np.float32)) for row in ALONE.examples
    ]
    assert furthest(found, whole) <= CLOSE
    assert furthest(found, spelt_gradients(tmp_path, "example", flat)) > 1e-3


def _with_losses(row: Row, losses: Any) -> Row:
    from dataclasses import replace

    return replace(row, span_losses=losses)


def test_every_example_of_a_step_weighs_the_same(small_run: Run) -> None:
    for row in small_run.rows("train"):
        scales, units = scaled(row, "example")
        sums = np.add.reduceat(scales, masks.cu_seqlens(row)[:-1])
        assert sums == pytest.approx(np.ones(len(row.seq_lengths)), abs=1e-6)
        assert units == len(row.seq_lengths)


def test_an_example_without_anything_to_learn_counts_for_nothing() -> None:
    row = _with_losses(LONG_ROW, np.zeros_like(LONG_ROW.span_losses))
    for normalise in ("example", "token", "row", "sum"):
        scales, units = scaled(row, normalise)  # type: ignore[arg-type]
        assert not scales.any()
        assert units == 0


LONG_ROW = next(LONG.rows("train"))


def test_rows_taken_apart_and_joined_are_the_rows(small_run: Run) -> None:
    for row in small_run.rows("train"):
        whole = masks.joined(apart(row))
        for name in ("input_ids", "seq_lengths", "weights", "labels", "position_ids", "roles"):
            assert np.array_equal(getattr(whole, name), getattr(row, name))
        assert whole.example_ids == row.example_ids


def test_a_batch_laid_end_to_end_holds_what_the_padded_one_holds(small_run: Run) -> None:
    rows = list(small_run.rows("train"))[:3]
    padded, flat = batch(rows, "example"), batch(rows, "example", flat=True)
    real = padded.known.example != masks.PADDING
    assert np.array_equal(padded.input_ids[real], flat.input_ids[0])
    assert np.array_equal(padded.scales[real], flat.scales[0])
    assert np.array_equal(padded.position_ids[real], flat.position_ids[0])
    assert padded.units == flat.units
    assert not padded.scales[~real].any()
