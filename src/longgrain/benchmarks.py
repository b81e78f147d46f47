"""Files of benchmarks > the runs of ten words that no context may share with them."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from longgrain.corpus import Source, documents, sources
from longgrain.errors import PlanError
from longgrain.split import Benchmark
from longgrain.terms import terms
from longgrain.types import Dropped


def benchmark(paths: Sequence[Path]) -> Benchmark:
    """Every text in the files, questions and answers and all other fields of records alike.

    Raises SourceError for a file that is missing, PlanError for one that cannot be read whole: what
    is not read cannot be kept out.
    """
    found = [terms(text)[0] for source in sources(*paths) for text in _texts(source)]
    units = np.repeat(np.arange(len(found)), [len(codes) for codes in found])
    return Benchmark.of(np.concatenate([np.zeros(0, np.uint64), *found]), units, len(found))


def _texts(source: Source) -> Iterator[str]:
    if Path(source.place).suffix in (".json", ".jsonl", ".ndjson"):
        yield from _json_texts(Path(source.place))
        return
    for item in documents(source):
        if isinstance(item, Dropped):
            raise _unread(item.id, item.reason)
        yield item.text
        yield from _strings(item.meta.get("fields"))


def _json_texts(path: Path) -> Iterator[str]:
    """All strings of a JSON file, or of each line: benchmarks in .json are often lines of it."""
    raw = path.read_bytes().removeprefix(BOM_UTF8)
    try:
        yield from _strings(orjson.loads(raw))
        return
    except orjson.JSONDecodeError:
        lines = raw.splitlines()
    for number, line in enumerate(lines, start=1):
        try:
            yield from _strings(orjson.loads(line) if line.strip() else None)
        except orjson.JSONDecodeError as error:
            raise _unread(f"{path}:{number}", f"not JSON: {error}") from None


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _strings(one)


def _unread(place: str, reason: str) -> PlanError:
    return PlanError(
        f"decontaminate: {place} cannot be read ({reason}), so its words could not be kept out; "
        "mend it, or give JSON, JSONL or plain text"
    )
