"""Seeds and sizes > random numbers and orders for many rows at once, each row's from its own seed alone.

Numbers are those of SplitMix64 (Steele, Lea and Flood, 2014), a generator that counts instead of
remembering: number k of a seed is known without the ones before it. So all rows are drawn in a few
array operations, and none depends on the rows beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from longgrain.terms import BASE, mixed

Bits = NDArray[np.uint64]
Ints = NDArray[np.int64]
# Streams of one seed lie so many numbers apart.
STREAM = 1 << 32


class Rows(NamedTuple):
    """Rows of unlike length, end to end: their values, and how many each row has."""

    values: NDArray[Any]
    counts: Ints

    @classmethod
    def of(cls, rows: Sequence[Sequence[int] | NDArray[np.integer]]) -> Rows:
        """Rows of grain numbers."""
        counts = np.fromiter(map(len, rows), np.int64, len(rows))
        flat = np.fromiter(chain.from_iterable(rows), np.int32, int(counts.sum()))
        return cls(flat, counts)

    @classmethod
    def joined(cls, rows: Sequence[NDArray[np.int32]]) -> Rows:
        """Rows of grain numbers that are arrays."""
        counts = np.fromiter(map(len, rows), np.int64, len(rows))
        return cls(np.concatenate([np.zeros(0, np.int32), *rows]), counts)

    def each(self) -> Iterator[NDArray[Any]]:
        """One row after the other."""
        at = 0
        for count in self.counts.tolist():
            yield self.values[at : at + count]
            at += count

    @property
    def starts(self) -> Ints:
        """Where each row starts in the values."""
        starts: Ints = np.cumsum(self.counts) - self.counts
        return starts

    @property
    def owners(self) -> Ints:
        """The row of each value."""
        return np.repeat(np.arange(len(self.counts)), self.counts)

    @property
    def within(self) -> Ints:
        """The place of each value in its row."""
        return np.arange(len(self.values)) - np.repeat(self.starts, self.counts)

    def where(self, kept: NDArray[np.bool_]) -> Rows:
        """The rows with these of their values."""
        sums = np.concatenate([[0], np.cumsum(kept)])
        starts = self.starts
        return Rows(self.values[kept], sums[starts + self.counts] - sums[starts])

    def take(self, rows: Ints) -> Rows:
        """Some of the rows."""
        counts = self.counts[rows]
        taken = np.repeat(self.starts[rows] - np.cumsum(counts) + counts, counts)
        return Rows(self.values[taken + np.arange(len(taken))], counts)

    def sums(self, values: NDArray[Any]) -> NDArray[Any]:
        """For each row the sum of these values, one for each of its own."""
        totals = np.concatenate([[0], np.cumsum(values)])
        starts = self.starts
        found: NDArray[Any] = totals[starts + self.counts] - totals[starts]
        return found

    def running(self, values: NDArray[Any]) -> NDArray[Any]:
        """The sum of these values from the start of each one's row, itself included."""
        totals = np.concatenate([[0], np.cumsum(values)])
        found: NDArray[Any] = totals[1:] - np.repeat(totals[self.starts], self.counts)
        return found


def side_by_side(parts: Sequence[Rows]) -> Rows:
    """Row by row, the values of the first part, then those of the second, and so on."""
    counts = np.sum([part.counts for part in parts], axis=0)
    at = np.cumsum(counts) - counts
    values = np.empty(int(counts.sum()), parts[0].values.dtype)
    for part in parts:
        values[np.repeat(at - part.starts, part.counts) + np.arange(len(part.values))] = part.values
        at = at + part.counts
    return Rows(values, counts)


def numbers(seeds: Bits, counts: Ints, stream: int | Ints) -> Bits:
    """So many 64-bit numbers of a stream of each seed, end to end."""
    first = np.broadcast_to(np.asarray(stream, np.uint64) * np.uint64(STREAM), seeds.shape)
    starts = np.cumsum(counts) - counts
    base = seeds + (first - starts.astype(np.uint64)) * np.uint64(BASE)
    steps = np.arange(1, int(counts.sum()) + 1, dtype=np.uint64) * np.uint64(BASE)
    return mixed(np.repeat(base, counts) + steps)


def unit(bits: Bits) -> NDArray[np.float64]:
    """Numbers in [0, 1) instead of 64-bit ones."""
    found: NDArray[np.float64] = (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return found


def below(bits: Bits, limit: int) -> Ints:
    """Whole numbers below the limit, which is below 2^32 (Lemire, 2019)."""
    return ((bits >> np.uint64(32)) * np.uint64(limit) >> np.uint64(32)).astype(np.int64)


def shuffled(counts: Ints, bits: Bits) -> Ints:
    """The places of all values in a random order of each row."""
    # Row, number and place in one: a plain sort, many times as fast as a stable one.
    place_bits, row_bits = len(bits).bit_length(), len(counts).bit_length()
    keys = bits >> np.uint64(row_bits) >> np.uint64(place_bits) << np.uint64(place_bits)
    rows = np.arange(len(counts), dtype=np.uint64) << np.uint64(64 - row_bits)
    keys |= np.repeat(rows, counts)
    keys |= np.arange(len(bits), dtype=np.uint64)
    keys.sort()
    return (keys & np.uint64((1 << place_bits) - 1)).astype(np.int64)


def first_seen(rows: Rows) -> tuple[NDArray[np.bool_], Ints, Ints]:
    """Which values (below 2^31) stand in their row for the first time; firsts and lasts of equal ones."""
    place_bits = len(rows.values).bit_length()
    keys = np.repeat(np.arange(len(rows.counts)) << 31, rows.counts)
    keys += rows.values
    keys = keys << place_bits | np.arange(len(keys))
    keys.sort()
    new = np.ones(len(keys) + 1, bool)
    high = keys >> place_bits
    new[1:-1] = high[1:] != high[:-1]
    places = keys & ((1 << place_bits) - 1)
    kept = np.zeros(len(keys), bool)
    kept[places[new[:-1]]] = True
    return kept, places[new[:-1]], places[new[1:]]
