"""Counted bins and shares > chart options as plain JSON values, with the table beside each.

Colours are names of the page's style sheet ("--train"), so that charts follow light and dark mode.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

GRID = {"left": 4, "right": 12, "top": 18, "bottom": 4, "containLabel": True}
AXIS = {
    "axisLine": {"lineStyle": {"color": "--line"}},
    "axisTick": {"show": False},
    "axisLabel": {"color": "--soft", "fontSize": 11, "hideOverlap": True},
    "nameTextStyle": {"color": "--soft", "fontSize": 11},
    "splitLine": {"lineStyle": {"color": "--line"}},
}
TOOLTIP = {
    "trigger": "axis",
    "backgroundColor": "--card",
    "borderColor": "--line",
    "textStyle": {"color": "--ink", "fontSize": 12},
    "confine": True,
}
INTEGRATION_LIMIT = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A figure: its title, a note, the option for ECharts, and the same numbers as a table."""

    title: str
    note: str
    option: Mapping[str, Any]
    columns: tuple[str, ...]
    rows: tuple[tuple[str | float, ...], ...]


def histogram(side: str, quota: Mapping[str, Sequence[float]], *, unit: str) -> Chart:
    """Bars of what was made, the quota as outlines; ``unit`` is "tokens" or "depth"."""
    edges, wished, made = quota["edges"], quota["wished"], quota["made"]
    labels = [_between(low, high, unit) for low, high in pairwise(edges)]
    rows = tuple(
        (label, _tidy(w), _tidy(m)) for label, w, m in zip(labels, wished, made, strict=True)
    )
    return Chart(
        title=side,
        note=_met(wished, made),
        option=_bars_and_outline(labels, rows, f"--{side}"),
        columns=("Depth" if unit == "depth" else "Tokens", "Quota", "Made"),
        rows=rows,
    )


def furthest(wished: Sequence[float], made: Sequence[float]) -> float:
    """The largest difference between a bin and its quota."""
    return max((abs(w - m) for w, m in zip(wished, made, strict=True)), default=0.0)


def _met(wished: Sequence[float], made: Sequence[float]) -> str:
    off = furthest(wished, made)
    if off <= 1 + 1e-9:
        return f"{_tidy(sum(made)):,} examples, each bin within one of its quota"
    return f"{_tidy(sum(made)):,} examples, a bin is {_tidy(off):,} off its quota"


def _bars_and_outline(
    labels: Sequence[str], rows: Sequence[tuple[str | float, ...]], colour: str
) -> dict[str, Any]:
    bars = {
        "name": "made",
        "type": "bar",
        "data": [row[2] for row in rows],
        "itemStyle": {"color": colour, "opacity": 0.8},
        "barCategoryGap": "12%",
        "animation": False,
    }
    outline = {
        "name": "quota",
        "type": "bar",
        "data": [row[1] for row in rows],
        "itemStyle": {
            "color": "transparent",
            "borderColor": "--quota",
            "borderWidth": 1.5,
            "borderType": "dashed",
        },
        "barGap": "-100%",
        "z": 3,
        "emphasis": {"disabled": True},
        "animation": False,
    }
    return {
        "aria": {"enabled": True},
        "grid": GRID,
        "tooltip": TOOLTIP,
        "xAxis": {"type": "category", "data": list(labels), **AXIS},
        "yAxis": {"type": "value", "minInterval": 1, **AXIS, "axisLine": {"show": False}},
        "series": [bars, outline],
    }


def overlap(baseline: Mapping[str, Mapping[str, int]]) -> Chart:
    """How often the sentence with the largest word overlap is right, by kind of question."""
    shares = {k: v["hit"] / v["asked"] for k, v in baseline.items() if v["asked"]}
    kinds = sorted(shares, key=lambda kind: (shares[kind], kind))
    values = [
        {"value": round(100 * shares[k], 1), "itemStyle": {"color": _verdict(k, shares[k])}}
        for k in kinds
    ]
    limit = {
        "silent": True,
        "symbol": "none",
        "animation": False,
        "lineStyle": {"color": "--ink", "type": "dashed", "width": 1.5},
        "label": {"formatter": "30%", "color": "--soft", "position": "end"},
        "data": [{"xAxis": 100 * INTEGRATION_LIMIT}],
    }
    option = {
        "aria": {"enabled": True},
        "grid": {**GRID, "right": 30, "top": 26},
        "tooltip": TOOLTIP,
        "xAxis": {"type": "value", "max": 100, **AXIS},
        "yAxis": {"type": "category", "data": kinds, **AXIS},
        "series": [
            {
                "name": "right, in %",
                "type": "bar",
                "data": values,
                "barMaxWidth": 16,
                "label": {
                    "show": True,
                    "position": "right",
                    "formatter": "{c}%",
                    "color": "--soft",
                    "fontSize": 11,
                },
                "markLine": limit,
                "animation": False,
            }
        ],
    }
    rows = tuple(
        (k, baseline[k]["asked"], baseline[k]["hit"], f"{shares[k]:.0%}") for k in reversed(kinds)
    )
    return Chart(
        title="Right by word overlap, in % of the questions",
        note="the dashed line is the limit for integration",
        option=option,
        columns=("Kind of question", "Asked", "Right", "Share"),
        rows=rows,
    )


def _verdict(kind: str, share: float) -> str:
    if kind != "integration":
        return "--distractor"
    return "--accent" if share < INTEGRATION_LIMIT else "--warn"


def _between(low: float, high: float, unit: str) -> str:
    if unit == "depth":
        return f"{100 * low:.0f}–{100 * high:.0f}%"
    return f"{low:,.0f}–{high:,.0f}"


def _tidy(value: float) -> float:
    """At most two decimals, and none where there is nothing behind the point."""
    rounded = round(value, 2)
    return int(rounded) if rounded == int(rounded) else rounded
