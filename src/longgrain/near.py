"""Term codes of numbered units > n-gram hashes > signatures > groups of near-duplicate units.

A signature is the sample of a unit's distinct 5-grams whose hashes are small (Broder 1997, "On the
resemblance and containment of documents"). Unlike the bins of MinHash, which only see two units of
like size, such samples also tell that one unit is contained in another, many times longer one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from longgrain.search import by_code
from longgrain.terms import BASE, Codes, mixed

# A sampled share of 4 hits or fewer is chance; whole sets need no such bound.
FEWEST = 4
# An n-gram links each unit that holds it with the next so many holders: enough to chain a whole
# group, and boilerplate that a million units share costs no more than its length.
REACH = 8
# Codes that are hashed together: their arrays stay in the cache, and memory does not grow with them.
BLOCK = 1 << 18


def ngrams(
    codes: Codes, n: int, units: NDArray[np.int64] | None = None
) -> tuple[Codes, NDArray[np.int64]]:
    """Hashes of all runs of ``n`` codes, and the position in ``codes`` at which each starts.

    With ``units`` (ascending, one number a code) no run crosses from one unit into the next, and a
    unit shorter than ``n`` has one run: all of it.
    """
    hashes = np.zeros(max(len(codes) - n + 1, 0), np.uint64)
    for step in range(n if len(hashes) else 0):
        hashes *= np.uint64(BASE)
        hashes += codes[step : step + len(hashes)]
    if units is None:
        return mixed(hashes), np.arange(len(hashes))
    whole = np.flatnonzero(units[: len(hashes)] == units[n - 1 :])
    short, rest = _short_units(codes, n, units)
    at = np.concatenate([whole, short])
    order = np.argsort(at, kind="stable")
    return mixed(np.concatenate([hashes[whole], rest])[order]), at[order]


def _short_units(codes: Codes, n: int, units: NDArray[np.int64]) -> tuple[NDArray[np.int64], Codes]:
    """The starts of the units with fewer than ``n`` codes, and a hash of all that each holds."""
    starts = np.flatnonzero(np.diff(units, prepend=-1))
    lengths = np.diff(starts, append=len(units))
    starts, lengths = starts[lengths < n], lengths[lengths < n]
    hashes = lengths.astype(np.uint64)
    for step in range(n - 1):
        held = lengths > step
        hashes[held] = hashes[held] * np.uint64(BASE) + codes[starts[held] + step]
    return starts, hashes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Signatures:
    """The sampled n-gram hashes of numbered units, in the order of the text."""

    hashes: Codes
    units: NDArray[np.int64]
    """the unit of each hash"""
    count: int
    """how many units there are, those without any term included"""
    every: int
    whole: NDArray[np.bool_]
    """for each unit whether all its n-grams are kept, because it is short"""


def signatures(
    codes: Codes,
    units: NDArray[np.integer],
    count: int,
    *,
    n: int = 5,
    every: int = 16,
    whole: int = 512,
) -> Signatures:
    """Signatures of ``count`` units from terms and the unit of each, ascending.

    One n-gram of ``every`` is kept, and all those of a unit that has at most ``whole``. For units
    of about 128 tokens ``every=4, whole=64`` finds as many in a seventh of the time.
    """
    # In the units' own type: another would have them converted first.
    borders = np.searchsorted(units, np.arange(count + 1).astype(units.dtype))
    return signatures_between(codes, borders, n=n, every=every, whole=whole)


def signatures_between(
    codes: Codes, borders: NDArray[np.int64], *, n: int = 5, every: int = 16, whole: int = 512
) -> Signatures:
    """The same, where unit i has the codes from ``borders[i]`` up to ``borders[i + 1]``.

    The codes may lie on disk: they are taken block by block.
    """
    lengths = np.diff(borders)
    short = np.where(lengths, np.maximum(lengths - n + 1, 1), 0) <= whole
    hashes, owners = [np.zeros(0, np.uint64)], [np.zeros(0, np.int64)]
    for low in range(int(borders[0]), int(borders[-1]), BLOCK):
        some, own = _block(codes, borders, low, n)
        kept = (some <= _limit(every)) | short[own]
        hashes.append(some[kept])
        owners.append(own[kept])
    return Signatures(
        hashes=np.concatenate(hashes),
        units=np.concatenate(owners),
        count=len(lengths),
        every=every,
        whole=short,
    )


def _block(
    codes: Codes, borders: NDArray[np.int64], low: int, n: int
) -> tuple[Codes, NDArray[np.int64]]:
    """Hashes of the n-grams that start in one block of codes, and the unit of each."""
    end = min(low + BLOCK + n - 1, int(borders[-1]))  # the last ones reach into the next block
    first, last = np.searchsorted(borders, [low, end - 1], "right") - 1
    inside = np.clip(borders[first : last + 2], low, end)
    sizes = inside[1:] - inside[:-1]
    units = np.repeat(np.arange(first, last + 1), sizes)
    hashes, at = ngrams(codes[low:end], n, units)
    kept = at < BLOCK
    if borders[first] < low and sizes[0] < n:
        kept &= at > 0  # the rest of a unit of the last block, not a unit of its own
    return hashes[kept], units[at[kept]]


def joined(parts: Sequence[Signatures]) -> Signatures:
    """One set of signatures from parts made with the same settings, their units counted on."""
    first = np.cumsum([0, *(part.count for part in parts)])
    return Signatures(
        hashes=np.concatenate([part.hashes for part in parts]),
        units=np.concatenate([part.units + at for part, at in zip(parts, first, strict=False)]),
        count=int(first[-1]),
        every=parts[0].every,
        whole=np.concatenate([part.whole for part in parts]),
    )


def groups(
    signed: Signatures, *, jaccard: float = 0.2, containment: float | None = 0.5
) -> NDArray[np.int64]:
    """For each unit the lowest number among its near-duplicates; itself where it has none.

    Two units are near-duplicates when their 5-grams overlap by ``jaccard`` (a copy with every
    seventh word changed keeps 0.24, chapters of one subject at most 0.13), or when ``containment``
    of the smaller one's are in the other; None leaves that out, and should for short units, where
    one common phrase would chain many. Near-duplicates of near-duplicates share a group.
    """
    left, right = pairs(signed, jaccard=jaccard, containment=containment)
    return components(left, right, signed.count)


def pairs(
    signed: Signatures, *, jaccard: float = 0.2, containment: float | None = 0.5
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of near-duplicate units, the lower number left; every group is chained by them.

    Long units are compared by their samples, two short ones by all their n-grams.
    """
    order = by_code(signed.hashes, signed.units)
    hashes, units = signed.hashes[order], signed.units[order]
    again = (hashes[1:] == hashes[:-1]) & (units[1:] == units[:-1])
    order = order[np.append(True, ~again)[: len(order)]]
    hashes, units = signed.hashes[order], signed.units[order]
    sampled, short = hashes <= _limit(signed.every), signed.whole[units]
    bounds = (jaccard, containment, signed.count)
    left, right = _similar(hashes[sampled], units[sampled], FEWEST, *bounds)
    unsure = ~(signed.whole[left] & signed.whole[right])
    exact = _similar(hashes[short], units[short], 1, *bounds)
    return np.append(left[unsure], exact[0]), np.append(right[unsure], exact[1])


