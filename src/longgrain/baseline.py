"""A question and sentences > the sentence with the largest word overlap: an answer by skimming.

The control of the extractive questions: a question that this baseline answers asks for no reading
of the whole context. English words count in lower case without stop words, Chinese by bigrams.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from longgrain.facts import holds

_WORDS = re.compile(r"[^\W_㐀-鿿豈-﫿]+|[㐀-鿿豈-﫿]+")
_STOP_WORDS = """
a about after all also am an and any are as at be because been before being but by can could did
do does for from had has have he her here him his how i if in into is it its just may me might
more most must my no not of on one only or other our out over shall she should so some such than
that the their them then there these they this those to under until up upon us was we were what
when where which while who whom whose why will with would you your s t
"""
_STOP = frozenset(_STOP_WORDS.split())


@lru_cache(maxsize=1 << 17)  # sentences come back in many contexts
def overlap_words(text: str) -> frozenset[str]:
    """The words that count: English ones in lower case, Chinese bigrams."""
    found: set[str] = set()
    for run in _WORDS.findall(text.lower()):
        if run[0] >= "㐀":
            found.update(map(str.__add__, run, run[1:]))
        elif run not in _STOP:
            found.add(run)
    return frozenset(found)


def overlap_answer(question: str, sentences: Sequence[str]) -> int:
    """The index of the sentence that shares most words with the question, the first of equals.

    Raises ValueError for no sentences. Takes about 1 us a sentence once its words are known.
    """
    asked = overlap_words(question)
    shared = [len(asked & overlap_words(sentence)) for sentence in sentences]
    return shared.index(max(shared))


def overlap_hits(question: str, answer: str, sentences: Sequence[str]) -> bool:
    """Whether the sentence with the largest overlap says the gold answer."""
    return holds(sentences[overlap_answer(question, sentences)], answer)
