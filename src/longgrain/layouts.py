"""A shard of drafts and their jobs > examples by reference, with the ids that are not slices of the pool, on disk."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from longgrain.arrange import LAYOUTS, POOL, Job
from longgrain.chat import ChatTemplate
from longgrain.context import Layer, Laying
from longgrain.engine import atomic
from longgrain.plan import Plan
from longgrain.rows import lists
from longgrain.shells import Runs, Shells
from longgrain.store import Store
from longgrain.tokens import Tokenizer
from longgrain.types import SIDES, Dropped, Side, content_id

# Arrays whose size grows with the examples lie in plain files and are read piece by piece, so that
# memory does not grow with them (pages of a memory map would count as ours).
_EXTRA: dict[str, type[np.generic]] = {
    "context": np.int32,
    "ids": np.int32,
    "run_lengths": np.int32,
    "run_roles": np.int8,
    "run_losses": np.float32,
}
# What laying needs to know of a draft.
_READ = ["id", "side", "language", "evidence", "rivals", "hard", "messages"]
EXAMPLES_A_GROUP = 4096
RUNS = ("run_lengths", "run_roles", "run_losses")


@dataclass(frozen=True, slots=True, kw_only=True)
class LayoutShard:
    """One row group of drafts.parquet, the jobs of its drafts, and where the results go."""

    number: int
    first: int
    jobs: tuple[Job | None, ...]
    work: Path
    drafts: Path
    plan: Plan
    tokenizer: Tokenizer

    @property
    def name(self) -> str:
        """Names the shard in errors."""
        return f"layout-{self.number:05d}"

    @property
    def place(self) -> Path:
        """The shard's own folder; it is there only when it is whole."""
        return self.work / self.name


def lay_out(shard: LayoutShard) -> Path:
    """Writes the shard's folder, whole or not at all, and gives its place."""
    if shard.place.exists():
        return shard.place
    with atomic(shard.place) as part:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        _write(shard, part)
    return shard.place


def _write(shard: LayoutShard, folder: Path) -> None:
    with pq.ParquetFile(shard.drafts) as file:
        rows = file.read_row_group(shard.number, columns=_READ).to_pylist()
    layers = _layers(shard)
    made: list[tuple[str, str, int, Laying]] = []
    dropped: list[dict[str, Any]] = []
    guards: Counter[str] = Counter()
    for offset, (values, job) in enumerate(zip(rows, shard.jobs, strict=True)):
        if job is None:
            continue
        found = layers[values["side"]].lay(shard.first + offset, values, job)
        if isinstance(found, Dropped):
            dropped.append(asdict(found))
            continue
        name = content_id("example", values["id"], shard.plan.seed, found.grains.tobytes())
        own = np.asarray(values["evidence"], np.int32)
        evidence = (found.grains[:, None] == own).any(1) & (found.layout == POOL)
        found = found._replace(grains=np.where(evidence, ~found.grains, found.grains))
        made.append((values["side"], name, shard.first + offset, found))
        guards.update(found.guards)
    _write_extra(folder, [one for *_, one in made])
    pq.write_table(_table(made), folder / "examples.parquet")
    counted = {"dropped": dropped, "guards": guards}
    (folder / "counted.json").write_bytes(orjson.dumps(counted))


def _layers(shard: LayoutShard) -> dict[Side, Layer]:
    store = Store(folder=shard.work / "store")
    sides = np.load(shard.work / "sides.npy")
    shells = Shells.open(shard.work)
    template = ChatTemplate.of(shard.plan, shard.tokenizer)
    groups = np.load(shard.work / "groups.npy")
    return {
        side: Layer(
            store=store,
            shells=shells,
            template=template,
            usable=sides == code,
            groups=groups,
            layout=shard.plan.layout,
            seed=shard.plan.seed,
        )
        for code, side in enumerate(SIDES)
    }


def _write_extra(folder: Path, made: Sequence[Laying]) -> None:
    own = [one.runs for one in made if one.runs is not None]
    arrays: dict[str, list[NDArray[Any]]] = {
        "context": [one.grains for one in made],
        "ids": [one.ids for one in made if one.ids is not None],
        **{name: [some[i] for some in own] for i, name in enumerate(RUNS)},
    }
    for name, kind in _EXTRA.items():
        np.concatenate([np.zeros(0, kind), *arrays[name]], dtype=kind).tofile(
            folder / f"{name}.bin"
        )


def _table(made: Sequence[tuple[str, str, int, Laying]]) -> pa.Table:
    layings = [one for *_, one in made]
    return pa.table(
        {
            "side": pa.array([side for side, *_ in made], pa.string()),
            "id": pa.array([name for _, name, *_ in made], pa.string()),
            "draft": np.array([draft for _, _, draft, _ in made], np.int32),
            "layout": np.array([one.layout for one in layings], np.int8),
            "grains": np.array([len(one.grains) for one in layings], np.int32),
            "depths": pa.array([one.depths for one in layings], pa.list_(pa.float32())),
            "tokens": np.array([one.tokens for one in layings], np.int32),
            "extra_ids": np.array([_size(one.ids) for one in layings], np.int32),
            "extra_runs": np.array(
                [_size(one.runs.lengths if one.runs else None) for one in layings], np.int32
            ),
            "whole": np.array([one.is_whole for one in layings], bool),
            "learned": np.array([one.straddling.learned for one in layings], np.int32),
            "masked": np.array([one.straddling.masked for one in layings], np.int32),
            "plain": np.array([one.straddling.plain for one in layings], np.int32),
        }
    )


