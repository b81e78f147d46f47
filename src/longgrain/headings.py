"""A scanned text > its headings, with level and kind: those given, Markdown's, or plain text's.

Articles of laws (第十二条) are found in any text. A level says what stands below what; a kind says
part, chapter or section, by the words of the headings (第三章 makes its level that of chapters).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from longgrain.errors import SourceError
from longgrain.lines import CODE, EMPTY, HEADING, TEXT, Ints, Lines
from longgrain.plain_headings import (
    ARTICLE,
    CHAPTER,
    NUMERALS,
    PART,
    SECTION,
    TITLE,
    Mark,
    plain_marks,
    word_level,
)
from longgrain.types import KINDS, Kind

_ARTICLE = re.compile(rf"第[{NUMERALS}]+[条條](?:之[{NUMERALS}]+)?(?=[\s：:【]|$)")
# In the order of the levels of words: TITLE, PART, CHAPTER, SECTION.
_KIND_OF: tuple[Kind, ...] = ("document", "part", "chapter", "section")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Headings:
    """Headings in reading order: ``starts`` and ``ends`` int64, ``levels`` and ``kinds`` int8.

    Level 0 is the title of the whole document; a heading stands below the nearest one before it
    with a lower level. Kinds are codes in ``types.KINDS``: part, chapter or section.
    """

    starts: Ints
    ends: Ints
    levels: NDArray[np.int8]
    kinds: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.starts)


def find_headings(lines: Lines, meta: Mapping[str, Any] | None = None) -> Headings:
    """The headings that ``meta`` gives, else those the text shows.

    ``meta["headings"]`` is a list of ``[start, end, level]``; ``meta["markup"]`` is "markdown" or
    "plain", and guessed where absent. Articles (第十二条 at the start of a line) are always looked
    for: their heading is the mark alone, the words behind it are body.

    Raises SourceError for given headings outside the text or across one another.
    """
    meta = meta or {}
    if meta.get("headings"):
        marks = _given(lines, meta["headings"])
    else:
        marks = _markdown(lines) if _is_markdown(lines, meta.get("markup")) else []
        marks = marks or plain_marks(lines)
    marks = sorted(marks + _articles(lines, marks), key=lambda mark: mark.start)
    return _columns(_without_title(lines, marks))


def heading_title(raw: str) -> str:
    """A heading's words without the marks of Markdown, anchors and closing hashes."""
    first = raw.splitlines()[0] if re.search(r"\n[ \t]{0,3}(=+|-+)\s*$", raw) else raw
    bare = re.sub(r"^\s*#{1,6}\s*|\s+#+\s*$", "", first)
    bare = re.sub(r"<[^<>]{0,200}>|\{#[^{}]{0,200}\}|<!--.*?-->", "", bare)
    bare = re.sub(r"!?\[([^\[\]]{0,200})\]\([^()]{0,500}\)", r"\1", bare)
    return re.sub(r"\s+", " ", bare.replace("**", "").strip(" _*\t\n")).strip() or raw.strip()


def _given(lines: Lines, headings: Sequence[Sequence[int]]) -> list[Mark]:
    marks: list[Mark] = []
    for start, end, level in sorted(tuple(map(int, heading)) for heading in headings):
        if not (marks[-1].end if marks else 0) <= start <= end <= len(lines.text):
            raise SourceError(
                f"heading [{start}, {end}, {level}] lies outside the text of {len(lines.text)} "
                "characters or across the heading before it, so the document has no tree; correct "
                "the reader's meta['headings'] or leave them out"
            )
        words = lines.text[start:end]
        start += len(words) - len(words.lstrip())
        if words.strip():
            end = start + len(words.strip())
            level = min(max(level, 1), ARTICLE)
            marks.append(
                Mark(line=0, start=start, end=end, level=level, word=word_level(words.strip()))
            )
    return marks


def _is_markdown(lines: Lines, markup: str | None) -> bool:
    return markup == "markdown" or (markup is None and int((lines.kinds == HEADING).sum()) > 1)


def _markdown(lines: Lines) -> list[Mark]:
    skipped = _front_matter(lines)
    marks = []
    for line in np.flatnonzero(lines.kinds == HEADING).tolist():
        start, end = int(lines.firsts[line]), int(lines.lasts[line])
        if line < skipped or start - lines.starts[line] > 3:
            continue
        raw = lines.text[start : min(end, start + 500)]
        level = len(raw) - len(raw.lstrip("#"))
        word = word_level(raw.lstrip("# \t　"))
        marks.append(Mark(line=line, start=start, end=end, level=level, word=word))
    return marks + list(_setext(lines, skipped))


