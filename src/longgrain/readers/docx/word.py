"""The body of a Word file > its blocks: paragraphs, headings, items of lists, rows, code, notes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from longgrain.readers.docx.numbering import Numbering
from longgrain.readers.docx.styles import About, Styles
from longgrain.readers.docx.wingdings import shown
from longgrain.readers.listed import listed
from longgrain.readers.packed import held, local
from longgrain.readers.writing import BREAK, Block, fenced, flowing, rows

# Deleted and moved words, properties, and what an older program would show in place of a choice.
_UNREAD = listed(
    "del moveFrom instrText delText delInstrText rPr pPr sdtPr sdtEndPr Fallback sectPr tblPr "
    "tblGrid trPr tcPr annotationRef commentReference softHyphen fldData"
)
_AROUND = listed(
    "body sdt sdtContent ins moveTo customXml smartTag AlternateContent Choice footnote endnote "
    "txbxContent"
)
_SIGNS = {"tab": "\t", "br": BREAK, "cr": BREAK, "noBreakHyphen": "-", "ptab": "\t"}
_RAISED = str.maketrans("0123456789+-−n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻ⁿ")
_LOWERED = str.maketrans("0123456789+-−", "₀₁₂₃₄₅₆₇₈₉₊₋₋")
_FEW_DIGITS = re.compile(r"[-+−]?\d{1,4}|n")
_LONGEST_HEADING = 200  # code points; longer paragraphs with an outline level are body text
_LONGEST_CELL = 2000  # code points; a table with longer ones is there for the layout


@dataclass(slots=True, kw_only=True)
class Body:
    """Goes once through a body and collects its blocks."""

    styles: Styles
    numbering: Numbering
    notes: Mapping[tuple[str, str], Any] = field(default_factory=dict)
    """Kind (footnote, endnote) and id > the note's element."""
    blocks: list[Block] = field(default_factory=list)
    title: str = ""
    """What the paragraphs with the style of a title say."""
    _code: list[str] = field(default_factory=list)
    _cited: list[tuple[str, str]] = field(default_factory=list)
    _boxes: list[Any] = field(default_factory=list)
    _fields: list[str] = field(default_factory=list)
    """For each field that is open: "told" before its result, "shown" in it, "contents" of a toc."""
    _listed: bool = False

    def read(self, body: Any) -> list[Block]:
        """The blocks of the body, then its notes in the order in which they are cited."""
        self._walk(body)
        self._end_code()
        for number, key in enumerate(self._cited, start=1):
            if key in self.notes:
                note = Body(styles=self.styles, numbering=self.numbering)
                words = " ".join(block.text for block in note.read(self.notes[key]))
                self._emit(f"[{number}] {words}", tight=number > 1)
        return self.blocks

    def _walk(self, around: Any) -> None:
        for element in around:
            name = local(element)
            if name == "p":
                self._paragraph(element)
            elif name == "tbl":
                self._end_code()
                self._table(element)
            elif name in _AROUND and not _is_contents(element):
                self._walk(element)

    # --- paragraphs ---

    def _paragraph(self, paragraph: Any) -> None:
        about = self.styles.paragraph(paragraph)
        self._end_lost_fields(heading=about.level > 0)
        raw = "".join(self._inline(paragraph))
        boxes, self._boxes = self._boxes, []
        if about.is_code:
            self._code += raw.replace(BREAK, "\n").split("\n")
        elif about.is_contents:
            pass
        else:
            self._end_code()
            words = flowing(raw.replace("\t", " "))
            if words:
                self._words(words, about)
        for box in boxes:
            self._walk(box)

    def _words(self, words: str, about: About) -> None:
        at = about.list_level
        if at is None:
            at = self.numbering.level_of_style(about.list, about.style)
        mark = self.numbering.mark(about.list, at) if about.list else ""
        if about.is_title and not self.blocks:
            self.title = words = " ".join(words.split())
            self._emit(words, level=1)
        elif about.level and len(words) <= _LONGEST_HEADING:
            self._emit(mark.removeprefix("- ") + " ".join(words.split()), level=about.level)
        elif mark:
            indent = "  " * min(at, 8)
            words = indent + mark + words.replace("\n", f"\n{indent}  ")
            self._emit(words, tight=self._listed)
            self._listed = True
        else:
            self._emit(words)

    def _emit(self, words: str, *, level: int = 0, tight: bool = False) -> None:
        self._listed = False
        if self.title and len(self.blocks) > 0 and level:
            level += 1  # below the title
        self.blocks.append(Block(text=words, level=level, tight=tight))

    def _end_code(self) -> None:
        lines = "\n".join(line.rstrip() for line in self._code).strip("\n")
        self._code.clear()
        if lines:
            self._emit(fenced(lines))

    def _inline(self, element: Any) -> Iterator[str]:
        """The words of a paragraph, a link, a run."""
        for child in element:
            name = local(child)
            if name in _UNREAD:
                if name == "instrText" and self._fields and _is_toc(child):
                    self._fields[-1] = "contents"
            elif name == "t":
                visible = not {"told", "contents"}.intersection(self._fields)
                yield (child.text or "") if visible else ""
            elif name == "r":
                yield from self._run(child)
            elif name in _SIGNS:
                yield _SIGNS[name]
            elif name == "sym" and re.fullmatch("[0-9A-Fa-f]{1,4}", held(child, "char") or ""):
                yield shown(chr(int(held(child, "char") or "", 16)), held(child, "font") or "")
            elif name == "fldChar":
                self._field(held(child, "fldCharType") or "")
            elif name in ("footnoteReference", "endnoteReference"):
                self._cited.append((name.removesuffix("Reference"), held(child, "id") or ""))
                yield f"[{len(self._cited)}]"
            elif name in ("oMath", "oMathPara"):
                yield "".join(formula(child))
            elif name == "txbxContent":
                self._boxes.append(child)
            elif name == "ruby":
                yield self._ruby(child)
            elif name == "AlternateContent":
                yield from self._inline(_chosen(child))
            else:
                yield from self._inline(child)

    def _run(self, run: Any) -> Iterator[str]:
        about = {local(one): one for one in next(iter(_named(run, "rPr")), ())}
        if "vanish" in about and held(about["vanish"], "val") not in ("0", "false", "off"):
            return
        words = "".join(self._inline(run))
        if "rFonts" in about or not words.isascii():
            words = shown(words, held(about["rFonts"], "ascii") or "" if "rFonts" in about else "")
        shift = held(about["vertAlign"], "val") if "vertAlign" in about else ""
        if shift in ("superscript", "subscript") and _FEW_DIGITS.fullmatch(words):
            words = words.translate(_RAISED if shift == "superscript" else _LOWERED)
        yield words

    def _field(self, kind: str) -> None:
        if kind == "begin":
            self._fields.append("told")
        elif kind == "separate" and self._fields and self._fields[-1] == "told":
            self._fields[-1] = "shown"
        elif kind == "end" and self._fields:
            self._fields.pop()

    def _end_lost_fields(self, *, heading: bool) -> None:
        """A field that nobody ended must not swallow the file: no heading stands in a toc."""
        fields = ["shown" if field == "told" else field for field in self._fields]
        self._fields = [field for field in fields if not (heading and field == "contents")]

    def _ruby(self, ruby: Any) -> str:
        base = "".join(part for one in _named(ruby, "rubyBase") for part in self._inline(one))
        above = "".join(part for one in _named(ruby, "rt") for part in self._inline(one))
        return f"{base}（{above}）" if above.strip() else base

    # --- tables ---

    def _table(self, table: Any) -> None:
        cells = [list(_cells(row)) for row in _rows(table)]
        table_words = [[self._cell(cell) for cell in row] for row in cells]
        widest = max(map(len, table_words), default=0)
        longest = max((len(cell) for row in table_words for cell in row), default=0)
        if widest > 1 and longest <= _LONGEST_CELL:
            for number, row in enumerate(rows(table_words)):
                self._emit(row, tight=number > 0)
            return
        for cell in (cell for row in cells for cell in row):
            self._walk(cell)

    def _cell(self, cell: Any) -> str:
        """The words of a cell on one line; one that is covered from above has none."""
        if any(held(one, "val") != "restart" for one in _properties(cell, "vMerge")):
            return ""
        inner = Body(styles=self.styles, numbering=self.numbering, notes=self.notes)
        inner._cited, inner.title = self._cited, " "  # a title in a cell is none
        inner._walk(cell)
        inner._end_code()
        return " ".join(" ".join(block.text.split()) for block in inner.blocks)


