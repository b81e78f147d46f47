"""The words or digits of one number, clock time or date > its value, or None."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

Day = tuple[int, int, int]  # year, month, day; 0 for what is not said
Found = tuple[str, int, int, float | Day, str | None]  # kind, start, end, value, unit

_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
WORDS = {
    **{word: value for value, word in enumerate(_SMALL.split())},
    **{word: 10 * value for value, word in enumerate(_TENS.split(), 2)},
    **_SCALES,
}

_HAN_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")}
_HAN_DIGITS |= {"〇": 0, "○": 0, "两": 2, "兩": 2}
_HAN_SMALL = {"十": 10, "百": 100, "千": 1_000}
_HAN_LARGE = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}
HAN = "".join([*_HAN_DIGITS, *_HAN_SMALL, *_HAN_LARGE, "廿卅"])
# More digits than these are a pattern or an identifier, and no float holds a few hundred of them.
LONGEST = 60
# A run of Han numerals; 两 stands first or before a power of ten, else it is the weight.
_ONE = HAN.replace("两", "").replace("兩", "")
HAN_RUN = rf"(?:(?:[{_ONE}]|[两兩](?=[百千万萬亿億]))+|(?<![{HAN}\d])[两兩])"
_MIXED = re.compile(rf"([\d.]+)([{''.join([*_HAN_SMALL, *_HAN_LARGE])}]*)$")


def digits_value(text: str) -> float | None:
    """The value of digits with separators: ``1,200``, ``1 200.5``, full-width digits too."""
    plain = re.sub(r"(?<=\d)[,\s](?=\d{3})", "", unicodedata.normalize("NFKC", text).strip())
    return float(plain) if re.fullmatch(rf"\d{{1,{LONGEST}}}(\.\d+)?", plain) else None


def english_value(text: str) -> float | None:
    """The value of English number words or digits with a scale: ``twenty-one``, ``1.2 million``."""
    total, group, last = 0.0, 0.0, 10**12
    words = re.sub(r"[-\s]+", " ", text.lower()).replace(" and ", " ").split()
    for word in words:
        value = float(WORDS[word]) if word in WORDS else digits_value(word)
        if value is None:
            return None
        if word == "hundred":
            group = (group or 1) * 100
        elif word in _SCALES:
            total, group = total + (group or 1) * value, 0.0
        elif group and last != 100 and (last < 20 or value >= 10):
            return None  # "two three" is two numbers; "two hundred and forty" is one
        else:
            group += value
        last = int(value)
    return total + group if words else None


@lru_cache(maxsize=1 << 12)
def han_value(text: str) -> float | None:
    """The value of Chinese numerals or digits: ``三百二十``, ``一九八六``, ``1.2万``."""
    text = unicodedata.normalize("NFKC", text.translate({0x25CB: "〇"})).replace(",", "")
    if len(text) > LONGEST:
        return None
    if mixed := _MIXED.match(text):
        scale = 1.0
        for char in mixed[2]:
            scale *= _HAN_SMALL.get(char) or _HAN_LARGE[char]
        number = digits_value(mixed[1])
        return None if number is None else round(number * scale, 6)
    if len(text) > 1 and text[-1] in "两兩":
        return None
    text = text.replace("廿", "二十").replace("卅", "三十")
    if len(text) > 1 and all(char in _HAN_DIGITS for char in text):
        # 三四 means "three or four"; only years and the like are read digit by digit.
        return float("".join(str(_HAN_DIGITS[char]) for char in text)) if len(text) > 3 else None
    return _han_positional(text)


def _han_positional(text: str) -> float | None:
    total, group, last = 0, 0, 0
    digit: int | None = None
    for char in text:
        if char in _HAN_DIGITS:
            if digit:
                return None
            digit = _HAN_DIGITS[char]
        elif char in _HAN_SMALL:
            last = _HAN_SMALL[char]
            group += (1 if digit is None else digit) * last
            digit = None
        elif char in _HAN_LARGE:
            scale, group, digit = _HAN_LARGE[char], group + (digit or 0), None
            # 三千万亿 multiplies what stands before it, 一亿三千万 adds to it.
            total = (total + group or 1) * scale if total < scale else total + group * scale
            group, last = 0, scale
        else:
            return None
    # 两万五 is 25,000: a closing digit counts tenths of the last scale, unless 零 is between.
    tenths = last >= 100 and digit and text[-2:-1] not in "零〇"
    tail = (digit or 0) * (last // 10 if tenths else 1)
    return float(total + group + tail) if text else None


def clock(text: str) -> float | None:
    """Minutes after midnight of ``18:30``, ``6:30 p.m.``, ``2时47分`` or ``三点半``."""
    numbers = [han_value(one) for one in re.findall(rf"[\d{HAN}]+", text)]
    hour, minute = [*numbers, 0.0][:2]
    if hour is None or minute is None or hour > 24 or minute > 59:
        return None
    late = re.search(r"p\.?m", text) is not None and hour < 12
    return 60 * (hour + 12 * late) + (30 if text.endswith("半") else minute)


def precision(year: int, month: int, day: int) -> str:
    """How much of a date is said: "day", "month", "year" or "monthday" (no year)."""
    if not year:
        return "monthday"
    return "day" if day else "month" if month else "year"
