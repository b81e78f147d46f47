"""A grain > the grains that its facts might be joined with: shared names, shared quantities."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from longgrain.facts import Fact, facts, kind_of_quantity, language_of
from longgrain.types import Materials

# Grains of one document that are looked through for quantities, evenly spread over it.
LOOKED_AT = 256
NAMES = 3
# The first way needs a name that two grains share.
WAYS = ("bridge", "compare", "sum", "order")
NAMED_SHARE = 0.25


class Partners:
    """Offers grains of one side to be asked about together; what was looked at is remembered."""

    def __init__(self, materials: Materials, count: int) -> None:
        self._materials = materials
        self._count = count
        self._quantities: dict[int, frozenset[str]] = {}
        self._holders: dict[int, dict[str, list[int]]] = {}

    def of(self, number: int, round_: int) -> tuple[list[int], tuple[str, ...]]:
        """The grain first, then its partners from the same document; the ways to join them."""
        own = self._materials.neighbours(number)
        rng = np.random.default_rng([self._materials.seed, number, round_])
        # Chinese names cost a hundred times more than numbers, so only some grains are asked.
        linked = self._sharing_a_name(number, own) if rng.random() < NAMED_SHARE else []
        counted = self._sharing_a_quantity(number, own)
        picked = [counted[int(i)] for i in rng.permutation(len(counted))]
        return list(dict.fromkeys([number, *linked, *picked]))[
            : self._count + 1
        ], WAYS if linked else WAYS[1:]

    def _sharing_a_quantity(self, number: int, own: Sequence[int]) -> list[int]:
        """Grains of the document with a quantity of this one."""
        if own[0] not in self._holders:
            holders: dict[str, list[int]] = {}
            for other in own[:: max(1, len(own) // LOOKED_AT)]:
                for quantity in self._quantities_of(other):
                    holders.setdefault(quantity, []).append(other)
            self._holders[own[0]] = holders
        known = self._holders[own[0]]
        shared = [known[one] for one in sorted(self._quantities_of(number)) if one in known]
        return sorted({other for some in shared for other in some} - {number})

    def _quantities_of(self, number: int) -> frozenset[str]:
        if number not in self._quantities:
            text = self._materials.text(number)
            found = (f for f in facts(text, language_of(text)) if _is_more_than_two(f))
            kinds = (kind_of_quantity(fact) for fact in found)
            self._quantities[number] = frozenset(kind for kind in kinds if kind is not None)
        return self._quantities[number]

    def _sharing_a_name(self, number: int, own: Sequence[int]) -> list[int]:
        """Grains with a name of this one that stands in exactly two places of the side."""
        text = self._materials.text(number)
        named = [
            fact.text
            for fact in facts(text, language_of(text), names=True)
            if fact.kind == "name" and text.count(fact.text) == 1
        ]
        found: list[int] = []
        for name in dict.fromkeys(named):
            holders = [other for other, _ in self._materials.holding(name, 0.999)]
            times = {other: self._materials.text(other).count(name) for other in holders[:4]}
            if sum(times.values()) == 2 and len(holders) < 4:
                found += [other for other, count in times.items() if count and other != number]
        low, high = own[0], own[-1]
        return [other for other in found if low <= other <= high][:NAMES]


def _is_more_than_two(fact: Fact) -> bool:
    """One and two (一人, two years) mostly point back at things and count nothing."""
    return not isinstance(fact.value, float) or fact.value > 2
