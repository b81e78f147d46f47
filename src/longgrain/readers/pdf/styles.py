"""Paragraphs > the level of each that is set as a heading; for PDFs without outline or tags.

A heading is short, is no sentence, stands alone, and is set larger or bolder than the body or
numbered in another font. Larger stands above smaller, and within a size 第一章 above 第一节.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from longgrain.readers.pdf.paragraphs import Body, Paragraph, is_bullet, is_caption, is_entry

Style: TypeAlias = tuple[int, bool]
"""Size in half points, and whether it is bold."""

_LARGER = 1.08
_LINES, _LATIN, _WIDE = 3, 140, 50  # most lines, and letters in either script
_MOST = 0.2  # share of the text that one style may have and still be that of headings
_DEEPEST = 6
_LETTER = re.compile(r"[^\W\d_]")
_IDEOGRAPH = re.compile("[\u3400-\u9fff]")
_SENTENCE = tuple(".,;:。，；：、！!…-‐")
_DIGITS = re.compile(r"[\d\s.]+")
_NUMERAL = "一二三四五六七八九十百千零〇\\d"
# Ranks that a line of text seldom begins with: 第一章, 第一节, 4.2, 4.2.1. Lists begin with the others.
_ALONE = (1, 2, 3, 6, 7)
_RANKS: tuple[tuple[int, re.Pattern[str]], ...] = (
    (1, re.compile(rf"第[{_NUMERAL}]{{1,5}}[编編卷部篇]|part\s+[\divx]+\b", re.IGNORECASE)),
    (2, re.compile(rf"第[{_NUMERAL}]{{1,5}}[章回]|(?:chapter|appendix)\s+[\da-z]", re.IGNORECASE)),
    (3, re.compile(rf"第[{_NUMERAL}]{{1,5}}[节節]")),
    (4, re.compile(r"[一二三四五六七八九十]{1,3}[、.．]|[IVX]{1,5}\.\s")),
    (5, re.compile(r"[（(][一二三四五六七八九十]{1,3}[）)]|[A-Z]\.\s")),
    (7, re.compile(r"\d{1,2}(?:\.\d{1,2}){2,4}\.?\s?[^\W\d]")),
    (6, re.compile(r"\d{1,2}\.\d{1,2}\.?\s?[^\W\d]")),
    (4, re.compile(r"\d{1,2}(?:[.、．]\s?|\s+)\D")),
)


@dataclass(frozen=True, slots=True)
class _Candidate:
    number: int
    style: Style
    rank: int


def styled(found: Sequence[Paragraph], texts: Sequence[str], body: Body) -> list[int]:
    """For each paragraph its level, 0 where it is no heading.

    Levels that outline or tags gave are kept. Where there are some, only a title above them is
    added, and numbered headings in a style that comes again and again: outlines may stop early.
    """
    given = [one.level for one in found]
    candidates = _candidates(found, texts, body)
    if sum(map(bool, given)) < 2:
        new = _leveled(candidates, len(found))
        return [one or other for one, other in zip(given, new, strict=True)]
    levels = _deepened(found, given, candidates)
    title = _title(found, given, candidates)
    if title is None:
        return levels
    levels = [level + 1 if level else 0 for level in levels]
    levels[title] = 1
    return levels


def _title(
    found: Sequence[Paragraph], given: Sequence[int], candidates: Sequence[_Candidate]
) -> int | None:
    """The largest paragraph above the first heading, if it is larger than every heading."""
    first = next(number for number, level in enumerate(given) if level)
    known = max(found[number].lines[0].size for number, level in enumerate(given) if level)
    above = [one for one in candidates if one.number < first]
    title = max(above, key=lambda one: (one.style[0], -one.number), default=None)
    if title is None or found[title.number].lines[0].size <= 1.05 * known:
        return None
    return title.number if found[title.number].lines[0].page == 0 else None


def _deepened(
    found: Sequence[Paragraph], given: Sequence[int], candidates: Sequence[_Candidate]
) -> list[int]:
    """The levels given, and one below them for numbered headings that the outline leaves out."""
    sizes: dict[int, float] = {}
    for paragraph, level in zip(found, given, strict=True):
        if level:
            size = paragraph.lines[0].size
            sizes[level] = min(sizes.get(level, size), size)
    styles = Counter(one.style for one in candidates if one.rank and not given[one.number])
    first = next(number for number, level in enumerate(given) if level)
    levels = list(given)
    for one in candidates:
        size = found[one.number].lines[0].size
        if one.rank and one.number > first and not given[one.number] and styles[one.style] > 2:
            above = [level for level in sizes if sizes[level] > 1.02 * size]
            levels[one.number] = min(max(above, default=max(sizes)) + 1, _DEEPEST)
    return levels


def _candidates(found: Sequence[Paragraph], texts: Sequence[str], body: Body) -> list[_Candidate]:
    weights: Counter[Style] = Counter()
    names: Counter[str] = Counter()
    for one, text in zip(found, texts, strict=True):
        weights[_style(one)] += len(text)
        names[one.lines[0].piece.font.name] += len(text)
    whole = sum(weights.values())
    bold = sum(count for (_, heavy), count in weights.items() if heavy) > 0.5 * whole
    usual = max(names, key=lambda name: (names[name], name), default="")
    ranks = [_rank(text) for text in texts]
    picked, lengths = [], Counter[Style]()
    for number, (one, text) in enumerate(zip(found, texts, strict=True)):
        style, name, size = _style(one), one.lines[0].piece.font.name, one.lines[0].size
        heavy = style[1] and not bold
        other = ranks[number] > 0 and name not in ("", usual)
        alone = ranks[number] in _ALONE and _stands_alone(found, ranks, number, body)
        set_apart = (heavy or other or alone) and size > 0.95 * body.size
        if (size > _LARGER * body.size or set_apart) and _is_like_heading(one, text):
            picked.append(_Candidate(number=number, style=style, rank=ranks[number]))
            lengths[style] += len(text)
    return [one for one in picked if lengths[one.style] < _MOST * whole or _is_large(one, body)]


def _is_large(one: _Candidate, body: Body) -> bool:
    """Whether a style is much larger than the body: in a short text its share says nothing."""
    return one.style[0] / 2 > 1.3 * body.size


def _stands_alone(
    found: Sequence[Paragraph], ranks: Sequence[int], number: int, body: Body
) -> bool:
    """Whether a numbered line in the body's own style has room above and no like neighbour."""
    line = found[number].lines[0]
    near = [other for other in (number - 1, number + 1) if 0 <= other < len(found)]
    if len(found[number].lines) > 1 or any(ranks[other] == ranks[number] for other in near):
        return False
    above = found[number - 1].lines[-1] if number else None
    if above is None or (above.page, above.column) != (line.page, line.column):
        return True
    usual = body.leading.get(round(line.size * 10), 1.3 * line.size)
    return line.y - above.y > usual + 0.2 * line.size


