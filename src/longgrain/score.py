"""Predictions and references > what each metric gives per item and in total, with intervals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from dataclasses import fields as dataclass_fields
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from longgrain import engine, shelf
from longgrain.errors import PlanError, SourceError
from longgrain.intervals import SEED, Interval, of_means, percentiles, resamples
from longgrain.metrics.item import Item, Metric, Pooled
from longgrain.replies import Fields, Pairs, pairs

PART = 250  # items in a shard


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
class Scores:
    """What was scored, by which metrics with which settings, and every total."""

    predictions: str
    references: str
    items: int
    by: str
    seed: int
    metrics: Mapping[str, Mapping[str, Any]]
    totals: tuple[Total, ...]

    def json(self) -> bytes:
        """All of it, indented."""
        return orjson.dumps(asdict(self), option=orjson.OPT_INDENT_2)

    def total(self, figure: str, group: str = "") -> Total:
        """The total of one figure; raises KeyError if no metric gave it."""
        for one in self.totals:
            if one.figure == figure and one.group == group:
                return one
        raise KeyError(f"no metric gave {figure!r} for group {group!r}")


def score(
    predictions: Path,
    references: Path | None,
    metrics: Sequence[str],
    *,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    fields: Fields | None = None,
    by: str = "",
    skip: Path | None = None,
    out: Path | None = None,
    workers: int = 1,
    seed: int = SEED,
) -> Scores:
    """Scores every prediction by every metric.

    Parameters
    ----------
    metrics : names on the shelf, or module:Name.
    settings : for a metric's name the values of its fields.
    by : a field of the rows; totals are given for each of its values too.
    skip : a JSON list of ids, or of rows from 0 where there are no ids, that are not scored.
    out : JSONL with the figures of each item, written as they are made.
    seed : of the bootstrap.

    Raises PlanError for an unknown metric or setting, SourceError for files that cannot be read
    or matched.
    """
    chosen = _metrics(metrics, settings or {})
    matched = pairs(predictions, references, fields or Fields())
    shut = _skipped(skip)
    shards = (_Shard(pairs=part, metrics=chosen, skip=shut, by=by) for part in matched.parts(PART))
    sheet = _Sheet(metrics=chosen)
    with engine.atomic(out) if out else nullcontext() as path:
        sink = path.open("wb") if path else None
        for lines in engine.run(_score_shard, shards, workers=workers):
            for line in lines:
                sheet.add(line)
                if sink:
                    sink.write(orjson.dumps(line.shown(by)) + b"\n")
        if sink:
            sink.close()
    return Scores(
        predictions=str(predictions),
        references=str(references or ""),
        items=len(matched),
        by=by,
        seed=seed,
        metrics={name: asdict(one) for name, one in chosen.items()},  # type: ignore[call-overload]
        totals=tuple(sheet.totals(seed)),
    )


def _metrics(names: Sequence[str], settings: Mapping[str, Mapping[str, Any]]) -> dict[str, Metric]:
    from pydantic import TypeAdapter, ValidationError

    if not names:
        raise PlanError(
            f"no metric is named, so nothing can be scored: there are "
            f"{', '.join(shelf.names('metrics'))}"
        )
    stray = [name for name in settings if name not in names]
    if stray:
        raise PlanError(f"{stray[0]!r} is set but not scored: add --metric {stray[0]}")
    found: dict[str, Metric] = {}
    for name in names:
        kind, asked = shelf.load("metrics", name), dict(settings.get(name, {}))
        known = [one.name for one in dataclass_fields(kind)]
        unknown = [one for one in asked if one not in known]
        if unknown:
            raise PlanError(
                f"{name}.{unknown[0]} is no setting, so it cannot be set: {name} has "
                f"{', '.join(known) or 'none'}"
            )
        try:
            found[name] = TypeAdapter(kind).validate_python(asked)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, (name, *first["loc"])))
            raise PlanError(f"{place}: {first['msg']}; its page in docs/score.md") from error
    return found


def _skipped(path: Path | None) -> frozenset[str]:
    if path is None:
        return frozenset()
    try:
        return frozenset(map(str, orjson.loads(path.read_bytes())))
    except (OSError, ValueError, TypeError) as error:
        raise SourceError(
            f"{path} is no JSON list of ids, so nothing is scored: {error}"
        ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shard:
    pairs: Pairs
    metrics: Mapping[str, Metric]
    skip: frozenset[str]
    by: str

    @property
    def name(self) -> str:
        return f"items {self.pairs.first}.."


@dataclass(slots=True, kw_only=True)
class _Line:
    """What the metrics gave for one item; ``why`` an item was not scored by a metric."""

    id: str
    group: str
    figures: dict[str, Mapping[str, float | None]] = field(default_factory=dict)
    tallies: dict[str, Mapping[str, float]] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)

    def shown(self, by: str) -> dict[str, Any]:
        """As it is written to a file."""
        head = {"id": self.id, by: self.group} if by else {"id": self.id}
        tail = {"unscored": self.why} if self.why else {}
        return {**head, **self.figures, **tail}


def _score_shard(shard: _Shard) -> list[_Line]:
    return [_line(shard, item, given) for item, given in shard.pairs.items()]


def _line(shard: _Shard, item: Item, given: bool) -> _Line:
    line = _Line(id=item.id, group=str(item.row.get(shard.by, "")) if shard.by else "")
    for name, metric in shard.metrics.items():
        reason = "skipped" if item.id in shard.skip else _missing(item, given, metric.needs)
        if reason:
            line.why[name] = reason
            continue
        line.figures[name] = metric.score(item)
        if isinstance(metric, Pooled):
            line.tallies[name] = metric.tally(item)
    return line


def _missing(item: Item, given: bool, needs: Sequence[str]) -> str:
    """Why an item cannot be scored; "" if it can."""
    if not given:
        return "no prediction"
    for need in needs:
        held = {"references": item.references, "source": item.source}.get(need, item.row.get(need))
        if held is None or held == ():
            return f"no {need.removesuffix('s') if need == 'references' else need}"
    return ""


NOT_HAD = "not to be had from this item"


@dataclass(slots=True, kw_only=True)
class _Sheet:
    """Figures of all items as columns; grows by 8 bytes a figure and tally, not with the texts."""

    metrics: Mapping[str, Metric]
    groups: list[str] = field(default_factory=list)
    columns: dict[tuple[str, str], tuple[list[int], list[float]]] = field(default_factory=dict)
    tallies: dict[str, Tally] = field(default_factory=dict)
    why: dict[str, list[tuple[int, str]]] = field(default_factory=dict)

    def add(self, line: _Line) -> None:
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
        for group in dict.fromkeys(one for one in self.groups if one):
            yield from self._of(np.flatnonzero(groups == group), group, seed)

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
            figure: (value, percentiles(np.array(drawn[figure]))) for figure, value in found.items()
        }
