"""Packed rows > batches of arrays for a model: ids, positions, what is learned and by how much.

Normalisation is in two factors: `scales` divides the weights of a row by what can be said of that row
alone, and the trainer divides the sum over an optimiser step by its `units`. So neither packing nor
accumulation changes a gradient.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from longgrain import masks
from longgrain.rows import Row
from longgrain.train.settings import Normalise


class Scaled(NamedTuple):
    """The scale of each token of a row, float32, and how many units of normalisation it holds."""

    scales: NDArray[np.float32]
    units: float


def scaled(row: Row, normalise: Normalise) -> Scaled:
    """The weights of a row, divided by what ``normalise`` asks for.

    "example": each example's weights by its learned tokens; units are examples with any (LongAlign,
    Bai et al. 2024). "token": not divided; units are the sum of weights. "row": by the learned tokens
    of the row; units are rows with any. "sum": not divided at all; one unit a step.
    """
    weights = row.weights.astype(np.float64)
    learned = weights > 0
    if normalise == "example":
        number = np.repeat(np.arange(len(row.seq_lengths)), row.seq_lengths)
        counts = np.bincount(number, learned, minlength=len(row.seq_lengths))
        units = float(np.count_nonzero(counts))
        weights /= np.maximum(counts, 1)[number]
    elif normalise == "row":
        units = float(learned.any())
        weights /= max(int(learned.sum()), 1)
    else:
        units = float(weights.sum()) if normalise == "token" else 0.0
    return Scaled(weights.astype(np.float32), units)


def apart(row: Row) -> list[Row]:
    """Each example of a row as a row of its own."""
    ends = np.cumsum(row.span_lengths)
    found = []
    for number, (start, end) in enumerate(pairwise(masks.cu_seqlens(row).tolist())):
        low, high = np.searchsorted(ends, [start, end], side="right").tolist()
        found.append(
            replace(
                row,
                input_ids=row.input_ids[start:end],
                seq_lengths=row.seq_lengths[number : number + 1],
                example_ids=row.example_ids[number : number + 1],
                span_lengths=row.span_lengths[low:high],
                span_roles=row.span_roles[low:high],
                span_losses=row.span_losses[low:high],
            )
        )
    return found


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Rows one under the other, padded at the end: arrays of shape (rows, longest)."""

    input_ids: NDArray[np.int64]
    position_ids: NDArray[np.int64]
    scales: NDArray[np.float32]
    units: float
    known: masks.Tokens


def batch(rows: Sequence[Row], normalise: Normalise, *, flat: bool = False) -> Batch:
    """A batch of rows; ``flat`` lays them end to end in one row, as flash attention wants them."""
    parts = [scaled(row, normalise) for row in rows]
    if flat:
        whole = masks.joined(rows)
        parts = [Scaled(np.concatenate([one.scales for one in parts]), sum(p.units for p in parts))]
        rows = [whole]
    shape = (len(rows), max(len(row.input_ids) for row in rows))
    ids, scales = np.zeros(shape, np.int64), np.zeros(shape, np.float32)
    for n, (row, part) in enumerate(zip(rows, parts, strict=True)):
        ids[n, : len(row.input_ids)] = row.input_ids
        scales[n, : len(row.input_ids)] = part.scales
    return Batch(
        input_ids=ids,
        position_ids=masks.position_ids(rows),
        scales=scales,
        units=sum(one.units for one in parts),
        known=masks.padded(rows),
    )
