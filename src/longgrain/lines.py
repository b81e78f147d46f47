"""A text > its code points, their classes, its words and lines, as numpy arrays.

Sentences, headings and cuts all stand on these arrays, so a document is scanned once. Blank
means ``str.isspace``; a line ends at LF, CR, CRLF, VT, FF, NEL, LS or PS, its break left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Number = TypeVar("Number", bound=np.unsignedinteger)

BLANK, BREAK, LATIN_STOP, CJK_STOP, CLOSER, CJK, WORD, LOWER = (1 << bit for bit in range(8))

BLANKS = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007"
    "\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
CLOSERS = ")]}\"'*_`»”’›」』）】〕〉》〗〙｝］＂＇﹂﹄︶︼"
# Latin letters, Greek and Cyrillic; other alphabets have no stops of ours and need no words.
_WORDS = ((0x30, 0x39), (0x41, 0x5A), (0x61, 0x7A), (0xC0, 0x24F), (0x370, 0x52F))
_CJK = ((0x3005, 0x3007), (0x3040, 0x30FF), (0x3400, 0x9FFF), (0xAC00, 0xD7A3), (0xF900, 0xFAFF))


def _class_table() -> NDArray[np.uint8]:
    """Classes of the 65,536 code points of the basic plane; the last entry is for all others."""
    table = np.zeros(0x10001, dtype=np.uint8)
    for ranges, flag in ((_WORDS, WORD), (_CJK, CJK)):
        for low, high in ranges:
            table[low : high + 1] |= flag
    for characters, flag in (
        (BLANKS, BLANK),
        ("\n\v\f\r\x85\u2028\u2029", BREAK),
        (".!?‼⁇⁈⁉", LATIN_STOP),
        ("。！？；…⋯．｡", CJK_STOP),
        (CLOSERS, CLOSER),
        ("".join(c for c in map(chr, range(0x530)) if c.islower()), LOWER),
    ):
        table[[ord(character) for character in characters]] |= flag
    table[0x10000] = CJK  # the rare ideographs stand there; emoji may pass for one
    return table


_TABLE = _class_table()

# What a line is, as far as sentences and paragraphs need to know.
TEXT, EMPTY, ITEM, ROW, HEADING, CODE = range(6)

_ITEM = re.compile(
    r"\d{1,2}[.)、．](?!\d)|[（(](?:\d{1,3}|[a-zA-Z]|[ivxlc]{1,5}|[一二三四五六七八九十]{1,4})[)）]"
    r"|[一二三四五六七八九十]{1,4}、|[①-⑳]|[a-zA-Z]\)\s"
)
_ATX = re.compile(r"#{1,6}[ \t　]+\S|#{2,6}[^\s#!]")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lines:
    """A scanned text; every offset is one of a code point.

    ``codes`` and ``classes`` have one entry a code point; ``word_starts`` and ``word_ends`` bound
    the runs without a blank; the rest has one entry a line: ``starts`` and ``ends`` bound it,
    ``firsts`` and ``lasts`` bound what is not blank in it, ``kinds`` says what it is.
    """

    text: str
    codes: NDArray[np.uint32]
    classes: NDArray[np.uint8]
    word_starts: Ints
    word_ends: Ints
    starts: Ints
    ends: Ints
    firsts: Ints
    lasts: Ints
    kinds: NDArray[np.uint8]

    def text_start(self, offsets: Ints) -> Ints:
        """The first offset from each given one on that is not blank; the text's length if none."""
        return _text_start(self.word_starts, self.word_ends, offsets, len(self.text))

    def text_end(self, offsets: Ints) -> Ints:
        """The last offset at or before each given one that ends a character that is not blank."""
        return _text_end(self.word_starts, self.word_ends, offsets)

    def line_of(self, offsets: Ints) -> Ints:
        """The number of the line that holds each offset (a break belongs to the line before it)."""
        return np.searchsorted(self.starts, offsets, "right") - 1

    def code_at(self, offsets: Ints) -> NDArray[np.uint32]:
        """The code point at each offset, 0 outside the text."""
        return _at(self.codes, offsets, 0)

    def class_at(self, offsets: Ints) -> NDArray[np.uint8]:
        """The classes of the character at each offset; outside the text is blank."""
        return _at(self.classes, offsets, BLANK)


def _at(values: NDArray[Number], offsets: Ints, outside: int) -> NDArray[Number]:
    if not len(values):
        return np.full(offsets.shape, outside, values.dtype)
    found = values.take(offsets, mode="clip")
    found[(offsets < 0) | (offsets >= len(values))] = outside
    return found


def merged(*offsets: Ints) -> Ints:
    """All offsets, sorted, each once (np.unique, which hashes, takes 8 times as long)."""
    together = np.sort(np.concatenate(offsets), kind="stable")
    new = np.ones(len(together), bool)
    new[1:] = together[1:] != together[:-1]
    return together[new]


def _text_start(word_starts: Ints, word_ends: Ints, offsets: Ints, length: int) -> Ints:
    following = np.append(word_starts, length)[np.searchsorted(word_ends, offsets, "right")]
    found: Ints = np.maximum(offsets, following)
    return found


