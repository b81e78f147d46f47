"""Files of ``longgrain score`` > their totals in a table, and what the first two files say of a change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from longgrain.errors import RunError
from longgrain.evaluation.conclusions import Finding
from longgrain.intervals import of_means


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure of one file."""

    name: str
    """metric.figure"""
    file: str
    value: float | None
    low: float | None
    high: float | None
    scored: int
    unscored: int
    share: bool
    """in 0..1, so that it is shown in percent"""

    @property
    def said(self) -> str:
        """The value with its interval."""
        if self.value is None:
            return "not scored"
        times, sign = (100.0, "%") if self.share else (1.0, "")
        if self.low is None or self.high is None:
            return f"{times * self.value:.1f}{sign}"
        return f"{times * self.value:.1f}{sign} ({times * self.low:.1f}–{times * self.high:.1f})"


def figures(named: Sequence[str]) -> list[Figure]:
    """The totals of ``score --json``, or those of the items of ``score --out``; ``NAME=FILE`` or a file.

    RunError for a file that is neither.
    """
    found: list[Figure] = []
    for one in named:
        name, sign, place = one.partition("=")
        path = Path(one) if not sign or Path(one).is_file() else Path(place)
        label = name.strip() if sign and not Path(one).is_file() else path.name
        found += _read(path, label)
    return found


def _read(path: Path, label: str) -> list[Figure]:
    try:
        raw = path.read_bytes()
        try:
            whole = orjson.loads(raw)
        except orjson.JSONDecodeError:
            whole = None
        if isinstance(whole, dict) and "totals" in whole:
            return [_of_total(one, label) for one in whole["totals"]]
        return list(
            _of_items([orjson.loads(one) for one in raw.splitlines() if one.strip()], label)
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RunError(
            f"{path} holds no scores ({type(error).__name__}: {error}), so it cannot stand in the page: "
            "give a file of `longgrain score --json` or `--out`"
        ) from error


def _of_total(one: dict[str, Any], label: str) -> Figure:
    group = f", {one['group']}" if one["group"] else ""
    return Figure(
        name=f"{one['metric']}.{one['figure']}{group}",
        file=label,
        value=one["value"],
        low=one["low"],
        high=one["high"],
        scored=one["scored"],
        unscored=sum(one["unscored"].values()),
        share=one["share"],
    )


def _of_items(items: Sequence[dict[str, Any]], label: str) -> Iterator[Figure]:
    """The mean of each figure over the items; those without one are counted."""
    columns: dict[str, list[float]] = {}
    for item in items:
        for metric, found in item.items():
            if isinstance(found, dict) and metric != "unscored":
                for figure, value in found.items():
                    column = columns.setdefault(f"{metric}.{figure}", [])
                    column.extend([] if value is None else [float(value)])
    if not columns:
        raise ValueError("no item has a figure")
    for name, values in columns.items():
        interval = of_means(np.array(values)[:, None])[0] if values else None
        yield Figure(
            name=name,
            file=label,
            value=float(np.mean(values)) if values else None,
            low=interval.low if interval else None,
            high=interval.high if interval else None,
            scored=len(values),
            unscored=len(items) - len(values),
            share=bool(values) and min(values) >= 0 and max(values) <= 1,
        )


def table(found: Sequence[Figure]) -> tuple[list[str], list[tuple[str, list[Figure | None]]]]:
    """The files, and for each figure what every one of them has."""
    files = list(dict.fromkeys(one.file for one in found))
    by = {(one.name, one.file): one for one in found}
    names = dict.fromkeys(one.name for one in found)
    return files, [(name, [by.get((name, file)) for file in files]) for name in names]


def conclusions(found: Sequence[Figure]) -> Iterator[Finding]:
    """The second file against the first; a change is claimed where the intervals do not meet."""
    files, rows = table(found)
    for name, (a, b, *_) in rows if len(files) > 1 else ():
        if not a or not b or None in (a.value, b.value, a.low, a.high, b.low, b.high):
            continue
        apart = (a.high or 0) < (b.low or 0) or (b.high or 0) < (a.low or 0)
        figures = (
            f"{a.said} in {files[0]}, {b.said} in {files[1]} ({a.scored:,} and {b.scored:,} items)"
        )
        more = "" if apart else "; the intervals meet, so no change is claimed"
        yield Finding(text=f"{name}: {figures}{more}.", supported=apart)
