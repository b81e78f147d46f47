"""Term codes of units > the units most like a query by Jaccard, BM25 or TF-IDF cosine, exactly.

All three are sums over the terms that query and unit share, so one search serves them: the postings
of the query's terms are added up over all units at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from longgrain.search import K1, B, Index
from longgrain.terms import Codes

Floats = NDArray[np.float64]
Units = NDArray[np.int64]
# Groups whose maxima bound the k-th best score from below: many times k, so that few of the best
# share one, and far fewer than there are units.
GROUPS = 1024


@dataclass(frozen=True, kw_only=True, eq=False)
class _Shared:
    """Scores that are sums over shared terms; a subclass says what each of them adds.

    ``keys`` decide which of two units of equal score goes first.
    """

    index: Index
    keys: NDArray[np.uint64]

    @cached_property
    def parts(self) -> Floats | None:
        """What each posting adds, before the weight in the query; None where each adds 1."""
        return None

    def weights(self, codes: Codes, counts: Units) -> Floats | None:
        """The weights of the distinct terms of a query; None where each weighs 1."""
        return None

    def scored(self, sums: NDArray[Any], size: int) -> Floats:
        """Scores of all units from their sums, for a query of ``size`` distinct terms."""
        return sums

    @cached_property
    def _units(self) -> NDArray[np.intp]:
        """As bincount wants them, which saves a fifth of its time."""
        return self.index.units.astype(np.intp)

    @cached_property
    def sizes(self) -> Units:
        """Distinct terms of each unit."""
        return np.bincount(self.index.units, minlength=len(self.index.lengths))

    def scores(self, codes: Codes) -> Floats:
        """The score of every unit."""
        codes, counts = np.unique(codes, return_counts=True)
        index, weights = self.index, self.weights(codes, counts)
        at = np.searchsorted(index.vocabulary, codes)
        known = np.flatnonzero(index.document_frequency(codes))
        starts, ends = index.borders[at[known]].tolist(), index.borders[at[known] + 1].tolist()
        if not starts:
            return np.zeros(len(index.lengths))
        bounds = [*zip(starts, ends, strict=True)]
        units = np.concatenate([self._units[a:b] for a, b in bounds])
        sums = np.bincount(units, self._values(bounds, weights, known), len(index.lengths))
        return self.scored(sums, len(codes))

    def _values(
        self, bounds: Sequence[tuple[int, int]], weights: Floats | None, known: Units
    ) -> Floats | None:
        """What each of these postings adds."""
        parts = self.parts
        if parts is None:
            return None
        if weights is None:
            return np.concatenate([parts[a:b] for a, b in bounds])
        each = zip(bounds, weights[known].tolist(), strict=True)
        return np.concatenate([parts[a:b] * weight for (a, b), weight in each])

    def top(self, codes: Codes, k: int, shut: Units | None = None) -> tuple[Units, Floats]:
        """The ``k`` units outside ``shut`` most like the query, and their scores, best first.

        Units that share no term with the query are never among them.
        """
        return best(self.scores(codes), k, self.keys, shut)

    @cached_property
    def _by_unit(self) -> tuple[Units, NDArray[np.int32], Units]:
        """Where the terms of each unit start; its distinct terms; their places in the postings."""
        index, held = self.index, max(len(self.index.units), 1)
        # Sorting one number each is five times faster than a stable argsort.
        keys = index.units.astype(np.int64) * held + np.arange(len(index.units))
        keys.sort()
        places = keys % held
        numbers = np.repeat(
            np.arange(len(index.vocabulary), dtype=np.int32), np.diff(index.borders)
        )
        return np.append(0, np.cumsum(self.sizes)), numbers[places], places

    def _shared(self, units: Units) -> Callable[[int], Floats]:
        """Of one of some units, by its place, the sum of products with each of them.

        Without matrices: those would be nearly empty, and BLAS adds in no fixed order.
        """
        starts, numbers, places = self._by_unit
        sizes = self.sizes[units]
        ends = np.cumsum(sizes)
        owner = np.repeat(np.arange(len(units)), sizes)
        at = np.arange(len(owner)) + np.repeat(starts[units] - ends + sizes, sizes)
        column = np.unique(numbers[at], return_inverse=True)[1]
        values = np.ones(len(at)) if self.parts is None else self.parts[places[at]]
        wide = int(column.max(initial=-1)) + 1

        def row(one: int) -> Floats:
            own = slice(ends[one] - sizes[one], ends[one])
            weights = np.zeros(wide)
            weights[column[own]] = values[own]
            sums = np.bincount(owner, values * weights[column], len(units))
            return sums.astype(np.float64, copy=False)

        return row


class Jaccard(_Shared):
    """Shared terms over all terms of both, each counted once."""

    def scored(self, sums: NDArray[Any], size: int) -> Floats:
        """The same division that Python's sets give, to the last bit."""
        out: Floats = sums / (size + self.sizes - sums)
        return out

    def between(self, units: Units) -> Callable[[int], Floats]:
        """Of one of some units, by its place, the similarity with each of them."""
        shared, sizes = self._shared(units), self.sizes[units]

        def row(one: int) -> Floats:
            both = shared(one)
            out: Floats = both / (sizes[one] + sizes - both)
            return out

        return row


class BM25(_Shared):
    """BM25 as Lucene has it; a term counts once however often the query has it."""

    @cached_property
    def parts(self) -> Floats:
        """Idf included."""
        index, sizes = self.index, np.diff(self.index.borders)
        mean = max(float(index.lengths.mean()) if len(index.lengths) else 0.0, 1.0)
        norms = K1 * (1 - B + B * index.lengths / mean)
        found = index.counts * (K1 + 1) / (index.counts + norms[index.units])
        return found * np.repeat(index.idf(sizes), sizes)


class Tfidf(_Shared):
    """Cosine of tf x idf, idf = ln((1 + N) / (1 + df)) + 1 (the smooth one of scikit-learn).

    A term of the query that no unit holds makes every score smaller.
    """

    def _idf(self, sizes: Units) -> Floats:
        return np.log((1 + len(self.index.lengths)) / (1 + sizes)) + 1.0

    @cached_property
    def parts(self) -> Floats:
        """Of unit vectors."""
        index, sizes = self.index, np.diff(self.index.borders)
        found = index.counts * np.repeat(self._idf(sizes), sizes)
        squares = np.bincount(index.units, found * found, len(index.lengths))
        return found / np.sqrt(squares)[index.units]

    def weights(self, codes: Codes, counts: Units) -> Floats:
        """A unit vector."""
        found = counts * self._idf(self.index.document_frequency(codes))
        return found / max(float(np.sqrt(found @ found)), 1e-300)

    def between(self, units: Units) -> Callable[[int], Floats]:
        """Of one of some units, by its place, the similarity with each of them."""
        return self._shared(units)


def best(
    scores: Floats, k: int, keys: NDArray[np.uint64], shut: Units | None = None
) -> tuple[Units, Floats]:
    """The ``k`` units outside ``shut`` with the highest scores above 0, best first."""
    if shut is not None:
        scores[shut] = 0.0
    columns = max(GROUPS, 16 * k)
    if len(scores) > 2 * columns:
        # The k-th highest of the groups' maxima is at most the k-th highest score.
        rows = len(scores) // columns
        most = scores[: rows * columns].reshape(rows, columns).max(0)
        bound = np.partition(most, columns - k)[columns - k]
        units = np.flatnonzero(scores >= bound if bound > 0 else scores > 0)
    else:
        units = np.flatnonzero(scores > 0)
    order = np.lexsort((keys[units], -scores[units]))[:k]
    return units[order], scores[units[order]]
