"""Decisions in time > those that stand: the last of each person about each item, each time it was shown."""

from __future__ import annotations

from collections.abc import Iterable

from longgrain.review.decision import Decision
from longgrain.review.store import OPEN

Key = tuple[str, str, str, int]


def key_of(decision: Decision) -> Key:
    """What a later decision must share to take the place of this one."""
    return decision.kind, decision.item, decision.by, decision.repeat


def standing(decisions: Iterable[Decision]) -> list[Decision]:
    """The last decision of each key, in the order in which they were made; skips are among them.

    What was taken back, so that the item is open again, does not stand.
    """
    found: dict[Key, Decision] = {}
    for one in decisions:
        found.pop(key_of(one), None)
        found[key_of(one)] = one
    return [one for one in found.values() if not one.shown.get(OPEN)]
