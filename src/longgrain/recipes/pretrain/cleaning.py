"""A text > the lines of it that are not worth training on: boilerplate, repeats, damage.

Lines are left out whole, single characters that are lost or unmapped alone; nothing is rewritten.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from longgrain.lines import EMPTY, Lines, read_lines
from longgrain.trouble import REPEATED_SHARE, REPEATS, damage, distinct_lines, short_lines

# Of a counting table: 16 MB, whatever the number of lines. Two lines that meet in it do no harm
# until together they are in as many documents as boilerplate is.
BUCKETS = 1 << 22
# A line in which more than one character in fifty is lost or unmapped is left out whole.
LONE = 0.02
# A sentence is boilerplate only where so many times as many documents have it.
SENTENCE = 3
DAMAGED = "damaged characters"
BOILERPLATE = "stands in many documents"
PAGE = "page number"
PAGES = 3
REPEATED = "comes back in its document"


class Left(NamedTuple):
    """A line or character that is left out: where it is, why, and what its line says."""

    start: int
    end: int
    reason: str
    words: str


@dataclass(slots=True, kw_only=True)
class Shared:
    """How many documents hold a line; boilerplate is in ``share`` of them, and in ``fewest`` at least."""

    share: float
    fewest: int = 5
    documents: int = 0
    counts: NDArray[np.uint32] = field(default_factory=lambda: np.zeros(BUCKETS, np.uint32))

    def add(self, stretches: Iterable[str]) -> None:
        """The lines of one document, each counted once."""
        held = {line for text in stretches for line in distinct_lines(read_lines(text))}
        held = {line for line in held if _is_prose(line)}
        buckets = np.unique([_bucket(line) for line in held]).astype(np.int64)
        self.counts[buckets] += np.uint32(1)
        self.documents += 1

    def holds(self, line: str) -> bool:
        """Whether a line is boilerplate."""
        share = self.share * (SENTENCE if _ENDS.search(line) else 1)
        least = max(self.fewest, share * self.documents)
        return int(self.counts[_bucket(line)]) >= least


def _bucket(line: str) -> int:
    return crc32(line.encode("utf-8", "surrogatepass")) % BUCKETS


def unwanted(lines: Lines, shared: Shared | None, *, code: bool = False) -> list[Left]:
    """What of a text to leave out, in order. Source code only loses what is damaged."""
    reasons: dict[int, str] = {}
    if not code:
        known = [
            (n, line) for n in short_lines(lines).tolist() if _is_prose(line := _line(lines, n))
        ]
        reasons |= dict.fromkeys(_repeated(lines, known), REPEATED)
        if shared is not None:
            reasons |= {n: BOILERPLATE for n, line in known if shared.holds(line)}
        reasons |= dict.fromkeys(_page_numbers(lines), PAGE)
    whole, lone = _damaged(lines)
    reasons |= dict.fromkeys(whole, DAMAGED)
    ends = [*lines.starts[1:].tolist(), len(lines.text)]
    found = [
        Left(int(lines.starts[n]), ends[n], why, _line(lines, n)) for n, why in reasons.items()
    ]
    found += [Left(at, at + 1, DAMAGED, _line(lines, n)) for n, at in lone if n not in reasons]
    return sorted(found)


def _is_prose(line: str) -> bool:
    """Whether a line says something: markup, formulas and code may come back as often as they like."""
    return not _MARKUP.search(line) and bool(_WORDS.search(line))


_MARKUP = re.compile(r"[<>{}\\=`|$]|^[:#@%]")
# Statutes and manuals repeat sentences and say something each time; running heads are none.
_ENDS = re.compile(r"[.!?;:。！？；：…][\"'”’」』）)]*$")
_WORDS = re.compile(r"(?:[^\W\d_]+\W+){2}[^\W\d_]+|[\u3400-\u9fff]{4}")
_PAGE = re.compile(
    r"[-–—]\s?\d{1,4}\s?[-–—]|(?:page|p\.)\s?\d{1,4}(?:\s?(?:of|/)\s?\d{1,4})?"
    r"|第\s?\d{1,4}\s?[页頁](?:\s?[,，/]?\s?共\s?\d{1,4}\s?[页頁])?",
    re.IGNORECASE,
)


def _page_numbers(lines: Lines) -> list[int]:
    """Lines that number a page and say nothing else, where there are several."""
    short = np.flatnonzero((lines.lasts > lines.firsts) & (lines.lasts - lines.firsts < 24))
    found = [n for n in short.tolist() if _PAGE.fullmatch(_line(lines, n))]
    return found if len(found) >= PAGES else []


def _line(lines: Lines, number: int) -> str:
    return lines.text[lines.firsts[number] : lines.lasts[number]]


def _damaged(lines: Lines) -> tuple[list[int], list[tuple[int, int]]]:
    """Lines to leave out whole, and single characters (line, place) of the others."""
    wrong, lone = damage(lines)
    owners = lines.line_of(lone)
    sizes = (lines.ends - lines.starts)[owners]
    dense = np.bincount(owners, minlength=len(lines.starts))[owners] > LONE * sizes
    whole = np.union1d(lines.line_of(wrong), owners[dense])
    alone = np.isin(owners, whole, invert=True)
    pairs = zip(owners[alone].tolist(), lone[alone].tolist(), strict=True)
    return whole.tolist(), list(pairs)


def _repeated(lines: Lines, known: Sequence[tuple[int, str]]) -> Iterator[int]:
    """Lines that come back so often that it shows, all but the first of each; a sentence may."""
    known = [(number, line) for number, line in known if not _ENDS.search(line)]
    held = Counter(line for _, line in known)
    again = {line for line, count in held.items() if count >= REPEATS}
    count = sum(held[line] for line in again)
    if count < REPEATED_SHARE * np.count_nonzero(lines.kinds != EMPTY):
        return
    seen: set[str] = set()
    for number, line in known:
        if line in seen:
            yield number
        elif line in again:
            seen.add(line)
