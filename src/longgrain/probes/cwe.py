"""Made-up names > a numbered list in which some stand more often, and the question which: RULER's common words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from longgrain.errors import PlanError
from longgrain.probes.laying import Fitter, question
from longgrain.protocols import Ground
from longgrain.types import Measure, Question, Size
from longgrain.vocabulary import Maker

SHORT, SHORT_TIMES, SHORT_OTHERS = 4096, 6, 1  # RULER lists fewer of each below so many tokens
WORDS = {
    "en": (
        "Here is a numbered list of names. Some of them occur more often than all the others.",
        "Which {count} names occur most often in the list? Answer with the {count} names alone.",
    ),
    "zh": (
        "下面是一张带编号的名称清单，其中有些名称出现的次数比别的都多。",
        "清单中出现次数最多的{count}个名称是哪些？只回答这{count}个名称。",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonWords:
    """Counts over the whole context: nothing to find at one place, so there are no positions."""

    name: ClassVar[str] = "common_words"
    source: ClassVar[str] = "RULER (arXiv 2404.06654), common_words_extraction.py"
    sizes: ClassVar[tuple[int, ...]] = ()
    unit: ClassVar[str] = ""
    controls: ClassVar[tuple[str, ...]] = ("none",)
    reply_tokens: ClassVar[int] = 160

    common: int = 10
    """Names that are asked for."""
    times: int = 30
    """How often each of them stands in the list; 6 below 4,096 tokens, as in RULER."""
    others: int = 3
    """How often every other name does; 1 below 4,096 tokens."""

    def __post_init__(self) -> None:
        """PlanError for what cannot be."""
        if self.common < 1 or not 0 < self.others < self.times:
            raise PlanError(
                f"common_words with common {self.common}, times {self.times}, others "
                f"{self.others}: no name would stand out; let times be more than others"
            )

    @property
    def measure(self) -> Measure:
        """RULER's rule: the share of the names that stand in the reply."""
        return Measure(metric="string_match", figure="string_match_all")

    def ask(self, ground: Ground, size: Size, count: int) -> Iterator[Question]:
        """Questions of one size; PlanError where it does not hold the common names alone."""
        ground.said["comparable"] = (
            "no: RULER's task and rule, in words and with names of our own, without example"
        )
        fitter = Fitter(ground=ground, size=size)
        for number in range(count):
            yield self._question(ground, fitter, number)

    def _question(self, ground: Ground, fitter: Fitter, number: int) -> Question:
        names = (self.name, fitter.size.tokens, number)
        maker = Maker(random=ground.random(*names), language=ground.language, wide=True)
        common = [maker.one("words") for _ in range(self.common)]
        opening, asked = (one.format(count=self.common) for one in WORDS[ground.language])
        rare: list[str] = []
        short = fitter.size.tokens < SHORT
        times, others = (SHORT_TIMES, SHORT_OTHERS) if short else (self.times, self.others)

        def build(units: int, _: int) -> str:
            while len(rare) < units:
                rare.append(maker.one("words"))
            listed = common * times + rare[:units] * others
            order = ground.random(*names, units).permutation(len(listed)).tolist()
            return f"{opening}\n\n{_numbered([listed[i] for i in order])}\n\n{asked}"

        prompt = asked if ground.context == "none" else fitter.fit(build)
        return question(ground, self.name, fitter.size, common, prompt, common)


def _numbered(listed: Sequence[str]) -> str:
    return " ".join(f"{number}. {name}" for number, name in enumerate(listed, start=1))
