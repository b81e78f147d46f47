"""Answered questions of a probe > figures by context, size and position, with intervals; to JSON and back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from longgrain.errors import RunError
from longgrain.intervals import SEED, Interval, of_clusters
from longgrain.metrics.item import Item, Metric, Pooled
from longgrain.sheet import Tally
from longgrain.types import Question


@dataclass(slots=True, kw_only=True)
class Line:
    """One question and what came of it. ``score`` is None where it is not scored, and why."""

    id: str
    item: str
    context: str
    size: str
    positions: tuple[int, ...]
    depths: tuple[float, ...]
    tokens: int
    references: tuple[str, ...]
    row: Mapping[str, Any] = field(default_factory=dict)
    reply: str | None = None
    score: float | None = None
    parts: tuple[float, ...] = ()
    """The score of each reference at its own position, where there are several."""
    beside: Mapping[str, float | None] = field(default_factory=dict)
    """Other figures of the metric that are reported."""
    groups: tuple[str, ...] = ()
    """What results are also summed by."""
    unscored: str = ""
    call: str = ""
    read: int = 0
    """Tokens of the prompt as the model counted them."""

    @classmethod
    def of(cls, question: Question, *, context: str, size: str) -> Line:
        """A question that is not answered yet."""
        return cls(
            id=question.id,
            item=question.item,
            context=context,
            size=size,
            positions=question.positions,
            depths=tuple(round(one, 4) for one in question.depths),
            tokens=question.tokens,
            references=question.references,
            row=dict(question.row),
            groups=question.groups,
        )

    def json(self) -> bytes:
        """One line of answers.jsonl."""
        return orjson.dumps(self)

    def placed(self) -> Iterator[tuple[int, float]]:
        """Position and score of what is asked for; nothing for a line without a score or place.

        One answer that rests on several pieces of evidence counts once at each place of theirs.
        """
        if self.parts:
            yield from zip(self.positions, self.parts, strict=True)
        elif self.score is not None:
            yield from ((one, self.score) for one in sorted({*self.positions}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """One figure over the questions of a context and size, or over those of one position."""

    context: str
    size: str
    position: int | None
    figure: str
    value: float | None
    low: float | None
    high: float | None
    method: str
    """how the 95% interval was made: wilson, bootstrap over items, or "" without one"""
    scored: int
    """questions; at a position, what was asked for there"""
    unscored: Mapping[str, int]
    tokens: float
    """of a prompt, on average"""
    group: str = ""
    """of these questions alone, whatever their position"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What was asked, what must be said of it, and every total; those of groups stand apart."""

    asked: Mapping[str, Any]
    said: Mapping[str, str]
    totals: tuple[Total, ...]
    groups: tuple[Total, ...] = ()

    def json(self) -> bytes:
        """All of it, indented."""
        return orjson.dumps(asdict(self), option=orjson.OPT_INDENT_2)

    def total(self, size: str, position: int | None = None, context: str = "whole") -> Total:
        """The probe's figure at one place; raises KeyError if nothing was asked there."""
        figure = self.asked["measure"]["figure"]
        for one in self.totals:
            if (one.context, one.size, one.position, one.figure) == (
                context,
                size,
                position,
                figure,
            ):
                return one
        raise KeyError(f"nothing was asked at {size}, position {position}, context {context}")


def read_lines(folder: Path) -> list[Line]:
    """The answers in a folder. RunError if there are none."""
    path = folder / "answers.jsonl"
    if not path.is_file():
        raise RunError(
            f"{folder} holds no answers of a probe (no answers.jsonl): give the folder that "
            "`longgrain probe --out` was given, after it has finished"
        )
    return [Line(**orjson.loads(one)) for one in path.read_bytes().splitlines()]


def read_summary(folder: Path) -> Summary:
    """The summary in a folder. RunError if there is none."""
    path = folder / "summary.json"
    if not path.is_file():
        raise RunError(
            f"{folder} holds no finished probe (no summary.json): give the folder that `longgrain "
            "probe --out` was given, after it has finished"
        )
    values = orjson.loads(path.read_bytes())
    return Summary(**{**values, "totals": tuple(Total(**one) for one in values["totals"])})


