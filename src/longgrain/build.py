"""A plan > a finished run: reads, cuts, splits, drafts, lays out, packs and reports, going on where it stopped.

Every step leaves whole files in the run's ``work`` folder or none, and takes what an earlier run of
the same plan left there. The folder goes when the run is finished.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from longgrain import engine
from longgrain.account import Account
from longgrain.balance import balance
from longgrain.chat import ChatTemplate
from longgrain.corpus import Source, documents, sources
from longgrain.delivery import pack_sides, write_all_rows, write_tables
from longgrain.doubts import problems
from longgrain.drafting import draft, foresee
from longgrain.engine import atomic
from longgrain.errors import PlanError
from longgrain.folder import Building, Progress, alone, finish, prepare, seldom_collected
from longgrain.ingest import IngestShard, ingest
from longgrain.inputs import keep, named
from longgrain.laying import lay_out_all
from longgrain.layouts import Laid
from longgrain.make import side_shares, wishes
from longgrain.manifest import sha256_of, write_manifest
from longgrain.plan import Plan
from longgrain.prompts import Prompts
from longgrain.reviewed import decided_id
from longgrain.run import Run
from longgrain.sides import Sided, assign
from longgrain.store import Store, dropped_while_reading, merge
from longgrain.tokens import Tokenizer
from longgrain.types import Document, Dropped, content_id

# Sources are read together up to so many bytes: small enough to share out, large enough to encode fast.
SHARD_BYTES = 4 << 20
# Texts on which a faster encoder must agree, and characters of each.
SAMPLES, SAMPLE_SIZE = 12, 20_000


def build(
    plan: Plan | str | Path,
    out: str | Path | None = None,
    *,
    workers: int = 1,
    replace: bool = False,
    tell: Progress = lambda words: None,
    ledger: str | Path | None = None,
) -> Run:
    """Builds a plan into a folder (``runs/NAME`` unless told otherwise) and gives the finished run.

    A build that was stopped goes on where it stopped. ``replace`` makes room for a changed plan;
    the stored calls of teachers stay; they lie in ``ledger``, or in the folder. Raises PlanError, SourceError, TokenizerError, RunError.
    """
    plan = plan if isinstance(plan, Plan) else Plan.load(plan)
    folder = Path(out) if out else Path("runs") / plan.name
    found = sources(*(place(plan, name) for name in plan.sources), readers=plan.readers)
    state = {"plan": plan.id, "inputs": _inputs_id(plan, found)}
    here = Building(
        plan=plan,
        folder=folder,
        workers=workers,
        tell=tell,
        ledger=Path(ledger) if ledger else None,
    )
    with alone(folder):
        if not prepare(here, state, replace=replace):
            _steps(here, found)
    return Run(folder)


def place(plan: Plan, name: str) -> str:
    """A source of a plan as a path from here, or as it is where it is an address."""
    scheme = ":" in name and not plan.path(name).exists()
    return name if scheme else str(plan.path(name))


def _inputs_id(plan: Plan, found: Sequence[Source]) -> str:
    """The hash of all that is read: the sources, and the files that the plan names beside them."""
    read = [*found, *sources(*(plan.path(name) for name in plan.decontaminate))]
    beside = [plan.path(name) for name in (plan.tokenizer, plan.template)]
    beside += [*named(plan), *(Prompts(plan.prompts).files if plan.prompts else [])]
    return content_id(
        *(part for one in read for part in (one.name, one.sha256)),
        *(sha256_of(path) for path in beside if path.is_file()),
        *decided_id(plan),
    )


def _steps(here: Building, found: Sequence[Source]) -> None:
    files = keep(here.plan, here.folder)
    with here.tally.step("read"):
        tokenizer = _tokenizer(here.plan, found)
        store = _read(here, found, tokenizer)
    with here.tally.step("split"):
        sided = _split(here, store)
    template = ChatTemplate.of(here.plan, tokenizer)
    if not here.ledger:
        foresee(here, store, sided)
    with here.tally.step("draft"), seldom_collected():
        draft(here, store, sided, template)
    store = Store(folder=store.folder)  # texts that drafting has looked at are let go
    with here.tally.step("assemble"):
        places = lay_out_all(here, store, sided, tokenizer)
        laid = Laid(places)
    with here.tally.step("balance"):
        balanced = balance(here, store, laid, found)
    with here.tally.step("pack"):
        packings = pack_sides(here, laid, balanced.times if balanced else None)
    with here.tally.step("rows"):
        rows = write_all_rows(here, laid, places, packings)
        columns = balanced.columns if balanced else None
        write_tables(here, store, sided, laid, packings, columns)
    account = Account(
        plan=here.plan,
        folder=here.folder,
        workers=here.workers,
        tally=here.tally,
        inputs=found,
        tokenizer=tokenizer,
        store=store,
        sided=sided,
        laid=laid,
        balanced=balanced,
        packed=packings,
        rows=rows,
        wished=wishes(here.plan, list(side_shares(here.plan))),
    )
    write_manifest(here.folder, account.manifest() | {"files": files})
    laid.close()
    finish(here)


def _tokenizer(plan: Plan, found: Sequence[Source]) -> Tokenizer:
    """The plan's tokenizer, with the faster encoder where it agrees on samples of the documents."""
    chosen = [one for one in found if one.reader][:: max(1, len(found) // SAMPLES)][:SAMPLES]
    samples = []
    for source in chosen:
        items = documents(source, readers=plan.readers)
        first = next((one for one in items if isinstance(one, Document)), None)
        samples += [first.text[:SAMPLE_SIZE]] if first else []
    return Tokenizer.load(plan.tokenizer_path).agreeing(samples)


def _read(here: Building, found: Sequence[Source], tokenizer: Tokenizer) -> Store:
    here.tell(f"reading {len(found)} sources")
    shards = [
        IngestShard(
            number=number,
            sources=tuple(some),
            folder=here.work,
            plan=here.plan,
            tokenizer=tokenizer,
        )
        for number, some in enumerate(_by_bytes(found))
    ]
    if not (here.work / "store").exists():
        places = list(engine.run(ingest, shards, workers=here.workers))
        store = merge(places, here.work / "store")
    store = Store(folder=here.work / "store")
    for shard in shards:
        shutil.rmtree(shard.place, ignore_errors=True)
    dropped = dropped_while_reading(store)
    here.tally.count(
        "read", asked=len(store.doc_ids) + len(dropped), made=len(store.doc_ids), dropped=dropped
    )
    if not store.doc_ids:
        raise PlanError(
            f"none of the sources {list(here.plan.sources)} gave a document "
            f"({len(dropped)} items were dropped: {_reasons(dropped)}); check the paths"
        )
    return store


def _reasons(dropped: Sequence[Dropped]) -> str:
    return "; ".join(f"{n} x {reason}" for reason, n in Counter(d.reason for d in dropped).items())


def _by_bytes(found: Sequence[Source]) -> Iterator[list[Source]]:
    some: list[Source] = []
    for one in found:
        some.append(one)
        if sum(source.bytes for source in some) >= SHARD_BYTES:
            yield some
            some = []
    if some:
        yield some


def _split(here: Building, store: Store) -> Sided:
    here.tell("looking for near-duplicates and splitting")
    sided = assign(store, here.plan)
    for name, array in (("sides", sided.sides), ("groups", sided.groups)):
        with atomic(here.work / f"{name}.npy") as part, part.open("wb") as file:
            np.save(file, array)
    here.tally.count(
        "split",
        asked=len(sided.sides),
        made=int((sided.sides >= 0).sum()),
        dropped=sided.dropped,
    )
    if found := problems(here.plan, store, sided):
        raise PlanError("; ".join(found))
    return sided
