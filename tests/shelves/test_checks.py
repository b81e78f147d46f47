"""Every check passes what is sound, names what is broken, and never raises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longgrain import shelf
from longgrain.checks.citations import Citations
from longgrain.checks.duplicates import Duplicates
from longgrain.checks.language import Language
from longgrain.checks.leak import Leak
from longgrain.checks.parts import comparable, holds
from longgrain.checks.phrases import Phrases
from longgrain.protocols import Check
from longgrain.types import ROLES, Example, Given, Grain, Message, Span

CHECKS = shelf.names("checks")
EN = "The ferry holds 1,200 passengers. It was built in 1987 by Anna Berg."
ZH = "这艘渡轮可载1200名乘客。它由安娜·贝格于1987年建造。"
HANT = "這艘渡輪可載1200名乘客。它由安娜·貝格於1987年建造。"
TEXTS = {"en": EN, "zh": ZH, "hant": HANT, "cut": "It was built in 1987 by Anna Berg."}
CUT = {"source": ["en", 0, len(EN)], "made": "cut"}
OWN = Given(source="test", id="1")


def example(
    question: str,
    answer: str,
    document: str = "en",
    lineage: Mapping[str, Any] | None = None,
    grain: tuple[int, int] | None = None,
) -> Example:
    start, end = grain or (0, len(TEXTS[document]))
    evidence = Grain(doc_id=document, path=(0,), kind="cut", start=start, end=end)
    asked = (
        Span(role="evidence", origin=evidence),
        Span(role="question", origin=OWN, text=question),
    )
    said = (Span(role="answer", origin=OWN, text=answer, loss=1.0),)
    return Example(
        id=question,
        recipe="in2",
        seed=0,
        side="train",
        doc_ids=(document,),
        views={
            "train": (
                Message(speaker="user", spans=asked),
                Message(speaker="assistant", spans=said),
            )
        },
        lineage=lineage or {},
    )


def citing(answer: str, cites: list[int], quote: tuple[int, int] | None = None) -> Example:
    """Passage 1 answers, passage 2 does not."""
    grains = [Grain(doc_id="en", path=(0,), kind="cut", start=0, end=36)]
    grains.append(Grain(doc_id="zh", path=(0,), kind="cut", start=0, end=14))
    user = (
        Span(role="metadata", origin=OWN, text="[1] Ferries\n"),
        Span(role="evidence", origin=grains[0]),
        Span(role="metadata", origin=OWN, text="[2]\n"),
        Span(role="distractor", origin=grains[1]),
        Span(role="question", origin=OWN, text=f"How many passengers? {answer}"),
    )
    said = [Span(role="answer", origin=OWN, text=answer, loss=1.0)]
    if quote:
        start, end = quote
        grain = Grain(doc_id="en", path=(start,), kind="sentence", start=start, end=end)
        said.append(Span(role="answer", origin=grain, loss=1.0))
    messages = (
        Message(speaker="user", spans=user),
        Message(speaker="assistant", spans=tuple(said)),
    )
    return replace(
        SOUND_ONE, views={"train": messages}, lineage={"cites": cites, "answer": "1,200"}
    )


SOUND_ONE = example("How many passengers does the ferry hold?", "1200")


def erased(teacher: str, student: str, question: str = "渡轮是谁造的？") -> Example:
    """The same question under two system messages."""
    made = example(question, "安娜·贝格", "zh")
    views = {
        name: (
            Message(speaker="system", spans=(Span(role="instruction", origin=OWN, text=words),)),
            *made.views["train"],
        )
        for name, words in (("student", student), ("teacher", teacher))
    }
    return replace(made, views=views)


def pair(
    right: str = "1200",
    wrong: str = "1300",
    lineage: Mapping[str, Any] | None = None,
    *,
    loss: float = 0.0,
    asked: str = "How many passengers?",
    also: str = "",
    grain: tuple[int, int] | None = None,
) -> Example:
    """A right and a wrong reply to one question; the first sentence decides."""
    made = example(asked, right, grain=grain)
    other = example(also or asked, wrong, grain=grain).views["train"]
    said = replace(other[1].spans[0], role="attempt", loss=loss)  # type: ignore[type-var]
    views = {
        "chosen": made.views["train"],
        "rejected": (other[0], replace(other[1], spans=(said,))),
    }
    told = {"error": "changed", "wrong": "1300", "rests": ["en", 0, 33], "answer": "1,200"}
    return replace(made, views=views, lineage={**told, **(lineage or {})})


TURNS = {"error": "turned", "answer": "holds 1,200 passengers.", "rests": ["en", 0, 33]}


def talk(*turns: tuple[str, str, dict[str, Any]]) -> Example:
    """A conversation: question, reply, and what the lineage says of each turn."""
    grain = Grain(doc_id="en", path=(0,), kind="cut", start=0, end=len(EN))
    before: tuple[Span, ...] = (Span(role="evidence", origin=grain),)
    messages = []
    for question, reply, _ in turns:
        asked = Span(role="question", origin=OWN, text=question)
        said = Span(role="answer", origin=OWN, text=reply, loss=1.0)
        messages.append(Message(speaker="user", spans=(*before, asked)))
        messages.append(Message(speaker="assistant", spans=(said,)))
        before = ()
    lineage = {"form": "dialogue", "answer": "1987", "turns": [told for _, _, told in turns]}
    return replace(SOUND_ONE, id=turns[0][0], views={"train": tuple(messages)}, lineage=lineage)


FERRY = ("How many does the ferry hold, then?", "1,200.", {"form": "number", "answer": "1,200"})
YEAR = ("And in which year was it built?", "In 1987.", {"form": "date", "answer": "1987"})

SOUND = [
    citing("There are many [1].", [1]),
    citing("[1] says: ", [1], (0, 15)),
    citing("I do not know.", []),
    erased("先逐句推理，再回答问题。", "你是一个谨慎的助手。"),
    erased(
        "Reason step by step and answer the question.",
        "Answer as an assistant.",
        "是谁造了这艘船？",
    ),
    example("How many passengers does the ferry hold?", "1200", lineage={"form": "number"}),
    talk(FERRY, YEAR, ("So 1,200 in all?", "Yes, that many.", {"form": "claim", "answer": "Yes"})),
    example("Who built the ferry?", "Anna Berg", lineage={"form": "name", "answer": "Anna Berg"}),
    example(
        "Is 1987 or 1200 larger?", "1987", lineage={"form": "compare", "operands": ["1987", "1200"]}
    ),
    example("Which words name the year?", "built in 1987", lineage={"form": "quote"}),
    example("渡轮由谁建造？", "安娜·贝格", "zh", {"form": "name"}),
    example("渡輪可載多少名乘客？", "1,200", "hant", {"form": "number"}),
    example(
        "When was it built?",
        "1987",
        lineage={**CUT, "lost": {"numbers": {"1,200": 1}}, "kept": True},
    ),
    replace(example("", "", "zh"), views={"train": ()}),
    replace(
        example("", ""),
        views={
            "train": (Message(speaker="text", spans=(Span(role="glue", origin=OWN, text="Hm."),)),)
        },
    ),
    pair(),
    pair(
        "It says nothing of it.",
        "1987",
        {"error": "answered", "wrong": "1987"},
        asked="When?!",
        grain=(34, 67),
    ),
    pair(
        wrong="It says nothing of it.", lineage={"error": "refused", "wrong": ""}, asked="How full?"
    ),
    pair(
        "It holds 1,200 passengers.",
        "It never holds 1,200 passengers.",
        {**TURNS, "wrong": "never holds 1,200 passengers."},
        asked="What of the passengers?",
    ),
]
BROKEN = {
    "the two views of a pair differ before their last turn": pair(also="How many lamps?"),
    "a rejected reply is learned": pair(loss=0.5),
    "the two replies of a pair are the same": pair(wrong="1200"),
    "the sentence that decides a pair is not in its document": pair(lineage={"rests": ["en", 9]}),
    "the sentence that answers is not in the context": pair(grain=(34, 67)),
    "the sentence that answers stands in a context that is said to lack it": pair(
        lineage={"error": "answered"}
    ),
    "the rejected reply does not say the wrong value": pair(wrong="There are many."),
    "the rejected sentence is not the opposite": pair(
        "It holds 1,200 passengers.",
        "It surely holds 1,200 passengers.",
        {**TURNS, "wrong": "surely holds 1,200 passengers."},
    ),
    "the wrong value is the right one, or stands in the sentence that answers": pair(
        wrong="1,200 of them", lineage={"wrong": "1200"}
    ),
    "the wrong value is of another type than the answer": pair(
        wrong="In May 1986", lineage={"wrong": "May 1986"}
    ),
    "the answer is not in the form that is demanded": example(
        "How many passengers does it hold?",
        "It holds 1200.",
        lineage={"answer": "1200", "constraint": {"demand": "json"}},
    ),
    "words of the strategy leak into the student's prompt": erased(
        "Reason step by step.", "You are an assistant that minds its steps."
    ),
    "teacher and student differ in more than the system message": replace(
        erased("逐句推理。", "你是助手。"),
        views={
            "student": erased("逐句推理。", "你是助手。").views["student"],
            "teacher": erased("逐句推理。", "你是助手。").views["teacher"][:2],
        },
    ),
    "question is too short": example("?", "1200"),
    "question is too long": example("why " * 1000, "1200"),
    "answer is too short": example("渡轮由谁建造？", " \n", "zh"),
    "answer is too long": example("Who built it?", "Anna " * 9000),
    "quotes outside its document": example("Who built it?", "Anna Berg", grain=(0, 1000)),
    "quotes a document that is not there": replace(
        example("Who built it?", "Anna"),
        views={
            "train": (
                Message(
                    speaker="user",
                    spans=(
                        Span(
                            role="evidence",
                            origin=Grain(doc_id="gone", path=(), kind="cut", start=0, end=9),
                        ),
                    ),
                ),
            )
        },
    ),
    "quoted words are not in the evidence": example(
        "Which words name the year?", "built  in 1987", lineage={"form": "quote"}
    ),
    "answer is not in the evidence": example(
        "How many passengers does the ferry hold?", "120", lineage={"form": "number"}
    ),
    "an operand is not in the evidence": example(
        "哪个数大？", "1987", "zh", {"form": "compare", "operands": ["1987", "98"]}
    ),
    "computed answer without operands": example("和是多少？", "3187", "zh", {"form": "sum"}),
    "answer leaks into the question": example("安娜·贝格建造的渡轮由谁建造？", "安娜·贝格。", "zh"),
    "question speaks of the text in front of it": example("根据上文，渡轮由谁建造？", "某人", "zh"),
    "answer speaks of the text in front of it": example(
        "Who built it?", "According to the passage, Anna Berg."
    ),
    "question is in another language than the evidence": example("渡轮由谁建造？", "Anna Berg"),
    "answer is in another language than the evidence": example(
        "渡轮由谁建造？", "It was built long ago by a person whose name was Anna Berg.", "zh"
    ),
    "numbers of the source are neither in the compressed text nor listed as lost": example(
        "How many?", "1200", lineage={**CUT, "lost": {"dates": {"1987": 1}}}
    ),
    "the compressed text has lost the answer": example(
        "How many passengers?", "1200", lineage={**CUT, "kept": True}
    ),
    "cites a passage that there is not": citing("Many [3].", [1]),
    "cites other passages than those that answer": citing("Many.", [1]),
    "a passage that is cited is not evidence": citing("Many [2].", [2]),
    "quotes words from outside the passages that it cites": citing("[1]: ", [1], (30, 50)),
    "the same question was asked before": replace(SOUND[3], id="another"),
}


def check_of(name: str) -> Check:
    found: Check = shelf.load("checks", name)()
    return found


@pytest.mark.parametrize("name", CHECKS)
def test_every_check_passes_sound_examples(name: str) -> None:
    check = check_of(name)
    assert isinstance(check, Check)
    assert [list(check.problems(one, TEXTS)) for one in SOUND] == [[] for _ in SOUND]


@pytest.mark.parametrize("name", CHECKS)
def test_every_check_objects_to_something_broken(name: str) -> None:
    check = check_of(name)
    reasons = [r for one in [*SOUND, *BROKEN.values()] for r in check.problems(one, TEXTS)]
    assert reasons
    assert set(reasons) <= set(BROKEN)


@pytest.mark.parametrize("reason", BROKEN)
def test_every_reason_is_given_by_some_check(reason: str) -> None:
    found = set()
    for name in CHECKS:
        check = check_of(name)
        list(check.problems(SOUND[3], TEXTS))
        found |= set(check.problems(BROKEN[reason], TEXTS))
    assert reason in found


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ({"form": "number", "answer": "98"}, "answer is not in the evidence"),
        ({"form": "sum", "operands": ["1987", "98"]}, "an operand is not in the evidence"),
        ({"form": "sum", "answer": "3187"}, "computed answer without operands"),
        (
            {"form": "quote", "answer": "It was built of oak."},
            "quoted words are not in the evidence",
        ),
        (
            {"form": "free", "quotes": ["It was built of oak."]},
            "quoted words are not in the evidence",
        ),
        ({"form": "name", "answer": "the ferry"}, "answer leaks into the question"),
    ],
)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_every_turn_of_a_conversation_is_checked(
    place: int, broken: dict[str, Any], reason: str
) -> None:
    turns = [FERRY, YEAR]
    turns.insert(place, ("What else is said of the ferry?", "This.", broken))
    found = {r for name in CHECKS for r in check_of(name).problems(talk(*turns), TEXTS)}
    assert reason in found


def test_a_number_is_held_to_its_passage_in_the_reasoning_too() -> None:
    spoken = citing("Many.", [1])
    user, said = spoken.views["train"]
    for number, sound in (("[1]", True), ("[2]", False), ("", False)):
        place = Span(role="reasoning", origin=OWN, text=f"Passage: {number}\n", loss=1.0)
        one = Message(speaker="assistant", spans=(place, *said.spans))
        located = replace(spoken, views={"train": (user, one)})
        assert (not list(Citations().problems(located, TEXTS))) is sound


odd_text = st.one_of(
    st.text(max_size=20), st.sampled_from(["\ud800", "\0", "((", "１２", "\u202e"])
)
odd_origins = st.one_of(
    st.just(OWN),
    st.builds(
        Grain,
        doc_id=st.sampled_from(["en", "gone"]),
        path=st.just(()),
        kind=st.just("cut"),
        start=st.integers(-5, 99),
        end=st.integers(-5, 99),
    ),
)


@st.composite
def odd_examples(draw: st.DrawFn) -> Example:
    def span() -> Span:
        origin, role = draw(odd_origins), draw(st.sampled_from(ROLES))
        return Span(role=role, origin=origin, text=draw(odd_text) if origin is OWN else None)

    spans = tuple(span() for _ in range(draw(st.integers(0, 4))))
    lineage = {
        name: draw(st.one_of(st.none(), odd_text, st.integers(), st.lists(odd_text, max_size=2)))
        for name in ("answer", "operands", "quotes", "draft", "cites")
    }
    told = draw(st.one_of(st.none(), odd_text, st.lists(st.sampled_from([dict(lineage), {}, 7]))))
    lineage["turns"] = told
    lineage["form"] = draw(st.sampled_from(["number", "quote", "sum", "compare", 7, None]))
    message = Message(speaker="user", spans=spans)
    return replace(SOUND[3], views={"train": (message,)}, lineage=lineage)


@given(odd_examples())
def test_no_check_ever_raises(odd: Example) -> None:
    for name in CHECKS:
        for reason in check_of(name).problems(odd, TEXTS):
            assert reason in BROKEN


@pytest.mark.parametrize(
    ("text", "phrase", "found"),
    [
        ("in 2012 they came", "12", False),
        ("12 came", "12", True),
        ("about 1.5 km", "5", False),
        ("第12条", "12", True),
        ("the art of war", "art", True),
        ("the start of war", "art", False),
        ("三国演义", "国演", True),
        ("c++ and c", "c++", True),
        ("anything", "", False),
    ],
)
def test_words_are_found_whole(text: str, phrase: str, found: bool) -> None:
    assert holds(text, phrase) is found


def test_width_case_blanks_and_separators_do_not_count() -> None:
    assert comparable("Ｔｈｅ  ferry\nholds １，２００") == "the ferry holds 1200"
    assert comparable("1,2,3 and 12,3456") == "1,2,3 and 12,3456"


@pytest.mark.parametrize(
    "question",
    [
        "According to the context, who built it?",
        "Based on the information provided, when was it built?",
        "What does the passage say about it?".replace(
            "does the passage say", "the passage says is"
        ),
        "From the given text, name the builder.",
        "As mentioned above, who built it?",
        "根据上文，渡轮由谁建造？",
        "根據上述材料，渡輪由誰建造？",
        "文中提到的渡轮由谁建造？",
        "依据以上内容，乘客有多少？",
        "上述材料中的渡轮由谁建造？",
        "請根據這段話回答：誰建造了渡輪？",
        "根据材料，谁建造了渡轮？",
    ],
)
def test_questions_that_point_at_the_text_are_refused(question: str) -> None:
    assert list(Phrases().problems(example(question, "x"), TEXTS))


@pytest.mark.parametrize(
    "question",
    [
        "According to the Civil Code, who bears the loss?",
        "In what context did Ahab speak?",
        "Which document must the applicant provide?",
        "这篇论文中谁提出了方法？",
        "日本文化中哪一种最老？",
        "按照提供的证据的数量，法院应如何处理？",
        "工程师根据材料的强度选择什么？",
        "依据本法第十二条，何人承担责任？",
    ],
)
def test_questions_that_only_look_like_it_are_kept(question: str) -> None:
    assert list(Phrases().problems(example(question, "x"), TEXTS)) == []


def test_words_quoted_from_a_document_may_speak_of_a_text() -> None:
    texts = {"en": "According to the text, he left."}
    quoted = Grain(doc_id="en", path=(), kind="cut", start=0, end=22)
    spans = (Span(role="answer", origin=quoted),)
    one = replace(SOUND[0], views={"train": (Message(speaker="assistant", spans=spans),)})
    assert list(Phrases().problems(one, texts)) == []


def test_a_pattern_of_the_user_s_own_is_added_and_a_bad_one_refused() -> None:
    assert list(Phrases(also=("dear reader",)).problems(example("Dear reader, who?", "x"), TEXTS))
    with pytest.raises(ValueError, match="no regular expression"):
        Phrases(also=("(",))


def test_a_number_inside_another_number_is_no_leak() -> None:
    assert list(Leak().problems(example("What happened in 2012?", "12"), TEXTS)) == []
    assert list(Leak().problems(example("What of the 12 men?", "12"), TEXTS))


def test_a_name_in_the_other_language_is_a_fine_answer() -> None:
    assert list(Language().problems(example("谁建造了渡轮？", "Anna Berg", "zh"), TEXTS)) == []


def test_a_chinese_page_about_programs_is_chinese() -> None:
    texts = {"zh": "使用 let mut x 声明可变变量 for while loop match"}
    one = example("如何声明变量？", "使用 let mut 加上变量的名称，就可以声明一个可变的变量", "zh")
    grain = Grain(doc_id="zh", path=(), kind="cut", start=0, end=len(texts["zh"]))
    user, assistant = one.views["train"]
    spans = (Span(role="evidence", origin=grain), *user.spans[1:])
    one = replace(one, views={"train": (replace(user, spans=spans), assistant)})
    assert list(Language().problems(one, texts)) == []


def problems_in_turn(check: Duplicates, *questions: tuple[str, str]) -> list[bool]:
    return [
        bool(list(check.problems(example(question, "x", lineage={"draft": draft}), TEXTS)))
        for question, draft in questions
    ]


def test_the_same_words_and_the_same_terms_in_another_order_are_duplicates() -> None:
    asked = [
        ("Who built the ferry?", "1"),
        ("who  built the FERRY", "2"),
        ("The ferry: who built?", "3"),
        ("Who built the bridge?", "4"),
        ("渡轮由谁建造？", "5"),
        ("渡轮由谁建造", "6"),
    ]
    expected = [False, True, True, False, False, True]
    assert problems_in_turn(Duplicates(), *asked) == expected
    assert problems_in_turn(Duplicates(any_order=False), *asked)[2] is False
