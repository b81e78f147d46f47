"""The result of a sweep > tune.json and tune.html: the table, the Pareto plot, what each setting does; offline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson

from longgrain.charts import AXIS, GRID, TOOLTIP, Chart
from longgrain.engine import atomic
from longgrain.show import environment
from longgrain.tune.estimates import Interval
from longgrain.tune.result import Tried, Tuned
from longgrain.tune.shown import about, caution, mark, number, refused, sampled, tokens
from longgrain.tune.varying import shown
from longgrain.tune.verdict import Effect

Cells = tuple[str | float, ...]
LABEL = {**AXIS["axisLabel"], "interval": 0, "width": 110, "overflow": "break"}  # type: ignore[dict-item]


def write(found: Tuned, folder: Path) -> None:
    """Both files, each whole or not at all."""
    with atomic(folder / "tune.json") as part:
        part.write_bytes(orjson.dumps(found.as_dict(), option=orjson.OPT_INDENT_2))
    with atomic(folder / "tune.html") as part:
        part.write_text(html(found), "utf-8")


def html(found: Tuned) -> str:
    """The page."""
    names = [name for name in found.tried[0].scores if name != found.score.name]
    return (
        environment()
        .get_template("tune.html")
        .render(
            found=found,
            lead=about(found),
            sampled=sampled(found),
            cautions=caution(found),
            figures=_figures(found),
            pareto=pareto(found),
            effects=[effects(found, one.name) for one in found.sweep.dimensions],
            names=names,
            rows=[_row(found, n, names) for n in range(len(found.tried))],
            data=[_data(found, n) for n in range(len(found.tried))],
            refused=refused(found),
            lost=[_lost(found, n) for n in range(len(found.tried))],
            costs=[_cost(found, n) for n in range(len(found.tried))],
            version=version("longgrain"),
        )
    )


def _figures(found: Tuned) -> list[tuple[str, str, str]]:
    best = found.best
    value = best.scores[found.score.name].interval()
    own = found.tried[0].cost["tokens"]
    seconds = sum(clock["cpu"] for one in found.tried for clock in one.seconds.values())
    return [
        (found.score.name, number(value.value), f"of the best arm; 95%: {_range(value)}"),
        ("Tokens", tokens(best.cost["tokens"]), f"of the whole plan; as it is {tokens(own)}"),
        ("Tied", str(len(found.verdict.tied)), "arms not told apart from the best score"),
        ("Arms", str(len(found.tried)), f"{len(found.sweep.refused)} more could not be built"),
        ("CPU seconds", f"{seconds:,.0f}", "of all arms"),
    ]


def _range(one: Interval) -> str:
    if one.low is None or one.high is None:
        return "no interval"
    return f"{number(one.low)}–{number(one.high)}"


def _row(found: Tuned, n: int, names: Sequence[str]) -> dict[str, Any]:
    """A line of the main table."""
    one = found.tried[n]
    intervals = found.intervals(one)
    own = intervals[found.score.name]
    return {
        "number": n + 1,
        "name": one.arm.name,
        "best": n == found.verdict.best,
        "front": n in found.verdict.front,
        "tied": n in found.verdict.tied or n == found.verdict.top,
        "score": number(own.value),
        "range": _range(own),
        "others": [
            (number(intervals[name].value), _range(intervals[name]))
            if name in intervals
            else ("–", "")
            for name in names
        ],
        "tokens": tokens(one.cost["tokens"]),
    }


def _data(found: Tuned, n: int) -> Cells:
    """What the data of an arm is, of its first seed."""
    one = found.tried[n].figures[0]
    hit, looked = one["skimmed"]
    learned = one["tokens_per_learned"]
    return (
        n + 1,
        f"{one['made']:,} of {one['asked']:,}",
        f"{one['made']:,} of {one['tried']:,}",
        _percent(one["depths_met"]),
        _percent(one["lengths_met"]),
        f"{hit:,} of {looked:,}",
        f"{learned:,.0f}" if learned else "–",
        _percent(one["fill"]),
        _percent(one["whole_sentences"]),
        f"{one['near_duplicate_grains']:,} of {one['grains']:,}",
        f"{sum(one['guards'].values()):,}",
    )


def _lost(found: Tuned, n: int) -> tuple[int, list[str]]:
    """What an arm could not have, of its first seed: shortfalls, and what was dropped most."""
    one = found.tried[n].figures[0]
    dropped = [f"{count:,} x {why}" for why, count in list(one["dropped"].items())[:4]]
    return n + 1, [*one["shortfalls"], *dropped]


def _cost(found: Tuned, n: int) -> Cells:
    """What the whole plan would take, and what the arm took here."""
    one = found.tried[n]
    seconds = one.seconds
    trained = [lesson["read"] for lesson in one.lessons]
    return (
        n + 1,
        tokens(one.cost["tokens"]),
        f"{one.cost['calls']:,.0f}",
        f"{one.cost['prompt_tokens']:,.0f}",
        f"{one.cost['reply_tokens']:,.0f}",
        f"{one.cost['money']:,.2f}",
        f"{sum(trained) / len(trained):,.0f}" if trained else "–",
        f"{one.lessons[0]['steps']:,}" if trained and one.lessons[0]["steps"] else "–",
        ", ".join(f"{step} {clock['cpu']:,.1f}" for step, clock in seconds.items()),
    )


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"


# --- charts ---


def pareto(found: Tuned) -> Chart:
    """Score over cost, the front dashed, each arm by its number in the table."""
    cost = found.asked.cost
    scale = 1e6 if cost == "tokens" else 1.0
    label = f"{'million ' if scale > 1 else ''}{cost} of the whole plan"
    points = [(one.cost[cost] / scale, _own(found, one)) for one in found.tried]
    front = [[points[n][0], points[n][1].value] for n in found.verdict.front]
    series = [_bar([x, one]) for x, one in points]
    series.append(
        {
            "name": "front",
            "type": "line",
            "data": front,
            "symbol": "none",
            "silent": True,
            "animation": False,
            "lineStyle": {"color": "--accent", "type": "dashed", "width": 1.5},
        }
    )
    series += [_dot(found, n, x, one) for n, (x, one) in enumerate(points)]
    option = {
        "aria": {"enabled": True},
        "grid": {**GRID, "top": 30, "right": 30, "bottom": 22},
        "tooltip": {**TOOLTIP, "trigger": "item"},
        "xAxis": {
            "type": "value",
            "scale": True,
            "name": label,
            "nameLocation": "middle",
            "nameGap": 26,
            **AXIS,
        },
        "yAxis": {"type": "value", "scale": True, "name": found.score.name, **AXIS},
        "series": series,
    }
    rows = tuple(
        (
            str(n + 1),
            one.arm.name,
            tokens(one.cost["tokens"]),
            number(points[n][1].value),
            mark(found, n),
        )
        for n, one in enumerate(found.tried)
    )
    return Chart(
        title=f"{found.score.name} and cost",
        note="numbers are those of the table; dashed: the Pareto front; bars are 95% intervals",
        option=option,
        columns=("Arm", "Settings", label, found.score.name, ""),
        rows=rows,
    )


def _own(found: Tuned, one: Tried) -> Interval:
    return one.scores[found.score.name].interval()


def _dot(found: Tuned, n: int, x: float, one: Interval) -> dict[str, Any]:
    best, front = n == found.verdict.best, n in found.verdict.front
    colour = "--warn" if best else "--accent" if front else "--distractor"
    return {
        "name": f"{n + 1}: {found.tried[n].arm.name}",
        "type": "scatter",
        "data": [[round(x, 4), round(one.value, 4)]],
        "symbolSize": 13 if best else 9,
        "itemStyle": {"color": colour},
        "label": {
            "show": True,
            "formatter": str(n + 1),
            "position": "right",
            "color": "--soft",
            "fontSize": 11,
        },
        "animation": False,
        "z": 4,
    }


def _bar(place: Sequence[Any]) -> dict[str, Any]:
    """An interval as an upright line at a place of the x axis."""
    x, one = place
    ends = [[x, one.low], [x, one.high]] if one.low is not None else []
    return {
        "type": "line",
        "data": ends,
        "symbol": "none",
        "silent": True,
        "animation": False,
        "tooltip": {"show": False},
        "lineStyle": {"color": "--quota", "width": 1, "opacity": 0.55},
    }


def effects(found: Tuned, name: str) -> Chart:
    """The mean score of each value of a setting."""
    own = [one for one in found.verdict.effects if one.dimension == name]
    labels = [shown(one.value) for one in own]
    score = own[0].score if own else found.score.name
    dots = {
        "name": score,
        "type": "scatter",
        "data": [
            {
                "value": [n, round(one.mean.value, 4)],
                "itemStyle": {"color": "--warn" if one.behind is None else "--accent"},
            }
            for n, one in enumerate(own)
        ],
        "symbolSize": 10,
        "animation": False,
        "z": 4,
    }
    option = {
        "aria": {"enabled": True},
        "grid": {**GRID, "top": 28},
        "tooltip": {**TOOLTIP, "trigger": "item"},
        "xAxis": {"type": "category", "data": labels, **AXIS, "axisLabel": LABEL},
        "yAxis": {"type": "value", "scale": True, "name": score, **AXIS},
        "series": [*(_bar([n, one.mean]) for n, one in enumerate(own)), dots],
    }
    return Chart(
        title=name,
        note=f"{score} of each value" if own else "only one value was left to look at",
        option=option,
        columns=("Value", "Arms", score, "95%", "Less the best value", "95%"),
        rows=tuple(_effect_rows(own)),
    )


def _effect_rows(own: Sequence[Effect]) -> Iterator[Cells]:
    for one in own:
        behind = (f"{one.behind.value:+.3f}", _range(one.behind)) if one.behind else ("best", "")
        arms = ", ".join(str(n + 1) for n in one.arms)
        yield (shown(one.value), arms, number(one.mean.value), _range(one.mean), *behind)
