"""An Example > whether its answer stands in its evidence, for the forms where a match can tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from longgrain.checks.parts import comparable, gold, holds, phrases, said
from longgrain.types import Example


@dataclass(frozen=True, slots=True, kw_only=True)
class Answerable:
    """A literal answer must stand in the evidence; of a computed one, every operand.

    Compared without case, width, extra blanks and thousands separators. Other forms, such as what a
    language model has put into its own words, are left to a teacher's second look.
    """

    name: ClassVar[str] = "answerable"

    literal: tuple[str, ...] = ("number", "date", "name", "term", "quote")
    """Forms whose answer is a string of the evidence."""
    computed: tuple[str, ...] = ("compare", "sum", "order", "bridge", "symbols")
    """Forms whose answer follows from ``lineage["operands"]``, strings of the evidence."""

    def problems(self, example: Example, texts: Mapping[str, str]) -> Iterator[str]:
        """At most one reason."""
        form = example.lineage.get("form")
        if form in self.computed:
            needed, reason = phrases(example, "operands"), "an operand is not in the evidence"
            if not needed:
                yield "computed answer without operands"
        elif form in self.literal:
            needed, reason = [gold(example, texts)], "answer is not in the evidence"
        else:
            return
        evidence = [comparable(words) for words in said(example, texts, "evidence")]
        if not all(any(holds(text, comparable(one)) for text in evidence) for one in needed):
            yield reason
