"""Text > its numbers, dates, names, terms, quotes, negations and obligations, English and Chinese."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from longgrain.names import chinese_names, english_names
from longgrain.numerals import HAN, WORDS, digits_value, english_value, han_value

Language = Literal["en", "zh"]
FactKind = Literal["number", "date", "name", "term", "quote"]
Day = tuple[int, int, int]  # year, month, day; 0 for what is not said


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One checkable thing in a text; ``text[start:end]`` is ``Fact.text``.

    ``value`` is the number, or (year, month, day) of a date with 0 for what is not said, else None.
    ``unit`` says what is counted ("page", "厘米", "%", "$"); for numbers that count nothing it is
    "clock" (minutes after midnight), "ordinal" or "reference" (Chapter 3); for dates "day",
    "month", "year" or "monthday"; for names "person", "place", "organisation" or None; for terms
    "bold", "code", "title" or "named"; None where there is none.
    """

    kind: FactKind
    start: int
    end: int
    text: str
    value: float | Day | None = None
    unit: str | None = None


# --- English --------------------------------------------------------------------------------------

_MONTHS = (
    "January February March April May June July August September October November December"
).split(" ")
_MONTH = rf"(?:{'|'.join(_MONTHS)}|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b\.?)"
_AMOUNT = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_SCALE = r"(?:\s(?:hundred|thousand|million|billion)\b)"
_UNIT_SIGN = r"(?:km|cm|mm|kg|mg|ms|GB|MB|KB|TB|kW|MW|m|g|s|h|°C|°)(?![\w])"
_ENGLISH_DATE = re.compile(
    rf"(?P<iso>\b\d{{4}}-\d\d-\d\d\b)"
    rf"|(?P<dmy>\b\d{{1,2}}(?:st|nd|rd|th)?(?:\s+of)?\s+{_MONTH}(?![a-z])(?:,?\s+\d{{4}}\b)?)"
    rf"|(?P<mdy>\b{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?\b(?![:,]\d)(?:,?\s+\d{{4}}\b)?)"
    rf"|(?P<my>\b{_MONTH},?\s+(?:of\s+)?\d{{4}}\b)"
)
_ENGLISH_DIGITS = re.compile(
    rf"(?P<clock>(?<![\d:.])\d{{1,2}}:\d\d(?!\d|:\d)(?:\s?[ap]\.?m\b\.?)?)"
    rf"|(?<![\w.,:/#–—_^*+\\-])(?:"
    rf"(?P<money>[£$€¥]\s?(?:{_AMOUNT}){_SCALE}?(?![\w,.]?\d|\s\d))"
    rf"|(?P<percent>(?:{_AMOUNT})\s?(?:%|per\s?cent\b))"
    rf"|(?P<ordinal>\d+(?:st|nd|rd|th)\b)"
    rf"|(?P<digits>(?:{_AMOUNT}){_SCALE}?(?=\s?{_UNIT_SIGN}|(?![\w/:_^*%°+–-]|[.,]\d))))"
)
_COUNT = "|".join(sorted((word for word in WORDS if word != "zero"), key=len, reverse=True))
_ENGLISH_WORDS = re.compile(
    rf"(?<![\w-])(?:{_COUNT})(?:(?:[\s-]|(?<=hundred)\sand\s|(?<=thousand)\sand\s)(?:{_COUNT}))*"
    rf"(?![\w-])(?P<percent>\sper\s?cent\b)?",
    re.IGNORECASE,
)
_NUMBERED = re.compile(
    r"(?:\b(?:chapters?|sections?|parts?|figures?|fig\.|tables?|listings?|no\.|nos\.|numbers?|pages?"
    r"|pp?\.|volumes?|vol\.|articles?|clauses?|steps?|appendix|items?|entry|rules?|levels?|versions?"
    r"|editions?|equations?|lines?|routes?|berths?|rooms?|class|type|grade|phase|scene|books?|notes?"
    r"|form|channel|day|exercises?|examples?)|§)\s$",
    re.IGNORECASE,
)
_TITLE_BEFORE = re.compile(r"\b([A-Z][\w.’']*)\s$")
_BEFORE_NUMBER = frozenset(
    "In On By About Only At From Since Nearly Over Of The Some Between After Before Around Until"
    " During Every And With For More Less Just All Almost Another Exactly These Its Those Another"
    " Each Both But Or That Their Our My His Her To Than When If As Up Within There Then".split(" ")
)
_YEAR_BEFORE = re.compile(
    r"(?:\b(?:in|since|by|of|from|before|after|until|till|during|around|about|year|early|late|mid"
    r"|spring|summer|autumn|fall|winter|between|and|to|circa|c\.|the|that)\s|\()$",
    re.IGNORECASE,
)
_NOT_NOUN = (
    "and or of in to at on by for from with that which who was is has his hers its this as thus us"
    " less plus were are be been had have did does would could may might will can shall must not"
    " than more but so if when where while then there means makes comes goes gives says takes always"
    " perhaps besides afterwards sometimes across towards others the a an each per until into he she"
    " it they we you i only about over under up out off went came made took stood later ago further"
    " after before between nor because since very too also seems lies runs covers whose whom unless"
    " dries shows needs requires uses returns happens works versus yes across opens stands ones"
)
_IRREGULAR = {
    "men": "man", "women": "woman", "children": "child", "people": "person", "feet": "foot",
    "teeth": "tooth", "mice": "mouse", "geese": "goose", "oxen": "ox", "sheep": "sheep",
    "fathom": "fathom", "km": "km", "cm": "cm", "mm": "mm", "kg": "kg", "mg": "mg", "ms": "ms",
    "gb": "GB", "mb": "MB", "kb": "KB", "tb": "TB", "kw": "kW", "mw": "MW", "m": "m", "g": "g",
    "s": "s", "h": "h", "°c": "°C", "°": "°", "staff": "staff", "lives": "life", "knives": "knife",
    "leaves": "leaf", "halves": "half", "wives": "wife", "loaves": "loaf", "shelves": "shelf",
}  # fmt: skip
_NOUN = re.compile(
    rf"\s?((?:(?:(?!(?:{'|'.join(_NOT_NOUN.split(' '))})\b)[a-z][a-z-]*\s){{0,2}}?"
    rf"(?!(?:{'|'.join(_NOT_NOUN.split(' '))})\b)"
    rf"(?P<noun>[a-z][a-z-]+(?<!s)s|{'|'.join(_IRREGULAR)}))(?![\w’']))",
    re.IGNORECASE,
)


