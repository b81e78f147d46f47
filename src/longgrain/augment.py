"""Sound drafts as they come > the same, a share of them in other words, each held against its original.

What cannot be altered, or would say something else, stays as it was, and is counted with its reason.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

from longgrain.materials import SideMaterials
from longgrain.plan import Augmenting
from longgrain.protocols import Augmentation
from longgrain.reviewed import Reviewed
from longgrain.types import Draft, Dropped, content_id
from longgrain.unaltered import objection

# Drafts that are altered together, so that a language model is asked for many of them at once.
BATCH = 32
Problem = Callable[[Draft], Dropped | None]


def augmented(
    items: Iterator[Draft | Dropped],
    wanted: int,
    augmenting: Augmenting,
    ways: Sequence[Augmentation],
    materials: SideMaterials,
    problem: Problem,
    reviewed: Reviewed | None = None,
) -> Iterator[Draft | Dropped]:
    """All items in their order; of the drafts a share altered, in the original's place or behind it.

    ``problem`` says what a check of the plan has against a draft. No more drafts are taken than may
    still be needed for ``wanted``. A draft that people decided about is not altered.
    """
    if not augmenting.share:
        # Items stay open when this ends, so that more can be taken later.
        for item in items:
            yield item
        return
    growth = 1 + augmenting.share * augmenting.copies
    found = 0
    while found < wanted:
        some = _taken(items, min(BATCH, math.ceil((wanted - found) / growth)))
        if not some:
            return
        drafts = [one for one in some if isinstance(one, Draft)]
        told = _Altering(augmenting, ways, materials, problem, reviewed or Reviewed()).of(drafts)
        for item in some:
            if isinstance(item, Dropped):
                yield item
                continue
            yield from told[item.id]
            found += len(told[item.id])


def _taken(items: Iterator[Draft | Dropped], count: int) -> list[Draft | Dropped]:
    """The next items with so many drafts among them, or all that there are."""
    some: list[Draft | Dropped] = []
    while count and (item := next(items, None)) is not None:
        some.append(item)
        count -= isinstance(item, Draft)
    return some


@dataclass
class _Altering:
    """One batch of sound drafts of one kind, and what was made of each so far."""

    augmenting: Augmenting
    ways: Sequence[Augmentation]
    materials: SideMaterials
    problem: Problem
    reviewed: Reviewed
    made: dict[str, list[Draft]] = field(default_factory=dict)
    joined: set[str] = field(default_factory=set)

    def of(self, drafts: Sequence[Draft]) -> dict[str, list[Draft]]:
        """What stands in each draft's place, by its id; nothing for one that was joined to another."""
        copies = self.augmenting.copies
        chosen = [one for one in drafts if self._is_chosen(one) and not self.reviewed.stays(one)]
        self.made = {one.id: [] for one in drafts}
        for turn in range(len(self.ways)):
            waiting = [one for one in chosen if self._lacks(one)]
            for number, way in enumerate(self.ways):
                mine = [one for one in waiting if self._order(one)[turn] == number]
                self._alter(way, mine)
        if copies:
            return {one.id: [one, *self.made[one.id]] for one in drafts}
        return {one.id: self._instead(one) for one in drafts}

    def _instead(self, draft: Draft) -> list[Draft]:
        return self.made[draft.id] or ([] if draft.id in self.joined else [draft])

    def _lacks(self, draft: Draft) -> bool:
        wanted = max(1, self.augmenting.copies)
        return draft.id not in self.joined and len(self.made[draft.id]) < wanted

    def _is_chosen(self, draft: Draft) -> bool:
        """Whether a draft is among the share: by its id, so that its neighbours make no difference."""
        return int(content_id("augment", draft.id), 16) / 2**64 < self.augmenting.share

    def _order(self, draft: Draft) -> list[int]:
        """The ways to try on a draft, by number, in an order of its own."""
        names = [content_id("way", draft.id, one.name) for one in self.ways]
        return sorted(range(len(names)), key=names.__getitem__)

    def _alter(self, way: Augmentation, drafts: Sequence[Draft]) -> None:
        groups = [tuple(drafts[n : n + way.takes]) for n in range(0, len(drafts), way.takes)]
        for group in groups:
            if len(group) < way.takes:
                self._count(way, "there was no other draft to go with it")
        groups = [one for one in groups if len(one) == way.takes]
        if not groups:
            return
        for group, item in zip(groups, way.altered(groups, self.materials), strict=True):
            reason = item if isinstance(item, str) else self._objection(way, group, item)
            if reason:
                self._count(way, reason)
                continue
            assert isinstance(item, Draft)
            self.materials.changed[f"augment/{way.name}"] += 1
            self.materials.note(item)
            self.made[group[-1].id].append(item)
            if not self.augmenting.copies:
                self.joined.update(one.id for one in group[:-1])

    def _objection(self, way: Augmentation, group: Sequence[Draft], after: Draft) -> str:
        """Why an altered draft cannot take its original's place, or "" where it can."""
        known = chain(group, *(self.made[one.id] for one in group))
        if after.id in {one.id for one in known}:
            return "it says the same words as before"
        texts = self.materials.store.texts
        if reason := objection(group, after, texts, reforms=way.reforms):
            return reason
        lost = self.problem(after)
        return f"a check refuses it: {lost.reason}" if lost else ""

    def _count(self, way: Augmentation, reason: str) -> None:
        self.materials.unchanged[f"augment/{way.name}: {reason}"] += 1
