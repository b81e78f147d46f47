"""Texts, and files or keywords of a domain > how near each text is to the domain, by its words.

Files of the domain are held against the texts as in DSIR (Xie et al. 2023, arXiv 2302.03169): by
hashed words and pairs of words, how much likelier the text is in the domain than anywhere. Keywords
are looked for with BM25's weights. Either is one pass over the texts, or two, in any order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from longgrain.recipes.pretrain.classifier import fitted
from longgrain.terms import BASE, mixed, terms

Floats = NDArray[np.float64]
# DSIR has 10,000 buckets; with so many, fewer words meet in one.
BUCKETS = 1 << 16
# Characters of a text that are looked at: a beginning, a middle and an end of a third each.
SEEN = 30_000
# What the domain's files say is mixed with so many terms of all texts, so that a word they happen
# to lack rules nothing out.
SMOOTHING = 2_000
# BM25: how soon a word said again stops counting, and how much length matters.
K1, B = 1.2, 0.75
# Of the texts, the nearest and the furthest fifth are what a classifier learns from.
SURE = 0.2
# Texts below which a fifth is too few to learn from.
FEWEST = 10


class Features(NamedTuple):
    """Buckets of hashed words and pairs of words, each once, and how often each comes."""

    buckets: NDArray[np.int64]
    counts: Floats


def features(text: str) -> Features:
    """Of a text, or of the stretches of a long one."""
    codes, _ = terms(sampled(text))
    both = np.concatenate([codes, mixed(codes[:-1] * np.uint64(BASE) + codes[1:])])
    buckets, counts = np.unique(both % np.uint64(BUCKETS), return_counts=True)
    return Features(buckets.astype(np.int64), counts.astype(np.float64))


def sampled(text: str, size: int = SEEN) -> str:
    """A text, or the beginning, middle and end of a long one."""
    third = size // 3
    if len(text) <= size:
        return text
    middle = (len(text) - third) // 2
    return "\n".join((text[:third], text[middle : middle + third], text[-third:]))


def counted(texts: Iterable[str]) -> Floats:
    """(BUCKETS,): how often each bucket comes in the texts."""
    found = np.zeros(BUCKETS)
    for text in texts:
        one = features(text)
        found[one.buckets] += one.counts
    return found


def nearness(texts: Callable[[], Iterator[str]], seeds: Sequence[str]) -> Floats:
    """(texts,): the mean over a text's words of log p(word in the domain) / p(word anywhere)."""
    everywhere = counted(texts())
    likely = (everywhere + 1) / (everywhere.sum() + BUCKETS)
    domain = counted(seeds)
    mixture = (domain + SMOOTHING * likely) / (domain.sum() + SMOOTHING)
    weights = np.log(mixture / likely)
    return np.array([_mean(weights, features(text)) for text in texts()], np.float64)


def _mean(weights: Floats, one: Features) -> float:
    return float(weights[one.buckets] @ one.counts / max(1.0, one.counts.sum()))


def keyed(texts: Callable[[], Iterator[str]], keywords: Sequence[str]) -> Floats:
    """(texts,): BM25 of the keywords' terms, over the most that any text could have."""
    wanted = np.unique(np.concatenate([terms(word)[0] for word in keywords]))
    rows, lengths = [], []
    for text in texts():
        codes, _ = terms(sampled(text))
        place = np.minimum(np.searchsorted(wanted, codes), len(wanted) - 1)
        rows.append(np.bincount(place[wanted[place] == codes], minlength=len(wanted)))
        lengths.append(len(codes))
    found = np.array(rows, np.float64).reshape(-1, len(wanted))
    size = np.array(lengths, np.float64)
    norm = K1 * (1 - B + B * size / max(1.0, float(size.mean() if len(size) else 1)))
    holders = (found > 0).sum(0)
    weight = np.log(1 + (len(found) - holders + 0.5) / (holders + 0.5))
    scores: Floats = (found / (found + norm[:, None]) * weight).sum(1) / weight.sum()
    return scores


def classified(texts: Callable[[], Iterator[str]], near: Floats) -> Floats | None:
    """(texts,): the probability of a classifier that learned from the nearest and the furthest texts.

    None where there are too few texts to learn from.
    """
    if len(near) < FEWEST:
        return None
    order = np.argsort(-near, kind="stable")
    size = max(2, int(SURE * len(near)))
    labels = {int(one): 1.0 for one in order[:size]} | {int(one): 0.0 for one in order[-size:]}
    chosen = [(features(text), labels[n]) for n, text in enumerate(texts()) if n in labels]
    model = fitted(
        [(one.buckets, one.counts) for one, _ in chosen], [y for _, y in chosen], BUCKETS
    )
    return np.array([model.probability(*features(text)) for text in texts()], np.float64)
