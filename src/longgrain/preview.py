"""A plan > a few of its examples, what a build will take, what cannot work; nothing is spent unasked."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from longgrain.build import build, place
from longgrain.caps import Caps, most_money
from longgrain.doubts import Ground, doubts, impossible
from longgrain.errors import PlanError, TeacherError
from longgrain.explain import shown
from longgrain.folder import alone, refuse_foreign
from longgrain.forecast import LEDGER, Forecast, forecast, keep, kept
from longgrain.make import component
from longgrain.plan import Plan
from longgrain.rehearsal import rehearsing, sample
from longgrain.run import Run
from longgrain.shown import Shown
from longgrain.types import Request

# Examples of a sample: large enough to measure by.
SAMPLE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a plan would give. Without ``forecast`` the plan cannot be built: see ``problems``.

    ``doubts`` will work only in part: quotas that cannot be met, files that are not there. Where
    the teacher was not asked, the questions of ``examples`` are made by rule in its place.
    """

    plan: Plan
    examples: tuple[Shown, ...] = ()
    forecast: Forecast | None = None
    problems: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


def preview(
    plan: Plan | str | Path,
    n: int = 5,
    *,
    pilot: int = 0,
    out: str | Path | None = None,
    tell: Callable[[str], None] = lambda words: None,
) -> Preview:
    """Builds a sample of the plan in a temporary folder that is removed again.

    A teacher that may cost something is not asked: what it would be asked is counted. With
    ``pilot`` it is asked for so many of the plan's examples; the calls and the forecast are stored
    in ``out``, the folder where the build will go (``runs/NAME`` unless told otherwise), and the
    build takes them from there. Raises SourceError, TokenizerError and TeacherError as a build does.
    """
    plan = plan if isinstance(plan, Plan) else Plan.load(plan)
    pilot = pilot if _can_be_asked_now(plan) else 0
    folder = Path(out) if out else Path("runs") / plan.name
    asked = sample(plan, pilot) if pilot else sample(rehearsing(plan), max(SAMPLE, n))
    if pilot:
        refuse_foreign(folder)
    with (
        tempfile.TemporaryDirectory(prefix="longgrain-preview-") as scratch,
        alone(folder) if pilot else nullcontext(),
    ):
        began = time.perf_counter()
        ledger = folder / LEDGER if pilot else None
        try:
            run = build(asked, Path(scratch) / "sample", tell=tell, ledger=ledger)
        except PlanError as error:
            return Preview(plan=plan, problems=tuple(str(error).splitlines()))
        found = _previewed(plan, run, time.perf_counter() - began, n, ledger)
    if ledger and found.forecast:
        measured = _with_time(found.forecast, folder)
        keep(measured, folder)
        return replace(found, forecast=measured)
    return found


def _with_time(found: Forecast, folder: Path) -> Forecast:
    """A pilot whose calls were all stored before has measured no time: that of the first one holds."""
    before = kept(folder, found.plan_id)
    if found.teacher_seconds is not None or before is None:
        return found
    return replace(found, teacher_seconds=before.teacher_seconds)


def places(plan: Plan | None) -> tuple[str, ...]:
    """Where the plan's documents lie, seen from here; nothing for no plan."""
    return tuple(place(plan, name) for name in plan.sources) if plan else ()


def _can_be_asked_now(plan: Plan) -> bool:
    """Whether the teacher replies at once: one that answers by file cannot be piloted."""
    teacher = component("teachers", plan.teacher.use, plan.teacher.settings)
    return not getattr(teacher, "eager", False)


def _caps_that_cannot_be_kept(plan: Plan) -> Iterator[str]:
    teacher = component("teachers", plan.teacher.use, plan.teacher.settings)
    try:
        most_money(
            teacher,
            Request(task="", prompt=(("user", ""),)),
            Caps(max_money=plan.teacher.max_money),
        )
    except TeacherError as error:
        yield str(error)


def _previewed(plan: Plan, run: Run, wall: float, n: int, ledger: Path | None) -> Preview:
    ground = Ground.of_run(run)
    measured = ledger is not None or rehearsing(plan) is plan
    return Preview(
        plan=plan,
        examples=tuple(_some(run, n)) if n else (),
        forecast=forecast(plan, run, wall, ground.grains, ledger),
        problems=(*impossible(plan, ground), *_caps_that_cannot_be_kept(plan)),
        doubts=tuple(doubts(plan, ground, run.manifest, measured=measured)),
    )


def _some(run: Run, n: int) -> Iterator[Shown]:
    """Examples of the first side that has any: of different kinds, languages and layouts."""
    for side in run.sides[:1]:
        yield from shown(run, side, n)
