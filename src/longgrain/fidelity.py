"""A text and what stands in its place > the numbers, dates, names, negations and obligations it lost.

Everything here counts occurrences: a number that is said twice in the source and once in the
shorter text has lost one. Texts are looked at piece by piece (sentences, cut where they are very
long), so that it takes linear time and a sentence is read alike wherever it stands.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from longgrain.facts import facts, language_of
from longgrain.grains import tree
from longgrain.modality import negations, obligations
from longgrain.numerals import HAN, english_value, han_value

KINDS = ("numbers", "dates", "names", "negations", "obligations")
# Characters of a piece at most: longer sentences are mostly tables and lists without an end.
LONGEST = 800

# By kind: the words as the source writes them, and how many of them are gone.
Tally = dict[str, dict[str, int]]


class Item(NamedTuple):
    """One thing that may not be lost unseen: ``text[start:end]`` is ``words``, ``key`` its meaning."""

    kind: str
    start: int
    end: int
    words: str
    key: str


def items(text: str, *, names: bool = True) -> list[Item]:
    """Everything of the five kinds in a text, in reading order; a word may be of two kinds (不得).

    Numbers and dates are those of `longgrain.facts`, and beside them every other run of digits and
    every Han numeral that is no word of speech: 十五日, 63B, 10.1.2. ``names`` costs most of the
    time, in Chinese about a microsecond a character.
    """
    language = language_of(text)
    found: list[Item] = []
    for start, end in pieces(text):
        found += _items(text[start:end], start, language, names)
    return found


def pieces(text: str) -> list[tuple[int, int]]:
    """The sentences and headings of a text, those above `LONGEST` characters cut where it hurts least."""
    table = tree(text)
    rows = table.rows("sentence", "heading")
    spans = zip(table.start[rows].tolist(), table.end[rows].tolist(), strict=True)
    return [piece for start, end in spans for piece in cut_long(text, start, end)]


def cut_long(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A sentence, in pieces of at most `LONGEST` characters: at a mark, a blank, else anywhere.

    A run of digits is not cut unless it fills half a piece.
    """
    while end - start > LONGEST:
        half = start + LONGEST // 2
        border = max(
            (match.end() for match in _BORDERS.finditer(text, half, start + LONGEST)), default=0
        )
        border = border or start + LONGEST
        while half < border and _inside_a_word(text, border):
            border -= 1
        border = border if border > half else start + LONGEST
        yield start, border
        start = border
    if start < end:
        yield start, end


_BORDERS = re.compile(r"[；;，,、|\s](?!\d)")
_WORDLIKE = re.compile(rf"[0-9A-Za-z.,]{{2}}|[{HAN}]{{2}}")


def _inside_a_word(text: str, border: int) -> bool:
    return _WORDLIKE.fullmatch(text, border - 1, border + 1) is not None


def lost(source: str, text: str, *, names: bool = True) -> Tally:
    """What the source says and the text does not, by kind; kinds of which nothing is lost are left out.

    Numbers and dates are held by their value (12, twelve and 十二 are one), the others by their
    words. A name also counts as kept where its words stand in the text.
    """
    return _tally(_missing(items(source, names=names), text, names=names))


def lost_of(source_items: Sequence[Item], kept: Sequence[tuple[int, int]]) -> Tally:
    """What is lost where a text is made of these stretches of its source, in reading order, alone."""
    gone: list[Item] = []
    stretches = iter([*kept, (1 << 62, 1 << 62)])
    start, end = next(stretches)
    for item in sorted(source_items, key=lambda one: one.start):
        while item.start >= end:
            start, end = next(stretches)
        if not (start <= item.start and item.end <= end):
            gone.append(item)
    return _tally(gone)


def unlisted(
    source: str, text: str, listed: Mapping[str, Mapping[str, int]], *, names: bool = True
) -> list[str]:
    """Kinds of which something is neither in the text nor listed: what was lost without a word.

    ``listed`` is a tally as `lost` gives it.
    """
    said = items(source, names=names)
    keys = {(one.kind, _words(one)): one.key for one in said}
    open_: Counter[tuple[str, str]] = Counter()
    for kind, words in listed.items():
        for word, count in words.items():
            open_[(kind, keys.get((kind, word), ""))] += count
    gone = Counter((one.kind, one.key) for one in _missing(said, text, names=names))
    kinds = {kind for (kind, key), count in gone.items() if count > open_[(kind, key)]}
    return [kind for kind in KINDS if kind in kinds]


