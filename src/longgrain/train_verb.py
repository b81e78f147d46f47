"""The words typed after ``longgrain train`` > a tuned model in a folder, and what came of it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from longgrain.train.settings import Settings


def train(
    run: Path,
    /,
    *,
    out: Path | None = None,
    replace: Annotated[bool, Parameter(negative=(), show_default=False)] = False,
    settings: Annotated[Settings | None, Parameter(name="*")] = None,
) -> None:
    """Train a model on the rows of a run; goes on where the same training was stopped.

    Parameters
    ----------
    run
        The run's folder.
    out
        The folder of the tuned model; RUN/models/MODEL if it is not given.
    replace
        Remove another training that lies in that folder; the same one goes on.
    """
    from longgrain import terminal, train_terminal
    from longgrain.errors import TrainError
    from longgrain.run import Run

    asked, opened = settings or Settings(), Run(run)
    folder = out or run / "models" / Path(asked.model or asked.config).stem
    try:
        from longgrain.train.tuning import tune
    except ModuleNotFoundError as error:
        raise TrainError(
            f"training needs {error.name}, which is not installed; `pip install 'longgrain[train]'`"
        ) from error
    quiet = os.environ.get("RANK", "0") != "0"  # of several processes one speaks
    try:
        with train_terminal.watching(quiet=quiet) as shown:
            record = tune(
                opened, asked, folder, replace=replace, tell=shown.tell, watch=shown.watch
            )
    except KeyboardInterrupt:
        again = "stopped; the same command goes on from the last checkpoint"
        terminal.console(stderr=True).print(f"\n{again}")
        sys.exit(130)
    if not quiet:
        train_terminal.summary(terminal.console(), record)
