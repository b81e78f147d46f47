"""Drafts > drafts.parquet and back, with messages by reference."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any, cast

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from longgrain.types import Draft, Given, Grain, Message, Reply, Side, Slot, Span

SCHEMA = pa.schema(
    {
        "id": pa.string(),
        "recipe": pa.string(),
        "seed": pa.int64(),
        "side": pa.string(),
        "kind": pa.string(),
        "form": pa.string(),
        "language": pa.string(),
        "layout": pa.string(),
        "keep_order": pa.bool_(),
        "evidence": pa.list_(pa.int32()),
        "rivals": pa.list_(pa.int32()),
        "hard": pa.list_(pa.int32()),
        "lines": pa.string(),
        "messages": pa.string(),
        "views": pa.string(),
        "answer": pa.string(),
        "meta": pa.string(),
    }
)
_COLUMNS = ("kind", "form", "language", "layout", "keep_order", "rivals", "hard", "evidence")
# A step opens the store once for so many drafts.
BATCH = 2048


def row(draft: Draft, side: Side) -> dict[str, Any]:
    """One row; the numbers of evidence grains stand in ``draft.meta["evidence"]``."""
    meta = dict(draft.meta)
    return {
        "id": draft.id,
        "recipe": draft.recipe,
        "seed": draft.seed,
        "side": side,
        "kind": meta.get("kind", draft.recipe),
        "form": meta.get("form", ""),
        "language": meta.get("language", "und"),
        "layout": meta.get("layout", "long"),
        "keep_order": bool(meta.get("keep_order", False)),
        "evidence": list(meta.get("evidence", ())),
        "rivals": list(meta.get("rivals", ())),
        "hard": list(meta.get("hard", ())),
        "lines": _lines(meta),
        "messages": _stored(draft.messages),
        "views": orjson.dumps({name: _stored(one) for name, one in draft.views.items()}).decode()
        if draft.views
        else "",
        "answer": draft.answer,
        "meta": orjson.dumps({k: v for k, v in meta.items() if k not in _COLUMNS}).decode(),
    }


def _lines(meta: Mapping[str, Any]) -> str:
    """The parts of the line before every grain of its pool, if it has other ones than the plan."""
    told = meta.get("wrapped", {})
    pooled = meta.get("layout", "long") == "long"
    return ",".join(told.get("metadata", ())) if pooled else ""


def _stored(messages: Sequence[Message]) -> str:
    return orjson.dumps([_message(one) for one in messages]).decode()


def _message(message: Message) -> list[Any]:
    return [message.speaker, [_span(span) for span in message.spans]]


def _span(span: Span | Slot) -> Any:
    if isinstance(span, Slot):
        return None
    origin = span.origin
    if isinstance(origin, Grain):
        source: list[Any] = [
            "grain", origin.doc_id, list(origin.path), origin.kind, origin.start, origin.end
        ]  # fmt: skip
    elif isinstance(origin, Reply):
        # The reply's whole text is in the ledger; the span's own words stand here.
        source = ["reply", origin.teacher, origin.call]
    else:
        source = ["given", origin.source, origin.id]
    return [span.role, span.loss, span.text, source]


def draft_of(values: dict[str, Any], grain: Callable[[int], Grain]) -> Draft:
    """The draft in one row; ``grain`` gives the grain with a number."""
    meta: dict[str, Any] = orjson.loads(values["meta"])
    return Draft(
        recipe=values["recipe"],
        seed=values["seed"],
        evidence=tuple(grain(number) for number in values["evidence"]),
        messages=messages_of(values["messages"]),
        answer=values["answer"],
        meta=meta | {name: values[name] for name in _COLUMNS},
        views=views_of(values["views"]),
    )


def views_of(stored: str) -> dict[str, tuple[Message, ...]]:
    """The further views as they were stored, slots included; "" holds none."""
    return {name: messages_of(one) for name, one in orjson.loads(stored or "{}").items()}


def messages_of(stored: str) -> tuple[Message, ...]:
    """The messages as they were stored, slot included."""
    return tuple(
        Message(speaker=speaker, spans=tuple(_span_of(one) for one in spans))
        for speaker, spans in orjson.loads(stored)
    )


def _span_of(stored: Any) -> Span | Slot:
    if stored is None:
        return Slot()
    role, loss, text, (what, *parts) = stored
    origin: Grain | Reply | Given
    if what == "grain":
        doc_id, path, kind, start, end = parts
        origin = Grain(doc_id=doc_id, path=tuple(path), kind=kind, start=start, end=end)
    elif what == "reply":
        origin = Reply(teacher=parts[0], call=parts[1], text=text)
    else:
        origin = Given(source=parts[0], id=parts[1])
    return Span(role=role, loss=loss, text=text, origin=origin)


class DraftWriter:
    """Writes rows as they come, in row groups of `BATCH`."""

    def __init__(self, path: Path) -> None:
        self._writer = pq.ParquetWriter(path, SCHEMA, compression="zstd")

    def add(self, drafts: Sequence[tuple[Draft, Side]]) -> None:
        """Writes one row group."""
        rows = [row(draft, side) for draft, side in drafts]
        self._writer.write_table(pa.Table.from_pylist(rows, SCHEMA))

    def close(self) -> None:
        """Finishes the file."""
        self._writer.close()


def read_drafts(path: Path, columns: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
    """Rows of drafts.parquet in order, one row group in memory at a time."""
    with pq.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            yield from file.read_row_group(group, columns=columns).to_pylist()


class StoredDrafts:
    """The rows of drafts.parquet by number; only the row group of the last one is in memory.

    Numbers that rise are read fast, numbers in any other order a row group each.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        meta = pq.read_metadata(path)
        sizes = (meta.row_group(group).num_rows for group in range(meta.num_row_groups))
        self._first = [0, *accumulate(sizes)]
        self._group, self._table = -1, SCHEMA.empty_table()

    def __getitem__(self, number: int) -> dict[str, Any]:
        """The row with this number, all its columns."""
        group = bisect_right(self._first, number) - 1
        if group != self._group:
            with pq.ParquetFile(self._path) as file:
                self._group, self._table = group, file.read_row_group(group)
        [found] = self._table.slice(number - self._first[group], 1).to_pylist()
        return cast(dict[str, Any], found)
