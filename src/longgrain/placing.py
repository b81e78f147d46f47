"""Distractors and evidence of some contexts > the order of each, every evidence grain at its depth."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from longgrain.draws import Bits, Ints, Rows, numbers, shuffled, unit

# Most contexts are right at the first try; short ones need luck with the sizes of their grains.
DEPTH_TRIES = 40


class Order(NamedTuple):
    """The grains of one context in order, where among them its evidence is, and how deep (0 to 1)."""

    grains: NDArray[np.int32]
    places: Ints
    depths: tuple[float, ...]


def placed(
    distractors: Rows,
    evidence: Rows,
    bins: NDArray[np.integer],
    tokens: Ints,
    middles: NDArray[np.float64],
    *,
    depth_bins: int,
    seeds: Bits,
    stream: int,
) -> list[Order]:
    """Evidence among shuffled distractors so that each evidence grain's middle falls into its bin.

    ``bins`` has one for each evidence grain; ``tokens`` and ``middles`` are columns over all grains,
    and numbers are taken from ``stream`` on. Where no try puts all evidence right, the try that
    puts the most right counts.
    """
    found: list[Order | None] = [None] * len(seeds)
    trial = _Trial(distractors, evidence, bins, tokens, middles, depth_bins, seeds, stream)
    rows = np.arange(len(seeds))
    fewest, best = np.full(len(seeds), np.iinfo(np.int64).max), np.zeros(len(seeds), np.int64)
    for attempt in range(DEPTH_TRIES):
        off, orders = trial.run(rows, np.full(len(rows), attempt))
        better = off < fewest[rows]
        fewest[rows[better]], best[rows[better]] = off[better], attempt
        for i in np.flatnonzero(off == 0).tolist():
            found[rows[i]] = orders[i]
        rows = rows[off > 0]
        if not len(rows):
            break
    for row, order in zip(rows.tolist(), trial.run(rows, best[rows])[1], strict=True):
        found[row] = order
    return [order for order in found if order is not None]


class _Trial(NamedTuple):
    distractors: Rows
    evidence: Rows
    bins: NDArray[np.integer]
    tokens: Ints
    middles: NDArray[np.float64]
    depth_bins: int
    seeds: Bits
    stream: int

    def run(self, rows: Ints, attempts: Ints) -> tuple[Ints, list[Order]]:
        """How many evidence grains of each of these rows miss their bin, and the orders."""
        some = self.distractors.take(rows)
        streams = self.stream + 2 * attempts
        bits = numbers(self.seeds[rows], some.counts, streams)
        some = Rows(some.values[shuffled(some.counts, bits)], some.counts)
        own = self.evidence.take(rows)
        wished = Rows(self.bins, self.evidence.counts).take(rows).values
        total = some.sums(self.tokens[some.values]) + own.sums(self.tokens[own.values])
        # Early tries move freely inside the bin; the last ones aim at its middle.
        looseness = 0.5 - 0.5 * attempts / (DEPTH_TRIES - 1)
        chance = unit(numbers(self.seeds[rows], own.counts, streams + 1)) - 0.5
        aims = wished + 0.5 + np.repeat(looseness, own.counts) * chance
        aims *= np.repeat(total / self.depth_bins, own.counts)
        rank = np.lexsort((aims, own.owners))
        own = Rows(own.values[rank], own.counts)
        cuts, depths = self._cuts(some, own, aims[rank], total)
        made = np.minimum((depths * self.depth_bins).astype(np.int64), self.depth_bins - 1)
        return own.sums(made != wished[rank]), _orders(some, own, cuts, depths)

    def _cuts(
        self, some: Rows, own: Rows, aims: NDArray[np.float64], total: Ints
    ) -> tuple[Ints, NDArray[np.float64]]:
        """Before which distractor each evidence grain goes, and how deep its middle then is."""
        before = np.concatenate([[0], np.cumsum(self.tokens[some.values])])
        low, high = some.starts, some.starts + some.counts
        cuts, depths = np.zeros(len(own.values), np.int64), np.zeros(len(own.values))
        done, last = np.zeros(len(total), np.int64), low.copy()
        for nth in range(int(own.counts.max(initial=0))):
            rows = np.flatnonzero(own.counts > nth)
            at = own.starts[rows] + nth
            start, middle = before[low[rows]], self.middles[own.values[at]]
            goal = start + aims[at] - done[rows] - middle
            cut = np.clip(np.searchsorted(before, goal), low[rows], high[rows])
            closer = (cut > low[rows]) & (goal - before[cut - 1] < before[cut] - goal)
            last[rows] = cuts[at] = np.maximum(cut - closer, last[rows])
            depths[at] = (before[cuts[at]] - start + done[rows] + middle) / total[rows]
            done[rows] += self.tokens[own.values[at]]
        return cuts, depths


def _orders(some: Rows, own: Rows, cuts: Ints, depths: NDArray[np.float64]) -> list[Order]:
    """Evidence set in before its distractors."""
    grains = np.insert(some.values, cuts, own.values)
    places = cuts + np.arange(len(cuts)) - np.repeat(some.starts + own.starts, own.counts)
    ends, bounds = np.cumsum(some.counts + own.counts).tolist(), np.cumsum(own.counts).tolist()
    listed = depths.tolist()
    found, at, first = [], 0, 0
    for end, bound in zip(ends, bounds, strict=True):
        deep = tuple(listed[first:bound])
        found.append(Order(grains[at:end], places[first:bound], deep))
        at, first = end, bound
    return found
