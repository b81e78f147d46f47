"""Decisions, and the run they are about > how far people agree, with each other and with themselves.

Every figure has an interval, drawn over items: what other items of the same kind would give.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import combinations
from pathlib import Path
from statistics import median

import orjson

from longgrain.metrics.agreement import Agreement, Level, alpha_of, coincidences, kappa_of
from longgrain.metrics.item import Item
from longgrain.review.acceptance import Group, acceptance
from longgrain.review.decision import Decision
from longgrain.review.figures import Figure, mean_of, pooled
from longgrain.review.marks import PARTS, exact, f1, overlapping, shared
from longgrain.review.standing import standing
from longgrain.review.store import UNDOES

Ratings = dict[str, dict[str, str]]
"""Item > person > label."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """How much one person did, and how long an item takes them (median, None where it is not known)."""

    by: str
    decided: int
    skipped: int
    seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """Agreement on one question: Krippendorff's alpha; Cohen's kappa of two people who did the same
    items; Fleiss' kappa of three and more who all did all of them; and the share of equal pairs.

    ``people`` is how many gave labels, ``single`` how many items have the label of one person only
    and say nothing.
    """

    alpha: Figure
    equal: Figure
    cohen: Figure | None = None
    fleiss: Figure | None = None
    people: int = 0
    single: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One comparison of answers: how often ``a`` was better of all that were decided, ties apart.

    ``left`` is how often the answer on the left was better, whichever it was. ``bias`` is the side that
    wins more often than chance explains ("left" or "right"), "" where none does.
    """

    a: str
    b: str
    a_better: int
    b_better: int
    ties: int
    skipped: int
    share: Figure
    left: Figure
    bias: str
    agreed: Agreed


@dataclass(frozen=True, slots=True, kw_only=True)
class Consistent:
    """How often one person decided the same about an item that came again."""

    verdicts: Figure
    ratings: Figure
    labels: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """All that is known; the parts of which there are no decisions are empty."""

    decisions: int
    standing: int
    people: tuple[Person, ...] = ()
    verdicts: Agreed | None = None
    rubrics: Mapping[str, Agreed] = field(default_factory=dict)
    means: Mapping[str, Figure] = field(default_factory=dict)
    """The mean rating by rubric."""
    classes: Agreed | None = None
    marks: Mapping[str, Mapping[str, Figure]] = field(default_factory=dict)
    """Entities, relations, answers, evidence > F1 of two people: ``exact`` and, of spans, ``overlap``."""
    pairs: tuple[Compared, ...] = ()
    again: Consistent | None = None
    acceptance: tuple[Group, ...] = ()
    unscored: Mapping[str, int] = field(default_factory=dict)

    def json(self) -> bytes:
        """Everything, as JSON."""
        return orjson.dumps(asdict(self), option=orjson.OPT_INDENT_2)


def summary(decisions: Iterable[Decision], run: Path | None = None) -> Summary:
    """Agreement, self-consistency and acceptance; ``run`` is the folder whose examples were reviewed."""
    made = list(decisions)
    stand = standing(made)
    first = [one for one in stand if not one.repeat]
    said = [one for one in first if one.verdict != "skip"]
    examples = [one for one in said if one.kind == "example"]
    labelled = [one for one in said if one.kind == "label"]
    groups, unknown = acceptance(examples, run)
    skipped = Counter(f"{one.kind}: skipped" for one in stand if one.verdict == "skip")
    rubrics = list(dict.fromkeys(name for one in examples for name in one.ratings))
    return Summary(
        decisions=len(made),
        standing=len(stand),
        people=tuple(_people(stand)),
        verdicts=_agreed(_by_item((one, one.verdict) for one in examples)),
        rubrics={name: agreed for name in rubrics if (agreed := _rubric(examples, name))},
        means={name: _mean_rating(examples, name) for name in rubrics},
        classes=_agreed(_by_item(_classes(labelled))),
        marks=_marks(labelled),
        pairs=tuple(_comparisons([one for one in first if one.kind == "pair"])),
        again=_again(stand),
        acceptance=groups,
        unscored=dict(skipped) | ({"example: not in the run": unknown} if unknown else {}),
    )


def _people(stand: Sequence[Decision]) -> Iterable[Person]:
    for name in dict.fromkeys(one.by for one in stand):
        mine = [one for one in stand if one.by == name]
        timed = [one.seconds for one in mine if one.seconds > 0 and UNDOES not in one.shown]
        skips = sum(one.verdict == "skip" for one in mine)
        yield Person(
            by=name,
            decided=len(mine) - skips,
            skipped=skips,
            seconds=median(timed) if timed else None,
        )


def _by_item(labels: Iterable[tuple[Decision, str]]) -> Ratings:
    found: Ratings = defaultdict(dict)
    for one, label in labels:
        found[one.item][one.by] = label
    return found


def _classes(labelled: Sequence[Decision]) -> Iterable[tuple[Decision, str]]:
    """All classes of a text together are its label."""
    for one in labelled:
        if "classes" in one.labels:
            yield one, " | ".join(sorted(str(name) for name in one.labels["classes"]))


def _rubric(examples: Sequence[Decision], name: str) -> Agreed | None:
    rated = ((one, str(one.ratings[name])) for one in examples if name in one.ratings)
    return _agreed(_by_item(rated), "ordinal")


