"""Packed examples, the token store and the shells > rows on disk: ids copied from slices, runs beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import repeat
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from longgrain.arrange import DOCUMENT, LAYOUTS, NONE, POOL, SHORT, STRETCH
from longgrain.draws import Rows, side_by_side
from longgrain.engine import atomic
from longgrain.layouts import RUNS, Laid, grains_of
from longgrain.rows import SCHEMA, lists, write_rows
from longgrain.shells import CODE, Runs, Shells
from longgrain.store import Store
from longgrain.tokens import Ints

# An example that was encoded as one conversation, whatever its layout.
WHOLE = len(LAYOUTS)
RUN = np.dtype([("lengths", np.int32), ("roles", np.int8), ("losses", np.float32)])
# Tokens in one row group: large enough that Parquet's work per group does not count, small enough
# that a reader holds one without thinking.
GROUP = 1 << 20
# Tokens of contexts that are joined at a time: they are still in the cache when they are copied on.
PIECE = 1 << 19


@dataclass(frozen=True, slots=True, kw_only=True)
class RowShard:
    """Rows that go into one file: for each, the numbers of its examples."""

    number: int
    path: Path
    work: Path
    layouts: tuple[Path, ...]
    examples: NDArray[np.int64]
    row_sizes: NDArray[np.int64]

    @property
    def name(self) -> str:
        """Names the shard in errors."""
        return self.path.name


class RowCounts(NamedTuple):
    """What one file of rows holds: tokens by role, those learned from, rows and tokens in all."""

    rows: int
    tokens: int
    by_role: list[int]
    learned_by_role: list[int]


def fill(shard: RowShard) -> RowCounts:
    """Writes one file of rows."""
    filler = Filler(
        Store(folder=shard.work / "store"), Shells.open(shard.work), Laid(shard.layouts)
    )
    by_role = np.zeros((2, len(CODE)), np.int64)
    tokens = 0

    def batches() -> Iterator[pa.RecordBatch]:
        nonlocal tokens
        for batch, runs, size in filler.batches(shard.examples, shard.row_sizes):
            by_role[0] += np.bincount(runs.roles, runs.lengths, len(CODE)).astype(np.int64)
            learned = runs.losses > 0
            by_role[1] += np.bincount(runs.roles[learned], runs.lengths[learned], len(CODE)).astype(
                np.int64
            )
            tokens += size
            yield batch

    with atomic(shard.path) as part:
        rows = write_rows(part, batches())
    filler.laid.close()
    return RowCounts(rows, tokens, by_role[0].tolist(), by_role[1].tolist())


class Filler:
    """Makes the ids and runs of examples from what lies on disk."""

    def __init__(self, store: Store, shells: Shells, laid: Laid) -> None:
        self.laid = laid
        self._store, self._shells = store, shells
        self._drafts = laid.column("draft")
        self._kinds = np.where(laid.column("whole"), WHOLE, laid.column("layout"))
        self._names = laid.names
        self._tokens = laid.column("tokens")
        self._buffer = np.zeros(0, np.int32)

    def batches(
        self, examples: NDArray[np.int64], row_sizes: NDArray[np.int64]
    ) -> Iterator[tuple[pa.RecordBatch, Runs, int]]:
        """Row groups of about `GROUP` tokens, with all their runs and their size."""
        ends = np.cumsum(row_sizes)
        sizes = np.cumsum(self._tokens[examples])[ends - 1] if len(ends) else ends
        first = 0
        while first < len(row_sizes):
            done = int(sizes[first - 1]) if first else 0
            last = max(first + 1, int(np.searchsorted(sizes, done + GROUP)))
            low = int(ends[first - 1]) if first else 0
            yield self._batch(examples[low : int(ends[last - 1])], row_sizes[first:last])
            first = last

    def _batch(
        self, examples: NDArray[np.int64], row_sizes: NDArray[np.int64]
    ) -> tuple[pa.RecordBatch, Runs, int]:
        kinds = self._kinds[examples]
        pools = self.laid.read("context", examples[kinds == POOL])
        listed = self._runs(examples, kinds, pools)
        runs = Runs(*(np.ascontiguousarray(listed.values[name]) for name in Runs._fields))
        lengths = self._tokens[examples]
        rows = np.concatenate([[0], np.cumsum(row_sizes)])
        token_sizes = np.add.reduceat(lengths, rows[:-1])
        run_sizes = np.add.reduceat(listed.counts, rows[:-1])
        ids = self._joined(self._ids(examples, kinds, pools), int(token_sizes.sum()))
        columns = [
            lists(ids, token_sizes),
            lists(lengths.astype(np.int32), row_sizes),
            pa.ListArray.from_arrays(pa.array(rows.astype(np.int32)), self._names.take(examples)),
            lists(runs.lengths, run_sizes),
            lists(runs.roles, run_sizes),
            lists(runs.losses, run_sizes),
        ]
        return pa.RecordBatch.from_arrays(columns, schema=SCHEMA), runs, len(ids)

    def _joined(self, parts: Iterable[Ints], size: int) -> Ints:
        """Ids end to end, in memory that the next row group uses again: fresh pages cost as much."""
        if size > len(self._buffer):
            self._buffer = np.empty(max(size, GROUP + GROUP // 8), np.int32)
        at = 0
        for part in parts:
            self._buffer[at : at + len(part)] = part
            at += len(part)
        return self._buffer[:at]

    def _ids(
        self, examples: NDArray[np.int64], kinds: NDArray[np.int8], pools: Rows
    ) -> Iterator[Ints]:
        """The ids of the examples in parts: before the context, the context, behind it."""
        drafts, shells = self._drafts[examples], self._shells
        sizes = np.where(kinds[:, None] == WHOLE, 0, shells.table[drafts, :2])
        starts = shells.id_starts[drafts]
        ends = starts[:, None] + np.cumsum(sizes, axis=1)
        stretches = self._stretches(examples[np.isin(kinds, (DOCUMENT, SHORT, STRETCH))])
        inside: dict[int, Iterator[Sequence[Ints]]] = {
            POOL: self._pools(pools),
            DOCUMENT: stretches,
            SHORT: stretches,
            STRETCH: stretches,
            NONE: repeat(()),
            WHOLE: ((ids,) for ids in self.laid.read("ids", examples[kinds == WHOLE]).each()),
        }
        borders = zip(kinds.tolist(), starts.tolist(), ends.tolist(), strict=True)
        for kind, at, (low, high) in borders:
            yield shells.ids[at:low]
            yield from next(inside[kind])
            yield shells.ids[low:high]

    def _pools(self, contexts: Rows) -> Iterator[Sequence[Ints]]:
        """The ids of each context that is made of the pool's grains."""
        grains = Rows(grains_of(contexts.values), contexts.counts)
        sizes = grains.sums(self._store.laid_tokens[grains.values])
        pieces = np.cumsum(sizes) // PIECE
        for rows in np.split(np.arange(len(sizes)), np.flatnonzero(np.diff(pieces)) + 1):
            taken = self._cuts.take(pa.array(grains.take(rows).values)).buffers()[2]
            ids = np.frombuffer(taken or b"", np.int32)
            yield from ((one,) for one in Rows(ids, sizes[rows]).each())

    @cached_property
    def _cuts(self) -> pa.LargeBinaryArray:
        """The ids of every cut as bytes, over the store's own memory: Arrow joins any of them fast."""
        offsets = pa.py_buffer(4 * self._store.laid_offsets)
        count = len(self._store.laid_offsets) - 1
        buffers = [None, offsets, pa.py_buffer(self._store.laid)]
        return pa.Array.from_buffers(pa.large_binary(), count, buffers)

    def _stretches(self, examples: NDArray[np.int64]) -> Iterator[Sequence[Ints]]:
        """The ids of each context that is a stretch of a document."""
        laid, own = self._store.laid, self._store.ids
        for a, b, c, d, e, f in self.laid.read("slices", examples).values.reshape(-1, 6).tolist():
            yield laid[a:b], own[c:d], laid[e:f]

    def _runs(self, examples: NDArray[np.int64], kinds: NDArray[np.int8], pools: Rows) -> Rows:
        """The runs of each example, as `RUN`."""
        shells, drafts = self._shells, self._drafts[examples]
        sizes = np.where(kinds[:, None] == WHOLE, 0, shells.table[drafts, 2:4])
        starts = shells.run_starts[drafts]
        around = Runs(shells.run_lengths, shells.run_roles, shells.run_losses)
        before = records(around, starts, sizes[:, 0])
        behind = records(around, starts + sizes[:, 0], sizes[:, 1])
        found = context_runs(self._store.counts, pools)
        contexts = Rows(found.values, np.zeros(len(examples), np.int64))
        contexts.counts[kinds == POOL] = found.counts
        own = [self.laid.read(name, examples) for name in RUNS]
        others = records(Runs(*(one.values for one in own)), own[0].starts, own[0].counts)
        return side_by_side([before, contexts, others, behind])


def records(runs: Runs, starts: NDArray[np.int64], counts: NDArray[np.integer]) -> Rows:
    """Rows of `RUN`: so many runs from each start on."""
    rows = Rows(np.empty(int(counts.sum()), RUN), counts.astype(np.int64))
    places = np.repeat(starts, rows.counts) + rows.within
    for name, values in runs._asdict().items():
        rows.values[name] = values[places]
    return rows


def context_runs(counts: NDArray[np.int64], contexts: Rows) -> Rows:
    """Rows of `RUN` of contexts as stored: metadata, words, separator of each grain, none learned."""
    sizes = counts[grains_of(contexts.values)]
    runs = np.zeros(sizes.shape, RUN)
    runs["lengths"] = sizes
    runs["roles"] = CODE["metadata"], 0, CODE["glue"]
    runs["roles"][:, 1] = np.where(contexts.values < 0, CODE["evidence"], CODE["distractor"])
    return Rows(runs.ravel(), 3 * contexts.counts).where(sizes.ravel() > 0)
