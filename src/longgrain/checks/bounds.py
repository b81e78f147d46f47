"""An Example > whether its question and answer are shorter or longer than they may be."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from longgrain.checks.parts import said
from longgrain.types import Example


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Lengths in characters, blanks around not counted; an example without a question is sound."""

    name: ClassVar[str] = "bounds"

    question: tuple[int, int] = (4, 2000)
    """Least and most characters of a question; 4 are enough for 何人所作."""
    answer: tuple[int, int] = (1, 8000)
    """Least and most characters of an answer."""
    texts: tuple[str, ...] = ("text",)
    """Forms whose answers are whole texts, which may be as long as their recipe makes them."""

    def __post_init__(self) -> None:
        """ValueError for bounds between which there is nothing."""
        for least, most in (self.question, self.answer):
            if not 0 <= least <= most:
                raise ValueError(f"bounds {least}..{most} let nothing through: give least, most")

    def problems(self, example: Example, texts: Mapping[str, str]) -> Iterator[str]:
        """At most one reason for the question and one for the answer."""
        yield from _outside("question", said(example, texts, "question"), *self.question)
        least, most = self.answer
        is_text = example.lineage.get("form") in self.texts
        answer = said(example, texts, "answer")
        yield from _outside("answer", answer, least, sys.maxsize if is_text else most)


def _outside(what: str, words: list[str], least: int, most: int) -> Iterator[str]:
    length = len("".join(words).strip())
    if words and length < least:
        yield f"{what} is too short"
    if length > most:
        yield f"{what} is too long"
