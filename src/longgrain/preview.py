"""A plan > a few of its examples, what a build will take, what cannot work; nothing is kept."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from longgrain.build import build
from longgrain.errors import PlanError
from longgrain.explain import shown
from longgrain.forecast import Forecast, Ground, doubts, forecast, impossible
from longgrain.plan import Plan
from longgrain.quota import share_out
from longgrain.run import Run
from longgrain.shown import Shown

# A sample is large enough to measure by; with a teacher that may cost money it is small.
SAMPLE, PAID_SAMPLE = 200, 20
FREE_TEACHERS = ("extractive", "scripted")


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a plan would give. Without ``forecast`` the plan cannot be built: see ``problems``.

    ``doubts`` will work only in part: quotas that cannot be met, files that are not there.
    """

    plan: Plan
    examples: tuple[Shown, ...] = ()
    forecast: Forecast | None = None
    problems: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


def preview(
    plan: Plan | str | Path, n: int = 5, *, tell: Callable[[str], None] = lambda words: None
) -> Preview:
    """Builds a small sample of the plan in a temporary folder that is removed again.

    The sample reads all documents, and asks the plan's teacher for up to 200 examples, or 20 where
    its calls may cost money. Raises SourceError, TokenizerError and TeacherError as a build does.
    """
    plan = plan if isinstance(plan, Plan) else Plan.load(plan)
    with tempfile.TemporaryDirectory(prefix="longgrain-preview-") as folder:
        began = time.perf_counter()
        try:
            run = build(sample(plan, n), Path(folder) / "sample", tell=tell)
        except PlanError as error:
            return Preview(plan=plan, problems=tuple(str(error).splitlines()))
        wall = time.perf_counter() - began
        ground = Ground.of_run(run)
        return Preview(
            plan=plan,
            examples=tuple(_some(run, n)),
            forecast=forecast(plan, run, wall),
            problems=tuple(impossible(plan, ground)),
            doubts=tuple(doubts(plan, ground, run.manifest)),
        )


def sample(plan: Plan, n: int) -> Plan:
    """The same plan with fewer examples, shared out over its recipes as in the plan."""
    size = max(SAMPLE if plan.teacher.use in FREE_TEACHERS else PAID_SAMPLE, n)
    counts = [entry.examples for entry in plan.recipes]
    if sum(counts) <= size:
        return plan
    fewer = share_out(size, counts)
    recipes = tuple(
        entry.model_copy(update={"examples": max(few, min(1, entry.examples))})
        for entry, few in zip(plan.recipes, fewer, strict=True)
    )
    return plan.model_copy(update={"recipes": recipes})


def _some(run: Run, n: int) -> Iterator[Shown]:
    """Examples of the first side that has any: of different kinds, languages and layouts."""
    for side in run.sides[:1]:
        yield from shown(run, side, n)
