"""Neighbouring parts > the sentences of each that say most of what it says: an extract, part by part."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from longgrain.facts import Language
from longgrain.recipes.multistage import asking
from longgrain.recipes.multistage.collect import sentences_of
from longgrain.recipes.multistage.trace import Trace, gathered, listed, one_of
from longgrain.recipes.quotable import Sentence, stands_alone
from longgrain.recipes.sections import Section
from longgrain.terms import terms
from longgrain.types import Given

# With fewer sentences that can be read alone a part has nothing to choose from.
FEWEST = 4


def digest(
    parts: Sequence[Section],
    texts: Sequence[str],
    where: str,
    language: Language,
    each: int,
    told: bool = False,
) -> Trace | None:
    """A summary of all parts; None where one of them has too few sentences of prose.

    ``told`` asks for one in the teller's own words, which are still to come.
    """
    found = [key_sentences(text, language, each) for text in texts]
    if not all(found):
        return None
    wordings = [
        one.format(where=where) for one in (asking.TOLD if told else asking.DIGEST)[language]
    ]
    question = one_of(wordings, "digest", where)
    trace = Trace(
        task="digest",
        form="summary",
        template=f"multistage.{'told' if told else 'digest'}-{wordings.index(question)}",
        language=language,
        parts=tuple(parts),
        question=question,
        asker=Given(source="longgrain.multistage", id="digest"),
        found=tuple(tuple(some) for some in found),
        step=asking.PART_OF_DIGEST[language],
        last=asking.LAST_OF_DIGEST[language],
    )
    states = [gathered(trace, part) for part in range(1, len(parts) + 1)]
    return trace.told([listed(some) for some in found], states, states[-1])


def key_sentences(text: str, language: Language, each: int) -> list[Sentence]:
    """The ``each`` sentences with the most of what is frequent in the part and in few sentences of it.

    A term weighs as often as the part has it, times ln(N / n) for n of N sentences with it (Luhn
    1958, with the weights of TF-IDF); a sentence weighs the root mean of its terms, so that length
    alone does not win.
    """
    said = sentences_of(text, language)
    first = {one.text: place for place, one in reversed(list(enumerate(said)))}
    able = [place for place in sorted(first.values()) if stands_alone(said[place], language)]
    if len(able) < max(FEWEST, each):
        return []
    codes = [np.unique(terms(one.text)[0]) for one in said]
    known, held = np.unique(np.concatenate(codes), return_counts=True)
    found, often = np.unique(terms(text)[0], return_counts=True)
    weights = np.zeros(len(known))
    shared = np.isin(known, found)
    weights[shared] = often[np.searchsorted(found, known[shared])]
    weights *= np.log(len(said) / held)
    scores = [
        float(weights[np.searchsorted(known, codes[place])].sum())
        / max(1.0, len(codes[place])) ** 0.5
        for place in able
    ]
    best = sorted(range(len(able)), key=lambda one: (-round(scores[one], 9), able[one]))[:each]
    return [said[able[one]] for one in sorted(best)]
