"""PDF files > one Document each: columns in order, lines joined, headings known, headers left out.

pdfium gives the characters; everything else is told from where they stand. Headings come from the
tags that Word and Chromium write, else from the outline, else from font sizes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from longgrain.readers.text import stem
from longgrain.readers.writing import Written, written
from longgrain.types import Document, Dropped

if TYPE_CHECKING:
    from longgrain.readers.pdf.lines import Piece, Pieces
    from longgrain.readers.pdf.marks import Entry

_MAGIC = b"%PDF-"
_HEAD = 1024  # bytes in which readers of PDF look for it
_UNREADABLE = 1000  # pages in a row; a broken count claims millions
_FEW = 100  # characters: a stamp or a page number on a scan
_UNMAPPED = 0.5  # share of characters without a meaning from which a text is none
_OUTLINE = 20_000  # entries
_XYZ, _FIT_WIDTH = 1, 3  # views of a destination, by their numbers in pdfium
_OCR = "read it with the reader 'docling' (pip install 'longgrain[docling]'), which reads pictures"

# Plans are copied into run folders, so a password does not belong there.
PASSWORD = "LONGGRAIN_PDF_PASSWORD"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pdf:
    """Reads ``.pdf`` files that hold text."""

    name: ClassVar[str] = "pdf"
    suffixes: ClassVar[tuple[str, ...]] = (".pdf",)

    password: str = ""
    """For files that are encrypted; "" takes it from the environment, `LONGGRAIN_PDF_PASSWORD`."""

    def read(self, raw: bytes, source: str) -> Iterator[Document | Dropped]:
        """One document, or why there is none.

        ``meta`` has ``headings``, ``pages`` and, where there were any, ``left_out`` (lines of
        headers and footers, characters that stand askew or outside the page),
        ``pages_without_text``, ``pages_unreadable`` and ``replaced``.
        """
        import pypdfium2

        if problem := no_pdf(raw, source):
            yield problem
            return
        password = self.password or os.environ.get(PASSWORD)
        try:
            document = pypdfium2.PdfDocument(raw, password=password or None)
        except pypdfium2.PdfiumError as error:
            yield _refused(source, str(error), bool(password))
            return
        with closing(document):
            yield _read(document, source)


def _refused(source: str, problem: str, with_password: bool) -> Dropped:
    if "assword" not in problem:
        return _dropped(source, "broken PDF", problem)
    wrong = "its password is not the one given" if with_password else "it needs a password"
    detail = f"{wrong}: set {PASSWORD} in the environment, or `password` of the reader 'pdf'"
    return _dropped(source, "encrypted", detail)


def no_pdf(raw: bytes, source: str) -> Dropped | None:
    """Why bytes are no PDF, by a look at the first of them."""
    if not raw.strip(b"\0 \t\r\n\f"):
        return _dropped(source, "empty", "no byte but blanks")
    if _MAGIC not in raw[:_HEAD]:
        return _dropped(source, "not a PDF", f"no {_MAGIC.decode()} in its first {_HEAD} bytes")
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scan:
    """All pages of a document."""

    pages: list[Pieces]
    silent: int
    """Pages without text."""
    pictures: int
    """Pages with a picture and next to no text."""
    broken: int


def _dropped(source: str, reason: str, detail: str) -> Dropped:
    return Dropped(step="read", id=source, reason=reason, detail=detail)


def _read(document: Any, source: str) -> Document | Dropped:
    from longgrain.readers.pdf.running import without_running

    if not len(document):
        return _dropped(source, "empty", "it has no pages")
    scan = _scan(document)
    if not any(page.pieces for page in scan.pages):
        return _silent(scan, source)
    letters = sum(map(_letters, scan.pages))
    unmapped = sum(page.unmapped for page in scan.pages)
    if unmapped > _UNMAPPED * letters:
        detail = f"its fonts do not say what {unmapped:,} of its characters are: {_OCR}"
        return _dropped(source, "unreadable fonts", detail)
    kept, running = without_running(
        [page.pieces for page in scan.pages], [page.height for page in scan.pages]
    )
    if not any(kept):
        return _silent(scan, source)
    found, replaced = _text(kept, _outline(document, scan))
    meta = {
        "title": _title(document, found) or stem(source),
        **found.meta,
        "pages": len(scan.pages),
        **_counts(scan, running, replaced),
    }
    return Document.of(found.text, source=source, meta=meta)


def _silent(scan: _Scan, source: str) -> Dropped:
    if not scan.pictures and scan.broken == len(scan.pages):
        return _dropped(source, "broken PDF", f"none of its {scan.broken} pages can be loaded")
    if not scan.pictures:
        return _dropped(source, "empty", f"nothing to read on its {len(scan.pages)} pages")
    detail = f"{scan.pictures} of its {len(scan.pages)} pages are pictures: {_OCR}"
    return _dropped(source, "scanned", detail)


def _counts(scan: _Scan, running: Mapping[str, int], replaced: int) -> dict[str, Any]:
    """What was left out, where there is anything to say."""
    lost = [page.lost for page in scan.pages]
    characters = {
        "turned characters": sum(one.turned for one in lost),
        "hidden characters": sum(one.outside for one in lost),
        "characters of overfull pages": sum(one.cut for one in lost),
    }
    left_out = {**running, **{kind: count for kind, count in characters.items() if count}}
    counts = {
        "left_out": left_out,
        "pages_without_text": scan.silent,
        "pages_unreadable": scan.broken,
        "unmapped": sum(page.unmapped for page in scan.pages),
        "replaced": replaced,
    }
    return {key: value for key, value in counts.items() if value}


# --- pages ---


def _scan(document: Any) -> _Scan:
    """Loads, reads and closes page after page."""
    import pypdfium2

    from longgrain.readers.pdf.lines import EMPTY

    pages: list[Pieces] = []
    silent = pictures = broken = row = 0
    for number in range(len(document)):
        try:
            with closing(document[number]) as page:
                found = _page(page, number, len(document))
                if found is not None and _letters(found) < _FEW:
                    silent += not found.pieces
                    pictures += _has_picture(page)
        except pypdfium2.PdfiumError:
            found = None
        row = 0 if found else row + 1
        broken += found is None
        pages.append(found or EMPTY)
        if row >= _UNREADABLE:
            broken += len(document) - number - 1
            break
    return _Scan(pages=pages, silent=silent, pictures=pictures, broken=broken)


def _letters(page: Pieces) -> int:
    return sum(len(piece.text) for piece in page.pieces)


def _page(page: Any, number: int, pages: int) -> Pieces | None:
    from longgrain.readers.pdf.glyphs import read_glyphs
    from longgrain.readers.pdf.lines import read_pieces
    from longgrain.readers.pdf.tags import headings_by_content

    glyphs = read_glyphs(page, headings_by_content(page, pages))
    return None if glyphs is None else read_pieces(glyphs, number, page.get_bbox())


def _has_picture(page: Any) -> bool:
    import pypdfium2.raw as pdfium

    objects = range(min(64, pdfium.FPDFPage_CountObjects(page)))
    wanted = (pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_FORM)
    return any(
        pdfium.FPDFPageObj_GetType(pdfium.FPDFPage_GetObject(page, one)) in wanted
        for one in objects
    )


def _outline(document: Any, scan: _Scan) -> list[Entry]:
    """The outline's entries that point at a page."""
    from itertools import islice

    from longgrain.readers.pdf.marks import Entry

    entries = []
    for item in islice(document.get_toc(max_depth=8), _OUTLINE):
        target = item.get_dest()
        page = target.get_index() if target else None
        if page is None or not 0 <= page < len(scan.pages):
            continue
        kind, view = target.get_view()
        y = None
        if view and kind in (_XYZ, _FIT_WIDTH):
            height = view[1] if kind == _XYZ and len(view) > 1 else view[0]
            y = scan.pages[page].height - height
        entries.append(Entry(title=item.get_title(), level=item.level + 1, page=page, y=y))
    return entries


