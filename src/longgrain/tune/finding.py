"""Questions with the place of their evidence, and documents in windows > which of them a search finds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from longgrain.grains import cut
from longgrain.recipes.retrieve.retriever import Retriever
from longgrain.run import Run
from longgrain.tune.rivals import Sentences, question, read
from longgrain.types import MADE, Example, Grain, Kind

# Tokens that are read of what a search brings, the best first.
BUDGET = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A question, and the sentence of a document that answers it."""

    id: str
    question: str
    doc_id: str
    start: int
    end: int


def questions(run: Run, sentences: Sentences) -> dict[str, Wanted]:
    """Those of a run with one piece of evidence in which the answer stands, by place, one a sentence."""
    listed = (one for example in run.examples("train") for one in _wanted(example, sentences))
    return {one.id: one for one in listed}


def _wanted(example: Example, sentences: Sentences) -> Iterator[Wanted]:
    origins = [span.origin for span in read(example) if span.role == "evidence"]
    answer = str(example.lineage.get("answer") or "")
    if len(origins) != 1 or not isinstance(origins[0], Grain) or not answer:
        return
    grain = origins[0]
    at = sentences.texts[grain.doc_id].find(answer, grain.start, grain.end)
    if at >= 0:
        start, end = sentences.around(grain.doc_id, at, at + len(answer))
        yield Wanted(
            id=f"{grain.doc_id}:{start}",
            question=question(example),
            doc_id=grain.doc_id,
            start=start,
            end=end,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """How documents are cut for a search; ``overlap`` is the share that also stands in the one before.

    Windows with any overlap are cut every so many tokens, wherever sentences end.
    """

    size: int
    mode: Literal["sentence", "exact"]
    overlap: float

    def found(self, wanted: Sequence[Wanted], run: Run) -> dict[str, float]:
        """For each question 1 where its sentence stands whole in the first tokens that BM25 brings."""
        pieces = list(self._cut(run))
        search = Retriever.over([one.text for one in pieces])
        most = max(1, 4 * BUDGET // self.size)
        found = {}
        for one in wanted:
            ranked = [pieces[number] for number, _ in search.ranked(one.question, most)]
            found[one.id] = float(_stands(one, ranked))
        return found

    def _cut(self, run: Run) -> Iterator[_Piece]:
        """The windows of all documents that were read."""
        tokens = round(self.overlap * self.size)
        for document in run.documents():
            if document.source.startswith(MADE):
                continue
            starts = run.tokenizer.place([document.text]).starts.astype(np.int64)
            kinds: list[Kind] = ["window" if tokens else "cut"]
            for one in cut(
                document,
                size=self.size,
                mode=self.mode,
                overlap=tokens,
                token_starts=starts,
                kinds=kinds,
            ):
                low, high = np.searchsorted(starts, (one.start, one.end))
                yield _Piece(
                    grain=one, text=document.text[one.start : one.end], tokens=starts[low:high]
                )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Piece:
    """A window, its words, and where each of its tokens begins in the document."""

    grain: Grain
    text: str
    tokens: NDArray[np.int64]

    def end(self, left: int) -> int:
        """How far one gets with so many tokens."""
        return self.grain.end if len(self.tokens) <= left else int(self.tokens[left])


def _stands(one: Wanted, ranked: Sequence[_Piece]) -> bool:
    """Reads windows in their order until the budget is spent."""
    left, seen = BUDGET, []
    for piece in ranked:
        if piece.grain.doc_id == one.doc_id:
            seen.append((piece.grain.start, piece.end(left)))
        left -= len(piece.tokens)
        if left <= 0:
            break
    at = one.start
    for low, high in sorted(seen):
        if low <= at + 2 and high > at:  # a blank or two lie between neighbours
            at = high
    return at >= one.end
