"""A file of texts or records, or a folder of them > its rows, read when they are asked for.

JSONL and plain lines stay on disk. A JSON list, CSV, and what is gzipped are held in memory.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from longgrain.errors import SourceError
from longgrain.took import LEDGER, RECORDS, of_answers, record

LINES = (".jsonl", ".ndjson")
CUTS = "grains.parquet"
KINDS = (*LINES, ".json", ".csv", ".tsv")
# A reply may be a whole book; csv stops at 131,072 characters of a field.
LONGEST_FIELD = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rows:
    """The rows of a file or of the files of a folder; of JSONL and plain lines only their places are kept."""

    path: Path
    """as it was named"""
    files: tuple[Path, ...]
    places: NDArray[np.int64]
    """(rows, 4): the number of the file, where a row starts and ends in it, in bytes, and its line
    from 1; or its place in ``listed`` as the start; -1 for a row that is not there"""
    listed: tuple[Any, ...] = ()

    def __len__(self) -> int:
        return len(self.places)

    def part(self, numbers: Sequence[int] | slice) -> Rows:
        """Some of the rows, in this order; None stands for each -1."""
        if isinstance(numbers, slice) and not self.listed:
            return replace(self, places=self.places[numbers])
        padded = np.append(self.places, [[0, -1, -1, -1]], axis=0)
        places = self.places[numbers] if isinstance(numbers, slice) else padded[list(numbers)]
        if not self.listed:
            return replace(self, places=places)
        listed = tuple(self.listed[at] if at >= 0 else None for at in places[:, 1].tolist())
        new = places.copy()
        new[:, 1] = np.where(places[:, 1] < 0, -1, np.arange(len(places)))
        return replace(self, places=new, listed=listed)

    def read(self) -> Iterator[Any]:
        """Each row: a mapping, with its ``file``, or a text; None for one that is not there.

        Raises SourceError for a row that is broken.
        """
        opened: dict[int, Any] = {}
        try:
            for file, start, end, line in self.places.tolist():
                if start < 0:
                    yield None
                elif self.listed:
                    yield _filed(self.listed[start], self.files[file])
                else:
                    if file not in opened:
                        opened[file] = self.files[file].open("rb")
                    opened[file].seek(start)
                    row = _row(opened[file].read(end - start), line, self.files[file])
                    yield _filed(row, self.files[file])
        finally:
            for one in opened.values():
                one.close()


def _filed(row: Any, path: Path) -> Any:
    return {"file": stem(path), **row} if isinstance(row, dict) else row


def stem(path: Path) -> str:
    """The name of a file without ``.gz`` and what says its kind."""
    name = path.name.removesuffix(".gz")
    return next((name.removesuffix(one) for one in KINDS if name.endswith(one)), name)


def _row(raw: bytes, line: int, path: Path) -> Any:
    try:
        if path.suffix not in LINES:
            return raw.decode("utf-8").rstrip("\r\n")
        return orjson.loads(raw)
    except (ValueError, UnicodeDecodeError) as error:
        raise SourceError(
            f"line {line} of {path} cannot be read ({error}), so nothing is scored: "
            "correct it, or name a file of plain lines .txt and one of JSON lines .jsonl"
        ) from error


def open_rows(path: Path) -> Rows:
    """The rows of a file: .json holds a list or a mapping of ids, .jsonl JSON lines, else plain lines.

    .csv and .tsv have a header; each may be gzipped. A folder has the rows of all files of these
    kinds in it; that of a probe its answers, each with what its call took, that of a training or a
    run one row, what it took. grains.parquet of a run has its cuts. Blank lines of JSONL are passed over; a blank plain line is an empty
    text. Raises SourceError.
    """
    try:
        if path.is_dir():
            return _folder(path)
        name = path.name.removesuffix(".gz")
        kind = Path(name).suffix
        if path.name == "answers.jsonl":
            return _held(path, of_answers(_listed(path, kind, _raw(path)), path.parent))
        if path.name == CUTS:
            from longgrain.cut_rows import rows_of  # a run needs pyarrow, and replies do not

            return _held(path, rows_of(path.parent))
        if kind in (".json", ".csv", ".tsv") or path.name.endswith(".gz"):
            return _held(path, _listed(path, kind, _raw(path)))
        return Rows(path=path, files=(path,), places=_places(path, 0))
    except (OSError, ValueError, EOFError, csv.Error) as error:
        raise SourceError(f"{path} cannot be read, so nothing is scored: {error}") from error


def _raw(path: Path) -> bytes:
    raw = path.read_bytes()
    return gzip.decompress(raw) if path.name.endswith(".gz") else raw


def _places(path: Path, number: int) -> NDArray[np.int64]:
    places, at, line = [], 0, 0
    is_json = path.suffix in LINES
    with path.open("rb") as file:
        for line, raw in enumerate(file, 1):
            if not is_json or raw.strip():
                places.append((number, at, at + len(raw), line))
            at += len(raw)
    return np.array(places, np.int64).reshape(-1, 4)


def _held(path: Path, rows: Sequence[Any], files: Sequence[int] = (), of: Any = ()) -> Rows:
    numbers = np.arange(len(rows), dtype=np.int64)
    own = np.array(files, np.int64) if len(files) else np.zeros(len(rows), np.int64)
    places = np.stack([own, numbers, numbers, numbers + 1], axis=1)
    return Rows(path=path, files=tuple(of) or (path,), places=places, listed=tuple(rows))


def _folder(path: Path) -> Rows:
    there = (one for one in RECORDS if (path / one).is_file())
    own = [one for one in there if record(orjson.loads((path / one).read_bytes())) is not None]
    own += ["answers.jsonl"] if (path / LEDGER).is_file() and not own else []
    if own:
        return replace(open_rows(path / own[0]), path=path)
    files = sorted(one for one in path.iterdir() if stem(one) != one.name and one.is_file())
    if not files:
        raise SourceError(
            f"{path} has no file of predictions in it ({', '.join(KINDS)}), so nothing is scored: "
            "name the folder that holds them, or one file"
        )
    if all(one.suffix in LINES for one in files):
        places = np.concatenate([_places(one, number) for number, one in enumerate(files)])
        return Rows(path=path, files=tuple(files), places=places)
    rows = [(number, row) for number, one in enumerate(files) for row in open_rows(one).read()]
    return _held(path, [row for _, row in rows], [number for number, _ in rows], files)


def _listed(path: Path, kind: str, raw: bytes) -> list[Any]:
    if kind in LINES:
        lines = enumerate(raw.split(b"\n"), 1)
        return [_row(line, number, Path(f"{path}.jsonl")) for number, line in lines if line.strip()]
    if kind == ".json":
        return _of_json(path, orjson.loads(raw))
    text = raw.decode("utf-8-sig")
    if kind not in (".csv", ".tsv"):
        return text.splitlines()
    csv.field_size_limit(LONGEST_FIELD)
    reader = csv.DictReader(
        io.StringIO(text, newline=""), delimiter="," if kind == ".csv" else "\t"
    )
    # What a short row lacks is None, as a missing field; what a long one has too much has no name.
    return [{key: value for key, value in row.items() if key is not None} for row in reader]


def _of_json(path: Path, held: Any) -> list[Any]:
    if (rows := record(held)) is not None:
        return rows
    if isinstance(held, dict):  # SQuAD's form: the id of each question and what was answered
        held = [{"id": key, **_named(value)} for key, value in held.items()]
    if not isinstance(held, list):
        raise SourceError(
            f"{path} holds neither a list nor a mapping of ids, so it has no rows: write one JSON "
            "list, or one row a line in a .jsonl file"
        )
    return held


def _named(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {"prediction": value, "reference": value}
