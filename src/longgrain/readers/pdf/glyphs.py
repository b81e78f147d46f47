"""One page of an open PDF > its characters as arrays: code, place, size, font, tag.

Everything that touches pdfium's C functions for text is here. Three calls a character are mapped
without a Python loop body (0.4 microseconds each); what holds for a whole run of characters on one
baseline (size, slope, font, tag) is asked once a run.
"""

from __future__ import annotations

import ctypes
import math
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import repeat
from typing import Any

import numpy as np
import pypdfium2.raw as pdfium
from numpy.typing import NDArray

from longgrain.readers.pdf.tags import Tag, is_artifact

Floats = NDArray[np.float64]

MOST = 50_000  # characters of one page that are looked at; a dense page has 10,000
_CHUNK = 4096  # characters whose places are asked at a time
_FIXED_PITCH, _FORCE_BOLD = 1 << 0, 1 << 18  # PDF 32000-1, table 123
_BOLD_NAMES = ("bold", "black", "heavy", "semibold", "-bd", "medi", "cmbx", "黑体", "simhei")
_FIXED_NAMES = ("mono", "courier", "cmtt", "lmtt", "typewriter", "consol", "menlo", "sourcecode")
_BOLD_WEIGHT = 600
_MOST_SEGMENTS = 64  # of a clip path; a rectangle has 5