def _size(array: NDArray[Any] | None) -> int:
    return 0 if array is None else len(array)


class Laid:
    """All examples of a run as they were laid, in the order of the drafts.

    Columns are small arrays in memory; contexts and the examples' own ids are read from their files
    when asked for.
    """

    def __init__(self, places: Sequence[Path]) -> None:
        tables = [pq.read_table(place / "examples.parquet") for place in places]
        self._table = pa.concat_tables(tables).combine_chunks()
        self._places = list(places)
        self._first = np.cumsum([0, *(len(table) for table in tables)])
        self._files: dict[tuple[int, str], int] = {}
        sizes = {"context": "grains", "ids": "extra_ids"}
        sizes |= dict.fromkeys(RUNS, "extra_runs")
        self._starts = {name: _starts(self.column(size)) for name, size in sizes.items()}

    def __len__(self) -> int:
        return len(self._table)

    def column(self, name: str) -> NDArray[Any]:
        """One column as an array."""
        return np.asarray(self._table.column(name).to_numpy())

    def values(self, name: str) -> list[Any]:
        """One column as Python values."""
        listed: list[Any] = self._table.column(name).to_pylist()
        return listed

    def context(self, example: int) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
        """The grain numbers of an example's context, and which of them are evidence in a pool."""
        stored = self._read("context", example)  # evidence stands as its complement, below 0
        return np.where(stored < 0, ~stored, stored), stored < 0

    def own(self, example: int) -> tuple[NDArray[np.int32], Runs]:
        """Ids and runs that were made for one example alone."""
        return self._read("ids", example), Runs(*(self._read(name, example) for name in RUNS))

    def _read(self, name: str, example: int) -> NDArray[Any]:
        shard = int(np.searchsorted(self._first, example, "right")) - 1
        starts = self._starts[name]
        at, end = int(starts[example]), int(starts[example + 1])
        base = int(starts[self._first[shard]])
        if (shard, name) not in self._files:
            path = self._places[shard] / f"{name}.bin"
            self._files[shard, name] = os.open(path, os.O_RDONLY)
        size = np.dtype(_EXTRA[name]).itemsize
        raw = os.pread(self._files[shard, name], (end - at) * size, (at - base) * size)
        return np.frombuffer(raw, _EXTRA[name])

    def close(self) -> None:
        """Closes the files."""
        for descriptor in self._files.values():
            os.close(descriptor)
        self._files.clear()


def _starts(sizes: NDArray[np.integer]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)]).astype(np.int64)


def counted(places: Sequence[Path]) -> tuple[list[Dropped], Counter[str]]:
    """What the shards dropped, in order, and how often each guard acted."""
    dropped: list[Dropped] = []
    guards: Counter[str] = Counter()
    for place in places:
        found = orjson.loads((place / "counted.json").read_bytes())
        dropped += [Dropped(**one) for one in found["dropped"]]
        guards.update(found["guards"])
    return dropped, guards


EXAMPLES = pa.schema(
    {
        "id": pa.string(),
        "draft": pa.int32(),
        "layout": pa.string(),
        "context": pa.list_(pa.int32()),
        "depths": pa.list_(pa.float32()),
        "tokens": pa.int32(),
    }
)
# Grain numbers are drawn at random, so a dictionary only costs; split bytes leave two of four to zstd.
_SPLIT = {"context.list.element": "BYTE_STREAM_SPLIT", "draft": "BYTE_STREAM_SPLIT"}


def write_examples(path: Path, laid: Laid, numbers: NDArray[np.int64]) -> None:
    """examples-SIDE.parquet: each example by reference, its context as grain numbers."""
    ids, depths, tokens = laid.values("id"), laid.values("depths"), laid.column("tokens")
    drafts, layouts = laid.column("draft"), laid.column("layout")
    with (
        atomic(path) as part,
        pq.ParquetWriter(
            part,
            EXAMPLES,
            compression="zstd",
            compression_level=9,
            use_dictionary=["layout"],
            column_encoding=_SPLIT,
            write_statistics=False,
        ) as writer,
    ):
        for first in range(0, len(numbers), EXAMPLES_A_GROUP):
            some = numbers[first : first + EXAMPLES_A_GROUP].tolist()
            contexts = [laid.context(i)[0] for i in some]
            values = np.concatenate([np.zeros(0, np.int32), *contexts])
            columns = [
                pa.array([ids[i] for i in some], pa.string()),
                pa.array(drafts[some]),
                pa.array([LAYOUTS[layouts[i]] for i in some], pa.string()),
                lists(values, np.array([len(one) for one in contexts], int)),
                pa.array([depths[i] for i in some], pa.list_(pa.float32())),
                pa.array(tokens[some]),
            ]
            writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=EXAMPLES))
