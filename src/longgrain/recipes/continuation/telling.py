"""A plan of parts and their texts, real or written > the draft in which both are learned, at once or in turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from longgrain.protocols import Materials
from longgrain.recipes.continuation import wording
from longgrain.recipes.continuation.outlines import Outline, about
from longgrain.recipes.continuation.speaking import (
    BLANK,
    RECIPE,
    Words,
    given,
    glue,
    meta_of,
    quoted,
)
from longgrain.recipes.hierarchy.speaking import title_of
from longgrain.recipes.sections import Section
from longgrain.recipes.sft.item import spoken
from longgrain.types import Draft, Grain, Message, Reply, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One part: what it is about, its words as a plan says them, and its text; both not learned yet."""

    about: tuple[Span, ...]
    words: int
    text: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Long:
    """A text in parts, and how it is asked for. ``source`` is read before, where there is one."""

    section: Section
    parts: tuple[Planned, ...]
    facts: tuple[str, ...] = ()
    body: Grain | None = None
    source: Grain | None = None

    @property
    def words(self) -> int:
        """Of all parts, as the plan has them."""
        return about(sum(one.words for one in self.parts))


def real(outline: Outline) -> Long:
    """A section as it is: its own words say what each part is about, its own text is learned."""
    parts = tuple(
        Planned(
            about=(quoted("plan", one.about), *((given("plan", "…", "cut"),) if one.cut else ())),
            words=one.words,
            text=quoted("answer", one.grain),
        )
        for one in outline.parts
    )
    facts = tuple(dict.fromkeys(chain.from_iterable(one.facts for one in outline.parts)))
    return Long(section=outline.section, parts=parts, facts=facts, body=outline.body)


def long_draft(materials: Materials, found: Long, kind: str, *, turns: bool) -> Draft:
    """The plan, then the text; or a plan and each part in a turn of its own."""
    section = found.section
    place = f"{section.doc_id}:{section.grain.start}"
    words = Words(language=section.language, place=place, like=materials.words(section.grain)[:400])
    asked, name = _asked(materials, found, words, turns=turns)
    plan = _plan(found, words)
    if turns:
        messages = _in_turn(found, words, asked, plan)
    else:
        messages = (
            Message(speaker="user", spans=asked),
            Message(speaker="assistant", spans=(*plan, glue(BLANK, 1.0), *_texts(found))),
        )
    numbers = sorted(section.numbers) if found.source else []
    written = [one.text.origin for one in found.parts if isinstance(one.text.origin, Reply)]
    said: dict[str, Any] = {
        "level": "section",
        "raw": False,
        "parts": len(found.parts),
        "words": found.words,
        "turns": turns,
        "section": [section.doc_id, section.grain.start, section.grain.end],
        "by": written[0].teacher if written else "the document",
    }
    return Draft(
        recipe=RECIPE,
        seed=materials.seed,
        evidence=tuple(map(materials.grain, numbers)),
        messages=messages,
        answer=_said(materials, found),
        meta=meta_of(kind, name, section.language, numbers, said),
    )


def _asked(
    materials: Materials, found: Long, words: Words, *, turns: bool
) -> tuple[tuple[Span, ...], str]:
    """What the user says first, and the name of its wording."""
    size = str(found.words)
    if found.source:
        asked, name = words.of(wording.FROM_SOURCE, "source", words=size)
        asking = (quoted("evidence", found.source), glue(BLANK))
        return (*asking, given("instruction", asked, name)), name
    document = wording.OF_DOCUMENT[spoken(words.language)].format(
        title=title_of(materials, found.section.doc_id)
    )
    filled = {"title": found.section.title, "document": document, "words": size}
    able = wording.IN_TURN if turns else wording.WHOLE
    asked, name = words.of(able, "in-turn" if turns else "whole", **filled)
    spans = [given("instruction", asked, name)]
    if found.facts:
        joint = wording.LISTED[spoken(words.language)]
        told, fact = words.of(wording.FACTS, "facts", facts=joint.join(found.facts))
        spans += [glue("\n"), given("metadata", told, fact)]
    return tuple(spans), name


def _plan(found: Long, words: Words) -> tuple[Span, ...]:
    """One line a part, all of it learned."""
    language = spoken(words.language)
    before, behind = wording.PLAN_LINE[language]
    spans = [given("plan", f"{words.written(wording.PLAN_HEAD[language])}\n", "head", 1.0)]
    for number, part in enumerate(found.parts, 1):
        end = "\n" if number < len(found.parts) else ""
        spans += [
            given("plan", before.format(n=number), "line", 1.0),
            *(replace(one, loss=1.0) for one in part.about),
            given("plan", words.written(behind).format(words=part.words) + end, "line", 1.0),
        ]
    return tuple(spans)


def _texts(found: Long) -> tuple[Span, ...]:
    """All parts one after the other: of a real section its body as it stands."""
    if found.body:
        return (quoted("answer", found.body, 1.0),)
    spans: list[Span] = []
    for part in found.parts:
        spans += [glue(BLANK, 1.0)] if spans else []
        spans.append(replace(part.text, loss=1.0))
    return tuple(spans)


def _in_turn(
    found: Long, words: Words, asked: Sequence[Span], plan: Sequence[Span]
) -> tuple[Message, ...]:
    messages = [
        Message(speaker="user", spans=tuple(asked)),
        Message(speaker="assistant", spans=tuple(plan)),
    ]
    for number, part in enumerate(found.parts, 1):
        said, name = words.of(wording.NEXT_PART, f"part-{number}", n=str(number))
        text = replace(part.text, loss=1.0)
        messages += [
            Message(speaker="user", spans=(given("instruction", said, name),)),
            Message(speaker="assistant", spans=(text,)),
        ]
    return tuple(messages)


def _said(materials: Materials, found: Long) -> str:
    if found.body:
        return materials.words(found.body)
    return BLANK.join(one.text.text or "" for one in found.parts)


def filled(part: Mapping[str, Any], reply: Reply, text: Reply) -> Planned:
    """A part of a plan that a model made, and wrote."""
    subject = Reply(teacher=reply.teacher, call=reply.call, text=str(part["about"]))
    return Planned(
        about=(Span(role="plan", origin=subject, text=subject.text),),
        words=int(part["words"]),
        text=Span(role="answer", origin=text, text=text.text),
    )
