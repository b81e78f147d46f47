"""A draft about one grain > the sentence that it rests on, and the words around the fact asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from longgrain.facts import Language, counted_noun, fits, normalise, plain
from longgrain.protocols import Materials
from longgrain.recipes.asked import asked
from longgrain.recipes.wording import WHAT
from longgrain.terms import held, terms
from longgrain.types import Draft, Grain, Span

BLANK = "____"
# A sentence is shown whole up to so many words of English, characters of Chinese; else a part of it.
WHOLE: dict[Language, int] = {"en": 34, "zh": 80}
_CONTRACTED = re.compile(r"[’'](?:ll|ve|re|d|m|t)$")
_STOPPED = re.compile(r"[.。!?！？]+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """One fact: ``sentence`` says it word for word, ``before`` and ``after`` are plain words around it.

    ``kind`` and ``unit`` are those of `facts.Fact`. Of a question in free words only the sentence is
    known, and ``before`` and ``after`` are empty.
    """

    sentence: Grain
    answer: str
    before: str = ""
    after: str = ""
    kind: str = ""
    unit: str | None = None

    @property
    def is_cut(self) -> bool:
        """Whether the words around the fact are known, so that a question can be made of them."""
        return bool(self.before.strip() or self.after.strip())


def said(draft: Draft) -> Span:
    """The span of its answer."""
    last = draft.messages[-1].spans[-1]
    assert isinstance(last, Span)
    return last


def stated(draft: Draft, materials: Materials) -> Stated | None:
    """What the evidence of a draft about one grain states; None where its sentence is not whole."""
    number, meta = draft.meta["evidence"][0], draft.meta
    if meta["form"] == "name" and _CONTRACTED.search(draft.answer):
        return None  # I’ll begins with a capital, and is nobody's name
    if quotes := meta.get("quotes"):
        grain = within(number, str(quotes[0]), materials)
        return Stated(sentence=grain, answer=draft.answer) if grain else None
    statement = next(iter(meta.get("statements") or ()), None)
    sentence = _sentence(draft, statement, materials.sentences(number))
    grain = within(number, sentence, materials) if sentence else None
    if grain is None:
        return None
    if statement is None:
        sentence = materials.words(grain)
        before, found, after = plain(sentence).partition(plain(draft.answer))
        statement = {"before": before if found else "", "after": after}
    return Stated(
        sentence=grain,
        answer=draft.answer,
        before=str(statement["before"]),
        after=str(statement["after"]),
        kind=str(statement.get("kind") or meta["form"]),
        unit=statement.get("unit"),
    )


def within(number: int, words: str, materials: Materials) -> Grain | None:
    """Where words stand in a cut grain, as a grain of their own; None where they reach beyond it."""
    cut, words = materials.grain(number), words.strip()
    place = materials.text(number).find(words)
    if place < 0 or not words:
        return None
    start = cut.start + place
    return Grain(
        doc_id=cut.doc_id, path=(start,), kind="sentence", start=start, end=start + len(words)
    )


def _sentence(
    draft: Draft, statement: Mapping[str, Any] | None, sentences: Sequence[str]
) -> str | None:
    """The sentence that a statement fits, or the one with the answer and most of the question."""
    language: Language = draft.meta["language"]
    if statement is not None:
        return next((one for one in sentences if any(fits(statement, one, language))), None)
    wanted = normalise(draft.answer)
    able = [one for one in sentences if f" {wanted} " in f" {normalise(one)} "]
    if not able:
        return None
    return able[int(np.argmax(held(np.unique(terms(asked(draft))[0]), able)))]


# --- in a question ---------------------------------------------------------------------------------


def shown(found: Stated, filling: str, sentence: str, language: Language) -> str:
    """The sentence, or the part around its fact if it is long, with something in the fact's place."""
    part = f"{found.before}{plain(found.answer)}{found.after}"
    whole = plain(sentence)
    length = len(whole) if language == "zh" else len(whole.split())
    place = whole.lower().find(part.lower()) if length <= WHOLE[language] else -1
    text = f"{found.before}{filling}{found.after}"
    if place >= 0:
        text = whole[:place] + text + whole[place + len(part) :]
    return _STOPPED.sub("", text.strip().lstrip("，。；：、,;: ")).rstrip("，；：、,;: ")


def inner(text: str, language: Language) -> str:
    """The text as it stands inside quotation marks: its own are the inner ones."""
    return text.translate(
        {ord("“"): "‘", ord("”"): "’", ord('"'): "'" if language == "en" else '"'}
    )


def what_of(kind: str, unit: str | None, language: Language) -> str:
    """The word for what a blank hides."""
    words = WHAT[language]
    return words.get(f"{kind}:{unit}") or words.get(kind, words["term"])


def counted(said: str, after: str, unit: str | None, language: Language) -> str:
    """A number with what it counts, as the words behind it say: "24 pages", "六个月"."""
    if not unit:
        return said
    if language == "zh":
        found = re.match(rf"[个個]?{re.escape(unit)}", after)
        return said + (found[0] if found else "")
    noun = counted_noun(after, 0)
    return f"{said} {noun}" if noun else said


def told(found: Stated) -> str:
    """The answer as a reply says it: quoted words in their marks."""
    said = plain(found.answer)
    return f"“{said}”" if found.kind == "quote" else said
