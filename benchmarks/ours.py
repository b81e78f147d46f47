"""A plan or a run > CPU seconds of longgrain's steps, or of the limit, as one line of JSON.

    python benchmarks/ours.py start|finish|whole PLAN RUN
    python benchmarks/ours.py limit - RUN

``start`` builds up to the drafts and stops, ``finish`` goes on from there, ``whole`` does both at
once. ``limit`` encodes the run's documents once, copies slices as long as those of its contexts in
the order of its rows, the fastest way that we know (Arrow's ``take``), and writes the same columns;
nothing is planned, chosen or mended at joints.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from contestant import Clock
from numpy.typing import NDArray

from longgrain import Run, build, shelf
from longgrain.rows import SCHEMA, lists, write_rows

with suppress(ImportError):
    # Where pandas is there, pyarrow imports it as soon as it makes an array; longgrain has no use for
    # it, and the rivals have it from their imports.
    import_module("pandas")
# What a build loads where it first needs it: the rivals' clock starts behind all their imports, too.
for module in ("fastokens", "rjieba", "longgrain.explain"):
    import_module(module)
for name in ("readers", "checks"):
    for component in shelf.names(name):
        shelf.load(name, component)
shelf.load("recipes", "in2")
shelf.load("teachers", "extractive")

LAYING = "laying out contexts"
Slices = list[tuple[int, int]]


class StoppedError(Exception):
    """The build came as far as it should."""


class Steps:
    """Hears which step a build is at; marks each one's CPU seconds."""

    def __init__(self, clock: Clock, stop: str = "") -> None:
        self._clock, self._stop = clock, stop
        self._now = "opening"

    def __call__(self, words: str) -> None:
        self.close()
        self._now = words.split(" sources")[0].rstrip("0123456789 ")
        if words == self._stop:
            raise StoppedError

    def close(self) -> None:
        """Counts the step that is over."""
        self._clock.mark(self._now)


def main(way: str, plan: str, folder: str) -> None:
    """Runs one part and prints what it took."""
    if way == "limit":
        limit(Run(Path(folder)))
        return
    clock = Clock()
    steps = Steps(clock, LAYING if way == "start" else "")
    try:
        run = build(plan, folder, tell=steps)
    except StoppedError:
        clock.report()
        return
    steps.close()
    packed = run.manifest["packing"].values()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    counts = {name: sum(side[name] for side in packed) for name in ("tokens", "rows")}
    clock.report(peak_mb=peak, examples=_examples(run), **counts)


def _examples(run: Run) -> int:
    return sum(pq.read_metadata(path).num_rows for path in run.folder.glob("examples-*.parquet"))


def limit(run: Run) -> None:
    """Encodes, copies and writes; what is copied where was worked out before the clock starts."""
    tokenizer = run.tokenizer.agreeing([])
    texts = [document.text for document in run.documents()]
    tokenizer.encode(texts[:1])
    where = _slices(run)
    files = [(path, list(_groups(path, where))) for path in sorted(run.folder.glob("rows-*"))]
    clock = Clock()
    ids = tokenizer.encode(texts).values
    clock.mark("encode")
    out = run.folder / "limit.parquet"
    tokens = 0
    for _, groups in files:
        write_rows(out, _copied(groups, ids))
        tokens += sum(len(group.column("input_ids").values) for group, _ in groups)
    clock.mark("copy, write")
    out.unlink()
    clock.report(tokens=tokens)


def _slices(run: Run) -> dict[str, Slices]:
    """For every example: slices of all documents' ids, one as long as each of its grains."""
    grains = pq.read_table(run.folder / "grains.parquet", columns=["kind", "tokens"])
    sizes = grains.column("tokens").to_numpy().astype(np.int64)
    # As laid, grains are a little longer than in their documents.
    documents = pq.read_table(run.folder / "documents.parquet", columns=["tokens"])
    total = int(documents.column("tokens").to_numpy().sum())
    ends = np.minimum(np.cumsum(sizes), total)
    found: dict[str, Slices] = {}
    for path in sorted(run.folder.glob("examples-*.parquet")):
        for one in pq.read_table(path).to_pylist():
            found[one["id"]] = _of_example(one, sizes, ends)
    return found


def _of_example(
    one: dict[str, object], sizes: NDArray[np.int64], ends: NDArray[np.int64]
) -> Slices:
    context, tokens = one["context"], one["tokens"]
    assert isinstance(context, list)
    assert isinstance(tokens, int)
    if one["layout"] == "pool":
        found = [(int(ends[g] - sizes[g]), int(ends[g])) for g in context]
    else:
        found = [(0, max(0, tokens - 100))]
    shell = tokens - sum(b - a for a, b in found)
    return [(0, shell // 2), *found, (0, shell - shell // 2)]


def _groups(
    path: Path, where: dict[str, Slices]
) -> Iterator[tuple[pa.RecordBatch, NDArray[np.int64]]]:
    """Each row group, and the starts and ends of its slices, in turns and in bytes."""
    with pq.ParquetFile(path) as file:
        for number in range(file.num_row_groups):
            [batch] = file.read_row_group(number).combine_chunks().to_batches()
            names = batch.column("example_ids").flatten().to_pylist()
            slices = [pair for name in names for pair in where[name]]
            yield batch, 4 * np.array(slices, np.int64).ravel()


def _copied(
    groups: list[tuple[pa.RecordBatch, NDArray[np.int64]]], ids: NDArray[np.int32]
) -> Iterator[pa.RecordBatch]:
    for batch, borders in groups:
        # Every other element is a slice; those between are never taken.
        buffers = [None, pa.py_buffer(borders), pa.py_buffer(ids)]
        slices = pa.Array.from_buffers(pa.large_binary(), len(borders) - 1, buffers)
        taken = slices.take(pa.array(np.arange(0, len(borders), 2))).buffers()[2]
        lengths = np.diff(batch.column("input_ids").offsets.to_numpy())
        columns = [lists(np.frombuffer(taken, np.int32), lengths), *batch.columns[1:]]
        yield pa.RecordBatch.from_arrays(columns, schema=SCHEMA)


if __name__ == "__main__":
    main(*sys.argv[1:])
