"""Leaves of a tree and starts of its tokens > bounds of size-bounded cuts and sliding windows.

For every possible start of a cut the best end is found at once by binary search; then the chain of
cuts is walked, one step a cut.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from longgrain.errors import PlanError
from longgrain.lines import BLANK, CLOSER, EMPTY, WORD, Bools, Ints, Lines, merged

Mode = Literal["sentence", "exact"]
Borders = tuple[Ints, Ints, NDArray[np.int8]]

# How good a border is to end a cut at; 2, 3 and 4 are ends of sentence, paragraph and section.
_AVOID, _TOKEN, _BLANK, _BEST = -1, 0, 1, 4
_LONGEST_WORD = 16  # estimated tokens: a longer run of letters counts once every 16


def size_cuts(
    lines: Lines, borders: Borders, token_starts: Ints, *, size: int = 128, mode: Mode = "sentence"
) -> tuple[Ints, Ints]:
    """Cuts that hold all text that is not blank, once, in reading order.

    Parameters
    ----------
    borders : starts and ends of the tree's leaves and the worth of each end (``leaf_borders``).
    token_starts : int64 (tokens,), not decreasing: the code point at which each token begins;
        byte tokens inside one character may share theirs.
    size : tokens that touch a cut, at most. A single character of more tokens is one cut.
    mode : "sentence" ends a cut at the best border in the second half of its reach (section,
        paragraph, sentence, blank or comma, then any token); "exact" at every ``size``-th token,
        moved only where that would cut a character.

    Returns
    -------
    starts, ends : int64, trimmed of blanks; the indentation of a first line is kept where the
        cut goes on with the next line.
    """
    _check(lines, token_starts, size)
    if mode == "exact":
        return windows(lines, token_starts, size=size, overlap=0)
    if mode != "sentence":
        raise PlanError(f"mode {mode!r} is no way to cut; choose 'sentence' or 'exact'")
    if not len(borders[0]):
        return borders[0], borders[1]
    starts, ends, worth = _units(lines, borders, token_starts, size)
    led = _indented(lines, starts, np.append(0, ends[:-1]))
    first, last = token_spans(token_starts, led, ends)
    heads = _walk(_best_ends(first, last, worth, size))
    tails = np.append(heads[1:], len(starts)) - 1
    fits = last[tails] - first[heads] < size
    goes_on = ends[tails] > _next_line(lines, starts[heads])
    return np.where(fits & goes_on, led[heads], starts[heads]), ends[tails]


def windows(lines: Lines, token_starts: Ints, *, size: int, overlap: int = 0) -> tuple[Ints, Ints]:
    """Stretches of ``size`` tokens, each ``overlap`` tokens into the one before; trimmed of blanks.

    All text that is not blank is in at least one of them; with overlap 0, in exactly one.
    """
    _check(lines, token_starts, size)
    if not 0 <= overlap < size:
        raise PlanError(
            f"overlap {overlap} does not fit windows of {size} tokens, which would never move on; "
            f"choose 0 to {size - 1}"
        )
    count = max(1, -(-(len(token_starts) - overlap) // (size - overlap)))
    # A border is where a token's first character begins, so no character is ever cut.
    borders = np.append(token_starts, len(lines.text))
    begin = np.arange(count) * (size - overlap)
    floor = np.where(begin == 0, 0, borders[np.minimum(begin, len(token_starts))])
    roof = borders[np.minimum(begin + size, len(token_starts))]
    starts, ends = lines.text_start(floor), lines.text_end(roof)
    full = starts < ends
    starts, ends, floor = starts[full], ends[full], floor[full]
    led = np.maximum(_indented(lines, starts, floor), floor)
    return np.where(ends > _next_line(lines, starts), led, starts), ends


def token_spans(token_starts: Ints, starts: Ints, ends: Ints) -> tuple[Ints, Ints]:
    """Numbers of the first and the last token that touch each stretch of text."""
    first = np.maximum(np.searchsorted(token_starts, starts, "right") - 1, 0)
    shared = np.searchsorted(token_starts, starts, "left")  # byte tokens of the first character
    last = np.maximum(np.searchsorted(token_starts, ends - 1, "right") - 1, 0)
    return np.minimum(first, shared), last


def estimate_token_starts(lines: Lines) -> Ints:
    """Starts of tokens without a tokenizer: one a Chinese character, one a word or sign else."""
    classes = lines.classes
    word = (classes & WORD) != 0
    inner = word & np.append(False, word[:-1])
    starts = np.flatnonzero(((classes & BLANK) == 0) & ~inner)
    gaps = np.diff(np.append(starts, len(classes)))
    more = (gaps - 1) // _LONGEST_WORD
    within = np.arange(more.sum()) - np.repeat(np.cumsum(more) - more, more) + 1
    extra = np.repeat(starts, more) + within * _LONGEST_WORD
    extra = extra[inner[extra]]
    return np.insert(starts, np.searchsorted(starts, extra), extra)


def _check(lines: Lines, token_starts: Ints, size: int) -> None:
    if size < 1:
        raise PlanError(f"size {size} leaves no token for a cut; choose 1 or more (128 is usual)")
    if not len(token_starts) and len(lines.word_starts):
        raise PlanError(
            f"no token starts were given for a text of {len(lines.text)} characters, so no cut has "
            "a length; give the starts of all its tokens, or none to have them estimated"
        )


def _units(lines: Lines, borders: Borders, token_starts: Ints, size: int) -> Borders:
    """The leaves, those longer than ``size`` split at blanks and commas, else at tokens."""
    for breaks, worth in ((_soft_breaks(lines), _BLANK), (None, _TOKEN)):
        first, last = token_spans(token_starts, borders[0], borders[1])
        long = last - first >= size
        if not long.any():
            break
        breaks = token_starts if breaks is None else breaks
        at = np.searchsorted(borders[0], breaks, "right") - 1
        breaks = breaks[(at >= 0) & long[at]]
        borders = _split(lines, borders, breaks, worth)
    return borders


def _split(lines: Lines, borders: Borders, breaks: Ints, worth: int) -> Borders:
    """Split stretches at ``breaks``; right before a closing or joining character is no good end."""
    starts = merged(borders[0], lines.text_start(breaks))
    starts = starts[starts < len(lines.text)]
    owner = np.searchsorted(borders[0], starts, "right") - 1
    kept = starts < borders[1][owner]
    starts, owner = starts[kept], owner[kept]
    ends = np.minimum(np.append(starts[1:], len(lines.text)), borders[1][owner])
    ends = lines.text_end(ends)
    whole = ends == borders[1][owner]
    inner = np.where(_joins(lines, ends), _AVOID, worth)
    return starts, ends, np.where(whole, borders[2][owner], inner).astype(np.int8)


def _soft_breaks(lines: Lines) -> Ints:
    """Where a long sentence may be split: at blanks, and behind Chinese commas and colons."""
    codes = lines.codes
    commas = np.flatnonzero((codes == 0xFF0C) | (codes == 0x3001) | (codes == 0xFF1A)) + 1
    commas = commas[(lines.class_at(commas) & (BLANK | CLOSER)) == 0]
    return np.concatenate((lines.word_starts, commas))


def _joins(lines: Lines, offsets: Ints) -> Bools:
    """The character at each offset belongs to the one before: closing marks, accents, joints."""
    code = lines.code_at(offsets)
    joins: Bools = (lines.class_at(offsets) & CLOSER) != 0
    joins |= ((code >= 0x300) & (code <= 0x36F)) | ((code >= 0xFE00) & (code <= 0xFE0F))
    joins |= (code == 0x200D) | ((code >= 0x1F3FB) & (code <= 0x1F3FF))
    joins |= lines.code_at(offsets - 1) == 0x200D
    return joins


def _best_ends(first: Ints, last: Ints, worth: NDArray[np.int8], size: int) -> Ints:
    """For a cut that begins at each unit, the unit that it ends with."""
    unit = np.arange(len(first))
    reach = np.maximum(np.searchsorted(last, first + size, "left") - 1, unit)
    half = np.maximum(np.searchsorted(last, first + size // 2, "left"), unit)
    best = reach
    for wished in range(_TOKEN, _BEST + 1):
        latest = np.maximum.accumulate(np.where(worth >= wished, unit, -1))[reach]
        best = np.where(latest >= (half if wished > _TOKEN else unit), latest, best)
    return best


def _walk(ends: Ints) -> Ints:
    """The units that begin a cut, when each cut ends with the unit that ``ends`` names."""
    heads, unit = [], 0
    while unit < len(ends):
        heads.append(unit)
        unit = int(ends[unit]) + 1
    return np.array(heads, np.int64)


def _indented(lines: Lines, starts: Ints, floor: Ints) -> Ints:
    """Where the indentation (spaces, tabs) in front of each start begins, if it opens its line."""
    line = lines.line_of(starts)
    begins = lines.starts[line]
    opens = (lines.firsts[line] == starts) & (begins >= floor)
    opens &= np.isin(lines.code_at(begins), (0x20, 0x09))
    return np.where(opens, begins, starts)


def _next_line(lines: Lines, starts: Ints) -> Ints:
    """Where the next line's text begins, or the end of the text if that line is blank."""
    following = np.minimum(lines.line_of(starts) + 1, len(lines.starts) - 1)
    blank = lines.kinds[following] == EMPTY
    return np.where(blank, len(lines.text), np.maximum(lines.firsts[following], starts))
