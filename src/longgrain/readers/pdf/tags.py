"""The structure tree of a tagged PDF > for one page, which marked content is a heading.

Chromium, Word and LibreOffice write such trees: H1 to H6 around headings, and "Artifact" around
what belongs to the page and not to the text (running headers, page numbers).
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any

import pypdfium2.raw as pdfium

# The root lists the blocks of the whole document again on every page: beyond this many visits the
# tree is left alone and headings come from the outline and the fonts.
MOST_VISITS = 3_000_000
_DEEPEST, _MOST_NODES = 60, 20_000
_ARTIFACT = "Artifact".encode("utf-16-le")
_LEVELS = {"Title": 1, "H": 1} | {f"H{level}": level for level in range(1, 7)}


@dataclass(frozen=True, slots=True)
class Tag:
    """What the author's program says about a stretch of text."""

    level: int = 0
    """Of the heading that it belongs to; 0 for none."""
    heading: int = 0
    """The number of that heading on its page, so that its lines are known to be one."""
    artifact: bool = False
    """Whether it belongs to the page, not to the text."""


def headings_by_content(page: Any, pages: int) -> dict[int, Tag]:
    """Marked-content id > tag, for the headings of a loaded page."""
    tree = pdfium.FPDF_StructTree_GetForPage(page)
    if not tree:
        return {}
    try:
        return _walk(tree, pages)
    finally:
        pdfium.FPDF_StructTree_Close(tree)


def is_artifact(item: Any) -> bool:
    """Whether a page object is marked as an artifact."""
    name, length = (ctypes.c_ushort * 24)(), ctypes.c_ulong()
    for number in range(max(0, pdfium.FPDFPageObj_CountMarks(item))):
        mark = pdfium.FPDFPageObj_GetMark(item, number)
        known = mark and pdfium.FPDFPageObjMark_GetName(mark, name, 48, length)
        if known and bytes(name)[: max(0, length.value - 2)] == _ARTIFACT:
            return True
    return False


def _walk(tree: Any, pages: int) -> dict[int, Tag]:
    tags: dict[int, Tag] = {}
    count = pdfium.FPDF_StructTree_CountChildren(tree)
    waiting = [
        (pdfium.FPDF_StructTree_GetChildAtIndex(tree, child), Tag(), 0)
        for child in reversed(range(min(count, _MOST_NODES)))
    ]
    for number in range(1, _MOST_NODES):
        if not waiting:
            break
        element, tag, depth = waiting.pop()
        if not element or depth > _DEEPEST:
            continue
        level = _LEVELS.get(_kind(element), 0)
        tag = Tag(level=level, heading=number) if level else tag
        children = pdfium.FPDF_StructElement_CountChildren(element)
        if children * pages > MOST_VISITS:
            return {}
        for child in reversed(range(children)):
            if tag.level:
                content = pdfium.FPDF_StructElement_GetChildMarkedContentID(element, child)
                if content >= 0:
                    tags[content] = tag
                    continue
            if inner := pdfium.FPDF_StructElement_GetChildAtIndex(element, child):
                waiting.append((inner, tag, depth + 1))
    return tags


def _kind(element: Any) -> str:
    buffer = ctypes.create_string_buffer(64)
    size = pdfium.FPDF_StructElement_GetType(element, buffer, 64)
    return buffer.raw[: max(0, min(size, 64) - 2)].decode("utf-16-le", "replace")
