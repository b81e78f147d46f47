"""Laid examples and their shells > how many tokens of each are learned from, before any row is written."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from longgrain.layouts import Laid
from longgrain.shells import Shells


def learned_tokens(laid: Laid, shells: Shells) -> NDArray[np.int64]:
    """(examples,): tokens with a weight above 0; the first of an example weighs 0 whatever it is.

    Grains of a pool are read only, so what is learned lies around the context, or in the runs that
    an example brings of its own.
    """
    whole = laid.column("whole")
    drafts = laid.column("draft")
    around = _sums(shells.run_lengths, shells.run_losses, shells.run_starts)[drafts]
    first = np.array([_begins(shells, draft) for draft in drafts.tolist()], bool)
    lengths, losses = (
        laid.read(name, np.arange(len(laid))) for name in ("run_lengths", "run_losses")
    )
    starts = np.concatenate([[0], np.cumsum(lengths.counts)])
    inside = _sums(lengths.values, losses.values, starts)
    own = lengths.counts > 0
    begins = np.zeros(len(laid), bool)
    begins[own] = losses.values[starts[:-1][own]] > 0
    found: NDArray[np.int64] = np.where(whole, inside - begins, around + inside - first)
    return found


def _begins(shells: Shells, draft: int) -> bool:
    """Whether an example begins with words of its shell that are learned."""
    start, before = int(shells.run_starts[draft]), int(shells.table[draft, 2])
    return before > 0 and bool(shells.run_losses[start] > 0)


def _sums(
    lengths: NDArray[np.int32], losses: NDArray[np.float32], starts: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The learned tokens between each start and the next."""
    totals = np.concatenate([[0], np.cumsum(np.where(losses > 0, lengths, 0), dtype=np.int64)])
    found: NDArray[np.int64] = np.diff(totals[starts])
    return found
