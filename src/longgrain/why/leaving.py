"""So many grains, and what an answer scores without some of them > what each one is worth to it.

Up to 64 grains are left out one by one. Of more, groups are left out, and the four that matter most are
split until they are single grains: about 90 questions for 500 grains, 150 for 5,000.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

SINGLY, PARTS, KEPT = 64, 16, 4

Ask = Callable[[Sequence[frozenset[int]]], Sequence[float | None]]
"""Sets of grains that are left out > what the answer scores without each; None where nobody knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What leaving out these grains together takes from the score; None where it is not known."""

    grains: range
    value: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """Everything that was measured."""

    full: float
    """the score with all grains"""
    bare: float | None
    """and with none"""
    effects: tuple[Effect, ...]
    """every grain once, in order: alone, or in a group that was not split"""
    asked: int
    """questions in all"""
    levels: tuple[tuple[Effect, ...], ...] = field(default=())
    """the groups of each round"""

    def of(self, grain: int) -> Effect:
        """The effect that a grain has a part in."""
        return next(one for one in self.effects if grain in one.grains)

    def ranked(self) -> list[Effect]:
        """The effects, the largest first; those that are not known are left out."""
        known = [one for one in self.effects if one.value is not None]
        return sorted(known, key=lambda one: (-(one.value or 0.0), one.grains.start))

    def rank(self, grain: int) -> int | None:
        """The place of a grain among the effects, from 1; None if its own effect is not known."""
        places = [n for n, one in enumerate(self.ranked(), 1) if grain in one.grains]
        return places[0] if places else None

    def share(self, grains: Sequence[int]) -> float | None:
        """The part of all support that these grains alone have, in 0..1; None if nothing supports."""
        support = sum(max(one.value or 0.0, 0.0) for one in self.effects)
        own = [self.of(one) for one in grains]
        single = sum(max(one.value or 0.0, 0.0) for one in own if len(one.grains) == 1)
        return single / support if support > 0 else None


def leave_out(grains: int, ask: Ask) -> Left | None:
    """Asks with all, with none, and without some; None where the answer has no score to begin with."""
    full, bare = ask([frozenset(), frozenset(range(grains))])
    if full is None:
        return None
    done: list[Effect] = []
    levels: list[tuple[Effect, ...]] = []
    asked, open_ = 2, first(grains)
    while open_:
        found = ask([frozenset(one) for one in open_])
        asked += len(open_)
        level = [
            Effect(grains=one, value=None if score is None else full - score)
            for one, score in zip(open_, found, strict=True)
        ]
        levels.append(tuple(level))
        split = _to_split(level)
        done += [one for one in level if one not in split]
        open_ = [part for one in split for part in parted(one.grains)]
    effects = tuple(sorted(done, key=lambda one: one.grains.start))
    return Left(full=full, bare=bare, effects=effects, asked=asked, levels=tuple(levels))


def first(grains: int) -> list[range]:
    """What is left out in the first round."""
    return (
        [range(at, at + 1) for at in range(grains)] if grains <= SINGLY else parted(range(grains))
    )


def parted(grains: range) -> list[range]:
    """A group as at most sixteen of like size."""
    count = min(PARTS, len(grains))
    borders = [grains.start + len(grains) * at // count for at in range(count + 1)]
    return [range(a, b) for a, b in pairwise(borders)]


def _to_split(level: Sequence[Effect]) -> list[Effect]:
    groups = [one for one in level if len(one.grains) > 1 and one.value is not None]
    return sorted(groups, key=lambda one: (-(one.value or 0.0), one.grains.start))[:KEPT]


def most(grains: int) -> int:
    """How many questions `leave_out` asks at most."""
    return 2 + sum(_rounds(grains))


def _rounds(grains: int) -> Iterator[int]:
    groups = first(grains)
    while groups:
        yield len(groups)
        largest = sorted((len(one) for one in groups if len(one) > 1), reverse=True)[:KEPT]
        groups = [part for size in largest for part in parted(range(size))]
