"""Lengths of rows > the batches of a whole training in order, epoch after epoch, from the seed alone."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from longgrain.train.settings import Batching, Order

Ints = NDArray[np.int64]


def epoch(
    lengths: Ints, size: int, *, order: Order, batching: Batching, seed: int, number: int
) -> list[list[int]]:
    """The batches of one epoch: numbers of rows, each once, ``size`` together, the last with the rest.

    ``lengths`` are what rows are sorted by, shape (rows,). Sorted batching puts rows of like length
    together (LongAlign, Bai et al. 2024); then ``order`` is that of the batches.
    """
    random = np.random.default_rng([seed, number])
    rows = np.arange(len(lengths))
    if order == "shuffled" or batching == "sorted":
        rows = random.permutation(rows)
    if order == "short-to-long" or batching == "sorted":
        rows = rows[np.argsort(lengths[rows], kind="stable")]
    batches = [rows[i : i + size].tolist() for i in range(0, len(rows), size)]
    if batching == "sorted" and order == "shuffled":
        # The batch with the rest stays last: another size in the middle would shift nothing else.
        whole = len(batches) - bool(len(rows) % size)
        batches = [batches[i] for i in random.permutation(whole)] + batches[whole:]
    return batches


def whole(
    lengths: Sequence[int],
    size: int,
    *,
    order: Order,
    batching: Batching,
    seed: int,
    epochs: float,
    batches: int = 0,
) -> list[list[int]]:
    """All batches of a training: so many epochs, or exactly so many ``batches``."""
    known = np.asarray(lengths, np.int64)
    each = -(-len(known) // size)
    wanted = batches or max(1, round(epochs * each))
    found: list[list[int]] = []
    for number in range(math.ceil(wanted / each)):
        found += epoch(known, size, order=order, batching=batching, seed=seed, number=number)
    return found[:wanted]
