"""Documents, chapters, near-duplicate groups > a side for every stretch; overlap with benchmarks.

A stretch is a whole document or some chapters of one. Nothing here reads text: documents come as
columns, so that millions of them are split in one process.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from longgrain.errors import PlanError
from longgrain.near import ngrams
from longgrain.terms import Codes
from longgrain.types import SIDES, content_id

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

FREE = -1
TRAIN, VALID, TEST = range(len(SIDES))
# A side may miss its share by half of it before documents count as too few.
TOLERANCE = 0.5
# Runs of chapters that miss their length by so little are equally good: one of them is drawn.
LOOSE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Documents:
    """Columns over the documents of a run, in any order."""

    ids: Sequence[str]
    lengths: Ints
    """code points"""
    tokens: Ints
    languages: Sequence[str]
    groups: Ints
    """near-duplicates share a number"""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Chapters:
    """Columns over chapters, sorted by document and start; each goes on to the next one's start.

    Every document has one at least: a document without chapters is its own.
    """

    documents: Ints
    """the document's row number"""
    starts: Ints
    """code points; text before a document's first chapter goes with it"""
    tokens: Ints
    groups: Ints
    """near-duplicates share a number (these are not the numbers of documents' groups)"""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sides:
    """The side of every stretch, sorted by document and start; together they hold all the text."""

    documents: Ints
    starts: Ints
    ends: Ints
    sides: NDArray[np.int8]
    """positions in ``types.SIDES``"""
    notes: tuple[str, ...]
    """what the reader of a report should know, in plain words"""

    def at(self, documents: Ints, starts: Ints, ends: Ints) -> NDArray[np.int8]:
        """The side on which each of these stretches of text lies; -1 for one that lies on two."""
        width = int(self.ends.max(initial=0)) + 1
        borders = self.documents * width + self.starts
        row = np.searchsorted(borders, documents * width + starts, "right") - 1
        return np.where(ends <= self.ends[row], self.sides[row], FREE).astype(np.int8)

    def of_documents(self) -> list[str]:
        """For every document its side, or "chapters" where it lies on several."""
        first = np.flatnonzero(np.diff(self.documents, prepend=-1))
        alone = np.diff(first, append=len(self.documents)) == 1
        names = np.array([*SIDES, "chapters"])
        return [str(name) for name in names[np.where(alone, self.sides[first], len(SIDES))]]


def split(
    documents: Documents,
    *,
    valid: float,
    test: float,
    seed: int,
    by: Literal["auto", "document", "chapter"] = "auto",
    chapters: Chapters | None = None,
) -> Sides:
    """Shares of the tokens of each language for valid and test, the rest for train.

    "document" keeps near-duplicate groups of documents whole; "chapter" cuts documents between
    chapters, in runs of neighbours, and keeps near-duplicate chapters together; "auto" takes
    documents, and chapters in those languages whose documents are too few to meet the shares. What
    is drawn depends on ids and seed, not on the order of input. Raises PlanError unless train gets
    the largest share.
    """
    if min(valid, test) < 0 or max(valid, test) >= 1 - valid - test:
        raise PlanError(
            f"split: valid {valid} and test {test} leave {1 - valid - test:.2f} for train, which "
            "must get the largest share; lower them"
        )
    shares = {side: share for side, share in ((TEST, test), (VALID, valid)) if share > 0}
    pieces = _pieces(documents, chapters, seed)
    whole = np.full(len(documents.ids), FREE)
    notes: list[str] = []
    late: list[tuple[str, Ints]] = []
    for language, members in _by_language(documents, pieces.draws):
        sides, good = _whole_groups(documents, members, pieces.draws, shares)
        can_cut = bool((np.diff(pieces.first)[members] > 1).any())
        if by == "document" or (by == "auto" and (good or not can_cut)):
            whole[members] = sides
            notes += _missed(language, documents.tokens[members], sides, shares)
        else:
            late.append((language, members))
    fixed = np.repeat(whole, np.diff(pieces.first))
    kin_sides = _followed(pieces.kin, fixed)
    for language, members in late:
        notes.append(_cut_note(language, len(members), by))
        rows = _inside(pieces, members, kin_sides, shares)
        notes += _missed(language, pieces.tokens[rows], kin_sides[pieces.kin[rows]], shares)
    sides = np.where(fixed == FREE, kin_sides[pieces.kin], fixed)
    return _merged(documents, pieces, sides, notes)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Pieces:
    """What is not cut any further: chapters, or documents where none are known."""

    first: Ints
    """the first piece of each document, and the number of pieces"""
    starts: Ints
    tokens: Ints
    kin: Ints
    """0..; near-duplicates share a number"""
    draws: NDArray[np.uint64]
    """a random number for each document, from its id and the seed"""


