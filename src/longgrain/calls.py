"""Requests to a teacher > replies, each asked once and paid once: the ledger `calls.sqlite`.

Every call and its answer is stored before anyone sees the answer, in SQLite with a write-ahead log,
so a killed run loses at most the batch that the teacher was still working on. Only a request and
its answer are stored: keys and passwords belong to the teacher, and settings that hold one are
refused.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import orjson

from longgrain.errors import RunError, TeacherError
from longgrain.types import Answered, Refused, Reply, Request, Teacher

# "LgCL" in the file's header tells a ledger from any other SQLite file.
APPLICATION_ID = 0x4C67434C
SCHEMA_VERSION = 1
SCHEMA = """
CREATE TABLE IF NOT EXISTS calls (
    key TEXT PRIMARY KEY, teacher TEXT NOT NULL, version TEXT NOT NULL, request TEXT NOT NULL,
    answer TEXT, refusal TEXT, final INTEGER NOT NULL, prompt_tokens INTEGER NOT NULL,
    reply_tokens INTEGER NOT NULL, money REAL NOT NULL, seconds REAL NOT NULL, time REAL NOT NULL
)
"""
# An answer is never overwritten; a refusal that was not final is, by whatever came of asking again.
STORE = """
INSERT INTO calls VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (key) DO UPDATE SET
    answer = excluded.answer, refusal = excluded.refusal, final = excluded.final,
    prompt_tokens = prompt_tokens + excluded.prompt_tokens,
    reply_tokens = reply_tokens + excluded.reply_tokens, money = money + excluded.money,
    seconds = seconds + excluded.seconds, time = excluded.time
