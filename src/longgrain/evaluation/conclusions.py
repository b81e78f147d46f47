"""Figures of models before and after > sentences with numbers, and which of them the data do not support."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import comb

from longgrain.evaluation.change import Change, Rate
from longgrain.evaluation.standing import Standing

# Of fewer questions an interval says little, and nothing is claimed.
FEW = 30
# With a larger share of questions without a score, the others need not be like them.
UNSCORED = 0.1
# A model that answers more than this without the context knows some answers.
KNOWN = 0.1
# A model that answers less than this with the evidence alone fails for another reason than length.
ABLE = 0.7
LEVEL = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One sentence or two; ``supported`` says that the data bear out what it claims."""

    text: str
    supported: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two models' names, their changes, how each stands, and how their questions differ."""

    probe: str
    before: str
    after: str
    changes: Sequence[Change]
    standings: Mapping[tuple[str, str], Standing]
    """by name and size"""
    differ: Mapping[str, tuple[object, object]]
    """settings of the questions that are not the same"""
    places: Mapping[int, str]
    """a position in words"""


def of_pair(pair: Pair) -> Iterator[Finding]:
    """What changed: of all questions of each size, and at the worst place."""
    whole = [one for one in pair.changes if one.context == "whole"]
    sizes = [one for one in whole if one.position is None]
    if not sizes:
        yield Finding(
            text=f"{pair.probe}: there is no length at which both {pair.before} and {pair.after} have a "
            "score, so nothing is said of a change.",
            supported=False,
        )
    for one in sizes:
        yield from _at_size(pair, one, [at for at in whole if at.size == one.size])


def _at_size(pair: Pair, one: Change, at: Sequence[Change]) -> Iterator[Finding]:
    what = f"{pair.probe} at {one.size}"
    if doubt := _unscored(pair, one.size):
        yield Finding(
            text=f"{what}: {doubt}, so no change is claimed: {_from_to(pair, one)} of those that are "
            "scored.",
            supported=False,
        )
        return
    yield _moved(what, pair, one)
    worst = _worst(at)
    if worst:
        yield _worst_place(what, pair, worst, sum(other.position is not None for other in at))


def _unscored(pair: Pair, size: str) -> str:
    """Which of the two left too many questions without a score; "" for neither."""
    for name in (pair.before, pair.after):
        one = pair.standings.get((name, size))
        if one and sum(one.unscored.values()) > UNSCORED * one.asked:
            share = sum(one.unscored.values()) / one.asked
            why = max(one.unscored, key=lambda reason: one.unscored[reason])
            return f"{share:.0%} of the questions to {name} have no score ({why})"
    return ""


def _moved(what: str, pair: Pair, one: Change) -> Finding:
    asked = _of(pair, one)
    if one.low is None or one.high is None or min(one.before.count, one.after.count) < FEW:
        return Finding(
            text=f"{what}: {_from_to(pair, one)} {asked}. That is fewer than {FEW}, too few to claim "
            "a change."
            if min(one.before.count, one.after.count) < FEW
            else f"{what}: {_from_to(pair, one)} {asked}, all about one thing, so there is no "
            "interval and no change is claimed.",
            supported=False,
        )
    moved = f"{_points(one.value)} points, interval {_points(one.low)} to {_points(one.high)}"
    if one.low <= 0 <= one.high:
        return Finding(
            text=f"{what}: the data do not show a change. {_from_to(pair, one).capitalize()} {asked}: "
            f"{moved}, which holds 0.",
            supported=False,
        )
    verb = "rises" if one.value > 0 else "falls"
    return Finding(
        text=f"{what}: the score {verb} from {said(one.before)} {_when(pair.before)} to "
        f"{said(one.after)} {_when(pair.after)} {asked}: {moved}.",
        supported=True,
    )


def _worst(at: Sequence[Change]) -> Change | None:
    """The place at which the first model scored least, where it was not the same everywhere."""
    placed = [one for one in at if one.position is not None]
    values = {one.before.value for one in placed}
    return min(placed, key=lambda one: one.before.value) if len(values) > 1 else None


def _worst_place(what: str, pair: Pair, one: Change, places: int) -> Finding:
    """A place that was chosen for being the lowest has to pass a test for all the places at once."""
    assert one.position is not None
    where = f"{what}, the worst place {_when(pair.before)} ({pair.places[one.position]})"
    moved = f"from {said(one.before)} to {said(one.after)} {_of(pair, one)}"
    if min(one.before.count, one.after.count) < FEW:
        return Finding(
            text=f"{where} goes {moved}. That is fewer than {FEW}, too few to claim a change there.",
            supported=False,
        )
    if not _clear(one, places):
        return Finding(
            text=f"{where} goes {moved}; the lowest of {places} places rises by chance alone, and "
            "here by no more than that can explain.",
            supported=False,
        )
    verb = "rises" if one.value > 0 else "falls"
    return Finding(text=f"{where} {verb} {moved}.", supported=True)


def _clear(one: Change, places: int) -> bool:
    """Whether a change holds for the lowest of so many places; without an interval it does not."""
    if one.low is None or one.high is None or one.low <= 0 <= one.high:
        return False
    return _signs(one.better, one.worse) * places < LEVEL if one.paired else _outside(one, places)


def _signs(better: int, worse: int) -> float:
    """The two-sided sign test: how likely a split at least this uneven is if neither is better."""
    total, few = better + worse, min(better, worse)
    return min(1.0, float(2 * sum(comb(total, k) for k in range(few + 1)) / 2**total))


