"""The characters of a page > its pieces of lines, with text, place, size and style.

A piece ends where the pen leaves the baseline or jumps over more than a wide blank, so a row of a
table or two columns side by side are several pieces. Which pieces make a line is decided where the
columns are known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from longgrain.readers.pdf.glyphs import Floats, Font, Glyphs
from longgrain.readers.pdf.letters import as_written
from longgrain.readers.pdf.tags import Tag

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

# In ems. Superscripts stand 0.3 to 0.45 above the baseline, lines at least 0.9 apart; words of
# justified lines are seldom 0.9 apart, columns seldom less.
_OFF_LINE, _WIDE, _BACK = 0.6, 0.9, 1.0
_NEWLINE_BLANK = 0.15  # a gap that pdfium took for a line end and that is a blank after all
_SPACES = re.compile(r"[ \u1680\u2000-\u200b\u202f\u205f\u3000]+")
_BLANKS = (0x09, 0x0A, 0x0D, 0x20, 0xA0, 0x1680, *range(0x2000, 0x200C), 0x202F, 0x205F, 0x3000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of one line. Points; x to the right, y downwards from the top of the page."""

    text: str
    page: int
    order: int
    """Its number in the content stream of its page."""
    left: float
    right: float
    y: float
    """Of the baseline."""
    size: float
    font: Font
    """That of most of its letters."""
    tag: Tag
    joint: str = ""
    """What stands between it and the piece before on the same line: a blank, a tab or nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """How many characters of a page are in no piece, and why."""

    turned: int = 0
    """They stand at another angle than most of the page."""
    outside: int = 0
    """They lie outside the page, or outside the part of it that they may paint."""
    cut: int = 0
    """The page has more characters than are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pieces:
    """What a page gives."""

    pieces: list[Piece]
    lost: Lost
    unmapped: int
    """Characters whose font does not say what they are."""
    height: float


EMPTY = Pieces(pieces=[], lost=Lost(), unmapped=0, height=0.0)


def read_pieces(glyphs: Glyphs, page: int, box: tuple[float, float, float, float]) -> Pieces:
    """The pieces of a page in the order of its content stream; ``box`` is its visible part.

    The page is read the way most of its text runs, so a table that lies on its side is read and a
    stamp along the margin is not. Vertical Chinese is read as lines from right to left.
    """
    if not (glyphs.run >= 0).any():
        return EMPTY
    drawn = np.flatnonzero(glyphs.run >= 0)
    turns = np.array([run.turn for run in glyphs.runs], np.int64)[glyphs.run[drawn]]
    turn = int(np.bincount(turns[turns >= 0], minlength=4).argmax())
    upright = turns == turn
    if vertical := turn == 0 and _is_vertical(glyphs, drawn[upright]):
        upright |= turns == 3  # brackets, digits and Latin words lie on their side
    shown = drawn[upright]
    seen = _is_seen(glyphs, shown, box)
    lost = Lost(turned=int((~upright).sum()), outside=int((~seen).sum()), cut=glyphs.cut)
    at = shown[seen]
    if vertical:
        at, place, height = _columns(glyphs, at, box)
    else:
        place, height = _turned(glyphs, at, turn, np.array(box))
    pieces = list(_pieces(glyphs, at, place, page, vertical)) if len(at) else []
    unmapped = np.array([run.unmapped for run in glyphs.runs], np.bool_)[glyphs.run[at]]
    return Pieces(pieces=pieces, lost=lost, unmapped=int(unmapped.sum()), height=height)


def _sizes(glyphs: Glyphs, at: Ints) -> Floats:
    return np.array([run.size for run in glyphs.runs])[glyphs.run[at]]


def _is_seen(glyphs: Glyphs, at: Ints, box: tuple[float, float, float, float]) -> Bools:
    """Whether characters begin on the page and may be painted."""
    x, y = glyphs.origins[at].T
    left, bottom, right, top = box
    hidden = np.array([run.hidden for run in glyphs.runs], np.bool_)[glyphs.run[at]]
    seen: Bools = ~hidden & (x > left - 1) & (x < right + 1) & (y > bottom - 1) & (y < top + 1)
    return seen


def _is_vertical(glyphs: Glyphs, at: Ints) -> bool:
    """Whether most characters stand below the one before, as in vertical Chinese."""
    sizes = _sizes(glyphs, at)[1:]
    dx, dy = (np.diff(glyphs.origins[at], axis=0) / sizes[:, None]).T
    down = (np.abs(dx) < 0.5) & (dy < -0.5) & (dy > -2)
    return bool(down.mean() > 0.6) if len(down) > 20 else False


def _turned(glyphs: Glyphs, at: Ints, turn: int, box: Floats) -> tuple[Floats, float]:
    """(n, 3) left, right, baseline after ``turn`` quarter turns back; the height of the page."""
    x, y = glyphs.origins[at].T
    left, bottom, right, top = glyphs.boxes[at].T
    x0, y0, x1, y1 = box
    if turn == 1:
        x, right, y, box = y, top, -x, np.array((y0, -x1, y1, -x0))
    elif turn == 2:
        x, right, y, box = -x, -left, -y, -box[[2, 3, 0, 1]]
    elif turn == 3:
        x, right, y, box = -y, -bottom, x, np.array((-y1, x0, -y0, x1))
    x, right = x - box[0], right - box[0]
    return np.stack([x, np.maximum(x, right), box[3] - y], axis=1), float(box[3] - box[1])