def _english(text: str, names: bool) -> Iterator[Fact]:
    taken: list[tuple[int, int]] = []
    if any(char.isdigit() for char in text):
        for match in _ENGLISH_DATE.finditer(text):
            if (fact := _english_date(match)) is not None:
                taken.append(match.span())
                yield fact
        for match in _ENGLISH_DIGITS.finditer(text):
            if not any(start < match.end() and match.start() < end for start, end in taken):
                yield from _english_number(match)
    for match in _ENGLISH_WORDS.finditer(text):
        value = english_value(match[0].removesuffix(match["percent"] or ""))
        if value is not None and value > 1:
            unit = "%" if match["percent"] else _english_unit(text, match.start(), match.end())
            yield _fact("number", text, match.start(), match.end(), value, unit)
    if names:
        for start, end, bearer in english_names(text):
            yield _fact("name", text, start, end, None, bearer)


def _english_date(match: re.Match[str]) -> Fact | None:
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
    return _date(match.string, match.start(), match.end(), (year, month, day))


def _english_number(match: re.Match[str]) -> Iterator[Fact]:
    text, start, end = match.string, match.start(), match.end()
    if match["clock"]:
        yield from _clock(text, start, end, match[0])
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
        unit = _english_unit(text, start, end)
        if unit is None and _is_year(text, start, bare):
            yield _date(text, start, end, (int(value), 0, 0))
            return
    yield _fact("number", text, start, end, value, unit)


def _english_unit(text: str, start: int, end: int) -> str | None:
    before = text[max(0, start - 14) : start]
    if _NUMBERED.search(before):
        return "reference"
    title = _TITLE_BEFORE.search(before)
    if title and title[1] not in _BEFORE_NUMBER:
        return "reference"
    found = _NOUN.match(text, end)
    return singular(found["noun"]) if found else None


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
    likely = re.fullmatch(r"1[0-9]\d\d|20\d\d", digits) is not None
    return likely and _YEAR_BEFORE.search(text[max(0, start - 9) : start]) is not None


# --- Chinese --------------------------------------------------------------------------------------

