"""A run > its task data: text and label, tokens or spans with labels, questions as SQuAD, sources and targets.

Where other exports write conversations, this one writes what a classifier, a tagger or an extractive
reader is trained on: what the recipe says of an example in ``lineage["data"]``. Other examples are pairs of
a text and a target.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import IO, Any, ClassVar, Literal

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from longgrain.errors import RunError
from longgrain.exports.columns import Run, repeated, whole
from longgrain.exports.turns import turns
from longgrain.types import SIDES, Example, Side

Record = dict[str, Any]
# A token of a tagger: a word with its inner marks, a Han character, or a mark.
_TOKEN = re.compile(
    r"[㐀-鿿\uf900-\ufaff]|[^\W_㐀-鿿\uf900-\ufaff]+(?:['’.-][^\W_㐀-鿿\uf900-\ufaff]+)*|[^\w\s]|_"
)
TITLE = "longgrain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Writes ``TASK-SIDE.jsonl`` (or Parquet), of questions ``qa-SIDE.json`` in SQuAD 2.0's form.

    ``spans`` is how entities are written: with offsets, as tokens with BIO tags, or both.
    """

    name: ClassVar[str] = "task"

    form: Literal["jsonl", "parquet"] = "jsonl"
    spans: Literal["offsets", "bio", "both"] = "both"

    def write(self, run: Run, folder: Path) -> list[Path]:
        """The files that have records, and a README.md with counts; RunError if there are none."""
        texts = run.texts()
        paths: list[Path] = []
        counts: Counter[tuple[str, str]] = Counter()
        for side in SIDES:
            with _Files(Path(folder), side, self.form) as files:
                for example in repeated(run, side):
                    task, record = record_of(example, texts)
                    counts[task, side] += 1
                    if record is not None:
                        if task == "entities":
                            record = _as(record, self.spans)
                        files.add(task, {**record, "split": side})
                paths += files.finish()
        if not paths:
            raise RunError(
                "the run has no examples with a response, so there is nothing to export: see its "
                "dropped.parquet for why they did not go on, then build again"
            )
        return [*paths, _readme(Path(folder), counts)]


def record_of(example: Example, texts: Mapping[str, str]) -> tuple[str, Record | None]:
    """Task and record of an example; None with the reason in the place of the task where there is none."""
    data = example.lineage.get("data") or {}
    task = str(data.get("task", ""))
    if task not in _RECORDS:
        pair = _pair(example, texts)
        return ("pairs" if pair else "left out: no response", pair)
    text = _text(data, texts)
    if data.get("edited"):
        data = _edited(data, text)
        if data is None:
            return "left out: edited, and no longer in the text", None
    return task, {"id": example.id, **_RECORDS[task](text, data)}


class _Files:
    """One file a task: JSON Lines as they come, SQuAD and Parquet when all have come; all whole or none."""

    def __init__(self, folder: Path, side: Side, form: str) -> None:
        self.folder, self.side, self.form = folder, side, form
        self.held: dict[str, list[Record]] = {}
        self.open: dict[str, tuple[Path, IO[bytes]]] = {}
        self.stack = ExitStack()

    def __enter__(self) -> _Files:
        self.stack.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self.stack.__exit__(*error)

    def add(self, task: str, record: Record) -> None:
        """Writes a record, or keeps it for the end."""
        if task == "qa" or self.form == "parquet":
            self.held.setdefault(task, []).append(record)
            return
        if task not in self.open:
            path = self.folder / f"{task}-{self.side}.jsonl"
            part = self.stack.enter_context(whole(path))
            self.open[task] = (path, self.stack.enter_context(part.open("wb")))
        self.open[task][1].write(orjson.dumps(record) + b"\n")

    def finish(self) -> list[Path]:
        """Writes what was kept; every path."""
        paths = [path for path, _ in self.open.values()]
        for task, records in self.held.items():
            ending = "parquet" if self.form == "parquet" else "json"
            path = self.folder / f"{task}-{self.side}.{ending}"
            part = self.stack.enter_context(whole(path))
            if self.form == "parquet":
                pq.write_table(pa.Table.from_pylist(records), part)
            else:
                part.write_bytes(orjson.dumps(squad(records), option=orjson.OPT_INDENT_2))
            paths.append(path)
        return paths


def _pair(example: Example, texts: Mapping[str, str]) -> Record | None:
    """What is said before the last reply, and the reply, of an example without task data of its own."""
    said = turns(example.trained, texts)
    if len(said) < 2 or said[-1].speaker != "assistant":
        return None
    text = "\n\n".join(one.text for one in said[:-1])
    return {"id": example.id, "text": text, "target": said[-1].text}


def _text(data: Mapping[str, Any], texts: Mapping[str, str]) -> str:
    """The passage: the user's own words, or a stretch of a document of the run."""
    if "text_at" in data:
        doc_id, start, end = data["text_at"]
        return texts[doc_id][start:end]
    return str(data.get("text", ""))


