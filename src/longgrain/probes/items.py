"""Items that are alike > contexts of them in sets, and one question about the item at each place: VaL Probing's way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import gcd
from typing import Any

from longgrain.errors import PlanError
from longgrain.probes.laying import POSITIONS, Fitted, Fitter, Laid, inserted, question
from longgrain.protocols import Ground
from longgrain.types import Question, Size

SETS = 4  # contexts, as published; every place is asked about in each
GOLDEN = 0.618


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One item: its text in the context, the mark by which it is asked for, and its answer.

    The mark must stand in no other item of a context.
    """

    text: str
    mark: str
    answer: str
    row: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class _Set:
    """The items of one context in the order of the context, longer when more are wanted."""

    pool: Sequence[Entry]
    order: Iterator[int]
    chosen: list[Entry] = field(default_factory=list)

    def first(self, count: int) -> list[Entry]:
        """So many items whose marks stand in no other. PlanError if the pool has not as many."""
        while len(self.chosen) < count:
            number = next(self.order, None)
            if number is None:
                raise PlanError(
                    f"the data has {len(self.chosen):,} items that can be told apart, and a context "
                    f"of {count:,} needs more: make it shorter, or give more data"
                )
            new = self.pool[number]
            if not any(new.mark in one.text or one.mark in new.text for one in self.chosen):
                self.chosen.append(new)
        return self.chosen[:count]


@dataclass(frozen=True, slots=True, kw_only=True)
class Items:
    """Asks about the item at each place of ``SETS`` contexts, the tenths of a context in turn."""

    ground: Ground
    name: str
    pool: Sequence[Entry]
    joint: str
    prompt: Callable[[str, Entry], str]
    """The items joined (or nothing) and what is asked for > the words for the model."""

    def ask(self, size: Size, count: int) -> Iterator[Question]:
        """``count`` questions; with as many as sets and places, each place once in each set."""
        positions = self.ground.positions or POSITIONS
        fitter = Fitter(ground=self.ground, size=size, least=min(positions, 10))
        sets = [self._set(number) for number in range(SETS)]
        for number in range(count):
            turn, position = divmod(number, positions)
            at = (position, positions)
            yield self._question(fitter, sets[turn % SETS], turn // SETS, at, turn % SETS)

    def _set(self, number: int) -> _Set:
        random = self.ground.random(self.name, "set", number)
        return _Set(pool=self.pool, order=iter(random.permutation(len(self.pool)).tolist()))

    def _question(
        self, fitter: Fitter, chosen: _Set, turn: int, at: tuple[int, int], set_id: int
    ) -> Question:
        def laid(count: int) -> tuple[Laid, Entry, int]:
            listed, index = chosen.first(count), _index(count, turn, *at)
            texts = [one.text for one in listed]
            joined = inserted(
                [*texts[:index], *texts[index + 1 :]], texts[index], index, self.joint
            )
            return joined, listed[index], index

        def build(count: int, _: int) -> str:
            found, asked, _ = laid(count)
            return self.prompt(found.context, asked)

        if self.ground.context == "whole":
            prompt: Fitted | str = (fitted := fitter.fit(build))
            found, asked, index = laid(fitted.pieces)
        else:  # the same item, without the rest
            found, asked, index = laid(fitter.pieces(build))
            prompt = self.prompt(asked.text if self.ground.context == "evidence" else "", asked)
        return question(
            self.ground,
            self.name,
            fitter.size,
            (asked.mark, asked.answer, str(set_id)),
            prompt,
            (asked.answer,),
            positions=(at[0],),
            depths=found.depths if isinstance(prompt, Fitted) else (),
            row={**asked.row, "position_id": index, "set_id": set_id},
        )


def _index(count: int, turn: int, position: int, positions: int) -> int:
    """The ``turn``-th place of one share of so many items: from its middle on, each once a round."""
    start, end = (-(-position * count // positions), -(-(position + 1) * count // positions))
    width = max(1, end - start)
    stride = max(1, round(width * GOLDEN))
    while gcd(stride, width) != 1:
        stride += 1
    return min(count - 1, start + (width // 2 + turn * stride) % width)
