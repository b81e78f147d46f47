"""A grain > the grains that its facts might be joined with: shared names, shared quantities."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from longgrain.facts import facts, kind_of_quantity, language_of
from longgrain.types import Materials

# Grains of one document that are looked through for quantities, evenly spread over it.
LOOKED_AT = 256
NAMES = 3


class Partners:
    """Offers grains of one side to be asked about together; what was looked at is remembered."""

    def __init__(self, materials: Materials, count: int) -> None:
        self._materials = materials
        self._count = count
        self._quantities: dict[int, frozenset[str]] = {}
        self._sampled: dict[int, list[int]] = {}

    def of(self, number: int, round_: int) -> list[int]:
        """The grain first, then its partners from the same document; alone where it has none."""
        own = self._materials.neighbours(number)
        linked = [other for other in self._sharing_a_name(number) if other in set(own)][:NAMES]
        counted = self._sharing_a_quantity(number, own)
        rng = np.random.default_rng([self._materials.seed, number, round_])
        picked = [counted[int(i)] for i in rng.permutation(len(counted))]
        return list(dict.fromkeys([number, *linked, *picked]))[: self._count + 1]

    def _sharing_a_quantity(self, number: int, own: Sequence[int]) -> list[int]:
        wanted = self._quantities_of(number)
        if not wanted:
            return []
        if own[0] not in self._sampled:
            step = max(1, len(own) // LOOKED_AT)
            self._sampled[own[0]] = list(own[::step])
        return [
            other
            for other in self._sampled[own[0]]
            if other != number and wanted & self._quantities_of(other)
        ]

    def _quantities_of(self, number: int) -> frozenset[str]:
        if number not in self._quantities:
            text = self._materials.text(number)
            kinds = (kind_of_quantity(fact) for fact in facts(text, language_of(text)))
            self._quantities[number] = frozenset(kind for kind in kinds if kind is not None)
        return self._quantities[number]

    def _sharing_a_name(self, number: int) -> list[int]:
        """Grains with a name of this one that stands in exactly two places of the side."""
        text = self._materials.text(number)
        named = [
            fact.text
            for fact in facts(text, language_of(text), names=True)
            if fact.kind == "name" and text.count(fact.text) == 1
        ]
        found = []
        for name in dict.fromkeys(named):
            holders = [other for other, _ in self._materials.holding(name, 0.999)]
            times = {other: self._materials.text(other).count(name) for other in holders[:4]}
            if sum(times.values()) == 2 and len(holders) < 4:
                found += [other for other, count in times.items() if count and other != number]
        return found
