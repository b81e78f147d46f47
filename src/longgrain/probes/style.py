"""Held-out grains and a teacher's replies > how like them a model's replies are, and whether its facts are right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from longgrain.probes.drafted import NEAR, enough, readings, reply_of
from longgrain.probes.laying import question
from longgrain.protocols import Ground
from longgrain.types import Measure, Question, Size


@dataclass(frozen=True, slots=True, kw_only=True)
class StyleAgainstFacts:
    """Questions of `in2` with the replies of its teacher by rule.

    Facts count; the marks of style stand beside them. Asked with and without the context before and
    after training, `longgrain compare` says where only the style came nearer.
    """

    name: ClassVar[str] = "style"
    source: ClassVar[str] = "The False Promise of Imitating Proprietary LLMs (arXiv 2305.15717)"
    sizes: ClassVar[tuple[int, ...]] = ()
    unit: ClassVar[str] = ""
    controls: ClassVar[tuple[str, ...]] = ("evidence", "none")
    reply_tokens: ClassVar[int] = 256

    near: int = NEAR
    """Grains nearest to the question that are laid among the others."""

    @property
    def measure(self) -> Measure:
        """Whether the reply holds the answer; marks of style, and the overlap with the teacher's."""
        beside = ("lists", "ends_with_summary", "unigram_overlap", "fact_em")
        return Measure(metric="style", figure="fact_em", beside=beside)

    def ask(self, ground: Ground, size: Size, count: int) -> Iterator[Question]:
        """Questions of one size; PlanError where the documents give none or do not suffice."""
        drafts = enough(ground.drafts("in2", "fine"), "question about one grain")
        for reading in readings(ground, size, count, drafts, self.near):
            draft = reading.draft
            yield question(
                ground,
                self.name,
                size,
                (draft.id,),
                reading.said(),
                (reply_of(draft),),
                positions=reading.at,
                depths=reading.depths,
                row={"form": draft.meta["form"], "gold": draft.answer},
            )
