"""Laid examples and their drafts > how hard each is to answer: four parts, one number, a level.

The number is the mean of four parts from 0 to 1, none fitted to anything:

- evidence: 1 - 1/k for k grains of evidence, 0 where there is none;
- distance: from the middle of the first grain of evidence to that of the last, over the context;
- similarity: the share of the question's terms that the nearest distractor of the context holds;
- rarity: 1/n where n examples of the side in this language have the same answer.

A part that an example lacks (a context without distractors, no answer) counts as 0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from longgrain.arrange import NONE, POOL
from longgrain.drafts import messages_of, read_drafts
from longgrain.layouts import Laid, grains_of
from longgrain.store import Store
from longgrain.terms import asked, held
from longgrain.types import Span
from longgrain.wished_mix import LEVELS

# The first number that is medium, and the first that is hard.
BORDERS = (0.3, 0.5)
# Of the grains nearest to a question, the best few that lie in the context are looked at.
NEAREST = 4
# Contexts that are read at a time.
BATCH = 4096


@dataclass(frozen=True, kw_only=True)
class Difficulty:
    """One entry an example; NaN where it lacks a part. ``answers`` counts equal answers, 0 for none."""

    evidence: NDArray[np.int64]
    distance: NDArray[np.float64]
    similarity: NDArray[np.float64]
    answers: NDArray[np.int64]

    @property
    def score(self) -> NDArray[np.float64]:
        """The mean of the four parts."""
        several = 1 - 1 / np.maximum(self.evidence, 1)
        rare = np.divide(1.0, self.answers, out=np.zeros(len(several)), where=self.answers > 0)
        parts = [several, np.nan_to_num(self.distance), np.nan_to_num(self.similarity), rare]
        mean: NDArray[np.float64] = np.sum(parts, axis=0) / len(parts)
        return mean.round(6)

    @property
    def levels(self) -> NDArray[np.int64]:
        """The number of each example's level among `LEVELS`."""
        return np.searchsorted(BORDERS, self.score, "right").astype(np.int64)

    def columns(self) -> dict[str, pa.Array]:
        """The columns of examples-SIDE.parquet that tell of it."""
        return {
            "difficulty": pa.array(self.score, pa.float32()),
            "level": pa.array([LEVELS[one] for one in self.levels], pa.string()),
            "evidence_grains": pa.array(self.evidence, pa.int32()),
            "evidence_distance": _or_null(self.distance),
            "distractor_similarity": _or_null(self.similarity),
            "same_answers": pa.array(self.answers, pa.int32()),
        }


def _or_null(values: NDArray[np.float64]) -> pa.Array:
    return pa.array(values, pa.float32(), mask=np.isnan(values))


def difficulty(store: Store, laid: Laid, drafts: Path) -> Difficulty:
    """The difficulty of every laid example; one pass over the drafts, no search."""
    told = ["side", "language", "evidence", "hard", "messages", "answer"]
    rows = list(read_drafts(drafts, told)) if len(laid) else []
    own = [rows[draft] for draft in laid.column("draft").tolist()]
    keys = [(one["side"], one["language"], _plain(one["answer"])) for one in own]
    counts = Counter(keys)
    return Difficulty(
        evidence=np.array([len(set(one["evidence"])) for one in own], np.int64),
        distance=np.array([_distance(one) for one in laid.values("depths")], np.float64),
        similarity=_similarities(store, laid, own),
        answers=np.array([counts[key] if key[2] else 0 for key in keys], np.int64),
    )


def _plain(answer: str) -> str:
    return " ".join(answer.casefold().split())


def _distance(depths: Sequence[float]) -> float:
    return max(depths) - min(depths) if depths else np.nan


def _similarities(
    store: Store, laid: Laid, rows: Sequence[dict[str, list[int] | str]]
) -> NDArray[np.float64]:
    found = np.full(len(rows), np.nan)
    for example, context in _contexts(laid):
        row = rows[example]
        others = _held(row["hard"], context, row["evidence"])  # type: ignore[arg-type]
        terms = np.unique(asked([_question(str(row["messages"]))])[0])
        if others and len(terms):
            texts = [store.words(number) for number in others]
            found[example] = held(terms, texts).max() / len(terms)
    return found


def _contexts(laid: Laid) -> Iterator[tuple[int, set[int] | range]]:
    """The grain numbers of each example's context; a stretch of a document is a range."""
    layouts = laid.column("layout")
    for first in range(0, len(laid), BATCH):
        some = np.arange(first, min(first + BATCH, len(laid)))
        some = some[layouts[some] != NONE]
        for example, stored in zip(some.tolist(), laid.read("context", some).each(), strict=True):
            numbers = grains_of(stored)
            pooled = layouts[example] == POOL
            low, high = int(numbers[0]), int(numbers[-1])
            yield example, set(numbers.tolist()) if pooled else range(low, high + 1)


def _held(nearest: Sequence[int], context: set[int] | range, evidence: Sequence[int]) -> list[int]:
    """The first few of the nearest grains that distract in a context."""
    return [one for one in nearest if one in context and one not in evidence][:NEAREST]


def _question(messages: str) -> str:
    spans = (span for message in messages_of(messages) for span in message.spans)
    return " ".join(
        span.text or "" for span in spans if isinstance(span, Span) and span.role == "question"
    )
