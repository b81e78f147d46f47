"""Hashed words of texts and a label for each > a logistic regression, and its probability for a text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
STEPS, RATE, DECAY = 200, 1.0, 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """Weights over buckets, and a bias."""

    weights: Floats
    bias: float

    def probability(self, buckets: Ints, counts: Floats) -> float:
        """That a text with these words is of the domain."""
        values = _scaled(counts)
        return float(1 / (1 + np.exp(-(self.weights[buckets] @ values + self.bias))))


def fitted(rows: Sequence[tuple[Ints, Floats]], labels: Sequence[float], size: int) -> Model:
    """The regression for rows of (buckets, counts), by gradient descent with momentum; the same each time."""
    buckets = np.concatenate([one for one, _ in rows])
    values = np.concatenate([_scaled(counts) for _, counts in rows])
    owner = np.repeat(np.arange(len(rows)), [len(one) for one, _ in rows])
    known, place = np.unique(buckets, return_inverse=True)
    wanted = np.asarray(labels, np.float64)
    weights, bias = np.zeros(len(known)), 0.0
    speed, drift = np.zeros(len(known)), 0.0
    for _ in range(STEPS):
        scores = np.bincount(owner, weights[place] * values, len(rows)) + bias
        wrong = (1 / (1 + np.exp(-scores)) - wanted) / len(rows)
        slope = np.bincount(place, values * wrong[owner], len(known)) + DECAY * weights
        speed, drift = 0.9 * speed - RATE * slope, 0.9 * drift - RATE * float(wrong.sum())
        weights, bias = weights + speed, bias + drift
    whole = np.zeros(size)
    whole[known] = weights
    return Model(weights=whole, bias=bias)


def _scaled(counts: Floats) -> Floats:
    """Counts on a log scale, of length 1, so that long texts weigh no more."""
    found: Floats = np.log1p(counts)
    return found / max(1e-9, float(np.sqrt(found @ found)))
