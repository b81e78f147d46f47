"""Scores of models by place and length > curves with bands, and heat maps as tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from longgrain.charts import AXIS, GRID, TOOLTIP, Chart
from longgrain.evaluation.change import Change, Rate, placed, rate
from longgrain.evaluation.conclusions import said
from longgrain.evaluation.gathered import Group, Probed

COLOURS = ("--warn", "--accent", "--valid", "--test", "--question", "--plan")
PLACE = {"name": "place", "nameLocation": "middle", "nameGap": 28}
CONTROLS = {"evidence": "dashed", "none": "dotted"}
NAMES = {"evidence": "evidence alone", "none": "no context"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Heat:
    """One model by length and place: a row a length, a cell a place, None where nothing is scored."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Rate | None, ...]], ...]


def sizes(group: Group) -> list[str]:
    """The lengths of a probe, in the order in which they were asked."""
    return list(dict.fromkeys(line.size for one in group.probes for line in one.lines))


def colour(number: int) -> str:
    """The colour of a model."""
    return COLOURS[number % len(COLOURS)]


def curve(group: Group, size: str) -> Chart:
    """A line for each model by place, its interval as a band, and its controls as flat lines."""
    columns = [str(at + 1) for at in range(group.positions)]
    series: list[dict[str, Any]] = []
    rows: list[tuple[str | float, ...]] = []
    for number, one in enumerate(group.probes):
        at = _rates(one, size, group.positions)
        series += _line(one.name, at, colour(number))
        series += _controls(one, size, group.positions, colour(number))
        rows.append((one.name, *(said(rate) if rate else "–" for rate in at)))
    named = [one["name"] for one in series if "name" in one]
    option = {
        "aria": {"enabled": True},
        "legend": {
            "data": named,
            "top": 0,
            "left": 0,
            "textStyle": {"color": "--soft", "fontSize": 11},
        },
        # Two names fit a line where charts stand side by side.
        "grid": {**GRID, "top": 36 + 22 * ((len(named) + 1) // 2), "bottom": 22},
        "tooltip": TOOLTIP,
        "xAxis": {"type": "category", "data": columns, **PLACE, **AXIS},
        "yAxis": {"type": "value", "min": 0, "max": 100, "name": "%", **AXIS},
        "series": series,
    }
    kind = (
        "tenths of the context"
        if group.tenths
        else "places in the context, from its first words to its last"
    )
    return Chart(
        title=size,
        note=f"{group.figure} in %, by {kind}; bands are 95% intervals",
        option=option,
        columns=("Model", *columns),
        rows=tuple(rows),
    )


def _rates(one: Probed, size: str, positions: int) -> list[Rate | None]:
    found = placed(one.lines)
    return [rate(*found.get(("whole", size, at), ([], []))) for at in range(positions)]


def _line(name: str, at: Sequence[Rate | None], colour: str) -> Iterator[dict[str, Any]]:
    """The band as two stacked areas, the lower one unseen; then the line."""
    hidden = {"type": "line", "symbol": "none", "silent": True, "animation": False}
    hidden |= {"lineStyle": {"opacity": 0}, "stack": name, "stackStrategy": "all"}
    hidden |= {"tooltip": {"show": False}}
    known = [one if one and one.low is not None and one.high is not None else None for one in at]
    yield {**hidden, "data": [_hundred(one.low) if one else None for one in known]}
    widths = [_hundred((one.high or 0) - (one.low or 0)) if one else None for one in known]
    yield {**hidden, "data": widths, "areaStyle": {"color": colour, "opacity": 0.14}}
    yield {
        "name": name,
        "type": "line",
        "data": [_hundred(one.value) if one else None for one in at],
        "symbolSize": 5,
        "lineStyle": {"color": colour, "width": 2},
        "itemStyle": {"color": colour},
        "animation": False,
    }


def _controls(one: Probed, size: str, positions: int, colour: str) -> Iterator[dict[str, Any]]:
    found = placed(one.lines)
    for context, dash in CONTROLS.items():
        value = rate(*found.get((context, size, None), ([], [])))
        if value:
            yield {
                "name": f"{one.name}, {NAMES[context]}",
                "type": "line",
                "data": [_hundred(value.value)] * positions,
                "symbol": "none",
                "lineStyle": {"color": colour, "width": 1, "type": dash},
                "itemStyle": {"color": colour},
                "animation": False,
            }


def heat(group: Group, one: Probed) -> Heat:
    """A model by length and place."""
    return Heat(
        title=one.said,
        columns=tuple(str(at + 1) for at in range(group.positions)),
        rows=tuple((size, tuple(_rates(one, size, group.positions))) for size in sizes(group)),
    )


def difference(
    changes: Sequence[Change], size: str, names: tuple[str, str], positions: int
) -> Chart:
    """The second model less the first by place, with the interval of the difference."""
    own = {one.position: one for one in changes if (one.context, one.size) == ("whole", size)}
    at = [own.get(place) for place in range(positions)]
    columns = [str(place + 1) for place in range(positions)]
    option = {
        "aria": {"enabled": True},
        "grid": {**GRID, "top": 30, "bottom": 22},
        "tooltip": TOOLTIP,
        "xAxis": {"type": "category", "data": columns, **PLACE, **AXIS},
        "yAxis": {"type": "value", "name": "points", **AXIS},
        "series": list(_line("points", [_as_rate(one) for one in at], "--accent")),
    }
    whole = own.get(None)
    rows = [_row("all", whole)] if whole else []
    rows += [_row(column, one) for column, one in zip(columns, at, strict=True) if one]
    how = "the same questions" if whole is None or whole.paired else "two samples of questions"
    return Chart(
        title=f"{names[1]} less {names[0]}",
        note=f"{how}, the band is the 95% bootstrap interval over items",
        option=option,
        columns=("Place", names[0], names[1], "Points", "Interval", "Better", "Worse"),
        rows=tuple(rows),
    )


def _row(place: str, one: Change) -> tuple[str | float, ...]:
    interval = (
        ""
        if one.low is None or one.high is None
        else f"{100 * one.low:+.1f} to {100 * one.high:+.1f}"
    )
    counts = (one.better, one.worse) if one.paired else ("–", "–")
    return (place, said(one.before), said(one.after), f"{100 * one.value:+.1f}", interval, *counts)


def _as_rate(one: Change | None) -> Rate | None:
    if one is None:
        return None
    return Rate(value=one.value, low=one.low, high=one.high, count=one.after.count)


def _hundred(value: float | None) -> float:
    return round(100 * (value or 0.0), 1)
