"""Lengths of examples > full rows: which examples share a row, and which are longer than a row.

Best fit decreasing over the whole set, on lengths alone: the longest example first, each into the
row where it leaves the least room. Where that wastes rows, because no example is short enough to
fill the last gaps, rows are also filled one by one to the last token, in two ways, and the fewest
rows win. Nothing is cut. `lower_bound` says how few rows could do at all.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

# Rows are filled one by one only from here over the bound, and up to this many items x capacity:
# a row's time grows with its capacity, and a million items into rows of 32K take a second.
ENOUGH = 1.0015
EXACT_FILL_LIMIT = 4 * 10**10
# The ways to fill rows one by one: in which share of the rows a third of the rest comes second, and
# how many threes of most equal length are tried. The first suits most sets, the second small ones.
WAYS = ((0.3, 2), (0.0, 0))
# Rounded bounds are tried up to so many parts of a row; more have not been better.
PARTS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Packing:
    """Row i holds ``items[offsets[i]:offsets[i + 1]]``; the items ``too_long`` fit in no row."""

    items: Ints
    offsets: Ints
    too_long: Ints

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
    nothing of its length. Best fit decreasing: Johnson, 1973; row by row: after Gupta and Ho, 1999.
    """
    lengths = _checked(lengths, capacity)
    random = np.random.Generator(np.random.PCG64(seed))
    shuffled = random.permutation(np.flatnonzero(lengths <= capacity))
    falling = shuffled[np.argsort(-lengths[shuffled], kind="stable")]
    rows = _fewest(lengths[falling], capacity)
    row_count = int(rows.max(initial=-1)) + 1
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