def summed(
    lines: Sequence[Line], metric: Metric, asked: Mapping[str, Any], said: Mapping[str, str]
) -> Summary:
    """The totals of all lines: of each context and size, then of its positions."""
    figure = asked["measure"]["figure"]
    groups: dict[tuple[str, str], list[Line]] = {}
    for line in lines:
        groups.setdefault((line.context, line.size), []).append(line)
    totals: list[Total] = []
    apart: list[Total] = []
    for (context, size), own in groups.items():
        totals += totals_of(own, context, size, figure)
        totals += _beside(own, context, size, asked["measure"].get("beside", ()))
        totals += _pooled(own, metric, context, size)
        apart += _groups(own, context, size, figure)
    told = dict(sorted(said.items()))
    return Summary(asked=asked, said=told, totals=tuple(totals), groups=tuple(apart))


def _groups(lines: Sequence[Line], context: str, size: str, figure: str) -> Iterator[Total]:
    """Of each group of questions, in the order of their names."""
    for group in sorted({one for line in lines for one in line.groups}):
        own = [line for line in lines if group in line.groups]
        scored = [(line.item, line.score) for line in own if line.score is not None]
        yield replace(_total(context, size, None, figure, scored, own), group=group)


def _beside(
    lines: Sequence[Line], context: str, size: str, figures: Sequence[str]
) -> Iterator[Total]:
    """The other figures that a probe reports, over all positions; None is left out of each."""
    for figure in figures:
        known = [(line.item, line.beside.get(figure)) for line in lines if line.score is not None]
        scored = [(item, value) for item, value in known if value is not None]
        yield _total(context, size, None, figure, scored, lines)


def totals_of(lines: Sequence[Line], context: str, size: str, figure: str) -> Iterator[Total]:
    """Of all positions together, then of each."""
    scored = [(line.item, line.score) for line in lines if line.score is not None]
    yield _total(context, size, None, figure, scored, lines)
    at: dict[int, list[tuple[str, float]]] = {}
    for line in lines:
        for position, value in line.placed():
            at.setdefault(position, []).append((line.item, value))
    for position in sorted({one for line in lines for one in line.positions}):
        here = [line for line in lines if position in line.positions]
        yield _total(context, size, position, figure, at.get(position, []), here)


def _total(
    context: str,
    size: str,
    position: int | None,
    figure: str,
    scored: Sequence[tuple[str, float]],
    lines: Sequence[Line],
    interval: Interval | None = None,
) -> Total:
    values = [value for _, value in scored]
    found = interval or of_clusters(values, [item for item, _ in scored])
    low, high, method = found or (None, None, "")
    return Total(
        context=context,
        size=size,
        position=position,
        figure=figure,
        value=float(np.mean(values)) if values else None,
        low=low,
        high=high,
        method=method,
        scored=len(values),
        unscored=dict(Counter(_kind(line.unscored) for line in lines if line.unscored)),
        tokens=float(np.mean([line.tokens for line in lines])) if lines else 0.0,
    )


def _kind(reason: str) -> str:
    """A reason without what concerns one question alone."""
    return reason.split(": ")[0]


def _pooled(lines: Sequence[Line], metric: Metric, context: str, size: str) -> Iterator[Total]:
    """Figures that are no means over questions, where the metric has any."""
    if not isinstance(metric, Pooled):
        return
    tally = Tally()
    for number, line in enumerate(lines):
        if line.score is not None:
            item = Item(prediction=line.reply or "", references=line.references, row=line.row)
            tally.add(number, metric.tally(item))
    every = np.arange(len(lines))
    counted, found = tally.figures(metric.pooled, every, len(lines), SEED)
    left = Counter(_kind(line.unscored) for line in lines if line.unscored)
    for figure, (value, interval) in found.items():
        low, high, method = interval if interval and value is not None else (None, None, "")
        yield Total(
            context=context,
            size=size,
            position=None,
            figure=figure,
            value=value,
            low=low,
            high=high,
            method=method,
            scored=counted,
            unscored=dict(left),
            tokens=float(np.mean([line.tokens for line in lines])),
        )
