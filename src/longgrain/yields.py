"""What the calls of a sample gave and cost > what those of the whole plan will, up to its caps.

Each kind of example has yields and prompts of its own: sound drafts a call, tokens a call, second
readings a draft. They are taken from all sides of the sample together and applied to each side.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from longgrain.make import side_shares, wishes
from longgrain.plan import Plan
from longgrain.types import Side

COSTS = ("prompt_tokens", "reply_tokens", "money")
# Requests that a recipe makes at a time, at most: more calls than that are never in flight.
AT_ONCE = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """A sample's plan, its calls by side, kind and task (see `drafting.spent`), its sound drafts.

    ``made`` counts the drafts by ``side/kind``; ``asked`` says that the teacher itself replied.
    """

    plan: Plan
    calls: Sequence[Mapping[str, Any]]
    made: Mapping[str, int]
    asked: bool = False

    def used(self, row: Mapping[str, Any]) -> int:
        """Calls of a row that were read: the last ones may lie idle when enough drafts are made."""
        wanted = wishes(self.plan, list(side_shares(self.plan)))[row["side"]].get(row["kind"], 0)
        enough = self.made.get(f"{row['side']}/{row['kind']}", 0) >= wanted
        return int(row["used"]) if enough and row["used"] else int(row["asked"])

    def drafts(self, kind: str) -> int:
        """Sound drafts of a kind, of all sides."""
        return sum(count for name, count in self.made.items() if name.endswith(f"/{kind}"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """What one task takes for each draft of a kind; costs are those of one call.

    ``idle`` calls of each side are asked and not needed. ``asks`` says that drafts come of the
    task itself, which is then asked at most once about a grain; other tasks look at drafts.
    """

    kind: str
    task: str
    calls: float
    idle: float
    asks: bool
    costs: tuple[float, ...]
    waves: float
    """Times that the teacher is turned to: for each side where drafts are asked for, else a call."""
    doubt: float
    """Twice the standard error of ``calls``, as a share of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """What the drafts of one kind on one side take; ``drafts`` are those that it will give."""

    side: str
    kind: str
    wanted: int
    drafts: float
    calls: float = 0.0
    prompt_tokens: float = 0.0
    reply_tokens: float = 0.0
    money: float = 0.0
    waves: float = 0.0
    """Times that all calls in flight come back together."""

    def times(self, share: float) -> Spending:
        """A part of it."""
        names = ("drafts", "calls", *COSTS, "waves")
        numbers = {name: getattr(self, name) * share for name in names}
        return replace(self, **numbers)


def rates(sampled: Sampled) -> list[Rate]:
    """Rates of every kind and task of a sample."""
    names = dict.fromkeys((row["kind"], row["task"]) for row in sampled.calls)
    return [_rate(sampled, kind, task) for kind, task in names]


def _rate(sampled: Sampled, kind: str, task: str) -> Rate:
    rows = [row for row in sampled.calls if (row["kind"], row["task"]) == (kind, task)]
    used, asked = sum(map(sampled.used, rows)), sum(int(row["asked"]) for row in rows)
    drafts = sampled.drafts(kind)
    share = min(1.0, (drafts + 1) / (used + 2))
    waves, asks = sum(row["waves"] for row in rows), any(row["used"] for row in rows) or not drafts
    return Rate(
        kind=kind,
        task=task,
        calls=used / drafts if drafts else float("inf"),
        idle=(asked - used) / len(rows),
        asks=asks,
        costs=tuple(sum(float(row[name]) for row in rows) / max(1, asked) for name in COSTS),
        waves=waves / (len(rows) if asks else max(1, asked)),
        doubt=2 * ((1 - share) / (share * max(1, used))) ** 0.5,
    )


def spendings(
    plan: Plan, sampled: Sampled, grains: Mapping[Side, int], at_once: int = 1
) -> list[Spending]:
    """What every kind of every side will take without caps, in the order of the plan.

    ``grains`` are those that may be asked about, by side. A grain is asked about once for each
    task; when there are no more, further questions come of the same replies. ``at_once`` calls
    can be in flight.
    """
    asked = wishes(plan, list(side_shares(plan)))
    found = rates(sampled)
    return [
        one
        for side, kinds in asked.items()
        for one in _of_a_side(side, kinds, found, grains[side], at_once)
    ]


