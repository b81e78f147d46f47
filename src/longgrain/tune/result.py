"""All that was found of arms > one result: scores with intervals, costs, the verdict in words; as plain values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

from longgrain.plan import Plan
from longgrain.tune import Asked
from longgrain.tune.estimates import Interval, Values
from longgrain.tune.scoring import FOUND, Score
from longgrain.tune.varying import OVERLAP, Arm, Sweep
from longgrain.tune.verdict import Court, Effect, Entrant, Verdict
from longgrain.tune.words import Words


@dataclass(frozen=True, kw_only=True)
class Tried:
    """An arm with what was found; one entry of each a seed."""

    arm: Arm
    figures: Sequence[Mapping[str, Any]]
    values: Mapping[str, Sequence[Mapping[str, float]]]
    lessons: Sequence[Mapping[str, Any]]
    took: Sequence[Mapping[str, float]]

    @cached_property
    def scores(self) -> dict[str, Values]:
        """The figures that have any value."""
        return {
            name: Values(by_seed=by_seed)
            for name, by_seed in self.values.items()
            if any(map(len, by_seed))
        }

    @property
    def cost(self) -> dict[str, float]:
        """What all of the plan would take with these settings, the mean over seeds."""
        names = ("tokens", "calls", "prompt_tokens", "reply_tokens", "money")
        each = [one["forecast"] for one in self.figures]
        return {name: sum(float(one[name]) for one in each) / len(each) for name in names}

    @property
    def seconds(self) -> dict[str, dict[str, float]]:
        """Seconds on the clock and of the processor that the arm took, by step, seeds added up."""
        found: dict[str, dict[str, float]] = {}
        parts = [{"build": one} for one in self.took if one] + [o["took"] for o in self.lessons]
        for part in parts:
            for step, clock in part.items():
                own = found.setdefault(step, {"wall": 0.0, "cpu": 0.0})
                for name in own:
                    own[name] = round(own[name] + clock[name], 1)
        return found


@dataclass(frozen=True, kw_only=True)
class Tuned:
    """The result of a sweep; ``seconds`` are those of this call."""

    plan: Plan
    asked: Asked
    sweep: Sweep
    sample: Mapping[str, Any]
    score: Score
    tried: Sequence[Tried]
    verdict: Verdict
    words: tuple[str, ...]
    command: str
    seconds: Mapping[str, float]

    @classmethod
    def of(
        cls, tried: Sequence[Tried], *, sweep: Sweep, score: Score, asked: Asked, **known: Any
    ) -> Tuned:
        """Judges the arms by the score, and ties by the cost."""
        court = Court(
            entrants=_entrants(tried, score.name, asked.cost),
            sweep=sweep,
            score=score.name,
            lower=score.lower,
        )
        verdict = replace(court.verdict(), effects=tuple(_effects(tried, court)))
        words = Words(court=court, verdict=verdict, score=score.name, unit=score.unit).all()
        how: dict[str, Any] = {"sweep": sweep, "score": score, "asked": asked}
        return cls(tried=tried, verdict=verdict, words=words, **how, **known)

    @property
    def best(self) -> Tried:
        """The arm that is chosen."""
        return self.tried[self.verdict.best]

    def intervals(self, one: Tried) -> dict[str, Interval]:
        """Every score of an arm."""
        return {name: values.interval() for name, values in one.scores.items()}

    def as_dict(self) -> dict[str, Any]:
        """All of it as plain values; what depends on the machine is under "took"."""
        return {
            "command": self.command,
            "plan": {"name": self.plan.name, "id": self.plan.id, "seed": self.plan.seed},
            "asked": self.asked.as_dict(),
            "way": self.sweep.way,
            "grid": self.sweep.points,
            "dimensions": [asdict(one) for one in self.sweep.dimensions],
            "sample": dict(self.sample),
            "score": asdict(self.score),
            "arms": [self._arm(number) for number in range(len(self.tried))],
            "refused": [
                dict(zip(("arm", "reason"), one, strict=True)) for one in self.sweep.refused
            ],
            "verdict": asdict(self.verdict),
            "words": list(self.words),
            "took": {
                "this call": dict(self.seconds),
                "arms": [one.seconds for one in self.tried],
            },
        }

    def _arm(self, number: int) -> dict[str, Any]:
        one = self.tried[number]
        lessons = [
            {name: lesson[name] for name in ("unscored", "read", "steps")} for lesson in one.lessons
        ]
        return {
            "name": one.arm.name,
            "settings": dict(one.arm.point),
            "changed": dict(one.arm.changed),
            "scores": {
                name: {**asdict(interval), "items": one.scores[name].items}
                for name, interval in self.intervals(one).items()
            },
            "cost": one.cost,
            "data": list(one.figures),
            "models": lessons,
        }


def _entrants(tried: Sequence[Tried], score: str, cost: str = "tokens") -> list[Entrant]:
    return [
        Entrant(
            name=one.arm.name,
            point=one.arm.point,
            values=one.scores[score],
            cost=one.cost[cost],
        )
        for one in tried
    ]


def _effects(tried: Sequence[Tried], court: Court) -> Iterator[Effect]:
    """Those of the score; of an overlap, which changes no example, those on what a search finds."""
    yield from (one for one in court.effects() if one.dimension != OVERLAP)
    windows = [one for one in court.sweep.dimensions if one.name == OVERLAP]
    if windows and all(FOUND in one.scores for one in tried):
        sweep = replace(court.sweep, dimensions=tuple(windows))
        yield from Court(entrants=_entrants(tried, FOUND), sweep=sweep, score=FOUND).effects()
