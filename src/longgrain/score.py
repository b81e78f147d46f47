"""Predictions and references > what each metric gives per item and in total, with intervals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from dataclasses import fields as dataclass_fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from longgrain import engine, shelf
from longgrain.errors import PlanError, SourceError
from longgrain.intervals import SEED
from longgrain.metrics.item import Batched, Item, Judged, Lacking, Metric, Pooled, Scored
from longgrain.replies import Fields, Pairs, pairs
from longgrain.sheet import Groups, Line, Sheet, Total

if TYPE_CHECKING:
    from longgrain.judge import Judge

PART = 250  # items in a shard


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
    judge: str = ""
    """the model that was asked, by metrics that ask one"""
    ungrouped: int = 0
    """items without the field ``by``, which are in no group"""

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
    judge: Judge | None = None,
    workers: int = 1,
    seed: int = SEED,
) -> Scores:
    """Scores every prediction by every metric.

    Parameters
    ----------
    metrics : names on the shelf, or module:Name.
    settings : for a metric's name the values of its fields.
    by : a field of the rows; totals are given for each of its values too. ``field:4000,8000`` takes
        its values, which are numbers then, together below, between and above these.
    skip : a JSON list of ids, or of rows from 0 where there are no ids, that are not scored.
    out : JSONL with the figures of each item, written as they are made.
    judge : the language model for metrics that ask one.
    seed : of the bootstrap.

    Raises PlanError for an unknown metric or setting, SourceError for files that cannot be read
    or matched, and for items to be skipped that are not there.
    """
    chosen = _metrics(metrics, settings or {})
    _ready(chosen, judge)
    matched = pairs(predictions, references, fields or Fields())
    shut, groups = _skipped(skip), Groups.by(by)
    shards = [
        _Shard(pairs=part, metrics=chosen, skip=shut, groups=groups) for part in matched.parts(PART)
    ]
    sheet = Sheet(metrics=chosen)
    with engine.atomic(out) if out else nullcontext() as path:
        with path.open("wb") if path else nullcontext() as sink:
            for line in _lines(shards, judge, workers):
                sheet.add(line)
                shut -= {line.id}
                if sink:
                    sink.write(orjson.dumps(line.shown(groups.field)) + b"\n")
        _refuse_strays(skip, shut)
        _refuse_no_group(groups, sheet)
    return Scores(
        predictions=str(predictions),
        references=str(references or ""),
        items=len(matched),
        by=groups.field,
        seed=seed,
        metrics={name: asdict(one) for name, one in chosen.items()},  # type: ignore[call-overload]
        judge=judge.name if judge else "",
        ungrouped=sheet.groups.count("") if groups.field else 0,
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


def _refuse_strays(skip: Path | None, strays: frozenset[str]) -> None:
    if strays:
        raise SourceError(
            f"{skip} names {min(strays)!r}, and no item is called that, so something else would be "
            "scored than was meant: name items by their id, or from 0 where there are no ids"
        )


def _refuse_no_group(groups: Groups, sheet: Sheet) -> None:
    if groups.field and sheet.groups and not any(sheet.groups):
        raise SourceError(
            f"no item has a field {groups.field!r}, so there is nothing to group by: name one that "
            "the rows have with --by"
        )


def _ready(metrics: Mapping[str, Metric], judge: Judge | None) -> None:
    """PlanError for a metric that could score nothing as it is set."""
    for name, metric in metrics.items():
        lacks = metric.lacks if isinstance(metric, Lacking) else ""
        if isinstance(metric, Judged) and metric.asks and judge is None:
            lacks = lacks or (
                "a judge, as in --judge MODEL --judge-base-url URL, or a model of its own where it "
                "takes one, as in --set claims.model=FOLDER"
            )
        if lacks:
            raise PlanError(f"{name} has nothing to score with, so no item would be: give {lacks}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shard:
    pairs: Pairs
    metrics: Mapping[str, Metric]
    skip: frozenset[str]
    groups: Groups

    @property
    def name(self) -> str:
        return f"items {self.pairs.first}.."


def _lines(shards: Sequence[_Shard], judge: Judge | None, workers: int) -> Iterator[Line]:
    """A line for each item of all shards, in order."""
    results = engine.run(_score_shard, shards, workers=workers)
    for shard, lines in zip(shards, results, strict=True):
        _judge(shard, lines, judge)
        yield from lines


def _score_shard(shard: _Shard) -> list[Line]:
    """A line for each item, without what a judge has to say."""
    items = list(shard.pairs.items())
    lines = [Line(id=item.id, group=shard.groups.of(item.row)) for item, _ in items]
    for name, metric in shard.metrics.items():
        sound: list[tuple[Line, Item]] = []
        for line, (item, given) in zip(lines, items, strict=True):
            reason = "skipped" if item.id in shard.skip else _missing(item, given, metric.needs)
            if reason:
                line.why[name] = reason
            else:
                sound.append((line, item))
        if isinstance(metric, Judged) and metric.asks:
            continue
        if isinstance(metric, Batched):
            found = metric.scores([item for _, item in sound])
            for (line, _), one in zip(sound, found, strict=True):
                line.take(name, one)
            continue
        for line, item in sound:
            tally = metric.tally(item) if isinstance(metric, Pooled) else {}
            line.take(name, Scored(figures=metric.score(item), tally=tally))
    return lines


def _judge(shard: _Shard, lines: Sequence[Line], judge: Judge | None) -> None:
    """Adds what the judge says, where a metric asks it: in this process, since it keeps the ledger."""
    for name, metric in shard.metrics.items():
        if judge is None or not (isinstance(metric, Judged) and metric.asks):
            continue
        every = zip(lines, shard.pairs.items(), strict=True)
        asked = [(line, item) for line, (item, _) in every if name not in line.why]
        for (line, _), one in zip(asked, judge.scored(metric, [i for _, i in asked]), strict=True):
            line.take(name, one)


def _missing(item: Item, given: bool, needs: Sequence[str]) -> str:
    """Why an item cannot be scored; "" if it can."""
    if not given:
        return "no prediction"
    for need in needs:
        held = {"references": item.references, "source": item.source}.get(need, item.row.get(need))
        if held is None or held == ():
            return f"no {need.removesuffix('s') if need == 'references' else need}"
    return ""
