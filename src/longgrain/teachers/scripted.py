"""Requests > the answers that a test wrote down, and a count of how often they were asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from longgrain.types import Answered, Refused, Request

Line = str | Answered | Refused


@dataclass(kw_only=True)
class Scripted:
    """Answers by task (a mapping), in turn (a list) or by a function; the first word a test needs.

    A ``str`` is the text of an answer. A request that the script does not know is refused.
    """

    answers: Mapping[str, Line] | Sequence[Line] | Callable[[Request], Line] = ()
    name: str = "scripted"
    version: str = "1"
    asked: list[Request] = field(default_factory=list)

    def ask(self, requests: Sequence[Request]) -> Sequence[Answered | Refused]:
        """One scripted answer for each request, in order."""
        return [self._answer(request) for request in requests]

    @property
    def calls(self) -> int:
        """How many requests were asked so far."""
        return len(self.asked)

    def _answer(self, request: Request) -> Answered | Refused:
        turn = len(self.asked)
        self.asked.append(request)
        line: Line | None
        if callable(self.answers):
            line = self.answers(request)
        elif isinstance(self.answers, Mapping):
            line = self.answers.get(request.task)
        else:
            line = self.answers[turn] if turn < len(self.answers) else None
        if line is None:
            return Refused(reason=f"the script has no answer to request {turn} ({request.task})")
        return Answered(text=line) if isinstance(line, str) else line
