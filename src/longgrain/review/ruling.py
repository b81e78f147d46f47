"""Decisions of several people about drafts > one ruling for each draft, and where they disagreed.

Of each person the last decision counts, that about a repeated item among them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import orjson

from longgrain.review.decision import Decision
from longgrain.review.gathered import draft_of
from longgrain.review.store import OPEN
from longgrain.review_part import Rule

Outcome = Literal["accept", "reject", "edit", "tie"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What people decided about one draft: ``people`` of ``of`` say so; the names are in ``by``.

    A tie leaves the draft as it is. ``edit`` holds the new ``question`` and ``answer`` of an edited one.
    """

    outcome: Outcome
    people: int
    of: int
    by: tuple[str, ...]
    at: str
    edit: Mapping[str, str] = field(default_factory=dict)
    note: str = ""

    @property
    def said(self) -> str:
        """Rejected by 2 of 3 people, and why, if they said so."""
        done = {"accept": "accepted", "reject": "rejected", "edit": "edited", "tie": "left"}
        whom = f"{self.people} of {self.of} people" if self.of > 1 else "one person"
        return f"{done[self.outcome]} by {whom}" + (f": {self.note}" if self.note else "")


def last_words(decisions: Iterable[Decision]) -> dict[str, dict[str, Decision]]:
    """Draft > person > the last decision, in the order given; a skip and what was taken back are none."""
    found: dict[str, dict[str, Decision]] = defaultdict(dict)
    for one in decisions:
        if one.kind == "example":
            votes = found[draft_of(one)]
            votes.pop(one.by, None)
            if one.verdict != "skip" and not one.shown.get(OPEN):
                votes[one.by] = one
    return {draft: votes for draft, votes in found.items() if votes}


def rulings(decisions: Iterable[Decision], rule: Rule) -> dict[str, Ruling]:
    """The ruling on each draft that somebody decided about, by the draft's id."""
    last = last_words(decisions).items()
    return {draft: _ruling(list(votes.values()), rule) for draft, votes in last}


def _ruling(votes: Sequence[Decision], rule: Rule) -> Ruling:
    against = [one for one in votes if one.verdict == "reject"]
    edits = [one for one in votes if one.verdict == "edit"]
    agreeing = [one for one in votes if one.verdict == "accept"]
    if suffices(len(against), len(votes), rule):
        return _of("reject", against, len(votes))
    if suffices(len(edits), len(votes), rule):
        return _of("edit", _agreeing(edits), len(votes))
    if rule == "majority" and not suffices(len(agreeing), len(votes), rule):
        return _of("tie", votes, len(votes))
    return _of("accept", agreeing, len(votes))


def suffices(some: int, of: int, rule: Rule) -> bool:
    """Whether what ``some`` of the people say is done."""
    least = {"any": 1, "majority": of // 2 + 1, "all": of}[rule]
    return some >= max(1, least)


def _agreeing(edits: Sequence[Decision]) -> list[Decision]:
    """Those who wrote the same: most of them, and of as many the last ones."""
    groups: dict[bytes, list[Decision]] = defaultdict(list)
    for one in edits:
        groups[orjson.dumps(one.edit, option=orjson.OPT_SORT_KEYS)].append(one)
    return max(groups.values(), key=lambda some: (len(some), some[-1].at))


def _of(outcome: Outcome, votes: Sequence[Decision], total: int) -> Ruling:
    return Ruling(
        outcome=outcome,
        people=len(votes),
        of=total,
        by=tuple(one.by for one in votes),
        at=votes[-1].at if votes else "",
        edit=dict(votes[-1].edit) if outcome == "edit" else {},
        note="; ".join(dict.fromkeys(one.note.strip() for one in votes if one.note.strip())),
    )


def outcomes(found: Iterable[Ruling]) -> dict[str, int]:
    """How many drafts there are of each outcome."""
    counts = Counter(one.outcome for one in found)
    return {name: counts[name] for name in ("accept", "edit", "reject", "tie")}
