"""A plan's documents, a share and a seed > some of them to build from, others held out, each in one file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import orjson

from longgrain.build import place
from longgrain.corpus import read
from longgrain.engine import atomic
from longgrain.errors import SourceError
from longgrain.near import groups, signatures
from longgrain.plan import Plan
from longgrain.rehearsal import sample
from longgrain.terms import terms
from longgrain.types import Document, Dropped, content_id

# Characters that are drawn where no share is given, and that are held out: 250,000 tokens of English.
ROOM, HELD = 1_000_000, 250_000
READER = "longgrain.tune.sample:Sampled"
# A language is one of the sample's with this share of its characters.
SPOKEN = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """Reads the documents of a sample as they were read before, with all that was known of them."""

    name: ClassVar[str] = "sampled"
    suffixes: ClassVar[tuple[str, ...]] = (".sampled",)

    def read(self, raw: bytes, source: str) -> Iterator[Document | Dropped]:
        """A document a line."""
        for line in raw.splitlines():
            one = orjson.loads(line)
            yield Document.of(one["text"], source=one["source"], meta=one["meta"])


@dataclass(frozen=True, kw_only=True)
class Sample:
    """``drawn`` and ``held`` are files for `Sampled`, ``texts`` the held-out ones as JSONL."""

    drawn: Path
    held: Path | None
    texts: Path | None
    told: Mapping[str, Any]
    """counts of documents and characters, and what was left out"""

    @property
    def languages(self) -> list[str]:
        """Those in which held-out documents can be asked about, the largest first."""
        return list(self.told["held_languages"])

    def plan(self, plan: Plan, examples: int, seed: int, *, held: bool = False) -> Plan:
        """The plan over these documents, all of them to train on, with so many examples at most."""
        source = self.held if held else self.drawn
        changed = {
            "sources": (str(source),),
            "readers": {READER: {}},
            "split": plan.split.model_copy(update={"valid": 0.0, "test": 0.0}),
            "seed": seed,
            "name": "arm",
            "review": None,
        }
        return sample(plan.model_copy(update=changed), examples)


def draw(plan: Plan, folder: Path, *, share: float | None, seed: int) -> Sample:
    """Draws whole documents of every language by its share of the characters.

    Held out are others of them; where there are none, one of those drawn. Held-out documents that
    are near-duplicates of drawn ones are left out, and counted. Raises SourceError for no documents.
    """
    items = list(_listed(plan, seed))
    known = [one for one in items if isinstance(one, _Known)]
    if not known:
        raise SourceError(
            f"the sources {list(plan.sources)} give no document, so there is nothing to draw from; "
            "check the paths"
        )
    drawn, held = _chosen(known, share)
    wanted = {*drawn, *held}
    texts = {one.id: one for one in _items(plan) if isinstance(one, Document) and one.id in wanted}
    twins = _twins([texts[one].text for one in drawn], [texts[one].text for one in held])
    held = [one for one, twin in zip(held, twins, strict=True) if not twin]
    folder.mkdir(parents=True, exist_ok=True)
    kept = [texts[one] for one in held]
    return Sample(
        drawn=_written(folder, "drawn", [texts[one] for one in drawn]),
        held=_written(folder, "held-out", kept) if kept else None,
        texts=_plainly(folder, kept) if kept else None,
        told={
            "documents": len(drawn),
            "characters": sum(len(texts[one].text) for one in drawn),
            "of_documents": len(known),
            "of_characters": sum(one.size for one in known),
            "not_read": len(items) - len(known),
            "held_documents": len(kept),
            "held_characters": sum(len(one.text) for one in kept),
            "held_languages": _spoken(kept),
            "near_duplicates_left_out": int(twins.sum()),
            "sources": sorted(texts[one].source for one in drawn),
            "held_sources": sorted(one.source for one in kept),
            "documents_id": content_id(*sorted(drawn), "held", *sorted(held)),
        },
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What is remembered of a document that may be drawn; ``order`` is by chance of the seed."""

    id: str
    order: str
    language: str
    size: int

    @classmethod
    def of(cls, one: Document, seed: int) -> _Known:
        language = str(one.meta.get("language", "und"))
        order = content_id("tune", seed, one.id)
        return cls(id=one.id, order=order, language=language, size=len(one.text))


def _items(plan: Plan) -> Iterator[Document | Dropped]:
    return read(*(place(plan, name) for name in plan.sources), readers=plan.readers)


def _listed(plan: Plan, seed: int) -> Iterator[_Known | Dropped]:
    """What is remembered of each document, or why there is none."""
    for one in _items(plan):
        yield _Known.of(one, seed) if isinstance(one, Document) else one


def _chosen(known: Sequence[_Known], share: float | None) -> tuple[list[str], list[str]]:
    """Ids of documents drawn and held out, each language by its share; every language has one drawn."""
    total = sum(one.size for one in known)
    wanted = min(1.0, ROOM / max(1, total)) if share is None else share
    drawn: list[str] = []
    held: list[str] = []
    for language in sorted({one.language for one in known}):
        own = sorted((o for o in known if o.language == language), key=lambda one: one.order)
        size = sum(one.size for one in own)
        mine = _filled(own, wanted * size)
        others = [one for one in own if one not in mine] or (mine[-1:] if len(mine) > 1 else [])
        apart = _filled(others, HELD * size / total) if others else []
        drawn += [one.id for one in mine if one not in apart]
        held += [one.id for one in apart]
    return drawn, held


def _filled(listed: Sequence[_Known], room: float) -> list[_Known]:
    """Those that fit into the room one after another, with a tenth to spare; the first in any case."""
    found, used = [listed[0]], listed[0].size
    for one in listed[1:]:
        if used + one.size <= 1.1 * room:
            found.append(one)
            used += one.size
    return found


def _twins(drawn: Sequence[str], held: Sequence[str]) -> Any:
    """For each held-out text whether it is a near-duplicate of one that is drawn."""
    codes = [terms(text)[0] for text in (*drawn, *held)]
    units = np.repeat(np.arange(len(codes)), [len(one) for one in codes])
    group = groups(signatures(np.concatenate(codes), units, len(codes)))
    return np.isin(group[len(drawn) :], group[: len(drawn)])


def _spoken(documents: Sequence[Document]) -> list[str]:
    sizes: Counter[str] = Counter()
    for one in documents:
        sizes[str(one.meta.get("language", "und"))] += len(one.text)
    total = sum(sizes.values())
    return [name for name, size in sizes.most_common() if size >= SPOKEN * total]


def _written(folder: Path, name: str, documents: Sequence[Document]) -> Path:
    """The file of some documents; another choice has another name."""
    path = folder / f"{name}-{content_id(*(one.id for one in documents))}.sampled"
    with atomic(path) as part:
        part.write_bytes(
            b"".join(
                orjson.dumps(
                    {"text": o.text, "source": o.source, "meta": dict(o.meta)}, default=str
                )
                + b"\n"
                for o in documents
            )
        )
    return path.resolve()


def _plainly(folder: Path, documents: Sequence[Document]) -> Path:
    path = folder / f"held-out-{content_id(*(one.id for one in documents))}.jsonl"
    with atomic(path) as part:
        part.write_bytes(
            b"".join(
                orjson.dumps({"text": o.text, "title": str(o.meta.get("title", ""))}) + b"\n"
                for o in documents
            )
        )
    return path.resolve()
