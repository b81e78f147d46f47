"""Ingested shards > one store: documents, grains, memory-mapped token ids and the search index of a run.

Grain numbers are row numbers of grains.parquet: first the cuts of all documents in reading order,
then the nodes of their structure trees. Contexts are made of cuts.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from longgrain.engine import atomic
from longgrain.ingest import ARRAYS, PLAIN
from longgrain.metadata import lines_of
from longgrain.search import Index
from longgrain.spans import Cuts
from longgrain.types import KINDS, Dropped, Grain

TYPES = {
    "ids": np.int32,
    "token_starts": np.int32,
    "laid": np.int32,
    "codes": np.uint64,
    "code_units": np.int32,
}
# Decoded texts kept at hand, in characters.
TEXTS_KEPT = 32_000_000
# Documents that recipes made, beside those that were read.
MADE_FILE = "made.parquet"


class Texts(Mapping[str, str]):
    """Document id > text, decoded when asked for; the least used leave first."""

    def __init__(self, ids: Sequence[str], column: pa.ChunkedArray) -> None:
        self._rows = {name: row for row, name in enumerate(ids)}
        self._column = column
        self._kept: OrderedDict[str, str] = OrderedDict()
        self._size = 0
        self._made: dict[str, str] = {}

    def add(self, doc_id: str, text: str) -> None:
        """Takes up the text of a document that was made."""
        self._made.setdefault(doc_id, text)

    def __getitem__(self, doc_id: str) -> str:
        if doc_id in self._made:
            return self._made[doc_id]
        if doc_id in self._kept:
            self._kept.move_to_end(doc_id)
            return self._kept[doc_id]
        text = str(self._column[self._rows[doc_id]].as_py())
        self._kept[doc_id] = text
        self._size += len(text)
        while self._size > TEXTS_KEPT and len(self._kept) > 1:
            self._size -= len(self._kept.popitem(last=False)[1])
        return text

    def __contains__(self, doc_id: object) -> bool:
        return doc_id in self._rows or doc_id in self._made

    def __iter__(self) -> Iterator[str]:
        yield from self._rows
        yield from self._made

    def __len__(self) -> int:
        return len(self._rows) + len(self._made)


@dataclass(frozen=True, kw_only=True)
class Store:
    """What the ingested shards hold together. All arrays are memory-mapped or small columns."""

    folder: Path

    def _map(self, name: str) -> NDArray[Any]:
        path = self.folder / f"{name}.bin"
        if not path.stat().st_size:
            return np.zeros(0, TYPES[name])
        # A plain array over the map: slicing np.memmap itself costs ten times as much.
        return np.asarray(np.memmap(path, TYPES[name], "r"))

    @cached_property
    def ids(self) -> NDArray[np.int32]:
        """Token ids of all documents end to end, as encoded."""
        return self._map("ids")

    @cached_property
    def token_starts(self) -> NDArray[np.int32]:
        """The code point, in its own document, where each token of `ids` starts."""
        return self._map("token_starts")

    @cached_property
    def laid(self) -> NDArray[np.int32]:
        """Token ids of all cuts end to end, as laid in a context."""
        return self._map("laid")

    @cached_property
    def index(self) -> Index:
        """Postings of the terms of all cuts."""
        return Index.open(self.folder / "index")

    @cached_property
    def _documents(self) -> pa.Table:
        return pq.read_table(self.folder / "documents.parquet")

    def _cut_column(self, name: str) -> pa.ChunkedArray:
        # One by one: headings are most of the table, and few steps read them.
        return pq.read_table(self.folder / "cuts.parquet", columns=[name]).column(name)

    def document(self, name: str) -> list[Any]:
        """One column of the documents."""
        values: list[Any] = self._documents.column(name).to_pylist()
        return values

    def cut(self, name: str) -> NDArray[Any]:
        """One column of the cuts, as an array."""
        return np.asarray(self._cut_column(name).to_numpy())

    @cached_property
    def doc_ids(self) -> list[str]:
        """Ids of the documents in order."""
        return self.document("id")

    @cached_property
    def rows(self) -> Mapping[str, int]:
        """Document id > its number."""
        return {name: row for row, name in enumerate(self.doc_ids)}

    @cached_property
    def texts(self) -> Texts:
        """Texts by document id, from a memory-mapped file; those that recipes made, too."""
        source = pa.memory_map(str(self.folder / "texts.arrow"))
        texts = Texts(self.doc_ids, pa.ipc.open_file(source).read_all().column("text"))
        if (made := self.folder / MADE_FILE).exists():
            table = pq.read_table(made, columns=["id", "text"])
            for name, text in zip(*(column.to_pylist() for column in table.columns), strict=True):
                texts.add(name, text)
        return texts

    @cached_property
    def _tree(self) -> pa.Table:
        return pq.read_table(self.folder / "tree.parquet")

    @cached_property
    def _first_nodes(self) -> NDArray[np.int64]:
        return _offsets(self.document("nodes"))

    def tree(self, doc_id: str) -> list[Grain]:
        """The nodes of a document's structure tree, in reading order."""
        first, end = (int(one) for one in self._first_nodes[self.rows[doc_id] :][:2])
        nodes = self._tree.slice(first, end - first)
        columns = (nodes[name].to_pylist() for name in ("path", "kind", "start", "end"))
        return [
            Grain(doc_id=doc_id, path=tuple(path), kind=kind, start=start, end=end)
            for path, kind, start, end in zip(*columns, strict=True)
        ]

    @cached_property
    def doc_tokens(self) -> NDArray[np.int64]:
        """Where each document starts in `ids` and `token_starts`; one entry more than documents."""
        return _offsets(self.document("tokens"))

    @cached_property
    def doc_cuts(self) -> NDArray[np.int64]:
        """The number of each document's first cut; one entry more than documents."""
        return _offsets(self.document("grains"))

    @cached_property
    def cut_document(self) -> NDArray[np.int32]:
        """The document's number of every cut."""
        return np.repeat(np.arange(len(self.doc_ids), dtype=np.int32), np.diff(self.doc_cuts))

    @cached_property
    def starts(self) -> NDArray[np.int32]:
        """The code point, in its document, at which each cut starts."""
        return self.cut("start")

    @cached_property
    def ends(self) -> NDArray[np.int32]:
        """The code point, in its document, behind each cut."""
        return self.cut("end")

    @cached_property
    def cuts(self) -> Cuts:
        """All cuts by number."""
        return Cuts(
            doc_ids=self.doc_ids,
            document=self.cut_document,
            first=self.doc_cuts,
            starts=self.starts,
            ends=self.ends,
            metadata=self._cut_column("line").to_pylist(),
        )

    def lines(self, names: Sequence[str]) -> list[str]:
        """The line before every cut that says these parts about it, whatever the plan's own says."""
        return lines_of(
            names,
            metas=[orjson.loads(one) for one in self.document("meta")],
            length=lambda document: len(self.texts[self.doc_ids[document]]),
            document=self.cut_document,
            starts=self.starts,
            headings=self.headings.to_pylist(),
        )

    @cached_property
    def leaves(self) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]:
        """Starts and ends of all sentences and headings, and where each document's begin."""
        table = pq.read_table(self.folder / "tree.parquet", columns=["kind", "start", "end"])
        kinds = np.asarray(table["kind"].combine_chunks().indices)
        kept = np.isin(kinds, [KINDS.index("sentence"), KINDS.index("heading")])
        owner = np.repeat(np.arange(len(self.doc_ids)), self.document("nodes"))[kept]
        columns = [np.asarray(table[name])[kept].astype(np.int32) for name in ("start", "end")]
        first = np.searchsorted(owner, np.arange(len(self.doc_ids) + 1))
        return columns[0], columns[1], first.astype(np.int64)

    @cached_property
    def _touching(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """For every cut the first leaf that touches it, and one more than the last."""
        starts, ends, first = self.leaves
        # Document and offset in one number, so that one search does for all cuts of all documents.
        owner = np.repeat(np.arange(len(first) - 1, dtype=np.int64), np.diff(first)) << 32
        document = self.cut_document.astype(np.int64) << 32
        return (
            np.searchsorted(ends + owner, self.starts + document, "right"),
            np.searchsorted(starts + owner, self.ends + document),
        )

    def source(self, number: int) -> str:
        """The text of the document that a cut lies in."""
        return self.texts[self.doc_ids[int(self.cut_document[number])]]

    def words(self, number: int) -> str:
        """The words of a cut."""
        return self.source(number)[int(self.starts[number]) : int(self.ends[number])]

    def sentences(self, number: int) -> list[tuple[int, int]]:
        """Where the sentences that touch a cut lie in its document, cut off at its borders."""
        starts, ends, _ = self.leaves
        first, last = self._touching
        touching = slice(first[number], last[number])
        pairs = list(zip(starts[touching].tolist(), ends[touching].tolist(), strict=True))
        if pairs:
            pairs[0] = (max(int(self.starts[number]), pairs[0][0]), pairs[0][1])
            pairs[-1] = (pairs[-1][0], min(int(self.ends[number]), pairs[-1][1]))
        return pairs

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """(cuts, 3): tokens of metadata, words and separator as laid."""
        names = ("metadata", "words", "separator")
        return np.stack([self.cut(name) for name in names], axis=1).astype(np.int64)

    @cached_property
    def laid_tokens(self) -> NDArray[np.int64]:
        """Tokens of every cut as laid."""
        total: NDArray[np.int64] = self.counts.sum(1)
        return total

    @cached_property
    def straddling(self) -> NDArray[np.int8]:
        """Tokens of each cut that reach over into its separator."""
        return self.cut("straddling")

    @cached_property
    def joins(self) -> NDArray[np.bool_]:
        """For each document, whether the ids of its cuts may be joined."""
        return np.asarray(self.document("keeps"), bool)

    @cached_property
    def laid_offsets(self) -> NDArray[np.int64]:
        """Where each cut starts in `laid`; one entry more than cuts."""
        return _offsets(self.laid_tokens)

    @cached_property
    def headings(self) -> pa.ChunkedArray:
        """The heading path of every cut, a list of titles."""
        return self._cut_column("heading")

    def codes(self) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
        """Term codes of all cuts and the number of the cut that holds each."""
        return self._map("codes"), self._map("code_units")


def _offsets(lengths: Sequence[int] | NDArray[np.integer]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(np.asarray(lengths, np.int64))]).astype(np.int64)


