"""Documents and grains with their signatures > exact and near copies, and the share that they take."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from longgrain.findings import Found
from longgrain.near import Signatures, components, groups, joined, pairs

# A chapter is a copy when so much of it repeats what stands earlier.
COPIED = 0.5
# Resemblance is counted out for so many pairs of documents; the groups hold for all.
COUNTED = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Documents that are near-duplicates of one another, in the order of the sources."""

    sources: tuple[str, ...]
    tokens: int
    """of all but the longest"""
    alike: float
    """share of 5-grams that the two most alike have in common (Jaccard, estimated)"""
    contained: float
    """largest share of a document's 5-grams that another one holds"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CopiedChapter:
    """A chapter at least half of whose tokens lie in grains that repeat earlier ones."""

    source: str
    title: str
    tokens: int
    share: float
    of: str
    """the document that most of it repeats; its own source for repeats within"""
    of_title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Copies:
    """Exact copies (their sources), near-duplicate documents, copied chapters, repeated grains."""

    exact: tuple[tuple[str, ...], ...]
    documents: tuple[Group, ...]
    chapters: tuple[CopiedChapter, ...]
    grains: int
    """grains that are near-duplicates of an earlier one"""
    tokens: int
    """tokens of these"""
    share: float
    """of all tokens"""


def copies(
    found: Sequence[Found], twins: Mapping[str, Sequence[str]]
) -> tuple[Copies, list[NDArray[np.int64]]]:
    """The copies among documents; beside them, for each document, the repeated tokens by chapter.

    ``twins`` holds for a document's id the sources that have the same text word for word.
    """
    exact = tuple(tuple(sources) for sources in twins.values() if len(sources) > 1)
    if not found:
        return Copies(exact=exact, documents=(), chapters=(), grains=0, tokens=0, share=0.0), []
    group = groups(joined([one.grained for one in found]), containment=None)
    again = group != np.arange(len(group))
    tokens = np.concatenate([one.grain_tokens for one in found])
    chapters = _Chapters.of(found)
    repeated = np.bincount(chapters.of_grain[again], tokens[again], chapters.count).astype(np.int64)
    lost = int(tokens[again].sum())
    return (
        Copies(
            exact=exact,
            documents=tuple(_documents(found)),
            chapters=tuple(_copied(found, chapters, group, tokens, repeated)),
            grains=int(again.sum()),
            tokens=lost,
            share=lost / max(int(tokens.sum()), 1),
        ),
        np.split(repeated, chapters.first[1:-1]),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Chapters:
    """The chapters of all documents, numbered through."""

    first: NDArray[np.int64]
    """number of each document's first chapter; one entry more than documents"""
    of_grain: NDArray[np.int64]
    count: int

    @classmethod
    def of(cls, found: Sequence[Found]) -> _Chapters:
        first = np.cumsum([0, *(len(one.chapters) for one in found)])
        of_grain = [one.grain_chapter + at for one, at in zip(found, first, strict=False)]
        return cls(first=first, of_grain=np.concatenate(of_grain), count=int(first[-1]))


def _documents(found: Sequence[Found]) -> list[Group]:
    left, right = pairs(joined([one.whole for one in found]))
    near = components(left, right, len(found))
    alike: defaultdict[int, list[tuple[float, float]]] = defaultdict(list)
    for a, b in list(zip(left.tolist(), right.tolist(), strict=True))[:COUNTED]:
        alike[int(near[a])].append(resemblance(found[a].whole, found[b].whole))
    made = []
    for one in np.unique(near[near != np.arange(len(near))]).tolist():
        mine = np.flatnonzero(near == one).tolist()
        lengths = [found[at].tokens for at in mine]
        seen = alike[one] or [(0.0, 0.0)]
        made.append(
            Group(
                sources=tuple(found[at].source for at in mine),
                tokens=sum(lengths) - max(lengths),
                alike=round(max(jaccard for jaccard, _ in seen), 3),
                contained=round(max(held for _, held in seen), 3),
            )
        )
    return sorted(made, key=lambda group: -group.tokens)


def resemblance(left: Signatures, right: Signatures) -> tuple[float, float]:
    """Jaccard overlap of two units' 5-grams, and the larger share that one holds of the other.

    Each signature holds one unit. Exact where both are whole, else estimated on the sampled ones.
    """
    sides = [np.unique(one.hashes) for one in (left, right)]
    if not (left.whole.all() and right.whole.all()):
        limit = np.uint64(((1 << 64) - 1) // left.every)
        sides = [side[side <= limit] for side in sides]
    shared = len(np.intersect1d(sides[0], sides[1], assume_unique=True))
    sizes = [len(side) for side in sides]
    return shared / max(sum(sizes) - shared, 1), shared / max(min(sizes), 1)


def _copied(
    found: Sequence[Found],
    chapters: _Chapters,
    group: NDArray[np.int64],
    tokens: NDArray[np.int32],
    repeated: NDArray[np.int64],
) -> list[CopiedChapter]:
    whole = np.bincount(chapters.of_grain, tokens, chapters.count)
    made = []
    for chapter in np.flatnonzero((repeated >= COPIED * whole) & (repeated > 0)).tolist():
        low, high = np.searchsorted(chapters.of_grain, [chapter, chapter + 1])
        mine = np.arange(low, high)
        mine = mine[group[mine] != mine]
        heads = np.bincount(chapters.of_grain[group[mine]], tokens[mine])
        of, title = _named(found, chapters, int(np.argmax(heads)))
        source, own = _named(found, chapters, chapter)
        made.append(
            CopiedChapter(
                source=source,
                title=own,
                tokens=int(whole[chapter]),
                share=round(float(repeated[chapter] / whole[chapter]), 3),
                of=of,
                of_title=title,
            )
        )
    return sorted(made, key=lambda one: (-one.tokens * one.share, one.source))


def _named(found: Sequence[Found], chapters: _Chapters, number: int) -> tuple[str, str]:
    document = int(np.searchsorted(chapters.first, number, "right")) - 1
    one = found[document]
    return one.source, one.chapters[number - int(chapters.first[document])]
