"""Questions of `in2` by rule and seeds > the same facts asked and answered in the form of a seed, or why not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from longgrain.facts import Fact, facts
from longgrain.protocols import Materials
from longgrain.recipes.asked import asked
from longgrain.recipes.asking import asked_by
from longgrain.recipes.drawn import drawn
from longgrain.recipes.imitate.seeds import Seed, Seeds
from longgrain.recipes.imitate.wording import INSTRUCTION, QUESTION
from longgrain.recipes.misread import Misreadings
from longgrain.recipes.quoting import Said, quoted, rests_on
from longgrain.types import Draft, Given, Span

# An output with no more words than these besides its fact is the fact; with more, a sentence.
BESIDE = 2
# Instructions that ask for a fact as a question does; to translate or to sum up takes a model.
NAMING = frozenset(
    """
    name state give tell find identify answer complete fill quote copy supply say write look
    写出 说出 指出 给出 找出 填写 填空 回答 抄出 說出 寫出 給出 找到 查出
    """.split()  # noqa: SIM905
)


class Form(NamedTuple):
    """What a seed asks for and how its output says it: ``bare``, ``stopped`` or a ``sentence``."""

    kind: str
    says: str
    asks: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A pair by rule: the question's draft in the seed's manner, the reply, the sentence behind both."""

    draft: Draft
    reply: tuple[Span, ...]
    said: Said
    seed: Seed

    @property
    def output(self) -> str:
        """The words of the reply, those of a quoted sentence included."""
        return "".join(one.text if one.text is not None else self.said.text for one in self.reply)


def form_of(seed: Seed) -> Form | None:
    """The form of a seed, or None for a task that no rule can do."""
    able = seed.task.asks == "question" or seed.task.asks in NAMING
    if not able or seed.task.gives not in ("answer", "label"):
        return None
    found = facts(seed.output, seed.language, names=True)
    whole = _widest(found)
    kind = whole.kind if whole else "term"
    says = "bare"
    if seed.output.rstrip().endswith((".", "。", "!", "！")):
        says = "stopped"
    if _beside(seed, whole) > BESIDE:
        if whole is None:
            return None
        says = "sentence"
    return Form(kind, says, "question" if seed.task.asks == "question" else "instruction")


def _widest(found: list[Fact]) -> Fact | None:
    return max(found, key=lambda one: one.end - one.start) if found else None


def _beside(seed: Seed, whole: Fact | None) -> int:
    """Words (or half the Han characters) of an output besides its fact."""
    rest = seed.output if whole is None else seed.output[: whole.start] + seed.output[whole.end :]
    if seed.language == "zh":
        return sum(one.isalnum() for one in rest) // 2
    return len(rest.split())


def forms(seeds: Seeds, language: str) -> Mapping[Seed, Form]:
    """The seeds of a language whose task a rule can do."""
    found = ((one, form_of(one)) for one in seeds.of(language))
    return {seed: form for seed, form in found if form}


def made_of(draft: Draft, seeds: Seeds, materials: Materials) -> Made | str:
    """The question and its answer in the form of one of the seeds that ask for such a fact."""
    language = str(draft.meta["language"])
    known = forms(seeds, language)
    if not known:
        return "no seed in its language asks for a fact, so no rule can follow it"
    able = [one for one, form in known.items() if form.kind == draft.meta["form"]]
    if not able:
        return "no seed asks for a fact of its kind"
    seed = able[drawn(len(able), "imitate", draft.id)]
    evidence = rests_on(draft, materials)
    if not evidence:
        return "the sentence that answers the question cannot be quoted as a whole"
    form = known[seed]
    spoken = asked_by(draft, QUESTION if form.asks == "question" else INSTRUCTION)
    assert isinstance(spoken, Draft)
    reply = _reply(draft, form, evidence[0], materials, seeds.frame(language, "output"))
    return Made(draft=spoken, reply=reply, said=evidence[0], seed=seed)


def _reply(
    draft: Draft, form: Form, said: Said, materials: Materials, frame: tuple[str, str]
) -> tuple[Span, ...]:
    before, after = frame
    if form.says == "sentence" and not before + after:
        return (quoted(said, "answer", 1.0),)
    right = Misreadings.of(materials).right(draft, [said])
    answer = right.answer if right else draft.answer
    stop = "。" if draft.meta["language"] == "zh" else "."
    end = stop if form.says == "stopped" and not after else ""
    given = Given(source="longgrain.imitate", id=f"{draft.meta['form']}-{form.says}")
    words = f"{before}{answer}{after or end}"
    return (Span(role="answer", origin=given, text=words, loss=1.0),)


def question(made: Made, frame: tuple[str, str]) -> str:
    """The input in the words of the recipe, in the frame that all seeds share."""
    return f"{frame[0]}{asked(made.draft)}{frame[1]}"
