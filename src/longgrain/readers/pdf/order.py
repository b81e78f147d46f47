"""The pieces of a page > its lines in reading order, with the columns and blocks they stand in.

A gutter is a blank strip with lines on both sides that no line crosses for a while. What crosses
it (a title, a wide figure) parts the page into bands; in each band the columns are read one after
the other. Two columns of prose and a table of two columns look alike: they are told apart by the
order in which the file writes them, and by how full their lines are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from longgrain.readers.pdf.glyphs import Floats
from longgrain.readers.pdf.lines import Bools, Ints, Piece
from longgrain.readers.pdf.running import rows

_GUTTER = 0.8  # ems: the narrowest
_FEWEST = 6  # lines on each side; fewer are as well the cells of a table
_MANY = 3000  # pieces; a page of a newspaper has 1,500
_FEW = 3  # lines of the longer side of a band below which its blocks are read as they come
_DEEPEST = 6
_TRIED = 12  # strips of a page that are looked at closely, those crossed by the fewest lines first
_APART = 4  # ems between a bullet and its words, between 第一节 and its title
_CODE_APART = 20  # ems between a line of code and a comment at its end
_PITCH = 0.6  # ems that each character of a font of fixed pitch takes
_PROSE = 10  # ems that lines of prose are long at least
_BULLET = re.compile(r"[•●○■□▪◦·‣➢➤✓√◆◇★*–—-]")
_NUMBER = re.compile(
    r"\(?\d{1,3}[.)、．]?|[A-Z]?\.?\d{1,2}(?:\.\d{1,2}){1,4}\.?|\[\d{1,3}\]"
    r"|[（(]?[a-zA-Z一二三四五六七八九十]{1,3}[）)、.．]|第[一二三四五六七八九十百\d]{1,5}[章节節编編条條]"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of one column."""

    text: str
    page: int
    left: float
    right: float
    y: float
    size: float
    piece: Piece
    """Its longest piece, for font and tag."""
    column: int
    """Number of its column on the page, in reading order."""
    block: int
    """Number of its block on the page: lines below one another, or a cell of a table."""
    beside: bool = False
    """Whether its block is a cell to the right of the block before."""
    cell: bool = False
    """Whether its block is one of several side by side."""


def in_order(pieces: Sequence[Piece]) -> list[Line]:
    """The lines of one page in reading order; a drawing with thousands of labels as it comes."""
    if len(pieces) > _MANY:
        return [_line(piece, 0, number) for number, piece in enumerate(pieces)]
    lines: list[Line] = []
    block = 0
    for column, region in enumerate(_regions(list(pieces), 0)):
        for group in _groups(_blocks(_joined(region))):
            before: list[Piece] | None = None
            for stack in group:
                beside = before is not None and stack[0].left >= before[-1].right - 1
                for number, piece in enumerate(stack):
                    line = _line(piece, column, block)
                    first = number == 0
                    lines.append(replace(line, beside=beside and first, cell=len(group) > 1))
                before, block = stack, block + 1
    return lines


def _line(piece: Piece, column: int, block: int) -> Line:
    return Line(
        text=piece.text,
        page=piece.page,
        left=piece.left,
        right=piece.right,
        y=piece.y,
        size=piece.size,
        piece=piece,
        column=column,
        block=block,
    )


# --- columns ---


def _regions(pieces: list[Piece], depth: int) -> Iterator[list[Piece]]:
    """Parts of a page that are read one after the other, each of one column."""
    split = _split(pieces) if depth < _DEEPEST and len(pieces) > 2 * _FEWEST else None
    if split is None:
        if pieces:
            yield pieces
        return
    for part in split:
        yield from _regions(part, depth + 1)


def _split(pieces: list[Piece]) -> list[list[Piece]] | None:
    """The pieces parted by the best gutter: what is above, left, right, what is below, and so on."""
    places = np.array([(piece.left, piece.right, piece.y) for piece in pieces], np.float64)
    em = float(np.median([piece.size for piece in pieces]))
    best: tuple[int, list[list[int]]] = (0, [])
    for strip in _strips(places, em):
        parts, score = _parted(places, pieces, strip, em)
        if score > best[0]:
            best = (score, parts)
    parts = [part for part in best[1] if part]
    return [[pieces[number] for number in part] for part in parts] if len(parts) > 1 else None


