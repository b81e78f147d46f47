"""An Example > whether its question gives its answer away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from longgrain.checks.parts import asked, comparable, holds, said
from longgrain.types import Example


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """The answer may not stand in the question, except where the question offers a choice."""

    name: ClassVar[str] = "leak"

    choices: tuple[str, ...] = ("compare", "order")
    """Forms whose questions name the possible answers."""

    def problems(self, example: Example, texts: Mapping[str, str]) -> Iterator[str]:
        """At most one reason."""
        questions = [comparable(words) for words in said(example, texts, "question")]
        for one in asked(example, texts):
            answer = comparable(one.answer).strip(" .,;:!?。，；：！？")
            if one.form not in self.choices and any(holds(words, answer) for words in questions):
                yield "answer leaks into the question"
                return
