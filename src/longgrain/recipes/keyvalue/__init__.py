"""Symbols drawn from the seed > lists of entries with questions to look up, follow, carry out and count.

Symbol-only retrieval (Xiong et al. 2024, "From Artificial Needles to Real Haystacks", arXiv
2406.19292): finding is learned, and nothing about the world is said that could be false.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from longgrain.errors import PlanError
from longgrain.protocols import Materials
from longgrain.quota import Depths
from longgrain.recipes.keyvalue import tasks
from longgrain.recipes.keyvalue.drafting import RECIPE, Drawn, drafted
from longgrain.recipes.shares import counts, sound
from longgrain.types import Draft, Dropped, content_id
from longgrain.vocabulary import KINDS, Kind, Maker

SHARES = {"lookup": 0.4, "hops": 0.2, "tracking": 0.2, "count": 0.2}
FORMATS = ("json", "lines", "table")
SPOKEN = ("en", "zh")
# A list is drawn anew so many times where what must be in it does not fit the length.
TRIES = 8
# Drafts for each one that is wanted, at most: a check may drop some.
SPARE, AT_LEAST = 4, 64


@dataclass(frozen=True, kw_only=True)
class KeyValue:
    """Look-ups of keys, chains of keys, variables that change, and counts, in lists of symbols.

    ``shares`` of the kinds are scaled to 1. ``symbols`` (uuids, numbers, words) and ``formats``
    (json, lines, table) are drawn from; ``languages`` are those of the questions, by default those
    of the side's documents. ``queries`` keys are asked for in one look-up and each has ``values``
    values; a chain has ``hops`` steps; what is counted stands there ``times`` times; each is drawn
    between its two bounds. ``alike`` keys that differ in one place from an asked one stand in each
    list. A share ``steps`` of the answers that need more than one look-up say how they are found;
    in a share ``replaced`` of tracking a variable is set anew later.
    """

    name: ClassVar[str] = RECIPE
    source: ClassVar[str] = "Xiong et al. 2024, From Artificial Needles, arXiv 2406.19292"
    own_contexts: ClassVar[bool] = True

    shares: Mapping[str, float] = field(default_factory=lambda: dict(SHARES))
    symbols: tuple[str, ...] = KINDS
    formats: tuple[str, ...] = FORMATS
    languages: tuple[str, ...] = ()
    queries: tuple[int, int] = (1, 3)
    values: tuple[int, int] = (1, 2)
    hops: tuple[int, int] = (2, 4)
    times: tuple[int, int] = (2, 8)
    alike: int = 2
    steps: float = 0.5
    replaced: float = 0.5

    def __post_init__(self) -> None:
        sound("keyvalue", self.shares, SHARES)
        for label, some, known in (
            ("symbols", self.symbols, KINDS),
            ("formats", self.formats, FORMATS),
            ("languages", self.languages, SPOKEN),
        ):
            if set(some) - set(known) or not (some or label == "languages"):
                raise PlanError(
                    f"keyvalue {label} {list(some)}: nothing could be drawn; give some of "
                    f"{', '.join(known)}"
                )
        for label in ("queries", "values", "hops", "times"):
            low, high = getattr(self, label)
            if not 1 <= low <= high:
                raise PlanError(
                    f"keyvalue {label} {[low, high]}: give two numbers from 1, smaller first"
                )
        if self.alike < 0 or not (0 <= self.steps <= 1 and 0 <= self.replaced <= 1):
            raise PlanError(
                f"keyvalue alike {self.alike}, steps {self.steps}, replaced {self.replaced}: a "
                "number of keys from 0, and shares in 0..1"
            )

    def kinds(self, examples: int) -> Mapping[str, int]:
        """Whole numbers by kind."""
        return counts(examples, {f"{RECIPE}-{kind}": self.shares.get(kind, 0.0) for kind in SHARES})

    def draft(self, kind: str, materials: Materials, wanted: int) -> Iterator[Draft | Dropped]:
        """Drafts of one kind at the lengths and depths of the plan; nobody is asked anything.

        A second entry of the recipe in a plan goes on where the first has stopped.
        """
        begun = _begun(materials)
        spoken = self.languages or _spoken(materials)
        for turn in range(SPARE * wanted + AT_LEAST):
            number, begun.number = begun.number, begun.number + 1
            language = spoken[turn % len(spoken)]
            yield self._tried(kind, materials, number, language, begun.depths)

    def _tried(
        self,
        kind: str,
        materials: Materials,
        number: int,
        language: str,
        depths: Depths,
    ) -> Draft | Dropped:
        """The first list that fits the length."""
        tokens = min(materials.wished_length(number), materials.longest)
        bins: dict[int, list[int]] = {}
        for attempt in range(TRIES):
            name = (materials.seed, materials.side, kind, number, attempt)
            random = np.random.default_rng(int(content_id(RECIPE, *name), 16))
            drawn = self._drawn(kind, random, language)
            # Bins are dealt once for each number of pieces, or a list that does not fit would use some.
            pieces = len(drawn.task.evidence)
            if pieces not in bins:
                bins[pieces] = depths.deal(pieces)
            found = drafted(drawn, materials, kind, tokens, bins[pieces])
            if found is not None:
                return found
        return Dropped(
            step="draft",
            id=content_id(RECIPE, materials.seed, materials.side, kind, number),
            reason="the length is too short for what must be in the list",
            detail=f"{tokens} tokens",
        )

    def _drawn(self, kind: str, random: Any, language: str) -> Drawn:
        """What is asked, and how the list is written, by the generator."""
        maker = Maker(random=random, language=language, wide=True, purpose="training")
        key, value = (self._symbol(random) for _ in range(2))
        task = self._task(kind, random, tasks.Symbols(maker=maker, key=key, value=value))
        style = self.formats[random.integers(len(self.formats))]
        return Drawn(
            task=task,
            language=language,
            random=random,
            style=style,
            steps=bool(random.random() < self.steps),
        )

    def _symbol(self, random: Any) -> Kind:
        found: Kind = self.symbols[random.integers(len(self.symbols))]
        return found

    def _task(self, kind: str, random: Any, symbols: tasks.Symbols) -> tasks.Task:
        chance = bool(random.random() < 0.5)
        if kind.endswith("lookup"):
            queries, values = (tasks.between(random, one) for one in (self.queries, self.values))
            return tasks.lookup(symbols, queries, values, self.alike)
        if kind.endswith("hops"):
            return tasks.hops(symbols, tasks.between(random, self.hops), chance, self.alike)
        if kind.endswith("tracking"):
            replaced = bool(random.random() < self.replaced)
            return tasks.tracking(random, tasks.between(random, self.hops), chance, replaced)
        form = random.integers(3)
        if form == 0:
            return tasks.occurrences(symbols, self.times, self.alike)
        if form == 1:
            return tasks.most(symbols, self.times)
        return tasks.bounded(symbols, self.times, chance)


@dataclass(slots=True)
class _Begun:
    """How many lists were made of a side so far, and the depths that they were dealt."""

    depths: Depths
    number: int = 0


def _begun(materials: Materials) -> _Begun:
    """That of the side, remembered from one kind to the next."""
    seed = int(content_id(RECIPE, materials.seed, materials.side), 16)
    depths = Depths(materials.depths, 1, np.random.default_rng(seed))
    found: _Begun = materials.notes.setdefault(RECIPE, _Begun(depths=depths))
    return found


def _spoken(materials: Materials) -> tuple[str, ...]:
    """The languages of the side's documents that we speak, one after the other; English if none is."""
    told = {str(materials.document(one).meta["language"])[:2] for one in materials.documents}
    return tuple(one for one in SPOKEN if one in told) or SPOKEN[:1]
