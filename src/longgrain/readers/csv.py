"""CSV and TSV files with a header > one Document a row; rows that do not fit are dropped."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from longgrain.readers.decoding import decode, lines
from longgrain.readers.records import Records
from longgrain.types import Document, Dropped

Rows: TypeAlias = Iterator[tuple[int, list[str] | csv.Error]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Csv(Records):
    """Reads ``.csv`` and ``.tsv`` files; settings as in Records."""

    name: ClassVar[str] = "csv"
    suffixes: ClassVar[tuple[str, ...]] = (".csv", ".tsv")

    delimiter: str | None = None
    """What stands between cells; else whichever of , tab ; and | the header has most of."""

    def __post_init__(self) -> None:
        Records.__post_init__(self)
        if self.delimiter is not None and len(self.delimiter) != 1:
            raise ValueError(f"delimiter is {self.delimiter!r}: write one character")

    def read(self, raw: bytes, source: str) -> Iterator[Document | Dropped]:
        """A document or the reason for its absence for each row, numbered by its first line."""
        decoded = decode(raw, source)
        if isinstance(decoded, Dropped):
            yield decoded
            return
        rows = _rows(decoded.text, self.delimiter or _delimiter(decoded.text))
        header = _header(rows, source)
        if isinstance(header, Dropped):
            yield header
            return
        number = 0
        for number, row in rows:
            yield self._document(header, row, f"{source}#{number}", decoded.encoding)
        if not number:
            yield Dropped(step="read", id=source, reason="empty", detail="a header and no rows")

    def _document(
        self, header: list[str], row: list[str] | csv.Error, place: str, encoding: str
    ) -> Document | Dropped:
        if isinstance(row, csv.Error):
            return Dropped(step="read", id=place, reason="not CSV", detail=str(row))
        if len(row) != len(header):
            detail = f"{len(row)} cells under a header of {len(header)}"
            return Dropped(step="read", id=place, reason="ragged row", detail=detail)
        return self.document(dict(zip(header, row, strict=True)), place, encoding)


def _header(rows: Rows, source: str) -> list[str] | Dropped:
    """The names of the columns, or why the whole file is dropped."""
    _, row = next(rows)
    if isinstance(row, csv.Error):
        return Dropped(step="read", id=source, reason="not CSV", detail=str(row))
    header = [cell.strip() for cell in row]
    if twice := sorted({name for name in header if header.count(name) > 1}):
        detail = f"the header names {', '.join(map(repr, twice))} twice"
        return Dropped(step="read", id=source, reason="not CSV", detail=detail)
    return header


def _rows(text: str, delimiter: str) -> Rows:
    """The number of each row's first line and its cells, or what is wrong with it."""
    # The module's limit of 128 KiB a cell is meant for short values, not for documents.
    csv.field_size_limit(2**31 - 1)
    reader = csv.reader(lines(text), delimiter=delimiter, strict=True)
    while True:
        number = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as problem:
            yield number, problem
            continue
        if row:
            yield number, row


def _delimiter(text: str) -> str:
    header = next(line for line in lines(text) if line.strip())
    return max(",\t;|", key=header.count)