def _style(one: Paragraph) -> Style:
    return round(one.lines[0].size * 2), all(line.piece.font.bold for line in one.lines)


def _is_like_heading(one: Paragraph, text: str) -> bool:
    if one.kind != "prose" or len(one.lines) > _LINES or any(line.cell for line in one.lines):
        return False
    if len(text) > (_WIDE if _IDEOGRAPH.search(text) else _LATIN) or not _LETTER.search(text):
        return False
    if text.count("(") != text.count(")"):
        return False
    words = _DIGITS.sub("", text)
    if len(_LETTER.findall(words)) < 0.5 * len(words) or is_caption(text) or is_bullet(text):
        return False
    return not (text.endswith(_SENTENCE) or is_entry(text))


def _rank(text: str) -> int:
    return next((rank for rank, pattern in _RANKS if pattern.match(text)), 0)


def _leveled(candidates: Sequence[_Candidate], count: int) -> list[int]:
    """Levels by size, then by number, then by weight."""
    ranks: dict[Style, set[int]] = defaultdict(set)
    for one in candidates:
        if one.rank:
            ranks[one.style].add(one.rank)
    keys = {
        one.number: (-one.style[0], one.rank or min(ranks[one.style], default=0), not one.style[1])
        for one in candidates
    }
    order = {key: level for level, key in enumerate(sorted(set(keys.values())), start=1)}
    levels = [0] * count
    for number, key in keys.items():
        levels[number] = min(order[key], _DEEPEST)
    return levels
