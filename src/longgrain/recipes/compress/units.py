"""A text > the sentences and headings that can be chosen; chosen ones > one text again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from longgrain.fidelity import LONGEST, cut_long
from longgrain.grains import tree

# Markup without words of its own: tags, pictures, rules of tables, marks alone.
_BARE = re.compile(
    r"(?:<[^<>]{0,2000}>|!\[[^\[\]]*\]\([^()]*\)|:(?:begin|end)_tab:(?:`[^`\n]*`)?|[^\w<!:]|:|_)*"
)
# Code between fences and formulas on lines of their own are no sentences.
_FENCED = re.compile(
    r"^[ \t]*(```|~~~).*?^[ \t]*\1[ \t]*$|^[ \t]*\$\$.*?\$\$", re.MULTILINE | re.DOTALL
)
_WORD = re.compile(r"[\u3400-\u9fff]|[^\W\u3400-\u9fff]+")
# Words or characters that a sentence has at least.
FEWEST = 4
_ENDS_OPEN = re.compile(r"[：:；;，,][\s*_]*\Z")
_OPENS_LIST = re.compile(r"[：:][\s*_]*\Z")
_LISTED = re.compile(r"\s*(?:[（(][\w]{1,3}[)）]|\d{1,2}[.)、]|[-*+•])\s*\S")
# Items of a list after the words that introduce it: more belong to no list that a text has.
_LONG_LIST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """Units of a text in reading order, a column each.

    ``home`` is the number of the heading above and ``lead`` that of the unit without which this one
    says nothing (the words before a list or a semicolon), -1 for none; ``block`` counts paragraphs
    and headings; ``opens`` says that a unit is the first of its paragraph; ``is_bare`` that it has
    no words to be chosen for (markup, code, a formula).
    """

    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    is_heading: list[bool] = field(default_factory=list)
    is_bare: list[bool] = field(default_factory=list)
    home: list[int] = field(default_factory=list)
    lead: list[int] = field(default_factory=list)
    block: list[int] = field(default_factory=list)
    opens: list[bool] = field(default_factory=list)

    def is_candidate(self, unit: int) -> bool:
        """Whether it may be chosen for itself: a sentence with words; a heading comes with one."""
        return not self.is_bare[unit] and (not self.is_heading[unit] or all(self.is_heading))

    def needed(self, unit: int) -> Iterator[int]:
        """The units that must stand before it: its heading, and what it goes on with."""
        if self.home[unit] >= 0:
            yield self.home[unit]
        while self.lead[unit] >= 0:
            unit = self.lead[unit]
            yield unit


def units_of(text: str) -> Units:
    """The leaves of the text's tree, long ones in pieces."""
    table = tree(text)
    rows = table.rows("heading", "paragraph", "sentence")
    heading, paragraph, sentence = (
        np.isin(rows, table.rows(kind)) for kind in ("heading", "paragraph", "sentence")
    )
    blocks = np.cumsum(heading | paragraph).tolist()
    fences = _Fences(text)
    found = Units()
    home = -1
    for place in np.flatnonzero(heading | sentence).tolist():
        start, end = int(table.start[rows[place]]), int(table.end[rows[place]])
        opens = bool(place and paragraph[place - 1])
        pieces = list(cut_long(text, start, end))
        for first, last in pieces:
            if heading[place]:
                home = len(found.starts)
            found.starts.append(first)
            found.ends.append(last)
            found.is_heading.append(bool(heading[place]))
            fenced = fences.hold(first)
            found.is_bare.append(fenced or len(pieces) > 1 or _says_nothing(text, first, last))
            found.home.append(-1 if heading[place] else home)
            found.block.append(blocks[place])
            found.opens.append(opens)
            opens = False
    _find_leads(text, found)
    if all(found.is_bare):  # a text of long pieces and scraps is still a text, code is not
        found.is_bare[:] = [
            _BARE.fullmatch(text, first, last) is not None or last - first < LONGEST // 2
            for first, last in zip(found.starts, found.ends, strict=True)
        ]
    return found


def _says_nothing(text: str, start: int, end: int) -> bool:
    """Markup, or a scrap such as "Inst." that a wrong border has left."""
    if _BARE.fullmatch(text, start, end):
        return True
    words = _WORD.findall(text, start, min(end, start + 80))
    return len(words) < FEWEST and not text[start:end].rstrip().endswith(("。", "！", "？", "；"))


class _Fences:
    """The stretches of code and formulas of a text, asked about in reading order."""

    def __init__(self, text: str) -> None:
        self.spans = (match.span() for match in _FENCED.finditer(text))
        self.start, self.end = next(self.spans, (1 << 62, 1 << 62))

    def hold(self, place: int) -> bool:
        while place >= self.end:
            self.start, self.end = next(self.spans, (1 << 62, 1 << 62))
        return place >= self.start


def _find_leads(text: str, units: Units) -> None:
    """Sets ``lead``: after a semicolon the unit before, of an item of a list what introduces it."""
    introduction = -1
    for one, (start, end) in enumerate(zip(units.starts, units.ends, strict=True)):
        listed = _LISTED.match(text, start, end) is not None
        if units.is_heading[one] or (not listed and units.opens[one]):
            introduction = -1
        lead = -1
        if listed and introduction >= 0 and one - introduction <= _LONG_LIST:
            lead = introduction
        elif one and units.block[one] == units.block[one - 1]:
            ended = _ENDS_OPEN.search(
                text, max(units.starts[one - 1], units.ends[one - 1] - 8), units.ends[one - 1]
            )
            # A sentence in pieces, or a chain of clauses, would otherwise draw all of itself along.
            lead = one - 1 if ended and _depth(units, one - 1) < 3 else -1
        units.lead.append(lead)
        if _OPENS_LIST.search(text, max(start, end - 8), end):
            introduction = one


def _depth(units: Units, unit: int) -> int:
    depth = 0
    while depth < 3 and units.lead[unit] >= 0:
        unit, depth = units.lead[unit], depth + 1
    return depth


def joined(text: str, units: Units, chosen: Sequence[int], language: str) -> str:
    """The chosen units in reading order as one text.

    What stood side by side keeps what was between; in one paragraph a blank joins (none in Chinese),
    and a blank line parts paragraphs.
    """
    parts: list[str] = []
    before = -1
    for one in chosen:
        if before >= 0:
            parts.append(_between(text, units, before, one, language))
        parts.append(text[units.starts[one] : units.ends[one]])
        before = one
    return "".join(parts).strip()


def _between(text: str, units: Units, before: int, after: int, language: str) -> str:
    gap = text[units.ends[before] : units.starts[after]]
    same = units.block[before] == units.block[after]
    if after == before + 1 and not gap.strip() and (same or "\n" not in gap):
        return gap
    first = text[units.ends[before] : units.starts[before + 1]]
    # 第三条 stands on the line of its first paragraph, and before whichever is kept.
    on_one_line = units.is_heading[before] and "\n" not in first and not units.is_heading[after]
    if same or on_one_line:
        return " " if on_one_line or not language.startswith("zh") else ""
    return "\n\n"
