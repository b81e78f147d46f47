"""Values by item, of one seed or several > their mean with an interval; two of them > what they differ by."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from longgrain.intervals import RESAMPLES, of_means, percentiles, resamples
from longgrain.types import content_id

# Of fewer values nothing is told, however far apart they are.
FEWEST = 5
# Normal deviates of a 95% interval and of a power of 80%.
SURE, POWER = 1.96, 0.84


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A mean or a difference, and where it would lie on other items of the kind, 95% of the time."""

    value: float
    low: float | None
    high: float | None

    @property
    def tells(self) -> bool:
        """Whether it lies on one side of 0 for certain."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


@dataclass(frozen=True, kw_only=True)
class Values:
    """The values of one figure of one arm: of each seed by item.

    With several seeds, seeds are drawn again as well as items, so that the interval holds what
    another seed would do.
    """

    by_seed: Sequence[Mapping[str, float]]

    @cached_property
    def arrays(self) -> list[NDArray[np.float64]]:
        """Of each seed that has any, in the order of the items' names."""
        return [np.array([one[key] for key in sorted(one)]) for one in self.by_seed if one]

    @property
    def items(self) -> int:
        """How many values there are."""
        return sum(map(len, self.arrays))

    @property
    def mean(self) -> float:
        """Of the means of all seeds."""
        return float(np.mean([one.mean() for one in self.arrays]))

    @property
    def variance(self) -> float:
        """Of one item, the mean over seeds."""
        return float(np.mean([one.var(ddof=1) if len(one) > 1 else 0.0 for one in self.arrays]))

    @cached_property
    def drawn(self) -> NDArray[np.float64]:
        """Means of items drawn again; figures of the same items are drawn together."""
        names = [sorted(one) for one in self.by_seed if one]
        rows = []
        for keys, values in zip(names, self.arrays, strict=True):
            seed = int(content_id(*keys)[:8], 16)
            parts = [one @ values for one in resamples(len(values), seed=seed)]
            rows.append(np.concatenate(parts) / len(values))
        if len(rows) == 1:
            return rows[0]
        which = np.random.default_rng(len(rows)).integers(0, len(rows), (len(rows), RESAMPLES))
        found: NDArray[np.float64] = np.take_along_axis(np.array(rows), which, axis=0).mean(axis=0)
        return found

    def interval(self) -> Interval:
        """Wilson's for one seed of zeros and ones, else a percentile bootstrap."""
        if len(self.arrays) == 1:
            found = of_means(self.arrays[0][:, None])[0]
        else:
            found = percentiles(self.drawn)
        low, high = (found.low, found.high) if found else (None, None)
        return Interval(value=self.mean, low=low, high=high)

    def same_items(self, other: Values) -> bool:
        """Whether both have values of the same items."""
        return [{*one} for one in self.by_seed] == [{*one} for one in other.by_seed]


def less(one: Values, other: Values) -> Interval:
    """The first less the second; item by item where the items are the same."""
    found = percentiles(one.drawn - other.drawn)
    low, high = (
        (found.low, found.high) if found and min(one.items, other.items) > 1 else (None,) * 2
    )
    return Interval(value=one.mean - other.mean, low=low, high=high)


def together(several: Sequence[Values]) -> Interval:
    """The mean of the means of several arms."""
    found = percentiles(np.mean([one.drawn for one in several], axis=0))
    low, high = (found.low, found.high) if found else (None, None)
    return Interval(value=float(np.mean([one.mean for one in several])), low=low, high=high)


def needed(one: Values, other: Values) -> int | None:
    """Items of each by which four samples of five would tell such a difference; None for none at all."""
    difference = one.mean - other.mean
    if one.same_items(other):
        pairs = zip(one.arrays, other.arrays, strict=True)
        variance = float(np.mean([(a - b).var(ddof=1) if len(a) > 1 else 0.0 for a, b in pairs]))
    else:
        variance = one.variance + other.variance
    if not difference or not variance:
        return None
    return math.ceil((SURE + POWER) ** 2 * variance / difference**2)
