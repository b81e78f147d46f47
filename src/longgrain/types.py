"""The nouns: what a document, a grain, a span, a draft, an example, a request and an answer are.

Everything here is frozen and keyword-only. Offsets are code points of ``Document.text``; token counts
are those of the run's tokenizer. Nothing in this file reads, writes or computes anything but ids.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

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
TRAINED = "train"  # the name of the trained view, unless a recipe has a better one
MADE = "made:"  # begins the source of a document that a recipe made: ``made:RECIPE``


def content_id(*parts: str | bytes | int) -> str:
    """16 hex digits of the SHA-256 of the parts: the same content always has the same id."""
    joined: list[bytes] = []
    for part in parts:
        raw = part if isinstance(part, bytes) else str(part).encode("utf-8", "surrogatepass")
        joined += (len(raw).to_bytes(8, "little"), raw)
    return hashlib.sha256(b"".join(joined)).hexdigest()[:16]


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
    ``template`` (the wording of the question), ``language`` (en, zh), ``layout`` (long, short,
    stretch or none), ``keep_order`` of several evidence grains, ``rivals`` (numbers of grains that might answer
    too and must stay out of the context), ``hard`` (grains nearest to the question, best first) and
    ``view`` (the name of ``messages`` among the views, "train" unless told otherwise).

    ``messages`` are trained on. ``views`` say the same example in other ways, around the same
    context: what the teacher of a prompt-erased example read, the rejected half of a pair.
    """

    recipe: str
    seed: int
    evidence: tuple[Grain, ...]
    messages: tuple[Message, ...]
    answer: str
    meta: Mapping[str, Any] = field(default_factory=dict)
    views: Mapping[str, tuple[Message, ...]] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The hash of recipe, seed, evidence and the words of all views."""
        parts: list[str | int] = [self.recipe, self.seed, self.answer]
        for grain in self.evidence:
            parts += [grain.doc_id, grain.start, grain.end]
        parts += _told(self.messages)
        for name, messages in self.views.items():
            parts += [name, *_told(messages)]
        return content_id(*parts)

    @property
    def every_view(self) -> dict[str, tuple[Message, ...]]:
        """The trained view first, under its name, then the others."""
        return {str(self.meta.get("view", TRAINED)): self.messages, **self.views}


def _told(messages: tuple[Message, ...]) -> list[str | int]:
    """Who says what, as parts of an id."""
    parts: list[str | int] = []
    for message in messages:
        parts.append(message.speaker)
        for span in message.spans:
            if isinstance(span, Slot):
                parts.append("slot")
            elif quoted := span.grain:
                parts += [span.role, quoted.doc_id, quoted.start, quoted.end]
            else:
                parts += [span.role, span.text or ""]
    return parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A training example by reference: its words are made when somebody asks for them.

    ``depths`` has one entry for each evidence grain of the context, in the order of the context:
    the middle of the grain over the context's tokens, in 0..1. Rows are made of the first of the
    ``views``.
    """

    id: str
    recipe: str
    seed: int
    side: Side
    doc_ids: tuple[str, ...]
    views: Mapping[str, tuple[Message, ...]]
    depths: tuple[float, ...] = ()
    lineage: Mapping[str, Any] = field(default_factory=dict)

    @property
    def trained(self) -> tuple[Message, ...]:
        """The view that rows are made of."""
        return next(iter(self.views.values()), ())


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
class Size:
    """How long a probe's context is: so many tokens of the whole prompt, or so many items."""

    tokens: int = 0
    items: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """How replies to a probe are scored: a figure of a metric on its shelf, with settings.

    ``beside`` are figures of the same metric that are reported, and do not count.
    """

    metric: str
    figure: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One thing that a probe asks, and what a reply is held against.

    ``item`` names what is asked about: the same item at another position has the same name, and
    ``id`` is that of item, size and position, whatever stands around the evidence. ``positions``
    are the numbered places of the evidence, ``depths`` where it lies in 0..1 of the context's
    characters: one for each reference where several are to be found, else one for each piece of
    evidence, or none where nothing has a place. ``tokens`` are those of the prompt's words. ``row``
    holds what else the metric reads. ``groups`` name what results are also summed by. ``then`` is
    what the model is asked after its reply; the answer to that is scored, the first in its row.
    """

    id: str
    item: str
    prompt: tuple[tuple[Speaker, str], ...]
    references: tuple[str, ...]
    tokens: int
    positions: tuple[int, ...] = ()
    depths: tuple[float, ...] = ()
    row: Mapping[str, Any] = field(default_factory=dict)
    groups: tuple[str, ...] = ()
    then: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """An item that did not go on: at which step, which item, and why."""

    step: str
    id: str
    reason: str
    detail: str = ""
