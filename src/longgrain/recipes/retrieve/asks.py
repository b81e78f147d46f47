"""A sentence and its fact > a question as a user of a search would ask it, its answer and its reply."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from longgrain.facts import Language, facts, holds, normalise, plain
from longgrain.protocols import Materials
from longgrain.recipes.retrieve import wording
from longgrain.recipes.stated import BLANK, Stated, inner, shown, told, what_of
from longgrain.types import Grain, content_id

Style = Literal["fact", "claim", "lookup"]
# Facts that a statement can have wrong without becoming nonsense.
CHANGEABLE = ("number", "date", "name")
# A lookup names so many words of English, one clause of Chinese less, of such lengths.
SOUGHT = 3
LENGTHS: dict[Language, tuple[int, int]] = {"en": (5, 24), "zh": (4, 14)}
_WORD = re.compile(r"[A-Za-z][a-z]+(?:-[a-z]+)*")
_CLAUSE = re.compile(r"[^，；：。、！？…—“”‘’「」『』《》（）()\s]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A question with its answer; the sentence that a quote gives; what to say if nothing answers.

    ``terms`` must not stand together in any other sentence that is shown.
    """

    style: Style
    template: str
    form: str
    question: str
    answer: str
    reply: str
    sentence: Grain
    terms: tuple[str, ...] = ()


def drawn(*parts: str | int) -> int:
    """A number from the hash of the parts."""
    return int(content_id("retrieve", *parts), 16)


def spoken(language: str) -> Language:
    """The language of our own words."""
    return "zh" if language.startswith("zh") else "en"


def asks(
    found: Stated, style: Style, language: Language, materials: Materials, others: Sequence[int]
) -> Ask | None:
    """A question of one style; None where the sentence does not lend itself to it.

    ``others`` are grains that a wrong fact may come from.
    """
    draw = drawn(style, found.sentence.doc_id, found.sentence.start)
    if style == "lookup":
        return _lookup(found, language, materials, draw)
    if not found.is_cut:
        return None
    return (
        _claim(found, language, materials, others, draw)
        if style == "claim"
        else _fact(found, language, materials, draw)
    )


# --- a fact ---------------------------------------------------------------------------------------


def _fact(found: Stated, language: Language, materials: Materials, draw: int) -> Ask:
    statement = inner(shown(found, BLANK, materials.words(found.sentence), language), language)
    wordings = wording.FACT[language]
    replies = wording.FACT_REPLY[language]
    number = draw % len(wordings)
    what, answer = what_of(found.kind, found.unit, language), told(found)
    reply = replies[draw // 8 % len(replies)].format(
        a=answer, A=answer if found.unit == "code" else answer[:1].upper() + answer[1:], what=what
    )
    return Ask(
        style="fact",
        template=f"retrieve.fact-{number}",
        form=found.kind,
        question=wordings[number].format(s=statement, what=what),
        answer=found.answer,
        reply=reply,
        sentence=found.sentence,
    )


# --- a claim --------------------------------------------------------------------------------------


def _claim(
    found: Stated, language: Language, materials: Materials, others: Sequence[int], draw: int
) -> Ask | None:
    # What somebody says in a story is no claim of anybody's.
    if found.kind not in CHANGEABLE or materials.words(found.sentence)[:1] in '“‘「『"':
        return None
    wordings, number = wording.CLAIM[language], draw % len(wording.CLAIM[language])
    wrong = _wrong(found, language, materials, others) if draw // 8 % 2 else None
    sentence = materials.words(found.sentence)
    said = inner(shown(found, plain(wrong or found.answer), sentence, language), language)
    said += "." if language == "en" and not said.endswith(("’", "'")) else ""
    if wrong:
        replies, answer, form = wording.DENY[language], found.answer, found.kind
    else:
        replies, answer, form = wording.CONFIRM[language], wording.YES[language], "claim"
    reply = replies[draw // 16 % len(replies)].format(
        a=plain(found.answer), w=plain(wrong or ""), what=what_of(found.kind, found.unit, language)
    )
    return Ask(
        style="claim",
        template=f"retrieve.claim-{number}-{'false' if wrong else 'true'}",
        form=form,
        question=wordings[number].format(c=said[:1].upper() + said[1:]),
        answer=answer,
        reply=reply,
        sentence=found.sentence,
    )


def _wrong(
    found: Stated, language: Language, materials: Materials, others: Sequence[int]
) -> str | None:
    """A fact of the same kind and unit from another grain, that is not also in the sentence."""
    sentence = materials.words(found.sentence)
    if found.kind == "name" and found.unit is None:
        return None  # a person in the place of a town says nothing
    for number in others:
        for fact in facts(materials.text(number), language, names=found.kind == "name"):
            same = fact.kind == found.kind and fact.unit == found.unit and "\n" not in fact.text
            if same and not holds(sentence, fact.text) and _differs(fact.text, found.answer):
                return fact.text
    return None


def _differs(one: str, other: str) -> bool:
    """Whether neither says the other, in whole or in part: Berg is Anna Berg."""
    first, second = normalise(one).split(), normalise(other).split()
    return bool(first) and bool(second) and not set(first) & set(second)


# --- a sentence -----------------------------------------------------------------------------------


def _lookup(found: Stated, language: Language, materials: Materials, draw: int) -> Ask | None:
    """Asks for the sentence by its rarest words, which stand together nowhere else."""
    sentence = materials.words(found.sentence)
    terms = _sought(plain(sentence), language, materials)
    if not terms:
        return None
    wordings = wording.LOOKUP[language]
    number = draw % len(wordings)
    marked = [f"“{inner(term, language)}”" for term in terms]
    listed = (
        "、".join(marked) if language == "zh" else ", ".join(marked[:-1]) + f" and {marked[-1]}"
    )
    return Ask(
        style="lookup",
        template=f"retrieve.lookup-{number}",
        form="quote",
        question=wordings[number].format(terms=listed),
        answer=sentence,
        reply="",
        sentence=found.sentence,
        terms=terms,
    )


def _sought(sentence: str, language: Language, materials: Materials) -> tuple[str, ...]:
    """Words of English, clauses of Chinese, in the order of the sentence."""
    pattern, count = (_WORD, SOUGHT) if language == "en" else (_CLAUSE, SOUGHT - 1)
    least, most = LENGTHS[language]
    found = dict.fromkeys(match[0] for match in pattern.finditer(sentence))
    able = [one for one in found if least <= len(one) <= most]
    rare = sorted(able, key=lambda one: (len(materials.holding(one, 0.999)), sentence.find(one)))
    terms = sorted(rare[:count], key=sentence.find)
    alone = len(materials.holding(" ".join(terms), 0.999)) == 1
    return tuple(terms) if len(terms) == count and alone else ()
