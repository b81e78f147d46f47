"""The words typed after ``longgrain compare`` > paired differences of two probes, as a table or JSON."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from longgrain.compare import Difference


def compare(
    a: Path,
    b: Path,
    /,
    *,
    positions: Annotated[bool, Parameter(negative=(), show_default=False)] = False,
    seed: int = 17,
    json: Annotated[bool, Parameter(negative=(), show_default=False)] = False,
) -> None:
    """Say how much better or worse the second of two probes is, question by question.

    Parameters
    ----------
    a
        The folder of a probe, such as that of the model before training.
    b
        The folder of the same probe with another model.
    positions
        A line for each position, with its interval.
    seed
        Of the bootstrap.
    json
        Print everything as JSON instead of a table.
    """
    from longgrain.compare import compare as pair
    from longgrain.terminal import console

    found = pair(a, b, seed=seed)
    if json:
        sys.stdout.buffer.write(found.json() + b"\n")
        return
    out = console()
    out.print(f"[bold]{found.probe}[/bold]: A is {found.a}, B is {found.b}", highlight=False)
    shown = [one for one in found.differences if positions or one.position is None]
    out.print(_table(shown, "position"))
    for name, others in (("questions", found.groups), ("figure", found.beside)):
        if others:
            out.print(_table(others, name))
    out.print(
        f"{found.figure} in points of a hundred, B less A of the same questions; 95% bootstrap "
        f"intervals over items (seed {found.seed}); * where it leaves 0 out",
        style="dim",
    )
    for warning in found.warnings:
        out.print(warning, style="yellow")
    for reason, count in found.unpaired.items():
        if count:
            out.print(f"{count:,} questions are left out: {reason}", style="yellow")
    if found.other_prompts:
        out.print(
            f"{found.other_prompts:,} of the pairs have prompts of different length: the filler "
            "or the tokenizer is another",
            style="yellow",
        )
    if not positions:
        print("\nnext: --positions for a line a position")


def _table(differences: Sequence[Difference], what: str) -> Table:
    """Differences by position, by group of questions, or of other figures."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2 if what == "position" else 1, 0, 0))
    for name in ("context", "size", what):
        table.add_column(name, no_wrap=True)
    for name in ("A", "B", "B - A", "95%", "better", "worse", "pairs"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in differences:
        table.add_row(*_cells(one))
    return table


def _cells(one: Difference) -> tuple[str, ...]:
    known = one.low is not None and one.high is not None
    apart = known and not (one.low or 0.0) <= 0 <= (one.high or 0.0)
    interval = f"{100 * (one.low or 0):+.1f}..{100 * (one.high or 0):+.1f}" if known else ""
    place = "all" if one.position is None else str(one.position + 1)
    return (
        one.context,
        one.size,
        one.group or one.figure or place,
        f"{100 * one.a:.1f}",
        f"{100 * one.b:.1f}",
        f"{100 * one.value:+.1f}{'*' if apart else ' '}",
        interval,
        f"{one.better:,}",
        f"{one.worse:,}",
        f"{one.pairs:,}",
    )
