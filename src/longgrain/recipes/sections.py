"""The documents of one side > their sections, or runs of neighbouring grains where there are none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from math import gcd

from longgrain.grains import heading_title
from longgrain.protocols import Materials
from longgrain.types import Grain, Kind

GOLDEN = 0.618


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A stretch of one document. ``grain`` is all of it, its heading included; ``body`` begins
    behind the heading; ``numbers`` are the cut grains that it touches; ``headings`` are those above
    it and its own, ``title`` its own ("" for a run without one); ``tokens`` are those of its cuts.
    """

    grain: Grain
    body: Grain
    title: str
    headings: tuple[str, ...]
    numbers: tuple[int, ...]
    language: str
    tokens: int

    @property
    def doc_id(self) -> str:
        """Its document's id."""
        return self.grain.doc_id


def sections(
    materials: Materials,
    *,
    tokens: tuple[int, int],
    kinds: Sequence[Kind] = ("part", "chapter", "section"),
) -> Iterator[Section]:
    """Sections with so many tokens, all on this side: the first of every document, then the second.

    Sections of a document come spread over it. Nested ones may overlap.
    """
    yield from _in_turn(
        [_sections_of(materials, doc_id, tokens, kinds) for doc_id in materials.documents]
    )


def runs(materials: Materials, *, tokens: tuple[int, int]) -> Iterator[Section]:
    """Runs of neighbouring cut grains of up to ``tokens[1]`` tokens, end to end, in the same order.

    For documents without headings, and for reading a document in steps. Runs below ``tokens[0]``
    are left out.
    """
    yield from _in_turn([runs_of(materials, doc_id, tokens) for doc_id in materials.documents])


def runs_of(materials: Materials, doc_id: str, tokens: tuple[int, int]) -> list[Section]:
    """The runs of one document, in reading order; a cut that is not on this side ends a run."""
    groups: list[list[int]] = []
    size = 0
    for number in materials.grains_of(doc_id):
        length = materials.length(number)
        if not groups or number != groups[-1][-1] + 1 or size + length > tokens[1]:
            groups.append([])
            size = 0
        groups[-1].append(number)
        size += length
    found = [_run(materials, group) for group in groups]
    return [one for one in found if one.tokens >= tokens[0]]


def _run(materials: Materials, numbers: Sequence[int]) -> Section:
    first, last = materials.grain(numbers[0]), materials.grain(numbers[-1])
    grain = Grain(
        doc_id=first.doc_id, path=(first.start,), kind="window", start=first.start, end=last.end
    )
    return Section(
        grain=grain,
        body=grain,
        title="",
        headings=materials.headings(numbers[0]),
        numbers=tuple(numbers),
        language=materials.language(numbers[0]),
        tokens=sum(map(materials.length, numbers)),
    )


def _sections_of(
    materials: Materials, doc_id: str, tokens: tuple[int, int], kinds: Sequence[Kind]
) -> list[Section]:
    """Spread over the document: neighbours in the list are far apart in the text."""
    nodes = materials.tree(doc_id)
    titles: dict[tuple[int, ...], str] = {}
    found = []
    for node, first in pairwise(nodes):
        if first.kind != "heading" or node.kind in ("heading", "sentence", "paragraph"):
            continue
        titles[node.path] = heading_title(materials.words(first))
        above = (titles.get(node.path[: depth + 1]) for depth in range(len(node.path)))
        section = _section(materials, node, first, tuple(title for title in above if title))
        if section and node.kind in kinds and tokens[0] <= section.tokens <= tokens[1]:
            found.append(section)
    step = next(
        one for one in range(max(1, round(len(found) * GOLDEN)), 0, -1) if gcd(one, len(found)) <= 1
    )
    return [found[(i * step) % len(found)] for i in range(len(found))]


def _section(
    materials: Materials, node: Grain, heading: Grain, headings: tuple[str, ...]
) -> Section | None:
    """None for a heading with nothing under it, and for what reaches beyond this side."""
    numbers = materials.numbers(node)
    under = materials.words(node)[heading.end - node.start :]
    start = heading.end + len(under) - len(under.lstrip())
    if not numbers or start >= node.end:
        return None
    return Section(
        grain=node,
        body=Grain(doc_id=node.doc_id, path=node.path, kind=node.kind, start=start, end=node.end),
        title=headings[-1] if headings else "",
        headings=headings,
        numbers=tuple(numbers),
        language=materials.language(numbers[0]),
        tokens=sum(map(materials.length, numbers)),
    )


def _in_turn(lists: Sequence[Sequence[Section]]) -> Iterator[Section]:
    for turn in zip_longest(*lists):
        yield from (one for one in turn if one is not None)
