"""A text > the language it is written in, by its script and its function words."""

from __future__ import annotations

import numpy as np

_SCRIPTS: dict[str, tuple[tuple[int, int], ...]] = {
    "Hani": ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x323AF)),
    "Latn": ((0x41, 0x5A), (0x61, 0x7A), (0xC0, 0x24F)),
    "Kana": ((0x3041, 0x3096), (0x30A1, 0x30FA)),
    "Hang": ((0xAC00, 0xD7A3),),
    "Cyrl": ((0x400, 0x52F),),
    "Arab": ((0x600, 0x6FF),),
    "Grek": ((0x370, 0x3FF),),
    "Hebr": ((0x590, 0x5FF),),
    "Deva": ((0x900, 0x97F),),
    "Thai": ((0xE00, 0xE7F),),
}
_RANGES = sorted((low, high, script) for script in _SCRIPTS for low, high in _SCRIPTS[script])
_EDGES = np.array([edge for low, high, _ in _RANGES for edge in (low, high + 1)], dtype=np.uint32)
# One such character carries about as much as four letters; code and formulas are Latin letters.
_LETTERS_EACH = {"Hani": 4, "Kana": 4, "Hang": 4}
_ENGLISH = frozenset(
    ("the", "of", "and", "to", "is", "that", "for", "with", "by", "this", "are", "from", "which")
)
_PIECES, _PIECE = 16, 1024  # code points of a text that are looked at, evenly spread


def language(text: str) -> str:
    """``en``, ``zh``, ``ja``, ``ko``, or a script as in ``und-Cyrl``; ``und`` without letters.

    By the share of each script among the letters of up to 16 Ki evenly spread code points. Text in
    Latin letters is English when 3% of its words are function words such as "the", and also when
    it has fewer than 20 words; else ``und-Latn``.
    """
    sample = _sample(text)
    counts = _letters(sample)
    if not any(counts.values()):
        return "und"
    if counts["Kana"] > 0.2 * counts["Hani"]:  # Japanese has more kana than that, Chinese none
        counts["Kana"] += counts.pop("Hani")
    script = max(counts, key=lambda script: counts[script] * _LETTERS_EACH.get(script, 1))
    if script == "Latn":
        return "en" if _is_english(sample) else "und-Latn"
    return {"Hani": "zh", "Kana": "ja", "Hang": "ko"}.get(script, f"und-{script}")


def _sample(text: str) -> str:
    if len(text) <= _PIECES * _PIECE:
        return text
    step = (len(text) - _PIECE) // (_PIECES - 1)
    return "".join(text[at * step : at * step + _PIECE] for at in range(_PIECES))


def _letters(text: str) -> dict[str, int]:
    """The number of letters of each script."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    # What lies in the n-th range is past 2n + 1 edges.
    found = np.bincount(np.searchsorted(_EDGES, codes, side="right"), minlength=len(_EDGES) + 1)
    counts = dict.fromkeys(_SCRIPTS, 0)
    for (_, _, script), letters in zip(_RANGES, found[1::2].tolist(), strict=True):
        counts[script] += letters
    return counts


def _is_english(sample: str) -> bool:
    words = sample.lower().split()
    return len(words) < 20 or sum(map(_ENGLISH.__contains__, words)) >= 0.03 * len(words)
