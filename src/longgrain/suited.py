"""What was found in a document > for each recipe whether it suits, by a rule that is written out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from longgrain import shelf
from longgrain.findings import Found

Fit = Literal["good", "part", "no"]

# in2: fewer checkable grains give a few questions, and no spread over the document.
ENOUGH = 10
COPY, DAMAGED = 0.9, 0.01
# Half of the smallest side fills the longest context; a twentieth of the tokens is held out.
HELD_OUT, SPARE = 0.05, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Suits:
    """Whether a document suits a recipe, why, and how many questions it can give, about."""

    fit: Fit
    why: str
    questions: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Overall:
    """What all documents together offer a recipe; ``fits`` counts documents by fit."""

    rule: str
    fits: Mapping[str, int]
    questions: int
    context: int
    """tokens of the longest context that the documents can fill, with a side held out"""


def _in2(found: Found, repeated: float) -> Suits:
    damaged = sum(t.count for t in found.troubles if t.kind in ("mojibake", "characters lost"))
    if damaged > DAMAGED * found.characters:
        return Suits(fit="no", why="its characters are damaged")
    if repeated > COPY:
        return Suits(fit="no", why="nearly all of it stands elsewhere before")
    if found.language not in ("en", "zh"):
        return Suits(
            fit="part", why=f"contexts alone: no questions are drafted in {found.language}"
        )
    if found.checkable < ENOUGH:
        return Suits(
            fit="part",
            why=f"contexts, and few questions: {found.checkable} grains with a checkable fact",
            questions=found.checkable,
        )
    return Suits(
        fit="good",
        why=f"{found.checkable:,} grains with a checkable fact",
        questions=found.checkable,
    )


RULES: Mapping[str, Callable[[Found, float], Suits]] = {"in2": _in2}
"""A recipe's name on the shelf > its rule: a document and the share of it that repeats others."""

SAID: Mapping[str, str] = {
    "in2": (
        f"good: English or Chinese, and at least {ENOUGH} grains of 128 tokens hold a number, date, "
        "name or quote that can be asked for and checked; part: it can stand in contexts; no: over "
        f"{DAMAGED:.0%} of its characters are damaged, or over {COPY:.0%} of it repeats what stands "
        "elsewhere before"
    )
}


def suits(found: Found, repeated: float) -> dict[str, Suits]:
    """Every recipe on the shelf that has a rule > whether the document suits it."""
    return {name: RULES[name](found, repeated) for name in judged()}


def judged() -> list[str]:
    """Recipes on the shelf with a rule, in the order of the shelf."""
    return [name for name in shelf.names("recipes") if name in RULES]


def unjudged() -> list[str]:
    """Recipes on the shelf without a rule yet."""
    return [name for name in shelf.names("recipes") if name not in RULES]


def overall(name: str, each: list[Suits], tokens: int) -> Overall:
    """The documents' fits summed up; ``tokens`` are those that repeat nothing."""
    pool = int(tokens * HELD_OUT / SPARE)
    return Overall(
        rule=SAID[name],
        fits={fit: sum(one.fit == fit for one in each) for fit in ("good", "part", "no")},
        questions=sum(one.questions for one in each if one.fit != "no"),
        context=1 << pool.bit_length() - 1 if pool else 0,
    )
