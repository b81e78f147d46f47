"""A stored context (its layout and grain numbers) > its spans, by reference."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from longgrain.lay import SEPARATOR
from longgrain.types import Given, Grain, Message, Slot, Span

BLANK_LINE = Given(source="layout", id="blank line")
METADATA = "layout.metadata"


@dataclass(frozen=True, kw_only=True)
class Cuts:
    """The cut grains of a run by number: where each lies and the metadata line before it."""

    doc_ids: Sequence[str]
    document: NDArray[np.int32]
    first: NDArray[np.int64]
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]
    metadata: Sequence[str]

    def grain(self, number: int) -> Grain:
        """The cut with this number; its path counts the cuts of its document."""
        document = int(self.document[number])
        return Grain(
            doc_id=self.doc_ids[document],
            path=(int(number - self.first[document]),),
            kind="cut",
            start=int(self.starts[number]),
            end=int(self.ends[number]),
        )

    def between(self, document: int, start: int, end: int) -> Grain:
        """The words of a document between two asked grains."""
        return Grain(
            doc_id=self.doc_ids[document], path=(start,), kind="window", start=start, end=end
        )

    def spans(
        self,
        layout: str,
        context: Sequence[int],
        evidence: Sequence[int],
        lines: Sequence[str] | None = None,
    ) -> list[Span]:
        """The spans of a whole context, separators included; ``lines`` instead of the plan's metadata."""
        if layout == "pool":
            told = self.metadata if lines is None else lines
            return [span for number in context for span in self._laid(int(number), evidence, told)]
        if layout == "none":
            return []
        return self._stretch(int(context[0]), int(context[1]), sorted(evidence))

    def _laid(self, number: int, evidence: Sequence[int], lines: Sequence[str]) -> list[Span]:
        spans = []
        if line := lines[number]:
            given = Given(source=METADATA, id=str(number))
            spans.append(Span(role="metadata", origin=given, text=line + "\n"))
        role = "evidence" if number in evidence else "distractor"
        spans.append(Span(role=role, origin=self.grain(number)))  # type: ignore[arg-type]
        return [*spans, Span(role="glue", origin=BLANK_LINE, text=SEPARATOR)]

    def _stretch(self, first: int, last: int, evidence: Sequence[int]) -> list[Span]:
        """A stretch of one document as it stands: what lies between, evidence, ..., the rest."""
        document, place = int(self.document[first]), int(self.starts[first])
        spans = []
        for number in evidence:
            start, end = int(self.starts[number]), int(self.ends[number])
            if start > place:
                spans.append(Span(role="distractor", origin=self.between(document, place, start)))
            spans.append(Span(role="evidence", origin=self.grain(number)))
            place = end
        if place < int(self.ends[last]):
            rest = self.between(document, place, int(self.ends[last]))
            spans.append(Span(role="distractor", origin=rest))
        return [*spans, Span(role="glue", origin=BLANK_LINE, text=SEPARATOR)]


def quotes(messages: Sequence[Message]) -> Iterator[Grain]:
    """The grains that messages quote, in order; a context that is not laid yet has none."""
    for message in messages:
        for span in message.spans:
            if isinstance(span, Span) and isinstance(span.origin, Grain):
                yield span.origin


def with_context(messages: Sequence[Message], context: Sequence[Span]) -> tuple[Message, ...]:
    """The messages with the context laid into the slot."""
    return tuple(
        replace(
            message,
            spans=tuple(
                span
                for one in message.spans
                for span in (context if isinstance(one, Slot) else (one,))
            ),
        )
        for message in messages
    )
