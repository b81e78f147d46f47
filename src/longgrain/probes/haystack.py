"""Held-out documents, or five plain sentences > any amount of filler, in pieces between which evidence goes."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import Literal

from longgrain.errors import PlanError
from longgrain.protocols import Ground

Haystack = Literal["documents", "noise", "needles"]
Filler = Callable[[int], list[str]]
"""So many units of filler > its pieces; each ends in its own white space."""

NOISE = {
    "en": "The lamp is lit. The road is dry. The wind is mild. On we walk. Soon we rest.",
    "zh": "灯亮着。路是干的。风很轻。我们往前走。一会儿就歇。",
}
_PIECE = re.compile(r"[㐀-䶿一-鿿]|[^\s㐀-䶿一-鿿]+")


def noise(ground: Ground) -> Filler:
    """Five plain sentences again and again, one line each time; a unit is a sentence."""
    joint = " " if ground.language == "en" else ""
    said = re.findall(r"[^.。]+[.。]", NOISE[ground.language])
    pieces = [f"{one.strip()}{joint}" for one in said[:-1]] + [f"{said[-1].strip()}\n"]
    return lambda count: [pieces[i % len(pieces)] for i in range(count)]


def documents(ground: Ground, *names: str | int) -> Filler:
    """The held-out documents from a sentence drawn by the names on, and round to their beginning.

    A unit is a word, or a Chinese character; the last sentence is cut to it, with an ellipsis.
    """
    sentences = ground.sentences
    if not sentences:
        raise PlanError(
            f"there are no documents in language {ground.language!r} to hide anything in: name some "
            "with --documents, or --set haystack=noise"
        )
    first = int(ground.random(*names).integers(0, len(sentences)))
    return pieces_of(iter([*sentences[first:], *sentences[:first]]))


def pieces_of(texts: Iterator[str], blank: str = "\n") -> Filler:
    """Texts in turn, as many as are needed; the last one is cut, with an ellipsis and ``blank``."""
    taken: list[str] = []
    ends: list[int] = []

    def pieces(count: int) -> list[str]:
        while not ends or ends[-1] < count:
            if (text := next(texts, None)) is None:
                raise PlanError(
                    f"the documents have {ends[-1] if ends else 0:,} words and characters to lay, and "
                    "a context of this length needs more: name more documents, or ask for a shorter "
                    "one"
                )
            taken.append(text)
            ends.append((ends[-1] if ends else 0) + len(_PIECE.findall(text)))
        whole = bisect_right(ends, count)
        rest = count - (ends[whole - 1] if whole else 0)
        return taken[:whole] + ([_cut(taken[whole], rest, blank)] if rest else [])

    return pieces


def _cut(text: str, units: int, blank: str) -> str:
    """Its first words, or Chinese characters, and an ellipsis for what is left out."""
    ends = [match.end() for match in _PIECE.finditer(text)]
    return f"{text[: ends[units - 1]]}…{blank}"
