"""Decisions > the result of an annotation in Label Studio, and back.

Offsets of Label Studio count code points since its editor of 2022 (HumanSignal/label-studio-frontend#308);
before that they counted UTF-16 units. A region says its words, so older ones are found and counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from longgrain.review.decision import Decision
from longgrain.review.exchange.items import FIELDS, Rubrics, placed, side_of

Region = dict[str, Any]
# Controls by name. What a person is called stands in one of its own: ids of users are another server's.
BY, VERDICT, BETTER, NOTE = "by", "verdict", "better", "note"
EDITS = {"question": "edited-question", "answer": "edited-answer"}
CLASSES, ENTITIES, QUOTES, ASKED = "classes", "entities", "quotes", "question-asked"
PARTS = ("answers", "evidence")


def about(kind: str) -> str:
    """The object that controls of items of a kind belong to."""
    return FIELDS[kind][0]  # type: ignore[index]


def result(decision: Decision, text: str, rubrics: Rubrics) -> list[Region]:
    """The regions and choices of one annotation."""
    to = about(decision.kind)
    found = [_written(BY, to, decision.by), *_verdict(decision, to)]
    for number, name in enumerate(rubrics, 1):
        if name in decision.ratings:
            rating = {"rating": decision.ratings[name]}
            found.append(_said(f"rating-{number}", to, "rating", rating))
    if decision.kind == "example":
        edits = ((EDITS[name], words) for name, words in decision.edit.items() if name in EDITS)
        found += [_written(name, to, words) for name, words in edits]
    found += labelled(decision.labels, text)
    return [*found, *([_written(NOTE, to, decision.note)] if decision.note else [])]


def _verdict(decision: Decision, to: str) -> Iterator[Region]:
    said = side_of(decision) if decision.kind == "pair" else decision.verdict
    if said in ("left", "right"):
        # The tag of a comparison stands for itself in the place of an object.
        yield _said(BETTER, BETTER, "pairwise", {"selected": said})
    elif said not in ("labelled", "skip"):
        yield _said(VERDICT, to, "choices", {"choices": [said]})


def labelled(labels: Mapping[str, Any], text: str) -> list[Region]:
    """Classes, marks and relations of a text."""
    held, found = placed(labels), list[Region]()
    if held.get("classes"):
        found.append(_said(CLASSES, "text", "choices", {"choices": list(held["classes"])}))
    for one in held.get("entities") or ():
        found.append(_marked(ENTITIES, one, str(one["label"]), text) | {"id": f"e:{one['id']}"})
    if held.get("question"):
        found.append(_written(ASKED, "text", held["question"]))
    for part in PARTS:
        for number, one in enumerate(held.get(part) or ()):
            found.append(_marked(QUOTES, one, part, text) | {"id": f"{part}:{number}"})
    for one in held.get("relations") or ():
        ends = {"from_id": f"e:{one['from']}", "to_id": f"e:{one['to']}"}
        found.append({"type": "relation", **ends, "direction": "right", "labels": [one["label"]]})
    return found


def _said(name: str, to: str, kind: str, value: Mapping[str, Any]) -> Region:
    return {"id": name, "from_name": name, "to_name": to, "type": kind, "value": dict(value)}


def _written(name: str, to: str, words: str) -> Region:
    return _said(name, to, "textarea", {"text": [words]})


def _marked(name: str, one: Mapping[str, Any], label: str, text: str) -> Region:
    start, end = one["start"], one["end"]
    value = {"start": start, "end": end, "text": text[start:end], "labels": [label]}
    return _said(name, "text", "labels", value)


# --- and back --------------------------------------------------------------------------------------


class Answers:
    """The result of one annotation by control."""

    def __init__(self, regions: Sequence[Region], text: str, notes: Counter[str]) -> None:
        self.text, self.notes = text, notes
        self.regions = [one for one in regions if isinstance(one, Mapping)]

    def of(self, name: str) -> list[Region]:
        """The regions of one control."""
        return [one for one in self.regions if one.get("from_name") == name]

    def words(self, name: str) -> str:
        """What was written in a text area; several entries on a line each."""
        held = [one["value"].get("text") or () for one in self.of(name)]
        parts = [part for one in held for part in ([one] if isinstance(one, str) else one)]
        return "\n".join(map(str, parts))

    def choices(self, name: str) -> list[str]:
        """What was chosen."""
        return [str(part) for one in self.of(name) for part in one["value"].get("choices") or ()]

    @property
    def verdict(self) -> str:
        """What was chosen, or which side is better; "" where neither is said."""
        sides = [str(one["value"].get("selected", "")) for one in self.of(BETTER)]
        return next(iter((*sides, *self.choices(VERDICT))), "")

    def ratings(self, rubrics: Mapping[str, str]) -> dict[str, int]:
        """Rubric > point; ``rubrics`` are their names by control."""
        rated = (one for one in self.regions if one.get("type") == "rating")
        return {
            str(rubrics.get(one["from_name"], one["from_name"])): int(one["value"]["rating"])
            for one in rated
        }

    def labels(self, parts: Sequence[str]) -> dict[str, Any]:
        """Labels of the text; of ``parts``, those that nobody set are empty."""
        found: dict[str, Any] = {"text": self.text}
        if chosen := self.choices(CLASSES):
            found["classes"] = chosen
        names: dict[str, str] = {}
        if ENTITIES in parts or self.of(ENTITIES):
            found["entities"] = [self._entity(one, names) for one in self._marks(ENTITIES)]
        if "relations" in parts or self._relations():
            found["relations"] = [
                {"from": names[one["from_id"]], "to": names[one["to_id"]], "label": label}
                for one in self._relations()
                if one.get("from_id") in names and one.get("to_id") in names
                for label in one.get("labels") or ("",)
            ]
        if asked := self.words(ASKED):
            found["question"] = asked
            for part in PARTS:
                found[part] = [
                    {
                        "start": one["start"],
                        "end": one["end"],
                        "text": self.text[one["start"] : one["end"]],
                    }
                    for one in self._marks(QUOTES)
                    if one["label"] == part
                ]
        return found

    def _relations(self) -> list[Region]:
        return [one for one in self.regions if one.get("type") == "relation"]

    @staticmethod
    def _entity(mark: Mapping[str, Any], names: dict[str, str]) -> dict[str, Any]:
        """An entity; an id that is ours is taken as it was, any other as Label Studio made it."""
        names[mark["id"]] = str(mark["id"]).removeprefix("e:")
        return {"id": names[mark["id"]], **{name: mark[name] for name in ("start", "end", "label")}}

    def _marks(self, name: str) -> list[dict[str, Any]]:
        found = []
        for one in self.of(name):
            value = one["value"]
            start, end = self._place(int(value["start"]), int(value["end"]), value.get("text"))
            if not 0 <= start < end <= len(self.text):
                self.notes["marks outside their text"] += 1
                continue
            for label in value.get("labels") or ():
                found.append({"id": one.get("id"), "start": start, "end": end, "label": str(label)})
        return sorted(found, key=lambda one: (one["start"], one["end"], one["label"]))

    def _place(self, start: int, end: int, words: object) -> tuple[int, int]:
        """Offsets in code points; those in UTF-16 units where only so the words are those marked."""
        if not isinstance(words, str) or self._says(start, end, words):
            return start, end
        units = self.text.encode("utf-16-le")
        try:
            first, last = (len(units[: 2 * at].decode("utf-16-le")) for at in (start, end))
        except UnicodeDecodeError:
            first, last = start, end
        if (first, last) != (start, end) and self._says(first, last, words):
            self.notes["marks counted in UTF-16 units, put right by their words"] += 1
            return first, last
        self.notes["marks whose words are others in the text: look whether they fit"] += 1
        return start, end

    def _says(self, start: int, end: int, words: str) -> bool:
        """Whether the text has these words there; Label Studio writes a new line as two signs."""
        found = self.text[start:end]
        return words in (found, found.replace("\n", "\\n"))
