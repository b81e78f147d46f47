"""The grains of one side, their documents, search and teacher > what a recipe drafts from."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from longgrain import dense
from longgrain.calls import Ledger
from longgrain.kin import Kin, kin
from longgrain.plan import Between, Layout
from longgrain.prompts import Prompts
from longgrain.protocols import Teacher
from longgrain.search import Index, Query
from longgrain.spans import Cuts
from longgrain.store import Store
from longgrain.terms import coded, terms
from longgrain.types import (
    MADE,
    SIDES,
    Document,
    Draft,
    Grain,
    Refused,
    Reply,
    Request,
    Side,
    Span,
    content_id,
)

GOLDEN = 0.6180339887498949
# Cuts nearest to a text whose documents are looked through for it.
CANDIDATES = 32


def words_of(texts: Sequence[str]) -> list[int]:
    """Words and Chinese characters of texts, where no tokenizer is at hand."""
    return [len(re.findall(r"[\u3400-\u9fff]|[^\W\u3400-\u9fff]+|[^\w\s]", text)) for text in texts]


@dataclass(kw_only=True)
class SideMaterials:
    """The grains of one side with search and teacher: what a recipe drafts from (`protocols.Materials`)."""

    side: Side
    seed: int
    store: Store
    usable: NDArray[np.bool_]
    languages: Sequence[str]
    teacher: Teacher
    ledger: Ledger
    folder: Path
    shares: Mapping[Side, float]
    prompts: Prompts | None = None
    """The words for a teacher that needs them."""
    worded: dict[str, str] = field(default_factory=dict)
    """Call > name and version of its prompt."""
    guards: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    """What was done to sound drafts (``augment/synonyms``), and how often."""
    unchanged: Counter[str] = field(default_factory=Counter)
    """What could not be done to them, and why (``augment/synonyms: no word ...``)."""
    notes: dict[str, Any] = field(default_factory=dict)
    kind: str = ""
    """What is being drafted."""
    used: dict[str, int] = field(default_factory=dict)
    """Label of calls (`Ledger.places`) > how many of them were read for a draft or passed over."""
    count_tokens: Callable[[Sequence[str]], Sequence[int]] = words_of
    """Tokens of texts in the run's tokenizer."""
    longest: int = 1 << 20
    """Tokens of the longest example that a row of the run can hold."""
    sides: NDArray[np.int8] | None = None
    """The side of every cut, -1 for one that is not used; without it only this side's are known."""
    made_documents: dict[str, Document] = field(default_factory=dict)
    """Documents that recipes made of this side's, by id."""
    layout: Layout = field(default_factory=Layout)
    """The plan's lengths and depths."""
    benchmarks: Sequence[Path] = ()
    """Files of which nothing may be learned."""

    def __post_init__(self) -> None:
        self._index: Index = self.store.index
        self._outside = ~self.usable
        self._numbers = np.flatnonzero(self.usable)
        self._rankers: dict[tuple[str, str], dense.Ranker] = {}
        self._expected: dict[str, Query] = {}
        self.cuts: Cuts = self.store.cuts
        self.grains: list[int] = spread(self._numbers, self.seed)

    def grain(self, number: int) -> Grain:
        """The cut with this number."""
        return self.cuts.grain(number)

    def text(self, number: int) -> str:
        """The words of a cut."""
        return self.store.words(number)

    def sentences(self, number: int) -> list[str]:
        """The sentences of a cut."""
        text = self.store.source(number)
        spans = with_their_marks(text, self.store.sentences(number))
        return [text[start:end] for start, end in spans]

    def language(self, number: int) -> str:
        """The language of the cut's document."""
        return self.languages[int(self.store.cut_document[number])]

    def length(self, number: int) -> int:
        """Tokens of the cut as laid."""
        return int(self.store.laid_tokens[number])

    @cached_property
    def documents(self) -> Sequence[str]:
        """Ids of the documents of which at least one cut is usable."""
        held = np.unique(self.store.cut_document[self.usable])
        return [self.store.doc_ids[one] for one in spread(held.astype(np.int64), self.seed)]

    def document(self, doc_id: str) -> Document:
        """A document that was read, or one that a recipe made."""
        if doc_id in self.made_documents:
            return self.made_documents[doc_id]
        row = self.store.rows[doc_id]
        source, meta = (column[row] for column in self._told)
        about = {**orjson.loads(meta), "language": self.languages[row]}
        return Document(id=doc_id, text=self.store.texts[doc_id], source=source, meta=about)

    @cached_property
    def _told(self) -> tuple[list[str], list[str]]:
        """Source and meta of every document."""
        return self.store.document("source"), self.store.document("meta")

    def tree(self, doc_id: str) -> Sequence[Grain]:
        """The nodes of the document's structure tree, in reading order."""
        return self.store.tree(doc_id)

    def numbers(self, grain: Grain) -> Sequence[int]:
        """The cuts that a grain touches; none if one is not of this side, or it was made."""
        touched = self._touched(grain)
        return list(touched) if self.usable[touched].all() else []

    def _touched(self, grain: Grain) -> range:
        """The cuts of all sides that a grain touches."""
        row = self.store.rows.get(grain.doc_id)
        if row is None:
            return range(0)
        low, high = (int(one) for one in self.store.doc_cuts[row : row + 2])
        first = low + int(np.searchsorted(self.store.ends[low:high], grain.start, "right"))
        last = low + int(np.searchsorted(self.store.starts[low:high], grain.end))
        return range(first, last)

    def words(self, grain: Grain) -> str:
        """The words of a grain of a document that was read or made."""
        return self.store.texts[grain.doc_id][grain.start : grain.end]

    def tokens(self, texts: Sequence[str]) -> Sequence[int]:
        """How many tokens each text has."""
        return self.count_tokens(texts)

    def wished_length(self, number: int) -> int:
        """Steps of the golden ratio through the plan's lengths, from a beginning drawn by the seed."""
        first = np.random.default_rng(self.seed).random()
        place, lengths = (first + number * GOLDEN) % 1, self.layout.lengths
        if isinstance(lengths, Between):
            return lengths.min + int(place * (lengths.max - lengths.min + 1))
        return lengths[int(place * len(lengths))]

    @property
    def depths(self) -> Sequence[float]:
        """The plan's shares of the bins of depth."""
        return self.layout.depth_shares

    def made(self, recipe: str, text: str, *, of: str, title: str = "") -> Grain:
        """A document made of another one, as the one grain that is all of it."""
        if not text.strip():
            raise ValueError(f"{recipe} made a document of {of} without words; make none")
        meta = {"of": of, "title": title, "language": self.document(of).meta["language"]}
        name = content_id("made", recipe, of, text)
        document = Document(id=name, text=text, source=f"{MADE}{recipe}", meta=meta)
        self.made_documents.setdefault(document.id, document)
        self.store.texts.add(document.id, text)
        return Grain(doc_id=document.id, path=(), kind="document", start=0, end=len(text))

    def headings(self, number: int) -> tuple[str, ...]:
        """The headings above the cut."""
        return tuple(self.store.headings[int(number)].as_py())

    def neighbours(self, number: int) -> Sequence[int]:
        """All usable cuts of the same document."""
        return self.grains_of(self.store.doc_ids[int(self.store.cut_document[number])])

    def grains_of(self, doc_id: str) -> Sequence[int]:
        """All usable cuts of a document."""
        row = self.store.rows[doc_id]
        low, high = self.store.doc_cuts[row : row + 2]
        return (low + np.flatnonzero(self.usable[low:high])).tolist()  # type: ignore[no-any-return]

    def nearest(self, words: str, k: int) -> Sequence[tuple[int, float]]:
        """The grains of this side nearest to the words by BM25."""
        return self._index.nearest(self._query(words), k, exclude=self._outside)

    def similar(
        self, words: str, k: int, *, embedder: str, base_url: str = ""
    ) -> Sequence[tuple[int, float]]:
        """The grains of this side nearest to the words by the vectors of an embedder."""
        name = (embedder, base_url)
        if name not in self._rankers:
            embed = dense.embedder(embedder, base_url)
            texts = [self.text(number) for number in self._numbers.tolist()]
            self._rankers[name] = dense.ranker(embed, texts)
        found = self._rankers[name](words, k)
        return [(int(self._numbers[place]), score) for place, score in found]

    def kin(self, texts: Iterable[str]) -> Sequence[Kin]:
        """Which texts are near-duplicates, and which may not be used on this side."""
        side = SIDES.index(self.side)
        return kin(texts, self.store, self.sides, side, self.benchmarks)

    def expect(self, words: Sequence[str]) -> None:
        """Looks the terms of words up that will be asked for next."""
        some = list(dict.fromkeys(words))
        codes, owners = coded(some)
        found = self._index.queries(codes, owners, len(some))
        self._expected = dict(zip(some, found, strict=True))

    def _query(self, words: str) -> Query:
        return self._expected.get(words) or self._index.query(terms(words)[0])

    def holding(self, words: str, at_least: float) -> Sequence[tuple[int, float]]:
        """The grains of this side that hold a share of the words' terms."""
        query = self._query(words)
        if not query.sizes and not query.missing:
            return []
        numbers, shares = self._index.overlap(query, at_least)
        mine = self.usable[numbers]
        return list(zip(numbers[mine].tolist(), shares[mine].tolist(), strict=True))

    def where(self, words: str) -> tuple[Grain, Side | None] | None:
        """Where a text stands among all documents, and on which side, if on one."""
        numbers = [number for number, _ in self._index.nearest(words, CANDIDATES)]
        for row in dict.fromkeys(self.store.cut_document[numbers].tolist()):
            doc_id = self.store.doc_ids[row]
            if (place := place_of(words, self.store.texts[doc_id])) is not None:
                start, end = place
                grain = Grain(doc_id=doc_id, path=(start,), kind="window", start=start, end=end)
                return grain, self._side_of(grain)
        return None

    def _side_of(self, grain: Grain) -> Side | None:
        """The side that has all cuts that a grain touches."""
        if self.numbers(grain):
            return self.side
        touched = self._touched(grain)
        codes = set() if self.sides is None else set(self.sides[touched].tolist())
        code = codes.pop() if len(codes) == 1 else -1
        return SIDES[code] if code >= 0 else None

    @property
    def prompted(self) -> bool:
        """Whether the teacher is a language model."""
        return self.prompts is not None

    @property
    def judges(self) -> bool:
        """Whether the teacher says of itself that it can take a second look."""
        return bool(getattr(self.teacher, "judges", False))

    def ask(self, requests: Sequence[Request]) -> Sequence[Reply | Refused]:
        """Replies through the ledger: what was answered before is not asked again."""
        if self.prompts is not None:
            requests = [self.prompts.fill(one) for one in requests]
        replies = self.ledger.ask(self.teacher, requests, label=f"{self.side}/{self.kind}")
        for request, reply in zip(requests, replies, strict=True):
            if isinstance(reply, Reply) and "prompt" in request.settings:
                self.worded[reply.call] = str(request.settings["prompt"])
        return replies

    def note(self, draft: Draft) -> None:
        """Remembers that the calls up to the one that the draft came of were put to use."""
        for call in calls_of(draft):
            label, place = self.ledger.places.get(call, ("", 0))
            self.used[label] = max(self.used.get(label, 0), place + 1)

    def count(self, event: str, times: int = 1) -> None:
        """Counts that a guard acted."""
        self.guards[event] += times

    def takes(self, name: str) -> bool:
        """Whether an item with this name goes to this side; each goes to one."""
        place = int(content_id("side", self.seed, name), 16) / 2**64
        reached = 0.0
        for side, share in self.shares.items():
            reached += share
            if place < reached:
                return side == self.side
        return self.side == "train"

    def path(self, name: str) -> Path:
        """A file named in the plan."""
        return self.folder / name


