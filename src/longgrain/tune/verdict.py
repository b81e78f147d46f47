"""Arms with the values of a score and a cost > the best one, its ties, the Pareto front, and effects of settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from longgrain.intervals import percentiles
from longgrain.tune.estimates import Interval, Values, less, needed, together
from longgrain.tune.varying import Dimension, Sweep

# Costs that differ by no more are the same: what examples add up to differs by chance.
SAME_COST = 0.02


@dataclass(frozen=True, kw_only=True)
class Entrant:
    """An arm in the comparison."""

    name: str
    point: Mapping[str, Any]
    values: Values
    cost: float


@dataclass(frozen=True, kw_only=True)
class Effect:
    """A value of a dimension: the mean of the arms that have it, and its difference from the best value's."""

    dimension: str
    score: str
    value: Any
    arms: tuple[int, ...]
    mean: Interval
    behind: Interval | None
    """None for the best value"""
    needed: int | None = None
    """items that would tell the difference, where these do not"""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """``best`` is chosen, ``top`` has the best score; ``tied`` are those not told apart from it."""

    best: int
    top: int
    tied: tuple[int, ...]
    front: tuple[int, ...]
    effects: tuple[Effect, ...]


@dataclass(frozen=True, kw_only=True)
class Court:
    """Judges arms, of which the first is the plan as it is; with ``lower`` a smaller score is better."""

    entrants: Sequence[Entrant]
    sweep: Sweep
    score: str
    lower: bool = False

    def merit(self, number: int) -> float:
        """The score of an arm, such that more is better."""
        mean = self.entrants[number].values.mean
        return -mean if self.lower else mean

    def verdict(self) -> Verdict:
        """Of arms that the score does not tell from the top one, the cheapest is chosen."""
        top = max(range(len(self.entrants)), key=self.merit)
        others = (n for n in range(len(self.entrants)) if n != top)
        tied = tuple(n for n in others if not self.gap(top, n).tells)
        return Verdict(
            best=self._cheapest((top, *tied)),
            top=top,
            tied=tied,
            front=self._front(),
            effects=tuple(self.effects()),
        )

    def gap(self, one: int, other: int) -> Interval:
        """The score of one arm less that of another."""
        return less(self.entrants[one].values, self.entrants[other].values)

    def needed(self, one: int, other: int) -> int | None:
        """Items of each that would tell their difference."""
        return needed(self.entrants[one].values, self.entrants[other].values)

    def _cheapest(self, among: Sequence[int]) -> int:
        """The cheapest; of those that cost the same the plan as it is, else the best score."""
        least = min(self.entrants[n].cost for n in among)
        same = [n for n in among if self.entrants[n].cost <= (1 + SAME_COST) * least]
        return 0 if 0 in same else max(same, key=self.merit)

    def _front(self) -> tuple[int, ...]:
        """Those that no other one beats in score without costing more, the cheapest first."""
        numbers = range(len(self.entrants))
        cost = [one.cost for one in self.entrants]
        front = [
            n
            for n in numbers
            if not any(
                cost[m] <= (1 + SAME_COST) * cost[n] and self.merit(m) > self.merit(n)
                for m in numbers
            )
        ]
        return tuple(sorted(front, key=lambda n: cost[n]))

    def effects(self) -> Iterator[Effect]:
        """Of every value of every dimension."""
        for one in self.sweep.dimensions:
            groups = self._groups(one)
            means = {
                key: together([self.entrants[n].values for n in arms])
                for key, (_, arms) in groups.items()
            }
            sign = -1 if self.lower else 1
            best = max(means, key=lambda key: sign * means[key].value)
            for key, (value, arms) in groups.items():
                behind = self._between(arms, groups[best][1]) if key != best else None
                alone = len(arms) == len(groups[best][1]) == 1
                unsure = behind is not None and alone and not behind.tells
                yield Effect(
                    dimension=one.name,
                    score=self.score,
                    value=value,
                    arms=tuple(arms),
                    mean=means[key],
                    behind=behind,
                    needed=self.needed(groups[best][1][0], arms[0]) if unsure else None,
                )

    def _between(self, arms: Sequence[int], others: Sequence[int]) -> Interval:
        """The mean of some arms less that of others, figures of the same items drawn together."""
        sides = [[self.entrants[n].values for n in some] for some in (arms, others)]
        drawn = [np.mean([one.drawn for one in some], axis=0) for some in sides]
        found = percentiles(drawn[0] - drawn[1])
        low, high = (found.low, found.high) if found else (None, None)
        value = together(sides[0]).value - together(sides[1]).value
        return Interval(value=value, low=low, high=high)

    def _groups(self, one: Dimension) -> dict[str, tuple[Any, list[int]]]:
        """Each value and its arms; where one setting is changed at a time, those that change no other.

        The plan itself is left out where it is no point of the grid: it would be compared with the mean
        of arms that differ in more.
        """
        own = self.entrants[0].point
        groups: dict[str, tuple[Any, list[int]]] = {}
        for n, arm in enumerate(self.entrants):
            if self.sweep.way == "one" and {**arm.point, one.name: own[one.name]} != own:
                continue
            if self.sweep.way != "one" and not n and not self.sweep.inside:
                continue
            value = arm.point[one.name]
            groups.setdefault(repr(value), (value, []))[1].append(n)
        return dict(sorted(groups.items(), key=lambda one: _order(one[1][0])))


def _order(value: Any) -> tuple[float, ...]:
    """Numbers by size; what is none stays as it comes, behind them."""
    return (0, value) if isinstance(value, int | float) else (1,)
