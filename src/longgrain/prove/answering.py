"""Held-out pairs under one sign > questions of that task; whether a reply is its answer.

The probe of the proof of forgetting.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import ClassVar

from longgrain.probes.laying import question
from longgrain.protocols import Ground
from longgrain.prove.orders import SIGNS, SYMBOLS, answer, asked, pairs
from longgrain.types import Measure, Question, Size


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """Every held-out pair once."""

    name: ClassVar[str] = "answering"
    source: ClassVar[str] = "longgrain"
    sizes: ClassVar[tuple[int, ...]] = (SYMBOLS,)
    unit: ClassVar[str] = "symbols"
    controls: ClassVar[tuple[str, ...]] = ()
    reply_tokens: ClassVar[int] = 3

    task: str = "old"

    @property
    def measure(self) -> Measure:
        """1 if both values stand in the reply in their order."""
        return Measure(metric="string_match", figure="string_match_all")

    def ask(self, ground: Ground, size: Size, count: int) -> Iterator[Question]:
        """The pairs that nobody was trained on, as far as ``count`` goes."""
        held = ((a, b, sign) for a, b in pairs(held_out=True) for sign in SIGNS[self.task])
        for a, b, sign in islice(held, count):
            words = asked(a, b, sign)
            yield question(ground, self.name, size, (words,), words, (answer(a, b, sign),))
