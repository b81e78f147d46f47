"""A shard of drafts and their jobs > examples by reference, with the ids that are not slices of the pool, on disk."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from longgrain.arrange import LAYOUTS, Job
from longgrain.chat import ChatTemplate
from longgrain.context import Asked, Layer, Laying
from longgrain.draws import Rows
from longgrain.encode import Straddling
from longgrain.engine import atomic
from longgrain.plan import Plan
from longgrain.rows import lists, lists_of
from longgrain.shells import Shells
from longgrain.store import Store
from longgrain.stretch import Splicer
from longgrain.tokens import Tokenizer
from longgrain.types import SIDES, Dropped, Side, content_id

# Arrays whose size grows with the examples lie in plain files and are read piece by piece, so that
# memory does not grow with them (pages of a memory map would count as ours).
_EXTRA: dict[str, type[np.generic]] = {
    "context": np.int32,
    "slices": np.int64,
    "ids": np.int32,
    "run_lengths": np.int32,
    "run_roles": np.int8,
    "run_losses": np.float32,
}
# What laying needs to know of a draft.
_READ = ["id", "side", "language", "lines", "evidence", "rivals", "hard", "messages"]
EXAMPLES_A_GROUP = 4096
RUNS = ("run_lengths", "run_roles", "run_losses")


@dataclass(frozen=True, slots=True, kw_only=True)
class LayoutShard:
    """One row group of drafts.parquet, the jobs of its drafts, and where the results go."""

    number: int
    first: int
    jobs: tuple[Job, ...]
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


class Made(NamedTuple):
    """An example that was laid."""

    side: Side
    id: str
    draft: int
    laying: Laying


def _write(shard: LayoutShard, folder: Path) -> None:
    with pq.ParquetFile(shard.drafts) as file:
        table = file.read_row_group(shard.number, columns=_READ)
    sides = table.column("side").to_pylist()
    drafts = list(_asked(shard, table))
    made: list[Made] = []
    dropped: list[Dropped] = []
    shells = Shells.open(shard.work)
    for side, layer in _layers(shard, shells):
        mine = [one for one, own in zip(drafts, sides, strict=True) if own == side]
        for asked, laying in zip(mine, layer.lay(mine), strict=True):
            if isinstance(laying, Dropped):
                dropped.append(laying)
                continue
            name = content_id("example", asked.id, shard.plan.seed, laying.grains.tobytes())
            # Evidence in a pool is stored as its complement.
            laying.grains[laying.places] = ~laying.grains[laying.places]
            made.append(Made(side, name, asked.draft, laying))
    made.sort(key=lambda one: one.draft)
    _write_extra(folder, [one.laying for one in made])
    around = shells.table[[one.draft for one in made], 5:8]
    pq.write_table(_table(made, around), folder / "examples.parquet")
    guards = {
        "grain that might answer too, kept out of a context": sum(o.laying.guarded for o in made),
        "near-duplicate of the evidence, kept out of a context": sum(o.laying.twins for o in made),
    }
    counted = {"dropped": [asdict(one) for one in dropped], "guards": guards}
    (folder / "counted.json").write_bytes(orjson.dumps(counted))


def _asked(shard: LayoutShard, table: pa.Table) -> Iterator[Asked]:
    plain = (table.column(name).to_pylist() for name in ("id", "language", "lines"))
    listed = (lists_of(table.column(name)) for name in ("evidence", "rivals", "hard"))
    columns = zip(*plain, *listed, table.column("messages"), shard.jobs, strict=True)
    for draft, values in enumerate(columns, shard.first):
        yield Asked(draft, *values)


def _layers(shard: LayoutShard, shells: Shells) -> Iterator[tuple[Side, Layer]]:
    store = Store(folder=shard.work / "store")
    sides = np.load(shard.work / "sides.npy")
    template = ChatTemplate.of(shard.plan, shard.tokenizer)
    groups = np.load(shard.work / "groups.npy")
    splicer = Splicer.of(store)
    for code, side in enumerate(SIDES):
        yield (
            side,
            Layer(
                store=store,
                shells=shells,
                template=template,
                splicer=splicer,
                usable=sides == code,
                groups=groups,
                layout=shard.plan.layout,
                seed=shard.plan.seed,
            ),
        )


def _write_extra(folder: Path, made: Sequence[Laying]) -> None:
    own = [one.runs for one in made if one.runs is not None]
    arrays: dict[str, list[NDArray[Any]]] = {
        "context": [one.grains for one in made],
        "slices": [one.slices for one in made if one.slices is not None],
        "ids": [one.ids for one in made if one.ids is not None],
        **{name: [some[i] for some in own] for i, name in enumerate(RUNS)},
    }
    for name, kind in _EXTRA.items():
        np.concatenate([np.zeros(0, kind), *arrays[name]], dtype=kind).tofile(
            folder / f"{name}.bin"
        )


def _table(made: Sequence[Made], around: NDArray[np.int32]) -> pa.Table:
    """One row an example; ``around`` are the tokens that reach over borders around its context."""
    layings = [one.laying for one in made]
    whole = np.array([one.is_whole for one in layings], bool)
    over = np.array([one.straddling for one in layings], np.int32).reshape(-1, 3)
    over += np.where(whole[:, None], 0, around)
    return pa.table(
        {
            "side": pa.array([one.side for one in made], pa.string()),
            "id": pa.array([one.id for one in made], pa.string()),
            "draft": np.array([one.draft for one in made], np.int32),
            "layout": np.array([one.layout for one in layings], np.int8),
            "grains": np.array([len(one.grains) for one in layings], np.int32),
            "depths": pa.array([one.depths for one in layings], pa.list_(pa.float32())),
            "tokens": np.array([one.tokens for one in layings], np.int32),
            "extra_slices": np.array([_size(one.slices) for one in layings], np.int32),
            "extra_ids": np.array([_size(one.ids) for one in layings], np.int32),
            "extra_runs": np.array(
                [_size(one.runs.lengths if one.runs else None) for one in layings], np.int32
            ),
            "whole": whole,
            **dict(zip(Straddling._fields, over.T, strict=True)),
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
        sizes = {"context": "grains", "slices": "extra_slices", "ids": "extra_ids"}
        sizes |= dict.fromkeys(RUNS, "extra_runs")
        self._starts = {name: _starts(self.column(size)) for name, size in sizes.items()}

    def __len__(self) -> int:
        return len(self._table)

    @property
    def names(self) -> pa.StringArray:
        """The id of each example."""
        return self._table.column("id").combine_chunks()

    def column(self, name: str) -> NDArray[Any]:
        """One column as an array."""
        return np.asarray(self._table.column(name).to_numpy())

    def values(self, name: str) -> list[Any]:
        """One column as Python values."""
        listed: list[Any] = self._table.column(name).to_pylist()
        return listed

    def context(self, example: int) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
        """The grain numbers of an example's context, and which of them are evidence in a pool."""
        stored = self.read("context", np.array([example])).values
        return grains_of(stored), stored < 0

    def read(self, name: str, examples: NDArray[np.int64]) -> Rows:
        """What was stored of some examples under one name: context, slices, ids, or runs."""
        kind, starts = np.dtype(_EXTRA[name]), self._starts[name]
        shards = np.searchsorted(self._first, examples, "right") - 1
        counts = starts[examples + 1] - starts[examples]
        held = np.flatnonzero(counts)
        places = starts[examples] - starts[self._first[shards]]
        columns = (shards[held], counts[held] * kind.itemsize, places[held] * kind.itemsize)
        asked = zip(*(column.tolist() for column in columns), strict=True)
        raw = [os.pread(self._file(shard, name), size, at) for shard, size, at in asked]
        return Rows(np.frombuffer(b"".join(raw), kind), counts)

    def _file(self, shard: int, name: str) -> int:
        if (shard, name) not in self._files:
            path = self._places[shard] / f"{name}.bin"
            self._files[shard, name] = os.open(path, os.O_RDONLY)
        return self._files[shard, name]

    def close(self) -> None:
        """Closes the files."""
        for descriptor in self._files.values():
            os.close(descriptor)
        self._files.clear()


