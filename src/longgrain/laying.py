"""Drafts in the work folder > jobs dealt out over the whole set, done shard by shard."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from longgrain import engine
from longgrain.arrange import NONE, Job, Light, Stretches, deal, tokens_to_next
from longgrain.drafts import BATCH
from longgrain.errors import PlanError
from longgrain.folder import Building
from longgrain.layouts import LayoutShard, counted, lay_out
from longgrain.rows import lists_of
from longgrain.shells import Shells
from longgrain.sides import Sided
from longgrain.store import Store
from longgrain.tokens import Tokenizer
from longgrain.types import SIDES


def lay_out_all(here: Building, store: Store, sided: Sided, tokenizer: Tokenizer) -> list[Path]:
    """The step: a context for every draft, as the folders of its shards."""
    here.tell("laying out contexts")
    jobs, counts = _deal(here, store, sided)
    here.tally.guards.update(counts)
    shards = [
        LayoutShard(
            number=number,
            first=first,
            jobs=tuple(jobs[first : first + BATCH]),
            work=here.work,
            drafts=here.work / "drafts.parquet",
            plan=here.plan,
            tokenizer=tokenizer,
        )
        for number, first in enumerate(range(0, len(jobs), BATCH))
    ]
    if not shards:
        raise PlanError(
            "no draft passed the checks, so there is nothing to lay out; see work/"
            "draft-dropped.jsonl for the reasons, or try other documents"
        )
    places = list(engine.run(lay_out, shards, workers=here.workers))
    dropped, guards = counted(places)
    here.tally.guards.update(guards)
    here.tally.count("assemble", asked=len(jobs), made=len(jobs) - len(dropped), dropped=dropped)
    return places


def _deal(here: Building, store: Store, sided: Sided) -> tuple[list[Job], Counter[str]]:
    names = ["side", "layout", "keep_order", "lines", "evidence", "rivals"]
    table = pq.read_table(here.work / "drafts.parquet", columns=names)
    sides, layouts, ordered, lines = (table.column(name).to_pylist() for name in names[:4])
    evidence, rivals = (lists_of(table.column(name)) for name in names[4:])
    shells = Shells.open(here.work).tokens.tolist()
    jobs: list[Job] = [Job(layout=NONE)] * len(table)
    counts: Counter[str] = Counter()
    kin = _kin(sided.groups)
    own = tokens_to_next(store.doc_tokens, store.doc_cuts, store.cut("before"))
    for code, side in enumerate(SIDES):
        mine = [i for i, one in enumerate(sides) if one == side]
        light = [
            Light(
                layout=layouts[i],
                evidence=evidence[i],
                rivals=rivals[i] + _twins(evidence[i], sided.groups, kin),
                keep_order=ordered[i],
                shell=shells[i],
                lined=bool(lines[i]),
            )
            for i in mine
        ]
        stretches = Stretches.of(sided.sides == code, store.cut_document, own)
        found, more = deal(light, here.plan.layout, stretches, here.plan.seed + code)
        counts += more
        for i, job in zip(mine, found, strict=True):
            jobs[i] = job
    return jobs, counts


def _kin(groups: NDArray[np.int32]) -> dict[int, list[int]]:
    """The cuts of each group of near-duplicates that has more than one."""
    order = np.argsort(groups, kind="stable")
    found, first, count = np.unique(groups[order], return_index=True, return_counts=True)
    several = np.flatnonzero(count > 1)
    return {int(found[i]): order[first[i] : first[i] + count[i]].tolist() for i in several}


def _twins(
    evidence: Sequence[int], groups: NDArray[np.int32], kin: Mapping[int, Sequence[int]]
) -> list[int]:
    """The near-duplicates of the evidence, which are not evidence themselves."""
    near = [cut for own in evidence for cut in kin.get(int(groups[own]), ())]
    return [cut for cut in near if cut not in evidence]
