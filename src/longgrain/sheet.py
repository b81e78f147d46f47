"""What metrics gave for each item > totals over all items and over those of each group, with intervals."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from longgrain.errors import PlanError
from longgrain.intervals import Interval, of_means, percentiles, resamples
from longgrain.metrics.item import Metric, Pooled, Scored

NOT_HAD = "not to be had from this item"
MEAN = "mean of groups"


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """One figure over all items, or those of one group."""

    metric: str
    figure: str
    group: str
    value: float | None
    """the mean over the scored items, or what follows from them together; None if none is scored"""
    low: float | None
    high: float | None
    method: str
    """how the 95% interval was made: wilson, bootstrap, or "" without one"""
    scored: int
    unscored: Mapping[str, int]
    """why items were not scored, and how many"""
    share: bool
    """in 0..1, so that it is shown in percent"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """Items by the value of a field, or by where it lies among some numbers."""

    field: str = ""
    cuts: tuple[float, ...] = ()

    @classmethod
    def by(cls, words: str) -> Groups:
        """``field`` or ``field:4000,8000``. Raises PlanError for cuts that are no rising numbers."""
        name, colon, rest = words.partition(":")
        try:
            cuts = tuple(map(float, rest.split(","))) if colon else ()
        except ValueError:
            cuts = (1.0, 0.0)
        if list(cuts) != sorted(set(cuts)):
            raise PlanError(
                f"--by {words!r} makes no groups: write a field, or a field and rising numbers to "
                "cut it at, as in length:4000,8000"
            )
        return cls(field=name, cuts=cuts)

    def of(self, row: Mapping[str, Any]) -> str:
        """The group of an item; "" without groups or without the field."""
        value = row.get(self.field) if self.field else None
        if value is None:
            return ""
        if not self.cuts:
            return str(value)
        try:
            at = bisect_right(self.cuts, float(value))
        except (TypeError, ValueError):
            return f"{value} (no number)"
        low, high = (
            f"{one:,g}"
            for one in (self.cuts[max(0, at - 1)], self.cuts[min(at, len(self.cuts) - 1)])
        )
        if at == 0:
            return f"below {high}"
        return f"{low} and more" if at == len(self.cuts) else f"{low} to {high}"


@dataclass(slots=True, kw_only=True)
class Line:
    """What the metrics gave for one item; ``why`` an item was not scored by a metric."""

    id: str
    group: str
    figures: dict[str, Mapping[str, float | None]] = field(default_factory=dict)
    tallies: dict[str, Mapping[str, float]] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)

    def take(self, metric: str, scored: Scored) -> None:
        """Notes what a metric gave."""
        if scored.why:
            self.why[metric] = scored.why
        else:
            self.figures[metric] = scored.figures
            self.tallies[metric] = scored.tally
        if scored.details is not None:
            self.details[metric] = scored.details

    def shown(self, by: str) -> dict[str, Any]:
        """As it is written to a file."""
        head = {"id": self.id, by: self.group} if by else {"id": self.id}
        tails = {"unscored": self.why, "details": self.details}
        return {**head, **self.figures, **{name: tail for name, tail in tails.items() if tail}}


@dataclass(slots=True, kw_only=True)
class Sheet:
    """Figures of all items as columns; grows by 8 bytes a figure and tally, not with the texts."""

    metrics: Mapping[str, Metric]
    groups: list[str] = field(default_factory=list)
    columns: dict[tuple[str, str], tuple[list[int], list[float]]] = field(default_factory=dict)
    tallies: dict[str, Tally] = field(default_factory=dict)
    why: dict[str, list[tuple[int, str]]] = field(default_factory=dict)

    def add(self, line: Line) -> None:
        row = len(self.groups)
        self.groups.append(line.group)
        for name, figures in line.figures.items():
            for figure, value in figures.items():
                rows, values = self.columns.setdefault((name, figure), ([], []))
                if value is not None:
                    rows.append(row)
                    values.append(value)
        for name, tally in line.tallies.items():
            self.tallies.setdefault(name, Tally()).add(row, tally)
        for name, reason in line.why.items():
            self.why.setdefault(name, []).append((row, reason))

    def totals(self, seed: int) -> Iterator[Total]:
        """Of all items, then of each group in the order in which they came."""
        groups = np.array(self.groups, dtype=object)
        yield from self._of(np.arange(len(groups)), "", seed)
        names = list(dict.fromkeys(one for one in self.groups if one))
        found = [list(self._of(np.flatnonzero(groups == one), one, seed)) for one in names]
        for totals in found:
            yield from totals
        if len(found) > 1:
            yield from (_mean(same) for same in zip(*found, strict=True))

    def _of(self, rows: NDArray[np.int64], group: str, seed: int) -> Iterator[Total]:
        table = np.full((len(self.groups), len(self.columns)), np.nan)
        for column, (places, values) in enumerate(self.columns.values()):
            table[places, column] = values
        table = table[rows]
        intervals = of_means(table, seed=seed)
        own = frozenset(rows.tolist())
        for name, metric in self.metrics.items():
            why = Counter(reason for row, reason in self.why.get(name, ()) if row in own)
            asked = len(rows) - why.total()
            if not any(metric_name == name for metric_name, _ in self.columns):
                yield _total(name, metric.gold or name, group, None, None, 0, why, metric)
            for column, (metric_name, figure) in enumerate(self.columns):
                if metric_name == name:
                    known = table[:, column][~np.isnan(table[:, column])]
                    value = float(known.mean()) if len(known) else None
                    left = {**why, NOT_HAD: asked - len(known)} if asked > len(known) else dict(why)
                    yield _total(
                        name, figure, group, value, intervals[column], len(known), left, metric
                    )
            if name in self.tallies and isinstance(metric, Pooled):
                counted, found = self.tallies[name].figures(
                    metric.pooled, rows, len(self.groups), seed
                )
                left = {**why, NOT_HAD: asked - counted} if asked > counted else dict(why)
                for figure, (value, interval) in found.items():
                    yield _total(name, figure, group, value, interval, counted, left, metric)


def _total(
    name: str,
    figure: str,
    group: str,
    value: float | None,
    interval: Interval | None,
    scored: int,
    unscored: Mapping[str, int],
    metric: Metric,
) -> Total:
    if interval and interval.method == "wilson" and not metric.shares:
        interval = None  # all of them 0 or 1, and yet no shares
    low, high, method = interval if interval and value is not None else (None, None, "")
    return Total(
        metric=name,
        figure=figure,
        group=group,
        value=value,
        low=low,
        high=high,
        method=method,
        scored=scored,
        unscored=dict(sorted(unscored.items())),
        share=metric.shares,
    )


def _mean(totals: Sequence[Total]) -> Total:
    """Every group counting as much as every other, whatever its size; None where one has no score."""
    known = [one.value for one in totals if one.value is not None]
    missing = len(totals) - len(known)
    return replace(
        totals[0],
        group=MEAN,
        value=math.fsum(known) / len(known) if known and not missing else None,
        low=None,
        high=None,
        method="",
        scored=len(known),
        unscored={"group without a score": missing} if missing else {},
    )


@dataclass(slots=True)
class Tally:
    """Counts of items under names, as three columns: item, name, value."""

    names: dict[str, int] = field(default_factory=dict)
    rows: list[int] = field(default_factory=list)
    keys: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def add(self, row: int, tally: Mapping[str, float]) -> None:
        for name, value in tally.items():
            self.rows.append(row)
            self.keys.append(self.names.setdefault(name, len(self.names)))
            self.values.append(value)

    def figures(
        self,
        pooled: Callable[[Mapping[str, float]], Mapping[str, float | None]],
        rows: NDArray[np.int64],
        items: int,
        seed: int,
    ) -> tuple[int, dict[str, tuple[float | None, Interval | None]]]:
        """How many of these items count, and each figure of them with its bootstrap interval."""
        place = np.full(items, -1)
        place[rows] = np.arange(len(rows))
        own = place[np.array(self.rows, np.int64)]
        inside = np.flatnonzero(own >= 0)
        own, keys = own[inside], np.array(self.keys, np.int64)[inside]
        values = np.array(self.values)[inside]
        counted = len(np.unique(own))
        if not counted:
            return 0, {}

        def of(weights: NDArray[Any]) -> Mapping[str, float | None]:
            sums = np.bincount(keys, weights=weights * values, minlength=len(self.names))
            return pooled(dict(zip(self.names, sums.tolist(), strict=True)))

        found = of(np.ones(len(own)))
        drawn: dict[str, list[float]] = {figure: [] for figure in found}
        for block in resamples(len(rows), seed=seed) if counted > 1 else ():
            for times in block:
                for figure, value in of(times[own]).items():
                    drawn[figure].append(np.nan if value is None else value)
        return counted, {
            figure: (value, _apart(np.array(drawn[figure]))) for figure, value in found.items()
        }


def _apart(values: NDArray[np.float64]) -> Interval | None:
    """The middle 95%; None where all are alike: resamples that cannot differ say nothing."""
    found = percentiles(values)
    return None if found is None or found.low == found.high else found
