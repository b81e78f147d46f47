"""What calls cost, in plan order > whether the next request still fits under the caps of the plan.

A request is asked if what all requests before it cost, and the most that it can cost itself, fit
under the cap. Nothing else decides: not which call came back first, not where a run was stopped,
since stored answers count their stored cost at their place. Once one does not fit, none after it is
asked, so what a run leaves out is the end of its plan and not a sample of its dear requests.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from longgrain.errors import TeacherError
from longgrain.types import Request

# How the refusals begin that come of a cap.
CAP_REACHED = "cap reached"
# Sums of floats depend on their order in the last digit, and a cap must not: money is counted in
# whole billionths.
WHOLE = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """The most that a run may spend; None is no limit. ``max_calls`` counts requests, each once."""

    max_money: float | None = None
    max_calls: int | None = None


@dataclass(slots=True, kw_only=True)
class Purse:
    """What the requests so far cost, or can cost where their answers are still out."""

    caps: Caps
    full: str = ""
    """Why nothing more is asked; empty while something may be."""
    _costs: dict[str, int] = field(default_factory=dict)
    _spent: int = 0

    def settle(self, key: str, money: float) -> None:
        """Notes what a request has cost, in place of what it could."""
        self._note(key, _whole(money))

    def takes(self, key: str, money: float, most: float) -> bool:
        """Whether a request fits that has cost ``money`` so far and can cost ``most`` more.

        Reserves it if so.
        """
        if self.full:
            return False
        wanted = _whole(money) + _whole(most)
        calls = len(self._costs) + (key not in self._costs)
        money_after = self._spent - self._costs.get(key, 0) + wanted
        limit = self.caps.max_money
        if limit is not None and money_after > _whole(limit):
            return False
        if self.caps.max_calls is not None and calls > self.caps.max_calls:
            return False
        self._note(key, wanted)
        return True

    def shut(self) -> str:
        """Takes nothing from now on; the reason, the same for every request that comes too late."""
        if not self.full:
            caps = [
                f"{name} {value:g}"
                for name, value in (
                    ("max_money", self.caps.max_money),
                    ("max_calls", self.caps.max_calls),
                )
                if value is not None
            ]
            self.full = (
                f"{CAP_REACHED}: {' and '.join(caps)} of the plan's teacher leave no room for "
                "another request"
            )
        return self.full

    def _note(self, key: str, cost: int) -> None:
        self._spent += cost - self._costs.get(key, 0)
        self._costs[key] = cost


def most_money(teacher: Any, request: Request, caps: Caps) -> float:
    """The most that a request can cost, as its teacher reckons; 0 without a cap on money.

    Raises TeacherError where the teacher cannot tell, since the cap could not be kept.
    """
    if caps.max_money is None:
        return 0.0
    reckon = getattr(teacher, "most", None)
    most = float(reckon(request).money) if reckon else 0.0
    if most <= 0:
        raise TeacherError(
            f"max_money {caps.max_money:g} cannot be kept: the teacher {teacher.name} does not say "
            "what a call can cost; set price_per_million_prompt and price_per_million_reply, or "
            "use max_calls"
        )
    return most


def _whole(money: float) -> int:
    return round(money * WHOLE)
