"""Held-out grains > sentences in another order than they stand in, or figures to be put in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from longgrain.errors import PlanError
from longgrain.probes.drafted import (
    NEAR,
    Reading,
    Words,
    apart,
    enough,
    framed,
    in_script,
    turns,
    words_of,
)
from longgrain.probes.laying import POSITIONS, Fitter, question
from longgrain.protocols import Ground
from longgrain.types import Draft, Measure, Question, Size

MOST = 8  # letters that the answers are read by
# A sentence that is asked about has so many characters: it is told apart, and stands on one line.
LONG = {"en": (50, 220), "zh": (15, 90)}
ENDS = (".", "!", "?", "。", "！", "？")
# Quoted again a sentence with quotation marks is hard to read, and tables and code are no sentences.
QUOTING = frozenset('“”‘"「」『』|`')
# A grain that holds so much of a sentence's words says it as well.
SAYS = 0.8
WORDS = {
    "en": {
        "instruction": "Read the passages below. A question about the order of some of them follows.",
        "label": "Question: ",
        "ask": "In which order do these sentences stand in the text above?\n{list}\n"
        "Answer with the letters alone, from the first in the text to the last, as in {example}.",
        "item": "{letter}. “{words}”",
        "comma": ", ",
    },
    "zh": {
        "instruction": "请阅读下面的材料，随后要判断其中几句话出现的先后。",
        "label": "问题：",
        "ask": "下列句子在上面的材料中，出现的先后次序是怎样的？\n{list}\n"
        "请按出现的先后只写字母，例如：{example}。",
        "item": "{letter}. “{words}”",
        "comma": "、",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Which of several sentences stands first in a context that was laid in an order of its own.

    With ``of="figures"`` these are the questions of `in2` that put statements in order by the
    figures that are left out of them: then it does not matter where they stand.
    """

    name: ClassVar[str] = "order"
    source: ClassVar[str] = "longgrain's own; figures as in IN2 (arXiv 2404.16811), by rule"
    sizes: ClassVar[tuple[int, ...]] = ()
    unit: ClassVar[str] = ""
    controls: ClassVar[tuple[str, ...]] = ("evidence", "none")
    reply_tokens: ClassVar[int] = 128

    of: Literal["passages", "figures"] = "passages"
    """Order in the context, or by the figures that fill the gaps of statements."""
    pieces: int = 3
    """Sentences that a question puts in order; of figures the most."""
    near: int = NEAR
    """Grains nearest to the question that are laid among the others; of figures alone."""

    def __post_init__(self) -> None:
        """PlanError for what cannot be."""
        if not 2 <= self.pieces <= MOST:
            raise PlanError(f"order pieces {self.pieces}: 2 to {MOST} sentences can be ordered")

    @property
    def measure(self) -> Measure:
        """Whether the reply gives the whole order."""
        return Measure(metric="answer", figure="answered")

    def ask(self, ground: Ground, size: Size, count: int) -> Iterator[Question]:
        """Questions of one size; PlanError where the documents give none or do not suffice."""
        positions = ground.positions or POSITIONS
        if positions < self.pieces:
            raise PlanError(
                f"{self.pieces} sentences cannot lie at {positions} positions: ask with --positions "
                f"{self.pieces} or more, or --set pieces={max(2, positions)}"
            )
        fitter = Fitter(ground=ground, size=size)
        if self.of == "passages":
            drafts = enough(_sentences(ground, self.pieces), "question about the order of passages")
        else:
            most = [2, max(3, self.pieces)]
            found = ground.drafts("in2", "integration", pieces=most)
            ordered = (one for one in found if one.meta["form"] == "order")
            drafts = enough(ordered, "question about the order of figures")
        for draft, at in turns(drafts, positions, count, apart=int(self.of == "passages")):
            yield self._question(ground, fitter, draft, at, positions)

    def _question(
        self, ground: Ground, fitter: Fitter, draft: Draft, at: tuple[int, ...], positions: int
    ) -> Question:
        placed = self.of == "passages"
        words, answer = _asked(ground, draft, at) if placed else (words_of(draft), draft.answer)
        reading = Reading(
            fitter=fitter,
            draft=draft,
            evidence=draft.meta["evidence"],
            at=at,
            positions=positions,
            prompt=framed(words),
            near=self.near,
        )
        return question(
            ground,
            self.name,
            fitter.size,
            (self.of, draft.id),
            reading.said(),
            (answer,),
            positions=at,
            depths=reading.depths,
            row={"form": "order"},
            groups=(apart(at, positions), f"grains {len(at)}"),
        )


def _asked(ground: Ground, draft: Draft, at: Sequence[int]) -> tuple[Words, str]:
    """The question for sentences at these positions, and its answer: their letters in that order."""
    words: Any = WORDS[ground.language]
    said: Sequence[str] = draft.meta["sentences"]
    shuffled = ground.random("letters", draft.id, *at).permutation(len(said)).tolist()
    letters = {one: chr(ord("A") + place) for place, one in enumerate(shuffled)}
    listed = [words["item"].format(letter=letters[one], words=said[one]) for one in shuffled]
    right = sorted(range(len(said)), key=lambda one: at[one])
    example = [chr(ord("A") + one) for one in reversed(range(len(said)))]
    told = (in_script(words[name], said[0]) for name in ("instruction", "label", "ask"))
    instruction, label, ask = told
    ask = ask.format(list="\n".join(listed), example=words["comma"].join(example))
    answer = words["comma"].join(letters[one] for one in right)
    return Words(instruction, label, ask), answer


def _sentences(ground: Ground, pieces: int) -> Iterator[Draft]:
    """Sentences from different grains of one document, each of which stands in its grain alone."""
    materials = ground.materials
    used: set[int] = set()
    for number in materials.grains:
        found: dict[int, str] = {}
        own = [one for one in materials.neighbours(number) if one not in used]
        order = ground.random("order", number).permutation(len(own)).tolist()
        for one in [number, *(own[place] for place in order)]:
            if one not in used and one not in found and (said := _sentence(ground, one)):
                found[one] = said
            if len(found) == pieces:
                used.update(found)
                yield _draft(ground, found)
                break


def _sentence(ground: Ground, number: int) -> str:
    """A whole sentence of a grain that no other grain says, or ""."""
    least, most = LONG[ground.language]
    inner = [one.strip() for one in ground.materials.sentences(number)[1:-1]]
    for one in sorted(inner, key=len, reverse=True):
        plain = least <= len(one) <= most and one.endswith(ENDS) and "\n" not in one
        if plain and one[0].isalpha() and not QUOTING & {*one}:
            holders = {n for n, _ in ground.materials.holding(one, SAYS)}
            return one if holders <= {number} else ""
    return ""


def _draft(ground: Ground, found: Mapping[int, str]) -> Draft:
    numbers = list(found)
    return Draft(
        recipe="order",
        seed=0,
        evidence=tuple(map(ground.materials.grain, numbers)),
        messages=(),
        answer="",
        meta={"evidence": numbers, "sentences": [found[one] for one in numbers]},
    )
