"""An Example > whether its answer stands in its evidence, for the forms where a match can tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, ClassVar

from longgrain.checks.parts import comparable, gold, holds, listed, said, turns
from longgrain.types import Example


@dataclass(frozen=True, slots=True, kw_only=True)
class Answerable:
    """A literal answer must stand in the evidence; of a computed one, every operand. In every turn.

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
        evidence = [comparable(words) for words in said(example, texts, "evidence")]
        found = (self._problem(turn, example, texts, evidence) for turn in turns(example))
        yield from islice((reason for reason in found if reason), 1)

    def _problem(
        self,
        turn: Mapping[str, Any],
        example: Example,
        texts: Mapping[str, str],
        evidence: Sequence[str],
    ) -> str:
        """What is wrong with the answer of one turn; "" if nothing."""
        form = turn.get("form")
        if form in self.computed:
            needed, reason = listed(turn, "operands"), "an operand is not in the evidence"
            if not needed:
                return "computed answer without operands"
        elif form in self.literal:
            own = turn.get("answer")
            needed = [own if isinstance(own, str) else gold(example, texts)]
            reason = "answer is not in the evidence"
        else:
            return ""
        stands = all(any(holds(text, comparable(one)) for text in evidence) for one in needed)
        return "" if stands else reason
