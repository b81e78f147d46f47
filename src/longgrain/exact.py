"""A falling list of lengths > the row of each, one row filled to its last token after the other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from longgrain.best_fit import first_of_each
from longgrain.bounds import Ints


def exact_fill(falling: Ints, capacity: int, thirds: float, triples: bool) -> NDArray[np.int32]:
    """The row of each item of a falling list of lengths, filling one row after the other.

    A row begins with the longest item left. In a share of the rows an item of a third of the rest
    comes next, so that short items are used up with the long ones. Then come the one item, or the
    two or three of most equal length, that fill the row to the last token; or else the longest that
    leaves room for more. After Gupta and Ho, 1999.
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


def crowded_fill(falling: Ints, capacity: int, thirds: float, triples: bool) -> NDArray[np.int32]:
    """The row of each item of a falling list, where first the longest that fit m to a row are so put.

    Where m + 1 items are mostly longer than a row, and m leave room, that room is lost least beside
    the longest. So many go that of the rest m + 1 fill a row on average, and those can be exact.
    """
    together = capacity // max(1, int(falling.mean()))
    first = int(np.searchsorted(-falling, -(capacity // together)))
    items_left = len(falling) - np.arange(len(falling) - first)
    tokens_left = falling.sum() - np.cumsum(falling[first:]) + falling[first:]
    enough = tokens_left * (together + 1) <= items_left * capacity
    end = first + int(enough.argmax()) // together * together
    rest = exact_fill(np.delete(falling, slice(first, end)), capacity, thirds, triples)
    pairs = rest.max(initial=-1) + 1 + np.arange(end - first) // together
    return np.concatenate([rest[:first], pairs, rest[first:]]).astype(np.int32)


class _Left:
    """The items not yet in a row, as bits: bit n of ``sizes`` says that one of n tokens is left.

    ``mirror`` is ``sizes`` turned around, so that a shift and an `and` find every pair of a sum.
    """

    def __init__(self, falling: Ints, capacity: int, triples: bool) -> None:
        first = first_of_each(falling)
        sizes, ends = falling[first], np.append(first[1:], len(falling))
        self.capacity, self.triples = capacity, triples
        self.smallest = int(sizes[-1])
        self.next: dict[int, int] = dict(zip(sizes.tolist(), first.tolist(), strict=True))
        self.end: dict[int, int] = dict(zip(sizes.tolist(), ends.tolist(), strict=True))
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
        pairs = (self.sizes >> half) & (self.mirror >> (self.capacity - room + half))
        if pairs & 1 and 2 * half == room and self._count(half) < 2:
            pairs ^= 1
        if not pairs:
            return ()
        larger = half + (pairs & -pairs).bit_length() - 1
        return larger, room - larger

    def _triple(self, room: int) -> tuple[int, ...]:
        """Three sizes that fill the room, one of them the longest up to a third; or none."""
        found = self.most(room // 3) if self.triples else ()
        pair = self._pair(room - found[0]) if found else ()
        return found + pair if pair and self._count(found[0]) > pair.count(found[0]) else ()

    def _count(self, size: int) -> int:
        return self.end[size] - self.next[size]


def _number(bits: NDArray[np.bool_]) -> int:
    return int.from_bytes(np.packbits(bits, bitorder="little").tobytes(), "little")
