"""Stage numbers of drafts > an order among rows: those of one stage before those of the next.

A curriculum is an order, and best fit over the whole set leaves none. So a draft may have a stage
(``meta["stage"]``, from 0), and each stage is packed by itself. Examples without one, of recipes
that have no order, are spread over all stages alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from longgrain.bounds import Ints
from longgrain.engine import atomic
from longgrain.pack import Packing
from longgrain.repeats import pack_repeated
from longgrain.types import Draft

FILE = "stages.npy"
FREE = -1


def stage_of(draft: Draft) -> int:
    """The stage of a draft, `FREE` where it has none."""
    return int(draft.meta.get("stage", FREE))


def keep_stages(work: Path, stages: Sequence[int]) -> None:
    """Keeps the stages of all drafts, in their order; no file where none has one."""
    (work / FILE).unlink(missing_ok=True)
    if any(stage != FREE for stage in stages):
        with atomic(work / FILE) as part, part.open("wb") as file:
            np.save(file, np.asarray(stages, np.int32))


def kept_stages(work: Path) -> NDArray[np.int32] | None:
    """What `keep_stages` kept."""
    return np.load(work / FILE) if (work / FILE).exists() else None


def pack_in_stages(
    lengths: Ints,
    capacity: int,
    seed: int,
    stages: NDArray[np.int32] | None,
    times: Ints | None = None,
) -> Packing:
    """Rows that hold every item once, or so many ``times``, those of a stage before those of the next.

    ``stages``, shape (items,), is None where there is no order.
    """
    times = np.ones(len(lengths), np.int64) if times is None else times
    if stages is None or (stages == FREE).all():
        return pack_repeated(lengths, times, capacity, seed)
    spread = _spread(stages, seed)
    numbers = [np.flatnonzero(spread == stage) for stage in np.unique(spread)]
    packed = [pack_repeated(lengths[mine], times[mine], capacity, seed) for mine in numbers]
    sizes = np.concatenate([np.diff(one.offsets) for one in packed])
    return Packing(
        items=np.concatenate([own[one.items] for own, one in zip(numbers, packed, strict=True)]),
        offsets=np.concatenate([[0], np.cumsum(sizes)]),
        too_long=np.sort(
            np.concatenate([own[one.too_long] for own, one in zip(numbers, packed, strict=True)])
        ),
        stages=len(numbers),
    )


def _spread(stages: NDArray[np.int32], seed: int) -> NDArray[np.int32]:
    """The stages, those without one dealt out evenly and at random."""
    free = np.flatnonzero(stages == FREE)
    found = stages.copy()
    if len(free):
        count = int(stages.max()) + 1
        dealt = np.arange(len(free), dtype=np.int32) * count // len(free)
        found[np.random.Generator(np.random.PCG64(seed)).permutation(free)] = dealt
    return found
