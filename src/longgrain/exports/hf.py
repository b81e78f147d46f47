"""A run > a folder that `datasets.load_from_disk` opens, with one split of packed rows a side."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import orjson
import pyarrow as pa

from longgrain.exports.columns import ALL, Run, by_side, whole

DATA = "data-00000-of-00001.arrow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hf:
    """Writes the layout of `DatasetDict.save_to_disk` without needing `datasets`.

    The columns are those of the Parquet export. Loading maps the files into memory and copies
    nothing.
    """

    name: ClassVar[str] = "hf"

    def write(self, run: Run, folder: Path) -> list[Path]:
        """The files written, `dataset_dict.json` last; RunError if the run has no rows."""
        folder = Path(folder)
        paths: list[Path] = []
        sides = []
        for side, found in by_side(run.rows, ALL):
            sides.append(side)
            paths += write_split(folder / side, ALL, found)
        return [*paths, write_json(folder / "dataset_dict.json", {"splits": sides})]


def write_split(folder: Path, schema: pa.Schema, found: Iterable[pa.RecordBatch]) -> list[Path]:
    """The files of one split: the batches as an Arrow stream, and what `datasets` notes beside it."""
    data = folder / DATA
    with whole(data) as part, pa.ipc.new_stream(part, schema) as writer:
        for batch in found:
            writer.write_batch(batch)
    # `datasets` names its caches by the fingerprint, so other rows must have another one.
    with data.open("rb") as file:
        fingerprint = hashlib.file_digest(file, "sha256").hexdigest()[:16]
    info = {"citation": "", "description": "", "homepage": "", "license": ""}
    info_path = write_json(folder / "dataset_info.json", info | {"features": _features(schema)})
    return [data, info_path, write_json(folder / "state.json", _state(fingerprint))]


def _features(schema: pa.Schema) -> dict[str, Any]:
    """The schema in the words of `datasets`; every version reads "Sequence", "List" only from 4."""
    return {
        field.name: {
            "feature": {"dtype": _dtype(field.type.value_type), "_type": "Value"},
            "_type": "Sequence",
        }
        for field in schema
    }


def _dtype(of: pa.DataType) -> str:
    return "float32" if of == pa.float32() else str(of)


def _state(fingerprint: str) -> dict[str, Any]:
    return {
        "_data_files": [{"filename": DATA}],
        "_fingerprint": fingerprint,
        "_format_columns": None,
        "_format_kwargs": {},
        "_format_type": None,
        "_output_all_columns": False,
        "_split": None,
    }


def write_json(path: Path, value: dict[str, Any]) -> Path:
    """A JSON file that people can read, complete or not at all."""
    with whole(path) as part:
        part.write_bytes(orjson.dumps(value, option=orjson.OPT_INDENT_2))
    return path
