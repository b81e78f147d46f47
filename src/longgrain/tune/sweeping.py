"""A plan's file, a folder and what is asked > all arms built, looked at, trained and judged; what is there is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from longgrain.build import build
from longgrain.errors import PlanError, TrainError
from longgrain.plan import Plan
from longgrain.plan_file import change, parsed
from longgrain.prove.lab import Clock, kept
from longgrain.rehearsal import rehearsing
from longgrain.run import Run
from longgrain.tune import Asked, data, varying
from longgrain.tune.finding import Wanted, Windows, questions
from longgrain.tune.result import Tried, Tuned
from longgrain.tune.rivals import Sentences
from longgrain.tune.sample import Sample, draw
from longgrain.tune.scoring import FOUND, Score
from longgrain.tune.varying import Arm, Sweep
from longgrain.types import content_id

Tell = Callable[[str], None]


def swept(
    file: Path,
    out: Path,
    asked: Asked,
    *,
    changes: Sequence[str] = (),
    command: str = "",
    workers: int = 1,
    tell: Tell = lambda words: None,
) -> Tuned:
    """See `longgrain.tune.tune`."""
    from longgrain.tune import best, page

    clock = Clock.now()
    score = Score.of(asked)
    plan, values = _plan(file, changes)
    sweep = _sweep(file, plan, values, asked)
    tell("drawing a sample")
    sample = draw(plan, out, share=asked.sample, seed=plan.seed)
    job = Job(
        out=out, asked=asked, plan=plan, sweep=sweep, sample=sample, workers=workers, tell=tell
    )
    job.check()
    tried = job.tried()
    found = Tuned.of(
        tried,
        plan=plan,
        asked=asked,
        sweep=job.left(tried),
        sample=sample.told,
        score=score,
        command=command,
        seconds=clock.since(),
    )
    page.write(found, out)
    best.write(found, out, file=file, values=values)
    return found


def _plan(file: Path, changes: Sequence[str]) -> tuple[Plan, Any]:
    """The plan in a file and its values, with the recipes written out that it leaves to the default."""
    plan = Plan.load(file, changes)
    values = parsed(file)
    for one in changes:
        change(values, one)
    values.setdefault("recipes", plan.as_dict()["recipes"])
    return plan, values


def _sweep(file: Path, plan: Plan, values: Any, asked: Asked) -> Sweep:
    dimensions = [varying.dimension(one) for one in asked.vary] or varying.usual(plan)
    return varying.sweep(
        values,
        dimensions,
        way=asked.way,  # type: ignore[arg-type]
        trials=asked.trials,
        seed=plan.seed,
        folder=file.parent,
        file=str(file),
    )


@dataclass(frozen=True, kw_only=True)
class Job:
    """One sweep in its folder."""

    out: Path
    asked: Asked
    plan: Plan
    sweep: Sweep
    sample: Sample
    workers: int
    tell: Tell

    @property
    def seeds(self) -> range:
        """Those of the arms; the sample and the questions of probes are those of the first."""
        return range(self.plan.seed, self.plan.seed + self.asked.seeds)

    @cached_property
    def _refused(self) -> dict[str, str]:
        return dict(self.sweep.refused)

    @cached_property
    def _runs(self) -> dict[tuple[str, int], Run]:
        return {}

    def check(self) -> None:
        """What cannot be asked is said before anything is built."""
        if self.asked.trains:
            from longgrain.tune.exam import check

            check(self.asked, self.sample, self.plan)

    def left(self, tried: Sequence[Tried]) -> Sweep:
        """The sweep as far as it could be built, with the reasons of the rest."""
        arms = tuple(one.arm for one in tried)
        if len(arms) < 2:
            reasons = "; ".join(f"{name}: {why}" for name, why in self._refused.items())
            raise PlanError(
                f"nothing is left to compare beside the plan itself ({reasons}); draw more documents "
                "with --sample, or give other values with --vary"
            )
        return replace(self.sweep, arms=arms, refused=tuple(self._refused.items()))

    def tried(self) -> list[Tried]:
        """Every arm that can be built, with its figures and values."""
        arms = [one for one in self.sweep.arms if self._built(one)]
        sentences = Sentences(texts=self._run(arms[0], self.seeds[0]).texts())
        self.tell("taking questions for a search")
        wanted: dict[str, Wanted] = {}
        for one in arms:
            run = self._run(one, self.seeds[0])
            wanted |= questions(run, replace(sentences, texts=run.texts()))
        taught = dict(self._taught(arms))
        looked = [self._looked(one, taught, wanted) for one in arms if one.name in taught]
        return [one for one in looked if self._scored(one)]

    def _scored(self, one: Tried) -> bool:
        """Whether the arm has the figure that arms are ranked by; noted where it has not."""
        score = Score.of(self.asked).name
        if score in one.scores:
            return True
        if not one.arm.changed:
            raise PlanError(
                f"no {score} could be taken of the plan as it is (there are {', '.join(one.scores)}), so "
                "nothing can be compared with it; name another figure with --score"
            )
        self._refused[one.arm.name] = f"no {score} could be taken of it"
        return False

    # --- build ---

    def _sampled(self, arm: Arm, seed: int) -> Plan:
        plan = arm.plan if self.asked.spend else rehearsing(arm.plan)
        return self.sample.plan(plan, self.asked.examples, seed)

    def _built(self, arm: Arm) -> bool:
        """Builds an arm of every seed; False where that cannot be, and the reason is noted."""
        try:
            for seed in self.seeds:
                run = self._run(arm, seed)
                if not run.manifest["packing"].get("train", {}).get("tokens"):
                    raise PlanError("no example could be made of the sample")
        except PlanError as error:
            if arm.changed:
                self._refused[arm.name] = str(error)
                return False
            raise PlanError(
                f"the plan as it is cannot be built from the sample, so nothing can be compared with it: "
                f"{error}; draw more documents with --sample"
            ) from error
        return True

    def _run(self, arm: Arm, seed: int) -> Run:
        plan = self._sampled(arm, seed)
        key = (plan.id, seed)
        if key not in self._runs:
            self.tell(f"building {arm.name}")
            place = self.out / "runs" / plan.id
            clock = Clock.now()
            run = build(plan, place, workers=self.workers, ledger=self._ledger)
            kept(self.out / "took" / f"{plan.id}.json", clock.since)
            self._runs[key] = run
        return self._runs[key]

    @property
    def _ledger(self) -> Path | None:
        """Where a teacher costs something, all arms share its answers."""
        return self.out / "calls.sqlite" if self.asked.spend else None

    # --- look ---

    def _looked(
        self, arm: Arm, taught: Mapping[str, list[dict[str, Any]]], wanted: Mapping[str, Wanted]
    ) -> Tried:
        seen = [self._seen(arm, seed) for seed in self.seeds]
        lessons = taught[arm.name]
        found = self._found(arm, wanted)
        by_seed = [
            {**one["values"], **(lessons[n]["values"] if lessons else {}), FOUND: found}
            for n, one in enumerate(seen)
        ]
        took = [self._took(arm, seed) for seed in self.seeds]
        return Tried(
            arm=arm,
            figures=tuple(one["figures"] for one in seen),
            values={name: tuple(one.get(name, {}) for one in by_seed) for name in by_seed[0]},
            lessons=tuple(lessons),
            took=tuple(took),
        )

    def _took(self, arm: Arm, seed: int) -> dict[str, float]:
        path = self.out / "took" / f"{self._sampled(arm, seed).id}.json"
        return kept(path, dict)

    def _seen(self, arm: Arm, seed: int) -> dict[str, Any]:
        """Figures and values of the data, kept."""
        run = self._run(arm, seed)
        share = self.sample.told["characters"] / self.sample.told["of_characters"]
        metrics = Score.of(self.asked).metrics

        def look() -> dict[str, Any]:
            self.tell(f"looking at {arm.name}")
            sentences = Sentences(texts=run.texts())
            figures = data.figures(run, arm.plan, share, sentences)
            values = data.values(run, figures, sentences) | data.measured(run, metrics)
            return {"figures": figures, "values": values}

        own = content_id(run.plan.id, arm.plan.id, str(share), run.manifest["version"], *metrics)
        return kept(self.out / "seen" / f"{own}.json", look)

    def _found(self, arm: Arm, wanted: Mapping[str, Wanted]) -> dict[str, float]:
        """Which questions of all arms a search finds in this arm's windows."""
        cut = Windows(size=arm.plan.grains.size, mode=arm.plan.grains.mode, overlap=arm.overlap)
        run = self._run(self.sweep.arms[0], self.seeds[0])
        known = (self.sample.told["documents_id"], run.manifest["version"])
        own = content_id(repr(cut), *known, *map(repr, wanted.values()))
        return kept(
            self.out / "seen" / f"found-{own}.json",
            lambda: cut.found(list(wanted.values()), run),
        )

    # --- train ---

    def _taught(self, arms: Sequence[Arm]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        """For every arm that can be trained what its models score, a seed each; nothing without a model."""
        if self.asked.base_url:
            yield from ((one.name, self._answered(one)) for one in arms)
            return
        if not self.asked.trains:
            yield from ((one.name, []) for one in arms)
            return
        from longgrain.tune.exam import school

        runs = {(one.name, seed): self._run(one, seed) for one in arms for seed in self.seeds}
        lessons = school(
            self.asked, self.sample, self.plan, list(runs.values()), self.out, self.tell
        )
        for one in arms:
            try:
                scores = []
                for seed in self.seeds:
                    self.tell(f"training {one.name}")
                    scores.append(lessons.scores(runs[one.name, seed], seed, self.out))
                yield one.name, scores
            except TrainError as error:
                if not one.changed:
                    raise
                self._refused[one.name] = str(error)

    def _answered(self, arm: Arm) -> list[dict[str, Any]]:
        """What an untrained model answers of an arm's examples, a seed each."""
        from longgrain.tune.answering import Asking

        asked = self.asked
        asking = Asking(model=asked.model, base_url=asked.base_url, examples=asked.questions)
        found = []
        for seed in self.seeds:
            self.tell(f"asking about {arm.name}")
            found.append(asking.scores(self._run(arm, seed), self.out))
        return found
