"""A model behind an endpoint, a case > how near its answer stays to the one explained without some grains.

Nothing tells the probability of a given answer there, so the model answers anew, greedily, and its
answer is held against the explained one: token F1, Chinese by characters. Every call is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from longgrain.calls import Ledger, Outcome
from longgrain.errors import TeacherError
from longgrain.make import component
from longgrain.metrics.item import Item
from longgrain.metrics.squad import Squad
from longgrain.protocols import Teacher
from longgrain.types import Refused, Request
from longgrain.why.case import Case, Chat


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """A teacher and the ledger of its calls."""

    teacher: Teacher
    ledger: Ledger

    unit = "F1"

    @classmethod
    def of(cls, model: str, base_url: str, ledger: Ledger, *, most: int) -> Endpoint:
        """The model of an OpenAI-compatible server, greedy; a reply has at most so many tokens."""
        settings = {
            "model": model,
            "base_url": base_url,
            "temperature": 0.0,
            "max_reply_tokens": most,
            "whole_replies": False,
            "reasks": 0,
        }
        return cls(teacher=component("teachers", "openai", settings), ledger=ledger)

    def own_answer(self, chat: Chat, most: int) -> str:
        """What the model says. TeacherError where it refuses."""
        (found,) = self._asked([chat])
        if isinstance(found, Refused):
            raise TeacherError(
                f"{self.teacher.name} gives no answer ({found.reason}), so there is nothing to explain"
            )
        return found.text

    def scores(self, case: Case, without: Sequence[frozenset[int]]) -> list[float | None]:
        """F1 of each answer against the explained one; None for a refusal."""
        found = self._asked([case.chat(one) for one in without])
        return [None if isinstance(one, Refused) else _like(case, one.text) for one in found]

    def _asked(self, chats: Sequence[Chat]) -> list[Outcome]:
        requests = [Request(task="why", prompt=chat) for chat in chats]
        return self.ledger.ask(self.teacher, requests)


def _like(case: Case, text: str) -> float:
    return Squad().score(Item(prediction=text, references=(case.answer,)))["f1"] or 0.0