def lower_bound(lengths: Ints, capacity: int) -> int:
    """No packing of the items that fit needs fewer rows: L2, or where it is more, a rounded bound.

    L2 sees nothing of lengths just below a half, a quarter, ... of a row, of which no more fit than
    of the full half or quarter. The rounded bounds do (u^(k) of Fekete and Schepers, 2001): an item
    longer than m parts of k + 1 counts as m parts of k.
    """
    sizes, counts = np.unique(_checked(lengths, capacity), return_counts=True)
    fits = sizes <= capacity
    sizes, counts = sizes[fits], counts[fits]
    bounds = [l2_bound(lengths, capacity)]
    for k in range(1, PARTS + 1):
        whole, rest = np.divmod((k + 1) * sizes, capacity)
        # In parts of k * (k + 1); what is exactly m parts of k + 1 stays as it is.
        parts = whole * np.where(rest, k + 1, k)
        bounds.append(-(-int((parts * counts).sum()) // (k * (k + 1))))
    return max(bounds)


def l2_bound(lengths: Ints, capacity: int) -> int:
    """A lower bound on the rows of the items that fit: L2 of Martello and Toth, 1990.

    For a threshold k, items longer than capacity - k share a row with no item of k or more; items
    longer than half a row share none with each other; the rest of at least k must fill what those
    leave, or new rows. The largest over every k; only k = 0 and the lengths up to half can be it.
    """
    lengths = _checked(lengths, capacity)
    sizes, counts = np.unique(lengths[lengths <= capacity], return_counts=True)
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


def _checked(lengths: Ints, capacity: int) -> Ints:
    lengths = np.asarray(lengths, np.int64)
    if capacity < 1:
        raise ValueError(f"rows of {capacity} tokens hold nothing: give a capacity of at least 1")
    if lengths.ndim != 1 or lengths.min(initial=1) < 1:
        raise ValueError(
            f"lengths of shape {lengths.shape} with smallest {lengths.min(initial=1)} cannot be "
            "packed: give one length of at least 1 token for each example"
        )
    return lengths


def _fewest(falling: Ints, capacity: int) -> NDArray[np.int32]:
    """The row of each item of a falling list of lengths, by the way that needs fewest rows."""
    best = _best_fit(falling, capacity)
    enough = ENOUGH * lower_bound(falling, capacity)
    for thirds, triples in WAYS:
        if best.max(initial=-1) + 1 <= enough or len(falling) * capacity > EXACT_FILL_LIMIT:
            break
        rows = _exact_fill(falling, capacity, thirds, triples)
        best = rows if rows.max() < best.max() else best
    return best


def _best_fit(falling: Ints, capacity: int) -> NDArray[np.int32]:
    """The row of each item of a falling list of lengths.

    Rows with the same room are interchangeable, so all items of one length are placed together:
    every row in the tightest group takes as many as fit, and the group moves on to its new room.
    """
    sizes, counts = np.unique(falling, return_counts=True)
    rooms = _Rooms(capacity)
    placed = array("i")
    row_count = 0
    for size, count in zip(sizes[::-1].tolist(), counts[::-1].tolist(), strict=True):
        while count:
            room = rooms.tightest(size)
            if room >= 0:
                rows, each = rooms.take(room), min(room // size, count)
            else:
                room, each = capacity, min(capacity // size, count)
                rows = array("i", range(row_count, row_count + count // each))
                row_count += len(rows)
            used = min(len(rows), count // each)
            placed.extend(rows[:used] * each)
            rooms.put(room - each * size, rows[:used])
            rooms.put(room, rows[used:])
            count -= used * each
    return np.asarray(placed, np.int32)


def _exact_fill(falling: Ints, capacity: int, thirds: float, triples: int) -> NDArray[np.int32]:
    """The row of each item of a falling list of lengths, filling one row after the other.

    A row begins with the longest item left. In a share of the rows an item of a third of the rest
    comes next, so that short items are used up with the long ones. Then come the one item, or the
    two or three of most equal length, that fill the row to the last token; or else the longest that
    leaves room for more.
    """
    left = _Left(falling, capacity, triples)
    row_of = [0] * len(falling)
    row, owed = -1, 0.0
    for first, size in enumerate(falling.tolist()):
        if first < left.next[size]:
            continue
        row, owed, room = row + 1, owed + thirds, capacity
        chosen: tuple[int, ...] = (size,)
        while chosen:
            for one in chosen:
                row_of[left.take(one)] = row
                room -= one
            chosen = left.most(room // 3) if owed >= 1 else ()
            owed -= owed >= 1
            chosen = chosen or left.fitting(room)
    return np.asarray(row_of, np.int32)


class _Left:
    """The items not yet in a row, as bits: bit n of ``sizes`` says that one of n tokens is left.

    ``mirror`` is ``sizes`` turned around, so that a shift and an `and` find every pair of a sum.
    """

    def __init__(self, falling: Ints, capacity: int, triples: int) -> None:
        sizes, first, counts = np.unique(falling, return_index=True, return_counts=True)
        self.capacity, self.triples = capacity, triples
        self.smallest = int(sizes[0])
        self.next: dict[int, int] = dict(zip(sizes.tolist(), first.tolist(), strict=True))
        self.end: dict[int, int] = dict(zip(sizes.tolist(), (first + counts).tolist(), strict=True))
        bits = np.zeros(capacity + 1, np.bool_)
        bits[sizes] = True
        self.sizes = _number(bits)
        self.mirror = _number(bits[::-1])

    def take(self, size: int) -> int:
        """The place in the falling list of an item of that size, which is then gone."""
        place = self.next[size]
        self.next[size] = place + 1
        if place + 1 == self.end[size]:
            self.sizes ^= 1 << size
            self.mirror ^= 1 << (self.capacity - size)
        return place

    def fitting(self, room: int) -> tuple[int, ...]:
        """The sizes to take next; none if nothing fits."""
        if room < self.smallest or not self.sizes:
            return ()
        if self.sizes >> room & 1:
            return (room,)
        exact = self._pair(room) or self._triple(room)
        return exact or self.most(room - self.smallest) or self.most(room)

    def most(self, room: int) -> tuple[int, ...]:
        """The longest size that fits, if any does."""
        fits = self.sizes & ((2 << room) - 1) if room >= self.smallest else 0
        return (fits.bit_length() - 1,) if fits else ()

    def _pair(self, room: int) -> tuple[int, ...]:
        """Two sizes that fill the room, of most equal length; or none."""
        half = (room + 1) // 2
        pairs = (self.sizes & (self.mirror >> (self.capacity - room))) >> half
        if pairs & 1 and 2 * half == room and self._count(half) < 2:
            pairs ^= 1
        if not pairs:
            return ()
        larger = half + (pairs & -pairs).bit_length() - 1
        return larger, room - larger

    def _triple(self, room: int) -> tuple[int, ...]:
        """Three sizes that fill the room, the shortest of them near a third; or none."""
        third = room // 3
        for _ in range(self.triples):
            if not (found := self.most(third)):
                break
            if (pair := self._pair(room - found[0])) and self._count(found[0]) > pair.count(
                found[0]
            ):
                return found + pair
            third = found[0] - 1
        return ()

    def _count(self, size: int) -> int:
        return self.end[size] - self.next[size]


def _number(bits: NDArray[np.bool_]) -> int:
    return int.from_bytes(np.packbits(bits, bitorder="little").tobytes(), "little")


class _Rooms:
    """Rows by the tokens still free in them, and the tightest that fits, by a two-level bit set."""

    def __init__(self, capacity: int) -> None:
        """A word is about the square root of the capacity in bits, so both levels are as wide."""
        self.shift = max(6, capacity.bit_length() // 2)
        self.mask = (1 << self.shift) - 1
        self.words = [0] * ((capacity >> self.shift) + 1)
        self.top = 0
        self.rows: dict[int, array[int]] = {}

    def tightest(self, size: int) -> int:
        """The least room of at least ``size`` that some row has, or -1."""
        word = size >> self.shift
        bits = self.words[word] >> (size & self.mask)
        if bits:
            return size + (bits & -bits).bit_length() - 1
        later = self.top >> (word + 1)
        if not later:
            return -1
        word += (later & -later).bit_length()
        bits = self.words[word]
        return (word << self.shift) + (bits & -bits).bit_length() - 1

    def put(self, room: int, rows: array[int]) -> None:
        """Rows with that room; rows without any room are done with."""
        if not room or not rows:
            return
        if room in self.rows:
            self.rows[room].extend(rows)
            return
        self.rows[room] = rows
        self.words[room >> self.shift] |= 1 << (room & self.mask)
        self.top |= 1 << (room >> self.shift)

    def take(self, room: int) -> array[int]:
        """All rows with that room, which then has none."""
        word = room >> self.shift
        self.words[word] ^= 1 << (room & self.mask)
        if not self.words[word]:
            self.top ^= 1 << word
        return self.rows.pop(room)