def merge(shards: Sequence[Path], folder: Path) -> Store:
    """Shards joined in order into one store; the second of two equal texts is dropped."""
    if not folder.exists():
        with atomic(folder) as part:
            part.mkdir(parents=True, exist_ok=True)
            _join(shards, part)
    return Store(folder=folder)


def _join(shards: Sequence[Path], folder: Path) -> None:
    dropped: list[dict[str, Any]] = []
    first: dict[str, str] = {}
    tables: dict[str, list[pa.Table]] = {"documents": [], "cuts": [], "tree": []}
    files = {name: (folder / f"{name}.bin").open("wb") for name in ARRAYS}
    parts: list[Index] = []
    cuts = 0
    for shard in shards:
        dropped += orjson.loads((shard / "dropped.json").read_bytes())
        documents = pq.read_table(shard / "documents.parquet")
        keep = _first_of_their_kind(documents, first, dropped)
        parts.append(_append(shard, documents, keep, files, tables, cuts))
        cuts += int(np.asarray(documents.column("grains"))[keep].sum())
    for file in files.values():
        file.close()
    (folder / "dropped.json").write_bytes(orjson.dumps(dropped))
    documents = pa.concat_tables(tables["documents"])
    _write_texts(documents, folder / "texts.arrow")
    pq.write_table(documents.drop_columns(["text"]), folder / "documents.parquet", **PLAIN)
    pq.write_table(pa.concat_tables(tables["cuts"]), folder / "cuts.parquet", **PLAIN)
    tree = pa.concat_tables(tables["tree"]).unify_dictionaries()
    pq.write_table(tree, folder / "tree.parquet", **PLAIN)
    Index.merged(parts, folder / "index")


