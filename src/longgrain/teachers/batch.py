"""Requests > a batch file to upload, and answers once the file of answers lies beside it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

import orjson

from longgrain.errors import TeacherError, TeacherWaits
from longgrain.teachers._chat import (
    SHOWN,
    Chat,
    Dialect,
    Form,
    Limit,
    Said,
    advance,
    conversation,
    said_in,
)
from longgrain.types import WAITS, Answered, Refused, Request

URL = "/v1/chat/completions"
# What OpenAI takes in one file: 50,000 requests; 200 MB, 100 MB at some others.
MOST_LINES, MOST_BYTES = 50_000, 95_000_000
REQUESTS, ANSWERS, ERRORS = "requests.jsonl", "answers.jsonl", "errors.jsonl"


@dataclass(slots=True)
class _Files:
    """The batch files of a run: what was answered, what is out, what is written now."""

    folder: Path | None = None
    answers: dict[str, tuple[Path, int]] = field(default_factory=dict)
    """Where the line of each answered id begins."""
    out: dict[str, Path] = field(default_factory=dict)
    """The file of each id that has no answers' file yet."""
    next_number: int = 1
    waiting: dict[Path, int] = field(default_factory=dict)
    """How many answers of this pass each file is to bring."""
    unplaced: int = 0
    _writing: BinaryIO | None = None
    _lines: int = 0

    def read(self, folder: Path) -> None:
        """Takes stock of a folder. TeacherError for a line that cannot be read."""
        self.folder = folder
        self.answers, self.out, self.waiting, self.next_number = {}, {}, {}, 1
        for part in folder.glob(".part-batch-*"):
            part.unlink()
        for path in sorted(folder.glob(f"batch-*.{REQUESTS}")):
            number = int(path.name.split(".")[0].removeprefix("batch-"))
            self.next_number = max(self.next_number, number + 1)
            asked = {one for one, _ in _ids(path)}
            back = [path.with_name(f"batch-{number:03}.{kind}") for kind in (ANSWERS, ERRORS)]
            came = {one: (file, at) for file in back if file.is_file() for one, at in _ids(file)}
            if not any(file.is_file() for file in back):
                self.out |= dict.fromkeys(asked, path)
            elif asked.isdisjoint(came):
                raise TeacherError(
                    f"{back[0]} answers none of the {len(asked)} requests of {path.name}, so it "
                    "belongs to another batch; put the output file of this batch there"
                )
            self.answers |= came

    def line(self, name: str) -> dict[str, Any] | None:
        """The answered line with this id."""
        if name not in self.answers:
            return None
        path, place = self.answers[name]
        with path.open("rb") as file:
            file.seek(place)
            found: dict[str, Any] = orjson.loads(file.readline())
        return found

    def ask(self, name: str, body: dict[str, Any]) -> None:
        """Writes a request, unless a file that is out holds it already."""
        if self.folder is None:
            self.unplaced += 1
            return
        if name not in self.out:
            line = {"custom_id": name, "method": "POST", "url": URL, "body": body}
            self.out[name] = self._write(orjson.dumps(line) + b"\n")
        path = self.out[name]
        self.waiting[path] = self.waiting.get(path, 0) + 1

    def _write(self, line: bytes) -> Path:
        """The file that the line will be in."""
        full = self._lines >= MOST_LINES or (
            self._writing is not None and self._writing.tell() + len(line) > MOST_BYTES
        )
        if self._writing is not None and full:
            self.close()
        if self._writing is None:
            self._writing = self._part.open("wb")
        self._writing.write(line)
        self._lines += 1
        return self._path

    @property
    def _path(self) -> Path:
        assert self.folder is not None
        return self.folder / f"batch-{self.next_number:03}.{REQUESTS}"

    @property
    def _part(self) -> Path:
        return self._path.with_name(f".part-{self._path.name}")

    def close(self) -> None:
        """Ends the file that is being written and gives it its name."""
        if self._writing is None:
            return
        self._writing.flush()
        os.fsync(self._writing.fileno())
        self._writing.close()
        self._part.replace(self._path)
        self._writing, self._lines = None, 0
        self.next_number += 1


