"""Pages of a book and its table of contents > blocks whose headings have the levels of the toc."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from longgrain.readers.epub.book import Entry
from longgrain.readers.listed import listed
from longgrain.readers.writing import Block

Pages: TypeAlias = Sequence[tuple[str, list[Block]]]

_NEAR = 4  # blocks behind the place that an entry points to, in which its heading stands
_LONGEST = 200  # code points of a line that can be a heading
# Entries whose page says nothing in words.
_UNSAID = listed(
    "cover titlepage titlepage contents tableofcontents copyright 封面 目录 目錄 版权 版權 扉页"
)


def with_levels(pages: Pages, contents: Sequence[Entry]) -> list[Block]:
    """All blocks in order. Lines to which the table of contents points become headings.

    A heading in the table has the depth of its entry as level, one that it leaves out stands below
    the one before it as its tag says. A table without depth says nothing about levels: tags count.
    """
    deep = any(entry.depth > 1 for entry in contents)
    marked = [
        (block, entry) for name, blocks in pages for block, entry in _marked(name, blocks, contents)
    ]
    tags = Counter(block.level for block, entry in marked if entry and block.level)
    usual = tags.most_common(1)[0][0] if tags else 1
    if not deep:
        return [replace(b, level=usual) if e and not b.level else b for b, e in marked]
    found: list[Block] = []
    tag, depth = 0, 0  # of the last heading that the table has
    for block, entry in marked:
        if entry:
            tag, depth = block.level or usual, entry.depth
            block = replace(block, level=depth)
        elif block.level and depth:
            block = replace(block, level=depth + max(block.level - tag, 0))
        found.append(block)
    return found


def _marked(
    name: str, blocks: list[Block], contents: Sequence[Entry]
) -> list[tuple[Block, Entry | None]]:
    """Each block of a page, with the entry of which it is the heading.

    An entry whose words stand nowhere becomes a block; on a page without words (a picture) only
    one that has others below it does.
    """
    anchored = {anchor: k for k, block in enumerate(blocks) for anchor in block.anchors}
    entries: dict[int, Entry] = {}
    unsaid: dict[int, list[Entry]] = {}
    for number, entry in enumerate(contents):
        if entry.name != name:
            continue
        at = anchored.get(entry.anchor, 0)
        place = _heading(blocks, entry, at, entries)
        if place is not None:
            entries[place] = entry
        elif (blocks or _has_others_below(contents, number)) and _says_something(entry, anchored):
            unsaid.setdefault(at, []).append(entry)
    marked: list[tuple[Block, Entry | None]] = []
    for k in range(max(1, len(blocks))):
        marked += [(Block(text=entry.label), entry) for entry in unsaid.get(k, ())]
        marked += [(block, entries.get(k)) for block in blocks[k : k + 1]]
    return marked


def _has_others_below(contents: Sequence[Entry], number: int) -> bool:
    following = contents[number + 1 : number + 2]
    return any(entry.depth > contents[number].depth for entry in following)


def _says_something(entry: Entry, anchored: Mapping[str, int]) -> bool:
    found = not entry.anchor or entry.anchor in anchored
    return found and _plain(entry.label) not in _UNSAID


def _heading(blocks: list[Block], entry: Entry, at: int, taken: dict[int, Entry]) -> int | None:
    """The block that is an entry's heading: by its tag, else by its words."""
    near = [k for k in range(at, min(at + _NEAR, len(blocks))) if k not in taken]
    near = [k for k in near if len(blocks[k].text) <= _LONGEST]
    label = _plain(entry.label)
    same = [k for k in near if _plain(blocks[k].text) == label]
    tagged = [k for k in near if blocks[k].level]
    partly = [
        k for k in near if len(w := _plain(blocks[k].text)) > 1 and (w in label or label in w)
    ]
    return next(iter([*(k for k in same if blocks[k].level), *tagged, *same, *partly]), None)


def _plain(words: str) -> str:
    return "".join(char for char in words.casefold() if char.isalnum())
