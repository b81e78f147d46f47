"""One answer and the model that gave it > which grains of its context the answer rests on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Protocol

import orjson

from longgrain.errors import TeacherError
from longgrain.why.attention import Attention
from longgrain.why.case import Case, Chat
from longgrain.why.leaving import Left, leave_out

Tell = Callable[[str], None]


class Model(Protocol):
    """What can be asked: a model in this process, or one behind an endpoint."""

    unit: str
    """of a score: nats, or F1"""

    def own_answer(self, chat: Chat, most: int) -> str:
        """What it says, greedily, in at most so many tokens."""
        ...

    def scores(self, case: Case, without: Sequence[frozenset[int]]) -> Sequence[float | None]:
        """How well the answer holds without each of these sets of grains."""
        ...


@dataclass(frozen=True, kw_only=True)
class Explained:
    """An answer, what each grain is worth to it, and where a local model looked."""

    case: Case
    model: str
    unit: str
    own: bool
    """whether the answer is the model's own of now; else it was given"""
    left: Left
    attention: Attention | None = None
    unseen: str = ""
    """why there is no attention"""

    def json(self) -> bytes:
        """All figures, without the words of the context."""
        left = self.left
        effects: list[dict[str, Any]] = [
            {"grains": [one.grains.start, one.grains.stop], "effect": one.value}
            for one in left.effects
        ]
        told = {
            "id": self.case.id,
            "model": self.model,
            "answer": self.case.answer,
            "unit": self.unit,
            "grains": self.case.grains,
            "evidence": self.case.evidence,
            "with_all": left.full,
            "with_none": left.bare,
            "asked": left.asked,
            "effects": effects,
            "rank_of_evidence": [left.rank(one) for one in self.case.evidence],
            "share_of_evidence": left.share(self.case.evidence),
            "attention": asdict(self.attention) if self.attention else None,
        }
        return orjson.dumps(told, option=orjson.OPT_INDENT_2)


def why(
    case: Case,
    model: Model,
    name: str,
    *,
    own: int = 0,
    tell: Tell = lambda words: None,
) -> Explained:
    """Leaves out grains and measures what that does to the answer.

    ``own`` asks the model for its own answer in at most so many tokens, and explains that one.
    TeacherError where the answer has no score with the whole context.
    """
    if own:
        tell("asking for the model's own answer")
        case = replace(case, answer=model.own_answer(case.chat(), own))

    def ask(without: Sequence[frozenset[int]]) -> Sequence[float | None]:
        tell(f"leaving out grains: {len(without):,} contexts")
        return model.scores(case, without)

    left = leave_out(case.grains, ask)
    if left is None:
        raise TeacherError(
            f"{name} gave no answer to the whole context of {case.id}, so nothing can be held against "
            "it: choose a shorter one"
        )
    return Explained(case=case, model=name, unit=model.unit, own=bool(own), left=left)
