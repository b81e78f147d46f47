"""A user's file (JSON, JSONL, CSV, TSV, Parquet) > its rows in one shape, or what is wrong with each.

Read are `messages`, ShareGPT (`conversations`), Alpaca, pairs of an instruction and a response, SQuAD
(nested or flat, with impossible questions) and labelled tables (text, label). Only the shape is
looked at here; whether a row makes sense is for `longgrain.recipes.agreement`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, cast

import orjson
import pyarrow.parquet as pq

from longgrain.errors import PlanError
from longgrain.types import Speaker, content_id

_CALLED: Mapping[Speaker, tuple[str, ...]] = {
    "system": ("system",),
    "user": ("user", "human", "prompter"),
    "assistant": ("assistant", "gpt", "chatgpt", "bot", "model"),
    "tool": ("tool", "observation", "function"),
}
SPEAKERS = {name: speaker for speaker, names in _CALLED.items() for name in names}
ASKS = ("instruction", "prompt", "question", "query", "指令", "问题", "提问")
REPLIES = ("response", "output", "completion", "answer", "回答", "输出", "答案")
INPUTS = ("input", "输入")
PASSAGES = ("context", "document", "passage", "article", "上下文", "文档", "原文")
TEXTS = ("text", "sentence", "content", "文本", "正文")
LABELS = ("label", "category", "class", "标签", "类别")
SUFFIXES = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row. ``turns`` are said by speakers; ``passage`` is what they are about, where it is apart.

    A row with a question has ``question`` and ``answers`` (text and where it stands in the passage,
    -1 where that is not said; none for an ``impossible`` one); a labelled one has ``label`` and its
    text as passage. Both have no turns: the words around them are the recipe's.
    """

    name: str
    turns: tuple[tuple[Speaker, str], ...] = ()
    passage: str = ""
    question: str = ""
    answers: tuple[tuple[str, int], ...] = ()
    impossible: bool = False
    label: str = ""

    @property
    def content(self) -> str:
        """The hash of what it says; a row of turns alone is known by their words."""
        more = (self.passage, self.question, self.label, *(text for text, _ in self.answers))
        said = [words for _, words in self.turns]
        return content_id(*said, *(more if any(more) else ()))

    @property
    def asked(self) -> str:
        """All that is said before the response."""
        before = [words for _, words in self.turns[:-1]]
        return "\n".join(words for words in (*before, self.question, self.passage) if words)

    @property
    def response(self) -> str:
        """What is to be learned, in one text."""
        if self.turns:
            return self.turns[-1][1]
        return self.label or (self.answers[0][0] if self.answers else "")


class Bad(NamedTuple):
    """A row that cannot be read, and why; ``content`` is its hash."""

    name: str
    reason: str
    content: str


def rows(path: Path) -> Iterator[Row | Bad]:
    """The rows of a file in its order. PlanError if it is not there or no file of these kinds."""
    if not path.is_file():
        raise PlanError(
            f"there is no file {path}, so no rows can be taken from it; correct its name"
        )
    for name, record in records(path):
        if isinstance(record, Bad):
            yield record
        else:
            yield from _rows(record, name)


# --- files > records --------------------------------------------------------------------------------


def records(path: Path) -> Iterator[tuple[str, Any]]:
    """Name and value of each record; a value is a `Bad` where it cannot be read."""
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        yield from _parquet(path)
    elif suffix in (".csv", ".tsv"):
        yield from _table(path, "\t" if suffix == ".tsv" else ",")
    elif suffix == ".json":
        yield from _json(path)
    else:
        yield from _lines(path)


def _lines(path: Path) -> Iterator[tuple[str, Any]]:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            name = f"{path.name}:{number}"
            try:
                yield name, orjson.loads(line.removeprefix(b"\xef\xbb\xbf"))
            except orjson.JSONDecodeError:
                yield name, Bad(name, "not JSON", content_id(line))


