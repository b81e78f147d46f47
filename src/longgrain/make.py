"""Recipes, the grains of each side, a teacher and checks > sound drafts, and the dropped with reasons.

A draft is checked before it gets a context (as an example whose context is its evidence), so that a
layout is never spent on a draft that falls and quotas hold after the checks.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple, cast

from pydantic import ConfigDict, TypeAdapter, ValidationError

from longgrain import shelf
from longgrain.augment import augmented
from longgrain.caps import CAP_REACHED
from longgrain.errors import PlanError
from longgrain.lay import SEPARATOR
from longgrain.materials import SideMaterials, calls_of
from longgrain.plan import Augmenting, Plan, Wrapping
from longgrain.protocols import Augmentation, Check, Recipe
from longgrain.quota import share_out
from longgrain.reviewed import Reviewed
from longgrain.spans import BLANK_LINE, with_context
from longgrain.types import (
    SIDES,
    Draft,
    Dropped,
    Example,
    Given,
    Message,
    Side,
    Span,
)
from longgrain.wrap import Wrapped, wrapped

# Drafts are given up on when this many in a row were dropped: the documents hold no more.
PATIENCE = 20_000


def component(kind: str, name: str, settings: Mapping[str, Any]) -> Any:
    """A component of a shelf with its settings checked. Raises PlanError naming what is wrong."""
    found = shelf.load(kind, name)
    found.__pydantic_config__ = ConfigDict(extra="forbid", arbitrary_types_allowed=True)
    try:
        return TypeAdapter(found).validate_python(dict(settings))
    except ValidationError as error:
        said = "; ".join(
            f"{'.'.join(map(str, one['loc'])) or name}: {one['msg']}" for one in error.errors()
        )
        raise PlanError(f"{kind} {name!r}: {said}; see its page or its fields") from None


def wishes(plan: Plan, sides: Sequence[Side]) -> dict[Side, dict[str, int]]:
    """How many examples of each kind the plan asks for, by side."""
    found: dict[Side, dict[str, int]] = {side: {} for side in sides}
    for side, task in _tasks(plan, sides):
        found[side][task.kind] = found[side].get(task.kind, 0) + task.wanted
    return found


def make(
    plan: Plan,
    materials: Mapping[Side, SideMaterials],
    patience: int = 0,
    reviewed: Reviewed | None = None,
) -> Iterator[tuple[Side, Draft | Dropped]]:
    """Drafts for every side, recipe and kind, as many sound ones as asked for where they exist.

    A kind is given up on when more than ``patience`` (PATIENCE if 0) in a row were dropped. What
    people decided about drafts is read from the plan's files where it is not given. Drafts in place of
    those that people rejected come last: what others draft must not depend on it, or it would be
    other drafts than those that were reviewed.
    """
    reviewed = reviewed or Reviewed.of(plan)
    checks = [component("checks", one.use, one.settings) for one in plan.checks]
    lacking: list[_Lacking] = []
    for side, task in _tasks(plan, list(materials)):
        mine = materials[side]
        sound = _sound(plan, task, mine, checks, patience or PATIENCE)
        open_ = _Lacking(side, task, sound, task.wanted)
        missing = yield from _some(open_, mine, checks, reviewed)
        lacking += [missing] if missing else []
    while lacking:
        again, lacking = lacking, []
        for one in again:
            missing = yield from _some(one, materials[one.side], checks, reviewed)
            lacking += [missing] if missing else []


class _Lacking(NamedTuple):
    """A task, the drafts that it may still have, and how many it lacks."""

    side: Side
    task: _Task
    sound: Iterator[Draft | Dropped]
    lacks: int


def _some(
    one: _Lacking, materials: SideMaterials, checks: Sequence[Check], reviewed: Reviewed
) -> Generator[tuple[Side, Draft | Dropped], None, _Lacking | None]:
    """As many drafts as a task lacks, as people left them; what it lacks then, if there may be more."""
    task = one.task
    materials.kind = task.kind
    against = partial(problem, materials=materials, checks=checks)
    items = augmented(
        one.sound, one.lacks, task.augmenting, task.ways, materials, against, reviewed
    )
    found = fallen = 0
    for item in items if one.lacks else ():
        if isinstance(item, Dropped):
            yield one.side, item
            continue
        end = reviewed.decide(item, against, materials.store.texts)
        yield one.side, end
        found += 1
        fallen += isinstance(end, Dropped)
        if found == one.lacks:
            return one._replace(lacks=fallen) if fallen else None
    return None


def _sound(
    plan: Plan, task: _Task, materials: SideMaterials, checks: Sequence[Check], patience: int
) -> Iterator[Draft | Dropped]:
    """What a recipe drafts of one kind, checked, until too many in a row were dropped."""
    barren = 0
    for drafted in task.recipe.draft(task.kind, materials, task.wanted):
        if isinstance(drafted, Draft):
            materials.note(drafted)
        item = with_system(with_prompt(drafted, materials.worded), plan.system)
        item = item if isinstance(item, Dropped) else _wrapped(item, task, materials, checks)
        lost = item if isinstance(item, Dropped) else None
        yield item
        barren = barren + 1 if lost else 0
        if barren > patience or (lost and lost.reason == CAP_REACHED):
            return


def _wrapped(
    draft: Draft, task: _Task, materials: SideMaterials, checks: Sequence[Check]
) -> Draft | Dropped:
    """The draft wrapped as its recipe's entry asks, if it is sound; as it was, where that is sounder."""
    found = wrapped(draft, task.wrapping, materials)
    lost = problem(found.draft, materials, checks)
    left = dict(found.left)
    if lost and found.done:
        left |= dict.fromkeys(found.done, f"a check refuses it: {lost.reason}")
        found, lost = Wrapped(draft=draft), problem(draft, materials, checks)
    if lost:
        return lost
    materials.changed.update(f"wrap/{name}" for name in found.done)
    materials.unchanged.update(f"wrap/{name}: {reason}" for name, reason in left.items())
    return found.draft


