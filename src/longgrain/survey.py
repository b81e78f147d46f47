"""Paths > a Survey: what there is, in which languages, about what, what it can answer, what is wrong with it.

Sources are looked into shard by shard, in one process or several; what belongs to all documents
together (topics, copies, shared lines) is found afterwards. The result does not depend on the
number of processes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from longgrain import engine
from longgrain.about import About
from longgrain.copies import Copies, copies
from longgrain.corpus import Source, documents, sources
from longgrain.findings import Findings, Found, look_into, shards_of
from longgrain.intents import INTENTS
from longgrain.suited import Overall, Suits, judged, overall, suits, unjudged
from longgrain.tokens import SHIPPED, Tokenizer
from longgrain.trouble import TROUBLES, SharedLines, Trouble, TroubleKind
from longgrain.types import Document, Dropped

# Bytes looked into together; bytes or sources for which another process is worth its start.
SHARD_BYTES, WORKER_BYTES, WORKER_SOURCES = 1 << 20, 4 << 20, 1000
# Texts on which a faster encoder must agree, and characters of each.
SAMPLES, SAMPLE_SIZE = 12, 20_000
# Passages that are looked into for topics; of larger corpora every so many-th. About 4 KB each.
PASSAGES, PASSAGE_BYTES = 40_000, 4_000
PLACES = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """Documents of one language and script ("Hans", "Hant", "mixed"; empty if not Chinese)."""

    language: str
    script: str
    documents: int
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A cluster of passages; ``sources`` are the documents that hold most of it."""

    terms: tuple[str, ...]
    tokens: int
    share: float
    documents: int
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """``topic`` is a place in the survey's topics; ``intents`` counts sentences by kind."""

    title: str
    tokens: int
    topic: int | None
    repeated: int
    """tokens in grains that are near-duplicates of earlier ones"""
    intents: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surveyed:
    """One document. ``topics`` are (place in the survey's topics, share), largest first."""

    id: str
    source: str
    title: str
    language: str
    script: str
    characters: int
    tokens: int
    grains: int
    levels: Mapping[str, int]
    topics: tuple[tuple[int, float], ...]
    intents: Mapping[str, int]
    examples: Mapping[str, str]
    repeated: float
    trouble: tuple[Trouble, ...]
    recipes: Mapping[str, Suits]
    chapters: tuple[Chapter, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What was found. ``docs/survey.md`` says what every key holds; `json` writes them all."""

    version: str
    paths: tuple[str, ...]
    tokenizer: str
    sources: int
    size: int
    """bytes of all sources"""
    characters: int
    tokens: int
    grains: int
    languages: tuple[Language, ...]
    lengths: tuple[tuple[int, int, int], ...]
    """(from, documents, tokens): documents of so many tokens up to twice as many"""
    levels: Mapping[str, int]
    """documents in which a level was found"""
    intents: Mapping[str, tuple[int, int]]
    """kind of question > (sentences, documents)"""
    topics: tuple[Topic, ...]
    places: tuple[tuple[float, float, int, int, int], ...]
    """the map: (x, y, topic, document, chapter) of at most 2,000 passages"""
    copies: Copies
    trouble: Mapping[TroubleKind, tuple[int, ...]]
    """kind of trouble > the documents that have it"""
    boilerplate: tuple[tuple[str, int], ...]
    """(line, documents that hold it)"""
    dropped: tuple[Dropped, ...]
    recipes: Mapping[str, Overall]
    unjudged: tuple[str, ...]
    """recipes on the shelf for which there is no rule yet"""
    documents: tuple[Surveyed, ...]

    def json(self) -> bytes:
        """The whole survey as JSON, keys as the fields are named."""
        return orjson.dumps(self, option=orjson.OPT_INDENT_2)


def survey(
    paths: str | Path | Iterable[str | Path],
    *,
    tokenizer: str = SHIPPED,
    workers: int | None = None,
    tell: Callable[[str], None] = lambda words: None,
) -> Survey:
    """What is in files, folders and globs; nothing is written.

    ``workers`` are processes; by default one for every 4 MB, at most one a processor. A source that
    cannot be read is listed in ``dropped``. Raises SourceError for a path at which there is
    nothing, TokenizerError for a tokenizer that cannot be loaded.
    """
    asked = [paths] if isinstance(paths, str | Path) else list(paths)
    listed = sources(*asked)
    size = sum(one.bytes for one in listed)
    tell(f"looking into {len(listed):,} sources")
    loaded = _loaded(tokenizer, listed)
    gathered = _Gathered()
    every = max(1, -(-size // (PASSAGES * PASSAGE_BYTES)))
    shards = shards_of(listed, loaded, every, SHARD_BYTES)
    for findings in engine.run(look_into, shards, workers=workers or _workers(size, len(listed))):
        gathered.add(findings)
    tell("clustering topics")
    about = About.of(gathered.found)
    tell("looking for copies")
    copied, repeated = copies(gathered.found, gathered.twins)
    entries = [
        _entry(found, about.chapters[i], about.shares[i], repeated[i])
        for i, found in enumerate(gathered.found)
    ]
    return _survey(asked, listed, loaded, gathered, about, copied, entries)


def _workers(size: int, count: int) -> int:
    able = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(able or 1, max(size // WORKER_BYTES, count // WORKER_SOURCES)))


def _loaded(name: str, listed: Sequence[Source]) -> Tokenizer:
    """The tokenizer, with the faster encoder where it agrees on samples of the documents."""
    readable = [one for one in listed if one.reader and one.bytes < SHARD_BYTES]
    samples = []
    for source in readable[:: max(1, len(readable) // SAMPLES)][:SAMPLES]:
        try:
            first = next((one for one in documents(source) if isinstance(one, Document)), None)
        except Exception:  # told when the source is looked into
            continue
        samples += [first.text[:SAMPLE_SIZE]] if first else []
    return Tokenizer.load(name).agreeing(samples)


class _Gathered:
    """Findings of shards, put together; of equal texts the first is kept."""

    def __init__(self) -> None:
        self.found: list[Found] = []
        self.dropped: list[Dropped] = []
        self.twins: dict[str, list[str]] = {}
        self.lines = SharedLines()

    def add(self, findings: Findings) -> None:
        for one in findings.found:
            if one.id not in self.twins:
                self.found.append(one)
            self.twins.setdefault(one.id, []).append(one.source)
        self.dropped += findings.dropped
        self.lines.add(findings.looked, findings.lines)


def _entry(
    found: Found,
    about: Sequence[int | None],
    shares: tuple[tuple[int, float], ...],
    repeated: NDArray[np.int64],
) -> Surveyed:
    tokens = np.bincount(found.grain_chapter, found.grain_tokens, len(found.chapters))
    chapters = [
        Chapter(
            title=title,
            tokens=int(tokens[i]),
            topic=about[i],
            repeated=int(repeated[i]),
            intents=_counted(found.intents[:, i]),
        )
        for i, title in enumerate(found.chapters)
    ]
    share = round(float(repeated.sum() / max(found.tokens, 1)), 4)
    return Surveyed(
        id=found.id,
        source=found.source,
        title=found.title,
        language=found.language,
        script=found.script,
        characters=found.characters,
        tokens=found.tokens,
        grains=len(found.grain_tokens),
        levels=found.levels,
        topics=shares,
        intents=_counted(found.intents.sum(axis=1)),
        examples=found.examples,
        repeated=share,
        trouble=tuple(found.troubles),
        recipes=suits(found, share),
        chapters=tuple(chapters),
    )


def _counted(counts: NDArray[np.int32]) -> dict[str, int]:
    return {kind: int(n) for kind, n in zip(INTENTS, counts, strict=True) if n}


def _survey(
    asked: Sequence[Any],
    listed: Sequence[Source],
    tokenizer: Tokenizer,
    gathered: _Gathered,
    about: About,
    copied: Copies,
    entries: Sequence[Surveyed],
) -> Survey:
    from importlib.metadata import version

    tokens = sum(one.tokens for one in entries)
    return Survey(
        version=version("longgrain"),
        paths=tuple(map(str, asked)),
        tokenizer=tokenizer.name,
        sources=len(listed),
        size=sum(one.bytes for one in listed),
        characters=sum(one.characters for one in entries),
        tokens=tokens,
        grains=sum(one.grains for one in entries),
        languages=_languages(entries),
        lengths=_lengths(entries),
        levels={
            level: n
            for level in ("part", "chapter", "section", "paragraph", "sentence")
            if (n := sum(one.levels[level] > 0 for one in entries))
        },
        intents=_intents(entries),
        topics=_topics(about, entries),
        places=_places(about),
        copies=copied,
        trouble={
            kind: mine
            for kind in TROUBLES
            if (
                mine := tuple(
                    i for i, e in enumerate(entries) if kind in {t.kind for t in e.trouble}
                )
            )
        },
        boilerplate=tuple(gathered.lines.boilerplate()),
        dropped=tuple(gathered.dropped),
        recipes={
            name: overall(name, [one.recipes[name] for one in entries], tokens - copied.tokens)
            for name in judged()
        },
        unjudged=tuple(unjudged()),
        documents=tuple(entries),
    )


def _languages(entries: Sequence[Surveyed]) -> tuple[Language, ...]:
    held: dict[tuple[str, str], Language] = {}
    for one in entries:
        key = (one.language, one.script)
        some = held.get(key, Language(language=key[0], script=key[1], documents=0, tokens=0))
        held[key] = replace(some, documents=some.documents + 1, tokens=some.tokens + one.tokens)
    return tuple(sorted(held.values(), key=lambda one: -one.tokens))


def _lengths(entries: Sequence[Surveyed]) -> tuple[tuple[int, int, int], ...]:
    """By powers of two, from the shortest document's to the longest's, empty ones included."""
    bins = [max(one.tokens.bit_length() - 1, 0) for one in entries]
    return tuple(
        (
            1 << at,
            bins.count(at),
            sum(e.tokens for e, b in zip(entries, bins, strict=True) if b == at),
        )
        for at in (range(min(bins), max(bins) + 1) if bins else ())
    )


def _intents(entries: Sequence[Surveyed]) -> dict[str, tuple[int, int]]:
    return {
        kind: (
            sum(one.intents.get(kind, 0) for one in entries),
            sum(kind in one.intents for one in entries),
        )
        for kind in INTENTS
    }


def _topics(about: About, entries: Sequence[Surveyed]) -> tuple[Topic, ...]:
    total = max(int(about.tokens.sum()), 1)
    made = []
    for number, terms in enumerate(about.topics.terms):
        mine = about.topics.of_passage == number
        held = np.bincount(about.owner[mine], about.tokens[mine], len(entries))
        most = np.argsort(-held, kind="stable")[: min(5, np.count_nonzero(held))].tolist()
        made.append(
            Topic(
                terms=terms,
                tokens=int(held.sum()),
                share=round(float(held.sum() / total), 4),
                documents=int(np.count_nonzero(held)),
                sources=tuple(entries[one].source for one in most),
            )
        )
    return tuple(made)


def _places(about: About) -> tuple[tuple[float, float, int, int, int], ...]:
    known = np.flatnonzero(about.topics.of_passage >= 0)
    some = known[:: max(1, -(-len(known) // PLACES))]
    at = np.round(about.topics.places[some].astype(np.float64), 4).tolist()
    columns = (about.topics.of_passage[some], about.owner[some], about.chapter[some])
    return tuple(
        (x, y, topic, owner, chapter)
        for (x, y), topic, owner, chapter in zip(
            at, *(column.tolist() for column in columns), strict=True
        )
    )