def _strips(places: Floats, em: float) -> list[tuple[float, float]]:
    """Blank strips that have enough pieces on both sides, those crossed by the fewest first."""
    left, right = places[:, 0], places[:, 1]
    width = right.max() - left.min()
    starts = np.unique(np.round(right))
    starts = starts[(starts > left.min() + 0.1 * width) & (starts < right.max() - 0.1 * width)]
    crossing = (left < starts[:, None] + _GUTTER * em) & (right > starts[:, None] + 1)
    before = (right <= starts[:, None] + 1).sum(axis=1)
    after = len(places) - crossing.sum(axis=1) - before
    fewest = np.minimum(before, after)
    able = np.flatnonzero(fewest >= _FEWEST)
    ranked = able[np.lexsort((-fewest[able], crossing.sum(axis=1)[able]))][:_TRIED]
    return [(float(x) + 1, float(x) + _GUTTER * em) for x in starts[ranked]]


def _parted(
    places: Floats, pieces: Sequence[Piece], strip: tuple[float, float], em: float
) -> tuple[list[list[int]], int]:
    """Numbers of the pieces of each part, and how many lines stand in columns."""
    before, after = places[:, 1] <= strip[0], places[:, 0] >= strip[1]
    before |= _overhanging(places, np.array([piece.order for piece in pieces]), before, after)
    parts: list[list[int]] = []
    flow: list[int] = []  # what is read across the strip
    score = longest = 0
    for band, wide in _bands(places, ~before & ~after, em):
        sides = band[before[band]], band[after[band]]
        lines = _column_lines(places, pieces, sides, em)
        if lines:
            parts += [flow, *(side.tolist() for side in sides)]
            flow = []
        else:
            flow += band.tolist()
        score, longest = score + lines, max(longest, lines)
        flow += wide
    return [*parts, flow], score if longest >= _FEWEST else 0


def _overhanging(places: Floats, order: Ints, before: Bools, after: Bools) -> Bools:
    """Crossing pieces that the file writes as part of the left column: too long for it, not wide.

    The left column goes on below them before the right one begins above them.
    """
    found = np.zeros(len(places), np.bool_)
    for wall in np.flatnonzero(~before & ~after).tolist():
        y, later = places[wall, 2], order > order[wall]
        above = after & later & (places[:, 2] < y)
        if above.any():
            below = before & later & (places[:, 2] > y)
            found[wall] = bool((order[below] < order[above].max()).any())
    return found


def _bands(places: Floats, crossing: Bools, em: float) -> Iterator[tuple[Ints, list[int]]]:
    """What stands between two crossing pieces, with the one below it."""
    walls = np.flatnonzero(crossing)
    walls = walls[np.argsort(places[walls, 2], kind="stable")]
    others = np.flatnonzero(~crossing)
    number = np.searchsorted(places[walls, 2], places[others, 2] + 0.4 * em)
    for wall in range(len(walls) + 1):
        yield others[number == wall], [int(walls[wall])] if wall < len(walls) else []


def _column_lines(
    places: Floats, pieces: Sequence[Piece], sides: tuple[Ints, Ints], em: float
) -> int:
    """Lines of the shorter of two columns; 0 where these are no columns to be read one by one."""
    heights = [places[side, 2] for side in sides]
    if not all(map(len, heights)):
        return 0
    counts = [len(np.unique(np.round(one / em, 1))) for one in heights]
    if max(counts) < _FEW:
        return 0
    count = min(counts)
    shared = min(one.max() for one in heights) - max(one.min() for one in heights)
    if shared < 0.3 * min(one.max() - one.min() for one in heights):
        return 0
    order = sorted((pieces[at].order, number) for number, side in enumerate(sides) for at in side)
    switches = sum(a[1] != b[1] for a, b in pairwise(order))
    if switches <= 1 + 0.15 * count:
        return count
    return count if all(_is_prose(places[side], em) for side in sides) else 0


def _is_prose(places: Floats, em: float) -> bool:
    """Whether most lines are long and fill the column."""
    rows: dict[int, list[float]] = {}
    for left, right, y in places.tolist():
        row = rows.setdefault(round(y / em * 2), [left, right])
        rows[round(y / em * 2)] = [min(row[0], left), max(row[1], right)]
    widths = np.array([right - left for left, right in rows.values()])
    whole = places[:, 1].max() - places[:, 0].min()
    return bool(np.median(widths) > 0.75 * whole and np.median(widths) > _PROSE * em)


# --- lines and blocks ---


