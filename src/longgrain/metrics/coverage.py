"""A summary and its source > how much of the source it takes up, grain by grain, and where from."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from longgrain.grains import cut
from longgrain.metrics.item import Figures, Item
from longgrain.terms import Codes, terms
from longgrain.types import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What share of a source's grains a text takes up, and what share of the text they hold.

    A term is a word, or two neighbouring Chinese characters. A grain is covered if at least ``held``
    of those of its terms that no ``common`` share of the grains has stand in the text.
    """

    name: ClassVar[str] = "coverage"
    origin: ClassVar[str] = "longgrain"
    needs: ClassVar[tuple[str, ...]] = ("source",)
    gold: ClassVar[str] = ""
    shares: ClassVar[bool] = True

    grain: int = 128
    """Tokens in a grain at most, as they are estimated without a tokenizer."""
    held: float = 0.2
    common: float = 0.5

    def score(self, item: Item) -> Figures:
        """Four shares; None where the source, or for the last two the text, has no term.

        ``grains_covered``: of the grains. ``first_half``: of the covered grains those in the first
        half (0.5 is even). ``source_terms``: of the source's distinct terms those in the text.
        ``text_terms``: of the text's distinct terms those in the source.
        """
        source = item.source or ""
        said = np.unique(terms(item.prediction)[0])
        codes, places = terms(source)
        known = np.unique(codes)
        covered = self._covered(source, codes, places, said)
        hits = int(np.isin(said, known).sum())
        at = np.flatnonzero(covered)
        return {
            "grains_covered": float(covered.mean()) if len(covered) else None,
            "first_half": _first_half(at, len(covered)),
            "source_terms": hits / len(known) if len(known) else None,
            "text_terms": hits / len(said) if len(said) and len(known) else None,
        }

    def _covered(
        self, source: str, codes: Codes, places: NDArray[np.int64], said: Codes
    ) -> NDArray[np.bool_]:
        """For each grain that has a telling term whether the text takes it up."""
        document = Document(id="", text=source, source="")
        grains = cut(document, size=self.grain, kinds=("cut",)) if len(codes) else []
        borders = np.searchsorted(places, [0, *(one.end for one in grains)])
        each = [np.unique(codes[start:end]) for start, end in pairwise(borders.tolist())]
        every = np.concatenate([np.zeros(0, np.uint64), *each])
        found, counts = np.unique(every, return_counts=True)
        frequent = found[counts > max(1.0, self.common * len(each))]
        telling = [one[~np.isin(one, frequent)] for one in each]
        return np.array(
            [np.isin(one, said).mean() >= self.held for one in telling if len(one)], np.bool_
        )


def _first_half(covered: NDArray[np.int64], grains: int) -> float | None:
    """The middle grain of an odd number belongs to both halves by half."""
    if not len(covered):
        return None
    return float(np.mean(0.5 - 0.5 * np.sign(2 * covered + 1 - grains)))
