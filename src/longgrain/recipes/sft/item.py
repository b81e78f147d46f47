"""A passage, what is to be done with it and the response > a draft, worded, with its task data beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from longgrain.protocols import Materials
from longgrain.recipes.sft.wording import WORDINGS
from longgrain.types import Draft, Given, Grain, Message, Reply, Span, content_id

SOURCE = "longgrain.sft"
BREAK = Span(role="glue", origin=Given(source=SOURCE, id="break"), text="\n\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One example before it is worded.

    ``purpose`` names its instruction wordings, ``filled`` what stands in their braces; ``home`` is
    where the answer's words come from (the rule that made it if None); ``data`` is the task data
    that exports write: ``task``, and what the task needs.
    """

    task: str
    form: str
    purpose: str
    language: str
    passage: Grain
    answer: str
    home: Grain | Reply | None = None
    filled: Mapping[str, str] = field(default_factory=dict)
    label: str = ""
    parts: int = 1
    data: Mapping[str, Any] = field(default_factory=dict)
    meta: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The hash of what is asked of which passage."""
        place = (self.passage.doc_id, self.passage.start, self.passage.end)
        return content_id(SOURCE, self.purpose, *place, self.answer)

    def draft(self, materials: Materials, turn: int = 0) -> Draft:
        """The item in one of its wordings; another ``turn`` is another wording of the same."""
        number, words, first = worded(self.purpose, self.language, self.key, turn, self.filled)
        asked = Span(role="instruction", origin=of_rule(f"{self.purpose}-{number}"), text=words)
        quoted = Span(role="evidence", origin=self.passage)
        user = (asked, BREAK, quoted) if first else (quoted, BREAK, asked)
        numbers = sorted(materials.numbers(self.passage))
        return Draft(
            recipe="sft",
            seed=materials.seed,
            evidence=tuple(materials.grain(one) for one in numbers),
            messages=(
                Message(speaker="user", spans=user),
                Message(speaker="assistant", spans=(self._learned(),)),
            ),
            answer=self.answer,
            meta={
                **about(self.task, self.form, f"sft.{self.purpose}-{number}", self.language),
                "evidence": numbers,
                "label": self.label,
                "parts": self.parts,
                "data": {"text_at": at(self.passage), **self.data},
                **self.meta,
            },
        )

    def _learned(self) -> Span:
        if isinstance(self.home, Grain):
            return Span(role="answer", origin=self.home, loss=1.0)
        origin = self.home or of_rule(self.purpose)
        return Span(role="answer", origin=origin, text=self.answer, loss=1.0)


def about(task: str, form: str, template: str, language: str) -> dict[str, Any]:
    """What every draft without a context of the pool says of itself."""
    return {
        "kind": f"sft-{task}",
        "form": form,
        "template": template,
        "language": language,
        "layout": "none",
        "keep_order": True,
        "rivals": [],
        "hard": [],
    }


def at(grain: Grain) -> list[Any]:
    """Where a passage stands, for exports that write it out."""
    return [grain.doc_id, grain.start, grain.end]


def of_rule(name: str) -> Given:
    """A rule or a wording of this recipe as the home of words."""
    return Given(source=SOURCE, id=name)


def worded(
    purpose: str, language: str, key: str, turn: int = 0, filled: Mapping[str, str] | None = None
) -> tuple[int, str, bool]:
    """Number and words of an instruction, and whether it stands before what it is about."""
    wordings: Sequence[str] = WORDINGS[purpose][spoken(language)]
    draw = int(content_id("wording", key), 16)
    number = (draw + turn) % len(wordings)
    words = wordings[number]
    for name, value in (filled or {}).items():
        words = words.replace("{" + name + "}", value)
    return number, words, (draw // len(wordings) + turn) % 2 == 0


def spoken(language: str) -> str:
    """The language in which longgrain's own words are said."""
    return "zh" if language.startswith("zh") else "en"
