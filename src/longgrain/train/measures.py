"""Settings against forgetting and for mixing > PlanError for those that cannot be, and lists read from their words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from longgrain.errors import PlanError

if TYPE_CHECKING:
    from longgrain.train.settings import Settings

OF_MIXING = ("sources", "shares", "reference", "mix_rate", "mix_floor")


def check(asked: Settings) -> None:
    """PlanError for measures that do nothing, or that undo each other."""
    for name in ("l2", "ewc", "si", "replay"):
        _above(name, getattr(asked, name), 0)
    _above("fisher", asked.fisher, 1)
    if asked.replay >= 1 or not 0 <= asked.average <= 1:
        raise PlanError(
            f"replay of {asked.replay} and average of {asked.average} are shares: replay leaves room "
            "for new rows below 1, and average lies in 0..1"
        )
    if (asked.replay or asked.ewc) and not (asked.old or asked.then):
        raise PlanError(
            f"replay {asked.replay} and ewc {asked.ewc} need rows of an older task, and there are "
            "none; give --old RUN"
        )
    if (asked.l2 or asked.ewc or asked.si) and asked.method != "full":
        raise PlanError(
            f"l2, ewc and si hold weights, and with method {asked.method!r} none of the model moves; "
            "leave them out, or use --method full (--decay holds adapters)"
        )
    if asked.then and asked.method != "full" and not asked.merge:
        raise PlanError(
            f"then {asked.then!r} with method {asked.method!r}: the next stage needs a whole model to "
            "begin from, and adapters are none; give --merge, or train an adapter for each task"
        )
    _path(asked)
    _mixing(asked)


def _path(asked: Settings) -> None:
    if asked.si and not (asked.model or asked.then):
        raise PlanError(
            f"si {asked.si} holds what an older task needs, and a new model has learned none; give "
            "--model with a model that was trained with --record-path"
        )
    if asked.damping <= 0:
        raise PlanError(
            f"damping of {asked.damping} divides by nothing; give more than 0, as 0.001"
        )
    if not asked.record_path:
        return
    if asked.method != "full":
        raise PlanError(
            f"record_path with method {asked.method!r}: no weight of the model moves, so there is no "
            "path; leave it out, or use --method full"
        )
    if asked.average < 1 or asked.patience:
        raise PlanError(
            f"record_path with average {asked.average} and patience {asked.patience}: the model that "
            "is kept would not be the one where the path ends; leave these two out"
        )


def _mixing(asked: Settings) -> None:
    set_ = [name for name in OF_MIXING if name in asked.changed()]
    if asked.mix == "none":
        if set_:
            raise PlanError(
                f"{', '.join(set_)} without mix: rows are not drawn by source, so it says nothing; "
                "give --mix fixed, doremi or sheared"
            )
        return
    if not asked.sources:
        raise PlanError(
            f"mix {asked.mix} with one source: there is nothing to mix; give --sources NAME=RUN"
        )
    if asked.replay or asked.batching != "packed" or asked.order != "shuffled":
        raise PlanError(
            f"mix {asked.mix} chooses which row comes next, and so do replay {asked.replay}, batching "
            f"{asked.batching!r} and order {asked.order!r}; leave them out"
        )
    if bool(asked.reference) != (asked.mix in ("doremi", "sheared")):
        raise PlanError(
            f"mix {asked.mix} with reference {asked.reference!r}: excess loss is what a source has "
            "above its reference; doremi and sheared need --reference MODEL or NAME=LOSS, fixed none"
        )
    if asked.mix_rate <= 0 or not 0 < asked.mix_floor < 1:
        raise PlanError(
            f"mix_rate of {asked.mix_rate} and mix_floor of {asked.mix_floor}: shares would never "
            "change, or a source would never be drawn again; give a rate above 0, a floor in 0..1"
        )
    pairs("sources", asked.sources)
    numbers("shares", asked.shares)


def _above(name: str, value: float, least: float) -> None:
    if value < least:
        raise PlanError(f"{name} of {value} trains nothing; give {least} or more")


def listed(words: str) -> list[str]:
    """The parts between commas."""
    return [one.strip() for one in words.split(",") if one.strip()]


def pairs(setting: str, words: str) -> dict[str, str]:
    """``a=x,b=y``. PlanError for a part without a name or a value, and for a name given twice."""
    found: dict[str, str] = {}
    for one in listed(words):
        name, _, value = (part.strip() for part in one.partition("="))
        if not name or not value or name in found:
            raise PlanError(
                f"{setting} {words!r}: {one!r} is no NAME=VALUE of its own, so nobody knows what is "
                f"meant; write {setting} as first=...,second=..."
            )
        found[name] = value
    return found


def numbers(
    setting: str, words: str, names: Sequence[str] = (), *, zero: bool = False
) -> dict[str, float]:
    """``a=0.3,b=2`` as numbers above 0, or with ``zero`` from it; of exactly these ``names``, if any."""
    found: dict[str, float] = {}
    for name, value in pairs(setting, words).items():
        try:
            found[name] = float(value)
        except ValueError:
            found[name] = -1.0
        if not 0 <= found[name] < float("inf") or not (found[name] or zero):
            raise PlanError(
                f"{setting}: {value!r} of {name} is no number above 0; write {name}=0.5"
            )
    if found and names and {*found} != {*names}:
        raise PlanError(
            f"{setting} names {', '.join(found)}, the sources are {', '.join(names)}; name each of "
            "them once"
        )
    return found
