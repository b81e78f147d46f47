"""Facts, coverage, readability, repetition, style and VaL probes, by examples counted by hand."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from longgrain.metrics.coverage import Coverage
from longgrain.metrics.facts import UnsupportedFacts
from longgrain.metrics.item import Item
from longgrain.metrics.readability import Readability
from longgrain.metrics.repetition import Repetition
from longgrain.metrics.style import Style
from longgrain.metrics.valprobing import ValProbing
from longgrain.style import imitates

ENGLISH = (
    "The ferry left Sandry on 12 March 1871 with 120 lamps. Captain Erik Holm did not come back. "
    'He said "the sea is not my friend" to Anna Berg.'
)
CHINESE = "渡轮于1871年3月12日离开，载有一百二十盏灯。船长没有回来。"


def unsupported(answer: str, source: str) -> list[tuple[str, str]]:
    return [(one.kind, one.text) for one in UnsupportedFacts().unsupported(answer, source)]


@pytest.mark.parametrize(
    ("answer", "source", "missing"),
    [
        ("It left on March 12, 1871 with 120 lamps.", ENGLISH, []),
        ("It carried 130 lamps.", ENGLISH, [("number", "130")]),
        ("It left on 13 March 1871.", ENGLISH, [("date", "13 March 1871")]),
        ("It was with Captain Nils Dahl.", ENGLISH, [("name", "Captain Nils Dahl")]),
        ("The ferry did not leave Sandry with lamps.", ENGLISH, [("negation", "not")]),
        ("Captain Erik Holm never came back.", ENGLISH, []),
        (
            'He said "the sea is my oldest friend" then.',
            ENGLISH,
            [("quote", "the sea is my oldest friend")],
        ),
        ("载有120盏灯。", CHINESE, []),
        ("载有一百三十盏灯。", CHINESE, [("number", "一百三十盏")]),
        ("渡轮没有离开，载有灯。", CHINESE, [("negation", "没有")]),
        ("船长没有回来。", CHINESE, []),
    ],
)
def test_facts_that_the_source_does_not_hold_are_named(
    answer: str, source: str, missing: list[tuple[str, str]]
) -> None:
    found = unsupported(answer, source)
    assert [kind for kind, _ in found] == [kind for kind, _ in missing]
    assert all(
        said in text or text in said for (_, text), (_, said) in zip(found, missing, strict=True)
    )


@pytest.mark.parametrize("text", [ENGLISH, CHINESE])
def test_a_text_supports_itself_and_an_empty_answer_is_not_scored(text: str) -> None:
    metric = UnsupportedFacts()
    assert metric.score(Item(prediction=text, source=text))["supported"] == 1.0
    assert set(metric.score(Item(prediction="", source=text)).values()) == {None}


def test_coverage_counts_the_grains_that_a_summary_takes_up() -> None:
    parts = [f"Topic{at} alpha{at} beta{at} gamma{at}. " * 12 for at in range(10)]
    source = "\n\n".join(parts)
    said = " ".join(parts[at][:27] for at in (0, 1, 2))
    found = Coverage(grain=64).score(Item(prediction=said, source=source))
    assert found["grains_covered"] == pytest.approx(0.3, abs=0.05)
    assert found["first_half"] == 1.0
    assert found["source_terms"] == pytest.approx(0.3)
    assert found["text_terms"] == 1.0
    whole = Coverage(grain=64).score(Item(prediction=source, source=source))
    assert (whole["grains_covered"], whole["first_half"]) == (1.0, 0.5)
    assert Coverage().score(Item(prediction="渡轮", source="渡轮建造"))[
        "source_terms"
    ] == pytest.approx(1 / 3)


def test_ari_and_flesch_are_what_the_formulas_give() -> None:
    text = "The quick brown fox jumps over the lazy dog. It was a sunny day."
    found = Readability().score(Item(prediction=text))
    assert found["ari"] == pytest.approx(4.71 * 49 / 14 + 0.5 * 14 / 2 - 21.43)
    assert found["flesch"] == pytest.approx(206.835 - 1.015 * 14 / 2 - 84.6 * 17 / 14)
    assert found["characters_per_sentence"] is None


def test_chinese_is_measured_by_sentences_and_characters() -> None:
    found = Readability().score(Item(prediction="我们今天去学校。他饕餮。"))
    assert found["characters_per_sentence"] == 5.0
    assert found["common_characters"] == pytest.approx(0.8)
    assert found["ari"] is None
    traditional = Readability().score(Item(prediction="我們今天去學校。"))
    assert traditional["common_characters"] == 1.0


def test_a_text_without_words_has_no_readability() -> None:
    assert set(Readability().score(Item(prediction="…—。")).values()) == {None}


def test_repetition_is_counted_by_words_and_by_characters() -> None:
    found = Repetition().score(Item(prediction="a b c d a b c d"))
    assert found == {"distinct_1": 0.5, "distinct_2": 4 / 7, "repeated": pytest.approx(0.2)}
    assert Repetition().score(Item(prediction="灯灯灯"))["distinct_1"] == pytest.approx(1 / 3)
    assert Repetition().score(Item(prediction="one two"))["repeated"] is None


def test_style_is_seen_and_facts_beside_it() -> None:
    reply = "It is Paris:\n- one\n- two\n\nIn summary, it is Paris."
    row = {"gold": ["Paris"]}
    found = Style().score(Item(prediction=reply, references=("It is Paris",), row=row))
    assert (found["lists"], found["ends_with_summary"], found["fact_em"]) == (1.0, 1.0, 1.0)
    assert found["unigram_overlap"] == pytest.approx(3 / 7)
    chinese = Style().score(Item(prediction="一、灯\n二、船\n\n总之，好。", references=("灯",)))
    assert (chinese["lists"], chinese["ends_with_summary"]) == (1.0, 1.0)
    assert chinese["fact_em"] is None


def test_lengths_that_follow_the_teacher_s_correlate() -> None:
    metric, sums = Style(), Counter[str]()
    for length in (1, 2, 5, 9):
        item = Item(prediction="w " * length, references=("v " * (2 * length + 1),))
        sums.update(metric.tally(item))  # type: ignore[arg-type]
    assert metric.pooled(sums)["length_correlation"] == pytest.approx(1.0)


def test_style_that_rises_while_facts_do_not_is_flagged() -> None:
    before: dict[str, Any] = {"lists": 0.13, "ends_with_summary": 0.02, "fact_em": 0.20}
    flat = before | {"lists": 0.5, "fact_em": 0.15}
    said = imitates(before, flat)
    assert said is not None
    assert "lists +37.0 points" in said
    assert "-5.0 points" in said
    assert imitates(before, before | {"lists": 0.5, "fact_em": 0.27}) is None
    assert imitates(before, before | {"fact_em": 0.1}) is None
    assert imitates(before, {"lists": 0.9}) is None


# --- VaL probes ---


def val(probe: str, reply: str, *references: str, **row: Any) -> float | None:
    item = Item(prediction=reply, references=references, row=row)
    return ValProbing(probe=probe).score(item)["val"]  # type: ignore[arg-type]


def test_recall_of_a_chinese_sentence_counts_its_characters_unless_as_published() -> None:
    said = Item(prediction="水闸用橡木重建。", references=("哈登的水闸用橡木重建。",))
    assert ValProbing().score(said)["val"] == pytest.approx(7 / 10)
    assert ValProbing(han=False).score(said)["val"] == 0.0
    english = Item(prediction="A lock, rebuilt.", references=("The lock was rebuilt.",))
    assert ValProbing().score(english) == ValProbing(han=False).score(english) == {"val": 0.25}


def test_the_three_rules_of_val_probing() -> None:
    assert val("document", " We show A b. ", "we show a c.") == 0.75
    assert val("code", "It is `Load_all`.", "load_all.") == 0.0
    assert val("code", "It is load_all().", "load_all.") == 1.0
    row = {"label": "Paris.", "description": "capital of France"}
    assert val("database", "It is the CAPITAL OF FRANCE", **row) == 1.0
    assert val("database", "It is lyon", **row) == 0.0
    assert val("database", "It is lyon") is None


@pytest.mark.parametrize("drop", [False, True])
def test_average_and_gap_are_over_spans_of_50_positions(drop: bool) -> None:
    metric, sums = ValProbing(drop_last_of_span=drop), Counter[str]()
    for group in range(2):
        for position in range(100):
            right = (
                position >= 50 or position % 50 == 49 or (position % 5 != 0 and position % 5 < 4)
            )
            reply = "word" if right else ""
            row = {"position_id": position, "set_id": group}
            sums.update(metric.tally(Item(prediction=reply, references=("word",), row=row)))  # type: ignore[arg-type]
    spans = [(31 - drop) / (50 - drop), 1.0]
    found = metric.pooled(sums)
    assert found["val_average"] == pytest.approx(sum(spans) / 2)
    assert found["val_gap"] == pytest.approx(1.0 - spans[0])
