"""What somebody answered to a question > an attempt with its words, and whether it is right."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from longgrain.errors import PlanError
from longgrain.facts import holds, normalise, same_answer
from longgrain.protocols import Materials
from longgrain.recipes.fitting import unfit
from longgrain.recipes.replied import told
from longgrain.types import Dropped, Given, Refused, Reply, content_id

_LETTER = re.compile(r"[(（]\s*([A-H])\s*[)）]|([A-H])(?:[.．、:：)）]|\Z)")
_CONCLUSION = re.compile(
    r"(?:\banswer(?:\s+is|\s*[:：])|答案(?:是|为|為|应为|應為|[:：])|\bhence\b|所以选|所以選|故选|故選)\s*[:：]?\s*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """Reasoning and answer in somebody's words; ``ready`` says that one leads to the other as it is."""

    reasoning: str
    answer: str
    origin: Reply | Given
    by: str
    ready: bool = False


def choice(answer: str, options: Sequence[str]) -> str | None:
    """The option that an answer names, by its letter, its words, or both; None if none or several."""
    letter = _LETTER.match(answer.strip())
    if letter:
        place = ord(letter[1] or letter[2]) - ord("A")
        return options[place] if place < len(options) else None
    named = [one for one in options if same_answer(answer, one)]
    named = named or [one for one in options if holds(answer, one) or holds(one, answer)]
    return named[0] if len(named) == 1 else None


def replied(
    reply: Reply | Refused, language: str, options: Sequence[str]
) -> Attempt | tuple[str, str]:
    """A model's attempt, or the reason why it cannot be used, and what concerns this one alone."""
    said = told(reply, reasoning=str, answer=str)
    if isinstance(reply, Refused) or isinstance(said, str):
        reason, _, detail = str(said).partition(": ")
        return reason, detail
    reasoning, answer = said["reasoning"], said["answer"]
    if problem := unfit(language, reasoning, answer):
        return f"the attempt {problem}", reply.text[:200]
    chosen = choice(answer, options) if options else answer
    if chosen is None:
        return "the attempt chooses none of the options", answer[:200]
    origin = Reply(teacher=reply.teacher, call=reply.call, text=reasoning)
    return Attempt(reasoning=reasoning, answer=chosen, origin=origin, by="teacher")


# --- the user's file ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Answered:
    """A row of the file: the attempts at one question, and the options that were shown with it."""

    attempts: tuple[Attempt, ...]
    options: tuple[str, ...]


def question_id(question: str) -> str:
    """By which a row may name its question, blanks, case and width not counted."""
    return content_id("question", normalise(question))


def attempts_of(path: Path, materials: Materials) -> tuple[dict[str, Answered], list[Dropped]]:
    """The rows by the id of their question, and those that cannot be used. PlanError without a file."""
    if not path.is_file():
        raise PlanError(
            f"pam attempts: there is no file {path}, so nobody's attempts can be used; correct the "
            "path, or leave it out"
        )
    found: dict[str, Answered] = {}
    lost = []
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            row = _row(line, path.name, number) if line.strip() else None
            if isinstance(row, str) and materials.takes(content_id(line)):
                lost.append(Dropped(step="draft", id=f"{path.name}:{number}", reason=row))
            elif isinstance(row, tuple):
                found.setdefault(*row)
    return found, lost


def _row(line: bytes, name: str, number: int) -> tuple[str, Answered] | str:
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError:
        return "attempts: not JSON"
    if not isinstance(row, Mapping):
        return "attempts: not a record"
    key = row.get("id") or (question_id(str(row["question"])) if row.get("question") else "")
    if not key:
        return "attempts: neither question nor id"
    listed = row.get("attempts", row.get("attempt"))
    origin = Given(source=name, id=str(number))
    attempts = tuple(_attempts(listed if isinstance(listed, list) else [listed], origin))
    options = row.get("options") or ()
    if not attempts:
        return "attempts: no attempt with words"
    if not (isinstance(options, list | tuple) and all(isinstance(one, str) for one in options)):
        return "attempts: options are not a list of texts"
    return str(key), Answered(attempts, tuple(options))


def _attempts(listed: Sequence[Any], origin: Given) -> Iterator[Attempt]:
    for one in listed:
        if isinstance(one, Mapping):
            reasoning, answer = (str(one.get(key) or "").strip() for key in ("reasoning", "answer"))
            if answer:
                yield Attempt(reasoning=reasoning, answer=answer, origin=origin, by="file")
        elif isinstance(one, str) and one.strip():
            reasoning, answer = _parted(one.strip())
            yield Attempt(reasoning=reasoning, answer=answer, origin=origin, by="file", ready=True)


def _parted(words: str) -> tuple[str, str]:
    """A whole attempt > all up to its answer, and the answer: behind "the answer is", or the last line."""
    ends = [match.end() for match in _CONCLUSION.finditer(words) if words[match.end() :].strip()]
    start = ends[-1] if ends else words.rfind("\n") + 1
    return words[:start], words[start:]
