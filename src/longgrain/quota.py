"""How many examples, at which lengths and depths > a length for each example and a depth for each evidence grain.

Quotas are dealt out before anything is laid, so that a side meets them to within one example
whatever the number of workers; what cannot be met is found by comparing with what was made.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
# How far below its aim a context may end: 96 grains are tried for the last gap, so 16 tokens are rare.
SLACK = 16
# Two evidence grains of one example share a depth bin only where others are so much less behind.
NEARLY = 0.5
# How many examples a bin may be above its quota when contexts are not free to choose their bins.
ABOVE = 0.7


def share_out(total: int, shares: Sequence[float]) -> list[int]:
    """Whole numbers that add up to ``total`` and lie within one of ``total * share`` (largest remainder)."""
    weights = np.asarray(shares, float)
    exact = total * weights / max(weights.sum(), 1e-12)
    whole = np.floor(exact).astype(int)
    for i in np.argsort(whole - exact, kind="stable")[: total - int(whole.sum())]:
        whole[i] += 1
    return [int(n) for n in whole]


def uniform_lengths(count: int, low: int, high: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """``count`` lengths spread evenly over [low, high], in random order.

    Each bin of `length_edges` gets its share, one length in each stratum of the bin. Its lowest
    `SLACK` tokens stay free, since a context ends a few tokens below its aim.
    """
    edges = length_edges(low, high)
    lengths = [np.zeros(0, np.int64)]
    shares = share_out(count, [1] * (len(edges) - 1))
    for some, bottom, top in zip(shares, *_bounds(edges), strict=True):
        floor = min(bottom + SLACK, top)
        strata = (np.arange(some) + rng.random(some)) / max(some, 1)
        lengths.append(np.round(floor + strata * (top - floor)).astype(np.int64))
    return rng.permutation(np.concatenate(lengths))


def listed_lengths(
    count: int, lengths: Sequence[int], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Each listed length equally often, to within one, in random order."""
    repeated = np.resize(np.asarray(lengths, np.int64), count)
    return rng.permutation(repeated)


def length_edges(low: int, high: int, bins: int = 10) -> Floats:
    """Borders of equal length bins, for the quota of uniform lengths; none is too narrow to hit."""
    return np.linspace(low, high, min(bins, max(1, (high - low) // (4 * SLACK))) + 1)


def bin_bounds(tokens: Ints, low: int, high: int) -> tuple[Ints, Ints]:
    """The lowest and the highest length in the bin of each length."""
    edges = length_edges(low, high)
    numbers = np.clip(np.searchsorted(edges, tokens, "right") - 1, 0, len(edges) - 2)
    bottoms, tops = _bounds(edges)
    return bottoms[numbers], tops[numbers]


def _bounds(edges: Floats) -> tuple[Ints, Ints]:
    """The lowest and the highest length in each bin: it holds its lower edge, the last one both."""
    lowest = np.ceil(edges).astype(np.int64)
    return lowest[:-1], np.append(lowest[1:-1] - 1, int(edges[-1]))


class Depths:
    """Deals out depth bins so that the weight in each stays nearest to its share.

    An evidence grain of an example with k of them weighs 1/k. Each gets the bin that is furthest
    behind, or one that its example has not yet and that is nearly as far behind, so every bin ends
    within one example of its quota.
    """

    def __init__(self, shares: Sequence[float], examples: int, rng: np.random.Generator) -> None:
        weights = np.asarray(shares, float)
        self.shares = weights / weights.sum()
        self.wished = examples * self.shares
        # Plain numbers: one example at a time is too few for arrays.
        self._shares, self._made = self.shares.tolist(), [0.0] * len(weights)
        self._ties = _ties(len(weights), rng)

    @property
    def made(self) -> Floats:
        """The weight dealt to each bin, in examples."""
        return np.array(self._made)

    def deal(self, grains: int) -> list[int]:
        """A bin for each of ``grains`` evidence grains of the next example."""
        behind = self._behind()
        bins: list[int] = []
        for _ in range(grains):
            if bins:
                behind[bins[-1]] -= 1 / grains
            preferred = behind.copy() if bins else behind
            for taken in bins:
                preferred[taken] = behind[taken] - NEARLY
            bins.append(preferred.index(max(preferred)))
        return self.take(bins)

    def _behind(self) -> list[float]:
        """How much weight each bin is behind its share, equal ones apart by chance."""
        goal, ties = sum(self._made) + 1, next(self._ties)
        columns = zip(self._shares, self._made, ties, strict=True)
        return [goal * share - made + tie if share else -math.inf for share, made, tie in columns]

    def take(self, bins: Sequence[int]) -> list[int]:
        """Counts these bins as dealt to one example."""
        for number in bins:
            self._made[number] += 1 / len(bins)
        return list(bins)

    def takes(self, bins: Sequence[int]) -> bool:
        """Whether these bins of one example leave none so far above its quota that others must miss it."""
        after = self.made + np.bincount(bins, minlength=len(self.made)) / max(len(bins), 1)
        return bool((after <= self.wished + ABOVE).all())

    def furthest_behind(self, allowed: Sequence[int]) -> int:
        """The allowed bin that is furthest behind its share."""
        goal, made, shares = sum(self._made) + 1, self._made, self._shares
        return max(allowed, key=lambda b: (goal * shares[b] - made[b], -b))


def _ties(bins: int, rng: np.random.Generator) -> Iterator[list[float]]:
    """Weights too small to count, for every example one for each bin; drawn many at a time."""
    while True:
        yield from (rng.random((256, bins)) * 1e-9).tolist()


def bin_of(depth: float, bins: int) -> int:
    """The depth bin, counting from 0, of a depth in 0..1."""
    return min(int(depth * bins), bins - 1)
