"""Two models' answers to one probe > what changed from the one to the other, by length and place, with intervals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from longgrain.compare import Scored, by_place, by_question, difference, scored
from longgrain.evaluation.gathered import Probed
from longgrain.intervals import SEED, of_clusters, two_samples
from longgrain.probe_scores import Line

Values = tuple[list[float], list[str]]
"""Scores, and the item of each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A mean in 0..1 with its 95% interval, and of how many questions."""

    value: float
    low: float | None
    high: float | None
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The second model less the first, at one place or at all."""

    context: str
    size: str
    position: int | None
    before: Rate
    after: Rate
    paired: bool
    """over the same questions; else two samples"""
    value: float
    low: float | None
    high: float | None
    better: int = 0
    """pairs in which the second scored more"""
    worse: int = 0


def rate(values: Sequence[float], items: Sequence[str]) -> Rate | None:
    """The mean of values that belong to items; None without any."""
    if not values:
        return None
    interval = of_clusters(values, items)
    low, high = (interval.low, interval.high) if interval else (None, None)
    return Rate(value=float(np.mean(values)), low=low, high=high, count=len(values))


def changes(a: Probed, b: Probed, *, seed: int = SEED) -> list[Change]:
    """Over the questions that both scored where these are at least half of either's, else unpaired."""
    first, second = by_question(a.lines), by_question(b.lines)
    pairs = scored([(first[key], second[key]) for key in first if key in second])
    fewer = min(sum(line.score is not None for line in one.lines) for one in (a, b))
    if 2 * len(pairs) >= fewer > 0:
        return [_paired(*place, found, seed) for place, found in by_place(pairs)]
    return list(_unpaired(a.lines, b.lines, seed))


def _paired(
    context: str, size: str, position: int | None, found: Sequence[Scored], seed: int
) -> Change:
    one = difference(context, size, position, found, seed)
    items = [item for item, _, _ in found]
    before, after = rate([a for _, a, _ in found], items), rate([b for _, _, b in found], items)
    assert before is not None
    assert after is not None
    return Change(
        context=context,
        size=size,
        position=position,
        before=before,
        after=after,
        paired=True,
        value=one.value,
        low=one.low,
        high=one.high,
        better=one.better,
        worse=one.worse,
    )


def _unpaired(a: Sequence[Line], b: Sequence[Line], seed: int) -> Iterator[Change]:
    """Of the places that both have, as two samples that share no question."""
    first, second = placed(a), placed(b)
    for place in first:
        before, after = rate(*first[place]), rate(*second.get(place, ([], [])))
        if before and after:
            interval = two_samples(first[place], second[place], seed=seed)
            context, size, position = place
            yield Change(
                context=context,
                size=size,
                position=position,
                before=before,
                after=after,
                paired=False,
                value=after.value - before.value,
                low=interval.low if interval else None,
                high=interval.high if interval else None,
            )


def placed(lines: Sequence[Line]) -> dict[tuple[str, str, int | None], Values]:
    """Scores and items by context, size and position; None for all positions together."""
    found: dict[tuple[str, str, int | None], Values] = {}

    def add(line: Line, position: int | None, value: float) -> None:
        values, items = found.setdefault((line.context, line.size, position), ([], []))
        values.append(value)
        items.append(line.item)

    for line in lines:
        if line.score is not None:
            add(line, None, line.score)
        for position, value in line.placed():
            add(line, position, value)
    return found
