"""The rows of a run and a model > a tuned model in a folder, with a record of what it was trained on.

The training itself is that of the transformers library (its Trainer), with adapters by PEFT. This room
holds what those do not: packed rows whose examples stay apart, a weight for every token, losses that
do not depend on packing and accumulation, and checks that stop what would go wrong silently.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from longgrain.train.settings import Settings

if TYPE_CHECKING:
    from longgrain.run import Run
    from longgrain.train.record import Record

__all__ = ["Settings", "train"]


def train(
    run: Run | Path | str,
    settings: Settings,
    out: Path | str,
    *,
    replace: bool = False,
    tell: Callable[[str], None] = lambda words: None,
) -> Record:
    """Trains a model on the rows of side train and writes it into the folder ``out``.

    With ``settings.task`` a head on an encoder learns labels: ``run`` may then be a file, or a folder of
    files, of labelled texts.
    Goes on where an earlier training of the same run with the same settings was stopped there.
    ``tell`` is told of each step. Raises TrainError for what cannot be, PlanError for settings.
    """
    from longgrain.run import Run as Opened
    from longgrain.train.tuning import tune

    if settings.task:
        from longgrain.train.heads.tuning import tune as tune_head

        source = Path(run) if isinstance(run, str | Path) else run.folder
        return tune_head(source, settings, Path(out), replace=replace, tell=tell)
    opened = Opened(Path(run)) if isinstance(run, str | Path) else run
    return tune(opened, settings, Path(out), replace=replace, tell=tell)