def _outside(one: Change, places: int) -> bool:
    """Whether 0 is outside the interval when it is widened for so many places (normal quantiles)."""
    from statistics import NormalDist

    if one.low is None or one.high is None:
        return False
    wider = NormalDist().inv_cdf(1 - LEVEL / (2 * places)) / NormalDist().inv_cdf(1 - LEVEL / 2)
    half = wider * (one.high - one.low) / 2
    return abs(one.value) > half


def of_standing(probe: str, one: Standing) -> Iterator[Finding]:
    """What one model does at one size: by place, without the context, with the evidence alone."""
    what = f"{probe} at {one.size}, {one.name}"
    if one.whole is None:
        yield Finding(text=f"{what}: no question has a score.", supported=False)
        return
    if one.ends:
        yield _by_place(what, one)
    if one.none:
        yield _reading(what, one.whole, one.none)
    if one.evidence:
        yield _length(what, one.whole, one.evidence)


def _by_place(what: str, one: Standing) -> Finding:
    ends = one.ends
    assert ends
    figures = (
        f"{said(ends.ends)} in the first and the last fifth of the context, {said(ends.between)} between "
        f"({ends.ends.count:,} and {ends.between.count:,} questions)"
    )
    if ends.low is None or ends.high is None or min(ends.ends.count, ends.between.count) < FEW:
        return Finding(
            text=f"{what}: {figures}, too few to say whether it depends on the place.",
            supported=False,
        )
    if ends.low <= 0 <= ends.high:
        return Finding(
            text=f"{what}: {figures}; the data do not show that the middle differs from the ends "
            f"({_points(ends.low)} to {_points(ends.high)} points).",
            supported=False,
        )
    lost = "the middle is lost" if ends.value < 0 else "the ends are weaker than the middle"
    return Finding(
        text=f"{what}: {lost}. {figures}: {_points(ends.value)} points "
        f"({_points(ends.low)} to {_points(ends.high)}).",
        supported=True,
    )


def _reading(what: str, whole: Rate, none: Rate) -> Finding:
    if none.count < FEW:
        return Finding(
            text=f"{what}: only {none.count:,} questions were asked without the context, too few to "
            "tell reading from knowing.",
            supported=False,
        )
    if _overlap(whole, none) or none.value > whole.value:
        return Finding(
            text=f"{what}: without any context it answers {said(none)}, with it {said(whole)}. The "
            "score does not show that it reads the context.",
            supported=False,
        )
    if none.value > KNOWN:
        return Finding(
            text=f"{what}: without any context it answers {said(none)}, so of the {said(whole)} with "
            "the context a part is known and not read.",
            supported=True,
        )
    return Finding(
        text=f"{what}: without any context it answers {said(none)}, with it {said(whole)}: what it "
        "answers, it reads.",
        supported=True,
    )


def _length(what: str, whole: Rate, evidence: Rate) -> Finding:
    figures = f"with the evidence alone {said(evidence)}, in the whole context {said(whole)}"
    if min(whole.count, evidence.count) < FEW:
        return Finding(text=f"{what}: {figures}, too few questions to compare.", supported=False)
    if _overlap(whole, evidence):
        able = evidence.value >= ABLE
        words = "no cost of the length shows" if able else "it fails without any length, too"
        return Finding(text=f"{what}: {figures}; {words}.", supported=not able)
    if evidence.value < whole.value:
        return Finding(
            text=f"{what}: {figures}. More with the long context than with the evidence alone: the "
            "control may lack something that the question needs.",
            supported=False,
        )
    lost = f"{100 * (evidence.value - whole.value):.0f} points are lost to the length"
    more = (
        " of the context"
        if evidence.value >= ABLE
        else (", and more is lost before: it fails at the question itself")
    )
    return Finding(text=f"{what}: {figures}: {lost}{more}.", supported=True)


def of_missing(probe: str, standings: Sequence[Standing]) -> Iterator[Finding]:
    """What cannot be said of any model because nothing was asked for it."""
    if not any(one.none for one in standings):
        yield Finding(
            text=f"{probe}: nothing was asked without the context, so knowing is not told from "
            "reading; probe with --context whole --context evidence --context none.",
            supported=False,
        )


def of_questions(pair: Pair) -> Iterator[Finding]:
    """That the two were not asked the same."""
    if pair.differ:
        told = ", ".join(f"{name} {a!r} and {b!r}" for name, (a, b) in pair.differ.items())
        yield Finding(
            text=f"{pair.probe}: {pair.before} and {pair.after} were asked differently ({told}); a "
            "change between them may come from that.",
            supported=False,
        )


def said(one: Rate) -> str:
    """``31% (22–41)``."""
    if one.low is None or one.high is None:
        return f"{100 * one.value:.0f}%"
    return f"{100 * one.value:.0f}% ({100 * one.low:.0f}–{100 * one.high:.0f})"


def _overlap(a: Rate, b: Rate) -> bool:
    """Whether the intervals meet; without an interval they are taken to."""
    if a.low is None or a.high is None or b.low is None or b.high is None:
        return True
    return a.low <= b.high and b.low <= a.high


def _from_to(pair: Pair, one: Change) -> str:
    return f"{said(one.before)} {_when(pair.before)}, {said(one.after)} {_when(pair.after)}"


def _when(name: str) -> str:
    return {"before": "before training", "after": "after it"}.get(name, f"of {name}")


def _of(pair: Pair, one: Change) -> str:
    if one.paired:
        return f"of {one.before.count:,} questions asked of both"
    return (
        f"of {one.before.count:,} and {one.after.count:,} questions that are not the same ones, "
        "compared as two samples"
    )


def _points(value: float) -> str:
    return f"{100 * value:+.0f}"
