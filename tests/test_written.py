"""A language model's reply > candidates whose quotes stand in their pieces, and reasons for the rest."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longgrain.recipes.written import FREE, Lost, Page, cue_words, written

PIECE = (
    "The lock at Haddon was rebuilt in 1872. Its gates are of oak, and the keeper — a Mr Pell — "
    "said “they do not leak”. Water is let in at 14 inches an hour."
)
OTHER = "Mr Pell left Haddon for the mill at Orlan, where he kept 212 ducks until he died."
ZH = "哈登的水閘重建於一八七二年，閘門用橡木製成。看守人佩爾說：「它們不漏水。」每小時進水十四寸。"


def reply(**changes: Any) -> dict[str, Any]:
    """One question about the first sentence of PIECE."""
    question = {
        "question": "When was the lock at Haddon rebuilt?",
        "answer": "1872",
        "reply": "The Haddon lock was rebuilt in 1872.",
        "quotes": ["The lock at Haddon was rebuilt in 1872."],
    }
    return {**question, **changes}


def read(*questions: Any, pieces: tuple[str, ...] = (PIECE,), **more: Any) -> list[Any]:
    """What becomes of the questions of one reply."""
    text = json.dumps({"questions": list(questions)}, ensure_ascii=False)
    return written(text, pieces, template="in2.fine", **more)


def reason(found: list[Any]) -> str:
    (lost,) = found
    assert isinstance(lost, Lost)
    return lost.reason


def test_a_good_question_becomes_a_candidate_with_its_place() -> None:
    (found,) = read(reply())
    assert found["form"] == FREE
    assert found["template"] == "in2.fine"
    assert found["facts"] == []
    ((piece, start, end),) = found["evidence"]
    assert (piece, PIECE[start:end]) == (0, "The lock at Haddon was rebuilt in 1872.")
    assert found["quotes"] == ["The lock at Haddon was rebuilt in 1872."]
    assert found["cues"] == ["lock", "Haddon", "rebuilt"]


@pytest.mark.parametrize(
    ("quote", "said"),
    [
        ('said "they do not leak"', "said “they do not leak”"),
        (
            "THE  LOCK at\nHaddon was rebuilt in １８７２．",
            "The lock at Haddon was rebuilt in 1872.",
        ),
        ("the keeper - a Mr Pell - said", "the keeper — a Mr Pell — said"),
        ("The gates are of oak, and the keeper", "Its gates are of oak, and the keeper"),
        ("Water is let in at 14 inches per hour.", "Water is let in at 14 inches an hour."),
    ],
)
def test_a_quote_is_found_in_spite_of_blanks_width_marks_and_a_slip(quote: str, said: str) -> None:
    span = Page.of(PIECE).find(quote)
    assert span
    assert said in PIECE[max(0, span[0] - 4) : span[1] + 4]


@pytest.mark.parametrize(
    "quote",
    [
        "The lock at Haddon was rebuilt in 1873.",  # another number
        "Water is let in at 15 inches an hour.",
        "said “they do leak” and so did everyone",
        "The mill at Orlan burned down in a storm.",
        PIECE + " And so on, for as long as anybody cared to look at it.",
    ],
)
def test_a_quote_that_says_something_else_is_not_found(quote: str) -> None:
    assert Page.of(PIECE).find(quote) is None


@pytest.mark.parametrize("quote", ["閘門用橡木製成", "哈登的水閘重建於 一八七二年,閘門用橡木製成."])
def test_a_chinese_quote_is_found_in_spite_of_width_and_blanks(quote: str) -> None:
    span = Page.of(ZH).find(quote)
    assert span
    assert "閘門用橡木製成" in ZH[slice(*span)]


def test_a_chinese_quote_with_another_number_is_not_found() -> None:
    assert Page.of(ZH).find("哈登的水閘重建於一八七三年，閘門用橡木製成。看守人佩爾說") is None


def test_a_chinese_question_becomes_a_candidate() -> None:
    question = {"question": "哈登的水閘用什麼木料製成？", "answer": "橡木", "reply": "用的是橡木。"}
    (found,) = read({**question, "quotes": ["閘門用橡木製成。"]}, pieces=(ZH,))
    assert found["answer"] == "橡木"
    assert {"哈登", "水閘", "製成"} <= set(found["cues"])


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"answer": ""}, "no words or no answer"),
        ({"question": None}, "no words or no answer"),
        ({"quotes": []}, "quotes nothing"),
        ({"quotes": ["the"]}, "too short"),
        ({"quotes": [17]}, "too short"),
        ({"quotes": ["The lock at Brisk was never rebuilt at all."]}, "not in the pieces"),
        ({"reply": "In 1872, at a cost of 450 pounds."}, "number that its evidence"),
        ({"reply": "A long time ago."}, "lacks a number"),
        ({"question": "Wann geschah das?"}, "no word of the question"),
    ],
)
def test_what_is_wrong_with_a_question_is_said(changes: dict[str, Any], why: str) -> None:
    assert why in reason(read(reply(**changes)))


def test_one_bad_question_does_not_cost_the_others() -> None:
    found = read(
        reply(quotes=["Nobody ever said this sentence."]), reply(question="Which lock at Haddon?")
    )
    assert [isinstance(one, Lost) for one in found] == [True, False]


JOINED = {
    "question": "How many ducks did the keeper of the lock at Haddon keep?",
    "answer": "212",
    "reply": "The keeper was Mr Pell, and he kept 212 ducks.",
}
SAID = ["and the keeper — a Mr Pell — said", "where he kept 212 ducks until he died."]


@pytest.mark.parametrize("numbers", [(1, 2), (2, 1), (7, 0)])
def test_a_quote_is_looked_for_in_the_named_piece_first_and_then_in_all(
    numbers: tuple[int, int],
) -> None:
    quotes = [{"piece": n, "quote": q} for n, q in zip(numbers, SAID, strict=True)]
    (found,) = read({**JOINED, "quotes": quotes}, pieces=(PIECE, OTHER), needed=(2, 5))
    assert [place[0] for place in found["evidence"]] == [0, 1]


def test_plain_quotes_will_do_for_several_pieces() -> None:
    (found,) = read({**JOINED, "quotes": SAID}, pieces=(PIECE, OTHER), needed=(2, 5))
    assert [place[0] for place in found["evidence"]] == [0, 1]


@pytest.mark.parametrize(("quotes", "most"), [(SAID[:1], 5), ([PIECE[:39], *SAID], 1)])
def test_a_question_about_too_few_or_too_many_pieces_is_lost(quotes: list[str], most: int) -> None:
    found = read({**JOINED, "quotes": quotes}, pieces=(PIECE, OTHER), needed=(min(2, most), most))
    assert "more or fewer pieces" in reason(found)


GOOD = json.dumps({"questions": [reply(), reply(question="Which year saw the lock rebuilt?")]})


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        f"Sure! Here it is:\n```json\n{GOOD}\n```\nAnything else?",
        f'<think>Perhaps {{"questions": [{{"question": "bad"}}]}}?</think>\n{GOOD}',
        GOOD[12:-1].strip(": "),  # the list alone
        GOOD[:-1],  # a brace is missing
        GOOD[:-2] + ', {"question": "And what was cut',
    ],
)
def test_a_reply_is_read_in_spite_of_its_wrapping(text: str) -> None:
    found = written(text, (PIECE,), template="t")
    assert len([one for one in found if not isinstance(one, Lost)]) == 2


@pytest.mark.parametrize("text", ["", "no", "{}", "[]", "{{{{", '{"questions": 3}', '{"a":' * 9000])
def test_a_reply_without_questions_gives_nothing(text: str) -> None:
    assert written(text, (PIECE,), template="t") == []


def test_a_question_that_is_asked_twice_is_one_question() -> None:
    assert len(read(reply(), reply())) == 1


def test_cues_are_words_of_the_question_that_the_evidence_has() -> None:
    assert cue_words("What is the oak of the gates used for?", PIECE) == ["oak", "gates"]
    assert cue_words("Who?", PIECE) == []
    assert "什麼" not in cue_words("閘門用什麼製成？", ZH + "什麼")


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(),
                    lambda inner: st.lists(inner) | st.dictionaries(
                        st.sampled_from(["questions", "question", "answer", "quotes", "piece", "quote"]),
                        inner)))  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_no_reply_is_too_strange(value: Any) -> None:
    for one in written(json.dumps(value), (PIECE, OTHER), template="t", needed=(1, 2)):
        assert isinstance(one, Lost)