def _mean_rating(examples: Sequence[Decision], name: str) -> Figure:
    rated = [one for one in examples if name in one.ratings]
    return mean_of([float(one.ratings[name]) for one in rated], [one.item for one in rated])


def _agreed(ratings: Ratings, level: Level = "nominal") -> Agreed | None:
    """None where nobody gave a label."""
    if not ratings:
        return None
    units = [list(said.values()) for said in ratings.values()]
    people = list(dict.fromkeys(name for said in ratings.values() for name in said))
    return Agreed(
        alpha=pooled([coincidences([unit]) for unit in units], lambda one: alpha_of(one, level)),
        equal=pooled([_equal(unit) for unit in units], _share),
        cohen=_cohen(ratings, people) if len(people) == 2 else None,
        fleiss=_fleiss(units, len(people)) if len(people) > 2 else None,
        people=len(people),
        single=sum(len(unit) == 1 for unit in units),
    )


def _equal(unit: Sequence[str]) -> dict[str, float]:
    pairs = list(combinations(unit, 2))
    return {"equal": float(sum(a == b for a, b in pairs)), "pairs": float(len(pairs))}


def _share(sums: Mapping[str, float]) -> float | None:
    return sums.get("equal", 0.0) / sums["pairs"] if sums.get("pairs") else None


def _cohen(ratings: Ratings, people: Sequence[str]) -> Figure:
    one, other = people
    both = [{(said[one], said[other]): 1.0} for said in ratings.values() if len(said) == 2]
    return pooled(both, kappa_of)


def _fleiss(units: Sequence[Sequence[str]], people: int) -> Figure | None:
    """None unless everyone labelled everything."""
    if any(len(unit) != people for unit in units):
        return None
    metric = Agreement()
    items = [Item(prediction=unit[0], references=tuple(unit[1:])) for unit in units]
    return pooled([metric.tally(one) for one in items], lambda sums: metric.pooled(sums)["fleiss"])


def _marks(labelled: Sequence[Decision]) -> dict[str, dict[str, Figure]]:
    texts: dict[str, list[Mapping[str, object]]] = defaultdict(list)
    for one in labelled:
        texts[one.item].append(one.labels)
    found = {}
    for part in PARTS:
        if not any(part in one for many in texts.values() for one in many):
            continue
        ways = {"exact": exact} | ({} if part == "relations" else {"overlap": overlapping})
        found[part] = {
            name: pooled([shared(many, part, how) for many in texts.values()], f1)
            for name, how in ways.items()
        }
    return found


def _comparisons(decisions: Sequence[Decision]) -> Iterable[Compared]:
    """One for each two sets of answers, by the names that people were not shown."""
    groups: dict[tuple[str, str], list[Decision]] = defaultdict(list)
    for one in decisions:
        groups[str(one.shown.get("a", "a")), str(one.shown.get("b", "b"))].append(one)
    for (a, b), mine in groups.items():
        counts = Counter(one.verdict for one in mine)
        decided = [one for one in mine if one.verdict in ("a", "b")]
        sided = [one for one in decided if one.shown.get("left") in ("a", "b")]
        items = [one.item for one in decided]
        left = [float(one.verdict == one.shown["left"]) for one in sided]
        on_left = mean_of(left, [one.item for one in sided])
        said = ((one, one.verdict) for one in mine if one.verdict != "skip")
        agreed = _agreed(_by_item(said))
        yield Compared(
            a=a,
            b=b,
            a_better=counts["a"],
            b_better=counts["b"],
            ties=counts["tie"],
            skipped=counts["skip"],
            share=mean_of([float(one.verdict == "a") for one in decided], items),
            left=on_left,
            bias=_bias(on_left),
            agreed=agreed or Agreed(alpha=Figure(), equal=Figure()),
        )


def _bias(left: Figure) -> str:
    if left.low is None or left.high is None:
        return ""
    return "left" if left.low > 0.5 else "right" if left.high < 0.5 else ""


def _again(stand: Sequence[Decision]) -> Consistent | None:
    """The first decision of a person about an item, held against each later one."""
    first = {(one.kind, one.item, one.by): one for one in reversed(stand) if not one.repeat}
    pairs = [
        (before, one)
        for one in stand
        if one.repeat and (before := first.get((one.kind, one.item, one.by)))
        and "skip" not in (one.verdict, before.verdict)
    ]  # fmt: skip
    if not pairs:
        return None
    same = [(before.item, float(before.verdict == one.verdict)) for before, one in pairs
            if one.kind != "label"]  # fmt: skip
    rated = [
        (before.item, float(before.ratings[name] == one.ratings[name]))
        for before, one in pairs
        for name in before.ratings.keys() & one.ratings.keys()
    ]
    labelled = [(before.item, float(_labels(before) == _labels(one))) for before, one in pairs
                if one.kind == "label"]  # fmt: skip
    verdicts, ratings, labels = (
        mean_of([value for _, value in some], [item for item, _ in some])
        for some in (same, sorted(rated), labelled)
    )
    return Consistent(verdicts=verdicts, ratings=ratings, labels=labels)


def _labels(decision: Decision) -> object:
    """Labels without the ids of entities, which say nothing."""
    from longgrain.review.marks import marks

    labels = decision.labels
    placed = [sorted(marks(labels, part)) for part in PARTS]
    return sorted(map(str, labels.get("classes") or ())), str(labels.get("question", "")), placed
