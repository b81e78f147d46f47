"""An input and an output > the messages of an example, with the words around them."""

from __future__ import annotations

from longgrain.recipes.asked import question_of
from longgrain.recipes.drawn import drawn
from longgrain.recipes.imitate.wording import INSTRUCTIONS, TASK
from longgrain.recipes.script import written
from longgrain.types import Draft, Given, Message, Reply, Slot, Span

SOURCE = "longgrain.imitate"


def of_rule(asked: str, draft: Draft) -> Span:
    """The input in words of ours, with the frame of the seeds."""
    return Span(role="question", origin=question_of(draft).origin, text=asked)


def of_reply(asked: str, output: str, reply: Reply) -> tuple[Span, Span]:
    """The input and the output of a language model."""
    origins = (
        Reply(teacher=reply.teacher, call=reply.call, text=words) for words in (asked, output)
    )
    first, second = origins
    return (
        Span(role="question", origin=first, text=asked),
        Span(role="answer", origin=second, text=output, loss=1.0),
    )


def messages(asked: Span, reply: tuple[Span, ...], draft: Draft) -> tuple[Message, ...]:
    """Instruction, context, input; output, the only words that are learned."""
    language, words = "zh" if draft.meta["language"] == "zh" else "en", asked.text or ""
    number = drawn(len(INSTRUCTIONS[language]), "imitate", words)
    given = Given(source=SOURCE, id=f"instruction-{language}-{number}")
    glue = Given(source=SOURCE, id="glue")
    user = (
        Span(role="instruction", origin=given, text=written(INSTRUCTIONS[language][number], words)),
        Span(role="glue", origin=glue, text="\n\n"),
        Slot(),
        Span(role="glue", origin=glue, text=written(TASK[language], words)),
        asked,
    )
    return (Message(speaker="user", spans=user), Message(speaker="assistant", spans=reply))
