"""The runs of arms, a model to begin with, held-out text > models trained on as many tokens each, and their scores."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError

from longgrain.errors import PlanError
from longgrain.probe import Asked, probe
from longgrain.probe_scores import read_lines
from longgrain.prove.lab import Clock, kept
from longgrain.run import Run
from longgrain.train.record import Record
from longgrain.train.settings import Settings
from longgrain.tune.probing import Probing
from longgrain.tune.scoring import LOSS
from longgrain.types import content_id

# What follows from the tokens that every arm is trained on.
DECIDED = ("steps", "epochs", "seed", "old", "replay", "ewc", "objective")


@dataclass(frozen=True, kw_only=True)
class School:
    """How the models of all arms are trained and asked, each alike. ``tokens`` is what each reads."""

    settings: Settings
    tokens: int
    step: float
    """tokens of one optimiser step"""
    probes: Sequence[Probing] = ()
    questions: int = 100
    languages: Sequence[str] = ("en",)
    documents: str = ""
    seed: int = 17
    exam: Run | None = None
    """held-out examples, by whose answers the loss is taken"""
    keep: bool = False
    tell: Callable[[str], None] = field(default=lambda words: None)

    @classmethod
    def over(cls, runs: Sequence[Run], settings: Settings, tokens: int, **how: Any) -> School:
        """As many tokens as asked for, else as the smallest run has; steps as large as the largest."""
        sizes = [one.manifest["packing"]["train"]["tokens"] for one in runs]
        step = max(map(_row, runs)) * settings.batch * settings.accumulate
        return cls(settings=settings, tokens=tokens or min(sizes), step=step, **how)

    def lesson(self, run: Run, seed: int) -> Settings:
        """The settings for one run: as many tokens in a step, and steps, as for any other."""
        each = _row(run) * self.settings.batch
        return _settings(
            {
                **self.settings.changed(),
                "accumulate": max(1, round(self.step / each)),
                "steps": max(1, round(self.tokens / self.step)),
                "seed": seed,
            }
        )

    def scores(self, run: Run, seed: int, folder: Path) -> dict[str, Any]:
        """What the model of a run scores; what was trained and asked before is taken from the folder."""
        lesson = self.lesson(run, seed)
        asked = Record.asking(folder, run, lesson).asked
        exam = self.exam.manifest["plan_id"] if self.exam else ""
        probes = [asdict(one) for one in self.probes]
        questions = [self.questions, *self.languages, self.documents, self.seed, exam]
        own = content_id(orjson.dumps([asked, probes, questions], option=orjson.OPT_SORT_KEYS))
        return kept(
            folder / "trained" / f"{own}.json", lambda: self._scored(run, lesson, folder, own)
        )

    def _scored(self, run: Run, lesson: Settings, folder: Path, own: str) -> dict[str, Any]:
        from longgrain.train import train

        model, clock = folder / "models" / own, Clock.now()
        record = train(run, lesson, model, tell=self.tell)
        trained, clock = clock.since(), Clock.now()
        values: dict[str, dict[str, float]] = {}
        unscored: dict[str, int] = {}
        for one in self.probes:
            found, missing = self._asked(one, model, folder / "probes" / own)
            values.setdefault(one.name, {}).update(found)
            unscored[one.name] = unscored.get(one.name, 0) + missing
        if self.exam:
            from longgrain.tune.expected import losses

            self.tell("reading held-out examples")
            values[LOSS] = losses(model, self.exam.rows("train"))
        if not self.keep:
            shutil.rmtree(model, ignore_errors=True)
        return {
            "values": values,
            "unscored": {name: count for name, count in unscored.items() if count},
            "read": record.found["trained_on"]["tokens"],
            "steps": record.found["steps"],
            "took": {"train": trained, "probe": clock.since()},
        }

    def _asked(self, one: Probing, model: Path, folder: Path) -> tuple[dict[str, float], int]:
        """The scores of a probe by question, in every language, and how many have none."""
        found: dict[str, float] = {}
        missing = 0
        for language in self.languages:
            place = folder / f"{one.name.replace(':', '-')}-{language}"
            asked = Asked(
                probe=one.name,
                model=str(model),
                lengths=one.lengths,
                language=language,
                questions=self.questions,
                documents=(self.documents,),
                seed=self.seed,
            )
            probe(asked, place, tell=self.tell)
            for line in read_lines(place):
                if line.score is None:
                    missing += 1
                else:
                    found[f"{language}/{line.size}/{line.id}"] = line.score
        return found, missing


def _row(run: Run) -> float:
    """Tokens of a row, on average."""
    packing: Mapping[str, Any] = run.manifest["packing"]["train"]
    return float(packing["tokens"]) / max(1, int(packing["rows"]))


def settings(model: str, config: str, given: Mapping[str, str]) -> Settings:
    """The settings of all trainings. PlanError for those that cannot be, or that the sweep decides."""
    if wrong := next((one for one in given if one in DECIDED), None):
        raise PlanError(
            f"--train {wrong}={given[wrong]} cannot be set: every arm is trained on as many tokens in "
            "as many steps, from the rows of its run; give --tokens"
        )
    known = [one.name for one in fields(Settings)]
    if wrong := next((one for one in given if one not in known), None):
        raise PlanError(
            f"--train {wrong}={given[wrong]}: there is no such setting of a training; `longgrain train "
            "--help` has them all"
        )
    return _settings({"accumulate": 1, **given, "model": model, "config": config})


def _settings(values: Mapping[str, Any]) -> Settings:
    try:
        return TypeAdapter(Settings).validate_python(dict(values))
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        raise PlanError(
            f"--train {name}: {first['msg']} (given: {first['input']!r}); `longgrain train --help` has "
            "all settings"
        ) from None
