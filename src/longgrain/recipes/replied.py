"""A teacher's reply that should be a JSON object > its fields, or why it cannot be used."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from json import JSONDecoder
from typing import Any

from longgrain.types import Refused, Reply

_THOUGHT = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)
# Characters of a reply that are looked at: far more than anyone asks for.
LONGEST = 200_000


def objects(text: str, longest: int = LONGEST) -> Iterator[dict[str, Any]]:
    """Every whole JSON object of a reply, in its order, one within another left out.

    Fences, words around it and a model's thoughts are passed over; a reply that was cut still gives
    the objects that were whole.
    """
    text = _THOUGHT.sub("", text)[:longest]
    decoder, end = JSONDecoder(strict=False), 0
    for start in (match.start() for match in re.finditer(r"\{", text)):
        if start < end:
            continue
        try:
            value, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            continue
        yield value


def told(reply: Reply | Refused, **needed: type) -> dict[str, Any] | str:
    """The first object of the reply that has all ``needed`` fields with these types, or a reason.

    See `objects`. Numbers stand for texts where texts are needed; texts lose the blanks around them;
    an empty one is missing.
    """
    if isinstance(reply, Refused):
        return reply.reason
    found = False
    for value in objects(reply.text):
        found = True
        fields = _fields(value, needed)
        if fields is not None:
            return fields
    if found:
        return f"the reply lacks what was asked for ({', '.join(needed)})"
    return "the reply holds no whole JSON object"


def _fields(value: Mapping[str, Any], needed: Mapping[str, type]) -> dict[str, Any] | None:
    fields = dict(value)
    for name, kind in needed.items():
        one = fields.get(name)
        if kind is str and isinstance(one, int | float) and not isinstance(one, bool):
            one = str(one)
        if not isinstance(one, kind) or (kind is str and not str(one).strip()):
            return None
        fields[name] = (
            one.encode("utf-8", "replace").decode().strip() if isinstance(one, str) else one
        )
    return fields
