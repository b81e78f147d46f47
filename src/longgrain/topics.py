"""How often passages hold words > topics: clusters with their key terms, and a map of the passages.

Words weigh by tf-idf, passages lie in the space of the largest singular vectors (latent semantic
analysis, Deerwester et al. 1990; by random projection, Halko et al. 2011) and are clustered by
k-means on the sphere (Dhillon and Modha 2001). Nothing is drawn that the seed does not decide.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from longgrain.keywords import Counted, folded
from longgrain.lines import merged

Floats = NDArray[np.float32]

SEED = 17
VOCABULARY, DIMENSIONS, BLOCK = 8192, 48, 512
# A word is counted when it stands in so many passages, and in at most this share of them.
FEWEST, MOST = 3, 0.25
# Passages that a fit looks at; the others are put to the nearest cluster.
FITTED = 20_000
SHARPER = 2  # rounds that bring random vectors nearer to the singular ones
STARTS, ROUNDS = 3, 30
# Numbers of clusters that are tried, and the passages that one holds at the least, on average.
TRIED, ROOM = (2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 18, 20, 24), 12
TERMS = 8
# On the map: how sharply a passage is drawn to its nearest topics, and the room around each.
PULL, SPREAD = 0.15, 0.22
# A key term stands in this share of its cluster's passages, or in a fifth of what the best one has.
HELD = 0.05


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Topics:
    """Clusters, largest first. ``of_passage`` is -1 for a passage without any word that counts."""

    terms: list[tuple[str, ...]]
    of_passage: NDArray[np.int32]
    places: NDArray[np.float32]
    """(passages, 2): a map"""


def topics(counts: Counted, sizes: NDArray[np.int64]) -> Topics:
    """The topics of numbered passages of these ``sizes`` in tokens; none where they share no word."""
    passages = len(sizes)
    folds = _folds(counts.words)
    words = _vocabulary(counts, folds, passages)
    matrix = _Matrix.of(counts, words, passages)
    held = np.flatnonzero(np.diff(matrix.borders))
    of_passage = np.full(passages, -1, np.int32)
    places = np.zeros((passages, 2), np.float32)
    if len(held) < 2 * FEWEST:
        return Topics(terms=[], of_passage=of_passage, places=places)
    space = _embedded(matrix, held)
    labels, centres = _clustered(space[:: -(-len(space) // FITTED)])
    labels = np.argmax(space @ centres.T, axis=1)
    order = np.argsort(-np.bincount(labels, sizes[held], len(centres)), kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    of_passage[held] = rank[labels]
    places[held] = _map(space, rank[labels])
    return Topics(
        terms=_key_terms(counts, folds, of_passage, len(centres)),
        of_passage=of_passage,
        places=places,
    )


# --- words ----------------------------------------------------------------------------------------


def _vocabulary(counts: Counted, folds: NDArray[np.int64], passages: int) -> NDArray[np.int64]:
    """For each spelling the number of its word, -1 for words that are too rare or too common."""
    word = folds[counts.word]
    pairs = merged(word * passages + counts.passage)
    frequency = np.bincount(pairs // max(passages, 1), minlength=int(folds.max(initial=-1)) + 1)
    weight = np.where(
        (frequency >= FEWEST) & (frequency <= max(MOST * passages, FEWEST)),
        np.bincount(word, counts.count, len(frequency))
        * np.log(max(passages, 1) / np.maximum(frequency, 1)),
        0.0,
    )
    best = np.argsort(-weight, kind="stable")[:VOCABULARY]
    number = np.full(len(frequency), -1, np.int64)
    number[best] = np.where(weight[best] > 0, np.arange(len(best)), -1)
    return number[folds]


def _folds(words: Sequence[str]) -> NDArray[np.int64]:
    """For each spelling the number of the word that it is a spelling of."""
    known = {word.lower() for word in words}
    numbers: dict[str, int] = {}
    return np.array(
        [numbers.setdefault(folded(word, known), len(numbers)) for word in words], np.int64
    )


# --- space ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Matrix:
    """Passages by words, tf-idf, rows of length 1; made dense block by block, as BLAS likes it."""

    borders: NDArray[np.int64]
    words: NDArray[np.int64]
    weights: Floats
    width: int

    @classmethod
    def of(cls, counts: Counted, numbers: NDArray[np.int64], passages: int) -> _Matrix:
        word = numbers[counts.word]
        kept = np.flatnonzero(word >= 0)
        width = int(numbers.max(initial=-1)) + 1
        pair = counts.passage[kept].astype(np.int64) * max(width, 1) + word[kept]
        cells = merged(pair)
        tf = np.bincount(np.searchsorted(cells, pair), counts.count[kept], len(cells))
        owner, word = cells // max(width, 1), cells % max(width, 1)
        idf = np.log(passages / np.maximum(np.bincount(word, minlength=width), 1))
        weights = (1 + np.log(tf)) * idf[word]
        norms = np.sqrt(np.bincount(owner, weights**2, passages))
        return cls(
            borders=np.searchsorted(owner, np.arange(passages + 1)),
            words=word,
            weights=(weights / norms[owner]).astype(np.float32),
            width=width,
        )

    def blocks(self, rows: NDArray[np.int64]) -> Iterator[tuple[slice, Floats]]:
        """The rows asked for, some at a time."""
        for at in range(0, len(rows), BLOCK):
            some = rows[at : at + BLOCK]
            lengths = self.borders[some + 1] - self.borders[some]
            line = np.repeat(np.arange(len(some)), lengths)
            first = np.repeat(self.borders[some] - np.cumsum(lengths) + lengths, lengths)
            cell = first + np.arange(len(line))
            dense = np.zeros((len(some), self.width), np.float32)
            dense[line, self.words[cell]] = self.weights[cell]
            yield slice(at, at + len(some)), dense


def _embedded(matrix: _Matrix, rows: NDArray[np.int64]) -> Floats:
    """The rows in the space of the largest singular vectors, each of length 1."""
    size = min(DIMENSIONS, matrix.width, len(rows))
    draw = np.random.Generator(np.random.PCG64(SEED))
    basis = draw.standard_normal((matrix.width, size)).astype(np.float32)
    fitted = rows[:: -(-len(rows) // FITTED)]
    for _ in range(SHARPER):
        total = np.zeros_like(basis)
        for _, block in matrix.blocks(fitted):
            total += block.T @ (block @ basis)
        basis = np.linalg.qr(total)[0].astype(np.float32)
    space = np.zeros((len(rows), size), np.float32)
    for some, block in matrix.blocks(rows):
        space[some] = block @ basis
    # Turned to its main directions, so that the first columns say most.
    space = space @ np.linalg.svd(space[:: -(-len(rows) // FITTED)], full_matrices=False)[2].T
    unit: Floats = space / np.maximum(np.linalg.norm(space, axis=1, keepdims=True), 1e-9)
    return unit


# --- clusters -------------------------------------------------------------------------------------


def _clustered(space: Floats) -> tuple[NDArray[np.int64], Floats]:
    """The clustering whose simplified silhouette is best; of equals the one with fewer clusters.

    A passage's silhouette is 1 - a / b: a is its distance to the centre of its own cluster, b to
    the nearest other one.
    """
    best: tuple[float, NDArray[np.int64], Floats] | None = None
    for k in TRIED:
        if k > 2 and k * ROOM > len(space):
            break
        labels, centres = _k_means(space, k)
        score = _silhouette(space, centres)
        if best is None or score > best[0] + 1e-6:
            best = (score, labels, centres)
    assert best is not None
    return best[1], best[2]


def _silhouette(space: Floats, centres: Floats) -> float:
    near = np.sort(1 - space @ centres.T, axis=1)
    return float(np.mean(1 - near[:, 0] / np.maximum(near[:, 1], 1e-9)))


def _k_means(space: Floats, k: int) -> tuple[NDArray[np.int64], Floats]:
    """The best of a few starts, each by k-means++ (Arthur and Vassilvitskii 2007)."""
    found = []
    for start in range(STARTS):
        centres = _spread(space, k, np.random.Generator(np.random.PCG64([SEED, k, start])))
        labels = np.full(len(space), -1)
        for _ in range(ROUNDS):
            before, labels = labels, np.argmax(space @ centres.T, axis=1)
            if np.array_equal(before, labels):
                break
            sums = (labels[:, None] == np.arange(k)).astype(np.float32).T @ space
            norms = np.linalg.norm(sums, axis=1, keepdims=True)
            centres = np.where(norms > 0, sums / np.maximum(norms, 1e-9), centres)
        found.append((float(np.sum(space * centres[labels])), labels, centres))
    _, labels, centres = max(found, key=lambda one: one[0])
    return labels, centres


def _spread(space: Floats, k: int, draw: np.random.Generator) -> Floats:
    """First centres that lie far apart."""
    chosen = [int(draw.integers(len(space)))]
    far = 1 - space @ space[chosen[0]]
    for _ in range(k - 1):
        weights = np.maximum(far, 0).astype(np.float64) ** 2
        total = weights.sum()
        share = weights / total if total > 0 else None
        chosen.append(int(draw.choice(len(space), p=share)))
        far = np.minimum(far, 1 - space @ space[chosen[-1]])
    return space[chosen].copy()


def _map(space: Floats, labels: NDArray[np.int64]) -> Floats:
    """Passages on a plane: between the topics whose words they share, their own pulling most.

    The centres of the topics lie as far apart as their words differ (SMACOF, de Leeuw 1977); what
    sets a passage apart from its topic moves it within a topic's own room.
    """
    count = int(labels.max()) + 1
    centres = np.stack([space[labels == one].mean(0) for one in range(count)])
    unit = centres / np.maximum(np.linalg.norm(centres, axis=1, keepdims=True), 1e-9)
    plane = _unfolded(1 - (unit @ unit.T).clip(-1, 1))
    near = np.exp((space @ unit.T) / PULL)
    between = near @ plane / near.sum(1, keepdims=True)
    rest = space - centres[labels]
    axes = np.linalg.svd(rest[:: -(-len(rest) // BLOCK)], full_matrices=False)[2][:2]
    placed: Floats = (between + SPREAD * (rest @ axes.T)).astype(np.float32)
    return placed


def _unfolded(distances: NDArray[np.floating]) -> NDArray[np.float64]:
    """Points of the plane whose distances are as near as can be to those given, largest side 1."""
    count = len(distances)
    turn = 2 * np.pi * np.arange(count) / count
    points = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    for _ in range(300):
        apart = np.linalg.norm(points[:, None] - points[None], axis=2)
        ratio = np.divide(distances, apart, out=np.zeros((count, count)), where=apart > 1e-9)
        points = (np.diag(ratio.sum(1)) - ratio) @ points / count
    moved: NDArray[np.float64] = points - points.mean(0)
    return moved / max(float(np.ptp(moved, axis=0).max()), 1e-9)


# --- key terms ------------------------------------------------------------------------------------


def _key_terms(
    counts: Counted, folds: NDArray[np.int64], of_passage: NDArray[np.int32], k: int
) -> list[tuple[str, ...]]:
    """The terms of each cluster by c-TF-IDF (Grootendorst 2022), as they are mostly written in it."""
    topic = of_passage[counts.passage]
    kept = np.flatnonzero(topic >= 0)
    size = int(folds.max()) + 1
    topic, word, count = topic[kept], folds[counts.word[kept]], counts.count[kept]
    tf = np.zeros((k, size), np.float32)
    np.add.at(tf, (topic, word), count)
    spread = np.zeros((k, size), np.float32)
    np.add.at(spread, (topic, word), 1)
    passages = np.bincount(of_passage[of_passage >= 0], minlength=k)
    score = (
        tf
        / np.maximum(tf.sum(1, keepdims=True), 1)
        * np.log1p(tf.sum() / k / np.maximum(tf.sum(0), 1))
    )
    score[spread < np.maximum(HELD * passages, min(FEWEST, 2))[:, None]] = 0
    written = np.zeros((k, len(counts.words)), np.float32)
    np.add.at(written, (topic, counts.word[kept]), count)
    found = []
    for one in range(k):
        best = [int(w) for w in np.argsort(-score[one], kind="stable")[:TERMS] if score[one, w] > 0]
        found.append(tuple(_spelling(counts.words, folds, written[one], w) for w in best))
    return found


def _spelling(words: Sequence[str], folds: NDArray[np.int64], written: Floats, word: int) -> str:
    spellings = np.flatnonzero(folds == word)
    return words[int(spellings[np.argmax(written[spellings])])]
