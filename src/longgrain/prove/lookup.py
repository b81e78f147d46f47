"""Held-out chunks with facts > contexts of any number of them, and the question for one key at each place.

The probe of the proof of position: what `recall` asks for, in text and facts that nobody was trained on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from longgrain.probes.laying import POSITIONS, question
from longgrain.protocols import Ground
from longgrain.prove.symbols import BORDER
from longgrain.types import Measure, Question, Size


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUp:
    """The value of a key; the key stands once in the context."""

    name: ClassVar[str] = "lookup"
    source: ClassVar[str] = "longgrain"
    sizes: ClassVar[tuple[int, ...]] = (64,)
    unit: ClassVar[str] = "chunks"
    controls: ClassVar[tuple[str, ...]] = ("evidence", "none")
    reply_tokens: ClassVar[int] = 1

    @property
    def measure(self) -> Measure:
        """1 if the value is the reply."""
        return Measure(metric="string_match", figure="string_match_all")

    def ask(self, ground: Ground, size: Size, count: int) -> Iterator[Question]:
        """Each question has a context of its own; a position is a tenth of the places (or as many as are asked for)."""
        held = [one.strip() for one in ground.sentences]
        positions = min(ground.positions or POSITIONS, size.items)
        for number in range(count):
            random = ground.random(self.name, size.items, number)
            places = _places(number % positions, positions, size.items)
            place = int(random.choice(places))
            yield _question(ground, size, held, random, number % positions, place)


def _places(position: int, positions: int, items: int) -> list[int]:
    """Those whose middle lies in that share of the context, as quotas of depths have it."""
    return [one for one in range(items) if int((one + 0.5) / items * positions) == position]


def _question(
    ground: Ground,
    size: Size,
    held: Sequence[str],
    random: Any,
    position: int,
    place: int,
) -> Question:
    chunk = held[int(random.integers(len(held)))]
    key, value = chunk[-2], chunk[-1]
    listed: list[str] = []
    while len(listed) < size.items - 1:
        other = held[int(random.integers(len(held)))]
        if other[-2] != key:
            listed.append(other)
    listed.insert(place, chunk)
    shown = {"whole": listed, "evidence": [chunk], "none": []}[ground.context]
    return question(
        ground,
        LookUp.name,
        size,
        (str(place), *listed),
        "".join(f"{one}{BORDER}" for one in shown) + key,
        (value,),
        positions=(position,),
        depths=((place + 0.5) / size.items,),
    )
