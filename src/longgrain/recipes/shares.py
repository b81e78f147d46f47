"""Shares of kinds or classes and a number of examples > whole numbers that add up to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from longgrain.errors import PlanError


def counts(examples: int, shares: Mapping[str, float]) -> dict[str, int]:
    """So many of each kind, by largest remainder; shares need not add up to 1, but one is above 0."""
    total = sum(shares.values())
    exact = {kind: examples * share / total for kind, share in shares.items()}
    whole = {kind: int(count) for kind, count in exact.items()}
    left = examples - sum(whole.values())
    for kind in sorted(exact, key=lambda kind: whole[kind] - exact[kind])[:left]:
        whole[kind] += 1
    return whole


def sound(
    recipe: str,
    shares: Mapping[str, float],
    known: Iterable[str],
    what: str = "shares",
    are: str = "kinds are",
) -> None:
    """PlanError where a share is below 0, of something unknown, or none is above 0."""
    if set(shares) - set(known) or not any(shares.values()) or min(shares.values()) < 0:
        raise PlanError(
            f"{recipe} {what} {dict(shares)!r}: {are} {', '.join(known)}, none may be below 0, and one "
            "must be above"
        )
