"""Decisions of people about a run's examples > how many they accept and how far they agree, a row each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from longgrain.evaluation.conclusions import FEW, Finding
from longgrain.review.agreement import Agreed, Summary, summary
from longgrain.review.figures import Figure
from longgrain.review.gathered import gather

# Krippendorff (2004): below the first not even tentative conclusions, below the second only those.
TENTATIVE, RELIABLE = 0.667, 0.8
Kind = Literal["share", "agreement", "points"]
ALL = "accepted as they are"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One row: a share or a coefficient of agreement, with its interval and what it is counted over."""

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None
    count: int = 0
    unit: str = "items"
    kind: Kind = "share"
    """a share is shown in percent; agreement is a coefficient of at most 1"""

    @property
    def said(self) -> str:
        """The value with its interval."""
        if self.value is None:
            return "–"
        times, places, sign = (100.0, 0, "%") if self.kind == "share" else (1.0, 2, "")
        value = f"{times * self.value:.{places}f}{sign}"
        if self.low is None or self.high is None:
            return value
        return f"{value} ({times * self.low:.{places}f}–{times * self.high:.{places}f})"


def judged(paths: Sequence[Path], run: Path) -> list[Judged]:
    """What the decisions in files or reviewed folders come to; ``run`` is what they are about.

    Raises PlanError for a file that is not there, RunError for one without decisions.
    """
    return list(rows(summary(gather(paths), run))) if paths else []


def rows(found: Summary) -> Iterator[Judged]:
    """Acceptance, all together first; agreement; consistency; what comparisons found."""
    for group in found.acceptance:
        about = "" if group.by == "all" else f", {group.by} {group.name}"
        yield _row(f"{ALL}{about}", group.share)
    questions = {"verdicts": found.verdicts, "classes": found.classes}
    for name, agreed in {**questions, **found.rubrics}.items():
        if agreed:
            yield from _agreed(name, agreed)
    for name, mean in found.means.items():
        yield _row(f"mean of {name}", mean, kind="points")
    for part, ways in found.marks.items():
        for way, figure in ways.items():
            yield _row(f"F1 of {part} between people, {way}", figure)
    if found.again:
        yield _row("the same verdict on an item shown again", found.again.verdicts)
    for pair in found.pairs:
        yield _row(f"{pair.a} preferred to {pair.b}, ties apart", pair.share)
        yield _row(f"{pair.a} and {pair.b}: the left answer preferred", pair.left)


def _agreed(name: str, agreed: Agreed) -> Iterator[Judged]:
    yield _row(f"equal {name} of two people", agreed.equal)
    yield _row(f"alpha of {name} (Krippendorff)", agreed.alpha, kind="agreement")
    for kind, kappa in (("Cohen", agreed.cohen), ("Fleiss", agreed.fleiss)):
        if kappa:
            yield _row(f"kappa of {name} ({kind})", kappa, kind="agreement")


def _row(name: str, figure: Figure, kind: Kind = "share") -> Judged:
    return Judged(
        name=name,
        value=figure.value,
        low=figure.low,
        high=figure.high,
        count=figure.items,
        kind=kind,
    )


def conclusions(rows: Sequence[Judged]) -> Iterator[Finding]:
    """Whether what people decided can be relied on."""
    for one in rows:
        if one.value is None or not (one.kind == "agreement" or one.name == ALL):
            continue
        if one.count < FEW:
            yield Finding(
                text=f"People, {one.name}: {one.said} of {one.count:,} {one.unit}, fewer than {FEW}: "
                "too few to rely on.",
                supported=False,
            )
        elif one.kind == "agreement":
            yield _agreement(one)
        else:
            yield Finding(
                text=f"People, {one.name}: {one.said} of {one.count:,} {one.unit}.", supported=True
            )


def _agreement(one: Judged) -> Finding:
    floor = one.value if one.low is None else one.low
    assert floor is not None
    if floor >= RELIABLE:
        words, supported = "they agree well enough to rely on what they decided", True
    elif floor >= TENTATIVE:
        words, supported = f"below {RELIABLE} only tentative conclusions hold", True
    else:
        words = (
            f"the interval goes below {TENTATIVE}, so what they decided does not bear a conclusion"
        )
        supported = False
    return Finding(
        text=f"People, {one.name}: {one.said} over {one.count:,} {one.unit}; {words}.",
        supported=supported,
    )
