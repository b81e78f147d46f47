"""A reply, and whether its context had the evidence > whether it rightly answered or declined."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from longgrain.metrics.answer import answers
from longgrain.metrics.item import Figures, Item

_DECLINES = re.compile(
    r"\b(?:do|does|did)(?: not|n['’]t) (?:\w+ )?(?:say|tell|mention|contain|state|hold|have|give|provide|"
    r"specify|include|know|reveal|indicate|answer)"
    r"|\bnot (?:\w+ )?(?:stated|mentioned|given|found|said|provided|specified|known|available|answered|"
    r"to be found|in (?:the|any|these) |enough information)"
    r"|\b(?:cannot|can not|can['’]t|could not|couldn['’]t|unable to|impossible to) (?:\w+ )?(?:answer|tell|"
    r"determine|find|know|say|be (?:answered|told|determined|found|known|said|inferred))"
    r"|\bno (?:such )?(?:passage|answer|information|mention|evidence|source)"
    r"|\bno sentence like|\bfind no\b|\bnone (?:of|here)\b|\bis none\b|\bunanswerable\b|\bunknown\b|\binsufficient information"
    r"|\bnothing (?:here|in|that|of)\b|\bleaves? (?:it|this|that|the matter) open"
    r"|没有(?:提到|提及|说|说明|写|给出|答案|回答|涉及|相关|依据|记载|交代|找到|这样|答)|沒有(?:提到|提及|說|寫|給出|答案)"
    r"|(?:并|都|均)?未(?:提到|提及|说明|给出|写明|涉及|记载|找到|交代|說明|給出)|都没有|既没有|这里没有|不足以"
    r"|无法|無法|无从|無從|不能(?:回答|确定|得知|判断|確定)|不得而知|找不到|查不到|不知道|不明|不宜猜测",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Declining where the context has no answer, and answering where it has one.

    The item's field ``present`` says whether the evidence was shown. ``right``: where it was not, 1
    if the reply declines by its wording; where it was, 1 if it says a reference and does not decline.
    Of all items: ``refusals``, the share declined of those without evidence; ``false_refusals``, of
    those with; ``answered``, the share of those with evidence that say the answer, declined or not;
    ``always_declining``, what a reply that declines every time would get for ``right``.
    """

    name: ClassVar[str] = "refusal"
    origin: ClassVar[str] = "longgrain's own; false refusals as the paired control"
    needs: ClassVar[tuple[str, ...]] = ("references", "present")
    gold: ClassVar[str] = "right"
    shares: ClassVar[bool] = True

    def score(self, item: Item) -> Figures:
        """``right``, and whether the reply declines."""
        declined = declines(item.prediction)
        if item.row.get("present", True):
            right = answers(item.prediction, item.references) and not declined
        else:
            right = declined
        return {"right": float(right), "declines": float(declined)}

    def tally(self, item: Item) -> Mapping[str, float]:
        """One in the cell of what was shown, and in those of what was done."""
        shown = "present" if item.row.get("present", True) else "absent"
        counts = {shown: 1.0, f"{shown} declined": float(declines(item.prediction))}
        if shown == "present":
            counts["present answered"] = float(answers(item.prediction, item.references))
        return counts

    def pooled(self, sums: Mapping[str, float]) -> Figures:
        """The four shares; None where nothing is of the kind."""

        def share(part: str, of: str) -> float | None:
            total = sums.get(of, 0.0)
            return sums.get(part, 0.0) / total if total else None

        present, absent = sums.get("present", 0.0), sums.get("absent", 0.0)
        every = present + absent
        return {
            "refusals": share("absent declined", "absent"),
            "false_refusals": share("present declined", "present"),
            "answered": share("present answered", "present"),
            "always_declining": absent / every if every else None,
        }


def declines(reply: str) -> bool:
    """Whether a reply says that it has no answer."""
    return bool(_DECLINES.search(reply))
