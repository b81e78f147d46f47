"""Grains that hold one fact each > the question for a key, whose answer is its value.

The recipe of the proof of position. Of an ordinary recipe's guards it needs one: no other grain with
the same key may stand in the context.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from longgrain.errors import PlanError
from longgrain.protocols import Materials
from longgrain.prove.symbols import BORDER, KEYS
from longgrain.recipes.drawn import shuffled
from longgrain.types import Draft, Dropped, Given, Message, Slot, Span

MOST = len(KEYS) // 2  # the group is found quickly, and other keys are left for the context


@dataclass(frozen=True, kw_only=True)
class Recall:
    """One fact asked for in a context that the plan lays; or all facts of a short one, in turns."""

    name: ClassVar[str] = "recall"
    source: ClassVar[str] = "An et al. 2024, arXiv 2404.16811 (IN2), its fine-grained questions"

    turns: int = 1
    """Facts asked for in one context, one after the other."""
    short: bool = False
    """Whether these facts are the whole context; else the plan lays it."""

    def __post_init__(self) -> None:
        if not 1 <= self.turns <= MOST:
            raise PlanError(
                f"recall turns {self.turns}: there are keys for 1 to {MOST} facts that are told apart"
            )

    def kinds(self, examples: int) -> Mapping[str, int]:
        """All alike."""
        return {"recall": examples}

    def draft(self, kind: str, materials: Materials, wanted: int) -> Iterator[Draft | Dropped]:
        """A draft for each group of grains with different keys, no grain in two of them."""
        held = _by_key(materials)
        for numbers in _groups(self.turns, materials):
            if self.short:
                yield _short(numbers, materials)
                continue
            rivals = {one for number in numbers for one in held[_key(number, materials)]}
            messages = _asked(numbers, [Slot()], materials)
            yield _draft(
                numbers, messages, materials, layout="long", rivals=sorted(rivals - {*numbers})
            )


def _draft(
    numbers: Sequence[int],
    messages: Iterable[Message],
    materials: Materials,
    *,
    layout: str,
    rivals: Sequence[int] = (),
) -> Draft:
    return Draft(
        recipe=Recall.name,
        seed=materials.seed,
        evidence=tuple(map(materials.grain, sorted(numbers))),
        messages=tuple(messages),
        answer=materials.text(numbers[0])[-1],
        meta={
            "kind": "recall",
            "form": "term",
            "template": "recall",
            "language": materials.language(numbers[0]),
            "layout": layout,
            "keep_order": False,
            "evidence": sorted(numbers),
            "rivals": list(rivals),
            "hard": [],
        },
    )


def _asked(
    numbers: Sequence[int], read: Sequence[Span | Slot], materials: Materials
) -> Iterator[Message]:
    """What is read and the question for the first key, its value, and a turn for each other grain."""
    for number in numbers:
        text = materials.text(number)
        key, value = text[-2], text[-1]
        asked = Span(role="question", origin=Given(source="recall", id="key"), text=key)
        said = Span(role="answer", origin=Given(source="recall", id="value"), text=value, loss=1.0)
        yield Message(speaker="user", spans=(*read, asked))
        yield Message(speaker="assistant", spans=(said,))
        read = ()


def _short(numbers: Sequence[int], materials: Materials) -> Draft:
    """A context of these grains alone, asked about in another order."""
    border = Span(role="glue", origin=Given(source="recall", id="border"), text=BORDER)
    read: list[Span | Slot] = []
    for number in numbers:
        read += [Span(role="evidence", origin=materials.grain(number)), border]
    order = shuffled([str(one) for one in numbers], "recall", numbers[0])
    messages = _asked([int(one) for one in order], read, materials)
    return _draft(numbers, messages, materials, layout="none")


def _groups(size: int, materials: Materials) -> Iterator[list[int]]:
    """So many grains with different keys at a time; one whose key is there waits for the next group."""
    waiting: list[int] = []
    group: dict[str, int] = {}
    for number in materials.grains:
        for one in (*waiting, number):
            if len(group) < size and _key(one, materials) not in group:
                group[_key(one, materials)] = one
        left = (*waiting, number)
        waiting = [one for one in left if one not in group.values()]
        if len(group) == size:
            yield list(group.values())
            group = {}


def _key(number: int, materials: Materials) -> str:
    return materials.text(number)[-2]


def _by_key(materials: Materials) -> dict[str, list[int]]:
    """The grains of each key."""
    if "recall" not in materials.notes:
        found: dict[str, list[int]] = {}
        for number in materials.grains:
            found.setdefault(_key(number, materials), []).append(number)
        materials.notes["recall"] = found
    held: dict[str, list[int]] = materials.notes["recall"]
    return held
