"""Words such as lr=1e-5..1e-3:log,epochs=1..3 > the settings that a search may change, and between what."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import product
from typing import Any, get_args, get_type_hints

from longgrain.errors import PlanError
from longgrain.train.settings import Settings

# What says which training it is, or in what its loss is counted: other values of it are no better or
# worse, but another question.
FIXED = {
    *("model", "config", "revision", "task", "objective", "labels", "valid_share", "test_share"),
    *("normalise", "beta", "old", "seed", "keep", "save_every", "evaluate_every", "mask_memory"),
    *("merge", "mask", "window", "sinks", "global_roles"),
}
MOST = 4096  # corners of a space that are looked at before the first trial


@dataclass(frozen=True, kw_only=True)
class Dimension:
    """A setting and the values that it may have: from ``low`` to ``high``, or one of ``choices``."""

    name: str
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    whole: bool = False
    """only whole numbers"""
    choices: tuple[Any, ...] = ()

    @property
    def corners(self) -> tuple[Any, ...]:
        """The values at its ends, or all of them where they are listed."""
        return self.choices or (self.value(self.low), self.value(self.high))

    def value(self, drawn: Any) -> Any:
        """A value as the setting has it."""
        return int(drawn) if self.whole else drawn

    def __str__(self) -> str:
        """In the words that give it."""
        if self.choices:
            words = [
                str(one).lower() if isinstance(one, bool) else str(one) for one in self.choices
            ]
            return f"{self.name}={'|'.join(words)}"
        low, high = (f"{self.value(one):g}" for one in (self.low, self.high))
        return f"{self.name}={low}..{high}{':log' if self.log else ''}"


Space = tuple[Dimension, ...]


def space_of(words: str, settings: Settings) -> Space:
    """The space that was asked for, or one around the settings; every corner of it can be trained.

    Raises PlanError for a setting that does not exist, or that decides what is trained.
    """
    if words.strip():
        found = tuple(_dimension(one.strip()) for one in words.split(",") if one.strip())
    else:
        found = around(settings)
    names = [one.name for one in found]
    if twice := [name for name in names if names.count(name) > 1]:
        raise PlanError(f"{twice[0]} stands twice in the search space; say it once")
    if both := [name for name in names if name in settings.changed()]:
        raise PlanError(
            f"{', '.join(both)} is both given and searched for, so one of them would be ignored; leave "
            f"--{both[0].replace('_', '-')} or its part of --search-space out"
        )
    if not found or math.prod(len(one.corners) for one in found) > MOST:
        raise PlanError(f"search space {words!r} has {len(found)} settings; give one to twelve")
    for corner in product(*(one.corners for one in found)):
        changed(settings, dict(zip(names, corner, strict=True)))
    return found


def around(settings: Settings) -> Space:
    """A tenth to ten times the learning rate, one to three epochs, and with adapters their rank."""
    rate, given = settings.rate, settings.changed()
    found: list[Dimension] = []
    if "lr" not in given:
        found.append(Dimension(name="lr", low=rate / 10, high=rate * 10, log=True))
    if not {"epochs", "steps"} & given.keys():
        found.append(Dimension(name="epochs", low=1, high=3, whole=True))
    if settings.method != "full" and "rank" not in given:
        found.append(Dimension(name="rank", choices=(8, 16, 32)))
    if not found:
        raise PlanError(
            "learning rate and epochs are given, so a search would have nothing to change; leave them "
            "out, or say what it may change with --search-space"
        )
    return tuple(found)


def changed(settings: Settings, values: Mapping[str, Any]) -> Settings:
    """The settings with other values. Raises PlanError, with the values, where those cannot be."""
    try:
        return replace(settings, **values)
    except PlanError as error:
        said = ", ".join(f"{name} {value}" for name, value in values.items())
        raise PlanError(f"the search space holds {said}, where {error}") from error


def _dimension(words: str) -> Dimension:
    name, _, rest = (part.strip() for part in words.partition("="))
    known = {one.name: get_type_hints(Settings)[one.name] for one in fields(Settings)}
    name = name.replace("-", "_")
    if name not in known or name in FIXED:
        may = ", ".join(one for one in known if one not in FIXED)
        raise PlanError(
            f"{name!r} is no setting that a search can compare by the same measure; it may change {may}"
        )
    kind = known[name]
    if "|" in rest or ".." not in rest:
        choices = tuple(_choice(name, kind, one.strip()) for one in rest.split("|"))
        return Dimension(name=name, choices=tuple(dict.fromkeys(choices)))
    return _range(name, kind, rest, words)


def _range(name: str, kind: Any, rest: str, words: str) -> Dimension:
    bounds, _, flag = rest.partition(":")
    ends = [one.strip() for one in bounds.split("..")]
    try:
        low, high = (float(one) for one in ends)
    except ValueError:
        low = high = math.nan
    whole = all(one.lstrip("-").isdigit() for one in ends)
    numeric = {int, float} & {kind, *get_args(kind)}
    wrong = not numeric or not low < high or flag not in ("", "log") or (flag and low <= 0)
    if wrong or (kind is int and not whole):
        raise PlanError(
            f"{words!r} is no range of {name}; write {name}=LOW..HIGH, for a number above 0 also "
            f"{name}=LOW..HIGH:log, or list values: {name}=A|B|C"
        )
    return Dimension(name=name, low=low, high=high, log=bool(flag), whole=whole)


def _choice(name: str, kind: Any, word: str) -> Any:
    """A listed value in the type of its setting."""
    kinds = {kind, *get_args(kind)}
    if word in kinds:  # of a Literal
        return word
    if bool in kinds and word in ("true", "false"):
        return word == "true"
    for number in (int, float):
        if number in kinds and bool not in kinds:
            try:
                return number(word)
            except ValueError:
                continue
    if kind is str and word:
        return word
    raise PlanError(f"{word!r} is no value of {name}; write {name}=LOW..HIGH or {name}=A|B|C")


def said(values: Mapping[str, Any]) -> str:
    """Values in a line."""
    return ", ".join(
        f"{name} {value:.3g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in values.items()
    )


def distributions(space: Sequence[Dimension]) -> dict[str, Any]:
    """The space as Optuna takes it."""
    from optuna import distributions as kinds

    found: dict[str, Any] = {}
    for one in space:
        if one.choices:
            found[one.name] = kinds.CategoricalDistribution(one.choices)
        elif one.whole:
            found[one.name] = kinds.IntDistribution(int(one.low), int(one.high), log=one.log)
        else:
            found[one.name] = kinds.FloatDistribution(one.low, one.high, log=one.log)
    return found
