"""A scanned document > signs of a bad encoding or a bad extraction; many documents > lines they share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from longgrain.lines import CJK_STOP, CODE, EMPTY, HEADING, LATIN_STOP, Lines

TroubleKind = Literal[
    "mojibake",
    "characters lost",
    "control characters",
    "unmapped glyphs",
    "hardly any text",
    "no punctuation",
    "very long lines",
    "words broken at line ends",
    "lines that repeat",
    "guessed encoding",
]
# The order is that of the tables: what hurts most comes first.
TROUBLES: tuple[TroubleKind, ...] = get_args(TroubleKind)
MEANING: Mapping[TroubleKind, str] = {
    "mojibake": "text that was decoded with the wrong encoding, such as Ã© or 锟斤拷",
    "characters lost": "bytes that no character stands for, kept as U+FFFD",
    "control characters": "control characters other than tab and line ends",
    "unmapped glyphs": "private-use characters, as a PDF gives for glyphs without a mapping",
    "hardly any text": "fewer than 50 tokens, or fewer than 100 characters a page",
    "no punctuation": "fewer than one stop in 2,000 characters",
    "very long lines": "lines of more than 10,000 characters",
    "words broken at line ends": "words that a hyphen breaks at one line end in fifty or more",
    "lines that repeat": "short lines, such as running heads, that come back five times or more and make up a twentieth",
    "guessed encoding": "bytes that are no UTF-8; the encoding was guessed",
}

FEW_TOKENS, FEW_A_PAGE = 50, 100
LONG_LINE, A_STOP_IN, FEW_CHARACTERS = 10_000, 2_000, 4_000
BROKEN = 0.02
REPEATS, REPEATED_SHARE = 5, 0.05
SHORTEST, LONGEST = 8, 200
# Boilerplate is a line that stands in so many documents, and in this share of them.
DOCUMENTS, SHARE = 3, 0.02
LISTED = 20

# UTF-8 read as Western: a lead byte before what a trailing byte became.
_LEAD = np.array([0xC2, 0xC3, 0xC5, 0xE2, 0xE4, 0xE5, 0xE6, 0xE7, 0xE8, 0xE9, 0xEF], np.uint32)
_TRAIL = np.array([*range(0x80, 0xC0), *map(ord, "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ")], np.uint32)
# UTF-8 read as GBK, and what is left of lost bytes: 的 becomes 鐨勶, 。 becomes 銆.
_WRONG_HAN = np.array([*map(ord, "锟銆鐨锛鈥鏄涓浣璇绗")], np.uint32)
_QUOTES = frozenset("“\"‘'「『")
_MOJIBAKE = 3  # fewer may be words about mojibake


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One kind of trouble in a document: how often, and where it shows."""

    kind: TroubleKind
    count: int
    example: str = ""


def troubles(lines: Lines, meta: Mapping[str, Any], tokens: int) -> Iterator[Trouble]:
    """What is wrong with a document, most harmful first."""
    codes = lines.codes
    yield from _some("mojibake", lines, _mojibake(codes), _MOJIBAKE)
    yield from _some("characters lost", lines, np.flatnonzero(codes == 0xFFFD))
    yield from _some("control characters", lines, _control(codes))
    yield from _some(
        "unmapped glyphs", lines, np.flatnonzero((codes >= 0xE000) & (codes <= 0xF8FF))
    )
    if tokens < FEW_TOKENS or len(codes) < FEW_A_PAGE * _pages(meta):
        yield Trouble(kind="hardly any text", count=1, example=_around(lines, 0))
    long = np.flatnonzero(lines.ends - lines.starts > LONG_LINE)
    yield from _some("very long lines", lines, lines.starts[long])
    if not meta.get("code"):  # source code has no sentences, and many lines twice
        yield from _unpunctuated(lines)
        yield from _broken(lines)
        yield from _repeated(lines)
    if (encoding := str(meta.get("encoding", "utf-8"))) not in ("utf-8", "ascii"):
        yield Trouble(kind="guessed encoding", count=1, example=encoding)


