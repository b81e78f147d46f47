"""Held-out grains > questions of `in2` that two to five of them answer together, near each other or far apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from longgrain.errors import PlanError
from longgrain.facts import holds
from longgrain.probes.drafted import NEAR, apart, enough, readings
from longgrain.probes.laying import POSITIONS, question
from longgrain.protocols import Ground
from longgrain.types import Draft, Measure, Question, Size

COMPUTED = ("compare", "sum")


@dataclass(frozen=True, slots=True, kw_only=True)
class Integration:
    """Differences, sums, orders and bridges over several grains of held-out documents.

    Results are summed by how many grains there are and by how far the first is from the last.
    """

    name: ClassVar[str] = "integration"
    source: ClassVar[str] = "IN2 (arXiv 2404.16811), integration of several segments, by rule"
    sizes: ClassVar[tuple[int, ...]] = ()
    unit: ClassVar[str] = ""
    controls: ClassVar[tuple[str, ...]] = ("evidence", "none")
    reply_tokens: ClassVar[int] = 256

    pieces: tuple[int, int] = (2, 5)
    """Fewest and most grains that a question needs."""
    near: int = NEAR
    """Grains nearest to the question that are laid among the others."""

    def __post_init__(self) -> None:
        """PlanError for what cannot be."""
        if not 2 <= self.pieces[0] <= self.pieces[1]:
            raise PlanError(
                f"integration pieces {list(self.pieces)}: one grain needs no integration; give two "
                "numbers from 2, smaller first"
            )

    @property
    def measure(self) -> Measure:
        """Whether the answer stands in the reply."""
        return Measure(metric="answer", figure="answered")

    def ask(self, ground: Ground, size: Size, count: int) -> Iterator[Question]:
        """Questions of one size; PlanError where the documents give none or do not suffice."""
        positions = ground.positions or POSITIONS
        if positions < self.pieces[1]:
            raise PlanError(
                f"{self.pieces[1]} pieces cannot lie at {positions} positions: ask with --positions "
                f"{self.pieces[1]} or more, or --set pieces=[2,{positions}]"
            )
        found = ground.drafts("in2", "integration", pieces=list(self.pieces))
        drafts = enough(filter(_tells, found), "question about several grains")
        for reading in readings(ground, size, count, drafts, self.near):
            draft = reading.draft
            form = str(draft.meta["form"])
            yield question(
                ground,
                self.name,
                size,
                (draft.id,),
                reading.said(),
                (draft.answer,),
                positions=reading.at,
                depths=reading.depths,
                row={"form": form},
                groups=(apart(reading.at, positions), f"form {form}", f"grains {len(reading.at)}"),
            )


def _tells(draft: Draft) -> bool:
    """Whether the answer shows that something was computed: none of the figures it is made of is it."""
    if draft.meta["form"] not in COMPUTED:
        return True
    return not any(holds(str(one), draft.answer) for one in draft.meta["operands"])
