"""A scanned text > its headings, with level and kind: Markdown marks, or the habits of plain text.

Plain text is read by its habits (CHAPTER I, 第一回, 4.2 Ropes, IV, all capitals on a line of their own);
numbers must run on, a list is no row of headings, and of a chapter named twice the one with body
text behind it counts, so a table of contents makes no chapters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from longgrain.errors import SourceError
from longgrain.lines import CODE, EMPTY, HEADING, ITEM, ROW, TEXT, Ints, Lines
from longgrain.types import KINDS

TITLE, PART, CHAPTER, SECTION, ARTICLE = 0, 1, 2, 3, 8
_DEEPEST = ARTICLE  # part, chapter and six levels of section
_LONGEST = 100  # code points of a heading in plain text
_SHORT_BODY = 60  # a table of contents has at most this much text between two of its entries

_ZH = "一二三四五六七八九十百千零〇○两兩0-9０-９"
_ROMAN = r"(?=[IVXLC])(?:XC|XL|L?X{0,3})C{0,3}(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})"
_WORDS = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
    " sixteen seventeen eighteen nineteen twenty"
).split()
_ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth".split()
_SPELLED = "|".join(_WORDS + _ORDINALS)

_ENGLISH = re.compile(
    rf"(?P<word>part|book|volume|chapter|letter|appendix|section)[ \t]+(?:the[ \t]+)?"
    rf"(?P<number>\d{{1,4}}|{_ROMAN}|[A-Z]|(?:{_SPELLED}))\b(?P<rest>.*)",
    re.IGNORECASE,
)
_CHINESE = re.compile(rf"第(?P<number>[{_ZH}]+)(?P<word>[编編卷部篇集册冊章回囘节節])(?P<rest>.*)")
_SCROLL = re.compile(rf"(?P<word>卷)(?P<number>[{_ZH}]+|[上中下])(?P<rest>(?:[ 　\t].*)?)")
_ARTICLE = re.compile(rf"第[{_ZH}]+[条條](?:之[{_ZH}]+)?(?=[\s：:【]|$)")
_DECIMAL = re.compile(r"§?[ \t]*(?P<number>\d{1,3}(?:\.\d{1,3}){1,5})\.?(?P<rest>[ \t　]+.*)")
_NUMBER = re.compile(r"§?[ \t]*(?P<number>\d{1,2})[.、]?(?P<rest>[ \t　]+.*)")
_ROMAN_LINE = re.compile(rf"(?P<number>{_ROMAN})(?P<rest>\.?|\.?[ \t]+.*)")
_ZH_NUMBER = re.compile(r"(?P<number>[一二三四五六七八九十]{1,3})、(?P<rest>.*)")
_ZH_BRACKET = re.compile(r"[（(](?P<number>[一二三四五六七八九十]{1,3})[)）](?P<rest>.*)")
_NAMED = re.compile(
    r"(?:(?:preface|foreword|introduction|prologue|epilogue|afterword|appendix|conclusion|glossary"
    r"|bibliography|references|index|contents|table of contents)\.?|前言|序|序言|自序|引言|楔子|尾声|后记|後記|跋"
    r"|附录|附錄|附则|附則|目录|目錄|结语|結語|参考文献|參考文獻)",
    re.IGNORECASE,
)
_LEADERS = re.compile(r"(?:[.·…․‥]{2,}|(?:[.·…] ){3,}|\t)[ \t　]*\d{1,4}$")
_LEVELS = {
    **dict.fromkeys("part book volume 编 編 卷 部 篇 集 册 冊".split(), PART),
    **dict.fromkeys("chapter letter appendix 章 回 囘".split(), CHAPTER),
    **dict.fromkeys("section 节 節".split(), SECTION),
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Headings:
    """Headings in reading order: ``starts`` and ``ends`` int64, ``levels`` and ``kinds`` int8.

    Level 0 is the title of the whole document; a heading stands below the nearest one before it
    with a lower level. Kinds are codes in ``types.KINDS``: part, chapter or section.
    """

    starts: Ints
    ends: Ints
    levels: NDArray[np.int8]
    kinds: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.starts)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mark:
    """A line that may be a heading: ``family`` is its habit, ``value`` its number there."""

    line: int
    start: int
    end: int
    level: int
    family: str = ""
    value: int = 0
    word: int = 0  # the level that its word means, 0 without one


def find_headings(lines: Lines, meta: Mapping[str, Any] | None = None) -> Headings:
    """The headings that ``meta`` gives, else those the text shows.

    ``meta["headings"]`` is a list of ``[start, end, level]``; ``meta["markup"]`` is "markdown" or
    "plain", and guessed where absent. Articles (第十二条 at the start of a line) are always looked
    for: their heading is the mark alone, the words behind it are body.

    Raises SourceError for given headings outside the text or across one another.
    """
    meta = meta or {}
    if meta.get("headings"):
        marks = _given(lines, meta["headings"])
    else:
        marks = _markdown(lines) if _is_markdown(lines, meta.get("markup")) else []
        marks = marks or _plain(lines)
    marks = sorted(marks + _articles(lines, marks), key=lambda mark: mark.start)
    return _columns(_without_title(lines, marks))


def heading_title(raw: str) -> str:
    """A heading's words without the marks of Markdown, anchors and closing hashes."""
    first = raw.splitlines()[0] if re.search(r"\n[ \t]{0,3}(=+|-+)\s*$", raw) else raw
    bare = re.sub(r"^\s*#{1,6}\s*|\s+#+\s*$", "", first)
    bare = re.sub(r"<[^<>]{0,200}>|\{#[^{}]{0,200}\}|<!--.*?-->", "", bare)
    bare = re.sub(r"!?\[([^\[\]]{0,200})\]\([^()]{0,500}\)", r"\1", bare)
    return re.sub(r"\s+", " ", bare.replace("**", "").strip(" _*\t\n")).strip() or raw.strip()


