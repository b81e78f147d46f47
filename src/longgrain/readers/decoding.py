"""Bytes in an unknown encoding > text with ``\\n`` newlines, and a count of what was replaced.

UTF-8 is tried first and costs one pass. Only when it fails is the encoding guessed, on 64 KiB:
UTF-16 without a mark, GB18030 and Big5 by the share of characters that every Chinese text is full
of (40 to 60% when the guess is right, about 1% when it is wrong), Western text by its single
bytes beyond ASCII, the rest by charset-normalizer.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from longgrain.types import Dropped

_SAMPLE = 1 << 16
_HIGH = re.compile(rb"[\x80-\xff]+")
_LOST = "\ufffd"
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark is a prefix of it
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_MAGIC = (
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "a zip archive (DOCX, EPUB, XLSX)"),
    (b"\x1f\x8b", "gzip"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"\xd0\xcf\x11\xe0", "an old Office file"),
)
_WIDE = ("utf-16-le", "utf-16-be")
_CHINESE = ("gb18030", "big5hkscs")
_OTHERS = ("cp1252", "cp1251", "shift_jis", "euc_jp", "cp949", "koi8_r")
_NOISE = (*(chr(code) for code in range(32) if code not in b"\t\n\v\f\r\x1b"), _LOST)
# Punctuation and the most frequent characters of modern and classical Chinese, both scripts.
_COMMON = frozenset(
    "　，。、；：？！“”‘’「」『』（）《》·…—的一是不了人在有我他她这這大来來上个個国國们們"
    "到说說时時要就出会會可也你对對生能而子那得于於着著下自之年过過发發后後作里裡裏用道行所然家种"
    "種事成方多经經么麼去法学學如都同现現当當没沒动動面起看定天分还還进進好小部其些主样樣心前开開"
    "但因只从從想实實日者意无無力它与與长長把机機十民第公此已工使情明性知全三又关關点點正业業外将"
    "將两兩高间間由问問很最重并並物手应應向头頭文体體政美相见見被利什二等产產或新己制身果加月话話"
    "合回特代内內信表化老给給世位次度门門任常先海通教儿兒原东東声聲提立及比员員解水名真论論处處走"
    "义義各入几幾口认認条條平系气氣题題更别別打女变變四神总總何书書曰为為以故则則"
)
_ASCII = frozenset(chr(code) for code in range(32, 127)) | frozenset("\t\n\r")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """A text and how it came about."""

    text: str
    encoding: str
    replaced: int
    """U+FFFD in the text: lost bytes, NUL characters, lone surrogates, and any the source had."""
    newlines: int
    """Line ends that were ``\\r\\n`` or ``\\r`` and are now ``\\n``."""

    @property
    def meta(self) -> dict[str, Any]:
        """``encoding``, and ``replaced`` and ``newlines`` where there were any."""
        counts = {"replaced": self.replaced, "newlines": self.newlines}
        return {"encoding": self.encoding} | {key: n for key, n in counts.items() if n}


def decode(raw: bytes, source: str) -> Decoded | Dropped:
    """The text of ``raw`` without its byte order mark, or why it holds none."""
    if kind := next((kind for magic, kind in _MAGIC if raw.startswith(magic)), None):
        return Dropped(step="read", id=source, reason="not text", detail=f"the bytes of {kind}")
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return _judged(raw[len(mark) :].decode(encoding, "replace"), encoding, source)
    wrong = 0
    try:
        text = raw.decode("utf-8")
        if "\0" not in text:
            return _judged(text, "utf-8", source)
    except UnicodeDecodeError as problem:
        wrong = problem.start
    guess = _guessed(_telling(raw, wrong))
    if guess is None:
        return Dropped(step="read", id=source, reason="not text", detail="no known encoding fits")
    return _judged(raw.decode(guess, "replace"), guess, source)


def clean(text: str, encoding: str = "utf-8") -> Decoded:
    """``text`` with ``\\n`` newlines, and NUL characters and lone surrogates replaced."""
    newlines = text.count("\r\n") if "\r" in text else 0
    if "\r" in text:
        text = text.replace("\r\n", "\n")
        newlines += text.count("\r")
        text = text.replace("\r", "\n")
    text = text.replace("\0", _LOST)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        # Surrogates that belong together become their character, lone ones U+FFFD.
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return Decoded(text=text, encoding=encoding, replaced=text.count(_LOST), newlines=newlines)


def lines(text: str) -> Iterator[str]:
    """The lines of ``text`` with their ``\\n``, one at a time, cut at nothing else."""
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield text[start:end]
        start = end


def _judged(text: str, encoding: str, source: str) -> Decoded | Dropped:
    """Text is at most 5% control characters and lost bytes; compressed data is above 10%."""
    if not text or text.isspace():
        return Dropped(step="read", id=source, reason="empty", detail="no character but blanks")
    sample = text[:_SAMPLE]
    noise = sum(map(sample.count, _NOISE))
    if noise > 0.05 * len(sample):
        share = f"{100 * noise / len(sample):.0f}% control characters or lost bytes"
        return Dropped(step="read", id=source, reason="not text", detail=f"{share} as {encoding}")
    return clean(text, encoding)


def _guessed(sample: bytes) -> str | None:
    """The encoding of bytes that are not sound UTF-8, or None."""
    if b"\0" in sample:
        wide = max(_WIDE, key=lambda name: _plain_share(sample, name))
        if _plain_share(sample, wide) > 0.5:
            return wide
    if _is_damaged_utf8(sample):
        return "utf-8"
    # Pairs of ASCII letters are Chinese characters in UTF-16, whose bytes are half beyond ASCII.
    half = sum(map(len, _HIGH.findall(sample))) > 0.2 * len(sample)
    best = max(_CHINESE + _WIDE if half else _CHINESE, key=lambda name: _common_share(sample, name))
    if _common_share(sample, best) > 0.1:
        return best
    if _stands_alone(sample):
        return "cp1252"
    from charset_normalizer import from_bytes

    match = from_bytes(sample, cp_isolation=list(_OTHERS)).best()
    return match.encoding if match else None


def _telling(raw: bytes, wrong: int) -> bytes:
    """The bytes to guess from: the first, or where these are ASCII the line that is not UTF-8."""
    start = 0 if wrong < _SAMPLE else raw.rfind(b"\n", 0, wrong) + 1
    return raw[start : start + _SAMPLE]


def _stands_alone(sample: bytes) -> bool:
    """Whether bytes beyond ASCII come singly, as accents and quotes do in Western text."""
    runs = _HIGH.findall(sample)
    return sum(map(len, runs)) < 1.3 * len(runs)


def _is_damaged_utf8(sample: bytes) -> bool:
    """Whether at most one in five characters beyond ASCII is lost when read as UTF-8."""
    beyond = [char for char in sample.decode("utf-8", "replace") if char > "\x7f"]
    return beyond.count(_LOST) <= 0.2 * len(beyond)


def _common_share(sample: bytes, encoding: str) -> float:
    """The share of common Chinese characters among those beyond ASCII."""
    beyond = [char for char in sample.decode(encoding, "replace") if char > "\x7f"]
    return sum(char in _COMMON for char in beyond) / max(1, len(beyond))


def _plain_share(sample: bytes, encoding: str) -> float:
    """The share of ASCII and common Chinese characters."""
    text = sample.decode(encoding, "replace")
    return sum(char in _ASCII or char in _COMMON for char in text) / max(1, len(text))
