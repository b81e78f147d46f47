"""An input, its output and the evidence > why the pair is kept out: refusals, listed words, repeats, copies of seeds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from longgrain.facts import normalise
from longgrain.terms import mixed, terms

# Words that insult, curse or threaten. This is a list and no classifier: it finds these words and
# nothing else.
ABUSIVE = {
    "en": (
        *("fuck", "fucking", "fucker", "motherfucker", "shit", "bullshit", "asshole", "cunt"),
        *("bitch", "whore", "slut", "scumbag", "dickhead", "retard", "moron", "imbecile"),
        *("kill yourself", "go to hell", "piece of shit", "drop dead", "shut up"),
    ),
    "zh": (
        *("操你", "肏", "傻逼", "傻屄", "煞笔", "他妈的", "妈逼", "王八蛋", "婊子", "贱人", "贱货"),
        *("狗娘养", "狗杂种", "混蛋", "滚蛋", "脑残", "弱智", "去死", "畜生", "人渣", "杀了你"),
        *("他媽的", "賤人", "腦殘", "殺了你", "滾蛋"),
    ),
}
# Two inputs are the same when they share this part of their distinct terms.
ALIKE = 0.8
PLACES, TOGETHER = 8, 32
# Runs of so many words, or Han characters, are compared with the seeds.
RUN = {"en": 5, "zh": 8}
_PIECE = re.compile(r"[\u3400-\u9fff]|[^\W\u3400-\u9fff]+")


def abusive(text: str, more: Sequence[str] = ()) -> list[str]:
    """The listed words of either language that a text has, and those of ``more``."""
    low = text.lower()
    latin = [one for one in (*ABUSIVE["en"], *more) if one.isascii()]
    han = [one for one in (*ABUSIVE["zh"], *more) if not one.isascii()]
    found = [one for one in latin if re.search(rf"\b{re.escape(one.lower())}\b", low)]
    return found + [one for one in han if one in text]


def copied(text: str, others: Sequence[str], language: str) -> float:
    """The share of a text's runs of words that one of the others has too; 0 for a text without any."""
    own = _runs(text, language)
    theirs = {run for one in others for run in _runs(one, language)}
    return len(own & theirs) / len(own) if own else 0.0


def _runs(text: str, language: str) -> set[tuple[str, ...]]:
    words, size = _PIECE.findall(text.lower()), RUN["zh" if language == "zh" else "en"]
    return {tuple(words[at : at + size]) for at in range(len(words) - size + 1)}


@dataclass(slots=True, kw_only=True)
class Seen:
    """Inputs that were there before: the seeds' and those of the pairs that were made."""

    exact: set[str] = field(default_factory=set)
    sets: list[frozenset[int]] = field(default_factory=list)
    met: dict[tuple[int, int], list[int]] = field(default_factory=dict)

    @classmethod
    def of(cls, texts: Sequence[str]) -> Seen:
        """With these."""
        found = cls()
        for text in texts:
            found.add(text)
        return found

    def has(self, text: str) -> bool:
        """Whether the same, or nearly the same, was there before."""
        if normalise(text) in self.exact:
            return True
        codes = _codes(text)
        near = {n for key in _minima(codes) for n in self.met.get(key, [])[-TOGETHER:]}
        return any(_jaccard(codes, self.sets[one]) >= ALIKE for one in near)

    def add(self, text: str) -> None:
        """Remembers a text."""
        codes = _codes(text)
        for key in _minima(codes):
            self.met.setdefault(key, []).append(len(self.sets))
        self.sets.append(codes)
        self.exact.add(normalise(text))


def _codes(text: str) -> frozenset[int]:
    return frozenset(np.unique(terms(text)[0]).tolist())


def _minima(codes: frozenset[int]) -> Iterator[tuple[int, int]]:
    some = np.array(sorted(codes), np.uint64)
    for place in range(PLACES if len(some) else 0):
        yield place, int(mixed(some + np.uint64(place * 0x9E3779B97F4A7C15 % 2**64)).min())


def _jaccard(one: frozenset[int], other: frozenset[int]) -> float:
    return len(one & other) / max(1, len(one | other))
