"""A pool of examples and a query > the examples to show in its prompt, in order, within a token budget.

selector = Selector(by="mmr", k=4, budget=2000)
selector.extend(rows)
selector.select("How many lamps?").text
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from threading import RLock
from typing import Any, Literal, get_args

import numpy as np
import orjson
from numpy.typing import NDArray

from longgrain import dense, diversity
from longgrain.errors import PlanError
from longgrain.pool import Asked, Fields, Pool, Row
from longgrain.scripts import simplified
from longgrain.similarity import BM25, Floats, Jaccard, Tfidf, Units
from longgrain.terms import asked
from longgrain.tokens import SHIPPED, Tokenizer

By = Literal["bm25", "jaccard", "tfidf", "dense", "mmr", "dpp"]
Like = Literal["tfidf", "jaccard", "dense"]
Order = Literal["best-last", "best-first", "as-picked"]
Guard = Literal["document", "answer", "input"]
GUARD: tuple[Guard, ...] = get_args(Guard)
# The likeness of every two candidates is worked out, so they are not looked for without end.
MOST_COMPARED = 1024
# Examples on which a faster encoder must agree.
SAMPLES = 64
_SPARSE: dict[str, type[Jaccard] | type[BM25] | type[Tfidf]] = {
    "jaccard": Jaccard,
    "bm25": BM25,
    "tfidf": Tfidf,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """One example: its row in the pool, its score, its tokens (None without a budget)."""

    row: int
    score: float
    tokens: int | None
    example: Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The examples for one query in the order of the prompt, and what was not taken."""

    query: str
    chosen: tuple[Chosen, ...]
    text: str
    """the examples as they stand in the prompt"""
    tokens: int | None
    """of ``text``, and ``overhead`` for each example; None without a budget"""
    kept_out: Mapping[str, int]
    """how many examples of the pool each guard kept out"""
    too_long: int
    """nearer examples that did not fit what was left of the budget"""

    def json(self) -> bytes:
        """One line, examples included."""
        chosen = [
            {"row": one.row, "score": one.score, "tokens": one.tokens, "example": one.example}
            for one in self.chosen
        ]
        values = {
            "query": self.query,
            "tokens": self.tokens,
            "chosen": chosen,
            "kept_out": self.kept_out,
            "too_long": self.too_long,
        }
        return orjson.dumps(values, default=str)


