"""Questions with their answers and a language model > statements in its own words; nothing is believed."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from longgrain.facts import normalise
from longgrain.protocols import Materials
from longgrain.recipes.asked import asked
from longgrain.recipes.fitting import unfit
from longgrain.recipes.locate.support import Statement
from longgrain.recipes.quoting import invented, is_readable, rests_on
from longgrain.recipes.replied import told
from longgrain.recipes.stated import said
from longgrain.recipes.written import numbers_above_ten
from longgrain.types import Draft, Dropped, Refused, Reply, Request

TASK = "locate.claim"
# A statement that is longer than this many times the sentences it tells says more than they do.
LONGEST = 1.5


def statements(drafts: Sequence[Draft], materials: Materials) -> list[Statement | Dropped]:
    """Of each question and its answer one statement, or why there is none."""
    requests = [
        Request(
            task=TASK,
            material=tuple(map(materials.text, draft.meta["evidence"])),
            settings={
                "language": draft.meta["language"],
                "question": asked(draft),
                "given": {"answer": said(draft).text or ""},
            },
        )
        for draft in drafts
    ]
    replies = materials.ask(requests)
    return [_read(*one, materials) for one in zip(drafts, replies, strict=True)]


def _read(draft: Draft, reply: Reply | Refused, materials: Materials) -> Statement | Dropped:
    fields = told(reply, statement=str)
    if isinstance(reply, Refused) or isinstance(fields, str):
        reason, _, detail = str(fields).partition(": ")
        name = reply.call if isinstance(reply, Reply) else draft.id
        return Dropped(step="draft", id=name, reason=reason, detail=detail)
    words = " ".join(str(fields["statement"]).split())
    quotes = rests_on(draft, materials)
    if not quotes or not all(is_readable(one, draft.meta["language"]) for one in quotes):
        reason = "the sentence that answers the question cannot be quoted as a whole"
        return Dropped(step="draft", id=draft.id, reason=reason, detail=asked(draft))
    read = "\n".join(one.text for one in quotes)
    if problem := _problem(words, draft, read):
        return Dropped(step="draft", id=reply.call, reason=problem, detail=words[:200])
    origin = Reply(teacher=reply.teacher, call=reply.call, text=words)
    return Statement(draft=draft, told=words, quotes=tuple(quotes), origin=origin)


def _problem(words: str, draft: Draft, read: str) -> str:
    """What is wrong with a statement, or ""."""
    if problem := unfit(draft.meta["language"], words):
        return f"the statement {problem}"
    if words.rstrip("”’\"'」』").endswith(("?", "？")):
        return "the statement is a question"
    if invented(words, read):
        return "the statement has a number that its evidence does not have"
    if not numbers_above_ten(draft.answer) <= numbers_above_ten(words):
        return "the statement lacks a number of the answer"
    if not set(normalise(draft.answer).split()) & set(normalise(words).split()):
        return "the statement does not say the answer"
    if len(words) > max(LONGEST * len(read), 80):
        return "the statement says more than its evidence"
    return ""


def rehearsed(request: Request) -> str:
    """What a model might say: its first line of the material with the answer in it."""
    answer = str(request.settings["given"]["answer"])
    return orjson.dumps({"statement": answer}).decode()
