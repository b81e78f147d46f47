"""Scores of numbered units > the best of them, and bounds by which others are let go unseen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Groups whose maxima bound the k-th best score from below: several times k, so that few of the best
# share one.
GROUPS = 16


def best(
    units: NDArray[np.int32], scores: NDArray[np.float64], k: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The ``k`` highest scores and their units, best first, of equal ones the lower unit."""
    if len(scores) > 4 * k:
        able = (scores >= kth_best(scores, k)).nonzero()[0]
        units, scores = units[able], scores[able]
    order = np.lexsort((units, -scores))[:k]
    return units[order].astype(np.int64), scores[order]


def kth_best(scores: NDArray[np.float64], k: int) -> float:
    """The ``k``-th highest of at least as many scores, or of many of them a lower bound near it."""
    columns = GROUPS * k
    rows = len(scores) // columns
    if rows > 3:
        scores = scores[: rows * columns].reshape(rows, columns).max(0)
    at = len(scores) - k
    return float(np.partition(scores, at)[at])


def sums_from(weights: Sequence[float]) -> list[float]:
    """For each place the sum of the weights from there on; one more than there are weights."""
    found = [0.0]
    for weight in reversed(weights):
        found.append(found[-1] + weight)
    return found[::-1]


def first_beyond(sizes: Sequence[int], most: int) -> int:
    """How many of the sizes are at most ``most`` together, but one at least."""
    total = 0
    for place, size in enumerate(sizes):
        total += size
        if total >= most:
            return max(1, place)
    return len(sizes)


def places(held: NDArray[Any], wanted: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """What of ``wanted`` is in the ascending array ``held``: the places there, and in ``wanted``."""
    if not len(held):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    at = held.searchsorted(wanted)
    hit = (held.take(at, mode="clip") == wanted).nonzero()[0]
    return at[hit], hit
