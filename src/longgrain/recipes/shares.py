"""Shares of kinds or classes and a number of examples > whole numbers that add up to it."""

from __future__ import annotations

from collections.abc import Mapping


def counts(examples: int, shares: Mapping[str, float]) -> dict[str, int]:
    """So many of each kind, by largest remainder; shares need not add up to 1, but one is above 0."""
    total = sum(shares.values())
    exact = {kind: examples * share / total for kind, share in shares.items()}
    whole = {kind: int(count) for kind, count in exact.items()}
    left = examples - sum(whole.values())
    for kind in sorted(exact, key=lambda kind: whole[kind] - exact[kind])[:left]:
        whole[kind] += 1
    return whole
