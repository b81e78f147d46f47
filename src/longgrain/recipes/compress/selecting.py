"""A text and a budget of tokens > the sentences of it that say most, in order, and what was lost.

A sentence is worth the telling terms that no chosen one has said, and its numbers, dates, names and
obligations, for each token that it costs; see docs/recipes/compress.md for the score.
"""

from __future__ import annotations

import heapq
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from longgrain.errors import PlanError
from longgrain.facts import language_of
from longgrain.fidelity import KINDS, Item, Tally, items, lost_of
from longgrain.recipes.compress.units import Units, joined, units_of
from longgrain.terms import terms

CountTokens = Callable[[Sequence[str]], Sequence[int]]

# What an item of a kind is worth beside the terms of its sentence, in mean weights of a term.
WORTH = {"numbers": 1.0, "dates": 1.5, "names": 1.0, "negations": 0.5, "obligations": 2.0}
# Items of one kind that count in one sentence: a table of numbers is not the best sentence.
MOST = 3
# First sentences of paragraphs say more often what they are about.
OPENING = 1.2
# Sentences that begin with a word for something said before, or end before what they announce.
LEANING = 0.6
# Gain over tokens ** THRIFT: at 1 the shortest sentences win, at 0 the longest.
THRIFT = 0.7
# How often the worth of a sentence is computed again before it is taken as it is.
LOOKS = 3
# The share of a question's words in the sentences beside one counts so much for it.
BESIDE = 0.25
# With a question, what a sentence says anyway counts so much beside the question's words.
ANYWAY = 0.2
_LEANS = re.compile(
    r"\W*(?:前[一两三]?[款项項]|其中|此外|另外|但是?|不过|然而|因此|所以|这|那|它|他|她|该|該|此|例如|比如|即"
    r"|(?:this|that|these|those|it|they|he|she|such|however|but|and|or|so|then|thus|therefore|hence|also"
    r"|for example|in addition|moreover|otherwise|nor|yet)\b)",
    re.IGNORECASE,
)
# A blank line between two sentences costs a token.
GAP = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Compressed:
    """``text`` is made of the stretches ``kept`` of its source (code points, in order), verbatim.

    ``lost`` has everything else that the source says of the kinds of `longgrain.fidelity`.
    ``tokens`` are those of ``text``, ``of`` those of the source; ``problem`` says what could not be
    done as asked, else "". ``ranked`` are the sentences of ``kept`` in the order of choice.
    """

    text: str
    kept: tuple[tuple[int, int], ...]
    lost: Tally
    tokens: int
    of: int
    problem: str = ""
    ranked: tuple[tuple[int, int], ...] = ()


