"""A model's reply and the conversation so far > further turns, each resting on its evidence, or what is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import orjson

from longgrain.facts import holds, normalise
from longgrain.protocols import Materials
from longgrain.recipes.dialogue.topics import Topic
from longgrain.recipes.dialogue.turns import Conversation, Turn, said_by
from longgrain.recipes.fitting import grade, unfit
from longgrain.recipes.judged import agree
from longgrain.recipes.replied import told
from longgrain.recipes.written import SHORTEST, Page, cue_words, numbers_above_ten
from longgrain.types import Refused, Reply, Request

# One of these must stand in a later question; it points at what was said.
_REFERS = {
    "en": re.compile(
        r"\b(?:that|those|this|these|it|its|they|them|their|he|she|him|her|his|there|former|latter"
        r"|earlier|first|second|third|previous|same|your?|other|again|back|both|two)\b",
        re.IGNORECASE,
    ),
    "zh": re.compile(
        "[这這那它他她其]|上面|刚才|剛才|方才|前面|前者|[后後]者|第[一二三]|最初|开头|開頭|你|[两兩]者|另[一外]"
        "|之前|之[后後]|上述|前述|[紧緊]接"
    ),
}
# Words (in Chinese, pairs of characters) of the evidence with which a question would stand alone.
_NAMED = {"en": 3, "zh": 5}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked of the model: so many ``more`` turns after the ``earlier`` ones of a talk."""

    talk: Conversation
    more: int
    earlier: str
    materials: Materials

    @property
    def language(self) -> str:
        """The language of the conversation."""
        return str(self.talk.topics[0].draft.meta["language"])


def read(reply: Reply, asked: Asked) -> list[Turn] | str:
    """All turns of the reply, or the first thing that is wrong with one: a gap would break the rest."""
    fields = told(reply, turns=list)
    if isinstance(fields, str):
        return fields
    if len(fields["turns"]) != asked.more:
        return "the reply has more or fewer turns than asked for"
    turns: list[Turn] = []
    said = asked.earlier
    for number, record in enumerate(fields["turns"]):
        turn = _turn(record, number, said, reply, asked)
        if isinstance(turn, str):
            return turn
        turns.append(turn)
        said += "\n" + "\n".join(span.text or "" for span in (*turn.asked, *turn.reply))
    if asked.talk.kind == "dialogue-compare" and not any(_compares(one, asked) for one in turns):
        return "no turn of the reply compares with an earlier answer"
    return turns


def _turn(record: Any, number: int, said: str, reply: Reply, asked: Asked) -> Turn | str:
    question, words, answer, quote = (
        _words(record, name) for name in ("question", "reply", "answer", "quote")
    )
    if not (question and words and answer):
        return "a turn of the reply has no question or no answer"
    place = _place(quote, asked.talk.topics)
    if place is None:
        return "a quote of the reply is not in the pieces that it was to quote"
    topic, evidence = place
    premise = asked.talk.meta.get("premise") == "wrong" and number == 0
    problem = (
        _unfit(question, words, asked)
        or _stands_alone(question, said, evidence, asked)
        or (_uncorrected(question, words, answer, asked) if premise else "")
        or _unfounded(question, words, answer, evidence, said, asked)
        or ("" if premise or not holds(question, answer) else "a question of the reply says its answer")
        or _objection(question, answer, said, asked)
    )  # fmt: skip
    if problem:
        return problem
    return Turn(
        move="premise" if premise else "told",
        asked=(said_by(reply, "question", question),),
        reply=(said_by(reply, "answer", words, 1.0),),
        answer=answer,
        form="free",
        numbers=(topic.number,),
        quotes=(evidence,),
    )


def _words(record: Any, name: str) -> str:
    value = record.get(name) if isinstance(record, Mapping) else None
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    return " ".join(value.split()) if isinstance(value, str) else ""


def _place(quote: str, topics: Sequence[Topic]) -> tuple[Topic, str] | None:
    """The topic whose grain has the quote, and the quote as it stands there."""
    if len(Page.of(quote).plain) < SHORTEST // 2:
        return None
    for topic in topics:
        text = topic.materials.text(topic.number)
        if span := Page.of(text).find(quote):
            return topic, text[slice(*span)]
    return None


