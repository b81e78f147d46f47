"""Lengths of examples and how often each is taken > rows that hold each so often, never twice in one row."""

from __future__ import annotations

import numpy as np

from longgrain.bounds import Ints
from longgrain.pack import Packing, pack


def pack_repeated(lengths: Ints, times: Ints, capacity: int, seed: int) -> Packing:
    """Rows as of `pack`; an item stands in ``times`` of them, each at least 1.

    The first of all items are packed together, then the second of those that have one, and so on,
    so that two of one item never share a row. Then the rows are shuffled.
    """
    first = pack(lengths, capacity, seed)
    if times.max(initial=1) == 1:
        return first
    rows = list(first)
    for turn in range(2, int(times.max()) + 1):
        again = np.flatnonzero((times >= turn) & (lengths <= capacity))
        rows += [again[row] for row in pack(lengths[again], capacity, seed)]
    random = np.random.Generator(np.random.PCG64(seed))
    rows = [rows[place] for place in random.permutation(len(rows)).tolist()]
    return Packing(
        items=np.concatenate([np.zeros(0, np.int64), *rows]),
        offsets=np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64),
        too_long=first.too_long,
    )
