"""A section and a language model > a dialogue over it, each answer resting on words of the section."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from longgrain.facts import language_of
from longgrain.protocols import Materials
from longgrain.recipes.replied import told
from longgrain.recipes.sections import Section
from longgrain.recipes.sft.item import BREAK, of_rule, spoken, worded
from longgrain.recipes.sft.passages import stretches
from longgrain.recipes.sft.questions import draft_of
from longgrain.recipes.sft.taught import BATCH, FEWEST, SPARE, invented
from longgrain.recipes.written import SHORTEST, Page
from longgrain.types import WAITS, Draft, Dropped, Message, Refused, Reply, Request, Span

TURNS = (2, 5)


def conversations(
    materials: Materials, wanted: int, tokens: tuple[int, int]
) -> Iterator[Draft | Dropped]:
    """One dialogue a section, of two to five questions."""
    source = stretches(materials, tokens)
    found = waiting = 0
    while some := list(islice(source, min(BATCH, max(FEWEST, wanted - found)))):
        yield from (one for one in some if isinstance(one, Dropped))
        batch = [one for one in some if isinstance(one, Section)]
        requests = [
            Request(
                task="sft.dialogue",
                material=(materials.words(one.body),),
                settings={"language": one.language, "said": {"turns": 3}},
            )
            for one in batch
        ]
        for one, reply in zip(batch, materials.ask(requests), strict=True):
            item = _draft(materials, one, reply)
            found += isinstance(item, Draft)
            waiting += isinstance(item, Dropped) and item.reason == WAITS
            yield item
        if waiting and found + waiting / SPARE >= wanted:
            return


def _draft(materials: Materials, section: Section, reply: Reply | Refused) -> Draft | Dropped:
    if isinstance(reply, Refused):
        reason, _, detail = reply.reason.partition(": ")
        name = f"{section.doc_id}:{section.body.start}"
        return Dropped(step="draft", id=name, reason=reason, detail=detail)
    turns = _turns(materials.words(section.body), section.language, reply)
    if isinstance(turns, str):
        return Dropped(step="draft", id=reply.call, reason=turns, detail=reply.text[:200])
    number, opening, _ = worded("dialogue", section.language, reply.call)
    before: tuple[Span, ...] = (
        Span(role="instruction", origin=of_rule(f"dialogue-{number}"), text=opening),
        BREAK,
        Span(role="evidence", origin=section.body),
        BREAK,
    )
    messages: list[Message] = []
    for question, answer in turns:
        asked = Span(role="question", origin=_said(reply, question), text=question)
        learned = Span(role="answer", origin=_said(reply, answer), text=answer, loss=1.0)
        messages.append(Message(speaker="user", spans=(*before, asked)))
        messages.append(Message(speaker="assistant", spans=(learned,)))
        before = ()
    template = f"sft.dialogue-{number}"
    return draft_of(materials, section, messages, turns[-1][1], template, "taught")


def _said(reply: Reply, words: str) -> Reply:
    return Reply(teacher=reply.teacher, call=reply.call, text=words)


def _turns(text: str, language: str, reply: Reply) -> list[tuple[str, str]] | str:
    """Questions and answers, or what is wrong with one of them."""
    fields = told(reply, turns=list)
    if isinstance(fields, str):
        return fields
    if not TURNS[0] <= len(fields["turns"]) <= TURNS[1]:
        return "the dialogue has more or fewer turns than asked for"
    page = Page.of(text)
    turns = []
    for one in fields["turns"]:
        question, answer, quote = (_words(one, name) for name in ("question", "answer", "quote"))
        if not question or not answer:
            return "a turn of the dialogue has no question or no answer"
        if len(quote) < SHORTEST // (2 if spoken(language) == "zh" else 1) or not page.find(quote):
            return "a turn of the dialogue rests on no words of its section"
        if language_of(question + answer) != spoken(language):
            return "the reply is in another language than its passage"
        if problem := invented(answer, f"{text}\n{question}", language):
            return problem
        turns.append((question, answer))
    if len({question for question, _ in turns}) < len(turns):
        return "a question of the dialogue is asked twice"
    return turns


def _words(record: Any, name: str) -> str:
    value = record.get(name) if isinstance(record, Mapping) else None
    return value.strip() if isinstance(value, str) else ""
