"""A shard of sources > its documents, structure trees, cut grains, token ids and terms, as files in one folder.

The first step of a build that does work: pure, once for each shard, in any process.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from longgrain.chat import ChatTemplate
from longgrain.corpus import Source, documents
from longgrain.cuts import size_cuts
from longgrain.engine import atomic
from longgrain.grains import GrainTable, heading_path, leaf_borders, tree
from longgrain.lay import Laid, Seams, lay
from longgrain.lines import read_lines
from longgrain.metadata import metadata_line
from longgrain.plan import Plan
from longgrain.rows import lists
from longgrain.terms import terms
from longgrain.tokens import Placed, Tokenizer
from longgrain.types import KINDS, Document, Dropped

ARRAYS = ("ids", "token_starts", "laid", "codes", "code_units")

# How tables are written that are read a few times and then gone: packing them costs more. The kinds
# of grains stay a dictionary, since their codes are read.
PLAIN: dict[str, Any] = {
    "use_dictionary": ["kind"],
    "compression": "none",
    "write_statistics": False,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestShard:
    """Sources that are read together, and the folder that their files go to."""

    number: int
    sources: tuple[Source, ...]
    folder: Path
    plan: Plan
    tokenizer: Tokenizer

    @property
    def name(self) -> str:
        """Names the shard in errors."""
        return f"read-{self.number:05d}"

    @property
    def place(self) -> Path:
        """The shard's own folder; it is there only when it is whole."""
        return self.folder / self.name


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """One document with all that is known of it: tree, tokens, cuts, heading paths, laid grains, terms."""

    document: Document
    table: GrainTable
    placed: Placed
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    headings: Sequence[tuple[str, ...]]
    metadata: Sequence[str]
    laid: Laid
    altered: NDArray[np.bool_]

    @cached_property
    def terms(self) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """Term codes of the document's cuts, and the number of the cut that holds each."""
        codes, places = terms(self.document.text)
        # Few cuts are looked up among many terms, which is faster than the other way round.
        borders = np.append(np.searchsorted(places, self.starts), len(places))
        units = np.repeat(np.arange(len(self.starts)), np.diff(borders))
        return codes[borders[0] :], units


def ingest(shard: IngestShard) -> Path:
    """Writes the shard's folder, whole or not at all, and gives its place."""
    if shard.place.exists():
        return shard.place
    with atomic(shard.place) as part:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        template = ChatTemplate.of(shard.plan, shard.tokenizer)
        write(part, _prepared(shard, template))
    return shard.place


def _prepared(shard: IngestShard, template: ChatTemplate) -> Iterator[Prepared | Dropped]:
    for source in shard.sources:
        for item in documents(source, readers=shard.plan.readers):
            if isinstance(item, Dropped):
                yield item
            else:
                yield prepare(item, shard.plan, shard.tokenizer, template)


def prepare(
    document: Document, plan: Plan, tokenizer: Tokenizer, template: ChatTemplate
) -> Prepared:
    """One document, cut, encoded once, and laid."""
    lines = read_lines(document.text)
    table = tree(lines, document.meta)
    placed = tokenizer.place([document.text])
    starts, ends = size_cuts(
        lines, leaf_borders(table), placed.starts, size=plan.grains.size, mode=plan.grains.mode
    )
    # Behind a separator the blanks of an indented first line would join the separator's tokens.
    leading = [_indentation(document.text[s:e]) for s, e in zip(starts, ends, strict=True)]
    starts = starts + np.array(leading, np.int64)
    headings = heading_path(table, document.text, starts)
    metadata = [
        metadata_line(
            plan.layout.metadata,
            document.meta,
            headings[i],
            float(starts[i]) / max(len(document.text), 1),
        )
        for i in range(len(starts))
    ]
    altered = [template.alters(document.text[s:e]) for s, e in zip(starts, ends, strict=True)]
    return Prepared(
        document=document,
        table=table,
        placed=placed,
        starts=starts,
        ends=ends,
        headings=headings,
        metadata=metadata,
        laid=lay(document.text, placed, starts, ends, metadata, tokenizer),
        altered=np.array(altered, bool),
    )


def _indentation(words: str) -> int:
    return len(words) - len(words.lstrip())


