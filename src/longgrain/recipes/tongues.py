"""A text and a language > whether it is written in it, as far as its script tells."""

from __future__ import annotations

import re

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]+")
# Chinese about programs is full of Latin words; a fifth of Han already makes a text Chinese.
CHINESE_FROM = 0.2
# Names and codes are in no language: fewer words tell nothing.
TELLING = 4


def spoken_in(text: str, language: str) -> bool:
    """False where the script says that a text is not in ``en`` or ``zh``; others are not judged."""
    han, latin = len(_HAN.findall(text)), len(_LATIN.findall(text))
    if han + latin < TELLING:
        return True
    is_chinese = han >= CHINESE_FROM * (han + latin)
    return {"en": not is_chinese, "zh": is_chinese}.get(language, True)
