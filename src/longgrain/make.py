"""Recipes, the grains of each side, a teacher and checks > sound drafts, and the dropped with reasons.

A draft is checked before it gets a context (as an example whose context is its evidence), so that a
layout is never spent on a draft that falls and quotas hold after the checks.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, TypeAdapter, ValidationError

from longgrain import shelf
from longgrain.calls import Ledger
from longgrain.caps import CAP_REACHED
from longgrain.errors import PlanError
from longgrain.lay import SEPARATOR
from longgrain.plan import Plan
from longgrain.prompts import Prompts
from longgrain.protocols import Check, Recipe, Teacher
from longgrain.quota import share_out
from longgrain.search import Index
from longgrain.spans import BLANK_LINE, Cuts, with_context
from longgrain.store import Store
from longgrain.terms import terms
from longgrain.types import (
    SIDES,
    Draft,
    Dropped,
    Example,
    Given,
    Grain,
    Message,
    Refused,
    Reply,
    Request,
    Side,
    Span,
    content_id,
)

GOLDEN = 0.6180339887498949
# Drafts are given up on when this many in a row were dropped: the documents hold no more.
PATIENCE = 20_000
QUERY_TERMS = 16


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
    notes: dict[str, Any] = field(default_factory=dict)
    kind: str = ""
    """What is being drafted."""
    used: dict[str, int] = field(default_factory=dict)
    """Label of calls (`Ledger.places`) > how many of them were read for a draft or passed over."""

    def __post_init__(self) -> None:
        self._index: Index = self.store.index
        self._outside = ~self.usable
        self.cuts: Cuts = self.store.cuts
        self.grains: list[int] = spread(np.flatnonzero(self.usable), self.seed)

    def grain(self, number: int) -> Grain:
        """The cut with this number."""
        return self.cuts.grain(number)

    def text(self, number: int) -> str:
        """The words of a cut."""
        grain = self.cuts.grain(number)
        return self.store.texts[grain.doc_id][grain.start : grain.end]

    def sentences(self, number: int) -> list[str]:
        """The sentences of a cut."""
        text = self.store.texts[self.cuts.grain(number).doc_id]
        spans = with_their_marks(text, self.store.sentences(number))
        return [text[start:end] for start, end in spans]

    def language(self, number: int) -> str:
        """The language of the cut's document."""
        return self.languages[int(self.store.cut_document[number])]

    def headings(self, number: int) -> tuple[str, ...]:
        """The headings above the cut."""
        return tuple(self.store.headings[int(number)].as_py())

    def neighbours(self, number: int) -> Sequence[int]:
        """All usable cuts of the same document."""
        document = int(self.store.cut_document[number])
        low, high = self.store.doc_cuts[document], self.store.doc_cuts[document + 1]
        return (low + np.flatnonzero(self.usable[low:high])).tolist()  # type: ignore[no-any-return]

    def nearest(self, words: str, k: int) -> Sequence[tuple[int, float]]:
        """The grains of this side nearest to the words by BM25."""
        codes = np.unique(terms(words)[0])
        # The rarest terms decide; common ones only cost time (2.5 ms a question with all of them).
        rarest = np.argsort(self._index.document_frequency(codes), kind="stable")[:QUERY_TERMS]
        numbers, scores = self._index.bm25(codes[rarest], k, exclude=self._outside)
        return list(zip(numbers.tolist(), scores.tolist(), strict=True))

    def holding(self, words: str, at_least: float) -> Sequence[tuple[int, float]]:
        """The grains of this side that hold a share of the words' terms."""
        codes = terms(words)[0]
        if not len(codes):
            return []
        numbers, shares = self._index.overlap(codes, at_least)
        mine = self.usable[numbers]
        return list(zip(numbers[mine].tolist(), shares[mine].tolist(), strict=True))

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