def _columns(
    glyphs: Glyphs, at: Ints, box: tuple[float, float, float, float]
) -> tuple[Ints, Floats, float]:
    """The characters of vertical text column by column, their places, the height of the page.

    pdfium takes what stands side by side in two columns for a line, so its order is no help.
    """
    at = at[~np.isin(glyphs.codes[at], _BLANKS)]
    left, bottom, right, top = glyphs.boxes[at].T
    middle, sizes = (left + right) / 2, _sizes(glyphs, at)
    order = np.argsort(-middle, kind="stable")
    column = np.empty(len(at), np.int64)
    column[order] = np.cumsum(np.append(0, np.diff(-middle[order])) > 0.5 * sizes[order])
    order = np.lexsort((-top, column))
    # One height for all of a column: ink stands to the left or right of its middle.
    height = np.array([np.median(middle[column == one]) for one in range(int(column.max()) + 1)])
    place = np.stack([box[3] - top, box[3] - bottom, box[2] - height[column]], axis=1)
    return at[order], place[order], box[2] - box[0]


def _pieces(glyphs: Glyphs, at: Ints, place: Floats, page: int, vertical: bool) -> Iterator[Piece]:
    sizes = _sizes(glyphs, at)
    starts = np.append(True, _breaks(place, sizes))
    first = np.flatnonzero(starts)
    last = np.append(first[1:], len(at)) - 1
    text, offsets = _spelled(glyphs, at, place, starts, vertical)
    seen = ~np.isin(glyphs.codes[at], _BLANKS)
    left = np.minimum.reduceat(np.where(seen, place[:, 0], np.inf), first).tolist()
    right = np.maximum.reduceat(np.where(seen, place[:, 1], -np.inf), first).tolist()
    run = glyphs.run[at]
    for number, (start, end) in enumerate(zip(first.tolist(), last.tolist(), strict=True)):
        words = _SPACES.sub(" ", as_written(text[offsets[start] : offsets[end] + 1])).strip()
        if not words:
            continue
        counts = np.bincount(run[start : end + 1] - run[start])
        main = int(counts.argmax() + run[start])
        level = start + int(np.flatnonzero(run[start : end + 1] == main)[0])
        yield Piece(
            text=words,
            page=page,
            order=number,
            left=left[number],
            right=right[number],
            y=float(place[level, 2]),
            size=glyphs.runs[main].size,
            font=glyphs.runs[main].font,
            tag=glyphs.runs[main].tag,
        )


def _breaks(place: Floats, sizes: Floats) -> Bools:
    em = np.maximum(sizes[1:], sizes[:-1])
    gap = place[1:, 0] - place[:-1, 1]
    off = np.abs(np.diff(place[:, 2])) > _OFF_LINE * em
    return off | (gap > _WIDE * em) | (gap < -_BACK * em)


def _spelled(
    glyphs: Glyphs, at: Ints, place: Floats, starts: Bools, vertical: bool
) -> tuple[str, list[int]]:
    """The characters with their blanks, and where in this string each character is."""
    codes = np.where(glyphs.codes > 0x10FFFF, 0xFFFD, glyphs.codes)
    blank = ~starts & (np.diff(at, prepend=at[0]) != 1) & ~_is_no_blank(glyphs, at, place, vertical)
    offsets = np.arange(len(at)) + np.cumsum(blank)
    spelled = np.full(int(offsets[-1]) + 1, 0x20, "<u4")
    spelled[offsets] = codes[at]
    return spelled.tobytes().decode("utf-32-le", "surrogatepass"), offsets.tolist()


def _is_no_blank(glyphs: Glyphs, at: Ints, place: Floats, vertical: bool) -> Bools:
    """Whether a blank that pdfium made up before a character is none.

    Between ideographs, unless they are farther apart than others; at what pdfium took for the end
    of a line that goes on.
    """
    sizes, wide = _sizes(glyphs, at), is_wide(glyphs.codes[at])
    between = wide & np.append(False, wide[:-1])
    # From pen to pen: boxes of some fonts hold the ink alone.
    steps = np.append(0.0, np.diff(place[:, 0])) / np.maximum(sizes, 0.1)
    usual = float(np.median(steps[between])) if between.any() else 1.0
    newline = np.isin(glyphs.codes[at - 1], (0x0A, 0x0D))
    gap = np.append(0.0, place[1:, 0] - place[:-1, 1])
    if vertical:
        joined: Bools = wide | np.append(True, wide[:-1]) | (gap < _NEWLINE_BLANK * sizes)
        return joined
    close = steps < max(1.0, usual) + _NEWLINE_BLANK
    joined = (between & close) | (newline & (gap < _NEWLINE_BLANK * sizes))
    return joined


def is_wide(codes: NDArray[np.uint32]) -> Bools:
    """Whether each is an ideograph, kana, or punctuation that goes with them."""
    wide: Bools = (
        ((codes >= 0x2E80) & (codes <= 0x9FFF) & (codes != 0x3000))
        | np.isin(codes, (0x2014, 0x2015, 0x2026))  # —— and …… are two each
        | ((codes >= 0xF900) & (codes <= 0xFAFF))
        | ((codes >= 0xFF01) & (codes <= 0xFF60))
        | ((codes >= 0x20000) & (codes <= 0x323AF))
    )
    return wide