def added(source: str, text: str, *, names: bool = True) -> Tally:
    """Numbers, dates and names of a text that its source does not hold: what somebody made up."""
    known = Counter(_keys(source, names=names))
    plain = _plain(source)
    return _tally(
        item
        for item in items(text, names=names)
        if item.kind in ("numbers", "dates", "names")
        and not known[(item.kind, item.key)]
        and _plain(item.words) not in plain
    )


def counts(tally: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """How many of each kind a tally lists."""
    return {kind: sum(words.values()) for kind, words in tally.items()}


# --- one piece ------------------------------------------------------------------------------------

_DIGITS = re.compile(r"\d+(?:[.,:/’'_–-]\d+)*")
# 一 alone and 千万, 万一 are words of speech; two numerals, or one that counts, are numbers.
_NUMERAL = re.compile(
    rf"[{HAN}]{{2,}}|[二三四五六七八九十百两兩](?![切般律定样樣])|一(?=[日月年周款项項])"
)
_SPEECH = frozenset(("一一", "万一", "萬一", "千万", "千萬", "百万", "十分", "三三两两", "七八"))


def _items(piece: str, offset: int, language: str, names: bool) -> list[Item]:
    found: list[Item] = []
    taken = bytearray(len(piece))
    for one in facts(_whole(piece), "zh" if language == "zh" else "en", names=names):
        kind = {"number": "numbers", "date": "dates", "name": "names"}.get(one.kind)
        if kind and not (kind == "numbers" and any(taken[one.start : one.end])):
            found.append(_item(kind, one.start, one.end, piece, offset, one.value))
            if kind != "names":
                taken[one.start : one.end] = b"\1" * (one.end - one.start)
    for pattern in (_DIGITS, _NUMERAL):
        for match in pattern.finditer(piece):
            for start, end in _free(taken, *match.span()):
                if piece[start:end].strip(".,:/-–_’'") and piece[start:end] not in _SPEECH:
                    found.append(_item("numbers", start, end, piece, offset))
                    taken[start:end] = b"\1" * (end - start)
    for kind, places in (("negations", negations(piece)), ("obligations", obligations(piece))):
        found += [_item(kind, start, end, piece, offset) for start, end in places]
    return sorted(found, key=lambda one: (one.start, one.kind))


def _free(taken: bytearray, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The stretches of a match that no fact has taken."""
    while start < end:
        if taken[start]:
            start += 1
            continue
        stop = taken.find(b"\1", start, end)
        stop = stop if stop >= 0 else end
        yield start, stop
        start = stop


def _whole(text: str) -> str:
    """Without halves of characters, which Chinese word finding does not take."""
    return text.encode("utf-8", "replace").decode()


def _item(kind: str, start: int, end: int, piece: str, offset: int, value: object = None) -> Item:
    words = piece[start:end]
    key = " ".join(unicodedata.normalize("NFKC", words).split())
    if kind == "numbers":
        key = _number_key(key)
    elif kind == "dates":
        key = str(value)
    elif kind == "names":
        key = key.casefold()
    return Item(kind, start + offset, end + offset, words, key)


def _number_key(words: str) -> str:
    """The value where the words alone tell it, so that the same words always have the same key."""
    bare = re.sub(
        r"^百分之|^第|^[￥¥$€£]\s?|\s?(?:%|per\s?cent|(?<=\d)(?:st|nd|rd|th))$", "", words
    )
    value = han_value(bare) if re.search(rf"[{HAN}]", bare) else english_value(bare)
    return words if value is None else f"{value:.12g}"


# --- tallies --------------------------------------------------------------------------------------


def _keys(text: str, *, names: bool) -> Iterator[tuple[str, str]]:
    return ((one.kind, one.key) for one in items(text, names=names))


def _missing(source: Sequence[Item], text: str, *, names: bool) -> list[Item]:
    """The items of a source that its text does not have, or not so often."""
    said = Counter(_keys(text, names=names))
    gone = []
    for item in source:
        if said[(item.kind, item.key)] > 0:
            said[(item.kind, item.key)] -= 1
        elif item.kind != "names" or item.words not in text:
            gone.append(item)
    return gone


def _tally(gone: Iterable[Item]) -> Tally:
    tally: Tally = {}
    for item in gone:
        mine = tally.setdefault(item.kind, {})
        mine[_words(item)] = mine.get(_words(item), 0) + 1
    return {kind: tally[kind] for kind in KINDS if kind in tally}


def _words(item: Item) -> str:
    return " ".join(item.words.split())


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())
