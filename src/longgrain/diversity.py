"""Relevance and likeness of candidates > which of them to take, in what order, within a budget.

Candidates stand best first, so that of two equal gains the first wins. Likeness is asked for one
candidate at a time: with each of them, 1 with itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Likeness = Callable[[int], Floats]
# What is left of a volume below this is rounding: the candidate repeats what was taken.
NOTHING = 1e-10


class Rule(Protocol):
    """Says what each candidate would add to those taken so far; nothing at -inf."""

    def gains(self) -> Floats:
        """One number a candidate."""
        ...

    def take(self, one: int) -> None:
        """This candidate is taken."""
        ...


def picked(rule: Rule, k: int, costs: NDArray[np.int64], budget: int | None) -> list[int]:
    """Up to ``k`` candidates by greatest gain; one that no longer fits the budget is passed over."""
    able, left = np.ones(len(costs), np.bool_), budget
    taken: list[int] = []
    while len(taken) < k:
        if left is not None:
            able &= costs <= left
        gains = np.where(able, rule.gains(), -np.inf)
        one = int(np.argmax(gains)) if len(gains) else -1
        if one < 0 or gains[one] == -np.inf:
            break
        taken.append(one)
        rule.take(one)
        able[one] = False
        left = None if left is None else left - int(costs[one])
    return taken


class Nearest:
    """The most relevant."""

    def __init__(self, relevance: Floats) -> None:
        self._relevance = relevance

    def gains(self) -> Floats:
        """Relevance, whatever was taken."""
        return self._relevance

    def take(self, one: int) -> None:
        """Changes nothing."""


class MMR:
    """Maximal marginal relevance (Carbonell and Goldstein 1998).

    ``weight`` x relevance - (1 - ``weight``) x likeness to the nearest of those taken.
    """

    def __init__(self, relevance: Floats, likeness: Likeness, weight: float) -> None:
        self._relevance, self._likeness, self._weight = relevance, likeness, weight
        self._nearest = np.zeros(len(relevance))

    def gains(self) -> Floats:
        """In -1..1 where relevance and likeness are in 0..1."""
        return self._weight * self._relevance - (1 - self._weight) * self._nearest

    def take(self, one: int) -> None:
        """Whatever is like it gains less."""
        np.maximum(self._nearest, self._likeness(one), out=self._nearest)


class DPP:
    """The most probable set of a determinantal point process, greedily (Chen et al. 2018).

    The kernel is L = q S q with q = exp(sharpness x relevance); each step takes the candidate with
    the greatest determinant of L over the set, by one step of an incremental Cholesky factor.
    """

    def __init__(self, relevance: Floats, likeness: Likeness, sharpness: float) -> None:
        self._quality = np.exp(sharpness * (relevance - relevance.max(initial=0.0)))
        self._likeness = likeness
        self._left = self._quality**2
        self._floor = NOTHING * self._left
        self._rows: list[Floats] = []

    def gains(self) -> Floats:
        """The factor by which the determinant grows; -inf for what only repeats the set."""
        return np.where(self._left > self._floor, self._left, -np.inf)

    def take(self, one: int) -> None:
        """Takes the candidate's direction out of all the others."""
        row = self._quality[one] * self._quality * self._likeness(one)
        for known in self._rows:
            row -= known[one] * known
        row /= np.sqrt(self._left[one])
        self._left = self._left - row * row
        self._rows.append(row)


def by_length(relevance: Floats, costs: NDArray[np.int64], power: float) -> Floats:
    """Relevance for each token, where 1 is the cost of the median (after Lin and Bilmes 2010).

    At ``power`` 0 length does not count, at 1 an example twice as long must be twice as relevant.
    """
    if not power or not len(costs):
        return relevance
    out: Floats = relevance * (np.median(costs) / np.maximum(costs, 1)) ** power
    return out


def order(taken: Sequence[int], how: str) -> list[int]:
    """Candidates in the order of the prompt; they were numbered from the most relevant on."""
    if how == "as-picked":
        return list(taken)
    return sorted(taken, reverse=how == "best-last")
