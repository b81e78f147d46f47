"""A teacher and requests > its words as they come, and what all of them cost together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from longgrain.errors import TeacherError
from longgrain.prompts import Prompts
from longgrain.types import Answered, Refused, Reply, Request

Hear = Callable[[str], None]


def silent(piece: str) -> None:
    """Hears nothing."""


class UnansweredError(TeacherError):
    """A request to which there is no answer, so that a question cannot be answered either."""


@dataclass(kw_only=True)
class Speaker:
    """Asks one request after the other, in the words of the prompts; counts calls, tokens, money.

    A teacher with a method ``speak`` (see `OpenAI.speak`) is heard word by word, any other at the
    end of its reply.
    """

    teacher: Any
    prompts: Prompts
    calls: int = 0
    prompt_tokens: int = 0
    reply_tokens: int = 0
    money: float = 0.0

    def say(self, request: Request, hear: Hear = silent) -> str:
        """The text of the reply. Raises UnansweredError with the reason where there is none."""
        filled = self.prompts.fill(request)
        heard = ""
        last: Answered | Refused | None = None
        for piece in self._pieces(filled):
            if isinstance(piece, str):
                heard += piece
                hear(piece)
            else:
                last = piece
        self._count(last)
        if isinstance(last, Answered):
            if not heard:
                hear(last.text)
            return last.text
        reason = last.reason if last else "the teacher said nothing"
        raise UnansweredError(f"{self.teacher.name} gave no answer to {request.task}: {reason}")

    def reply(self, request: Request) -> Reply | Refused:
        """The same as a recipe gets it, with a refusal as such."""
        try:
            return Reply(teacher=str(self.teacher.name), call="", text=self.say(request))
        except UnansweredError as error:
            return Refused(reason=str(error))

    def _pieces(self, request: Request) -> Any:
        if hasattr(self.teacher, "speak") and request.schema is None:
            return self.teacher.speak(request)
        return self.teacher.ask([request])

    def _count(self, last: Answered | Refused | None) -> None:
        self.calls += 1
        if last is not None:
            self.prompt_tokens += last.prompt_tokens
            self.reply_tokens += last.reply_tokens
            self.money += last.money
