"""A request of this recipe > what a language model might reply, by rule, for a forecast that costs nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

from longgrain.recipes.sft.entities import TYPES, spans_of
from longgrain.recipes.sft.extraction import DEFINED, FIELDS, record_of
from longgrain.recipes.sft.item import spoken
from longgrain.types import Request

_SENTENCE = re.compile(r"[^.!?。！？]{12,}[.!?。！？]")


def rehearse(request: Request) -> str:
    """A reply in the form of the task's prompt."""
    text, language = request.material[0], str(request.settings.get("language", "en"))
    said: Mapping[str, Any] = request.settings.get("said", {})
    task = request.task.partition(".")[2]
    return orjson.dumps(_REPLIES[task](text, language, said)).decode() if task in _REPLIES else ""


def _first(text: str, count: int) -> list[str]:
    return [match[0].strip() for match in _SENTENCE.finditer(text)][:count] or [text[:80]]


def _summary(text: str, language: str, said: Mapping[str, Any]) -> dict[str, Any]:
    return {"summary": _first(text, 1)[0][: max(20, len(text) // 3)]}


def _rewriting(text: str, language: str, said: Mapping[str, Any]) -> dict[str, Any]:
    return {"rewriting": ("也就是说，" if spoken(language) == "zh" else "In other words: ") + text}


def _extraction(text: str, language: str, said: Mapping[str, Any]) -> dict[str, Any]:
    record = record_of(text, language)
    names, keys = FIELDS[spoken(language)], DEFINED[spoken(language)]
    found = {
        field: record[names[kind]]
        for kind, field in (("date", "dates"), ("quantity", "quantities"), ("money", "amounts"))
    }
    defined = [{"term": one[keys[0]], "definition": one[keys[1]]} for one in record[names["term"]]]
    return {**found, "definitions": defined}


def _classification(text: str, language: str, said: Mapping[str, Any]) -> dict[str, Any]:
    classes = list(said.get("classes", ())) or [""]
    return {"label": classes[len(text) % len(classes)], "quote": _first(text, 1)[0]}


def _entities(text: str, language: str, said: Mapping[str, Any]) -> dict[str, Any]:
    names = TYPES[spoken(language)]
    asked = set(said.get("types", names.values()))
    found = [one for one in spans_of(text, language, names) if names[one.kind] in asked]
    return {"entities": [{"text": text[o.start : o.end], "type": names[o.kind]} for o in found]}


def _dialogue(text: str, language: str, said: Mapping[str, Any]) -> dict[str, Any]:
    ask = "关于“{}”，说了什么？" if spoken(language) == "zh" else "What is said about “{}”?"
    turns = [
        {"question": ask.format(one[:12]), "answer": one, "quote": one}
        for one in _first(text, int(said.get("turns", 3)))
    ]
    return {"turns": turns}


_REPLIES = {
    "summary": _summary,
    "rewriting": _rewriting,
    "extraction": _extraction,
    "classification": _classification,
    "entities": _entities,
    "dialogue": _dialogue,
}
