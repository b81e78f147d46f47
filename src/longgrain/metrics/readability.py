"""A text > how hard it is to read: ARI and Flesch for English, sentences and characters for Chinese."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

from longgrain.facts import language_of
from longgrain.grains import tree
from longgrain.metrics.item import Figures, Item
from longgrain.metrics.words import HAN

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_HAN = re.compile(f"[{HAN}]")
_VOWELS = re.compile(r"[aeiouy]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Readability:
    """Measures of the surface alone, from the prediction; those of the other language are None.

    English: ``ari``, the Automated Readability Index (a school grade), and ``flesch``, Reading
    Ease (higher is easier; syllables by a rule over vowels). Chinese: ``characters_per_sentence``
    and ``common_characters``, the share of Han characters on level 1 of GB 2312 (3,755 of them) or,
    for characters that are not in GB 2312, on level 1 of Big5. Both: ``words_per_sentence``, a Han
    character being a word.
    """

    name: ClassVar[str] = "readability"
    origin: ClassVar[str] = "Smith and Senter 1967 (ARI); Flesch 1948; GB 2312-80 and Big5, level 1"
    needs: ClassVar[tuple[str, ...]] = ()
    gold: ClassVar[str] = ""
    shares: ClassVar[bool] = False

    def score(self, item: Item) -> Figures:
        """The figures of the prediction; all None where it has no word."""
        text = item.prediction
        words, han = _WORD.findall(_HAN.sub(" ", text)), _HAN.findall(text)
        figures: dict[str, float | None] = dict.fromkeys(
            ("ari", "flesch", "characters_per_sentence", "common_characters", "words_per_sentence")
        )
        if not words and not han:
            return figures
        sentences = max(1, len(tree(text).rows("sentence", "heading")))
        figures["words_per_sentence"] = (len(words) + len(han)) / sentences
        if language_of(text) == "zh":
            figures["characters_per_sentence"] = len(han) / sentences
            figures["common_characters"] = sum(map(_is_common, han)) / len(han)
        elif words:
            letters = sum(len(re.findall(r"[^\W_]", word)) for word in words)
            syllables = sum(map(_syllables, words))
            length = len(words) / sentences
            figures["ari"] = 4.71 * letters / len(words) + 0.5 * length - 21.43
            figures["flesch"] = 206.835 - 1.015 * length - 84.6 * syllables / len(words)
        return figures


@lru_cache(maxsize=1 << 14)
def _syllables(word: str) -> int:
    """Runs of vowels, without a final silent e (but -le after a consonant), -es and -ed."""
    word = word.lower()
    count = len(_VOWELS.findall(word))
    if (re.search(r"[^aeiouy]e$", word) and not re.search(r"[^aeiouy]le$", word)) or (
        re.search(r"[^aeioutdy]ed$|[^aeiouyscxz]es$", word) and not word.endswith("les")
    ):
        count -= 1
    return max(1, count)


@lru_cache(maxsize=1 << 14)
def _is_common(character: str) -> bool:
    try:
        return 0xB0 <= character.encode("gb2312")[0] <= 0xD7
    except UnicodeEncodeError:
        raw = character.encode("big5", "ignore")
        return b"\xa4\x40" <= raw <= b"\xc6\x7e"
