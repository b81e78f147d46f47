"""A question's draft > the sentences of its evidence that answer it, with their places, ready to be quoted."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from longgrain.facts import holds, normalise, plain
from longgrain.protocols import Materials
from longgrain.recipes.asked import asked
from longgrain.recipes.script import is_traditional
from longgrain.terms import held, terms
from longgrain.types import Draft, Given, Grain, Role, Span

# Numbers up to ten are often a writer's own (both, three of them).
COUNTABLE = 10
_MARKUP = re.compile(r"\s*(?:[#|>]|```|\$\$|!\[|[-+*]\s|\d+[.)]\s)")
_BAD = re.compile(r"\t|\S[^\S\n]{3,}\S|[{}<>=|\\~^_\[\]]|https?:|\.\.\.|……")
_STOPPED = re.compile(r"[.!?。！？；][”’」』\"')）*]*\Z")
_QUOTED = re.compile('[“”「」『』"]')
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
# Words of a sentence in English, characters in Chinese.
_SIZES = {"en": (6, 60), "zh": (12, 120)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One sentence of the cut grain ``number``: its place in the document and its words there."""

    number: int
    grain: Grain
    text: str


def sentences_of(materials: Materials, number: int) -> list[Said]:
    """The sentences that lie in a cut grain as a whole, in reading order."""
    cut, text = materials.grain(number), materials.text(number)
    found: list[Said] = []
    at = 0
    for one in materials.sentences(number):
        words = one.strip()
        start = text.find(words, at) if words else -1
        if start < 0:
            continue
        at = start + len(words)
        place = Grain(
            doc_id=cut.doc_id,
            path=(*cut.path, len(found)),
            kind="sentence",
            start=cut.start + start,
            end=cut.start + at,
        )
        found.append(Said(number=number, grain=place, text=words))
    return found


def is_readable(said: Said, language: str) -> bool:
    """Whether a sentence can be quoted alone: whole prose of a fair length, no markup or code."""
    text = said.text
    low, high = _SIZES.get(language, _SIZES["en"])
    size = len(text) if language == "zh" else len(text.split())
    return bool(
        low <= size <= high
        and _STOPPED.search(text)
        and not _MARKUP.match(text)
        and not _BAD.search(text)
        and text.count("“") == text.count("”")
        and text.count('"') % 2 == 0
    )


def rests_on(draft: Draft, materials: Materials) -> list[Said] | None:
    """The sentence behind each fact that the answer needs, in the question's order; None if one is lost.

    Of a question in a model's own words these are its quotes, found again in the evidence.
    """
    numbers = list(draft.meta["evidence"])
    if quotes := draft.meta.get("quotes"):
        return _quotes(quotes, numbers, materials)
    said = [one for number in numbers for one in sentences_of(materials, number)]
    statements: Sequence[Mapping[str, Any]] = draft.meta.get("statements") or ()
    operands = [str(one) for one in draft.meta.get("operands") or (draft.answer,)]
    found: list[Said] = []
    for place, operand in enumerate(operands):
        able = [one for one in said if operand in one.text and holds(one.text, plain(operand))]
        if draft.meta["form"] == "bridge" and found:
            # The second sentence is known by the name that the first one hides.
            able = [one for one in able if operands[0] in one.text and one != found[0]]
        cue = asked(draft)
        if place < len(statements):
            cue = f"{statements[place]['before']} {statements[place]['after']}"
        if not able:
            return None
        found.append(nearest(able, cue))
    return found


def _quotes(
    quotes: Sequence[str], numbers: Sequence[int], materials: Materials
) -> list[Said] | None:
    found: list[Said] = []
    for quote in quotes:
        number = next((one for one in numbers if quote in materials.text(one)), None)
        if number is None:
            return None
        cut = materials.grain(number)
        start = cut.start + materials.text(number).find(quote)
        path = (*cut.path, len(found))
        place = Grain(
            doc_id=cut.doc_id, path=path, kind="sentence", start=start, end=start + len(quote)
        )
        found.append(Said(number=number, grain=place, text=quote))
    return found


def nearest(said: Sequence[Said], words: str) -> Said:
    """The sentence that shares the most terms with the words; of equals the first."""
    wanted = np.unique(terms(words)[0])
    return said[int(np.argmax(held(wanted, [one.text for one in said])))]


def quoted(said: Said, role: Role, loss: float = 0.0) -> Span:
    """A sentence by reference; where a line end or an asterisk would spoil it, its plain words."""
    words = plain(said.text)
    if words == said.text:
        return Span(role=role, origin=said.grain, loss=loss)
    place = f"{said.grain.doc_id}:{said.grain.start}-{said.grain.end}"
    return Span(role=role, origin=Given(source="longgrain.plain", id=place), text=words, loss=loss)


def marks(said: Said, language: str, like: str) -> tuple[str, str, str]:
    """What stands before a quote, behind it, and between it and our next words.

    Quotation marks, or lines of its own where it holds some itself.
    """
    if _QUOTED.search(said.text):
        return "\n> ", "", "\n"
    if language == "zh":
        return ("「", "」", "") if is_traditional(like) else ("“", "”", "")
    return " “", "”", " "


def invented(text: str, read: str) -> bool:
    """Whether a text has a number above ten that what was read does not have."""
    return bool(_numbers(text) - _numbers(read))


def _numbers(text: str) -> set[str]:
    found = (one for word in normalise(text).split() for one in _NUMBER.findall(word))
    return {one for one in found if float(one) > COUNTABLE}
