"""A recipe's own words for a question: they hold no fact, fit every script, and ask for the same."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module

import pytest

from longgrain.facts import facts
from longgrain.recipes.asked import asked
from longgrain.recipes.asking import Asking, asked_by
from longgrain.recipes.script import written
from longgrain.scripts import traditional
from longgrain.types import Draft, Given, Message, Reply, Span

RECIPES = ("sft", "erasure", "pam", "pearl", "hierarchy", "compress", "multistage", "locate")
ALL = {name: import_module(f"longgrain.recipes.{name}.wording").ASKING for name in RECIPES}
MORE = (("locate", "SEVERAL"), ("dialogue", "OPENING"), ("dialogue", "TURNING"))
ALL |= {
    f"{name} {which}": getattr(import_module(f"longgrain.recipes.{name}.wording"), which)
    for name, which in MORE
}


def wordings(one: Asking, language: str) -> list[str]:
    return [*one.gap.get(language, ()), *one.whole[language]]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", ALL)
def test_a_wording_has_its_places_and_no_number_of_its_own(name: str, language: str) -> None:
    one = ALL[name]
    assert len(set(one.whole[language])) >= 5
    assert all("{q}" in words for words in one.whole[language])
    for words in one.gap.get(language, ()):
        assert "{s}" in words or "{S}" in words
        assert "{what}" in words
    for words in wordings(one, language):
        told = [fact for fact in facts(words, language) if fact.kind in ("number", "date")]
        assert not told, words


def test_no_two_recipes_have_a_wording_in_common() -> None:
    every = [
        words for one in ALL.values() for speech in ("en", "zh") for words in wordings(one, speech)
    ]
    assert len(every) == len(set(every))


@pytest.mark.parametrize("name", ALL)
def test_chinese_wordings_are_written_traditional_beside_a_traditional_text(name: str) -> None:
    for words in wordings(ALL[name], "zh"):
        turned = written(words, "寺後有一口古井，相傳從未乾涸。")
        left = [char for char in turned if char in words and traditional(char) != char]
        assert not left, turned
        assert written(words, "寺后有一口古井，相传从未干涸。") == words


def draft(question: str, language: str, **meta: object) -> Draft:
    said = Reply(teacher="t", call="c", text=question)
    return Draft(
        recipe="in2",
        seed=1,
        evidence=(),
        messages=(
            Message(speaker="user", spans=(Span(role="question", origin=said, text=question),)),
            Message(
                speaker="assistant",
                spans=(Span(role="answer", origin=said, text="12", loss=1.0),),
            ),
        ),
        answer="12",
        meta={"form": "number", "language": language, "template": "number.which", **meta},
    )


def test_a_gap_is_asked_anew_and_another_question_is_asked_in_a_frame() -> None:
    blank = {"s": "It took ____ years", "S": "It took ____ years.", "what": "number"}
    gap = asked_by(draft("Which number fills the gap?", "en", blank=blank), ALL["pam"])
    whole = asked_by(draft("How many years did it take?", "en"), ALL["pam"])
    assert isinstance(gap, Draft)
    assert isinstance(whole, Draft)
    assert "It took ____ years" in asked(gap)
    assert "Which number fills the gap?" not in asked(gap)
    assert "How many years did it take?" in asked(whole) != "How many years did it take?"
    assert gap.answer == whole.answer == "12"
    [span] = gap.messages[0].spans
    assert isinstance(span, Span)
    assert isinstance(span.origin, Given)
    assert gap.meta["template"].startswith("number.pam-gap-en-")


def test_another_answer_is_asked_for_in_the_same_words() -> None:
    one = draft("How many years did it take?", "en")
    other = replace(one, answer="13")
    first, second = asked_by(one, ALL["sft"]), asked_by(other, ALL["sft"])
    assert isinstance(first, Draft)
    assert isinstance(second, Draft)
    assert first.id != second.id
    assert asked(first) == asked(second)
