"""Rows with a question and an answer > a pool of examples: their terms, tokens, documents and answers.

A row is any mapping; which of its fields ask and which answer is known by their names.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from longgrain.errors import SourceError
from longgrain.scripts import simplified
from longgrain.search import Index
from longgrain.terms import coded
from longgrain.types import Dropped, Message, Side, Span, Speaker, content_id

Row = Mapping[str, Any]
# The fields that are looked for where none is named: all that ask, the first that answers.
INPUTS = ("instruction", "question", "query", "prompt", "input")
OUTPUTS = ("output", "response", "completion", "reply", "answer")
ANSWERS = ("answer", *OUTPUTS[:-1])
DOCUMENTS = ("documents", "document", "doc_ids", "doc_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked, and what is known of it: the texts of its answer, and its documents."""

    words: str
    answers: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """Which fields of a row ask, and which answer; the usual names where none is given."""

    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()

    def asked(self, row: Row) -> Asked:
        """What a row asks; of messages the last that the user says before the last reply."""
        turns = row.get("messages")
        said = [*_turns(turns)] if isinstance(turns, Sequence) else []
        questions = [words for speaker, words in said if speaker == "user"][-1:]
        replies = [words for speaker, words in said if speaker == "assistant"][-1:]
        inputs = [str(row[name]) for name in self.inputs or INPUTS if row.get(name)]
        outputs = [str(row[name]) for name in self.outputs or ANSWERS if row.get(name)]
        documents = [str(one) for name in DOCUMENTS if row.get(name) for one in _listed(row[name])]
        return Asked(
            words="\n".join(inputs or questions),
            answers=tuple(dict.fromkeys(outputs + replies)),
            documents=tuple(documents),
        )

    def shown(self, row: Row) -> str:
        """A row as it stands in a prompt: what is asked, and on the next line the answer."""
        if row.get("messages"):
            return "\n".join(words for _, words in _turns(row["messages"]))
        outputs = [str(row[name]) for name in self.outputs or OUTPUTS if row.get(name)]
        return "\n".join([self.asked(row).words, *(outputs if self.outputs else outputs[:1])])


def _turns(messages: Sequence[Any]) -> Iterator[tuple[str, str]]:
    """Speaker and words of each message, under the names of OpenAI and of ShareGPT."""
    speakers = {"human": "user", "gpt": "assistant"}
    for one in messages:
        if isinstance(one, Mapping):
            speaker = str(one.get("role") or one.get("from") or "")
            words = one.get("content") or one.get("value") or ""
            yield speakers.get(speaker, speaker), words if isinstance(words, str) else ""


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else [value]


def folded(text: str) -> str:
    """The form in which two answers are the same: no case, width, script of Chinese, punctuation."""
    plain = simplified(unicodedata.normalize("NFKC", text)).casefold()
    return " ".join(re.findall(r"\w+", plain)) or plain.strip()


class Pool:
    """Examples that may grow. Everything made of them is made when it is first asked for."""

    def __init__(self, fields: Fields) -> None:
        self.fields = fields
        self.rows: list[Row] = []
        self.words: list[str] = []
        """what each row asks"""
        self.keys: NDArray[np.uint64] = np.zeros(0, np.uint64)
        """equal for equal rows"""
        self._fresh: list[int] = []
        self._index: Index | None = None
        self._same: dict[str, dict[str, list[int]]] = {
            kind: defaultdict(list) for kind in ("document", "answer", "input")
        }

    def __len__(self) -> int:
        return len(self.rows)

    def add(self, rows: Iterable[Row]) -> None:
        """Raises SourceError for a row that asks nothing; the rows before it stay."""
        for row in rows:
            found = self.fields.asked(row)
            if not found.words.strip():
                raise SourceError(
                    f"an example with the fields {', '.join(map(repr, row)) or 'none'} asks "
                    f"nothing, so it could never be found; name the fields that ask ({', '.join(INPUTS)} "
                    "and messages are known)"
                )
            number = len(self.rows)
            for kind, names in _marks(found).items():
                for name in names:
                    self._same[kind][name].append(number)
            self._fresh.append(int(content_id(_bytes(row)), 16))
            self.rows.append(row)
            self.words.append(found.words)

    def settle(self) -> bool:
        """Takes in what was added since; whether there was anything."""
        fresh, self._fresh = self._fresh, []
        self.keys = np.append(self.keys, np.array(fresh, np.uint64))
        return bool(fresh)

    @property
    def index(self) -> Index:
        """The terms of all examples; Traditional characters count as Simplified ones."""
        done = len(self._index.lengths) if self._index else 0
        if done < len(self.rows) or self._index is None:
            codes, owner = coded([simplified(text) for text in self.words[done:]])
            part = Index.of(codes, owner, len(self.rows) - done)
            self._index = Index.merged([self._index, part]) if self._index else part
        return self._index

    def kept_out(self, found: Asked, guard: Sequence[str]) -> dict[str, list[int]]:
        """For each kind of likeness that is guarded against, the examples that have it."""
        marks = _marks(found)
        return {
            kind: sorted(
                {number for name in marks[kind] for number in self._same[kind].get(name, ())}
            )
            for kind in guard
        }


