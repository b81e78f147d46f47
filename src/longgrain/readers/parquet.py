"""Parquet files > one Document a row, row group by row group; nested columns are kept in meta."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from longgrain.readers.records import Records
from longgrain.types import Document, Dropped

_ROWS = 256  # a time, as Python objects


@dataclass(frozen=True, slots=True, kw_only=True)
class Parquet(Records):
    """Reads ``.parquet`` files; settings as in Records. Rows are numbered from 1."""

    name: ClassVar[str] = "parquet"
    suffixes: ClassVar[tuple[str, ...]] = (".parquet",)

    def read(self, raw: bytes, source: str) -> Iterator[Document | Dropped]:
        """A document or the reason for its absence for each row."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            file = pq.ParquetFile(pa.BufferReader(raw))
        except (pa.ArrowException, OSError, ValueError) as problem:
            reason = "not Parquet" if raw else "empty"
            yield Dropped(step="read", id=source, reason=reason, detail=str(problem)[:200])
            return
        if file.metadata.num_rows == 0:
            yield Dropped(step="read", id=source, reason="empty", detail="a table of no rows")
        first = 1
        for group in range(file.num_row_groups):
            yield from self._group(file, group, first, source)
            first += file.metadata.row_group(group).num_rows

    def _group(
        self, file: Any, group: int, first: int, source: str
    ) -> Iterator[Document | Dropped]:
        number = first
        try:
            for batch in file.iter_batches(batch_size=_ROWS, row_groups=[group]):
                for record in batch.to_pylist():
                    yield self.document(record, f"{source}#{number}")
                    number += 1
        except (OSError, ValueError, NotImplementedError) as problem:  # Arrow's errors are these
            rest = file.metadata.row_group(group).num_rows - (number - first)
            detail = f"{rest} rows from here on: {problem}"[:200]
            yield Dropped(step="read", id=f"{source}#{number}", reason="broken rows", detail=detail)
