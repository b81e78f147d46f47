"""Losses of sources and those of a reference > the weight of each source, and which rows come next.

DoReMi (Xie et al. 2023): sources are drawn by fixed shares, and w weighs their losses. After every step
log w += rate * excess, where the excess of a source is the mean over its tokens of max(loss - reference, 0);
a source without a token in the step keeps its last one. Sheared LLaMA's dynamic batch loading (Xia et al.
2023): w is how often a source is drawn. At every look at the validation rows log w += rate * (loss -
reference), without a bound at 0, as their code has it. Both then take the softmax and leave a share of
``floor`` to all sources alike.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def raised(weights: Floats, by: Floats, *, rate: float = 1.0, floor: float = 1e-4) -> Floats:
    """Weights (sources,) after one update: (1 - floor) * softmax(log w + rate * by) + floor / sources."""
    logs = np.log(weights) + rate * by
    risen = np.exp(logs - logs.max())
    found: Floats = (1 - floor) * risen / risen.sum() + floor / len(weights)
    return found


@dataclass(kw_only=True)
class Mixture:
    """How much each source weighs, or how often it is drawn. ``unseen`` is the excess of one that was in no step yet.

    DoReMi's code begins with the logarithm of the vocabulary, the loss of knowing nothing.
    """

    names: Sequence[str]
    weights: Floats
    rate: float
    floor: float
    unseen: float
    scores: Floats = field(init=False)
    added: Floats = field(init=False)
    steps: int = 0

    def __post_init__(self) -> None:
        """Shares that add up to 1."""
        self.weights = np.asarray(self.weights, np.float64) / np.sum(self.weights)
        self.scores = np.full(len(self.names), self.unseen)
        self.added = np.zeros(len(self.names))

    def doremi(self, seen: Mapping[str, float]) -> None:
        """One step: the excess of each source that was in it."""
        for at, name in enumerate(self.names):
            self.scores[at] = seen.get(name, self.scores[at])
        self.weights = raised(self.weights, self.scores, rate=self.rate, floor=self.floor)
        self.added += self.weights
        self.steps += 1

    def sheared(self, losses: Mapping[str, float], reference: Mapping[str, float]) -> None:
        """One look: the validation loss of every source and that of its reference."""
        by = np.array([losses[name] - reference[name] for name in self.names])
        self.weights = raised(self.weights, by, rate=self.rate, floor=self.floor)

    @property
    def average(self) -> Floats | None:
        """Of the weights after each step of DoReMi; None before the first."""
        return self.added / self.steps if self.steps else None

    def by_name(self, values: Floats) -> dict[str, float]:
        """As plain numbers."""
        return dict(zip(self.names, values.tolist(), strict=True))


@dataclass(kw_only=True)
class Draws:
    """Rows one after the other: of the source that is furthest behind its weight, the next one.

    So shares are met to within one row without chance. ``parts`` are the rows of each source; each
    comes once, in an order from the seed, before any of it comes again.
    """

    parts: Sequence[range]
    seed: int
    owed: Floats = field(init=False)
    counts: list[int] = field(init=False)

    def __post_init__(self) -> None:
        """Nothing drawn, nothing owed."""
        self.owed, self.counts = np.zeros(len(self.parts)), [0] * len(self.parts)

    def next(self, weights: Floats) -> tuple[int, int]:
        """The number of a source and of a row."""
        self.owed += weights
        source = int(np.argmax(self.owed))
        self.owed[source] -= 1
        part, number = self.parts[source], self.counts[source]
        self.counts[source] += 1
        turn, place = divmod(number, len(part))
        order = np.random.default_rng([self.seed, turn, source, 2]).permutation(len(part))
        return source, part[int(order[place])]


def state_of(mixture: Mixture, draws: Draws) -> dict[str, Any]:
    """What has to be kept to go on exactly, as plain values."""
    return {
        "weights": mixture.weights.tolist(),
        "scores": mixture.scores.tolist(),
        "added": mixture.added.tolist(),
        "steps": mixture.steps,
        "owed": draws.owed.tolist(),
        "counts": list(draws.counts),
    }


def restore(mixture: Mixture, draws: Draws, kept: Mapping[str, Any]) -> None:
    """Goes on from what `state_of` kept."""
    for name in ("weights", "scores", "added"):
        setattr(mixture, name, np.array(kept[name], np.float64))
    mixture.steps = int(kept["steps"])
    draws.owed, draws.counts = np.array(kept["owed"], np.float64), list(kept["counts"])


def nothing_known(vocabulary: int) -> float:
    """The loss of a model that thinks every token as likely as any other."""
    return math.log(vocabulary)
