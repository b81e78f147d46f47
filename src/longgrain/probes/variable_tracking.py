"""Filler > a chain of assignments hidden in it, and the question which variables have its value: RULER's tracking."""

from __future__ import annotations

import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, ClassVar, Literal

from longgrain import vocabulary
from longgrain.errors import PlanError
from longgrain.probes.haystack import documents, noise
from longgrain.probes.laying import POSITIONS, Fitted, Fitter, lay, question, spread
from longgrain.protocols import Ground
from longgrain.types import Measure, Question, Size

WORDS = {
    "en": {
        "first": "SET {name} = {value}",
        "next": "SET {name} = {before}",
        "opening": (
            "In the text below variables are set, some to a number and some to what another variable "
            "has. Follow who gets what from whom."
        ),
        "ask": (
            "Which variables have the value {value} in the end? Answer with the names of all "
            "{count} alone."
        ),
    },
    "zh": {
        "first": "令 {name} = {value}",
        "next": "令 {name} = {before}",
        "opening": "下面的文字中夹着一些变量赋值：有的变量得到一个数，有的变量得到另一个变量的值。请留意它们如何传递。",
        "ask": "最终值为{value}的变量有哪些？共有{count}个，只回答它们的名字。",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chain:
    """A number, and the variables that get it, one from the other."""

    value: str
    variables: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VariableTracking:
    """Follows a value along a chain of assignments; every variable counts at its own position."""

    name: ClassVar[str] = "variable_tracking"
    source: ClassVar[str] = "RULER (arXiv 2404.06654), variable_tracking.py"
    sizes: ClassVar[tuple[int, ...]] = ()
    unit: ClassVar[str] = ""
    controls: ClassVar[tuple[str, ...]] = ("evidence", "none")
    reply_tokens: ClassVar[int] = 96

    haystack: Literal["documents", "noise"] = "noise"
    """What the assignments hide in; RULER has noise."""
    chains: int = 1
    """Chains in the text; the first is asked about."""
    hops: int = 4
    """Assignments after the first of a chain."""

    def __post_init__(self) -> None:
        """PlanError for what cannot be."""
        if self.chains < 1 or self.hops < 0:
            raise PlanError(
                f"variable_tracking with chains {self.chains}, hops {self.hops}: there would be "
                "nothing to follow; give one chain or more"
            )

    @property
    def measure(self) -> Measure:
        """RULER's rule: the share of the variables that stand in the reply."""
        return Measure(metric="string_match", figure="string_match_all")

    def ask(self, ground: Ground, size: Size, count: int) -> Iterator[Question]:
        """Questions of one size; PlanError where the filler does not suffice."""
        ground.said["comparable"] = (
            "no: RULER's task and rule, in words of our own, without example"
        )
        fitter = Fitter(ground=ground, size=size)
        positions = ground.positions or POSITIONS
        for number in range(count):
            yield self._question(ground, fitter, number, positions)

    def _question(self, ground: Ground, fitter: Fitter, number: int, positions: int) -> Question:
        names = (self.name, fitter.size.tokens, number)
        asked, *others = self._chains(ground.random(*names))
        at = spread(number, self.hops + 1, positions)
        said = list(zip(at, _said(ground, asked), strict=True))
        if ground.context == "whole":
            filler = (
                noise(ground)
                if self.haystack == "noise"
                else documents(ground, *names, "documents")
            )
            laid_out = [*said, *_beside(ground, others, names, positions)]

            def build(units: int, _: int) -> str:
                return _prompt(ground, asked, lay(filler(units), laid_out, positions).context)

            prompt: Fitted | str = (fitted := fitter.fit(build))
            depths = lay(filler(fitted.pieces), laid_out, positions).depths[: len(said)]
        else:
            lines = "\n".join(words for _, words in said)
            prompt = _prompt(ground, asked, lines if ground.context == "evidence" else "")
            depths = ()
        about, wanted = (asked.value, *asked.variables), asked.variables
        return question(
            ground, self.name, fitter.size, about, prompt, wanted, positions=at, depths=depths
        )

    def _chains(self, random: Any) -> list[_Chain]:
        """Chains of distinct variables of five capitals, with values of five digits."""
        made = vocabulary.letters(random, string.ascii_uppercase, 5)
        found: dict[str, _Chain] = {}
        while len(found) < self.chains:
            value = vocabulary.number(random, 5)
            if value not in found:
                variables = tuple(islice(made, self.hops + 1))
                found[value] = _Chain(value=value, variables=variables)
        return list(found.values())


def _said(ground: Ground, chain: _Chain) -> list[str]:
    """The assignments of a chain, in order."""
    words = WORDS[ground.language]
    first = words["first"].format(name=chain.variables[0], value=chain.value)
    following = zip(chain.variables[1:], chain.variables, strict=False)
    return [first, *(words["next"].format(name=own, before=before) for own, before in following)]


def _beside(
    ground: Ground, chains: Sequence[_Chain], names: Sequence[str | int], positions: int
) -> list[tuple[int, str]]:
    """The assignments of chains that are not asked about, each chain in order, anywhere."""
    random = ground.random(*names, "beside")
    found: list[tuple[int, str]] = []
    for chain in chains:
        at = sorted(random.integers(0, positions, len(chain.variables)).tolist())
        found += zip(at, _said(ground, chain), strict=True)
    return found


def _prompt(ground: Ground, asked: _Chain, context: str) -> str:
    words = WORDS[ground.language]
    question = words["ask"].format(value=asked.value, count=len(asked.variables))
    return "\n\n".join((words["opening"], context, question)) if context else question
