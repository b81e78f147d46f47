"""Laid examples, their drafts and documents > the class of each example in every dimension of a mix."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path, PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from longgrain import shelf
from longgrain.corpus import Source
from longgrain.drafts import messages_of, read_drafts
from longgrain.layouts import Laid
from longgrain.plan import Plan
from longgrain.spans import quotes
from longgrain.store import Store
from longgrain.wished_mix import DIMENSIONS, LEVELS, NONE, OTHER, Dimension, Wished

# Depths where nothing else is wished for: quarters of the context.
QUARTERS = ("0.25", "0.5", "0.75", "1")


@dataclass(frozen=True, kw_only=True)
class Classes:
    """One dimension: the names of its classes, and the number of each example's among them.

    ``wished`` has the weight of each class, None for one that is free; it is empty where nothing is
    wished for.
    """

    dimension: Dimension
    names: tuple[str, ...]
    numbers: NDArray[np.int64]
    wished: tuple[float | None, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Known:
    """What decides the classes of examples: their drafts' columns, and what was measured of each."""

    plan: Plan
    store: Store
    laid: Laid
    drafts: Path
    sources: Sequence[Source]
    levels: NDArray[np.int64]

    def classes(self) -> list[Classes]:
        """Every dimension, those that something is wished for in the plan's words."""
        asked = wished(self.plan)
        labels = self._labels(asked.get("source"))
        found = []
        for dimension in DIMENSIONS:
            if dimension in ("length", "depth"):
                found.append(self._by_bounds(dimension, asked.get(dimension)))
            else:
                found.append(_named(dimension, labels[dimension], asked.get(dimension)))
        return found

    def _labels(self, patterns: Wished | None) -> dict[Dimension, list[str]]:
        columns = ["recipe", "kind", "language", "evidence", "messages"]
        rows = list(read_drafts(self.drafts, columns))
        own = [rows[draft] for draft in self.laid.column("draft").tolist()]
        named = list(patterns) if isinstance(patterns, Mapping) else list(self.plan.sources)
        of_document = [self._source_class(one, named) for one in self.store.document("source")]
        return {
            "recipe": [one["recipe"] for one in own],
            "kind": [one["kind"] for one in own],
            "language": [one["language"] for one in own],
            "difficulty": [LEVELS[number] for number in self.levels],
            "source": [self._source(one, of_document) for one in own],
        }

    def _source(self, row: Mapping[str, Any], of_document: Sequence[str]) -> str:
        """The class of the document of the first evidence, or of the first that is quoted."""
        if row["evidence"]:
            return of_document[int(self.store.cut_document[row["evidence"][0]])]
        rows = self.store.rows
        for quoted in quotes(messages_of(row["messages"])):
            if quoted.doc_id in rows:
                return of_document[rows[quoted.doc_id]]
        return OTHER

    def _source_class(self, source: str, named: Sequence[str]) -> str:
        """The first name that a document belongs to: a folder, a file, an address, or a pattern."""
        place = self._places.get(source) or self._places.get(source.rsplit("#", 1)[0], source)
        return next((one for one in named if self._belongs(source, place, one)), OTHER)

    def _belongs(self, source: str, place: str, name: str) -> bool:
        path = str(self.plan.path(name).absolute())
        inside = PurePath(path) in (PurePath(place), *PurePath(place).parents)
        patterns = ((source, name), (place, path))
        return name == place or inside or any(fnmatchcase(*pair) for pair in patterns)

    @cached_property
    def _places(self) -> dict[str, str]:
        """Where each source lies, by its name; a file's place is absolute."""
        return {
            one.name: str(Path(one.place).absolute()) if Path(one.place).exists() else one.place
            for one in self.sources
        }

    def _by_bounds(self, dimension: Dimension, asked: Wished | None) -> Classes:
        """Lengths and depths, classes named by the most that they hold."""
        if dimension == "length":
            values = self.laid.column("tokens").astype(np.float64)
            usual: Sequence[str] = _doublings(values)
        else:
            depths = self.laid.values("depths")
            values = np.array([np.mean(one) if one else np.nan for one in depths], np.float64)
            usual = QUARTERS
        return _bounded(dimension, values, usual, asked)


def wished(plan: Plan) -> dict[Dimension, Wished]:
    """What the plan's ``balance`` asks for; the shares of recipes where it names none for them."""
    if plan.balance is None:
        return {}
    found = plan.balance.asked
    shares: dict[str, float] = {}
    for entry in plan.recipes:
        if entry.share is not None:
            name = recipe_name(entry.use)
            shares[name] = shares.get(name, 0.0) + entry.share
    return found if "recipe" in found or not shares else {"recipe": shares, **found}


def recipe_name(use: str) -> str:
    """The name that drafts of a recipe carry."""
    return str(getattr(shelf.load("recipes", use), "name", use))


def _named(dimension: Dimension, labels: Sequence[str], asked: Wished | None) -> Classes:
    """Classes by name. What is not named is one class, `OTHER`, unless all have equal shares."""
    present = sorted(set(labels), key=_by_level)
    names = list(asked) if isinstance(asked, Mapping) else present
    if set(present) - set(names) and OTHER not in names:
        names.append(OTHER)
    place = {name: number for number, name in enumerate(names)}
    numbers = np.array([place.get(one, place.get(OTHER, 0)) for one in labels], np.int64)
    return _wishing(dimension, names, numbers, asked)


def _by_level(name: str) -> tuple[int, str]:
    return (LEVELS.index(name), "") if name in LEVELS else (len(LEVELS), name)


def _bounded(
    dimension: Dimension, values: NDArray[np.float64], usual: Sequence[str], asked: Wished | None
) -> Classes:
    listed = (
        [one for one in asked if one not in (OTHER, NONE)] if isinstance(asked, Mapping) else usual
    )
    names = sorted(listed, key=float)
    bounds = np.array([float(one) for one in names])
    numbers = np.searchsorted(bounds, values - 1e-9).astype(np.int64)
    none = np.isnan(values)
    rest = bool((numbers[~none] >= len(names)).any())
    for name, held in ((OTHER, rest), (NONE, bool(none.any()))):
        if held or (isinstance(asked, Mapping) and name in asked):
            names.append(name)
    numbers[none] = names.index(NONE) if NONE in names else 0
    return _wishing(dimension, names, numbers, asked)


def _wishing(
    dimension: Dimension, names: Sequence[str], numbers: NDArray[np.int64], asked: Wished | None
) -> Classes:
    """What a dimension's classes should weigh."""
    if asked is None:
        weights: Iterator[float | None] = iter(())
    elif isinstance(asked, Mapping):
        weights = (asked.get(name) for name in names)
    else:
        weights = (None if name in (OTHER, NONE) else 1.0 for name in names)
    return Classes(dimension=dimension, names=tuple(names), numbers=numbers, wished=tuple(weights))


def _doublings(tokens: NDArray[np.float64]) -> list[str]:
    """Powers of two from the shortest example's to the longest one's."""
    if not len(tokens):
        return ["256"]
    low, high = (int(np.ceil(np.log2(max(one, 2)))) for one in (tokens.min(), tokens.max()))
    return [str(1 << power) for power in range(low, high + 1)]
