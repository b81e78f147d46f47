"""Sums > questions for all of them, with or without a wrong answer begun; replies > what was right in them.

The probe of the proof of the mask, and its metric.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from longgrain.errors import PlanError
from longgrain.metrics.item import Figures, Item
from longgrain.probes.laying import question
from longgrain.protocols import Ground
from longgrain.prove.sums import MODULUS, NEGATIVE, POSITIVE, asked, mistaken, said
from longgrain.prove.symbols import STOP
from longgrain.recipes.pam.reading import parts_of
from longgrain.types import Measure, Question, Size


@dataclass(frozen=True, slots=True, kw_only=True)
class Adding:
    """Every sum once."""

    name: ClassVar[str] = "adding"
    source: ClassVar[str] = "longgrain"
    sizes: ClassVar[tuple[int, ...]] = (MODULUS,)
    unit: ClassVar[str] = "numbers"
    controls: ClassVar[tuple[str, ...]] = ()
    reply_tokens: ClassVar[int] = 8

    begun: str = ""
    """Put into the model's mouth: the "wrong" answer of the data, the "right" one, or nothing."""

    def __post_init__(self) -> None:
        if self.begun not in ("", "right", "wrong"):
            raise PlanError(f"adding begun {self.begun!r}: give right, wrong, or nothing")

    @property
    def measure(self) -> Measure:
        """Whether the first answer is right; with one begun, whether the last one is."""
        figure = "last" if self.begun else "first"
        return Measure(metric="longgrain.prove.adding:Parts", figure=figure)

    def ask(self, ground: Ground, size: Size, count: int) -> Iterator[Question]:
        """All sums of numbers below the size, in order, as far as ``count`` goes."""
        for number in range(min(count, size.items**2)):
            a, b = divmod(number, size.items)
            begun = {"right": said(a + b) + STOP, "wrong": mistaken(a, b) + STOP, "": ""}[
                self.begun
            ]
            made = question(
                ground,
                self.name,
                size,
                (asked(a, b), begun),
                asked(a, b),
                (said(a + b),),
                row={"begun": begun},
            )
            yield _with(made, begun) if begun else made


def _with(made: Question, begun: str) -> Question:
    """The question, its answer begun."""

    return replace(made, prompt=(*made.prompt, ("assistant", begun)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Of a reply in the form that `pam` teaches, whether the first and the last answer are right."""

    name: ClassVar[str] = "parts"
    origin: ClassVar[str] = "longgrain"
    needs: ClassVar[tuple[str, ...]] = ("references",)
    gold: ClassVar[str] = "last"
    shares: ClassVar[bool] = True

    def score(self, item: Item) -> Figures:
        """0 or 1 each."""
        whole = f"{item.row.get('begun', '')}{item.prediction}"
        found = parts_of(whole, positive=POSITIVE, negative=NEGATIVE)
        return {
            "first": float(found["first"] in item.references),
            "last": float(found["prediction"] in item.references),
        }
