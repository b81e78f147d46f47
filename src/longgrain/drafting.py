"""Grains of every side, recipes and a teacher > drafts.parquet, shells and what was dropped, in the work folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from longgrain.calls import Ledger
from longgrain.chat import ChatTemplate
from longgrain.drafts import BATCH, DraftWriter
from longgrain.engine import atomic
from longgrain.folder import Building
from longgrain.make import SideMaterials, component, make, side_shares
from longgrain.plan import Plan
from longgrain.shells import ShellWriter, writing
from longgrain.sides import Sided
from longgrain.store import Store
from longgrain.types import SIDES, Draft, Dropped, Side


def draft(here: Building, store: Store, sided: Sided, template: ChatTemplate) -> None:
    """The step: drafts, shells and what was dropped, unless an earlier build left them whole."""
    done = here.work / "drafted.json"
    if not done.exists():
        here.tell("drafting")
        with Ledger(here.folder / "calls.sqlite") as ledger:
            counts = _write_drafts(here, _materials(here, store, sided, ledger), template)
            counts["teacher"] = _teacher(here.plan) | asdict(ledger.counts) | _paid(ledger)
        with atomic(done) as part:
            part.write_bytes(orjson.dumps(counts))
    here.tally.drafted(orjson.loads(done.read_bytes()))


def _paid(ledger: Ledger) -> dict[str, Any]:
    """Tokens and money of all stored calls, those of earlier and stopped builds here included."""
    total = asdict(ledger.total())
    return {name: total[name] for name in ("prompt_tokens", "reply_tokens", "money")}


def _teacher(plan: Plan) -> dict[str, Any]:
    """The teacher as the ledger knows it; money is in the currency that the teacher counts in."""
    teacher = component("teachers", plan.teacher.use, plan.teacher.settings)
    currency = str(getattr(teacher, "currency", ""))
    return {"name": str(teacher.name), "version": str(teacher.version), "currency": currency}


def _materials(
    here: Building, store: Store, sided: Sided, ledger: Ledger
) -> dict[Side, SideMaterials]:
    teacher = component("teachers", here.plan.teacher.use, here.plan.teacher.settings)
    shares = side_shares(here.plan)
    return {
        side: SideMaterials(
            side=side,
            seed=here.plan.seed,
            store=store,
            usable=sided.sides == SIDES.index(side),
            languages=store.document("language"),
            teacher=teacher,
            ledger=ledger,
            folder=Path(here.plan.folder),
            shares=shares,
        )
        for side in shares
    }


def _write_drafts(
    here: Building, materials: Mapping[Side, SideMaterials], template: ChatTemplate
) -> dict[str, Any]:
    """Streams drafts to disk; what was made and dropped, by side and kind."""
    made: Counter[str] = Counter()
    dropped: Counter[str] = Counter()
    waiting: list[tuple[Draft, Side]] = []
    writer = DraftWriter(here.work / "drafts.parquet")
    lost_path = here.work / "draft-dropped.jsonl"
    texts = next(iter(materials.values())).store.texts
    with writing(here.work, template, texts) as shells, lost_path.open("wb") as lost:
        for side, item in make(here.plan, materials):
            if isinstance(item, Dropped):
                lost.write(orjson.dumps(asdict(item)) + b"\n")
                dropped[item.step] += 1
                continue
            made[f"{side}/{item.meta.get('kind', item.recipe)}"] += 1
            waiting.append((item, side))
            if len(waiting) == BATCH:
                _flush(waiting, writer, shells)
        _flush(waiting, writer, shells)
    writer.close()
    guards = sum((one.guards for one in materials.values()), Counter[str]())
    return {"made": made, "dropped": dropped, "guards": guards}


def _flush(waiting: list[tuple[Draft, Side]], writer: DraftWriter, shells: ShellWriter) -> None:
    if waiting:
        writer.add(waiting)
        shells.add([draft for draft, _ in waiting])
        waiting.clear()
