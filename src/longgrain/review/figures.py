"""Values or sums of items > one figure with its 95% interval, the item being what is drawn anew."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from longgrain.intervals import of_clusters, percentiles, resamples

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure and its interval, from so many items; None where it cannot be said."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    method: str = ""
    items: int = 0


def mean_of(values: Sequence[float], items: Sequence[str]) -> Figure:
    """The mean of values that belong to items: Wilson's interval where each item has one, 0 or 1."""
    if not values:
        return Figure()
    found = of_clusters(values, items)
    share = sum(values) / len(values)
    if found is None:
        return Figure(value=share, items=len({*items}))
    return Figure(
        value=share, low=found.low, high=found.high, method=found.method, items=len({*items})
    )


def pooled(
    tallies: Sequence[Mapping[K, float]], figure: Callable[[Mapping[K, float]], float | None]
) -> Figure:
    """A figure of sums over items, with a percentile bootstrap over the items.

    ``figure`` makes it of the sums. Items without any sum say nothing and are not counted.
    """
    some = [one for one in tallies if any(one.values())]
    if not some:
        return Figure()
    keys = list(dict.fromkeys(key for one in some for key in one))
    place = {key: number for number, key in enumerate(keys)}
    sums = np.zeros((len(some), len(keys)))
    for row, one in enumerate(some):
        for key, count in one.items():
            sums[row, place[key]] = count

    def of(row: Sequence[float]) -> float | None:
        return figure({key: count for key, count in zip(keys, row, strict=True) if count})

    value = of(sums.sum(axis=0).tolist())
    if value is None or len(some) < 2:
        return Figure(value=value, items=len(some))
    drawn = (of(row) for block in resamples(len(some)) for row in (block @ sums).tolist())
    found = percentiles(np.array([np.nan if one is None else one for one in drawn]))
    if found is None:
        return Figure(value=value, items=len(some))
    return Figure(value=value, low=found.low, high=found.high, method=found.method, items=len(some))
