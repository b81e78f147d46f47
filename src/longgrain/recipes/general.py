"""The user's own instruction data > drafts without a context, every assistant turn learned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import orjson

from longgrain.errors import PlanError
from longgrain.facts import language_of
from longgrain.protocols import Materials
from longgrain.types import Draft, Dropped, Given, Message, Span, Speaker, content_id

SPEAKERS = {"system", "user", "assistant", "tool"}
ASKS = ("instruction", "prompt", "question")
REPLIES = ("response", "output", "completion", "answer")


def general_drafts(path: Path, materials: Materials) -> Iterator[Draft | Dropped]:
    """One draft for each row of a JSONL file, in the file's order; each side takes its own rows.

    A row holds ``messages`` (role, content) or an instruction (with ``input``) and a response.
    Which side a row goes to depends on its content alone.
    """
    if not path.is_file():
        raise PlanError(
            f"general data: there is no file {path}; give a JSONL file or no share of it"
        )
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                yield from _drafts(line, f"{path.name}:{number}", materials)


def _drafts(line: bytes, name: str, materials: Materials) -> Iterator[Draft | Dropped]:
    turns = _turns(line)
    if isinstance(turns, str):
        if materials.takes(content_id(line)):
            yield Dropped(step="draft", id=name, reason=turns)
        return
    if not materials.takes(content_id(*(words for _, words in turns))):
        return
    messages = tuple(
        Message(
            speaker=speaker,
            spans=(
                Span(
                    role="answer" if speaker == "assistant" else "instruction",
                    origin=Given(source=name.rpartition(":")[0], id=name.rpartition(":")[2]),
                    text=words,
                    loss=1.0 if speaker == "assistant" else 0.0,
                ),
            ),
        )
        for speaker, words in turns
    )
    yield Draft(
        recipe="in2",
        seed=materials.seed,
        evidence=(),
        messages=messages,
        answer=turns[-1][1],
        meta={
            "kind": "general",
            "form": "general",
            "layout": "none",
            "language": language_of(" ".join(words for _, words in turns)),
        },
    )


def _turns(line: bytes) -> list[tuple[Speaker, str]] | str:
    """Speaker and words of each turn, or what is wrong with the row."""
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError:
        return "general data: not JSON"
    if not isinstance(row, Mapping):
        return "general data: not a record"
    turns = _from_messages(row["messages"]) if "messages" in row else _from_pair(row)
    if isinstance(turns, str):
        return turns
    if not turns or turns[-1][0] != "assistant":
        return "general data: the last turn is not the assistant's"
    if any(not words.strip() for _, words in turns):
        return "general data: an empty turn"
    return turns


def _from_messages(messages: Any) -> list[tuple[Speaker, str]] | str:
    if not isinstance(messages, list):
        return "general data: messages are not a list"
    turns = []
    for one in messages:
        if not isinstance(one, Mapping) or one.get("role") not in SPEAKERS:
            return "general data: a message without a known role"
        turns.append((cast(Speaker, one["role"]), str(one.get("content") or "")))
    return turns


def _from_pair(row: Mapping[str, Any]) -> list[tuple[Speaker, str]] | str:
    ask = next((str(row[key]) for key in ASKS if row.get(key)), "")
    reply = next((str(row[key]) for key in REPLIES if row.get(key)), "")
    if not ask or not reply:
        return "general data: no instruction or no response"
    more = str(row.get("input") or "")
    return [("user", f"{ask}\n\n{more}" if more else ask), ("assistant", reply)]
