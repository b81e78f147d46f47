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
from longgrain.languages import language as language_of
from longgrain.run import Run
from longgrain.sentences import sentence_ends
from longgrain.tokens import Tokenizer
from longgrain.types import Document, Side, content_id

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
        """The same ground for another context; what was read is not read again."""
        other = replace(self, context=context)
        vars(other).update(
            {name: vars(self)[name] for name in ("sentences",) if name in vars(self)}
        )
        return other

    @cached_property
    def sentences(self) -> Sequence[str]:
        """Sentences of the documents in this language, each with the white space after it."""
        places = self.places or (ENGLISH if self.language == "en" else ())
        found: list[str] = []
        for text in (text for place in places for text in _texts(place)):
            if language_of(text) == self.language:
                ends = sentence_ends(text).tolist()
                starts = _starts(text, ends)
                found += [text[a:b] for a, b in zip(starts, [*starts[1:], ends[-1]], strict=True)]
                found[-1] = f"{found[-1].rstrip()}\n\n"
        self.said["documents"] = ", ".join(places)
        return found

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


def _texts(place: str) -> Iterator[str]:
    """The texts of documents, or the held-out stretches of a run."""
    if (Path(place) / "manifest.json").is_file():
        yield from _held_out(Run(Path(place)))
        return
    for item in corpus.read(place):
        if isinstance(item, Document):
            yield item.text


def _held_out(run: Run) -> Iterator[str]:
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
    texts = run.texts()
    stretch: tuple[int, int, int] | None = None
    for one in held[side]:
        if stretch and stretch[0] == one["doc"] and stretch[2] >= one["start"] - 8:
            stretch = (stretch[0], stretch[1], one["end"])
            continue
        if stretch:
            yield texts[run.doc_ids[stretch[0]]][stretch[1] : stretch[2]]
        stretch = (one["doc"], one["start"], one["end"])
    if stretch:
        yield texts[run.doc_ids[stretch[0]]][stretch[1] : stretch[2]]
