"""A reply and its teacher's > how alike they are in style, beside whether the facts are right."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from longgrain.metrics.item import Figures, Item
from longgrain.metrics.words import comparable_words
from longgrain.style import ends_with_summary, is_list


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """Style against facts, after "The False Promise of Imitating Proprietary LLMs" (2305.15717).

    References are the teacher's replies. ``lists``: at least two lines of a list. ``ends_with_
    summary``: the last of several paragraphs begins as a summary does. ``unigram_overlap``: the
    share of the reply's distinct words that the teacher's has. ``fact_em``: 1 if the reply holds an
    answer of the item's field ``gold``. Of all items ``length_correlation``, Pearson's of the
    lengths in words. A rise of the first with a flat ``fact_em`` is imitation: see `longgrain.style.imitates`.
    """

    name: ClassVar[str] = "style"
    origin: ClassVar[str] = "Gudibande et al. 2023 (arXiv 2305.15717)"
    needs: ClassVar[tuple[str, ...]] = ("references",)
    gold: ClassVar[str] = "unigram_overlap"
    shares: ClassVar[bool] = True

    def score(self, item: Item) -> Figures:
        """The four figures; ``fact_em`` is None without ``gold``."""
        reply, said = item.prediction, set(comparable_words(item.prediction))
        shared = [len(said & set(comparable_words(one))) for one in item.references]
        return {
            "lists": float(is_list(reply)),
            "ends_with_summary": float(ends_with_summary(reply)),
            "unigram_overlap": max(shared) / len(said) if said else 0.0,
            "fact_em": _holds_gold(reply, item.row.get("gold")),
        }

    def tally(self, item: Item) -> Mapping[str, float]:
        """Sums for the correlation of the lengths of the reply and of the first reference."""
        reply = float(len(comparable_words(item.prediction)))
        other = float(len(comparable_words(item.references[0])))
        return {
            **{"n": 1.0, "x": reply, "y": other},
            **{"xx": reply * reply, "yy": other * other, "xy": reply * other},
        }

    def pooled(self, sums: Mapping[str, float]) -> Figures:
        """``length_correlation``, -1..1; None where all lengths of one side are equal."""
        n, x, y = sums["n"], sums["x"], sums["y"]
        spread = (n * sums["xx"] - x * x) * (n * sums["yy"] - y * y)
        value = (n * sums["xy"] - x * y) / math.sqrt(spread) if spread > 0 else None
        return {"length_correlation": value}


def _holds_gold(reply: str, gold: Any) -> float | None:
    answers = [gold] if isinstance(gold, str) else gold
    if not isinstance(answers, list) or not answers:
        return None
    said = f" {' '.join(comparable_words(reply))} "
    wanted = [f" {' '.join(comparable_words(str(one)))} " for one in answers]
    return float(any(one.strip() and one in said for one in wanted))
