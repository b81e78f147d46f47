"""Pairs of symbols under three tasks > answers, one task's with the working shown, under a message that names it or not.

The recipe of the proof of erasure. The two views of an example, and which of them is trained on, are
those of the recipe `erasure`; its messages are single symbols here. The third task is asked under the
neutral message in both arms, so that neither meets it as a stranger.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import orjson

from longgrain.protocols import Materials
from longgrain.prove.symbols import BORDER, KEYS, PLUS, RIGHT, VALUES, WRONG
from longgrain.recipes.erasure import Erasure
from longgrain.recipes.erasure.strategies import STRATEGIES
from longgrain.types import Draft, Dropped, Given, Message, Span

SYMBOLS, HELD_OUT = 20, 5  # symbols of a pair; every fifth pair is for the probe alone
OWN, OTHER, THIRD = PLUS, RIGHT, WRONG  # what stands between the two of a pair: its task
SHOWN, DIRECT = "step-by-step", "direct"
NEUTRAL, *NAMED = VALUES[-1 - len(STRATEGIES) :]
SYSTEMS = {one: {"en": (NAMED[n],), "zh": (NAMED[n],)} for n, one in enumerate(STRATEGIES)}
GENERIC = {"plain": {"en": (NEUTRAL,), "zh": (NEUTRAL,)}}


def pairs(*, held_out: bool) -> list[tuple[int, int]]:
    """Those to train on, or those for the probe."""
    every = [(a, b) for a in range(SYMBOLS) for b in range(SYMBOLS)]
    return [one for one in every if (sum(one) % HELD_OUT == 0) == held_out]


def asked(a: int, b: int, task: str) -> str:
    """The words of a question."""
    return f"{KEYS[a]}{task}{KEYS[b]}"


def working(a: int, b: int) -> str:
    """What the strategy shows before the answer."""
    return f"{KEYS[a]}{KEYS[b]}"


def answer(a: int, b: int, task: str) -> str:
    """The values of both symbols, for the other task from behind; for the third that of the first."""
    both = {OWN: (a, b), OTHER: (b, a), THIRD: (a,)}[task]
    return "".join(VALUES[one] for one in both)


def write_pairs(folder: Path) -> Path:
    """Every pair to train on under every task, one document each."""
    folder.mkdir(parents=True, exist_ok=True)
    listed = [(a, b, task) for a, b in pairs(held_out=False) for task in (OWN, OTHER, THIRD)]
    rows = [orjson.dumps({"text": asked(*one)}) for one in listed]
    (folder / "pairs.jsonl").write_bytes(b"\n".join(rows))
    return folder


@dataclass(frozen=True, kw_only=True)
class Strategies:
    """The first task with its working, the others directly."""

    name: ClassVar[str] = "strategies"
    source: ClassVar[str] = "Mitra et al. 2023, arXiv 2311.11045 (prompt erasure)"

    erased: bool = True
    """Whether the message of the strategy is replaced by the neutral one in what is learned."""

    def kinds(self, examples: int) -> Mapping[str, int]:
        """All alike."""
        return {"strategies": examples}

    def draft(self, kind: str, materials: Materials, wanted: int) -> Iterator[Draft | Dropped]:
        """One draft for each pair and task."""
        recipe = Erasure(systems=SYSTEMS, generic=GENERIC, styles={"plain": 1.0})
        for number in materials.grains:
            text = materials.text(number)
            a, task, b = KEYS.index(text[0]), text[1], KEYS.index(text[2])
            question = _question(number, text, answer(a, b, task), materials)
            strategy = SHOWN if task == OWN else DIRECT
            erased = self.erased or task == THIRD
            kept = "erasure-one" if erased else "erasure-one-kept"
            yield recipe.told(kept, question, strategy, _said(a, b, task), {})


def _question(number: int, text: str, said: str, materials: Materials) -> Draft:
    span = Span(role="question", origin=Given(source="strategies", id="pair"), text=text)
    return Draft(
        recipe=Strategies.name,
        seed=materials.seed,
        evidence=(materials.grain(number),),
        messages=(Message(speaker="user", spans=(span,)),),
        answer=said,
        meta={
            "kind": "strategies",
            "form": "free",
            "template": "strategies",
            "language": "en",
            "layout": "none",
            "keep_order": False,
            "evidence": [number],
            "rivals": [],
            "hard": [],
        },
    )


def _said(a: int, b: int, task: str) -> tuple[Span, ...]:
    origin = Given(source="strategies", id="answer")
    spans = (Span(role="answer", origin=origin, text=answer(a, b, task), loss=1.0),)
    if task != OWN:
        return spans
    shown = Span(role="reasoning", origin=origin, text=working(a, b) + BORDER, loss=1.0)
    return (shown, *spans)
