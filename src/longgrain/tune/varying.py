"""A plan's values, and settings with values to try > arms: the plan with some settings changed; or why not."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, Literal

import numpy as np
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from longgrain.errors import PlanError
from longgrain.make import component
from longgrain.plan import Between, Plan
from longgrain.types import content_id

Way = Literal["auto", "grid", "one"]
Point = Mapping[str, Any]
# No setting of a plan, whose grains hold every word once: how far windows for a search overlap.
OVERLAP = "overlap"
# What all arms must have alike, or they are no comparison; and what has an option of its own.
ALIKE = {
    "name": "it changes nothing",
    "seed": "give --seeds",
    "sources": "all arms are built from the same documents",
    "tokenizer": "tokens of two tokenizers are no common measure",
    "readers": "all arms are built from the same documents",
    "split": "documents are held out once, for all arms",
    "examples": "all arms ask for as many examples: give --examples",
    "review": "it asks people, and changes no example",
}
# Arms of a grid that are run unasked; a larger one is gone through one setting at a time.
MOST = 24


@dataclass(frozen=True, kw_only=True)
class Dimension:
    """A setting by its dotted name (``*`` is every entry of a list) and the values to try."""

    name: str
    values: tuple[Any, ...]


@dataclass(frozen=True, kw_only=True)
class Arm:
    """A plan to try. ``point`` has a value for every dimension, ``changed`` those that are not the plan's."""

    plan: Plan
    point: Point
    changed: Point

    @property
    def name(self) -> str:
        """What is not as in the plan."""
        return named(self.changed)

    @property
    def overlap(self) -> float:
        """Share of a window that also stands in the one before."""
        return float(self.point.get(OVERLAP, 0.0))


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """What is tried: the plan as it is first. ``refused`` are names of arms with the reason."""

    dimensions: tuple[Dimension, ...]
    arms: tuple[Arm, ...]
    refused: tuple[tuple[str, str], ...]
    way: Literal["grid", "one", "random"]
    points: int
    """of the whole grid"""
    inside: bool = True
    """whether the plan as it is is one of the points"""


def named(changed: Point) -> str:
    """Settings with their values, short."""
    said = [f"{_short(name)} {shown(value)}" for name, value in changed.items()]
    return ", ".join(said) or "the plan"


def _short(name: str) -> str:
    return name.removeprefix("layout.").removeprefix("recipes.*.")


def shown(value: Any) -> str:
    """A value in few words: shares that are 0 are left out."""
    if isinstance(value, Mapping):
        if {*value} == {"min", "max"}:
            return f"{value['min']}–{value['max']}"
        return " ".join(f"{name} {shown(one)}" for name, one in value.items() if one) or "none"
    if isinstance(value, list | tuple):
        return "+".join(map(shown, value)) or "none"
    if value is None:
        return "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


def dimension(said: str) -> Dimension:
    """``key=value,value`` as typed; values are YAML. PlanError for what names no values."""
    name, found, words = said.partition("=")
    try:
        values = YAML(typ="safe").load(f"[{words}]") if found else []
    except YAMLError:
        values = []
    if not name or not values:
        raise PlanError(
            f"--vary {said!r} names nothing to try; write --vary grains.size=64,128,256, or "
            "--vary 'layout.lengths=[1024],[4096]'"
        )
    if reason := ALIKE.get(name.split(".")[0]) or ALIKE.get(name.rpartition(".")[2]):
        raise PlanError(f"--vary {name}: it is not varied, since {reason}")
    return Dimension(name=name, values=tuple(values))


