"""What the page asks of a task: its items, how one is shown, and how an answer to it is read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from longgrain.review.decision import Decision, Kind


class UnusableError(ValueError):
    """What a person sent cannot be kept: a word of `words.WORDS` and what it is about."""

    def __init__(self, word: str, about: str = "") -> None:
        super().__init__(word, about)
        self.word, self.about = word, about


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One item of the index; ``place`` is where its task finds it, ``about`` a few of its words."""

    id: str
    place: str
    about: str
    sort: str
    language: str
    size: int


def at_once() -> None:
    """Waits for nothing."""


class Task(Protocol):
    """One thing that people are asked to do with many items."""

    kind: ClassVar[Kind]
    page: ClassVar[str]
    """The template of an item."""
    left_out: Counter[str]
    """Reason, a word of `words.WORDS` > how many are no items; counted by `entries`."""

    @property
    def name(self) -> str:
        """Tells its items from those of other tasks in the same file."""
        ...

    @property
    def fingerprint(self) -> str:
        """Other items have another one."""
        ...

    @property
    def seed(self) -> int:
        """Draws the order of items, which come again, and the sides of pairs."""
        ...

    def entries(self) -> Iterable[Entry]:
        """All items; read once, for the index."""
        ...

    def prepare(self, entry: Entry) -> Callable[[], object]:
        """Begins what may take long; what is returned waits for it."""
        ...

    def view(self, entry: Entry, by: str, language: str) -> Mapping[str, Any]:
        """What the template needs to show an item to a person in a language."""
        ...

    def parts(self, entry: Entry, by: str, form: Mapping[str, str]) -> dict[str, Any]:
        """The fields of a Decision, verdict among them, from what was sent. Raises UnusableError."""
        ...

    def result(self, decisions: Iterable[Decision]) -> Mapping[str, Any]:
        """What a person is told who has decided about everything."""
        ...
