"""Bytes of a page > its text: by its mark or as UTF-8, else as the page says, else by a guess."""

from __future__ import annotations

import re

from longgrain.readers.decoding import Decoded, clean, decode
from longgrain.types import Dropped

_DECLARED = re.compile(
    rb"<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*[\"']?\s*([\w:-]+)", re.IGNORECASE
)
# The labels that pages give and Python's name for what browsers read them as.
_LABELS = {
    **dict.fromkeys(("gb2312", "gbk", "gb18030", "x-gbk", "gb_2312-80"), "gb18030"),
    **dict.fromkeys(("big5", "big5-hkscs", "x-x-big5"), "big5hkscs"),
    **dict.fromkeys(("shift_jis", "shift-jis", "sjis", "x-sjis", "windows-31j"), "cp932"),
    **dict.fromkeys(("euc-kr", "ks_c_5601-1987", "ksc5601"), "cp949"),
    **dict.fromkeys(("iso-8859-1", "latin1", "us-ascii", "ascii", "windows-1252"), "cp1252"),
    **{f"windows-125{n}": f"cp125{n}" for n in (0, 1, 3, 4, 5, 6, 7, 8)},
    **{f"iso-8859-{n}": f"iso8859_{n}" for n in (2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15, 16)},
    **{"euc-jp": "euc_jp", "koi8-r": "koi8_r", "koi8-u": "koi8_u", "windows-874": "cp874"},
}
_HEAD = 4096  # bytes in which a page must say its encoding; browsers look at 1024
_LOST = 0.001  # share of bytes that may be lost when the page is believed


def page_text(raw: bytes, source: str) -> Decoded | Dropped:
    """The text of an HTML or XHTML page, or why it holds none."""
    guessed = decode(raw, source)
    declared = _DECLARED.search(raw, 0, _HEAD)
    encoding = _LABELS.get(declared[1].decode("latin-1").lower()) if declared else None
    if encoding is None or _is_settled(guessed):
        return guessed
    told = clean(raw.decode(encoding, "replace"), encoding)
    lost = guessed.replaced if isinstance(guessed, Decoded) else len(raw)
    return told if told.replaced <= max(lost, _LOST * len(raw)) else guessed


def _is_settled(guessed: Decoded | Dropped) -> bool:
    """Whether the page need not be asked: sound Unicode, no text at all."""
    if isinstance(guessed, Dropped):
        return not guessed.detail.startswith("no known encoding")
    return guessed.encoding.startswith("utf") and not guessed.replaced