def _pieces(documents: Documents, chapters: Chapters | None, seed: int) -> _Pieces:
    rows = np.arange(len(documents.ids))
    chapters = chapters or Chapters(
        documents=rows, starts=rows, tokens=documents.tokens, groups=documents.groups
    )
    first = np.searchsorted(chapters.documents, np.append(rows, len(rows)))
    missing = np.flatnonzero(np.diff(first) == 0)
    if len(missing):
        raise ValueError(
            f"document {documents.ids[missing[0]]} has no chapter, so its text would get no side; "
            "give it one that starts at 0"
        )
    starts = chapters.starts.copy()
    starts[first[:-1]] = 0
    draws = [int(content_id("split", seed, id), 16) for id in documents.ids]
    return _Pieces(
        first=first,
        starts=starts,
        tokens=chapters.tokens,
        kin=np.unique(chapters.groups, return_inverse=True)[1],
        draws=np.array(draws, np.uint64),
    )


def _by_language(documents: Documents, draws: NDArray[np.uint64]) -> Iterator[tuple[str, Ints]]:
    """Languages, and in the order of their draws the documents whose groups mostly have them."""
    languages, spoken = np.unique(np.asarray(documents.languages), return_inverse=True)
    _, groups = np.unique(documents.groups, return_inverse=True)
    size = (int(groups.max(initial=-1)) + 1, len(languages))
    weights = np.bincount(groups * size[1] + spoken, documents.tokens, size[0] * size[1])
    mostly = weights.reshape(size).argmax(axis=1)[groups]
    for number, language in enumerate(languages):
        members = np.flatnonzero(mostly == number)
        if len(members):
            yield str(language), members[np.argsort(draws[members], kind="stable")]


def _whole_groups(
    documents: Documents, members: Ints, draws: NDArray[np.uint64], shares: Mapping[int, float]
) -> tuple[Ints, bool]:
    """A side for each of the documents, groups kept whole; and whether the shares are met."""
    # Members come in the order of their draws, so a group's place is that of its lowest draw.
    _, at, groups = np.unique(documents.groups[members], return_index=True, return_inverse=True)
    order = np.argsort(at)
    tokens = np.bincount(groups, documents.tokens[members]).astype(np.int64)
    sides = np.full(len(tokens), TRAIN)
    for side, share in shares.items():
        _fill(sides, tokens, order, side, share * float(tokens.sum()))
    return sides[groups], _meets(tokens, sides, shares)


def _fill(sides: Ints, tokens: Ints, order: Ints, side: int, target: float) -> None:
    """Gives a side free groups in order while they fit, then the one that closes the gap best."""
    got, free = 0, order[sides[order] == TRAIN]
    left = int(tokens[free].sum())
    others = int(tokens[sides != TRAIN].sum())
    for group, size in zip(free.tolist(), tokens[free].tolist(), strict=True):
        if got + size <= target and left - size >= max(got + size, others):
            sides[group] = side
            got, left = got + size, left - size
    free = free[sides[free] == TRAIN]
    free = free[left - tokens[free] >= np.maximum(got + tokens[free], others)]
    gaps = np.abs(target - got - tokens[free])
    if len(free) and (not got or gaps.min() < abs(target - got)):
        sides[free[gaps.argmin()]] = side


def _meets(tokens: Ints, sides: Ints, shares: Mapping[int, float]) -> bool:
    """Whether every side has its share of the tokens, give or take half of it."""
    total = max(float(tokens.sum()), 1.0)
    return all(
        abs(float(tokens[sides == side].sum()) / total - share) <= TOLERANCE * share
        for side, share in shares.items()
    )


def _missed(language: str, tokens: Ints, sides: Ints, shares: Mapping[int, float]) -> Iterator[str]:
    """Notes on sides that are empty or far from their share."""
    total = max(float(tokens.sum()), 1.0)
    for side, share in shares.items():
        got = float(tokens[sides == side].sum()) / total
        if not (sides == side).any():
            yield (
                f"{language}: no text could be held out for {SIDES[side]}, where the plan asks for "
                f"{share:.1%}; add documents, or documents with chapters"
            )
        elif abs(got - share) > TOLERANCE * share:
            yield (
                f"{language}: {SIDES[side]} has {got:.1%} of the tokens instead of {share:.1%}, "
                "since documents or chapters are kept whole, and near-duplicates together"
            )


def _cut_note(language: str, count: int, by: str) -> str:
    why = "the plan says so" if by == "chapter" else "too few to hold out whole ones"
    plural = "document" if count == 1 else "documents"
    return (
        f"{language}: split by chapter ({count} {plural}, {why}), so chapters of one document lie "
        "on several sides; scores on held-out chapters say less about unseen documents"
    )


def _followed(kin: Ints, sides: Ints) -> Ints:
    """For near-duplicates of pieces in whole documents the side of those, or else FREE."""
    kin_sides = np.full(int(kin.max(initial=-1)) + 1, FREE)
    for side in (TEST, VALID, TRAIN):
        kin_sides[kin[sides == side]] = side
    return kin_sides


