"""Places of documents or a run, a data folder, a tokenizer, a seed > what a probe makes its questions from."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow.parquet as pq

from longgrain import corpus
from longgrain.errors import PlanError, SourceError
from longgrain.held_grains import HeldGrains
from longgrain.languages import language as language_of
from longgrain.plan import Cutting
from longgrain.protocols import Materials
from longgrain.run import Run
from longgrain.sentences import sentence_ends
from longgrain.tokens import Tokenizer
from longgrain.types import Document, Draft, Side, content_id

ENGLISH = ("pydoc:topics",)  # natural English text that every interpreter carries
HELD_OUT: tuple[Side, ...] = ("test", "valid")


@dataclass(frozen=True, kw_only=True)
class HeldOut:
    """What a probe works from; see `longgrain.protocols.Ground`.

    ``places`` are files, folders and globs of documents, or the folder of a run: then the grains of
    its test side are taken, or of its validation side where it has no other.
    """

    language: str = "en"
    seed: int = 17
    context: str = "whole"
    positions: int = 0
    places: tuple[str, ...] = ()
    data: Path | None = None
    tokenizer: Tokenizer
    said: dict[str, str] = field(default_factory=dict)

    def with_context(self, context: str) -> HeldOut:
        """The same ground for another context; what was read and drafted is not made again."""
        other = replace(self, context=context)
        kept = ("documents", "sentences", "_grains")
        vars(other).update({name: vars(self)[name] for name in kept if name in vars(self)})
        return other

    @cached_property
    def documents(self) -> Sequence[Document]:
        """The documents in this language; of a run the stretches of its held-out side."""
        places = self.places or (ENGLISH if self.language == "en" else ())
        self.said["documents"] = ", ".join(places)
        every = (one for place in places for one in _documents(place))
        return [one for one in every if language_of(one.text) == self.language]

    @cached_property
    def sentences(self) -> Sequence[str]:
        """Sentences of the documents, each with the white space after it."""
        found: list[str] = []
        for text in (one.text for one in self.documents):
            ends = sentence_ends(text).tolist()
            starts = _starts(text, ends)
            found += [text[a:b] for a, b in zip(starts, [*starts[1:], ends[-1]], strict=True)]
            found[-1] = f"{found[-1].rstrip()}\n\n"
        return found

    @cached_property
    def _grains(self) -> HeldGrains:
        runs = [Path(one) for one in self.places if _is_run(one)]
        return HeldGrains(
            documents=self.documents,
            seed=self.seed,
            tokenizer=self.tokenizer,
            cutting=Run(runs[0]).plan.grains if runs else Cutting(),
        )

    @property
    def materials(self) -> Materials:
        """The documents as grains, cut as the run's were where there is one."""
        return self._grains.materials

    def drafts(self, recipe: str, kind: str, **settings: Any) -> Iterator[Draft]:
        """What a recipe drafts of the documents by rule, checked. See `longgrain.held_grains`."""
        self.said["questions"] = f"drafted by rule of the documents, recipe {recipe}, kind {kind}"
        return self._grains.drafts(recipe, kind, settings)

    def random(self, *names: str | int) -> np.random.Generator:
        """A generator for these names."""
        return np.random.default_rng(int(content_id("probe", self.seed, *names), 16))

    def tokens(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text has."""
        counts: list[int] = self.tokenizer.encode(texts).lengths.tolist()
        return counts

    def has(self, name: str) -> bool:
        """Whether the data folder has this file."""
        return self.data is not None and (self.data / name).is_file()

    def text(self, name: str) -> str:
        """A text file of the data folder. Raises PlanError if it is not there."""
        return self._raw(name).decode("utf-8")

    def rows(self, name: str) -> Iterator[Mapping[str, Any]]:
        """The rows of a JSONL file or a JSON list; SourceError for one that is no mapping."""
        raw = self._raw(name)
        listed = raw.lstrip()[:1] == b"["
        try:
            found = orjson.loads(raw) if listed else map(orjson.loads, raw.splitlines())
            for row in found:
                if not isinstance(row, Mapping):
                    raise ValueError("no mapping of names to values")
                yield row
        except ValueError as error:
            raise SourceError(
                f"{name} below {self.data} is no JSONL file and no JSON list of rows, so no "
                f"question can be made of it: {error}; take the file as it was published"
            ) from error

    def _raw(self, name: str) -> bytes:
        if not self.has(name):
            where = f"below {self.data}" if self.data else "without --data"
            raise PlanError(
                f"there is no {name} {where}, and this probe is made of it: give the folder that "
                "holds it with --data, see docs/probe.md"
            )
        raw = (Path(self.data or "") / name).read_bytes()
        return gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw


def _starts(text: str, ends: Sequence[int]) -> list[int]:
    """Where each sentence begins: with the first, and after the white space behind each other."""
    first = len(text) - len(text.lstrip())
    after = [end + len(text[end:]) - len(text[end:].lstrip()) for end in ends[:-1]]
    return [first, *after]


def _is_run(place: str) -> bool:
    return (Path(place) / "manifest.json").is_file()


def _documents(place: str) -> Iterator[Document]:
    """Documents, or the held-out stretches of a run."""
    if _is_run(place):
        yield from _held_out(Run(Path(place)))
        return
    yield from (one for one in corpus.read(place) if isinstance(one, Document))


def _held_out(run: Run) -> Iterator[Document]:
    """Stretches of neighbouring grains of the first side that has any. PlanError if none has."""
    table = pq.read_table(
        run.folder / "grains.parquet",
        columns=["doc", "side", "start", "end"],
        filters=[("kind", "=", "cut")],
    ).to_pylist()
    held = {side: [one for one in table if one["side"] == side] for side in HELD_OUT}
    side = next((side for side in HELD_OUT if held[side]), None)
    if side is None:
        raise PlanError(
            f"{run.folder} holds nothing out (no side {' or '.join(HELD_OUT)}), so a probe would "
            "ask about what was trained on: build it with split.test, or name other documents"
        )
    needed = {run.doc_ids[one["doc"]] for one in held[side]}
    whole = {one.id: one for one in run.documents() if one.id in needed}
    for row, start, end in _stretches(held[side]):
        yield _stretch(whole[run.doc_ids[row]], start, end)


def _stretches(cuts: Sequence[Mapping[str, Any]]) -> Iterator[tuple[int, int, int]]:
    """Row of the document, start and end of each run of neighbours."""
    last: tuple[int, int, int] | None = None
    for one in cuts:
        if last and last[0] == one["doc"] and last[2] >= one["start"] - 8:
            last = (last[0], last[1], one["end"])
            continue
        if last:
            yield last
        last = (one["doc"], one["start"], one["end"])
    if last:
        yield last


def _stretch(whole: Document, start: int, end: int) -> Document:
    """A part of a document as one of its own, with the headings that lie in it."""
    given = whole.meta.get("headings", ())
    inside = [[a - start, b - start, level] for a, b, level in given if start <= a and b <= end]
    meta = {**whole.meta, **({"headings": inside} if given else {})}
    return Document.of(whole.text[start:end], source=whole.source, meta=meta)
