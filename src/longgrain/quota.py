"""How many examples, at which lengths and depths > a length for each example and a depth for each evidence grain.

Quotas are dealt out before anything is laid, so that a side meets them to within one example
whatever the number of workers; what cannot be met is found by comparing with what was made.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
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
    for number, some in enumerate(share_out(count, [1] * (len(edges) - 1))):
        bottom, top = _bounds(edges, number)
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


def bin_bounds(tokens: int, low: int, high: int) -> tuple[int, int]:
    """The lowest and the highest length in the bin of a length."""
    edges = length_edges(low, high)
    number = min(max(int(np.searchsorted(edges, tokens, "right")) - 1, 0), len(edges) - 2)
    return _bounds(edges, number)


def _bounds(edges: Floats, number: int) -> tuple[int, int]:
    """A bin holds its lower edge; the last one holds both."""
    is_last = number == len(edges) - 2
    top = int(edges[-1]) if is_last else math.ceil(float(edges[number + 1])) - 1
    return math.ceil(float(edges[number])), top


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
        self.made = np.zeros(len(weights))
        self._rng = rng

    def deal(self, grains: int) -> list[int]:
        """A bin for each of ``grains`` evidence grains of the next example, in random order."""
        behind = (self.made.sum() + 1) * self.shares - self.made
        behind += self._rng.random(len(behind)) * 1e-9
        behind[self.shares == 0] = -np.inf
        bins: list[int] = []
        for _ in range(grains):
            preferred = behind.copy()
            preferred[bins] -= NEARLY
            bins.append(int(preferred.argmax()))
            behind[bins[-1]] -= 1 / grains
        return self.take(bins)

    def take(self, bins: Sequence[int]) -> list[int]:
        """Counts these bins as dealt to one example."""
        np.add.at(self.made, list(bins), 1 / max(len(bins), 1))
        return list(bins)

    def takes(self, bins: Sequence[int]) -> bool:
        """Whether these bins of one example leave none so far above its quota that others must miss it."""
        after = self.made + np.bincount(bins, minlength=len(self.made)) / max(len(bins), 1)
        return bool((after <= self.wished + ABOVE).all())

    def furthest_behind(self, allowed: Sequence[int]) -> int:
        """The allowed bin that is furthest behind its share."""
        goal = (self.made.sum() + 1) * self.shares
        return max(allowed, key=lambda b: (goal[b] - self.made[b], -b))


def bin_of(depth: float, bins: int) -> int:
    """The depth bin, counting from 0, of a depth in 0..1."""
    return min(int(depth * bins), bins - 1)
