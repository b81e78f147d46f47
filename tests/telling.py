"""A recipe that uses all that drafts may have: made documents, further views, stretches, quotes in messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from longgrain.protocols import Materials
from longgrain.recipes.sections import sections
from longgrain.types import Draft, Dropped, Given, Message, Slot, Span

TOLD = Given(source="telling", id="words")


@dataclass(frozen=True, kw_only=True)
class Telling:
    """Sections > their titles, read in their document or quoted whole."""

    name: ClassVar[str] = "telling"
    source: ClassVar[str] = "made for tests"

    def kinds(self, examples: int) -> Mapping[str, int]:
        """Half of each."""
        return {"telling-stretch": examples - examples // 2, "telling-quoted": examples // 2}

    def draft(self, kind: str, materials: Materials, wanted: int) -> Iterator[Draft | Dropped]:
        """One draft a section."""
        for section in sections(materials, tokens=(16, 600)):
            said = f"{section.title}: {materials.words(section.body)[:40]}"
            made = materials.made(self.name, said, of=section.doc_id, title=section.title)
            quoted = kind == "telling-quoted"
            shown = Span(role="evidence", origin=section.body) if quoted else Slot()

            def user(words: str, shown: Span | Slot = shown) -> Message:
                asked = Span(role="question", origin=TOLD, text=words)
                glue = Span(role="glue", origin=TOLD, text="\n\n")
                return Message(speaker="user", spans=(shown, glue, asked))

            answer = Message(
                speaker="assistant", spans=(Span(role="answer", origin=made, loss=1.0),)
            )
            where = f"section {section.body.start} of {section.doc_id}"
            yield Draft(
                recipe=self.name,
                seed=materials.seed,
                evidence=tuple(map(materials.grain, section.numbers)),
                messages=(user(f"What is {where} about?"), answer),
                answer=said,
                meta={
                    "kind": kind,
                    "form": "free",
                    "template": "telling",
                    "language": section.language,
                    "layout": "none" if quoted else "stretch",
                    "keep_order": True,
                    "evidence": list(section.numbers),
                    "rivals": [],
                    "hard": [],
                    "view": "student",
                },
                views={"teacher": (user(f"Think, then say what {where} is about."), answer)},
            )
