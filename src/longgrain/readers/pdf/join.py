"""The lines of a paragraph > its text: words put together again, Chinese without blanks.

A hyphen at the end of a line is a real one or was put there to break the word. The document itself
tells: which of the two spellings it uses elsewhere, inside a line.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from longgrain.readers.pdf.order import Line

_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
_LEADERS = re.compile(r"\s*(?:[.·…‥]\s?){4,}\s*(?=(?:\d{1,4}|[ivxlc]{1,7})$)")
_HYPHENS = "-\u2010"
_PREFIXES = frozenset(
    [
        "self",
        "well",
        "half",
        "high",
        "low",
        "full",
        "long",
        "cross",
        "two",
        "three",
        "four",
        "first",
    ]
)
_WIDE = "\u2e80-\u2fff\u3001-\u9fff\uf900-\ufaff\uff01-\uff60\U00020000-\U000323af“”‘’…—"
_WIDE_END, _WIDE_START = re.compile(f"[{_WIDE}]$"), re.compile(f"[{_WIDE}]")
_IDEOGRAPH_END = re.compile("[\u3400-\u9fff\uf900-\ufaff]$")
_IDEOGRAPH_START = re.compile("[\u3400-\u9fff\uf900-\ufaff]")
_NARROW_END, _NARROW_START = re.compile(r"[A-Za-z0-9%]$"), re.compile(r"[A-Za-z0-9]")
_SPACED = re.compile("[\u3400-\u9fff] [A-Za-z0-9]|[A-Za-z0-9%] [\u3400-\u9fff]")
_TIGHT = re.compile("[\u3400-\u9fff][A-Za-z0-9]|[A-Za-z0-9%][\u3400-\u9fff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spelling:
    """How a document spells."""

    words: Counter[str]
    """Lower-case words that stand inside a line, with their hyphens."""
    spaced: bool
    """Whether a blank stands between Chinese and Latin letters."""


def spelling(texts: Iterable[str]) -> Spelling:
    """The spelling of a document, from the texts of its lines."""
    words: Counter[str] = Counter()
    spaced = tight = 0
    for text in texts:
        # The last word of a line may be cut, and so may the first one.
        words.update(word.lower() for word in _WORD.findall(text)[1:-1])
        spaced += len(_SPACED.findall(text))
        tight += len(_TIGHT.findall(text))
    return Spelling(words=words, spaced=spaced > tight)


def joined(texts: Sequence[str], spelling: Spelling) -> str:
    """The texts of the lines of one paragraph as one."""
    if not texts:
        return ""
    parts = [texts[0]]
    for before, after in pairwise(texts):
        cut, link = _link(before, after, spelling)
        if cut:
            parts[-1] = parts[-1][:-cut]
        parts += [link, after]
    return "".join(parts)


def without_leaders(text: str) -> str:
    """Dots between a title and its page number as one tab."""
    return _LEADERS.sub("\t", text)


def as_code(lines: Sequence[Line]) -> str:
    """Lines of a font of fixed pitch, with their indents."""
    left = min(line.left for line in lines)
    widths = [(line.right - line.left) / len(line.text) for line in lines if len(line.text) > 2]
    pitch = sorted(widths)[len(widths) // 2] if widths else lines[0].size * 0.6
    indents = (min(40, round((line.left - left) / max(pitch, 0.1))) for line in lines)
    return "\n".join(" " * indent + line.text for indent, line in zip(indents, lines, strict=True))


def _link(before: str, after: str, spelling: Spelling) -> tuple[int, str]:
    """How many characters go from the end of a line, and what stands between it and the next."""
    if before[-1:] in _HYPHENS and before[-2:-1].isalpha():
        return (1 if _is_break(before, after, spelling) else 0), ""
    if _NARROW_END.search(before) and _IDEOGRAPH_START.match(after):
        return 0, " " if spelling.spaced else ""
    if _IDEOGRAPH_END.search(before) and _NARROW_START.match(after):
        return 0, " " if spelling.spaced else ""
    if _is_wide_border(before, after):
        return 0, ""
    return 0, " "


def _is_wide_border(before: str, after: str) -> bool:
    """Whether Chinese stands on one side, with nothing on the other that wants a blank.

    “ ” … — belong to both scripts, so one of them next to Latin letters is Latin.
    """
    ends, starts = _WIDE_END.search(before), _WIDE_START.match(after)
    if ends and starts:
        return True
    only_wide = re.compile("[\u2e80-\U000323af]")
    return bool((ends and only_wide.match(before[-1])) or (starts and only_wide.match(after[0])))


def _is_break(before: str, after: str, spelling: Spelling) -> bool:
    """Whether the hyphen at the end of a line is there to break a word."""
    if not after[:1].islower():
        return False
    start, end = _WORD.findall(before)[-1].lower(), _WORD.findall(after)[0].lower()
    whole, hyphened = spelling.words[start + end], spelling.words[f"{start}-{end}"]
    if whole or hyphened:
        return whole >= hyphened
    first = re.split("[-'’]", start)[-1]
    if first in _PREFIXES and len(end) > 3:
        return False
    # "load-" and "carrying" are words of their own, "informa-" is none.
    return not (spelling.words[first] and spelling.words[end])
