"""A whole number > its words in English or Chinese; a sentence > the same with its numbers in the other form."""

from __future__ import annotations

import re

from longgrain.facts import Fact, counts
from longgrain.recipes.sft.item import spoken

_SMALL = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_SCALES = ((10**9, "billion"), (10**6, "million"), (1000, "thousand"))
_HAN = "零一二三四五六七八九"
_HAN_SCALES = ((10**8, "亿"), (10**4, "万"))
LARGEST = 10**12
_WORD_NUMBER = re.compile(
    rf"(?<![\w-])(?:{'|'.join([*_SMALL, *_TENS, 'hundred', 'thousand', 'million', 'billion'])})"
    r"(?:s|th|ieth)?(?![\w])",
    re.IGNORECASE,
)
_DIGITS = re.compile(r"\d+")
_HAN_NUMERAL = re.compile("[〇零○一二三四五六七八九十百千万萬亿億两兩廿卅]")
_SCALED = re.compile(r"[万萬亿億千百十.]|illion|thousand")
# What these count is not rewritten: 1984, 3:15 and Chapter 3 have forms of their own.
_FORMED = (None, "clock", "ordinal", "reference", "%", "$", "€", "£", "¥", "￥")


def english_words(value: int) -> str:
    """``1204`` as ``one thousand two hundred and four``."""
    for scale, name in _SCALES:
        if value >= scale:
            rest = value % scale
            joined = f" and {english_words(rest)}" if 0 < rest < 100 else f" {english_words(rest)}"
            return f"{english_words(value // scale)} {name}" + (joined if rest else "")
    if value >= 100:
        rest = value % 100
        return f"{_SMALL[value // 100]} hundred" + (f" and {english_words(rest)}" if rest else "")
    if value < 20:
        return _SMALL[value]
    return _TENS[value // 10 - 2] + (f"-{_SMALL[value % 10]}" if value % 10 else "")


def han_words(value: int) -> str:
    """``1204`` as 一千二百零四, ``20005`` as 两万零五."""
    for scale, name in _HAN_SCALES:
        if value >= scale:
            high, rest = divmod(value, scale)
            head = ("两" if high == 2 else han_words(high)) + name
            gap = "零" if 0 < rest < scale // 10 else ""
            return head + (gap + _below(rest) if rest else "")
    return (
        _below(value)
        if value < 10 or value >= 20
        else "十" + (_HAN[value - 10] if value > 10 else "")
    )


def _below(value: int) -> str:
    """Up to 9999, with 一 before a ten: 一千零一十."""
    if value >= 10_000:
        return han_words(value)
    text, gap = "", False
    for scale, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, value = divmod(value, scale)
        if digit:
            twice = digit == 2 and scale == 1000 and not text
            text += ("零" if gap and text else "") + ("两" if twice else _HAN[digit]) + name
            gap = False
        elif text:
            gap = True
    return text or "零"


def rewritten(text: str, language: str, *, digits: bool) -> str | None:
    """The sentence with its numbers in digits, or in words; None where that is not sound.

    Every number must be one that is rewritten, all values must be read again as they were, and the
    words between them must stay.
    """
    spoke = spoken(language)
    found = sorted(counts(text, spoke), key=lambda one: one.start)  # type: ignore[arg-type]
    written = [one for one in found if _in_words(one) == digits]
    if (
        not written
        or any(not _plain(one) for one in written)
        or _left_over(text, written, spoke, digits)
    ):
        return None
    pieces, end = [], 0
    for one in written:
        pieces += [text[end : one.start], _form(one, spoke, digits)]
        end = one.end
    told = "".join([*pieces, text[end:]])
    again = sorted(counts(told, spoke), key=lambda one: one.start)  # type: ignore[arg-type]
    same = [(one.value, one.unit) for one in again] == [(one.value, one.unit) for one in found]
    return told if same and told != text else None


def _in_words(fact: Fact) -> bool:
    return not _DIGITS.search(fact.text)


def _plain(fact: Fact) -> bool:
    """A whole number that counts something, and no bare 2, which Chinese says in two ways."""
    value, sign = fact.value, fact.unit or ""
    if sign.isascii() and len(sign) < 3:  # fourteen GB is nothing that anyone writes
        return False
    if fact.kind != "number" or fact.unit in _FORMED or not isinstance(value, float | int):
        return False
    if _DIGITS.search(fact.text) and _SCALED.search(fact.text):
        return False  # 1.2 million, 3万: in digits and in words at once
    return value == int(value) and 2 < value < LARGEST


def _left_over(text: str, written: list[Fact], spoke: str, digits: bool) -> bool:
    """Whether a number in the form that goes stands outside of those that are rewritten."""
    spelled = _HAN_NUMERAL if spoke == "zh" else _WORD_NUMBER
    pattern = spelled if digits else _DIGITS
    return any(
        not any(one.start <= match.start() and match.end() <= one.end for one in written)
        for match in pattern.finditer(text)
    )


def _form(fact: Fact, spoke: str, digits: bool) -> str:
    value = int(fact.value)  # type: ignore[arg-type]
    if digits:
        return str(value) if value < 10_000 or spoke == "zh" else f"{value:,}"
    return han_words(value) if spoke == "zh" else english_words(value)
