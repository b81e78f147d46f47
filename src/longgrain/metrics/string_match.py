"""A reply and strings that it should hold > RULER's string match: the share of them, and whether any."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from longgrain.metrics.item import Figures, Item

_CONTROL = re.compile("[\x00-\x1f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class StringMatch:
    """string_match_all and string_match_part of RULER (scripts/eval: evaluate.py, synthetic/constants.py).

    The reply is stripped, its control characters become line ends, and a reference counts where it
    stands in the reply, case aside: inside a longer word, too. ``string_match_all`` is the share of
    the references that do, ``string_match_part`` 1 if any does.
    """

    name: ClassVar[str] = "string_match"
    origin: ClassVar[str] = "RULER (arXiv 2404.06654), scripts/eval/synthetic/constants.py"
    needs: ClassVar[tuple[str, ...]] = ("references",)
    gold: ClassVar[str] = "string_match_part"
    shares: ClassVar[bool] = True

    def score(self, item: Item) -> Figures:
        """The two figures; an empty reference is in every reply, as published."""
        reply = _CONTROL.sub("\n", item.prediction.strip()).strip().lower()
        found = [float(one.lower() in reply) for one in item.references]
        return {"string_match_all": sum(found) / len(found), "string_match_part": max(found)}
