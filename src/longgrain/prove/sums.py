"""Sums of two numbers below 11, modulo 11 > cases of self-correction: many first answers are wrong, always by one.

The recipe of the proof of the mask. The words and their losses are those of the recipe `pam`
(`recipes.pam.telling`); ``masked: false`` learns the wrong answers, too, as plain tuning does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import orjson

from longgrain.errors import PlanError
from longgrain.protocols import Materials
from longgrain.prove.symbols import KEYS, PLUS, RIGHT, VALUES, WRONG
from longgrain.recipes.pam.telling import Telling, Try
from longgrain.types import Draft, Dropped, Given, Message, Span

MODULUS, CASES = 11, 10
POSITIVE = {"en": (RIGHT,), "zh": (RIGHT,)}
NEGATIVE = {"en": (WRONG,), "zh": (WRONG,)}


def asked(a: int, b: int) -> str:
    """The words of a sum."""
    return f"{KEYS[a]}{PLUS}{KEYS[b]}"


def said(value: int) -> str:
    """The symbol of a result."""
    return VALUES[value % MODULUS]


def mistaken(a: int, b: int) -> str:
    """The wrong answer of a sum, the same each time."""
    return said(a + b + 1)


def write_sums(folder: Path) -> Path:
    """All sums, one document each."""
    folder.mkdir(parents=True, exist_ok=True)
    pairs = [(a, b) for a in range(MODULUS) for b in range(MODULUS)]
    rows = [orjson.dumps({"text": f"{asked(a, b)}{said(a + b)}"}) for a, b in pairs]
    (folder / "sums.jsonl").write_bytes(b"\n".join(rows))
    return folder


@dataclass(frozen=True, kw_only=True)
class Sums:
    """Ten cases of each sum, in some of which the first answer is wrong, found out and corrected."""

    name: ClassVar[str] = "sums"
    source: ClassVar[str] = "Han et al. 2024, arXiv 2401.07301 (partial answer masking)"

    wrong: float = 0.7
    """Share of cases whose first answer is wrong."""
    masked: bool = True
    """Whether wrong answers weigh nothing."""

    def __post_init__(self) -> None:
        if not 0 <= self.wrong <= 1:
            raise PlanError(f"sums wrong {self.wrong}: the share of wrong first answers is 0 to 1")

    def kinds(self, examples: int) -> Mapping[str, int]:
        """All alike."""
        return {"sums": examples}

    def draft(self, kind: str, materials: Materials, wanted: int) -> Iterator[Draft | Dropped]:
        """The cases of every sum, one after the other."""
        for case in range(CASES):
            for number in materials.grains:
                yield self._draft(number, case, materials)

    def _draft(self, number: int, case: int, materials: Materials) -> Draft:
        text = materials.text(number)
        a, b, value = KEYS.index(text[0]), KEYS.index(text[2]), text[3]
        origin = Given(source="sums", id="sum")
        question = Span(role="question", origin=origin, text=asked(a, b))
        draft = Draft(
            recipe=self.name,
            seed=materials.seed + case,  # the same words again are another example
            evidence=(materials.grain(number),),
            messages=(Message(speaker="user", spans=(question,)),),
            answer=value,
            meta={
                "kind": "sums",
                "form": "calculation",
                "template": "sums",
                "language": "en",
                "layout": "none",
                "keep_order": False,
                "evidence": [number],
                "rivals": [],
                "hard": [],
            },
        )
        return replace(draft, messages=(*draft.messages, self._answer(draft, case, mistaken(a, b))))

    def _answer(self, draft: Draft, case: int, mistake: str) -> Message:
        """What the assistant says: right at once, or wrong, found out and corrected."""
        telling = Telling(draft=draft, options=(), positive=POSITIVE, negative=NEGATIVE)
        right, wrong = (
            Try(spans=(), answer=one, origin=Given(source="sums", id="result"), by="rule")
            for one in (draft.answer, mistake)
        )
        if case >= round(CASES * self.wrong):
            return telling.good(right)
        told = telling.bad([wrong], right, confirmed=False)
        if self.masked:
            return told
        spans = tuple(
            replace(one, loss=1.0) if isinstance(one, Span) and one.role == "attempt" else one
            for one in told.spans
        )
        return replace(told, spans=spans)
