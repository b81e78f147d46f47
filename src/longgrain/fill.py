"""Packed examples, the token store and the shells > rows on disk: ids copied from slices, runs beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from longgrain.arrange import POOL
from longgrain.engine import atomic
from longgrain.layouts import Laid
from longgrain.rows import SCHEMA, lists, write_rows
from longgrain.shells import CODE, Runs, Shells
from longgrain.store import Store
from longgrain.tokens import Ints

# Tokens in one row group: large enough that Parquet's work per group does not count, small enough
# that a reader holds one without thinking.
GROUP = 1 << 21


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
        self._layouts = laid.column("layout")
        self._own = laid.column("extra_ids") > 0
        self._whole = laid.column("whole")
        self._names = laid.values("id")
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
        ids: list[Ints] = []
        runs: list[Runs] = []
        contexts = self._contexts(examples)
        for example in examples.tolist():
            parts, found = self._example(example, contexts)
            ids += parts
            runs += found
        joined = joined_runs(runs)
        lengths = self._tokens[examples]
        per_example = _runs_per_example(joined.lengths, lengths)
        rows = np.concatenate([[0], np.cumsum(row_sizes)])
        token_sizes = np.add.reduceat(lengths, rows[:-1])
        run_sizes = np.add.reduceat(per_example, rows[:-1])
        names = pa.array([self._names[i] for i in examples.tolist()], pa.string())
        columns = [
            lists(self._joined(ids, int(token_sizes.sum())), token_sizes),
            lists(lengths.astype(np.int32), row_sizes),
            pa.ListArray.from_arrays(pa.array(rows.astype(np.int32)), names),
            lists(joined.lengths, run_sizes),
            lists(joined.roles, run_sizes),
            lists(joined.losses, run_sizes),
        ]
        return (
            pa.RecordBatch.from_arrays(columns, schema=SCHEMA),
            joined,
            int(token_sizes.sum()),
        )

    def _joined(self, parts: Sequence[Ints], size: int) -> Ints:
        """Ids end to end, in memory that the next row group uses again: fresh pages cost as much."""
        if size > len(self._buffer):
            self._buffer = np.empty(max(size, GROUP + GROUP // 8), np.int32)
        return np.concatenate(parts, out=self._buffer[:size])

    @cached_property
    def _cuts(self) -> pa.LargeBinaryArray:
        """The ids of every cut as bytes, over the store's own memory: Arrow joins any of them fast."""
        offsets = pa.py_buffer(4 * self._store.laid_offsets)
        count = len(self._store.laid_offsets) - 1
        buffers = [None, offsets, pa.py_buffer(self._store.laid)]
        return pa.Array.from_buffers(pa.large_binary(), count, buffers)

    def _contexts(self, examples: NDArray[np.int64]) -> dict[int, tuple[Ints, Runs]]:
        """Ids and runs of the contexts that are made of the pool's grains."""
        own = self._own[examples] | self._whole[examples]
        chosen = examples[~own & (self._layouts[examples] == POOL)].tolist()
        if not chosen:
            return {}
        found = [self.laid.context(example) for example in chosen]
        grains = np.concatenate([some for some, _ in found])
        counts = self._store.counts[grains]
        runs = context_runs(counts, np.concatenate([evidence for _, evidence in found]))
        ids = np.frombuffer(self._cuts.take(pa.array(grains)).buffers()[2], np.int32)
        last = np.cumsum([len(some) for some, _ in found])
        id_ends = np.cumsum(counts.sum(1))[last - 1].tolist()
        run_ends = np.cumsum((counts > 0).sum(1))[last - 1].tolist()
        contexts: dict[int, tuple[Ints, Runs]] = {}
        at = run = 0
        for example, end, run_end in zip(chosen, id_ends, run_ends, strict=True):
            contexts[example] = ids[at:end], runs_between(runs, run, run_end)
            at, run = end, run_end
        return contexts

    def _example(
        self, example: int, contexts: Mapping[int, tuple[Ints, Runs]]
    ) -> tuple[list[Ints], list[Runs]]:
        """The ids of one example in parts, and its runs in parts."""
        if self._whole[example]:
            ids, runs = self.laid.own(example)
            return [ids], [runs]
        shell = self._shells[int(self._drafts[example])]
        own = self.laid.own(example) if self._own[example] else contexts.get(example)
        if own is None:
            return [shell.before, shell.behind], [shell.runs_before, shell.runs_behind]
        ids, runs = own
        return [shell.before, ids, shell.behind], [shell.runs_before, runs, shell.runs_behind]


def context_runs(counts: NDArray[np.int64], evidence: NDArray[np.bool_]) -> Runs:
    """Runs of grains as laid: metadata, words, separator of each; nothing in them is learned."""
    lengths = counts.ravel().astype(np.int32)
    roles = np.empty((len(counts), 3), np.int8)
    roles[:, 0] = CODE["metadata"]
    roles[:, 1] = np.where(evidence, CODE["evidence"], CODE["distractor"])
    roles[:, 2] = CODE["glue"]
    held = lengths > 0
    return Runs(lengths[held], roles.ravel()[held], np.zeros(int(held.sum()), np.float32))


def runs_between(runs: Runs, start: int, end: int) -> Runs:
    """The runs from one number up to another."""
    return Runs(runs.lengths[start:end], runs.roles[start:end], runs.losses[start:end])


def joined_runs(parts: Sequence[Runs]) -> Runs:
    """Runs end to end."""
    return Runs(
        np.concatenate([part.lengths for part in parts]),
        np.concatenate([part.roles for part in parts]),
        np.concatenate([part.losses for part in parts]),
    )


def _runs_per_example(lengths: NDArray[np.int32], tokens: NDArray[np.integer]) -> NDArray[np.int64]:
    """How many runs make up each example; runs never reach over an example's end."""
    ends = np.cumsum(lengths, dtype=np.int64)
    borders = np.searchsorted(ends, np.cumsum(tokens, dtype=np.int64)) + 1
    return np.diff(borders, prepend=0)
