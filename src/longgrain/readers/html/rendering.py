"""A tree of elements > blocks of text: paragraphs, headings, lists, rows, code, formulas."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from longgrain.readers.html.markup import Tree
from longgrain.readers.listed import listed
from longgrain.readers.writing import BREAK, LEFT_OUT, Block, fenced, flowing, rows

BLOCKS = listed(
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset "
    "figcaption figure footer form header hgroup hr legend li main menu nav ol p pre section "
    "summary table tbody td tfoot th thead tr ul h1 h2 h3 h4 h5 h6"
)
_CLOSING = BLOCKS | {"rt", "q"}
_LISTS = frozenset(("ul", "ol", "menu", "dir"))
_NOT_IN_CELLS = listed("table pre h1 h2 h3 h4 h5 h6")
_LEVELS = {f"h{level}": level for level in range(1, 7)}
_SHIFTED = {
    "sup": (re.compile(r"[-+−]?\d{1,4}|n"), str.maketrans("0123456789+-−n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻ⁿ")),
    "sub": (re.compile(r"[-+−]?\d{1,4}"), str.maketrans("0123456789+-−", "₀₁₂₃₄₅₆₇₈₉₊₋₋")),
}
_NOTE_MARK = re.compile(r"[\[(（【〔]?\s*(\d{1,4}|[*†‡§]{1,3}|[a-z]|[ivx]{1,5})\s*[\])）】〕]?")
_NOTE_CUES = ("noteref", "footnote", "fnref", "endnote")
_BACK = frozenset(("↩", "↩\ufe0e", "↑", "^", "↵", "⏎", "⇑", "▲", "¶", "§", "#", "🔗"))
_STYLED = re.compile(r"\{\\(?:display|text)style\s+(.*)\}", re.DOTALL)
_CODE = re.compile(r"\b(?:code|source\w*|highlight|language|lang|brush|prettyprint|hljs|shell)\b")
_LONGEST_CELL = 2000  # code points; a table with longer ones is there for the layout
_WIDEST = 100  # columns of a table in which cells from above are given their place
_SMALL = 12  # elements and texts in a mark that points to a note
_TELLING = 25  # code points from which it is noted that something was left out


@dataclass(slots=True, kw_only=True)
class Renderer:
    """Goes once through a part of a tree and collects its blocks."""

    tree: Tree
    skipped: Collection[int] = ()
    """Numbers of the elements that are left out with all they hold."""
    wanted: Collection[str] = ()
    """Ids that become anchors of the blocks they stand in."""
    flat: bool = False
    """Whether headings, lists, tables and code are words like others."""
    blocks: list[Block] = field(default_factory=list)
    _inline: list[str] = field(default_factory=list)
    _anchors: list[str] = field(default_factory=list)
    _lists: list[int] = field(default_factory=list)
    """The next number of each list that is open, 0 for those with bullets."""
    _marker: str = ""
    _tight: bool = False
    _was_listed: bool = False

    def render(self, start: int, end: int) -> list[Block]:
        """The blocks of numbers ``start`` to ``end``, that one left out."""
        tree = self.tree
        tags, texts, ends, skipped = tree.tags, tree.texts, tree.ends, self.skipped
        open_: list[int] = []
        i = start
        while i < end:
            while open_ and ends[open_[-1]] <= i:
                self._close(open_.pop())
            tag = tags[i]
            if not tag:
                self._inline.append(texts[i])
                i += 1
            elif i in skipped:
                self._leave_out(i)
                i = ends[i]
            else:
                if tag in _CLOSING:
                    open_.append(i)
                i = self._enter(i, tag)
        while open_:
            self._close(open_.pop())
        self._flush()
        return self.blocks

    def _enter(self, i: int, tag: str) -> int:
        """Takes an element in; answers with the number to go on from."""
        if self.wanted:
            self._note_anchors(i, i + 1)
        if tag in BLOCKS:
            self._flush()
            return i + 1 if self.flat else self._enter_block(i, tag)
        if tag == "br":
            self._inline.append(BREAK)
        elif tag == "rt":
            self._inline.append("（" if _is_wide(self.tree.words(i)) else "(")
        elif tag == "q":
            self._inline.append("“")
        elif tag in ("a", "sup", "sub", "math", "script", "rp"):
            short = _short(self.tree, i, tag)
            if short is not None:
                self._inline.append(short)
                return self.tree.ends[i]
        return i + 1

    def _enter_block(self, i: int, tag: str) -> int:
        tree, after = self.tree, self.tree.ends[i]
        if level := _level(tree, i, tag):
            if self.wanted:
                self._note_anchors(i + 1, after)
            self._emit(self._line(i), level=level)
            return after
        if tag == "pre":
            self._emit(_verbatim(tree, i, self.skipped), whole=True)
            return after
        if tag == "table" and (table := self._table(i)):
            for number, row in enumerate(rows(table)):
                self._emit(row, tight=number > 0, whole=True)
            return after
        if tag in _LISTS:
            start = tree.attributes[i].get("start") or ""
            first = int(start) if re.fullmatch(r"[0-9]{1,6}", start) else 1
            self._lists.append(first if tag == "ol" else 0)
        elif tag == "li" and self._lists:
            number = self._lists[-1]
            self._marker = f"{number}. " if number else "- "
            self._lists[-1] += bool(number)
        elif tag == "dd":
            self._tight = True
        return i + 1

    def _close(self, i: int) -> None:
        tag = self.tree.tags[i]
        if tag == "rt":
            self._inline.append("）" if _is_wide(self.tree.words(i)) else ")")
        elif tag == "q":
            self._inline.append("”")
        else:
            self._flush()
            if tag in _LISTS and self._lists:
                self._lists.pop()
            if tag == "li":
                self._marker = ""

    def _flush(self) -> None:
        if self._inline:
            words = flowing("".join(self._inline))
            self._inline.clear()
            self._emit(words)

    def _emit(self, text: str, *, level: int = 0, tight: bool = False, whole: bool = False) -> None:
        """Adds a block; one in a list gets its mark and indent, unless it must stay ``whole``."""
        if not text:
            return
        listed = bool(self._lists) and not (level or whole)
        if listed:
            indent = "  " * min(len(self._lists) - 1, 8)
            text = indent + (self._marker or "  ") + text.replace("\n", f"\n{indent}  ")
            self._marker = ""
        tight = tight or self._tight or (listed and self._was_listed)
        self._tight, self._was_listed = False, listed
        anchors = tuple(self._anchors)
        self._anchors.clear()
        self.blocks.append(Block(text=text, level=level, tight=tight, anchors=anchors))

    def _leave_out(self, i: int) -> None:
        if self.tree.tags[i] in BLOCKS:
            self._flush()
            if len(self.tree.words(i).strip()) >= _TELLING:
                self.blocks.append(LEFT_OUT)

    def _note_anchors(self, start: int, end: int) -> None:
        for attributes in self.tree.attributes[start:end]:
            for key in ("id", "name"):
                if (name := attributes.get(key)) and name in self.wanted:
                    self._anchors.append(name)

    def _line(self, i: int) -> str:
        """Everything inside an element on one line: a heading, a cell."""
        inner = Renderer(tree=self.tree, skipped=self.skipped, flat=True)
        blocks = inner.render(i + 1, self.tree.ends[i])
        return " ".join(" ".join(block.text.split()) for block in blocks if block.text)

    def _table(self, i: int) -> list[list[str]] | None:
        """The cells of each row; None for a table that is there for the layout."""
        tree, end = self.tree, self.tree.ends[i]
        layout = tree.attributes[i].get("role") in ("presentation", "none")
        if layout or not _NOT_IN_CELLS.isdisjoint(tree.tags[i + 1 : end]):
            return None
        table: list[list[str]] = []
        pending: dict[int, int] = {}  # column > rows that a cell from above still covers
        j = i + 1
        while j < end:
            tag = tree.tags[j]
            if j in self.skipped:
                j = tree.ends[j]
                continue
            if tag == "tr":
                table.append([])
            elif tag == "caption":
                self._emit(self._line(j))
            if tag not in ("td", "th", "caption"):
                j += 1
                continue
            if tag != "caption":
                table = table or [[]]
                self._add_cell(table[-1], pending, j)
            j = tree.ends[j]
        cells = [cell for row in table for cell in row]
        wide = max(map(len, table), default=0) > 1
        return table if wide and max(map(len, cells)) <= _LONGEST_CELL else None

    def _add_cell(self, row: list[str], pending: dict[int, int], i: int) -> None:
        while pending.get(len(row), 0) > 0 and len(row) < _WIDEST:
            pending[len(row)] -= 1
            row.append("")
        span = self.tree.attributes[i].get("rowspan") or ""
        pending[len(row)] = int(span) - 1 if re.fullmatch(r"[0-9]{1,4}", span) else 0
        row.append(self._line(i))


def _level(tree: Tree, i: int, tag: str) -> int:
    """Of a heading; 0 for what is none."""
    if tag in _LEVELS:
        return _LEVELS[tag]
    if tree.attributes[i].get("role") != "heading":
        return 0
    level = tree.attributes[i].get("aria-level") or ""
    return int(level) if level in ("1", "2", "3", "4", "5", "6") else 2


def _short(tree: Tree, i: int, tag: str) -> str | None:
    """What stands for an inline element that is not just its words; None for one that is."""
    if tag == "rp":
        return ""
    if tag in ("math", "script"):
        return _formula(tree, i)
    if tree.ends[i] - i > _SMALL:
        return None
    if tag == "a":
        return _pointer(tree, i, i)
    words = tree.words(i).strip()
    link = next((j for j in range(i, tree.ends[i]) if tree.tags[j] == "a"), None)
    if link is not None:
        return _pointer(tree, i, link)
    pattern, table = _SHIFTED[tag]
    return words.translate(table) if pattern.fullmatch(words) else None


def _pointer(tree: Tree, i: int, link: int) -> str | None:
    """What stands for a link to a note, back from one, or to the heading that it stands in."""
    attributes = tree.attributes[link]
    if "#" not in (attributes.get("href") or ""):
        return None
    told = " ".join(attributes.get(key) or "" for key in ("epub:type", "role", "class", "rel"))
    words = tree.words(i).strip()
    if "backlink" in told or words in _BACK:
        return ""
    if "sup" in tree.tags[i : tree.ends[i]] or any(cue in told.lower() for cue in _NOTE_CUES):
        mark = _NOTE_MARK.fullmatch(words)
        return f"[{mark[1]}]" if mark else None
    return None


def _formula(tree: Tree, i: int) -> str:
    """The TeX of a formula between dollars where the page has it, else its words."""
    attributes, after = tree.attributes[i], tree.ends[i]
    notes = [j for j in range(i, after) if tree.tags[j] in ("annotation", "annotation-xml")]
    given = [j for j in notes if "tex" in (tree.attributes[j].get("encoding") or "").lower()]
    if tree.tags[i] == "script":
        tex, display = tree.words(i), "display" in (attributes.get("type") or "")
    else:
        tex = tree.words(given[0]) if given else attributes.get("alttext") or ""
        display = attributes.get("display") == "block"
    tex = tex.strip()
    if styled := _STYLED.fullmatch(tex):
        tex = styled[1].strip()
    if tex:
        return f"$${tex}$$" if display else f"${tex}$"
    hidden = {k for j in notes for k in range(j, tree.ends[j])}
    return "".join(tree.texts[j] for j in range(i, after) if j not in hidden)


def _verbatim(tree: Tree, i: int, skipped: Collection[int]) -> str:
    """The lines of ``pre`` as they are, fenced where they are code."""
    parts: list[str] = []
    code = any(map(_CODE.search, (tree.named(i), tree.named(tree.parents[i]))))
    j = i + 1
    while j < tree.ends[i]:
        tag = tree.tags[j]
        if j in skipped:
            j = tree.ends[j]
            continue
        code = code or tag in ("code", "samp", "kbd")
        if tag == "br" or (tag in BLOCKS and parts and not parts[-1].endswith("\n")):
            parts.append("\n")
        parts.append(tree.texts[j])
        j += 1
    lines = [line.rstrip() for line in "".join(parts).replace("\xa0", " ").split("\n")]
    words = "\n".join(lines).strip("\n")
    return fenced(words) if code and words else words


def _is_wide(words: str) -> bool:
    """Whether words want brackets of full width: Chinese, Japanese."""
    return any("\u3000" <= character <= "\u9fff" for character in words)
