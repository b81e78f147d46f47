"""Two texts of words between blanks > ROUGE-1, -2 and -L as the package ``rouge`` 1.0.1 counts them.

That package (pltrdy/rouge), which LongBench uses, differs from Google's: words are cut at blanks
alone and keep case and punctuation; every n-gram counts once, however often it comes; sentences end
at each full stop; and its ROUGE-L unites subsequences over all pairs of sentences.
"""

from __future__ import annotations

from collections.abc import Set
from itertools import pairwise

from longgrain.metrics.lcs import lcs_indices

Words = list[str]


class NoWordsError(ValueError):
    """One of the texts has nothing but full stops, which the package refuses to score."""


class TooDeepError(ValueError):
    """The package's own recursion would end in an error at Python's usual limit."""


def sentences(text: str) -> list[Words]:
    """The words of each sentence; blank ones are kept as one empty word, as the package does."""
    return [" ".join(one.split()).split(" ") for one in text.split(".") if one]


def rouge_n(
    size: int, prediction: list[Words], reference: list[Words]
) -> tuple[float, float, float]:
    """Precision, recall and F of distinct words (1) or pairs of neighbours (2)."""
    _hold_words(prediction, reference)
    said, expected = _grams(size, prediction), _grams(size, reference)
    return _figures(len(said & expected), len(said), len(expected))


def rouge_l(
    prediction: list[Words], reference: list[Words], *, deepest: int | None = None
) -> tuple[float, float, float]:
    """Precision, recall and F of the words in united longest common subsequences.

    Raises TooDeepError for a pair of sentences with more than ``deepest`` steps of recursion.
    """
    _hold_words(prediction, reference)
    united = set[str]()
    for sentence in reference:
        for other in prediction:
            places, steps = lcs_indices(sentence, other, back_in_first=False)
            if deepest is not None and steps >= deepest:
                raise TooDeepError(f"{steps + 1} steps of recursion")
            united.update(sentence[at] for at in places)
    return _figures(len(united), len(_grams(1, prediction)), len(_grams(1, reference)))


def _hold_words(*texts: list[Words]) -> None:
    if not all(texts):
        raise NoWordsError("one of the texts has no sentence")


def _grams(size: int, said: list[Words]) -> Set[object]:
    words = [word for sentence in said for word in sentence]
    return set(words) if size == 1 else set(pairwise(words))


def _figures(hits: int, said: int, expected: int) -> tuple[float, float, float]:
    precision, recall = hits / said if said else 0.0, hits / expected if expected else 0.0
    return precision, recall, 2.0 * ((precision * recall) / (precision + recall + 1e-8))