def usual(plan: Plan) -> tuple[Dimension, ...]:
    """What is tried where nothing is named: around the plan's own grains, lengths and policies."""
    size, lengths = plan.grains.size, plan.layout.lengths
    sizes = [one for one in (size // 2, size, 2 * size) if 8 <= one <= 4096]
    pure: dict[str, float] = {"random": 1.0, "hard": 0.0, "same_document": 0.0}
    half = {"random": 0.5, "hard": 0.0, "same_document": 0.0}
    return (
        Dimension(name="grains.size", values=tuple(sizes)),
        Dimension(name=OVERLAP, values=(0.0, 0.25)),
        Dimension(name="layout.lengths", values=tuple(_around(lengths))),
        Dimension(
            name="layout.distractors",
            values=(pure, {**half, "hard": 0.5}, {**half, "same_document": 0.5}),
        ),
        Dimension(name="recipes.*.wrap.compress", values=(None, 0.5, 0.25)),
    )


def _around(lengths: Between | Sequence[int]) -> Iterator[Any]:
    """Half as long, and twice."""
    for times in (0.5, 2.0):
        if isinstance(lengths, Between):
            low, high = round(times * lengths.min), round(times * lengths.max)
            yield {"min": max(256, low), "max": max(256, high)}
        else:
            yield [max(256, round(times * one)) for one in lengths]


def sweep(
    values: Mapping[str, Any],
    dimensions: Sequence[Dimension],
    *,
    way: Way = "auto",
    trials: int = 0,
    seed: int = 17,
    folder: Path | str = ".",
    file: str = "the plan",
) -> Sweep:
    """The arms of a plan's ``values``: a grid, one setting at a time, or ``trials`` drawn from the grid.

    Raises PlanError for a plan or a setting that cannot be, and where nothing is left to compare.
    """
    plan = Plan.of(values, folder=folder, file=file)
    maker = _Maker(values=values, dimensions=tuple(dimensions), folder=folder, file=file)
    own = {one.name: _get(plan.as_dict(), one.name) for one in dimensions}
    for one in dimensions:
        maker.check(one)
    whole = math.prod(len(one.values) for one in dimensions)
    chosen: Literal["grid", "one", "random"] = "random" if trials else "one"
    if not trials and (way == "grid" or (way == "auto" and whole <= MOST)):
        chosen = "grid"
    points = _points(dimensions, own, chosen, trials, seed)
    arms: dict[tuple[str, float], Arm] = {}
    refused: dict[str, str] = {}
    inside = False
    for point in ({}, *points):
        try:
            arm = maker.arm(point, own)
        except PlanError as error:
            refused.setdefault(named(point), str(error))
            continue
        inside = inside or (bool(point) and not arm.changed)
        arms.setdefault((arm.plan.id, arm.overlap), arm)
    if len(arms) < 2:
        raise PlanError(
            f"{file}: nothing is left to compare beside the plan itself ({_why(refused)}); give other "
            "values with --vary"
        )
    return Sweep(
        dimensions=tuple(dimensions),
        arms=tuple(arms.values()),
        refused=tuple(refused.items()),
        way=chosen,
        points=whole,
        inside=inside,
    )


def _why(refused: Mapping[str, str]) -> str:
    return "; ".join(f"{name}: {reason}" for name, reason in refused.items()) or (
        "all values are those of the plan"
    )


def _points(
    dimensions: Sequence[Dimension], own: Point, way: str, trials: int, seed: int
) -> list[Point]:
    names = [one.name for one in dimensions]
    if way == "one":
        return [{one.name: value} for one in dimensions for value in one.values]
    sizes = [len(one.values) for one in dimensions]
    if way == "grid":
        return [
            dict(zip(names, some, strict=True)) for some in product(*(o.values for o in dimensions))
        ]
    random = np.random.default_rng(int(content_id("tune", seed, *names), 16))
    drawn: dict[tuple[int, ...], None] = {}
    while len(drawn) < min(trials, math.prod(sizes)):
        drawn[tuple(int(random.integers(size)) for size in sizes)] = None
    return [
        {one.name: one.values[at] for one, at in zip(dimensions, some, strict=True)}
        for some in drawn
    ]


@dataclass(frozen=True, kw_only=True)
class _Maker:
    """Puts values into the plan."""

    values: Mapping[str, Any]
    dimensions: tuple[Dimension, ...]
    folder: Path | str
    file: str

    def check(self, one: Dimension) -> None:
        """PlanError where no value of a dimension makes a plan, as with a misspelt name."""
        reasons = []
        for value in one.values:
            try:
                self.plan({one.name: value})
                return
            except PlanError as error:
                reasons.append(str(error))
        raise PlanError(f"--vary {one.name}: {reasons[0]}")

    def plan(self, point: Point) -> Plan:
        """The plan at a point. PlanError where it cannot be."""
        values = deepcopy(self.values)
        for name, value in point.items():
            if name == OVERLAP:
                _checked_overlap(value)
            else:
                put(values, name, value)
        plan = Plan.of(values, folder=self.folder, file=self.file)
        for entry in plan.recipes:
            component("recipes", entry.use, entry.settings)
        return plan

    def arm(self, point: Point, own: Point) -> Arm:
        plan = self.plan(point)
        values = plan.as_dict()
        held = {one.name: _get(values, one.name) for one in self.dimensions}
        if OVERLAP in held:
            held[OVERLAP] = float(point.get(OVERLAP, 0.0))
        changed = {
            name: value for name, value in held.items() if value != (own[name] or _nothing(name))
        }
        return Arm(plan=plan, point=held, changed=changed)


def _nothing(name: str) -> Any:
    return 0.0 if name == OVERLAP else None


def _checked_overlap(value: Any) -> None:
    if not isinstance(value, int | float) or not 0 <= value < 1:
        raise PlanError(
            f"overlap {value!r} is no share of a window in 0..1, below 1: with 0.25 a quarter of each "
            "window stands in the one before as well"
        )


def put(values: Any, name: str, value: Any) -> None:
    """Sets a dotted setting in a plan's values. PlanError for a place that is not there."""
    *parents, last = name.split(".")
    places = [values]
    for part in parents:
        places = [inner for place in places for inner in _inner(place, part, name)]
    for place in places:
        if not isinstance(place, dict | list) or (isinstance(place, list) and not _at(place, last)):
            raise PlanError(f"{name}: there is no such setting; check the spelling")
        at: Any = int(last) if isinstance(place, list) else last
        place[at] = deepcopy(value)


def _inner(place: Any, part: str, name: str) -> list[Any]:
    if part == "*" and isinstance(place, list):
        return list(place)
    if isinstance(place, list) and _at(place, part):
        return [place[int(part)]]
    if isinstance(place, dict):
        if place.get(part) is None:
            place[part] = {}
        return [place[part]]
    raise PlanError(f"{name}: there is no {part!r} in the plan; check the spelling")


def _at(place: Sequence[Any], part: str) -> bool:
    return part.isdigit() and int(part) < len(place)


def _get(values: Any, name: str) -> Any:
    """What a plan has there; of every entry of a list the first; None where there is nothing."""
    for part in name.split("."):
        if isinstance(values, list):
            at = 0 if part == "*" else int(part) if part.isdigit() else len(values)
            values = values[at] if at < len(values) else None
        else:
            values = values.get(part) if isinstance(values, Mapping) else None
    return values
