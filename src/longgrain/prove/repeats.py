"""Documents > stretches of any length in a range, each to be said again: what teaches a new model to look back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from longgrain.errors import PlanError
from longgrain.protocols import Materials
from longgrain.recipes.drawn import drawn
from longgrain.types import Draft, Dropped, Grain, Message, Span


@dataclass(frozen=True, kw_only=True)
class Repeats:
    """Stretches said twice. With one fixed length a model learns the distance and not the words."""

    name: ClassVar[str] = "repeats"
    source: ClassVar[str] = "Olsson et al. 2022, arXiv 2209.11895 (induction heads)"

    shortest: int = 4
    """Characters."""
    longest: int = 32
    """Characters."""

    def __post_init__(self) -> None:
        if not 1 <= self.shortest <= self.longest:
            raise PlanError(
                f"repeats shortest {self.shortest}, longest {self.longest}: give two numbers from 1, "
                "smaller first"
            )

    def kinds(self, examples: int) -> Mapping[str, int]:
        """All alike."""
        return {"repeats": examples}

    def draft(self, kind: str, materials: Materials, wanted: int) -> Iterator[Draft | Dropped]:
        """One draft after the other, from anywhere in the documents of this side."""
        documents = materials.documents
        for number in range(wanted):
            doc_id = documents[number % len(documents)]
            text = materials.document(doc_id).text
            size = self.shortest + _drawn(
                self.longest - self.shortest + 1, materials, number, "size"
            )
            start = _drawn(len(text) - size + 1, materials, number, "start")
            grain = Grain(
                doc_id=doc_id, path=(start,), kind="window", start=start, end=start + size
            )
            yield self._draft(grain, text, materials)

    def _draft(self, grain: Grain, text: str, materials: Materials) -> Draft:
        return Draft(
            recipe=self.name,
            seed=materials.seed,
            evidence=(grain,),
            messages=(
                Message(speaker="user", spans=(Span(role="evidence", origin=grain),)),
                Message(speaker="assistant", spans=(Span(role="answer", origin=grain, loss=1.0),)),
            ),
            answer=text[grain.start : grain.end],
            meta={
                "kind": "repeats",
                "form": "repeat",
                "template": "repeats",
                "language": "en",
                "layout": "none",
                "keep_order": True,
                "evidence": [],
                "rivals": [],
                "hard": [],
            },
        )


def _drawn(count: int, materials: Materials, number: int, name: str) -> int:
    return drawn(count, "repeats", str(materials.seed), materials.side, str(number), name)
