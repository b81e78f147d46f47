"""Grains > questions with the numbered passages that a search finds for them, answered with citations.

Retrieval-augmented examples: the passages are what the user's own retriever would bring, and a share
of the questions is answered by none of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count, islice
from typing import Any, ClassVar

from longgrain.errors import PlanError
from longgrain.protocols import Materials
from longgrain.recipes.in2 import In2
from longgrain.recipes.retrieve.found import WIDER, Found, Search
from longgrain.recipes.retrieve.offline import by_rule
from longgrain.recipes.retrieve.replies import rehearsed, request, told_of
from longgrain.recipes.retrieve.retriever import BY
from longgrain.recipes.shares import counts, sound
from longgrain.types import Draft, Dropped, Refused, Request

SHARES = {"cite": 0.3, "quote": 0.25, "plain": 0.1, "joined": 0.15, "refuse": 0.2}
ORDERS = ("shuffled", "rank")
# Replies that are asked for at a time, at most and at least.
BATCH, FEWEST = 32, 4


@dataclass(frozen=True, kw_only=True)
class Retrieve:
    """Answers that cite, answers that quote, plain ones, two sources joined, and refusals.

    ``shares`` of the kinds are scaled to 1. ``passages`` bounds how many are shown, within
    ``budget`` tokens (0: no bound). ``by`` words (bm25), meaning (dense) or both, fused by rank; for
    meaning ``embedder`` names a model or ``module:name``, with ``base_url`` one of an endpoint.
    ``order`` shows passages shuffled, the evidence at even places, or by rank. Without a teacher
    that judges, passages above ``cap`` of the evidence's own BM25 score are left out.
    """

    name: ClassVar[str] = "retrieve"
    source: ClassVar[str] = "Liu et al. 2023, Lost in the Middle, arXiv 2307.03172"
    own_contexts: ClassVar[bool] = True

    shares: Mapping[str, float] = field(default_factory=lambda: dict(SHARES))
    passages: tuple[int, int] = (4, 10)
    budget: int = 0
    by: str = "bm25"
    embedder: str = ""
    base_url: str = ""
    order: str = "shuffled"
    cap: float = 0.6

    def __post_init__(self) -> None:
        sound("retrieve", self.shares, SHARES)
        if not 2 <= self.passages[0] <= self.passages[1] <= 99:
            raise PlanError(
                f"retrieve passages {list(self.passages)}: give two numbers from 2 to 99, smaller "
                "first; with one passage there is nothing to choose from"
            )
        if self.by not in BY or self.order not in ORDERS:
            raise PlanError(
                f"retrieve by {self.by!r}, order {self.order!r}: by is one of {', '.join(BY)}, "
                f"order one of {', '.join(ORDERS)}"
            )
        if self.by != "bm25" and not self.embedder:
            raise PlanError(
                f"retrieve by {self.by!r} names no embedder, so nothing can be ranked by meaning; "
                "name one (embedder: a model, or module:name), or retrieve by bm25"
            )
        if self.budget < 0 or not 0 < self.cap <= 1:
            raise PlanError(
                f"retrieve budget {self.budget}, cap {self.cap}: a budget is 0 or more tokens, a "
                "cap above 0 and at most 1"
            )

    def kinds(self, examples: int) -> Mapping[str, int]:
        """Whole numbers by kind."""
        shares = {f"retrieve-{kind}": self.shares.get(kind, 0.0) for kind in SHARES}
        return counts(examples, shares)

    def draft(self, kind: str, materials: Materials, wanted: int) -> Iterator[Draft | Dropped]:
        """Drafts of one kind, spread over all documents of the side."""
        search = Search(
            materials=materials,
            guard=self._guard,
            by=self.by,
            embedder=self.embedder,
            base_url=self.base_url,
            passages=self.passages,
            budget=self.budget,
            order=self.order,
        )
        turns, made = count(), 0
        written = materials.prompted and kind != "retrieve-plain"
        make = self._asked if written else self._ruled
        questions = self._questions(kind, materials, wanted)
        # No more is asked than may still be needed: replies can cost money.
        while items := list(islice(questions, self._next(wanted - made) if written else 1)):
            yield from (one for one in items if isinstance(one, Dropped))
            drafts = [one for one in items if isinstance(one, Draft)]
            for item in make(kind, drafts, search, turns):
                made += isinstance(item, Draft)
                yield item

    @staticmethod
    def _next(wanted: int) -> int:
        return min(BATCH, max(FEWEST, wanted))

    @staticmethod
    def rehearse(request: Request) -> str:
        """What a model would reply, so that calls and tokens can be foreseen."""
        return rehearsed(request)

    @property
    def _guard(self) -> In2:
        """What asks the questions, and keeps out what might answer them too."""
        return In2(hard=WIDER * self.passages[1], pieces=(2, 2), cap=self.cap)

    def _questions(self, kind: str, materials: Materials, wanted: int) -> Iterator[Draft | Dropped]:
        joined = kind == "retrieve-joined"
        return self._guard.questions(
            f"retrieve/{kind}", materials, wanted, "integration" if joined else "fine"
        )

    def _ruled(
        self, kind: str, drafts: Sequence[Draft], search: Search, turns: Iterator[int]
    ) -> Iterator[Draft | Dropped]:
        for draft in drafts:
            made = by_rule(kind, draft, search, next(turns))
            yield (
                self._named(kind, made, draft, search.materials)
                if isinstance(made, Found)
                else made
            )

    def _asked(
        self, kind: str, drafts: Sequence[Draft], search: Search, turns: Iterator[int]
    ) -> Iterator[Draft | Dropped]:
        """Drafts whose replies a language model writes, from the passages that were found."""
        found = [(draft, request(kind, draft, search, next(turns))) for draft in drafts]
        asked = [(draft, one) for draft, one in found if not isinstance(one, Dropped)]
        yield from (one for _, one in found if isinstance(one, Dropped))
        replies = search.materials.ask([one.request for _, one in asked])
        for (draft, one), reply in zip(asked, replies, strict=True):
            if isinstance(reply, Refused):
                reason, _, detail = reply.reason.partition(": ")
                yield Dropped(step="draft", id=draft.id, reason=reason, detail=detail)
                continue
            made = told_of(kind, draft, one, reply, search)
            yield (
                self._named(kind, made, draft, search.materials)
                if isinstance(made, Found)
                else made
            )

    def _named(self, kind: str, made: Found, draft: Draft, materials: Materials) -> Draft:
        """The draft with what the steps and the checks need to know of it."""
        evidence = sorted(made.passages.evidence)
        withheld = sorted(set(draft.meta["evidence"]) - set(evidence))
        shown = [one for one in made.passages.numbers if one not in evidence]
        rivals = sorted({*draft.meta["rivals"], *withheld} - set(evidence) - set(shown))
        meta: dict[str, Any] = {
            "kind": kind,
            "language": draft.meta["language"],
            "layout": "none",
            "keep_order": False,
            "evidence": evidence,
            "rivals": rivals,
            "hard": shown,
            "withheld": withheld,
            "passages": list(made.passages.numbers),
            "cites": made.passages.cites if kind != "retrieve-plain" else [],
            "ranks": list(made.passages.ranks),
            "retrieved": self.by,
            "by": draft.meta.get("by", ""),
            **made.meta,
        }
        return Draft(
            recipe=self.name,
            seed=draft.seed,
            evidence=tuple(map(materials.grain, evidence)),
            messages=made.messages,
            answer=made.answer,
            meta=meta,
        )