def estimated(texts: Sequence[str]) -> list[int]:
    """Tokens where no tokenizer is at hand: a Chinese character, a mark, six letters of a word."""
    return [
        sum(1 + (len(one) - 1) // 6 for one in _PARTS.findall(text)) if text else 0
        for text in texts
    ]


_PARTS = re.compile(r"[\u3400-\u9fff]|[^\W\u3400-\u9fff]+|[^\w\s]")


def compressed(
    text: str,
    language: str = "",
    budget: float = 0.25,
    question: str | None = None,
    keep: Sequence[str] = (),
    count_tokens: CountTokens = estimated,
    bearing: float = 0.0,
) -> Compressed:
    """The text within a budget, by choosing sentences; in time linear in the text.

    Parameters
    ----------
    language : "en" or "zh" (what begins so, too); by default as the characters show.
    budget : at most 1 a share of the text's own tokens, above it a number of tokens.
    question : sentences that share its words come first, those beside them next; without one, rows
        of tables are not chosen.
    keep : kinds of `longgrain.fidelity.KINDS`: every sentence with one of them is kept. Where the
        budget cannot hold them all, ``problem`` says so, and as many as fit are there.
    bearing : sentences below this share of the best one's bearing on the question are left out,
        even where the budget has room for them.

    Raises PlanError for a kind that there is not, and for a budget that is not above 0.
    """
    if unknown := [one for one in keep if one not in KINDS]:
        raise PlanError(f"keep {unknown!r}: there are {', '.join(KINDS)}, so nothing else is kept")
    if not budget > 0:
        raise PlanError(f"budget {budget!r} holds nothing; give a share up to 1 or tokens above it")
    of = count_tokens([text])[0]
    units, said = units_of(text), items(text)
    limit = int(budget * of) if budget <= 1 else int(budget)
    choice = _Choice(text, units, said, limit, keep, count_tokens)
    chosen = choice.made(question, bearing)
    spoken = language or language_of(text)
    words, tokens = _within(text, units, chosen, choice.must, limit, spoken, count_tokens)
    kept = [(units.starts[one], units.ends[one]) for one in sorted(chosen)]
    problem = "" if words else "the budget holds no sentence"
    if choice.must - set(chosen):
        problem = f"the budget cannot hold every sentence with {', '.join(keep)}"
    return Compressed(
        text=words,
        kept=tuple(kept),
        lost=lost_of(said, kept),
        tokens=tokens,
        of=of,
        problem=problem,
        ranked=tuple(
            (units.starts[one], units.ends[one]) for one in chosen if units.is_candidate(one)
        ),
    )


def _is_row(words: str) -> bool:
    """Rows of a table can answer a question; nobody would take one for what a text says in short."""
    return words.lstrip().startswith("|") or words.count("\t") > 1


def _within(
    text: str,
    units: Units,
    chosen: list[int],
    must: set[int],
    limit: int,
    language: str,
    count_tokens: CountTokens,
) -> tuple[str, int]:
    """The words of the chosen units, the last chosen taken out until they keep to the limit."""
    while True:
        words = joined(text, units, sorted(chosen), language)
        tokens = count_tokens([words])[0] if words else 0
        if tokens <= limit or not chosen:
            return words, tokens
        # Joints seldom cost more than was counted for them, so few steps are needed.
        spare = [one for one in chosen if one not in must] or chosen
        gone = set(spare[-max(1, len(spare) * (tokens - limit) // (2 * tokens)) :])
        chosen[:] = [
            one for one in chosen if one not in gone and gone.isdisjoint(units.needed(one))
        ]
        homes = {units.home[one] for one in chosen}
        chosen[:] = [
            one for one in chosen if not units.is_heading[one] or one in homes or one in must
        ]


class _Choice:
    """Greedy choice of units under a budget, with each unit's worth computed a few times at most."""

    def __init__(
        self,
        text: str,
        units: Units,
        said: Sequence[Item],
        limit: int,
        keep: Sequence[str],
        count_tokens: CountTokens,
    ) -> None:
        self.text, self.units, self.limit = text, units, limit
        words = [text[start:end] for start, end in zip(units.starts, units.ends, strict=True)]
        self.costs = [tokens + GAP for tokens in count_tokens(words)] if words else []
        self.leans = [_LEANS.match(one) is not None or "前款" in one for one in words]
        self.introduces = [one.rstrip("*_ ").endswith((":", "：")) for one in words]
        self._read_terms()
        at = np.searchsorted(np.array(units.starts), [one.start for one in said], "right") - 1
        self.bonus = np.zeros(len(words))
        seen: dict[tuple[int, str], int] = {}
        self.must: set[int] = set()
        for unit, item in zip(at.tolist(), said, strict=True):
            seen[(unit, item.kind)] = seen.get((unit, item.kind), 0) + 1
            if seen[(unit, item.kind)] <= MOST:
                self.bonus[unit] += WORTH[item.kind] * self.mean
            if item.kind in keep:
                self.must.add(unit)

    def _read_terms(self) -> None:
        """Each unit's distinct terms, and what a term weighs: most at a middling number of units."""
        codes, places = terms(self.text)
        known, term = np.unique(codes, return_inverse=True)
        unit = np.searchsorted(np.array(self.units.starts), places, "right") - 1
        pairs = np.unique(unit.astype(np.int64) * max(1, len(known)) + term)
        self.known = known
        self.term = (pairs % max(1, len(known))).astype(np.int64)
        count = len(self.units.starts)
        self.borders = np.searchsorted(
            pairs, np.arange(count + 1, dtype=np.int64) * max(1, len(known))
        ).tolist()
        self.held = np.bincount(self.term, minlength=len(known))
        rarity = np.log((count + 1) / np.maximum(1, self.held))
        self.weights: NDArray[np.float64] = np.log1p(self.held) * rarity
        self.rarity = rarity**2
        self.mean = float(self.weights.mean()) if len(known) else 1.0

    def made(self, question: str | None, bearing: float = 0.0) -> list[int]:
        """The numbers of the chosen units, in the order of choice: those that must be kept first."""
        self.said = np.zeros(len(self.known), bool)
        self.taken: set[int] = set()
        self.order: list[int] = []
        self.left = self.limit
        asked = self._asked(question) if question else None
        worths = [self._worth(one) for one in range(len(self.units.starts))]
        most = max(worths, default=0.0) or 1.0

        def rank(unit: int, worth: float) -> float:
            return worth if asked is None else float(asked[unit]) + ANYWAY * worth / most

        least = bearing * float(asked.max()) if asked is not None and len(asked) else 0.0

        def bears(unit: int) -> bool:
            if asked is None:
                return not _is_row(self.text[self.units.starts[unit] : self.units.ends[unit]])
            return float(asked[unit]) >= least

        for one in sorted(self.must, key=lambda one: -rank(one, worths[one])):
            self._take(one)
        heap = [
            (-rank(one, worth), one, 0)
            for one, worth in enumerate(worths)
            if one not in self.taken and self.units.is_candidate(one) and bears(one)
        ]
        heapq.heapify(heap)
        while heap and self.left > GAP:
            score, one, looks = heapq.heappop(heap)
            now = rank(one, self._worth(one)) if looks < LOOKS else -score
            if now < -0.9 * score:
                heapq.heappush(heap, (-now, one, looks + 1))
            elif one not in self.taken:
                self._take(one)
        return self.order

    def _take(self, unit: int) -> None:
        """The unit with the heading that it stands under and what it goes on with, if all fit."""
        more = [one for one in (*self.units.needed(unit), unit) if one not in self.taken]
        cost = sum(self.costs[one] for one in more)
        if cost > self.left + GAP:
            return
        self.left -= cost
        for one in more:
            self.taken.add(one)
            self.order.append(one)
            self.said[self._terms(one)] = True

    def _terms(self, unit: int) -> NDArray[np.int64]:
        return self.term[self.borders[unit] : self.borders[unit + 1]]

    def _worth(self, unit: int) -> float:
        """What the unit says that is not said yet, for its cost."""
        mine = self._terms(unit)
        gain = float(self.weights[mine[~self.said[mine]]].sum() + self.bonus[unit])
        gain *= OPENING if self.units.opens[unit] else 1.0
        gain *= LEANING if self.leans[unit] else 1.0
        gain *= LEANING if self.introduces[unit] else 1.0
        return gain / math.pow(max(1, self.costs[unit]), THRIFT)

    def _asked(self, question: str) -> NDArray[np.float64]:
        """For each unit its share of the question's words, the rare ones weighing more."""
        wanted = np.isin(self.known, terms(question)[0])
        weights = np.where(wanted, self.rarity, 0.0)
        total = float(weights.sum()) or 1.0
        owner = np.repeat(np.arange(len(self.units.starts)), np.diff(self.borders))
        shares = np.bincount(owner, weights[self.term], minlength=len(self.units.starts)) / total
        beside = np.zeros_like(shares)
        beside[1:] = shares[:-1]
        beside[:-1] = np.maximum(beside[:-1], shares[1:])
        return shares + BESIDE * beside