# --- text ---


def _text(pages: Sequence[Sequence[Piece]], outline: Sequence[Entry]) -> tuple[Written, int]:
    """The text with its headings, and how many characters were replaced."""
    from longgrain.readers.pdf.blocks import blocks, texts_of
    from longgrain.readers.pdf.join import spelling
    from longgrain.readers.pdf.marks import marked
    from longgrain.readers.pdf.order import in_order
    from longgrain.readers.pdf.paragraphs import measured, paragraphs
    from longgrain.readers.pdf.styles import styled

    lines = [line for page in pages for line in in_order(page)]
    body = measured(lines)
    found = paragraphs(lines, marked(lines, outline), body)
    texts, replaced = texts_of(found, spelling(line.text for line in lines))
    return written(blocks(texts, styled(found, texts, body))), replaced


def _title(document: Any, found: Written) -> str:
    """The title that the file gives itself, if the text has it too; else the highest heading."""
    given = " ".join(document.get_metadata_value("Title").split())
    text, headings = found.text, found.headings
    start = "".join(text[:5000].split()).casefold()
    if len(given) > 3 and "".join(given.split()).casefold() in start:
        return given
    early = [heading for heading in headings if heading[0] < 5000] or list(headings[:1])
    if early:
        first = min(early, key=lambda heading: (heading[2], heading[0]))
        return " ".join(text[first[0] : first[1]].split())
    return "" if given.lower().endswith((".pdf", ".doc", ".docx", ".html")) else given
