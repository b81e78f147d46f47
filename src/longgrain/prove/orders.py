"""Pairs of symbols under three signs > their values in an order that the sign asks for: three tasks that conflict.

The recipe of the proof of forgetting. The same pair has another answer under each sign, so a model that
learns the answers of one sign alone gives them under the others, too, unless something keeps it from that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import orjson

from longgrain.errors import PlanError
from longgrain.protocols import Materials
from longgrain.prove.symbols import KEYS, PLUS, RIGHT, STOP, VALUES, WRONG
from longgrain.types import Draft, Dropped, Given, Message, Span

SYMBOLS, HELD_OUT = 30, 5  # symbols of a pair; every fifth pair is for validation and probes alone
SIGNS = {"old": PLUS + STOP, "new": RIGHT, "third": WRONG}
# Which of the two symbols is answered first, and which second.
ORDERS = {PLUS: (0, 1), STOP: (0, 0), RIGHT: (1, 0), WRONG: (1, 1)}


def pairs(*, held_out: bool) -> list[tuple[int, int]]:
    """Those to train on, or those for probes."""
    every = [(a, b) for a in range(SYMBOLS) for b in range(SYMBOLS)]
    return [one for one in every if (sum(one) % HELD_OUT == 0) == held_out]


def asked(a: int, b: int, sign: str) -> str:
    """The words of a question."""
    return f"{KEYS[a]}{sign}{KEYS[b]}"


def answer(a: int, b: int, sign: str) -> str:
    """The values of two symbols: both in order, in the other order, or one of them twice."""
    return "".join(VALUES[(a, b)[place]] for place in ORDERS[sign])


def write_pairs(folder: Path, task: str) -> Path:
    """Every pair to train on under the signs of a task, a document each."""
    folder.mkdir(parents=True, exist_ok=True)
    listed = [asked(a, b, sign) for a, b in pairs(held_out=False) for sign in SIGNS[task]]
    (folder / "pairs.jsonl").write_bytes(b"\n".join(orjson.dumps({"text": one}) for one in listed))
    return folder


@dataclass(frozen=True, kw_only=True)
class Orders:
    """One task."""

    name: ClassVar[str] = "orders"
    source: ClassVar[str] = "longgrain"

    task: str = "old"
    """old, new or third."""

    def __post_init__(self) -> None:
        if self.task not in SIGNS:
            raise PlanError(f"orders task {self.task!r} is none: {', '.join(SIGNS)}")

    def kinds(self, examples: int) -> Mapping[str, int]:
        """All alike."""
        return {"orders": examples}

    def draft(self, kind: str, materials: Materials, wanted: int) -> Iterator[Draft | Dropped]:
        """One draft for each pair."""
        for number in materials.grains:
            yield self._draft(number, materials)

    def _draft(self, number: int, materials: Materials) -> Draft:
        text = materials.text(number)
        said = answer(KEYS.index(text[0]), KEYS.index(text[2]), text[1])
        origin = Given(source="orders", id="pair")
        question = Span(role="question", origin=origin, text=text)
        reply = Span(role="answer", origin=origin, text=said, loss=1.0)
        return Draft(
            recipe=self.name,
            seed=materials.seed,
            evidence=(materials.grain(number),),
            messages=(
                Message(speaker="user", spans=(question,)),
                Message(speaker="assistant", spans=(reply,)),
            ),
            answer=said,
            meta={
                "kind": "orders",
                "form": "free",
                "template": "orders",
                "language": "en",
                "layout": "none",
                "keep_order": False,
                "evidence": [number],
                "rivals": [],
                "hard": [],
            },
        )
