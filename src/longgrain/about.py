"""What was found in documents > the topics of all, of every chapter, and of every document by share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from longgrain.findings import Found
from longgrain.keywords import Counted
from longgrain.topics import Topics, topics


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class About:
    """Topics of all passages; by document the topic of every chapter, and shares of topics."""

    topics: Topics
    tokens: NDArray[np.int64]
    """of every passage that was looked into"""
    owner: NDArray[np.int64]
    chapter: NDArray[np.int64]
    chapters: list[list[int | None]]
    shares: list[tuple[tuple[int, float], ...]]

    @classmethod
    def of(cls, found: Sequence[Found]) -> About:
        first = np.cumsum([0, *(len(one.passages) for one in found)])
        owner = np.repeat(np.arange(len(found)), np.diff(first))
        tokens = [
            np.bincount(one.grain_passage, one.grain_tokens).astype(np.int64)[one.passages]
            for one in found
        ]
        sizes = np.concatenate([np.zeros(0, np.int64), *tokens])
        made = topics(_joined([one.words for one in found], first), sizes)
        chapter = [
            one.grain_chapter[np.searchsorted(one.grain_passage, one.passages)] for one in found
        ]
        each = [made.of_passage[a:b] for a, b in pairwise(first.tolist())]
        width = len(made.terms)
        return cls(
            topics=made,
            tokens=sizes,
            owner=owner,
            chapter=np.concatenate([np.zeros(0, np.int64), *chapter]),
            chapters=[
                _of_chapters(of, t, c, len(one.chapters), width)
                for of, t, c, one in zip(each, tokens, chapter, found, strict=True)
            ],
            shares=[_shares(of, t) for of, t in zip(each, tokens, strict=True)],
        )


def _joined(parts: Sequence[Counted], first: NDArray[np.int64]) -> Counted:
    """Counts of all documents, their passages numbered through, their words merged."""
    numbers: dict[str, int] = {}
    words, passages = [np.zeros(0, np.int32)], [np.zeros(0, np.int32)]
    for part, at in zip(parts, first, strict=False):
        own = [numbers.setdefault(word, len(numbers)) for word in part.words]
        words.append(np.array(own, np.int32)[part.word])
        passages.append((part.passage + at).astype(np.int32))
    counts = np.concatenate([np.zeros(0, np.int32), *(part.count for part in parts)])
    return Counted(
        words=list(numbers),
        passage=np.concatenate(passages),
        word=np.concatenate(words),
        count=counts.astype(np.int32),
    )


def _of_chapters(
    topic: NDArray[np.int32],
    tokens: NDArray[np.int64],
    chapter: NDArray[np.int32],
    count: int,
    width: int,
) -> list[int | None]:
    """For every chapter the topic that most of its tokens are about; None where none shows."""
    held = np.zeros((count, max(width, 1)), np.int64)
    known = topic >= 0
    np.add.at(held, (chapter[known], topic[known]), tokens[known])
    best, most = np.argmax(held, axis=1), held.max(axis=1)
    return [one if some else None for one, some in zip(best.tolist(), most.tolist(), strict=True)]


def _shares(topic: NDArray[np.int32], tokens: NDArray[np.int64]) -> tuple[tuple[int, float], ...]:
    known = topic >= 0
    held = np.bincount(topic[known], tokens[known])
    order = np.argsort(-held, kind="stable")[: np.count_nonzero(held)].tolist()
    return tuple((one, round(float(held[one] / held.sum()), 4)) for one in order)
