"""A recipe for tests: grains > drafts whose answers have spans that begin and end inside words, some masked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from longgrain.protocols import Materials
from longgrain.types import Draft, Dropped, Given, Message, Role, Slot, Span

GIVEN = Given(source="trial", id="words")
# Role and loss of the spans that an answer is cut into, in turn.
PARTS: tuple[tuple[Role, float], ...] = (
    ("plan", 1.0),
    ("attempt", 0.0),
    ("verdict", 0.5),
    ("answer", 1.0),
)


@dataclass(frozen=True, kw_only=True)
class Trial:
    """Up to ``pieces`` evidence grains a draft; a share of ``short`` contexts; ``system`` words."""

    name: ClassVar[str] = "trial"
    source: ClassVar[str] = "tests"

    pieces: int = 3
    short: float = 0.2
    system: str = ""
    keep_order: bool = False
    slot_last: bool = False

    def kinds(self, examples: int) -> Mapping[str, int]:
        """Long and short ones."""
        short = round(self.short * examples)
        return {"long": examples - short, "short": short}

    def draft(self, kind: str, materials: Materials, wanted: int) -> Iterator[Draft | Dropped]:
        """As many drafts as there are grains, then again with other evidence beside them."""
        grains = materials.grains
        for number in range(50 * wanted):
            size = 1 if kind == "short" else 1 + number % self.pieces
            evidence = sorted({grains[(number + 7 * i) % len(grains)] for i in range(size)})
            yield self._draft(kind, number, evidence, materials)

    def _draft(self, kind: str, number: int, evidence: list[int], materials: Materials) -> Draft:
        language = materials.language(evidence[0])
        quoted = materials.text(evidence[0])
        question = f"{'问题' if language == 'zh' else 'Question'} {kind} {number}: {quoted[:20]}?"
        return Draft(
            recipe="trial",
            seed=number,
            evidence=tuple(materials.grain(one) for one in evidence),
            messages=self._messages(question, quoted[3:60]),
            answer=quoted[3:60],
            meta={
                "kind": kind,
                "language": language,
                "layout": kind,
                "keep_order": self.keep_order,
                "evidence": evidence,
                "rivals": [],
                "hard": [n for n, _ in materials.nearest(quoted, 8) if n not in evidence],
            },
        )

    def _messages(self, question: str, answer: str) -> tuple[Message, ...]:
        asked = (span("question", "\n" * self.slot_last + question + "\n\n" * self.slot_last),)
        user = (span("instruction", "Read, 请读：\n\n"), Slot(), *asked)
        user = (*asked, Slot()) if self.slot_last else user
        system = (Message(speaker="system", spans=(span("instruction", self.system),)),)
        return (
            *(system if self.system else ()),
            Message(speaker="user", spans=user),
            Message(speaker="assistant", spans=tuple(cut(answer))),
        )


def span(role: Role, text: str, loss: float = 0.0) -> Span:
    """A span whose words stand inline."""
    return Span(role=role, origin=GIVEN, text=text, loss=loss)


def cut(words: str, size: int = 7) -> Iterator[Span]:
    """The words in spans of a few characters, so that borders fall inside words and tokens."""
    for at in range(0, max(1, len(words)), size):
        role, loss = PARTS[at // size % len(PARTS)]
        yield span(role, words[at : at + size] or "-", loss)
