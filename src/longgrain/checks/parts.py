"""An Example > the words of its question, answer and evidence, as written or made comparable."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from longgrain.types import Example, Grain, Role, Span

# Text without spaces has no word borders, so only a Latin word or a number must stand alone.
_WORD = re.compile(r"[0-9A-Za-z]")
_BEGINS, _ENDS = re.compile(r"(?<![0-9a-z])(?<!\d\.)"), re.compile(r"(?![0-9a-z])(?!\.\d)")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")


def spans(example: Example, role: Role) -> Iterator[Span]:
    """The spans of one role in the first view: of a preference pair, the chosen side."""
    for message in example.trained:
        for span in message.spans:
            if isinstance(span, Span) and span.role == role:
                yield span


def said(example: Example, texts: Mapping[str, str], role: Role) -> list[str]:
    """The words of each span of a role; quotes from documents that are missing are left out."""
    return [
        span.words(texts)
        for span in spans(example, role)
        if not isinstance(span.origin, Grain) or span.origin.doc_id in texts
    ]


def inline(example: Example) -> str:
    """All words of the first view that stand inline; a quote from a document is known by its place."""
    parts = [part for one in example.trained for part in one.spans if isinstance(part, Span)]
    return " ".join(_place(part.origin) if part.text is None else part.text for part in parts)


def _place(origin: object) -> str:
    return f"{origin.doc_id}:{origin.start}" if isinstance(origin, Grain) else ""


def gold(example: Example, texts: Mapping[str, str]) -> str:
    """The answer that was drafted, or, where the lineage has none, the one that is said."""
    answer = example.lineage.get("answer")
    return answer if isinstance(answer, str) else "".join(said(example, texts, "answer"))


def turns(example: Example) -> list[Mapping[str, Any]]:
    """What is asked for and answered: turn by turn (``lineage["turns"]``), question by question where one
    turn holds several (``lineage["parts"]``), or the lineage as the one question.
    """
    for name in ("turns", "parts"):
        told: Any = example.lineage.get(name)
        found = told if isinstance(told, list | tuple) else ()
        if each := [one for one in found if isinstance(one, Mapping)]:
            return each
    return [example.lineage]


def phrases(example: Example, name: str) -> list[str]:
    """A list of phrases in the lineage; empty where there is none."""
    return listed(example.lineage, name)


def listed(turn: Mapping[str, Any], name: str) -> list[str]:
    """A list of phrases of one turn; empty where there is none."""
    value: Any = turn.get(name)
    return [str(phrase) for phrase in value] if isinstance(value, list | tuple) else []


@lru_cache(maxsize=64)  # several checks compare the same words of one example
def comparable(text: str) -> str:
    """The text with one width, one case, single spaces and no thousands separators."""
    plain = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return _THOUSANDS.sub("", plain) if "," in plain else plain


def holds(text: str, phrase: str) -> bool:
    """Whether a comparable text holds a comparable phrase, as whole words: 12 is not in 2012."""
    if not phrase:
        return False
    start = text.find(phrase)
    while start >= 0:
        if _stands_alone(text, start, start + len(phrase)):
            return True
        start = text.find(phrase, start + 1)
    return False


def _stands_alone(text: str, start: int, end: int) -> bool:
    begins = not _WORD.match(text, start) or _BEGINS.match(text, start)
    ends = not _WORD.match(text, end - 1) or _ENDS.match(text, end)
    return bool(begins and ends)
