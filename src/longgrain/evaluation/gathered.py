"""Folders of probes, some with a name > the answers of each, those to one probe together, before and after named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from longgrain.compare import ALIKE
from longgrain.errors import PlanError
from longgrain.probe_scores import Line, Summary, read_lines, read_summary

BEFORE, AFTER = "before", "after"
# A probe with more positions than this is looked at by tenths of them.
MOST_POSITIONS, PARTS = 20, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """One model's answers to one probe, under the name that the page has for the model."""

    name: str
    folder: Path
    summary: Summary
    lines: tuple[Line, ...]

    @property
    def model(self) -> str:
        """The model as the probe knew it."""
        return str(self.summary.asked["model"])

    @property
    def said(self) -> str:
        """Name and model in one."""
        return self.name if self.name == self.model else f"{self.name} ({self.model})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Answers to one probe by one model or more; the first is what the others are held against."""

    probes: tuple[Probed, ...]
    positions: int
    """Places that are told apart."""
    tenths: bool
    """Whether these are tenths of more positions."""

    @property
    def first(self) -> Probed:
        """What the others are held against."""
        return self.probes[0]

    @property
    def asked(self) -> dict[str, Any]:
        """What the first was asked."""
        return dict(self.first.summary.asked)

    @property
    def title(self) -> str:
        """The probe and its language."""
        language = {"en": "English", "zh": "Chinese"}.get(self.asked["language"], "")
        return f"{self.asked['probe'].rpartition(':')[2]}, {language}".rstrip(", ")

    @property
    def figure(self) -> str:
        """What is measured."""
        return str(self.asked["measure"]["figure"])

    def place(self, position: int) -> str:
        """A position in words."""
        kind = "tenth" if self.tenths or self.positions == PARTS else "place"
        return f"{kind} {position + 1} of {self.positions}"


def gathered(named: Sequence[str]) -> list[Group]:
    """What lies in the folders, ``NAME=FOLDER`` or a folder alone, those of one probe together.

    Of two or more folders of a probe the first is before and the second after, unless they are
    named. RunError for a folder without a finished probe, PlanError for one that is given twice.
    """
    found: dict[bytes, list[Probed]] = {}
    seen: set[Path] = set()
    for one in named:
        name, folder = _named(one)
        if folder.resolve() in seen:
            raise PlanError(
                f"{folder} is given twice, so it would be compared with itself: name each folder once"
            )
        seen.add(folder.resolve())
        summary = read_summary(folder)
        probed = Probed(name=name, folder=folder, summary=summary, lines=tuple(read_lines(folder)))
        kind = orjson.dumps([summary.asked.get(part) for part in ALIKE])
        found.setdefault(kind, []).append(probed)
    return [_group(many) for many in found.values()]


def _named(one: str) -> tuple[str, Path]:
    """The name before the first "=", "" where there is none or the whole is a folder."""
    name, sign, folder = one.partition("=")
    if not sign or Path(one).is_dir():
        return "", Path(one)
    return name.strip(), Path(folder)


def _group(many: Sequence[Probed]) -> Group:
    ordered = sorted(many, key=lambda one: {BEFORE: 0, AFTER: 1}.get(one.name, 2))
    if len(ordered) > 1 and not any(one.name for one in ordered):
        ordered = [replace(one, name=name) for one, name in _first_two(ordered)]
    named = list(_apart([replace(one, name=one.name or one.model) for one in ordered]))
    last = max((at for one in named for line in one.lines for at in line.positions), default=0)
    positions = last + 1
    if positions <= MOST_POSITIONS:
        return Group(probes=tuple(named), positions=positions, tenths=False)
    merged = [
        replace(one, lines=tuple(_merged(line, positions) for line in one.lines)) for one in named
    ]
    return Group(probes=tuple(merged), positions=PARTS, tenths=True)


def _first_two(ordered: Sequence[Probed]) -> Iterator[tuple[Probed, str]]:
    """The first as before and the second as after; further ones have the name of their model."""
    yield from zip(ordered, (BEFORE, AFTER, *[""] * len(ordered)), strict=False)


def _apart(many: Sequence[Probed]) -> Iterator[Probed]:
    """Equal names told apart by a number."""
    times: dict[str, int] = {}
    for one in many:
        times[one.name] = times.get(one.name, 0) + 1
        count = times[one.name]
        yield replace(one, name=f"{one.name} {count}") if count > 1 else one


def _merged(line: Line, positions: int) -> Line:
    """The line with tenths for its positions."""
    return replace(line, positions=tuple(at * PARTS // positions for at in line.positions))


def settings_apart(one: Probed, other: Probed) -> dict[str, tuple[Any, Any]]:
    """What two probes were asked differently, without what only tells the model."""
    own = ("model", "answers", "tokenizer", "tokenizer_sha256")
    a, b = one.summary.asked, other.summary.asked
    names = [name for name in {**a, **b} if name not in own]
    return {name: (a.get(name), b.get(name)) for name in names if a.get(name) != b.get(name)}
