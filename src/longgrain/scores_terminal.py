"""Scores > a table for a terminal of 100 columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from longgrain.judge import Judge
    from longgrain.score import Scores
    from longgrain.sheet import Total

NOT_HAD_AT_ALL = "not to be had from these items"
NAME, GROUP = 22, 18  # columns of a figure's and a group's name


def show(out: Console, found: Scores) -> None:
    """A line for each figure and group, and below why items were not scored."""
    against = f" against {found.references}" if found.references else ""
    out.print(Text(f"{found.items:,} items of {found.predictions}{against}", "bold"))
    out.print(_table(found))
    shares = any(one.share for one in found.totals)
    out.print(
        Text(
            ("shares in percent; " if shares else "") + "95% intervals: Wilson's of shares "
            f"of items, else bootstrap over items (seed {found.seed})",
            "dim",
        )
    )
    if found.ungrouped:
        words = f"{found.ungrouped:,} items without a field {found.by} are in no group"
        out.print(Text(words, "yellow"))
    for line in _unscored(found):
        out.print(Text(line, "yellow"))


def warn(out: Console, judge: Judge, predictions: Path) -> None:
    """A line where judge and judged look like one family."""
    from longgrain.judge import kin

    if words := kin(judge.name, str(predictions)):
        out.print(Text(words, "yellow"))


def paid(out: Console, judge: Judge) -> None:
    """What the judge was asked and cost, and why no more was asked."""
    counts = judge.counts
    words = (
        f"judge {judge.name}: {counts.asked:,} calls, {counts.from_ledger:,} verdicts from "
        f"{judge.folder}, {counts.prompt_tokens + counts.reply_tokens:,} tokens"
    )
    out.print(Text(words + (f", {counts.money:.4f} paid" if counts.money else "")))


def _table(found: Scores) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("metric", "figure", *((found.by,) if found.by else ())):
        table.add_column(name, no_wrap=True)
    for name in ("score", "95% interval", "scored", "not"):
        table.add_column(name, justify="right", no_wrap=True)
    last = ""
    for one in _shown(found.totals):
        group = (_cut(one.group or "all", GROUP),) if found.by else ()
        missing = sum(one.unscored.values())
        table.add_row(
            _cut(one.metric if one.metric != last else "", NAME),
            _cut(one.figure, NAME),
            *group,
            _number(one, one.value),
            f"{_number(one, one.low)} .. {_number(one, one.high)}" if one.method else "",
            f"{one.scored:,}",
            Text(f"{missing:,}" if missing else "", "yellow"),
        )
        last = one.metric
    return table


def _shown(totals: Sequence[Total]) -> list[Total]:
    """Without figures that no item has, where the metric has others: they are named below."""
    had = {(one.metric, one.figure) for one in totals if one.value is not None}
    metrics = {metric for metric, _ in had}
    return [one for one in totals if (one.metric, one.figure) in had or one.metric not in metrics]


def _number(one: Total, value: float | None) -> str:
    if value is None:
        return "not scored"
    if one.share:
        return f"{100 * value:.2f}"
    return f"{value:,.2f}" if abs(value) >= 1 or not value else f"{value:.3g}"


def _cut(words: str, columns: int) -> str:
    text = Text(" ".join(words.split()))
    text.truncate(columns, overflow="ellipsis")
    return text.plain


def _unscored(found: Scores) -> list[str]:
    """Why items of the whole were not scored, the figures of a metric with equal reasons once."""
    said: dict[tuple[str, str], list[str]] = {}
    sizes: dict[str, int] = {}
    for one in found.totals:
        if not one.group:
            sizes[one.metric] = sizes.get(one.metric, 0) + 1
            counted = one.unscored or ({NOT_HAD_AT_ALL: 0} if one.value is None else {})
            reasons = ", ".join(
                f"{count:,} {reason}" if count else reason for reason, count in counted.items()
            )
            said.setdefault((one.metric, reasons), []).append(one.figure)
    return [
        f"{metric}{'' if len(figures) == sizes[metric] else ' ' + ', '.join(figures)} not scored: "
        + reasons
        for (metric, reasons), figures in said.items()
        if reasons
    ]
