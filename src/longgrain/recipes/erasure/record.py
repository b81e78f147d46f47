"""A prompt-erased example > its record as Orca 2 keeps it: strategy, both system messages, question, answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from longgrain.types import Example, Message, Span, Speaker


def record(example: Example, texts: Mapping[str, str]) -> dict[str, str]:
    """The words of both views, with task, category and strategy; ``texts`` as `Run.texts` gives them.

    A message that a view does not have is "". Raises KeyError for an example without both views.
    """
    teacher, student = example.views["teacher"], example.views["student"]
    return {
        **{name: str(example.lineage[name]) for name in ("task", "category", "strategy")},
        "system_teacher": _said(teacher, "system", texts),
        "user": _said(student, "user", texts),
        "answer": _said(student, "assistant", texts),
        "system_student": _said(student, "system", texts),
    }


def _said(messages: Sequence[Message], speaker: Speaker, texts: Mapping[str, str]) -> str:
    spans = (span for one in messages if one.speaker == speaker for span in one.spans)
    return "".join(span.words(texts) for span in spans if isinstance(span, Span))
