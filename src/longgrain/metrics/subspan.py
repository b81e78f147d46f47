"""A reply and its references > whether it holds one of them, and how much of the best at one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from longgrain.metrics.item import Figures, Item
from longgrain.metrics.words import comparable_words, has_han, squad


@dataclass(frozen=True, slots=True, kw_only=True)
class Subspan:
    """best_subspan_em and key-value accuracy of Lost in the Middle, and the coverage of the span.

    ``best_subspan_em``: 1 if a reference, normalised as in SQuAD, stands in the reply up to its
    first line end, normalised; a Chinese reference is looked for without blanks and punctuation.
    ``contains``: 1 if a reference stands in the whole reply, case aside and nothing else changed.
    ``span_coverage``: the longest run of a reference's words that stands in the reply, over the
    reference's words; 1 where the reply says it whole.
    """

    name: ClassVar[str] = "subspan"
    origin: ClassVar[str] = "Lost in the Middle (Liu et al. 2023), metrics.py and its KV script"
    needs: ClassVar[tuple[str, ...]] = ("references",)
    gold: ClassVar[str] = "best_subspan_em"
    shares: ClassVar[bool] = True

    until: str = "\n"
    """Only what stands before the first of these counts for the first figure; "" for all."""
    han: bool = True
    """Chinese references by characters; False treats every text as the published script does."""

    def score(self, item: Item) -> Figures:
        """The three figures; an empty reference is in every reply, as published."""
        reply = item.prediction
        cut = reply.split(self.until)[0].strip() if self.until else reply
        whole = reply.lower()
        return {
            "best_subspan_em": float(any(self._is_in(one, cut) for one in item.references)),
            "contains": float(any(one.lower() in whole for one in item.references)),
            "span_coverage": max(self._covered(one, reply) for one in item.references),
        }

    def _is_in(self, reference: str, reply: str) -> bool:
        if self.han and has_han(reference):
            return "".join(comparable_words(reference)) in "".join(comparable_words(reply))
        return squad(reference) in squad(reply)

    def _covered(self, reference: str, reply: str) -> float:
        chinese = self.han and has_han(reference)
        expected, said = (
            comparable_words(text) if chinese else squad(text).split()
            for text in (reference, reply)
        )
        return _longest_run(expected, said) / len(expected) if expected else 0.0


def _longest_run(expected: list[str], said: list[str]) -> int:
    """The length of the longest stretch of one sequence that stands in the other."""
    places: dict[str, list[int]] = {}
    for at, word in enumerate(expected):
        places.setdefault(word, []).append(at)
    best, runs = 0, dict[int, int]()
    for word in said:
        runs = {at: runs.get(at - 1, 0) + 1 for at in places.get(word, ())}
        best = max(best, max(runs.values(), default=0))
    return best
