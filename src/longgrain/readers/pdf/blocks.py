"""Paragraphs > blocks of text: words joined, rows of tables, items of lists, code."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

from longgrain.readers.decoding import clean
from longgrain.readers.pdf.join import Spelling, as_code, joined, without_leaders
from longgrain.readers.pdf.order import Line
from longgrain.readers.pdf.paragraphs import Paragraph, is_entry
from longgrain.readers.writing import Block

_BULLET = re.compile(r"^(?:[•●○■□▪◦‣➢➤◆◇] ?|– )(?=\S)")
_ITEM = re.compile(r"(?:- |\d{1,3}[.)] |[(（]?[a-z一二三四五六七八九十\d]{1,3}[)）] ?)\S")


def texts_of(found: Sequence[Paragraph], spelled: Spelling) -> tuple[list[str], int]:
    """The text of each paragraph, and how many characters had to be replaced."""
    cleaned = [clean(_words(one, spelled)) for one in found]
    return [one.text for one in cleaned], sum(one.replaced for one in cleaned)


def blocks(texts: Sequence[str], levels: Sequence[int]) -> list[Block]:
    """The texts as blocks; items of a list follow one another without a blank line."""
    made = []
    before = ""
    for text, level in zip(texts, levels, strict=True):
        tight = not level and bool(_ITEM.match(text) and _ITEM.match(before))
        made.append(Block(text=text, level=level, tight=tight))
        before = "" if level else text
    return made


def _words(one: Paragraph, spelled: Spelling) -> str:
    if one.kind == "code":
        return f"```\n{as_code(one.lines)}\n```"
    if one.kind == "table":
        return _table(one.lines, spelled)
    text = without_leaders(joined([line.text for line in one.lines], spelled))
    return text if one.kind == "heading" else _BULLET.sub("- ", text)


def _table(lines: Sequence[Line], spelled: Spelling) -> str:
    """Rows as lines; a table of contents has a tab between title and page number."""
    rows: list[list[str]] = []
    for _, cell in groupby(lines, key=lambda line: (line.page, line.block)):
        group = list(cell)
        text = without_leaders(joined([line.text for line in group], spelled))
        if group[0].beside and rows:
            rows[-1].append(text)
        else:
            rows.append([text])
    flat = ["\t".join(row) for row in rows]
    if all(len(row) == 2 and is_entry(text) for row, text in zip(rows, flat, strict=True)):
        return "\n".join(flat)
    return "\n".join(f"| {' | '.join(row)} |" if len(row) > 1 else row[0] for row in rows)
