"""Text > term codes: words and pairs of Chinese characters as 64-bit numbers, with their places.

A term is a lower-cased run of letters and digits, or two neighbouring characters of a script
written without spaces (Chinese, Japanese, Korean, Thai, ...).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain, pairwise, product

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.uint64]

# Odd, so that it has an inverse modulo 2^64.
BASE = 0x9E3779B97F4A7C15
BLOCK = 1 << 17  # characters; the working arrays of one block stay in the cache
GAP, WORD, UNSPACED = 0, 1, 2
# Bits: a word's first and last letter; the first of a pair, and a lone character, without spaces.
FIRST, LAST, PAIR, LONE = 1, 2, 4, 8
BEGINS = np.uint8(FIRST | PAIR | LONE)
SCRIPTS_WITHOUT_SPACES = (
    (0x0E00, 0x0F00),  # Thai, Lao
    (0x1000, 0x10A0),  # Myanmar
    (0x1100, 0x1200),  # Hangul jamo
    (0x1780, 0x1800),  # Khmer
    (0x2E80, 0x2FE0),  # radicals
    (0x3005, 0x3400),  # iteration mark, kana, bopomofo
    (0xD7B0, 0xD800),  # Hangul jamo, extended
    (0xF900, 0xFB00),  # Han, compatibility
    (0xFF66, 0xFFDD),  # half-width kana and Hangul
    (0x1B000, 0x1B170),  # kana, supplement
)


def mixed(codes: Codes) -> Codes:
    """The codes with all bits stirred: the finaliser of SplitMix64, a bijection."""
    out = codes >> np.uint64(30)
    out ^= codes
    out *= np.uint64(0xBF58476D1CE4E5B9)
    codes = out >> np.uint64(27)
    codes ^= out
    codes *= np.uint64(0x94D049BB133111EB)
    out = codes >> np.uint64(31)
    out ^= codes
    return out


@lru_cache(maxsize=1)
def _characters() -> tuple[NDArray[np.uint8], Codes]:
    """For every code point its class and the random-looking number it hashes as."""
    kinds = np.zeros(0x110000, np.uint8)
    folded = np.arange(0x110000, dtype=np.uint64)
    kinds[0x3400:0xA000] = kinds[0xAC00:0xD7A4] = UNSPACED  # known without looking, for speed
    for point in chain(range(0x3400), range(0xA000, 0xAC00), range(0xD7A4, 0x20000)):
        character = chr(point)
        if unicodedata.category(character)[0] in "LMN":
            kinds[point] = WORD
            plain = unicodedata.normalize("NFKC", character)
            folded[point] = ord((plain if len(plain) == 1 else character).lower()[0])
    kinds[0xFE00:0xFE10] = GAP  # variation selectors choose a picture, not a word
    for start, end in SCRIPTS_WITHOUT_SPACES:
        kinds[start:end][kinds[start:end] == WORD] = UNSPACED
    kinds[0x20000:0x3FFFE] = UNSPACED
    return kinds, mixed((folded + np.uint64(1)) * np.uint64(BASE))


@lru_cache(maxsize=1)
def _powers(size: int) -> tuple[Codes, Codes]:
    """The powers of BASE and of its inverse, modulo 2^64."""
    steps = np.full((2, size), 1, np.uint64)
    steps[0, 1:], steps[1, 1:] = BASE, pow(BASE, -1, 1 << 64)
    powers = np.cumprod(steps, axis=1, dtype=np.uint64)
    return powers[0], powers[1]


def terms(text: str) -> tuple[Codes, NDArray[np.int64]]:
    """The terms of a text in reading order: their codes, and the code points where they start.

    Case and width are folded (Ａ and a are one letter), accents are not. A lone character of a
    script without spaces is a term of its own. Codes are polynomial hashes of code points modulo
    2^64, equal on every machine; a letter newer than the Unicode of this Python is not seen as one.
    Of many short texts `asked` finds them in a tenth of the time: no term spans a line end.
    """
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    kinds = _characters()[0][points]
    borders = _blocks(kinds)
    parts = [
        _block_terms(points[start:end], kinds[start:end], start) for start, end in pairwise(borders)
    ]
    if len(parts) == 1:
        return parts[0]
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])


def coded(texts: Sequence[str]) -> tuple[Codes, NDArray[np.int64]]:
    """The terms of many texts, and the number of the text of each."""
    codes, starts = terms("\n".join(texts))
    ends = np.cumsum([len(text) + 1 for text in texts])
    return codes, np.searchsorted(ends, starts, "right")


def asked(texts: Sequence[str]) -> list[Codes]:
    """The terms of each text."""
    codes, owner = coded(texts)
    return np.split(codes, np.searchsorted(owner, np.arange(1, len(texts)))) if texts else []


def held(wanted: Codes, texts: Sequence[str]) -> NDArray[np.int64]:
    """For each text how many of the distinct ``wanted`` terms (ascending codes) it holds."""
    if not len(wanted):
        return np.zeros(len(texts), np.int64)
    codes, starts = terms("\n".join(texts))
    place = np.minimum(np.searchsorted(wanted, codes), len(wanted) - 1)
    hit = np.flatnonzero(wanted[place] == codes)
    ends = np.cumsum([len(text) + 1 for text in texts])
    owner = np.searchsorted(ends, starts[hit], "right")
    pairs = np.unique(owner * len(wanted) + place[hit])
    return np.bincount(pairs // len(wanted), minlength=len(texts))


def _blocks(kinds: NDArray[np.uint8]) -> list[int]:
    """Borders of blocks of at least BLOCK characters, each at a character that is in no term."""
    if len(kinds) <= BLOCK:
        return [0, len(kinds)]
    gaps = np.flatnonzero(kinds == GAP)
    at = np.searchsorted(gaps, np.arange(BLOCK, len(kinds), BLOCK))
    return [0, *np.unique(gaps[at[at < len(gaps)]]).tolist(), len(kinds)]


def _block_terms(
    points: NDArray[np.uint32], kinds: NDArray[np.uint8], offset: int
) -> tuple[Codes, NDArray[np.int64]]:
    """Terms of one block; the hash of a run is a difference of two running sums."""
    around = np.zeros(len(kinds) + 2, np.uint8)
    around[1:-1] = kinds
    # The classes of a character and of its neighbours in one number, to look up what it begins.
    place = around[:-2] * np.uint8(9)
    place += around[1:-1] * np.uint8(3)
    place += around[2:]
    marks = _marks()[place]
    starts = (marks & BEGINS).nonzero()[0]
    begun = marks[starts]
    ends = starts + np.where(begun & PAIR, 2, 1)
    ends[(begun & FIRST).nonzero()[0]] = (marks & LAST).nonzero()[0] + 1
    size = max(2 * BLOCK, 1 << len(kinds).bit_length())
    powers, inverses = _powers(size)
    sums = np.zeros(len(points) + 1, np.uint64)
    np.cumsum(_characters()[1][points] * powers[: len(points)], out=sums[1:])
    codes = sums[ends]
    codes -= sums[starts]
    codes *= inverses[starts]
    return mixed(codes), starts + offset


@lru_cache(maxsize=1)
def _marks() -> NDArray[np.uint8]:
    """What a character is to a term: by its class (times 3), those before (times 9) and after it."""
    found = np.zeros(27, np.uint8)
    for before, own, after in product((GAP, WORD, UNSPACED), repeat=3):
        mark = 0
        if own == WORD:
            mark |= (before != WORD) * FIRST | (after != WORD) * LAST
        elif own == UNSPACED:
            mark |= PAIR if after == UNSPACED else (before != UNSPACED) * LONE
        found[9 * before + 3 * own + after] = mark
    return found
