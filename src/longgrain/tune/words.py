"""A verdict > sentences: what is best, what the sample cannot tell, and how many items would."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from longgrain.tune.estimates import Interval
from longgrain.tune.varying import Dimension, shown
from longgrain.tune.verdict import SAME_COST, Court, Effect, Verdict

# Names of arms in one sentence.
NAMED = 6


@dataclass(frozen=True, kw_only=True)
class Words:
    """``unit`` is what a value of the score belongs to, such as "questions"."""

    court: Court
    verdict: Verdict
    score: str
    unit: str

    def all(self) -> tuple[str, ...]:
        """About the choice first, then a sentence for each setting."""
        effects = (self._effect(one) for one in self.court.sweep.dimensions)
        return (*self._choice(), *effects)

    def _choice(self) -> Iterator[str]:
        best, top, tied = self.verdict.best, self.verdict.top, self.verdict.tied
        arms = self.court.entrants
        yield f"Best: {arms[best].name}, {self.score} {said(arms[best].values.interval())}."
        if best != top:
            cheaper = self._cheaper(best, top)
            yield (
                f"The best score, {arms[top].values.mean:.3f}, is that of {arms[top].name}, but "
                f"{self._unsure(top, best)}, and {cheaper}."
            )
        others = [n for n in (top, *tied) if n not in (best, top, 0)]
        if others:
            more = " and more" if len(others) > NAMED else ""
            yield (
                "Not told apart from the best score either: "
                f"{'; '.join(arms[n].name for n in others[:NAMED])}{more}."
            )
        if best:
            yield self._against_plan(best)
        else:
            yield "So nothing is gained by changing the plan, as far as this sample tells."

    def _against_plan(self, best: int) -> str:
        gain = self.court.gap(best, 0)
        if gain.tells:
            own = self.court.entrants[0].values.mean
            return f"The plan as it is has {own:.3f}: the difference is {gain.value:+.3f} ({bounds(gain)})."
        return f"Against the plan as it is, {self._unsure(best, 0)}, and {self._cheaper(best, 0)}."

    def _cheaper(self, one: int, other: int) -> str:
        """What the first costs, seen from the second."""
        costs = [self.court.entrants[n].cost for n in (one, other)]
        saved = 1 - costs[0] / costs[1] if costs[1] else 0.0
        if abs(saved) <= SAME_COST:
            return "they cost the same"
        return f"it costs {abs(saved):.0%} {'less' if saved > 0 else 'more'}"

    def _unsure(self, one: int, other: int) -> str:
        gap, count = self.court.gap(one, other), self.court.needed(one, other)
        if not gap.value:
            return "the two score the same"
        would = f"; about {count:,} {self.unit} of each would" if count else ""
        return f"the sample cannot tell the two apart ({gap.value:+.3f}, {bounds(gap)}{would})"

    def _effect(self, one: Dimension) -> str:
        own = [effect for effect in self.verdict.effects if effect.dimension == one.name]
        if len(own) < 2:
            return f"{one.name}: only one value is left to look at."
        best = next(effect for effect in own if effect.behind is None)
        others = [(effect, effect.behind) for effect in own if effect.behind]
        if not any(gap.value for _, gap in others):
            return f"{one.name}: makes no difference to {best.score}."
        told = [f"{shown(e.value)} by {abs(gap.value):.3f}" for e, gap in others if gap.tells]
        words = f"{one.name}: {shown(best.value)} leads in {best.score}"
        words += f", ahead of {', '.join(told)}" if told else ""
        return words + self._untold([e for e, gap in others if not gap.tells]) + "."

    def _untold(self, effects: Sequence[Effect]) -> str:
        if not effects:
            return ""
        counts = [one.needed for one in effects if one.needed]
        unit = self.unit if effects[0].score == self.score else "questions"
        would = f" (about {max(counts):,} {unit} of each would)" if counts else ""
        return (
            f"; the sample cannot tell it from {', '.join(shown(e.value) for e in effects)}{would}"
        )


def said(one: Interval) -> str:
    """A value with its interval."""
    return f"{one.value:.3f} ({bounds(one)})"


def bounds(one: Interval) -> str:
    """The interval alone."""
    if one.low is None or one.high is None:
        return "no interval"
    return f"{one.low:.3f} to {one.high:.3f}"