def with_their_marks(text: str, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans with a mark that stands before a sentence on its line (第十二条) joined to it.

    In the tree such a mark is a heading of its own; a teacher reads the line as one sentence.
    """
    found: list[tuple[int, int]] = []
    for start, end in spans:
        first, last = found[-1] if found else (0, 0)
        if found and _MARK.fullmatch(text, first, last) and "\n" not in text[last:start]:
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


def component(kind: str, name: str, settings: Mapping[str, Any]) -> Any:
    """A component of a shelf with its settings checked. Raises PlanError naming what is wrong."""
    found = shelf.load(kind, name)
    found.__pydantic_config__ = ConfigDict(extra="forbid", arbitrary_types_allowed=True)
    try:
        return TypeAdapter(found).validate_python(dict(settings))
    except ValidationError as error:
        said = "; ".join(
            f"{'.'.join(map(str, one['loc'])) or name}: {one['msg']}" for one in error.errors()
        )
        raise PlanError(f"{kind} {name!r}: {said}; see its page or its fields") from None


def wishes(plan: Plan, sides: Sequence[Side]) -> dict[Side, dict[str, int]]:
    """How many examples of each kind the plan asks for, by side."""
    found: dict[Side, dict[str, int]] = {side: {} for side in sides}
    for side, _, kind, number in _tasks(plan, sides):
        found[side][kind] = found[side].get(kind, 0) + number
    return found


def make(
    plan: Plan, materials: Mapping[Side, SideMaterials], patience: int = 0
) -> Iterator[tuple[Side, Draft | Dropped]]:
    """Drafts for every side, recipe and kind, as many sound ones as asked for where they exist.

    A kind is given up on when more than ``patience`` (PATIENCE if 0) in a row were dropped.
    """
    checks = [component("checks", one.use, one.settings) for one in plan.checks]
    for side, recipe, kind, wanted in _tasks(plan, list(materials)):
        found = barren = 0
        materials[side].kind = kind
        for drafted in recipe.draft(kind, materials[side], wanted) if wanted else ():
            if isinstance(drafted, Draft):
                materials[side].note(drafted)
            item = with_system(with_prompt(drafted, materials[side].worded), plan.system)
            lost = item if isinstance(item, Dropped) else problem(item, materials[side], checks)
            yield side, lost or item
            found += lost is None
            barren = barren + 1 if lost else 0
            if (
                found == wanted
                or barren > (patience or PATIENCE)
                or (lost and lost.reason == CAP_REACHED)
            ):
                break


def with_prompt(item: Draft | Dropped, worded: Mapping[str, str]) -> Draft | Dropped:
    """The draft with name and version of the prompt to which a model replied with its question."""
    if isinstance(item, Dropped):
        return item
    label = next((worded[call] for call in calls_of(item) if call in worded), None)
    return replace(item, meta={**item.meta, "prompt": label}) if label else item


def calls_of(draft: Draft) -> list[str]:
    """The ledger's keys of the replies that a draft's words come from."""
    spans = (span for message in draft.messages for span in message.spans)
    origins = (span.origin for span in spans if isinstance(span, Span))
    return list(dict.fromkeys(one.call for one in origins if isinstance(one, Reply)))


def with_system(item: Draft | Dropped, words: str) -> Draft | Dropped:
    """The draft with the plan's system message before it, unless it brings one of its own."""
    if not words or isinstance(item, Dropped) or item.messages[0].speaker in ("system", "text"):
        return item
    given = Span(role="instruction", origin=Given(source="plan", id="system"), text=words)
    first = Message(speaker="system", spans=(given,))
    return replace(item, messages=(first, *item.messages))


def _tasks(plan: Plan, sides: Sequence[Side]) -> Iterator[tuple[Side, Recipe, str, int]]:
    """Side, recipe, kind and count, in the order of the plan."""
    shares = side_shares(plan)
    for entry in plan.recipes:
        recipe = cast(Recipe, component("recipes", entry.use, entry.settings))
        counts = share_out(entry.examples, [shares[side] for side in sides])
        for side, count in zip(sides, counts, strict=True):
            for kind, number in recipe.kinds(count).items():
                yield side, recipe, kind, number


def problem(draft: Draft, materials: SideMaterials, checks: Sequence[Check]) -> Dropped | None:
    """The first thing that is wrong with a draft, or None."""
    example = bare(draft, materials.side)
    for check in checks:
        for reason in check.problems(example, materials.store.texts):
            return Dropped(step="check", id=draft.id, reason=reason, detail=_question(draft))
    return None


def _question(draft: Draft) -> str:
    """What is asked; of data without a question, such as the user's own turns, all that is said."""
    spans = [span for message in draft.messages for span in message.spans if isinstance(span, Span)]
    asked = [span for span in spans if span.role == "question"] or spans
    return " ".join(span.text or "" for span in asked)


def bare(draft: Draft, side: Side) -> Example:
    """The draft as an example whose context is its evidence alone."""
    context = [
        span
        for grain in draft.evidence
        for span in (
            Span(role="evidence", origin=grain),
            Span(role="glue", origin=BLANK_LINE, text=SEPARATOR),
        )
    ]
    return Example(
        id=draft.id,
        recipe=draft.recipe,
        seed=draft.seed,
        side=side,
        doc_ids=tuple(dict.fromkeys(grain.doc_id for grain in draft.evidence)),
        views={"train": with_context(draft.messages, context)},
        lineage={**draft.meta, "answer": draft.answer},
    )


def side_shares(plan: Plan) -> dict[Side, float]:
    """The share of each side that the plan wants examples for."""
    held = {"valid": plan.split.valid, "test": plan.split.test}
    shares = {"train": 1 - sum(held.values()), **held}
    return {side: shares[side] for side in SIDES if shares[side] > 0}
