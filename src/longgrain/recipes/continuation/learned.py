"""Stretches of documents > whether a draft of the same kind learns their words already: none are learned twice."""

from __future__ import annotations

from bisect import bisect_right, insort
from dataclasses import dataclass, field

from longgrain.protocols import Materials
from longgrain.types import Grain

NOTED = "continuation"


@dataclass(slots=True)
class Learned:
    """What drafts of one kind learn of one side, over all entries of a plan."""

    taken: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    """Document > stretches in order, none over another."""

    @classmethod
    def of(cls, materials: Materials, kind: str) -> Learned:
        """That of a kind, remembered from one entry of the plan to the next."""
        found: dict[str, Learned] = materials.notes.setdefault(NOTED, {})
        return found.setdefault(kind, cls())

    def takes(self, grain: Grain) -> bool:
        """Takes a stretch; False if some of its words are taken."""
        taken = self.taken.setdefault(grain.doc_id, [])
        at = bisect_right(taken, (grain.start, grain.start))
        meets = (at and taken[at - 1][1] > grain.start) or (
            at < len(taken) and taken[at][0] < grain.end
        )
        if not meets:
            insort(taken, (grain.start, grain.end))
        return not meets
