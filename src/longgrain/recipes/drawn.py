"""What a draft is about > choices that look random and are always the same."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from longgrain.types import content_id


def drawn(number: int, *parts: str | int) -> int:
    """A number below ``number``, always the same for the same parts."""
    return int(content_id("drawn", *parts), 16) % number


def shuffled(items: Sequence[str], *parts: str | int) -> list[str]:
    """The items in an order of their own, always the same for the same parts."""
    return sorted(items, key=lambda one: content_id("shuffled", one, *parts))


def draw(*parts: str | int) -> int:
    """A number that looks random and is always the same for the same parts."""
    digest = hashlib.sha256("\x1f".join(map(str, parts)).encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "little")
