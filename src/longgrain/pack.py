"""Lengths of examples > full rows: which examples share a row, and which are longer than a row.

Best fit decreasing over the whole set, on lengths alone: the longest example first, each into the
row where it leaves the least room. Where that wastes rows, because no example is short enough to
fill the last gaps, rows are also filled one by one to the last token, in a few ways, and the fewest
rows win; of a set that is not large, some rows are then emptied and filled better. Nothing is cut.
`lower_bound` says how few rows could do at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from longgrain.best_fit import best_fit
from longgrain.bounds import Ints, checked, lower_bound
from longgrain.exact import crowded_fill, exact_fill
from longgrain.refill import refill

Way = Callable[[Ints, int], NDArray[np.int32]]

# Rows are filled one by one only from here over the bound, and up to this many items x capacity:
# a row's time grows with its capacity, and a million items into rows of 32K take a second.
ENOUGH = 1.0015
EXACT_FILL_LIMIT = 4 * 10**10
# The ways to fill rows one by one. Of more items than a sample, only the way best for some is taken.
WAYS: list[Way] = [
    partial(exact_fill, thirds=0.3, triples=True),
    partial(exact_fill, thirds=0.0, triples=False),
    partial(crowded_fill, thirds=0.0, triples=False),
]
SAMPLE = 30_000
# A refill saves a hundred rows at best, which is nothing among more items than these.
REFILL_LIMIT = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Packing:
    """Row i holds ``items[offsets[i]:offsets[i + 1]]``; the items ``too_long`` fit in no row.

    With more than one of ``stages`` the order of the rows means something.
    """

    items: Ints
    offsets: Ints
    too_long: Ints
    stages: int = 1

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.offsets) - 1

    def __iter__(self) -> Iterator[Ints]:
        """The item numbers of each row."""
        return (self.items[a:b] for a, b in zip(self.offsets[:-1], self.offsets[1:], strict=True))


def pack(lengths: Ints, capacity: int, seed: int) -> Packing:
    """Rows of at most ``capacity`` tokens that hold every item once.

    ``lengths`` are tokens, shape (items,), each at least 1: else ValueError. The seed shuffles the
    rows, the items within a row and the choice among items of one length, so a row's place tells
    nothing of its length.
    """
    lengths = checked(lengths, capacity)
    random = np.random.Generator(np.random.PCG64(seed))
    shuffled = random.permutation(np.flatnonzero(lengths <= capacity))
    # Two bytes are sorted seven times as fast as eight.
    room = (capacity - lengths[shuffled]).astype(np.min_scalar_type(capacity))
    falling = shuffled[np.argsort(room, kind="stable")]
    rows = _fewest(lengths[falling], capacity, random)
    row_count = _count(rows)
    row_of = np.empty(len(lengths), np.int32)
    row_of[falling] = random.permutation(row_count)[rows]
    in_rows = row_of[shuffled]
    offsets = np.zeros(row_count + 1, np.int64)
    np.cumsum(np.bincount(in_rows, minlength=row_count), out=offsets[1:])
    return Packing(
        items=shuffled[np.argsort(in_rows, kind="stable")],
        offsets=offsets,
        too_long=np.flatnonzero(lengths > capacity),
    )


def _fewest(falling: Ints, capacity: int, random: np.random.Generator) -> NDArray[np.int32]:
    """The row of each item of a falling list of lengths, by the way that needs fewest rows."""
    best = best_fit(falling, capacity)
    least = lower_bound(falling, capacity)
    enough = ENOUGH * least
    for way in _ways(falling, capacity):
        if _count(best) <= enough:
            return best
        best = min(best, way(falling, capacity), key=_count)
    if enough < _count(best) and len(falling) <= REFILL_LIMIT:
        best = refill(falling, best, capacity, least, random)
    return best


def _ways(falling: Ints, capacity: int) -> list[Way]:
    """The ways to fill rows one by one that are worth trying: of many items, the best for some."""
    if len(falling) * capacity > EXACT_FILL_LIMIT:
        return []
    if len(falling) <= SAMPLE:
        return WAYS
    some = falling[:: -(-len(falling) // SAMPLE)]
    return [min(WAYS, key=lambda way: _count(way(some, capacity)))]


def _count(rows: NDArray[np.int32]) -> int:
    return int(rows.max(initial=-1)) + 1
