"""A question and its evidence > grains that might answer it too, hard distractors, partners for joining."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import orjson

from longgrain.facts import facts
from longgrain.search import terms
from longgrain.types import Materials, Reply, Request


class Limits(Protocol):
    """The settings of a recipe that the guard needs."""

    @property
    def rival(self) -> float:
        """Share of cue words from which a grain stays out of the question's contexts."""
        ...

    @property
    def fits(self) -> float:
        """Share of cue words from which a sentence makes the question ambiguous."""
        ...

    @property
    def cap(self) -> float:
        """Share of the evidence's own score above which a distractor needs a second look."""
        ...

    @property
    def hard(self) -> int:
        """How many nearest grains to keep."""
        ...


@dataclass(frozen=True, slots=True)
class Rivals:
    """Looks through one side for grains that a question must not meet."""

    limits: Limits
    materials: Materials

    def against(self, candidate: Mapping[str, Any], evidence: Sequence[int]) -> list[int] | None:
        """Grains to keep out of the question's contexts; None if a sentence answers just as well."""
        found: set[int] = set()
        for kind, cues in _questions(candidate):
            for number, share in self.materials.holding(cues, self.limits.rival):
                if number in evidence or number in found:
                    continue
                nearest = self._best_sentence(number, kind, cues)
                if nearest >= self.limits.fits:
                    return None
                if nearest > 0 or share >= self.limits.fits:
                    found.add(number)
        return sorted(found)

    def _best_sentence(self, number: int, kind: str, cues: str) -> float:
        """The largest share of the cue words in a sentence of the grain that has such a fact."""
        language = self.materials.language(number)
        wanted = _codes(cues)
        best = 0.0
        for sentence in self.materials.sentences(number):
            share = len(wanted & _codes(sentence)) / max(len(wanted), 1)
            if share > best and _has(sentence, kind, language):
                best = share
        return best

    def hard(
        self, candidate: Mapping[str, Any], evidence: Sequence[int], rivals: Sequence[int]
    ) -> list[int]:
        """The grains nearest to the question that do not answer it, best first."""
        question = str(candidate["question"])
        near = self.materials.nearest(question, self.limits.hard + len(evidence))
        own = max((score for number, score in near if number in evidence), default=0.0)
        roof = self.limits.cap * (own or max((score for _, score in near), default=0.0))
        kept: list[int] = []
        for number, score in near:
            if number in evidence or number in rivals:
                continue
            if score > roof and not self._cleared(question, number):
                continue
            kept.append(number)
        return kept

    def _cleared(self, question: str, number: int) -> bool:
        """A teacher's second look, where there is one: does this grain leave the question open?"""
        if not self.materials.judges:
            self.materials.count("hard distractor too similar to the question, left out")
            return False
        request = Request(
            task="second_look",
            material=(self.materials.text(number),),
            settings={"question": question},
        )
        [reply] = self.materials.ask([request])
        clear = isinstance(reply, Reply) and orjson.loads(reply.text).get("answers") is False
        word = "cleared" if clear else "refused"
        self.materials.count(f"hard distractor {word} by a second look")
        return clear

    def partners(self, number: int, count: int, round_: int) -> list[int]:
        """The grain and others of its document: those that share a name, near ones, random ones."""
        own = self.materials.neighbours(number)
        mine = set(own)
        text = self.materials.text(number)
        shared = [other for other in self._sharing_a_name(number, text) if other in mine]
        near = [
            other
            for other, _ in self.materials.nearest(text, count)
            if other in mine and other != number
        ]
        rng = np.random.default_rng([self.materials.seed, number, round_])
        random = [own[int(i)] for i in rng.integers(0, len(own), count)]
        listed = [number, *shared[:3], *near[: count // 2], *random]
        return list(dict.fromkeys(listed))[: count + 1]

    def _sharing_a_name(self, number: int, text: str) -> list[int]:
        """Grains with a name of this one that stands in exactly two sentences of the side."""
        language = self.materials.language(number)
        found = []
        for name in dict.fromkeys(
            fact.text
            for fact in facts(text, language, names=True)  # type: ignore[arg-type]
            if fact.kind == "name"
        ):
            holders = [other for other, _ in self.materials.holding(name, 0.999)]
            texts = {other: self.materials.text(other) for other in holders}
            times = {other: words.count(name) for other, words in texts.items() if name in words}
            if len(times) == 2 and set(times.values()) == {1}:
                found += [other for other in times if other != number]
        return found


def _questions(candidate: Mapping[str, Any]) -> list[tuple[str, str]]:
    """For each blank of the question what fills it and its cue words."""
    return [(str(kind), " ".join(cues)) for kind, cues in candidate["blanks"]]


def _codes(words: str) -> set[int]:
    return set(terms(words)[0].tolist())


def _has(sentence: str, kind: str, language: str) -> bool:
    return any(
        fact.kind == kind
        for fact in facts(sentence, language, names=kind == "name")  # type: ignore[arg-type]
    )