def _of_a_side(
    side: Side, kinds: Mapping[str, int], found: Sequence[Rate], grains: int, at_once: int
) -> Iterator[Spending]:
    left = {rate.task: float(grains) for rate in found if rate.asks}
    for kind, wanted in kinds.items():
        mine = [rate for rate in found if rate.kind == kind]
        barren = any(rate.calls == float("inf") for rate in mine)
        one = Spending(side=side, kind=kind, wanted=wanted, drafts=0 if barren else wanted)
        for rate in mine if wanted else ():
            calls = rate.calls * wanted + rate.idle
            if rate.asks:
                calls = min(calls, left[rate.task])
                left[rate.task] -= calls
            one = _with(one, rate, 0.0 if calls == float("inf") else calls, at_once)
        yield one


def _with(one: Spending, rate: Rate, calls: float, at_once: int) -> Spending:
    """A sample ends with small waves, as a build does; the calls that are more fly in full ones."""
    waves = rate.waves + calls / min(AT_ONCE, at_once) if rate.asks else calls * rate.waves
    costs = {
        name: getattr(one, name) + calls * cost
        for name, cost in zip(COSTS, rate.costs, strict=True)
    }
    return replace(one, calls=one.calls + calls, waves=one.waves + waves, **costs)


def a_wave(sampled: Sampled) -> float | None:
    """Seconds until the calls of a wave are back: the median over the kinds of the sample.

    None where every call was stored before, so that nothing was measured.
    """
    timed = sorted(row["seconds"] / row["waves"] for row in sampled.calls if row["waves"])
    return float(timed[len(timed) // 2]) if timed else None


def spent_before(sampled: Sampled) -> dict[tuple[str, str], Spending]:
    """By side and kind what a pilot has asked already, and the drafts that come of it."""
    found: dict[tuple[str, str], Spending] = {}
    for row in sampled.calls if sampled.asked else ():
        side, kind = str(row["side"]), str(row["kind"])
        made = sampled.made.get(f"{side}/{kind}", 0)
        one = found.get((side, kind), Spending(side=side, kind=kind, wanted=made, drafts=made))
        costs = {name: getattr(one, name) + float(row[name]) for name in COSTS}
        drafts = made * row["asked"] / row["used"] if row["used"] else one.drafts
        found[side, kind] = replace(one, drafts=drafts, calls=one.calls + row["asked"], **costs)
    return found


def within(
    found: Sequence[Spending],
    *,
    calls: float | None,
    money: float | None,
    before: Mapping[tuple[str, str], Spending] | None = None,
) -> list[Spending]:
    """The same up to caps, which are spent in the order of the plan; None is no limit.

    ``before`` is what was asked already, by side and kind (see `spent_before`); it is paid for, so
    the room for others is smaller, and used whatever the caps say.
    """
    caps = {"calls": calls, "money": money}
    floors = [(before or {}).get((one.side, one.kind), one.times(0)) for one in found]
    kept: list[Spending] = []
    full = False
    for place, one in enumerate(found):
        share = 0.0 if full and one.calls else 1.0
        others = [*kept, *floors[place + 1 :]]
        for name, cap in caps.items():
            room = float("inf") if cap is None else cap - sum(getattr(k, name) for k in others)
            if (wanted := getattr(one, name)) > max(0.0, room):
                share = min(share, max(0.0, room) / wanted)
        full = full or share < 1
        part, floor = one.times(share), floors[place]
        kept.append(floor if share < 1 and floor.calls > part.calls else part)
    return kept


def doubt(sampled: Sampled, found: Sequence[Spending]) -> float:
    """By which share calls may lie off, given how few the sample had: two standard errors."""
    total = sum(one.calls for one in found)
    kinds = {rate.kind: rate.doubt for rate in rates(sampled) if rate.asks}
    shares = [
        kinds.get(kind, 0.0) * sum(one.calls for one in found if one.kind == kind) / max(total, 1)
        for kind in kinds
    ]
    return float(sum(share**2 for share in shares) ** 0.5)
