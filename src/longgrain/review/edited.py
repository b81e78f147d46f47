"""A draft and what people wrote in place of its question or its answer > the draft in their words, or why not.

The answer that people see and edit is the whole last turn, reasoning and quotes included.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from longgrain.checks.answerable import Answerable
from longgrain.checks.parts import comparable, holds
from longgrain.review.ruling import Ruling
from longgrain.types import Draft, Given, Message, Role, Span

Texts = Mapping[str, str]
Messages = tuple[Message, ...]
# What asks: the first of these roles that users speak in.
ASKS: tuple[Role, ...] = ("question", "instruction", "plan")
# Forms whose answers stand in the evidence word for word.
LITERAL = Answerable().literal
# Between two stretches that ask, as people see them.
BREAK = "\n\n"
# What task data keeps when the response is another one: labels and offsets belong to the old one.
DATA = ("task", "text", "text_at", "question", "labels", "turns")


def edited(draft: Draft, ruling: Ruling, texts: Texts) -> Draft | str:
    """The draft with the new words in every view that says the old ones, or why it cannot be edited.

    ``meta["reviewed"]`` tells who edited what and when, and what it said before. ``texts`` maps
    document ids to texts.
    """
    new = {name: words.strip() for name, words in ruling.edit.items() if words.strip()}
    if not new.keys() & {"question", "answer"}:
        return "an edit without a new question or answer"
    told: dict[str, Any] = {"of": [draft.id], "by": list(ruling.by), "at": ruling.at}
    origin = Given(source="review", id=f"{', '.join(ruling.by)} at {ruling.at}")
    views = draft.every_view
    if "answer" in new:
        if draft.messages[-1].speaker != "assistant":
            return "there is no answer to edit"
        told["answer"] = said(draft.messages[-1], texts)
        views = {
            name: _answered(one, told["answer"], new["answer"], origin, texts)
            for name, one in views.items()
        }
    if "question" in new:
        told["question"] = BREAK.join(asked(draft.messages, texts))
        if _parts(asked(draft.messages, texts), new["question"]) is None:
            return "its question has several parts, and the edit does not keep them apart"
        views = {name: _asking(one, new["question"], origin, texts) for name, one in views.items()}
    answer, form = draft.answer, draft.meta.get("form")
    if "answer" in new:
        answer = gold_of(draft.answer, told["answer"], new["answer"]) or new["answer"]
        form = _form(draft, answer, texts)
    first = next(iter(views))
    meta = _meta(draft, new, told, answer) | {"form": form}
    return replace(draft, messages=views.pop(first), views=views, answer=answer, meta=meta)


def gold_of(gold: str, before: str, after: str) -> str:
    """The short answer of an edited turn: the old one where it still says it, the new one where nothing
    else was changed, "" where neither is so.
    """
    if gold and gold in before and gold in after:
        return gold
    if not gold or before.count(gold) != 1:
        return ""
    head, tail = before.split(gold)
    if not after.startswith(head) or not after.endswith(tail):
        return ""
    return after[len(head) : len(after) - len(tail)].strip()


def _form(draft: Draft, answer: str, texts: Texts) -> Any:
    """What was asked for, if checks may still hold the answer against the evidence, else "edited".

    People may put an answer into words that stand nowhere; a check by matching would refuse them.
    """
    form = draft.meta.get("form")
    evidence = (comparable(texts[one.doc_id][one.start : one.end]) for one in draft.evidence)
    stands = form in LITERAL and any(holds(one, comparable(answer)) for one in evidence)
    return form if answer == draft.answer or stands else "edited"


def said(message: Message, texts: Texts) -> str:
    """The words of a turn."""
    return "".join(one.words(texts) for one in message.spans if isinstance(one, Span))


def _answered(messages: Messages, old: str, new: str, origin: Given, texts: Texts) -> Messages:
    """The messages with a new last turn, all of it answer, if they said the old one."""
    last = messages[-1]
    if last.speaker != "assistant" or said(last, texts) != old:
        return messages
    loss = max((one.loss for one in last.spans if isinstance(one, Span)), default=0.0)
    span = Span(role="answer", origin=origin, text=new, loss=loss)
    return (*messages[:-1], replace(last, spans=(span,)))


def _asks(messages: Sequence[Message]) -> Role | None:
    """The role in which the question is spoken."""
    spoken = {
        one.role
        for message in messages
        if message.speaker == "user"
        for one in message.spans
        if isinstance(one, Span)
    }
    return next((role for role in ASKS if role in spoken), None)


def asked(messages: Sequence[Message], texts: Texts) -> list[str]:
    """The stretches that ask, as people see them."""
    role = _asks(messages)
    return [
        one.words(texts)
        for message in messages
        if message.speaker == "user"
        for one in message.spans
        if isinstance(one, Span) and one.role == role
    ]


def _parts(old: Sequence[str], new: str) -> list[str] | None:
    """The new words of each stretch; None where it cannot be told which is whose."""
    if len(old) == 1:
        return [new]
    found = new.split(BREAK)
    return found if len(found) == len(old) and not any(BREAK in one for one in old) else None


def _asking(messages: Messages, new: str, origin: Given, texts: Texts) -> Messages:
    """The messages with the new words where something else was asked; the rest of them is as it was."""
    role, old = _asks(messages), asked(messages, texts)
    words = iter(_parts(old, new) or old)
    found: list[Message] = []
    for message in messages:
        spans = list(message.spans)
        for at, one in enumerate(spans if message.speaker == "user" else ()):
            if isinstance(one, Span) and one.role == role:
                text = next(words)
                if text != one.words(texts):
                    spans[at] = Span(role=one.role, origin=origin, text=text, loss=one.loss)
        found.append(replace(message, spans=tuple(spans)))
    return tuple(found)


def _meta(
    draft: Draft, new: Mapping[str, str], told: dict[str, Any], answer: str
) -> dict[str, Any]:
    """What is known of the edited draft: nothing that rests on words that are gone."""
    meta = {name: value for name, value in draft.meta.items() if name != "statements"}
    if "answer" in new:
        if answer != draft.answer:
            meta = {name: value for name, value in meta.items() if name != "operands"}
        kept, gone = _quotes(draft, told["answer"], new["answer"], answer)
        if gone:
            meta["quotes"], told["quotes"] = kept, gone
    if data := meta.get("data"):
        kept_data = {name: data[name] for name in data if name in DATA or "answer" not in new}
        kept_data |= {"target": new["answer"]} if "answer" in new else {}
        if "question" in new and "question" in kept_data:
            kept_data["question"] = new["question"]
        meta["data"] = {**kept_data, "edited": True}
    return {**meta, "reviewed": told}


def _quotes(draft: Draft, before: str, after: str, answer: str) -> tuple[list[str], list[str]]:
    """Quoted phrases that still hold, and those that held the old answer only or are not said any more."""
    quotes = draft.meta.get("quotes")
    listed = [str(one) for one in quotes] if isinstance(quotes, list | tuple) else []
    gone = [
        one
        for one in listed
        if (one in before and one not in after) or (draft.answer in one and answer not in one)
    ]
    return [one for one in listed if one not in gone], gone
