"""A Survey > chart options: lengths, the map of topics, one bar a document by chapter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from longgrain.charts import AXIS, GRID, TOOLTIP, Chart
from longgrain.intents import INTENTS

if TYPE_CHECKING:
    from longgrain.survey import Chapter, Survey, Surveyed

CELLS = 80  # of one document's bar; neighbours are taken together where there are more
FEWEST = 3  # sentences of a kind without which a chapter is not said to be good for it
# Neighbouring numbers of the golden angle are far apart on the wheel of colours.
GOLDEN, SATURATION, LIGHTNESS = 137.508, 52, (48, 62, 40)


def colour(number: int | None) -> str:
    """The colour of a topic or a kind of question, the same everywhere; grey for none."""
    if number is None:
        return "hsl(0,0%,70%)"
    light = LIGHTNESS[number % len(LIGHTNESS)]
    return f"hsl({(205 + number * GOLDEN) % 360:.0f},{SATURATION}%,{light}%)"


def lengths(found: Survey) -> Chart:
    """Documents by length in tokens, and the tokens that they hold."""
    labels = [f"{_short(least)}–{_short(2 * least)}" for least, _, _ in found.lengths]
    rows = tuple(
        (label, documents, tokens)
        for label, (_, documents, tokens) in zip(labels, found.lengths, strict=True)
    )
    bars = {
        "name": "documents",
        "type": "bar",
        "data": [documents for _, documents, _ in rows],
        "itemStyle": {"color": "--accent", "opacity": 0.85},
        "barCategoryGap": "14%",
        "label": {"show": True, "position": "top", "color": "--soft", "fontSize": 11},
        "animation": False,
    }
    return Chart(
        title="Documents by length",
        note=f"median {_median(found):,} tokens; each bar is twice as long as the one before",
        option={
            "aria": {"enabled": True},
            "grid": GRID,
            "tooltip": TOOLTIP,
            "xAxis": {"type": "category", "data": labels, **AXIS},
            "yAxis": {"type": "value", "minInterval": 1, **AXIS, "axisLine": {"show": False}},
            "series": [bars],
        },
        columns=("Tokens", "Documents", "Tokens in all"),
        rows=rows,
    )


def _median(found: Survey) -> int:
    tokens = sorted(one.tokens for one in found.documents)
    return tokens[len(tokens) // 2] if tokens else 0


def _short(count: int) -> str:
    if count >= 1 << 20:
        return f"{count >> 20}M"
    return f"{count >> 10}K" if count >= 1 << 10 else str(count)


def topic_map(found: Survey) -> Chart:
    """Passages on the plane, in the colours of their topics, each topic named where it lies."""
    points: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    for x, y, topic, document, chapter in found.places:
        one = found.documents[document]
        title = one.chapters[chapter].title
        name = f"{one.title} › {title}" if title else one.title
        points[topic].append({"value": [x, y], "name": name[:90]})
    series = [_cloud(topic, some, found) for topic, some in sorted(points.items())]
    hidden = {"type": "value", "show": False, "scale": True}
    return Chart(
        title="Passages by what they are about",
        note=f"{len(found.places):,} passages; near means that they share words",
        option={
            "aria": {"enabled": True},
            "grid": {"left": 8, "right": 8, "top": 8, "bottom": 8},
            "tooltip": {**TOOLTIP, "trigger": "item", "formatter": "{b}<br>{a}"},
            "xAxis": hidden,
            "yAxis": hidden,
            "series": [*series, _names(points, found)],
        },
        columns=("Topic", "Passages on the map", "Documents"),
        rows=tuple(
            (" · ".join(found.topics[topic].terms[:4]), len(some), found.topics[topic].documents)
            for topic, some in sorted(points.items())
        ),
    )


def _cloud(topic: int, points: Sequence[Mapping[str, Any]], found: Survey) -> dict[str, Any]:
    return {
        "name": " · ".join(found.topics[topic].terms[:4]),
        "type": "scatter",
        "data": list(points),
        "symbolSize": 6,
        "itemStyle": {"color": colour(topic), "opacity": 0.6},
        "animation": False,
    }


def _names(points: Mapping[int, Sequence[Mapping[str, Any]]], found: Survey) -> dict[str, Any]:
    """The first terms of each topic, written in the middle of its passages."""
    middles = []
    for topic, some in sorted(points.items()):
        across = [sorted(one["value"][axis] for one in some)[len(some) // 2] for axis in (0, 1)]
        label = {"formatter": " · ".join(found.topics[topic].terms[:2])}
        middles.append({"value": across, "name": "", "label": label})
    return {
        "name": "",
        "type": "scatter",
        "silent": True,
        "data": middles,
        "symbolSize": 1,
        "itemStyle": {"color": "transparent"},
        "label": {
            "show": True,
            "position": "top",
            "distance": 10,
            "color": "--ink",
            "fontSize": 12,
            "fontWeight": 600,
            "textBorderColor": "--paper",
            "textBorderWidth": 4,
        },
        "labelLayout": {"moveOverlap": "shiftY"},
        "z": 5,
        "animation": False,
    }


def bars(found: Survey, documents: Sequence[Surveyed]) -> list[dict[str, Any]]:
    """For each document its cells, one or several chapters each, with three colours to choose from."""
    rates: dict[str, float] = {
        kind: found.intents[kind][0] / max(found.tokens, 1) for kind in INTENTS
    }
    return [
        {"document": one, "cells": [_cell(some, found, rates) for some in _cells(one.chapters)]}
        for one in documents
    ]


def _cells(chapters: Sequence[Chapter]) -> list[tuple[Chapter, ...]]:
    held = tuple(one for one in chapters if one.tokens)
    each = max(1, -(-len(held) // CELLS))
    return [held[at : at + each] for at in range(0, len(held), each)]


def _cell(chapters: Sequence[Chapter], found: Survey, rates: Mapping[str, float]) -> dict[str, Any]:
    largest = max(chapters, key=lambda one: one.tokens)
    tokens = sum(one.tokens for one in chapters)
    kind = best_for(chapters, rates)
    repeated = sum(one.repeated for one in chapters) / tokens
    topic = "" if largest.topic is None else " · ".join(found.topics[largest.topic].terms[:3])
    titles = list(dict.fromkeys(one.title for one in (chapters[0], chapters[-1]) if one.title))
    said = [" … ".join(titles), f"{tokens:,} tokens", topic, kind and f"best for: {kind}"]
    said += [f"{repeated:.0%} repeats earlier text"] if repeated >= 0.01 else []
    return {
        "tokens": tokens,
        "said": "\n".join(one for one in said if one),
        "topic": colour(largest.topic),
        "kind": colour(INTENTS.index(kind) if kind else None),
        "repeated": round(repeated, 3),
    }


def best_for(chapters: Sequence[Chapter], rates: Mapping[str, float]) -> Any:
    """The kind of question that these chapters answer most often, compared with all the documents."""
    tokens = sum(one.tokens for one in chapters)
    counts = {kind: sum(one.intents.get(kind, 0) for one in chapters) for kind in INTENTS}
    able = [kind for kind in INTENTS if counts[kind] >= FEWEST]
    return max(able, key=lambda kind: counts[kind] / tokens / rates[kind], default=None)