def _unfit(question: str, words: str, asked: Asked) -> str:
    problem = unfit(asked.language, words) or unfit(asked.language, question)
    return f"a turn of the reply {problem}" if problem else ""


def _stands_alone(question: str, said: str, evidence: str, asked: Asked) -> str:
    """Whether a question repeats an earlier one, or needs no earlier turn to be understood."""
    if question in said:
        return "a question of the reply was asked before"
    language = asked.talk.speech.language
    named = len(cue_words(question, evidence)) if asked.talk.kind != "dialogue-compare" else 0
    if not _REFERS[language].search(question) or named >= _NAMED[language]:
        return "a later question can be understood without the turns before it"
    return ""


def _uncorrected(question: str, words: str, answer: str, asked: Asked) -> str:
    """What is wrong with a turn that is to set a mistake right."""
    gold = asked.talk.topics[0].draft.answer
    numbers = numbers_above_ten(gold)
    if holds(question, gold) or (numbers and not numbers_above_ten(question) - numbers):
        return "the question that was to be mistaken is not"
    if grade(answer, gold) is not True or not (holds(words, gold) or holds(words, answer)):
        return "the reply does not correct the mistake of the question"
    return ""


def _unfounded(
    question: str, words: str, answer: str, evidence: str, said: str, asked: Asked
) -> str:
    """Whether a reply has numbers that were neither read, nor said, nor follow by adding or subtracting."""
    pieces = "\n".join(asked.materials.text(topic.number) for topic in asked.talk.topics)
    known = numbers_above_ten(f"{pieces}\n{said}\n{question}")
    if asked.talk.kind == "dialogue-compare":
        known |= _computed(f"{evidence}\n{said}")
    if not numbers_above_ten(f"{words} {answer}") <= known:
        return "an answer of the reply has a number that its evidence does not have"
    if not numbers_above_ten(answer) <= numbers_above_ten(words):
        return "the reply to the user lacks a number of the answer"
    if numbers_above_ten(answer) & _computed(f"{evidence}\n{said}"):
        return ""
    read = set(normalise(f"{evidence}\n{said}").split())
    if not set(normalise(answer).split()) & read:
        return "an answer of the reply does not rest on its quote"
    return ""


def _computed(text: str) -> set[str]:
    """Sums and differences of any two numbers of a text."""
    numbers = sorted({float(one) for one in _numbers(text)})
    found = (value for a, b in combinations(numbers, 2) for value in (a + b, b - a))
    return {f"{round(one, 6):.15g}" for one in found}


def _numbers(text: str) -> list[str]:
    return re.findall(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.])", normalise(text))


def _compares(turn: Turn, asked: Asked) -> bool:
    """Whether a reply names an earlier answer, or gives a sum or difference with one."""
    reply = "".join(span.text or "" for span in turn.reply)
    answers = [topic.draft.answer for topic in asked.talk.topics]
    known = "\n".join([*answers, *turn.quotes])
    return any(holds(reply, one) for one in answers) or bool(
        set(_numbers(turn.answer)) & _computed(known)
    )


def _objection(question: str, answer: str, said: str, asked: Asked) -> str:
    """What a second reading says, where the teacher takes one: it needs the turns before, and agrees."""
    if not asked.materials.judges:
        return ""
    pieces = tuple(asked.materials.text(topic.number) for topic in asked.talk.topics)
    requests = [
        Request(
            task="solve", material=pieces, settings={"language": asked.language, "question": one}
        )
        for one in (f"{said}\nQ: {question}", question)
    ]
    whole, alone = map(_solved, asked.materials.ask(requests))
    if not whole or not agree(whole, answer):
        return "a second reading of the conversation gives another answer"
    if alone and agree(alone, answer):
        return "a later question can be understood without the turns before it"
    return ""


def _solved(reply: Reply | Refused) -> str:
    """The answer of a second reading; "" where it has none."""
    if isinstance(reply, Refused):
        return ""
    try:
        said = orjson.loads(reply.text)
    except orjson.JSONDecodeError:
        return ""
    able = isinstance(said, dict) and said.get("answerable") is True
    return str(said.get("answer") or "") if able else ""
