"""The words typed after ``longgrain report`` > the evaluation of a run as one page, its conclusions in the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

if TYPE_CHECKING:
    from longgrain.evaluation import Evaluation

Flag = Annotated[bool, Parameter(negative=(), show_default=False)]
Many = Parameter(negative=(), show_default=False)


def report(
    run: Path,
    /,
    *,
    probe: Annotated[tuple[str, ...], Many] = (),
    scores: Annotated[tuple[str, ...], Many] = (),
    trained: Annotated[tuple[Path, ...], Many] = (),
    review: Flag = False,
    decisions: Annotated[tuple[Path, ...], Many] = (),
    out: Path | None = None,
) -> None:
    """Put everything that was measured of a run and its models on one page, with conclusions.

    Parameters
    ----------
    run
        The run's folder.
    probe
        A folder of `longgrain probe`, as NAME=FOLDER to name it. May be given again: of two folders
        of one probe the first is before and the second after.
    scores
        A file of `longgrain score --json` or `--out`, as NAME=FILE to name it. May be given again.
    trained
        A folder of `longgrain train`, for its costs. May be given again.
    review
        Say what people decided in `longgrain review` of this run, and how far they agree.
    decisions
        The same of another place: a file of decisions or a reviewed folder. May be given again.
    out
        The page; evaluation.html in the run's folder if it is not given.
    """
    from longgrain import terminal
    from longgrain.evaluation import FILE, evaluated
    from longgrain.evaluation.page import write
    from longgrain.run import Run

    path = out or run / FILE
    places = (*([run] if review else []), *decisions)
    found = evaluated(Run(run), probe, scores=scores, trained=trained, review=places)
    write(found, path)
    _say(found)
    terminal.console().print(f"\nwrote {path}")


def _say(found: Evaluation) -> None:
    from rich.text import Text

    from longgrain.terminal import console

    out = console()
    for one in found.findings:
        mark = ("• ", "bold green") if one.supported else ("? ", "bold yellow")
        out.print(Text.assemble(mark, one.text))
    if not found.findings:
        out.print("no probe was given, so there is nothing to conclude; add --probe FOLDER")
