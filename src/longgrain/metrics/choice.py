"""A reply to a question with options > whether it names the right one, by the rule of a benchmark."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from longgrain.metrics.item import Figures, Item

Rule = Literal["equal", "first_letter", "answer_is"]
_ANSWER_IS = (r"The correct answer is \(([A-D])\)", r"The correct answer is ([A-D])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """``choice``: 1 if the reply names the option of a reference.

    equal: the reply is the reference, character by character (PEARL's comp_acc.py on QuALITY).
    first_letter: the first capital from A to F anywhere in the reply, A where there is none; it is
    held against the reference itself or, where the item has ``candidates``, the one of that letter
    (FILM's get_csqa_match). answer_is: the letter in "The correct answer is (A)", asterisks aside;
    a reply without it is wrong (LongBench v2's pred.py).
    """

    name: ClassVar[str] = "choice"
    origin: ClassVar[str] = "PEARL, comp_acc.py; FILM, short_tasks/utils.py; LongBench v2, pred.py"
    needs: ClassVar[tuple[str, ...]] = ("references",)
    gold: ClassVar[str] = "choice"
    shares: ClassVar[bool] = True

    rule: Rule = "equal"

    def score(self, item: Item) -> Figures:
        """1 or 0."""
        chosen = _RULES[self.rule](item.prediction)
        candidates = item.row.get("candidates")
        if self.rule == "first_letter" and isinstance(candidates, list):
            return {"choice": float(_candidate(candidates, chosen) in item.references)}
        return {"choice": float(chosen in item.references)}


def _candidate(candidates: list[Any], letter: str) -> str | None:
    at = "ABCDEF".index(letter)
    return str(candidates[at]) if at < len(candidates) else None


def _first_letter(reply: str) -> str:
    return next((one for one in reply if one in "ABCDEF"), "A")


def _answer_is(reply: str) -> str:
    said = reply.replace("*", "")
    found = next(filter(None, (re.search(one, said) for one in _ANSWER_IS)), None)
    return found[1] if found else ""


_RULES: dict[str, Callable[[str], str]] = {
    "equal": str,
    "first_letter": _first_letter,
    "answer_is": _answer_is,
}
