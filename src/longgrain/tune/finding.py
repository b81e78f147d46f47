"""Questions with the place of their evidence, and documents in windows > which of them a search finds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from longgrain.grains import cut
from longgrain.recipes.retrieve.retriever import Retriever
from longgrain.run import Run
from longgrain.tune.rivals import Sentences, question, read
from longgrain.types import MADE, Example, Grain

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
        grains, texts, sizes = self._cut(run)
        search = Retriever.over(texts)
        most = max(1, 4 * BUDGET // self.size)
        found = {}
        for one in wanted:
            ranked = [number for number, _ in search.ranked(one.question, most)]
            found[one.id] = float(_stands(one, [(grains[n], sizes[n]) for n in ranked]))
        return found

    def _cut(self, run: Run) -> tuple[list[Grain], list[str], list[int]]:
        """The windows of all documents, their words, and their tokens."""
        grains: list[Grain] = []
        texts: list[str] = []
        sizes: list[int] = []
        tokens = round(self.overlap * self.size)
        for document in run.documents():
            if document.source.startswith(MADE):
                continue
            starts = run.tokenizer.place([document.text]).starts.astype(np.int64)
            own = cut(
                document,
                size=self.size,
                mode=self.mode,
                overlap=tokens,
                token_starts=starts,
                kinds=["window" if tokens else "cut"],
            )
            bounds = np.searchsorted(starts, [(one.start, one.end) for one in own]).reshape(-1, 2)
            grains += own
            texts += [document.text[one.start : one.end] for one in own]
            sizes += (bounds[:, 1] - bounds[:, 0]).tolist()
        return grains, texts, sizes


def _stands(one: Wanted, ranked: Sequence[tuple[Grain, int]]) -> bool:
    """Reads windows in their order until the budget is spent."""
    left, seen = BUDGET, []
    for grain, size in ranked:
        if size > left:
            break
        left -= size
        if grain.doc_id == one.doc_id:
            seen.append((grain.start, grain.end))
    at = one.start
    for low, high in sorted(seen):
        if low <= at + 2 and high > at:  # a blank or two lie between neighbours
            at = high
    return at >= one.end
