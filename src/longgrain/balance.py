"""Laid examples > how often each stands in the rows, at the wished mix; those left out, with the reason.

Only the sides that ``balance.sides`` names are changed, as a rule the training side alone: what
is held out must stay what it was, or scores before and after would measure different questions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from longgrain.classes import Classes, Known
from longgrain.corpus import Source
from longgrain.difficulty import difficulty
from longgrain.folder import Building
from longgrain.layouts import Laid
from longgrain.learned import learned_tokens
from longgrain.mix import Bounds, Ints, taken
from longgrain.shells import Shells
from longgrain.shortfall import Mixed, said, wish_of
from longgrain.store import Store
from longgrain.types import SIDES, Dropped, Side
from longgrain.wished_mix import Balance

LEFT_OUT = "left out for the wished mix"


@dataclass(frozen=True, kw_only=True)
class Balanced:
    """How often each laid example stands in the rows (0: left out), and what is told of that.

    ``columns`` stand beside the examples in their table, ``told`` is the manifest's part by side.
    """

    times: Ints
    columns: pa.Table
    told: Mapping[Side, Mapping[str, Any]]

    def shortfalls(self, side: Side) -> list[str]:
        """What was wished for on a side and not met, in words."""
        found = self.told.get(side)
        return list(said(found)) if found else []


def balance(here: Building, store: Store, laid: Laid, sources: Sequence[Source]) -> Balanced | None:
    """The step; None where the plan wishes for no mix. Nothing is written, so nothing can be torn."""
    plan = here.plan.balance
    if plan is None:
        return None
    here.tell("balancing the mix")
    drafts = here.work / "drafts.parquet"
    hard = difficulty(store, laid, drafts)
    known = Known(
        plan=here.plan, store=store, laid=laid, drafts=drafts, sources=sources, levels=hard.levels
    )
    classes, learned = known.classes(), learned_tokens(laid, Shells.open(here.work))
    fits = laid.column("tokens") <= here.plan.row_length
    times, told = np.ones(len(laid), np.int64), {}
    side_of = np.array(laid.values("side"))
    names = laid.values("id")
    for side in SIDES:
        mine = np.flatnonzero((side_of == side) & fits)
        if len(mine):
            mixed = mix(plan if side in plan.sides else None, classes, learned, mine, names)
            times[mine] = mixed.times
            told[side] = _told(mixed)
    here.tally.count(
        "balance",
        asked=len(laid),
        made=int((times > 0).sum()),
        dropped=[_dropped(names[i], classes, i) for i in np.flatnonzero(times == 0).tolist()],
    )
    columns = {"times": pa.array(times, pa.int32()), "learned": pa.array(learned, pa.int32())}
    return Balanced(times=times, columns=pa.table(columns | hard.columns()), told=told)


def mix(
    plan: Balance | None,
    dimensions: Sequence[Classes],
    learned: Ints,
    mine: NDArray[np.intp],
    names: Sequence[str],
) -> Mixed:
    """How often the examples ``mine`` are taken; each once where there is no plan for their side."""
    own = [replace(one, numbers=one.numbers[mine]) for one in dimensions]
    found = Mixed(
        plan=plan or Balance(),
        learned=learned[mine],
        times=np.ones(len(mine), np.int64),
        dimensions=own,
        wishes={},
    )
    if plan is None:
        return found
    wishes = {place: wish_of(one) for place, one in enumerate(own) if any(one.wished)}
    # An id is a hash, so its order tells nothing of the example.
    order = np.array([int(names[i], 16) for i in mine.tolist()], np.uint64)
    bounds = Bounds(*plan.bounds, plan.keep)
    times = taken(found.weights, list(wishes.values()), bounds, order)
    return replace(found, wishes=wishes, times=times)


def _told(mixed: Mixed) -> dict[str, Any]:
    """What the manifest says of a side."""
    times, learned = mixed.times, mixed.learned
    counts = np.bincount(times, minlength=2)
    return {
        "measure": mixed.plan.measure,
        "balanced": bool(mixed.wishes),
        "before": {"examples": len(times), "learned": int(learned.sum())},
        "after": {"examples": int(times.sum()), "learned": int((learned * times).sum())},
        "times": {str(often): int(count) for often, count in enumerate(counts) if count},
        "dimensions": mixed.table(),
        "shortfalls": mixed.shortfalls(),
        "emptied": mixed.emptied(),
    }


def _dropped(name: str, classes: Sequence[Classes], example: int) -> Dropped:
    held = [f"{one.dimension} {one.names[one.numbers[example]]}" for one in classes if one.wished]
    return Dropped(step="balance", id=name, reason=LEFT_OUT, detail=", ".join(held))
