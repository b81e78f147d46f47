"""Lengths of rows > the batches of a whole training in order, epoch after epoch, from the seed alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

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


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How batches are made; the last ``old`` rows are of an older task, a ``share`` of each epoch."""

    size: int
    order: Order
    batching: Batching
    seed: int
    old: int = 0
    share: float = 0.0

    def replayed(self, new: int) -> int:
        """Old rows in each epoch."""
        return round(new * self.share / (1 - self.share)) if self.old else 0

    def an_epoch(self, rows: int) -> int:
        """Batches of an epoch of so many rows, old ones included."""
        new = rows - self.old
        return -(-(new + self.replayed(new)) // self.size)

    def batches(self, lengths: Sequence[int], wanted: int) -> list[list[int]]:
        """So many batches, epoch after epoch."""
        known = np.asarray(lengths, np.int64)
        each = self.an_epoch(len(known))
        found: list[list[int]] = []
        for number in range(math.ceil(wanted / each)):
            rows = self._rows(len(known), number)
            how: dict[str, Any] = {"order": self.order, "batching": self.batching}
            made = epoch(known[rows], self.size, seed=self.seed, number=number, **how)
            found += [rows[one].tolist() for one in made]
        return found[:wanted]

    def _rows(self, count: int, number: int) -> Ints:
        """All new rows and a draw of old ones: each once before any comes again."""
        new = count - self.old
        wanted = self.replayed(new)
        drawn: list[Ints] = [np.arange(new)]
        if wanted:
            first = number * wanted
            for turn in range(first // self.old, (first + wanted - 1) // self.old + 1):
                mixed = np.random.default_rng([self.seed, turn, 1]).permutation(self.old) + new
                low = max(first - turn * self.old, 0)
                drawn.append(mixed[low : first + wanted - turn * self.old])
        return np.concatenate(drawn)
