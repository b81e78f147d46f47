"""A run, runs of later stages and settings > models, each begun from the one before, and what each forgot.

Stage n learns from run n in a folder of its own. The measures against forgetting (--replay, --ewc, --si)
take all earlier runs as the older tasks. After each stage the validation loss of every run so far is
measured: the forgetting matrix, in the train.json of each stage.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from dataclasses import replace as changed
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from longgrain.errors import PlanError
from longgrain.run import Run
from longgrain.train.job import Tell, first_process
from longgrain.train.measures import listed
from longgrain.train.path import FILE as PATH
from longgrain.train.record import Record
from longgrain.train.settings import Settings
from longgrain.train.watching import Watch

# What a stage inherits from the one before and would otherwise do a second time.
ONCE: dict[str, Any] = {
    "config": "",
    "revision": "main",
    "rope": "as-is",
    "rope_factor": 1.0,
    "rope_base": None,
    "positions": None,
}


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A run, and the settings that are this stage's own."""

    run: str
    own: Mapping[str, str]

    @classmethod
    def read(cls, words: str) -> Stage:
        """``RUN`` or ``RUN:setting=value:setting=value``. PlanError for what is no setting."""
        run, *parts = (one.strip() for one in words.split(":"))
        own = {}
        known = {one.name for one in fields(Settings)} - {*ONCE, "model", "then", "old"}
        for part in parts:
            name, _, value = part.partition("=")
            own[name.strip().replace("-", "_")] = value.strip()
        if strange := [name for name in own if name not in known or not own[name]]:
            raise PlanError(
                f"then {words!r}: {strange[0]!r} is no setting that a stage can have of its own, so "
                "nobody knows what is meant; write RUN:replay=0.1:epochs=2"
            )
        return cls(run=run, own=own)


def staged(
    run: Run, settings: Settings, folder: Path, *, replace: bool, tell: Tell, watch: Watch
) -> Record:
    """Trains all stages, each that is finished once; the record of the last."""
    from longgrain.train.tuning import tune

    stages = [Stage(run=str(run.folder), own={}), *map(Stage.read, listed(settings.then))]
    earlier, model, records = listed(settings.old), "", list[Record]()
    _distinct([*earlier, *(one.run for one in stages)])
    path = bool(settings.si) or any("si" in one.own for one in stages)
    for one in stages[1:]:  # a stage that cannot be is refused before the first is trained
        _settings(settings, one, ["earlier"], "before", path=path)
    for number, one in enumerate(stages):
        opened = Run(Path(one.run)) if number else run
        now = _settings(settings, one, earlier, model, path=path)
        out = folder / f"{number + 1}-{opened.manifest['name']}"
        tell(f"stage {number + 1} of {len(stages)}: {one.run}")
        records.append(tune(opened, now, out, replace=replace, tell=tell, watch=watch))
        earlier, model = [*earlier, one.run], str(out)
        seen = {**records[-1].found, "forgetting": matrix(earlier, records)}
        records[-1] = changed(records[-1], found=seen)
        if first_process():
            records[-1].write()
    return records[-1]


def _distinct(runs: Sequence[str]) -> None:
    if len({*runs}) < len(runs):
        raise PlanError(
            f"one of the runs {', '.join(runs)} is there twice, so what is new in one stage would be "
            "old in it, too; name each once"
        )


def _settings(
    whole: Settings, stage: Stage, earlier: Sequence[str], model: str, *, path: bool
) -> Settings:
    """Those of one stage; of the first (no ``model``), measures only where there is something older."""
    now = whole.as_dict() | {"then": "", "old": ",".join(earlier)}
    if model:
        now |= {**ONCE, "model": model}
    else:
        now |= {} if earlier else {"replay": 0.0, "ewc": 0.0}
        now |= {} if (Path(whole.model) / PATH).is_file() else {"si": 0.0}
    # What a later stage is to hold has to be written down by the ones before it.
    now |= {"record_path": path or whole.record_path}
    try:
        return TypeAdapter(Settings).validate_python({**now, **stage.own})
    except ValidationError as error:
        raise PlanError(
            f"stage {stage.run} cannot have these settings ({error.errors()[0]['msg']}: "
            f"{dict(stage.own)}); correct them behind --then"
        ) from error


def matrix(runs: Sequence[str], records: Sequence[Record]) -> dict[str, Any]:
    """Validation losses: ``before`` the first stage and ``after`` each, by run; None where none was measured."""
    first = records[0].found["old_valid"]["by_run"]
    return {
        "runs": list(runs),
        "before": [first.get(one, {}).get("before") for one in runs],
        "after": [_row(runs, number, one) for number, one in enumerate(records)],
    }


def _row(runs: Sequence[str], number: int, record: Record) -> list[float | None]:
    """The losses after one stage; its own run stands behind all older ones."""
    by_run = record.found["old_valid"]["by_run"]
    own = len(by_run)
    found: list[float | None] = [by_run.get(one, {}).get("after") for one in runs]
    found[own] = record.found["valid"]["loss"]
    return found
