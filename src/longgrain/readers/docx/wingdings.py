"""A character of the fonts Wingdings and Symbol, as Word keeps it > the character that it shows."""

from __future__ import annotations

import re

# Fonts without letters keep their signs at U+F020 to U+F0FF, where other fonts have nothing.
_PRIVATE = re.compile("[\uf020-\uf0ff]")
_WINGDINGS = {
    **dict(zip(range(0x6C, 0x78), "●❍■□❐❑❒⬧⧫◆❖⬥", strict=True)),
    **dict(zip(range(0x80, 0x8B), "⓪①②③④⑤⑥⑦⑧⑨⑩", strict=True)),
    **dict(zip(range(0x8C, 0x96), "❶❷❸❹❺❻❼❽❾❿", strict=True)),
    **{0x22: "✂", 0x28: "☎", 0x2A: "✉", 0x3F: "✍", 0x4A: "☺", 0x4C: "☹", 0x9F: "•", 0xA1: "○"},
    **{0xA7: "▪", 0xA8: "◻", 0xAB: "★", 0xD8: "➢", 0xDF: "←", 0xE0: "→", 0xE1: "↑", 0xE2: "↓"},
    **{0xE8: "➔", 0xF0: "⇨", 0xFB: "✗", 0xFC: "✓", 0xFD: "☒", 0xFE: "☑"},
}
_SYMBOL = {
    **dict(zip(map(ord, "abgdezhqiklmnxoprstufcyw"), "αβγδεζηθικλμνξοπρστυφχψω", strict=True)),
    **dict(zip(map(ord, "GDQLXPSFYW"), "ΓΔΘΛΞΠΣΦΨΩ", strict=True)),
    **{0xA3: "≤", 0xA5: "∞", 0xAC: "←", 0xAE: "→", 0xB0: "°", 0xB1: "±", 0xB3: "≥", 0xB4: "×"},
    **{0xB6: "∂", 0xB7: "•", 0xB8: "÷", 0xB9: "≠", 0xBA: "≡", 0xBB: "≈", 0xC5: "⊕", 0xC6: "∅"},
    **{0xC7: "∩", 0xC8: "∪", 0xCC: "⊂", 0xCE: "∈", 0xD1: "∇", 0xD6: "√", 0xD7: "⋅", 0xE5: "∑"},
}
_UNKNOWN = "▪"


def shown(words: str, font: str) -> str:
    """``words`` in which signs of such fonts are the characters that Unicode has for them."""
    if words.isascii():
        return words
    table, other = (_SYMBOL, _WINGDINGS) if "symbol" in font.lower() else (_WINGDINGS, _SYMBOL)

    def sign(found: re.Match[str]) -> str:
        code = ord(found[0]) - 0xF000
        return table.get(code) or other.get(code) or (chr(code) if code < 0x7F else _UNKNOWN)

    return _PRIVATE.sub(sign, words)
