"""Term codes of units > postings on disk > BM25 neighbours, and units with most of a query's words.

A unit is any numbered stretch of text; in a run it is a grain of about 128 tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import ArrayLike, NDArray

from longgrain.errors import RunError
from longgrain.terms import Codes, terms

K1, B = 1.2, 0.75  # the constants of BM25 as Lucene has them
# Shares are sums of float64 weights: two orders of adding differ by less than this.
ROUNDING = 1e-9
# A question's rarest terms decide; common ones only cost time (2.5 ms a question with all of them).
QUERY_TERMS = 16
# Postings; adding fewer costs less than looking whether they are needed.
COSTLY = 1000


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

    def __post_init__(self) -> None:
        mean = max(float(self.lengths.mean()) if len(self.lengths) else 0.0, 1.0)
        object.__setattr__(self, "_norms", K1 * (1 - B + B * np.asarray(self.lengths) / mean))

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
        vocabulary = np.unique(np.concatenate([part.vocabulary for part in parts]))
        places = [np.searchsorted(vocabulary, part.vocabulary) for part in parts]
        sizes = np.zeros(len(vocabulary), np.int64)
        for part, place in zip(parts, places, strict=True):
            sizes[place] += np.diff(part.borders)
        borders = np.append(0, np.cumsum(sizes))
        units = _room(folder, "units", np.int32, int(borders[-1]))
        counts = _room(folder, "counts", np.uint16, int(borders[-1]))
        free, first = borders[:-1].copy(), 0
        for part, place in zip(parts, places, strict=True):
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
        self, codes: Codes, k: int, exclude: NDArray[np.int64] | NDArray[np.bool_] | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The ``k`` best units that hold a term of the query, and their scores, best first.

        A term counts once however often the query has it; of equal scores the lower unit is first.
        ``exclude`` holds unit numbers, or one bool for each unit. Exact: a frequent term is only
        looked up for units that can still be among the best (MaxScore, Turtle and Flood 1995).
        """
        query = self._query(codes)
        rest = _sums_from(query.weights * (K1 + 1))
        shut = self._mask(exclude)
        done = max(1, int(np.searchsorted(np.cumsum(query.sizes), COSTLY)))
        units, scores = self._scored(query, range(min(done, len(query.sizes))), shut)
        while done < len(query.sizes) and not (
            len(scores) >= k and _kth_best(scores, k) - ROUNDING > rest[done]
        ):
            more, values = self._scored(query, range(done, done + 1), shut)
            units, scores = _added(np.concatenate([units, more]), np.concatenate([scores, values]))
            done += 1
        for step in range(done, len(query.sizes)):
            held, counts = self._postings(query, step)
            at, hit = _places(held, units)
            scores[hit] += self._impacts(query.weights[step], held[at], counts[at])
            if len(scores) > k:
                able = scores + rest[step + 1] >= _kth_best(scores, k) - ROUNDING
                units, scores = units[able], scores[able]
        best = np.lexsort((units, -scores))[:k]
        return units[best].astype(np.int64), scores[best]

    def nearest(
        self, words: str, k: int, exclude: NDArray[np.int64] | NDArray[np.bool_] | None = None
    ) -> list[tuple[int, float]]:
        """The ``k`` units nearest to a question by BM25 over its rarest terms, best first."""
        codes = np.unique(terms(words)[0])
        held = self.document_frequency(codes)
        # Words that no unit holds are the asker's own, and lead nowhere.
        rarest = np.argsort(held, kind="stable")[np.count_nonzero(held == 0) :][:QUERY_TERMS]
        units, scores = self.bm25(codes[rarest], k, exclude)
        return list(zip(units.tolist(), scores.tolist(), strict=True))

    def _mask(
        self, exclude: NDArray[np.int64] | NDArray[np.bool_] | None
    ) -> NDArray[np.bool_] | None:
        if exclude is None or exclude.dtype == np.bool_:
            return exclude  # type: ignore[return-value]
        shut = np.zeros(len(self.lengths), np.bool_)
        shut[exclude] = True
        return shut

    def _scored(
        self, query: _Query, steps: range, shut: NDArray[np.bool_] | None
    ) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """The units outside ``shut`` that hold one of these terms, ascending, and their scores."""
        parts = [self._postings(query, step) for step in steps]
        if not parts:
            return np.zeros(0, np.int32), np.zeros(0)
        units = np.concatenate([part[0] for part in parts])
        counts = np.concatenate([part[1] for part in parts])
        weights = np.repeat(query.weights[steps.start : steps.stop], [len(p[0]) for p in parts])
        if shut is not None:
            open_ = np.flatnonzero(~shut[units])
            units, counts, weights = units[open_], counts[open_], weights[open_]
        scores = self._impacts(weights, units, counts)
        return (units, scores) if len(parts) == 1 else _added(units, scores)

    def overlap(
        self, codes: Codes, at_least: float
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Every unit that holds at least this share (above 0) of the query's terms, and its share.

        Terms count once and weigh by idf; one that no unit holds weighs most. Units ascend. Exact:
        a unit that holds none of the rarest terms is passed over only where all the others together
        cannot reach the share (prefix filtering, Chaudhuri et al. 2006).
        """
        query = self._query(codes)
        rest = _sums_from(query.weights)
        total = float(rest[0]) + query.unheld
        need = (at_least - ROUNDING) * total
        prefix = int(np.count_nonzero(rest[:-1] >= need))
        done = max(prefix, int(np.searchsorted(np.cumsum(query.sizes), COSTLY)))
        units, sums = self._summed(query, done)
        for step in range(done, len(query.sizes)):
            able = np.flatnonzero(sums >= need - rest[step])
            if not len(able):
                return np.zeros(0, np.int64), np.zeros(0)
            units, sums = units[able], sums[able]
            _, hit = _places(self._postings(query, step)[0], units)
            sums[hit] += query.weights[step]
        kept = np.flatnonzero(sums >= need)
        return units[kept].astype(np.int64), sums[kept] / max(total, ROUNDING)

    def _summed(self, query: _Query, steps: int) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """The units that hold one of the rarest terms, ascending, and the weight they hold."""
        parts = [self._postings(query, step)[0] for step in range(steps)]
        if not parts:
            return np.zeros(0, np.int32), np.zeros(0)
        return _added(np.concatenate(parts), np.repeat(query.weights[:steps], query.sizes[:steps]))

    def _query(self, codes: Codes) -> _Query:
        """The distinct terms of a query that some unit holds, rarest first."""
        codes = np.unique(codes)
        sizes = self.document_frequency(codes)
        order = np.argsort(sizes, kind="stable")[np.count_nonzero(sizes == 0) :]
        at = np.searchsorted(self.vocabulary, codes[order])
        return _Query(
            weights=self.idf(sizes[order]),
            starts=self.borders[at].tolist(),
            sizes=sizes[order].tolist(),
            unheld=float(self.idf(0)) * (len(codes) - len(order)),
        )

    def _postings(self, query: _Query, step: int) -> tuple[NDArray[np.int32], NDArray[np.uint16]]:
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


class _Query(NamedTuple):
    weights: NDArray[np.float64]
    starts: list[int]
    sizes: list[int]
    unheld: float
    """weight of the terms that no unit holds"""


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


def _added(
    units: NDArray[np.int32], values: NDArray[np.float64]
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """The distinct units, ascending, and the sum of the values of each."""
    order = np.argsort(units, kind="stable")
    units = units[order]
    first = np.flatnonzero(np.append(True, units[1:] != units[:-1]))[: len(units)]
    return units[first], np.add.reduceat(values[order], first) if len(units) else np.zeros(0)


def _sums_from(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """For each place the sum of the weights from there on; one more than there are weights."""
    return np.append(np.cumsum(weights[::-1])[::-1], 0.0)


def _kth_best(scores: NDArray[np.float64], k: int) -> float:
    return float(np.partition(scores, len(scores) - k)[len(scores) - k])


def _places(
    held: NDArray[np.int32], units: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The units that are in the ascending array ``held``: their places there, and in ``units``."""
    at = np.minimum(np.searchsorted(held, units), len(held) - 1)
    hit = np.flatnonzero(held[at] == units)
    return at[hit], hit
