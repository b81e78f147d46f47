"""An Example with a teacher's and a student's view > whether the strategy is erased from what the student reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from longgrain.content_words import TASK_WORDS, content_words
from longgrain.types import Example, Grain, Message, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """Prompt erasure: the views differ in the system message alone, and that tells no way of working.

    No content word of the teacher's system message (see `content_words`) may stand in the student's
    system message or in the instructions of its turn. Words that name the task itself, such as
    "answer" and "passage", tell nothing. An example without both views is sound.
    """

    name: ClassVar[str] = "erased"

    also: tuple[str, ...] = ()
    """Words that tell nothing either, beside `TASK_WORDS`."""

    def problems(self, example: Example, texts: Mapping[str, str]) -> Iterator[str]:
        """At most one reason for the words, and one for what else differs."""
        teacher, student = (example.views.get(name, ()) for name in ("teacher", "student"))
        strategy = _system(teacher)
        if not strategy.strip() or not student:
            return
        told = " ".join([_system(student), *_instructions(student)])
        neutral = content_words(" ".join((*TASK_WORDS, *self.also)))
        if (content_words(strategy) - neutral) & content_words(told):
            yield "words of the strategy leak into the student's prompt"
        if _turns(teacher) != _turns(student):
            yield "teacher and student differ in more than the system message"


def _system(messages: Sequence[Message]) -> str:
    spans = (span for one in messages if one.speaker == "system" for span in one.spans)
    return " ".join(span.text or "" for span in spans if isinstance(span, Span))


def _instructions(messages: Sequence[Message]) -> list[str]:
    """What our own words ask for in the user's turns; a document may say what it likes."""
    spans = (span for one in messages if one.speaker == "user" for span in one.spans)
    return [
        span.text or ""
        for span in spans
        if isinstance(span, Span)
        and span.role == "instruction"
        and not isinstance(span.origin, Grain)
    ]


def _turns(messages: Sequence[Message]) -> list[Message]:
    return [one for one in messages if one.speaker != "system"]
