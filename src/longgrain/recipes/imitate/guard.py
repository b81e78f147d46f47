"""Pairs of a teacher, batch by batch > how near their style is to the seeds', how many facts stand, and a flag.

A model that imitates another takes on its style and not its facts (Gudibande et al. 2023, arXiv
2305.15717). The same can befall a teacher that sees seeds: its outputs come to sound like them while
what they say is no better borne out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from longgrain.protocols import Materials
from longgrain.style import ends_with_summary, imitates, is_list
from longgrain.terms import held, terms

FLAG = "imitate: a batch came nearer to the seeds' style, and its facts did not improve"
NAMES = ("lists", "ends_with_summary", "unigram_overlap", "fact_em")


def style(output: str, seeds: Sequence[str]) -> dict[str, float]:
    """What is measured of one output.

    ``lists`` and ``ends_with_summary`` are 0 or 1 (see `longgrain.style`); ``unigram_overlap`` is the
    share of the output's distinct terms that the seed's output with most of them has.
    """
    codes = np.unique(terms(output)[0])
    most = int(held(codes, list(seeds)).max()) if len(codes) and seeds else 0
    return {
        "lists": float(is_list(output)),
        "ends_with_summary": float(ends_with_summary(output)),
        "unigram_overlap": most / max(1, len(codes)),
    }


@dataclass(slots=True, kw_only=True)
class Guard:
    """Counts pairs in batches of ``size``; a batch is held against the first one.

    ``fact_em`` of a batch is the share of its pairs whose quote and facts stand in the evidence; a
    pair that falls for another reason is counted as well.
    """

    materials: Materials
    size: int
    margin: float
    number: int = 1
    sums: dict[str, float] = field(default_factory=dict)
    pairs: int = 0
    first: dict[str, float] = field(default_factory=dict)
    flags: list[int] = field(default_factory=list)

    def add(self, figures: dict[str, float], *, stands: bool) -> dict[str, object]:
        """One pair more; its own figures with the number of its batch."""
        for name, value in (*figures.items(), ("fact_em", float(stands))):
            self.sums[name] = self.sums.get(name, 0.0) + value
        self.pairs += 1
        told: dict[str, object] = {
            "batch": self.number,
            **{k: round(v, 4) for k, v in figures.items()},
            "facts": stands,
        }
        if self.pairs == self.size:
            self.close()
        return told

    def close(self) -> None:
        """Ends a batch: its figures go into the report, and a flag where it is due."""
        if not self.pairs:
            return
        means = {name: self.sums.get(name, 0.0) / self.pairs for name in NAMES}
        said = ", ".join(f"{name} {means[name]:.3f}" for name in NAMES)
        self.materials.count(
            f"imitate: pairs of batch {self.number} ({self.materials.side}): {said}", self.pairs
        )
        self.first = self.first or means
        if imitates(self.first, means, margin=self.margin):
            self.materials.count(FLAG)
            self.flags.append(self.number)
        self.number, self.pairs, self.sums = self.number + 1, 0, {}
