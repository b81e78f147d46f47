"""Scanned plain text > the lines that are headings by habit: CHAPTER I, 第一回, 4.2 Ropes, IV.

Words (CHAPTER, 第一回) count where they begin a line that is no sentence. Bare numbers must run on
from 1, and a list is no row of headings. Of a chapter named twice, the one with body text behind
it counts, so a table of contents makes no chapters.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from longgrain.lines import EMPTY, ITEM, ROW, TEXT, Lines

TITLE, PART, CHAPTER, SECTION = range(4)
ARTICLE = 8  # below part, chapter and five more levels of section
_LONGEST = 100  # code points of a heading in plain text
_SHORT_BODY = 60  # a table of contents has at most this much text between two of its entries

NUMERALS = "一二三四五六七八九十百千零〇○两兩0-9０-９"
_ROMAN = r"(?=[IVXLC])C{0,3}(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})"
_SPELLED = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen"
    "|sixteen|seventeen|eighteen|nineteen|twenty"
)
_ORDINALS = "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth"

_ENGLISH = re.compile(
    rf"(?P<word>part|book|volume|chapter|letter|appendix|section)[ \t]+(?:the[ \t]+)?"
    rf"(?P<number>\d{{1,4}}|{_ROMAN}(?<=[IVXLC])|(?-i:[A-Z])|{_SPELLED}|{_ORDINALS})\b(?P<rest>.*)",
    re.IGNORECASE,
)
_CHINESE = re.compile(
    rf"第(?P<number>[{NUMERALS}]+)(?P<word>分?[编編]|[卷部篇集册冊章回囘节節])(?P<rest>.*)"
)
_CHINESE_NUMBER = re.compile(rf"[{NUMERALS}]+|[上中下]")
_SCROLL = re.compile(rf"(?P<word>卷)(?P<number>[{NUMERALS}]+|[上中下])(?P<rest>(?:[ 　\t].*)?)")
_DECIMAL = re.compile(r"§?[ \t]*(?P<number>\d{1,3}(?:\.\d{1,3}){1,5})\.?(?P<rest>[ \t　]+.*)")
_NUMBER = re.compile(r"§?[ \t]*(?P<number>\d{1,2})[.、]?(?P<rest>[ \t　]+.*)")
_ROMAN_LINE = re.compile(rf"(?P<number>{_ROMAN})(?P<rest>\.?|\.?[ \t]+.*)")
_ZH_NUMBER = re.compile(r"(?P<number>[一二三四五六七八九十]{1,3})、(?P<rest>.*)")
_ZH_BRACKET = re.compile(r"[（(](?P<number>[一二三四五六七八九十]{1,3})[)）](?P<rest>.*)")
_NAMED = re.compile(
    r"(?:(?:preface|foreword|introduction|prologue|epilogue|afterword|appendix|conclusion|glossary"
    r"|bibliography|references|index|contents|table of contents)\.?"
    r"|前言|序|序言|自序|引言|楔子|尾声|尾聲|后记|後記|跋|附录|附錄|附则|附則|目录|目錄|结语|結語"
    r"|参考文献|參考文獻)",
    re.IGNORECASE,
)
_LEADERS = re.compile(r"(?:[.·…․‥]{2,}|(?:[.·…] ){3,}|\t)[ \t　]*\d{1,4}$")
_LEVELS = {
    **dict.fromkeys(("part", "book", "volume", "分编", "分編", *"编編卷部篇集册冊"), PART),
    **dict.fromkeys(("chapter", "letter", "appendix", *"章回囘"), CHAPTER),
    **dict.fromkeys(("section", *"节節"), SECTION),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A line that may be a heading: ``family`` is its habit, ``value`` its number there."""

    line: int
    start: int
    end: int
    level: int
    family: str = ""
    value: int = 0
    word: int = 0  # the level that its word means, 0 without one


def word_level(title: str) -> int:
    """The level that a heading's own words name (第三章: chapter), 0 where they name none."""
    found = _ENGLISH.match(title) or _CHINESE.match(title) or _SCROLL.match(title)
    # Appendices and letters are chapters where they are found, but say nothing about their level.
    word = found["word"].lower() if found else ""
    return 0 if word in ("", "appendix", "letter") else _LEVELS[word]


def plain_marks(lines: Lines) -> list[Mark]:
    """The headings of a text without marks, in reading order."""
    marks = [mark for line in _short_lines(lines) if (mark := _plain_mark(lines, line))]
    marks = _in_sequence(lines, marks)
    marks = _without_contents(lines, marks)
    return _settle_levels(_without_repeats(marks))


