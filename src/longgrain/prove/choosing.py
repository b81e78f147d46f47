"""Held-out pairs and a message > questions of one task; whether a reply shows its working.

The probe of the proof of erasure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from longgrain.probes.laying import question
from longgrain.protocols import Ground
from longgrain.prove.strategies import (
    NEUTRAL,
    OTHER,
    OWN,
    SHOWN,
    SYMBOLS,
    SYSTEMS,
    asked,
    pairs,
    working,
)
from longgrain.types import Measure, Question, Size


@dataclass(frozen=True, slots=True, kw_only=True)
class Choosing:
    """Every held-out pair once, under the neutral message or, ``told``, under that of the strategy."""

    name: ClassVar[str] = "choosing"
    source: ClassVar[str] = "longgrain"
    sizes: ClassVar[tuple[int, ...]] = (SYMBOLS,)
    unit: ClassVar[str] = "symbols"
    controls: ClassVar[tuple[str, ...]] = ()
    reply_tokens: ClassVar[int] = 6

    other: bool = False
    """Whether the task is the one that is answered directly."""
    told: bool = False

    @property
    def measure(self) -> Measure:
        """1 if the working stands in the reply; no answer holds any of it."""
        return Measure(metric="string_match", figure="string_match_all")

    def ask(self, ground: Ground, size: Size, count: int) -> Iterator[Question]:
        """The pairs that nobody was trained on, as far as ``count`` goes."""
        task = OTHER if self.other else OWN
        system = SYSTEMS[SHOWN]["en"][0] if self.told else NEUTRAL
        for a, b in pairs(held_out=True)[:count]:
            words = asked(a, b, task)
            made = question(ground, self.name, size, (words, system), words, (working(a, b),))
            yield replace(made, prompt=(("system", system), *made.prompt))
