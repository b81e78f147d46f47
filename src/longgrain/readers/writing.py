"""Blocks of a page or book in reading order > one text, and where its headings stand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

_FAMILY = "\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_FULL_WIDTH = "\u3001-\u3004\u3008-\u303f\uff01-\uff65\u201c\u201d\u2014\u2026"
# A source that breaks its lines after every sentence means no blank between Chinese characters.
_WRAPPED = re.compile(
    rf"(?<=[{_FAMILY}])[ \t]*[\n\r][ \t\n\r]*(?=[{_FAMILY}{_FULL_WIDTH}])"
    rf"|(?<=[{_FULL_WIDTH}])[ \t]*[\n\r][ \t\n\r]*(?=[{_FAMILY}{_FULL_WIDTH}])"
)
_BLANKS = re.compile(r"[ \t\n\f\r\xa0]+")
_UNSEEN = re.compile("[\xad\u200b\ufeff]")  # soft hyphens and marks where a line may break
BREAK = "\v"
"""A line break inside a block, until ``flowing`` has made it one."""
_AROUND_BREAK = re.compile(rf"[ \u3000]*{BREAK}[ \u3000]*")
_BREAKS = re.compile(r"\n{2,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Words that stand alone: a paragraph, a heading, a row, a piece of code."""

    text: str
    level: int = 0
    """Of a heading, from 1; 0 for what is none."""
    tight: bool = False
    """Whether it follows its predecessor on the next line, as rows and items of lists do."""
    anchors: tuple[str, ...] = ()
    """Names by which others point to its beginning."""


LEFT_OUT = Block(text="")
"""Stands where something was left out; a heading with nothing else below it goes as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A text with ``[start, end, level]`` of its headings, in code points."""

    text: str
    headings: list[list[int]]

    @property
    def meta(self) -> dict[str, Any]:
        """``markup``, and ``headings`` where there are any."""
        return {"markup": "plain"} | ({"headings": self.headings} if self.headings else {})

    @property
    def title(self) -> str:
        """The only heading of the highest level, if the text begins with it; else empty."""
        if not self.headings or any(h[2] <= self.headings[0][2] for h in self.headings[1:]):
            return ""
        start, end, _ = self.headings[0]
        return self.text[start:end] if not self.text[:start].strip() else ""


def written(blocks: Sequence[Block]) -> Written:
    """The blocks one after the other, blank lines between those that are not tight."""
    parts: list[str] = []
    headings: list[list[int]] = []
    length = 0
    for block in blocks:
        if not block.text:
            continue
        gap = ("\n" if block.tight else "\n\n") if parts else ""
        start = length + len(gap)
        length = start + len(block.text)
        parts += [gap, block.text]
        if block.level:
            headings.append([start, length, block.level])
    return Written(text="".join(parts), headings=headings)


def settled(blocks: Sequence[Block]) -> list[Block]:
    """The blocks without headings whose section was left out whole, and without the marks of it."""
    kept: list[Block] = []
    gone, below = False, 1  # was something left out before the block that stays; its level
    for block in reversed(blocks):
        if block is LEFT_OUT:
            gone = True
        elif not (block.level and gone and below and block.level >= below):
            kept.append(block)
            gone, below = False, block.level
    return kept[::-1]


def flowing(words: str) -> str:
    """Words as a browser lays them: blanks run together, lines broken only where ``BREAK`` is."""
    if not words.isascii():
        if "\n" in words or "\r" in words:
            words = _WRAPPED.sub("", words)
        words = _UNSEEN.sub("", words)
    words = _BLANKS.sub(" ", words)
    if BREAK in words:
        words = _AROUND_BREAK.sub("\n", words)
        words = _BREAKS.sub("\n\n", words)
    return words.strip(" \n\u3000")


def rows(table: Sequence[Sequence[str]]) -> Iterator[str]:
    """Each row as ``| cell | cell |``, blanks run together; rows without words are left out."""
    for cells in table:
        flat = [" ".join(cell.split()) for cell in cells]
        if any(flat):
            yield f"| {' | '.join(flat)} |"


def fenced(code: str) -> str:
    """Code between fences that are longer than any fence in it."""
    longest = max(
        (len(run) for run in re.findall(r"^ {0,3}(`{3,})", code, re.MULTILINE)), default=2
    )
    fence = "`" * (longest + 1)
    return f"{fence}\n{code}\n{fence}"
