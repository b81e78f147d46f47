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
            file = pq.ParquetFile(pa.BufferReader(raw), page_checksum_verification=True)
        except (pa.ArrowException, OSError, ValueError) as problem:
            reason = "not Parquet" if raw else "empty"
            yield Dropped(step="read", id=source, reason=reason, detail=str(problem)[:200])
            return
        first = 1
        for group in range(file.num_row_groups):
            yield from self._group(file, group, first, source)
            first += file.metadata.row_group(group).num_rows
        if (lost := file.metadata.num_rows - first + 1) > 0:
            yield _broken(source, first, lost, "the file has no row group for them")
        elif first == 1:
            yield Dropped(step="read", id=source, reason="empty", detail="a table of no rows")

    def _group(
        self, file: Any, group: int, first: int, source: str
    ) -> Iterator[Document | Dropped]:
        number, problem = first, "the row group holds fewer rows than it says"
        try:
            for batch in file.iter_batches(batch_size=_ROWS, row_groups=[group]):
                for record in batch.to_pylist():
                    yield self.document(record, f"{source}#{number}")
                    number += 1
        except (OSError, ValueError, NotImplementedError, OverflowError) as error:  # Arrow's
            problem = str(error)
        if (lost := first + file.metadata.row_group(group).num_rows - number) > 0:
            yield _broken(source, number, lost, problem)


def _broken(source: str, number: int, lost: int, problem: str) -> Dropped:
    detail = f"{lost} rows from here on: {problem}"[:200]
    return Dropped(step="read", id=f"{source}#{number}", reason="broken rows", detail=detail)
