"""Rows on their way to an export > counts of what a trainer keeps and what it cannot express."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from longgrain.exports.columns import Row, Run
from longgrain.types import SIDES


@dataclass(frozen=True, slots=True, kw_only=True)
class Alone:
    """One example of a row, as trainers take it that pack on their own; arrays of shape (tokens,)."""

    id: str
    input_ids: NDArray[np.int32]
    labels: NDArray[np.int32]

    @property
    def attention_mask(self) -> NDArray[np.int8]:
        """All ones: nothing is padded."""
        return np.ones(len(self.input_ids), np.int8)


def alone(rows: Iterable[Row]) -> Iterator[Alone]:
    """The examples of rows, one after the other."""
    for row in rows:
        labels = row.labels
        borders = np.concatenate([[0], np.cumsum(row.seq_lengths)]).tolist()
        for name, (start, end) in zip(row.example_ids, pairwise(borders), strict=True):
            yield Alone(id=name, input_ids=row.input_ids[start:end], labels=labels[start:end])


@dataclass(slots=True, kw_only=True)
class Tally:
    """What was in the rows that went by; ``watched`` are ids of control tokens.

    ``fractional`` counts tokens with a weight other than 0 and 1, ``behind`` the learned tokens
    directly behind a watched one, ``trailing`` the tokens behind the last learned one of their
    example.
    """

    watched: Collection[int] = ()
    rows: int = 0
    examples: int = 0
    tokens: int = 0
    learned: int = 0
    fractional: int = 0
    behind: int = 0
    trailing: int = 0
    longest_row: int = 0
    longest_example: int = 0

    @classmethod
    def of(cls, run: Run) -> Tally:
        """All rows of a run counted."""
        tally = cls()
        for side in SIDES:
            for row in run.rows(side):
                tally._count(row)
        return tally

    def over(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The rows, each counted as it passes."""
        for row in rows:
            self._count(row)
            yield row

    def _count(self, row: Row) -> None:
        weights = row.weights
        learned = weights > 0
        self.rows += 1
        self.examples += len(row.seq_lengths)
        self.tokens += len(weights)
        self.learned += int(learned.sum())
        self.fractional += int((learned & (weights != 1)).sum())
        watched = np.isin(row.input_ids[:-1], list(self.watched))
        self.behind += int((watched & learned[1:]).sum())
        self.trailing += _trailing(learned, np.cumsum(row.seq_lengths))
        self.longest_row = max(self.longest_row, len(weights))
        self.longest_example = max(self.longest_example, int(row.seq_lengths.max()))

    @property
    def said(self) -> str:
        """The counts of this run in a sentence."""
        return (
            f"{self.examples:,} examples with {self.tokens:,} tokens, of which {self.learned:,} are "
            "learned"
        )

    @property
    def rounded(self) -> str:
        """What becomes of weights where a trainer knows only learned and not learned."""
        if not self.fractional:
            return "Every weight of this run is 0 or 1, so labels say all of them."
        return (
            f"{self.fractional:,} tokens of this run have a weight between or above these two, and "
            "are learned as if it were 1."
        )


def _trailing(learned: NDArray[np.bool_], ends: NDArray[np.int64]) -> int:
    """Tokens behind the last learned token of their example, over the examples that have one."""
    places = np.flatnonzero(learned)
    last = np.searchsorted(places, ends) - 1
    starts = np.concatenate([[0], ends[:-1]])
    found = places[np.maximum(last, 0)] if len(places) else np.zeros(len(ends), np.int64)
    has = (last >= 0) & (found >= starts) if len(places) else np.zeros(len(ends), bool)
    return int((ends - 1 - found)[has].sum())
