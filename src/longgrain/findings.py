"""A shard of sources > what is found in each document: tokens, chapters, kinds of question, words, signatures, trouble.

The step of a survey that does the work: pure, once for each shard, in any process. Nothing is
written, and what comes back grows with the number of documents and grains, not with their words.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from longgrain.corpus import Source, documents
from longgrain.cuts import size_cuts
from longgrain.facts import Language
from longgrain.grains import GrainTable, leaf_borders, tree
from longgrain.headings import heading_title
from longgrain.intents import INTENTS, Intent, answerable, example
from longgrain.keywords import Counted, counted
from longgrain.lines import CODE, Lines, read_lines
from longgrain.near import Signatures, signatures
from longgrain.scripts import script_of, simplified
from longgrain.terms import Codes, terms
from longgrain.tokens import Tokenizer
from longgrain.trouble import Trouble, distinct_lines, troubles
from longgrain.types import KINDS, Document, Dropped

Ints = NDArray[np.int64]

GRAIN = 128  # tokens, as a build cuts
GRAINS_A_PASSAGE = 8  # at most; a passage is what has a topic
FEWEST_CHAPTERS, WIDEST, GRAINS_A_PIECE = 3, 0.5, 32
LEVELS = ("part", "chapter", "section", "paragraph", "sentence")
# Kinds of question that the extractive teacher can ask and check.
CHECKABLE: tuple[Intent, ...] = ("number", "date", "name", "quote")


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyShard:
    """Sources that are looked into together; of ``every`` passages one is looked into for topics."""

    number: int
    sources: tuple[Source, ...]
    tokenizer: Tokenizer
    every: int = 1

    @property
    def name(self) -> str:
        """Names the shard in errors."""
        return f"survey-{self.number:05d}"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Found:
    """What one document holds; grains and passages are numbered from 0."""

    id: str
    source: str
    title: str
    language: str
    script: str
    characters: int
    tokens: int
    levels: Mapping[str, int]
    chapters: list[str]
    grain_tokens: NDArray[np.int32]
    grain_chapter: NDArray[np.int32]
    grain_passage: NDArray[np.int32]
    checkable: int
    """grains with a fact that can be asked for and checked"""
    intents: NDArray[np.int32]
    """(kinds, chapters): sentences that can answer each kind"""
    examples: Mapping[str, str]
    passages: NDArray[np.int32]
    """the passages whose words were counted"""
    words: Counted
    """``passage`` is a place in ``passages``"""
    whole: Signatures
    grained: Signatures
    troubles: list[Trouble]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Findings:
    """What a shard holds."""

    found: list[Found]
    dropped: list[Dropped]
    lines: Mapping[int, tuple[str, int]]
    """hash of a line > the line, and how many documents have it"""
    looked: int
    """documents whose lines were looked at: of ``every`` one"""


def look_into(shard: SurveyShard) -> Findings:
    """Everything found in the sources of a shard; a source that fails is one more drop."""
    found: list[Found] = []
    dropped: list[Dropped] = []
    lines: dict[int, tuple[str, int]] = {}
    looked = 0
    for source in shard.sources:
        try:
            for item in documents(source):
                if isinstance(item, Dropped):
                    dropped.append(item)
                    continue
                scanned = read_lines(item.text)
                found.append(_found(item, scanned, shard))
                if int(item.id, 16) % shard.every:
                    continue
                looked += 1
                for line in distinct_lines(scanned):
                    key = _hash(line)
                    lines[key] = (line, lines.get(key, ("", 0))[1] + 1)
        except Exception as problem:  # whatever one file does, the others are still looked into
            said = f"{type(problem).__name__}: {problem}"
            dropped.append(
                Dropped(step="survey", id=source.name, reason="looking into it failed", detail=said)
            )
    return Findings(found=found, dropped=dropped, lines=lines, looked=looked)


def _hash(line: str) -> int:
    raw = hashlib.blake2b(line.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(raw, "little")


def _found(document: Document, lines: Lines, shard: SurveyShard) -> Found:
    text, meta = document.text, document.meta
    table = tree(lines, meta)
    placed = shard.tokenizer.place([text])
    starts, ends = size_cuts(lines, leaf_borders(table), placed.starts, size=GRAIN)
    titles, borders = _chapters(table, text, starts)
    chapter = np.searchsorted(borders, starts, "right") - 1
    passage = _passages(chapter)
    held = terms(text)
    grain = np.searchsorted(starts, held[1], "right") - 1
    prose, script = _prose(lines), ""
    if meta["language"] == "zh":
        script = script_of(lines.codes)
    said, first, last = _sentences(lines, table, prose, held, document, script)
    passages, words = _words(document, prose, starts, ends, passage, shard.every)
    checkable = np.any(said[[INTENTS.index(kind) for kind in CHECKABLE]], axis=0)
    return Found(
        id=document.id,
        source=document.source,
        title=str(meta.get("title") or document.source),
        language=str(meta["language"]),
        script=script,
        characters=len(text),
        tokens=len(placed.ids.values),
        levels={kind: len(table.rows(kind)) for kind in KINDS if kind in LEVELS},
        chapters=titles,
        grain_tokens=_tokens(placed.starts, starts, ends),
        grain_chapter=chapter.astype(np.int32),
        grain_passage=passage.astype(np.int32),
        checkable=len(np.unique(np.searchsorted(starts, first[checkable], "right"))),
        intents=_by_chapter(said, first, borders),
        examples=_examples(text, said, first, last),
        passages=passages,
        words=words,
        whole=signatures(held[0], np.zeros(len(held[0]), np.int64), 1),
        grained=signatures(held[0][grain >= 0], grain[grain >= 0], len(starts), every=4, whole=64),
        troubles=list(troubles(lines, meta, len(placed.ids.values))),
    )


def _chapters(table: GrainTable, text: str, starts: Ints) -> tuple[list[str], Ints]:
    """Titles and first offsets of the chapters, in which the whole document lies.

    Chapters alone, or with sections of so many levels that none holds more than half the text;
    without headings, pieces of some grains.
    """
    rows = _level(table, len(text))
    if not len(rows):
        borders = starts[::GRAINS_A_PIECE].copy()
        borders[:1] = 0
        return [""] * max(len(borders), 1), borders if len(borders) else np.zeros(1, np.int64)
    # The first child of a node is its heading.
    spans = zip(table.start[rows + 1].tolist(), table.end[rows + 1].tolist(), strict=True)
    titles = [heading_title(text[start:end])[:120] for start, end in spans]
    borders = table.start[rows]
    if len(starts) and starts[0] < borders[0]:  # what stands before the first chapter
        return ["", *titles], np.append(0, borders)
    return titles, borders


def _level(table: GrainTable, length: int) -> Ints:
    """The rows of the nodes that count as chapters; none where there are too few."""
    depths = np.diff(table.path_offsets)
    inner = table.rows("section")
    rows, best, least = table.rows("chapter"), np.zeros(0, np.int64), 1.0
    for depth in (0, *np.unique(depths[inner]).tolist()[:2]):
        rows = np.union1d(rows, inner[depths[inner] == depth])
        widest = np.diff(table.start[rows], append=length).max(initial=0) / max(length, 1)
        if len(rows) >= FEWEST_CHAPTERS and widest < least:
            best, least = rows, widest
        if least <= WIDEST:
            break
    return best


def _passages(chapter: Ints) -> Ints:
    """For each grain its passage: evenly long runs of grains of one chapter."""
    _, first, count = np.unique(chapter, return_index=True, return_counts=True)
    pieces = -(-count // GRAINS_A_PASSAGE)
    before = np.append(0, np.cumsum(pieces))[:-1]
    rank = np.arange(len(chapter)) - np.repeat(first, count)
    found: Ints = np.repeat(before, count) + rank * np.repeat(pieces, count) // np.repeat(
        count, count
    )
    return found


def _prose(lines: Lines) -> str:
    """The text with its fenced code blanked out, of the same length."""
    code = np.flatnonzero(lines.kinds == CODE)
    if not len(code):
        return lines.text
    codes = lines.codes.copy()
    edges = np.zeros(len(codes) + 1, np.int8)
    edges[lines.starts[code]] += 1
    edges[lines.ends[code]] -= 1
    codes[np.cumsum(edges[:-1]) > 0] = ord(" ")
    return codes.tobytes().decode("utf-32-le", "surrogatepass")


def _sentences(
    lines: Lines,
    table: GrainTable,
    prose: str,
    held: tuple[Codes, Ints],
    document: Document,
    script: str,
) -> tuple[NDArray[np.bool_], Ints, Ints]:
    """Which kinds of question each sentence can answer; starts and ends of the sentences."""
    rows = table.rows("sentence")
    first, last = table.start[rows], table.end[rows]
    if document.meta.get("code"):
        said = np.zeros((len(INTENTS), len(first)), bool)
        said[INTENTS.index("code")] = np.isin(first, table.start[table.rows("paragraph")])
        return said, first, last
    spoken: Mapping[str, Language] = {"en": "en", "zh": "zh"}
    language = spoken.get(document.meta["language"])
    if language is None:
        return np.zeros((len(INTENTS), len(first)), bool), first, last
    if prose is not lines.text or script in ("Hant", "mixed"):
        prose = simplified(prose) if script in ("Hant", "mixed") else prose
        held = terms(prose)
    return answerable(lines, prose, held, first, language), first, last


def _words(
    document: Document, prose: str, starts: Ints, ends: Ints, passage: Ints, every: int
) -> tuple[NDArray[np.int32], Counted]:
    """The words of the passages that are looked into, chosen by the document's id."""
    count = int(passage[-1]) + 1 if len(passage) else 0
    chosen = np.flatnonzero((np.arange(count) + int(document.id, 16) % every) % every == 0)
    first = np.searchsorted(passage, chosen)
    last = np.searchsorted(passage, chosen, "right") - 1
    texts = [prose[starts[a] : ends[b]] for a, b in zip(first, last, strict=True)]
    return chosen.astype(np.int32), counted(texts)


