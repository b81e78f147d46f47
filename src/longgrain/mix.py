"""Weights of examples and wished shares of their classes > how often each example is taken.

Iterative proportional fitting (Deming and Stephan, 1940) over cells, the examples that share all
their classes, with bounds on how often one is taken; then whole numbers, and single steps that
bring them closer. Without bounds that bind, the shares are met to within part of an example.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
# Examples (weight, number) that are taken once more (1) or once less (-1) together.
Step = list[tuple[int, tuple[int, int]]]

# A class counts as met within this share of what it should hold.
WITHIN = 0.01
# Rounds of fitting; with caps that bind, the total halves its way to where it can be met.
ROUNDS = 1000
SETTLED = 1e-7
# Steps of one example after rounding: many times the cells, of which each needs a few.
STEPS = 20_000
# One example more and another one less: many small classes need a few such, a large one none.
EXCHANGES = 300


@dataclass(frozen=True, kw_only=True)
class Wish:
    """One dimension: the class of each example, and the share that each class should have.

    ``shares`` add up to 1 over the classes that have one; a class with NaN is free, and shares are
    those of the weight in all the others.
    """

    classes: NDArray[np.int64]
    shares: Floats

    def held(self, weights: NDArray[np.number]) -> Floats:
        """The weight in each class."""
        return np.bincount(self.classes, weights, len(self.shares)).astype(np.float64)

    @property
    def named(self) -> NDArray[np.bool_]:
        """Which classes have a share."""
        return ~np.isnan(self.shares)

    def total(self, held: Floats) -> float:
        """The weight of which the shares are shares."""
        return float(held[self.named].sum())

    def is_met(self, weights: NDArray[np.number]) -> NDArray[np.bool_]:
        """For each class whether its share is met to `WITHIN`; free ones are."""
        held = self.held(weights)
        wanted = self.shares * self.total(held)
        met: NDArray[np.bool_] = ~(np.abs(held - wanted) > WITHIN * wanted + 1e-9)
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
    wanted = [_wanted(cell, held, bounds, cell.held(fit * held)) for cell in cells]
    counts = _whole(fit, of, weights, order)
    steps = _Steps(counts, weights, of, cells, wanted, bounds)
    _bring_closer(steps)
    steps.restore(bounds.keep * float(held.sum()))
    return steps.counts


def _reachable(wish: Wish, weights: Ints) -> Wish:
    """The wish without the classes that hold nothing: the others share out what these lack."""
    shares = np.where((wish.held(weights) > 0) | ~wish.named, wish.shares, 0.0)
    return Wish(classes=wish.classes, shares=shares / max(float(np.nansum(shares)), 1e-12))


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
    found = np.ones(len(held))
    for _ in range(ROUNDS):
        before = found
        for cell in cells:
            made = cell.held(found * held)
            wanted = _wanted(cell, held, bounds, made)
            factor = np.divide(wanted, made, out=np.ones(len(made)), where=made > 0)
            found = np.clip(found * factor[cell.classes], bounds.least, bounds.most)
        if np.abs(found - before).max(initial=0) < SETTLED:
            break
    return found


def _wanted(cell: Wish, held: Floats, bounds: Bounds, made: Floats) -> Floats:
    """What each class should hold of what all hold now, within what it can; free ones as they are.

    Where less than `Bounds.keep` would be left of all, classes that can hold more make up for it.
    """
    once, named = cell.held(held), cell.named
    most = once * bounds.most
    floor = bounds.keep * cell.total(once)
    total = max(cell.total(made), _raised(cell.shares[named], most[named], floor))
    return np.where(named, np.clip(cell.shares * total, once * bounds.least, most), made)


def _raised(shares: Floats, most: Floats, floor: float) -> float:
    """The total whose shares, none above what its class can hold, come to the floor."""
    capped = np.zeros(len(shares), bool)
    while (free := float(shares[~capped].sum())) > SETTLED:
        total = (floor - float(most[capped].sum())) / free
        above = capped | (shares * total > most)
        if (above == capped).all():
            return total
        capped = above
    return float(np.divide(most, shares, out=np.zeros(len(shares)), where=shares > 0).max())


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


def _bring_closer(steps: _Steps) -> None:
    """Single steps, and exchanges where those do not suffice, as long as they bring classes closer."""
    exchanges = 0
    for _ in range(STEPS):
        if steps.take():
            continue
        if steps.is_close or exchanges == EXCHANGES or not steps.take(exchanging=True):
            break
        exchanges += 1


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
        wanted: Sequence[Floats],
        bounds: Bounds,
    ) -> None:
        self.counts, self.weights, self.of, self.bounds = counts.copy(), weights, of, bounds
        self.cells, self.wanted = cells, wanted
        held = np.bincount(of, weights * counts, len(cells[0].classes))
        self.off = [cell.held(held) - want for cell, want in zip(cells, wanted, strict=True)]
        self.worth = [
            np.where(cell.named, 1 / np.maximum(want, 1.0) ** 2, 0.0)
            for cell, want in zip(cells, wanted, strict=True)
        ]
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

    @property
    def is_close(self) -> bool:
        """Whether every class is well within what counts as met."""
        found = zip(self.off, self.wanted, self.worth, strict=True)
        return all(
            (np.abs(off) <= WITHIN / 2 * want)[worth > 0].all() for off, want, worth in found
        )

    def take(self, *, exchanging: bool = False) -> bool:
        """Takes the step that gains most; False if none gains."""
        pull, stiff = self._pulls()
        # What a step of just the right weight would gain; a cell that is free in all gains nothing.
        most = np.divide(pull**2, stiff, out=np.zeros(len(pull)), where=stiff > 0)
        best, chosen = 1e-12, None
        for cell in np.argsort(-most, kind="stable").tolist():
            if most[cell] <= best:
                break
            wanted = -float(pull[cell] / stiff[cell])
            for step in self._exchanges(cell, wanted) if exchanging else self._single(cell, wanted):
                size = sum(sign * weight for sign, (weight, _) in step)
                gain = -size * (2 * pull[cell] + size * stiff[cell])
                if gain > best:
                    best, chosen = gain, (cell, step)
        if chosen is not None:
            self._do(*chosen)
        return chosen is not None

    def restore(self, floor: float) -> None:
        """Takes up examples again, those that cost least, until the weight is at the floor."""
        while (lacking := floor - float((self.counts * self.weights).sum())) > 0:
            pull, stiff = self._pulls()
            found = [
                (one[0] * (2 * pull[cell] + one[0] * stiff[cell]), cell, one)
                for cell, listed in enumerate(self.able[1])
                for one in _nearest(listed, lacking)
            ]
            if not found:
                break
            _, cell, one = min(found)
            self._do(cell, [(1, one)])

    def _pulls(self) -> tuple[Floats, Floats]:
        """For each cell how far its classes pull it, and how stiff they are: a step of the weight w
        changes the sum of squares by w * (2 * pull + w * stiff).
        """
        columns = list(zip(self.cells, self.off, self.worth, strict=True))
        pull = np.sum([worth[c.classes] * off[c.classes] for c, off, worth in columns], axis=0)
        stiff = np.sum([worth[c.classes] for c, _, worth in columns], axis=0)
        return pull, stiff

    def _single(self, cell: int, wanted: float) -> Iterator[Step]:
        """One example more, or one less, of about the wanted weight."""
        sign = 1 if wanted > 0 else -1
        return ([(sign, one)] for one in _nearest(self.able[sign][cell], abs(wanted)))

    def _exchanges(self, cell: int, wanted: float) -> Iterator[Step]:
        """One example more and another one less, for each weight that there may be less of."""
        last = 0
        for less in self.able[-1][cell]:
            if less[0] > last:
                last = less[0]
                for more in _nearest(self.able[1][cell], last + wanted):
                    yield [(1, more), (-1, less)]

    def _do(self, cell: int, step: Step) -> None:
        for sign, one in step:
            for listed in (self.able[1][cell], self.able[-1][cell]):
                at = bisect_left(listed, one)
                if at < len(listed) and listed[at] == one:
                    del listed[at]
            self.counts[one[1]] += sign
            self._enlist(one[1])
            for column, off in zip(self.cells, self.off, strict=True):
                off[column.classes[cell]] += sign * one[0]


def _nearest(listed: Sequence[tuple[int, int]], weight: float) -> Sequence[tuple[int, int]]:
    """Of a rising list, the last one below the weight and the first one from it on."""
    at = bisect_left(listed, (weight, -1))
    return listed[max(at - 1, 0) : at + 1]
