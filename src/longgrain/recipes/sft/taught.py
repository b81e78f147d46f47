"""Passages and a language model > items in its words, of which nothing is believed that the passage does not bear out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import orjson

from longgrain.facts import facts, language_of, normalise
from longgrain.modality import negations
from longgrain.protocols import Materials
from longgrain.recipes.replied import told
from longgrain.recipes.sft.classification import item as classified
from longgrain.recipes.sft.entities import called
from longgrain.recipes.sft.entities import item as marked_up
from longgrain.recipes.sft.extraction import DEFINED, FIELDS
from longgrain.recipes.sft.found import Found
from longgrain.recipes.sft.item import Item, spoken
from longgrain.recipes.written import Page
from longgrain.types import WAITS, Dropped, Grain, Refused, Reply, Request

# Requests asked at a time, at most and at least; how many more a teacher by file is asked for.
BATCH, FEWEST, SPARE = 64, 8, 1.5
SHORTER = 0.6  # a summary's characters over those of its section, at most
SHARED = 0.35  # of a summary's or a rewriting's words, those that the passage has too, at least


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """What a request is about."""

    grain: Grain
    text: str
    language: str


Read = Callable[[Passage, Reply], Item | str]


def asked(
    materials: Materials,
    wanted: int,
    task: str,
    passages: Iterable[Passage | Dropped],
    read: Read,
    said: Callable[[str], Mapping[str, Any]] = lambda language: {},
) -> Iterator[Item | Dropped]:
    """One request a passage, never more at a time than may still be needed."""
    source = iter(passages)
    found = waiting = 0
    while some := list(islice(source, min(BATCH, max(FEWEST, wanted - found)))):
        yield from (one for one in some if isinstance(one, Dropped))
        batch = [one for one in some if isinstance(one, Passage)]
        requests = [
            Request(
                task=f"sft.{task}",
                material=(one.text,),
                settings={"language": one.language, "said": dict(said(one.language))},
            )
            for one in batch
        ]
        for one, reply in zip(batch, materials.ask(requests), strict=True):
            item = _item(one, reply, read)
            found += isinstance(item, Item)
            waiting += isinstance(item, Dropped) and item.reason == WAITS
            yield item
        if waiting and found + waiting / SPARE >= wanted:
            return


def _item(one: Passage, reply: Reply | Refused, read: Read) -> Item | Dropped:
    name = f"{one.grain.doc_id}:{one.grain.start}"
    if isinstance(reply, Refused):
        reason, _, detail = reply.reason.partition(": ")
        return Dropped(step="draft", id=name, reason=reason, detail=detail)
    found = read(one, reply)
    if isinstance(found, str):
        return Dropped(step="draft", id=reply.call, reason=found, detail=reply.text[:200])
    return found


# --- what a reply must bear out ---------------------------------------------------------------------


def invented(said: str, text: str, language: str) -> str:
    """What a reply says that its passage does not: a number, a date, a name; or ""."""
    known = set(normalise(text).split())
    if any(word not in known for word in normalise(said).split() if word[0].isdigit()):
        return "the reply has a number that its passage does not have"
    names = [f for f in facts(said, spoken(language), names=True) if f.kind == "name"]  # type: ignore[arg-type]
    if any(_folded(one.text) not in _folded(text) for one in names):
        return "the reply has a name that its passage does not have"
    return ""


def unlike(said: str, text: str, language: str) -> str:
    """Whether a reply is in another language, or speaks of something else; a refusal does."""
    if language_of(said) != spoken(language) and spoken(language) in ("en", "zh"):
        return "the reply is in another language than its passage"
    words = normalise(said).split()
    known = set(normalise(text).split())
    long = [word for word in words if len(word) > 3 or not word.isascii()] or words
    if not long or sum(word in known for word in long) < SHARED * len(long):
        return "the reply has hardly a word of its passage"
    return ""


def _folded(text: str) -> str:
    return "".join(text.casefold().split())


# --- the tasks --------------------------------------------------------------------------------------


def summary(one: Passage, reply: Reply) -> Item | str:
    """A summary: shorter, in the passage's language, with no number or name of its own."""
    fields = told(reply, summary=str)
    if isinstance(fields, str):
        return fields
    said = fields["summary"]
    if len(said) > SHORTER * len(one.text):
        return "the summary is hardly shorter than its section"
    if problem := unlike(said, one.text, one.language) or invented(said, one.text, one.language):
        return problem
    data = {"task": "summary", "target": said}
    return _made(one, reply, "summary", "summary", said, data=data)


def rewriting(one: Passage, reply: Reply) -> Item | str:
    """A rewriting: other words, the same numbers, names and negations."""
    fields = told(reply, rewriting=str)
    if isinstance(fields, str):
        return fields
    said = fields["rewriting"]
    if normalise(said) == normalise(one.text):
        return "the rewriting repeats its paragraph"
    problem = unlike(said, one.text, one.language) or invented(said, one.text, one.language)
    if problem or (problem := _forgot(said, one.text, one.language)):
        return problem
    data = {"task": "rewriting", "target": said}
    return _made(one, reply, "rewriting", "plain", said, label="plain", data=data)


