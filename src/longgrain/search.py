"""Term codes of units > postings on disk > BM25 neighbours, and units with most of a query's words.

A unit is any numbered stretch of text; in a run it is a grain of about 128 tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import ArrayLike, NDArray

from longgrain.errors import RunError
from longgrain.ranking import best, first_beyond, kth_best, places, sums_from
from longgrain.terms import Codes, terms

K1, B = 1.2, 0.75  # the constants of BM25 as Lucene has them
# Shares are sums of float64 weights: two orders of adding differ by less than this.
ROUNDING = 1e-9
# A question's rarest terms decide; common ones only cost time (2.5 ms a question with all of them).
QUERY_TERMS = 16
# Postings; adding fewer costs less than looking whether they are needed: to shares, and to scores.
COSTLY, CHEAP = 1000, 32_000
# So few units are looked up in the postings of one more term without looking whether they need it.
FEW = 64
# With more than one posting for so many units, adding them up over all units is faster than sorting.
DENSE = 32


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Index:
    """Postings over numbered units: for each term the units that hold it, and how often.

    The arrays are plain or memory-mapped.
    """

    vocabulary: Codes
    borders: NDArray[np.int64]
    """where the postings of each term start; one more than there are terms"""
    units: NDArray[np.int32]
    counts: NDArray[np.uint16]
    lengths: NDArray[np.int32]
    """terms in each unit"""
    _norms: NDArray[np.float64] = field(init=False, repr=False)
    _rarest: float = field(init=False, repr=False)
    """the weight of a term that no unit holds"""

    def __post_init__(self) -> None:
        mean = max(float(self.lengths.mean()) if len(self.lengths) else 0.0, 1.0)
        object.__setattr__(self, "_norms", K1 * (1 - B + B * np.asarray(self.lengths) / mean))
        object.__setattr__(self, "_rarest", float(self.idf(0)))

    @classmethod
    def of(cls, codes: Codes, units: NDArray[np.int64], count: int) -> Index:
        """An index of ``count`` units from terms and the unit of each, by one sort of them all.

        Takes about 50 bytes a term while it sorts; for more text than fits, see ``merged``.
        """
        order = by_code(codes, units)
        sorted_codes, sorted_units = codes[order], units.astype(np.int32)[order]
        new_code = np.append(True, sorted_codes[1:] != sorted_codes[:-1])[: len(codes)]
        new_unit = np.append(True, sorted_units[1:] != sorted_units[:-1])[: len(codes)]
        starts = np.flatnonzero(new_code | new_unit)
        new_term = np.flatnonzero(new_code[starts])
        counts = np.diff(starts, append=len(codes))
        return cls(
            vocabulary=sorted_codes[starts[new_term]],
            borders=np.append(new_term, len(starts)),
            units=sorted_units[starts],
            # BM25 is flat long before a term comes 65,535 times in one unit.
            counts=np.minimum(counts, 0xFFFF).astype(np.uint16),
            lengths=np.bincount(units, minlength=count).astype(np.int32),
        )

    @classmethod
    def merged(cls, parts: Sequence[Index], folder: Path | None = None) -> Index:
        """One index from parts whose units follow each other: 0.. in each, in order.

        With a ``folder`` the result lies there, on disk, and only the vocabulary and one part's
        postings are held in memory; without one all of it is in memory.
        """
        vocabulary = _distinct(np.concatenate([part.vocabulary for part in parts]))
        spots = [np.searchsorted(vocabulary, part.vocabulary) for part in parts]
        sizes = np.zeros(len(vocabulary), np.int64)
        for part, place in zip(parts, spots, strict=True):
            sizes[place] += np.diff(part.borders)
        borders = np.append(0, np.cumsum(sizes))
        units = _room(folder, "units", np.int32, int(borders[-1]))
        counts = _room(folder, "counts", np.uint16, int(borders[-1]))
        free, first = borders[:-1].copy(), 0
        for part, place in zip(parts, spots, strict=True):
            sizes = np.diff(part.borders)
            to = np.repeat(free[place] - part.borders[:-1], sizes) + np.arange(len(part.units))
            units[to], counts[to] = part.units + np.int32(first), part.counts
            free[place] += sizes
            first += len(part.lengths)
        lengths = np.concatenate([part.lengths for part in parts])
        if folder is None:
            return cls(
                vocabulary=vocabulary, borders=borders, units=units, counts=counts, lengths=lengths
            )
        for name, array in (("vocabulary", vocabulary), ("borders", borders), ("lengths", lengths)):
            np.save(folder / f"{name}.npy", array)
        for mapped in (units, counts):
            mapped.flush()
        return cls.open(folder)

    def write(self, folder: Path) -> None:
        """Saves the arrays as .npy files in ``folder``, the same bytes for the same index."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("vocabulary", "borders", "units", "counts", "lengths"):
            np.save(folder / f"{name}.npy", getattr(self, name))

    @classmethod
    def open(cls, folder: Path) -> Index:
        """The index in ``folder``, memory-mapped. Raises RunError where it is not whole."""
        try:
            # np.asarray takes the class away: slicing a np.memmap is ten times slower.
            vocabulary, borders, units, counts, lengths = (
                np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r"))
                for name in ("vocabulary", "borders", "units", "counts", "lengths")
            )
        except (OSError, ValueError) as error:
            raise RunError(
                f"the search index in {folder} cannot be opened ({error}), so nothing can be "
                "looked up in it; delete the folder and build again"
            ) from error
        return cls(
            vocabulary=vocabulary, borders=borders, units=units, counts=counts, lengths=lengths
        )

    def document_frequency(self, codes: Codes) -> NDArray[np.int64]:
        """The number of units that hold each code; 0 for a code that none holds."""
        if not len(self.vocabulary):
            return np.zeros(len(codes), np.int64)
        at = np.minimum(np.searchsorted(self.vocabulary, codes), len(self.vocabulary) - 1)
        sizes = self.borders[at + 1] - self.borders[at]
        return np.where(self.vocabulary[at] == codes, sizes, 0)

    def idf(self, frequencies: ArrayLike) -> NDArray[np.float64]:
        """The weight of a term that ``df`` units hold: ln(1 + (N - df + 0.5) / (df + 0.5)) > 0."""
        df = np.asarray(frequencies, np.float64)
        return np.log1p((len(self.lengths) - df + 0.5) / (df + 0.5))

    def bm25(
        self,
        codes: Codes | Query,
        k: int,
        exclude: NDArray[np.int64] | NDArray[np.bool_] | None = None,
        rarest: int | None = None,
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The ``k`` best units that hold a term of the query, and their scores, best first.

        A term counts once however often the query has it, and of more than ``rarest`` only the
        rarest count; of equal scores the lower unit is first. ``exclude`` holds unit numbers, or
        one bool for each unit. Exact: a frequent term is only looked up for units that can still be
        among the best (MaxScore, Turtle and Flood 1995).
        """
        query = codes if isinstance(codes, Query) else self.query(codes)
        query = query if rarest is None else query.rarest(rarest)
        rest = sums_from((query.weights * (K1 + 1)).tolist())
        shut, steps = self._mask(exclude), len(query.sizes)
        done = first_beyond(query.sizes, CHEAP)
        units, scores = self._scored(query, range(done), shut)
        while done < steps and not (
            len(scores) >= k and kth_best(scores, k) - ROUNDING > rest[done]
        ):
            more, values = self._scored(query, range(done, done + 1), shut)
            both = np.concatenate([units, more]), np.concatenate([scores, values])
            units, scores = self._added(*both)
            done += 1
        for step in range(done, steps):
            if len(scores) > k:
                able = scores >= kth_best(scores, k) - ROUNDING - rest[step]
                units, scores = units[able], scores[able]
            held, counts = self._postings(query, step)
            at, hit = places(held, units)
            scores[hit] += self._impacts(query.weights[step], held[at], counts[at])
        return best(units, scores, k)

    def nearest(
        self,
        words: str | Query,
        k: int,
        exclude: NDArray[np.bool_] | None = None,
    ) -> list[tuple[int, float]]:
        """The ``k`` units nearest to a question by BM25 over its rarest terms, best first."""
        asked = terms(words)[0] if isinstance(words, str) else words
        found = self.bm25(asked, k, exclude, rarest=QUERY_TERMS)
        return list(zip(*(column.tolist() for column in found), strict=True))

    def _mask(
        self, exclude: NDArray[np.int64] | NDArray[np.bool_] | None
    ) -> NDArray[np.bool_] | None:
        if exclude is None or exclude.dtype == np.bool_:
            return exclude  # type: ignore[return-value]
        shut = np.zeros(len(self.lengths), np.bool_)
        shut[exclude] = True
        return shut

    def _scored(
        self, query: Query, steps: range, shut: NDArray[np.bool_] | None
    ) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """The units outside ``shut`` that hold one of these terms, ascending, and their scores."""
        parts = [self._postings(query, step) for step in steps]
        if not parts:
            return np.zeros(0, np.int32), np.zeros(0)
        units = np.concatenate([part[0] for part in parts])
        counts = np.concatenate([part[1] for part in parts])
        weights = query.weights[steps.start : steps.stop].repeat(
            query.sizes[steps.start : steps.stop]
        )
        if shut is not None:
            open_ = (~shut[units]).nonzero()[0]
            units, counts, weights = units[open_], counts[open_], weights[open_]
        scores = self._impacts(weights, units, counts)
        return (units, scores) if len(parts) == 1 else self._added(units, scores)

    def _added(
        self, units: NDArray[np.int32], values: NDArray[np.float64]
    ) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """The distinct units, ascending, and the sum of the values (above 0) of each."""
        if len(units) * DENSE > len(self.lengths):
            sums = np.bincount(units, values).astype(np.float64, copy=False)
            units = (sums > 0).nonzero()[0].astype(np.int32)
            return units, sums[units]
        if not len(units):
            return units, values
        order = units.argsort(kind="stable")
        units = units[order]
        new = np.empty(len(units), np.bool_)
        new[0] = True
        np.not_equal(units[1:], units[:-1], out=new[1:])
        first = new.nonzero()[0]
        return units[first], np.add.reduceat(values[order], first)

    def counted(self, codes: Codes) -> NDArray[np.int64]:
        """For every unit how many of the distinct ones of these terms it holds."""
        query = self.query(codes)
        parts = [self._postings(query, step)[0] for step in range(len(query.sizes))]
        if not parts:
            return np.zeros(len(self.lengths), np.int64)
        return np.bincount(np.concatenate(parts), minlength=len(self.lengths))

    def overlap(
        self, codes: Codes | Query, at_least: float
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Every unit that holds at least this share (above 0) of the query's terms, and its share.

        Terms count once and weigh by idf; one that no unit holds weighs most. Units ascend. Exact:
        a unit that holds none of the rarest terms is passed over only where all the others together
        cannot reach the share (prefix filtering, Chaudhuri et al. 2006).
        """
        query = codes if isinstance(codes, Query) else self.query(codes)
        rest = sums_from(query.weights.tolist())
        total = rest[0] + self._rarest * query.missing
        need = (at_least - ROUNDING) * total
        prefix = sum(left >= need for left in rest[:-1])
        done = max(prefix, first_beyond(query.sizes, COSTLY))
        units, sums = self._summed(query, done)
        for step in range(done, len(query.sizes)):
            if len(units) > FEW:
                able = (sums >= need - rest[step]).nonzero()[0]
                units, sums = units[able], sums[able]
            held = self._postings(query, step)[0]
            at = held.searchsorted(units)
            sums += (held.take(at, mode="clip") == units) * query.weights[step]
        kept = (sums >= need).nonzero()[0]
        return units[kept].astype(np.int64), sums[kept] / max(total, ROUNDING)

    def _summed(self, query: Query, steps: int) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """The units that hold one of the rarest terms, ascending, and the weight they hold."""
        parts = [self._postings(query, step)[0] for step in range(steps)]
        if not parts:
            return np.zeros(0, np.int32), np.zeros(0)
        return self._added(np.concatenate(parts), query.weights[:steps].repeat(query.sizes[:steps]))

    def query(self, codes: Codes) -> Query:
        """What the searches need of the terms of one text."""
        return self.queries(codes, np.zeros(len(codes), np.int64), 1)[0]

    def queries(self, codes: Codes, owners: NDArray[np.int64], count: int) -> list[Query]:
        """The same of ``count`` texts at once, from their terms and the text of each, ascending."""
        order = np.lexsort((codes, owners))
        codes = codes[order]
        new = np.append(True, (codes[1:] != codes[:-1]) | (owners[1:] != owners[:-1]))
        codes, owners = codes[new[: len(codes)]], owners[new[: len(codes)]]
        distinct = np.bincount(owners, minlength=count)
        at, held = places(self.vocabulary, codes)
        starts, owners = self.borders[at], owners[held]
        sizes = self.borders[at + 1] - starts
        order = np.lexsort((sizes, owners))
        starts, sizes = starts[order], sizes[order]
        weights, first = self.idf(sizes), np.searchsorted(owners, np.arange(count + 1))
        missing = (distinct - np.diff(first)).tolist()
        all_starts, all_sizes = starts.tolist(), sizes.tolist()
        return [
            Query(weights[a:b], all_starts[a:b], all_sizes[a:b], missing[text])
            for text, (a, b) in enumerate(pairwise(first.tolist()))
        ]

    def _postings(self, query: Query, step: int) -> tuple[NDArray[np.int32], NDArray[np.uint16]]:
        start, size = query.starts[step], query.sizes[step]
        return self.units[start : start + size], self.counts[start : start + size]

    def _impacts(
        self,
        weight: NDArray[np.float64] | float,
        units: NDArray[np.int32],
        counts: NDArray[np.uint16],
    ) -> NDArray[np.float64]:
        """What a term of this weight adds to the BM25 score of each unit."""
        out: NDArray[np.float64] = counts * (weight * (K1 + 1)) / (counts + self._norms[units])
        return out


def _room(folder: Path | None, name: str, kind: type[np.generic], size: int) -> Any:
    """An array to be filled, in a file of the folder if there is one."""
    if folder is None:
        return np.empty(size, kind)
    folder.mkdir(parents=True, exist_ok=True)
    return open_memmap(folder / f"{name}.npy", mode="w+", dtype=kind, shape=(size,))


class Query(NamedTuple):
    """The distinct terms of a text that some unit of an index holds, rarest first."""

    weights: NDArray[np.float64]
    starts: list[int]
    """where the postings of each term start"""
    sizes: list[int]
    """how many units hold each term"""
    missing: int
    """how many of its terms no unit holds"""

    def rarest(self, most: int) -> Query:
        """The ``most`` rarest terms of those that units hold: a word that none holds leads nowhere."""
        return Query(self.weights[:most], self.starts[:most], self.sizes[:most], self.missing)


def by_code(codes: Codes, units: NDArray[np.int64]) -> NDArray[np.int64]:
    """The order of terms by code, and by unit within a code.

    Sorting the code's high bits with the place in the low bits is three times faster than a stable
    argsort, and gives the same unless two codes agree in their high bits (seen by looking).
    """
    if np.any(units[1:] < units[:-1]):
        return np.lexsort((units, codes))
    low = np.uint64((1 << len(codes).bit_length()) - 1)
    order = (np.sort((codes & ~low) | np.arange(len(codes), dtype=np.uint64)) & low).astype(
        np.int64
    )
    found = codes[order]
    return np.argsort(codes, kind="stable") if np.any(found[1:] < found[:-1]) else order


def _distinct(codes: Codes) -> Codes:
    """The distinct codes, ascending: of many, several times faster than np.unique."""
    codes = np.sort(codes)
    new = np.append(True, codes[1:] != codes[:-1])[: len(codes)]
    return np.asarray(codes[new])