def with_prompt(item: Draft | Dropped, worded: Mapping[str, str]) -> Draft | Dropped:
    """The draft with name and version of the prompt to which a model replied with its question."""
    if isinstance(item, Dropped):
        return item
    label = next((worded[call] for call in calls_of(item) if call in worded), None)
    return replace(item, meta={**item.meta, "prompt": label}) if label else item


def with_system(item: Draft | Dropped, words: str) -> Draft | Dropped:
    """The draft with the plan's system message before it, unless it brings one of its own."""
    if not words or isinstance(item, Dropped) or item.messages[0].speaker in ("system", "text"):
        return item
    given = Span(role="instruction", origin=Given(source="plan", id="system"), text=words)
    first = Message(speaker="system", spans=(given,))
    return replace(item, messages=(first, *item.messages))


class _Task(NamedTuple):
    """One kind of one recipe, how many examples of it a side gets, and how they are augmented."""

    recipe: Recipe
    kind: str
    wanted: int
    augmenting: Augmenting
    ways: Sequence[Augmentation]
    wrapping: Wrapping


def _tasks(plan: Plan, sides: Sequence[Side]) -> Iterator[tuple[Side, _Task]]:
    """What is to be drafted for each side, in the order of the plan."""
    shares = side_shares(plan)
    for entry in plan.recipes:
        recipe = cast(Recipe, component("recipes", entry.use, entry.settings))
        augmenting = entry.augment or plan.augment
        ways = [component("augmentations", one.use, one.settings) for one in augmenting.ways]
        counts = share_out(entry.examples, [shares[side] for side in sides])
        for side, count in zip(sides, counts, strict=True):
            for kind, number in recipe.kinds(count).items():
                yield side, _Task(recipe, kind, number, augmenting, ways, entry.wrap)


def problem(draft: Draft, materials: SideMaterials, checks: Sequence[Check]) -> Dropped | None:
    """The first thing that is wrong with a draft, or None."""
    example = bare(draft, materials.side)
    for check in checks:
        for reason in check.problems(example, materials.store.texts):
            return Dropped(step="check", id=draft.id, reason=reason, detail=_question(draft))
    return None


def _question(draft: Draft) -> str:
    """What is asked; of data without a question, such as the user's own turns, all that is said."""
    spans = [span for message in draft.messages for span in message.spans if isinstance(span, Span)]
    asked = [span for span in spans if span.role == "question"] or spans
    return " ".join(span.text or "" for span in asked)


def bare(draft: Draft, side: Side) -> Example:
    """The draft as an example whose context is its evidence alone."""
    context = [
        span
        for grain in draft.evidence
        for span in (
            Span(role="evidence", origin=grain),
            Span(role="glue", origin=BLANK_LINE, text=SEPARATOR),
        )
    ]
    return Example(
        id=draft.id,
        recipe=draft.recipe,
        seed=draft.seed,
        side=side,
        doc_ids=tuple(dict.fromkeys(grain.doc_id for grain in draft.evidence)),
        views={name: with_context(one, context) for name, one in draft.every_view.items()},
        lineage={**draft.meta, "answer": draft.answer},
    )


def side_shares(plan: Plan) -> dict[Side, float]:
    """The share of each side that the plan wants examples for."""
    held = {"valid": plan.split.valid, "test": plan.split.test}
    shares = {"train": 1 - sum(held.values()), **held}
    return {side: shares[side] for side in SIDES if shares[side] > 0}
