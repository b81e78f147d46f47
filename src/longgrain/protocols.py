"""What a component must offer: reader, teacher, recipe, check, export, probe; what they work from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Protocol, runtime_checkable

from longgrain.types import (
    Answered,
    Document,
    Draft,
    Dropped,
    Example,
    Grain,
    Measure,
    Question,
    Refused,
    Reply,
    Request,
    Side,
    Size,
)


@runtime_checkable
class Reader(Protocol):
    """Bytes of one source > documents, or the reasons why there are none.

    A class on the shelf also has ``name: ClassVar[str]`` and ``suffixes: ClassVar[tuple[str, ...]]``.
    """

    def read(self, raw: bytes, source: str) -> Iterator[Document | Dropped]:
        """Documents in the order of the source."""
        ...


@runtime_checkable
class Teacher(Protocol):
    """Answers requests in batches. Slow, paid and failing endpoints fit behind this door.

    ``name`` and ``version`` are part of the ledger's key: raise ``version`` when answers change.
    """

    @property
    def name(self) -> str:
        """The teacher's name, with the model where there is one."""
        ...

    @property
    def version(self) -> str:
        """Changes whenever the same request would get another answer."""
        ...

    def ask(self, requests: Sequence[Request]) -> Sequence[Answered | Refused]:
        """One answer or refusal for each request, in order."""
        ...


class Materials(Protocol):
    """What a recipe drafts from: the cut grains of one side, a search over them, a teacher.

    Grains are known by their numbers (rows of grains.parquet). ``grains`` lists those that may be
    asked about, spread over every document: the first n of them cover the whole side evenly.
    """

    @property
    def side(self) -> Side:
        """The side that the drafts are for."""
        ...

    @property
    def seed(self) -> int:
        """The plan's seed."""
        ...

    @property
    def grains(self) -> Sequence[int]:
        """Numbers of the grains that may be asked about, in the order to ask."""
        ...

    @property
    def notes(self) -> dict[str, Any]:
        """What a recipe wants to remember of this side from one kind to the next, by its name."""
        ...

    @property
    def prompted(self) -> bool:
        """Whether the teacher is a language model, whose replies are to be read as such."""
        ...

    @property
    def judges(self) -> bool:
        """Whether the teacher can take a second look at a question and a grain."""
        ...

    def grain(self, number: int) -> Grain:
        """The grain with this number."""
        ...

    def text(self, number: int) -> str:
        """Its words."""
        ...

    def sentences(self, number: int) -> Sequence[str]:
        """Its sentences; the first and last may go on outside it."""
        ...

    def language(self, number: int) -> str:
        """The language of its document."""
        ...

    def headings(self, number: int) -> tuple[str, ...]:
        """The headings above it, the outermost first."""
        ...

    def length(self, number: int) -> int:
        """Its tokens as laid in a context."""
        ...

    @property
    def longest(self) -> int:
        """Tokens of the longest example that a row of the run can hold."""
        ...

    @property
    def documents(self) -> Sequence[str]:
        """Ids of the documents with grains on this side, in the order to use them."""
        ...

    def document(self, doc_id: str) -> Document:
        """A document, its ``language`` in its ``meta``."""
        ...

    def tree(self, doc_id: str) -> Sequence[Grain]:
        """The structure tree of a document: all its nodes down to sentences, in reading order."""
        ...

    def numbers(self, grain: Grain) -> Sequence[int]:
        """The grains of this side that a node of a tree touches; none if it reaches beyond them."""
        ...

    def words(self, grain: Grain) -> str:
        """The words of any grain of a document."""
        ...

    def tokens(self, texts: Sequence[str]) -> Sequence[int]:
        """How many tokens of the run's tokenizer each text has."""
        ...

    def wished_length(self, number: int) -> int:
        """Tokens of the ``number``-th whole example whose context a recipe makes itself.

        Any run of numbers is spread over the lengths that the plan's layout names.
        """
        ...

    @property
    def depths(self) -> Sequence[float]:
        """The share of the evidence that the plan wants in each bin of depth, from the beginning on."""
        ...

    def made(self, recipe: str, text: str, *, of: str, title: str = "") -> Grain:
        """A document of its own made of the words of document ``of``: an outline, a summary.

        Its source is ``made:RECIPE``; the grain is all of it, for spans to quote.
        """
        ...

    def grains_of(self, doc_id: str) -> Sequence[int]:
        """The numbers of all usable grains of a document on this side, in reading order."""
        ...

    def neighbours(self, number: int) -> Sequence[int]:
        """The numbers of all usable grains of the same document and side, in reading order."""
        ...

    def nearest(self, words: str, k: int) -> Sequence[tuple[int, float]]:
        """The ``k`` grains of this side nearest to the words by BM25, best first, with scores."""
        ...

    def similar(
        self, words: str, k: int, *, embedder: str, base_url: str = ""
    ) -> Sequence[tuple[int, float]]:
        """The ``k`` grains nearest by an embedder's vectors, best first, with their cosines.

        PlanError where there is no such embedder.
        """
        ...

    def holding(self, words: str, at_least: float) -> Sequence[tuple[int, float]]:
        """The grains of this side that hold this share of the words' terms, weighed by rarity."""
        ...

    def where(self, words: str) -> tuple[Grain, Side | None] | None:
        """Where a text stands among all documents of the run, whatever their side.

        With the side that has all of it, None where no side does; None for a text that stands
        nowhere. Blanks may differ.
        """
        ...

    def kin(self, texts: Iterable[str]) -> Sequence[tuple[int, str]]:
        """For each text the lowest number among its near-duplicates, and why no mix may hold it.

        "" is no reason. Barred are near-duplicates of documents of other sides, and texts that share
        ten words in a row with a benchmark of the plan. Texts are looked at once and not kept.
        """
        ...

    def expect(self, words: Sequence[str]) -> None:
        """Says what will be looked up next; all at once that is faster, and changes nothing else."""
        ...

    def ask(self, requests: Sequence[Request]) -> Sequence[Reply | Refused]:
        """A reply or a refusal for each request, through the ledger."""
        ...

    def count(self, event: str, times: int = 1) -> None:
        """Counts that a guard acted, under the words that the report shows."""
        ...

    def takes(self, name: str) -> bool:
        """Whether an item that belongs to no document goes to this side, by the hash of its name."""
        ...

    def path(self, name: str) -> Path:
        """A file that the plan names, read from the plan's folder."""
        ...


