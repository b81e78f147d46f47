"""Grains of every side, recipes and a teacher > drafts.parquet, shells and what was dropped, in the work folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from longgrain.calls import Ledger
from longgrain.caps import Caps
from longgrain.chat import ChatTemplate
from longgrain.drafts import BATCH, DraftWriter
from longgrain.engine import atomic
from longgrain.folder import Building
from longgrain.forecast import counted, keep, kept
from longgrain.made import write_made
from longgrain.make import component, make, side_shares
from longgrain.materials import SideMaterials
from longgrain.prompts import Prompts
from longgrain.protocols import Teacher
from longgrain.rehearsal import rehearsing, sample
from longgrain.reviewed import Reviewed, sentences
from longgrain.shells import ShellWriter, writing
from longgrain.sides import Sided
from longgrain.spans import quotes
from longgrain.stages import keep_stages, stage_of
from longgrain.store import Store
from longgrain.tokens import Tokenizer
from longgrain.types import SIDES, Draft, Dropped, Side
from longgrain.yields import Sampled

# What the manifest says of the calls for one recipe.
COUNTED = ("asked", "answered", "refused", "prompt_tokens", "reply_tokens", "money")
# Drafts that are rehearsed before a build that begins without a forecast.
REHEARSED = 60
# A pilot gives up on a kind sooner than a build: a model that cannot do it must not cost much.
PILOT_PATIENCE = 100
PRICES = ("price_per_million_prompt", "price_per_million_reply", "price_per_million_cached")


def draft(here: Building, store: Store, sided: Sided, template: ChatTemplate) -> None:
    """The step: drafts, shells and what was dropped, unless an earlier build left them whole.

    Raises TeacherWaits, with the requests written down, where a teacher answers by file.
    """
    done = here.work / "drafted.json"
    if not done.exists():
        here.tell("drafting")
        entry = here.plan.teacher
        caps = Caps(max_money=entry.max_money, max_calls=entry.max_calls)
        teacher = component("teachers", entry.use, entry.settings)
        before = kept(here.folder, here.plan.id)
        paid = before.asked if before else ()
        with Ledger(here.calls, caps, paid) as ledger, opened(teacher, here.folder):
            materials = _materials(here, store, sided, ledger, teacher)
            counts = _write_drafts(here, materials, template)
            counts["teacher"] = _told(teacher, caps, ledger) | {"calls": spent(ledger, materials)}
            counts["notes"] = [*_notes(ledger), *sentences(counts["review"])]
            counts["keys"] = list(ledger.places) if here.ledger else []
        with atomic(done) as part:
            part.write_bytes(orjson.dumps(counts))
    here.tally.drafted(orjson.loads(done.read_bytes()))


@contextmanager
def opened(teacher: Any, folder: Path) -> Iterator[None]:
    """A teacher at work in a folder, told when drafting begins and ends, if it wants to know."""
    if hasattr(teacher, "begin"):
        teacher.begin(folder)
    yield
    if hasattr(teacher, "finish"):
        teacher.finish()


def _told(teacher: Any, caps: Caps, ledger: Ledger) -> dict[str, Any]:
    """What the manifest says of the teacher: tokens and money are those of all stored calls, earlier
    and stopped builds included; prices and caps are the plan's.
    """
    total = asdict(ledger.total())
    return {
        "name": str(teacher.name),
        "version": str(teacher.version),
        "currency": str(getattr(teacher, "currency", "")),
        **asdict(ledger.counts),
        **{name: total[name] for name in ("prompt_tokens", "reply_tokens", "money")},
        "recipes": {
            recipe: {name: getattr(counts, name) for name in COUNTED}
            for recipe, counts in ledger.by_recipe().items()
        },
        "prices": {name: getattr(teacher, name, None) for name in PRICES}
        | {"prices_of": str(getattr(teacher, "prices_of", None) or "")},
        "caps": asdict(caps),
    }


def spent(ledger: Ledger, materials: Mapping[Side, SideMaterials]) -> list[dict[str, Any]]:
    """What the calls for each side, kind and task cost, stored ones too, in the order of the plan.

    ``used`` of them were read when the last draft was made; 0 where no draft comes of the task.
    ``waves`` is how often the teacher was turned to now, with one or many of them.
    """
    found = []
    for label, counts in ledger.by_label().items():
        side, kind, task = label.split("/", 2)
        used = materials[side].used.get(label, 0)  # type: ignore[index]
        numbers = {name: getattr(counts, name) for name in (*COUNTED, "seconds")}
        names = {"side": side, "kind": kind, "task": task}
        found.append({**names, "used": used, "waves": ledger.waves[label], **numbers})
    return found


def _notes(ledger: Ledger) -> list[str]:
    """What a reader of the report must know of the teacher's calls."""
    if not ledger.capped:
        return []
    spent = f"{ledger.counts.held:,} requests were not asked"
    return [f"{ledger.capped[0].upper()}{ledger.capped[1:]}: {spent}, and drafting ended there"]


