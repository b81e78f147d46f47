"""Decisions, and the words of what they are about > items as other tools show them, with one decision a person.

In other tools an item that came again is an item of its own, and so is a pair with its sides
exchanged: there, everybody sees the same thing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from longgrain.errors import RunError
from longgrain.review.decision import Decision, Kind
from longgrain.review.gathered import made_at
from longgrain.review.standing import standing

Fields = Mapping[str, str]
Rubrics = Mapping[str, Mapping[int, str]]
# What an item shows, by kind; the first is what marks and answers are about.
FIELDS: dict[Kind, tuple[str, ...]] = {
    "example": ("question", "answer", "evidence"),
    "label": ("text",),
    "pair": ("question", "left", "right"),
}
UNKNOWN = "(not in the run)"
# Of a pair in other tools: what stands left is better, not a or b.
SIDED = {"a": ("left", "right"), "b": ("right", "left")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item; of a pair ``left`` says which answer stands there."""

    id: str
    kind: Kind
    repeat: int = 0
    left: str = ""
    fields: Fields = field(default_factory=dict)
    decisions: tuple[Decision, ...] = ()

    @property
    def name(self) -> str:
        """An id that is its own among all items of its kind."""
        again = f"#{self.repeat}" if self.repeat else ""
        return f"{self.id}{again}{'~' if self.left == 'b' else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What was read from another tool's files, and what could not be, with reasons."""

    decisions: tuple[Decision, ...]
    notes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The names that labels have in some decisions, in the order in which they occur."""

    classes: tuple[str, ...]
    entities: tuple[str, ...]
    relations: tuple[str, ...]
    asks: bool
    """Whether questions are asked about a text, with answers and evidence in it."""

    @property
    def parts(self) -> list[str]:
        """The parts of labels that occur, of those that a text may have none of."""
        held = {"entities": self.entities, "relations": self.relations}
        return [name for name, names in held.items() if names]

    @classmethod
    def of(cls, items: Sequence[Item]) -> Names:
        """Those of the labels, and of suggestions of labels."""
        held = [labels for one in items for labels in labels_of(one)]
        return cls(
            classes=tuple(dict.fromkeys(str(c) for one in held for c in one.get("classes") or ())),
            entities=_labels(held, "entities"),
            relations=_labels(held, "relations"),
            asks=any("question" in one for one in held),
        )


def _labels(held: Sequence[Mapping[str, Any]], part: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(one["label"]) for many in held for one in many.get(part) or ()))


def labels_of(item: Item) -> list[Mapping[str, Any]]:
    """All labels that somebody set or suggested."""
    found = [one.labels for one in item.decisions]
    suggested = suggestion(item)
    return [one for one in (*found, suggested) if one]


def suggestion(item: Item) -> Mapping[str, Any]:
    """The labels that people were shown to correct; ``from`` says whose they are."""
    shown = (one.shown.get("suggestion") for one in item.decisions)
    return next((one for one in shown if isinstance(one, Mapping)), {})


def items_of(
    decisions: Iterable[Decision], contents: Mapping[tuple[str, str], Fields]
) -> tuple[list[Item], Counter[str]]:
    """Items in the order of their first decision, and what is not among them.

    ``contents`` has the words by kind and id; items without a decision may be among them.
    """
    made = list(decisions)
    stand = standing(made)
    lost = Counter[str]()
    if len(made) > len(stand):
        lost["earlier decisions, which later ones took the place of"] = len(made) - len(stand)
    groups: dict[tuple[Kind, str, int, str], list[Decision]] = {}
    for one in stand:
        left = str(one.shown.get("left") or "a") if one.kind == "pair" else ""
        groups.setdefault((one.kind, one.item, one.repeat, left), []).append(one)
    known = {(kind, name) for kind, name, _, _ in groups}
    for kind, name in contents:
        if (kind, name) not in known:
            groups[kind, name, 0, "a" if kind == "pair" else ""] = []  # type: ignore[index]
    found = []
    for (kind, name, repeat, left), mine in groups.items():
        said = _fields(kind, left, contents.get((kind, name)), mine)
        if UNKNOWN in said.values():
            lost[f"{kind}s whose words are not in the run: only their ids are given"] += 1
        found.append(
            Item(id=name, kind=kind, repeat=repeat, left=left, fields=said, decisions=tuple(mine))
        )
    return found, lost


def _fields(kind: Kind, left: str, held: Fields | None, mine: Sequence[Decision]) -> Fields:
    if kind == "label":
        texts = [str(one.labels["text"]) for one in mine if "text" in one.labels]
        return {"text": texts[0] if texts else (held or {}).get("text", UNKNOWN)}
    if held is None:
        return dict.fromkeys(FIELDS[kind], UNKNOWN)
    if kind == "pair":
        other = "b" if left == "a" else "a"
        return {"question": held["question"], "left": held[left], "right": held[other]}
    return {name: held.get(name, "") for name in FIELDS[kind]}


def side_of(decision: Decision) -> str:
    """The verdict on a pair in terms of sides: left, right, tie or skip."""
    left, right = SIDED[str(decision.shown.get("left") or "a")]
    return {"a": left, "b": right}.get(decision.verdict, decision.verdict)


def verdict_of(kind: str, said: str, left: str) -> str:
    """The verdict that a word of another tool is; "left" of a pair is the answer that stood there."""
    if kind != "pair":
        return said
    other = "b" if left == "a" else "a"
    return {"left": left or "a", "right": other}.get(said, said)


def rubrics_of(items: Sequence[Item], given: Rubrics) -> dict[str, dict[int, str]]:
    """The rubrics given, and those that somebody rated by, with points up to five or more."""
    found = {name: dict(points) for name, points in given.items()}
    for item in items:
        for one in item.decisions:
            for name, point in one.ratings.items():
                points = found.setdefault(name, {})
                points.setdefault(1, "")
                points.setdefault(max(5, point), "")
    return found


def placed(labels: Mapping[str, Any]) -> dict[str, Any]:
    """Labels with marks in the order of the text; ids of entities are left as they are."""
    return {name: _sorted(name, value) for name, value in labels.items()}


def _sorted(name: str, value: Any) -> Any:
    if name in ("entities", "answers", "evidence"):
        return sorted(value, key=lambda one: (one["start"], one["end"], str(one.get("label", ""))))
    return value


def same(decision: Decision, *, timed: bool = True) -> bytes:
    """Equal for decisions that say the same, however times, numbers and the order of parts are written.

    Not ``timed``, also for those that were made at different times.
    """
    at = made_at(decision).isoformat() if timed and decision.at else ""
    one = replace(decision, at=at, seconds=float(decision.seconds) if timed else 0.0)
    return orjson.dumps(one, option=orjson.OPT_SORT_KEYS)


def decision_of(values: Mapping[str, Any], notes: Counter[str]) -> Decision | None:
    """A decision from what a file said; None, and a note, where it is none."""
    try:
        made = Decision(**values)
        made.json()
        return made
    except (RunError, TypeError, orjson.JSONEncodeError):
        notes["responses without a verdict that we know"] += 1
        return None
