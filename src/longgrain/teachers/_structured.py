"""A model's words and a JSON schema > the JSON in the words that meets the schema, or what is wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from longgrain.errors import TeacherError

Schema = Mapping[str, Any]

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "null": (type(None),),
}
_CHECKED = {
    *("type", "properties", "required", "additionalProperties", "items", "enum", "const", "anyOf"),
    *("minItems", "maxItems", "minLength", "maxLength", "minimum", "maximum"),
}
_SAID = {"title", "description", "default", "examples", "$schema", "$comment"}
# Where JSON may begin in words around it: more openings than this are no JSON with words around it.
OPENINGS = 64
_FENCE = re.compile(r"```[\w-]*\s*\n(.*?)```", re.DOTALL)
_THOUGHT = re.compile(r"\A\s*<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL)
_DECODER = json.JSONDecoder()


def problems(value: Any, schema: Schema, place: str = "the reply") -> Iterator[str]:
    """What about a value does not meet a schema: the keywords that longgrain's own schemas use.

    Raises TeacherError for a keyword that it does not know, which would go unchecked.
    """
    if unknown := schema.keys() - _CHECKED - _SAID:
        raise TeacherError(
            f"the schema keyword {min(unknown)!r} cannot be checked, so no reply could be trusted; "
            f"use {', '.join(sorted(_CHECKED))}"
        )
    if "anyOf" in schema and all(any(problems(value, one, place)) for one in schema["anyOf"]):
        yield f"{place} is none of the {len(schema['anyOf'])} things allowed there"
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(_is(value, kind) for kind in kinds):
        yield f"{place} must be {' or '.join(kinds)}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{place} must be one of {_shown(schema['enum'])}"
    if "const" in schema and value != schema["const"]:
        yield f"{place} must be {_shown(schema['const'])}"
    yield from _out_of_bounds(value, schema, place)
    if isinstance(value, dict):
        yield from _object_problems(value, schema, place)
    if isinstance(value, list) and isinstance(schema.get("items"), Mapping):
        for number, item in enumerate(value):
            yield from problems(item, schema["items"], f"{place}[{number}]")


def _is(value: Any, kind: str) -> bool:
    """Whether a value is of a JSON type; true and false are no numbers."""
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, _TYPES[kind]) or (
        kind == "integer" and isinstance(value, float) and value.is_integer()
    )


def _object_problems(value: dict[str, Any], schema: Schema, place: str) -> Iterator[str]:
    known = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{place} lacks {name!r}"
    for name, inner in value.items():
        if name in known:
            yield from problems(inner, known[name], f"{place}.{name}")
        elif schema.get("additionalProperties") is False:
            yield f"{place} has {name[:40]!r}, which is not asked for"


def _out_of_bounds(value: Any, schema: Schema, place: str) -> Iterator[str]:
    size: float | None = None
    if isinstance(value, str):
        low, high, size, what = "minLength", "maxLength", len(value), "characters"
    elif isinstance(value, list):
        low, high, size, what = "minItems", "maxItems", len(value), "items"
    elif isinstance(value, int | float) and not isinstance(value, bool):
        low, high, size, what = "minimum", "maximum", value, ""
    if size is None:
        return
    if low in schema and size < schema[low]:
        yield f"{place} must be at least {schema[low]} {what}".rstrip()
    if high in schema and size > schema[high]:
        yield f"{place} must be at most {schema[high]} {what}".rstrip()


def extract(words: str, schema: Schema) -> tuple[str, str]:
    """The JSON in a reply that meets the schema, and nothing; or nothing, and what is wrong.

    It may stand alone, in a fence of three backticks, or among other words.
    """
    wrong = "the reply is not JSON"
    for text in _candidates(_THOUGHT.sub("", words, count=1).strip()):
        try:
            value = orjson.loads(text)
        except (ValueError, RecursionError):
            continue
        found = [one for one, _ in zip(problems(value, schema), range(3), strict=False)]
        if not found:
            return text, ""
        if wrong == "the reply is not JSON":
            wrong = "; ".join(found)
    return "", wrong


def _candidates(words: str) -> Iterator[str]:
    """Stretches of the words that may be the JSON that was asked for, the likeliest first."""
    yield words
    for fenced in _FENCE.findall(words):
        yield fenced.strip()
    place = 0
    for _ in range(OPENINGS):
        opening = re.compile(r"[{\[]").search(words, place)
        if opening is None:
            return
        try:
            _, end = _DECODER.raw_decode(words, opening.start())
            yield words[opening.start() : end]
            place = end
        except (ValueError, RecursionError):
            place = opening.end()


def strict(schema: Schema) -> bool:
    """Whether a server that takes only whole schemas takes this one: every object names and needs all."""
    inner = [*schema.get("properties", {}).values(), schema.get("items"), *schema.get("anyOf", ())]
    names = list(schema.get("properties", {}))
    whole = schema.get("type") != "object" or (
        schema.get("additionalProperties") is False and list(schema.get("required", [])) == names
    )
    return whole and all(strict(one) for one in inner if isinstance(one, Mapping))


def in_words(schema: Schema, chinese: bool) -> str:
    """The schema as a sentence at the end of a prompt."""
    said = _shown(schema)
    if chinese:
        return f"只输出 JSON，不要输出其他内容。JSON 必须符合以下 JSON Schema：\n{said}"
    return f"Reply with JSON alone, no other words. It must meet this JSON schema:\n{said}"


def correction(wrong: str, schema: Schema, chinese: bool) -> str:
    """What is said to a model whose reply cannot be used."""
    begin = f"你的回答无法使用：{wrong}。" if chinese else f"That cannot be used: {wrong}."
    return f"{begin}\n{in_words(schema, chinese)}"


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=dict)
