"""Random letters > a coded text whose words follow a power law, and the question which lead: RULER's frequent words."""

from __future__ import annotations

import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import ClassVar

import numpy as np

from longgrain import vocabulary
from longgrain.errors import PlanError
from longgrain.probes.laying import Fitter, question
from longgrain.protocols import Ground
from longgrain.types import Measure, Question, Size

ASKED = 3
NOISE = "..."
LEAST = 120  # words that a text needs so that the third leads the fourth
LENGTH = {"en": 6, "zh": 3}
ALPHABET = {
    "en": string.ascii_lowercase,
    "zh": "山水风云日月星火石田木竹花草鸟鱼虫马牛羊金银铜铁红黄蓝白黑青东西南北春夏秋冬高低长短大小多少",
}
WORDS = {
    "en": (
        "The text below is in code. Count how often each of its words stands in it; the dots are no word.",
        "Which three words of the coded text are the most frequent? Answer with the three words alone.",
    ),
    "zh": (
        "下面是一段密文。请数一数其中每个词出现的次数；省略号不算词。",
        "这段密文中出现次数最多的三个词是哪些？只回答这三个词。",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FrequentWords:
    """Counts over the whole context: nothing to find at one place, so there are no positions."""

    name: ClassVar[str] = "frequent_words"
    source: ClassVar[str] = "RULER (arXiv 2404.06654), freq_words_extraction.py"
    sizes: ClassVar[tuple[int, ...]] = ()
    unit: ClassVar[str] = ""
    controls: ClassVar[tuple[str, ...]] = ("none",)
    reply_tokens: ClassVar[int] = 64

    alpha: float = 2.0
    """The word of rank k has a share in proportion to k to the power of -alpha; rank 1 is dots."""

    def __post_init__(self) -> None:
        """PlanError for what cannot be."""
        if not 1 < self.alpha < 6:
            raise PlanError(
                f"frequent_words with alpha {self.alpha}: no word would lead clearly, or one alone "
                "would stand there; give more than 1 and less than 6"
            )

    @property
    def measure(self) -> Measure:
        """RULER's rule: the share of the three words that stand in the reply."""
        return Measure(metric="string_match", figure="string_match_all")

    def ask(self, ground: Ground, size: Size, count: int) -> Iterator[Question]:
        """Questions of one size; PlanError for one in which no three words would lead."""
        ground.said["comparable"] = "no: RULER's task and rule, in words of our own"
        fitter = Fitter(ground=ground, size=size, least=LEAST)
        for number in range(count):
            yield self._question(ground, fitter, number)

    def _question(self, ground: Ground, fitter: Fitter, number: int) -> Question:
        names = (self.name, fitter.size.tokens, number)
        alphabet, length = ALPHABET[ground.language], LENGTH[ground.language]
        made = vocabulary.letters(ground.random(*names), alphabet, length)
        ranked = [NOISE, *islice(made, max(2 * ASKED, fitter.size.tokens // 50))]
        opening, asked = WORDS[ground.language]

        def build(units: int, _: int) -> str:
            text = [
                word
                for word, n in zip(ranked, self._counts(units, len(ranked)), strict=True)
                for _ in range(n)
            ]
            order = ground.random(*names, units).permutation(len(text)).tolist()
            return f"{opening}\n\n{' '.join(text[i] for i in order)}\n\n{asked}"

        gold = ranked[1 : ASKED + 1]
        fitted = fitter.fit(build)
        counts = self._counts(fitted.pieces, len(ranked))
        if counts[ASKED] <= counts[ASKED + 1]:
            raise PlanError(
                f"in {fitted.tokens:,} tokens the third most frequent word does not lead the fourth "
                f"with alpha {self.alpha}: ask for a longer one, or set alpha nearer to 2"
            )
        prompt = asked if ground.context == "none" else fitted
        return question(ground, self.name, fitter.size, gold, prompt, gold)

    def _counts(self, words: int, ranks: int) -> Sequence[int]:
        """How often the word of each rank stands in a text of about so many words."""
        far = 10_000
        whole = float(np.sum(np.arange(1.0, far) ** -self.alpha))
        whole += far ** (1 - self.alpha) / (self.alpha - 1)  # what comes after, as an integral
        shares = np.arange(1.0, ranks + 1) ** -self.alpha / whole
        counts: list[int] = (words * shares).astype(int).tolist()
        return counts
