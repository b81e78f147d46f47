"""A short answer and its references > exact match and token F1 by SQuAD's rules; Chinese by characters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from longgrain.metrics.item import Figures, Item
from longgrain.metrics.words import comparable_words, f1, has_han, squad


@dataclass(frozen=True, slots=True, kw_only=True)
class Squad:
    """Exact match and F1 of SQuAD v1's evaluate.py, the best over the references.

    That script takes a run of Chinese for one word. Here a reference with a Han character is held
    against the prediction by characters: each is a word, a run of anything else too, and English
    and Chinese punctuation is left out.
    """

    name: ClassVar[str] = "squad"
    origin: ClassVar[str] = "SQuAD v1.1, evaluate.py; Chinese by characters as in CMRC 2018"
    needs: ClassVar[tuple[str, ...]] = ("references",)
    gold: ClassVar[str] = "f1"
    shares: ClassVar[bool] = True

    han: bool = True
    """Chinese by characters; False treats every text as SQuAD does."""
    until: str = ""
    """Only what stands before the first of these counts; FILM's tables need a blank line."""

    def score(self, item: Item) -> Figures:
        """``exact_match`` (0 or 1) and ``f1``."""
        prediction = item.prediction.split(self.until)[0] if self.until else item.prediction
        pairs = [self._words(one, prediction) for one in item.references]
        return {
            "exact_match": float(any(expected == said for expected, said in pairs)),
            "f1": max(f1(said, expected) for expected, said in pairs),
        }

    def _words(self, reference: str, prediction: str) -> tuple[list[str], list[str]]:
        if self.han and has_han(reference):
            return comparable_words(reference), comparable_words(prediction)
        return squad(reference).split(), squad(prediction).split()
