"""What is noted of each part of a document > one question over them, stage by stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from longgrain.facts import Language
from longgrain.recipes.multistage import wording
from longgrain.recipes.quotable import Sentence
from longgrain.recipes.sections import Section
from longgrain.types import Given, Reply, content_id

Task = Literal["find", "collect", "figures", "digest"]
Words = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """A question over neighbouring parts. ``found`` are the sentences of each part that it rests on.

    ``notes`` is what is written about each part by itself, ``states`` what is known after it, taken
    with all parts before; both are finished texts. ``steps`` are the sub-questions of a plan, one a
    part, and the last. ``answer`` is what is told in the end, ``gold`` the bare answer.
    """

    task: Task
    form: str
    template: str
    language: Language
    parts: tuple[Section, ...]
    question: str
    asker: Given | Reply
    found: tuple[tuple[Sentence, ...], ...]
    step: str
    last: str
    gold: str = ""
    notes: Words = ()
    states: Words = ()
    answer: str = ""
    teller: Given | Reply = field(
        default_factory=lambda: Given(source="longgrain.multistage", id="")
    )
    rivals: tuple[int, ...] = ()
    calls: Mapping[str, str] = field(default_factory=dict)
    """Words of a model > the call that they come of."""

    @property
    def name(self) -> str:
        """The same for all its stages."""
        places = [f"{one.doc_id}:{one.grain.start}:{one.grain.end}" for one in self.parts]
        return content_id("trace", self.task, self.question, *places)

    @property
    def is_sound(self) -> bool:
        """Whether every stage has its words."""
        sized = len(self.notes) == len(self.states) == len(self.parts)
        return sized and bool(self.answer.strip() and self.gold.strip())

    def told(
        self, notes: Sequence[str], states: Sequence[str], answer: str, gold: str = ""
    ) -> Trace:
        """The same with its words."""
        return replace(
            self, notes=tuple(notes), states=tuple(states), answer=answer, gold=gold or answer
        )


def one_of(wordings: Sequence[str], *parts: str | int) -> str:
    """A wording drawn by the hash of the parts."""
    return wordings[int(content_id("multistage", *parts), 16) % len(wordings)]


def nothing(trace: Trace, *, so_far: bool = False) -> str:
    """What notes say that have nothing; the same words in one trace."""
    table = wording.NOTHING_SO_FAR if so_far else wording.NOTHING
    return one_of(table[trace.language], trace.name, "nothing")


def listed(sentences: Sequence[Sentence]) -> str:
    """Sentences as notes quote them, one a line."""
    return "\n".join(f"- {one.text}" for one in sentences)


def gathered(trace: Trace, parts: int) -> str:
    """The sentences of the first parts, each with the number of its part."""
    label = wording.IN_NOTES[trace.language]
    return "\n".join(
        f"- {label.format(part=part)}{one.text}"
        for part, some in enumerate(trace.found[:parts], 1)
        for one in some
    )
