"""Decisions > a line of JSON each, all that were ever made, and back."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from longgrain.engine import atomic
from longgrain.review.decision import Decision
from longgrain.review.exchange.items import Read
from longgrain.review.gathered import decisions_in


def write(decisions: Iterable[Decision], path: Path) -> list[Path]:
    """The file written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic(path) as part:
        part.write_bytes(b"".join(one.json() + b"\n" for one in decisions))
    return [path]


def read(path: Path) -> Read:
    """The decisions of a file. PlanError where there is none, RunError for a line that is none."""
    return Read(decisions=tuple(decisions_in(path)))
