"""Labels as a page sent them > the same, checked against their text, or why they cannot be kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from longgrain.facts import facts
from longgrain.review.label_spec import LabelSpec
from longgrain.review.task import UnusableError

# Names of entity types > the facts that a rule finds for them.
_KNOWN = {
    "person": ("person", "人", "人名", "人物"),
    "place": ("place", "location", "地点", "地名"),
    "organisation": ("organisation", "organization", "org", "机构", "组织"),
    "name": ("name", "名称", "专名"),
    "date": ("date", "time", "日期", "时间"),
    "number": ("number", "quantity", "数字", "数量"),
    "term": ("term", "术语"),
    "quote": ("quote", "quotation", "引语", "引文"),
}
_RULE = {word: kind for kind, words in _KNOWN.items() for word in words}


def checked(raw: str, text: str, spec: LabelSpec) -> dict[str, Any]:
    """Labels as a Decision holds them. Raises UnusableError for any that does not fit text or spec."""
    try:
        sent = orjson.loads(raw)
        entities = [_entity(one, text, spec) for one in sent.get("entities", [])]
        ids = {one["id"] for one in entities}
        relations = [_relation(one, ids, spec) for one in sent.get("relations", [])]
        classes = [str(one) for one in sent.get("classes", [])]
        found: dict[str, Any] = {"text": text}
        found |= {"classes": classes} if spec.classes else {}
        found |= {"entities": sorted(entities, key=_place)} if spec.entities else {}
        found |= {"relations": relations} if spec.relations else {}
        if spec.question:
            found["question"] = str(sent.get("question", "")).strip()
            for name in ("answers", "evidence"):
                found[name] = [_quoted(one, text) for one in sent.get(name, [])]
    except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError, ValueError) as error:
        if isinstance(error, UnusableError):
            raise
        raise UnusableError("labels_do_not_fit", str(error)) from None
    _refuse_classes(classes, spec)
    if len(ids) < len(entities):
        raise UnusableError("labels_do_not_fit", "two entities with one id")
    if found.get("question") and not found["answers"]:
        raise UnusableError("question_needs_answer")
    if (found.get("answers") or found.get("evidence")) and not found["question"]:
        raise UnusableError("answer_needs_question")
    return found


def _refuse_classes(classes: list[str], spec: LabelSpec) -> None:
    if unknown := [one for one in classes if one not in spec.classes]:
        raise UnusableError("labels_do_not_fit", unknown[0])
    if spec.classes and not classes:
        raise UnusableError("class_is_missing")
    if len(classes) > 1 and not spec.several:
        raise UnusableError("one_class_only")


def _place(one: Mapping[str, Any]) -> tuple[int, int]:
    return one["start"], -one["end"]


def _span(one: Mapping[str, Any], text: str) -> dict[str, int]:
    start, end = one["start"], one["end"]
    if not (type(start) is type(end) is int and 0 <= start < end <= len(text)):
        raise UnusableError("labels_do_not_fit", f"{start}-{end}")
    return {"start": start, "end": end}


def _quoted(one: Mapping[str, Any], text: str) -> dict[str, Any]:
    span = _span(one, text)
    return {**span, "text": text[span["start"] : span["end"]]}


def _entity(one: Mapping[str, Any], text: str, spec: LabelSpec) -> dict[str, Any]:
    if one["label"] not in spec.entities:
        raise UnusableError("labels_do_not_fit", str(one["label"]))
    return {"id": str(one["id"]), **_span(one, text), "label": str(one["label"])}


def _relation(one: Mapping[str, Any], ids: set[str], spec: LabelSpec) -> dict[str, str]:
    if one["label"] not in spec.relations or one["from"] not in ids or one["to"] not in ids:
        raise UnusableError("labels_do_not_fit", str(one["label"]))
    if one["from"] == one["to"]:
        raise UnusableError("labels_do_not_fit", str(one["label"]))
    return {"from": str(one["from"]), "to": str(one["to"]), "label": str(one["label"])}


def by_rule(text: str, spec: LabelSpec) -> dict[str, Any]:
    """What the rules of `facts` find for the entity types that they know by name."""
    types = {_RULE[name.casefold()]: name for name in spec.entities if name.casefold() in _RULE}
    found, end = [], 0
    for fact in facts(text, names=True) if types else ():
        label = types.get(str(fact.unit)) if fact.kind == "name" else None
        label = label or types.get(fact.kind)
        if label and fact.start >= end:
            found.append((fact.start, fact.end, label))
            end = fact.end
    entities = [
        {"id": f"e{number}", "start": start, "end": stop, "label": label}
        for number, (start, stop, label) in enumerate(found, 1)
    ]
    return {"entities": entities}
