"""The pieces of all pages > those of the text, and how many lines of headers and footers there were.

What a tagged PDF calls an artifact, what stands at the same height on neighbouring pages in the same
words but for numbers, and page numbers that count on: from the edge of the page inwards.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from statistics import median

from longgrain.readers.pdf.lines import Piece

_LARGE = 1.3  # times the size of the text: a title, no header
_ROWS = 4  # rows at each edge that are looked at
_NEAR = 4  # pages on each side that are compared: left and right pages differ, chapters change
_HEIGHT = 0.5  # ems between two rows that are still at the same height
_MARGIN = 0.12  # share of the page at each edge where a lone number is a page number
_NUMBER = re.compile(
    r"\W*(?:page|p\.|第)?\s*(?:[A-Z]{0,2}[-.]?\d{1,4}(?:[-–.]\d{1,4})?|[ivxlc]{1,7})\s*(?:页|頁)?"
    r"\s*(?:(?:/|of|共)\s*\d{1,4}\s*(?:页|頁)?)?\W*",
    re.IGNORECASE,
)
_AROUND = "-–—·.()[] "
_ROMANS = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
_ROMAN = re.compile(r"[ivxlc]{1,7}", re.IGNORECASE)
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The pieces at one height of a page, from left to right."""

    pieces: list[Piece]
    y: float
    size: float
    words: str

    @property
    def key(self) -> str:
        """Its words without blanks, numbers all alike."""
        if _ROMAN.fullmatch(self.words.strip(_AROUND)):
            return "i"
        return _DIGITS.sub("0", "".join(self.words.split())).casefold()


def without_running(
    pages: Sequence[Sequence[Piece]], heights: Sequence[float]
) -> tuple[list[list[Piece]], dict[str, int]]:
    """The pieces that are text, page by page, and counts of lines left out by kind."""
    kept = [_without_artifacts(page) for page in pages]
    counts = {"artifacts": sum(map(_lines, pages)) - sum(map(_lines, kept))}
    found = {"running lines": 0, "page numbers": 0}
    for top in (True, False):
        edges = [_edge(page, top=top) for page in kept]
        for number, kinds in enumerate(_running(edges, heights, top=top)):
            kept[number] = _without(kept[number], edges[number], kinds, found)
    return kept, {kind: count for kind, count in (counts | found).items() if count}


def _without(
    page: list[Piece], edge: Sequence[Row], kinds: Sequence[str], found: dict[str, int]
) -> list[Piece]:
    """A page without its running rows; pages that say the same all over are forms, not headers."""
    gone = {id(piece) for row in edge[: len(kinds)] for piece in row.pieces}
    if len(gone) == len(page):
        kinds = [kind if kind == "page numbers" else "" for kind in kinds]
        marked = zip(edge, kinds, strict=False)
        gone = {id(piece) for row, kind in marked if kind for piece in row.pieces}
    for kind in filter(None, kinds):
        found[kind] += 1
    return [piece for piece in page if id(piece) not in gone]


def rows(pieces: Sequence[Piece]) -> list[Row]:
    """Pieces grouped by height, from top to bottom."""
    grouped: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda piece: (piece.y, piece.left)):
        last = grouped[-1][0] if grouped else None
        if last and abs(piece.y - last.y) < 0.4 * max(piece.size, last.size):
            grouped[-1].append(piece)
        else:
            grouped.append([piece])
    return [_row(group) for group in grouped]


def _row(group: list[Piece]) -> Row:
    group = sorted(group, key=lambda piece: piece.left)
    words = " ".join(piece.text for piece in group)
    return Row(pieces=group, y=group[0].y, size=max(piece.size for piece in group), words=words)


def _lines(pieces: Sequence[Piece]) -> int:
    return len({(piece.page, round(piece.y)) for piece in pieces})


def _without_artifacts(page: Sequence[Piece]) -> list[Piece]:
    """Artifacts are a few words at the edge; a page that is all artifact is wrongly tagged."""
    marked = sum(len(piece.text) for piece in page if piece.tag.artifact)
    if marked > 0.5 * sum(len(piece.text) for piece in page):
        return list(page)
    return [piece for piece in page if not piece.tag.artifact]


