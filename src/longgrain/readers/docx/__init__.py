"""Word files > one Document each: headings by style or outline, lists, tables as rows, notes.

Read from its XML parts by hand and not through python-docx, which reads neither content controls
nor notes nor numbers of lists, and which gives up on a file with one dangling relationship.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from longgrain.readers.decoding import clean
from longgrain.readers.docx.numbering import Numbering
from longgrain.readers.docx.styles import Styles
from longgrain.readers.docx.word import Body
from longgrain.readers.packed import Packed, UnreadableError, check_bounds, held, local, xml_root
from longgrain.readers.text import stem
from longgrain.readers.writing import written
from longgrain.types import Document, Dropped


@dataclass(frozen=True, slots=True, kw_only=True)
class Docx:
    """Reads ``.docx`` files of Word, WPS, LibreOffice and pandoc."""

    name: ClassVar[str] = "docx"
    suffixes: ClassVar[tuple[str, ...]] = (".docx", ".docm")

    unpacked: int = 128 << 20
    """Bytes that the parts of a file may unpack to; pictures are not unpacked."""
    ratio: int = 200
    """How many times its packed size a file may unpack to, once that is over 8 MiB."""

    def __post_init__(self) -> None:
        check_bounds(self, "unpacked", "ratio")

    def read(self, raw: bytes, source: str) -> Iterator[Document | Dropped]:
        """One document with the file's title, author and date, or why there is none."""
        try:
            packed = Packed(raw, unpacked=self.unpacked, ratio=self.ratio)
            place, body = _main(packed)
            reading = _body(packed, place)
            page = written(reading.read(body))
            about = _about(packed)
        except UnreadableError as problem:
            yield Dropped(step="read", id=source, reason=problem.reason, detail=problem.detail)
            return
        decoded = clean(page.text)
        if not decoded.text.strip():
            yield Dropped(step="read", id=source, reason="no text", detail="a file without words")
            return
        title = reading.title or page.title or about.pop("title", "") or stem(source)
        about.pop("title", None)
        meta = {"title": title[:300], **page.meta, **about}
        yield Document.of(decoded.text, source=source, meta=meta)


def _main(packed: Packed) -> tuple[str, Any]:
    """The name of the main part, and the body in it."""
    places = _related(packed, "").get("officeDocument", [])
    place = next((one for one in [*places, "word/document.xml"] if one in packed), None)
    if place is None:
        raise UnreadableError("not a DOCX", "a zip without word/document.xml")
    root = xml_root(packed.read(place), strict=True)
    bodies = [child for child in root if local(child) == "body"]
    if not bodies:
        raise UnreadableError("not a DOCX", f"{place} has no body")
    return place, bodies[0]


def _body(packed: Packed, place: str) -> Body:
    """A body to be read, with the parts beside it; those that are missing or broken are empty."""
    related = _related(packed, place)

    def part(kind: str) -> Any:
        beside = posixpath.join(posixpath.dirname(place), f"{kind}.xml")
        name = next((one for one in related.get(kind, []) if one in packed), beside)
        return xml_root(packed.read_if_any(name))

    notes: dict[tuple[str, str], Any] = {}
    for kind in ("footnote", "endnote"):
        root = part(f"{kind}s")
        for note in root if root is not None else ():
            if local(note) == kind and held(note, "type") in (None, "normal"):
                notes[kind, held(note, "id") or ""] = note
    styles, numbering = Styles.of(part("styles")), Numbering.of(part("numbering"))
    return Body(styles=styles, numbering=numbering, notes=notes)


def _related(packed: Packed, place: str) -> dict[str, list[str]]:
    """The last word of a relationship's type > the parts that a part is so related to."""
    folder, name = posixpath.split(place)
    root = xml_root(packed.read_if_any(posixpath.join(folder, "_rels", f"{name}.rels")))
    found: dict[str, list[str]] = {}
    for relation in root if root is not None else ():
        kind = (held(relation, "Type") or "").rpartition("/")[2]
        target = posixpath.normpath(posixpath.join("/", folder, held(relation, "Target") or ""))
        found.setdefault(kind, []).append(target.lstrip("/"))
    return found


def _about(packed: Packed) -> dict[str, str]:
    """``title``, ``author`` and ``date`` (when it was last changed) of the file's properties."""
    root = xml_root(packed.read_if_any("docProps/core.xml"))
    told: dict[str, str] = {}
    for element in root if root is not None else ():
        words = clean(" ".join((element.text or "").split())).text
        if words:
            told[local(element)] = words[:300]
    date = told.get("modified") or told.get("created", "")
    found = {"title": told.get("title", ""), "author": told.get("creator", ""), "date": date}
    return {key: value for key, value in found.items() if value}
