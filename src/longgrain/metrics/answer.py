"""A reply and the answers to a question > whether it says one of them, in whatever words and figures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from longgrain.facts import facts, holds
from longgrain.metrics.item import Figures, Item

_ORDER = re.compile(r"[A-H](?:\s*[,、，]\s*[A-H])+")
_LABEL = re.compile(r"(?<![A-Za-z])[A-H](?![A-Za-z])")
# What may stand between two statements of an order and say nothing of its own.
_BETWEEN = re.compile(
    r"(?:[\W\d_]|\b(?:then|and|before|followed by|first|second|third|fourth|fifth|last|finally)\b"
    r"|再|然后|其次|接着|最后|和|先|后|第[一二三四五])*"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Answers as longgrain's recipes give them: a number, date, name, term, quote, or an order.

    ``answered``: 1 if a reference stands in the reply as whole words, numbers as numbers (``thirteen``
    is ``13``, ``一千二百`` is ``1,200``), and a date in any order of its parts. An order of statements
    (``C, A, B``) is taken from the reply's last list of just these letters, or, where there is none,
    from the letters as they come, if each stands there once.
    """

    name: ClassVar[str] = "answer"
    origin: ClassVar[str] = "longgrain's own; what a recipe's questions are answered with"
    needs: ClassVar[tuple[str, ...]] = ("references",)
    gold: ClassVar[str] = "answered"
    shares: ClassVar[bool] = True

    def score(self, item: Item) -> Figures:
        """One figure, 0 or 1."""
        return {"answered": float(answers(item.prediction, item.references))}


def answers(reply: str, references: tuple[str, ...]) -> bool:
    """Whether a reply says one of the answers."""
    return any(_says(reply, one) for one in references)


def _says(reply: str, reference: str) -> bool:
    if _ORDER.fullmatch(reference.strip()):
        return _order(reply, _LABEL.findall(reference)) == _LABEL.findall(reference)
    return holds(reply, reference) or _same_date(reply, reference)


def _same_date(reply: str, reference: str) -> bool:
    whole = reference.strip().rstrip(".。")
    dates = [one.value for one in facts(whole) if one.kind == "date" and one.text == whole]
    return bool(dates) and any(one.kind == "date" and one.value in dates for one in facts(reply))


def _order(reply: str, labels: list[str]) -> list[str] | None:
    """The order that a reply gives these labels, or None if it gives none."""
    whole = [run for run in _runs(reply) if sorted(run) == sorted(labels)]
    if whole:
        return whole[-1]
    every = _LABEL.findall(reply)
    return every if sorted(every) == sorted(labels) else None


def _runs(reply: str) -> Iterator[list[str]]:
    """The lists of labels in a reply: each ends where something else is said, or one comes again."""
    run: list[str] = []
    end = 0
    for match in _LABEL.finditer(reply):
        if run and (match[0] in run or not _BETWEEN.fullmatch(reply, end, match.start())):
            yield run
            run = []
        run.append(match[0])
        end = match.end()
    if run:
        yield run