def write(folder: Path, items: Iterator[Prepared | Dropped]) -> None:
    """The files of a shard. Arrays are appended to plain files; tables are small and kept until the end."""
    dropped: list[dict[str, Any]] = []
    rows: list[dict[str, Any]] = []
    trees: list[GrainTable] = []
    cuts: list[dict[str, Any]] = []
    files = {name: (folder / f"{name}.bin").open("wb") for name in ARRAYS}
    for item in items:
        if isinstance(item, Dropped):
            dropped.append(asdict(item))
            continue
        codes, units = item.terms
        rows.append(_row(item, len(codes)))
        trees.append(item.table)
        cuts.append(_cut_columns(item))
        item.placed.ids.values.tofile(files["ids"])
        item.placed.starts.astype(np.int32).tofile(files["token_starts"])
        item.laid.ids.values.tofile(files["laid"])
        codes.tofile(files["codes"])
        units.astype(np.int32).tofile(files["code_units"])
    for file in files.values():
        file.close()
    (folder / "dropped.json").write_bytes(orjson.dumps(dropped))
    pq.write_table(pa.Table.from_pylist(rows, _DOCUMENTS), folder / "documents.parquet", **PLAIN)
    pq.write_table(_tree_table(trees), folder / "tree.parquet", **PLAIN)
    pq.write_table(_cut_table(cuts), folder / "cuts.parquet", **PLAIN)


_DOCUMENTS = pa.schema(
    {
        "id": pa.string(),
        "source": pa.string(),
        "text": pa.large_string(),
        "meta": pa.string(),
        "language": pa.string(),
        "characters": pa.int64(),
        "tokens": pa.int64(),
        "laid": pa.int64(),
        "codes": pa.int64(),
        "grains": pa.int64(),
        "nodes": pa.int64(),
        "keeps": pa.bool_(),
    }
)


def _row(item: Prepared, codes: int) -> dict[str, Any]:
    document = item.document
    return {
        "id": document.id,
        "source": document.source,
        "text": document.text,
        "meta": orjson.dumps(document.meta, default=str).decode(),
        "language": str(document.meta.get("language", "und")),
        "characters": len(document.text),
        "tokens": len(item.placed.ids.values),
        "laid": len(item.laid.ids.values),
        "codes": codes,
        "grains": len(item.starts),
        "nodes": len(item.table),
        "keeps": item.laid.exact,
    }


def _cut_columns(item: Prepared) -> dict[str, Any]:
    return {
        "start": item.starts.astype(np.int32),
        "end": item.ends.astype(np.int32),
        "counts": item.laid.counts.astype(np.int32),
        "straddling": item.laid.straddling.astype(np.int8),
        **{name: at.astype(np.int32) for name, at in item.laid.seams._asdict().items()},
        "altered": item.altered,
        "heading": [list(path) for path in item.headings],
        "line": list(item.metadata),
    }


def _cut_table(cuts: list[dict[str, Any]]) -> pa.Table:
    def joined(name: str, empty: NDArray[Any]) -> NDArray[Any]:
        return np.concatenate([empty, *(one[name] for one in cuts)])

    counts = joined("counts", np.zeros((0, 3), np.int32))
    headings = [path for one in cuts for path in one["heading"]]
    lines = [line for one in cuts for line in one["line"]]
    return pa.table(
        {
            "start": joined("start", np.zeros(0, np.int32)),
            "end": joined("end", np.zeros(0, np.int32)),
            "metadata": counts[:, 0],
            "words": counts[:, 1],
            "separator": counts[:, 2],
            "straddling": joined("straddling", np.zeros(0, np.int8)),
            **{name: joined(name, np.zeros(0, np.int32)) for name in Seams._fields},
            "altered": joined("altered", np.zeros(0, bool)),
            "heading": pa.array(headings, pa.list_(pa.string())),
            "line": pa.array(lines, pa.string()),
        }
    )


def _tree_table(trees: list[GrainTable]) -> pa.Table:
    kinds = np.concatenate([np.zeros(0, np.int8), *(one.kind for one in trees)])
    paths = np.concatenate([np.zeros(0, np.int32), *(one.path for one in trees)])
    lengths = np.concatenate([np.zeros(0, int), *(np.diff(one.path_offsets) for one in trees)])
    names = pa.DictionaryArray.from_arrays(pa.array(kinds), pa.array(KINDS))
    return pa.table(
        {
            "kind": names,
            "path": lists(paths.astype(np.int32), lengths),
            "start": np.concatenate([np.zeros(0, np.int64), *(o.start for o in trees)]),
            "end": np.concatenate([np.zeros(0, np.int64), *(o.end for o in trees)]),
        }
    )