def _edge(page: Sequence[Piece], *, top: bool) -> list[Row]:
    """The outermost rows, the outermost first, up to one that is larger than the text."""
    if not page:
        return []
    usual = median(piece.size for piece in page)
    heights = sorted({piece.y for piece in page}, reverse=not top)
    # Rows hold pieces of slightly different heights: a few more heights than rows are enough.
    reach = set(heights[: 3 * _ROWS])
    found = rows([piece for piece in page if piece.y in reach])
    outer = found if top else found[::-1]
    return list(takewhile(lambda row: row.size < _LARGE * usual, outer[: _ROWS + 1]))


def _running(
    edges: Sequence[Sequence[Row]], heights: Sequence[float], *, top: bool
) -> list[list[str]]:
    """For each page the kinds of its running rows, the outermost first."""
    seen: dict[tuple[str, int], list[Row]] = defaultdict(list)
    for page, edge in enumerate(edges):
        for row in edge:
            seen[row.key, page].append(row)
    repeated = [
        [_repeats(row, page, seen, len(edges)) for row in edge] for page, edge in enumerate(edges)
    ]
    usual = _usual(edges, repeated)
    kinds: list[list[str]] = []
    for page, edge in enumerate(edges):
        kinds.append([])
        for number, row in enumerate(edge):
            apart = _apart(edge, number)
            margin = (
                row.y < _MARGIN * heights[page] if top else row.y > (1 - _MARGIN) * heights[page]
            )
            numbered = bool(_NUMBER.fullmatch(row.words))
            lone = margin and apart and (len(edges) < 3 or round(row.y) in usual)
            if numbered and (repeated[page][number] or lone):
                kinds[-1].append("page numbers")
            elif repeated[page][number] or (apart and round(row.y) in usual):
                kinds[-1].append("running lines")
            else:
                break
    return kinds


def _repeats(row: Row, page: int, seen: dict[tuple[str, int], list[Row]], pages: int) -> bool:
    """Whether neighbouring pages have the row too, with the same numbers or some that count on."""
    others = 0
    for other in range(page - _NEAR, page + _NEAR + 1):
        twins = seen.get((row.key, other), ()) if other != page else ()
        others += any(
            abs(twin.y - row.y) < _HEIGHT * row.size and _counts_on(row, twin, other - page)
            for twin in twins
        )
    return others >= min(2, max(1, pages - 1))


def _counts_on(row: Row, twin: Row, pages: int) -> bool:
    """Whether each number of a row is the same some pages later, or larger by as many."""
    values, later = _values(row), _values(twin)
    return all(b in (a, a + pages) for a, b in zip(values, later, strict=False))


def _values(row: Row) -> list[int]:
    bare = row.words.strip(_AROUND)
    if _ROMAN.fullmatch(bare):
        return [_roman(bare.lower())]
    return [int(digits) for digits in _DIGITS.findall(row.words) if len(digits) < 10]


def _roman(text: str) -> int:
    values = [_ROMANS[letter] for letter in text]
    pairs = zip(values, [*values[1:], 0], strict=True)
    return sum(-one if one < after else one for one, after in pairs)


def _usual(edges: Sequence[Sequence[Row]], repeated: Sequence[Sequence[bool]]) -> set[int]:
    """Heights at which at least a third of the pages have a row that repeats."""
    counts: dict[int, int] = defaultdict(int)
    for edge, marks in zip(edges, repeated, strict=True):
        for row, mark in zip(edge, marks, strict=True):
            if mark:
                counts[round(row.y)] += 1
    return {y for y, count in counts.items() if count >= max(3, len(edges) / 3)}


def _apart(edge: Sequence[Row], number: int) -> bool:
    """Whether more than a line's height lies between a row and the next one inwards."""
    if number + 1 >= len(edge):
        return True
    inner = edge[number + 1]
    return abs(inner.y - edge[number].y) > 1.6 * max(inner.size, edge[number].size)