def _front_matter(lines: Lines) -> int:
    """The number of lines that YAML front matter takes at the top of the text."""
    if lines.text[:3] != "---" or lines.lasts[0] != 3:
        return 0
    for line in range(1, min(len(lines.starts), 200)):
        if lines.text[lines.firsts[line] : lines.lasts[line]] in ("---", "..."):
            return line + 1
    return 0


def _setext(lines: Lines, skipped: int) -> Iterator[Mark]:
    """One line of text over a line of = or -, with nothing right above it."""
    first = lines.code_at(lines.firsts)
    ruled = ((first == ord("=")) | (first == ord("-"))) & (lines.kinds == TEXT)
    for line in np.flatnonzero(ruled).tolist():
        rule = lines.text[lines.firsts[line] : lines.lasts[line]]
        if line <= skipped or len(rule) < 2 or rule.strip(rule[0]) or lines.kinds[line - 1] != TEXT:
            continue
        if line - 1 > skipped and lines.kinds[line - 2] not in (EMPTY, HEADING, CODE):
            continue
        start, end = int(lines.firsts[line - 1]), int(lines.lasts[line])
        level = 1 if rule[0] == "=" else 2
        word = word_level(lines.text[start:end])
        yield Mark(line=line - 1, start=start, end=end, level=level, word=word)


def _articles(lines: Lines, marks: list[Mark]) -> list[Mark]:
    """Marks such as 第十二条 that begin a line of text, outside the headings found so far."""
    spans = sorted((mark.start, mark.end) for mark in marks)
    starts = [start for start, _ in spans]
    opens = (lines.code_at(lines.firsts) == ord("第")) & (lines.kinds == TEXT)
    found = []
    for line in np.flatnonzero(opens).tolist():
        match = _ARTICLE.match(lines.text, lines.firsts[line], lines.lasts[line])
        before = bisect_right(starts, match.start()) - 1 if match else 0
        if match and (before < 0 or match.start() >= spans[before][1]):
            start, end = match.span()
            found.append(Mark(line=line, start=start, end=end, level=ARTICLE, word=ARTICLE))
    return found if len(found) > 1 else []


def _without_title(lines: Lines, marks: list[Mark]) -> list[Mark]:
    """The first heading of a text is its title if no other stands as high; its level becomes 0."""
    if len(marks) < 2 or marks[0].word:
        return marks
    capitals = marks[0].family and not lines.text[: marks[0].start].strip()
    highest = all(mark.level > marks[0].level for mark in marks[1:])
    if not (capitals and marks[0].level == 6) and (marks[0].family or not highest):
        return marks
    return [replace(marks[0], level=TITLE), *marks[1:]]


def _columns(marks: list[Mark]) -> Headings:
    levels = np.array([mark.level for mark in marks], np.int8)
    return Headings(
        starts=np.array([mark.start for mark in marks], np.int64),
        ends=np.array([mark.end for mark in marks], np.int64),
        levels=levels,
        kinds=_kinds(marks, levels),
    )


def _kinds(marks: list[Mark], levels: NDArray[np.int8]) -> NDArray[np.int8]:
    """A heading is what its own word says (第三章); the others are by their level.

    Chapters are the level where most words say so, else that below parts, else the highest.
    """
    words = [mark.level for mark in marks if mark.word == CHAPTER]
    parts = [mark.level for mark in marks if mark.word == PART]
    highest = [mark.level for mark in marks if 0 < mark.level < ARTICLE and mark.word != SECTION]
    if words:
        chapter = max(sorted(set(words)), key=words.count)
    else:
        chapter = max(parts, default=min(highest, default=0) - 1) + 1
    by_level = np.clip(levels - chapter + CHAPTER, PART, SECTION)
    word = np.minimum([mark.word for mark in marks] or np.zeros(0), SECTION)
    meaning = np.where(levels == TITLE, TITLE, np.where(word > 0, word, by_level)).astype(np.int64)
    return np.array([KINDS.index(kind) for kind in _KIND_OF], np.int8)[meaning]
