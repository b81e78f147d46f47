"""A draft > its question, as a span and as words."""

from __future__ import annotations

from longgrain.types import Draft, Span


def question_of(draft: Draft) -> Span:
    """The first span that asks. StopIteration for a draft that asks nothing."""
    spans = (one for message in draft.messages for one in message.spans)
    return next(one for one in spans if isinstance(one, Span) and one.role == "question")


def asked(draft: Draft) -> str:
    """The words of the question; "" where nothing is asked."""
    spans = (one for message in draft.messages for one in message.spans)
    return "".join(
        one.text or "" for one in spans if isinstance(one, Span) and one.role == "question"
    )
