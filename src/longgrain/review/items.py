"""The items that people are asked about > an index of them in review.sqlite, in an order drawn by seed.

The order is the same for everyone, so the first items are a random sample that all have in common.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from longgrain.review.store import Store
from longgrain.review.task import Entry, Task
from longgrain.types import content_id

PAGE = 50
_TABLES = """
CREATE TABLE IF NOT EXISTS tasks (
    task TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, left_out TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS items (
    task TEXT NOT NULL, number INTEGER NOT NULL, id TEXT NOT NULL, place TEXT NOT NULL,
    about TEXT NOT NULL, sort TEXT NOT NULL, language TEXT NOT NULL, size INTEGER NOT NULL,
    PRIMARY KEY (task, number), UNIQUE (task, id)
) WITHOUT ROWID;
"""
_COLUMNS = "i.id, i.place, i.about, i.sort, i.language, i.size"
_JOINED = """
FROM items i LEFT JOIN standing s
ON s.kind = ? AND s.by = ? AND s.item = i.id AND s.repeat = 0 AND s.open = 0
WHERE i.task = ?
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One page of the list: entries with the verdict of the person who looks, and how many there are."""

    entries: tuple[tuple[Entry, str], ...]
    count: int
    page: int

    @property
    def last(self) -> int:
        """The number of the last page, from 1."""
        return max(1, -(-self.count // PAGE))


class Items:
    """The index of one task in a file of decisions."""

    def __init__(self, store: Store, task: Task) -> None:
        """Opens the index, and writes it where it is not there or is of other items."""
        self.store, self.task, self.kind = store, task.name, task.kind
        with store.writing() as db:
            for one in _TABLES.split(";"):
                db.execute(one)
        held = store.rows("SELECT fingerprint FROM tasks WHERE task = ?", [self.task])
        if held != [(task.fingerprint,)]:
            self._fill(task)

    def _fill(self, task: Task) -> None:
        found: dict[str, Entry] = {}
        for one in task.entries():
            task.left_out["same_item"] += one.id in found
            found[one.id] = one
        drawn = sorted(found.values(), key=lambda one: content_id("review", task.seed, one.id))
        rows = [
            (self.task, number, e.id, e.place, e.about, e.sort, e.language, e.size)
            for number, e in enumerate(drawn)
        ]
        told = (
            self.task,
            task.fingerprint,
            orjson.dumps({k: v for k, v in task.left_out.items() if v}).decode(),
        )
        with self.store.writing() as db:
            db.execute("DELETE FROM items WHERE task = ?", (self.task,))
            db.executemany("INSERT INTO items VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
            db.execute("REPLACE INTO tasks VALUES (?, ?, ?)", told)

    def left_out(self) -> dict[str, int]:
        """Reason > how many of what there was is no item."""
        [(told,)] = self.store.rows("SELECT left_out FROM tasks WHERE task = ?", [self.task])
        found: dict[str, int] = orjson.loads(told)
        return found

    def count(self) -> int:
        """How many items there are."""
        return int(self.store.rows("SELECT COUNT(*) FROM items WHERE task = ?", [self.task])[0][0])

    def entry(self, name: str) -> Entry | None:
        """The item with this id."""
        query = f"SELECT {_COLUMNS} FROM items i WHERE i.task = ? AND i.id = ?"
        found = self.store.rows(query, [self.task, name])
        return _entry(found[0]) if found else None

    def following(self, name: str) -> Entry | None:
        """The item behind this one."""
        query = (
            f"SELECT {_COLUMNS} FROM items i WHERE i.task = ? AND i.number > "
            "(SELECT number FROM items WHERE task = i.task AND id = ?) ORDER BY i.number LIMIT 1"
        )
        found = self.store.rows(query, [self.task, name])
        return _entry(found[0]) if found else None

    def sorts(self) -> list[str]:
        """The sorts of items that occur."""
        query = "SELECT DISTINCT sort FROM items WHERE task = ? ORDER BY sort"
        return [row[0] for row in self.store.rows(query, [self.task])]

    def listed(self, by: str, *, state: str, sort: str, words: str, page: int) -> Listed:
        """One page of those in a ``state`` (a verdict, "open", "done", "" for all), of a sort, with words."""
        where, values = _JOINED, [self.kind, by, self.task]
        if state in ("open", "done"):
            where += f" AND s.item IS {'NOT ' if state == 'done' else ''}NULL"
        elif state:
            where, values = where + " AND s.verdict = ?", [*values, state]
        if sort:
            where, values = where + " AND i.sort = ?", [*values, sort]
        if words:
            where += " AND (i.about LIKE ? ESCAPE '!' OR i.id LIKE ? ESCAPE '!')"
            values = [*values, f"%{_plain(words)}%", f"{_plain(words)}%"]
        count = int(self.store.rows(f"SELECT COUNT(*) {where}", values)[0][0])
        page = min(max(1, page), max(1, -(-count // PAGE)))
        query = f"SELECT {_COLUMNS}, s.verdict {where} ORDER BY i.number LIMIT ? OFFSET ?"
        found = self.store.rows(query, [*values, PAGE, (page - 1) * PAGE])
        entries = tuple((_entry(row), row[-1] or "") for row in found)
        return Listed(entries=entries, count=count, page=page)


def _entry(row: tuple[Any, ...]) -> Entry:
    name, place, about, sort, language, size = row[:6]
    return Entry(id=name, place=place, about=about, sort=sort, language=language, size=size)


def _plain(words: str) -> str:
    """Words in which LIKE finds no signs of its own."""
    for sign in "!%_":
        words = words.replace(sign, f"!{sign}")
    return words
