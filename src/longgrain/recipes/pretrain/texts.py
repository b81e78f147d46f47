"""The documents of one side, rows of the user's files > texts to train on, and the pieces of them.

A text is a stretch of one document that lies on this side, or a row of a file. Nothing in it is
edited: what is left out of it is not quoted.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import NamedTuple

from longgrain.grains import cut
from longgrain.protocols import Materials
from longgrain.types import Document, Given, Grain, Span

# Of a row's words; those of documents are cut as the plan says.
CUT = 32
RECIPE = "pretrain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """``words[start:end]`` of a document (cuts ``first`` to ``last``), or a row's ``own`` words.

    ``left_out`` are the stretches of it that are not trained on, ``tokens`` those of the rest;
    ``source`` says where it is from, ``group`` in which class it is balanced. A document's text has
    ``name`` as its id; a row's has it as the name of the row.
    """

    name: str
    source: str
    language: str
    start: int
    end: int
    first: int = -1
    last: int = -1
    own: str = ""
    code: bool = False
    left_out: tuple[tuple[int, int], ...] = ()
    tokens: int = 0
    group: str = ""
    quality: Mapping[str, float] = field(default_factory=dict)
    relevance: float | None = None

    @property
    def characters(self) -> int:
        """Of what is trained on."""
        return self.end - self.start - sum(end - start for start, end in self.left_out)

    def kept(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The stretches between two offsets that are not left out."""
        at = bisect_right(self.left_out, start, key=lambda one: one[1])
        for low, high in self.left_out[at:]:
            if low >= end:
                break
            if low > start:
                yield start, low
            start = max(start, high)
        if start < end:
            yield start, end


class Part(NamedTuple):
    """A piece of the text with this number, and about how many tokens it has."""

    text: int
    start: int
    end: int
    tokens: int


def texts_of(materials: Materials) -> Iterator[Text]:
    """The stretches of documents that lie on this side, document after document."""
    for doc_id in materials.documents:
        document = materials.document(doc_id)
        numbers = materials.grains_of(doc_id)
        begins = [n for n, one in enumerate(numbers) if not n or one != numbers[n - 1] + 1]
        for low, high in zip(begins, [*begins[1:], len(numbers)], strict=True):
            first, last = numbers[low], numbers[high - 1]
            yield Text(
                name=doc_id,
                source=document.source,
                language=str(document.meta.get("language", "und")),
                start=materials.grain(first).start,
                end=materials.grain(last).end,
                first=first,
                last=last,
                code=bool(document.meta.get("code")),
            )


def words_of(materials: Materials, text: Text) -> str:
    """What is trained on, in one piece."""
    return "".join(_words(materials, text, *one) for one in text.kept(text.start, text.end))


def _words(materials: Materials, text: Text, start: int, end: int) -> str:
    return text.own[start:end] if text.own else materials.words(_grain(text, start, end))


def raw(materials: Materials, text: Text) -> str:
    """All its words, those left out as well."""
    return _words(materials, text, text.start, text.end)


def _grain(text: Text, start: int, end: int) -> Grain:
    return Grain(doc_id=text.name, path=(start,), kind="window", start=start, end=end)


def spans_of(materials: Materials, text: Text, part: Part) -> list[Span]:
    """The words of a piece as spans that are learned; blank lines at its ends are let go."""
    stretches = [
        (start, end)
        for start, end in text.kept(part.start, part.end)
        if _words(materials, text, start, end).strip()
    ]
    spans = []
    for number, (start, end) in enumerate(stretches):
        words = _words(materials, text, start, end)
        if not number:
            blank = len(words) - len(words.lstrip())
            start += words.rfind("\n", 0, blank) + 1  # the indent of the first line stays
        if number == len(stretches) - 1:
            end -= len(words) - len(words.rstrip())
        origin = Given(source=text.source, id=text.name) if text.own else _grain(text, start, end)
        own = text.own[start:end] if text.own else None
        spans.append(Span(role="evidence", origin=origin, text=own, loss=1.0))
    return spans


def numbers_of(materials: Materials, spans: Iterable[Span]) -> list[int]:
    """The cuts that spans quote, in order; none of a row."""
    quoted = (one.grain for one in spans if one.grain)
    return sorted({number for grain in quoted for number in materials.numbers(grain)})


class Borders(NamedTuple):
    """Where a text may be cut: behind each of its cuts; the tokens of each, and of it and all behind it."""

    ends: Sequence[int]
    sizes: Sequence[int]
    behind: Sequence[int]

    @classmethod
    def of(cls, grains: Sequence[Grain], sizes: Sequence[int]) -> Borders:
        """Of the cuts of a text."""
        starts, ends = [one.start for one in grains], [one.end for one in grains]
        # A blank line behind a cut is in its size already; a wider gap may take a token a blank.
        gaps = [start - end for start, end in zip(starts[1:], ends, strict=False)]
        whole = [size + max(0, gap - 2) for size, gap in zip(sizes, [*gaps, 0], strict=True)]
        behind = list(accumulate(reversed(whole)))[::-1]
        return cls(ends, whole, behind)


def borders(materials: Materials, text: Text) -> Borders:
    """The cuts of a text; a row is cut at its sentences."""
    if text.own:
        found = cut(Document.of(text.own, source=text.source), size=CUT, kinds=["cut"])
        sizes = materials.tokens([text.own[one.start : one.end] for one in found])
        # The blank line behind a cut is encoded with it.
        return Borders.of(found, [size + 2 for size in sizes])
    numbers = range(text.first, text.last + 1)
    grains = [materials.grain(number) for number in numbers]
    return Borders.of(grains, [materials.length(number) for number in numbers])
