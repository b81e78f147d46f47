"""The words typed after ``longgrain decisions`` > how far people agree, or their decisions out or in."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

Format = Literal["jsonl", "argilla", "label-studio", "task", "rows"]


def decisions(
    folder: Path,
    /,
    *,
    export: Path | None = None,
    bring_in: Annotated[Path | None, Parameter(name="--import")] = None,
    format: Format | None = None,
    more: int = 0,
    pairs: Annotated[tuple[Path, Path] | None, Parameter(negative=())] = None,
    json: Annotated[bool, Parameter(negative=(), show_default=False)] = False,
) -> None:
    """Say what people decided and how far they agree; take decisions to other tools and back.

    Parameters
    ----------
    folder
        The folder that was reviewed: a run, or another one with a review.sqlite.
    export
        Write the decisions there: a file for jsonl, task and rows, else a folder.
    bring_in
        Add the decisions of a file or folder to those that are there; none is written over.
    format
        jsonl, argilla, label-studio; of labels also task (what heads train on) and rows (what
        recipe sft reads). Seen from the path if it is not given.
    more
        To Argilla or Label Studio, also so many examples that nobody decided about.
    pairs
        The answers that were compared, as given to `longgrain review --pairs`, to show their words.
    json
        Print everything as JSON instead of tables.
    """
    if export is not None:
        _export(folder, export, format, more, pairs)
    elif bring_in is not None:
        _import(folder, bring_in, format)
    else:
        _show(folder, json=json)


def _show(folder: Path, *, json: bool) -> None:
    from longgrain import decisions_terminal, terminal
    from longgrain.review.agreement import summary
    from longgrain.review.gathered import gather

    found = summary(gather([folder]), folder)
    if json:
        sys.stdout.buffer.write(found.json() + b"\n")
        return
    decisions_terminal.show(terminal.console(), found)


def _export(
    folder: Path, out: Path, form: Format | None, more: int, pairs: tuple[Path, Path] | None
) -> None:
    from longgrain import terminal
    from longgrain.errors import RunError
    from longgrain.review.exchange import export

    form = form or ("jsonl" if out.suffix == ".jsonl" else None)
    if form is None:
        raise RunError(
            f"{out} does not say in which format to write; give --format jsonl, argilla, label-studio, "
            "task or rows, or a name that ends in .jsonl"
        )
    made = export(folder, out, form, more=more, pairs=pairs)
    for path in made.paths:
        terminal.console().print(f"wrote {path}  {terminal.size(path.stat().st_size)}")
    print(f"{made.decisions:,} decisions")
    _tell("not in these files", made.lost)


def _import(folder: Path, path: Path, form: Format | None) -> None:
    from longgrain.review.exchange import bring_in

    found = bring_in(folder, path, form)
    print(f"{found.added:,} decisions added to {folder}, {found.known:,} were there already")
    _tell("note", found.notes)


def _tell(what: str, counts: Mapping[str, int]) -> None:
    from longgrain.terminal import console

    for reason, count in counts.items():
        console().print(f"{what}: {count:,} {reason}", style="yellow", markup=False)
