"""A proof > tables for a terminal: accuracy by position or what else was measured, and the thresholds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from longgrain.prove import Proved


def show(console: Console, found: Proved) -> None:
    """Figures, then thresholds, then one line of what came of it."""
    if found.proof == "position":
        console.print(_curves(found))
    if found.proof == "forgetting":
        console.print(_measures(found))
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("", "seed", "wanted", "found", ""):
        table.add_column(name)
    for one in found.verdicts:
        said = "[green]met[/]" if one.met else "[bold red]missed[/]"
        table.add_row(one.what, str(one.seed), one.wanted, one.found, said)
    console.print(table)
    met = sum(one.met for one in found.verdicts)
    seconds = f"{found.seconds['wall']:,.0f} s of clock and {found.seconds['cpu']:,.0f} s of CPU"
    console.print(f"\n{met} of {len(found.verdicts)} thresholds met; {seconds}, seeds added up")


def _measures(found: Proved) -> Table:
    from longgrain.prove.forgotten import lines

    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("arm", "old", "new", "third", "against", "old", "new"):
        table.add_column(name, justify="left" if name in ("arm", "against") else "right")
    for one in lines(found.results):
        means = [f"{one.mean(task):.1f}" for task in ("old", "new", "third")]
        against = [str(one.against[task]) if one.against else "" for task in ("old", "new")]
        table.add_row(one.arm, *means, one.beside if one.against else "", *against)
    return table


def _curves(found: Proved) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("arm", "seed", *map(str, range(1, 11)), "mean", "gap"):
        table.add_column(name, justify="left" if name in ("arm", "seed") else "right")
    for one in found.results:
        arm = one["arm"]
        name = f"{arm['asks']} {arm['method']} {arm['theta']:g} {arm['edge']:g} {arm['steps']}"
        if "failed" in one:
            table.add_row(name, str(one["seed"]), "failed")
            continue
        values = [f"{value:.0f}" for value in one["values"]]
        table.add_row(name, str(one["seed"]), *values, f"{one['mean']:.1f}", f"{one['gap']:.1f}")
    return table
