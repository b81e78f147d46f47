"""A small run that was reviewed: its plan, its examples, and decisions about them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from longgrain.review.decision import Decision, Verdict
from longgrain.run import Run
from longgrain.types import Example, Span


def decision(item: str, verdict: Verdict, by: str = "Ann", **more: Any) -> Decision:
    """One decision about an example, at a time that says its number where one is given."""
    number = int(more.pop("number", 0))
    at = f"2026-03-01T10:{number // 60:02d}:{number % 60:02d}+00:00"
    kind = more.pop("kind", "example")
    return Decision(item=item, kind=kind, by=by, verdict=verdict, at=at, **more)


def write_decisions(path: Path, found: Iterable[Decision]) -> Path:
    """Decisions as lines."""
    path.write_bytes(b"".join(one.json() + b"\n" for one in found))
    return path


def examples_of(run: Run) -> list[Example]:
    """All examples of a run, in the order of its sides."""
    return [example for side in run.sides for example in run.examples(side)]


def spans_of(example: Example) -> list[Span]:
    """All spans of the trained view."""
    return [s for message in example.trained for s in message.spans if isinstance(s, Span)]


def words_of(example: Example, texts: Mapping[str, str], role: str) -> str:
    """What an example says in one role."""
    return "".join(s.words(texts) for s in spans_of(example) if s.role == role)
