"""A question and sentences > the sentence with the largest word overlap: an answer by skimming.

The control of the extractive questions: a question that this baseline answers asks for no reading
of the whole context. English words count in lower case without stop words, Chinese by bigrams.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from longgrain.facts import holds
from longgrain.terms import Codes, held, terms

_STOP_WORDS = """
a about after all also am an and any are as at be because been before being but by can could did
do does for from had has have he her here him his how i if in into is it its just may me might
more most must my no not of on one only or other our out over shall she should so some such than
that the their them then there these they this those to under until up upon us was we were what
when where which while who whom whose why will with would you your s t
"""


def overlap_answer(question: str, sentences: Sequence[str]) -> int:
    """The index of the sentence that shares most words with the question, the first of equals.

    Raises ValueError for no sentences.
    """
    return int(np.argmax(held(asked(question), sentences)))


def asked(question: str) -> Codes:
    """The distinct terms of a question that are no stop words, ascending."""
    return np.setdiff1d(terms(question)[0], _stop_words())


@lru_cache(maxsize=1)
def _stop_words() -> Codes:
    return terms(_STOP_WORDS)[0]


def overlap_hits(question: str, answer: str, sentences: Sequence[str]) -> bool:
    """Whether the sentence with the largest overlap says the gold answer."""
    return holds(sentences[overlap_answer(question, sentences)], answer)
