"""One model's answers to a probe > how it stands at each length: in the whole context, at its ends, with the controls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from longgrain.evaluation.change import Rate, Values, placed, rate
from longgrain.evaluation.gathered import Probed
from longgrain.intervals import SEED, two_samples

# An end is a fifth of the places; with fewer than five there is none.
PLACES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """The first and the last fifth of the places against all between; ``value`` is between less the ends."""

    ends: Rate
    between: Rate
    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One model at one size."""

    name: str
    size: str
    asked: int
    """questions about the whole context"""
    unscored: Mapping[str, int]
    """why some of them have no score"""
    whole: Rate | None
    evidence: Rate | None = None
    """with the evidence alone; None if that was not asked"""
    none: Rate | None = None
    """without any context"""
    ends: Ends | None = None
    """None with fewer than five places"""


def standings(one: Probed) -> Iterator[Standing]:
    """How a model stands at each size, in the order in which they were asked."""
    found = placed(one.lines)
    for size in dict.fromkeys(line.size for line in one.lines):
        own = [line for line in one.lines if line.size == size and line.context == "whole"]
        at = {
            place: found[where, s, place]
            for where, s, place in found
            if (where, s) == ("whole", size)
        }
        rates = {
            where: rate(*found.get((where, size, None), ([], [])))
            for where in ("whole", "evidence", "none")
        }
        yield Standing(
            name=one.name,
            size=size,
            asked=len(own),
            unscored=dict(Counter(line.unscored.split(": ")[0] for line in own if line.unscored)),
            **rates,
            ends=_ends({place: values for place, values in at.items() if place is not None}),
        )


def _ends(at: Mapping[int, Values]) -> Ends | None:
    if len(at) < PLACES:
        return None
    places = sorted(at)
    outer = len(places) // PLACES
    ends_at = {*places[:outer], *places[-outer:]}
    groups: list[Values] = [([], []), ([], [])]
    for place, (values, items) in at.items():
        group = groups[place not in ends_at]
        group[0].extend(values)
        group[1].extend(items)
    ends, between = (rate(*group) for group in groups)
    if not ends or not between:
        return None
    interval = two_samples(groups[0], groups[1], seed=SEED)
    low, high = (interval.low, interval.high) if interval else (None, None)
    return Ends(ends=ends, between=between, value=between.value - ends.value, low=low, high=high)