def _materials(
    here: Building, store: Store, sided: Sided, ledger: Ledger, teacher: Teacher
) -> dict[Side, SideMaterials]:
    @cache
    def tokenizer() -> Tokenizer:
        return Tokenizer.load(here.plan.tokenizer_path)

    def count_tokens(texts: Sequence[str]) -> Sequence[int]:
        counted: list[int] = tokenizer().encode(texts).lengths.tolist()
        return counted

    shares = side_shares(here.plan)
    words = Prompts(here.plan.prompts) if getattr(teacher, "prompted", False) else None
    return {
        side: SideMaterials(
            side=side,
            seed=here.plan.seed,
            store=store,
            usable=sided.sides == SIDES.index(side),
            sides=sided.sides,
            languages=store.document("language"),
            teacher=teacher,
            ledger=ledger,
            folder=Path(here.plan.folder),
            shares=shares,
            prompts=words,
            count_tokens=count_tokens,
            longest=here.plan.row_length,
            layout=here.plan.layout,
            benchmarks=[here.plan.path(name) for name in here.plan.decontaminate],
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
    quoted: set[str] = set()
    stages: list[int] = []
    writer = DraftWriter(here.work / "drafts.parquet")
    lost_path = here.work / "draft-dropped.jsonl"
    texts = next(iter(materials.values())).store.texts
    reviewed = Reviewed.of(here.plan)
    with writing(here.work, template, texts) as shells, lost_path.open("wb") as lost:
        patience = PILOT_PATIENCE if here.ledger else 0
        for side, item in make(here.plan, materials, patience, reviewed):
            if isinstance(item, Dropped):
                lost.write(orjson.dumps(item) + b"\n")
                dropped[item.step] += 1
                continue
            made[f"{side}/{item.meta.get('kind', item.recipe)}"] += 1
            quoted.update(one.doc_id for view in item.every_view.values() for one in quotes(view))
            stages.append(stage_of(item))
            waiting.append((item, side))
            if len(waiting) == BATCH:
                _flush(waiting, writer, shells)
        _flush(waiting, writer, shells)
    writer.close()
    keep_stages(here.work, stages)
    write_made(here.work / "store", materials, quoted)
    guards, changed, unchanged = (
        sum((getattr(one, name) for one in materials.values()), Counter[str]())
        for name in ("guards", "changed", "unchanged")
    )
    altered = {"done": changed, "not done": unchanged}
    counted = {"made": made, "dropped": dropped, "guards": guards, "altered": altered}
    return counted | {"review": reviewed.told()}


def foresee(here: Building, store: Store, sided: Sided) -> None:
    """Keeps a forecast of calls and tokens in the run's folder, unless one of the plan is there.

    A teacher that costs something is not asked: a few drafts are rehearsed (`longgrain.rehearsal`).
    """
    plan = sample(rehearsing(here.plan), REHEARSED)
    if plan.teacher == here.plan.teacher or kept(here.folder, here.plan.id):
        return
    here.tell("counting what will be asked")
    teacher = component("teachers", plan.teacher.use, plan.teacher.settings)
    with Ledger(":memory:") as ledger:
        materials = _materials(replace(here, plan=plan), store, sided, ledger, teacher)
        drafts = ((side, one) for side, one in make(plan, materials) if isinstance(one, Draft))
        made = Counter(f"{side}/{one.meta.get('kind', one.recipe)}" for side, one in drafts)
        sampled = Sampled(plan=plan, calls=spent(ledger, materials), made=made)
    grains = {side: len(one.grains) for side, one in materials.items()}
    keep(counted(here.plan, sampled, grains), here.folder)


def _flush(waiting: list[tuple[Draft, Side]], writer: DraftWriter, shells: ShellWriter) -> None:
    if waiting:
        writer.add(waiting)
        shells.add([draft for draft, _ in waiting])
        waiting.clear()
