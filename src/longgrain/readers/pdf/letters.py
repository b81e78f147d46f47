"""Letters as a PDF spells them > letters as people write them: ligatures, radicals, bullets."""

from __future__ import annotations

import unicodedata

# Fonts share one glyph between an ideograph and the radical of the same shape, and programs then
# write the radical's code. Kangxi radicals know their ideograph (NFKC), the supplement is listed
# after Unicode's EquivalentUnifiedIdeograph.txt.
_SUPPLEMENT = (
    "⺁厂⺂乛⺃乚⺄乙⺅亻⺆冂⺇几⺈刀⺉刂⺊卜⺋㔾⺌小⺍小⺎兀⺏尣⺐尢⺑尣⺒巳⺓幺⺔彑⺕彐⺖忄⺗心⺘扌⺙攵⺛旡⺜日⺝月⺞歺"
    "⺟母⺠民⺡氵⺢氺⺣灬⺤爫⺥爫⺦丬⺧牛⺨犭⺩王⺪疋⺫目⺬示⺭礻⺮竹⺯糹⺰纟⺱罓⺲罒⺳网⺴网⺵罓⺶羊⺷羊⺸羊"
    "⺹耂⺺肀⺻聿⺼肉⺽臼⺾艹⺿艹⻀艹⻁虎⻂衤⻃覀⻄西⻅见⻆角⻇角⻈讠⻉贝⻊足⻋车⻌辶⻍辶⻎辶⻏阝⻐钅⻑長⻒镸"
    "⻓长⻔门⻕阜⻖阝⻗雨⻘青⻙韦⻚页⻛风⻜飞⻝食⻞飠⻟飠⻠饣⻡首⻢马⻣骨⻤鬼⻥鱼⻦鸟⻧卤⻨麦⻩黄⻪黾⻫斉⻬齐"
    "⻭歯⻮齿⻯竜⻰龙⻱龜⻲亀⻳龟"
)
_TABLE: dict[int, str | None] = {
    **{code: unicodedata.normalize("NFKC", chr(code)) for code in range(0x2F00, 0x2FD6)},
    **{ord(a): b for a, b in zip(_SUPPLEMENT[::2], _SUPPLEMENT[1::2], strict=True)},
    **{code: unicodedata.normalize("NFKC", chr(code)) for code in range(0xFB00, 0xFB07)},
    **dict.fromkeys((0xF0B7, 0xF0A7, 0xF06C, 0xF06E, 0xF0D8, 0xF0FC), "•"),  # symbol fonts
    **dict.fromkeys((*range(0x20), 0x7F, *range(0x80, 0xA0), 0xFFFF), "\ufffd"),
    # pdfium writes these for a hyphen at the end of a line.
    0x02: "-",
    0xFFFE: "-",
    0xAD: "-",
    0x09: " ",
    0x0A: " ",
    0x0D: " ",
    0xA0: " ",
    0x200B: None,
    0xFEFF: None,
}


def as_written(text: str) -> str:
    """``text`` with ligatures expanded, radicals as ideographs, and no control characters."""
    return text.translate(_TABLE)
