"""Texts, and the documents of other sides > which texts are near-duplicates, and which no mix may hold.

A text that comes from a file beside the sources has no side of its own, so it is held against the
documents of all other sides, and against the benchmarks that the plan names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from longgrain.benchmarks import benchmark
from longgrain.near import Signatures, components, joined, pairs, signatures
from longgrain.split import contaminated
from longgrain.store import Store
from longgrain.terms import coded

T = TypeVar("T")

# Texts whose terms are found in one go.
BATCH = 256
# Documents of other sides with fewer terms than this are phrases, which anybody may say.
FEWEST = 32
BENCHMARK = "shares ten words in a row with a benchmark"
OTHER_SIDE = "near-duplicate of a document of another side"


class Kin(NamedTuple):
    """The lowest number among a text's near-duplicates, and why no mix may hold it ("" for nothing)."""

    first: int
    barred: str


def kin(
    texts: Iterable[str],
    store: Store,
    sides: NDArray[np.int8] | None,
    side: int,
    benchmarks: Sequence[Path] = (),
) -> list[Kin]:
    """One for each text, in order. ``sides`` are those of all cuts, ``side`` the one the texts go to.

    Near-duplicates of near-duplicates count, as they do when documents are split. Texts are looked
    at once and not kept.
    """
    known = benchmark(list(benchmarks)) if benchmarks else None
    tainted: list[bool] = []
    parts: list[Signatures] = []
    for some in _batches(texts):
        codes, owner = coded(some)
        parts.append(signatures(codes, owner, len(some)))
        hits = np.zeros(len(some), np.int64)
        if known is not None:
            for one in range(len(some)):
                own = codes[slice(*np.searchsorted(owner, [one, one + 1]))]
                hits[one] = contaminated(own, known).any()
        tainted += [bool(hit) for hit in hits]
    count = len(tainted)
    if not count:
        return []
    parts += list(_others(store, sides, side))
    signed = joined(parts)
    groups = components(*pairs(signed), signed.count)
    # Groups are named by their lowest member, and texts come first.
    barred = set(np.intersect1d(groups[:count], groups[count:]).tolist())
    return [
        Kin(group, BENCHMARK if hit else OTHER_SIDE if group in barred else "")
        for group, hit in zip(groups[:count].tolist(), tainted, strict=True)
    ]


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    waiting = iter(items)
    while some := list(islice(waiting, BATCH)):
        yield some


def _others(store: Store, sides: NDArray[np.int8] | None, side: int) -> Iterator[Signatures]:
    """The stretches of documents that lie on other sides."""
    if sides is None:
        return
    cuts = np.flatnonzero((sides >= 0) & (sides != side))
    if not len(cuts):
        return
    codes, units = store.codes()
    new = np.ones(len(cuts), bool)
    new[1:] = (np.diff(cuts) != 1) | (np.diff(store.cut_document[cuts]) != 0)
    firsts, lasts = cuts[new], cuts[np.append(new[1:], True)]
    # In the units' own type: another would have all of them converted first.
    low = np.searchsorted(units, firsts.astype(units.dtype))
    high = np.searchsorted(units, (lasts + 1).astype(units.dtype))
    runs = [(a, b) for a, b in zip(low.tolist(), high.tolist(), strict=True) if b - a >= FEWEST]
    for some in _batches(runs):
        own = np.concatenate([codes[a:b] for a, b in some])
        numbers = np.repeat(np.arange(len(some)), [b - a for a, b in some])
        yield signatures(own, numbers, len(some))