@dataclass(frozen=True, slots=True)
class Font:
    """A font as far as headings and code are concerned."""

    name: str
    bold: bool
    fixed: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Run:
    """What the characters of one run share: a stretch on one baseline, in one font size."""

    size: float
    turn: int
    """Quarter turns against the clock; -1 where the text stands at any other angle."""
    font: Font
    tag: Tag
    unmapped: bool
    """Whether the font does not say which characters its glyphs are."""
    hidden: bool
    """Whether its baseline is outside the part of the page that it may paint."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Glyphs:
    """The characters of a page in the order of its content stream, n of each.

    In points, y upwards: ``boxes`` (n, 4) are left, bottom, right, top; ``origins`` (n, 2) where
    each one's pen begins on the baseline. ``run`` is the number of each one's run, -1 for blanks
    that pdfium made up between words and at line ends.
    """

    codes: NDArray[np.uint32]
    boxes: Floats
    origins: Floats
    run: NDArray[np.int64]
    runs: tuple[Run, ...]
    cut: int
    """Characters beyond ``MOST``, which are left out."""


def read_glyphs(page: Any, tags: Mapping[int, Tag]) -> Glyphs | None:
    """The characters of a loaded page, or None where pdfium finds no way to its text.

    ``tags`` maps marked-content ids of the page to tags.
    """
    handle = pdfium.FPDFText_LoadPage(page)
    if not handle:
        return None
    try:
        count = max(0, pdfium.FPDFText_CountChars(handle))
        return _glyphs(handle, min(count, MOST), max(0, count - MOST), tags)
    finally:
        pdfium.FPDFText_ClosePage(handle)


def _glyphs(handle: Any, count: int, cut: int, tags: Mapping[int, Tag]) -> Glyphs:
    codes = np.fromiter(
        map(pdfium.FPDFText_GetUnicode, repeat(handle), range(count)), np.uint32, count
    )
    boxes, origins = _places(handle, count)
    made_up = _made_up(handle, boxes)
    owned = np.flatnonzero(~made_up)
    sizes = _sizes(handle, owned, origins[owned], boxes[owned])
    starts = _starts(origins[owned], sizes)
    run = np.full(count, -1, np.int64)
    run[owned] = np.cumsum(starts) - 1
    fonts: dict[int, Font] = {}
    runs = tuple(
        _run(handle, members, origins[members[0]].tolist(), tags, fonts)
        for members in np.split(owned, np.flatnonzero(starts)[1:])
        if len(members)
    )
    return Glyphs(codes=codes, boxes=boxes, origins=origins, run=run, runs=runs, cut=cut)


def _places(handle: Any, count: int) -> tuple[Floats, Floats]:
    """Boxes (n, 4): left, bottom, right, top; origins (n, 2) on the baseline."""
    slots = _slots()
    boxes, origins = np.zeros((count, 4)), np.zeros((count, 2))
    for start in range(0, count, _CHUNK):
        call, each = repeat(handle), range(start, min(start + _CHUNK, count))
        for memory in (slots.boxes, slots.points):  # a call that fails leaves its place as it was
            ctypes.memset(memory, 0, ctypes.sizeof(memory))
        # A deque of length 0 runs a map and keeps nothing.
        deque(map(pdfium.FPDFText_GetLooseCharBox, call, each, slots.each_box), 0)
        deque(map(pdfium.FPDFText_GetCharOrigin, call, each, slots.each_x, slots.each_y), 0)
        # FS_RECTF is left, top, right, bottom.
        found = np.frombuffer(slots.boxes, np.float32).reshape(-1, 4)[:, [0, 3, 2, 1]]
        boxes[start : start + _CHUNK] = found[: len(each)]
        origins[start : start + _CHUNK] = np.frombuffer(slots.points).reshape(-1, 2)[: len(each)]
    for places in (boxes, origins):
        places[~np.isfinite(places)] = 0.0
    return boxes, origins


@dataclass(frozen=True, slots=True, eq=False)
class _Slots:
    """Memory that pdfium writes to, and a pointer to each place in it."""

    boxes: Any
    points: Any
    each_box: list[Any]
    each_x: list[Any]
    each_y: list[Any]


@cache
def _slots() -> _Slots:
    """Kept from page to page: making the pointers takes as long as the calls themselves."""
    boxes, points = (pdfium.FS_RECTF * _CHUNK)(), (ctypes.c_double * (2 * _CHUNK))()
    at = [ctypes.c_double.from_buffer(points, 8 * number) for number in range(2 * _CHUNK)]
    return _Slots(boxes, points, list(boxes), at[::2], at[1::2])


def _made_up(handle: Any, boxes: Floats) -> NDArray[np.bool_]:
    """Whether pdfium made up each character: those that it did have a box without extent."""
    found = np.zeros(len(boxes), np.bool_)
    for at in np.flatnonzero((boxes[:, 0] == boxes[:, 2]) & (boxes[:, 1] == boxes[:, 3])).tolist():
        found[at] = pdfium.FPDFText_IsGenerated(handle, at) == 1
    return found


def _sizes(handle: Any, owned: NDArray[np.int64], origins: Floats, boxes: Floats) -> Floats:
    """The font size of each character, asked where its baseline or the height of its box changes."""
    heights = boxes[:, 3] - boxes[:, 1]
    asked = np.ones(len(owned), np.bool_)
    asked[1:] = (np.diff(origins[:, 1]) != 0) | (np.abs(np.diff(heights)) > 0.01)
    found = [pdfium.FPDFText_GetFontSize(handle, at) for at in owned[asked].tolist()]
    sizes: Floats = np.array(found, np.float64)[np.cumsum(asked) - 1]
    return sizes


def _starts(origins: Floats, sizes: Floats) -> NDArray[np.bool_]:
    """Where a run begins.

    That is where the font size changes or the pen leaves the baseline, which is upright where two
    steps in a row go up or down. Objects of the page are no help: some programs write one for
    each glyph.
    """
    starts = np.ones(len(sizes), np.bool_)
    along, across = (np.abs(np.diff(origins, axis=0)) > 0.01).T
    upright = across & ~along
    upright[1:] &= upright[:-1] | np.append(upright[2:], False)
    starts[1:] = (across & ~upright) | (np.diff(sizes) != 0)
    return starts


def _run(
    handle: Any,
    members: NDArray[np.int64],
    origin: list[float],
    tags: Mapping[int, Tag],
    fonts: dict[int, Font],
) -> Run:
    first, matrix = int(members[0]), pdfium.FS_MATRIX()
    pdfium.FPDFText_GetMatrix(handle, first, matrix)
    size = pdfium.FPDFText_GetFontSize(handle, first) * math.hypot(matrix.c, matrix.d)
    item = pdfium.FPDFText_GetTextObject(handle, first)
    return Run(
        size=size if math.isfinite(size) and size > 0.1 else 0.1,
        turn=_turn(matrix.a, matrix.b),
        font=_main_font(handle, members, fonts),
        tag=_tag(item, tags),
        unmapped=pdfium.FPDFText_HasUnicodeMapError(handle, first) == 1,
        hidden=_is_hidden(item, *origin),
    )


def _is_hidden(item: Any, x: float, y: float) -> bool:
    """Whether a point of the object lies outside the first path that clips it.

    Chromium prints a line that a page break cuts on both pages, clipped to its tops and its tails.
    Inside a form other coordinates hold: there the object's own bounds do not hold the point.
    """
    clip = pdfium.FPDFPageObj_GetClipPath(item)
    if pdfium.FPDFClipPath_CountPaths(clip) < 1:
        return False
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    if not pdfium.FPDFPageObj_GetBounds(item, left, bottom, right, top):
        return False
    if not (left.value - 1 < x < right.value + 1 and bottom.value - 9 < y < top.value + 9):
        return False
    heights = []
    for number in range(min(_MOST_SEGMENTS, pdfium.FPDFClipPath_CountPathSegments(clip, 0))):
        segment = pdfium.FPDFClipPath_GetPathSegment(clip, 0, number)
        if pdfium.FPDFPathSegment_GetPoint(segment, left, top):
            heights.append(top.value)
    return bool(heights) and not min(heights) - 0.1 <= y <= max(heights) + 0.1


def _turn(a: float, b: float) -> int:
    if not math.isfinite(a + b):
        return -1
    quarters = math.atan2(b, a) / (math.pi / 2)
    return round(quarters) % 4 if abs(quarters - round(quarters)) < 0.06 else -1  # 5 degrees


def _tag(item: Any, tags: Mapping[int, Tag]) -> Tag:
    number = pdfium.FPDFPageObj_GetMarkedContentID(item)
    if number >= 0:
        return tags.get(number, Tag())
    return Tag(artifact=is_artifact(item))


def _main_font(handle: Any, members: NDArray[np.int64], fonts: dict[int, Font]) -> Font:
    """The font of most of three characters spread over a run; of those as frequent, the plainest."""
    counts: Counter[Font] = Counter()
    for share in (0.2, 0.5, 0.8):
        at = int(members[int(share * len(members))])
        font = pdfium.FPDFTextObj_GetFont(pdfium.FPDFText_GetTextObject(handle, at))
        place = ctypes.addressof(font.contents) if font else 0
        if place not in fonts:
            fonts[place] = _font(font)
        counts[fonts[place]] += 1
    return max(counts, key=lambda one: (counts[one], not one.bold, not one.fixed, one.name))


def _font(font: Any) -> Font:
    if not font:
        return Font(name="", bold=False, fixed=False)
    buffer = ctypes.create_string_buffer(128)
    size = pdfium.FPDFFont_GetBaseFontName(font, buffer, 128)
    name = buffer.raw[: max(0, min(size, 128) - 1)].decode("utf-8", "replace")
    name = name.split("+", 1)[-1]  # ABCDEF+ marks a subset
    flags = max(0, pdfium.FPDFFont_GetFlags(font))
    low = name.lower()
    bold = (
        bool(flags & _FORCE_BOLD)
        or pdfium.FPDFFont_GetWeight(font) >= _BOLD_WEIGHT
        or any(word in low for word in _BOLD_NAMES)
    )
    fixed = bool(flags & _FIXED_PITCH) or any(word in low for word in _FIXED_NAMES)
    return Font(name=name, bold=bold, fixed=fixed)
