"""Texts of one class > for each the texts most like it, and an order in which neighbours are alike.

Related texts share an example: root and nearest as in SPLiCe (Staniszewski et al. 2023, arXiv
2312.17296, breadth one), or a path through all texts as in in-context pre-training (Shi et al. 2023,
arXiv 2310.10638).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from longgrain.protocols import Materials
from longgrain.recipes.pretrain.selecting import sampled
from longgrain.recipes.pretrain.texts import Text, words_of

# Characters of a text that are looked for, and how many of the nearest cuts are looked at: more
# where few of their texts are in the mix.
QUERY, CUTS, ENOUGH = 900, (64, 256, 1024), 4
# Neighbours that a path may go on to.
NEIGHBOURS = 16


class Neighbours:
    """The texts nearest to each by BM25 over their cuts, found when asked for and kept."""

    def __init__(self, materials: Materials, texts: Sequence[Text]) -> None:
        self._materials, self._texts = materials, texts
        placed = sorted((text.first, n) for n, text in enumerate(texts) if not text.own)
        self._firsts = [first for first, _ in placed]
        self._numbers = [number for _, number in placed]
        self._known: dict[int, list[int]] = {}

    def of(self, number: int) -> list[int]:
        """Numbers of the texts most like this one, best first."""
        if number not in self._known:
            query = sampled(words_of(self._materials, self._texts[number]), QUERY)
            for count in CUTS:
                found = self._owners(query, count, number)
                if len(found) >= ENOUGH:
                    break
            self._known[number] = found[:NEIGHBOURS]
        return self._known[number]

    def _owners(self, query: str, count: int, number: int) -> list[int]:
        """The texts of the nearest cuts, in their order, without the one that is looked for."""
        cuts = (cut for cut, _ in self._materials.nearest(query, count))
        owners = dict.fromkeys(self._owner(cut) for cut in cuts)
        return [one for one in owners if one not in (-1, number)]

    def _owner(self, cut: int) -> int:
        """The text that holds a cut, or -1."""
        at = bisect_right(self._firsts, cut) - 1
        if at < 0 or self._texts[self._numbers[at]].last < cut:
            return -1
        return self._numbers[at]


def path(numbers: Sequence[int], neighbours: Neighbours) -> list[int]:
    """The texts in an order in which each is followed by the nearest one that is left.

    It begins with the text that is near to the fewest others, and begins anew there where a text
    has no neighbour left, so that lonely texts are not all left to the end.
    """
    mine = set(numbers)
    known = {one: [near for near in neighbours.of(one) if near in mine] for one in numbers}
    lonely = sorted(numbers, key=lambda one: len(known[one]))
    left, found, at = set(numbers), list[int](), 0
    while left:
        while lonely[at] not in left:
            at += 1
        here: int | None = lonely[at]
        while here is not None:
            found.append(here)
            left.discard(here)
            here = next((near for near in known[here] if near in left), None)
    return found
