"""Held-out grains > questions whose evidence is shown, or left out so that declining is right."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from longgrain.facts import holds
from longgrain.probes.drafted import NEAR, Reading, Words, enough, in_script, turns, words_of
from longgrain.probes.laying import POSITIONS, Fitter, question
from longgrain.protocols import Ground
from longgrain.types import Draft, Measure, Question, Size

FORMS = ("number", "date", "name", "term")
# An answer that more grains say than this, and than this share of them, is common: no question of it.
FEW, COMMON, HOLDS = 3, 0.05, 0.999
WORDS = {
    "en": {
        "instruction": "Answer the question at the end from the passages below and from nothing else. "
        "If they do not have the answer, do not guess, and reply only: {declined}",
        "declined": "The passages do not say.",
    },
    "zh": {
        "instruction": "请只根据下面的材料回答末尾的问题。材料里没有答案时不要猜测，只回答：{declined}",
        "declined": "材料中没有提到。",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Each question twice, in contexts alike: with its evidence, and without it.

    Without it no grain of the context answers, and where the answer is no bare number, none says it.
    """

    name: ClassVar[str] = "refusal"
    source: ClassVar[str] = "IN2 (arXiv 2404.16811), questions by rule; with and without evidence"
    sizes: ClassVar[tuple[int, ...]] = ()
    unit: ClassVar[str] = ""
    controls: ClassVar[tuple[str, ...]] = ("evidence", "none")
    reply_tokens: ClassVar[int] = 128

    near: int = NEAR
    """Grains nearest to the question that are laid among the others."""

    @property
    def measure(self) -> Measure:
        """Whether a reply answers or declines as it should."""
        return Measure(metric="refusal", figure="right")

    def ask(self, ground: Ground, size: Size, count: int) -> Iterator[Question]:
        """Questions of one size; PlanError where the documents give none or do not suffice."""
        fitter = Fitter(ground=ground, size=size)
        positions = ground.positions or POSITIONS
        found = ground.drafts("in2", "fine")
        rare = (one for one in found if one.meta["form"] in FORMS and _is_rare(ground, one))
        drafts = enough(rare, "question whose answer few grains say")
        # Without its evidence a question would be the same at any position.
        turned = turns(drafts, positions, (count + 1) // 2, again=False)
        for number, (draft, at) in enumerate(turned):
            for present in (True, False)[: count - 2 * number]:
                yield self._question(ground, fitter, draft, at, positions, present)

    def _question(
        self,
        ground: Ground,
        fitter: Fitter,
        draft: Draft,
        at: tuple[int, ...],
        positions: int,
        present: bool,
    ) -> Question:
        words = words_of(draft)
        own = WORDS[ground.language]
        declined = in_script(own["declined"], words.question)
        told = in_script(own["instruction"], words.question).format(declined=declined)
        reading = Reading(
            fitter=fitter,
            draft=draft,
            evidence=draft.meta["evidence"] if present else (),
            at=at if present else (),
            positions=positions,
            prompt=_prompt(told, words),
            near=self.near,
            leaves_out=lambda one: _says(ground, draft, one),
        )
        return question(
            ground,
            self.name,
            fitter.size,
            (draft.id,),
            reading.said(),
            (draft.answer if present else declined,),
            positions=at if present else (),
            depths=reading.depths if present else (),
            row={"form": draft.meta["form"], "present": present},
            groups=(f"evidence {'present' if present else 'absent'}",),
        )


def _prompt(told: str, words: Words) -> Callable[[str], str]:
    def prompt(context: str) -> str:
        if not context:
            return words.question
        return f"{told}\n\n{context}\n\n{words.label}{words.question}"

    return prompt


def _is_rare(ground: Ground, draft: Draft) -> bool:
    """Whether a context can be made without the grains that say the answer."""
    if draft.meta["form"] == "number":
        return True
    holders = ground.materials.holding(draft.answer, HOLDS)
    return len(holders) <= max(FEW, COMMON * len(ground.materials.grains))


def _says(ground: Ground, draft: Draft, number: int) -> bool:
    """Whether a grain says the answer; bare numbers stand everywhere and answer nothing there."""
    return draft.meta["form"] != "number" and holds(ground.materials.text(number), draft.answer)
