"""An Example > whether question and answer are in the language of the evidence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from longgrain.checks.parts import said
from longgrain.types import Example

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]+")
# Chinese text about programs is full of Latin words, English text about China is not full of Han;
# so a fifth of Han among Han and Latin words already makes a text Chinese.
_CHINESE_FROM = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """Told by script: Han or Latin. Simplified and Traditional are one; numbers are in none."""

    name: ClassVar[str] = "language"

    answer_from: int = 12
    """Han characters or Latin words from which an answer must agree; names are free."""
    free: tuple[str, ...] = ("symbols",)
    """Forms whose evidence is in no language."""

    def problems(self, example: Example, texts: Mapping[str, str]) -> Iterator[str]:
        """At most one reason for the question and one for the answer."""
        if example.lineage.get("form") in self.free:
            return
        evidence, _ = _script(said(example, texts, "evidence"))
        question, _ = _script(said(example, texts, "question"))
        answer, length = _script(said(example, texts, "answer"))
        if evidence and question and question != evidence:
            yield "question is in another language than the evidence"
        if evidence and answer and length >= self.answer_from and answer != evidence:
            yield "answer is in another language than the evidence"


def _script(words: list[str]) -> tuple[str | None, int]:
    """Han, Latin or None, and how many characters and words tell so."""
    text = "\n".join(words)
    han, latin = len(_HAN.findall(text)), len(_LATIN.findall(text))
    if not han + latin:
        return None, 0
    return ("han" if han >= _CHINESE_FROM * (han + latin) else "latin"), han + latin
