"""A probe with its lengths as typed, ``needle:4k,8k`` > its name and the lengths as numbers."""

from __future__ import annotations

from dataclasses import dataclass

from longgrain.errors import PlanError
from longgrain.make import component
from longgrain.probe_verb import counts


@dataclass(frozen=True, kw_only=True)
class Probing:
    """One probe at some lengths: ``needle:4k,8k``."""

    name: str
    lengths: tuple[int, ...] = ()

    @classmethod
    def of(cls, said: str) -> Probing:
        """As typed. PlanError for a probe that is not there, or lengths that are none."""
        # A probe of one's own is written module:Name, so lengths are what follows the last colon.
        name, found, words = said.rpartition(":")
        if not found or not words[:1].isdigit():
            name, words = said, ""
        one = cls(name=name, lengths=counts(words))
        if not component("probes", name, {}).sizes and not one.lengths:
            raise PlanError(
                f"--probe {said!r} has no lengths, and {name} has none of its own: write "
                f"--probe {name}:1k,4k"
            )
        return one
