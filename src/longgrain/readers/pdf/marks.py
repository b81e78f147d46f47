"""Lines, the outline and the tags of a PDF > which lines are headings, and of which level."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from longgrain.readers.pdf.order import Line

Marks: TypeAlias = list[tuple[int, int] | None]
"""For each line its level and the number of its heading; None for a line of text."""

_LONGEST = 4  # lines of a heading
_MOST = 300  # characters of a heading
_PREFIX = 12  # characters of a number that the outline leaves out
_BLANKS = re.compile(r"[\s\u2060\u200b.·…\u2010-\u2015\u2212-]+")
_NUMBER = re.compile(
    r"^\s*(?:chapter|section|appendix|part|annex)?\s*"
    r"(?:\d{1,3}(?:\.\d{1,3})*|[IVXLC]{1,7}|[A-Z](?:\.\d{1,3})*)(?:[.)、．:]\s*|\s+)"
    r"|^\s*第[一二三四五六七八九十百零〇\d]{1,5}[编編章节節条條部篇]\s*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the outline."""

    title: str
    level: int
    page: int
    y: float | None
    """Downwards from the top of its page, in points, where the outline says so."""


def marked(lines: Sequence[Line], outline: Sequence[Entry]) -> Marks:
    """By tags where the document has them, else by its outline."""
    marks = _by_tags(lines)
    return marks if any(marks) else _by_outline(lines, outline)


def _by_tags(lines: Sequence[Line]) -> Marks:
    marks: Marks = [None] * len(lines)
    groups: dict[tuple[int, int], list[int]] = defaultdict(list)
    for number, line in enumerate(lines):
        if line.piece.tag.level:
            groups[line.page, line.piece.tag.heading].append(number)
    length = 0
    for numbers in groups.values():
        size = sum(len(lines[number].text) for number in numbers)
        if size > _MOST or len(numbers) != numbers[-1] - numbers[0] + 1:
            continue
        length += size
        for number in numbers:
            marks[number] = lines[number].piece.tag.level, numbers[0]
    # Some programs call everything a heading.
    usable = length < 0.3 * sum(len(line.text) for line in lines)
    return marks if usable else [None] * len(lines)


def _by_outline(lines: Sequence[Line], outline: Sequence[Entry]) -> Marks:
    marks: Marks = [None] * len(lines)
    pages: dict[int, list[int]] = defaultdict(list)
    for number, line in enumerate(lines):
        pages[line.page].append(number)
    for entry in outline:
        # An entry may point at the end of the page before.
        for page in (entry.page, entry.page + 1):
            span = _span(lines, [n for n in pages[page] if marks[n] is None], entry)
            if span:
                for number in span:
                    marks[number] = entry.level, span[0]
                break
    return marks


def _span(lines: Sequence[Line], numbers: Sequence[int], entry: Entry) -> list[int]:
    """The lines that say what an entry says, those nearest to where it points."""
    title, bare = _plain(entry.title), _plain(_NUMBER.sub("", entry.title, count=1))
    found: list[tuple[float, list[int]]] = []
    for at, start in enumerate(numbers):
        words = text = ""
        for count, number in enumerate(numbers[at : at + _LONGEST], start=1):
            if number != start + count - 1 or lines[number].beside:
                break
            text += lines[number].text + " "
            words = _plain(text)
            if len(words) > len(title) + _PREFIX:
                break
            unnumbered = _plain(_NUMBER.sub("", text, count=1))
            if title and (words == title or (len(bare) > 1 and unnumbered == bare)):
                far = abs(lines[start].y - (entry.y or 0)) if entry.page == lines[start].page else 0
                found.append((far, list(numbers[at : at + count])))
                break
    return min(found, default=(0.0, []))[1]


def _plain(text: str) -> str:
    return _BLANKS.sub("", unicodedata.normalize("NFKC", text)).casefold()
