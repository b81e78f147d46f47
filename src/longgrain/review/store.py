"""Decisions of people > review.sqlite, and back in the order in which they were made.

A decision is on disk before `Store.add` returns: the write-ahead log is synced at every commit. The
table ``decisions`` is only ever added to; ``standing`` is drawn from it and says which one counts.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from longgrain.errors import RunError
from longgrain.review.decision import Decision, read

FILE = "review.sqlite"
_TABLES = """
CREATE TABLE IF NOT EXISTS decisions (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    once TEXT UNIQUE,
    kind TEXT NOT NULL,
    by TEXT NOT NULL,
    item TEXT NOT NULL,
    record BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS decisions_by ON decisions (kind, by, number);
CREATE INDEX IF NOT EXISTS decisions_on ON decisions (kind, item, number);
CREATE TRIGGER IF NOT EXISTS decisions_stay BEFORE UPDATE ON decisions
    BEGIN SELECT RAISE(ABORT, 'decisions are only added to'); END;
CREATE TRIGGER IF NOT EXISTS decisions_remain BEFORE DELETE ON decisions
    BEGIN SELECT RAISE(ABORT, 'decisions are only added to'); END;
CREATE TABLE IF NOT EXISTS standing (
    kind TEXT NOT NULL, by TEXT NOT NULL, item TEXT NOT NULL, repeat INTEGER NOT NULL,
    number INTEGER NOT NULL, verdict TEXT NOT NULL, open INTEGER NOT NULL,
    PRIMARY KEY (kind, by, item, repeat)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS standing_items ON standing (kind, item);
"""
_STANDS = """
INSERT INTO standing VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (kind, by, item, repeat)
DO UPDATE SET number = excluded.number, verdict = excluded.verdict, open = excluded.open
"""
# What a decision that takes another one back says of it in ``shown``.
UNDOES, OPEN = "undoes", "open"


class Store:
    """The decisions about the items of one folder; any thread may use it, and several processes."""

    def __init__(self, path: Path | str) -> None:
        """Opens or makes the file. RunError where it cannot be."""
        self.path = Path(path)
        self._lock = threading.RLock()
        try:
            self._db = sqlite3.connect(
                self.path, timeout=30, isolation_level=None, check_same_thread=False
            )
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.executescript(_TABLES)
        except sqlite3.Error as error:
            raise RunError(
                f"{self.path} cannot hold decisions ({error}); check that its folder can be written "
                "to, and move the file away if it is damaged"
            ) from error

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """The database in one transaction: all of what is done inside is kept, or nothing."""
        with self._lock:
            if self._db.in_transaction:
                yield self._db
                return
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def rows(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """What a query finds."""
        with self._lock:
            return self._db.execute(query, tuple(values)).fetchall()

    def add(self, decision: Decision, *, once: str | None = None) -> bool:
        """Keeps a decision, on disk before this returns; False where ``once`` was kept before."""
        with self.writing() as db:
            found = db.execute("SELECT 1 FROM decisions WHERE once = ?", (once,)).fetchone()
            if found:
                return False
            one = decision
            added = db.execute(
                "INSERT INTO decisions (once, kind, by, item, record) VALUES (?, ?, ?, ?, ?)",
                (once, one.kind, one.by, one.item, one.json()),
            )
            key = (one.kind, one.by, one.item, one.repeat)
            is_open = int(bool(one.shown.get(OPEN)))
            db.execute(_STANDS, (*key, added.lastrowid, one.verdict, is_open))
        return True

    def decisions(self) -> Iterator[Decision]:
        """All decisions, the first one first."""
        last = 0
        while batch := self._batch(last):
            for number, record in batch:
                last = number
                yield read(record)

    def _batch(self, last: int) -> list[tuple[int, bytes]]:
        query = "SELECT number, record FROM decisions WHERE number > ? ORDER BY number LIMIT 500"
        with self._lock:
            return self._db.execute(query, (last,)).fetchall()

    def close(self) -> None:
        """Closes the file; whatever was added is in it already."""
        with self._lock:
            self._db.close()
