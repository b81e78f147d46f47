"""Held-out text > questions about made-up facts hidden in it: the needles of RULER, English or Chinese."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from longgrain.errors import PlanError
from longgrain.probes.haystack import Filler, Haystack, documents, noise
from longgrain.probes.laying import POSITIONS, Fitted, Fitter, lay, question, spread
from longgrain.protocols import Ground
from longgrain.types import Measure, Question, Size
from longgrain.vocabulary import Kind, Maker

# What a value is called; how a needle says it, alone or as one of several; how it is asked for.
WORDS = {
    "en": {
        "numbers": ("registry number", "registry numbers"),
        "words": ("password", "passwords"),
        "uuids": ("serial code", "serial codes"),
        "one": "The {what} of {key} is {value}.",
        "several": "One {what} of {key} is {value}.",
        "opening": "The text below also tells the {whats} of some things. Read it with care: a question about them follows.",
        "ask_one": "What is the {what} of {key}? Answer with the {what} alone.",
        "ask_all": "What are all the {whats} of {key}? Answer with the {whats} alone, every one of them.",
        "and": (", ", " and "),
    },
    "zh": {
        "numbers": ("登记号", "登记号"),
        "words": ("口令", "口令"),
        "uuids": ("序列码", "序列码"),
        "one": "{key}的{what}是{value}。",
        "several": "{key}有一个{what}是{value}。",
        "opening": "下面的文字里还写着一些事物的{whats}。请仔细阅读，随后有一个关于它们的问题。",
        "ask_one": "{key}的{what}是什么？只回答{what}。",
        "ask_all": "{key}的{whats}都有哪些？请全部列出，只回答{whats}。",
        "and": ("、", "和"),
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A key and one of its values."""

    key: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What one question is about: the facts asked for, and the others that stand by."""

    gold: tuple[Fact, ...]
    others: tuple[Fact, ...]
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Needle:
    """Finds values by their keys in a long text; all tasks of RULER's needle family by settings.

    A key has ``values``, a question asks for ``queries`` keys, and ``keys`` of them stand in the
    text. Every value counts at its own position.
    """

    name: ClassVar[str] = "needle"
    source: ClassVar[str] = "RULER (arXiv 2404.06654), niah.py"
    sizes: ClassVar[tuple[int, ...]] = ()
    unit: ClassVar[str] = ""
    controls: ClassVar[tuple[str, ...]] = ("evidence", "none")
    reply_tokens: ClassVar[int] = 128

    haystack: Haystack = "documents"
    """What the needles hide in: held-out documents, noise, or other needles."""
    keys: int = 1
    """Keys in the text, those asked for among them."""
    values: int = 1
    """Values of each key."""
    queries: int = 1
    """Keys that one question asks for."""
    key: Kind = "words"
    value: Kind = "numbers"

    def __post_init__(self) -> None:
        """PlanError for what cannot be."""
        if min(self.keys, self.values, self.queries) < 1:
            raise PlanError(
                f"needle with keys {self.keys}, values {self.values}, queries {self.queries}: "
                "there would be nothing to find; give 1 or more of each"
            )

    @property
    def measure(self) -> Measure:
        """RULER's rule: the share of the values that stand in the reply."""
        return Measure(metric="string_match", figure="string_match_all")

    def ask(self, ground: Ground, size: Size, count: int) -> Iterator[Question]:
        """Questions of one size; PlanError where the filler does not suffice."""
        ground.said["comparable"] = "no: RULER's tasks and rule, in words of our own"
        fitter = Fitter(ground=ground, size=size)
        positions = ground.positions or POSITIONS
        for number in range(count):
            yield self._question(ground, fitter, number, positions)

    def _question(self, ground: Ground, fitter: Fitter, number: int, positions: int) -> Question:
        names = (self.name, self.key, self.value, fitter.size.tokens, number)
        maker = Maker(ground.random(*names), ground.language, wide=self.haystack == "needles")
        asked = self._facts(maker, ground.random(*names, "order"))
        at = spread(number, len(asked.gold), positions)
        said = [(one, self._said(ground, fact)) for one, fact in zip(at, asked.gold, strict=True)]
        if ground.context == "whole":
            filler = self._filler(ground, maker, names)
            laid_out = [*said, *self._beside(ground, asked, names, positions)]

            def build(units: int, _: int) -> str:
                return self._prompt(ground, asked, lay(filler(units), laid_out, positions).context)

            prompt: Fitted | str = (fitted := fitter.fit(build))
            depths = lay(filler(fitted.pieces), laid_out, positions).depths[: len(said)]
        else:
            evidence = "\n".join(words for _, words in said)
            prompt = self._prompt(ground, asked, evidence if ground.context == "evidence" else "")
            depths = ()
        values = [fact.value for fact in asked.gold]
        about = (*asked.keys, *values)
        return question(
            ground, self.name, fitter.size, about, prompt, values, positions=at, depths=depths
        )

    def _facts(self, maker: Maker, random: Any) -> _Asked:
        """Keys and values of one question; in the text they stand in another order than there."""
        keys = [maker.one(self.key) for _ in range(max(self.keys, self.queries))]
        facts = [
            Fact(key=key, value=maker.one(self.value)) for key in keys for _ in range(self.values)
        ]
        gold = facts[: self.queries * self.values]
        return _Asked(
            gold=tuple(gold[i] for i in random.permutation(len(gold)).tolist()),
            others=tuple(facts[len(gold) :]),
            keys=tuple(keys[: self.queries]),
        )

    def _filler(self, ground: Ground, maker: Maker, names: Sequence[str | int]) -> Filler:
        if self.haystack == "documents":
            return documents(ground, *names, "documents")
        if self.haystack == "noise":
            return noise(ground)
        made: list[str] = []

        def needles(units: int) -> list[str]:
            while len(made) < units:
                fact = Fact(key=maker.one(self.key), value=maker.one(self.value))
                made.append(f"{self._said(ground, fact)}\n")
            return made[:units]

        return needles

    def _beside(
        self, ground: Ground, asked: _Asked, names: Sequence[str | int], positions: int
    ) -> list[tuple[int, str]]:
        """The needles that are not asked for, anywhere."""
        random = ground.random(*names, "beside")
        drawn = random.integers(0, positions, len(asked.others)).tolist()
        return [
            (at, self._said(ground, fact)) for at, fact in zip(drawn, asked.others, strict=True)
        ]

    def _said(self, ground: Ground, fact: Fact) -> str:
        words: Any = WORDS[ground.language]
        form = words["several" if self.values > 1 else "one"]
        said: str = form.format(what=words[self.value][0], key=fact.key, value=fact.value)
        return said

    def _prompt(self, ground: Ground, asked: _Asked, context: str) -> str:
        words: Any = WORDS[ground.language]
        what, whats = words[self.value]
        comma, last = words["and"]
        *first, end = asked.keys
        keys = f"{comma.join(first)}{last}{end}" if first else end
        form = words["ask_all" if self.queries * self.values > 1 else "ask_one"]
        question: str = form.format(what=what, whats=whats, key=keys)
        if not context:
            return question
        return "\n\n".join((words["opening"].format(whats=whats), context, question))