def _examples(text: str, said: NDArray[np.bool_], first: Ints, last: Ints) -> dict[str, str]:
    """A readable sentence for each kind of question; code is not quoted."""
    found = {
        kind: example(text, first[mine], last[mine])
        for kind, mine in zip(INTENTS, said, strict=True)
        if kind != "code"
    }
    return {kind: words for kind, words in found.items() if words}


def _tokens(token_starts: Ints, starts: Ints, ends: Ints) -> NDArray[np.int32]:
    """Tokens of each grain, blanks behind it included, so that they add up to the document's."""
    borders = np.searchsorted(token_starts, np.append(starts, ends[-1:]), "left")
    if len(borders):
        borders[0], borders[-1] = 0, len(token_starts)
    return np.diff(borders).astype(np.int32)


def _by_chapter(said: NDArray[np.bool_], first: Ints, borders: Ints) -> NDArray[np.int32]:
    of = np.searchsorted(borders, first, "right") - 1
    counts = [np.bincount(of[mine], minlength=len(borders)) for mine in said]
    return np.array(counts, np.int32).reshape(len(INTENTS), len(borders))


def shards_of(
    found: list[Source], tokenizer: Tokenizer, every: int, size: int, most: int = 256
) -> Iterator[SurveyShard]:
    """Sources in their order, some together: up to ``size`` bytes and ``most`` of them."""
    some: list[Source] = []
    held = number = 0
    for source in found:
        some.append(source)
        held += source.bytes
        if held >= size or len(some) >= most:
            yield SurveyShard(number=number, sources=tuple(some), tokenizer=tokenizer, every=every)
            some, held, number = [], 0, number + 1
    if some:
        yield SurveyShard(number=number, sources=tuple(some), tokenizer=tokenizer, every=every)
