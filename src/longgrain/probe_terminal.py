"""The summary of a probe > a table for a terminal of 100 columns: lengths down, positions across."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console

    from longgrain.probe_scores import Summary, Total

ACROSS = 10  # positions that fit; more are taken together


def show(out: Console, found: Summary) -> None:
    """The scores, other figures, what must be said of them, and what was not scored."""
    asked = found.asked
    out.print(Text(f"{asked['probe']} ({asked['language']}), {asked['model']}", "bold"))
    out.print(_table(found))
    figure, seed = asked["measure"]["figure"], asked["seed"]
    said = f"{figure} in percent, by position from the beginning of the context to its end; "
    out.print(Text(f"{said}95% intervals; seed {seed}", "dim"))
    if found.groups:
        out.print(_groups(found))
    for one in found.totals:
        if one.figure != figure:
            out.print(
                f"{one.context}, {one.size}: {one.figure} {_percent(one.value)}{_interval(one)}"
            )
    for topic, words in found.said.items():
        out.print(Text(f"{topic}: {words}", "dim"))
    for line in unscored(found):
        out.print(Text(line, "yellow"))


def _table(found: Summary) -> Table:
    figure = found.asked["measure"]["figure"]
    rows: dict[tuple[str, str], list[Total]] = {}
    for one in found.totals:
        if one.figure == figure:
            rows.setdefault((one.context, one.size), []).append(one)
    across = min(ACROSS, max((len(own) - 1 for own in rows.values()), default=0))
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for name in ("context", "size"):
        table.add_column(name, no_wrap=True)
    for name in ("score", "95%", *map(str, range(1, across + 1)), "scored", "not"):
        table.add_column(name, justify="right", no_wrap=True)
    for (context, size), (whole, *placed) in rows.items():
        cells = [_share(some) for some in _gathered(placed, across)] if placed else []
        table.add_row(
            context,
            size,
            _percent(whole.value),
            _interval(whole).strip(),
            *cells,
            *[""] * (across - len(cells)),
            f"{whole.scored:,}",
            Text(f"{sum(whole.unscored.values()):,}" if whole.unscored else "", "yellow"),
        )
    return table


def _groups(found: Summary) -> Table:
    """The scores of each group of questions."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("context", "size", "questions"):
        table.add_column(name, no_wrap=True)
    for name in ("score", "95%", "scored"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in found.groups:
        interval = _interval(one).strip()
        table.add_row(
            one.context, one.size, one.group, _percent(one.value), interval, f"{one.scored:,}"
        )
    return table


def _gathered(placed: list[Total], columns: int) -> list[list[Total]]:
    """The positions in at most so many groups of neighbours."""
    columns = min(columns, len(placed))
    edges = [round(i * len(placed) / columns) for i in range(columns + 1)]
    return [placed[a:b] for a, b in pairwise(edges)]


def _share(some: list[Total]) -> str:
    """The mean of positions, each with the weight of what was scored there."""
    scored = sum(one.scored for one in some)
    if not scored:
        return "-"
    return f"{100 * sum((one.value or 0.0) * one.scored for one in some) / scored:.0f}"


def _percent(value: float | None) -> str:
    return "not scored" if value is None else f"{100 * value:.1f}"


def _interval(one: Total) -> str:
    if one.low is None or one.high is None:
        return ""
    return f" {100 * one.low:.0f}..{100 * one.high:.0f}"


def unscored(found: Summary) -> list[str]:
    """For each context and size why questions were not scored, and how many."""
    figure = found.asked["measure"]["figure"]
    return [
        f"{one.context}, {one.size}: not scored: "
        + ", ".join(f"{count:,} {reason}" for reason, count in one.unscored.items())
        for one in found.totals
        if one.figure == figure and one.position is None and one.unscored
    ]
