"""A draft over two grains > a question for both facts, and a reply that names the source of each."""

from __future__ import annotations

from dataclasses import dataclass

from longgrain.facts import Fact, Language, fits, plain
from longgrain.protocols import Materials
from longgrain.recipes.retrieve import wording
from longgrain.recipes.retrieve.asks import drawn
from longgrain.recipes.stated import (
    BLANK,
    Stated,
    counted,
    inner,
    shown,
    told,
    what_of,
    within,
)
from longgrain.types import Draft, Grain


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """``reply`` has ``{0}`` and ``{1}`` where the citations of ``evidence`` go."""

    template: str
    question: str
    answer: str
    reply: str
    evidence: tuple[int, int]


def joins(draft: Draft, language: Language, materials: Materials) -> Join | None:
    """The same facts asked for in other words; None for a form that is not reworded."""
    form, statements = str(draft.meta["form"]), draft.meta.get("statements") or ()
    if form not in wording.JOINED[language] or len(draft.evidence) != 2:
        return None
    steps = [_step(draft, one, language, materials) for one in statements]
    if form == "bridge" and len(steps) == 1 and steps[0]:
        steps.append(_last(draft, steps[0][0]))
    if len(steps) != 2 or None in steps:
        return None
    (first, one), (second, two) = (step for step in steps if step is not None)
    if first == second:
        return None
    wordings = wording.JOINED[language][form]
    number = drawn(draft.id) % len(wordings)
    asked = draft.meta.get("asked") or (two.kind, two.unit)
    question = wordings[number].format(
        a=_blanked(one, language, materials),
        b=_blanked(two, language, materials),
        what=what_of(str(asked[0]), asked[1], language),
    )
    kind = "compare:date" if form == "compare" and one.kind == "date" else form
    space = " " if language == "en" else ""
    reply = wording.JOINED_REPLY[language][kind].format(
        x=f"{_filling(one, language)}{space}{{0}}",
        y=f"{_filling(two, language)}{space}{{1}}",
        answer=_total(draft.answer, one, two, language),
    )
    return Join(
        template=f"retrieve.{kind}-{number}",
        question=question,
        answer=draft.answer,
        reply=reply,
        evidence=(first, second),
    )


def _blanked(one: Stated, language: Language, materials: Materials) -> str:
    return inner(shown(one, BLANK, materials.words(one.sentence), language), language)


def _filling(one: Stated, language: Language, answer: str = "") -> str:
    """What fills a blank, or another number in its place, with what it counts."""
    if one.kind != "number":
        return answer or told(one)
    return counted(answer or plain(one.answer), one.after, one.unit, language)


def _total(answer: str, one: Stated, two: Stated, language: Language) -> str:
    """A sum or difference with its unit, in the form that more than one of it takes."""
    unit = one.unit or ""
    if one.kind == "number" and unit and unit in "$£€¥￥":
        return f"{unit}{answer}"
    if one.kind == "number" and unit == "%":
        return f"{answer} percentage points" if language == "en" else f"{answer}个百分点"
    forms = (_filling(each, language, answer) for each in (one, two))
    return max(forms, key=len)


Step = tuple[int, Stated]


def _step(
    draft: Draft, statement: dict[str, str], language: Language, materials: Materials
) -> Step | None:
    """The grain whose sentence a statement fits, and what fills its blank there."""
    for number in draft.meta["evidence"]:
        for sentence in materials.sentences(number):
            fact: Fact | None = next(fits(statement, sentence, language), None)
            grain = within(number, sentence, materials) if fact else None
            if fact and grain:
                return number, _stated(grain, fact.text, statement)
    return None


def _stated(grain: Grain, answer: str, statement: dict[str, str]) -> Stated:
    return Stated(
        sentence=grain,
        answer=answer,
        before=statement["before"],
        after=statement["after"],
        kind=statement["kind"],
        unit=statement.get("unit"),
    )


def _last(draft: Draft, first: int) -> Step:
    """The second step of a bridge: its answer, in the other grain."""
    number = next(one for one in draft.meta["evidence"] if one != first)
    grain = draft.evidence[list(draft.meta["evidence"]).index(number)]
    return number, Stated(sentence=grain, answer=draft.answer)
