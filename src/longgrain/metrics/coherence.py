"""A text, and if need be the source it was cut from > how its sentences hang together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from longgrain.content_words import content_words
from longgrain.dense import embedder, vectors
from longgrain.grains import sentence_ends
from longgrain.metrics.connectives import KINDS, kinds, points_back
from longgrain.metrics.item import Figures, Item
from longgrain.metrics.words import comparable_words, valid

BEFORE = 600  # characters of the source before a cut, among which what is pointed to is looked for
Words = Sequence[frozenset[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Coherence:
    """Whether neighbouring sentences go on with the same things, and whether a cut broke a chain.

    The entity grid of Barzilay and Lapata, presence only: without a parser no subject can be told
    from an object, and the words that say what a sentence is about stand for its entities (English
    without endings, Chinese pairs of characters). Of all entities at all borders between sentences:
    ``grid_kept`` stand on both sides (X X), ``grid_left`` on the left alone (X -), ``grid_new`` on the
    right alone (- X); the rest of them on neither. ``entities_kept``: of those on the left, how many
    stand on the right. ``lexical_continuity``: words shared by neighbours over all words of theirs;
    ``vector_continuity``: the cosine of their vectors. ``adding`` .. ``ordering``: the share of
    sentences with a connective of that kind.

    ``opens_pointing_back``: 1 if the first sentence begins with a pronoun or the like that nothing in
    the text can explain. ``chain_broken``: 1 if so and the text was cut from ``source`` (its offset is
    the item's ``start``, else it is looked for) at a place before which something stands that it could
    mean; None where the text is not found in it.
    """

    name: ClassVar[str] = "coherence"
    origin: ClassVar[str] = "Barzilay and Lapata 2008 (entity grid); Foltz et al. 1998; longgrain"
    needs: ClassVar[tuple[str, ...]] = ()
    gold: ClassVar[str] = ""
    shares: ClassVar[bool] = True

    embedder: str = ""
    """A sentence-transformers model (extra embed) or module:name; else counts of words weighed by rarity."""
    base_url: str = ""
    """An OpenAI-compatible endpoint that has the embedder."""

    def score(self, item: Item) -> Figures:
        """The figures; those between sentences are None for a text of one."""
        text = valid(item.prediction)
        said = sentences(text)
        words = [frozenset(content_words(one)) for one in said]
        found = [kinds(one) for one in said]
        figures: dict[str, float | None] = {**_grid(words), "lexical_continuity": _shared(words)}
        figures["vector_continuity"] = _cosine(self._vectors(said))
        for kind in KINDS:
            figures[kind] = sum(kind in one for one in found) / len(said) if said else None
        points = points_back(said[0]) if said else None
        figures["opens_pointing_back"] = None if points is None else float(points)
        figures["chain_broken"] = _broken(text, item, points=bool(points)) if said else None
        return figures

    def _vectors(self, said: Sequence[str]) -> NDArray[np.float64]:
        if len(said) < 2:
            return np.zeros((len(said), 0))
        if not self.embedder:
            return _weighed([comparable_words(one) for one in said])
        return vectors(_embed(self.embedder, self.base_url), said).astype(np.float64)


def sentences(text: str) -> list[str]:
    """The sentences of a text that have a word, without the white space around them."""
    ends = sentence_ends(text).tolist()
    parts = [text[start:end].strip() for start, end in pairwise([0, *ends, len(text)])]
    return [one for one in parts if comparable_words(one)]


def _grid(words: Words) -> dict[str, float | None]:
    """Shares of the transitions between neighbouring sentences, over all entities of the text."""
    names = ("grid_kept", "grid_left", "grid_new", "entities_kept")
    entities = len(frozenset().union(*words)) if words else 0
    cells = entities * (len(words) - 1)
    if cells <= 0:
        return dict.fromkeys(names)
    both = sum(len(one & other) for one, other in pairwise(words))
    left = sum(map(len, words[:-1])) - both
    new = sum(map(len, words[1:])) - both
    figures: dict[str, float | None] = dict(
        zip(names, (both / cells, left / cells, new / cells), strict=False)
    )
    figures["entities_kept"] = both / (both + left) if both + left else None
    return figures


def _shared(words: Words) -> float | None:
    shares = [len(one & other) / len(one | other) for one, other in pairwise(words) if one | other]
    return sum(shares) / len(shares) if shares else None


def _weighed(words: Sequence[Sequence[str]]) -> NDArray[np.float64]:
    """Unit vectors of word counts, each word weighed by the log of how few sentences have it."""
    places = {one: at for at, one in enumerate(sorted({word for some in words for word in some}))}
    counts = np.zeros((len(words), len(places)))
    for row, some in enumerate(words):
        for word, times in Counter(some).items():
            counts[row, places[word]] = times
    counts *= np.log((1 + len(words)) / (1 + (counts > 0).sum(axis=0))) + 1
    lengths = np.sqrt((counts * counts).sum(axis=1, keepdims=True))
    found: NDArray[np.float64] = counts / np.maximum(lengths, 1e-12)
    return found


def _cosine(rows: NDArray[np.float64]) -> float | None:
    """The mean over neighbours; below 0, which only an embedder gives, counts as 0."""
    if len(rows) < 2:
        return None
    return float(np.clip((rows[1:] * rows[:-1]).sum(axis=1), 0.0, 1.0).mean())


def _broken(text: str, item: Item, *, points: bool) -> float | None:
    start = _place(text, item.source, item.row)
    if start is None or item.source is None:
        return None
    before = valid(item.source[max(0, start - BEFORE) : start])
    return float(points and bool(content_words(before)))


def _place(text: str, source: str | None, row: Mapping[str, Any]) -> int | None:
    """Where the text stands in its source, in characters; None if it does not."""
    if source is None:
        return None
    start = row.get("start")
    if isinstance(start, int) and not isinstance(start, bool) and 0 <= start <= len(source):
        return start
    at = source.find(text.strip())
    return at if at >= 0 and text.strip() else None


@lru_cache(maxsize=2)
def _embed(name: str, base_url: str) -> Callable[[Sequence[str]], Any]:
    return embedder(name, base_url)
