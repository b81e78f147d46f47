"""An English text > its numbers with what they count, and its dates."""

from __future__ import annotations

import re
from collections.abc import Iterator

from longgrain.numerals import WORDS, Found, clock, english_value, precision

_YEAR = "January February March April May June July August September October November December"
_MONTHS = _YEAR.split()
_MONTH = rf"(?:{'|'.join(_MONTHS)}|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b\.?)"
_AMOUNT = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_SCALE = r"(?:\s(?:hundred|thousand|million|billion)\b)"
_UNIT_SIGN = r"(?:km|cm|mm|kg|mg|ms|GB|MB|KB|TB|kW|MW|m|g|s|h|°C|°)(?![\w])"
_DATE = re.compile(
    rf"(?P<iso>\b\d{{4}}-\d\d-\d\d\b)"
    rf"|(?P<dmy>\b\d{{1,2}}(?:st|nd|rd|th)?(?:\s+of)?\s+{_MONTH}(?![a-z])(?:,?\s+\d{{4}}\b)?)"
    rf"|(?P<mdy>\b{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?\b(?![:,]\d)(?:,?\s+\d{{4}}\b)?)"
    rf"|(?P<my>\b{_MONTH},?\s+(?:of\s+)?\d{{4}}\b)"
)
_DIGITS = re.compile(
    rf"(?P<clock>(?<![\d:.])\d{{1,2}}:\d\d(?!\d|:\d)(?:\s?[ap]\.?m\b\.?)?)"
    r"|(?P<old>£\d+\s\d+s\b\.?(?:\s\d+d\b\.?)?)"
    rf"|(?<![\w.,:/#–_^*+$£€¥\\-])(?:"
    rf"(?P<money>[£$€¥]\s?(?:{_AMOUNT}){_SCALE}?(?![\w,.]?\d|\s\d))"
    rf"|(?P<percent>(?:{_AMOUNT})\s?(?:%|per\s?cent\b))"
    rf"|(?P<ordinal>\d+(?:st|nd|rd|th)\b)"
    rf"|(?P<digits>(?:{_AMOUNT}){_SCALE}?(?=\s?{_UNIT_SIGN}|(?![\w/:_^*%°+–-]|[.,]\d))))"
)
_COUNT = "|".join(sorted((word for word in WORDS if word != "zero"), key=len, reverse=True))
_WORDS = re.compile(
    rf"(?<![\w-])(?:{_COUNT})(?:(?:[\s-]|(?<=hundred)\sand\s|(?<=thousand)\sand\s)(?:{_COUNT}))*"
    rf"(?![\w-])(?P<percent>\sper\s?cent\b)?",
    re.IGNORECASE,
)
_NUMBERED = re.compile(
    r"(?:\b(?:chapters?|sections?|parts?|figures?|fig\.|tables?|listings?|nos?\.|numbers?|pages?"
    r"|pp?\.|volumes?|vol\.|articles?|clauses?|steps?|appendix|items?|entry|rules?|levels?"
    r"|versions?|editions?|equations?|lines?|routes?|berths?|rooms?|class|type|grade|phase|scene|books?|notes?"
    r"|form|channel|day|exercises?|examples?)|§)\s$",
    re.IGNORECASE,
)
_TITLE_BEFORE = re.compile(r"\b([A-Z][\w.’']*)\s$")
_NO_TITLE = (
    "In On By About Only At From Since Nearly Over Of The Some Between After Before Around Until"
    " During Every And With For More Less Just All Almost Another Exactly These Its Those Another"
    " Each Both But Or That Their Our My His Her To Than When If As Up Within There Then"
)
_BEFORE_NUMBER = frozenset(_NO_TITLE.split())
_YEAR_BEFORE = re.compile(
    r"(?:\b(?:in|since|by|of|from|before|after|until|till|during|around|about|year|early|late|mid"
    r"|spring|summer|autumn|fall|winter|between|and|to|circa|c\.|the|that)\s|\()$",
    re.IGNORECASE,
)
_NOT_NOUN = (
    "and or of in to at on by for from with that which who was is has his hers its this as thus us"
    " less plus were are be been had have did does would could may might will can shall must not"
    " than more but so if when where while then there means makes comes goes gives says takes "
    "always perhaps besides afterwards sometimes across towards others the a an each per until "
    "into he she it they we you i only about over under up out off went came made took stood "
    "later ago further after before between nor because since very too also seems lies runs "
    "covers whose whom unless dries shows needs requires uses returns happens works versus yes "
    "across opens stands ones"
)
_IRREGULAR = {
    "men": "man", "women": "woman", "children": "child", "people": "person", "feet": "foot",
    "teeth": "tooth", "mice": "mouse", "geese": "goose", "oxen": "ox", "sheep": "sheep",
    "fathom": "fathom", "km": "km", "cm": "cm", "mm": "mm", "kg": "kg", "mg": "mg", "ms": "ms",
    "gb": "GB", "mb": "MB", "kb": "KB", "tb": "TB", "kw": "kW", "mw": "MW", "m": "m", "g": "g",
    "s": "s", "h": "h", "°c": "°C", "°": "°", "staff": "staff", "lives": "life", "knives": "knife",
    "leaves": "leaf", "halves": "half", "wives": "wife", "loaves": "loaf", "shelves": "shelf",
}  # fmt: skip
_POWER = re.compile(r"\b(?:cubic|square|nautical)\b")
_VERB = rf"(?!(?:{'|'.join(_NOT_NOUN.split())})\b)"
_NOUN = re.compile(
    rf"\s?((?:{_VERB}[a-z][a-z-]*\s){{0,2}}?"
    rf"{_VERB}(?P<noun>[a-z][a-z-]+(?<!s)s|{'|'.join(_IRREGULAR)}))(?![\w’'])",
    re.IGNORECASE,
)


