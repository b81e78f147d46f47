"""Held-out documents, a seed, a tokenizer > their grains, and what recipes draft of them by rule."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from longgrain.calls import Ledger
from longgrain.chat import ChatTemplate
from longgrain.errors import PlanError
from longgrain.ingest import prepare, write
from longgrain.make import component, problem
from longgrain.materials import SideMaterials
from longgrain.plan import CHECKS, Cutting, Plan
from longgrain.protocols import Recipe
from longgrain.store import Store, merge
from longgrain.tokens import Tokenizer
from longgrain.types import Document, Draft

# A recipe is told that so many drafts are wanted, and asks its teacher for so many at a time; it goes
# on as long as somebody takes more.
WANTED = 64
# A kind is given up on after so many drafts in a row that fell.
PATIENCE = 5000


@dataclass(kw_only=True)
class HeldGrains:
    """The grains of held-out documents, cut as those of a run are, and drafts about them.

    The questions are asked by rule, offline; the same documents, seed and settings give the same.
    """

    documents: Sequence[Document]
    seed: int
    tokenizer: Tokenizer
    cutting: Cutting
    _drafted: dict[bytes, _Growing] = field(default_factory=dict)

    @cached_property
    def materials(self) -> SideMaterials:
        """What a recipe drafts from; its grains, their words and headings."""
        return self._materials(Ledger(":memory:"))

    def drafts(self, recipe: str, kind: str, settings: Mapping[str, Any]) -> Iterator[Draft]:
        """Sound drafts of one kind, from the first on each time; what was drafted is kept.

        Raises PlanError for a recipe that does not exist or settings that it has not.
        """
        key = orjson.dumps([recipe, kind, settings], option=orjson.OPT_SORT_KEYS)
        if key not in self._drafted:
            found: Recipe = component("recipes", recipe, settings)
            self._drafted[key] = _Growing(self._sound(found, kind))
        return iter(self._drafted[key])

    def _sound(self, recipe: Recipe, kind: str) -> Iterator[Draft]:
        checks = [component("checks", name, {}) for name in CHECKS]
        materials = self._materials(Ledger(":memory:"))
        barren = 0
        for item in recipe.draft(kind, materials, WANTED):
            sound = isinstance(item, Draft) and not problem(item, materials, checks)
            if sound and isinstance(item, Draft):
                yield item
            barren = 0 if sound else barren + 1
            if barren > PATIENCE:
                return

    def _materials(self, ledger: Ledger) -> SideMaterials:
        """Each recipe drafts with notes of its own, so that none depends on another."""
        count = len(self._store.cut_document)
        return SideMaterials(
            side="test",
            seed=self.seed,
            store=self._store,
            usable=np.ones(count, bool),
            languages=self._store.document("language"),
            teacher=component("teachers", "extractive", {}),
            ledger=ledger,
            folder=Path(),
            shares={"test": 1.0},
            count_tokens=lambda texts: self.tokenizer.encode(texts).lengths.tolist(),
        )

    @cached_property
    def _folder(self) -> tempfile.TemporaryDirectory[str]:
        """Goes with this object."""
        return tempfile.TemporaryDirectory(prefix="longgrain-probe-")

    @cached_property
    def _store(self) -> Store:
        if not self.documents:
            raise PlanError(
                "there are no held-out documents in this language, so no question can be made of "
                "them: name some with --documents"
            )
        plan = Plan(sources=("held out",), grains=self.cutting)
        template = ChatTemplate.of(plan, self.tokenizer)
        shard, store = Path(self._folder.name) / "shard", Path(self._folder.name) / "store"
        shard.mkdir()
        prepared = (prepare(one, plan, self.tokenizer, template) for one in self.documents)
        write(shard, prepared)
        return merge([shard], store)


class _Growing:
    """Drafts that are made when somebody first asks for so many."""

    def __init__(self, source: Iterator[Draft]) -> None:
        self._source = source
        self._made: list[Draft] = []

    def __iter__(self) -> Iterator[Draft]:
        place = 0
        while True:
            if place == len(self._made):
                one = next(self._source, None)
                if one is None:
                    return
                self._made.append(one)
            yield self._made[place]
            place += 1
