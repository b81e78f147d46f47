"""A grain > the grains that its facts might be joined with: shared names, shared quantities."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache
from itertools import zip_longest

import numpy as np

from longgrain.facts import Fact, counts, facts, kind_of_quantity, language_of
from longgrain.protocols import Materials
from longgrain.recipes.noted import Noted

# Grains are asked about again, for another fact, when one round over the side was not enough.
ROUNDS = 6
# Grains of one document that are looked through for quantities, evenly spread over it.
LOOKED_AT = 256
# With fewer partners in its own document a grain is offered some of the whole side.
FEWEST = 4
NAMES = 3
# The first way needs a name that two grains share.
WAYS = ("bridge", "compare", "sum", "order")
# Where nothing was noted, names are looked for in so many grains: Chinese ones cost a hundred
# times more than numbers.
NAMED = 2000


class Partners:
    """Offers grains of one side to be asked about together; what was looked at is remembered.

    Quantities and names come from ``noted`` where single grains were asked about before, and are
    looked for in the texts where they were not.
    """

    def __init__(self, materials: Materials, count: int, noted: Noted) -> None:
        self._materials = materials
        self._count = count
        self._noted = noted
        self._quantities: dict[int, Collection[str]] = dict(noted.quantities)
        self._holders: dict[str, dict[str, list[int]]] = {}
        self._noted_only = bool(noted.holding)
        self._links = lru_cache(maxsize=None)(self._sharing_a_name)
        for number in sorted(noted.quantities):
            for pool in (materials.grain(number).doc_id, materials.language(number)):
                self._add(self._holders.setdefault(pool, {}), number)

    def anchors(self) -> list[list[int]]:
        """The grains to begin with: those of noted facts, every other one linked by a name; the rest."""
        grains = [one for one in self._materials.grains if one not in self._noted.barren]
        held = self._noted.holding
        linked = [one for one in grains if one in self._noted.names and self._links(one)]
        known = [one for one in grains if one in self._noted.quantities and one not in set(linked)]
        mixed = [one for pair in zip_longest(linked, known) for one in pair if one is not None]
        return [mixed, [one for one in grains if one not in held]]

    def of(self, number: int, round_: int) -> tuple[list[int], tuple[str, ...]]:
        """The grain first, then its partners (of its document where it has some); ways to join them."""
        rng = np.random.default_rng([self._materials.seed, number, round_])
        named = number in self._noted.names
        if not self._noted_only:
            named = rng.random() * len(self._materials.grains) < NAMED
        if round_ % ROUNDS == 0 and named and (linked := self._links(number)):
            return [number, *linked], WAYS
        counted = self._sharing_a_quantity(number)
        picked = [counted[int(i)] for i in rng.permutation(len(counted))]
        return [number, *picked][: self._count + 1], WAYS[1:]

    def _sharing_a_quantity(self, number: int) -> list[int]:
        """Grains of the document with a quantity of this one; of the whole side if there are few."""
        wanted = self._quantities_of(number)
        if not wanted:
            return []
        own = () if self._noted_only else self._materials.neighbours(number)
        some = own[:: max(1, len(own) // LOOKED_AT)]
        found = self._holding(wanted, self._materials.grain(number).doc_id, some)
        if len(found - {number}) < FEWEST:
            language = self._materials.language(number)
            found |= self._holding(wanted, language, self._spoken(language))
        return sorted(found - {number})

    def _spoken(self, language: str) -> list[int]:
        """Grains in one language, spread over the side; none once they were looked through."""
        known = self._noted_only or language in self._holders
        some = () if known else self._materials.grains[:LOOKED_AT]
        return [one for one in some if self._materials.language(one) == language]

    def _holding(self, wanted: Collection[str], pool: str, grains: Sequence[int]) -> set[int]:
        """The grains of a document, or of a language, that hold one of the quantities."""
        if not self._noted_only and pool not in self._holders:
            holders: dict[str, list[int]] = {}
            for number in grains:
                self._add(holders, number)
            self._holders[pool] = holders
        known = self._holders.get(pool, {})
        return {other for one in wanted for other in known.get(one, ())}

    def _add(self, holders: dict[str, list[int]], number: int) -> None:
        for quantity in self._quantities_of(number):
            holders.setdefault(quantity, []).append(number)

    def _quantities_of(self, number: int) -> Collection[str]:
        if number not in self._quantities:
            text = self._materials.text(number)
            found = (f for f in counts(text, language_of(text)) if _is_more_than_two(f))
            kinds = (kind_of_quantity(fact) for fact in found)
            self._quantities[number] = sorted({kind for kind in kinds if kind is not None})
        return self._quantities[number]

    def _sharing_a_name(self, number: int) -> list[int]:
        """Grains with a name of this one that stands in exactly two places of the side."""
        text = self._materials.text(number)
        document = self._materials.grain(number).doc_id
        found: list[int] = []
        for name in dict.fromkeys(self._names(number, text)):
            holders = [other for other, _ in self._materials.holding(name, 0.999)]
            times = {other: self._materials.text(other).count(name) for other in holders[:4]}
            if text.count(name) == 1 and sum(times.values()) == 2 and len(holders) < 4:
                found += [other for other, count in times.items() if count and other != number]
        return [one for one in found if self._materials.grain(one).doc_id == document][:NAMES]

    def _names(self, number: int, text: str) -> Sequence[str]:
        if self._noted_only:
            return self._noted.names.get(number, ())
        every = facts(text, language_of(text), names=True)
        return [fact.text for fact in every if fact.kind == "name"]


def _is_more_than_two(fact: Fact) -> bool:
    """One and two (一人, two years) mostly point back at things and count nothing."""
    return not isinstance(fact.value, float) or fact.value > 2
