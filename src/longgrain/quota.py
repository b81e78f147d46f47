"""How many examples, at which lengths and depths > a length for each example and a depth for each evidence grain.

Quotas are dealt out before anything is laid, so that a side meets them to within one example
whatever the number of workers; what cannot be met is found by comparing with what was made.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def share_out(total: int, shares: Sequence[float]) -> list[int]:
    """Whole numbers that add up to ``total`` and lie within one of ``total * share`` (largest remainder)."""
    weights = np.asarray(shares, float)
    exact = total * weights / max(weights.sum(), 1e-12)
    whole = np.floor(exact).astype(int)
    for i in np.argsort(whole - exact, kind="stable")[: total - int(whole.sum())]:
        whole[i] += 1
    return [int(n) for n in whole]


def uniform_lengths(count: int, low: int, high: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """``count`` lengths spread evenly over [low, high], one in each stratum, in random order."""
    strata = (np.arange(count) + rng.random(count)) / max(count, 1)
    lengths = low + strata * (high - low)
    return rng.permutation(np.ceil(lengths).astype(np.int64).clip(low, high))


def listed_lengths(
    count: int, lengths: Sequence[int], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Each listed length equally often, to within one, in random order."""
    repeated = np.resize(np.asarray(lengths, np.int64), count)
    return rng.permutation(repeated)


def length_edges(low: int, high: int, bins: int = 10) -> Floats:
    """Borders of equal length bins, for the quota of uniform lengths."""
    return np.linspace(low, high, bins + 1)


class Depths:
    """Deals out depth bins so that the weight in each stays nearest to its share.

    An evidence grain of an example with k of them weighs 1/k. Each gets the allowed bin that is
    furthest behind, and no two of one example the same bin where that can be had, so every bin ends
    within one example of its quota.
    """

    def __init__(self, shares: Sequence[float], rng: np.random.Generator) -> None:
        weights = np.asarray(shares, float)
        self.shares = weights / weights.sum()
        self.made = np.zeros(len(weights))
        self._rng = rng

    def deal(self, grains: int) -> list[int]:
        """A bin for each of ``grains`` evidence grains of the next example, in random order."""
        goal = (self.made.sum() + 1) * self.shares
        behind = goal - self.made + self._rng.random(len(goal)) * 1e-9
        behind[self.shares == 0] = -np.inf
        order = np.argsort(-behind)[: max(1, int((self.shares > 0).sum()))]
        bins = [int(order[i % len(order)]) for i in range(grains)]
        return self.take(bins)

    def take(self, bins: Sequence[int]) -> list[int]:
        """Counts these bins as dealt to one example."""
        np.add.at(self.made, list(bins), 1 / max(len(bins), 1))
        return list(bins)

    def furthest_behind(self, allowed: Sequence[int]) -> int:
        """The allowed bin that is furthest behind its share."""
        goal = (self.made.sum() + 1) * self.shares
        return max(allowed, key=lambda b: (goal[b] - self.made[b], -b))


def bin_of(depth: float, bins: int) -> int:
    """The depth bin, counting from 0, of a depth in 0..1."""
    return min(int(depth * bins), bins - 1)
