"""A Chinese text > its numbers with their units, and its dates; Simplified and Traditional."""

from __future__ import annotations

import re
from collections.abc import Iterator

from longgrain.numerals import HAN, Day, Found, clock, han_value, precision

_ERAS = {
    "民国": 1912, "民國": 1912, "宣统": 1909, "宣統": 1909, "光绪": 1875, "光緒": 1875,
    "同治": 1862, "咸丰": 1851, "咸豐": 1851, "道光": 1821, "嘉庆": 1796, "嘉慶": 1796,
    "乾隆": 1736, "雍正": 1723, "康熙": 1662, "顺治": 1644, "順治": 1644, "崇祯": 1628,
    "崇禎": 1628, "万历": 1573, "萬曆": 1573, "嘉靖": 1522, "正德": 1506, "弘治": 1488,
    "成化": 1465, "永乐": 1403, "永樂": 1403, "洪武": 1368, "建安": 196, "中平": 184,
}  # fmt: skip
# Han numerals before 日, 分, 行, 面 and the like mean too many other things.
_UNITS = """
平方公里 平方米 立方厘米 立方米 摄氏度 公里 千米 厘米 毫米 微米 纳米 公顷
公斤 千克 毫克 毫升 英里 英尺 英寸 海里 小时 小時 分钟 分鐘 秒钟 秒鐘 毫秒
个月 個月 星期 礼拜 禮拜 昼夜 晝夜 周岁 周歲 工作日 个人 個人 美元 欧元 英镑
日元 块钱 塊錢 字节 像素 米 里 丈 尺 寸 斤 吨 噸 克 升 亩 畝 石 斗 元
文 贯 貫 秒 天 周 年 岁 歲 夜 个 個 名 位 人 只 隻 条 條 张 張 本 册
冊 部 卷 篇 首 封 件 套 把 块 塊 片 枚 颗 顆 粒 棵 株 朵 间 間 座 栋
棟 层 層 级 級 排 列 箱 桶 瓶 杯 碗 盒 袋 包 捆 匹 辆 輛 艘 架 台 臺
支 枝 根 幅 句 页 頁 次 遍 趟 届 屆 户 戶 种 種 类 類 项 項 步 倍 桌
队 隊 骑 騎 员 員 维 維 度 ℃ 课 課 款 盏 盞 串 组 組 道 两 兩 
"""
_UNIT = "|".join(_UNITS.split())
_DIGITS = r"(?:\d{1,3}(?:[,，]\d{3})+|\d+)(?:\.\d+)?"
_NUMERAL = rf"(?:{_DIGITS}[十百千万萬亿億]*|[{HAN}]+)"
_APPROXIMATE = "多余餘来來几幾数數上"
_WITH_DIGITS = re.compile(
    r"(?P<iso>(?<!\d)\d{4}-\d\d-\d\d(?!\d))"
    r"|(?P<day>(?<!\d)\d{4}年(?![前来來后後间間多余餘代级級])(?:\d{1,2}月(?:\d{1,2}[日号號])?)?)"
    r"|(?P<monthday>(?<!\d)\d{1,2}月\d{1,2}[日号號])"
    r"|(?P<clock>(?<![\d:.])\d{1,2}(?::\d\d(?![\d:])|[时時点點](?:\d{1,2}分(?![之钟鐘])|半))"
    r"|(?<=[午晨晚早夜日天至到])\d{1,2}[时時点點](?![间間]))"
    rf"|(?P<fraction>(?<![\w.])\d+分之\d+)|(?P<percent>百分之{_DIGITS}|{_DIGITS}[%％])"
    r"|(?P<ordinal>第\d+)"
    rf"|(?P<money>[￥¥$€£]{_DIGITS}[万萬亿億]?)"
    rf"|(?<![A-Za-z0-9.:/,_^+*-])(?P<amount>{_DIGITS}[十百千万萬亿億]*)(?P<unit>{_UNIT})?"
    rf"(?![A-Za-z0-9/:_^*+{_APPROXIMATE}-]|[.,]\d)"
)
_WITH_HAN = re.compile(
    rf"(?P<era>(?:{'|'.join(_ERAS)})(?:元|[{HAN}]{{1,4}}|\d{{1,2}})年)"
    rf"|(?P<day>[〇零○一二三四五六七八九]{{4}}年(?:[正{HAN}]{{1,2}}月(?:[{HAN}]{{1,3}}[日号號])?)?)"
    rf"|(?P<percent>百分之[{HAN}]+)|(?P<fraction>[{HAN}]+分之[{HAN}]+)|(?P<ordinal>第[{HAN}]+)"
    # Not the end of 二十有六年 alone.
    rf"|(?:(?<![{_APPROXIMATE}\d{HAN}])(?<![{HAN}][有又])|(?<=以上))(?P<amount>[{HAN}]+?)(?P<unit>{_UNIT})(?![{_APPROXIMATE}])"
)
_ANY_DIGIT, _ANY_HAN = re.compile(r"\d"), re.compile(f"[{HAN}]|年")  # 同治元年 has no numeral
# Powers of ten that are figures of speech more often than counts: 千里, 万人, 百步.
_FIGURES = frozenset(("百", "千", "万", "萬", "亿", "億", "百十", "千百"))


def chinese(text: str) -> Iterator[Found]:
    """The numbers and dates of a Chinese text, those in digits before those in Han numerals."""
    # Most sentences have neither, which a look at single characters tells ten times as fast.
    if _ANY_DIGIT.search(text):
        for match in _WITH_DIGITS.finditer(text):
            yield from _found(match)
    if _ANY_HAN.search(text):
        for match in _WITH_HAN.finditer(text):
            yield from _found(match)


def _found(match: re.Match[str]) -> Iterator[Found]:
    kind = next(name for name, value in match.groupdict().items() if value is not None)
    if kind in ("iso", "day", "monthday", "era"):
        if (day := _day(match[0], kind)) is not None:
            yield "date", match.start(), match.end(), day, precision(*day)
        return
    if (value := _value(match, kind)) is not None:
        start, end = match.span("amount") if kind == "amount" else match.span()
        yield "number", start, end, value, _unit(match, kind)


def _day(text: str, kind: str) -> Day | None:
    if kind == "era":
        era = next(name for name in _ERAS if text.startswith(name))
        nth = text.removeprefix(era).removesuffix("年").replace("元", "1")
        value = han_value(nth)
        return None if value is None else (_ERAS[era] + int(value) - 1, 0, 0)
    parts = [han_value(part) for part in re.findall(rf"[\d{HAN}]+", text.replace("正月", "一月"))]
    if None in parts:
        return None
    year, month, day = ([0.0] * (kind == "monthday") + [part or 0 for part in parts] + [0, 0])[:3]
    return (int(year), int(month), int(day)) if month <= 12 and day <= 31 else None


def _value(match: re.Match[str], kind: str) -> float | None:
    text = match[0]
    if kind == "clock":
        return clock(text)
    if kind == "fraction":
        below, above = (han_value(part) for part in text.split("分之"))
        return above / below if above and below else None
    if kind == "amount":
        amount = match["amount"]
        return None if amount in _FIGURES else han_value(amount)
    return han_value(re.sub(r"^百分之|^第|^[￥¥$€£]|[%％]$", "", text))


def _unit(match: re.Match[str], kind: str) -> str | None:
    if kind == "amount":
        return match["unit"]
    if kind == "money":
        return match[0][0]
    return {"clock": "clock", "percent": "%", "ordinal": "ordinal"}.get(kind)
