"""A question and its evidence > grains that might answer it too, hard distractors, partners for joining."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import orjson

from longgrain.facts import derive, has, same_answer
from longgrain.protocols import Materials
from longgrain.recipes.judged import objection
from longgrain.recipes.written import FREE
from longgrain.terms import held, terms
from longgrain.types import Refused, Reply, Request

# Forms that join several facts; the question shows the statement of each.
JOINED = ("compare", "sum", "order", "bridge")


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

    @property
    def looks(self) -> int:
        """How many grains a teacher looks at in one call."""
        ...


@dataclass(frozen=True, slots=True)
class Rivals:
    """Looks through one side for grains that a question must not meet."""

    limits: Limits
    materials: Materials

    def against(
        self, candidate: Mapping[str, Any], offered: Sequence[int], evidence: Sequence[int]
    ) -> list[int] | str:
        """Grains to keep out of the question's contexts, or why the question cannot be used.

        ``offered`` are the grains that the teacher saw, ``evidence`` those that it needs.
        """
        if problem := self._underived(candidate, evidence):
            return problem
        if candidate["form"] == "bridge" and self._is_named_elsewhere(candidate, offered, evidence):
            return "the name that joins the sentences is mentioned elsewhere too"
        found: set[int] = set()
        for kind, cues in _questions(candidate):
            holders = self.materials.holding(cues, self.limits.rival)
            others = {number: share for number, share in holders if number not in evidence}
            for number, nearest in self._best_sentences(list(others), kind, cues):
                # A judge looks at these one by one; until it has, they only stay out of contexts.
                if nearest >= self.limits.fits and not self._is_judged(candidate):
                    return "the question fits another sentence of its side"
                if nearest > 0 or others[number] >= self.limits.fits:
                    found.add(number)
        if self._is_judged(candidate):
            return objection(candidate, evidence, self.materials) or sorted(found)
        return sorted(found)

    def _is_judged(self, candidate: Mapping[str, Any]) -> bool:
        """Whether the teacher has the last word, since no rule can tell what answers."""
        return candidate["form"] == FREE and self.materials.judges

    def _underived(self, candidate: Mapping[str, Any], evidence: Sequence[int]) -> str:
        """Why the answer does not follow from the evidence, all of it and no less; or nothing."""
        if "statements" not in candidate:
            return ""
        said = {number: self.materials.sentences(number) for number in evidence}
        every = [sentence for sentences in said.values() for sentence in sentences]
        answer = derive(candidate, every)
        if answer is None or not same_answer(answer, str(candidate["answer"])):
            return "the answer does not follow from the evidence alone"
        for number in evidence if len(evidence) > 1 else ():
            rest = [one for other in evidence if other != number for one in said[other]]
            if derive(candidate, rest) is not None:
                return "the answer follows without one of the evidence grains"
        return ""

    def _is_named_elsewhere(
        self, candidate: Mapping[str, Any], offered: Sequence[int], evidence: Sequence[int]
    ) -> bool:
        piece, start, end, _ = candidate["facts"][0]
        name = self.materials.text(offered[piece])[start:end]
        holders = [number for number, _ in self.materials.holding(name, 0.999)]
        times = [self.materials.text(number).count(name) for number in holders]
        return sum(times) != len(evidence)

    def _best_sentences(
        self, numbers: Sequence[int], kind: str, cues: str
    ) -> Iterator[tuple[int, float]]:
        """Of each grain the largest share of the cue words in a sentence that has such a fact."""
        if not numbers:
            return
        sentences = [self.materials.sentences(number) for number in numbers]
        wanted = np.unique(terms(cues)[0])
        counted = held(wanted, [one for some in sentences for one in some])
        shares = iter((counted / max(len(wanted), 1)).tolist())
        for number, some in zip(numbers, sentences, strict=True):
            language = self.materials.language(number)
            best = sorted(((next(shares), one) for one in some), reverse=True)
            with_fact = (share for share, one in best if share and _has(one, kind, language))
            yield number, next(with_fact, 0.0)

    def hard(
        self, candidate: Mapping[str, Any], evidence: Sequence[int], rivals: Sequence[int]
    ) -> tuple[list[int], list[int]]:
        """The grains nearest to the question that do not answer it, best first; all that might."""
        question = str(candidate["question"])
        near = self.materials.nearest(question, self.limits.hard + len(evidence))
        own = max((score for number, score in near if number in evidence), default=0.0)
        roof = self.limits.cap * (own or max((score for _, score in near), default=0.0))
        out = set(evidence) | (set() if self._is_judged(candidate) else set(rivals))
        near = [one for one in near if one[0] not in out]
        judges = self.materials.judges
        doubtful = [number for number, score in near if judges or score > roof]
        clear = self.cleared(question, doubtful)
        refused = set(doubtful) - clear
        might = (set(rivals) - clear) | (refused if judges else set())
        return [number for number, _ in near if number not in refused], sorted(might)

    def cleared(self, question: str, numbers: Sequence[int]) -> set[int]:
        """A teacher's second look, where there is one: which grains leave the question open?"""
        if not self.materials.judges:
            times = len(numbers)
            self.materials.count("hard distractor too similar to the question, left out", times)
            return set()
        size = self.limits.looks
        groups = [numbers[start : start + size] for start in range(0, len(numbers), size)]
        requests = [
            Request(
                task="second_look",
                material=tuple(self.materials.text(number) for number in group),
                settings={"question": question},
            )
            for group in groups
        ]
        clear: set[int] = set()
        for group, reply in zip(groups, self.materials.ask(requests), strict=True):
            answering = _answering(reply, len(group))
            clear |= {number for place, number in enumerate(group, 1) if place not in answering}
        self.materials.count("hard distractor cleared by a second look", len(clear))
        self.materials.count("hard distractor refused by a second look", len(numbers) - len(clear))
        return clear


def _answering(reply: Reply | Refused, pieces: int) -> set[int]:
    """The pieces, from 1, in which a second look found an answer; what cannot be read, all."""
    every = set(range(1, pieces + 1))
    if isinstance(reply, Refused):
        return every
    try:
        said = orjson.loads(reply.text)
    except orjson.JSONDecodeError:
        return every
    found = said.get("answers") if isinstance(said, dict) else None
    sound = isinstance(found, list) and all(type(one) is int and one in every for one in found)
    return set(found) if sound and found is not None else every


def _questions(candidate: Mapping[str, Any]) -> list[tuple[str, str]]:
    """For each blank what fills it, and the words by which the question leads to its sentence."""
    if candidate["form"] in JOINED:
        return [(one["kind"], f"{one['before']} {one['after']}") for one in candidate["statements"]]
    asked = str(candidate["question"]).lower()
    cues = [str(cue) for cue in candidate["cues"] if str(cue).lower() in asked]
    return [(str(candidate["form"]), " ".join(cues))]


def looked_up(candidate: Mapping[str, Any]) -> list[str]:
    """The words that `Rivals` will look for of a candidate."""
    return [str(candidate["question"]), *(cues for _, cues in _questions(candidate))]


def _has(sentence: str, kind: str, language: str) -> bool:
    return kind == FREE or has(sentence, kind, language)  # type: ignore[arg-type]
