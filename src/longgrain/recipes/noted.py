"""Replies about single grains > what later kinds of questions need: facts asked, names, quantities."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Noted:
    """What is known of the grains of one side, so that no later kind has to look for it again."""

    asked: set[tuple[int, ...]] = field(default_factory=set)
    """Facts that a question of this kind was made of: grain and offset of the sentence of each."""
    read: set[str] = field(default_factory=set, kw_only=True)
    """Calls whose replies were read before, so that what is wrong in them is told once."""
    barren: set[int] = field(default_factory=set)
    """Grains in which nothing can be asked about."""
    quantities: dict[int, set[str]] = field(default_factory=dict)
    """Grain > what its numbers and dates can be compared with (`facts.kind_of_quantity`)."""
    names: dict[int, list[str]] = field(default_factory=dict)
    """Grain > names that it says."""

    def note(self, number: int, candidates: Iterable[Mapping[str, Any]]) -> None:
        """Remembers the quantities and names that candidates about one grain ask for."""
        for candidate in candidates:
            if quantity := candidate.get("quantity"):
                self.quantities.setdefault(number, set()).add(str(quantity))
            if candidate["form"] == "name":
                self.names.setdefault(number, []).append(str(candidate["answer"]))

    def for_another_kind(self) -> Noted:
        """The same of the grains, and nothing asked yet; what is noted there stays there."""
        known = (self.barren.copy(), self.quantities.copy(), self.names.copy())
        return Noted(set(), *known)

    @property
    def holding(self) -> set[int]:
        """The grains with a quantity or a name."""
        return self.quantities.keys() | self.names.keys()
