"""Lengths of examples and the length of a row > how few rows could hold them at all.

A bound gives every length a weight such that no row that holds them weighs more than 1; there are
at least as many rows as all lengths weigh together. `lower_bound` is the largest of three kinds.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

# Rounded bounds are tried up to so many parts of a row, capped ones up to so many items in a row;
# more have not been better.
PARTS = 100
ITEMS = 8


def lower_bound(lengths: Ints, capacity: int) -> int:
    """No packing of the items that fit needs fewer rows: the largest of L2 and the bounds below.

    ``lengths`` are tokens, shape (items,), each at least 1: else ValueError.
    """
    sizes, counts = _counted(lengths, capacity)
    bounds = [_l2(sizes, counts, capacity)]
    bounds += [_rounded(sizes, counts, capacity, k) for k in range(1, PARTS + 1)]
    bounds += [_capped(sizes, counts, capacity, m) for m in range(2, ITEMS + 1)]
    return max(bounds)


def l2_bound(lengths: Ints, capacity: int) -> int:
    """A lower bound on the rows of the items that fit: L2 of Martello and Toth, 1990.

    ``lengths`` are tokens, shape (items,), each at least 1: else ValueError.
    """
    return _l2(*_counted(lengths, capacity), capacity)


def checked(lengths: Ints, capacity: int) -> Ints:
    """The same lengths as integers, or ValueError where there is nothing to pack with them."""
    lengths = np.asarray(lengths, np.int64)
    if capacity < 1:
        raise ValueError(f"rows of {capacity} tokens hold nothing: give a capacity of at least 1")
    if lengths.ndim != 1 or lengths.min(initial=1) < 1:
        raise ValueError(
            f"lengths of shape {lengths.shape} with smallest {lengths.min(initial=1)} cannot be "
            "packed: give one length of at least 1 token for each example"
        )
    return lengths


def _counted(lengths: Ints, capacity: int) -> tuple[Ints, Ints]:
    """The lengths that fit, each once and rising, and how many there are of each."""
    lengths = checked(lengths, capacity)
    return np.unique(lengths[lengths <= capacity], return_counts=True)


def _l2(sizes: Ints, counts: Ints, capacity: int) -> int:
    """L2: the largest bound over every threshold k.

    Items longer than capacity - k share a row with no item of k or more; items longer than half a
    row share none with each other; the rest of at least k must fill what those leave, or new rows.
    Only k = 0 and the lengths up to half a row can give the largest.
    """
    count_below = np.concatenate([[0], np.cumsum(counts)])
    tokens_below = np.concatenate([[0], np.cumsum(sizes * counts)])
    half = np.searchsorted(sizes, capacity // 2, side="right")
    thresholds = np.concatenate([[0], sizes[:half]])
    alone = np.searchsorted(sizes, capacity - thresholds, side="right")
    small = np.searchsorted(sizes, thresholds, side="left")
    large_rows = count_below[-1] - count_below[half]
    room = (count_below[alone] - count_below[half]) * capacity
    room -= tokens_below[alone] - tokens_below[half]
    overflow = tokens_below[half] - tokens_below[small] - room
    return int(large_rows + np.maximum(0, -(-overflow // capacity)).max())


def _rounded(sizes: Ints, counts: Ints, capacity: int, k: int) -> int:
    """The bound u^(k) of Fekete and Schepers, 2001.

    L2 sees nothing of lengths just below a half, a quarter, ... of a row, of which no more fit than
    of the full half or quarter. Here an item longer than m parts of k + 1 counts as m parts of k.
    """
    whole, rest = np.divmod((k + 1) * sizes, capacity)
    # In parts of k * (k + 1); what is exactly m parts of k + 1 stays as it is.
    parts = whole * np.where(rest, k + 1, k)
    return -(-int((parts * counts).sum()) // (k * (k + 1)))


def _capped(sizes: Ints, counts: Ints, capacity: int, m: int) -> int:
    """A bound for lengths of which m or m + 1 fit a row: from a quarter to a half, m is 2.

    Where short ones are too few, the long ones come m to a row and leave room. For a length c, m of
    which leave r free, an item of c or more counts 1 / m, a shorter one of x the share (x - r) / (c
    - r) of that, or nothing. So m items weigh at most 1, and m + 1 or more at most what they fill of
    the row, less r for each, which is again at most 1. The largest over every c.
    """
    count_below = np.concatenate([[0], np.cumsum(counts)])
    tokens_below = np.concatenate([[0], np.cumsum(sizes * counts)])
    caps = sizes[((m + 1) * sizes > capacity) & (m * sizes <= capacity)]
    free = capacity - m * caps
    shortest, longest = (np.searchsorted(sizes, ends, side="right") for ends in (free, caps))
    parts = (count_below[-1] - count_below[longest]) * (caps - free)
    parts += tokens_below[longest] - tokens_below[shortest]
    parts -= (count_below[longest] - count_below[shortest]) * free
    return int((-(-parts // (m * (caps - free)))).max(initial=0))
