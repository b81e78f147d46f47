"""Grains > questions with checkable answers drawn from their own sentences, and no model needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import orjson

from longgrain.facts import language_of
from longgrain.teachers._drawn import Draws
from longgrain.teachers._joined import joined
from longgrain.teachers._prose import Bounds
from longgrain.teachers._single import single
from longgrain.types import Answered, Refused, Request

# Raise it whenever the same request would get another answer.
VERSION = "2"
LANGUAGES = ("en", "zh")


@dataclass(frozen=True, slots=True, kw_only=True)
class Extractive:
    """Questions by rule, about numbers, dates, names, terms and quotes, in English and Chinese.

    Tasks are ``in2.fine`` (one grain) and ``in2.integration`` (several grains, of which a candidate
    joins some). Settings of a request: ``language`` ("en" or "zh"; found if missing), ``limit``,
    ``whole`` (False where the material may begin inside a sentence), and for integration ``kinds``
    (a list of compare, sum, order, bridge; all if missing) and ``pieces`` (how many grains at
    least and at most). The answer is a JSON list of candidates: ``form``, ``template``,
    ``question``, ``answer``, ``reply``, ``evidence`` [piece, start, end] of each sentence,
    ``facts`` [piece, start, end, kind], ``cues``, and what `longgrain.facts.derive` reads.
    """

    name: ClassVar[str] = "extractive"
    version: ClassVar[str] = VERSION

    limit: int = 3
    """Candidates for one request, where it does not say."""
    min_words: int = 8
    max_words: int = 60
    """Length of an English sentence that is asked about."""
    min_chars: int = 15
    max_chars: int = 120
    """Length of a Chinese sentence that is asked about."""

    def ask(self, requests: Sequence[Request]) -> Sequence[Answered | Refused]:
        """Candidates for each request as JSON, or why there are none."""
        return [self._answer(request) for request in requests]

    def _answer(self, request: Request) -> Answered | Refused:
        if not request.material or not any(text.strip() for text in request.material):
            return Refused(reason="there is no material to ask about")
        settings = request.settings
        language = settings.get("language") or language_of("".join(request.material))
        if language not in LANGUAGES:
            return Refused(reason=f"extractive knows English and Chinese, not {language!r}")
        draws = Draws((request.task, *request.material), request.index)
        shared: dict[str, Any] = {
            "language": language,
            "bounds": self._bounds(),
            "whole": bool(settings.get("whole", True)),
            "limit": int(settings.get("limit", self.limit)),
            "draws": draws,
        }
        if request.task == "in2.fine":
            candidates = single(request.material[0], **shared)
            missing = "no whole sentence with a checkable fact"
        elif request.task == "in2.integration":
            low, high = settings.get("pieces", (2, 5))
            candidates = joined(
                request.material, kinds=settings.get("kinds"), pieces=(low, high), **shared
            )
            missing = "no facts of these grains can be joined"
        else:
            return Refused(reason=f"extractive knows no task {request.task!r}")
        return (
            Answered(text=orjson.dumps(candidates).decode())
            if candidates
            else Refused(reason=missing)
        )

    def _bounds(self) -> Bounds:
        return Bounds(
            min_words=self.min_words,
            max_words=self.max_words,
            min_chars=self.min_chars,
            max_chars=self.max_chars,
        )