def _given(lines: Lines, headings: Sequence[Sequence[int]]) -> list[_Mark]:
    marks: list[_Mark] = []
    for start, end, level in sorted(tuple(map(int, heading)) for heading in headings):
        if not (marks[-1].end if marks else 0) <= start <= end <= len(lines.text):
            raise SourceError(
                f"heading [{start}, {end}, {level}] lies outside the {len(lines.text)} characters of "
                "the text or across the heading before it, so the document has no tree; correct the "
                "reader's meta['headings'] or leave them out"
            )
        words = lines.text[start:end]
        start += len(words) - len(words.lstrip())
        if words.strip():
            end = start + len(words.strip())
            level = min(max(level, 1), _DEEPEST)
            marks.append(
                _Mark(line=0, start=start, end=end, level=level, word=_word(words.strip()))
            )
    return marks


def _is_markdown(lines: Lines, markup: str | None) -> bool:
    return markup == "markdown" or (markup is None and int((lines.kinds == HEADING).sum()) > 1)


def _word(title: str) -> int:
    """The level that a heading's own words name (第三章: chapter), 0 where they name none."""
    found = _ENGLISH.match(title) or _CHINESE.match(title) or _SCROLL.match(title)
    return _LEVELS[found["word"].lower()] if found else 0


def _markdown(lines: Lines) -> list[_Mark]:
    skipped = _front_matter(lines)
    marks = []
    for line in np.flatnonzero(lines.kinds == HEADING).tolist():
        start, end = int(lines.firsts[line]), int(lines.lasts[line])
        if line < skipped or start - lines.starts[line] > 3:
            continue
        raw = lines.text[start : min(end, start + 500)]
        level = len(raw) - len(raw.lstrip("#"))
        word = _word(raw.lstrip("# \t　"))
        marks.append(_Mark(line=line, start=start, end=end, level=level, word=word))
    return marks + list(_setext(lines, skipped))


def _front_matter(lines: Lines) -> int:
    """The number of lines that YAML front matter takes at the top of the text."""
    if lines.text[:3] != "---" or lines.lasts[0] != 3:
        return 0
    for line in range(1, min(len(lines.starts), 200)):
        if lines.text[lines.firsts[line] : lines.lasts[line]] in ("---", "..."):
            return line + 1
    return 0


def _setext(lines: Lines, skipped: int) -> Iterator[_Mark]:
    """One line of text over a line of = or -, with nothing right above it."""
    first = lines.code_at(lines.firsts)
    ruled = ((first == ord("=")) | (first == ord("-"))) & (lines.kinds == TEXT)
    for line in np.flatnonzero(ruled).tolist():
        rule = lines.text[lines.firsts[line] : lines.lasts[line]]
        if line <= skipped or len(rule) < 2 or rule.strip(rule[0]) or lines.kinds[line - 1] != TEXT:
            continue
        if line - 1 > skipped and lines.kinds[line - 2] not in (EMPTY, HEADING, CODE):
            continue
        start, end = int(lines.firsts[line - 1]), int(lines.lasts[line])
        level = 1 if rule[0] == "=" else 2
        word = _word(lines.text[start:end])
        yield _Mark(line=line - 1, start=start, end=end, level=level, word=word)


def _articles(lines: Lines, marks: list[_Mark]) -> list[_Mark]:
    taken = {mark.line for mark in marks} if marks else set()
    starts = {mark.start for mark in marks}
    found = []
    for line in np.flatnonzero(lines.code_at(lines.firsts) == ord("第")).tolist():
        match = _ARTICLE.match(lines.text, lines.firsts[line], lines.lasts[line])
        if match and match.start() not in starts and (line not in taken or not line):
            mark = _Mark(
                line=line, start=match.start(), end=match.end(), level=ARTICLE, word=ARTICLE
            )
            found.append(mark)
    return found if len(found) > 1 else []


def _plain(lines: Lines) -> list[_Mark]:
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


def _plain_mark(lines: Lines, line: int) -> _Mark | None:
    start, end = int(lines.firsts[line]), int(lines.lasts[line])
    raw = lines.text[start:end]
    mark = _Mark(line=line, start=start, end=end, level=0)
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


def _lone_mark(raw: str, mark: _Mark) -> _Mark | None:
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