# --- one record of each task ------------------------------------------------------------------------


def _classified(text: str, data: Mapping[str, Any]) -> Record:
    return {"text": text, "label": data["label"], "labels": list(data["labels"])}


def _marked(text: str, data: Mapping[str, Any]) -> Record:
    spans = [
        {"start": start, "end": end, "text": text[start:end], "label": label}
        for start, end, label in data["spans"]
    ]
    return {"text": text, "spans": spans}


def _answered(text: str, data: Mapping[str, Any]) -> Record:
    found = [(words, start) for words, start in data["answers"]]
    return {
        "context": text,
        "question": data["question"],
        "answers": {
            "text": [words for words, _ in found],
            "answer_start": [start for _, start in found],
        },
        "is_impossible": bool(data.get("impossible", False)),
    }


def _written(text: str, data: Mapping[str, Any]) -> Record:
    return {"text": text, "target": data["target"]}


def _spoken(text: str, data: Mapping[str, Any]) -> Record:
    turns = [dict(one) for one in data["turns"]]
    if "target" in data:
        turns[-1]["content"] = data["target"]
    return {"text": text, "turns": turns}


_RECORDS = {
    "classification": _classified,
    "entities": _marked,
    "qa": _answered,
    "summary": _written,
    "extraction": _written,
    "rewriting": _written,
    "continuation": _written,
    "dialogue": _spoken,
}


def _edited(data: Mapping[str, Any], text: str) -> dict[str, Any] | None:
    """The task data of a response that a reviewer changed, or None where it has no place in the text."""
    target = str(data["target"])
    if data["task"] == "classification":
        return {**data, "label": target, "labels": sorted({*data["labels"], target})}
    if data["task"] == "qa":
        start = text.find(target)
        return {**data, "answers": [[target, start]]} if start >= 0 else None
    if data["task"] == "entities":
        spans = _placed(target, text)
        return {**data, "spans": spans} if spans is not None else None
    return dict(data)


def _placed(target: str, text: str) -> list[list[Any]] | None:
    """The entities of an edited answer, each behind the one before it."""
    try:
        listed = orjson.loads(target)
        found: list[list[Any]] = []
        for one in listed:
            start = text.index(one["text"], found[-1][1] if found else 0)
            found.append([start, start + len(one["text"]), str(one["type"])])
    except (ValueError, TypeError, KeyError):
        return None
    return found


def _as(record: Record, form: str) -> Record:
    """The entities with offsets, as tagged tokens, or as both."""
    tagged = bio(record["text"], record["spans"]) if form != "offsets" else {}
    if form == "bio":
        return {"id": record["id"], "text": record["text"], **tagged}
    return {**record, **tagged}


def bio(text: str, spans: Sequence[Mapping[str, Any]]) -> Record:
    """Tokens and BIO tags; a token that a border of a span would cut is cut there, too."""
    borders = {border for one in spans for border in (one["start"], one["end"])}
    tokens, tags = [], []
    for match in _TOKEN.finditer(text):
        cuts = sorted(
            {match.start(), match.end(), *(b for b in borders if match.start() < b < match.end())}
        )
        for start, end in pairwise(cuts):
            tokens.append(text[start:end])
            tags.append(_tag(start, end, spans))
    return {"tokens": tokens, "tags": tags}


def _tag(start: int, end: int, spans: Sequence[Mapping[str, Any]]) -> str:
    for one in spans:
        if one["start"] <= start and end <= one["end"]:
            return f"{'B' if start == one['start'] else 'I'}-{one['label']}"
    return "O"


def squad(records: Sequence[Record]) -> Record:
    """SQuAD 2.0: questions under their contexts."""
    by_context: dict[str, list[Record]] = {}
    for one in records:
        answers = [
            {"text": words, "answer_start": start}
            for words, start in zip(*one["answers"].values(), strict=True)
        ]
        by_context.setdefault(one["context"], []).append(
            {
                "id": one["id"],
                "question": one["question"],
                "answers": answers,
                "is_impossible": one["is_impossible"],
            }
        )
    paragraphs = [{"context": text, "qas": qas} for text, qas in by_context.items()]
    return {"version": "v2.0", "data": [{"title": TITLE, "paragraphs": paragraphs}]}


def _readme(folder: Path, counts: Mapping[tuple[str, str], int]) -> Path:
    rows = [f"| {task} | {side} | {count:,} |" for (task, side), count in sorted(counts.items())]
    path = folder / "README.md"
    with whole(path) as part:
        part.write_text(
            "# Task data\n\n"
            "Text and label, spans, questions and answers, source and target, as the run's recipes gave them.\n"
            "Examples without task data of their own are in `pairs`: what was said, and the last reply.\n\n"
            "| task | side | examples |\n|---|---|---|\n" + "\n".join(rows) + "\n",
            "utf-8",
        )
    return path
