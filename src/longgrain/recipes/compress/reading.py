"""A language model's reply and the text that it was shown > a summary or a table that can be kept, or why not."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from longgrain.facts import language_of, plain
from longgrain.fidelity import added, lost
from longgrain.recipes.compress.entities import Table
from longgrain.recipes.replied import told
from longgrain.types import Refused, Reply

_REFUSES = re.compile(
    r"\W*(?:I(?:['’]m| am) (?:sorry|unable|not able)|I (?:can(?:not|['’]t)|won['’]t)|Sorry\b|As an? (?:AI|language model)"
    r"|Unfortunately, I|抱歉|很抱歉|对不起|對不起|作为(?:一个|一名)?(?:AI|人工智能|语言模型)|我(?:无法|不能|没有办法)|无法(?:完成|提供|回答))",
    re.IGNORECASE,
)


class Told(NamedTuple):
    """What a reply says, and the headline where one was asked for."""

    text: str
    headline: str = ""


def summary_of(
    reply: Reply | Refused,
    source: str,
    *,
    most: int,
    tokens: int,
    keep: Sequence[str] = (),
    headline: bool = False,
) -> Told | str:
    """The summary of a reply, or why it cannot be used: its reason is always the same words.

    ``most`` tokens are allowed and ``tokens`` are those of the summary, by the caller's count; see
    `said_in`. Numbers, dates and names must be the source's own.
    """
    said = said_in(reply, headline=headline)
    if isinstance(said, str):
        return said
    whole = f"{said.headline}\n{said.text}"
    if _REFUSES.match(said.text):
        return "the reply refuses"
    if language_of(whole) != language_of(source):
        return "the summary is in another language than its source"
    if made_up := added(source, whole):
        return f"the summary has {next(iter(made_up))} that its source does not have"
    if tokens > most:
        return "the summary is longer than its budget"
    gone = lost(source, said.text)
    if any(kind in gone for kind in keep):
        return "the summary has lost what it was to keep"
    return said


def said_in(reply: Reply | Refused, *, headline: bool = False) -> Told | str:
    """The fields of a reply, whatever they say, or why there are none."""
    needed = {"headline": str, "summary": str} if headline else {"summary": str}
    fields = told(reply, **needed)
    if isinstance(fields, str):
        return fields
    first = " ".join(str(fields.get("headline", "")).split()) if headline else ""
    return Told(str(fields["summary"]).strip(), first)


def table_of(reply: Reply | Refused, source: str) -> tuple[Table, list[str]] | str:
    """The sound entities and relations of a reply with the reasons why others fell, or why none is.

    A name and a value must stand in the source; both ends of a relation must be entities, and its
    quote, in which both stand, must be the source's.
    """
    fields = told(reply, entities=list, relations=list)
    if isinstance(fields, str):
        return fields
    words, problems = _comparable(source), list[str]()
    entities: dict[str, dict[str, Any]] = {}
    for one in fields["entities"]:
        entity = _entity(one, words)
        if isinstance(entity, str):
            problems.append(entity)
        else:
            entities.setdefault(entity["name"], entity)
    relations: list[dict[str, str]] = []
    for one in fields["relations"]:
        relation = _relation(one, words, entities)
        if isinstance(relation, str):
            problems.append(relation)
        else:
            relations.append(relation)
    return {"entities": list(entities.values()), "relations": relations}, problems


def _entity(one: Any, source: str) -> dict[str, Any] | str:
    if not isinstance(one, Mapping) or not (name := _text(one, "name")):
        return "an entity of the reply has no name"
    if _comparable(name) not in source:
        return "an entity of the reply is not in the text"
    listed = one.get("attributes")
    attributes: dict[str, str] = {}
    for pair in listed if isinstance(listed, list) else ():
        key = _text(pair, "name") if isinstance(pair, Mapping) else ""
        value = _text(pair, "value") if key else ""
        if not key or not value or _comparable(value) not in source:
            return "an attribute of the reply is not in the text"
        attributes[key] = value
    return {"name": name, "type": _text(one, "type") or "name", "attributes": attributes}


def _relation(one: Any, source: str, entities: Mapping[str, Any]) -> dict[str, str] | str:
    if not isinstance(one, Mapping):
        return "a relation of the reply is none"
    subject, relation, other, quote = (
        _text(one, name) for name in ("subject", "relation", "object", "quote")
    )
    if subject not in entities or other not in entities or not relation:
        return "a relation of the reply is between things that are no entities"
    quoted = _comparable(quote)
    if not quoted or quoted not in source:
        return "a relation of the reply rests on words that are not in the text"
    if _comparable(subject) not in quoted or _comparable(other) not in quoted:
        return "a relation of the reply is not in the words that it rests on"
    return {"subject": subject, "relation": relation, "object": other}


def _text(record: Mapping[str, Any], name: str) -> str:
    value = record.get(name)
    value = str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
    return (
        " ".join(value.encode("utf-8", "replace").decode().split())
        if isinstance(value, str)
        else ""
    )


def _comparable(text: str) -> str:
    return "".join(plain(text).casefold().split())
