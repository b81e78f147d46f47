"""PDF files, scans among them > one Document each, read by docling's models; chosen by name only.

It needs the extra ``docling`` and model weights, and takes seconds a page. The reader ``pdf`` comes
first for files that hold text; this one is for scans, and for tables that ``pdf`` gets wrong.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

from longgrain.errors import SourceError
from longgrain.readers.decoding import clean
from longgrain.readers.pdf import no_pdf
from longgrain.readers.text import stem
from longgrain.readers.writing import Block, Written, written
from longgrain.types import Document, Dropped


@dataclass(frozen=True, slots=True, kw_only=True)
class Docling:
    """Reads ``.pdf`` files with docling."""

    name: ClassVar[str] = "docling"
    suffixes: ClassVar[tuple[str, ...]] = (".pdf",)

    ocr: bool = True
    """Whether pictures of text are read."""
    weights: str = ""
    """The folder with docling's models; empty for where docling keeps them itself."""

    def read(self, raw: bytes, source: str) -> Iterator[Document | Dropped]:
        """One document, or why there is none.

        Raises SourceError where docling or its weights are missing: then no file can be read.
        """
        if problem := no_pdf(raw, source):
            yield problem
            return
        result = _convert(_converter(self.ocr, self.weights), raw, source)
        if isinstance(result, Dropped):
            yield result
            return
        found, replaced = text_of(result)
        if not found.text.strip():
            yield Dropped(step="read", id=source, reason="empty", detail="docling finds no text")
            return
        meta = {"title": found.title or stem(source), **found.meta}
        counts = {"replaced": replaced} if replaced else {}
        yield Document.of(found.text, source=source, meta=meta | counts)


def text_of(document: Any) -> tuple[Written, int]:
    """The text of a DoclingDocument with its headings, and how many characters were replaced.

    Headers, footers and page numbers are in a layer of their own, which docling leaves out.
    """
    blocks: list[Block] = []
    replaced = titles = 0
    before = ""
    for item, _ in document.iterate_items():
        cleaned = clean(_words(item))
        kind, replaced = item.label.value, replaced + cleaned.replaced
        if not cleaned.text.strip():
            continue
        titles += kind == "title"
        level = getattr(item, "level", 1) + bool(titles) if kind == "section_header" else 0
        blocks.append(
            Block(
                text=cleaned.text.strip("\n"),
                level=1 if kind == "title" else level,
                tight=kind == before == "list_item",
            )
        )
        before = kind
    return written(blocks), replaced


def _words(item: Any) -> str:
    """What an item says: a paragraph, an item of a list with its mark, a table, code."""
    kind = item.label.value
    if kind in ("table", "document_index") and hasattr(item, "data"):
        return _table(item.data.grid)
    text = str(getattr(item, "text", "") or "")
    if kind == "list_item" and text:
        return f"{item.marker if item.enumerated else '-'} {text}"
    return f"```\n{text}\n```" if kind == "code" else " ".join(text.split())


def _table(grid: Iterable[Iterable[Any]]) -> str:
    """Rows as lines; a cell that spans several places is said once."""
    said: set[tuple[int, int]] = set()
    rows = []
    for row in grid:
        cells = []
        for cell in row:
            place = (cell.start_row_offset_idx, cell.start_col_offset_idx)
            if place not in said:
                said.add(place)
                cells.append(" ".join(cell.text.split()))
        rows.append(f"| {' | '.join(cells)} |" if any(cells) else "")
    return "\n".join(filter(None, rows))


def _convert(converter: Any, raw: bytes, source: str) -> Any:
    """A DoclingDocument, or why docling has none."""
    from docling.datamodel.base_models import DocumentStream
    from docling.exceptions import ConversionError

    name = f"{stem(source)}.pdf"
    try:
        result = converter.convert(
            DocumentStream(name=name, stream=io.BytesIO(raw)), raises_on_error=False
        )
    except ConversionError as problem:
        return Dropped(step="read", id=source, reason="broken PDF", detail=str(problem))
    if result.status.value != "success":
        problems = "; ".join(error.error_message for error in result.errors)
        detail = f"docling ends with {result.status.value!r}: {problems or 'it says no more'}"
        return Dropped(step="read", id=source, reason="broken PDF", detail=detail)
    return result.document


@cache
def _converter(ocr: bool, weights: str) -> Any:
    """docling with its models loaded; once a process."""
    try:
        from docling.datamodel.base_models import InputFormat
        from docling.datamodel.pipeline_options import PdfPipelineOptions
        from docling.document_converter import DocumentConverter, PdfFormatOption
    except ImportError as problem:
        raise SourceError(
            f"the reader 'docling' was asked for and docling cannot be imported ({problem}), so no "
            "PDF can be read with it: pip install 'longgrain[docling]', or leave the reader out of "
            "`readers` and have PDFs read by 'pdf'"
        ) from problem
    options = PdfPipelineOptions(do_ocr=ocr, artifacts_path=weights or None)
    converter = DocumentConverter(
        format_options={InputFormat.PDF: PdfFormatOption(pipeline_options=options)}
    )
    try:
        converter.initialize_pipeline(InputFormat.PDF)
    except Exception as problem:  # whatever the hub client, torch or the OCR engine raises
        raise SourceError(
            f"docling's models cannot be loaded ({type(problem).__name__}: {problem}), so no PDF "
            "can be read with it: run `docling-tools models download` where there is a network, "
            "and name the folder as `weights` of the reader 'docling'"
        ) from problem
    return converter
