"""A question of `in2` by rule and a recipe's own wordings > the same fact, asked in the recipe's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from longgrain.recipes.asked import question_of
from longgrain.recipes.drawn import drawn
from longgrain.recipes.script import written
from longgrain.types import Draft, Dropped, Given, Message, Span


@dataclass(frozen=True, kw_only=True)
class Asking:
    """What a recipe says when it asks, by language.

    A ``gap`` wording takes the place of the question about a blank: ``{s}`` is the statement,
    ``{S}`` the same with its full stop, ``{what}`` what the blank hides. A ``whole`` wording stands
    around a question that has no blank of its own, or several: ``{q}``. None may hold a number.
    """

    name: str
    gap: Mapping[str, Sequence[str]]
    whole: Mapping[str, Sequence[str]]


def asked_by(item: Draft | Dropped, asking: Asking) -> Draft | Dropped:
    """The draft with its question in these words; what is asked for, and the reply, are as before."""
    if isinstance(item, Dropped):
        return item
    asked = question_of(item)
    blank = dict(item.meta.get("blank") or {})
    language = "zh" if item.meta["language"] == "zh" else "en"
    wordings = (asking.gap if blank else asking.whole)[language]
    question = asked.text or ""  # not the draft's id: another answer is asked for in the same words
    number = drawn(len(wordings), asking.name, question)
    style = f"{'gap' if blank else 'whole'}-{language}-{number}"
    filled = {**blank, "q": question}
    text = _in_script(wordings[number], language, question).format(**filled)
    spoken = Span(role="question", origin=Given(source=asking.name, id=style), text=text)
    kind = str(item.meta["form"])
    return replace(
        item,
        messages=tuple(_with(message, asked, spoken) for message in item.messages),
        meta={**item.meta, "template": f"{kind}.{asking.name.rpartition('.')[2]}-{style}"},
    )


def _in_script(wording: str, language: str, like: str) -> str:
    return written(wording, like) if language == "zh" else wording


def _with(message: Message, old: Span, new: Span) -> Message:
    return replace(message, spans=tuple(new if one is old else one for one in message.spans))
