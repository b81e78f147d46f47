"""Decisions of people about a run's examples > how many they accept and how far they agree, a row each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from longgrain.evaluation.conclusions import FEW, Finding

# Krippendorff (2004): below the first not even tentative conclusions, below the second only those.
TENTATIVE, RELIABLE = 0.667, 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One row: a share or a coefficient of agreement, with its interval and what it is counted over."""

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None
    count: int = 0
    unit: str = "items"
    share: bool = True
    """in percent; else a coefficient up to 1"""

    @property
    def said(self) -> str:
        """The value with its interval."""
        if self.value is None:
            return "–"
        times, places, sign = (100.0, 0, "%") if self.share else (1.0, 2, "")
        value = f"{times * self.value:.{places}f}{sign}"
        if self.low is None or self.high is None:
            return value
        return f"{value} ({times * self.low:.{places}f}–{times * self.high:.{places}f})"


def conclusions(rows: Sequence[Judged]) -> Iterator[Finding]:
    """Whether what people decided can be relied on."""
    for one in rows:
        if one.value is None:
            continue
        if one.count < FEW:
            yield Finding(
                text=f"People, {one.name}: {one.said} of {one.count:,} {one.unit}, fewer than {FEW}: "
                "too few to rely on.",
                supported=False,
            )
        elif not one.share:
            yield _agreement(one)


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