def formula(element: Any) -> Iterator[str]:
    """Office Math on one line: fractions, powers and roots as one would type them."""
    name = local(element)
    parts = {local(child): child for child in element}

    def part(key: str) -> str:
        return "".join(formula(parts[key])) if key in parts else ""

    if name == "t":
        yield element.text or ""
    elif name == "f":
        yield f"({part('num')})/({part('den')})"
    elif name in ("sSup", "sSub", "sSubSup"):
        below, above = part("sub"), part("sup")
        yield part("e") + (f"_{{{below}}}" if below else "") + (f"^{{{above}}}" if above else "")
    elif name == "rad":
        yield f"√({part('e')})" if not part("deg") else f"({part('e')})^(1/{part('deg')})"
    elif name == "d":
        yield f"({', '.join(''.join(formula(one)) for one in _named(element, 'e'))})"
    elif name not in _UNREAD:
        for child in element:
            yield from formula(child)


def _named(element: Any, name: str) -> list[Any]:
    return [child for child in element if local(child) == name]


def _properties(cell: Any, name: str) -> list[Any]:
    return [one for held_ in _named(cell, "tcPr") for one in _named(held_, name)]


def _rows(table: Any) -> Iterator[Any]:
    for element in table:
        name = local(element)
        if name == "tr":
            deleted = [p for p in _named(element, "trPr") if _named(p, "del")]
            if not deleted:
                yield element
        elif name in _AROUND:
            yield from _rows(element)


def _cells(row: Any) -> Iterator[Any]:
    for element in row:
        name = local(element)
        if name == "tc":
            yield element
        elif name in _AROUND:
            yield from _cells(element)


def _chosen(alternatives: Any) -> Any:
    """The first choice of alternatives; what stands for older programs where there is none."""
    found = _named(alternatives, "Choice") or _named(alternatives, "Fallback")
    return found[0] if found else ()


def _is_contents(element: Any) -> bool:
    """Whether a content control holds a table of contents."""
    told = [one for held_ in _named(element, "sdtPr") for one in held_.iter()]
    galleries = [held(one, "val") for one in told if local(one) == "docPartGallery"]
    return "Table of Contents" in galleries


def _is_toc(instruction: Any) -> bool:
    return (instruction.text or "").strip().upper().startswith("TOC")