def _text_end(word_starts: Ints, word_ends: Ints, offsets: Ints) -> Ints:
    preceding = np.append(word_ends, 0)[np.searchsorted(word_starts, offsets, "left") - 1]
    found: Ints = np.minimum(offsets, preceding)
    return found


def read_lines(text: str) -> Lines:
    """Scan ``text`` once; lone surrogates are ordinary code points here."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    classes = _TABLE.take(codes, mode="clip")
    blank = np.concatenate(([True], (classes & BLANK) != 0, [True]))
    edges = np.flatnonzero(blank[1:] != blank[:-1])
    word_starts, word_ends = edges[0::2].copy(), edges[1::2].copy()
    starts, ends = _line_bounds(codes, classes)
    firsts = np.minimum(_text_start(word_starts, word_ends, starts, len(codes)), ends)
    lasts = np.maximum(_text_end(word_starts, word_ends, ends), firsts)
    return Lines(
        text=text,
        codes=codes,
        classes=classes,
        word_starts=word_starts,
        word_ends=word_ends,
        starts=starts,
        ends=ends,
        firsts=firsts,
        lasts=lasts,
        kinds=_line_kinds(text, codes, firsts, lasts),
    )


def _line_bounds(codes: NDArray[np.uint32], classes: NDArray[np.uint8]) -> tuple[Ints, Ints]:
    breaks = np.flatnonzero(classes & BREAK)
    if not len(breaks):
        return np.zeros(1, np.int64), np.array([len(codes)], np.int64)
    carriage = codes[breaks] == 13
    followed = codes.take(breaks + 1, mode="clip") == 10
    followed[-1] &= breaks[-1] + 1 < len(codes)
    stops = breaks[~(carriage & followed)]  # of CRLF, the LF ends the line
    starts = np.concatenate(([0], stops + 1)).astype(np.int64)
    return starts, np.concatenate((stops, [len(codes)])).astype(np.int64)


def _line_kinds(
    text: str, codes: NDArray[np.uint32], firsts: Ints, lasts: Ints
) -> NDArray[np.uint8]:
    kinds = np.full(len(firsts), TEXT, np.uint8)
    empty = firsts >= lasts
    kinds[empty] = EMPTY
    if empty.all():
        return kinds
    first = np.where(empty, 0, codes.take(firsts, mode="clip"))
    second = codes.take(np.minimum(firsts + 1, len(codes) - 1))
    bullet = np.isin(first, _codes("-*+•·●○■◆")) & np.isin(second, _codes(" \t　"))
    kinds[bullet] = ITEM
    kinds[first == ord("|")] = ROW
    numbered = np.isin(first, _codes("0123456789(（一二三四五六七八九十")) | (second == ord(")"))
    numbered |= (first >= ord("①")) & (first <= ord("⑳"))
    for line in np.flatnonzero(numbered & ~empty).tolist():
        if _ITEM.match(text, firsts[line], lasts[line]):
            kinds[line] = ITEM
    for line in np.flatnonzero(first == ord("#")).tolist():
        if _ATX.match(text, firsts[line], lasts[line]):
            kinds[line] = HEADING
    _mark_fences(text, first == second, first, firsts, kinds)
    return kinds


def _mark_fences(
    text: str, doubled: Bools, first: NDArray[np.uint32], firsts: Ints, kinds: NDArray[np.uint8]
) -> None:
    """Fenced blocks, the fences with them, become CODE; a fence that is never closed is text."""
    opened: tuple[int, str] | None = None
    for line in np.flatnonzero(doubled & np.isin(first, _codes("`~"))).tolist():
        at = int(firsts[line])
        mark = text[at] * 3
        if not text.startswith(mark, at):
            continue
        if opened is None:
            opened = (line, mark)
        elif opened[1] == mark:
            kinds[opened[0] : line + 1] = CODE
            opened = None


def _codes(characters: str) -> NDArray[np.uint32]:
    return np.array([ord(character) for character in characters], dtype=np.uint32)


def paragraph_starts(lines: Lines) -> Ints:
    """Offsets where a paragraph begins: after a blank line, at a full-width indent, at a fence.

    Where under one line in twenty is blank (raw Chinese novels have a line a paragraph), a line
    that ends with a stop or a closing mark ends its paragraph too.
    """
    kinds = lines.kinds
    full = np.flatnonzero(kinds != EMPTY)
    if not len(full):
        return np.zeros(0, np.int64)
    code = kinds[full] == CODE
    previous, inside = full[:-1], code[1:] & code[:-1]
    begins = (np.diff(full) > 1) | (code[1:] != code[:-1])
    begins |= lines.code_at(lines.starts[full[1:]]) == 0x3000
    if len(full) > 0.95 * len(kinds):
        begins |= (
            lines.class_at(lines.lasts[previous] - 1) & (LATIN_STOP | CJK_STOP | CLOSER)
        ) != 0
    begins &= ~inside
    return lines.firsts[full[np.concatenate(([True], begins))]]
