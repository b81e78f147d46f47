"""An Example > whether its answer stands in its evidence, for the forms where a match can tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from longgrain.checks.parts import Asked, asked, comparable, holds, said
from longgrain.types import Example


@dataclass(frozen=True, slots=True, kw_only=True)
class Answerable:
    """A literal answer must stand in the evidence; of a computed one, every operand.

    Compared without case, width, extra blanks and thousands separators. Other forms, such as what a
    language model has put into its own words, are left to a teacher's second look. Of several
    questions (``lineage["parts"]``) each is looked at.
    """

    name: ClassVar[str] = "answerable"

    literal: tuple[str, ...] = ("number", "date", "name", "term", "quote")
    """Forms whose answer is a string of the evidence."""
    computed: tuple[str, ...] = ("compare", "sum", "order", "bridge")
    """Forms whose answer follows from ``lineage["operands"]``, strings of the evidence."""

    def problems(self, example: Example, texts: Mapping[str, str]) -> Iterator[str]:
        """At most one reason."""
        evidence = [comparable(words) for words in said(example, texts, "evidence")]
        for one in asked(example, texts):
            if reason := self._problem(one, evidence):
                yield reason
                return

    def _problem(self, one: Asked, evidence: Sequence[str]) -> str:
        """What is wrong with one question, or nothing."""
        if one.form in self.computed:
            needed, reason = one.operands, "an operand is not in the evidence"
            if not needed:
                return "computed answer without operands"
        elif one.form in self.literal:
            needed, reason = [one.answer], "answer is not in the evidence"
        else:
            return ""
        found = all(any(holds(text, comparable(word)) for text in evidence) for word in needed)
        return "" if found else reason
