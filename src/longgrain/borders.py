"""A text's code points > the offsets where token ids of the two sides can be joined.

The rules hold for the pre-tokenizers of common byte-level BPE tokenizers; each tokenizer is held
against them on a probe (`tokens.Tokenizer.joins`) before they are used.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def code_points(text: str) -> NDArray[np.uint32]:
    """The text as an array, one number a code point."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")


_LETTER = np.zeros(128, bool)
_LETTER[[*range(65, 91), *range(97, 123)]] = True
# Stands for the words that follow a line feed: visible, and one byte, so it is one token.
FOLLOWER = "x"
# White_Space of Unicode, as the patterns of pre-tokenizers read \s.
_BLANKS = [*range(9, 14), 32, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029]
_BLANKS += [0x202F, 0x205F, 0x3000]
_STOPS = [ord(mark) for mark in "，。；：、！？"]


def is_border(points: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """True at offset ``i`` where a pre-token starts whatever stands further left or right.

    Three rules that look at three code points: a visible character after a line feed, a space
    between a visible ASCII character and a letter, a Chinese stop after a Chinese character. Each
    tokenizer is held against them (`Tokenizer.joins`) before they are used.
    """
    found = np.zeros(len(points), bool)
    if len(points) < 3:
        return found
    plain = (points > 32) & (points < 127)
    letter = _LETTER[np.minimum(points, 127)]
    left, here = points[:-2], points[1:-1]
    newline = left == 10
    newline[newline] = ~np.isin(here[newline], _BLANKS)
    space = plain[:-2] & (here == 32) & letter[2:]
    chinese = (left >= 0x4E00) & (left <= 0x9FA5)  # those after are no letters to older tables
    chinese[chinese] = np.isin(here[chinese], _STOPS)
    found[1:-1] = newline | space | chinese
    return found


PROBE = """The cat sat. 3 dogs ran; it's Tom's "house", (1,234.5 metres) on 12 May 2019!

    def code(x):
        return x+1  # twice


- item one
“Quoted,” she said — and left.
| a | b |
第三章　风雪
　　“他来了。”她说：在2019年3月12日，共1.2万人……第三天下雨。
于是ABC公司、海关（总署）！？

《回家》，  two  spaces\tand\ttabs\x20
 trailing\x20

Naïve café Ünïcode привет мир 東京タワー 한국어 🙂🙂 ok\r
🙂 end.
See the folder.
/usr/share
第十二条 当事人应当遵循公平原则，确定各方的权利和义务；
自\u3000然。A.B. C.D. e.g. this, that? yes! no: maybe; 'quoted' words
"""
