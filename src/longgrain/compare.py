"""Two folders of answers to one probe > how much better or worse the second did, by length and position."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import orjson

from longgrain.errors import RunError
from longgrain.intervals import SEED, bootstrap
from longgrain.probe_scores import Line, read_lines, read_summary
from longgrain.style import imitates

ALIKE = ("probe", "language", "measure")  # what two folders must have been asked alike

Pair = tuple[Line, Line]
Place = tuple[str, str, int | None]
"""Context, size, and position or None for all of them."""
Scored = tuple[str, float, float]
"""An item, what A scored and what B scored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Of the questions that both answered, B less A."""

    context: str
    size: str
    position: int | None
    pairs: int
    a: float
    b: float
    value: float
    low: float | None
    high: float | None
    """a 95% bootstrap interval over items; None for a single one"""
    better: int
    """pairs in which B scored more"""
    worse: int
    group: str = ""
    """of these questions alone, whatever their position"""
    figure: str = ""
    """another figure than the one that counts"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What was compared, what could not be, and every difference."""

    a: str
    b: str
    probe: str
    figure: str
    seed: int
    unpaired: Mapping[str, int]
    """questions that are in one folder only, or not scored in one"""
    other_prompts: int
    """pairs whose prompts differ in tokens: other filler, or another tokenizer"""
    differences: tuple[Difference, ...]
    groups: tuple[Difference, ...] = ()
    beside: tuple[Difference, ...] = ()
    """of the other figures that the probe reports"""
    warnings: tuple[str, ...] = ()

    def json(self) -> bytes:
        """All of it, indented."""
        return orjson.dumps(asdict(self), option=orjson.OPT_INDENT_2)


def compare(a: Path, b: Path, *, seed: int = SEED) -> Comparison:
    """Pairs the questions of two folders. RunError where they are not of one probe or share none."""
    first, second = read_summary(a).asked, read_summary(b).asked
    if other := [name for name in ALIKE if first.get(name) != second.get(name)]:
        raise RunError(
            f"{a} and {b} differ in {other[0]} ({first.get(other[0])!r}, {second.get(other[0])!r}), "
            "so their answers cannot be paired: compare folders of one probe"
        )
    lines = [by_question(read_lines(folder)) for folder in (a, b)]
    both = [(lines[0][key], lines[1][key]) for key in lines[0] if key in lines[1]]
    pairs = scored(both)
    if not pairs:
        raise RunError(
            f"{a} and {b} share no question that both scored ({len(lines[0]):,} and {len(lines[1]):,} "
            "questions), so nothing can be compared: probe both with the same seed, lengths, "
            "positions and settings"
        )
    return Comparison(
        a=first["model"],
        b=second["model"],
        probe=first["probe"],
        figure=first["measure"]["figure"],
        seed=seed,
        unpaired={
            "only in A": sum(key not in lines[1] for key in lines[0]),
            "only in B": sum(key not in lines[0] for key in lines[1]),
            "not scored in one": len(both) - len(pairs),
        },
        other_prompts=sum(one.tokens != other.tokens for one, other in pairs),
        differences=tuple(difference(*place, found, seed) for place, found in by_place(pairs)),
        groups=tuple(_groups(pairs, seed)),
        beside=(beside := tuple(_beside(pairs, seed))),
        warnings=tuple(_warnings(beside)),
    )


def by_question(lines: Sequence[Line]) -> dict[tuple[str, str], Line]:
    return {(line.context, line.id): line for line in lines}


def scored(both: Sequence[Pair]) -> list[Pair]:
    """The pairs of which both have a score."""
    return [(a, b) for a, b in both if a.score is not None and b.score is not None]


def _laid_alike(pairs: Sequence[Pair]) -> dict[tuple[str, str], list[Pair]]:
    """The pairs of each context and size."""
    found: dict[tuple[str, str], list[Pair]] = {}
    for pair in pairs:
        found.setdefault((pair[0].context, pair[0].size), []).append(pair)
    return found


def _groups(pairs: Sequence[Pair], seed: int) -> Iterator[Difference]:
    """Of each group of questions of each context and size."""
    for (context, size), own in _laid_alike(pairs).items():
        for group in sorted({one for pair in own for one in pair[0].groups}):
            some = [(a.item, a.score or 0.0, b.score or 0.0) for a, b in own if group in a.groups]
            yield replace(difference(context, size, None, some, seed), group=group)


def _beside(pairs: Sequence[Pair], seed: int) -> Iterator[Difference]:
    """Of each other figure that both lines of a pair have."""
    for (context, size), own in _laid_alike(pairs).items():
        for figure in dict.fromkeys(name for pair in own for name in pair[0].beside):
            known = [(a.item, a.beside.get(figure), b.beside.get(figure)) for a, b in own]
            some = [(i, x, y) for i, x, y in known if x is not None and y is not None]
            if some:
                yield replace(difference(context, size, None, some, seed), figure=figure)


def _warnings(beside: Sequence[Difference]) -> Iterator[str]:
    """Where style came nearer to a teacher's and the facts did not get better."""
    for context, size in dict.fromkeys((one.context, one.size) for one in beside):
        own = [one for one in beside if (one.context, one.size) == (context, size)]
        said = imitates({one.figure: one.a for one in own}, {one.figure: one.b for one in own})
        if said:
            yield f"{context}, {size}: {said}"


def by_place(pairs: Sequence[Pair]) -> Iterator[tuple[Place, list[Scored]]]:
    """Of each context and size, then of its positions: the item and both scores of every pair."""
    for (context, size), own in _laid_alike(pairs).items():
        yield (context, size, None), [(a.item, a.score or 0.0, b.score or 0.0) for a, b in own]
        at: dict[int, list[Scored]] = {}
        for a, b in own:
            for (position, before), (_, after) in zip(a.placed(), b.placed(), strict=True):
                at.setdefault(position, []).append((a.item, before, after))
        for position in sorted(at):
            yield (context, size, position), at[position]


def difference(
    context: str, size: str, position: int | None, scored: Sequence[Scored], seed: int
) -> Difference:
    """B less A of the scores of one place."""
    items, before, after = zip(*scored, strict=True)
    changes = np.array(after) - np.array(before)
    interval = bootstrap(changes.tolist(), items, seed=seed)
    low, high = (interval.low, interval.high) if interval else (None, None)
    return Difference(
        context=context,
        size=size,
        position=position,
        pairs=len(scored),
        a=float(np.mean(before)),
        b=float(np.mean(after)),
        value=float(changes.mean()),
        low=low,
        high=high,
        better=int((changes > 0).sum()),
        worse=int((changes < 0).sum()),
    )
