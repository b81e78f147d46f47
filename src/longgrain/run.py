"""A finished run's folder > its documents, grains, examples, rows and counts."""

from __future__ import annotations

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

from longgrain.chat import ChatTemplate
from longgrain.drafts import StoredDrafts, messages_of, views_of
from longgrain.errors import RunError
from longgrain.layouts import EXAMPLES
from longgrain.metadata import lines_of
from longgrain.plan import Plan
from longgrain.rows import Row, read_rows
from longgrain.shown import Shown
from longgrain.spans import Cuts, quotes, with_context
from longgrain.store import Texts
from longgrain.tokens import Tokenizer
from longgrain.types import SIDES, TRAINED, Document, Dropped, Example, Grain, Side


@dataclass(frozen=True)
class Run:
    """A finished run. Everything is read when asked for; nothing is ever written through it."""

    folder: Path

    def __post_init__(self) -> None:
        object.__setattr__(self, "folder", Path(self.folder))
        if not (self.folder / "manifest.json").is_file():
            raise RunError(
                f"{self.folder} holds no finished run (no manifest.json); give the folder of a "
                "run, or finish it with `longgrain build PLAN`"
            )

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """All counts of the run, as in manifest.json."""
        loaded: dict[str, Any] = orjson.loads((self.folder / "manifest.json").read_bytes())
        return loaded

    @cached_property
    def plan(self) -> Plan:
        """What was asked, defaults written out."""
        return Plan.load(self.folder / "plan.yaml")

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """The tokenizer that the run used. Raises RunError if it is another one by now."""
        plan = Plan.of({**self.plan.as_dict()}, folder=self.manifest["plan_folder"])
        found = Tokenizer.load(plan.tokenizer_path)
        if found.sha256 != self.manifest["tokenizer"]["sha256"]:
            raise RunError(
                f"tokenizer {found.name!r} is not the one of {self.folder}: its sha256 is "
                f"{found.sha256[:12]}, the run used {self.manifest['tokenizer']['sha256'][:12]}; "
                "put the old file back to see tokens"
            )
        return found

    @cached_property
    def template(self) -> ChatTemplate:
        """The chat template that the run used."""
        plan = Plan.of(self.plan.as_dict(), folder=self.manifest["plan_folder"])
        return ChatTemplate.of(plan, self.tokenizer)

    def documents(self) -> Iterator[Document]:
        """The documents in the order they were read."""
        with pq.ParquetFile(self.folder / "documents.parquet") as file:
            for group in range(file.num_row_groups):
                for one in file.read_row_group(group).to_pylist():
                    yield Document(
                        id=one["id"],
                        text=one["text"],
                        source=one["source"],
                        meta=orjson.loads(one["meta"]),
                    )

    @cached_property
    def doc_ids(self) -> list[str]:
        """Ids of the documents in order."""
        listed: list[str] = self._column("documents.parquet", "id").to_pylist()
        return listed

    @cached_property
    def sources(self) -> list[str]:
        """Sources of the documents in order."""
        listed: list[str] = self._column("documents.parquet", "source").to_pylist()
        return listed

    def texts(self) -> Mapping[str, str]:
        """Document id > text."""
        return self._texts

    @cached_property
    def _texts(self) -> Texts:
        return Texts(self.doc_ids, self._column("documents.parquet", "text"))

    def grains(self) -> Iterator[Grain]:
        """The cuts of all documents, then the nodes of their trees; the order of their numbers."""
        with pq.ParquetFile(self.folder / "grains.parquet") as file:
            for group in range(file.num_row_groups):
                for one in file.read_row_group(group).to_pylist():
                    yield Grain(
                        doc_id=self.doc_ids[one["doc"]],
                        path=tuple(one["path"]),
                        kind=one["kind"],
                        start=one["start"],
                        end=one["end"],
                    )

    @cached_property
    def cuts(self) -> Cuts:
        """The cut grains by number."""
        names = ["doc", "kind", "start", "end", "metadata"]
        table = pq.read_table(
            self.folder / "grains.parquet", columns=names, filters=[("kind", "=", "cut")]
        )
        document = np.asarray(table["doc"]).astype(np.int32)
        counts = np.bincount(document, minlength=len(self.doc_ids))
        return Cuts(
            doc_ids=self.doc_ids,
            document=document,
            first=np.concatenate([[0], np.cumsum(counts)]),
            starts=np.asarray(table["start"]).astype(np.int32),
            ends=np.asarray(table["end"]).astype(np.int32),
            metadata=table["metadata"].to_pylist(),
        )

    def headings(self, numbers: Sequence[int]) -> list[tuple[str, ...]]:
        """The heading paths of cuts."""
        return [tuple(self._headings[int(number)].as_py()) for number in numbers]

    def _lines(self, names: tuple[str, ...]) -> list[str]:
        """The lines of an example that has other ones before its grains than the plan's."""
        if names not in self._wrapped_lines:
            texts = self._texts
            metas = self._column("documents.parquet", "meta").to_pylist()
            self._wrapped_lines[names] = lines_of(
                names,
                metas=[orjson.loads(one) for one in metas],
                length=lambda document: len(texts[self.doc_ids[document]]),
                document=self.cuts.document,
                starts=self.cuts.starts,
                headings=self._headings.slice(0, len(self.cuts.starts)).to_pylist(),
            )
        return self._wrapped_lines[names]

    @cached_property
    def _wrapped_lines(self) -> dict[tuple[str, ...], list[str]]:
        return {}

    @cached_property
    def _headings(self) -> pa.ChunkedArray:
        return self._column("grains.parquet", "heading")

    @property
    def sides(self) -> list[Side]:
        """The sides that have examples."""
        return [side for side in SIDES if self._examples(side).is_file()]

    def examples(self, side: Side) -> Iterator[Example]:
        """The examples of one side, in order, by reference; none for a side without any."""
        if not self._examples(side).is_file():
            return
        with pq.ParquetFile(self._examples(side)) as file:
            for group in range(file.num_row_groups):
                for one in file.read_row_group(group).to_pylist():
                    yield self._example(one, side)

    def _examples(self, side: Side) -> Path:
        return self.folder / f"examples-{side}.parquet"

    @cached_property
    def _drafts(self) -> StoredDrafts:
        return StoredDrafts(self.folder / "drafts.parquet")

    def _example(self, one: Mapping[str, Any], side: Side) -> Example:
        draft = self._drafts[one["draft"]]
        meta = orjson.loads(draft["meta"])
        names = tuple(meta.get("wrapped", {}).get("metadata", ()))
        lines = self._lines(names) if names and one["layout"] == "pool" else None
        context = self.cuts.spans(one["layout"], one["context"], draft["evidence"], lines)
        views = {meta.get("view", TRAINED): messages_of(draft["messages"])}
        views |= views_of(draft["views"])
        views = {name: with_context(messages, context) for name, messages in views.items()}
        quoted = [one.doc_id for messages in views.values() for one in quotes(messages)]
        kept = ("kind", "form", "language", "evidence", "answer")
        weighed = {name: value for name, value in one.items() if name not in EXAMPLES.names}
        return Example(
            id=one["id"],
            recipe=draft["recipe"],
            seed=draft["seed"],
            side=side,
            doc_ids=tuple(dict.fromkeys(quoted)),
            views=views,
            depths=tuple(one["depths"]),
            lineage={
                "draft": draft["id"],
                "layout": one["layout"],
                "context": one["context"],
                "tokens": one["tokens"],
                **{name: draft[name] for name in kept},
                **meta,
                **({"balance": weighed} if weighed else {}),
            },
        )

    def outlines(self, side: Side, count: int) -> Iterator[tuple[tuple[str, ...], int]]:
        """Kind, language and layout of the first examples of a side, and the tokens of each."""
        if not self._examples(side).is_file():
            return
        table = pq.read_table(self._examples(side), columns=["draft", "layout", "tokens"])[:count]
        names = ["kind", "language"]
        drafts = pq.read_table(self.folder / "drafts.parquet", columns=names).take(table["draft"])
        columns = (drafts["kind"], drafts["language"], table["layout"], table["tokens"])
        for kind, language, layout, tokens in zip(*(c.to_pylist() for c in columns), strict=True):
            yield (kind, language or "", layout), tokens

    def examples_at(self, side: Side, rows: Sequence[int]) -> Iterator[Example]:
        """The examples in these rows of a side's table."""
        for one in pq.read_table(self._examples(side)).take(pa.array(rows, pa.int64())).to_pylist():
            yield self._example(one, side)

    def example(self, name: str) -> Example:
        """The example with this id or a beginning of it that is unique. Raises RunError."""
        found: list[tuple[Side, int, str]] = []
        for side in self.sides:
            ids = pq.read_table(self._examples(side), columns=["id"])["id"].to_pylist()
            found += [(side, row, one) for row, one in enumerate(ids) if one.startswith(name)]
        if len(found) != 1:
            said = "no example" if not found else f"{len(found)} examples"
            raise RunError(
                f"{self.folder} has {said} with an id that begins {name!r}; ids are in the column "
                "`id` of examples-*.parquet"
            )
        side, row, _ = found[0]
        return next(self.examples_at(side, [row]))

    def shown(self, side: Side, limit: int) -> Iterator[Shown]:
        """A few examples of one side laid out with their tokens, of as many kinds as there are."""
        from longgrain.explain import shown

        return iter(shown(self, side, limit))

    def row_files(self, side: Side) -> list[Path]:
        """The files that hold the rows of one side, in order."""
        return sorted(self.folder.glob(f"rows-{side}-*.parquet"))

    def rows(self, side: Side) -> Iterator[Row]:
        """The packed rows of one side, in order."""
        return read_rows(self.row_files(side))

    def dropped(self) -> Iterator[Dropped]:
        """Every item that did not go on, in the order of the steps."""
        table = pq.read_table(self.folder / "dropped.parquet")
        return (Dropped(**one) for one in table.to_pylist())

    def _column(self, file: str, name: str) -> pa.ChunkedArray:
        return pq.read_table(self.folder / file, columns=[name])[name]