@runtime_checkable
class Recipe(Protocol):
    """Grains > drafts. A class on the shelf is a frozen dataclass whose fields are settings.

    A class variable ``own_contexts``, where it is true, says that no draft takes its context from the
    pool of grains, so that the pool may be shorter than the longest context.
    """

    name: ClassVar[str]
    source: ClassVar[str]

    def kinds(self, examples: int) -> Mapping[str, int]:
        """How many examples of each kind make up this many, in the order to make them."""
        ...

    def draft(self, kind: str, materials: Materials, wanted: int) -> Iterator[Draft | Dropped]:
        """Drafts of one kind until the grains are used up; ``wanted`` are needed if all are sound."""
        ...


@runtime_checkable
class Check(Protocol):
    """Names what is wrong with an example, one reason each; nothing means sound."""

    def problems(self, example: Example, texts: Mapping[str, str]) -> Iterator[str]:
        """Reasons, the most telling first. ``texts`` maps document ids to texts."""
        ...


@runtime_checkable
class Augmentation(Protocol):
    """A sound draft > the same draft in other words. A class on the shelf is a frozen dataclass.

    ``takes`` is how many drafts it makes one of, ``reforms`` whether the answer gets another form.
    """

    name: ClassVar[str]
    takes: ClassVar[int]
    reforms: ClassVar[bool]

    def altered(
        self, groups: Sequence[Sequence[Draft]], materials: Materials
    ) -> Sequence[Draft | str]:
        """For each group of ``takes`` drafts one draft, or why there is none.

        The draft names its ``way`` and the ids of the drafts it is made ``of`` in
        ``meta["augmented"]``.
        """
        ...


@runtime_checkable
class Export(Protocol):
    """Writes a finished run in a format that a trainer reads."""

    def write(self, run: Any, folder: Path) -> Iterable[Path]:
        """The paths written under ``folder``."""
        ...


class Ground(Protocol):
    """What a probe makes its questions from. The same for the same settings and seed."""

    @property
    def language(self) -> str:
        """Of instructions and made-up words: en or zh."""
        ...

    @property
    def context(self) -> str:
        """whole, or the controls: only the ``evidence``, or ``none`` at all."""
        ...

    @property
    def positions(self) -> int:
        """How many places of the evidence are asked for; 0 leaves it to the probe."""
        ...

    @property
    def sentences(self) -> Sequence[str]:
        """Of the held-out documents, in reading order, each with the white space after it."""
        ...

    @property
    def materials(self) -> Materials:
        """The held-out documents as grains: their words, headings and numbers."""
        ...

    def drafts(self, recipe: str, kind: str, **settings: Any) -> Iterator[Draft]:
        """Sound drafts of a recipe about held-out grains, by rule, from the first on each time."""
        ...

    @property
    def said(self) -> dict[str, str]:
        """What the results must say of how they were made, by topic; probes write it."""
        ...

    def random(self, *names: str | int) -> Any:
        """A numpy Generator of its own for these names, from the seed."""
        ...

    def tokens(self, texts: Sequence[str]) -> Sequence[int]:
        """How many tokens each text has."""
        ...

    def rows(self, name: str) -> Iterator[Mapping[str, Any]]:
        """The rows of a published file (JSONL, a JSON list, gzipped or not) below the data folder."""
        ...

    def text(self, name: str) -> str:
        """A published text file below the data folder."""
        ...

    def has(self, name: str) -> bool:
        """Whether the data folder has a file of this name."""
        ...


@runtime_checkable
class Probe(Protocol):
    """Questions about contexts of any length, and how replies are scored.

    A class on the shelf is a frozen dataclass whose fields are settings. ``sizes`` are the published
    ones, counted in ``unit``; ``controls`` names the contexts besides the whole one that make sense.
    """

    name: ClassVar[str]
    source: ClassVar[str]
    sizes: ClassVar[tuple[int, ...]]
    unit: ClassVar[str]
    controls: ClassVar[tuple[str, ...]]
    reply_tokens: ClassVar[int]

    @property
    def measure(self) -> Measure:
        """How a reply is scored."""
        ...

    def ask(self, ground: Ground, size: Size, count: int) -> Iterator[Question]:
        """At least ``count`` questions of one size unless the data has fewer, positions in turn."""
        ...
