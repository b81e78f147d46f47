"""A first answer, the model's verdict on it and its last answer > what self-correction is worth."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from longgrain.metrics.item import Figures, Item
from longgrain.metrics.words import comparable_words

POSITIVE = frozenset(
    ("pv", "right", "correct", "true", "yes", "1", "正确", "正確", "对", "對", "是")
)
NEGATIVE = frozenset(
    (
        "nv",
        "wrong",
        "incorrect",
        "false",
        "no",
        "0",
        "错误",
        "錯誤",
        "错",
        "錯",
        "否",
        "不对",
        "不對",
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfCorrection:
    """The measures of ISC (arXiv 2401.07301) with the baselines that show what they are worth.

    The prediction is the last answer; the item's fields ``first`` and ``verdict`` hold the first
    answer and whether the model held it right (true, "PV", "right", 正确) or wrong. Answers are
    right if they equal a reference in words and numbers. Of all items:

    - ``acc_first``, ``acc``: share of right first and last answers; ``gain``, their difference,
      always equals ``w2r`` - ``r2w`` plus what changed after a positive verdict (``unasked``)
    - ``confidence``: share of positive verdicts; 1 - it = ``r2r`` + ``r2w`` + ``w2w`` + ``w2r``,
      the outcomes of answers with a negative one, as shares of all items
    - ``eval_acc``: share of right verdicts, to be held against ``always_positive`` (= acc_first)
      and ``always_negative``, verdicts that look at nothing
    - ``balanced_acc`` (0.5 is blind) and ``mcc`` (0 is blind) of the verdicts; None where all first
      answers are right or all wrong, mcc also where all verdicts are equal
    """

    name: ClassVar[str] = "correction"
    origin: ClassVar[str] = "Han et al. 2024 (arXiv 2401.07301); balanced accuracy, MCC"
    needs: ClassVar[tuple[str, ...]] = ("references", "first", "verdict")
    gold: ClassVar[str] = "last_right"
    shares: ClassVar[bool] = True

    def score(self, item: Item) -> Figures:
        """``first_right``, ``last_right``, ``verdict_right``: 0 or 1; None without a clear verdict."""
        verdict = verdict_of(item.row.get("verdict"))
        first = _right(str(item.row.get("first", "")), item.references)
        last = _right(item.prediction, item.references)
        return {
            "first_right": float(first),
            "last_right": float(last),
            "verdict_right": None if verdict is None else float(verdict == first),
        }

    def tally(self, item: Item) -> Mapping[str, float]:
        """One in the cell of the first answer, the verdict and the last answer, such as "R-W"."""
        found = self.score(item)
        if found["verdict_right"] is None:
            return {}
        first, last = (bool(found[key]) for key in ("first_right", "last_right"))
        verdict = bool(found["verdict_right"]) == first
        return {f"{'WR'[first]}{'-+'[verdict]}{'WR'[last]}": 1.0}

    def pooled(self, sums: Mapping[str, float]) -> Figures:
        """The shares above, of all items with a verdict."""
        total = math.fsum(sums.values())
        if not total:
            return dict.fromkeys(_FIGURES)

        def share(*cells: str) -> float:
            return math.fsum(sums.get(cell, 0.0) for cell in cells) / total

        right = share("R+R", "R+W", "R-R", "R-W")
        kept, caught = share("R+R", "R+W"), share("W-R", "W-W")
        figures: dict[str, float | None] = {
            "acc_first": right,
            "acc": share("R+R", "W+R", "R-R", "W-R"),
            "gain": share("W-R", "W+R") - share("R-W", "R+W"),
            "unasked": share("W+R") - share("R+W"),
            "confidence": share("R+R", "R+W", "W+R", "W+W"),
            **{"r2r": share("R-R"), "r2w": share("R-W"), "w2w": share("W-W"), "w2r": share("W-R")},
            "eval_acc": kept + caught,
            "always_positive": right,
            "always_negative": 1 - right,
        }
        return figures | _of_verdicts(kept, right, caught)


_FIGURES = (
    *("acc_first", "acc", "gain", "unasked", "confidence", "r2r", "r2w", "w2w", "w2r"),
    *("eval_acc", "always_positive", "always_negative", "balanced_acc", "mcc"),
)


def _of_verdicts(kept: float, right: float, caught: float) -> dict[str, float | None]:
    """Balanced accuracy and MCC from shares: right and kept, right at all, wrong and caught."""
    wrong = 1 - right
    if not kept <= right or right <= 0 or wrong <= 0:
        return {"balanced_acc": None, "mcc": None}
    positive = kept + (wrong - caught)
    spread = math.sqrt(max(0.0, positive * (1 - positive) * right * wrong))
    product = kept * caught - (wrong - caught) * (right - kept)
    return {
        "balanced_acc": (kept / right + caught / wrong) / 2,
        "mcc": product / spread if spread > 1e-7 else None,
    }


def verdict_of(said: Any) -> bool | None:
    """True for a positive verdict, False for a negative one, None for what is neither."""
    words = str(said).strip().casefold().rstrip(".。")
    return True if words in POSITIVE else False if words in NEGATIVE else None


def _right(answer: str, references: Sequence[str]) -> bool:
    said = comparable_words(answer)
    return bool(said) and any(said == comparable_words(one) for one in references)
