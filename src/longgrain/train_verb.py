"""The words typed after ``longgrain train`` > a tuned model in a folder, and what came of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from longgrain.train.settings import Settings

if TYPE_CHECKING:
    from longgrain.train.record import Record
    from longgrain.train.search import Search

Flag = Annotated[bool, Parameter(negative=(), show_default=False)]


def train(
    run: Path,
    /,
    *,
    out: Path | None = None,
    replace: Flag = False,
    search: int = 0,
    search_space: str = "",
    keep_trials: Flag = False,
    settings: Annotated[Settings | None, Parameter(name="*")] = None,
) -> None:
    """Train a model on the rows of a run, or a head on labels; goes on where it was stopped.

    Parameters
    ----------
    run
        The run's folder; with --task also a file of labelled texts, or a folder of such files.
    out
        The folder of the tuned model; RUN/models/MODEL if it is not given, beside a file FILE-MODEL.
    replace
        Remove another training or search that lies in that folder; the same one goes on.
    search
        Make so many trainings with other settings (trials), and keep the best.
    search_space
        What trials may change: lr=1e-5..1e-3:log,epochs=1..3,batch=4|8; else learning rate and epochs.
    keep_trials
        Keep the models of all trials.
    """
    from longgrain import terminal, train_terminal
    from longgrain.errors import PlanError

    asked = settings or Settings()
    folder = out or _folder(run, asked)
    if not search and (search_space or keep_trials):
        raise PlanError("--search-space and --keep-trials belong to a search; give --search N")
    quiet = os.environ.get("RANK", "0") != "0"  # of several processes one speaks
    try:
        with train_terminal.watching(quiet=quiet, brief=bool(search)) as shown:
            how: dict[str, Any] = {"replace": replace, "tell": shown.tell, "watch": shown.watch}
            if search:
                how |= {"space": search_space, "keep": keep_trials}
                found = _searcher()(run, asked, search, folder, **how)
            else:
                record = _trainer(asked)(run, asked, folder, **how)
    except KeyboardInterrupt:
        again = "stopped; the same command goes on from the last checkpoint"
        terminal.console(stderr=True).print(f"\n{again}")
        sys.exit(130)
    if search:
        train_terminal.trials(terminal.console(), found)
    elif not quiet:
        train_terminal.summary(terminal.console(), record)


def _folder(run: Path, asked: Settings) -> Path:
    """Where a model goes that was given no place."""
    name = Path(asked.model or asked.config).stem
    return run.with_name(f"{run.stem}-{name}") if run.is_file() else run / "models" / name


def _trainer(asked: Settings) -> Callable[..., Record]:
    """What trains as asked. TrainError where a library is missing."""
    with _installed("train"):
        if asked.task:
            from longgrain.train.heads.tuning import tune as tune_head

            return tune_head
        from longgrain.run import Run
        from longgrain.train.tuning import tune

        return lambda run, *words, **how: tune(Run(run), *words, **how)


def _searcher() -> Callable[..., Search]:
    with _installed("train,search"):
        from longgrain.train.search import search

        return search


@contextmanager
def _installed(extras: str) -> Iterator[None]:
    from longgrain.errors import TrainError

    try:
        yield
    except ModuleNotFoundError as error:
        raise TrainError(
            f"this needs {error.name}, which is not installed; `pip install 'longgrain[{extras}]'`"
        ) from error
