"""A text > measures of its quality, and the first rule with a threshold that it breaks.

The rules are those of Gopher (Rae et al. 2021, arXiv 2112.11446, appendix A), without its upper
bound on length, which would lose every book, and with Chinese characters in the place of words
where a text is Chinese.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from longgrain.lines import BLANK, CJK, EMPTY, WORD, Lines
from longgrain.lines import CODE as KIND_CODE
from longgrain.terms import BASE, terms

Bounds = tuple[float, float]
ANY = float("inf")
# Least and most of each measure, both allowed.
SHARED: Mapping[str, Bounds] = {
    "symbols": (0, 0.1),
    "bullets": (0, 0.9),
    "ellipses": (0, 0.3),
    "repeated-lines": (0, 0.2),
    "repeated-runs": (0, 0.5),
}
RULES: Mapping[str, Mapping[str, Bounds]] = {
    "en": {
        "words": (50, ANY),
        "word-length": (3, 10),
        "letters": (0.8, 1),
        "stop-words": (2, ANY),
        **SHARED,
    },
    "zh": {"characters": (100, ANY), "letters": (0.6, 1), "stop-words": (2, ANY), **SHARED},
    "": SHARED,
}
NAMES = tuple(dict.fromkeys(name for rules in RULES.values() for name in rules))
MEANING: Mapping[str, str] = {
    "words": "words",
    "characters": "Chinese characters",
    "word-length": "characters of a word on average",
    "letters": "share of words with a letter; in Chinese, of characters that are Chinese or a letter",
    "stop-words": "different ones of eight words that hardly any prose lacks",
    "symbols": "words that begin with #, and ellipses, for each word or Chinese character",
    "bullets": "share of lines that begin with a bullet",
    "ellipses": "share of lines that end in an ellipsis",
    "repeated-lines": "share of characters in lines that were said before, code left aside",
    "repeated-runs": "share of runs of ten terms that were said before",
}
# Of the words that are looked for, so many are enough to see which there are.
FIRST = 1000
# Source code is no prose: only what holds for any text.
CODE = ("repeated-runs",)

_STOP = {
    "en": frozenset(("the", "be", "to", "of", "and", "that", "have", "with")),
    "zh": tuple("的是在了不之有也"),
}
_WORD_OF = re.compile("|".join(_STOP["en"]).join((r"\b(?:", r")\b")), re.IGNORECASE)
# A heading or a hashtag; links, anchors and pieces of words have theirs behind other signs.
_HASH = re.compile(r"(?<!\S)#")
_ELLIPSIS = ("…", "...", "⋯")
_BULLETS = ("-", "*", "+", "•", "●", "·", "○", "■", "▪")
RUN = 10
# Runs are counted within so many terms: a long document may come back to what it said.
STRETCH = 5000


def measures(lines: Lines, language: str, *, code: bool = False) -> dict[str, float]:
    """What the rules of a language look at, by name."""
    wanted = CODE if code else tuple(RULES.get(language, RULES[""]))
    found = _of_chinese(lines) if language == "zh" else _of_words(lines)
    symbols = len(_HASH.findall(lines.text)) + sum(map(lines.text.count, _ELLIPSIS))
    found["symbols"] = symbols / max(1, found["characters" if language == "zh" else "words"])
    held = [
        lines.text[first:last]
        for first, last, kind in zip(
            lines.firsts.tolist(), lines.lasts.tolist(), lines.kinds.tolist(), strict=True
        )
        if kind not in (EMPTY, KIND_CODE)
    ]
    count = max(1, len(held))
    found["bullets"] = sum(line.startswith(_BULLETS) for line in held) / count
    found["ellipses"] = sum(line.endswith(_ELLIPSIS) for line in held) / count
    found["repeated-lines"] = _repeated_lines(held)
    found["repeated-runs"] = _repeated_runs(lines.text)
    return {name: round(float(found[name]), 4) for name in wanted}


def broken(found: Mapping[str, float], language: str, own: Mapping[str, Bounds]) -> str:
    """The first rule that a text breaks, as ``name value``, or "". ``own`` bounds go before ours."""
    rules = RULES.get(language, RULES[""])
    for name, value in found.items():
        least, most = own.get(name, rules[name])
        if not least <= value <= most:
            return f"{name} {value:g}"
    return ""


def _letters(lines: Lines) -> NDArray[np.bool_]:
    """Which characters are letters, Chinese ones too."""
    digits = (lines.codes >= 0x30) & (lines.codes <= 0x39)
    found: NDArray[np.bool_] = ((lines.classes & (WORD | CJK)) != 0) & ~digits
    return found


def _of_chinese(lines: Lines) -> dict[str, float]:
    signs = int(np.count_nonzero((lines.classes & BLANK) == 0))
    return {
        "characters": int(np.count_nonzero(lines.classes & CJK)),
        "letters": int(np.count_nonzero(_letters(lines))) / max(1, signs),
        "stop-words": sum(word in lines.text for word in _STOP["zh"]),
    }


def _of_words(lines: Lines) -> dict[str, float]:
    lengths = lines.word_ends - lines.word_starts
    letters = np.concatenate([[0], np.cumsum(_letters(lines))])
    with_letters = letters[lines.word_ends] > letters[lines.word_starts]
    found = {match[0].lower() for match in islice(_WORD_OF.finditer(lines.text), FIRST)}
    return {
        "words": len(lengths),
        "word-length": lengths.sum() / max(1, len(lengths)),
        "letters": with_letters.sum() / max(1, len(lengths)),
        "stop-words": len(found),
    }


def _repeated_lines(lines: list[str]) -> float:
    again = sum(len(line) * (count - 1) for line, count in Counter(lines).items())
    return again / max(1, sum(map(len, lines)))


def _repeated_runs(text: str) -> float:
    """The share of runs that their stretch of the text holds before."""
    codes, _ = terms(text)
    runs = np.zeros(max(0, len(codes) - RUN + 1), np.uint64)
    for step in range(RUN if len(runs) else 0):
        runs *= np.uint64(BASE)
        runs += codes[step : step + len(runs)]
    stretches = [np.sort(runs[at : at + STRETCH]) for at in range(0, len(runs), STRETCH)]
    again = sum(np.count_nonzero(one[1:] == one[:-1]) for one in stretches)
    return again / max(1, len(runs))
