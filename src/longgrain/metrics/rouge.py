"""A summary and its references > ROUGE-1, -2, -L and -Lsum with the values of Google's rouge-score."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from string import ascii_lowercase, digits
from typing import ClassVar, NamedTuple

from longgrain.metrics.item import Figures, Item
from longgrain.metrics.lcs import lcs_indices, lcs_length
from longgrain.metrics.porter import stem
from longgrain.metrics.words import HAN, has_han

_WITH_HAN = re.compile(f"[a-z0-9]+|[{HAN}]")
_OTHER_TO_BLANK = bytes(one if chr(one) in ascii_lowercase + digits else 32 for one in range(256))
KINDS = ("rouge1", "rouge2", "rougeL", "rougeLsum")


class Triple(NamedTuple):
    """Precision, recall and their harmonic mean, each 0..1."""

    precision: float
    recall: float
    f: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rouge:
    """ROUGE as rouge-score 0.1.2 computes it; of several references the one with the best F counts.

    Tokens are lower-case runs of a-z and 0-9, and every Han character, which rouge-score does not
    have at all: two equal Chinese texts get 0.0 from it and 1.0 here. For ROUGE-Lsum each line is a
    sentence.
    """

    name: ClassVar[str] = "rouge"
    origin: ClassVar[str] = "rouge-score 0.1.2 (Google); Lin 2004"
    needs: ClassVar[tuple[str, ...]] = ("references",)
    gold: ClassVar[str] = "rouge1"
    shares: ClassVar[bool] = True

    stemmer: bool = False
    """Porter's stems of words of more than three letters, as many published tables have them."""
    han: bool = True
    """Chinese characters are tokens; False leaves them out, as rouge-score does."""
    parts: bool = False
    """Precision and recall beside each F."""

    def score(self, item: Item) -> Figures:
        """The F of each kind, and with ``parts`` also its precision and recall."""
        each = [self.triples(one, item.prediction) for one in item.references]
        figures: dict[str, float | None] = {}
        for kind in KINDS:
            best = max((one[kind] for one in each), key=lambda triple: triple.f)
            figures[kind] = best.f
            if self.parts:
                figures |= {f"{kind}_precision": best.precision, f"{kind}_recall": best.recall}
        return figures

    def triples(
        self, reference: str, prediction: str, kinds: Sequence[str] = KINDS
    ) -> dict[str, Triple]:
        """Precision, recall and F of each kind against one reference."""
        tokens = [self._tokens(reference), self._tokens(prediction)]
        found = {}
        for kind in kinds:
            if kind == "rougeLsum":
                found[kind] = _summary_lcs(self._sentences(reference), self._sentences(prediction))
            else:
                found[kind] = _OF_TOKENS[kind](*tokens)
        return found

    def _tokens(self, text: str) -> list[str]:
        text = text.lower()
        if self.han and has_han(text):
            found = _WITH_HAN.findall(text)
        else:  # what is not ASCII becomes "?" and then a blank: four times as fast as a pattern
            found = text.encode("ascii", "replace").translate(_OTHER_TO_BLANK).decode().split()
        return [stem(one) if len(one) > 3 else one for one in found] if self.stemmer else found

    def _sentences(self, text: str) -> list[list[str]]:
        return [self._tokens(line) for line in text.split("\n") if line]


def _triple(hits: int, predicted: int, expected: int) -> Triple:
    precision, recall = hits / max(predicted, 1), hits / max(expected, 1)
    total = precision + recall
    return Triple(precision, recall, 2 * precision * recall / total if total else 0.0)


def _ngrams(size: int, reference: Sequence[str], prediction: Sequence[str]) -> Triple:
    free = dict[object, int]()
    for gram in reference if size == 1 else pairwise(reference):
        free[gram] = free.get(gram, 0) + 1
    hits = 0
    for gram in prediction if size == 1 else pairwise(prediction):
        if left := free.get(gram):
            free[gram] = left - 1
            hits += 1
    return _triple(hits, max(len(prediction) - size + 1, 0), max(len(reference) - size + 1, 0))


def _lcs(reference: Sequence[str], prediction: Sequence[str]) -> Triple:
    if not reference or not prediction:
        return Triple(0.0, 0.0, 0.0)
    return _triple(lcs_length(reference, prediction), len(prediction), len(reference))


def _summary_lcs(reference: list[list[str]], prediction: list[list[str]]) -> Triple:
    """Of each sentence of the reference the union of its subsequences; no token counts twice."""
    expected = Counter(token for sentence in reference for token in sentence)
    predicted = Counter(token for sentence in prediction for token in sentence)
    free = expected & predicted  # what both counts of rouge-score allow together
    hits = 0
    for sentence in reference:
        united = {at for one in prediction for at in lcs_indices(sentence, one)[0]}
        for at in sorted(united):
            if free[sentence[at]] > 0:
                hits += 1
                free[sentence[at]] -= 1
    return _triple(hits, predicted.total(), expected.total())


_OF_TOKENS: dict[str, Callable[[list[str], list[str]], Triple]] = {
    "rouge1": partial(_ngrams, 1),
    "rouge2": partial(_ngrams, 2),
    "rougeL": _lcs,
}
