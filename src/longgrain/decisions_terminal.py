"""What people decided and how far they agree > tables for a terminal of 100 columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console

    from longgrain.review.agreement import Agreed, Compared, Summary
    from longgrain.review.figures import Figure

NAME = 34  # columns of a rubric's or a group's name
# Below it a conclusion from labels is tentative, above the second it is customary (Krippendorff 2004).
TENTATIVE, CUSTOMARY = 0.667, 0.8


def show(out: Console, found: Summary) -> None:
    """People, agreement, comparisons and acceptance, as far as there are any."""
    people = "1 person" if len(found.people) == 1 else f"{len(found.people):,} people"
    head = f"{found.decisions:,} decisions of {people}, {found.standing:,} of them stand"
    out.print(Text(head, "bold"))
    for table in (_people(found), _agreement(found), _pairs(found), _acceptance(found)):
        if table.row_count:
            out.print()
            out.print(table)
    out.print()
    for line, style in _remarks(found):
        out.print(Text(line, style))


def _table(*names: str, right: tuple[str, ...] = ()) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in names:
        table.add_column(name, justify="right" if name in right else "left", no_wrap=True)
    return table


def _people(found: Summary) -> Table:
    numbers = ("decided", "skipped", "seconds an item")
    table = _table("person", *numbers, right=numbers)
    for one in found.people:
        seconds = "" if one.seconds is None else f"{one.seconds:.0f}"
        table.add_row(_cut(one.by), f"{one.decided:,}", f"{one.skipped:,}", seconds)
    return table


def _agreement(found: Summary) -> Table:
    numbers = ("value", "items")
    table = _table("agreement on", "figure", "value", "95% interval", "items", right=numbers)
    for name, agreed in _questions(found):
        for figure, value in _figures(agreed):
            table.add_row(_cut(name), figure, *_cells(value))
            name = ""
    for part, ways in found.marks.items():
        for way, value in ways.items():
            table.add_row(part if way == "exact" else "", f"F1, {way}", *_cells(value))
    if found.again:
        shares = (
            ("verdicts", found.again.verdicts),
            ("ratings", found.again.ratings),
            ("labels", found.again.labels),
        )
        for name, value in shares:
            if value.items:
                table.add_row(f"{name} that came again", "same as before", *_cells(value))
    return table


def _questions(found: Summary) -> Iterator[tuple[str, Agreed]]:
    if found.verdicts:
        yield "verdicts", found.verdicts
    yield from found.rubrics.items()
    if found.classes:
        yield "classes", found.classes
    for one in found.pairs:
        yield "which answer is better", one.agreed


def _figures(agreed: Agreed) -> Iterator[tuple[str, Figure]]:
    yield "alpha", agreed.alpha
    if agreed.cohen:
        yield "Cohen's kappa", agreed.cohen
    if agreed.fleiss:
        yield "Fleiss' kappa", agreed.fleiss
    yield "equal pairs", agreed.equal


def _cells(one: Figure) -> tuple[str, str, str]:
    value = "not known" if one.value is None else f"{one.value:.2f}"
    interval = "" if one.low is None or one.high is None else f"{one.low:.2f} .. {one.high:.2f}"
    return value, interval, f"{one.items:,}"


def _pairs(found: Summary) -> Table:
    numbers = ("better", "other", "ties", "share")
    table = _table("answers of", *numbers, "95% interval", right=numbers)
    for one in found.pairs:
        share, interval, _ = _cells(one.share)
        counts = (f"{one.a_better:,}", f"{one.b_better:,}", f"{one.ties:,}")
        table.add_row(_cut(f"{one.a} against {one.b}"), *counts, share, interval)
        share, interval, _ = _cells(one.left)
        table.add_row("  the left one, whichever it was", "", "", "", share, interval)
    return table


def _acceptance(found: Summary) -> Table:
    numbers = ("accepted", "edited", "rejected", "share")
    table = _table("accepted as it is, by", *numbers, "95% interval", right=numbers)
    last = ""
    for one in found.acceptance:
        if one.by != last and one.by != "all":
            table.add_row(Text(one.by, "dim"), *[""] * 5)
        share, interval, _ = _cells(one.share)
        counts = (f"{one.accepted:,}", f"{one.edited:,}", f"{one.rejected:,}")
        name = Text("all examples") if one.by == "all" else Text("  ").append_text(_cut(one.name))
        table.add_row(name, *counts, share, interval)
        last = one.by
    return table


def _remarks(found: Summary) -> Iterator[tuple[str, str]]:
    for name, agreed in _questions(found):
        value = agreed.alpha.value
        if value is not None and value < TENTATIVE:
            yield (
                f"{_cut(name)}: alpha {value:.2f} is below {TENTATIVE}: they do not judge alike "
                "(docs/human-evaluation.md)",
                "yellow",
            )
        if agreed.people > 1 and agreed.single:
            yield f"{_cut(name)}: {agreed.single:,} items have the word of one person only", "dim"
    for pair in found.pairs:
        yield from _bias(pair)
    for reason, count in found.unscored.items():
        yield f"not counted: {count:,} x {reason}", "yellow"
    yield "95% intervals: Wilson's where each item has one word, else bootstrap over items", "dim"


def _bias(pair: Compared) -> Iterator[tuple[str, str]]:
    if pair.bias:
        yield (
            f"{pair.a} against {pair.b}: the {pair.bias} side wins more often than chance explains, so "
            "position sways these people",
            "yellow",
        )


def _cut(name: str) -> Text:
    """A name as it is: nothing in it takes effect."""
    said = " ".join(name.split())
    return Text(said if len(said) <= NAME else said[: NAME - 1] + "…")
