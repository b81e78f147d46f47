"""Held-out grains > a question with a first answer, right or wrong, that the model is to check and correct."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

from longgrain.facts import facts, holds
from longgrain.probes.drafted import NEAR, Reading, enough, framed, in_script, turns, words_of
from longgrain.probes.laying import POSITIONS, Fitter, question
from longgrain.protocols import Ground
from longgrain.types import Draft, Measure, Question, Size, Speaker

WORDS = {
    "en": {
        "instruction": "Answer the question at the end from the passages below, briefly.",
        "check": "Check the answer above against the passages. Write “right” or “wrong” on the first "
        "line, and on the second line the answer that you give in the end.",
        "check_blind": "Check the answer above. Write “right” or “wrong” on the first line, and on the "
        "second line the answer that you give in the end.",
        "stop": ".",
    },
    "zh": {
        "instruction": "请根据下面的材料简要回答末尾的问题。",
        "check": "请对照材料核对上面的回答。第一行只写“正确”或“错误”，第二行写出你最终的答案。",
        "check_blind": "请核对上面的回答。第一行只写“正确”或“错误”，第二行写出你最终的答案。",
        "stop": "。",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfCorrection:
    """Does the model see that an answer is wrong, and does it find the right one?

    A wrong answer is what a hasty reader takes from another sentence (recipe `pam`), which the
    context holds too. With ``first="given"`` half of the first answers are right and half wrong, put
    into the model's mouth; with ``own`` the model answers first, and is then asked to check that.
    """

    name: ClassVar[str] = "self_correction"
    source: ClassVar[str] = "ISC (arXiv 2401.07301), measures; questions by rule"
    sizes: ClassVar[tuple[int, ...]] = ()
    unit: ClassVar[str] = ""
    controls: ClassVar[tuple[str, ...]] = ("evidence", "none")
    reply_tokens: ClassVar[int] = 128

    first: Literal["given", "own"] = "given"
    """Whose the first answer is."""
    near: int = NEAR
    """Grains nearest to the question that are laid among the others."""

    @property
    def measure(self) -> Measure:
        """Whether the last answer is right; ISC's figures are made of all verdicts together."""
        return Measure(metric="rechecked", figure="last_right", beside=("verdict_right",))

    def ask(self, ground: Ground, size: Size, count: int) -> Iterator[Question]:
        """Questions of one size; PlanError where the documents give none or do not suffice."""
        positions = ground.positions or POSITIONS
        found = ground.drafts("pam", "pam-bad", options=2, bad=1.0)
        drafts = enough(
            filter(_tells, found), "question with a wrong answer that its documents suggest"
        )
        fitter = Fitter(ground=ground, size=size)
        turned = turns(drafts, positions, count if self.first == "own" else (count + 1) // 2)
        for number, (draft, at) in enumerate(turned):
            if self.first == "own":
                yield self._question(ground, fitter, draft, at, positions, "")
                continue
            for given in ("right", "wrong")[: count - 2 * number]:
                yield self._question(ground, fitter, draft, at, positions, given)

    def _question(
        self,
        ground: Ground,
        fitter: Fitter,
        draft: Draft,
        at: tuple[int, ...],
        positions: int,
        given: str,
    ) -> Question:
        asked, words = words_of(draft), WORDS[ground.language]
        check = words["check_blind" if ground.context == "none" else "check"]
        check = in_script(check, asked.question)
        instruction = in_script(words["instruction"], asked.question)
        first = _right(draft) if given == "right" else _wrong(draft)
        turns: tuple[tuple[Speaker, str], ...] = ()
        if given:
            stop = "" if first.endswith((".", "。")) else words["stop"]
            turns = (("assistant", first + stop), ("user", check))
        fitter.beside = sum(ground.tokens([said for _, said in turns])) if turns else 0
        reading = Reading(
            fitter=fitter,
            draft=draft,
            evidence=draft.meta["evidence"],
            at=at,
            positions=positions,
            prompt=framed(asked._replace(instruction=instruction)),
            near=self.near,
        )
        return question(
            ground,
            self.name,
            fitter.size,
            (self.first, draft.id),
            reading.said(),
            (draft.answer,),
            positions=at,
            depths=reading.depths,
            row={"form": draft.meta["form"], **({"first": first} if given else {})},
            groups=(f"first answer {given}",) if given else (),
            turns=turns,
            then="" if given else check,
        )


def _tells(draft: Draft) -> bool:
    """Whether right and wrong answers differ in what they say, and in nothing else."""
    right, wrong = _right(draft), _wrong(draft)
    same = holds(wrong, draft.answer) or holds(draft.answer, wrong)
    return _unit(right) == _unit(wrong) and not same


def _wrong(draft: Draft) -> str:
    """The misreading."""
    return str(draft.meta["first"])


def _right(draft: Draft) -> str:
    """The answer as it is said beside the misreading, with its unit."""
    others = [one for one in draft.meta["options"] if one.rstrip(".。") != _wrong(draft)]
    return str(others[0] if len(others) == 1 else draft.answer)


def _unit(answer: str) -> tuple[str, str | None]:
    """What is counted, or a date: by that alone right and wrong must not be told apart."""
    found = [one for one in facts(answer) if one.kind in ("number", "date")]
    return (found[0].kind, found[0].unit) if found else ("", None)
