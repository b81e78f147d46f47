"""Lines in reading order > paragraphs, across columns and pages.

A paragraph ends where a line stops although the first word of the next would have fitted, where
the next is indented, farther away, or of another size. All measures are the document's own: size
and spacing of its body, edges of its columns.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from typing import Literal, TypeAlias

from longgrain.readers.pdf.order import Line

Kind: TypeAlias = Literal["prose", "heading", "table", "code"]
Column: TypeAlias = tuple[int, int]

_END = tuple(".!?。！？…:：;；")
_CLOSERS = "\"'”’」』）)]】*"
_BULLET = re.compile(r"[•●○■□▪◦‣➢➤✓√◆◇★※] ?(?=\S)|[–—-] (?=\w)")
_NUMBERED = re.compile(
    r"(?:[(（]?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,4}|[一二三四五六七八九十]{1,3})[)）.、．](?!\d)"
    r"|\[\d{1,3}\]|第[一二三四五六七八九十百千零〇\d]{1,7}[编編章节節条條款]"
    r"|[①-⑳]|\d{1,2}(?:\.\d{1,2}){1,4}\s)"
)
_ENTRY = re.compile(r"(?:(?:[.·…‥_]\s?){4,}|\t)\s*(?:\d{1,4}|[ivxlc]{1,7})$")
_CAPTION = re.compile(
    r"(?:figure|fig\.|table|listing|algorithm|chart|图|圖|表)\s*[\dA-Z一二三四五六七八九十]",
    re.IGNORECASE,
)
_WORD = re.compile("[^\\s\u2e80-\u9fff\uf900-\ufaff\uff01-\uff60]+")
_WIDE = re.compile("[\u2e80-\u9fff\uf900-\ufaff\uff01-\uff60]")
_LARGER = 1.05  # times the size of a text: a heading, beyond which it does not go on
_DEEPEST_INDENT = 5  # ems; a line that begins farther to the right stands at the right edge
_LOOK = 10  # paragraphs that may stand between the halves of a cut one: notes, figures, captions


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """Lines that belong together; of a table the rows, of code the lines."""

    lines: tuple[Line, ...]
    kind: Kind
    level: int = 0
    """Of a heading that outline or tags know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What is usual in a document."""

    size: float
    leading: dict[int, float]
    """Size in tenths of a point > distance of lines of a paragraph, in points."""
    edges: dict[Column, tuple[float, float]]
    """Page and column > its left and right edge."""
    width: float
    """Of a usual line of the body."""
    typewriter: bool
    """Whether the whole document is in a font of fixed pitch."""
    indented: bool = False
    """Whether paragraphs begin with an indent."""


def measured(lines: Sequence[Line]) -> Body:
    """The measures of a document from all its lines."""
    sizes: Counter[int] = Counter()
    steps: dict[int, list[float]] = defaultdict(list)
    edges: dict[Column, tuple[float, float]] = {}
    for line in lines:
        sizes[_tenths(line.size)] += len(line.text)
        if not line.cell:
            left, right = edges.get(_column(line), (line.left, line.right))
            edges[_column(line)] = min(left, line.left), max(right, line.right)
    for a, b in pairwise(lines):
        if (a.page, a.block) == (b.page, b.block) and _tenths(a.size) == _tenths(b.size):
            steps[_tenths(a.size)].append(b.y - a.y)
    fixed = sum(len(line.text) for line in lines if line.piece.font.fixed)
    size = max(sizes, key=lambda size: (sizes[size], size), default=100)
    widths = [line.right - line.left for line in lines if _tenths(line.size) == size]
    return Body(
        size=size / 10,
        leading={size: _usual(found) for size, found in steps.items()},
        edges=edges,
        width=median(widths) if widths else 0.0,
        typewriter=fixed > 0.6 * sum(sizes.values()),
    )


def paragraphs(
    lines: Sequence[Line], marks: Sequence[tuple[int, int] | None], body: Body
) -> list[Paragraph]:
    """``marks`` holds for each line the level and the number of the heading it belongs to."""
    found: list[Paragraph] = []
    current: list[Line] = []
    for number, line in enumerate(lines):
        mark, before = marks[number], marks[number - 1] if number else None
        after = lines[number + 1] if number + 1 < len(lines) else None
        same = mark == before if mark or before else None
        if current and (same is False or (same is None and _parts(current, line, after, body))):
            found.append(_paragraph(current, before, body))
            current = []
        current.append(line)
    if current:
        found.append(_paragraph(current, marks[-1], body))
    return _mended(found, replace(body, indented=_indents(found)))


def is_open(text: str) -> bool:
    """Whether a text stops in the middle of a sentence."""
    return not text.rstrip(_CLOSERS).endswith(_END)


def is_caption(text: str) -> bool:
    """Whether a text is what stands under a figure or over a table."""
    return bool(_CAPTION.match(text))


def is_bullet(text: str) -> bool:
    """Whether a text is an item of a list without numbers."""
    return bool(_BULLET.match(text))


def is_entry(text: str) -> bool:
    """Whether a text is a line of a table of contents: dots or a tab, and a page number."""
    return bool(_ENTRY.search(text))


def begins_item(text: str) -> bool:
    """Whether a text begins with a bullet or a number of a list."""
    return bool(_BULLET.match(text) or _NUMBERED.match(text))


def _tenths(size: float) -> int:
    return round(size * 10)


def _usual(steps: Sequence[float]) -> float:
    """The lower of the common distances: paragraphs are farther apart than lines."""
    counts = Counter(round(step * 2) for step in steps)
    often = max(counts.values())
    return min(step for step, count in counts.items() if count > 0.4 * often) / 2


def _column(line: Line) -> Column:
    return line.page, line.column


def _paragraph(lines: Sequence[Line], mark: tuple[int, int] | None, body: Body) -> Paragraph:
    kind: Kind = "prose"
    if mark:
        kind = "heading"
    elif any(line.beside for line in lines):
        kind = "table"
    elif _is_code(lines[0], body):
        kind = "code"
    return Paragraph(lines=tuple(lines), kind=kind, level=mark[0] if mark else 0)


def _is_code(line: Line, body: Body) -> bool:
    return line.piece.font.fixed and not body.typewriter


# --- where one begins ---


def _parts(current: Sequence[Line], line: Line, after: Line | None, body: Body) -> bool:
    """Whether a line begins a new paragraph."""
    last = current[-1]
    if _column(last) != _column(line):
        return True
    if last.cell or line.cell:
        return not (last.cell and line.cell) or _far(last, line, body)
    if _is_code(current[0], body):
        return not _is_code(line, body) or line.y - last.y > 3 * line.size
    if _is_code(line, body) and not _runs_on(last, line, current, body):
        return True
    if not 0.88 < last.size / line.size < 1.13 or line.y <= last.y:
        return True
    if line.size > 1.1 * body.size and line.y - last.y < 1.7 * line.size:
        return begins_item(line.text) or not is_open(last.text)
    if _far(last, line, body) or is_bullet(line.text) or is_entry(last.text):
        return True
    return _stops(last, line, current, body) or _is_indented(current, line, after, body)


def _runs_on(last: Line, line: Line, current: Sequence[Line], body: Body) -> bool:
    """Whether a line that is mostly code goes on a paragraph of prose."""
    level = abs(line.left - last.left) < 0.6 * line.size or len(current) == 1
    return level and not _is_short(last, line, current, body)


def _far(last: Line, line: Line, body: Body) -> bool:
    """Whether two lines are farther apart than lines of a paragraph."""
    usual = body.leading.get(_tenths(line.size), 1.3 * line.size)
    if last.cell and line.cell:
        return line.y - last.y > 4 * max(usual, line.size)
    return line.y - last.y > usual + 0.2 * line.size


def _stops(last: Line, line: Line, current: Sequence[Line], body: Body) -> bool:
    """Whether a line stops before the edge, or is of another weight, or an item follows."""
    short = _is_short(last, line, current, body)
    if last.piece.font.bold != line.piece.font.bold and short:
        return True
    if begins_item(line.text) and (short or not is_open(last.text)):
        return True
    if not short:
        return False
    goes_on = is_open(last.text) and line.text[:1].islower()
    return not (goes_on and last.right - last.left > 0.6 * _width(last, body))


def _width(line: Line, body: Body) -> float:
    left, right = body.edges.get(_column(line), (line.left, line.right))
    return right - left


def _is_short(last: Line, line: Line, current: Sequence[Line], body: Body) -> bool:
    """Whether the first word of a line would have fitted at the end of the one before."""
    edge = body.edges.get(_column(last), (0.0, last.right))[1]
    if len(current) > 1 and abs(current[-2].right - last.right) < 0.15 * last.size:
        return False  # a narrower column of its own, such as a quotation
    return last.right + _first_word(line) < edge - 0.2 * last.size


def _first_word(line: Line) -> float:
    """The width of the first word and the blank before it."""
    if _WIDE.match(line.text):
        return 2 * line.size  # a comma that may not begin a line takes a second ideograph along
    word = _WORD.match(line.text)
    each = (line.right - line.left) / max(1, len(line.text))
    return ((word.end() if word else 1) + 1) * each


def _is_indented(current: Sequence[Line], line: Line, after: Line | None, body: Body) -> bool:
    """Whether an indent begins a paragraph, or the end of one does."""
    last, em = current[-1], line.size
    edge = body.edges.get(_column(line), (line.left, 0.0))[0]
    if min(line.left, last.left) > edge + _DEEPEST_INDENT * em:
        return abs(line.left - last.left) > 0.6 * em  # set to the right or to the middle
    if line.left > last.left + 0.6 * em:
        hangs = after is not None and abs(after.left - line.left) < 0.4 * em
        hangs = hangs and after is not None and _column(after) == _column(line)
        return not (len(current) == 1 and (begins_item(last.text) or hangs))
    if line.left < last.left - 0.6 * em:
        return len(current) > 1 or last.left > edge + _DEEPEST_INDENT * em
    return False


# --- across columns and pages ---


def _indents(found: Sequence[Paragraph]) -> bool:
    """Whether most paragraphs of several lines begin with an indent."""
    prose = [one.lines for one in found if one.kind == "prose" and len(one.lines) > 2]
    marked = sum(lines[0].left > lines[1].left + 0.6 * lines[0].size for lines in prose)
    return marked > 0.5 * len(prose)


def _mended(found: Sequence[Paragraph], body: Body) -> list[Paragraph]:
    """Paragraphs that a column or page break cut in two as one, what stands between behind it."""
    whole: list[Paragraph] = []
    taken: set[int] = set()
    for number, one in enumerate(found):
        if number in taken:
            continue
        last = number
        while (rest := _rest(found, one, last, taken, body)) is not None:
            taken.add(rest)
            one = replace(one, lines=one.lines + found[rest].lines)
            last = rest
        whole.append(one)
    return whole


def _rest(
    found: Sequence[Paragraph], one: Paragraph, number: int, taken: set[int], body: Body
) -> int | None:
    """The number of the paragraph that goes on where this one stops."""
    last = one.lines[-1]
    if one.kind != "prose" or is_caption(one.lines[0].text) or last.cell or is_entry(last.text):
        return None
    if last.size > _LARGER * body.size:
        return None  # a heading
    if len(one.lines) == 1 and last.right - last.left < 0.6 * body.width:
        return None  # a label in a figure
    for other in range(number + 1, min(number + 1 + _LOOK, len(found))):
        after = found[other]
        first = after.lines[0]
        larger = first.size > _LARGER * last.size
        if after.kind == "heading" or larger or first.page > last.page + 1:
            return None
        if other in taken or not _is_like(one, after):
            continue
        if _column(first) == _column(last) and (other == number + 1 or first.text[:1].isupper()):
            return None  # they were parted for a reason
        return other if _goes_on(one, after, body) else None
    return None


def _is_like(one: Paragraph, other: Paragraph) -> bool:
    """Whether two paragraphs are of the same running text, no note, caption or table."""
    ratio = other.lines[0].size / one.lines[-1].size
    plain = other.kind == "prose" and not is_caption(other.lines[0].text)
    return plain and 0.97 < ratio < 1.03 and not other.lines[0].cell


def _goes_on(one: Paragraph, other: Paragraph, body: Body) -> bool:
    last, first = one.lines[-1], other.lines[0]
    if begins_item(first.text) and not (is_open(last.text) and first.text[:1].isdigit()):
        return False
    edge = body.edges.get(_column(last), (0.0, last.right))[1]
    full = last.right + _first_word(first) >= edge - 0.5 * last.size
    if first.text[:1].islower() and is_open(last.text):
        return True
    left = body.edges.get(_column(first), (first.left, 0.0))[0]
    indent = first.left > left + 0.6 * first.size and len(other.lines) > 1
    if not full or (indent and first.left > other.lines[1].left + 0.6 * first.size):
        return False
    return is_open(last.text) or (body.indented and not indent)
