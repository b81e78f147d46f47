"""What calls or runs took > seconds, speed, memory, money and energy, and how each grows with length."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from longgrain.errors import PlanError
from longgrain.metrics.item import Figures, Item

GROWING = ("seconds", "money", "joules", "memory_mb")
FIGURES = (
    *("seconds", "tokens_per_second", "new_tokens_per_second", "memory_mb", "gpu_memory_mb"),
    *("money", "joules", "joules_estimated"),
)
# Lengths that differ by less than about a tenth say nothing of growth.
LEAST_SPREAD = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Efficiency:
    """Costs of an item, from the field ``took`` of its row or the row itself.

    Known are ``seconds``, ``prompt_tokens``, ``reply_tokens`` (or ``tokens``, of both), ``money``,
    ``joules``, ``peak_memory_mb`` and ``peak_gpu_memory_mb``. An answer that came from a ledger counts
    with what it took when the model was asked. Money of 0 is not known: no prices were given. ``joules`` were metered; ``joules_estimated`` are
    ``watts`` times seconds and nothing more. Of all items together sums, ``all_tokens_per_second``,
    and how each cost grows with length: the exponent b of the fit cost = a * tokens ** b, least
    squares of the logarithms, over items with a cost above 0. 1 is in proportion, 2 the square.
    """

    name: ClassVar[str] = "efficiency"
    origin: ClassVar[str] = "longgrain"
    needs: ClassVar[tuple[str, ...]] = ()
    gold: ClassVar[str] = ""
    shares: ClassVar[bool] = False

    watts: float = 0.0
    """What the machine draws while it works, as you know it: for an estimate where nothing was metered."""
    price_per_million_prompt: float = 0.0
    price_per_million_reply: float = 0.0
    """Prices, for items whose cost in money is not known or 0."""

    def __post_init__(self) -> None:
        """PlanError for what cannot be."""
        if min(self.watts, self.price_per_million_prompt, self.price_per_million_reply) < 0:
            raise PlanError(
                f"efficiency with watts {self.watts}, prices {self.price_per_million_prompt} and "
                f"{self.price_per_million_reply}: nothing costs less than nothing; give 0 or more"
            )

    def score(self, item: Item) -> Figures:
        """What is known of this item; None for the rest."""
        took = self._took(item)
        seconds, tokens = took.get("seconds"), _tokens(took)
        fast = seconds if seconds and seconds > 0 else None
        reply = took.get("reply_tokens")
        values: dict[str, float | None] = {
            "seconds": seconds,
            "tokens_per_second": tokens / fast if tokens and fast else None,
            "new_tokens_per_second": reply / fast if reply and fast else None,
            "memory_mb": took.get("peak_memory_mb"),
            "gpu_memory_mb": took.get("peak_gpu_memory_mb"),
            "money": took.get("money") or None,
            "joules": took.get("joules"),
            "joules_estimated": self.watts * seconds if self.watts and seconds else None,
        }
        return {name: values[name] for name in FIGURES}

    def tally(self, item: Item) -> Mapping[str, float]:
        """Sums of costs and tokens, and of the logarithms that the fits need."""
        took, found = self._took(item), self.score(item)
        tokens = _tokens(took)
        sums = {
            f"sum/{one}": found[one] or 0.0
            for one in ("seconds", "money", "joules", "joules_estimated")
        }
        if tokens and found["seconds"]:
            sums |= {"timed/tokens": tokens, "timed/seconds": found["seconds"]}
        for one in GROWING:
            cost = found[one]
            if tokens and cost and cost > 0:
                x, y = math.log(tokens), math.log(cost)
                parts = {"n": 1.0, "x": x, "y": y, "xx": x * x, "xy": x * y}
                sums |= {f"{one}/{name}": value for name, value in parts.items()}
        return {name: value for name, value in sums.items() if value}

    def pooled(self, sums: Mapping[str, float]) -> Figures:
        """Sums, speed, and the exponents."""
        figures: dict[str, float | None] = {
            f"all_{one}": sums.get(f"sum/{one}")
            for one in ("seconds", "money", "joules", "joules_estimated")
        }
        seconds = sums.get("timed/seconds")
        figures["all_tokens_per_second"] = sums["timed/tokens"] / seconds if seconds else None
        for one in GROWING:
            figures[f"{one}_exponent"] = _slope(sums, one)
        return figures

    def _took(self, item: Item) -> dict[str, float]:
        given = item.row.get("took")
        row: Mapping[str, Any] = given if isinstance(given, Mapping) else item.row
        took = {name: float(value) for name, value in row.items() if _is_number(value)}
        priced = self.price_per_million_prompt or self.price_per_million_reply
        if priced and not took.get("money") and "prompt_tokens" in took:
            paid = took["prompt_tokens"] * self.price_per_million_prompt
            paid += took.get("reply_tokens", 0.0) * self.price_per_million_reply
            took["money"] = paid / 1e6
        return took


def _is_number(value: Any) -> bool:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
        and value >= 0
    )


def _tokens(took: Mapping[str, float]) -> float:
    """Of prompt and reply together; 0 where they are not known."""
    both = took.get("prompt_tokens", 0.0) + took.get("reply_tokens", 0.0)
    return both or took.get("tokens", 0.0)


def _slope(sums: Mapping[str, float], cost: str) -> float | None:
    n, x, y, xx, xy = (sums.get(f"{cost}/{one}", 0.0) for one in ("n", "x", "y", "xx", "xy"))
    if n < 2 or xx / n - (x / n) ** 2 < LEAST_SPREAD:
        return None
    return (xy / n - x * y / n / n) / (xx / n - (x / n) ** 2)
