"""Plans over documents: parsed strictly, carried out by rule, and nothing of one leaks into another."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longgrain.recipes.pearl.actions import SEEDS, CannotDoError, Page, execute, further
from longgrain.recipes.pearl.plans import CTX, Action, Argument, Fault, Plan, Step, parse

ACTIONS = SEEDS["en"]
HEAD = "New actions:\n- None\n\n"


def page(*sentences: str, language: Any = "en") -> Page:
    text, places = "", []
    for one in sentences:
        places.append((len(text), len(text) + len(one)))
        text += one + "\n"
    return Page(text, places, language)


def parsed(text: str) -> Plan:
    found = parse(text, ACTIONS)
    assert isinstance(found, Plan), found
    return found


MALFORMED = [
    ("", "blocks"),
    ('1. a = FIND(CTX, "x")', "blocks"),
    (HEAD + '1. a = FIND(CTX, "x")\n\n2. b = COUNT(a)', "blocks"),
    ('Actions:\n- None\n\n1. a = FIND(CTX, "x")', "new action"),
    ('New actions:\n\n1. a = FIND(CTX, "x")', "new action"),
    ('New actions:\n- LOOK\n\n1. a = FIND(CTX, "x")', "new action"),
    ('New actions:\n- LOOK(CTX, ) : looks\n\n1. a = FIND(CTX, "x")', "new action"),
    ('New actions:\n- LOOK(CTX) :\n\n1. a = FIND(CTX, "x")', "new action"),
    ('New actions:\n- FIND(CTX) : another\n\n1. a = FIND(CTX, "x")', "new action"),
    ('New actions:\n- A(X) : x\n- A(Y) : y\n\n1. a = FIND(CTX, "x")', "new action"),
    (HEAD + 'a = FIND(CTX, "x")', "number"),
    (HEAD + '2. a = FIND(CTX, "x")', "number"),
    (HEAD + '1. a = FIND(CTX, "x")\n1. b = COUNT(a)', "number"),
    (HEAD + '1. FIND(CTX, "x")', "assignment"),
    (HEAD + '1. FIND(CTX, "a = b")', "assignment"),
    (HEAD + '1. the a = FIND(CTX, "x")', "form"),
    (HEAD + '1. CTX = FIND(CTX, "x")', "form"),
    (HEAD + '1. a = find(CTX, "x")', "form"),
    (HEAD + "1. a = FIND", "form"),
    (HEAD + '1. a = FIND(CTX, "x"', "form"),
    (HEAD + '1. a = FIND(CTX, "x)', "form"),
    (HEAD + '1. a = FIND(CTX, "x") and more', "form"),
    (HEAD + '1. a = COUNT(FIND(CTX, "x"))', "form"),
    (HEAD + '1. a = FIND(CTX, "x",)', "form"),
    (HEAD + '1. a = FIND(CTX, "x")\n2. a = COUNT(a)', "form"),
    (HEAD + '1. a = GRAB(CTX, "x")', "unknown action"),
    (HEAD + "1. a = FIND(CTX)", "arguments"),
    (HEAD + '1. a = COUNT(CTX, "x")', "arguments"),
    (HEAD + "1. a = CONCAT()", "arguments"),
    (HEAD + "1. a = FIND(CTX, a)", "own argument"),
    (HEAD + "1. a = FIND(CTX, b)", "undefined argument"),
    (HEAD + "1. a = FIND(CTX, the rope)", "undefined argument"),
    (HEAD + "1. a = FIND(CTX, 12)", "form"),
]


@pytest.mark.parametrize(("text", "kind"), MALFORMED)
def test_a_malformed_plan_is_told_by_its_kind(text: str, kind: str) -> None:
    found = parse(text, ACTIONS)
    assert isinstance(found, Fault), found
    assert found.kind == kind
    assert len(str(found)) > 20


@pytest.mark.parametrize(
    "words", ["a = b", "x, y, z", "f(x) : why", 'he said "yes, = no"', "back\\slash", "逗号，等号="]
)
def test_quoted_text_may_hold_any_sign(words: str) -> None:
    step = Step("a", "FIND", (Argument(CTX), Argument(words, True)), "because = , ( )")
    plan = Plan((step, Step("b", "COUNT", (Argument("a"),))))
    assert parsed(plan.written()) == plan


def test_both_kinds_of_quotation_marks_are_read() -> None:
    plan = parsed("新动作：\n- 无\n\n1. a = FIND(CTX, “甲 = 乙，丙”) : 先找")
    assert plan.steps[0].arguments[1] == Argument("甲 = 乙，丙", quoted=True)


NAMES = st.text("abcdefgh_", min_size=1, max_size=8)
LINES = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp", "Zs"]), max_size=30)


@given(st.data(), st.sampled_from(["en", "zh"]))
def test_a_written_plan_reads_back_as_itself(data: st.DataObject, language: str) -> None:
    names = data.draw(st.lists(NAMES, min_size=1, max_size=5, unique=True))
    steps: list[Step] = []
    for number, name in enumerate(names):
        words = Argument(data.draw(LINES), quoted=True)
        earlier = Argument(names[number - 1]) if number else Argument(CTX)
        steps.append(Step(name, "FIND", (earlier, words), data.draw(LINES)))
    new = (Action("LOOK_UP", ("CTX", "X"), "looks X up"),) if data.draw(st.booleans()) else ()
    plan = Plan(tuple(steps), new)
    assert parse(plan.written(language), ACTIONS) == plan


def test_new_actions_are_known_to_their_own_plan_alone() -> None:
    before = dict(ACTIONS)
    plan = parsed('New actions:\n- LOOK(CTX) : looks\n\n1. a = LOOK(CTX)\n2. b = CONCAT(a, "x")')
    assert plan.new == (Action("LOOK", ("CTX",), "looks"),)
    assert dict(ACTIONS) == before
    after = parse(HEAD + "1. a = LOOK(CTX)", ACTIONS)
    assert isinstance(after, Fault)
    assert after.kind == "unknown action"
    with pytest.raises(TypeError):
        ACTIONS["LOOK"] = plan.new[0]  # type: ignore[index]


def test_the_answer_is_what_no_other_step_uses() -> None:
    plan = parsed(HEAD + '1. a = FIND(CTX, "x")\n2. b = COUNT(a)\n3. c = FIND(CTX, "y")')
    assert plan.results == ("b", "c")


ROPES = (
    "The rope was 12 metres long.",
    "No rope held.",
    "The Rope Walk burned.",
    "A ladder of 3 metres.",
)


def test_find_count_extract_and_concat_are_done_by_rule() -> None:
    text = (
        HEAD + '1. a = FIND(CTX, "rope")\n2. n = COUNT(a)\n3. q = EXTRACT(a, "quantities")\n'
        '4. c = FIND(CTX, "ladder")\n5. all = CONCAT(a, c)'
    )
    done = execute(parsed(text), page(*ROPES))
    assert [one.text for one in done.outputs["a"]] == list(ROPES[:3])
    assert done.outputs["n"][0].text == "3"
    assert [one.text for one in done.outputs["q"]] == ["12 metres"]
    assert [one.text for one in done.outputs["all"]] == list(ROPES)
    assert done.answer == "\n".join(["3", "12 metres", *ROPES])


def test_quotes_know_where_they_stand() -> None:
    read = page(*ROPES)
    done = execute(parsed(HEAD + '1. a = EXTRACT(CTX, "quantities")'), read)
    for item in done.outputs["a"]:
        assert item.place
        assert read.text[slice(*item.place)] == item.text


def test_another_fact_in_the_page_is_another_answer() -> None:
    plan = parsed(HEAD + '1. a = FIND(CTX, "rope")\n2. q = EXTRACT(a, "quantities")')
    changed = ("The rope was 15 metres long.", *ROPES[1:])
    assert execute(plan, page(*ROPES)).answer == "12 metres"
    assert execute(plan, page(*changed)).answer == "15 metres"


def test_words_are_found_whole() -> None:
    plan = parsed(HEAD + '1. a = FIND(CTX, "rope")')
    assert (
        execute(plan, page("A rope.", "The ropes.", "Europe.", "ROPE!")).answer == "A rope.\nROPE!"
    )


def test_chinese_quantities_have_their_units() -> None:
    plan = parsed('新动作：\n- 无\n\n1. a = EXTRACT(CTX, "数量")')
    text = "处三年以上十年以下有期徒刑，依照第二百条处二万元以上罚金，共一人。"
    assert execute(plan, page(text, language="zh")).answer == "三年\n十年\n二万元"


def test_differences_and_sums_are_computed() -> None:
    statement = "The rope was ____ metres long."
    steps = (
        Step("a", "EXTRACT", (Argument(CTX), Argument(statement, True))),
        Step("b", "EXTRACT", (Argument(CTX), Argument("A ladder of ____ metres.", True))),
        Step("c", "DIFFERENCE", (Argument("a"), Argument("b"))),
        Step("d", "SUM", (Argument("a"), Argument("b"))),
    )
    new = (further("DIFFERENCE", 2, "en"), further("SUM", 2, "en"))
    done = execute(Plan(steps, new), page(*ROPES))
    assert (done.outputs["c"][0].text, done.outputs["d"][0].text) == ("9", "15")


@pytest.mark.parametrize(
    ("steps", "why"),
    [
        ('1. a = FIND(CTX, "mast")', "finds nothing"),
        ('1. a = EXTRACT(CTX, "colours")', "knows"),
        ('1. a = SUMMARIZE(CTX, "rope")', "language model"),
    ],
)
def test_what_no_rule_can_do_is_said(steps: str, why: str) -> None:
    with pytest.raises(CannotDoError, match=why):
        execute(parsed(HEAD + steps), page(*ROPES))
