"""A plan > a finished run: reads, cuts, splits, drafts, lays out, packs and reports, going on where it stopped.

Every step leaves whole files in the run's ``work`` folder or none, and takes what an earlier run of
the same plan left there. The folder goes when the run is finished.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from longgrain import engine
from longgrain.account import Account
from longgrain.arrange import Job, Light, Stretches, deal, tokens_to_next
from longgrain.calls import Ledger
from longgrain.card import write_card
from longgrain.chat import ChatTemplate
from longgrain.corpus import Source, documents, sources
from longgrain.drafts import BATCH, DraftWriter, read_drafts
from longgrain.engine import atomic
from longgrain.errors import PlanError, RunError
from longgrain.fill import RowCounts, RowShard, fill
from longgrain.forecast import problems
from longgrain.ingest import IngestShard, ingest
from longgrain.layouts import Laid, LayoutShard, counted, lay_out, write_examples
from longgrain.make import SideMaterials, component, make, side_shares, wishes
from longgrain.manifest import Tally, sha256_of, write_manifest
from longgrain.pack import Packing, pack
from longgrain.plan import Plan
from longgrain.report import write_report
from longgrain.run import Run, grains_table
from longgrain.shells import Shells, ShellWriter, writing
from longgrain.sides import Sided, assign
from longgrain.store import Store, dropped_while_reading, merge
from longgrain.tokens import Tokenizer
from longgrain.types import SIDES, Document, Draft, Dropped, Side, content_id

# Sources are read together up to so many bytes: small enough to share out, large enough to encode fast.
SHARD_BYTES = 4 << 20
# Rows of about so many tokens go into one file.
FILE_TOKENS = 32 << 20
# Texts on which a faster encoder must agree, and characters of each.
SAMPLES, SAMPLE_SIZE = 12, 20_000

# Which plan and inputs the folder is for.
STATE = "state.json"

Progress = Callable[[str], None]


@dataclass(kw_only=True)
class Building:
    """One build in progress: the plan, where its files lie, and what was counted so far."""

    plan: Plan
    folder: Path
    workers: int
    tell: Progress
    tally: Tally = field(default_factory=Tally)

    @property
    def work(self) -> Path:
        """Files between the steps."""
        return self.folder / "work"


def build(
    plan: Plan | str | Path,
    out: str | Path | None = None,
    *,
    workers: int = 1,
    replace: bool = False,
    tell: Progress = lambda words: None,
) -> Run:
    """Builds a plan into a folder (``runs/NAME`` unless told otherwise) and gives the finished run.

    A build that was stopped goes on where it stopped. ``replace`` makes room for a changed plan;
    the stored calls of teachers stay. Raises PlanError, SourceError, TokenizerError, RunError.
    """
    plan = plan if isinstance(plan, Plan) else Plan.load(plan)
    folder = Path(out) if out else Path("runs") / plan.name
    found = sources(*(_place(plan, name) for name in plan.sources))
    state = {"plan": plan.id, "inputs": _inputs_id(plan, found)}
    here = Building(plan=plan, folder=folder, workers=workers, tell=tell)
    if _prepare(here, state, replace=replace):
        return Run(folder)
    _steps(here, found)
    return Run(folder)


def _place(plan: Plan, name: str) -> str:
    scheme = ":" in name and not plan.path(name).exists()
    return name if scheme else str(plan.path(name))


def _inputs_id(plan: Plan, found: Sequence[Source]) -> str:
    """The hash of all that is read: the sources, and the files that the plan names beside them."""
    read = [*found, *sources(*(plan.path(name) for name in plan.decontaminate))]
    settings = [value for entry in plan.recipes for value in entry.settings.values()]
    beside = [
        plan.path(n) for n in (plan.tokenizer, plan.template, *settings) if isinstance(n, str)
    ]
    return content_id(
        *(part for one in read for part in (one.name, one.sha256)),
        *(sha256_of(path) for path in beside if path.is_file()),
    )


def _prepare(here: Building, state: Mapping[str, Any], *, replace: bool) -> bool:
    """Makes the folder ready; True if the run is already finished there."""
    mark = here.folder / STATE
    before = orjson.loads(mark.read_bytes()) if mark.is_file() else None
    if before == state and (here.folder / "manifest.json").is_file():
        _finish(here)
        return True
    if before is None and _is_foreign(here.folder):
        raise RunError(
            f"{here.folder} is no run of longgrain and is not empty, so nothing was written; give "
            "another folder with --out"
        )
    if before and before != state and not replace and _is_worth_keeping(here.folder):
        what = "another plan" if before.get("plan") != state["plan"] else "other documents"
        raise RunError(
            f"{here.folder} holds a run of {what}, and a run is never mixed; give another "
            "folder with --out, or --replace to build anew here (stored teacher calls are kept)"
        )
    if before is not None and before != state:
        _clear(here.folder)
    here.work.mkdir(parents=True, exist_ok=True)
    _mark(here.folder, state)
    with atomic(here.folder / "plan.yaml") as part:
        part.write_text(here.plan.as_yaml(), "utf-8")
    return False


def _finish(here: Building) -> None:
    """Writes the pages that tell of a run where they are missing, and clears up."""
    run = Run(here.folder)
    for name, write in (("README.md", write_card), ("report.html", write_report)):
        if not (here.folder / name).exists():
            here.tell("writing the report")
            write(run)
    shutil.rmtree(here.work, ignore_errors=True)


def _is_foreign(folder: Path) -> bool:
    """Whether the folder holds what no build left there before it wrote down its state."""
    own = ("work", f".part-{STATE}")
    return folder.exists() and any(path.name not in own for path in folder.iterdir())


def _is_worth_keeping(folder: Path) -> bool:
    """Whether a teacher was asked or a run finished; a build that stopped earlier read at most."""
    return any((folder / name).exists() for name in ("calls.sqlite", "manifest.json"))


def _mark(folder: Path, state: Mapping[str, str]) -> None:
    with atomic(folder / STATE) as part:
        part.write_bytes(orjson.dumps(state))


def _clear(folder: Path) -> None:
    """Removes all but the stored calls; an empty state says so, in case it is stopped."""
    _mark(folder, {})
    for path in folder.iterdir():
        if path.name.startswith("calls.sqlite") or path.name == STATE:
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _steps(here: Building, found: Sequence[Source]) -> None:
    with here.tally.step("read"):
        tokenizer = _tokenizer(here.plan, found)
        store = _read(here, found, tokenizer)
    with here.tally.step("split"):
        sided = _split(here, store)
    template = ChatTemplate.of(here.plan, tokenizer)
    with here.tally.step("draft"):
        _draft(here, store, sided, template)
    with here.tally.step("assemble"):
        places = _lay_out(here, store, sided, tokenizer)
        laid = Laid(places)
    with here.tally.step("pack"):
        packings = _pack(here, laid)
    with here.tally.step("rows"):
        rows = _rows(here, laid, places, packings)
        _write_tables(here, store, sided, laid, packings)
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
        packed=packings,
        rows=rows,
        wished=wishes(here.plan, list(side_shares(here.plan))),
    )
    write_manifest(here.folder, account.manifest())
    laid.close()
    _finish(here)


def _tokenizer(plan: Plan, found: Sequence[Source]) -> Tokenizer:
    """The plan's tokenizer, with the faster encoder where it agrees on samples of the documents."""
    chosen = [one for one in found if one.reader][:: max(1, len(found) // SAMPLES)][:SAMPLES]
    samples = []
    for source in chosen:
        first = next((one for one in documents(source) if isinstance(one, Document)), None)
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


def _draft(here: Building, store: Store, sided: Sided, template: ChatTemplate) -> None:
    done = here.work / "drafted.json"
    if not done.exists():
        here.tell("drafting")
        with Ledger(here.folder / "calls.sqlite") as ledger:
            counts = _write_drafts(here, _materials(here, store, sided, ledger), template)
            counts["teacher"] = _teacher(here.plan) | asdict(ledger.counts)
        with atomic(done) as part:
            part.write_bytes(orjson.dumps(counts))
    here.tally.drafted(orjson.loads(done.read_bytes()))


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
    with writing(here.work, template) as shells, lost_path.open("wb") as lost:
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


def _lay_out(here: Building, store: Store, sided: Sided, tokenizer: Tokenizer) -> list[Path]:
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
    names = ["side", "layout", "evidence", "rivals", "keep_order"]
    rows = list(read_drafts(here.work / "drafts.parquet", names))
    shells = Shells.open(here.work).tokens
    jobs: list[Job | None] = [None] * len(rows)
    counts: Counter[str] = Counter()
    kin = _kin(sided.groups)
    own = tokens_to_next(store.doc_tokens, store.token_starts, store.doc_cuts, store.starts)
    for code, side in enumerate(SIDES):
        mine = [i for i, row in enumerate(rows) if row["side"] == side]
        light = [
            Light(
                layout=rows[i]["layout"],
                evidence=tuple(rows[i]["evidence"]),
                rivals=(*rows[i]["rivals"], *_twins(rows[i]["evidence"], sided.groups, kin)),
                keep_order=rows[i]["keep_order"],
                shell=int(shells[i]),
            )
            for i in mine
        ]
        stretches = Stretches.of(sided.sides == code, store.cut_document, own)
        found, more = deal(light, here.plan.layout, stretches, here.plan.seed + code)
        counts += more
        for i, job in zip(mine, found, strict=True):
            jobs[i] = job
    return [job for job in jobs if job is not None], counts


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


def _pack(here: Building, laid: Laid) -> dict[Side, tuple[NDArray[np.int64], Packing]]:
    here.tell("packing")
    side_of, lengths = np.array(laid.values("side")), laid.column("tokens").astype(np.int64)
    found = {}
    too_long: list[Dropped] = []
    names = laid.values("id")
    for side in SIDES:
        mine = np.flatnonzero(side_of == side)
        if not len(mine):
            continue
        packing = pack(lengths[mine], here.plan.row_length, here.plan.seed)
        found[side] = (mine, packing)
        too_long += [
            Dropped(
                step="pack",
                id=names[int(mine[i])],
                reason="longer than a row",
                detail=f"{int(lengths[mine[i]])} tokens of {here.plan.row_length}",
            )
            for i in packing.too_long.tolist()
        ]
    made = len(lengths) - len(too_long)
    here.tally.count("pack", asked=len(lengths), made=made, dropped=too_long)
    return found


def _rows(
    here: Building,
    laid: Laid,
    places: Sequence[Path],
    packings: Mapping[Side, tuple[NDArray[np.int64], Packing]],
) -> dict[Side, list[RowCounts]]:
    here.tell("writing rows")
    lengths = laid.column("tokens").astype(np.int64)
    counts: dict[Side, list[RowCounts]] = {}
    for side, (mine, packing) in packings.items():
        shards = list(_row_shards(here, side, mine, packing, lengths, places))
        counts[side] = list(engine.run(fill, shards, workers=here.workers))
        _whole(side, counts[side], lengths[mine[packing.items]])
    packed = sum(len(packing.items) for _, packing in packings.values())
    here.tally.count("rows", asked=packed, made=packed, dropped=[])
    return counts


def _whole(side: Side, written: Sequence[RowCounts], lengths: NDArray[np.int64]) -> None:
    """Raises if the rows of a side do not hold every token of its packed examples."""
    tokens = sum(one.tokens for one in written)
    if tokens != int(lengths.sum()):
        raise AssertionError(
            f"rows of {side}: examples of {int(lengths.sum())} tokens, but {tokens} written"
        )


def _row_shards(
    here: Building,
    side: Side,
    mine: NDArray[np.int64],
    packing: Packing,
    lengths: NDArray[np.int64],
    places: Sequence[Path],
) -> Iterator[RowShard]:
    items = mine[packing.items]
    ends = np.cumsum(lengths[items])[packing.offsets[1:] - 1] if len(packing) else np.zeros(0, int)
    first = number = 0
    while first < len(packing):
        done = int(ends[first - 1]) if first else 0
        last = max(first + 1, int(np.searchsorted(ends, done + FILE_TOKENS)))
        low, high = int(packing.offsets[first]), int(packing.offsets[last])
        yield RowShard(
            number=number,
            path=here.folder / f"rows-{side}-{number:05d}.parquet",
            work=here.work,
            layouts=tuple(places),
            examples=items[low:high],
            row_sizes=np.diff(packing.offsets[first : last + 1]),
        )
        first, number = last, number + 1


def _write_tables(
    here: Building,
    store: Store,
    sided: Sided,
    laid: Laid,
    packings: Mapping[Side, tuple[NDArray[np.int64], Packing]],
) -> None:
    here.tell("writing tables")
    _write_documents(here, store, sided)
    tree = pq.read_table(store.folder / "tree.parquet")
    tokens = store.counts[:, 1] + store.counts[:, 2]
    grains = grains_table(
        store.cuts, store.headings, tokens, sided.sides, tree, store.document("nodes")
    )
    _write(grains, here.folder / "grains.parquet")
    shutil.copyfile(here.work / "drafts.parquet", here.folder / "drafts.parquet")
    for side, (mine, _) in packings.items():
        write_examples(here.folder / f"examples-{side}.parquet", laid, mine)
    lost = here.work / "draft-dropped.jsonl"
    here.tally.write_dropped(here.folder / "dropped.parquet", lost)


def _write_documents(here: Building, store: Store, sided: Sided) -> None:
    source = pa.memory_map(str(store.folder / "texts.arrow"))
    table = pa.table(
        {
            "id": store.doc_ids,
            "source": store.document("source"),
            "text": pa.ipc.open_file(source).read_all().column("text"),
            "meta": store.document("meta"),
            "language": store.document("language"),
            "tokens": store.document("tokens"),
            "side": sided.documents,
        }
    )
    _write(table, here.folder / "documents.parquet")


def _write(table: pa.Table, path: Path) -> None:
    with atomic(path) as part:
        pq.write_table(table, part, compression="zstd", row_group_size=1 << 16)