def _forgot(said: str, text: str, language: str) -> str:
    numbers = {word for word in normalise(text).split() if word[0].isdigit()}
    if not numbers <= set(normalise(said).split()):
        return "the rewriting lacks a number of its paragraph"
    names = [f.text for f in facts(text, spoken(language), names=True) if f.kind == "name"]  # type: ignore[arg-type]
    if any(_folded(name) not in _folded(said) for name in names):
        return "the rewriting lacks a name of its paragraph"
    if bool(negations(said)) != bool(negations(text)):
        return "the rewriting denies what its paragraph says, or the other way round"
    return ""


def extraction(one: Passage, reply: Reply) -> Item | str:
    """A record whose values all stand in the passage word by word."""
    fields = told(reply, dates=list, quantities=list, amounts=list, definitions=list)
    if isinstance(fields, str):
        return fields
    names, keys = FIELDS[spoken(one.language)], DEFINED[spoken(one.language)]
    record: dict[str, list[Any]] = {}
    for kind, field in zip(names, ("dates", "quantities", "amounts", "definitions"), strict=True):
        record[names[kind]] = []
        for value in fields[field]:
            words = _values(value, defined=field == "definitions")
            if words is None:
                return "a value of the record has another form than asked for"
            if any(not word or word not in one.text for word in words):
                return "a value of the record does not stand in its passage"
            record[names[kind]].append(dict(zip(keys, words, strict=True)) if len(words) > 1 else words[0])  # fmt: skip
    values = sum(map(len, record.values()))
    if not values:
        return "the record is empty"
    answer = orjson.dumps(record).decode()
    joined = "、" if spoken(one.language) == "zh" else ", "
    data = {"task": "extraction", "target": answer}
    label = "+".join(name for name, found in record.items() if found)
    return _made(one, reply, "extraction", "extraction", answer, label=label, parts=values,
                 filled={"fields": joined.join(record)}, data=data)  # fmt: skip


def _values(value: Any, *, defined: bool) -> list[str] | None:
    if not defined:
        return [value] if isinstance(value, str) else None
    if not isinstance(value, Mapping):
        return None
    words = [value.get("term"), value.get("definition")]
    return words if all(isinstance(one, str) for one in words) else None  # type: ignore[return-value]


def classification(classes: Sequence[str]) -> Read:
    """A label among the classes, with the words of the passage that it rests on."""

    def read(one: Passage, reply: Reply) -> Item | str:
        fields = told(reply, label=str, quote=str)
        if isinstance(fields, str):
            return fields
        if fields["label"] not in classes:
            return "the label is none of the classes"
        if Page.of(one.text).find(fields["quote"]) is None:
            return "the quote for the label does not stand in its passage"
        home = Reply(teacher=reply.teacher, call=reply.call, text=fields["label"])
        return classified(
            one.grain, one.language, "class", "teacher", fields["label"], classes,
            home=home, meta={"because": fields["quote"]},
        )  # fmt: skip

    return read


def entities(types: Sequence[str] | None, gazetteer: Mapping[str, Sequence[str]]) -> Read:
    """Entities of the types asked for, each where it stands, in reading order."""

    def read(one: Passage, reply: Reply) -> Item | str:
        fields = told(reply, entities=list)
        if isinstance(fields, str):
            return fields
        names = called(one.language, gazetteer, types)
        kinds = {name: kind for kind, name in names.items()}
        spans: list[Found] = []
        end = 0
        for entity in fields["entities"]:
            if not isinstance(entity, Mapping) or entity.get("type") not in kinds:
                return "an entity has a type that was not asked for"
            words = entity.get("text")
            start = one.text.find(words, end) if isinstance(words, str) and words else -1
            if start < 0 or not isinstance(words, str):
                return "an entity does not stand in its passage, or not in this order"
            end = start + len(words)
            spans.append(Found(start, end, kinds[entity["type"]]))
        if not spans:
            return "the reply names no entity"
        found = marked_up(one.grain, one.text, one.language, spans, names)
        home = Reply(teacher=reply.teacher, call=reply.call, text=found.answer)
        return marked_up(one.grain, one.text, one.language, spans, names, home=home)

    return read


def _made(
    one: Passage, reply: Reply, task: str, purpose: str, answer: str, *, label: str = "",
    parts: int = 1, filled: Mapping[str, str] | None = None, data: Mapping[str, Any],
) -> Item:  # fmt: skip
    return Item(
        task=task,
        form=purpose,
        purpose=purpose,
        language=one.language,
        passage=one.grain,
        answer=answer,
        home=Reply(teacher=reply.teacher, call=reply.call, text=answer),
        label=label or purpose,
        parts=parts,
        filled=filled or {},
        data=data,
    )
