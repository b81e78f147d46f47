"""A source, settings and a space > trainings with other settings (trials), the best of them kept.

Trials are drawn by the tree-structured Parzen estimator of Optuna (Bergstra et al. 2011) and stopped by
its median rule. Trial n is drawn from the seed, n and the trials before it, so a search that was killed
goes on to the same trials.
"""

from __future__ import annotations

import math
import os
import shutil
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import optuna
import orjson

from longgrain.engine import atomic
from longgrain.errors import StepError, TrainError
from longgrain.run import Run
from longgrain.train.job import processes
from longgrain.train.record import Record, versions
from longgrain.train.settings import Settings
from longgrain.train.space import Space, changed, distributions, said, space_of
from longgrain.train.watching import Watch
from longgrain.types import content_id

FILE, STUDY, TRIALS, BEST = "search.json", "study.db", "trials", "best"
# Trials that are drawn by chance before the estimator has something to go by, and that are finished
# before any other is held against their median.
STARTUP = 5
Tell = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Search:
    """A search in a folder: what was asked, its trials so far, and the best."""

    folder: Path
    asked: Mapping[str, Any]
    measure: str
    """what is compared: loss or macro_f1"""
    trials: list[dict[str, Any]] = field(default_factory=list)
    best: Mapping[str, Any] | None = None

    def write(self) -> None:
        """Writes search.json."""
        values = {
            **{"asked": self.asked, "measure": self.measure, "best": self.best},
            **{"trials": self.trials, "versions": versions()},
        }
        with atomic(self.folder / FILE) as part:
            part.write_bytes(orjson.dumps(values, option=orjson.OPT_INDENT_2))


def search(
    source: Path,
    settings: Settings,
    trials: int,
    folder: Path,
    *,
    space: str = "",
    keep: bool = False,
    replace: bool = False,
    tell: Tell = lambda words: None,
    watch: Watch = lambda log: None,
) -> Search:
    """Makes so many trials in all, or those that are missing, and keeps the model of the best.

    It is compared by macro F1 on the validation texts with a task, else by the validation loss.
    ``keep`` keeps the models of all. PlanError for a space that cannot be, TrainError where no trial
    came to an end.
    """
    if processes() > 1:
        raise TrainError(
            f"{processes()} processes: a search makes its trials one after the other in one; start it "
            "without torchrun, and train with what it finds"
        )
    held = space_of(space, settings)
    one = _Searching(
        source=source,
        settings=settings,
        space=held,
        folder=folder,
        keep=keep,
        tell=tell,
        watch=watch,
    )
    asked = {**one.asked(), "space": ",".join(map(str, held))}
    _opened(folder, asked, replace=replace)
    return one.through(asked, trials)


def _opened(folder: Path, asked: Mapping[str, Any], *, replace: bool) -> None:
    """The folder with the search that is asked for; TrainError where something else is in it."""
    path, now = folder / FILE, orjson.loads(orjson.dumps(asked))
    if path.is_file():
        before = orjson.loads(path.read_bytes())["asked"]
        if before == now:
            return
        if not replace:
            names = [name for name in now if before.get(name) != now[name]]
            raise TrainError(
                f"{folder} holds a search that was asked for in another way ({', '.join(names)}); give "
                "another folder with --out, or --replace to search anew"
            )
        shutil.rmtree(folder)
    elif folder.exists() and any(folder.iterdir()):
        raise TrainError(
            f"{folder} is not empty and holds no search, so its files might be lost; give a new folder "
            "with --out"
        )
    (folder / TRIALS).mkdir(parents=True)
    Search(folder=folder, asked=asked, measure="").write()


