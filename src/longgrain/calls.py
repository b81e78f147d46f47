"""Requests to a teacher > replies, each asked once and paid once: the ledger `calls.sqlite`.

Every call and its answer is stored before anyone sees the answer, in SQLite with a write-ahead log,
so a killed run loses at most the calls that the teacher was still working on. Only a request and
its answer are stored: keys and passwords belong to the teacher, and settings that hold one are
refused.

Besides what `protocols.Teacher` asks for, a teacher may have:

- ``stream(calls)``, used instead of ``ask``: takes pairs of ledger key and request, and yields lists
  of pairs of key and answer as they arrive; each list is on disk before the next one is taken.
- ``most(request)``: an answer as dear as one to the request can be; caps on money need it.
- ``eager = True``: its answers come later, all together. It may leave requests unanswered, which are
  refused for now, not stored, and asked again by the next build. ``begin(folder)`` is called before
  drafting, ``finish()`` after it, which raises TeacherWaits where something was left.
"""

from __future__ import annotations

import hashlib
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson

from longgrain.callfile import Call, CallFile, Counts, Row
from longgrain.caps import Caps, Purse, most_money
from longgrain.errors import TeacherError
from longgrain.protocols import Teacher
from longgrain.secret import named_secret
from longgrain.types import WAITS, Answered, Refused, Reply, Request

Outcome = Reply | Refused
_FIELDS = tuple(field.name for field in fields(Request))
_SURROGATE = re.compile("[\ud800-\udfff]")
# Key, request as JSON, request.
Asking = tuple[str, bytes, Request]


def key(teacher: str, version: str, request: Request) -> str:
    """32 hex digits of the SHA-256 of the teacher, its version and every field of the request."""
    return _key(teacher, version, _json(request))


def _key(teacher: str, version: str, request_json: bytes) -> str:
    head = orjson.dumps([teacher, version])
    return hashlib.sha256(head + request_json).hexdigest()[:32]


def _json(request: Request) -> bytes:
    """The request as JSON with sorted keys, so that equal requests have equal bytes."""
    value = {name: getattr(request, name) for name in _FIELDS}
    if name := named_secret(request.settings):
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