def grains_table(
    cuts: Cuts,
    headings: pa.ChunkedArray,
    tokens: NDArray[np.int64],
    sides: NDArray[np.int8],
    tree: pa.Table,
    nodes: Sequence[int],
) -> pa.Table:
    """grains.parquet: all cuts, then all nodes of the trees, each in reading order."""
    paths = np.arange(len(cuts.starts)) - cuts.first[cuts.document]
    names = pa.array([*SIDES, ""])
    own = pa.table(
        {
            "doc": cuts.document,
            "kind": pa.array(["cut"] * len(paths)).dictionary_encode(),
            "path": pa.ListArray.from_arrays(
                np.arange(len(paths) + 1, dtype=np.int32), pa.array(paths.astype(np.int32))
            ),
            "start": cuts.starts,
            "end": cuts.ends,
            "tokens": tokens.astype(np.int32),
            "side": pa.DictionaryArray.from_arrays(pa.array(sides % 4), names),
            "heading": headings,
            "metadata": pa.array(cuts.metadata, pa.string()),
        }
    )
    count = tree.num_rows
    rest = pa.table(
        {
            "doc": np.repeat(np.arange(len(nodes), dtype=np.int32), nodes),
            "kind": tree["kind"],
            "path": tree["path"],
            "start": tree["start"].cast(pa.int32()),
            "end": tree["end"].cast(pa.int32()),
            "tokens": np.zeros(count, np.int32),
            "side": pa.DictionaryArray.from_arrays(pa.array(np.full(count, 3, np.int8)), names),
            "heading": pa.array([[]] * count, pa.list_(pa.string())),
            "metadata": pa.array([""] * count, pa.string()),
        }
    )
    return pa.concat_tables([own, rest.cast(own.schema)]).unify_dictionaries()
