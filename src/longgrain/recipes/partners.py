"""A grain > the grains that its facts might be joined with: shared names, shared quantities."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from longgrain.facts import Fact, counts, facts, kind_of_quantity, language_of
from longgrain.types import Materials

# Grains of one document that are looked through for quantities, evenly spread over it.
LOOKED_AT = 256
# With fewer partners in its own document a grain is offered some of the whole side.
FEWEST = 4
NAMES = 3
# The first way needs a name that two grains share.
WAYS = ("bridge", "compare", "sum", "order")
# Chinese names cost a hundred times more than numbers, so of many grains only some are asked.
NAMED = 2000
# Quantities are shared by many grains, names by few: in the first rounds this share of the grains
# without a shared name waits, so that questions which follow a name get their part.
HELD_BACK, PATIENT = 0.7, 3


class Partners:
    """Offers grains of one side to be asked about together; what was looked at is remembered."""

    def __init__(self, materials: Materials, count: int) -> None:
        self._materials = materials
        self._count = count
        self._quantities: dict[int, frozenset[str]] = {}
        self._holders: dict[int | str, dict[str, list[int]]] = {}

    def of(self, number: int, round_: int) -> tuple[list[int], tuple[str, ...]]:
        """The grain first, then its partners (of its document where it has some); ways to join them."""
        own = self._materials.neighbours(number)
        rng = np.random.default_rng([self._materials.seed, number, round_])
        if round_ < PATIENT and rng.random() * len(self._materials.grains) < NAMED:
            linked = self._sharing_a_name(number, own)
            if linked or rng.random() < HELD_BACK:
                return [number, *linked], WAYS
        counted = self._sharing_a_quantity(number, own)
        picked = [counted[int(i)] for i in rng.permutation(len(counted))]
        return [number, *picked][: self._count + 1], WAYS[1:]

    def _sharing_a_quantity(self, number: int, own: Sequence[int]) -> list[int]:
        """Grains of the document with a quantity of this one; of the whole side if there are few."""
        wanted = self._quantities_of(number)
        found = self._holding(wanted, own[0], own[:: max(1, len(own) // LOOKED_AT)])
        if len(found - {number}) < FEWEST:
            language = self._materials.language(number)
            found |= self._holding(wanted, language, self._spoken(language))
        return sorted(found - {number})

    def _spoken(self, language: str) -> list[int]:
        """Grains in one language, spread over the side; none once they were looked through."""
        some = () if language in self._holders else self._materials.grains[:LOOKED_AT]
        return [one for one in some if self._materials.language(one) == language]

    def _holding(self, wanted: frozenset[str], pool: int | str, grains: Sequence[int]) -> set[int]:
        """The grains of a pool with one of the quantities; a pool is looked through once."""
        if pool not in self._holders:
            holders: dict[str, list[int]] = {}
            for other in grains:
                for quantity in self._quantities_of(other):
                    holders.setdefault(quantity, []).append(other)
            self._holders[pool] = holders
        known = self._holders[pool]
        return {other for one in wanted for other in known.get(one, ())}

    def _quantities_of(self, number: int) -> frozenset[str]:
        if number not in self._quantities:
            text = self._materials.text(number)
            found = (f for f in counts(text, language_of(text)) if _is_more_than_two(f))
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
