"""JSONL files > one Document a line; lines that do not parse are dropped with their number."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import orjson

from longgrain.readers.decoding import decode, lines
from longgrain.readers.records import Records
from longgrain.types import Document, Dropped


@dataclass(frozen=True, slots=True, kw_only=True)
class Jsonl(Records):
    """Reads ``.jsonl`` files; settings as in Records."""

    name: ClassVar[str] = "jsonl"
    suffixes: ClassVar[tuple[str, ...]] = (".jsonl", ".ndjson")

    def read(self, raw: bytes, source: str) -> Iterator[Document | Dropped]:
        """A document or the reason for its absence for each line that is not blank."""
        decoded = decode(raw, source)
        if isinstance(decoded, Dropped):
            yield decoded
            return
        for number, line in enumerate(lines(decoded.text), start=1):
            if line.strip():
                yield self._document(line, f"{source}#{number}", decoded.encoding)

    def _document(self, line: str, place: str, encoding: str) -> Document | Dropped:
        try:
            record = _parsed(line)
        except (ValueError, RecursionError) as problem:
            return Dropped(step="read", id=place, reason="not JSON", detail=str(problem)[:200])
        if not isinstance(record, dict):
            detail = f"{type(record).__name__} where an object with fields was expected"
            return Dropped(step="read", id=place, reason="not a record", detail=detail)
        return self.document(record, place, encoding)


def _parsed(line: str) -> Any:
    try:
        return orjson.loads(line)
    except ValueError:  # orjson refuses NaN and lone surrogates, which real files hold
        return json.loads(line)
