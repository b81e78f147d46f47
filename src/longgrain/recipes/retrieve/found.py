"""A question and its evidence > the passages that a search shows with it, none of which answers too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from longgrain.facts import holds, plain
from longgrain.protocols import Materials
from longgrain.recipes.in2 import In2
from longgrain.recipes.retrieve import wording
from longgrain.recipes.retrieve.asks import drawn, spoken
from longgrain.recipes.retrieve.passages import Passages, affordable, ordered
from longgrain.recipes.retrieve.retriever import Retriever
from longgrain.recipes.rivals import Rivals
from longgrain.types import Draft, Given, Grain, Message, Span

# Grains that are ranked for each passage that may be shown: some might answer, and stay out.
WIDER = 3
# Tokens that instruction, question and reply may take in a row beside the passages.
AROUND = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A finished question: who says what, the gold answer, the passages, and what checks need."""

    messages: tuple[Message, ...]
    answer: str
    passages: Passages
    meta: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Search:
    """Chooses and orders the passages for the questions of one side."""

    materials: Materials
    guard: In2
    passages: tuple[int, int]
    by: str = "bm25"
    embedder: str = ""
    base_url: str = ""
    budget: int = 0
    order: str = "shuffled"

    @cached_property
    def _retriever(self) -> Retriever:
        return Retriever.of_side(
            self.materials, by=self.by, embedder=self.embedder, base_url=self.base_url
        )

    def shown(
        self, draft: Draft, question: str, turn: int, *, refuse: bool, terms: Sequence[str] = ()
    ) -> Passages | str:
        """Passages for a question, or why there are too few.

        ``refuse`` leaves out the evidence, and every grain that says its answer. No other grain may
        hold all ``terms``.
        """
        evidence = [] if refuse else list(draft.meta["evidence"])
        ranking = self._ranking(draft, question)
        others = [one for one in ranking if one not in draft.meta["evidence"]]
        others = [one for one in others if not self._may_answer(one, draft, refuse, terms)]
        others = self._clear(question, others, draft)
        least, most = self.passages
        size = least + drawn("passages", draft.id) % (most - least + 1)
        others = others[: size - len(evidence)]
        room = self.materials.longest - AROUND
        able = affordable(others, evidence, min(self.budget or room, room), self.materials)
        if able is None:
            return "the evidence alone is longer than the budget for passages"
        cut, others = len(able) < len(others), able
        if len(others) + len(evidence) < (2 if cut else least):
            return "the search finds fewer passages than asked for that leave the question open"
        return ordered(evidence, others, ranking, turn=turn, order=self.order)

    def _ranking(self, draft: Draft, question: str) -> list[int]:
        wanted = WIDER * self.passages[1] + len(draft.evidence) + len(draft.meta["rivals"])
        return [number for number, _ in self._retriever.ranked(question, wanted)]

    def _may_answer(self, number: int, draft: Draft, refuse: bool, terms: Sequence[str]) -> bool:
        if number in draft.meta["rivals"]:
            return True
        text = self.materials.text(number)
        if refuse and holds(text, draft.answer):
            return True
        return bool(terms) and all(term in plain(text) for term in terms)

    def _clear(self, question: str, numbers: Sequence[int], draft: Draft) -> list[int]:
        """Those that leave the question open: by a second look, or far enough from its evidence."""
        if self.materials.judges:
            seen = set(draft.meta["hard"])
            clear = Rivals(self.guard, self.materials).cleared(
                question, [one for one in numbers if one not in seen]
            )
            return [one for one in numbers if one in seen or one in clear]
        near = dict(self.materials.nearest(question, len(numbers) + len(draft.evidence)))
        own = max((near.get(one, 0.0) for one in draft.meta["evidence"]), default=0.0)
        roof = self.guard.cap * (own or max(near.values(), default=0.0))
        clear_of = [one for one in numbers if near.get(one, 0.0) <= roof]
        self.materials.count(
            "passage too similar to the question, left out", len(numbers) - len(clear_of)
        )
        return clear_of


def asked_of(
    passages: Passages,
    question: Span,
    style: str,
    language: str,
    materials: Materials,
) -> Message:
    """Instruction, numbered passages, question."""
    words = wording.INSTRUCTIONS[spoken(language)][style]
    number = drawn("instruction", question.text or "") % len(words)
    return Message(
        speaker="user",
        spans=(
            given("instruction", f"{style}-{number}", words[number]),
            given("glue", "break", "\n\n"),
            *passages.spans(materials),
            given("glue", "label", wording.QUESTION[spoken(language)]),
            question,
        ),
    )


def answered(reply: Sequence[Span], quotes: Sequence[tuple[int, Grain]] = ()) -> Message:
    """What is learned: the reply, and each quoted sentence behind it with its passage's number."""
    spans: list[Span] = list(reply)
    for number, grain in quotes:
        spans += [
            given("answer", "quote", "\n> " if spans else "> ", loss=1.0),
            Span(role="answer", origin=grain, loss=1.0),
            given("answer", "citation", f" [{number}]", loss=1.0),
        ]
    return Message(speaker="assistant", spans=tuple(spans))


def given(role: str, name: str, text: str, loss: float = 0.0) -> Span:
    """Words of our own."""
    origin = Given(source="longgrain.retrieve", id=name)
    return Span(role=role, origin=origin, text=text, loss=loss)  # type: ignore[arg-type]


def cited(reply: str, numbers: Sequence[int], language: str) -> str:
    """The reply with its citations before the last stop: ``It is 12 [3].``"""
    marks = "".join(f"[{number}]" for number in numbers)
    space = "" if spoken(language) == "zh" else " "
    bare = reply.rstrip(".。")
    return f"{bare}{space}{marks}{reply[len(bare) :]}"
