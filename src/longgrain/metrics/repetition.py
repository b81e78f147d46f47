"""A text > how much it repeats itself: distinct words and pairs, and the share of repeated runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from longgrain.metrics.item import Figures, Item
from longgrain.metrics.words import comparable_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Repetition:
    """distinct-1, distinct-2 (Li et al. 2016) and seq-rep-n (Welleck et al. 2020) of the prediction.

    ``distinct_1`` and ``distinct_2``: distinct words and pairs of neighbours over all.
    ``repeated``: the share of runs of ``run`` words that came before in the text. Words are lower
    case without punctuation; every Han character is one. They depend on length: compare texts of
    like length.
    """

    name: ClassVar[str] = "repetition"
    origin: ClassVar[str] = "Li et al. 2016 (distinct-n); Welleck et al. 2020 (seq-rep-n)"
    needs: ClassVar[tuple[str, ...]] = ()
    gold: ClassVar[str] = ""
    shares: ClassVar[bool] = True

    run: int = 4

    def score(self, item: Item) -> Figures:
        """The three shares; None where the text is too short to have one such run."""
        words = comparable_words(item.prediction)
        repeated = _distinct(words, self.run)
        return {
            "distinct_1": _distinct(words, 1),
            "distinct_2": _distinct(words, 2),
            "repeated": None if repeated is None else 1 - repeated,
        }


def _distinct(words: list[str], size: int) -> float | None:
    runs = list(zip(*(words[at:] for at in range(size)), strict=False))
    return len(set(runs)) / len(runs) if runs else None
