"""Held-out grains > the questions of `in2` about one of them, among others, in English or Chinese."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from longgrain.probes.drafted import NEAR, enough, readings
from longgrain.probes.laying import question
from longgrain.protocols import Ground
from longgrain.types import Measure, Question, Size


@dataclass(frozen=True, slots=True, kw_only=True)
class GrainQA:
    """Fine-grained questions as the recipe asks them, about documents that were held out.

    The recipe's guard keeps every grain that might answer too out of the context.
    """

    name: ClassVar[str] = "grain_qa"
    source: ClassVar[str] = "IN2 (arXiv 2404.16811), fine-grained questions by rule"
    sizes: ClassVar[tuple[int, ...]] = ()
    unit: ClassVar[str] = ""
    controls: ClassVar[tuple[str, ...]] = ("evidence", "none")
    reply_tokens: ClassVar[int] = 128

    near: int = NEAR
    """Grains nearest to the question that are laid among the others."""

    @property
    def measure(self) -> Measure:
        """Whether the answer stands in the reply."""
        return Measure(metric="answer", figure="answered")

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
                (draft.answer,),
                positions=reading.at,
                depths=reading.depths,
                row={"form": draft.meta["form"]},
                groups=(f"form {draft.meta['form']}",),
            )