def grains_of(stored: NDArray[np.int32]) -> NDArray[np.int32]:
    """Grain numbers of a stored context, in which evidence stands as its complement, below 0."""
    return stored ^ (stored >> 31)


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


def write_examples(
    path: Path, laid: Laid, numbers: NDArray[np.int64], more: pa.Table | None = None
) -> None:
    """examples-SIDE.parquet: each example by reference, its context as grain numbers.

    ``more`` are further columns, one row for each example that was laid.
    """
    ids, depths, tokens = laid.values("id"), laid.values("depths"), laid.column("tokens")
    drafts, layouts = laid.column("draft"), laid.column("layout")
    beside = (more or pa.table({})).combine_chunks()
    schema = pa.unify_schemas([EXAMPLES, beside.schema])
    with (
        atomic(path) as part,
        pq.ParquetWriter(
            part,
            schema,
            compression="zstd",
            compression_level=9,
            use_dictionary=["layout"],
            column_encoding=_SPLIT,
            write_statistics=False,
        ) as writer,
    ):
        for first in range(0, len(numbers), EXAMPLES_A_GROUP):
            some = numbers[first : first + EXAMPLES_A_GROUP].tolist()
            contexts = laid.read("context", numbers[first : first + EXAMPLES_A_GROUP])
            columns = [
                pa.array([ids[i] for i in some], pa.string()),
                pa.array(drafts[some]),
                pa.array([LAYOUTS[layouts[i]] for i in some], pa.string()),
                lists(grains_of(contexts.values), contexts.counts),
                pa.array([depths[i] for i in some], pa.list_(pa.float32())),
                pa.array(tokens[some]),
                *(column.chunk(0).take(pa.array(some)) for column in beside.columns),
            ]
            writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))
