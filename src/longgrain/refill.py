"""Rows > fewer rows of the same items: again and again three are emptied and filled better."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from longgrain.best_fit import best_fit
from longgrain.bounds import Ints

# A move takes about 100 us with rows of 32K tokens and grows with them: about a second in all.
MOVES = 12_000
WORK = 4 * 10**8
# The search ends after so many moves without a gain.
PATIENCE = 2_000
# At most so many loose items are tried at a time: each doubles the sums there may be.
LOOSE = 16
# Which rows have room is looked up once in so many moves.
LOOK = 500


def refill(
    falling: Ints, row_of: NDArray[np.int32], capacity: int, least: int, random: np.random.Generator
) -> NDArray[np.int32]:
    """The row of each item of a falling list of lengths, in fewer rows if the search finds them.

    The emptiest rows are taken apart, so that ``least`` - 1 stay and their items are loose. A move
    fills a row that has room, and two others, anew with their own and the loose items; it counts if
    then no more tokens are loose than before. Once they fit one row, all is in ``least`` rows.
    """
    rows = _Rows(falling.tolist(), _emptiest_first(falling, row_of), capacity, least)
    moves = min(MOVES, WORK // capacity)
    others = random.integers(0, max(1, least - 1), (moves, 2)).tolist()
    for number in range(moves):
        if rows.loose_tokens <= capacity or number - rows.last_gain > PATIENCE:
            break
        rows.move(number, others[number])
    found = rows.row_of(len(falling))
    return found if found.max() < row_of.max() else row_of


def _emptiest_first(falling: Ints, row_of: NDArray[np.int32]) -> list[list[int]]:
    """The items of each row."""
    order = np.argsort(row_of, kind="stable")
    rows = np.split(order, np.cumsum(np.bincount(row_of))[:-1])
    emptiest = np.argsort(np.bincount(row_of, weights=falling), kind="stable")
    return [rows[row].tolist() for row in emptiest.tolist()]


class _Rows:
    """The rows that stay, the room in each, and a queue of loose items; an item is its place."""

    def __init__(self, sizes: list[int], rows: list[list[int]], capacity: int, least: int) -> None:
        apart = len(rows) - least + 1
        self.sizes, self.capacity = sizes, capacity
        self.rows = rows[apart:]
        self.room = [capacity - self._tokens(row) for row in self.rows]
        self.loose = [item for row in rows[:apart] for item in row]
        self.loose_tokens = self._tokens(self.loose)
        self.last_gain = 0
        self.with_room: list[int] = []

    def move(self, number: int, others: Sequence[int]) -> None:
        """Fills a row that has room and two others anew, if that gains tokens or costs none."""
        if number % LOOK == 0:
            self.with_room = [row for row, room in enumerate(self.room) if room]
        chosen = list({self.with_room[number % len(self.with_room)], *others})
        pool = self.loose[:LOOSE] + [item for row in chosen for item in self.rows[row]]
        filled = []
        for _ in chosen:
            items, pool = self._fullest(pool)
            filled.append(items)
        room = [self.capacity - self._tokens(items) for items in filled]
        gain = sum(self.room[row] for row in chosen) - sum(room)
        if gain < 0:
            return
        for place, row in enumerate(chosen):
            self.rows[row], self.room[row] = filled[place], room[place]
        self.loose = self.loose[LOOSE:] + pool
        self.loose_tokens -= gain
        self.last_gain = number if gain else self.last_gain

    def row_of(self, count: int) -> NDArray[np.int32]:
        """The row of each of so many items, the loose ones in rows of their own."""
        found = np.empty(count, np.int32)
        for row, items in enumerate(self.rows):
            found[items] = row
        loose = sorted(self.loose)
        lengths = np.array([self.sizes[item] for item in loose])
        found[loose] = len(self.rows) + best_fit(lengths, self.capacity)
        return found

    def _fullest(self, pool: list[int]) -> tuple[list[int], list[int]]:
        """The items of a pool that fill a row best, the longest of them if there is a choice."""
        pool = sorted(pool, reverse=True)
        mask = (2 << self.capacity) - 1
        sums = [1]
        for item in pool:
            sums.append((sums[-1] | sums[-1] << self.sizes[item]) & mask)
        tokens = sums.pop().bit_length() - 1
        taken, rest = [], []
        for item, before in zip(reversed(pool), reversed(sums), strict=True):
            left = tokens - self.sizes[item]
            if left >= 0 and before >> left & 1:
                taken.append(item)
                tokens = left
            else:
                rest.append(item)
        return taken, rest

    def _tokens(self, items: Sequence[int]) -> int:
        return sum(self.sizes[item] for item in items)
