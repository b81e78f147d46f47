"""An Example > whether every quote lies inside its document and says what it is said to say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from longgrain.checks.parts import gold, listed, phrases, said, turns
from longgrain.types import Example, Grain, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """Grains need a document and offsets inside it; quoted phrases stand in the evidence verbatim.

    Quoted phrases are the ``quotes`` of the lineage and of every turn and, where the form is "quote",
    the answer.
    """

    name: ClassVar[str] = "quote"

    def problems(self, example: Example, texts: Mapping[str, str]) -> Iterator[str]:
        """Each reason once, over all views."""
        reasons = (
            _misplaced(span.origin, texts)
            for messages in example.views.values()
            for message in messages
            for span in message.spans
            if isinstance(span, Span) and isinstance(span.origin, Grain)
        )
        yield from dict.fromkeys(reason for reason in reasons if reason)
        quotes = phrases(example, "quotes")
        for turn in turns(example):
            own = turn.get("answer")
            quotes += listed(turn, "quotes")
            if turn.get("form") == "quote":
                quotes.append(own if isinstance(own, str) else gold(example, texts))
        evidence = said(example, texts, "evidence")
        if any(all(quote not in text for text in evidence) for quote in quotes):
            yield "quoted words are not in the evidence"


def _misplaced(grain: Grain, texts: Mapping[str, str]) -> str | None:
    if grain.doc_id not in texts:
        return "quotes a document that is not there"
    if not 0 <= grain.start < grain.end <= len(texts[grain.doc_id]):
        return "quotes outside its document"
    return None