def _inside(pieces: _Pieces, members: Ints, kin_sides: Ints, shares: Mapping[int, float]) -> Ints:
    """Gives sides to the pieces of these documents, in place; the rows of all their pieces.

    Each side takes one run of neighbours from each document while it lacks tokens; what one
    document gives too much, the next gives less. Near-duplicates follow, wherever they are.
    """
    spans = [np.arange(pieces.first[doc], pieces.first[doc + 1]) for doc in members]
    rows = np.concatenate(spans)
    weights = np.bincount(pieces.kin[rows], pieces.tokens[rows], len(kin_sides)).astype(np.int64)
    got = {side: int(weights[kin_sides == side].sum()) for side in (TEST, VALID)}
    total, seen = int(weights.sum()), 0
    for doc, span in zip(members, spans, strict=True):
        kin = pieces.kin[span]
        seen += int(pieces.tokens[span].sum())
        for side, share in shares.items():
            left = total - sum(got.values())
            lacks = share * seen - got[side]
            # Train stays the largest, and a side without any text takes the last chance.
            most = min((left - got[side]) // 2, left - max(got.values()))
            if got[side] or seen < total:
                most = min(most, int(2 * lacks))
            draw = int(pieces.draws[doc]) >> 8 * side
            run = _run(weights[kin], kin_sides[kin] == FREE, lacks, most=most, draw=draw)
            chosen = np.unique(kin[run])
            kin_sides[chosen] = side
            got[side] += int(weights[chosen].sum())
        kin_sides[kin[kin_sides[kin] == FREE]] = TRAIN
    return rows


def _run(tokens: Ints, free: Flags, target: float, *, most: int, draw: int) -> slice:
    """Free neighbours with about ``target`` tokens, no more than ``most``; or an empty slice."""
    sums = np.append(0, np.cumsum(tokens))
    starts, taken = np.flatnonzero(free), np.flatnonzero(~free)
    stops = np.append(taken, len(tokens))[np.searchsorted(taken, starts)]
    past = np.searchsorted(sums, sums[starts] + target)
    ends = np.concatenate([np.clip(past - short, starts + 1, stops) for short in (0, 1)])
    starts = np.append(starts, starts)
    sizes = sums[ends] - sums[starts]
    able = np.flatnonzero((sizes > 0) & (sizes <= most))
    if target <= 0 or not len(able):
        return slice(0, 0)
    gaps = np.abs(sizes[able] - target)
    able = able[gaps <= max(float(gaps.min()), LOOSE * target)]
    chosen = able[draw % len(able)]
    return slice(int(starts[chosen]), int(ends[chosen]))


def _merged(documents: Documents, pieces: _Pieces, sides: Ints, notes: Sequence[str]) -> Sides:
    """The sides as a table, neighbours on one side joined."""
    owners = np.repeat(np.arange(len(documents.ids)), np.diff(pieces.first))
    kept = np.ones(len(owners), np.bool_)
    kept[1:] = (owners[1:] != owners[:-1]) | (sides[1:] != sides[:-1])
    owners, starts = owners[kept], pieces.starts[kept]
    ends = np.append(starts[1:], 0)
    last = np.append(owners[1:] != owners[:-1], True)[: len(owners)]
    ends[last] = np.asarray(documents.lengths)[owners[last]]
    return Sides(
        documents=owners,
        starts=starts,
        ends=ends[: len(owners)],
        sides=sides[kept].astype(np.int8),
        notes=tuple(notes),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Benchmark:
    """The n-grams of a benchmark's texts, as hashes."""

    hashes: Codes
    n: int
    short: int
    """texts with fewer than ``n`` terms: they cannot be found in documents"""

    @classmethod
    def of(cls, codes: Codes, units: Ints, count: int, n: int = 10) -> Benchmark:
        """All runs of ``n`` terms within each of ``count`` numbered texts (units ascend)."""
        lengths = np.bincount(units, minlength=count)
        long = lengths[units] >= n
        hashes, _ = ngrams(codes[long], n, units[long])
        return cls(hashes=np.unique(hashes), n=n, short=int((lengths < n).sum()))


def contaminated(codes: Codes, benchmark: Benchmark) -> Flags:
    """For each term of a document whether it lies in an n-gram that the benchmark has too.

    Terms are words, and pairs of characters in Chinese, so case, spaces and punctuation make no
    difference. A false hit needs two equal 64-bit hashes: for a billion n-grams against a million,
    a chance of 1 in 18,000.
    """
    hashes, at = ngrams(codes, benchmark.n)
    marked = np.zeros(len(codes) + 1, np.int64)
    if len(benchmark.hashes):
        # A table of 2^16 to 2^24 bits of the hashes sends nearly all others away in one look.
        bits = np.uint64(64 - min(max(len(benchmark.hashes).bit_length() + 4, 16), 24))
        seen = np.zeros(1 << (64 - int(bits)), np.bool_)
        seen[benchmark.hashes >> bits] = True
        at = at[seen[hashes >> bits]]
        place = np.searchsorted(benchmark.hashes, hashes[at])
        place = np.minimum(place, len(benchmark.hashes) - 1)
        at = at[benchmark.hashes[place] == hashes[at]]
        np.add.at(marked, at, 1)
        np.add.at(marked, at + benchmark.n, -1)
    return np.cumsum(marked[:-1]) > 0
