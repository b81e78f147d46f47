"""A scanned text > the offsets where its sentences end, English and Chinese alike.

A stop with the closing quotes and brackets behind it is a candidate; exceptions (abbreviations,
initials, decimals, list numbers, quotes that the sentence goes on after) are looked for at
candidates only, by comparing words packed into 64-bit keys.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from longgrain.lines import (
    BLANK,
    CJK,
    CJK_STOP,
    CLOSER,
    CODE,
    EMPTY,
    HEADING,
    ITEM,
    LATIN_STOP,
    LOWER,
    ROW,
    WORD,
    Bools,
    Ints,
    Lines,
    merged,
    paragraph_starts,
    read_lines,
)

_STOPS = LATIN_STOP | CJK_STOP
_WORD_LENGTH = 8  # bytes of a key; longer words are no abbreviation


def _keys(words: str) -> NDArray[np.uint64]:
    """Sorted keys of words of at most seven ASCII letters: the last letter is the lowest byte."""
    return np.array(
        sorted(int.from_bytes(word.encode("ascii"), "big") for word in words.split()), np.uint64
    )


_NEVER_LAST = _keys(
    "mr mrs ms mx messrs mme mlle dr prof rev hon gen col maj capt cpt lt sgt cpl pvt adm cmdr gov"
    " sen rep pres st mt ft fr vs v cf e.g i.e eg ie viz fig figs eq eqs vol vols pp ed eds trans"
    " approx ca resp dept univ assn assoc esp incl ibid op.cit supt insp det mem m mm esq"
)
_BEFORE_NUMBER = _keys(
    "no nos art arts sec secs ch chs chap p pg par jan feb mar apr jun jul aug sep sept oct nov dec"
    " tab ex app ver thm def lem prop pt bk nr"
)
_SELDOM_LAST = _keys(
    "inc ltd co corp bros al llc plc ph.d m.d b.a m.a b.sc m.sc d.c jr sr ave blvd rd"
)
_STARTERS = _keys(
    "the he she it they we you this that these those there in on at but and if when for an as his"
    " her its our my their so then what who why how where no not yes however also after before"
    " although while since because with from by to some all one both each most many such here"
)
_OPENERS = "\"'([{“‘«<*_`「『（《〈【"
_GOES_ON = "，、：,:;—–)）的"
_QUOTES_END = "”’」』\"'＂"
_SPEECH = "说說道问問答喊叫曰云嚷讲講骂罵叹嘆念"
_NOTE_MARK = re.compile(r"\[\^?\w{1,4}\]")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Runs:
    """Runs of stops and closing marks that hold a stop, from the first stop to behind the run.

    ``stops`` counts the stops, ``cjk`` has a Chinese one among them, ``dots`` has only full stops.
    """

    start: Ints
    end: Ints
    stops: Ints
    cjk: Bools
    dots: Bools


def sentence_ends(text: str | Lines) -> Ints:
    """Offsets after the last character of every sentence, closing quotes and brackets included.

    Parameters
    ----------
    text : the text, or its lines if they were read before.

    Returns
    -------
    int64 (sentences,), increasing. The character before each is not blank; the next sentence
    begins at the next character that is not blank; the last end is the end of the last word.
    """
    lines = read_lines(text) if isinstance(text, str) else text
    soft = _soft_ends(lines)
    whole = lines.kinds[lines.line_of(soft - 1)]
    return merged(soft[(whole != CODE) & (whole != ROW)], _hard_ends(lines))


def _hard_ends(lines: Lines) -> Ints:
    """Ends forced by lines: paragraphs, list items, table rows, headings, lines of code."""
    full = np.flatnonzero(lines.kinds != EMPTY)
    kinds = lines.kinds[full]
    alone = (kinds == ROW) | (kinds == HEADING) | (kinds == CODE)
    begins = alone | (kinds == ITEM)
    begins[1:] |= alone[:-1]
    starts = merged(lines.firsts[full[begins]], paragraph_starts(lines))
    starts = np.append(starts[starts > 0], len(lines.text))
    ends = lines.text_end(starts)
    return merged(ends[ends > 0])


def _soft_ends(lines: Lines) -> Ints:
    runs = _runs(lines)
    following = lines.class_at(runs.end)
    latin = ((following & BLANK) != 0) & ~_latin_exceptions(lines, runs)
    before = lines.class_at(runs.start - 1)
    opens = _one_of(lines.code_at(runs.end), '“‘「『《（("')
    latin |= ((before & CJK) != 0) & (((following & (CJK | BLANK)) != 0) | opens)
    return runs.end[np.where(runs.cjk, ~_cjk_exceptions(lines, runs), latin)]


def _runs(lines: Lines) -> _Runs:
    classes = _tail_classes(lines)
    tail = np.flatnonzero(classes & (_STOPS | CLOSER))
    if not len(tail):
        none = np.zeros(0, np.int64)
        return _Runs(start=none, end=none, stops=none, cjk=none > 0, dots=none > 0)
    first = np.flatnonzero(np.diff(tail, prepend=-2) > 1)
    inside = classes[tail]
    stops = np.add.reduceat((inside & _STOPS) != 0, first, dtype=np.int64)
    cjk = np.add.reduceat((inside & CJK_STOP) != 0, first, dtype=np.int64) > 0
    dots = np.add.reduceat(lines.codes[tail] == ord("."), first, dtype=np.int64) == stops
    ends = tail[np.append(first[1:], len(tail)) - 1] + 1
    stop_at = tail[(inside & _STOPS) != 0]
    kept = stops > 0
    start = stop_at[np.searchsorted(stop_at, tail[first[kept]])]
    return _Runs(start=start, end=ends[kept], stops=stops[kept], cjk=cjk[kept], dots=dots[kept])


def _tail_classes(lines: Lines) -> NDArray[np.uint8]:
    """Classes in which note marks such as [12] close, and straight quotes that open do not."""
    classes = lines.classes
    marks = list(_NOTE_MARK.finditer(lines.text)) if "[" in lines.text else []
    opening = _opening_quotes(lines)
    if not marks and not len(opening):
        return classes
    classes = classes.copy()
    for mark in marks:
        classes[mark.start() : mark.end()] = CLOSER
    classes[opening] = 0
    return classes


def _opening_quotes(lines: Lines) -> Ints:
    """Straight quotes right behind a stop that open: the odd ones of a line with pairs of them."""
    quotes = np.flatnonzero(lines.codes == ord('"'))
    if not len(quotes):
        return quotes
    _, first, count = np.unique(lines.line_of(quotes), return_index=True, return_counts=True)
    rank = np.arange(len(quotes)) - np.repeat(first, count)
    opens: Bools = (rank % 2 == 0) & (np.repeat(count, count) % 2 == 0)
    opens &= (lines.class_at(quotes - 1) & (_STOPS | CLOSER)) != 0
    opens &= (lines.class_at(quotes + 1) & BLANK) == 0
    return quotes[opens]


def _cjk_exceptions(lines: Lines, runs: _Runs) -> Bools:
    following = lines.code_at(runs.end)
    last = lines.code_at(runs.end - 1)
    goes_on = _one_of(following, _GOES_ON) & ~_one_of(last, "。！？；")
    title: Bools = _one_of(last, "》〉")
    before = lines.code_at(runs.start - 1)
    decimal = (lines.code_at(runs.start) == ord("．")) & _digit(before)
    ellipsis = _one_of(lines.code_at(runs.start), "…⋯")
    unfinished = ellipsis & ((lines.class_at(lines.text_start(runs.end)) & LOWER) != 0)
    unfinished |= ellipsis & _one_of(following, "，、,：")
    exceptions: Bools = goes_on | title | decimal | unfinished
    return exceptions | _speech_follows(lines, runs, last)


def _speech_follows(lines: Lines, runs: _Runs, last: NDArray[np.uint32]) -> Bools:
    """“……！”他说。 is one sentence; in “……！”他说：“……” the words before the colon open another."""
    found: Bools = _one_of(last, _QUOTES_END) & ((lines.class_at(runs.end) & CJK) != 0)
    at = np.flatnonzero(found)
    ahead = runs.end[at][:, None] + np.arange(12)
    ideograph = (lines.class_at(ahead) & CJK) != 0
    length = np.where(ideograph.all(axis=1), 0, np.argmin(ideograph, axis=1))
    stop = lines.code_at(runs.end[at] + length)
    verb = _one_of(lines.code_at(runs.end[at] + length - 1), _SPEECH)
    known = _one_of(lines.code_at(runs.end[at] + length - 2), "知难難")
    found[at] = verb & ~known & (length > 0) & _one_of(stop, "。，！？；,.．")
    return found


def _latin_exceptions(lines: Lines, runs: _Runs) -> Bools:
    """Candidates of . ! ? where the sentence goes on."""
    after = _skip_openers(lines, lines.text_start(runs.end))
    following = lines.code_at(after)
    lower = (lines.class_at(after) & LOWER) != 0
    single = runs.dots & (runs.stops == 1)
    bare = single & (runs.end == runs.start + 1)
    key, length = _word_before(lines, runs.start)
    starter = _is_among(_word_at(lines, after), _STARTERS)
    abbreviated = _is_among(key, _NEVER_LAST) | (_is_among(key, _SELDOM_LAST) & ~starter)
    abbreviated |= _is_among(key, _BEFORE_NUMBER) & _digit(following)
    abbreviated |= _initial(lines, runs.start, after) & ~starter
    abbreviated |= _list_number(lines, runs.start, key, length)
    sentence_word = bare & (length >= 4) & ~abbreviated
    exceptions: Bools = (bare & abbreviated) | (lower & ~sentence_word)
    return exceptions


def _word_before(lines: Lines, stops: Ints) -> tuple[NDArray[np.uint64], Ints]:
    """Key and length (at most 8) of the word of letters, digits and dots that ends at each stop."""
    key, length = np.zeros(len(stops), np.uint64), np.zeros(len(stops), np.int64)
    going = np.ones(len(stops), bool)
    for back in range(1, _WORD_LENGTH + 1):
        code = lines.code_at(stops - back)
        going &= ((lines.class_at(stops - back) & WORD) != 0) | (code == ord("."))
        key |= np.where(going, _lowered(code), 0).astype(np.uint64) << np.uint64(8 * (back - 1))
        length += going
    return np.where(length < _WORD_LENGTH, key, 0), length


def _word_at(lines: Lines, offsets: Ints) -> NDArray[np.uint64]:
    """The key of the word that begins at each offset; 0 for more than seven letters."""
    key, going = np.zeros(len(offsets), np.uint64), np.ones(len(offsets), bool)
    for ahead in range(_WORD_LENGTH):
        going &= (lines.class_at(offsets + ahead) & WORD) != 0
        letter = _lowered(lines.code_at(offsets + ahead)).astype(np.uint64)
        key = np.where(going, (key << np.uint64(8)) | letter, key)
    return np.where(going, 0, key)


def _initial(lines: Lines, stops: Ints, after: Ints) -> Bools:
    """One capital before the stop; for the pronoun I only where a second initial follows."""
    letter = lines.code_at(stops - 1)
    before = lines.class_at(stops - 2)
    capital = (letter >= ord("A")) & (letter <= ord("Z")) & ((before & (WORD | CJK)) == 0)
    initial: Bools = capital & ((letter != ord("I")) | (lines.code_at(after + 1) == ord(".")))
    return initial


def _list_number(lines: Lines, stops: Ints, key: NDArray[np.uint64], length: Ints) -> Bools:
    """A number of one or two digits, 2.3, a letter or a Roman number that opens its line."""
    opens: Bools = lines.firsts[lines.line_of(stops)] == stops - length
    dotted = np.zeros(len(stops), bool)
    numeric, roman = length > 0, length > 0
    for back in range(_WORD_LENGTH):
        byte = (key >> np.uint64(8 * back)) & np.uint64(255)
        inside = back < length
        dotted |= inside & (byte == ord("."))
        numeric &= ~inside | _digit(byte) | (byte == ord("."))
        roman &= ~inside | _one_of(byte, "ivxlc")
    counts = (numeric & (dotted | (length <= 2))) | roman | (length == 1)
    opens &= (length < _WORD_LENGTH) & counts
    return opens


def _skip_openers(lines: Lines, offsets: Ints) -> Ints:
    for _ in range(3):
        offsets = offsets + _one_of(lines.code_at(offsets), _OPENERS)
    return offsets


def _one_of(codes: NDArray[np.unsignedinteger], characters: str) -> Bools:
    # A look into a table takes a tenth of the time of np.isin.
    found: Bools = _table(characters).take(codes.astype(np.intp), mode="clip")
    return found


@lru_cache(maxsize=64)
def _table(characters: str) -> Bools:
    """For each code point whether it is one of the characters, and one entry more for all beyond."""
    points = [ord(character) for character in characters]
    table = np.zeros(max(points) + 2, bool)
    table[points] = True
    return table


def _is_among(keys: NDArray[np.uint64], known: NDArray[np.uint64]) -> Bools:
    """Which keys are among those known, which ascend."""
    found: Bools = known.take(known.searchsorted(keys), mode="clip") == keys
    return found


def _digit(codes: NDArray[np.unsignedinteger]) -> Bools:
    digit: Bools = ((codes >= 0x30) & (codes <= 0x39)) | ((codes >= 0xFF10) & (codes <= 0xFF19))
    return digit


def _lowered(codes: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """ASCII in lower case; anything else as 255, which no key holds."""
    lowered = np.where((codes >= 65) & (codes <= 90), codes + 32, codes)
    return np.where(lowered < 128, lowered, 255).astype(np.uint32)
