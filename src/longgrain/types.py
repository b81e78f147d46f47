"""The nouns: what a document, a grain, a span, a draft and an example are, and what a component must offer.

Everything here is frozen and keyword-only. Offsets are code points of ``Document.text``; token counts
are those of the run's tokenizer. Nothing in this file reads, writes or computes anything but ids.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol, get_args, runtime_checkable

Speaker = Literal["system", "user", "assistant", "tool", "text"]
Role = Literal[
    "instruction",
    "metadata",
    "evidence",
    "distractor",
    "summary",
    "question",
    "plan",
    "attempt",
    "verdict",
    "reasoning",
    "answer",
    "glue",
]
# The order is the code a role has in the column `span_roles` of a row: append, never reorder.
ROLES: tuple[Role, ...] = get_args(Role)
Kind = Literal[
    "document", "part", "chapter", "section", "paragraph", "heading", "sentence", "cut", "window"
]
# The order is the code a kind has in grains.parquet: append, never reorder.
KINDS: tuple[Kind, ...] = get_args(Kind)
Side = Literal["train", "valid", "test"]
SIDES: tuple[Side, ...] = get_args(Side)


def content_id(*parts: str | bytes | int) -> str:
    """16 hex digits of the SHA-256 of the parts: the same content always has the same id."""
    digest = hashlib.sha256()
    for part in parts:
        raw = part if isinstance(part, bytes) else str(part).encode("utf-8", "surrogatepass")
        digest.update(len(raw).to_bytes(8, "little"))
        digest.update(raw)
    return digest.hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A text as it was read; never edited. ``meta`` holds what the reader knew about it.

    Keys of ``meta`` with a fixed meaning: ``title``, ``date``, ``language``, ``markup``
    ("markdown" or "plain") and ``headings``, a list of ``[start, end, level]`` from readers
    that know the structure (levels count from 1).
    """

    id: str
    text: str
    source: str
    meta: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, text: str, *, source: str, meta: Mapping[str, Any] | None = None) -> Document:
        """A document whose id is the hash of its text."""
        return cls(id=content_id("document", text), text=text, source=source, meta=meta or {})


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Grain:
    """A stretch of one document. ``path`` holds the number of each ancestor among its siblings."""

    doc_id: str
    path: tuple[int, ...]
    kind: Kind
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A teacher's answer; ``call`` is the key under which the ledger holds prompt, settings and cost."""

    teacher: str
    call: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Words that are the user's own: a row of a file, a prompt, a rule of the plan."""

    source: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Words with one role. Quoted words hold their grain in ``origin`` and no text of their own."""

    role: Role
    origin: Grain | Reply | Given
    text: str | None = None
    loss: float = 0.0

    def __post_init__(self) -> None:
        if (self.text is None) != isinstance(self.origin, Grain):
            raise ValueError(
                f"a span of role {self.role!r} needs either a grain as origin or a text of its own"
            )

    @property
    def grain(self) -> Grain | None:
        """The grain that this span quotes, or None for words that stand inline."""
        return self.origin if isinstance(self.origin, Grain) else None

    def words(self, texts: Mapping[str, str]) -> str:
        """The span's text; ``texts`` maps document ids to their texts."""
        if isinstance(self.origin, Grain):
            return texts[self.origin.doc_id][self.origin.start : self.origin.end]
        return self.text or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """Where a draft wants its context laid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One turn; in an example every part is a Span, in a draft one part may be the Slot."""

    speaker: Speaker
    spans: tuple[Span | Slot, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A question, its answer and the evidence, with a slot where the context will be laid.

    ``meta`` keys with a fixed meaning: ``kind`` (fine, integration, short, general), ``form``
    (what was asked for: number, date, name, term, quote, compare, sum, order, bridge, ...),
    ``template`` (the wording of the question), ``language`` (en, zh), ``layout`` (long, short or
    none), ``keep_order`` of several evidence grains, ``rivals`` (numbers of grains that might answer
    too and must stay out of the context) and ``hard`` (grains nearest to the question, best first).
    """

    recipe: str
    seed: int
    evidence: tuple[Grain, ...]
    messages: tuple[Message, ...]
    answer: str
    meta: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The hash of recipe, seed, evidence and words."""
        parts: list[str | int] = [self.recipe, self.seed, self.answer]
        for grain in self.evidence:
            parts += [grain.doc_id, grain.start, grain.end]
        for message in self.messages:
            parts.append(message.speaker)
            for span in message.spans:
                if isinstance(span, Slot):
                    parts.append("slot")
                elif quoted := span.grain:
                    parts += [span.role, quoted.doc_id, quoted.start, quoted.end]
                else:
                    parts += [span.role, span.text or ""]
        return content_id(*parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A training example by reference: its words are made when somebody asks for them.

    ``depths`` has one entry for each evidence grain of the context, in the order of the context:
    the middle of the grain over the context's tokens, in 0..1.
    """

    id: str
    recipe: str
    seed: int
    side: Side
    doc_ids: tuple[str, ...]
    views: Mapping[str, tuple[Message, ...]]
    depths: tuple[float, ...] = ()
    lineage: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One thing asked of a teacher.

    ``task`` names what is asked, ``material`` holds the quoted texts, ``prompt`` the messages for a
    language model (empty for teachers that work by rule), ``schema`` a JSON schema that the reply
    must meet, ``settings`` whatever else changes the answer, ``index`` the sample's number, so that
    two samples of one prompt are two calls.
    """

    task: str
    material: tuple[str, ...] = ()
    prompt: tuple[tuple[Speaker, str], ...] = ()
    schema: Mapping[str, Any] | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    index: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A reply's text and what it cost: tokens in, tokens out, money in the plan's currency."""

    text: str
    prompt_tokens: int = 0
    reply_tokens: int = 0
    money: float = 0.0


WAITS = "waits for the batch"  # the reason of a request to a teacher that answers by file


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """No answer, and why; a reply that could not be used is paid for like any other.

    ``reason`` is the kind of refusal, with ": " before what concerns this request alone. ``final``
    says that asking again would not help, so it may be stored.
    """

    reason: str
    final: bool = True
    prompt_tokens: int = 0
    reply_tokens: int = 0
    money: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """An item that did not go on: at which step, which item, and why."""

    step: str
    id: str
    reason: str
    detail: str = ""


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

    def neighbours(self, number: int) -> Sequence[int]:
        """The numbers of all usable grains of the same document and side, in reading order."""
        ...

    def nearest(self, words: str, k: int) -> Sequence[tuple[int, float]]:
        """The ``k`` grains of this side nearest to the words by BM25, best first, with scores."""
        ...

    def holding(self, words: str, at_least: float) -> Sequence[tuple[int, float]]:
        """The grains of this side that hold this share of the words' terms, weighed by rarity."""
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
    """Grains > drafts. A class on the shelf is a frozen dataclass whose fields are settings."""

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
class Export(Protocol):
    """Writes a finished run in a format that a trainer reads."""

    def write(self, run: Any, folder: Path) -> Iterable[Path]:
        """The paths written under ``folder``."""
        ...