def _short_lines(lines: Lines) -> list[int]:
    """Lines that are short and begin like a heading: 第, 卷, a number, a capital, a bracket."""
    short = (lines.lasts - lines.firsts <= _LONGEST) & np.isin(lines.kinds, (TEXT, ITEM, ROW))
    first = lines.code_at(lines.firsts)
    opens = np.isin(
        first,
        [
            ord(character)
            for character in "第卷§（(一二三四五六七八九十前序自引楔尾后後跋附目结結参參"
        ],
    )
    opens |= (first >= ord("0")) & (first <= ord("9"))
    opens |= (first >= ord("A")) & (first <= ord("Z"))
    return [int(line) for line in np.flatnonzero(short & opens)]


def _plain_mark(lines: Lines, line: int) -> Mark | None:
    start, end = int(lines.firsts[line]), int(lines.lasts[line])
    raw = lines.text[start:end]
    mark = Mark(line=line, start=start, end=end, level=0)
    if (found := _CHINESE.match(raw) or _SCROLL.match(raw)) and _chinese_title(found["rest"]):
        return _numbered(mark, found, found["word"], _LEVELS[found["word"]])
    above = line == 0 or lines.kinds[line - 1] == EMPTY
    if not above:
        return None
    if (found := _ENGLISH.match(raw)) and raw[0].isupper() and _english_title(found["rest"]):
        word = found["word"].lower()
        return _numbered(_with_title_below(lines, mark, found), found, word, _LEVELS[word])
    below = line + 1 == len(lines.kinds) or lines.kinds[line + 1] == EMPTY
    return _lone_mark(raw, mark) if below else None


def _lone_mark(raw: str, mark: Mark) -> Mark | None:
    """Habits that only count on a line of their own, with nothing right above or below."""
    if _LEADERS.search(raw) or raw[-1] in "。，；：,;:!！？" or raw.endswith("?"):
        return None
    if (found := _DECIMAL.match(raw)) and _named(found["rest"]):
        depth = found["number"].count(".")
        value = int(found["number"].rsplit(".", 1)[1])
        family = "decimal " + found["number"].rsplit(".", 1)[0]
        return replace(mark, level=CHAPTER + depth, family=family, value=value)
    for family, pattern, level in (
        ("roman", _ROMAN_LINE, CHAPTER),
        ("number", _NUMBER, CHAPTER),
        ("一、", _ZH_NUMBER, 4),
        ("（一）", _ZH_BRACKET, 5),
    ):
        found = pattern.fullmatch(raw)
        if found and (_named(found["rest"]) or (family == "roman" and found["rest"] in ("", "."))):
            return replace(mark, level=level, family=family, value=number_value(found["number"]))
    if _NAMED.fullmatch(raw):
        return replace(mark, level=CHAPTER, family=raw.lower())
    return replace(mark, level=6, family=raw) if _all_capitals(raw) else None


def _numbered(mark: Mark, found: re.Match[str], family: str, level: int) -> Mark:
    value = number_value(found["number"])
    return replace(mark, level=level, family=family, value=value, word=level)


def _chinese_title(rest: str) -> bool:
    """Behind 第三章: nothing, a blank and a title, or a short title at once; never a sentence."""
    if rest[:1] in ("", " ", "　", "\t", "：", ":"):
        return not rest.rstrip().endswith(("。", "，", "；", "．", ","))
    return (
        len(rest) <= 30 and not re.search(r"[。，；：．！？,;]", rest) and rest[0] not in "的中里至"
    )


def _english_title(rest: str) -> bool:
    """Behind CHAPTER I: nothing, or a title that begins like one; never a sentence."""
    title = rest.lstrip(" \t.:—–-")
    if not title:
        return True
    return (title[0].isupper() or not title[0].isascii() or title[0] in "\"'(0123456789") and (
        rest[0] in ".:—–-" or not title.rstrip().endswith((".", ",", ";"))
    )


def _named(rest: str) -> bool:
    title = rest.strip(" \t　.—–-:")
    begins = title[:1].isupper() or (title[:1].isalpha() and not title[0].isascii())
    return begins and len(title) <= 80 and not title.endswith((".", ","))


def _all_capitals(raw: str) -> bool:
    letters = sum(character.isalpha() for character in raw)
    return (
        raw.isupper()
        and raw.isascii()
        and letters >= 4
        and letters > 0.6 * len(raw)
        and len(raw.split()) <= 12
        and raw.strip(". ") not in ("THE END", "FINIS", "FIN")
    )


def _with_title_below(lines: Lines, mark: Mark, found: re.Match[str]) -> Mark:
    """CHAPTER I with its title on the very next line, and nothing right below that."""
    title, after = mark.line + 1, mark.line + 2
    if found["rest"].strip(" .:") or title >= len(lines.kinds) or lines.kinds[title] != TEXT:
        return mark
    alone = after >= len(lines.kinds) or lines.kinds[after] == EMPTY
    short = lines.lasts[title] - lines.firsts[title] <= 70
    return replace(mark, end=int(lines.lasts[title])) if alone and short else mark


