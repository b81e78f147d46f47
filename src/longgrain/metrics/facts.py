"""An answer and its source > numbers, names, dates, negations and quotes that the source does not hold."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from longgrain.facts import Fact, facts, language_of, normalise
from longgrain.metrics.item import Figures, Item
from longgrain.metrics.words import comparable_words, valid
from longgrain.modality import negations

KINDS = ("number", "date", "name", "quote", "negation")


class Unsupported(NamedTuple):
    """A stretch ``start``..``end`` of the answer (code points) that the source does not bear out."""

    kind: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsupportedFacts:
    """By rule, offline: facts of the answer whose words or values the source does not have.

    It reads no meaning. A supported fact may still be used wrongly, and one that was computed or
    said in other words is taken for unsupported. A number or date is held by its value (twelve, 12
    and 十二 are one); a name and a quote by their words; a negation by whether a sentence of the
    source that shares most words with its sentence negates too.
    """

    name: ClassVar[str] = "facts"
    origin: ClassVar[str] = "longgrain"
    needs: ClassVar[tuple[str, ...]] = ("source",)
    gold: ClassVar[str] = ""
    shares: ClassVar[bool] = True

    names: bool = True
    """Proper names too; in Chinese they cost a microsecond a character."""

    def score(self, item: Item) -> Figures:
        """``supported``, of all facts, and of each kind; None where the answer has none."""
        missing = [one.kind for one in self.unsupported(item.prediction, item.source or "")]
        said = [kind for kind, _, _ in self._stretches(item.prediction)]
        return {"supported": _share(len(said), len(missing))} | {
            f"{kind}s_supported": _share(said.count(kind), missing.count(kind)) for kind in KINDS
        }

    def unsupported(self, answer: str, source: str) -> list[Unsupported]:
        """What the source does not hold, in the order of the answer."""
        known = _Source(source, names=self.names)
        return [
            Unsupported(kind, start, end, answer[start:end])
            for kind, (start, end), fact in self._stretches(answer)
            if not known.holds(kind, answer, start, end, fact)
        ]

    def _stretches(self, answer: str) -> Iterator[tuple[str, tuple[int, int], Fact | None]]:
        found: list[tuple[str, tuple[int, int], Fact | None]] = [
            (one.kind, (one.start, one.end), one)
            for one in facts(valid(answer), names=self.names)
            if one.kind in KINDS
        ]
        found += [("negation", span, None) for span in negations(answer)]
        yield from sorted(found, key=lambda one: one[1])


def _share(said: int, missing: int) -> float | None:
    return (said - missing) / said if said else None


_SENTENCE = re.compile(r"[^.!?。！？\n]+(?:[.](?=\S)[^.!?。！？\n]*)*")


class _Source:
    """A source, prepared to be asked about many facts."""

    def __init__(self, text: str, *, names: bool) -> None:
        self.words = f" {normalise(text)} "
        self.plain = _plain(text)
        self.values = {_key(one) for one in facts(valid(text), language_of(text))}
        self.sentences = [
            (frozenset(comparable_words(one)), bool(negations(one)))
            for one in _SENTENCE.findall(text)
        ]

    def holds(self, kind: str, answer: str, start: int, end: int, fact: Fact | None) -> bool:
        if fact is None:
            return self._negates(answer, start, end)
        words = f" {normalise(fact.text)} "
        if kind in ("number", "date"):
            return words in self.words or _key(fact) in self.values
        return (words.strip() != "" and words in self.words) or _plain(fact.text) in self.plain

    def _negates(self, answer: str, start: int, end: int) -> bool:
        """Whether one of the sentences nearest to that of the negation negates."""
        around = next(
            (one for one in _SENTENCE.finditer(answer) if one.start() <= start < one.end()), None
        )
        said = frozenset(comparable_words(around[0] if around else answer[start:end]))
        shared = [(len(said & words), negates) for words, negates in self.sentences]
        most = max((count for count, _ in shared), default=0)
        return most > 0 and any(negates for count, negates in shared if count == most)


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def _key(fact: Fact) -> tuple[str, object]:
    """Equal for facts of equal value; the unit is left to the words around."""
    return (fact.kind, fact.value) if fact.value is not None else (fact.kind, fact.text)
