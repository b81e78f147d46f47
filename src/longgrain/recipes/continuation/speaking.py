"""A text broken off, a gap, an outline or a written text > a draft: what is read, what is asked for, what is learned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from longgrain.protocols import Materials
from longgrain.recipes.continuation import wording
from longgrain.recipes.continuation.breaks import Break
from longgrain.recipes.drawn import draw
from longgrain.recipes.script import written as in_script
from longgrain.recipes.sft.item import spoken
from longgrain.types import Draft, Given, Grain, Message, Role, Span

RECIPE = "continuation"
SOURCE = f"longgrain.{RECIPE}"
FORM = "text"
BLANK = "\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The recipe's own words for one draft, drawn by its place, in the script of its document."""

    language: str
    place: str
    like: str

    def of(self, able: Mapping[str, Any], part: str, *keys: str, **filled: str) -> tuple[str, str]:
        """One wording of several with its braces filled, and its name."""
        listed = able[spoken(self.language)]
        for key in keys:
            listed = listed[key]
        number = draw(self.place, part) % len(listed)
        name = "-".join((part, *keys, str(number)))
        return self.written(listed[number]).format(**filled), name

    def written(self, words: str) -> str:
        """Words in the script of the document."""
        return in_script(words, self.like) if spoken(self.language) == "zh" else words


def given(role: Role, text: str, name: str, loss: float = 0.0) -> Span:
    """Words of ours."""
    return Span(role=role, origin=Given(source=SOURCE, id=name), text=text, loss=loss)


def quoted(role: Role, grain: Grain, loss: float = 0.0) -> Span:
    """Words of the document."""
    return Span(role=role, origin=grain, loss=loss)


def glue(text: str, loss: float = 0.0) -> Span:
    """What stands between two others."""
    return given("glue", text, "between", loss)


def next_draft(materials: Materials, found: Break, kind: str, *, raw: bool) -> Draft:
    """What comes before is read, what follows is learned; ``raw``: as one text, nothing asked."""
    if raw:
        # Of a text that goes on, the end of the example is no end to be learned.
        end = () if found.level == "document" and found.whole else (glue("\n"),)
        spans = (quoted("evidence", found.before), quoted("answer", found.learned, 1.0), *end)
        return _draft(materials, found, kind, (Message(speaker="text", spans=spans),), "raw")
    words = _words(found)
    asked, name = words.of(wording.NEXT, "next", found.level)
    before, learned = (found.blocks.trimmed(one) for one in (found.before, found.learned))
    user = _around(given("instruction", asked, name), quoted("evidence", before), found=found)
    messages = (
        Message(speaker="user", spans=user),
        Message(speaker="assistant", spans=(quoted("answer", learned, 1.0),)),
    )
    return _draft(materials, found, kind, messages, name)


def gap_draft(
    materials: Materials, found: Break, kind: str, *, marks: Sequence[str], raw: bool
) -> Draft:
    """What stands on both sides of a gap is read, what is missing is learned.

    ``raw`` is one text: a mark, what comes before, a mark, what comes after, a mark, what is missing.
    """
    assert found.after
    if raw:
        parts = (found.before, found.after, found.learned)
        spans = [
            span
            for mark, part, learned in zip(marks, parts, (False, False, True), strict=True)
            for span in (
                given("glue", mark, "mark"),
                quoted("answer" if learned else "evidence", part, float(learned)),
            )
        ]
        return _draft(materials, found, kind, (Message(speaker="text", spans=tuple(spans)),), "raw")
    words = _words(found)
    mark = words.written(_mark(found))
    asked, name = words.of(wording.MIDDLE, "middle", found.level, mark=mark)
    before, after, learned = (
        found.blocks.trimmed(one) for one in (found.before, found.after, found.learned)
    )
    inside = found.level == "sentence"
    space = ("" if spoken(found.blocks.language) == "zh" else " ") if inside else BLANK
    context = (
        quoted("evidence", before),
        glue(f"{space}{mark}{space}"),
        quoted("evidence", after),
    )
    user = _around(given("instruction", asked, name), *context, found=found)
    messages = (
        Message(speaker="user", spans=user),
        Message(speaker="assistant", spans=(quoted("answer", learned, 1.0),)),
    )
    return _draft(materials, found, kind, messages, name)


def _mark(found: Break) -> str:
    """A mark for the gap that does not stand in what is read."""
    able = wording.GAP_MARKS[spoken(found.blocks.language)]
    last = found.after or found.learned
    around = found.blocks.text[found.before.start : last.end]
    return next((one for one in able if one not in around), able[-1])


def _words(found: Break) -> Words:
    place = f"{found.blocks.doc_id}:{found.learned.start}-{found.learned.end}"
    like = found.blocks.text[found.before.start : found.before.end][-400:]
    return Words(language=found.blocks.language, place=place, like=like)


def _around(asked: Span, *context: Span, found: Break) -> tuple[Span, ...]:
    """The instruction before what it is about, or behind it."""
    first = draw(found.blocks.doc_id, found.learned.start, "order") % 2 == 0
    return (asked, glue(BLANK), *context) if first else (*context, glue(BLANK), asked)


def _draft(
    materials: Materials, found: Break, kind: str, messages: tuple[Message, ...], name: str
) -> Draft:
    read = [found.before, *([found.after] if found.after else ())]
    numbers = sorted({number for one in read for number in materials.numbers(one)})
    learned = found.blocks.trimmed(found.learned)
    about = {
        "level": found.level,
        "raw": name == "raw",
        "whole": found.whole,
        "headings": list(materials.headings(numbers[-1])) if numbers else [],
    }
    return Draft(
        recipe=RECIPE,
        seed=materials.seed,
        evidence=tuple(map(materials.grain, numbers)),
        messages=messages,
        answer=materials.words(learned),
        meta=meta_of(kind, name, found.blocks.language, numbers, about),
    )


def meta_of(
    kind: str, name: str, language: str, numbers: Sequence[int], about: Mapping[str, Any]
) -> dict[str, Any]:
    """What a draft says of itself."""
    return {
        "kind": kind,
        "form": FORM,
        "template": f"{RECIPE}.{name}",
        "language": language,
        "layout": "none",
        "keep_order": True,
        "evidence": list(numbers),
        "rivals": [],
        "hard": [],
        **about,
    }