def number_value(number: str) -> int:
    """The value of a number as headings write it: 12, XII, twelve, 十二, 一零二, A."""
    plain = number.translate(str.maketrans("０１２３４５６７８９", "0123456789")).lower()
    if plain.isdecimal() and plain.isascii():
        return int(plain)
    for words in (_SPELLED.split("|"), _ORDINALS.split("|")):
        if plain in words:
            return words.index(plain) + 1
    if re.fullmatch(_ROMAN, number.upper()):
        return _roman_value(number.upper())
    if len(plain) == 1 and plain.isascii():
        return ord(plain) - ord("a") + 1
    return _chinese_value(plain) if _CHINESE_NUMBER.fullmatch(plain) else 0  # of another script


def _roman_value(number: str) -> int:
    values = [{"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}[letter] for letter in number]
    return sum(-v if v < after else v for v, after in zip(values, [*values[1:], 0], strict=True))


def _chinese_value(number: str) -> int:
    if number in ("上", "中", "下"):
        return "上中下".index(number) + 1
    digits = {
        **{c: i for i, c in enumerate("零一二三四五六七八九")},
        "〇": 0,
        "○": 0,
        "两": 2,
        "兩": 2,
    }
    if not set(number) & set("十百千"):
        return int("".join(str(digits.get(c, c)) for c in number))
    total, digit = 0, 0
    for character in number:
        if unit := {"十": 10, "百": 100, "千": 1000}.get(character):
            total, digit = total + max(digit, 1) * unit, 0
        else:
            digit = digits.get(character, 0)
    return total + digit


_CHAINED = ("roman", "number", "一、", "（一）")


def _in_sequence(lines: Lines, marks: list[Mark]) -> list[Mark]:
    """Bare numbers count only in a row from 1 on (gaps of two allowed) that is no list."""
    chains: dict[tuple[str, int], list[Mark]] = {}
    rows: list[list[Mark]] = []
    for mark in marks:
        if mark.family not in _CHAINED:
            continue
        before = [(mark.family, mark.value - gap) for gap in (1, 2, 3)]
        key = next((key for key in before if key in chains), None)
        if key is None and mark.value == 1:
            rows.append([])
        chain = chains.pop(key) if key else rows[-1] if mark.value == 1 else None
        if chain is not None:
            chain.append(mark)
            chains[mark.family, mark.value] = chain
    kept = {mark.line for row in rows if len(row) > 1 and not _is_list(lines, row) for mark in row}
    return [mark for mark in marks if mark.family not in _CHAINED or mark.line in kept]


def _is_list(lines: Lines, row: list[Mark]) -> bool:
    """Most of its items follow one another with hardly any text between."""
    gaps = [after.start - before.end for before, after in pairwise(row)]
    return sum(gap <= _SHORT_BODY for gap in gaps) * 2 > len(gaps)


def _without_contents(lines: Lines, marks: list[Mark]) -> list[Mark]:
    """Drop tables of contents: three entries or more without body, all named again further on."""
    last = {(mark.family, mark.value): index for index, mark in enumerate(marks)}
    kept: list[Mark] = []
    run: list[Mark] = []
    for index, mark in enumerate(marks):
        if _LEADERS.search(lines.text[mark.start : mark.end]):
            continue
        run.append(mark)
        following = marks[index + 1].start if index + 1 < len(marks) else len(lines.text)
        if len(lines.text[mark.end : min(following, mark.end + 500)].strip()) <= _SHORT_BODY:
            continue
        # The last of the run has a body, so it is no entry itself.
        again = [last[entry.family, entry.value] > index - 1 for entry in run[:-1]]
        listed = sum(again) >= 3
        named = zip(run, [*again, False], strict=True)
        kept += [entry for entry, entry_again in named if not (listed and entry_again)]
        run = []
    return kept + run


def _without_repeats(marks: list[Mark]) -> list[Mark]:
    """Drop a heading whose number its family had just before: a running head, a closing line."""
    kept: list[Mark] = []
    current: dict[str, Mark] = {}
    for mark in marks:
        if mark.value and mark.family in current and current[mark.family].value == mark.value:
            continue
        current = {name: seen for name, seen in current.items() if seen.level <= mark.level}
        current[mark.family] = mark
        kept.append(mark)
    return kept


def _settle_levels(marks: list[Mark]) -> list[Mark]:
    """Bare numbers stand below chapters in words; where there are none they are chapters."""
    if not any(mark.word == CHAPTER and mark.family != "appendix" for mark in marks):
        return marks
    lower = {"roman": SECTION, "number": SECTION}
    return [replace(mark, level=lower.get(mark.family, mark.level)) for mark in marks]
