"""Packed rows > Arrow batches with the columns that a trainer reads, and Parquet files of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from longgrain.errors import RunError
from longgrain.types import SIDES, Example, Side

# A token takes 16 bytes in the four columns, and a batch is held about twice.
BATCH_TOKENS = 1 << 20
IDS = pa.schema(
    {
        "input_ids": pa.list_(pa.int32()),
        "labels": pa.list_(pa.int32()),
        "seq_lengths": pa.list_(pa.int32()),
    }
)
ALL = pa.schema(
    {
        "input_ids": pa.list_(pa.int32()),
        "labels": pa.list_(pa.int32()),
        "weights": pa.list_(pa.float32()),
        "position_ids": pa.list_(pa.int32()),
        "seq_lengths": pa.list_(pa.int32()),
        "example_ids": pa.list_(pa.string()),
    }
)
_ENCODINGS = {
    "input_ids": "BYTE_STREAM_SPLIT",
    "labels": "BYTE_STREAM_SPLIT",
    "position_ids": "DELTA_BINARY_PACKED",
}
_DICTIONARY = [
    f"{name}.list.element"
    for name in ("weights", "seq_lengths", "example_ids", "attention_mask", "loss_mask")
]


class Row(Protocol):
    """What an export reads of a packed row; arrays of shape (tokens,) or (examples,)."""

    input_ids: NDArray[np.int32]
    seq_lengths: NDArray[np.int32]
    example_ids: Sequence[str]

    @property
    def labels(self) -> NDArray[np.int32]: ...

    @property
    def weights(self) -> NDArray[np.float32]: ...

    @property
    def position_ids(self) -> NDArray[np.int32]: ...


class Line(Protocol):
    """What a table holds in one line: ids, and under the names of other columns what they hold."""

    @property
    def input_ids(self) -> NDArray[np.int32]: ...


class Ids(Protocol):
    """Token ids of texts, end to end."""

    @property
    def values(self) -> NDArray[np.int32]: ...


class Tokenizer(Protocol):
    """The tokenizer of a run: its control tokens by their text, and ids of plain words."""

    @property
    def control(self) -> Mapping[str, Mapping[str, Any]]: ...

    def encode(self, texts: Sequence[str]) -> Ids: ...


class Template(Protocol):
    """The chat template of a run: its Jinja source, and where it puts each message."""

    @property
    def name(self) -> str: ...

    @property
    def source(self) -> str: ...

    def frame(self, speakers: tuple[str, ...]) -> Sequence[Any]: ...


class Run(Protocol):
    """What an export reads of a finished run."""

    @property
    def tokenizer(self) -> Tokenizer: ...

    @property
    def template(self) -> Template: ...

    def examples(self, side: Side) -> Iterable[Example]: ...

    def texts(self) -> Mapping[str, str]: ...

    def rows(self, side: Side) -> Iterable[Row]: ...


def repeated(run: Run, side: Side) -> Iterator[Example]:
    """The examples of a side, each as often as it stands in the rows.

    All of them come once, then those that come a second time, and so on: two of one lie far apart.
    """
    turn, left = 1, True
    while left:
        left = False
        for example in run.examples(side):
            times = int(example.lineage.get("balance", {}).get("times", 1))
            left = left or times > turn
            if times >= turn:
                yield example
        turn += 1


def batches(rows: Iterable[Line], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Batches of about a million tokens, at least one row each."""
    waiting: list[Line] = []
    tokens = 0
    for row in rows:
        waiting.append(row)
        tokens += len(row.input_ids)
        if tokens >= BATCH_TOKENS:
            yield _batch(waiting, schema)
            waiting, tokens = [], 0
    if waiting:
        yield _batch(waiting, schema)


def _batch(rows: Sequence[Line], schema: pa.Schema) -> pa.RecordBatch:
    columns = [
        _column([getattr(row, field.name) for row in rows], field.type.value_type)
        for field in schema
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _column(lists: Sequence[Sequence[str] | NDArray[np.generic]], of: pa.DataType) -> pa.ListArray:
    offsets = np.zeros(len(lists) + 1, np.int32)
    np.cumsum([len(one) for one in lists], out=offsets[1:])
    values = np.concatenate([np.asarray(one) for one in lists])
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(values, of))


def by_side(
    rows: Callable[[Side], Iterable[Line]], schema: pa.Schema
) -> Iterator[tuple[Side, Iterator[pa.RecordBatch]]]:
    """The sides that have rows, each with its batches; RunError if none has."""
    empty = True
    for side in SIDES:
        found = batches(rows(side), schema)
        if (first := next(found, None)) is not None:
            empty = False
            yield side, chain([first], found)
    if empty:
        raise RunError(
            "the run has no rows, so there is nothing to export: see its dropped.parquet for why "
            "examples did not go on, then build again"
        )


def write_parquet(path: Path, schema: pa.Schema, found: Iterable[pa.RecordBatch]) -> Path:
    """Writes each batch as a row group; the path."""
    names = [name for name in schema.names if name in _ENCODINGS]
    with (
        whole(path) as part,
        pq.ParquetWriter(
            part,
            schema,
            compression="zstd",
            compression_level=1,
            use_dictionary=[name for name in _DICTIONARY if name.split(".")[0] in schema.names],
            column_encoding={f"{name}.list.element": _ENCODINGS[name] for name in names},
            write_statistics=False,
        ) as writer,
    ):
        for batch in found:
            writer.write_batch(batch)
    return path


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A path beside ``path`` to write to, which takes its place only if all went well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".part-{path.name}")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