def _joined(region: list[Piece]) -> list[Piece]:
    """Pieces of one line as one: words of a justified line, a bullet and its words."""
    found = rows(region)
    lines: list[Piece] = []
    for number, row in enumerate(found):
        near = [
            piece
            for other in found[max(0, number - 1) : number + 2]
            if other is not row and abs(other.y - row.y) < 1.8 * row.size
            for piece in other.pieces
        ]
        line = row.pieces[0]
        for piece in row.pieces[1:]:
            if _is_one_line(line, piece, near):
                line = _merged(line, piece)
            else:
                lines.append(line)
                line = piece
        lines.append(line)
    return lines


def _is_one_line(line: Piece, piece: Piece, near: Sequence[Piece]) -> bool:
    em, gap = max(line.size, piece.size), piece.left - line.right
    if (line.tag.level and line.tag == piece.tag) or gap < 0.3 * em:
        return True
    if line.font.fixed and piece.font.fixed:
        return gap < _CODE_APART * em
    if gap > _APART * em:
        return False
    if _BULLET.fullmatch(line.text) or (_NUMBER.fullmatch(line.text) and piece.text[0].isalpha()):
        return True
    # A line above or below runs across the gap, so it is no border of a column.
    edge = 0.3 * em
    bridged = any(one.left < line.right - edge and one.right > piece.left + edge for one in near)
    return bridged and not any(abs(one.left - piece.left) < edge for one in near)


def _merged(line: Piece, piece: Piece) -> Piece:
    long = max(line, piece, key=lambda one: len(one.text))
    blank = " "
    if line.font.fixed and piece.font.fixed:
        blank *= max(1, round((piece.left - line.right) / (_PITCH * piece.size)))
    return replace(
        long,
        text=f"{line.text}{blank}{piece.text}",
        left=line.left,
        right=max(line.right, piece.right),
        y=line.y,
        order=min(line.order, piece.order),
    )


def _blocks(lines: Sequence[Piece]) -> list[list[Piece]]:
    """Lines that the file writes one after the other and that stand below one another."""
    beside = _neighbours(lines)
    blocks: list[list[Piece]] = []
    for line in sorted(lines, key=lambda line: line.order):
        last = blocks[-1][-1] if blocks else None
        if last and _is_below(line, last) and not _parts(line, blocks[-1], beside):
            blocks[-1].append(line)
        else:
            blocks.append([line])
    return blocks


def _neighbours(lines: Sequence[Piece]) -> dict[int, list[Piece]]:
    """By ``order``: the other lines at the height of a line."""
    found: dict[int, list[Piece]] = {}
    by_height = sorted(lines, key=lambda line: line.y)
    for number, line in enumerate(by_height):
        for other in by_height[number + 1 :]:
            if other.y - line.y > 0.7 * line.size:
                break
            found.setdefault(line.order, []).append(other)
            found.setdefault(other.order, []).append(line)
    return found


def _parts(line: Piece, block: Sequence[Piece], beside: dict[int, list[Piece]]) -> bool:
    """Whether a table begins or ends between a block and a line: one runs over cells of the other."""
    above, below = beside.get(block[-1].order, []), beside.get(line.order, [])
    if above and not below:
        return _run_over([line], above)
    return not above and _run_over(block, below)


def _run_over(lines: Sequence[Piece], cells: Sequence[Piece]) -> bool:
    return any(
        min(line.right, cell.right) - max(line.left, cell.left) > 0.5 * line.size
        for line in lines
        for cell in cells
    )


def _is_below(line: Piece, last: Piece) -> bool:
    em = max(line.size, last.size)
    overlap = min(line.right, last.right) - max(line.left, last.left)
    narrow = min(line.right - line.left, last.right - last.left)
    return 0 < line.y - last.y < 2.5 * em and overlap > 0.3 * narrow


def _groups(blocks: Sequence[list[Piece]]) -> list[list[list[Piece]]]:
    """Blocks from top to bottom; those side by side in one group, in the order of the file."""
    groups: list[list[list[Piece]]] = []
    floor = -np.inf
    for block in sorted(blocks, key=lambda block: (_top(block), block[0].left)):
        if groups and _top(block) < floor:
            groups[-1].append(block)
        else:
            groups.append([block])
            floor = -np.inf
        floor = max(floor, block[-1].y)
    return [sorted(group, key=lambda block: block[0].order) for group in groups]


def _top(block: Sequence[Piece]) -> float:
    """The middle of the letters of its first line: cells of one row overlap, lines do not."""
    return block[0].y - 0.3 * block[0].size