_ERAS = {
    "民国": 1912, "民國": 1912, "宣统": 1909, "宣統": 1909, "光绪": 1875, "光緒": 1875,
    "同治": 1862, "咸丰": 1851, "咸豐": 1851, "道光": 1821, "嘉庆": 1796, "嘉慶": 1796,
    "乾隆": 1736, "雍正": 1723, "康熙": 1662, "顺治": 1644, "順治": 1644, "崇祯": 1628,
    "崇禎": 1628, "万历": 1573, "萬曆": 1573, "嘉靖": 1522, "正德": 1506, "弘治": 1488,
    "成化": 1465, "永乐": 1403, "永樂": 1403, "洪武": 1368, "建安": 196, "中平": 184,
}  # fmt: skip
_DIGITS_ZH = r"\d{1,3}(?:[,，]\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_NUMERAL = rf"(?:(?:{_DIGITS_ZH})[十百千万萬亿億]*|[{HAN}]+)"
# Longest first. Han numerals before 日, 分, 行, 面 and the like mean too many other things.
_UNITS = (
    "平方公里 平方米 立方米 立方厘米 摄氏度 公里 千米 厘米 毫米 微米 纳米 公顷 公斤 千克 毫克 毫升 英里 英尺 英寸 海里 "
    "小时 小時 分钟 分鐘 秒钟 秒鐘 毫秒 个月 個月 星期 礼拜 禮拜 昼夜 晝夜 周岁 周歲 工作日 个人 個人 美元 欧元 英镑 "
    "日元 块钱 塊錢 块大洋 字节 像素 米 里 丈 尺 寸 斤 吨 噸 克 升 亩 畝 石 斗 元 文 贯 貫 秒 天 周 年 岁 歲 夜 "
    "个 個 名 位 人 只 隻 条 條 张 張 本 册 冊 部 卷 篇 首 封 件 套 把 块 塊 片 枚 颗 顆 粒 棵 株 朵 间 間 座 "
    "栋 棟 层 層 级 級 排 列 箱 桶 瓶 杯 碗 盒 袋 包 捆 匹 辆 輛 艘 架 台 臺 支 枝 根 幅 句 页 頁 次 遍 趟 届 屆 "
    "户 戶 种 種 类 類 项 項 步 倍 桌 队 隊 骑 騎 员 員 维 維 两 兩 度 ℃ 课 課 讲 講 款 叶 葉 道 组 組 枚 册 盏 串"
).split(" ")
_UNIT = "|".join(_UNITS)
_CHINESE = re.compile(
    rf"(?P<era>(?:{'|'.join(_ERAS)})(?P<nth>元|[{HAN}]{{1,4}}|\d{{1,2}})年)"
    r"|(?<!\d)(?P<day>(?P<year>\d{4}|[〇零○一二三四五六七八九]{4})年(?![前来來后後间間多余餘代级級])"
    rf"(?:(?P<month>\d{{1,2}}|[正{HAN}]{{1,2}})月(?:(?P<date>\d{{1,2}}|[{HAN}]{{1,3}})[日号號])?)?)"
    r"|(?<!\d)(?P<monthday>\d{1,2}月\d{1,2}[日号號])"
    r"|(?P<iso>(?<!\d)\d{4}-\d\d-\d\d(?!\d))"
    r"|(?P<clock>(?<![\d:.])\d{1,2}(?::\d\d(?!\d|:\d)|[时時點点](?:\d{1,2}分(?![之钟鐘])|半)?(?![间間])))"
    rf"|(?<![\w.]){_NUMERAL}分之{_NUMERAL}|(?P<percent>百分之{_NUMERAL}|(?:{_DIGITS_ZH})[%％])"
    rf"|(?P<ordinal>第{_NUMERAL})"
    rf"|(?P<money>[￥¥$€£](?:{_DIGITS_ZH})[万萬亿億]?)"
    rf"|(?<![\w.:/,_^+*-])(?P<digits>(?:{_DIGITS_ZH})[十百千万萬亿億]*)(?P<unit>{_UNIT})?"
    r"(?![\w/:_^*+-]|[.,]\d)"
    .replace(r"(?<![\w.:/,_^+*-])", r"(?<![A-Za-z0-9.:/,_^+*-])")
    .replace(r"(?![\w/:_^*+-]|[.,]\d)", r"(?![A-Za-z0-9/:_^*+多余餘来來几幾-]|[.,]\d)")
    + rf"|(?P<han>(?<![几幾数數第{HAN}])[{HAN}]+?)(?P<counted>(?:{_UNIT})(?<![日]))"
)
_IDIOMS = re.compile(
    "千里|万里|萬里|百里|一一|万一|萬一|三位一体|三两|三兩|四百四|八千里|万分|百步|十步|千万|千萬|万般|万人|萬人|千人|百人"
)


def _chinese(text: str, names: bool) -> Iterator[Fact]:
    for match in _CHINESE.finditer(text):
        yield from _chinese_fact(match)
    if names:
        for start, end, bearer in chinese_names(text):
            yield _fact("name", text, start, end, None, bearer)