def _json(path: Path) -> Iterator[tuple[str, Any]]:
    """A list of records, SQuAD's ``data``, one record, or JSON Lines under this name."""
    try:
        value = orjson.loads(path.read_bytes().removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError:
        yield from _lines(path)
        return
    listed = value.get("data", [value]) if isinstance(value, Mapping) else value
    for number, one in enumerate(listed if isinstance(listed, list) else [listed], 1):
        yield f"{path.name}:{number}", one


def _table(path: Path, delimiter: str) -> Iterator[tuple[str, Any]]:
    """CSV as UTF-8, or as GB18030 where it is not; the first line names the columns."""
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("gb18030", "replace")
    csv.field_size_limit(1 << 30)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    for number, one in enumerate(reader, 2):
        name = f"{path.name}:{number}"
        if None in one or None in one.values():
            said = orjson.dumps([str(cell) for cell in one.values()])
            yield name, Bad(name, "more or fewer cells than columns", content_id(said))
        else:
            yield name, {key.strip(): value for key, value in one.items()}


def _parquet(path: Path) -> Iterator[tuple[str, Any]]:
    number = 0
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(1000):
            for one in batch.to_pylist():
                number += 1
                yield f"{path.name}:{number}", one


# --- records > rows ---------------------------------------------------------------------------------


def _rows(record: Any, name: str) -> Iterator[Row | Bad]:
    """The rows of one record: an article of SQuAD has many."""
    if isinstance(record, Mapping) and isinstance(record.get("paragraphs"), list):
        for place, paragraph in enumerate(record["paragraphs"], 1):
            asked = paragraph.get("qas") if isinstance(paragraph, Mapping) else None
            if not isinstance(asked, list):
                yield _row(paragraph, f"{name}.{place}")
                continue
            for number, one in enumerate(asked, 1):
                row = (
                    {**one, "context": paragraph.get("context")}
                    if isinstance(one, Mapping)
                    else one
                )
                yield _row(row, f"{name}.{place}.{number}")
        return
    yield _row(record, name)


def _row(record: Any, name: str) -> Row | Bad:
    found = _shaped(record, name) if isinstance(record, Mapping) else "not a record"
    if isinstance(found, Row):
        return found
    said = orjson.dumps(record, default=str, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_SORT_KEYS)
    return Bad(name, found, content_id(said))


def _shaped(record: Mapping[str, Any], name: str) -> Row | str:
    """By the fields that a record has, the most telling first."""
    if "messages" in record:
        return _spoken(record, record["messages"], "role", "content", name)
    if "conversations" in record:
        return _spoken(record, record["conversations"], "from", "value", name)
    passage = _first(record, PASSAGES)
    if passage and ("answers" in record or "is_impossible" in record):
        return _squad(record, passage, name)
    label, text = _first(record, LABELS), _first(record, TEXTS)
    if any(key in record for key in LABELS) and any(key in record for key in TEXTS):
        if not label.strip() or not text.strip():
            return "a labelled row without a text or without a label"
        return Row(name=name, passage=text, label=label.strip())
    return _pair(record, passage, name)


def _spoken(record: Mapping[str, Any], turns: Any, who: str, what: str, name: str) -> Row | str:
    if not isinstance(turns, list):
        return f"{'messages' if who == 'role' else 'conversations'} are not a list"
    said: list[tuple[Speaker, str]] = []
    for one in turns:
        if not isinstance(one, Mapping) or one.get(who) not in SPEAKERS:
            return "a message without a known role"
        said.append((SPEAKERS[cast(str, one[who])], _words(one.get(what))))
    if who == "from" and _words(record.get("system")):
        said.insert(0, ("system", _words(record["system"])))
    return _of_turns(said, _first(record, PASSAGES), name)


def _of_turns(turns: Sequence[tuple[Speaker, str]], passage: str, name: str) -> Row | str:
    if not turns or turns[-1][0] != "assistant":
        return "the last turn is not the assistant's"
    if any(not words.strip() for _, words in turns):
        return "an empty turn"
    return Row(name=name, turns=tuple(turns), passage=passage)


def _pair(record: Mapping[str, Any], passage: str, name: str) -> Row | str:
    """Alpaca (instruction, input, output, history, system), or any pair by another name."""
    ask, reply = _first(record, ASKS), _first(record, REPLIES)
    if not ask or not reply:
        return "no instruction or no response"
    turns: list[tuple[Speaker, str]] = []
    if system := _words(record.get("system")):
        turns.append(("system", system))
    history = record.get("history")
    for one in history if isinstance(history, list) else ():
        if not isinstance(one, list) or len(one) != 2:
            return "a history that is not a list of pairs"
        turns += [("user", _words(one[0])), ("assistant", _words(one[1]))]
    more = _first(record, INPUTS)
    turns += [("user", f"{ask}\n\n{more}" if more else ask), ("assistant", reply)]
    return _of_turns(turns, passage, name)


def _squad(record: Mapping[str, Any], passage: str, name: str) -> Row | str:
    """SQuAD's answers are a list of records, or in tables a record of lists."""
    question = _first(record, ASKS)
    if not question.strip():
        return "a question without words"
    answers = record.get("answers") or []
    if isinstance(answers, Mapping):
        texts = [_words(one) for one in _listed(answers.get("text"))]
        starts = [*_listed(answers.get("answer_start")), *[-1] * len(texts)]
    elif isinstance(answers, list) and all(isinstance(one, Mapping) for one in answers):
        texts = [_words(one.get("text")) for one in answers]
        starts = [one.get("answer_start", -1) for one in answers]
    else:
        return "answers that are neither records nor lists"
    flat = "is_impossible" not in record
    impossible = not texts if flat else bool(record["is_impossible"])
    if impossible and texts:
        return "an impossible question with an answer"
    if not impossible and not all(text.strip() for text in texts or [""]):
        return "a question without an answer"
    places = [one if isinstance(one, int) else -1 for one in starts]
    return Row(
        name=name,
        passage=passage,
        question=question.strip(),
        answers=tuple(dict.fromkeys(zip(texts, places, strict=False))),
        impossible=impossible,
    )


def _listed(value: Any) -> list[Any]:
    """A list as it is, nothing as an empty one, anything else as the only entry."""
    return value if isinstance(value, list) else [] if value is None else [value]


def _first(record: Mapping[str, Any], names: Sequence[str]) -> str:
    """The words of the first of these fields that has any; blanks are words here."""
    return next((_words(record[key]) for key in names if _words(record.get(key))), "")


def _words(value: Any) -> str:
    """A field as text: parts of a message joined, numbers and records written out."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, list) and all(isinstance(one, Mapping) and "text" in one for one in value):
        return "".join(_words(one["text"]) for one in value)
    if isinstance(value, list | Mapping):
        return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    return str(value)
