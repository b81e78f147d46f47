"""A falling list of lengths > the row of each, by best fit decreasing."""

from __future__ import annotations

from array import array

import numpy as np
from numpy.typing import NDArray

from longgrain.bounds import Ints


def best_fit(falling: Ints, capacity: int) -> NDArray[np.int32]:
    """The row of each item of a falling list of lengths: the fullest that it fits. Johnson, 1973.

    Rows with the same room are interchangeable, so all items of one length are placed together:
    every row in the tightest group takes as many as fit, and the group moves on to its new room.
    """
    first = first_of_each(falling)
    counts = np.diff(first, append=len(falling))
    rooms = _Rooms(capacity)
    placed = array("i")
    row_count = 0
    for size, count in zip(falling[first].tolist(), counts.tolist(), strict=True):
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


def first_of_each(falling: Ints) -> Ints:
    """Where each length begins in a falling list."""
    return np.flatnonzero(np.diff(falling, prepend=0))


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
