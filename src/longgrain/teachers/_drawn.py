"""What is asked > choices that look random and are always the same."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import TypeVar

T = TypeVar("T")


class Draws:
    """Choices from a SHA-256 chain over the words asked about and the sample's number."""

    __slots__ = ("_seed", "_value")

    def __init__(self, words: Iterable[str], index: int) -> None:
        self._seed = "\0".join([*words, str(index)]).encode("utf-8", "surrogatepass")
        self._value = 0

    def below(self, bound: int) -> int:
        """A number from 0 to ``bound - 1``."""
        if self._value < 1 << 64:
            self._seed = hashlib.sha256(self._seed).digest()
            self._value = int.from_bytes(self._seed, "big")
        self._value, drawn = divmod(self._value, bound)
        return drawn

    def one(self, items: Sequence[T]) -> T:
        """One of the items."""
        return items[self.below(len(items))]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """The items in another order."""
        left = list(items)
        return [left.pop(self.below(len(left))) for _ in items]
