"""Examples, one after the other > whether an earlier one has asked the same question."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from longgrain.checks.parts import comparable, inline, said
from longgrain.terms import terms
from longgrain.types import Example, content_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicates:
    """Remembers every question it has seen: one instance for the whole set, in plan order.

    Questions are the same when they have the same words or, in any order, the same terms; of an
    example without one, such as the user's own turns, all that it says is compared. What says another
    draft in other words (``lineage["augmented"]``, ``lineage["reviewed"]``) may ask its question again. What a recipe repeats on
    purpose has the number of its ``repeat`` in the lineage, and is compared with its like.
    """

    name: ClassVar[str] = "duplicates"

    any_order: bool = True
    """Whether the same terms in another order are the same question."""
    _seen: dict[str, str] = field(default_factory=dict, init=False, repr=False, compare=False)
    """Key of a question > the draft that asked it first."""

    def problems(self, example: Example, texts: Mapping[str, str]) -> Iterator[str]:
        """At most one reason; a question with a problem is not remembered."""
        question = comparable(" ".join(said(example, texts, "question")) or inline(example))
        if not question:
            return
        if repeat := int(example.lineage.get("repeat", 0)):
            question = f"{question} repeat {repeat}"
        keys = [content_id("words", question)]
        if self.any_order:
            codes = np.unique(terms(question)[0])
            # A question of marks only, such as "???", has no terms to compare.
            keys += [content_id("terms", codes.tobytes())] if len(codes) else []
        own = originals(example)
        if any(key in self._seen and self._seen[key] not in own for key in keys):
            yield "the same question was asked before"
            return
        for key in keys:
            self._seen.setdefault(key, example.id)


def originals(example: Example) -> list[str]:
    """The drafts that an example says in other words, a rule's, a model's or a person's."""
    said = (example.lineage.get(name) for name in ("augmented", "reviewed"))
    named = (told.get("of") for told in said if isinstance(told, Mapping))
    return [str(one) for some in named if isinstance(some, list | tuple) for one in some]
