"""A passage > the facts of it as they are written, units included, and whether none was overlooked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from longgrain.facts import Fact, counted_noun, facts
from longgrain.recipes.sft.item import spoken

MONEY = frozenset("$€£¥￥") | {"元", "美元", "欧元", "英镑", "日元", "块钱", "塊錢"}
# Chinese units that measure; others count something that is named behind them (三位老人).
_MEASURES = [
    "平方公里",
    "平方米",
    "立方米",
    "公里",
    "千米",
    "厘米",
    "毫米",
    "公斤",
    "千克",
    "毫克",
    "毫升",
    "英里",
    "英尺",
    "小时",
    "小時",
    "分钟",
    "分鐘",
    "秒钟",
    "秒鐘",
    "毫秒",
    "个月",
    "個月",
    "星期",
    "周岁",
    "周歲",
    "工作日",
    "美元",
    "欧元",
    "英镑",
    "字节",
    "米",
    "里",
    "丈",
    "尺",
    "斤",
    "吨",
    "噸",
    "克",
    "升",
    "亩",
    "畝",
    "元",
    "天",
    "周",
    "年",
    "岁",
    "歲",
    "日",
    "倍",
    "%",
    "％",
    "℃",
    "度",
]
# 一个, 两种 and "two kinds" are turns of speech more often than quantities.
_VAGUE = frozenset(["time", "way", "kind", "type", "thing", "case", "one", "item", "hundred"])
_VAGUE |= frozenset("个個种種类類道组組步块塊条條只隻点點样樣")
# Digits that may count something: no part of AAL2 or 800-63B, no number of a list or a note.
_DIGITS = re.compile(r"(?<![\w.,:/-])(?<!\[)\d(?![\w]*[A-Za-z])[\d,.]*(?!\d|[-/:]\w)", re.ASCII)
_LISTED = re.compile(r"^\s*(?:[(（]?\d+[.)、）]|[-*+])\s", re.MULTILINE)
_HAN_NUMERAL = re.compile("[〇零一二三四五六七八九十百千万萬亿億]{2,}")
# The second bound of 三年以上七年以下.
_BOUND = re.compile(
    rf"(?<=以上)(?:\d+|[一二两三四五六七八九十百千万]+)(?:{'|'.join(_MEASURES)})(?=以下)"
)
_COUNT_WORD = re.compile(
    r"(?<![\w-])(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|"
    r"eigh|nine)teen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundreds?|thousands?|millions?)"
    r"(?![\w-])|(?<![\w-])one\s(?!of|another|can|could|may|might|would|will|is|was|who|that|which|"
    r"to|and|or|has|had|in|on|at|by|for|with|as|if|thing|day|way|must|should|more|or|i|he|she|it)\w+",
    re.IGNORECASE,
)
_CODE = re.compile(r"`[^`\n]*`|\$[^$\n]*\$|\]\([^)\n]*\)|<[^>\n]*>|https?://\S+")
_DECADE = re.compile(r"\d{4}s")
# Words of a definition: a term at the beginning of its sentence, the verb, what it means.
_DEFINED = {
    "en": re.compile(
        r"(?<![^\s(])(?:(?<=^)|(?<=[.\n]\s)|(?<=\n))(?:The term )?[“\"*]{0,3}(?P<term>(?:An? |The )?[A-Za-z][\w’' -]{1,50}?)"
        r"[”\"*]{0,3},? (?:means(?! (?:such|of|to|for|by|in|and|or|is|are|were|may|can|shall|must|should|will|which)\b)|is defined as|refers to|is the term for) (?P<said>[^.\n]{8,300})(?=\.)"
    ),
    "zh": re.compile(
        r"(?<![^\n。；])(?:(?:本[法条條章规規定条例办辦法]{1,3})?所[称稱]的?|所谓|所謂)?[“*]{0,3}(?P<term>[^，。；：、\n“”*（）]{2,20})"
        r"[”*]{0,3}，?(?:是指|指的是|系指|係指)"
        r"(?P<said>(?:(?!；[^；。\n]{0,30}(?:是指|指的是|系指|係指))[^。\n]){6,200})(?=[。；])"
    ),
}  # fmt: skip
# Pronouns and connectives are no terms.
_NO_TERM = re.compile(
    r"(?:this|that|it|which|he|she|they|we|you|there|what|these|those|here|the (?:latter|former|above))\b"
    r".*|(?:这|此|那|它|其|该|他|她|本|以上|上述|前款|如果|因此|所以|这里|这个|我们).*",
    re.IGNORECASE,
)


class Found(NamedTuple):
    """What stands between two offsets of a passage, and what it is."""

    start: int
    end: int
    kind: str


def marked(text: str, language: str, *, names: bool = False) -> list[Found]:
    """Dates, quantities, sums of money and, if asked for, names: in reading order, none within another.

    What stands in code, formulas and addresses is left out.
    """
    hidden = [match.span() for match in _CODE.finditer(text)]
    every = [_marked(text, one, language) for one in facts(text, spoken(language), names=names)]  # type: ignore[arg-type]
    every += [Found(*match.span(), _bound(match[0])) for match in _BOUND.finditer(text)]
    found: list[Found] = []
    for one in sorted(one for one in every if one):
        if (not found or one.start >= found[-1].end) and not _within(one, hidden):
            found.append(one)
    return found


def _bound(words: str) -> str:
    return "money" if words.endswith(tuple(MONEY)) else "quantity"


def _within(one: Found, places: list[tuple[int, int]]) -> bool:
    return any(start < one.end and one.start < end for start, end in places)


def _marked(text: str, fact: Fact, language: str) -> Found | None:
    if fact.kind == "date":
        return Found(fact.start, fact.end, "date") if _is_date(fact) else None
    if fact.kind == "name":
        known = fact.unit if spoken(language) == "zh" else None
        return Found(fact.start, fact.end, known or "name")
    if fact.kind == "term" and fact.unit == "title":
        return Found(fact.start, fact.end, "title")
    if not is_quantity(fact):
        return None
    end = _with_unit(text, fact)
    if _DECADE.fullmatch(text, fact.start, end):
        return Found(fact.start, end, "date")
    return Found(fact.start, end, "money" if fact.unit in MONEY else "quantity")


def _is_date(fact: Fact) -> bool:
    """A bare number may be a year, but 1000 examples are more likely than the year 1000."""
    year = fact.value[0] if isinstance(fact.value, tuple) else 0
    return fact.unit != "year" or not fact.text.isdigit() or 1500 <= year < 2100


def is_quantity(fact: Fact) -> bool:
    """A number with a unit that measures, or of two and more things that have a name."""
    if fact.kind != "number" or fact.unit in (None, "clock", "ordinal", "reference"):
        return False
    if fact.unit in MONEY:
        return not (
            fact.unit == "元" and fact.text in ("一", "二", "多")
        )  # 一元, 二元: unary, binary
    several = isinstance(fact.value, float | int) and fact.value >= 2
    return fact.unit in _MEASURES or (several and fact.unit not in _VAGUE)


def _with_unit(text: str, fact: Fact) -> int:
    """Where a number ends with the words that say what it counts."""
    unit = fact.unit or ""
    if text.startswith(unit, fact.end):
        return fact.end + len(unit)
    noun = counted_noun(text, fact.end)
    at = text.find(noun, fact.end) if noun else -1
    return at + len(noun) if 0 <= at <= fact.end + 1 else fact.end


def overlooked(text: str, language: str) -> bool:
    """Whether a number of the text is none of its facts, so that a list of them would be short."""
    places = [match.span() for match in _CODE.finditer(text)]
    places += [match.span() for one in (_BOUND, _LISTED) for match in one.finditer(text)]
    known = (one for one in facts(text, spoken(language)) if one.kind in ("number", "date"))  # type: ignore[arg-type]
    places += [(one.start, one.end) for one in known]
    patterns = (_DIGITS, _HAN_NUMERAL if spoken(language) == "zh" else _COUNT_WORD)
    return any(
        not any(start <= match.start() and match.start() < end for start, end in places)
        for pattern in patterns
        for match in pattern.finditer(text)
    )


def definitions(text: str, language: str) -> Iterator[tuple[Found, Found]]:
    """Terms that a sentence begins with and defines, and the words of the definition."""
    for match in _DEFINED[spoken(language)].finditer(text):
        term = match["term"].strip()
        if not _NO_TERM.fullmatch(term) and len(term.split()) <= 7:
            start = match.start("term")
            yield (
                Found(start, start + len(match["term"].rstrip()), "term"),
                Found(
                    match.start("said"), match.start("said") + len(match["said"].rstrip()), "said"
                ),
            )


def quantities(text: str, language: str) -> bool:
    """Whether the text measures something, or counts it in digits or in English."""
    known = [one for one in facts(text, spoken(language)) if is_quantity(one)]  # type: ignore[arg-type]
    if spoken(language) == "en":
        return bool(known)
    return any(one.unit in _MEASURES or _DIGITS.search(one.text) for one in known)
