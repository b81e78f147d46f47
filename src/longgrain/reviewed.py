"""Sound drafts and what people decided about them > the same without the rejected, the edited in new words.

Rejected drafts fall with the reason "review" before anything is laid out, so that others are drafted
in their place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from longgrain.plan import Plan
from longgrain.review.decision import Decision
from longgrain.review.edited import edited
from longgrain.review.gathered import gather
from longgrain.review.ruling import Ruling, last_words, rulings
from longgrain.types import Draft, Dropped, content_id

Problem = Callable[[Draft], Dropped | None]
REASON = "review"


@dataclass(kw_only=True)
class Reviewed:
    """The rulings on drafts by their ids, and what came of them in one build."""

    rulings: Mapping[str, Ruling] = field(default_factory=dict)
    people: frozenset[str] = frozenset()
    rule: str = "majority"
    decisions: int = 0
    met: dict[str, str] = field(default_factory=dict)
    """Draft > what became of it, of those that the build drew."""
    counts: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, plan: Plan) -> Reviewed:
        """What people decided, as the plan's files say it. PlanError, RunError where they cannot be read."""
        found = decided(plan)
        if plan.review is None or not found:
            return cls()
        last = last_words(found)
        return cls(
            rulings=rulings(found, plan.review.rule),
            people=frozenset(name for votes in last.values() for name in votes),
            rule=plan.review.rule,
            decisions=sum(map(len, last.values())),
        )

    def stays(self, draft: Draft) -> bool:
        """Whether people decided about these very words, so that no other words take their place."""
        return draft.id in self.rulings

    def decide(self, draft: Draft, problem: Problem, texts: Mapping[str, str]) -> Draft | Dropped:
        """The draft as people left it, or why it falls. An edited one is checked again."""
        mine: set[str] = set()
        while (ruling := self.rulings.get(draft.id)) and draft.id not in mine:
            mine.add(draft.id)
            if ruling.outcome == "reject":
                return self._fallen(draft, ruling, REASON, ruling.said)
            if ruling.outcome != "edit":
                self.met[draft.id] = ruling.outcome
                return draft
            changed = edited(draft, ruling, texts)
            if isinstance(changed, str):
                return self._fallen(draft, ruling, f"{REASON}: {changed}", ruling.said)
            if lost := problem(changed):
                reason = f"{REASON}: the edited text fails a check: {lost.reason}"
                return self._fallen(draft, ruling, reason, lost.detail)
            self.met[draft.id] = "edit"
            self.counts["quotes"] += len(changed.meta["reviewed"].get("quotes", ()))
            draft = _traced(changed, draft)
        return draft

    def _fallen(self, draft: Draft, ruling: Ruling, reason: str, detail: str) -> Dropped:
        self.met[draft.id] = "reject" if ruling.outcome == "reject" else "refused"
        return Dropped(step="check", id=draft.id, reason=reason, detail=detail)

    def told(self) -> dict[str, Any]:
        """What the manifest says of it; empty where nobody decided anything."""
        if not self.rulings:
            return {}
        done = Counter(self.met.values())
        return {
            "people": len(self.people),
            "rule": self.rule,
            "decisions": self.decisions,
            "drafts": len(self.rulings),
            "accepted": done["accept"],
            "edited": done["edit"],
            "rejected": done["reject"],
            "refused": done["refused"],
            "ties": done["tie"],
            "quotes": self.counts["quotes"],
            "unknown": len(self.rulings.keys() - self.met.keys()),
        }


def _traced(changed: Draft, before: Draft) -> Draft:
    """All earlier drafts of one that was edited more than once."""
    earlier = before.meta.get("reviewed", {}).get("of", [])
    told = {**changed.meta["reviewed"], "of": [*earlier, before.id]}
    return replace(changed, meta={**changed.meta, "reviewed": told})


def decided(plan: Plan) -> list[Decision]:
    """The decisions that a plan names, by time."""
    names: Sequence[str] = plan.review.decisions if plan.review else ()
    return gather(plan.path(name) for name in names)


def decided_id(plan: Plan) -> list[str]:
    """The hash of all decisions, however they are stored; nothing where there are none."""
    found = decided(plan)
    lines = (orjson.dumps(one, option=orjson.OPT_SORT_KEYS) for one in found)
    return [content_id(*lines)] if found else []


def summary(told: Mapping[str, Any]) -> str:
    """What came of the review, in one sentence; "" where there was none."""
    if not told:
        return ""
    people = "one person" if told["people"] == 1 else f"{told['people']:,} people"
    refused = f", {told['refused']:,} edited ones left out" if told["refused"] else ""
    return (
        f"Of the drafts, {people} had accepted {told['accepted']:,}, edited {told['edited']:,} and "
        f"rejected {told['rejected']:,}{refused}; the rest is not reviewed."
    )


def sentences(told: Mapping[str, Any]) -> list[str]:
    """What a reader of the report must know of the review."""
    if not told:
        return []
    said = []
    if told["unknown"]:
        said.append(
            f"review: {told['unknown']:,} of {told['drafts']:,} drafts that people decided about were "
            "not drafted in this build, so nothing came of what they decided"
        )
    if told["ties"]:
        said.append(
            f"review: {told['ties']:,} drafts on which people are divided stay as they were"
        )
    if told["quotes"]:
        said.append(
            f"review: {told['quotes']:,} quoted phrases do not hold the edited answer and are no longer "
            "named as its quotes"
        )
    return said
