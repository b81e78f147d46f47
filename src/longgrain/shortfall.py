"""How often examples are taken, and the shares wished for > a table before and after, and what fell short."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from longgrain.classes import Classes
from longgrain.mix import Ints, Wish
from longgrain.wished_mix import Balance

# Of a sample, a class of so many examples that is off by such a share of what it should hold is told.
ENOUGH, FAR = 10, 0.1
# Dimensions whose classes mean something by themselves, so that losing one is worth a word.
NAMED = ("recipe", "kind", "language", "source")


@dataclass(frozen=True, kw_only=True)
class Mixed:
    """The examples of one side as they were weighed: how often each is taken, 0 for one left out.

    ``wishes`` has the shares of every dimension that something is wished for, by its place among
    ``dimensions``; ``learned`` are the learned tokens of each example.
    """

    plan: Balance
    learned: Ints
    times: Ints
    dimensions: Sequence[Classes]
    wishes: dict[int, Wish]

    @property
    def weights(self) -> Ints:
        """What the shares are shares of, one entry an example."""
        return self.learned if self.plan.measure == "learned" else np.ones_like(self.learned)

    def table(self) -> list[dict[str, Any]]:
        """Every dimension as the manifest has it: classes with what was, was wished and is."""
        found = []
        for place, one in enumerate(self.dimensions):
            wished = (
                self.wishes[place].shares
                if place in self.wishes
                else np.full(len(one.names), np.nan)
            )
            before = _counted(one, self.learned, np.ones_like(self.times))
            after = _counted(one, self.learned, self.times)
            classes = [
                {
                    "name": name,
                    "wished": None if np.isnan(wished[number]) else round(float(wished[number]), 6),
                    "before": before[number],
                    "after": after[number],
                }
                for number, name in enumerate(one.names)
            ]
            found.append({"dimension": one.dimension, "classes": classes})
        return found

    def shortfalls(self) -> list[dict[str, Any]]:
        """Every class that was wished for and is off by more than `mix.WITHIN` of what it should hold."""
        made = self.weights * self.times
        found = []
        for place, wish in self.wishes.items():
            one, held = self.dimensions[place], wish.held(made)
            total = wish.total(held)
            found += [
                {
                    "dimension": one.dimension,
                    "class": one.names[number],
                    "wished": round(float(wish.shares[number]), 6),
                    "made": round(float(held[number]) / max(total, 1.0), 6),
                    "missing": round(float(wish.shares[number]) * total - float(held[number])),
                    "why": self._why(one, wish, number),
                }
                for number in np.flatnonzero(~wish.is_met(made)).tolist()
            ]
        return found

    def emptied(self) -> list[dict[str, Any]]:
        """Classes with a name of their own that lost all examples though nobody wished for that."""
        found = []
        for one in (one for one in self.dimensions if one.dimension in NAMED):
            before = np.bincount(one.numbers, minlength=len(one.names))
            after = np.bincount(one.numbers, self.times, len(one.names))
            unwished = np.array([weight == 0 for weight in one.wished] or [False] * len(before))
            found += [
                {
                    "dimension": one.dimension,
                    "class": one.names[number],
                    "examples": int(before[number]),
                }
                for number in np.flatnonzero((before > 0) & (after == 0) & ~unwished).tolist()
            ]
        return found

    def _why(self, one: Classes, wish: Wish, number: int) -> str:
        mine = one.numbers == number
        weights, made = self.weights[mine], self.weights * self.times
        held = int(weights.sum())
        if not held:
            what = "there is no such example" if not mine.any() else "nothing of it is learned"
            return f"{what} on this side"
        now = wish.held(made)
        wanted = float(wish.shares[number]) * wish.total(now)
        off = float(now[number]) - wanted
        least, most = self.plan.bounds
        if wanted > most * held or (off < 0 and (self.times[mine][weights > 0] == most).all()):
            return _capped(int((weights > 0).sum()), most, self.plan)
        if wanted < least * held:
            return "leaving out is not allowed (balance.sampling)"
        if abs(off) <= weights[weights > 0].min():
            return "too few examples to come closer: each of them holds more than that"
        return self._bound(one, made)

    def _bound(self, one: Classes, made: Ints) -> str:
        """What else holds a class where it is: the other dimensions, and what has to stay."""
        names = [self.dimensions[place].dimension for place in self.wishes]
        others = ", ".join(name for name in names if name != one.dimension)
        kept = self.plan.keep * self.weights.sum() + self.weights.max()
        floor = f"balance.keep {self.plan.keep:g}" if made.sum() <= kept else ""
        if others and floor:
            return f"its share does not go together with those of {others} above {floor}"
        if others:
            return f"its share does not go together with those of {others}"
        if floor:
            return f"other classes fall short, and to leave out more would go below {floor}"
        return "other classes fall short or cannot be left out"


def _capped(count: int, most: int, plan: Balance) -> str:
    examples = f"its {count:,} examples" if count > 1 else "its one example"
    if plan.sampling in ("under", "none"):
        return f"{examples} hold no more, and repeats are not allowed (balance.sampling)"
    return f"{examples} would have to be there more than {most} times, the most that balance.most allows"


def _counted(one: Classes, learned: Ints, times: Ints) -> list[dict[str, int]]:
    """Examples, repeats counted, and learned tokens of each class."""
    size = len(one.names)
    examples = np.bincount(one.numbers, times, size).astype(np.int64).tolist()
    tokens = np.bincount(one.numbers, learned * times, size).astype(np.int64).tolist()
    return [
        {"examples": count, "learned": held} for count, held in zip(examples, tokens, strict=True)
    ]


def said(told: Mapping[str, Any]) -> Iterator[str]:
    """What a side fell short of and what it lost, in words."""
    for one in told["emptied"]:
        yield (
            f"balance, {one['dimension']} {one['class']}: nothing of it is left; "
            f"{one['examples']:,} examples were left out for the sake of other shares"
        )
    yield from map(partial(_fell_short, told["measure"]), told["shortfalls"])


def foreseen(told: Mapping[str, Any]) -> Iterator[str]:
    """What a sample says of the whole: classes far off, of which the sample holds enough to tell."""
    held = {
        (dimension["dimension"], one["name"]): one["before"]["examples"]
        for dimension in told["dimensions"]
        for one in dimension["classes"]
    }
    for one in told["shortfalls"]:
        enough = held[one["dimension"], one["class"]] >= ENOUGH
        if enough and abs(one["made"] - one["wished"]) > FAR * one["wished"]:
            yield _fell_short(told["measure"], one)


def _fell_short(measure: str, one: Mapping[str, Any]) -> str:
    unit = "learned tokens" if measure == "learned" else "examples"
    missing = one["missing"]
    how = f"{missing:,} missing" if missing > 0 else f"{-missing:,} too many"
    return (
        f"balance, {one['dimension']} {one['class']}: {one['made']:.1%} of the {unit} instead of "
        f"{one['wished']:.1%} ({how}): {one['why']}"
    )


def wish_of(one: Classes) -> Wish:
    """The weights of classes as shares that add up to 1; a class without a weight is free."""
    named = np.array([np.nan if weight is None else weight for weight in one.wished], np.float64)
    return Wish(classes=one.numbers, shares=named / np.nansum(named))
