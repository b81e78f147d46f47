"""Texts, or the grains of a side > those nearest to a question: by words, by meaning, or by both.

The same ranking chooses the passages of training examples and those that a user's question meets.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from longgrain.errors import PlanError
from longgrain.protocols import Materials
from longgrain.search import Index
from longgrain.terms import terms

# A question and a number of units > the nearest of them, best first, with their scores.
Ranker = Callable[[str, int], Sequence[tuple[int, float]]]
BY = ("bm25", "dense", "both")
# Rank fusion: Cormack et al. 2009 found 60 good over many collections.
SOFTENED = 60
# Each ranking is read to this depth at least before two are fused.
DEPTH = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Retriever:
    """One ranking, or several joined by reciprocal rank fusion."""

    rankers: tuple[Ranker, ...]

    @classmethod
    def over(
        cls, texts: Sequence[str], *, by: str = "bm25", dense: Ranker | None = None
    ) -> Retriever:
        """Over any texts, such as the grains of one document.

        ``dense`` ranks the same texts by meaning (see `longgrain.dense.ranker`). PlanError where
        ``by`` needs one and there is none.
        """
        codes, starts = terms("\n".join(texts))
        ends = np.cumsum([len(text) + 1 for text in texts])
        index = Index.of(codes, np.searchsorted(ends, starts, "right"), len(texts))
        return cls(rankers=chosen(by, index.nearest, dense))

    @classmethod
    def of_side(
        cls, materials: Materials, *, by: str = "bm25", embedder: str = "", base_url: str = ""
    ) -> Retriever:
        """Over the grains of one side, by their numbers."""
        similar = partial(materials.similar, embedder=embedder, base_url=base_url)
        return cls(rankers=chosen(by, materials.nearest, similar if embedder else None))

    def ranked(self, question: str, k: int) -> list[tuple[int, float]]:
        """The ``k`` units nearest to a question, best first, with scores that fall."""
        if len(self.rankers) == 1:
            return list(self.rankers[0](question, k))
        return fused([rank(question, max(k, DEPTH)) for rank in self.rankers])[:k]


def chosen(by: str, sparse: Ranker, dense: Ranker | None) -> tuple[Ranker, ...]:
    """The rankers that ``by`` names. PlanError for one that is not known or not there."""
    if by not in BY:
        raise PlanError(f"retrieval by {by!r} is not known; choose one of {', '.join(BY)}")
    if by == "bm25":
        return (sparse,)
    if dense is None:
        raise PlanError(
            f"retrieval by {by!r} needs an embedder and none is named, so nothing can be ranked by "
            "meaning; name one (embedder: a model, or module:name), or retrieve by bm25"
        )
    return (dense,) if by == "dense" else (sparse, dense)


def fused(rankings: Sequence[Sequence[tuple[int, float]]]) -> list[tuple[int, float]]:
    """Reciprocal rank fusion (Cormack et al. 2009): 1 / (60 + rank), summed; the lower unit first."""
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, (unit, _) in enumerate(ranking, 1):
            scores[unit] = scores.get(unit, 0.0) + 1 / (SOFTENED + rank)
    return sorted(scores.items(), key=lambda one: (-one[1], one[0]))