def damage(lines: Lines) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Places of text decoded wrongly; and of lost, unmapped and control characters, one by one."""
    codes = lines.codes
    wrong = _mojibake(codes)
    unmapped = np.flatnonzero((codes == 0xFFFD) | ((codes >= 0xE000) & (codes <= 0xF8FF)))
    lone = np.sort(np.concatenate([unmapped, _control(codes)]))
    return wrong if len(wrong) >= _MOJIBAKE else wrong[:0], lone


def _pages(meta: Mapping[str, Any]) -> int:
    pages = meta.get("pages")
    return pages if isinstance(pages, int) else len(pages) if isinstance(pages, list) else 0


def _some(
    kind: TroubleKind, lines: Lines, places: NDArray[np.int64], least: int = 1
) -> Iterator[Trouble]:
    if len(places) >= least:
        yield Trouble(kind=kind, count=len(places), example=_around(lines, int(places[0])))


def _around(lines: Lines, at: int) -> str:
    """The words about a place, on one line; what cannot be seen is spelled out."""
    words = " ".join(lines.text[max(0, at - 24) : at + 36].split())
    shown = (one if one.isprintable() or one == " " else f"\\x{ord(one):02x}" for one in words)
    return "".join(shown)


def _mojibake(codes: NDArray[np.uint32]) -> NDArray[np.int64]:
    at = np.flatnonzero(np.isin(codes[:-1], _LEAD))
    western = at[np.isin(codes[at + 1], _TRAIL)]
    han = np.flatnonzero(np.isin(codes, _WRONG_HAN))
    # Such characters are rare, and close together only where bytes went wrong.
    close = np.diff(han) <= 4
    near = np.append(False, close)[: len(han)] | np.append(close, False)[: len(han)]
    return np.sort(np.concatenate([western, han[near]]))


def _control(codes: NDArray[np.uint32]) -> NDArray[np.int64]:
    low = (codes < 32) & (codes != 9) & (codes != 10) & (codes != 12) & (codes != 13)
    return np.flatnonzero(low | ((codes >= 127) & (codes < 160) & (codes != 0x85)))


def _unpunctuated(lines: Lines) -> Iterator[Trouble]:
    stops = np.count_nonzero(lines.classes & (LATIN_STOP | CJK_STOP))
    if len(lines.codes) >= FEW_CHARACTERS and stops * A_STOP_IN < len(lines.codes):
        yield Trouble(kind="no punctuation", count=1, example=_around(lines, len(lines.codes) // 2))


def _broken(lines: Lines) -> Iterator[Trouble]:
    ends = lines.lasts[:-1]
    following = lines.code_at(lines.firsts[1:])
    before = lines.code_at(ends - 2)
    small = (following >= 97) & (following <= 122) & (before >= 97) & (before <= 122)
    at = np.flatnonzero((lines.code_at(ends - 1) == ord("-")) & small & (ends > lines.firsts[:-1]))
    if len(at) >= max(3, BROKEN * np.count_nonzero(lines.lasts > lines.firsts)):
        yield Trouble(
            kind="words broken at line ends",
            count=len(at),
            example=_around(lines, int(ends[at[0]])),
        )


def _repeated(lines: Lines) -> Iterator[Trouble]:
    """Short lines that come back, where they are a part of the document that shows."""
    held = Counter(_short_lines(lines))
    again = {line: count for line, count in held.items() if count >= REPEATS}
    if sum(again.values()) >= max(REPEATS, REPEATED_SHARE * np.count_nonzero(lines.kinds != EMPTY)):
        most = max(again, key=lambda line: again[line])
        yield Trouble(kind="lines that repeat", count=sum(again.values()), example=most)


def short_lines(lines: Lines) -> NDArray[np.int64]:
    """The numbers of the lines that are neither short nor long, no heading and no code."""
    lengths = lines.lasts - lines.firsts
    kept = (lengths >= SHORTEST) & (lengths <= LONGEST)
    return np.flatnonzero(kept & (lines.kinds != CODE) & (lines.kinds != HEADING))


def _short_lines(lines: Lines) -> list[str]:
    """Those lines without blanks around them."""
    kept = short_lines(lines)
    text = lines.text
    spans = zip(lines.firsts[kept].tolist(), lines.lasts[kept].tolist(), strict=True)
    return [text[first:last] for first, last in spans]


def distinct_lines(lines: Lines) -> set[str]:
    """Lines that could be boilerplate, each once; what is said in many stories is none."""
    return {line for line in _short_lines(lines) if line[0] not in _QUOTES}


@dataclass(slots=True)
class SharedLines:
    """Counts the documents that hold a line, by its hash; keeps the words of those that come back.

    Takes about 70 bytes a distinct line.
    """

    documents: int = 0
    counts: dict[int, int] = field(default_factory=dict)
    words: dict[int, str] = field(default_factory=dict)

    def add(self, documents: int, held: Mapping[int, tuple[str, int]]) -> None:
        """Lines of a shard: hash > the line and how many of its ``documents`` have it."""
        self.documents += documents
        for key, (line, count) in held.items():
            self.counts[key] = self.counts.get(key, 0) + count
            if self.counts[key] > 1:
                self.words[key] = line

    def boilerplate(self) -> list[tuple[str, int]]:
        """Lines that many documents share, and how many, most first."""
        least = max(DOCUMENTS, SHARE * self.documents)
        found = [(self.words[key], n) for key, n in self.counts.items() if n >= least]
        return sorted(found, key=lambda one: (-one[1], one[0]))[:LISTED]