def _marks(found: Asked) -> dict[str, list[str]]:
    """What must not be the same, by kind."""
    return {
        "document": [*found.documents],
        "answer": [*dict.fromkeys(map(folded, filter(str.strip, found.answers)))],
        "input": [folded(found.words)],
    }


def _bytes(row: Row) -> bytes:
    return orjson.dumps(row, default=str, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)


def read_rows(path: Path, fields: Fields) -> tuple[list[Row], list[Dropped]]:
    """The rows of a JSONL file or of a finished run, and the lines that could not be read.

    Raises SourceError where there is nothing to read.
    """
    if (path / "manifest.json").is_file():
        found = [(row, fields.asked(row).words.strip()) for row in run_rows(path)]
        unasked = [row["id"] for row, words in found if not words]
        return [row for row, words in found if words], [
            Dropped(step="select", id=one, reason="no words that ask") for one in unasked
        ]
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise SourceError(
            f"{path} cannot be read ({error.strerror}), so there are no examples; give a JSONL "
            "file or the folder of a finished run"
        ) from error
    rows: list[Row] = []
    dropped: list[Dropped] = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            row, reason = _row(line, fields)
            if reason:
                dropped.append(Dropped(step="select", id=f"{path}:{number}", reason=reason))
            else:
                rows.append(row)
    return rows, dropped


def _row(line: bytes, fields: Fields) -> tuple[Row, str]:
    """The row on a line, or why there is none."""
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return {}, f"not JSON: {error}"
    if not isinstance(row, dict):
        return {}, "not an object"
    return row, "" if fields.asked(row).words.strip() else "no field that asks"


def run_rows(folder: Path, side: Side = "train") -> Iterator[Row]:
    """The drafts of a finished run that became examples of one side, without their contexts."""
    import pyarrow.parquet as pq

    from longgrain.drafts import messages_of, read_drafts
    from longgrain.run import Run

    run = Run(folder)
    if side not in run.sides:
        return
    texts, cuts = run.texts(), run.cuts
    table = pq.read_table(folder / f"examples-{side}.parquet", columns=["draft"])
    sound = set(table["draft"].to_pylist())
    for number, draft in enumerate(read_drafts(folder / "drafts.parquet")):
        if number in sound:
            messages = messages_of(draft["messages"])
            held = cuts.document[np.array(draft["evidence"], np.int64)].tolist()
            yield {
                "id": draft["id"],
                "question": _said(messages, "user", texts),
                "reply": _said(messages, "assistant", texts),
                "answer": draft["answer"],
                "documents": [cuts.doc_ids[one] for one in dict.fromkeys(held)],
                "kind": draft["kind"],
                "language": draft["language"],
            }


def _said(messages: Sequence[Message], speaker: Speaker, texts: Mapping[str, str]) -> str:
    """The last words of a speaker, of a question without the frame around its context."""
    turns = [one.spans for one in messages if one.speaker == speaker][-1:]
    spans = [one for turn in turns for one in turn if isinstance(one, Span)]
    asking = [one for one in spans if one.role == "question"]
    return "".join(one.words(texts) for one in asking or spans).strip()
