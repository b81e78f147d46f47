"""What people decided so far > the item that a person sees next, how far they are, and what undo takes back."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from longgrain.review.decision import Decision, read
from longgrain.review.items import Items
from longgrain.review.store import OPEN, UNDOES
from longgrain.types import content_id

# An item comes again after at least so many others, and so many more at most.
APART, SPREAD = 10, 10
# Seconds after which an item that somebody opened and left is given to others.
CLAIM = 1800
_TABLES = """
CREATE TABLE IF NOT EXISTS again (
    task TEXT NOT NULL, by TEXT NOT NULL, item TEXT NOT NULL, after INTEGER NOT NULL,
    PRIMARY KEY (task, by, item)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS claims (
    task TEXT NOT NULL, by TEXT NOT NULL, item TEXT NOT NULL, at REAL NOT NULL,
    PRIMARY KEY (task, by)
) WITHOUT ROWID;
"""
_OPEN = """
SELECT i.id FROM items i LEFT JOIN standing s
ON s.kind = :kind AND s.by = :by AND s.item = i.id AND s.repeat = 0
WHERE i.task = :task AND (s.item IS NULL OR s.open = 1)
"""
_SHARED = """
AND (SELECT COUNT(DISTINCT o.by) FROM standing o WHERE o.kind = :kind AND o.item = i.id
     AND o.by <> :by AND o.open = 0 AND o.verdict <> 'skip')
  + (SELECT COUNT(*) FROM claims c WHERE c.task = i.task AND c.item = i.id
     AND c.by <> :by AND c.at > :fresh) < :judges
"""
_AGAIN = """
SELECT a.item FROM again a
JOIN standing s ON s.kind = :kind AND s.by = :by AND s.item = a.item AND s.repeat = 0
JOIN items i ON i.task = a.task AND i.id = a.item
LEFT JOIN standing t ON t.kind = :kind AND t.by = :by AND t.item = a.item AND t.repeat = 1
WHERE a.task = :task AND a.by = :by AND a.after <= :count
AND s.open = 0 AND s.verdict <> 'skip' AND (t.item IS NULL OR t.open = 1)
ORDER BY a.after LIMIT 1
"""
_COUNTS = """
SELECT s.by, s.verdict = 'skip', COUNT(*) FROM standing s
JOIN items i ON i.task = ? AND i.id = s.item
WHERE s.kind = ? AND s.repeat = 0 AND s.open = 0 GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """An item that a person is shown; ``repeat`` is 1 where they saw it before and may not know."""

    item: str
    repeat: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How many of all items a person decided about, how many they passed over, and the others' counts."""

    done: int
    skipped: int
    all: int
    others: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Queue:
    """Who sees which item when.

    ``repeat`` is the share of a person's items that come again. ``judges`` people decide about each
    item; 0 gives every item to everyone.
    """

    items: Items
    seed: int = 17
    repeat: float = 0.05
    judges: int = 0
    now: Callable[[], float] = field(default=time.time)

    def __post_init__(self) -> None:
        with self.items.store.writing() as db:
            for one in _TABLES.split(";"):
                db.execute(one)

    def next(self, by: str) -> Turn | None:
        """The next item of a person; None when there is none for them."""
        known = {
            "task": self.items.task,
            "kind": self.items.kind,
            "by": by,
            "count": self._count(by),
            "judges": self.judges,
            "fresh": self.now() - CLAIM,
        }
        with self.items.store.writing() as db:
            if found := db.execute(_AGAIN, known).fetchone():
                return Turn(item=found[0], repeat=1)
            query = _OPEN + (_SHARED if self.judges else "") + "ORDER BY i.number LIMIT 1"
            found = db.execute(query, known).fetchone()
            if found and self.judges:
                claim = (self.items.task, by, found[0], self.now())
                db.execute("REPLACE INTO claims VALUES (?, ?, ?, ?)", claim)
            return Turn(item=found[0]) if found else None

    def settle(self, decision: Decision, once: str) -> bool:
        """Keeps a decision, and draws whether its item comes again; False where it was kept before."""
        task, one = self.items.task, decision
        with self.items.store.writing() as db:
            if not self.items.store.add(one, once=once):
                return False
            db.execute("DELETE FROM claims WHERE task = ? AND by = ?", (task, one.by))
            drawn = int(content_id("again", self.seed, one.by, one.item), 16)
            if one.repeat == 0 and one.verdict != "skip" and drawn % 10**6 < self.repeat * 10**6:
                after = self._count(one.by) + APART + drawn // 10**6 % (SPREAD + 1)
                row = (task, one.by, one.item, after)
                db.execute("INSERT OR IGNORE INTO again VALUES (?, ?, ?, ?)", row)
        return True

    def _count(self, by: str) -> int:
        query = "SELECT COUNT(*) FROM standing WHERE kind = ? AND by = ? AND open = 0"
        return int(self.items.store.rows(query, [self.items.kind, by])[0][0])

    def progress(self, by: str) -> Progress:
        """How far a person is, and how far the others are, the most diligent first."""
        done: dict[str, int] = {}
        skipped = 0
        for who, is_skip, count in self.items.store.rows(
            _COUNTS, [self.items.task, self.items.kind]
        ):
            if is_skip:
                skipped += count * (who == by)
            else:
                done[who] = count
        own = done.pop(by, 0)
        others = tuple(sorted(done.values(), reverse=True))
        return Progress(done=own, skipped=skipped, all=self.items.count(), others=others)

    def undo(self, by: str) -> Turn | None:
        """Takes the last act of a person back by a new decision; None where there is nothing left.

        The new one says what stood before; where nothing did, it is a skip that leaves the item open.
        """
        with self.items.store.writing():
            found = self._last_act(by)
            if found is None:
                return None
            number, act = found
            before = self._before(number, act)
            shown = {**before.shown, UNDOES: number}
            self.items.store.add(replace(before, at=now(), seconds=0.0, shown=shown))
        return Turn(item=act.item, repeat=act.repeat)

    def _last_act(self, by: str) -> tuple[int, Decision] | None:
        undone, below = set(), 1 << 62
        while acts := self._acts(by, below):
            for number, one in acts:
                if UNDOES in one.shown:
                    undone.add(one.shown[UNDOES])
                elif number not in undone and self.items.entry(one.item):
                    return number, one
            below = acts[-1][0]
        return None

    def _acts(self, by: str, below: int) -> list[tuple[int, Decision]]:
        """Some of the decisions of a person, the last one first."""
        query = (
            "SELECT number, record FROM decisions WHERE kind = ? AND by = ? AND number < ? "
            "ORDER BY number DESC LIMIT 100"
        )
        found = self.items.store.rows(query, [self.items.kind, by, below])
        return [(number, read(record)) for number, record in found]

    def _before(self, number: int, act: Decision) -> Decision:
        """What stood before an act: an earlier decision, or a skip that leaves the item open."""
        earlier = [one for at, one in self._said(act.item) if at < number and _alike(one, act)]
        if earlier:
            return earlier[-1]
        nothing: dict[str, Any] = {"ratings": {}, "note": "", "edit": {}, "labels": {}}
        return replace(act, verdict="skip", **nothing, shown={OPEN: True})

    def said(self, item: str) -> list[Decision]:
        """What anybody decided about an item, the first one first."""
        return [one for _, one in self._said(item)]

    def _said(self, item: str) -> list[tuple[int, Decision]]:
        query = "SELECT number, record FROM decisions WHERE kind = ? AND item = ? ORDER BY number"
        found = self.items.store.rows(query, [self.items.kind, item])
        return [(number, read(record)) for number, record in found]


def _alike(one: Decision, other: Decision) -> bool:
    return (one.by, one.repeat) == (other.by, other.repeat)


def now() -> str:
    """The time as decisions say it."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