def _first_of_their_kind(
    documents: pa.Table, first: dict[str, str], dropped: list[dict[str, Any]]
) -> NDArray[np.bool_]:
    names, sources = documents.column("id").to_pylist(), documents.column("source").to_pylist()
    keep = np.ones(len(names), bool)
    for row, (name, source) in enumerate(zip(names, sources, strict=True)):
        if name in first:
            keep[row] = False
            detail = f"the same text as {first[name]}"
            dropped.append(
                {"step": "read", "id": source, "reason": "exact duplicate", "detail": detail}
            )
        first.setdefault(name, source)
    return keep


def _append(
    shard: Path,
    documents: pa.Table,
    keep: NDArray[np.bool_],
    files: Mapping[str, Any],
    tables: dict[str, list[pa.Table]],
    cuts: int,
) -> Index:
    """Adds the kept documents of one shard to the store's files; their part of the index."""
    sizes = {
        "ids": "tokens", "token_starts": "tokens", "laid": "laid", "codes": "codes",
        "code_units": "codes",
    }  # fmt: skip
    counted = {name: np.asarray(documents.column(name)) for name in ("grains", "nodes", "codes")}

    def kept(name: str, size: str) -> NDArray[Any]:
        values = np.fromfile(shard / f"{name}.bin", TYPES[name])
        return values if keep.all() else values[np.repeat(keep, np.asarray(documents.column(size)))]

    def rows(name: str, size: str) -> pa.Table:
        table = pq.read_table(shard / f"{name}.parquet")
        return table if keep.all() else table.filter(pa.array(np.repeat(keep, counted[size])))

    for name in ("ids", "token_starts", "laid"):
        kept(name, sizes[name]).tofile(files[name])
    grains, terms = counted["grains"][keep], counted["codes"][keep]
    codes, units = kept("codes", "codes"), kept("code_units", "codes")
    units += np.repeat(_offsets(grains)[:-1], terms).astype(np.int32)
    codes.tofile(files["codes"])
    (units + np.int32(cuts)).tofile(files["code_units"])
    tables["documents"].append(documents.filter(pa.array(keep)))
    tables["cuts"].append(rows("cuts", "grains"))
    tables["tree"].append(rows("tree", "nodes"))
    return Index.of(codes, units.astype(np.int64), int(grains.sum()))


def _write_texts(documents: pa.Table, path: Path) -> None:
    """Texts as an uncompressed Arrow file: opened memory-mapped, decoded one at a time."""
    table = documents.select(["text"])
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)


def dropped_while_reading(store: Store) -> list[Dropped]:
    """What the readers dropped, and exact duplicates, in the order of the sources."""
    return [Dropped(**one) for one in orjson.loads((store.folder / "dropped.json").read_bytes())]
