"""The path of `calls.sqlite` > its rows: every call to a teacher and what came of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple, Self, TypeVar

import numpy as np
import orjson

from longgrain.errors import RunError

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
STORE_NEW = "INSERT OR IGNORE INTO calls VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
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
# A task is named after its recipe: "in2.fine" was asked by in2.
RECIPE = """
SELECT substr(task, 1, ifnull(nullif(instr(task, '.'), 0) - 1, length(task))) AS recipe,
    {sums} FROM (SELECT *, json_extract(request, '$.task') AS task FROM calls)
GROUP BY recipe ORDER BY recipe
"""
SUMS = (
    "count(*), count(*), 0, 0, count(answer), count(refusal), ifnull(sum(prompt_tokens), 0), "
    "ifnull(sum(reply_tokens), 0), ifnull(sum(money), 0.0), ifnull(sum(seconds), 0.0)"
)
ONE = (
    "1, 1, 0, 0, answer IS NOT NULL, refusal IS NOT NULL, prompt_tokens, reply_tokens, money, "
    "seconds"
)
# SQLite before 3.32 takes at most 999 parameters.
KEYS_A_QUERY = 900

T = TypeVar("T")


@dataclass(slots=True, kw_only=True)
class Counts:
    """What was asked and what it cost: ``requests`` = ``asked`` + ``from_ledger`` + ``held``, and
    ``asked`` = ``answered`` + ``refused``. A request that stands twice in a batch counts as from the
    ledger the second time; one beyond a cap or whose answer comes in a file later is ``held``.
    ``money`` is in the plan's currency.
    """

    requests: int = 0
    asked: int = 0
    from_ledger: int = 0
    held: int = 0
    answered: int = 0
    refused: int = 0
    prompt_tokens: int = 0
    reply_tokens: int = 0
    money: float = 0.0
    seconds: float = 0.0

    def __add__(self, other: Counts) -> Counts:
        """The sum."""
        names = (field.name for field in fields(self))
        return Counts(**{name: getattr(self, name) + getattr(other, name) for name in names})


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


class Row(NamedTuple):
    """What is known of a call: its answer or refusal, and what it has cost so far."""

    answer: str | None
    refusal: str | None
    final: bool
    money: float


class CallFile:
    """An open file of calls. RunError where it is damaged or something else."""

    def __init__(self, path: Path) -> None:
        """Opens or makes the file."""
        self.path = path
        with self._readable():
            self._db = sqlite3.connect(path, timeout=60, isolation_level=None)
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
        self._version = self._number("PRAGMA data_version")
        empty = not self._number("SELECT EXISTS (SELECT 1 FROM calls)")
        self._own: set[str] | None = set() if empty else None

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

    def rows(self, keys: Sequence[str]) -> dict[str, Row]:
        """What is stored under the keys."""
        found: dict[str, Row] = {}
        with self._readable():
            for some in slices(self._not_foreign(list(dict.fromkeys(keys))), KEYS_A_QUERY):
                marks = ",".join("?" * len(some))
                query = (
                    f"SELECT key, answer, refusal, final, money FROM calls WHERE key IN ({marks})"
                )
                for key, answer, refusal, final, money in self._db.execute(query, some):
                    found[key] = Row(answer, refusal, bool(final), money)
        return found

    def store(self, rows: Sequence[tuple[Any, ...]]) -> bool:
        """Writes rows, whole, in one transaction; True where all of them are new, so kept as given."""
        with self._readable(), self._transaction():
            self._db.execute("SAVEPOINT fresh")
            before = self._db.total_changes
            self._db.executemany(STORE_NEW, rows)
            new = self._db.total_changes - before == len(rows)
            if not new:
                self._db.execute("ROLLBACK TO fresh")
                self._db.executemany(STORE, rows)
            self._db.execute("RELEASE fresh")
        if self._own is not None:
            self._own.update(row[0] for row in rows)
        return new

    def _not_foreign(self, keys: list[str]) -> list[str]:
        """The keys that may be stored: in a file that was empty and is ours alone, those we stored."""
        if self._own is not None and self._number("PRAGMA data_version") != self._version:
            self._own = None
        return keys if self._own is None else [one for one in keys if one in self._own]

    def total(self) -> Counts:
        """What all calls in the file cost; ``requests`` and ``asked`` are the calls stored."""
        with self._readable():
            row = self._db.execute(f"SELECT {SUMS} FROM calls").fetchone()
        return _counts(row)

    def by_recipe(self) -> dict[str, Counts]:
        """The same by recipe, the first word of a request's task."""
        with self._readable():
            rows = self._db.execute(RECIPE.format(sums=SUMS)).fetchall()
        return {str(recipe): _counts(row) for recipe, *row in rows}

    def by_label(self, labels: Mapping[str, str]) -> dict[str, Counts]:
        """The same of the calls with a label, by label, in the order of the labels."""
        numbers = {label: number for number, label in enumerate(dict.fromkeys(labels.values()))}
        sums = np.zeros((len(fields(Counts)), len(numbers)))
        with self._readable():
            every = self._db.execute(f"SELECT key, {ONE} FROM calls")
            rows = [(numbers[labels[key]], *row) for key, *row in every if key in labels]
        if rows:
            owners, *columns = zip(*rows, strict=True)
            sums = np.array([np.bincount(owners, one, len(numbers)) for one in columns])
        kinds = [type(one) for one in astuple(Counts())]
        return {
            label: _counts([kind(one) for kind, one in zip(kinds, row, strict=True)])
            for label, row in zip(numbers, sums.T.tolist(), strict=True)
        }

    def call(self, key: str) -> Call | None:
        """One stored call with its request, or None."""
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
        """The file itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Closes it."""
        self.close()


def _counts(row: Sequence[Any]) -> Counts:
    names = [field.name for field in fields(Counts)]
    return Counts(**dict(zip(names, row, strict=True)))


def slices(items: list[T], size: int) -> Iterator[list[T]]:
    """The items, at most ``size`` at a time."""
    return (items[start : start + size] for start in range(0, len(items), size))
