"""Grains > questions about one grain or several, for contexts in which the evidence may lie anywhere.

Information-intensive training (An et al. 2024, "Make Your LLM Fully Utilize the Context", arXiv
2404.16811), with what the paper leaves open closed: no other grain of a context may answer too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import orjson

from longgrain.errors import PlanError
from longgrain.protocols import Materials
from longgrain.recipes.asking import Asking, asked_by
from longgrain.recipes.drawn import draw
from longgrain.recipes.general import general_drafts
from longgrain.recipes.noted import Noted
from longgrain.recipes.partners import ROUNDS, Partners
from longgrain.recipes.rivals import JOINED, Rivals, looked_up
from longgrain.recipes.shares import counts, sound
from longgrain.recipes.wording import INSTRUCTIONS, QUESTION
from longgrain.recipes.written import Lost, written
from longgrain.types import (
    WAITS,
    Draft,
    Dropped,
    Given,
    Message,
    Refused,
    Reply,
    Request,
    Slot,
    Span,
    content_id,
)

# How the paper's 1.75 million examples divide: 1.1 M, 300 K, 150 K, 200 K.
SHARES = {"fine": 0.63, "integration": 0.17, "short": 0.09, "general": 0.11}
# Rounds of other recipes are numbered apart from ours, so that their requests are others, too.
OTHER_ROUNDS = 1 << 16
CANDIDATES = 4
# A teacher that answers by file is asked for so many times the drafts that are still wanted.
SPARE = 1.5
# Requests asked at a time, at most (of a teacher by rule, whose replies cost nothing) and at least.
BATCH, BATCH_BY_RULE, FEWEST = 64, 256, 8
MANY = 1 << 20  # more than the pieces of any request


@dataclass(frozen=True, kw_only=True)
class In2:
    """Fine-grained awareness, integration of several grains, short contexts, and general data.

    ``shares`` of the kinds are scaled to 1; ``pieces`` bounds the evidence grains of integration;
    ``keep_order`` is the share of integration examples whose evidence keeps its reading order (the
    paper shuffles all); ``general`` is a file of the user's own instruction data; ``partners`` are
    the grains offered beside the first for integration; ``hard`` grains nearest to the question are
    kept for contexts once a teacher that can took a second look at them, ``looks`` in a call; without one, those above
    ``cap`` of the evidence's own BM25 score are left out. ``rival`` and ``fits`` are shares of a question's cue words: a grain
    above the first stays out of its contexts, a sentence above the second makes it ambiguous.
    """

    name: ClassVar[str] = "in2"
    source: ClassVar[str] = "An et al. 2024, arXiv 2404.16811"

    shares: Mapping[str, float] = field(default_factory=lambda: dict(SHARES))
    pieces: tuple[int, int] = (2, 5)
    keep_order: float = 0.5
    general: str = ""
    partners: int = 8
    hard: int = 24
    looks: int = 8
    cap: float = 0.6
    rival: float = 0.5
    fits: float = 0.8

    def __post_init__(self) -> None:
        sound("in2", self.shares, SHARES)
        if self.looks < 1:
            raise PlanError(f"in2 looks {self.looks}: a teacher looks at 1 grain or more in a call")
        if not 2 <= self.pieces[0] <= self.pieces[1]:
            raise PlanError(
                f"in2 pieces {list(self.pieces)}: give two numbers from 2, smaller first"
            )
        if self.shares.get("general") and self.shares != SHARES and not self.general:
            raise PlanError(
                "in2 asks for a share of general data but names no file; set general: FILE (JSONL "
                "with messages, or instruction and response), or general: 0 in shares"
            )

    def kinds(self, examples: int) -> Mapping[str, int]:
        """Whole numbers by kind; without a file of general data that share goes to the others."""
        shares = {kind: self.shares.get(kind, 0.0) for kind in SHARES}
        if not self.general:
            shares["general"] = 0.0
        return counts(examples, shares)

    def draft(self, kind: str, materials: Materials, wanted: int) -> Iterator[Draft | Dropped]:
        """Drafts of one kind, spread over all documents of the side."""
        if kind == "general":
            yield from general_drafts(materials.path(self.general), materials)
            return
        noted = self._noted(kind, materials)
        partners = Partners(materials, self.partners, noted) if kind == "integration" else None
        orders = partners.anchors() if partners else [list(materials.grains)]
        if kind == "short":  # begins where the fine-grained questions arrive last
            orders[0].reverse()
        yield from self._drafts(kind, materials, wanted, noted, partners, orders)

    def questions(
        self,
        recipe: str,
        materials: Materials,
        wanted: int,
        kind: str = "fine",
        among: Sequence[int] | None = None,
        asking: Asking | None = None,
    ) -> Iterator[Draft | Dropped]:
        """Drafts of kind fine or integration for another recipe to build on, guarded as our own.

        Of kind fine, ``among`` are the grains that may be asked about; all if it is not given. Each
        recipe begins at another place. No fact that another recipe asked for is asked for again;
        grains are joined in other ways than before. ``asking`` are the recipe's own words for what
        is asked by rule.
        """
        start = int(content_id("questions", recipe), 16)
        partners, noted = None, _known_to_all(materials)
        orders: Sequence[Sequence[int]] = [materials.grains if among is None else among]
        if kind == "integration":
            noted = self._noted(kind, materials)
            partners = Partners(materials, self.partners, noted)
            orders = partners.anchors()
        cuts = [start % max(1, len(one)) for one in orders]
        turned = [[*one[cut:], *one[:cut]] for one, cut in zip(orders, cuts, strict=True)]
        first = 0 if kind == "fine" else 1 + start % OTHER_ROUNDS
        own = None if materials.prompted else asking
        found = self._drafts(kind, materials, wanted, noted, partners, turned, first * ROUNDS)
        yield from (asked_by(one, own) if own else one for one in found)

    def _drafts(
        self,
        kind: str,
        materials: Materials,
        wanted: int,
        noted: Noted,
        partners: Partners | None,
        orders: Sequence[Sequence[int]],
        first: int = 0,
    ) -> Iterator[Draft | Dropped]:
        """Drafts of all orders in ``ROUNDS`` rounds each, numbered from ``first``."""
        found = waiting = 0
        most = BATCH if materials.prompted else BATCH_BY_RULE
        rounds = range(first, first + ROUNDS)
        for order, round_ in ((order, round_) for order in orders for round_ in rounds):
            place = 0
            while place < len(order):
                # No more is asked than may still be needed: replies can cost money.
                some = order[place : place + min(most, max(FEWEST, wanted - found))]
                place += len(some)
                some = [one for one in some if one not in noted.barren]
                offered = [partners.of(one, round_) if partners else ([one], ()) for one in some]
                for item in self._asked(kind, materials, offered, round_, noted):
                    found += isinstance(item, Draft)
                    waiting += isinstance(item, Dropped) and item.reason == WAITS
                    yield item
                if waiting and found + waiting / SPARE >= wanted:
                    return

    def _noted(self, kind: str, materials: Materials) -> Noted:
        """What the fine-grained questions, which come first, have shown of the grains."""
        if kind == "fine":
            materials.notes[self.name] = noted = _known_to_all(materials)
            return noted
        known: Noted = materials.notes.get(self.name, Noted())
        return known.for_another_kind()

    def _asked(
        self,
        kind: str,
        materials: Materials,
        offered: Sequence[tuple[Sequence[int], Sequence[str]]],
        round_: int,
        noted: Noted,
    ) -> Iterator[Draft | Dropped]:
        """Drafts from one batch of requests: grains to ask about, and the ways to join them."""
        least = self.pieces[0] if kind == "integration" else 1
        offered = [one for one in offered if len(one[0]) >= least]
        task = "in2.integration" if kind == "integration" else "in2.fine"
        requests = [
            Request(
                task=task,
                material=tuple(materials.text(number) for number in one),
                settings={
                    "language": materials.language(one[0]),
                    "pieces": list(self.pieces),
                    "limit": CANDIDATES,
                    **({"kinds": list(ways)} if ways else {}),
                },
                # A model's reply holds several questions, so that many rounds share one call.
                index=round_ // CANDIDATES if materials.prompted else round_,
            )
            for one, ways in offered
        ]
        replies = materials.ask(requests)
        if not materials.prompted:
            materials.expect([words for reply in replies for words in _looked_up(reply)])
        for (one, _), reply in zip(offered, replies, strict=True):
            if isinstance(reply, Refused):
                name = f"{materials.grain(one[0]).doc_id}:{materials.grain(one[0]).start}"
                reason, _, detail = reply.reason.partition(": ")
                yield Dropped(step="draft", id=name, reason=reason, detail=detail)
                noted.barren.update(one if reply.final and len(one) == 1 else ())
            else:
                yield from self._chosen(kind, materials, one, reply, noted)

    def _chosen(
        self,
        kind: str,
        materials: Materials,
        numbers: Sequence[int],
        reply: Reply,
        noted: Noted,
    ) -> Iterator[Draft | Dropped]:
        """The first candidate of a reply that no other grain of the side answers."""
        guard = Rivals(self, materials)
        candidates, lost = self._read(kind, materials, numbers, reply)
        first = reply.call not in noted.read
        noted.read.add(reply.call)
        for bad in lost if first else ():
            yield Dropped(step="draft", id=reply.call, reason=bad.reason, detail=bad.question)
        if kind == "fine":
            noted.note(numbers[0], candidates)
        fresh = False
        for candidate in candidates:
            evidence = [
                numbers[piece] for piece in dict.fromkeys(e[0] for e in candidate["evidence"])
            ]
            key = tuple(
                place for e in candidate["evidence"] for place in (numbers[e[0]], int(e[1]))
            )
            if key in noted.asked or not self._right_size(kind, evidence):
                continue
            fresh = True
            rivals = guard.against(candidate, numbers, evidence)
            if isinstance(rivals, str):
                name = f"{reply.call}:{candidate['template']}"
                said = str(candidate["question"])
                yield Dropped(step="draft", id=name, reason=rivals, detail=said)
                noted.asked.update([key] if materials.prompted else ())
                continue
            noted.asked.add(key)
            candidate["operands"] = [
                materials.text(numbers[piece])[start:end]
                for piece, start, end, _ in candidate["facts"]
            ]
            yield self._draft(kind, materials, candidate, evidence, rivals, reply)
            return
        if not fresh and first and not lost:
            reason = "the reply holds no question"
            if candidates:
                reason = "the reply holds no question that is new and has as much evidence as asked"
            yield Dropped(step="draft", id=reply.call, reason=reason, detail=reply.text[:200])

    def _read(
        self, kind: str, materials: Materials, numbers: Sequence[int], reply: Reply
    ) -> tuple[list[dict[str, Any]], list[Lost]]:
        """The candidates of a reply, and the questions of a model that cannot be used."""
        joining = kind == "integration"
        if not materials.prompted:
            return _candidates(reply, len(numbers)), []
        found = written(
            reply.text,
            [materials.text(number) for number in numbers],
            template="in2.integration" if joining else "in2.fine",
            needed=self.pieces if joining else (1, 1),
        )
        lost = [one for one in found if isinstance(one, Lost)]
        return [one for one in found if not isinstance(one, Lost)], lost

    def _right_size(self, kind: str, evidence: Sequence[int]) -> bool:
        if kind != "integration":
            return len(evidence) == 1
        return self.pieces[0] <= len(evidence) <= self.pieces[1]

    def _draft(
        self,
        kind: str,
        materials: Materials,
        candidate: Mapping[str, Any],
        evidence: Sequence[int],
        rivals: Sequence[int],
        reply: Reply,
    ) -> Draft:
        language = materials.language(evidence[0])
        drawn = draw(reply.call, str(candidate["question"]), materials.seed)
        hard: Sequence[int] = ()
        if kind != "short":
            hard, rivals = Rivals(self, materials).hard(candidate, evidence, rivals)
        meta = {
            "kind": kind,
            "form": candidate["form"],
            "template": candidate["template"],
            "language": language,
            "layout": "short" if kind == "short" else "long",
            "keep_order": drawn / 2**64 < self.keep_order,
            "evidence": sorted(evidence),
            "rivals": list(rivals),
            "hard": list(hard),
            "by": reply.teacher,
            **{name: candidate[name] for name in KEPT if name in candidate},
        }
        return Draft(
            recipe=self.name,
            seed=materials.seed,
            evidence=tuple(materials.grain(number) for number in sorted(evidence)),
            messages=_messages(kind, language, candidate, reply, drawn),
            answer=str(candidate["answer"]),
            meta=meta,
        )


def _known_to_all(materials: Materials) -> Noted:
    """What questions of all recipes about one grain have asked for and read on this side."""
    shared: Noted = materials.notes.setdefault("questions", Noted())
    return Noted(shared.asked, shared.barren, read=shared.read)


# What a candidate says of itself that others need again (see `facts.derive`, `recipes.asking`).
KEPT = ("operands", "statements", "asked", "descending", "quantity", "quotes", "blank")


# What a candidate must have, besides what its form needs.
NEEDED = {"form", "template", "question", "answer", "reply", "evidence", "facts", "cues"}


def _candidates(reply: Reply, pieces: int) -> list[dict[str, Any]]:
    """Bridges first: they need a name that stands in two sentences alone, and are the rarest."""
    try:
        found = orjson.loads(reply.text)
    except orjson.JSONDecodeError:
        return []
    sound = [one for one in found if _is_sound(one, pieces)] if isinstance(found, list) else []
    return sorted(sound, key=lambda one: bool(one["form"] != "bridge"))


def _looked_up(reply: Reply | Refused) -> list[str]:
    found = [] if isinstance(reply, Refused) else _candidates(reply, MANY)
    return [words for candidate in found for words in looked_up(candidate)]


def _is_sound(candidate: Any, pieces: int) -> bool:
    """Whether it is complete and about the grains that the teacher was shown."""
    if not isinstance(candidate, dict) or not candidate.keys() >= NEEDED:
        return False
    if candidate["form"] in JOINED and not candidate.get("statements"):
        return False
    places = [candidate["evidence"], candidate["facts"]]
    return all(isinstance(one, list) for one in places) and all(
        isinstance(place, list) and len(place) >= 3 and place[0] in range(pieces)
        for one in places
        for place in one
    )


def _messages(
    kind: str, language: str, candidate: Mapping[str, Any], reply: Reply, draw: int
) -> tuple[Message, ...]:
    """Instruction, context, question; answer, the only words that are learned."""
    spoken = language if language in INSTRUCTIONS else "en"
    wordings = INSTRUCTIONS[spoken]
    number = draw % len(wordings)

    def given(name: str) -> Given:
        return Given(source="longgrain.in2", id=f"{name}-{spoken}-{number}")

    def said(words: str) -> Reply:
        return Reply(teacher=reply.teacher, call=reply.call, text=words)

    question, answer = str(candidate["question"]), str(candidate["reply"])
    user = (
        Span(role="instruction", origin=given("instruction"), text=wordings[number]),
        Span(role="glue", origin=given("break"), text="\n\n"),
        Slot(),
        Span(role="glue", origin=given("label"), text=QUESTION[spoken]),
        Span(role="question", origin=said(question), text=question),
    )
    assistant = (Span(role="answer", origin=said(answer), text=answer, loss=1.0),)
    return (Message(speaker="user", spans=user), Message(speaker="assistant", spans=assistant))
