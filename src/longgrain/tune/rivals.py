"""Examples of a run > how near the nearest distractor of each comes to its question; sentences by their place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from longgrain.baseline import asked
from longgrain.sentences import sentence_ends
from longgrain.terms import held
from longgrain.types import Example, Grain, Span


@dataclass(frozen=True, kw_only=True)
class Sentences:
    """The sentences of documents, each document looked through once."""

    texts: Mapping[str, str]
    _ends: dict[str, NDArray[np.int64]] = field(default_factory=dict)

    def ends(self, doc_id: str) -> NDArray[np.int64]:
        """Where the sentences of a document end."""
        if doc_id not in self._ends:
            self._ends[doc_id] = sentence_ends(self.texts[doc_id]).astype(np.int64)
        return self._ends[doc_id]

    def within(self, doc_id: str, start: int, end: int) -> list[tuple[int, int]]:
        """Bounds of the sentences of a stretch; the first and last as far as they lie in it."""
        ends = self.ends(doc_id)
        low, high = np.searchsorted(ends, [start + 1, end])
        borders = [start, *ends[low:high].tolist(), end]
        text = self.texts[doc_id]
        return [(a, b) for a, b in pairwise(borders) if text[a:b].strip()]

    def around(self, doc_id: str, start: int, end: int) -> tuple[int, int]:
        """The bounds of the sentences that a stretch lies in, without blanks at their ends."""
        ends, text = self.ends(doc_id), self.texts[doc_id]
        first = int(np.searchsorted(ends, start, "right"))
        last = int(np.searchsorted(ends, end))
        low = int(ends[first - 1]) if first else 0
        high = int(ends[last]) if last < len(ends) else len(text)
        said = text[low:high]
        return low + len(said) - len(said.lstrip()), low + len(said.rstrip())

    def of(self, span: Span) -> list[str]:
        """The sentences of a span's words."""
        if span.text is None and isinstance(span.origin, Grain):
            origin = span.origin
            bounds = self.within(origin.doc_id, origin.start, origin.end)
            return [self.texts[origin.doc_id][a:b] for a, b in bounds]
        text = span.text or ""
        ends = [0, *sentence_ends(text).tolist(), len(text)] if text.strip() else []
        return [one for a, b in pairwise(ends) if (one := text[a:b]).strip()]


def read(example: Example) -> Iterator[Span]:
    """What stands before the answer: the spans of all turns but the assistant's."""
    for message in example.trained:
        if message.speaker != "assistant":
            yield from (span for span in message.spans if isinstance(span, Span))


def question(example: Example) -> str:
    """The words that are asked."""
    return " ".join(span.text or "" for span in read(example) if span.role == "question")


def rivalry(example: Example, sentences: Sentences) -> float | None:
    """How near the best sentence of a distractor comes to the question, where the evidence is 1.

    Words are the question's, without stop words; a rival with more of them than the evidence counts
    as 1. None where there is no question, evidence or distractor.
    """
    wanted = asked(question(example))
    evidence = _reach(wanted, example, sentences, ("evidence", "summary"))
    rival = _reach(wanted, example, sentences, ("distractor",))
    if not len(wanted) or not evidence or rival is None:
        return None
    return min(1.0, rival / evidence)


def _reach(
    wanted: NDArray[np.uint64], example: Example, sentences: Sentences, roles: tuple[str, ...]
) -> int | None:
    """The most of the wanted terms that one sentence of these roles holds."""
    said = [one for span in read(example) if span.role in roles for one in sentences.of(span)]
    return int(held(wanted, said).max(initial=0)) if said else None
