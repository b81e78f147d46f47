"""Two files of replies > pairs of answers to the same question, to be compared blind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import orjson

from longgrain import languages
from longgrain.callfile import CallFile
from longgrain.errors import SourceError
from longgrain.intervals import wilson
from longgrain.review.decision import Decision, Kind
from longgrain.review.task import Entry, UnusableError, at_once
from longgrain.types import content_id

# Where a field is looked for: the first of these that a row has.
_ID = ("id", "_id", "qid", "question_id", "item")
_REPLY = ("reply", "prediction", "response", "output", "answer")
_QUESTION = ("question", "prompt", "query", "input")
_RIGHT = ("references", "reference", "answers", "gold", "target")
LEDGER = "calls.sqlite"


@dataclass(kw_only=True)
class Pairs:
    """The answers that both files have a reply for, matched by id; ``a`` and ``b`` are their paths."""

    kind: ClassVar[Kind] = "pair"
    page: ClassVar[str] = "pair.html"

    a: Path
    b: Path
    seed: int = 17
    left_out: Counter[str] = field(default_factory=Counter)

    @property
    def name(self) -> str:
        """Tells its items from those of other tasks in the same file."""
        return f"pair:{content_id(*(str(path.resolve()) for path in (self.a, self.b)))}"

    @cached_property
    def files(self) -> tuple[Path, Path]:
        """The two JSONL files. Raises SourceError where one is missing."""
        return _file(self.a), _file(self.b)

    @cached_property
    def fingerprint(self) -> str:
        """Of both files as they are now."""
        return content_id(*(path.read_bytes() for path in self.files))

    @cached_property
    def names(self) -> dict[str, str]:
        """What a and b are called, as short as tells them apart."""
        a, b = (path.resolve().parts for path in (self.a, self.b))
        for length in range(1, max(len(a), len(b)) + 1):
            if a[-length:] != b[-length:]:
                return {"a": "/".join(a[-length:]), "b": "/".join(b[-length:])}
        raise SourceError(
            f"{self.a} is compared with itself, which tells nothing; name another one"
        )

    def entries(self) -> Iterator[Entry]:
        """One for each id that has a reply in both; the same words twice are no choice."""
        a, b = (_places(path) for path in self.files)
        assert self.names
        common = [key for key in a if key in b]
        self.left_out["only_in_one"] += len(a) + len(b) - 2 * len(common)
        if not common:
            raise SourceError(
                f"{self.files[0]} and {self.files[1]} have no id in common, so nothing can be "
                "compared; give answers to the same questions"
            )
        for key in common:
            one, other = self._rows(f"{a[key]}/{b[key]}")
            said = [_reply(row) for row in (one, other)]
            if None in said or said[0] == said[1]:
                self.left_out["no_reply" if None in said else "same_reply"] += 1
                continue
            asked = str(_field(one, _QUESTION) or _field(other, _QUESTION) or key)
            yield Entry(
                id=content_id("pair", key, *map(str, said)),
                place=f"{a[key]}/{b[key]}",
                about=asked[-160:],
                sort=str(one.get("context", "")),
                language=languages.language(str(said[0])),
                size=sum(len(str(words)) for words in said),
            )

    def _rows(self, place: str) -> list[Mapping[str, Any]]:
        found = []
        for path, at in zip(self.files, place.split("/"), strict=True):
            with path.open("rb") as file:
                file.seek(int(at))
                found.append(orjson.loads(file.readline()))
        return found

    def left(self, entry: Entry, by: str) -> str:
        """Which of both stands on the left for this person: "a" or "b", drawn by seed."""
        return "ab"[int(content_id("side", self.seed, entry.id, by), 16) % 2]

    def prepare(self, entry: Entry) -> Callable[[], object]:
        """Nothing takes long."""
        return at_once

    def view(self, entry: Entry, by: str, language: str) -> Mapping[str, Any]:
        """Both answers by side, the question, and what is right where the files say it."""
        a, b = self._rows(entry.place)
        said = {"a": str(_reply(a)), "b": str(_reply(b))}
        first = self.left(entry, by)
        second = "b" if first == "a" else "a"
        right = _field(a, _RIGHT) or _field(b, _RIGHT) or ()
        return {
            "question": self._asked(a) or str(_field(b, _QUESTION) or ""),
            "right": [str(one) for one in right] if isinstance(right, list) else [str(right)],
            "left": said[first],
            "other": said[second],
        }

    def _asked(self, row: Mapping[str, Any]) -> str:
        """The question of a row, or the prompt that the probe's ledger holds for it."""
        ledger = self.files[0].parent / LEDGER
        call = str(row.get("call") or "")
        if _field(row, _QUESTION) or not call or not ledger.is_file():
            return str(_field(row, _QUESTION) or "")
        with CallFile(ledger) as file:
            held = file.call(call)
        said = held.request.get("prompt", ()) if held else ()
        return "\n\n".join(words for speaker, words in said if speaker == "user")

    def parts(self, entry: Entry, by: str, form: Mapping[str, str]) -> dict[str, Any]:
        """The verdict in terms of a and b, and which one stood left."""
        verdict, first = form.get("verdict", ""), self.left(entry, by)
        sides = {"left": first, "right": "b" if first == "a" else "a", "tie": "tie", "skip": "skip"}
        if verdict not in sides:
            raise UnusableError("no_such_verdict", verdict)
        question = str(_field(self._rows(entry.place)[0], _ID))
        shown = {"left": first, **self.names, "question_id": question}
        note = form.get("note", "").strip()
        return {"verdict": sides[verdict], "note": note, "shown": shown}

    def result(self, decisions: Iterable[Decision]) -> Mapping[str, Any]:
        """How often which one was better, its share of the decided with Wilson's interval."""
        counts = Counter(one.verdict for one in decisions)
        decided = counts["a"] + counts["b"]
        interval = wilson(counts["a"], decided) if decided else None
        return {"names": self.names, "counts": counts, "decided": decided, "interval": interval}


def _file(path: Path) -> Path:
    """The file of replies. Raises SourceError."""
    found = path / "answers.jsonl" if path.is_dir() else path
    if not found.is_file():
        raise SourceError(
            f"{path} holds no answers (no {found.name}), so nothing can be compared; give a folder "
            "that `longgrain probe` wrote, or a JSONL file of replies"
        )
    return found


def _places(path: Path) -> dict[str, int]:
    """The id of each row > where its line begins. Raises SourceError."""
    found: dict[str, int] = {}
    at = 0
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                found[_key(line, path, number, found)] = at
            at += len(line)
    return found


def _key(line: bytes, path: Path, number: int, known: Mapping[str, int]) -> str:
    try:
        key = _field(orjson.loads(line), _ID)
    except (orjson.JSONDecodeError, AttributeError) as error:
        raise SourceError(
            f"line {number} of {path} is no JSON object: {error}; correct it"
        ) from None
    if key is None or str(key) in known:
        said = "no id" if key is None else f"the id {str(key)!r} of an earlier line"
        raise SourceError(
            f"line {number} of {path} has {said}, so replies cannot be matched; give each an id"
        )
    return str(key)


def _reply(row: Mapping[str, Any]) -> Any:
    return _field(row, _REPLY)


def _field(row: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    held = {**(row.get("row") or {}), **row}  # what a probe knows of a question stands in `row`
    return next((held[name] for name in names if held.get(name) is not None), None)
