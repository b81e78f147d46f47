"""Grains and which of them answer > numbered passages in an order, with what stands above each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import sqrt

from longgrain.protocols import Materials
from longgrain.types import Given, Span, content_id

GOLDEN = 0.6180339887498949


@dataclass(frozen=True, slots=True, kw_only=True)
class Passages:
    """Grain numbers in the order shown; passage n is the n-th. ``evidence`` are those that answer.

    ``ranks`` are the places of the evidence in the ranking, from 1; 0 for one that it did not reach.
    """

    numbers: tuple[int, ...]
    evidence: tuple[int, ...]
    ranks: tuple[int, ...]

    @property
    def cites(self) -> list[int]:
        """The passages that answer, by number, in the order of the evidence."""
        return [self.numbers.index(one) + 1 for one in self.evidence]

    def spans(self, materials: Materials) -> Iterator[Span]:
        """Head, words and blank line of each passage."""
        for place, number in enumerate(self.numbers, 1):
            yield _given("metadata", head_of(place, number, materials) + "\n")
            role = "evidence" if number in self.evidence else "distractor"
            yield Span(role=role, origin=materials.grain(number))  # type: ignore[arg-type]
            yield _given("glue", "\n\n")


def head(number: int, title: str, headings: Sequence[str]) -> str:
    """What stands above a passage: ``[3] Title > Chapter > Section``."""
    parts = dict.fromkeys(" ".join(part.split()) for part in (title, *headings))
    return f"[{number}] {' > '.join(part for part in parts if part)}".strip()


def head_of(place: int, number: int, materials: Materials) -> str:
    """The head of a grain as passage ``place``."""
    title = str(materials.document(materials.grain(number).doc_id).meta.get("title") or "")
    return head(place, title, materials.headings(number))


def _given(role: str, text: str) -> Span:
    origin = Given(source="longgrain.retrieve", id=role)
    return Span(role=role, origin=origin, text=text)  # type: ignore[arg-type]


def affordable(
    others: Sequence[int], evidence: Sequence[int], budget: int, materials: Materials
) -> list[int] | None:
    """The first of the others that fit a budget of tokens beside the evidence; None if that does not."""
    numbers = [*evidence, *others]
    texts = [f"{head_of(99, one, materials)}\n{materials.text(one)}\n\n" for one in numbers]
    sizes = list(accumulate(materials.tokens(texts)))
    own = len(evidence)
    if own and sizes[own - 1] > budget:
        return None
    return [one for one, size in zip(others, sizes[own:], strict=True) if size <= budget]


def ordered(
    evidence: Sequence[int], others: Sequence[int], ranking: Sequence[int], *, turn: int, order: str
) -> Passages:
    """``rank`` shows all as they were ranked; ``shuffled`` puts the evidence at even places.

    Over the turns 0, 1, 2, ... the places of the evidence are spread evenly from first to last.
    """
    places = {number: place for place, number in enumerate(ranking, 1)}
    ranks = tuple(places.get(one, 0) for one in evidence)
    numbers = [*evidence, *others]
    if order == "rank":
        shown = sorted(numbers, key=lambda one: (places.get(one, len(places) + 1), one))
    else:
        shown = sorted(others, key=lambda one: content_id("passage", turn, one))
        for number, place in zip(evidence, _places(turn, len(numbers), len(evidence)), strict=True):
            shown.insert(place, number)
    return Passages(numbers=tuple(shown), evidence=tuple(evidence), ranks=ranks)


def _places(turn: int, size: int, count: int) -> list[int]:
    """Where to insert each piece of evidence; low-discrepancy sequences leave no place out."""
    steps = (GOLDEN, sqrt(2) - 1, sqrt(3) - 1, sqrt(5) - 2)
    return [
        int(((turn + 0.5) * steps[nth % len(steps)] % 1) * (size - count + nth + 1))
        for nth in range(count)
    ]
