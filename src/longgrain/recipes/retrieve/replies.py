"""A model's reply to a question over passages > a finished question, or what is wrong with the reply.

Nothing in a reply is believed: passages that it cites must exist and be those that answer, quotes
must stand in them word by word, and what is not answered must be refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson

from longgrain.facts import holds
from longgrain.recipes.asked import asked
from longgrain.recipes.judged import agree
from longgrain.recipes.replied import told
from longgrain.recipes.retrieve.asks import drawn
from longgrain.recipes.retrieve.found import Found, Search, answered, asked_of
from longgrain.recipes.retrieve.passages import Passages
from longgrain.recipes.tongues import spoken_in
from longgrain.recipes.written import Page
from longgrain.terms import held, terms
from longgrain.types import Draft, Dropped, Grain, Reply, Request, Span

TASK = "retrieve.answer"
CITED = re.compile(r"\[(\d+)\]")
# A rehearsed reply takes a passage for one that answers from this share of the question's terms.
SHARED = 0.45
# What a model is asked for where nothing answers: it must not know that from the task.
STYLES = ("cite", "quote")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request, the passages that it shows and how it wants the answer."""

    request: Request
    passages: Passages
    style: str


def request(kind: str, draft: Draft, search: Search, turn: int) -> Asked | Dropped:
    """What is asked of a model about one question, or why nothing is."""
    refuse = kind == "retrieve-refuse"
    question = asked(draft)
    shown = search.shown(draft, question, turn, refuse=refuse)
    if isinstance(shown, str):
        return Dropped(step="draft", id=draft.id, reason=shown, detail=question)
    style = "quote" if kind == "retrieve-quote" else "cite"
    style = STYLES[drawn(draft.id) % len(STYLES)] if refuse else style
    one = Request(
        task=TASK,
        material=tuple(map(search.materials.text, shown.numbers)),
        settings={
            "language": draft.meta["language"],
            "question": question,
            "said": {"style": style},
        },
    )
    return Asked(request=one, passages=shown, style=style)


def told_of(kind: str, draft: Draft, one: Asked, reply: Reply, search: Search) -> Found | Dropped:
    """The finished question, or why the reply cannot be used."""
    read = _read(reply, one, draft, refuse=kind == "retrieve-refuse")
    if isinstance(read, str):
        return Dropped(step="draft", id=draft.id, reason=read, detail=reply.text[:200])
    materials, language = search.materials, draft.meta["language"]
    words, places = read
    quotes = []
    for number, start, end in places if one.style == "quote" else ():
        cut = materials.grain(one.passages.numbers[number - 1])
        first, last = cut.start + start, cut.start + end
        grain = Grain(doc_id=cut.doc_id, path=(first,), kind="sentence", start=first, end=last)
        quotes.append((number, grain))
    origin = Reply(teacher=reply.teacher, call=reply.call, text=words)
    question = Span(role="question", origin=_source(draft), text=asked(draft))
    refused = kind == "retrieve-refuse"
    meta: dict[str, Any] = {
        "form": "refusal" if refused else draft.meta["form"],
        "template": TASK,
        "style": "free",
    }
    if not refused:
        meta["quotes"] = [
            one.request.material[number - 1][start:end] for number, start, end in places
        ]
    said = Span(role="answer", origin=origin, text=words, loss=1.0)
    return Found(
        messages=(
            asked_of(one.passages, question, one.style, language, materials),
            answered([said], quotes),
        ),
        answer=words if refused else draft.answer,
        passages=one.passages,
        meta=meta,
    )


def _source(draft: Draft) -> Any:
    """Where the words of the question are from."""
    spans = (span for message in draft.messages for span in message.spans)
    return next(span.origin for span in spans if isinstance(span, Span) and span.role == "question")


Place = tuple[int, int, int]


def _read(reply: Reply, one: Asked, draft: Draft, *, refuse: bool) -> tuple[str, list[Place]] | str:
    """What the reply says and where its quotes stand (passage, start, end), or what is wrong."""
    fields = told(reply, answerable=bool, response=str, citations=list)
    if isinstance(fields, str):
        return fields
    words = str(fields["response"])
    if not spoken_in(words, draft.meta["language"]):
        return "the reply is in another language than the question"
    marks = {int(number) for number in CITED.findall(words)}
    if refuse:
        if fields["answerable"] or fields["citations"] or marks:
            return "the reply answers although no passage does"
        return words, []
    if not fields["answerable"]:
        return "the reply refuses although a passage answers"
    places = _places(fields["citations"], one.request.material)
    if isinstance(places, str):
        return places
    quoted = {number for number, _, _ in places}
    if not marks | quoted <= set(range(1, len(one.request.material) + 1)):
        return "the reply cites a passage that there is not"
    if quoted != set(one.passages.cites):
        return "the reply cites other passages than those that answer"
    if marks != quoted if one.style == "cite" else not marks <= quoted:
        return "the citations in the reply are not those that it proves"
    return _right(words, str(fields.get("answer") or ""), draft) or (words, places)


def _right(words: str, answer: str, draft: Draft) -> str:
    """What is wrong with the answer, going by the one that is known; "" if nothing."""
    bare = CITED.sub("", words)
    if holds(bare, draft.answer) or (answer and agree(answer, draft.answer)):
        return ""
    return "the reply gives another answer than the evidence"


def _places(citations: Sequence[Any], material: Sequence[str]) -> list[Place] | str:
    found: list[Place] = []
    for one in citations:
        number = one.get("passage") if isinstance(one, Mapping) else None
        quote = one.get("quote") if isinstance(one, Mapping) else None
        if type(number) is not int or not isinstance(quote, str) or not quote.strip():
            return "a citation of the reply lacks its passage or its quote"
        if not 1 <= number <= len(material):
            return "the reply cites a passage that there is not"
        place = Page.of(material[number - 1]).find(quote)
        if place is None:
            return "a quote of the reply is not in the passage that it cites"
        found.append((number, *place))
    return found or "the reply cites nothing"


def rehearsed(request: Request) -> str:
    """What a model would reply: pieces that share the question's words answer, or else none does."""
    question, known = (str(request.settings.get(name, "")) for name in ("question", "known"))
    wanted = np.unique(terms(question)[0])
    shares = held(wanted, request.material) / max(1, len(wanted))
    places = [one for one, share in enumerate(shares.tolist()) if share >= SHARED]
    marks = "".join(f"[{one + 1}]" for one in places)
    quotes = [{"passage": one + 1, "quote": request.material[one].strip()[:120]} for one in places]
    said = {
        "answerable": bool(places),
        "answer": known if places else "",
        "response": f"{known} {marks}" if places else question[:60],
        "citations": quotes,
    }
    return orjson.dumps(said).decode()
