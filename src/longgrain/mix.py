"""Weights of examples and wished shares of their classes > how often each example is taken.

Iterative proportional fitting (Deming and Stephan, 1940) over cells, the examples that share all
their classes, with bounds on how often one is taken; then whole numbers, and single steps that
bring them closer. Without bounds that bind, the shares are met to within part of an example.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# A class counts as met within this share of what it should hold.
WITHIN = 0.01
# Rounds of fitting; with caps that bind, the total halves its way to where it can be met.
ROUNDS = 1000
SETTLED = 1e-9
# Steps of one example after rounding: many times the cells, of which each needs a few.
STEPS = 20_000


@dataclass(frozen=True, kw_only=True)
class Wish:
    """One dimension: the class of each example, and the share that each class should have.

    ``shares`` add up to 1 over the classes.
    """

    classes: NDArray[np.int64]
    shares: Floats

    def held(self, weights: NDArray[np.number]) -> Floats:
        """The weight in each class."""
        return np.bincount(self.classes, weights, len(self.shares)).astype(np.float64)

    def is_met(self, weights: NDArray[np.number]) -> NDArray[np.bool_]:
        """For each class whether its share is met to `WITHIN`."""
        held = self.held(weights)
        wanted = self.shares * held.sum()
        met: NDArray[np.bool_] = np.abs(held - wanted) <= WITHIN * wanted + 1e-9
        return met


class Bounds(NamedTuple):
    """How often an example is taken at least and at most, and the share of the weight that stays."""

    least: int
    most: int
    keep: float


def taken(
    weights: Ints, wishes: Sequence[Wish], bounds: Bounds, order: NDArray[np.unsignedinteger]
) -> Ints:
    """(examples,): how often each is taken, as close to all wishes as the bounds allow.

    Where they are met as it is, each is taken once. ``order`` says who of a cell is taken first;
    make it independent of the weights.
    """
    if all(wish.is_met(weights).all() for wish in wishes):
        return np.ones(len(weights), np.int64)
    cells, of = cells_of([_reachable(wish, weights) for wish in wishes])
    held = np.bincount(of, weights, len(cells[0].classes)).astype(np.float64)
    fit = fitted(held, cells, bounds)
    total = max(float((fit * held).sum()), bounds.keep * float(held.sum()))
    counts = _whole(fit, of, weights, order)
    return _closer(counts, weights, of, cells, bounds, total)


def _reachable(wish: Wish, weights: Ints) -> Wish:
    """The wish without the classes that hold nothing: the others share out what these lack."""
    shares = np.where(wish.held(weights) > 0, wish.shares, 0.0)
    return Wish(classes=wish.classes, shares=shares / max(float(shares.sum()), 1e-12))


def cells_of(wishes: Sequence[Wish]) -> tuple[list[Wish], Ints]:
    """The same wishes over cells, and the cell of each example."""
    classes = np.stack([wish.classes for wish in wishes])
    distinct, of = np.unique(classes, axis=1, return_inverse=True)
    wished = zip(distinct, wishes, strict=True)
    return [Wish(classes=row, shares=wish.shares) for row, wish in wished], of.reshape(-1)


def fitted(held: Floats, cells: Sequence[Wish], bounds: Bounds) -> Floats:
    """(cells,): how often the examples of each cell should be taken, as fractions.

    Shares are those of what is taken, so where a class is at its bound the others follow it, down
    to the weight that has to stay.
    """
    floor = bounds.keep * held.sum()
    found = np.ones(len(held))
    for _ in range(ROUNDS):
        before = found
        for cell in cells:
            made = cell.held(found * held)
            wanted = cell.shares * max(made.sum(), floor)
            factor = np.divide(wanted, made, out=np.ones(len(made)), where=made > 0)
            found = np.clip(found * factor[cell.classes], bounds.least, bounds.most)
        if np.abs(found - before).max(initial=0) < SETTLED:
            break
    return found


def _whole(fit: Floats, of: Ints, weights: Ints, order: NDArray[np.unsignedinteger]) -> Ints:
    """Whole numbers: in each cell the first few in order get one more, until their weight is reached."""
    whole = np.floor(fit + SETTLED)
    wanted = np.bincount(of, weights, len(fit)) * (fit - whole)
    sorted_ = np.lexsort((order, of))
    reached = np.cumsum(weights[sorted_])
    starts = np.searchsorted(of[sorted_], np.arange(len(fit)))
    before = np.concatenate([[0], reached])[starts]
    middles = reached - weights[sorted_] / 2 - before[of[sorted_]]
    counts = whole[of].astype(np.int64)
    counts[sorted_] += middles < wanted[of[sorted_]]
    return counts


def _closer(
    counts: Ints, weights: Ints, of: Ints, cells: Sequence[Wish], bounds: Bounds, total: float
) -> Ints:
    """The counts after single steps, each of which brings the classes closer to their shares."""
    steps = _Steps(counts, weights, of, cells, bounds, total)
    for _ in range(STEPS):
        if not steps.take():
            break
    return steps.counts


class _Steps:
    """Examples that may be taken once more or once less, by cell and weight, and what is missing.

    How far off a class is counts as a share of what it should hold, so that small classes matter.
    """

    def __init__(
        self,
        counts: Ints,
        weights: Ints,
        of: Ints,
        cells: Sequence[Wish],
        bounds: Bounds,
        total: float,
    ) -> None:
        self.counts, self.weights, self.of, self.bounds = counts.copy(), weights, of, bounds
        self.cells = cells
        held = np.bincount(of, weights * counts, len(cells[0].classes))
        wanted = [cell.shares * total for cell in cells]
        self.off = [cell.held(held) - want for cell, want in zip(cells, wanted, strict=True)]
        self.worth = [1 / np.maximum(want, 1.0) ** 2 for want in wanted]
        self.able: dict[int, list[list[tuple[int, int]]]] = {
            sign: [[] for _ in range(len(held))] for sign in (1, -1)
        }
        for example in np.argsort(weights, kind="stable").tolist():
            self._enlist(example)

    def _enlist(self, example: int) -> None:
        one = (int(self.weights[example]), example)
        if not one[0]:
            return
        if self.counts[example] < self.bounds.most:
            insort(self.able[1][self.of[example]], one)
        if self.counts[example] > self.bounds.least:
            insort(self.able[-1][self.of[example]], one)

    def take(self) -> bool:
        """Takes the step that gains most; False if none gains."""
        columns = list(zip(self.cells, self.off, self.worth, strict=True))
        pull = np.sum([worth[c.classes] * off[c.classes] for c, off, worth in columns], axis=0)
        stiff = np.sum([worth[c.classes] for c, _, worth in columns], axis=0)
        most = pull**2 / stiff  # what a step of just the right weight would gain
        best, chosen = 1e-12, None
        for cell in np.argsort(-most, kind="stable").tolist():
            if most[cell] <= best:
                break
            sign = -1 if pull[cell] > 0 else 1
            for one in _nearest(self.able[sign][cell], abs(pull[cell]) / stiff[cell]):
                step = sign * one[0]
                gain = -step * (2 * pull[cell] + step * stiff[cell])
                if gain > best:
                    best, chosen = gain, (cell, sign, one)
        if chosen is not None:
            self._step(*chosen)
        return chosen is not None

    def _step(self, cell: int, sign: int, one: tuple[int, int]) -> None:
        weight, example = one
        for listed in (self.able[1][cell], self.able[-1][cell]):
            at = bisect_left(listed, one)
            if at < len(listed) and listed[at] == one:
                del listed[at]
        self.counts[example] += sign
        self._enlist(example)
        for column, off in zip(self.cells, self.off, strict=True):
            off[column.classes[cell]] += sign * weight


def _nearest(listed: Sequence[tuple[int, int]], weight: float) -> Sequence[tuple[int, int]]:
    """Of a rising list, the last one below the weight and the first one from it on."""
    at = bisect_left(listed, (weight, -1))
    return listed[max(at - 1, 0) : at + 1]