@dataclass(frozen=True, kw_only=True)
class Selector:
    """Chooses examples. It has the two methods of LangChain's BaseExampleSelector, and is as lazy.

    Deterministic: of two examples with equal scores the hash of their content decides.
    """

    by: By = "bm25"
    k: int = 8
    budget: int | None = None
    """tokens of all chosen examples together; no bound if it is None"""
    tokenizer: str | Tokenizer = SHIPPED
    order: Order = "best-last"
    guard: tuple[Guard, ...] = GUARD
    """keep out what has the same document, answer or input as the query itself"""
    inputs: tuple[str, ...] = ()
    """fields that ask; the usual names if there is none"""
    outputs: tuple[str, ...] = ()
    """fields that answer"""
    template: str = ""
    """an example in the prompt: "Q: {question}\\nA: {answer}"; input and answer if it is empty"""
    separator: str = "\n\n"
    overhead: int = 0
    """tokens that your own template adds to each example"""
    like: Like = "tfidf"
    """relevance and likeness for mmr and dpp"""
    weight: float = 0.5
    """of relevance against diversity for mmr and dpp, 0 to 1"""
    shorter: float = 0.0
    """how much length counts: 0 not at all, 1 as much as relevance"""
    fetch: int = 64
    """candidates that mmr, dpp and ``shorter`` choose from"""
    embed: dense.Embed | None = None
    _pool: Pool = field(init=False, repr=False, compare=False)
    _made: dict[str, Any] = field(init=False, repr=False, compare=False, default_factory=dict)
    _lock: RLock = field(init=False, repr=False, compare=False, default_factory=RLock)

    def __post_init__(self) -> None:
        """PlanError for what cannot be."""
        object.__setattr__(self, "_pool", Pool(Fields(inputs=self.inputs, outputs=self.outputs)))
        choices = {"by": By, "order": Order, "like": Like}
        for name, known in choices.items():
            if getattr(self, name) not in get_args(known):
                raise PlanError(
                    f"{name} = {getattr(self, name)!r} is not known; choose one of "
                    f"{', '.join(get_args(known))}"
                )
        if not set(self.guard) <= set(GUARD):
            raise PlanError(f"guard {self.guard!r}: there are only {', '.join(GUARD)}")
        if self.k < 1 or self.fetch < 1 or (self.budget is not None and self.budget < 0):
            raise PlanError(
                f"k {self.k}, fetch {self.fetch}, budget {self.budget}: nothing could be chosen; "
                "allow one example and some tokens"
            )
        if not 0 <= self.weight <= 1 or (self.by == "dpp" and self.weight == 1):
            raise PlanError(f"weight {self.weight} is not from 0 to 1 (for dpp below 1)")
        if self.shorter < 0 or self.overhead < 0:
            raise PlanError(f"shorter {self.shorter} or overhead {self.overhead} is below 0")
        if self._measure == "dense" and self.embed is None:
            raise PlanError(
                "dense selection without an embedder: no vector can be made; give one "
                '(embed=longgrain.dense.embedder("a model"), or any function from texts to vectors)'
            )

    def __len__(self) -> int:
        return len(self._pool)

    def extend(self, rows: Iterable[Row]) -> None:
        """Adds examples; raises SourceError for one that asks nothing."""
        with self._lock:
            self._pool.add(rows)

    def add_example(self, example: Row) -> None:
        """Adds one; the next selection knows it."""
        self.extend([example])

    async def aadd_example(self, example: Row) -> None:
        """The same, beside an event loop."""
        await asyncio.to_thread(self.add_example, example)

    def select_examples(self, input_variables: Row) -> list[dict[str, Any]]:
        """The examples for a prompt's variables, in the order of the prompt.

        Where no variable has a name that asks, all of them ask, in the order of their names.
        """
        found = self._pool.fields.asked(input_variables)
        if not found.words.strip():
            words = " ".join(str(input_variables[name]) for name in sorted(input_variables))
            found = Asked(words=words, answers=found.answers, documents=found.documents)
        return [dict(one.example) for one in self.select(found).chosen]

    async def aselect_examples(self, input_variables: Row) -> list[dict[str, Any]]:
        """The same, beside an event loop."""
        return await asyncio.to_thread(self.select_examples, input_variables)

    def select(self, query: str | Row | Asked) -> Selection:
        """The examples for one query: its words, or a row with its answer and documents."""
        return self.select_many([query])[0]

    def select_many(self, queries: Sequence[str | Row | Asked]) -> list[Selection]:
        """The examples for many queries, one Selection each, in order."""
        with self._lock:
            found = [self._asked(one) for one in queries]
            measure = self._prepared()
            if not len(self._pool):
                return [self._selection(one, [], np.zeros(0), {}, 0) for one in found]
            words = [one.words for one in found]
            coded = (
                self._vectors(words)
                if self._measure == "dense"
                else asked([simplified(text) for text in words])
            )
            return [self._one(measure, one, code) for one, code in zip(found, coded, strict=True)]

    def _asked(self, query: str | Row | Asked) -> Asked:
        if isinstance(query, str):
            return Asked(words=query)
        found = query if isinstance(query, Asked) else self._pool.fields.asked(query)
        if not found.words.strip():
            raise PlanError("a query without words is like no example; give it a field that asks")
        return found

    @property
    def _measure(self) -> str:
        return self.like if self.by in ("mmr", "dpp") else self.by

    def _prepared(self) -> Any:
        """The similarity over all examples, those added last included."""
        pool, made = self._pool, self._made
        if pool.settle() or "similarity" not in made:
            if self._measure == "dense":
                old = made.get("vectors", np.zeros((0, 0), np.float32))
                new = self._vectors(pool.words[len(old) :])
                made["vectors"] = np.concatenate([old, new]) if len(old) else new
                made["similarity"] = dense.Dense(vectors=made["vectors"], keys=pool.keys)
            else:
                made["similarity"] = _SPARSE[self._measure](index=pool.index, keys=pool.keys)
        return made["similarity"]

    def _vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        assert self.embed is not None
        return dense.vectors(self.embed, texts)

    def _one(self, measure: Any, query: Asked, code: Any) -> Selection:
        guarded = self._pool.kept_out(query, self.guard)
        shut = np.unique(np.array([n for some in guarded.values() for n in some], np.int64))
        reach = max(self.fetch if self._weighs else 0, 2 * self.k)
        while True:
            units, scores = _once(*measure.top(code, reach, shut), keys=self._pool.keys)
            taken, passed = self._taken(measure, units, scores)
            ended = reach >= len(self._pool) or (self._compares and reach >= MOST_COMPARED)
            if len(taken) == self.k or ended:
                break
            reach *= 4
        counts = {kind: len(some) for kind, some in guarded.items() if some}
        return self._selection(
            query, [int(units[one]) for one in taken], scores[taken], counts, passed
        )

    @property
    def _compares(self) -> bool:
        return self.by in ("mmr", "dpp")

    @property
    def _weighs(self) -> bool:
        return self._compares or self.shorter > 0

    def _taken(self, measure: Any, units: Units, scores: Floats) -> tuple[list[int], int]:
        """Places of the chosen candidates, in the order of the prompt; how many did not fit."""
        counts = self.budget is not None or self.shorter > 0
        costs = self._costs(units) if counts else np.zeros(len(units), np.int64)
        worth = diversity.by_length(scores, costs, self.shorter)
        rule: diversity.Rule = diversity.Nearest(worth)
        if self.by == "mmr":
            rule = diversity.MMR(worth, measure.between(units), self.weight)
        elif self.by == "dpp":
            sharpness = self.weight / (2 * (1 - self.weight))
            rule = diversity.DPP(worth, measure.between(units), sharpness)
        taken = diversity.picked(rule, self.k, costs, self.budget)
        passed = 0
        if self.budget is not None:
            taken = self._fitting(taken, units)
            nearer = max(taken) + 1 if len(taken) == self.k else len(units)
            left = self.budget - int(costs[taken].sum())
            passed = int(np.count_nonzero(np.delete(costs, taken)[: nearer - len(taken)] > left))
        return diversity.order(taken, self.order), passed

    def _fitting(self, taken: list[int], units: Units) -> list[int]:
        """Without the last picked as long as the examples together have too many tokens.

        A text may have more tokens than its parts; that is rare, so it is looked at here alone.
        """
        while taken:
            rows = [int(units[one]) for one in diversity.order(taken, self.order)]
            if self._total(rows) <= (self.budget or 0):
                break
            taken = taken[:-1]
        return taken

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        known = self.tokenizer
        if isinstance(known, Tokenizer):
            return known
        count = len(self._pool)
        samples = [self._shown(row) for row in range(0, count, count // SAMPLES + 1)]
        return Tokenizer.load(known).agreeing(samples)

    def _count(self, texts: Sequence[str]) -> NDArray[np.int64]:
        return self._tokenizer.encode(texts).lengths

    def _costs(self, units: Units) -> NDArray[np.int64]:
        """Tokens of examples, each with the separator after it."""
        known: dict[int, int] = self._made.setdefault("costs", {})
        new = [unit for unit in units.tolist() if unit not in known]
        if new:
            counts = self._count([self._shown(unit) + self.separator for unit in new])
            known.update(zip(new, (counts + self.overhead).tolist(), strict=True))
        return np.array([known[unit] for unit in units.tolist()], np.int64)

    def _total(self, rows: Sequence[int]) -> int:
        """Tokens of examples as they stand in the prompt."""
        return int(self._count([self._text(rows)])[0]) + self.overhead * len(rows)

    def _text(self, rows: Sequence[int]) -> str:
        return self.separator.join(map(self._shown, rows))

    def _shown(self, row: int) -> str:
        example = self._pool.rows[row]
        if not self.template:
            return self._pool.fields.shown(example)
        try:
            return self.template.format_map(example)
        except (KeyError, IndexError, ValueError) as error:
            raise PlanError(
                f"template {self.template!r} does not fit an example with the fields "
                f"{', '.join(map(repr, example))} ({error}), so it cannot be shown; name its fields"
            ) from error

    def _selection(
        self,
        query: Asked,
        rows: Sequence[int],
        scores: Floats,
        kept_out: Mapping[str, int],
        passed: int,
    ) -> Selection:
        costs: dict[int, int] = self._made.get("costs", {})
        chosen = [
            Chosen(row=row, score=score, tokens=costs.get(row), example=self._pool.rows[row])
            for row, score in zip(rows, scores.tolist(), strict=True)
        ]
        return Selection(
            query=query.words,
            chosen=tuple(chosen),
            text=self._text(rows),
            tokens=None if self.budget is None else self._total(rows),
            kept_out=kept_out,
            too_long=passed,
        )


def _once(units: Units, scores: Floats, *, keys: NDArray[np.uint64]) -> tuple[Units, Floats]:
    """The candidates without those that repeat an earlier one word for word."""
    first = np.sort(np.unique(keys[units], return_index=True)[1])
    return units[first], scores[first]