class Ledger:
    """The stored calls of a run. Several processes may open the same file, each its own Ledger.

    ``counts`` are those of this Ledger since it was opened; `total` are those of the file. ``capped``
    says why nothing more is asked, once a cap was reached. ``places`` holds for each key the label
    under which it was asked first, and how many keys of that label came before it; ``waves`` how
    often the teacher was turned to for a label.
    """

    def __init__(
        self, path: Path | str, caps: Caps | None = None, paid: Sequence[str] = ()
    ) -> None:
        """Opens or makes the file; RunError if it is damaged or something else.

        The stored calls with the keys ``paid``, of a pilot, are held against the caps from the start.
        """
        self.path = Path(path)
        self.caps = caps or Caps()
        self.counts = Counts()
        self.capped = ""
        self.places: dict[str, tuple[str, int]] = {}
        self.waves: Counter[str] = Counter()
        self._labelled: Counter[str] = Counter()
        self._purse = Purse(caps=self.caps)
        self._db = CallFile(self.path)
        for one, row in self._db.rows(paid).items():
            self._purse.settle(one, row.money)

    def ask(
        self, teacher: Teacher, requests: Sequence[Request], *, batch: int = 256, label: str = ""
    ) -> list[Outcome]:
        """A reply or refusal for each request, in order; only what is not stored is asked.

        ``label`` and the request's task say in `by_label` what a call was for.

        Equal requests are asked once. A teacher without ``stream`` gets at most ``batch`` requests
        at a time, and what it says is on disk before the next batch. A refusal that is not final is
        asked again next time; a teacher that raises gives up what it was working on, so it had
        better refuse. TeacherError if it answers other requests than it was asked.
        """
        name, version = teacher.name, teacher.version
        raws = [_json(request) for request in requests]
        keys = [_key(name, version, raw) for raw in raws]
        self._note_places(keys, [f"{label}/{one.task}" for one in requests])
        calls = {one: (one, raw, r) for one, raw, r in zip(keys, raws, requests, strict=True)}
        rows = self._db.rows(keys)
        outcomes = {one: _outcome(name, one, row) for one, row in rows.items() if row.final}
        missing, waits = len(calls) - len(outcomes), Refused(reason=WAITS, final=False)
        asked = 0
        for wave in self._waves(teacher, list(calls.values()), rows, batch):
            found = self._ask_and_store(teacher, wave)
            asked += len(found)
            outcomes |= {one: found.get(one, waits) for one, _, _ in wave}
        beyond = Refused(reason=self.capped, final=False)
        self.counts.requests += len(keys)
        self.counts.held += missing - asked
        self.counts.from_ledger += len(keys) - missing
        return [outcomes.get(one, beyond) for one in keys]

    def _note_places(self, keys: Sequence[str], labels: Sequence[str]) -> None:
        for one, label in zip(keys, labels, strict=True):
            if one not in self.places:
                # One string for all calls of a label, not one for each.
                self.places[one] = (sys.intern(label), self._labelled[label])
                self._labelled[label] += 1

    def _waves(
        self, teacher: Teacher, calls: Sequence[Asking], rows: dict[str, Row], batch: int
    ) -> Iterator[list[Asking]]:
        """What is not stored, in plan order, as many at a time as surely fit under the caps.

        A wave ends where the next request fits only if those before it cost less than they could.
        """
        size = len(calls) if hasattr(teacher, "stream") else batch
        wave: list[Asking] = []
        for one, raw, request in calls:
            row = rows.get(one)
            spent = row.money if row else 0.0
            if row and row.final:
                self._purse.settle(one, spent)
                continue
            most = most_money(teacher, request, self.caps)
            fits = self._purse.takes(one, spent, most)
            if wave and (not fits or len(wave) == size):
                yield wave
                wave = []
                fits = fits or self._purse.takes(one, spent, most)
            if fits:
                wave.append((one, raw, request))
            else:
                self.capped = self._purse.shut()
        if wave:
            yield wave

    def _ask_and_store(self, teacher: Teacher, calls: Sequence[Asking]) -> dict[str, Outcome]:
        """Asks and stores what arrives, list by list; what was answered, by key."""
        self.waves[self.places[calls[0][0]][0]] += 1
        waiting = {one: raw for one, raw, _ in calls}
        outcomes: dict[str, Outcome] = {}
        start = time.perf_counter()
        for answers in _answers(teacher, calls):
            now = time.perf_counter()
            if strange := [one for one, _ in answers if one not in waiting]:
                raise TeacherError(
                    f"{teacher.name} answered {strange[0]!r}, which it was not asked or has "
                    "answered before, so its answers cannot be matched: a teacher gives one answer "
                    "for each key of `stream`"
                )
            raws = [waiting.pop(one) for one, _ in answers]
            outcomes |= self._store(teacher, answers, raws, (now - start) / max(1, len(answers)))
            start = now
        if waiting and not getattr(teacher, "eager", False):
            raise TeacherError(
                f"{teacher.name} left {len(waiting)} of {len(calls)} requests without an answer, so "
                "they would be lost: a teacher returns one answer or refusal for each request"
            )
        return outcomes

    def _store(
        self,
        teacher: Teacher,
        answers: Sequence[tuple[str, Answered | Refused]],
        raws: Sequence[bytes],
        seconds: float,
    ) -> dict[str, Outcome]:
        """Stores in one transaction; what was there already counts: of two processes, the first one's."""
        name, version, now = teacher.name, teacher.version, time.time()
        stored = [
            (one, name, version, raw.decode(), *_columns(answer), seconds, now)
            for (one, answer), raw in zip(answers, raws, strict=True)
        ]
        if self._db.store(stored):
            rows = {one[0]: Row(one[4], one[5], bool(one[6]), one[9]) for one in stored}
        else:
            rows = self._db.rows([one for one, _ in answers])
        for one, answer in answers:
            self._purse.settle(one, rows[one].money)
            self._count(answer, seconds)
        return {one: _outcome(name, one, rows[one]) for one, _ in answers}

    def _count(self, answer: Answered | Refused, seconds: float) -> None:
        counts = self.counts
        counts.asked += 1
        counts.seconds += seconds
        counts.refused += isinstance(answer, Refused)
        counts.answered += isinstance(answer, Answered)
        prompt, reply, money = _cost(answer)
        counts.prompt_tokens += prompt
        counts.reply_tokens += reply
        counts.money += money

    def total(self) -> Counts:
        """What all calls in the file cost; ``requests`` and ``asked`` are the calls stored."""
        return self._db.total()

    def by_recipe(self) -> dict[str, Counts]:
        """The same by recipe: the first word of a task, "in2" of "in2.fine"."""
        return self._db.by_recipe()

    def by_label(self) -> dict[str, Counts]:
        """The same of the calls that this Ledger was asked for, stored ones too, by label and task."""
        return self._db.by_label({one: label for one, (label, _) in self.places.items()})

    def call(self, key: str) -> Call | None:
        """The stored call of a reply, or None."""
        return self._db.call(key)

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


def _answers(
    teacher: Teacher, calls: Sequence[Asking]
) -> Iterator[Sequence[tuple[str, Answered | Refused]]]:
    """Answers by key, in lists as they arrive."""
    stream: Any = getattr(teacher, "stream", None)
    if stream:
        yield from stream([(one, request) for one, _, request in calls])
        return
    answers = teacher.ask([request for _, _, request in calls])
    if len(answers) != len(calls):
        raise TeacherError(
            f"{teacher.name} gave {len(answers)} answers to {len(calls)} requests, so none can "
            "be matched or stored: a teacher returns one answer or refusal for each request"
        )
    yield [(one, answer) for (one, _, _), answer in zip(calls, answers, strict=True)]


def _outcome(teacher: str, key: str, row: Row) -> Outcome:
    if row.answer is None:
        return Refused(reason=str(row.refusal), final=row.final)
    return Reply(teacher=teacher, call=key, text=row.answer)


def _cost(answer: Answered | Refused) -> tuple[int, int, float]:
    """Tokens in, tokens out, money."""
    return answer.prompt_tokens, answer.reply_tokens, float(answer.money)


def _columns(answer: Answered | Refused) -> tuple[str | None, str | None, int, int, int, float]:
    """answer, refusal, final, prompt_tokens, reply_tokens, money."""
    if isinstance(answer, Refused):
        return None, _text(answer.reason), int(answer.final), *_cost(answer)
    return _text(answer.text), None, 1, *_cost(answer)


def _text(words: str) -> str:
    """Words that SQLite can store: a lone surrogate, which is no character, becomes U+FFFD."""
    if words.isascii() or not _SURROGATE.search(words):
        return words
    return words.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