def place_of(words: str, text: str) -> tuple[int, int] | None:
    """Where words stand in a text, blanks between them aside."""
    words = words.strip()
    start = text.find(words) if words else -1
    if start >= 0:
        return start, start + len(words)
    parts = words.split()
    # Most texts that are not there lack their first words, too: a pattern is tried where they have them.
    if len(parts) < 2 or parts[0] not in text or parts[-1] not in text:
        return None
    found = re.search(r"\s+".join(map(re.escape, parts)), text)
    return found.span() if found else None


def with_their_marks(text: str, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans with a mark that stands before a sentence on its line (第十二条) joined to it.

    In the tree such a mark is a heading of its own; a teacher reads the line as one sentence.
    """
    found: list[tuple[int, int]] = []
    for start, end in spans:
        first, last = found[-1] if found else (0, 0)
        marked = found and text[first] == "第" and _MARK.fullmatch(text, first, last)
        if marked and "\n" not in text[last:start]:
            found[-1] = (first, end)
        else:
            found.append((start, end))
    return found


_MARK = re.compile(r"第[\d〇零一二三四五六七八九十百千]+[条條](?:之[一二三四五六七八九十]+)?")


def spread(numbers: NDArray[np.int64], seed: int) -> list[int]:
    """The numbers in an order whose every beginning is spread evenly over them (golden ratio)."""
    start = np.random.default_rng(seed).random()
    places = (start + np.arange(len(numbers)) * GOLDEN) % 1
    # The i-th place is the i-th to be asked about; ranks of places are positions in reading order.
    ranks = np.empty(len(numbers), np.int64)
    ranks[np.argsort(places, kind="stable")] = np.arange(len(numbers))
    return numbers[ranks].tolist()  # type: ignore[no-any-return]


def calls_of(draft: Draft) -> list[str]:
    """The ledger's keys of the replies that a draft's words come from."""
    spans = (span for message in draft.messages for span in message.spans)
    origins = (span.origin for span in spans if isinstance(span, Span))
    return list(dict.fromkeys(one.call for one in origins if isinstance(one, Reply)))
