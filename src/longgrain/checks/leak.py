"""An Example > whether its question gives its answer away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from longgrain.checks.parts import comparable, gold, holds, said, turns
from longgrain.types import Example, Grain, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """The answer may not stand in the question, except where the question offers a choice.

    In a conversation this holds for the question and the answer of every turn.
    """

    name: ClassVar[str] = "leak"

    choices: tuple[str, ...] = ("compare", "order")
    """Forms whose questions name the possible answers."""

    def problems(self, example: Example, texts: Mapping[str, str]) -> Iterator[str]:
        """At most one reason."""
        told = turns(example)
        several = "turns" in example.lineage  # each with a question of its own
        for number, turn in enumerate(told):
            own = turn.get("answer")
            answer = own if isinstance(own, str) else gold(example, texts)
            asked = _asked(example, texts, number) if several else said(example, texts, "question")
            choice = turn.get("form") in self.choices
            if not choice and any(_holds(words, answer) for words in asked):
                yield "answer leaks into the question"
                return


def _holds(words: str, answer: str) -> bool:
    return holds(comparable(words), comparable(answer).strip(" .,;:!?。，；：！？"))


def _asked(example: Example, texts: Mapping[str, str], number: int) -> list[str]:
    """The words of one of the user's questions, counted from 0."""
    users = [one for one in example.trained if one.speaker == "user"][number : number + 1]
    spans = [part for one in users for part in one.spans if isinstance(part, Span)]
    return [
        span.words(texts)
        for span in spans
        if span.role == "question"
        and (not isinstance(span.origin, Grain) or span.origin.doc_id in texts)
    ]
