"""A drawn task, a length, bins of depth > a draft: the list, the question, and the answer with its steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from longgrain.protocols import Materials
from longgrain.recipes.drawn import drawn as one_below
from longgrain.recipes.keyvalue import wording
from longgrain.recipes.keyvalue.laying import Laid, lay
from longgrain.recipes.keyvalue.styles import styles
from longgrain.recipes.keyvalue.tasks import CAPITALS, Entry, Task
from longgrain.types import Draft, Given, Message, Role, Span
from longgrain.vocabulary import number

RECIPE = "keyvalue"
SOURCE = f"longgrain.{RECIPE}"
# Of all checks those that look for operands act on it; its words are in no language.
FORM = "symbols"
# Tokens that a chat template and the blanks between the parts may take.
FRAME = 32
BLANK = "\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A task, the language of its words, how its list is written, and whether the steps are told."""

    task: Task
    language: str
    random: Any
    style: str
    steps: bool


def drafted(
    drawn: Drawn, materials: Materials, kind: str, tokens: int, bins: Sequence[int]
) -> Draft | None:
    """A draft of about so many tokens, template included; None where they do not suffice."""
    task, language, random = drawn.task, drawn.language, drawn.random
    name = f"{CAPITALS[random.integers(len(CAPITALS))]}-{number(random, 4)}"
    able = styles(task.form, language, name)
    style = able.get(drawn.style) or list(able.values())[int(random.integers(len(able)))]
    spoken = _Spoken(task=task, language=language, name=name)
    own = [spoken.instruction, spoken.question, spoken.reply]
    own += spoken.steps(task.evidence) if drawn.steps else ()
    room = tokens - FRAME - sum(materials.tokens(own))
    origin = Given(source=SOURCE, id=name)
    laid = lay(
        task,
        style,
        origin=origin,
        tokens=room,
        bins=bins,
        of=len(materials.depths),
        random=random,
        count=materials.tokens,
    )
    if laid is None:
        return None
    steps = spoken.steps(laid.evidence) if drawn.steps else ()
    meta = {
        "kind": kind,
        "form": FORM,
        "template": f"{RECIPE}.{task.form}-{spoken.number}",
        "language": language,
        "layout": "none",
        "keep_order": task.in_order,
        "evidence": [],
        "rivals": [],
        "hard": [],
        "operands": list(task.operands),
        "depths": [round(one, 4) for one in laid.depths],
        "style": style.name,
        "steps": bool(steps),
        **task.about,
    }
    return Draft(
        recipe=RECIPE,
        seed=materials.seed,
        evidence=(),
        messages=_messages(spoken, laid, steps),
        answer=task.answer,
        meta=meta,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spoken:
    """The words of one draft, drawn by its name and its answer."""

    task: Task
    language: str
    name: str

    @property
    def number(self) -> int:
        """Which wording of the question it is."""
        return self._below(len(wording.QUESTIONS[self.language][self.task.form]), "question")

    def _below(self, count: int, part: str) -> int:
        return one_below(count, part, self.name, self.task.answer, *self.task.said.values())

    @property
    def instruction(self) -> str:
        """What stands before the list."""
        able = (wording.IN_TURN if self.task.in_order else wording.INSTRUCTIONS)[self.language]
        return able[self._below(len(able), "instruction")]

    @property
    def question(self) -> str:
        """What is asked of it."""
        asked = wording.QUESTIONS[self.language][self.task.form][self.number]
        return asked.format(list=self.name, **self.task.said)

    @property
    def reply(self) -> str:
        """The answer in words."""
        able = wording.ANSWERS[self.language][self.task.form]
        answer = wording.times(self.task.answer, self.task.form, self.language)
        filled = {**self.task.said, "list": self.name, "answer": answer}
        return able[self._below(len(able), "answer")].format(**filled)

    def steps(self, evidence: Sequence[Entry]) -> tuple[str, ...]:
        """How the answer is found, from the evidence in the order of the list; nothing for a look-up."""
        told = wording.STEPS[self.language].get(self.task.form)
        if told is None:
            return ()
        return (told.format(found=self._found(evidence), **self.task.said),)

    def _found(self, evidence: Sequence[Entry]) -> str:
        form, apart = self.task.form, "; " if self.language == "en" else "；"
        if form.startswith("hops"):  # in the order of the chain
            chain = [one.key for one in self.task.evidence]
            return " → ".join([*chain, self.task.answer])
        if form.startswith("tracking"):
            return apart.join(f"{one.key} = {one.values[0]}" for one in evidence)
        if form in ("count-one", "count-most"):
            return (", " if self.language == "en" else "、").join(one.key for one in evidence)
        return apart.join(f"{one.key}: {one.values[0]}" for one in evidence)


def _messages(spoken: _Spoken, laid: Laid, steps: Sequence[str]) -> tuple[Message, ...]:
    def said(role: Role, text: str, part: str, loss: float = 0.0) -> Span:
        place = f"{part}-{spoken.task.form}-{spoken.language}"
        return Span(role=role, origin=Given(source=SOURCE, id=place), text=text, loss=loss)

    user = (
        said("instruction", spoken.instruction, "instruction"),
        said("glue", BLANK, "blank"),
        *laid.spans,
        said("glue", BLANK, "blank"),
        said("question", spoken.question, "question"),
    )
    told = [
        span
        for one in steps
        for span in (said("reasoning", one, "steps", 1.0), said("glue", "\n", "blank", 1.0))
    ]
    answer = said("answer", spoken.reply, "answer", 1.0)
    return (
        Message(speaker="user", spans=user),
        Message(speaker="assistant", spans=(*told, answer)),
    )
