"""Files, folders or addresses > one text to ask about: its grains, their places, windows, what is nearest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from longgrain.corpus import read
from longgrain.errors import SourceError
from longgrain.grains import GrainTable, cut, heading_path, tree
from longgrain.languages import language
from longgrain.recipes.retrieve.retriever import Retriever
from longgrain.recipes.written import Page
from longgrain.tokens import Tokenizer
from longgrain.types import Document, Grain


@dataclass(frozen=True)
class Place:
    """Words of a document and where they stand; ``start`` is -1 where they stand nowhere."""

    words: str
    source: str = ""
    headings: tuple[str, ...] = ()
    start: int = -1
    end: int = -1

    @property
    def is_found(self) -> bool:
        """Whether the words are the document's own."""
        return self.start >= 0

    @property
    def said(self) -> str:
        """The document and the headings above the words, in one line."""
        return " › ".join((self.source, *self.headings)) if self.is_found else "not in the document"


@dataclass(frozen=True, kw_only=True)
class Text:
    """The documents to ask about, cut into grains of ``size`` tokens."""

    documents: tuple[Document, ...]
    tokenizer: Tokenizer
    size: int = 128
    _trees: dict[str, GrainTable] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def of(cls, places: Sequence[str | Path], tokenizer: Tokenizer) -> Text:
        """What can be read there. Raises SourceError where that is nothing."""
        items = list(read(*places))
        documents = tuple(one for one in items if isinstance(one, Document))
        if not documents:
            why = "; ".join(
                f"{one.id}: {one.reason}" for one in items if not isinstance(one, Document)
            )
            raise SourceError(
                f"nothing could be read from {', '.join(map(str, places))} ({why or 'it is empty'}), so "
                "there is nothing to ask about; check the path"
            )
        return cls(documents=documents, tokenizer=tokenizer)

    @cached_property
    def language(self) -> str:
        """That of the longest document."""
        return language(max(self.documents, key=lambda one: len(one.text)).text)

    @cached_property
    def _placed(self) -> list[NDArray[np.int64]]:
        placed = self.tokenizer.place([one.text for one in self.documents])
        starts, ends = placed.starts, np.cumsum(placed.ids.lengths)
        return [
            starts[end - length : end].astype(np.int64)
            for end, length in zip(ends, placed.ids.lengths, strict=True)
        ]

    @property
    def tokens(self) -> int:
        """Of all documents."""
        return sum(map(len, self._placed))

    @cached_property
    def grains(self) -> list[Grain]:
        """The cuts of all documents in reading order."""
        pairs = zip(self.documents, self._placed, strict=True)
        return [
            grain
            for document, starts in pairs
            for grain in cut(document, size=self.size, token_starts=starts, kinds=["cut"])
        ]

    @cached_property
    def _by_id(self) -> dict[str, tuple[Document, NDArray[np.int64]]]:
        return {one.id: (one, at) for one, at in zip(self.documents, self._placed, strict=True)}

    def words(self, grain: Grain) -> str:
        """The words of a grain."""
        return self._by_id[grain.doc_id][0].text[grain.start : grain.end]

    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of texts."""
        counted: list[int] = self.tokenizer.encode(texts).lengths.tolist()
        return counted

    def windows(self, tokens: int) -> list[Grain]:
        """Runs of neighbouring grains of at most so many tokens, which hold everything once."""
        found: list[Grain] = []
        for grain in self.grains:
            last = found[-1] if found else None
            if last and last.doc_id == grain.doc_id and self._length(last, grain) <= tokens:
                found[-1] = _joined(last, grain)
            else:
                found.append(_joined(grain, grain))
        return found

    def _length(self, first: Grain, last: Grain) -> int:
        starts = self._by_id[first.doc_id][1]
        low, high = np.searchsorted(starts, (first.start, last.end))
        return int(high - low)

    @cached_property
    def _retriever(self) -> Retriever:
        return Retriever.over([self.words(grain) for grain in self.grains])

    def nearest(self, question: str, k: int) -> list[Grain]:
        """The grains nearest to a question by BM25, best first."""
        return [self.grains[number] for number, _ in self._retriever.ranked(question, k)]

    def in_order(self, grains: Sequence[Grain]) -> list[Grain]:
        """Cuts in the order of the documents."""
        order = {grain: number for number, grain in enumerate(self.grains)}
        return sorted(grains, key=lambda grain: order[grain])

    def place(self, grain: Grain) -> Place:
        """A grain with the headings above it."""
        document, _ = self._by_id[grain.doc_id]
        at = np.array([grain.start], np.int64)
        [headings] = heading_path(self._tree(document), document.text, at)
        return Place(self.words(grain), document.source, headings, grain.start, grain.end)

    def _tree(self, document: Document) -> GrainTable:
        if document.id not in self._trees:
            self._trees[document.id] = tree(document.text, document.meta)
        return self._trees[document.id]

    def find(self, quote: str, among: Sequence[Grain] = ()) -> Place:
        """Where a quote stands, as it is, or nearly so in the grains that it is from, if told."""
        for document in self.documents if quote.strip() else ():
            if (start := document.text.find(quote)) >= 0:
                return self.place(_window(document.id, start, start + len(quote)))
        for grain in among:
            if span := Page.of(self.words(grain)).find(quote):
                return self.place(
                    _window(grain.doc_id, grain.start + span[0], grain.start + span[1])
                )
        if not among and quote.strip():
            return self.find(quote, self.nearest(quote, NEAREST)) if self.grains else Place(quote)
        return Place(quote)


# Grains in which a quote is looked for that does not say where it is from.
NEAREST = 8


def _joined(first: Grain, last: Grain) -> Grain:
    return _window(first.doc_id, first.start, last.end)


def _window(doc_id: str, start: int, end: int) -> Grain:
    return Grain(doc_id=doc_id, path=(start,), kind="window", start=start, end=end)