def _ids(path: Path) -> Iterator[tuple[str, int]]:
    """The id of each line and where it begins."""
    place = 0
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                try:
                    yield str(orjson.loads(line)["custom_id"]), place
                except (ValueError, KeyError, TypeError):
                    raise TeacherError(
                        f"{path}:{number}: this is no line of a batch file, so the answers after it "
                        "cannot be trusted; download the file again"
                    ) from None
            place += len(line)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch(Chat):
    """A chat model that is asked by files: half the price at most providers, within a day.

    ``custom_id`` of a line is the ledger's key of its request; a reply that does not meet its schema
    is asked again in the next file, under the key and a number. A line with an error refuses its
    request; delete the line to have it asked again.
    """

    eager: ClassVar[bool] = True

    structured: Form = "json_schema"
    """How the provider takes schemas: json_schema, json_object, or words in the prompt."""
    limit: Limit = "max_completion_tokens"
    """What the provider calls the limit of a reply."""
    _files: _Files = field(default_factory=_Files, init=False, repr=False, compare=False)

    @property
    def name(self) -> str:
        """The shelf's name and the model's."""
        return f"batch:{self.model}"

    def begin(self, folder: Path) -> None:
        """Looks for answers in the folder of the run; new requests will be written there."""
        self._files.read(folder)

    def ask(self, requests: Sequence[Request]) -> Sequence[Answered | Refused]:
        """An answer where there is one; other requests are written down, and refused for now."""
        calls = [(str(number), request) for number, request in enumerate(requests)]
        found = dict(pair for some in self.stream(calls) for pair in some)
        waits = Refused(reason=WAITS, final=False)
        return [found.get(one, waits) for one, _ in calls]

    def stream(
        self, calls: Sequence[tuple[str, Request]]
    ) -> Iterator[list[tuple[str, Answered | Refused]]]:
        """One list of key and answer; requests whose answers are not there yet are left out."""
        found = [(key, self._answer(key, request)) for key, request in calls]
        answered = [(key, answer) for key, answer in found if answer is not None]
        if answered:
            yield answered

    def _answer(self, key: str, request: Request) -> Answered | Refused | None:
        """What came of a conversation; None if its next turn waits."""
        talk = conversation(self, request)
        turn, number = advance(talk, None), 0
        while not isinstance(turn, Answered | Refused):
            name = f"{key}-{number}" if number else key
            line = self._files.line(name)
            if line is None:
                self._files.ask(name, self.body(request, turn, self._dialect))
                return None
            turn, number = advance(talk, _said(line)), number + 1
        return turn

    @property
    def _dialect(self) -> Dialect:
        spoken = self.structured != "json_schema"
        return Dialect(form=self.structured, spoken=spoken, limit=self.limit)

    def finish(self) -> None:
        """Raises TeacherWaits if a request was left unanswered: what to upload, where to put answers."""
        files = self._files
        files.close()
        if not files.waiting:
            return
        said = "; ".join(
            f"{path} ({count:,} requests) > {path.name.replace(REQUESTS, ANSWERS)}"
            for path, count in sorted(files.waiting.items())
        )
        raise TeacherWaits(
            f"{self.name} answers by file, and the build waits for it: upload each file to the "
            f"provider's batch endpoint for {URL}, put the answers beside it under the name behind "
            f"the > (a file of errors as {ERRORS} likewise), and run the same build again: {said}"
        )


def _said(line: dict[str, Any]) -> Said | Refused:
    """What an answered line says."""
    error, response = line.get("error"), line.get("response") or {}
    status = int(response.get("status_code") or 0)
    body = response.get("body")
    if error or not 200 <= status < 300:
        told = error or (body or {}).get("error") or body or "no words"
        words = told.get("message") if isinstance(told, dict) else None
        passing = status in (0, 408, 409, 425, 429) or status >= 500
        return Refused(
            reason=f"the batch gave an error: HTTP {status}: {str(words or told)[:SHOWN]}",
            final=not passing,
        )
    try:
        return said_in(body)
    except ValueError as wrong:
        return Refused(reason=f"the batch gave an error: {wrong}", final=False)
