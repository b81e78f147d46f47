"""The first and last cuts of stretches of documents > their ids as slices of what is stored, and their parts.

A stretch is laid as it stands in its document: the first ids of its first cut as laid, then the
document's own, then the last ids of its last cut. The seams lie at borders (`lay.quote`), so no
text is encoded again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from longgrain.draws import Rows
from longgrain.lay import Seams
from longgrain.store import Store

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Splicer:
    """Where the ids of stretches lie. All arrays are columns over cuts, but for ``token_starts``.

    ``laid`` and ``base`` are the places of each cut's first id as laid, and of its document's.
    """

    seams: Seams
    counts: Ints
    laid: Ints
    base: Ints
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]
    straddling: NDArray[np.int8]
    token_starts: NDArray[np.int32]

    @classmethod
    def of(cls, store: Store) -> Splicer:
        """For all cuts of a store."""
        return cls(
            seams=Seams(*map(store.cut, Seams._fields)),
            counts=store.counts,
            laid=store.laid_offsets[:-1],
            base=store.doc_tokens[store.cut_document],
            starts=store.starts,
            ends=store.ends,
            straddling=store.straddling,
            token_starts=store.token_starts,
        )

    def can_bound(self, cuts: NDArray[np.integer]) -> NDArray[np.bool_]:
        """Which of the cuts may be the first or the last of a stretch."""
        able: NDArray[np.bool_] = self.seams.heads[cuts] >= 0
        return able

    def words(self, first: NDArray[np.integer], last: NDArray[np.integer]) -> Ints:
        """Tokens of each stretch up to the separator behind it."""
        seams, own = self.seams, self.counts[last, 1]
        shift = seams.heads[first] - seams.body[first]
        words: Ints = shift + own - seams.heads[last] + seams.body[last]
        return words

    def slices(self, first: NDArray[np.integer], last: NDArray[np.integer]) -> Ints:
        """(stretches, 6): borders of a slice of the laid ids, one of the documents', one of the laid."""
        seams = self.seams
        head = self.laid[first] + self.counts[first, 0]
        line = self.laid[last] + self.counts[last, 0]
        body = seams.tail[last] - seams.body[last]
        borders = [
            head,
            head + seams.heads[first],
            self.base[first] + seams.body[first],
            self.base[first] + seams.tail[last],
            line + seams.heads[last] + body,
            self.laid[last] + self.counts[last].sum(1),
        ]
        return np.stack(borders, axis=1)

    def places(
        self, first: NDArray[np.integer], last: NDArray[np.integer], evidence: Rows
    ) -> tuple[Rows, Ints]:
        """Tokens before the start and before the end of each evidence cut (both ascending); and how
        many tokens of each stretch reach over one of these or over the end of its words."""
        seams, own, rows = self.seams, evidence.values, evidence.owners
        shift, words = seams.heads[first] - seams.body[first], self.words(first, last)
        is_first, is_last = own == first[rows], own == last[rows]
        starts = np.where(is_first, 0, seams.before[own] + shift[rows])
        ends = np.where(is_last, words[rows], seams.through[own] + shift[rows])
        # The next token does not start at the border, so the one before it reaches over.
        limit = len(self.token_starts) - 1
        behind = (np.minimum(self.base[own] + at[own], limit) for at in seams[:2])
        next_start, next_end = (self.token_starts[at] for at in behind)
        over = [
            (rows, starts, ~is_first & (next_start > self.starts[own])),
            (rows, ends, ~is_last & (next_end > self.ends[own])),
            (np.arange(len(words)), words, self.straddling[last] > 0),
        ]
        tokens = np.unique(np.concatenate([row[m] << 32 | at[m] for row, at, m in over]))
        borders = np.stack([starts, ends], axis=1).ravel()
        counted = np.bincount(tokens >> 32, minlength=len(words))
        return Rows(borders, 2 * evidence.counts), counted