_ANY_DIGIT = re.compile(r"\d")


_DIGIT = re.compile(r"\d")


def english(text: str) -> Iterator[Found]:
    """The numbers and dates of an English text, digits before words, each in reading order."""
    taken: list[tuple[int, int]] = []
    if _ANY_DIGIT.search(text):
        for match in _DATE.finditer(text):
            if (found := _date(match)) is not None:
                taken.append(match.span())
                yield found
        for match in _DIGITS.finditer(text):
            if not _overlaps(match, taken):
                taken.append(match.span())
                yield from _number(match)
    for match in _WORDS.finditer(text):
        value = english_value(match[0].removesuffix(match["percent"] or ""))
        if value is not None and value > 1 and not _overlaps(match, taken):
            unit = "%" if match["percent"] else _unit(text, match.start(), match.end())
            yield "number", match.start(), match.end(), value, unit


def _overlaps(match: re.Match[str], taken: list[tuple[int, int]]) -> bool:
    return any(start < match.end() and match.start() < end for start, end in taken)


def _date(match: re.Match[str]) -> Found | None:
    text = match[0]
    year = day = 0
    for number in re.findall(r"\d+", text.replace("-", " ")):
        year, day = (int(number), day) if len(number) == 4 else (year, day or int(number))
    if match["iso"]:
        year, month, day = map(int, text.split("-"))
    else:
        found = re.search(_MONTH, text)
        assert found is not None
        month = 1 + next(n for n, name in enumerate(_MONTHS) if name.startswith(found[0][:3]))
    if not (month <= 12 and 0 <= day <= 31 and (year or day)):
        return None
    return "date", match.start(), match.end(), (year, month, day), precision(year, month, day)


def _number(match: re.Match[str]) -> Iterator[Found]:
    text, start, end = match.string, match.start(), match.end()
    if match["old"]:  # £3 15s. is one sum, but not one number
        return
    if match["clock"]:
        if (minutes := clock(match[0])) is not None:
            yield "number", start, end, minutes, "clock"
        return
    sign = match[0][0] if match["money"] else ""
    bare = match[0].removeprefix(sign).strip() if sign else match[0]
    bare = re.sub(r"\s?(?:%|per\s?cent|st|nd|rd|th)$", "", bare)
    value = english_value(bare)
    if value is None:
        return
    if match["ordinal"] or match["percent"] or sign:
        unit: str | None = sign or ("%" if match["percent"] else "ordinal")
    else:
        unit = _unit(text, start, end)
        if unit is None and _is_year(text, start, bare):
            yield "date", start, end, (int(value), 0, 0), "year"
            return
    yield "number", start, end, value, unit


def _unit(text: str, start: int, end: int) -> str | None:
    before = text[max(0, start - 14) : start]
    if _NUMBERED.search(before):
        return "reference"
    title = _TITLE_BEFORE.search(before)
    if title and title[1] not in _BEFORE_NUMBER:
        return "reference"
    found = _NOUN.match(text, end)
    if found is None:
        return None
    power = _POWER.search(found[1])
    return f"{power[0]} {singular(found['noun'])}" if power else singular(found["noun"])


def counted_noun(text: str, end: int) -> str:
    """The English words after a number that say what is counted, such as "clear days"; or ""."""
    found = _NOUN.match(text, end)
    return found[1] if found else ""


def singular(noun: str) -> str:
    """An English plural as a singular, by its ending."""
    noun = noun.lower()
    if noun in _IRREGULAR:
        return _IRREGULAR[noun]
    if noun.endswith("ies") and len(noun) > 4:
        return noun[:-3] + "y"
    if noun.endswith(("ches", "shes", "xes", "sses")):
        return noun[:-2]
    return noun.removesuffix("s")


def _is_year(text: str, start: int, digits: str) -> bool:
    if re.fullmatch(r"1[5-9]\d\d|20\d\d", digits):
        return True
    likely = re.fullmatch(r"1[0-4]\d\d", digits) is not None
    return likely and _YEAR_BEFORE.search(text[max(0, start - 9) : start]) is not None
