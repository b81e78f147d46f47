"""Names on one line > a set of them, for tables of tags that would fill a page one to a line."""

from __future__ import annotations


def listed(names: str) -> frozenset[str]:
    """The names between the blanks."""
    return frozenset(names.split())
