"""Values of items > an interval for what they would be on other items of the same kind."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

RESAMPLES, SEED, Z = 1000, 17, 1.959963984540054  # of a 95% interval
BLOCK = 1 << 20  # draws at a time


class Interval(NamedTuple):
    """A 95% interval; ``method`` is "wilson" or "bootstrap"."""

    low: float
    high: float
    method: str


def wilson(hits: int, total: int) -> Interval:
    """Wilson's score interval of a share (Wilson 1927); raises ValueError without any trial."""
    if not 0 <= hits <= total or not total:
        raise ValueError(f"{hits} of {total} is no share: give at least one trial")
    share, squared = hits / total, Z * Z
    middle = (share + squared / (2 * total)) / (1 + squared / total)
    half = math.sqrt(share * (1 - share) / total + squared / (4 * total * total))
    half *= Z / (1 + squared / total)
    return Interval(max(0.0, middle - half), min(1.0, middle + half), "wilson")


def resamples(
    items: int, *, times: int = RESAMPLES, seed: int = SEED
) -> Iterator[NDArray[np.int64]]:
    """How often each of ``items`` is drawn, in blocks of resamples: int64 (resamples, items).

    The same for the same arguments, so that figures of the same items are resampled together.
    """
    random = np.random.Generator(np.random.PCG64(seed))
    step = max(1, BLOCK // max(items, 1))
    for start in range(0, times, step):
        rows = min(step, times - start)
        drawn = random.integers(0, items, (rows, items))
        drawn += np.arange(rows)[:, None] * items
        yield np.bincount(drawn.ravel(), minlength=rows * items).reshape(rows, items)


def percentiles(values: NDArray[np.float64]) -> Interval | None:
    """The middle 95% of the values that are numbers; None with fewer than half of them."""
    known = values[np.isfinite(values)]
    if 2 * len(known) < len(values) or not len(known):
        return None
    low, high = np.quantile(known, (0.025, 0.975))
    return Interval(float(low), float(high), "bootstrap")


def of_means(values: NDArray[np.float64], *, seed: int = SEED) -> list[Interval | None]:
    """For each column of (items, figures) the interval of its mean; NaN is not scored.

    Wilson's where all values are 0 or 1, else a percentile bootstrap over items (Efron 1979). None
    for a column without values, and for one value that is neither 0 nor 1.
    """
    known = ~np.isnan(values)
    filled = np.where(known, values, 0.0)
    binary = np.isin(filled, (0.0, 1.0)).all(axis=0)
    rest = np.flatnonzero(~binary & (known.sum(axis=0) > 1))
    found: list[Interval | None] = [None] * values.shape[1]
    for column in np.flatnonzero(binary & known.any(axis=0)).tolist():
        found[column] = wilson(int(filled[:, column].sum()), int(known[:, column].sum()))
    if len(rest):
        sums, counts = filled[:, rest], known[:, rest].astype(np.float64)
        drawn = [(one @ sums, one @ counts) for one in resamples(len(values), seed=seed)]
        with np.errstate(invalid="ignore", divide="ignore"):
            means = np.concatenate([top / below for top, below in drawn])
        for column, place in enumerate(rest.tolist()):
            found[place] = percentiles(means[:, column])
    return found


def of_clusters(
    values: Sequence[float], clusters: Sequence[str], *, seed: int = SEED
) -> Interval | None:
    """The interval of the mean of values that belong to clusters, such as answers about one item.

    With one value a cluster as in `of_means`, else as in `bootstrap`. Where all values are 0, or all
    1, resamples cannot differ and say nothing: then Wilson's, of as many trials as there are
    clusters. None for nothing.
    """
    if values and {*values} in ({0.0}, {1.0}):
        trials = len({*clusters})
        return wilson(trials * int(values[0]), trials)
    if len({*clusters}) == len(values):
        return of_means(np.array(values, np.float64)[:, None], seed=seed)[0] if values else None
    return bootstrap(values, clusters, seed=seed)


def bootstrap(
    values: Sequence[float], clusters: Sequence[str], *, seed: int = SEED
) -> Interval | None:
    """A percentile bootstrap of the mean over clusters of values; None for fewer than two clusters."""
    drawn = _means(values, clusters, seed)
    return None if drawn is None else percentiles(drawn)


def two_samples(
    a: tuple[Sequence[float], Sequence[str]],
    b: tuple[Sequence[float], Sequence[str]],
    *,
    seed: int = SEED,
) -> Interval | None:
    """A percentile bootstrap of the mean of ``b`` less that of ``a``, each values and their clusters.

    For two samples that share nothing; None where one has fewer than two clusters.
    """
    first, second = _means(*a, seed), _means(*b, seed + 1)
    if first is None or second is None:
        return None
    return percentiles(second - first)


def _means(
    values: Sequence[float], clusters: Sequence[str], seed: int
) -> NDArray[np.float64] | None:
    """The mean in each resample of the clusters; None for fewer than two."""
    numbers = {name: number for number, name in enumerate(dict.fromkeys(clusters))}
    if len(numbers) < 2:
        return None
    own = np.array([numbers[one] for one in clusters])
    sums = np.bincount(own, weights=np.array(values, np.float64))
    counts = np.bincount(own).astype(np.float64)
    drawn = [(one @ sums, one @ counts) for one in resamples(len(numbers), seed=seed)]
    return np.concatenate([top / below for top, below in drawn])