def _similar(
    hashes: Codes,
    units: NDArray[np.int64],
    fewest: int,
    jaccard: float,
    containment: float | None,
    count: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of units that are near-duplicates by these hashes alone."""
    sizes = np.bincount(units, minlength=count)
    left, right, shared = _shared(hashes, units, count)
    alike = shared >= jaccard * (sizes[left] + sizes[right] - shared)
    if containment is not None:
        alike |= shared >= containment * np.minimum(sizes[left], sizes[right])
    alike &= shared >= fewest
    return left[alike], right[alike]


def _limit(every: int) -> np.uint64:
    return np.uint64(((1 << 64) - 1) // every)


def _shared(
    hashes: Codes, units: NDArray[np.int64], count: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of units and how many hashes they share (counted among REACH neighbours)."""
    keys = [np.zeros(0, np.int64)]
    for step in range(1, REACH + 1):
        same = np.flatnonzero(hashes[step:] == hashes[:-step])
        keys.append(units[same] * count + units[same + step])
    pair, shared = np.unique(np.concatenate(keys), return_counts=True)
    return pair // max(count, 1), pair % max(count, 1), shared


def components(left: NDArray[np.int64], right: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Connected components: for each of ``count`` nodes the lowest node that edges lead to."""
    lowest = np.arange(count)
    while True:
        low = np.minimum(lowest[left], lowest[right])
        before = lowest.copy()
        np.minimum.at(lowest, before[left], low)
        np.minimum.at(lowest, before[right], low)
        lowest = lowest[lowest]
        if np.array_equal(lowest, before):
            return lowest
