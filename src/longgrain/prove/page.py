"""A proof > one HTML page that opens offline: thresholds, curves with intervals, the sweep, failed runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from longgrain.charts import AXIS, GRID, TOOLTIP, Chart
from longgrain.engine import atomic
from longgrain.intervals import wilson
from longgrain.prove.forgotten import lines
from longgrain.prove.verdict import NAMES, is_plain
from longgrain.show import environment

if TYPE_CHECKING:
    from longgrain.prove import Proved

Cells = tuple[str | float, ...]
COLOURS = {"ends": "--warn", "anywhere": "--accent", "middle": "--valid", "mixed": "--test"}
COLUMNS = {
    "seed": "Seed",
    "wrong": "First answers that are wrong in the data",
    "masked": "With the mask",
    "first": "First answer right",
    "first_sampled": "The same, sampled",
    "corrected": "A wrong answer put in, corrected",
    "left_right": "A right one put in, left alone",
    "erased": "Prompt erased",
    "own": "Strategy on its task",
    "other": "Strategy on the other task",
    "own_told": "On its task, with its prompt",
    "questions": "Questions",
}
LEADS = {
    "position": (
        "Two models go on from one base, read the same documents and are asked the same questions. "
        "One is asked about facts in the first and last 5% of its context, the other about facts "
        "anywhere. Then both are asked about facts at every place, in text that neither has seen."
    ),
    "mask": (
        "Most first answers in the data are wrong, always in the same way, and are corrected. One "
        "model learns everything that the assistant says, the other all but the wrong answers."
    ),
    "erasure": (
        "One of two tasks is answered in a strategy that a system message names. One model learns "
        "it under that message, the other under a neutral one. Then both get the neutral one."
    ),
}


LEADS["forgetting"] = (
    "A model that has learned one task learns a second, in which the same questions have other "
    "answers. Each measure against forgetting stands beside the same training without it."
)


@dataclass(frozen=True, kw_only=True)
class Section:
    """A part of the page."""

    title: str
    words: str = ""
    charts: Sequence[Chart] = ()
    columns: Cells = ()
    rows: Sequence[Cells] = field(default_factory=tuple)


def write(found: Proved, folder: Path) -> None:
    """proof.json and proof.html, each whole or not at all."""
    with atomic(folder / "proof.json") as part:
        part.write_bytes(orjson.dumps(found.as_dict(), option=orjson.OPT_INDENT_2))
    page = (
        environment()
        .get_template("proof.html")
        .render(
            found=found,
            lead=LEADS[found.proof],
            sections=list(_sections(found)),
            figures=_figures(found),
        )
    )
    with atomic(folder / "proof.html") as part:
        part.write_text(page, "utf-8")


def _figures(found: Proved) -> list[tuple[str, str, str]]:
    met = sum(one.met for one in found.verdicts)
    seeds = len({one["seed"] for one in found.results})
    return [
        ("Thresholds met", f"{met} of {len(found.verdicts)}", "fixed before the run"),
        ("Seeds", str(seeds), "each with documents, base and order of its own"),
        ("CPU seconds", f"{found.seconds['cpu']:,.0f}", "of training and asking, all seeds"),
    ]


def _sections(found: Proved) -> Iterator[Section]:
    yield Section(
        title="Thresholds",
        columns=("What", "Seed", "Wanted", "Found", ""),
        rows=[
            (one.what, str(one.seed), one.wanted, one.found, "met" if one.met else "missed")
            for one in found.verdicts
        ],
    )
    if found.proof == "forgetting":
        yield from _forgotten(found.results)
        return
    if found.proof != "position":
        yield _plain_table(found.results)
        return
    sound = [one for one in found.results if "failed" not in one]
    plain = [one for one in sound if is_plain(one["arm"])]
    for method, name in (("full", "All weights trained"), ("lora", "Adapters trained (LoRA)")):
        some = [one for one in plain if one["arm"]["method"] == method]
        for title, asks in ((name, ("ends", "anywhere")), ("Controls", ("middle", "mixed"))):
            charted = [one for one in some if one["arm"]["asks"] in asks]
            if charted:
                yield Section(
                    title=title,
                    words="Accuracy by tenth of the context, one line a seed; bands are 95% intervals (Wilson).",
                    charts=[curves(charted, title)],
                )
    sweep = [one for one in sound if not is_plain(one["arm"])]
    if sweep:
        yield _sweep([*(one for one in plain if one["arm"]["asks"] == "ends"), *sweep])
    failed = [one for one in found.results if "failed" in one]
    yield Section(
        title="Runs that failed",
        words="" if failed else "None.",
        columns=("Arm", "Seed", "Why") if failed else (),
        rows=[(_arm(one["arm"]), str(one["seed"]), one["failed"]) for one in failed],
    )


def _forgotten(results: Sequence[Mapping[str, Any]]) -> Iterator[Section]:
    """What each measure does, and everything measured by seed."""
    listed = lines(results)
    yield Section(
        title="Measures",
        words=(
            "Percent of held-out questions answered right, means over seeds; then the paired difference "
            "from the arm beside it, with a 95% interval by Student's t over seeds. An interval of "
            "three seeds is wide, and none at all where all three agree."
        ),
        columns=("Arm", "Old", "New", "Third", "Beside", "Old, difference", "New, difference", ""),
        rows=[
            (
                one.arm,
                *(f"{one.mean(task):.1f}" for task in ("old", "new", "third")),
                one.beside if one.against else "",
                *(str(one.against[task]) if one.against else "" for task in ("old", "new")),
                one.said,
            )
            for one in listed
        ],
    )
    yield Section(
        title="By seed",
        columns=("Arm", "Seed", "Old", "New", "Third"),
        rows=[
            (
                one["arm"],
                str(one["seed"]),
                *(
                    _cell(task, {**one, "questions": one["questions"][task]})
                    for task in ("old", "new", "third")
                ),
            )
            for one in results
        ],
    )


def curves(results: Sequence[Mapping[str, Any]], title: str) -> Chart:
    """A line for each result, and the band of its interval."""
    tenths = [str(place + 1) for place in range(len(results[0]["values"]))]
    series = [line for one in results for line in _lines(one)]
    bases = {one["seed"]: one["base"]["long"] for one in results if one["base"]}
    series += [_base(seed, values) for seed, values in sorted(bases.items())]
    rows = [
        (
            f"{NAMES[one['arm']['asks']]}, seed {one['seed']}",
            *one["values"],
            one["mean"],
            one["gap"],
        )
        for one in results
    ]
    option = {
        "aria": {"enabled": True},
        "grid": {**GRID, "top": 30},
        "tooltip": TOOLTIP,
        "xAxis": {"type": "category", "data": tenths, "name": "tenth", **AXIS},
        "yAxis": {"type": "value", "min": 0, "max": 100, "name": "%", **AXIS},
        "series": series,
    }
    said = ", ".join(dict.fromkeys(NAMES[one["arm"]["asks"]] for one in results))
    return Chart(
        title=title,
        note=f"{said}; dashed: the base before it",
        option=option,
        columns=("Arm", *tenths, "Mean", "Gap"),
        rows=tuple(rows),
    )


def _lines(one: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    colour, name = COLOURS[one["arm"]["asks"]], f"{one['arm']['asks']}, seed {one['seed']}"
    hidden = {"type": "line", "symbol": "none", "silent": True, "animation": False}
    hidden |= {"lineStyle": {"opacity": 0}, "stack": name, "tooltip": {"show": False}}
    yield {**hidden, "data": one["low"]}
    widths = [round(high - low, 2) for low, high in zip(one["low"], one["high"], strict=True)]
    yield {**hidden, "data": widths, "areaStyle": {"color": colour, "opacity": 0.12}}
    yield {
        "name": name,
        "type": "line",
        "data": one["values"],
        "symbolSize": 5,
        "lineStyle": {"color": colour, "width": 2},
        "itemStyle": {"color": colour},
        "animation": False,
    }


def _base(seed: int, values: Sequence[float]) -> dict[str, Any]:
    return {
        "name": f"base, seed {seed}",
        "type": "line",
        "data": list(values),
        "symbol": "none",
        "lineStyle": {"color": "--distractor", "width": 1, "type": "dashed"},
        "itemStyle": {"color": "--distractor"},
        "animation": False,
    }


def _sweep(results: Sequence[Mapping[str, Any]]) -> Section:
    return Section(
        title="Sweep",
        words=(
            "Arm (a) with another base of the rotary positions, another edge, another number of "
            "steps, seed 0 alone, beside its figures as above. The thresholds are not for these."
        ),
        columns=("Arm", "Seed", *map(str, range(1, 11)), "Mean", "Gap"),
        rows=[
            (_arm(one["arm"]), str(one["seed"]), *one["values"], one["mean"], one["gap"])
            for one in results
        ],
    )


def _arm(arm: Mapping[str, Any]) -> str:
    method = ", LoRA" if arm["method"] == "lora" else ""
    edge, steps = f"edge {arm['edge']:.0%}", f"{arm['steps']} steps"
    return f"{arm['asks']}{method}, theta {arm['theta']:g}, {edge}, {steps}"


def _plain_table(results: Sequence[Mapping[str, Any]]) -> Section:
    """Everything measured, a row each."""
    names = [name for name in COLUMNS if results and name in results[0]]
    return Section(
        title="What was measured",
        words="In percent of the questions, with 95% intervals (Wilson).",
        columns=tuple(COLUMNS[name] for name in names),
        rows=[tuple(_cell(name, one) for name in names) for one in results],
    )


def _cell(name: str, one: Mapping[str, Any]) -> str:
    value = one[name]
    if name == "wrong":
        return f"{value:.0%}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name in ("seed", "questions"):
        return str(value)
    total = int(one["questions"])
    low, high, _ = wilson(round(value / 100 * total), total)
    return f"{value:.1f} ({100 * low:.0f}–{100 * high:.0f})"