WHERE calls.final = 0
"""
# SQLite before 3.32 takes at most 999 parameters.
KEYS_A_QUERY = 900
SECRET = re.compile(r"api[_-]?key|authorization|password|passwd|secret|bearer", re.IGNORECASE)

T = TypeVar("T")
Outcome = Reply | Refused


def key(teacher: str, version: str, request: Request) -> str:
    """32 hex digits of the SHA-256 of the teacher, its version and every field of the request."""
    return _key(teacher, version, _json(request))


def _key(teacher: str, version: str, request_json: bytes) -> str:
    head = orjson.dumps([teacher, version])
    return hashlib.sha256(head + request_json).hexdigest()[:32]


def _json(request: Request) -> bytes:
    """The request as JSON with sorted keys, so that equal requests have equal bytes."""
    value = {field.name: getattr(request, field.name) for field in fields(request)}
    if name := next((name for name in _names(request.settings) if SECRET.search(name)), None):
        raise TeacherError(
            f"the request's settings hold {name!r}, and requests are stored in calls.sqlite: give "
            "secrets to the teacher itself, through the environment"
        )
    try:
        return orjson.dumps(value, default=dict, option=orjson.OPT_SORT_KEYS)
    except (TypeError, ValueError) as error:
        raise TeacherError(
            f"a request for {request.task!r} cannot be stored, so it is not asked: {error}; use "
            "JSON values and text without lone surrogates in requests"
        ) from error


def _names(value: Any) -> Iterator[str]:
    """The names in nested mappings and lists."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield str(name)
            yield from _names(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _names(inner)


@dataclass(slots=True, kw_only=True)
class Counts:
    """What was asked and what it cost: ``requests`` = ``asked`` + ``from_ledger``, and ``asked`` =
    ``answered`` + ``refused``. A request that stands twice in a batch counts as from the ledger the
    second time. ``money`` is in the plan's currency.
    """

    requests: int = 0
    asked: int = 0
    from_ledger: int = 0
    answered: int = 0
    refused: int = 0
    prompt_tokens: int = 0
    reply_tokens: int = 0
    money: float = 0.0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One stored call: the request as JSON values, and its answer or the reason of the refusal."""

    key: str
    teacher: str
    version: str
    request: Mapping[str, Any]
    answer: str | None
    refusal: str | None
    final: bool
    prompt_tokens: int
    reply_tokens: int
    money: float
    seconds: float
    time: float


class Ledger:
    """The stored calls of a run. Several processes may open the same file, each its own Ledger.

    ``counts`` are those of this Ledger since it was opened; `total` are those of the file.
    """

    def __init__(self, path: Path | str) -> None:
        """Opens or makes the file; RunError if it is damaged or something else."""
        self.path = Path(path)
        self.counts = Counts()
        with self._readable():
            self._db = sqlite3.connect(self.path, timeout=60, isolation_level=None)
            try:
                self._open()
            except BaseException:
                self._db.close()
                raise

    def _open(self) -> None:
        with self._transaction():
            tables = self._number("SELECT count(*) FROM sqlite_master")
            application = self._number("PRAGMA application_id")
            version = self._number("PRAGMA user_version")
            if tables and (application, version) != (APPLICATION_ID, SCHEMA_VERSION):
                raise sqlite3.DatabaseError("it was not written by this version of longgrain")
            if not tables:
                self._db.execute(SCHEMA)
                self._db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                self._db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")

    def _number(self, query: str) -> int:
        return int(self._db.execute(query).fetchone()[0])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise RunError(
                f"{self.path} cannot be used as the ledger of teacher calls: {error}; move it away "
                "to begin a new one (stored answers would be asked and paid for again), or put "
                "back a copy"
            ) from error

    def ask(
        self, teacher: Teacher, requests: Sequence[Request], *, batch: int = 256
    ) -> list[Outcome]:
        """A reply or refusal for each request, in order; only what is not stored is asked.

        Equal requests are asked once. The teacher gets at most ``batch`` requests at a time, and
        what it says is on disk before the next batch. A refusal that is not final is asked again
        next time; a teacher that raises gives up its whole batch, so it had better refuse.
        TeacherError if it answers another number of requests than it was asked.
        """
        name, version = teacher.name, teacher.version
        raws = [_json(request) for request in requests]
        keys = [_key(name, version, raw) for raw in raws]
        outcomes = self._stored(name, keys)
        missing: dict[str, int] = {}
        for number, one in enumerate(keys):
            if one not in outcomes:
                missing.setdefault(one, number)
        for numbers in _slices(list(missing.values()), batch):
            outcomes |= self._ask_and_store(
                teacher, [(keys[n], raws[n], requests[n]) for n in numbers]
            )
        self.counts.requests += len(keys)
        self.counts.from_ledger += len(keys) - len(missing)
        return [outcomes[one] for one in keys]

    def _stored(self, teacher: str, keys: Iterable[str]) -> dict[str, Outcome]:
        """The answers and final refusals among the keys."""
        found: dict[str, Outcome] = {}
        with self._readable():
            for some in _slices(list(dict.fromkeys(keys)), KEYS_A_QUERY):
                marks = ",".join("?" * len(some))
                query = f"SELECT key, answer, refusal FROM calls WHERE final AND key IN ({marks})"
                for one, answer, refusal in self._db.execute(query, some):
                    if answer is None:
                        found[one] = Refused(reason=refusal)
                    else:
                        found[one] = Reply(teacher=teacher, call=one, text=answer)
        return found

    def _ask_and_store(
        self, teacher: Teacher, calls: Sequence[tuple[str, bytes, Request]]
    ) -> dict[str, Outcome]:
        """Asks, stores in one transaction, and reads back: of two processes, the first one's."""
        start = time.perf_counter()
        answers = teacher.ask([request for _, _, request in calls])
        seconds = (time.perf_counter() - start) / len(calls)
        if len(answers) != len(calls):
            raise TeacherError(
                f"{teacher.name} gave {len(answers)} answers to {len(calls)} requests, so none can "
                "be matched or stored: a teacher returns one answer or refusal for each request"
            )
        rows = [
            (one, teacher.name, teacher.version, raw.decode(), *_columns(answer), seconds)
            for (one, raw, _), answer in zip(calls, answers, strict=True)
        ]
        now = time.time()
        with self._readable(), self._transaction():
            self._db.executemany(STORE, [(*row, now) for row in rows])
        self._count(answers, seconds)
        refused = {
            one: answer
            for (one, _, _), answer in zip(calls, answers, strict=True)
            if isinstance(answer, Refused)
        }
        return {**refused, **self._stored(teacher.name, [one for one, _, _ in calls])}

    def _count(self, answers: Sequence[Answered | Refused], seconds: float) -> None:
        counts = self.counts
        counts.asked += len(answers)
        counts.seconds += seconds * len(answers)
        for answer in answers:
            if isinstance(answer, Refused):
                counts.refused += 1
            else:
                counts.answered += 1
                counts.prompt_tokens += answer.prompt_tokens
                counts.reply_tokens += answer.reply_tokens
                counts.money += answer.money

    def total(self) -> Counts:
        """What all calls in the file cost; ``requests`` and ``asked`` are the calls stored."""
        with self._readable():
            row = self._db.execute(
                "SELECT count(*), count(*), 0, count(answer), count(refusal), "
                "ifnull(sum(prompt_tokens), 0), ifnull(sum(reply_tokens), 0), "
                "ifnull(sum(money), 0.0), ifnull(sum(seconds), 0.0) FROM calls"
            ).fetchone()
        names = [field.name for field in fields(Counts)]
        return Counts(**dict(zip(names, row, strict=True)))

    def call(self, key: str) -> Call | None:
        """The stored call of a reply, or None."""
        with self._readable():
            row = self._db.execute("SELECT * FROM calls WHERE key = ?", [key]).fetchone()
        if row is None:
            return None
        values = dict(zip([field.name for field in fields(Call)], row, strict=True))
        values |= {"request": orjson.loads(values["request"]), "final": bool(values["final"])}
        return Call(**values)

    def close(self) -> None:
        """Closes the file; everything is already on disk."""
        self._db.close()

    def __enter__(self) -> Self:
        """The ledger itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Closes the file."""
        self.close()


def _columns(answer: Answered | Refused) -> tuple[str | None, str | None, int, int, int, float]:
    """answer, refusal, final, prompt_tokens, reply_tokens, money."""
    if isinstance(answer, Refused):
        return None, _text(answer.reason), int(answer.final), 0, 0, 0.0
    tokens = (answer.prompt_tokens, answer.reply_tokens)
    return _text(answer.text), None, 1, *tokens, answer.money


def _text(words: str) -> str:
    """Words that SQLite can store: a lone surrogate, which is no character, becomes U+FFFD."""
    return words.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _slices(items: list[T], size: int) -> Iterator[list[T]]:
    return (items[start : start + size] for start in range(0, len(items), size))