@dataclass(frozen=True, kw_only=True)
class _Searching:
    """One search at work."""

    source: Path
    settings: Settings
    space: Space
    folder: Path
    keep: bool
    tell: Tell
    watch: Watch

    @property
    def measure(self) -> str:
        return "macro_f1" if self.settings.task else "loss"

    def asked(self) -> dict[str, Any]:
        """What the trials have in common. TrainError where nothing tells one from another."""
        if self.settings.task:
            from longgrain.train.heads.tuning import asking

            record, texts = asking(self.source, self.settings, self.folder)
            looks = bool(texts.sides["valid"])
        else:
            run = Run(self.source)
            record = Record.asking(self.folder, run, self.settings)
            dpo = self.settings.objective == "dpo"
            looks = any(True for _ in (run.examples("valid") if dpo else run.rows("valid")))
        if not looks:
            raise TrainError(
                f"{self.source} has nothing of side valid, so a search could not tell which settings are "
                "better; build it with a share for split.valid, or give a --valid-share"
            )
        return dict(record.asked)

    def through(self, asked: Mapping[str, Any], count: int) -> Search:
        """All trials that are missing; writes down each."""
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        study = self._study()
        while True:
            self._tidy(study)
            found = self._told(study, asked)
            found.write()
            trial = self._next(study, count)
            if trial is None:
                break
            self._try(study, trial, count)
        if found.best is None:
            reasons = {one["reason"] for one in found.trials if one["reason"]}
            raise TrainError(
                f"none of the {len(found.trials)} trials in {self.folder} came to an end "
                f"({'; '.join(sorted(reasons))[:300]}); search among lower learning rates"
            )
        self._point(int(found.best["trial"]))
        return found

    def _study(self) -> optuna.Study:
        return optuna.create_study(
            storage=f"sqlite:///{(self.folder / STUDY).resolve()}",
            study_name="search",
            load_if_exists=True,
            direction="maximize" if self.measure == "macro_f1" else "minimize",
            pruner=optuna.pruners.MedianPruner(n_startup_trials=STARTUP, n_warmup_steps=0),
        )

    def _next(self, study: optuna.Study, count: int) -> optuna.Trial | None:
        """The trial that a kill left behind, or a new one; None after the last."""
        for one in study.get_trials(states=(optuna.trial.TrialState.RUNNING,)):
            self.tell(f"going on with trial {one.number + 1}")
            return optuna.Trial(study, one._trial_id)
        number = len(study.get_trials(deepcopy=False))
        if number >= count:
            return None
        seed = int(content_id("search", self.settings.seed, number), 16) % 2**32
        study.sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=STARTUP)
        return study.ask(distributions(self.space))

    def _try(self, study: optuna.Study, trial: optuna.Trial, count: int) -> None:
        """One training, and how it ended."""
        values = self._values(trial)
        self.tell(f"trial {trial.number + 1} of {count}: {said(values)}")
        began, states = time.perf_counter(), optuna.trial.TrialState
        value: float | None = None
        try:
            if (twin := self._twin(study, trial)) is not None:
                # The same settings and seed make the same model.
                value, state = twin.value, states.COMPLETE
                trial.set_user_attr("reason", f"the same as trial {twin.number + 1}")
            else:
                record = self._train(changed(self.settings, values), trial)
                value, state = self._value(record), states.COMPLETE
        except optuna.TrialPruned as stopped:
            state = states.PRUNED
            trial.set_user_attr("reason", str(stopped))
        except StepError as error:
            state = states.FAIL
            trial.set_user_attr("reason", str(error))
        trial.set_user_attr("seconds", round(time.perf_counter() - began, 3))
        study.tell(trial, value, state=state)

    def _twin(self, study: optuna.Study, trial: optuna.Trial) -> optuna.trial.FrozenTrial | None:
        """The first finished trial with the same settings."""
        done = study.get_trials(states=(optuna.trial.TrialState.COMPLETE,))
        return next((one for one in done if one.params == trial.params), None)

    def _values(self, trial: optuna.Trial) -> dict[str, Any]:
        drawn = {
            name: trial._suggest(name, kind) for name, kind in distributions(self.space).items()
        }
        return {one.name: one.value(drawn[one.name]) for one in self.space}

    def _train(self, asked: Settings, trial: optuna.Trial) -> Record:
        place, watch = self._place(trial.number), self._watching(trial)
        if asked.task:
            from longgrain.train.heads.tuning import tune as tune_head

            return tune_head(self.source, asked, place, watch=watch)
        from longgrain.train.tuning import tune

        return tune(Run(self.source), asked, place, watch=watch)

    def _watching(self, trial: optuna.Trial) -> Watch:
        """Stops a trial that does worse than the median of those before at the same place."""

        def watching(log: Mapping[str, float]) -> None:
            self.watch(log)
            if "eval_loss" not in log or not log["step"]:
                return
            value = log[f"eval_{self.measure}"]
            if not math.isfinite(value):
                raise StepError(f"{self.measure} on the validation side is {value}")
            with warnings.catch_warnings():  # of looks that a kill has undone
                warnings.simplefilter("ignore")
                trial.report(value, round(1000 * log["epoch"]))
            if log["step"] < log["steps"] and trial.should_prune():
                raise optuna.TrialPruned(
                    f"{self.measure} {value:.4g} after {log['epoch']:.2f} epochs is worse than the median"
                )

        return watching

    def _value(self, record: Record) -> float:
        """What trials are compared by. StepError where there is none."""
        found = record.found["valid"][self.measure]
        value = found["value"] if isinstance(found, Mapping) else found
        if value is None or not math.isfinite(value):
            raise StepError(f"{self.measure} on the validation side is {value}")
        return float(value)

    def _place(self, number: int) -> Path:
        """Trials are counted from one, by Optuna from nothing."""
        return self.folder / TRIALS / f"{number + 1:03d}"

    def _best(self, study: optuna.Study) -> int | None:
        """The trial with the best value, the first of equals."""
        done = study.get_trials(states=(optuna.trial.TrialState.COMPLETE,))
        sign = -1 if self.measure == "macro_f1" else 1
        ranked = [(sign * one.value, one.number) for one in done if one.value is not None]
        return min(ranked)[1] if ranked else None

    def _tidy(self, study: optuna.Study) -> None:
        """Removes the models of trials that have ended and are not the best."""
        if self.keep:
            return
        best = self._best(study)
        for one in study.get_trials():
            if one.state.is_finished() and one.number != best:
                shutil.rmtree(self._place(one.number), ignore_errors=True)

    def _point(self, trial: int) -> None:
        """A link to the best trial under a name of its own."""
        link, part = self.folder / BEST, self.folder / f"{BEST}.part"
        part.unlink(missing_ok=True)
        part.symlink_to(Path(TRIALS) / f"{trial:03d}", target_is_directory=True)
        os.replace(part, link)

    def _told(self, study: optuna.Study, asked: Mapping[str, Any]) -> Search:
        """Every trial as it stands."""
        names = {"COMPLETE": "complete", "PRUNED": "stopped early", "FAIL": "failed"}
        trials = []
        for one in study.get_trials():
            values = {
                d.name: d.value(one.params[d.name]) for d in self.space if d.name in one.params
            }
            ended = one.state.name == "COMPLETE"
            trials.append(
                {
                    "trial": one.number + 1,
                    "state": names.get(one.state.name, "begun"),
                    "value": one.value if ended else None,
                    "settings": values,
                    "looks": {str(at / 1000): v for at, v in one.intermediate_values.items()},
                    "reason": one.user_attrs.get("reason", ""),
                    "seconds": one.user_attrs.get("seconds"),
                    "kept": self._place(one.number).is_dir(),
                }
            )
        best = self._best(study)
        return Search(
            folder=self.folder,
            asked=asked,
            measure=self.measure,
            trials=trials,
            best=None if best is None else trials[best],
        )