def _numbered(mark: _Mark, found: re.Match[str], family: str, level: int) -> _Mark:
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


def _with_title_below(lines: Lines, mark: _Mark, found: re.Match[str]) -> _Mark:
    """CHAPTER I with its title on the very next line, and nothing right below that."""
    title, after = mark.line + 1, mark.line + 2
    if found["rest"].strip(" .:") or title >= len(lines.kinds) or lines.kinds[title] != TEXT:
        return mark
    alone = after >= len(lines.kinds) or lines.kinds[after] == EMPTY
    short = lines.lasts[title] - lines.firsts[title] <= 70
    return replace(mark, end=int(lines.lasts[title])) if alone and short else mark


def number_value(number: str) -> int:
    """The value of a number as headings write it: 12, XII, twelve, 十二, 一零二, A; 0 if it is none."""
    plain = number.translate(str.maketrans("０１２３４５６７８９", "0123456789")).lower()
    if plain.isdecimal() and plain.isascii():
        return int(plain)
    for words in (_WORDS, _ORDINALS):
        if plain in words:
            return words.index(plain) + 1
    if re.fullmatch(_ROMAN, number):
        return _roman_value(number)
    if len(plain) == 1 and plain.isascii():
        return ord(plain) - ord("a") + 1
    return _chinese_value(plain)


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


def _in_sequence(lines: Lines, marks: list[_Mark]) -> list[_Mark]:
    """Bare numbers count only in a row from 1 on (gaps of two allowed) that is no list."""
    chains: dict[tuple[str, int], list[_Mark]] = {}
    rows: list[list[_Mark]] = []
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


def _is_list(lines: Lines, row: list[_Mark]) -> bool:
    """Most of its items follow one another with hardly any text between."""
    gaps = [after.start - before.end for before, after in zip(row, row[1:], strict=False)]
    return sum(gap <= _SHORT_BODY for gap in gaps) * 2 > len(gaps)


def _without_contents(lines: Lines, marks: list[_Mark]) -> list[_Mark]:
    """Drop entries of a table of contents: no body behind them, and named again further on."""
    last = {(mark.family, mark.value): index for index, mark in enumerate(marks)}
    kept = []
    for index, mark in enumerate(marks):
        leaders = _LEADERS.search(lines.text[mark.start : mark.end])
        following = marks[index + 1].start if index + 1 < len(marks) else len(lines.text)
        body = len(lines.text[mark.end : min(following, mark.end + 500)].strip())
        again = last[mark.family, mark.value] > index
        if not leaders and not (again and body <= _SHORT_BODY):
            kept.append(mark)
    return kept


def _without_repeats(marks: list[_Mark]) -> list[_Mark]:
    """Drop a heading whose number its own family had just before (a running head, a closing line)."""
    kept: list[_Mark] = []
    current: dict[str, int] = {}
    for mark in marks:
        if mark.value and current.get(mark.family) == mark.value:
            continue
        if mark.level == PART:
            current.clear()
        current[mark.family] = mark.value
        kept.append(mark)
    return kept


def _settle_levels(marks: list[_Mark]) -> list[_Mark]:
    """Bare numbers stand below chapters where there are chapters in words, else they are chapters."""
    if not any(mark.word == CHAPTER and mark.family != "appendix" for mark in marks):
        return marks
    lower = {"roman": SECTION, "number": SECTION}
    return [replace(mark, level=lower.get(mark.family, mark.level)) for mark in marks]


def _without_title(lines: Lines, marks: list[_Mark]) -> list[_Mark]:
    """The first heading of a text is its title if no other stands as high; its level becomes 0."""
    if len(marks) < 2 or marks[0].word:
        return marks
    capitals = marks[0].family and not lines.text[: marks[0].start].strip()
    highest = all(mark.level > marks[0].level for mark in marks[1:])
    if not (capitals and marks[0].level == 6) and (marks[0].family or not highest):
        return marks
    return [replace(marks[0], level=TITLE), *marks[1:]]


def _columns(marks: list[_Mark]) -> Headings:
    levels = np.array([mark.level for mark in marks], np.int8)
    return Headings(
        starts=np.array([mark.start for mark in marks], np.int64),
        ends=np.array([mark.end for mark in marks], np.int64),
        levels=levels,
        kinds=_kinds(marks, levels),
    )


def _kinds(marks: list[_Mark], levels: NDArray[np.int8]) -> NDArray[np.int8]:
    """Chapters are the level whose words say so, else the level below parts, else the highest."""
    words = [mark.level for mark in marks if mark.word == CHAPTER]
    parts = [mark.level for mark in marks if mark.word == PART]
    highest = [mark.level for mark in marks if 0 < mark.level < ARTICLE and mark.word != SECTION]
    chapter = min(words, default=max(parts, default=min(highest, default=0) - 1) + 1)
    part, chapters, section = (KINDS.index(kind) for kind in ("part", "chapter", "section"))
    kinds = np.where(levels < chapter, part, np.where(levels == chapter, chapters, section))
    kinds[levels >= ARTICLE] = section
    return kinds.astype(np.int8)
