"""The numbering part of a Word file > the number that stands before each paragraph, as Word shows it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from longgrain.readers.packed import held, local

_PLACE = re.compile(r"%([1-9])")
_CJK_DIGITS = "零一二三四五六七八九"
_LEGAL_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"),
    (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
_STEMS, _BRANCHES = "甲乙丙丁戊己庚辛壬癸", "子丑寅卯辰巳午未申酉戌亥"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Level:
    """How the numbers of one level look."""

    format: str = "decimal"
    text: str = ""
    start: int = 1
    gap: str = " "
    style: str = ""
    """The id of the paragraph style that has this level."""


@dataclass(slots=True, kw_only=True)
class Numbering:
    """The lists of a file and how far each has counted."""

    _levels: Mapping[str, Mapping[int, _Level]] = field(default_factory=dict)
    """Of each abstract list."""
    _lists: Mapping[str, str] = field(default_factory=dict)
    """List > abstract list; lists of one abstract list go on counting together."""
    _starts: Mapping[tuple[str, int], int] = field(default_factory=dict)
    """Where a list begins anew at a level."""
    _counts: dict[str, dict[int, int]] = field(default_factory=dict)
    _begun: set[tuple[str, int]] = field(default_factory=set)

    @classmethod
    def of(cls, root: Any) -> Numbering:
        """From ``word/numbering.xml``; None for files that have none."""
        levels: dict[str, dict[int, _Level]] = {}
        lists: dict[str, str] = {}
        starts: dict[tuple[str, int], int] = {}
        for element in root if root is not None else ():
            if local(element) == "abstractNum":
                levels[held(element, "abstractNumId") or ""] = _levels_of(element)
            elif local(element) == "num":
                name = held(element, "numId") or ""
                for child in element:
                    if local(child) == "abstractNumId":
                        lists[name] = held(child, "val") or ""
                    elif local(child) == "lvlOverride":
                        starts |= _override(name, child)
        return cls(_levels=levels, _lists=lists, _starts=starts)

    def level_of_style(self, name: str, style: str) -> int:
        """The level at which a list numbers the paragraphs of a style; 0 if it does not say."""
        levels = self._levels.get(self._lists.get(name, ""), {})
        return next((at for at, level in levels.items() if level.style == style), 0)

    def mark(self, name: str, at: int) -> str:
        """The number of the next paragraph of a list, with the blank behind it; bullets are "- "."""
        abstract = self._lists.get(name)
        levels = self._levels.get(abstract or "", {})
        level = levels.get(at)
        if abstract is None or level is None:
            return ""
        counts = self._counts.setdefault(abstract, {})
        if (name, at) in self._starts and (name, at) not in self._begun:
            counts[at] = self._starts[name, at] - 1
        self._begun.add((name, at))
        counts[at] = counts.get(at, level.start - 1) + 1
        for deeper in [one for one in counts if one > at]:
            del counts[deeper]
        if level.format == "bullet":
            return "- "

        def shown(place: re.Match[str]) -> str:
            other = int(place[1]) - 1
            of = levels.get(other, level)
            return numeral(counts.get(other, of.start), of.format)

        words = _PLACE.sub(shown, level.text).strip() if level.format != "none" else ""
        return words + level.gap if words else ""


def _levels_of(abstract: Any) -> dict[int, _Level]:
    found: dict[int, _Level] = {}
    for element in abstract:
        if local(element) == "lvl":
            told = {local(child): held(child, "val") or "" for child in element}
            start = told.get("start", "1")
            found[_whole(held(element, "ilvl"))] = _Level(
                format=told.get("numFmt", "decimal"),
                text=told.get("lvlText", "")[:80],
                start=_whole(start, 1),
                gap="" if told.get("suff") == "nothing" else " ",
                style=told.get("pStyle", ""),
            )
    return found


def _override(name: str, element: Any) -> dict[tuple[str, int], int]:
    told = {local(child): held(child, "val") for child in element}
    if "startOverride" not in told:
        return {}
    return {(name, _whole(held(element, "ilvl"))): _whole(told["startOverride"], 1)}


def _whole(words: str | None, otherwise: int = 0) -> int:
    return int(words) if words and re.fullmatch(r"[0-9]{1,6}", words) else otherwise


def numeral(n: int, form: str) -> str:
    """``n`` in a number format of Word; formats of other languages are written as digits."""
    if n < 0 or form in ("decimal", ""):
        return str(n)
    if form in ("lowerRoman", "upperRoman"):
        return _cased(_roman(n), form)
    if form in ("lowerLetter", "upperLetter"):
        return _cased(
            chr(97 + (n - 1) % 26) * ((n - 1) // 26 + 1) if 0 < n <= 260 else str(n), form
        )
    if form == "decimalZero":
        return f"{n:02d}"
    if form.startswith("decimalEnclosed") and 0 < n <= 20:
        return chr(0x2460 + n - 1)
    if form == "ideographTraditional" and 0 < n <= 10:
        return _STEMS[n - 1]
    if form == "ideographZodiac" and 0 < n <= 12:
        return _BRANCHES[n - 1]
    if form == "ideographDigital" or form == "taiwaneseDigital":
        return "".join(_CJK_DIGITS[int(digit)] for digit in str(n)).replace("零", "〇")
    if form in ("chineseLegalSimplified", "ideographLegalTraditional"):
        return _counted(n, _LEGAL_DIGITS, "仟佰拾")
    if form.startswith(("chineseCounting", "taiwaneseCounting", "japaneseCounting")):
        return _counted(n, _CJK_DIGITS, "千百十").removeprefix("一" if 10 <= n < 20 else "\0")
    return str(n)


def _cased(words: str, form: str) -> str:
    return words.upper() if form.startswith("upper") else words


def _roman(n: int) -> str:
    if not 0 < n < 4000:
        return str(n)
    words = ""
    for value, letters in _ROMAN:
        words += letters * (n // value)
        n %= value
    return words


def _counted(n: int, digits: str, units: str) -> str:
    """Up to 9999 in Chinese characters, a single zero for zeros between digits."""
    if n > 9999:
        return str(n)
    words = ""
    for place, digit in enumerate(f"{n:04d}"):
        if digit != "0":
            words += digits[int(digit)] + (units[place] if place < 3 else "")
        elif words and words[-1] != digits[0] and place < 3:
            words += digits[0]
    return words.rstrip(digits[0]) or digits[0]
