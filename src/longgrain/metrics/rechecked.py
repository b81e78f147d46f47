"""A first answer and the reply in which a model checked it > its verdict, its last answer, what both are worth."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from longgrain.metrics.answer import answers
from longgrain.metrics.correction import SelfCorrection
from longgrain.metrics.item import Figures, Item

_VERDICT = re.compile(
    r"(?P<no>\b(?:incorrect|wrong|false|mistaken|not (?:right|correct|true)|isn['’]t (?:right|correct))\b"
    r"|不正确|不正確|不对|不對|有误|有誤|(?<!没有)(?<!没)(?<!无)错误?|錯誤)"
    r"|(?P<yes>\b(?:right|correct|true)\b(?!\s+(?:answer|one|name|number|option|value|date)\b)"
    r"|正确(?!答案|的是|的应)|正確(?!答案)|没错|没有错|无误|無誤|^\s*[对對](?=[。，,！!\s]|$))",
    re.IGNORECASE,
)


class Checked(NamedTuple):
    """What a reply says of the first answer (None: nothing clear), and the answer that it ends with."""

    verdict: bool | None
    last: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rechecked:
    """The figures of ISC (`SelfCorrection`) from a reply as it stands.

    The item's field ``first`` holds the first answer. The verdict is the first word in the reply's
    first line that says right or wrong (正确、错误). After a positive verdict the first answer stands;
    after a negative one the rest of the reply is the last answer; without one the whole reply is, and
    the item is left out of the figures of all items. An answer is right as `Answer` has it.
    """

    name: ClassVar[str] = "rechecked"
    origin: ClassVar[str] = "Han et al. 2024 (arXiv 2401.07301), from free replies"
    needs: ClassVar[tuple[str, ...]] = ("references", "first")
    gold: ClassVar[str] = "last_right"
    shares: ClassVar[bool] = True

    def score(self, item: Item) -> Figures:
        """``first_right``, ``last_right``, ``verdict_right``: 0 or 1; None without a clear verdict."""
        first = answers(str(item.row.get("first", "")), item.references)
        checked = read(item.prediction)
        kept = checked.verdict is True
        last = first if kept else answers(checked.last, item.references)
        return {
            "first_right": float(first),
            "last_right": float(last),
            "verdict_right": None if checked.verdict is None else float(checked.verdict == first),
        }

    def tally(self, item: Item) -> Mapping[str, float]:
        """One in the cell of the first answer, the verdict and the last answer, such as "R-W"."""
        found = self.score(item)
        verdict = read(item.prediction).verdict
        if verdict is None:
            return {}
        first, last = bool(found["first_right"]), bool(found["last_right"])
        return {f"{'WR'[first]}{'-+'[verdict]}{'WR'[last]}": 1.0}

    def pooled(self, sums: Mapping[str, float]) -> Figures:
        """Those of `SelfCorrection`: accuracies, verdicts, and the baselines that look at nothing."""
        return SelfCorrection().pooled(sums)


def read(reply: str) -> Checked:
    """The verdict and the last answer of a reply."""
    line, _, rest = reply.strip().partition("\n")
    found = _VERDICT.search(line)
    if not found:
        return Checked(None, reply)
    last = rest if rest.strip() else line[found.end() :]
    return Checked(found.lastgroup == "yes", last)
