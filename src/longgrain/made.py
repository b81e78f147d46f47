"""Documents that recipes made (outlines, summaries) > a table beside the store, and rows of documents.parquet."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from longgrain.engine import atomic
from longgrain.materials import SideMaterials
from longgrain.store import MADE_FILE
from longgrain.types import Side

SCHEMA = pa.schema(
    {
        "id": pa.string(),
        "source": pa.string(),
        "text": pa.string(),
        "meta": pa.string(),
        "language": pa.string(),
        "tokens": pa.int64(),
        "side": pa.string(),
    }
)


def write_made(
    store: Path, materials: Mapping[Side, SideMaterials], quoted: Collection[str]
) -> None:
    """Keeps the made documents that some draft quotes; those of drafts that fell are let go."""
    rows = []
    for side, mine in materials.items():
        kept = [one for one in mine.made_documents.values() if one.id in quoted]
        tokens = mine.tokens([one.text for one in kept]) if kept else ()
        for document, count in zip(kept, tokens, strict=True):
            about = {
                "id": document.id,
                "source": document.source,
                "text": document.text,
                "meta": orjson.dumps(dict(document.meta)).decode(),
                "language": document.meta["language"],
            }
            rows.append({**about, "tokens": count, "side": side})
    with atomic(store / MADE_FILE) as part:
        pq.write_table(pa.Table.from_pylist(rows, SCHEMA), part)


def with_made(documents: pa.Table, store: Path) -> pa.Table:
    """The table of the documents that were read, those that were made behind them."""
    made = pq.read_table(store / MADE_FILE)
    if not len(made):
        return documents
    listed = [made.select(documents.column_names).cast(documents.schema)]
    return pa.concat_tables([documents, *listed])
