"""The rules of InfiniteBench, L-Eval and of questions with options, and the files that they publish."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from longgrain.errors import PlanError, SourceError
from longgrain.metrics.choice import Choice
from longgrain.metrics.final_answer import FinalAnswer
from longgrain.metrics.infinitebench import InfiniteBench
from longgrain.metrics.item import Item
from longgrain.metrics.leval import LEval
from longgrain.replies import Fields
from longgrain.score import score


@pytest.mark.parametrize(
    ("task", "reply", "truth", "expected"),
    [
        ("passkey", "The pass key is 71432.", "71432", 1),
        ("passkey", "Of 2 keys it is 71432.", ["71432"], 0),  # the first number counts
        ("number_string", "none", "71432", 0),
        ("kv_retrieval", '{"value": "a1-b2"}.', "a1-b2", 1),
        ("kv_retrieval", "xa1-b2", "a1-b2", 0),
        ("longdialogue_qa_eng", "It was Barry, I think", ["BARRY"], 1),
        ("longdialogue_qa_eng", "Barrymore", ["BARRY"], 0),
        ("longbook_choice_eng", "C. Snowfield", ["Snowfield", "C"], 1),
        ("longbook_choice_eng", "D", ["Snowfield", "C"], 0),
        ("longbook_choice_eng", "The answer is Snowfield", ["Snowfield", "C"], 1),
        ("longbook_choice_eng", "I believe the answer is: B or C", ["Snowfield", "C"], 0),
        ("longbook_choice_eng", "Perhaps it is C then", ["Snowfield", "C"], 1),
        ("longbook_choice_eng", "", ["Snowfield", "C"], 0),
        ("longbook_choice_eng", "the answer is", ["Snowfield", "C"], 0),
        ("longbook_qa_eng", "the Cat, sat", ["a cat sat", "dog"], 1),
        ("longbook_qa_eng", "cat dog", ["cat"], 2 / 3),
        ("longbook_qa_chn", "胡一统的父亲叫胡翠山。", ["胡翠山"], 2 * (3 / 10) / (3 / 10 + 1)),
        ("longbook_qa_chn", "18", ["十八", "18"], 1),
        ("math_find", "It is 12.", 12, 1),
        ("math_find", "12.5", 12, 0),
        ("math_find", "-3.5", 3.5, 1),
        ("math_calc", "[1, 2, 9]", [1, 2, 3, 4], 0.5),
        ("math_calc", "2, 1", [1, 2], 0),
        ("code_run", "the result is: -7.", -7, 1),
        ("code_run", "7 it is", 7, 0),
        ("code_debug", "B. foo", ["foo", "B"], 1),
        ("code_debug", "The answer is: `foo`", ["foo", "B"], 1),
        ("code_debug", "I choose B", ["foo", "B"], 0),
        ("longbook_sum_eng", "the lamp\nis lit", "the lamp\nis lit", 1),
        ("longbook_sum_eng", "灯", "灯", 0),  # as rouge-score has it
    ],
)
def test_infinitebench_scores_each_task_by_its_rule(
    task: str, reply: str, truth: Any, expected: float
) -> None:
    item = Item(prediction=reply, references=("x",), row={"ground_truth": truth})
    found = InfiniteBench(task=task).score(item)["infinitebench"]
    assert found == pytest.approx(expected)


def test_infinitebench_leaves_out_the_first_number_where_that_is_published() -> None:
    item = Item(prediction="5, 1, 2", references=("x",), row={"label": [1, 2]})
    assert InfiniteBench(task="math_calc", first_number=False).score(item)["infinitebench"] == 1.0
    with pytest.raises(PlanError, match="no task 'longbook'"):
        InfiniteBench(task="longbook")


@pytest.mark.parametrize(
    ("file", "reply", "answer", "expected"),
    [
        ("coursera.pred", "AB", "AB", 1),
        ("coursera.pred", "B", "ABD", 0.25),
        ("coursera.pred", "AC", "ABD", 0),
        ("coursera.pred", "A, B, D", "ABD", 0.25),  # as published, only the first is seen
        ("coursera.pred", "A. Reframe it\nB. Understand", "AB", 1),
        ("coursera.pred", "none of these", "A", 1),  # the published guess
        ("tpo.pred", "The answer is C) though D", "C", 1),
        ("quality.pred", "I think B", "A", 0),
        ("gsm100.pred", "so 9 * 2\nThe answer is $70,000.00", "70000", 1),
        ("gsm100.pred", "it makes 12 a day", "12", 1),
        ("gsm100.pred", "The answer is: nothing", "12", 0),
        ("codeU.pred", "The final result will be [1, 2]", "[1, 2]", 1),
        ("codeU.pred", "[1, 2] and much else was said after that here", "[1, 2]", 0),
        ("sci_fi.pred", "False. [fact: It is true]", "False [fact: True]", 1),
        ("sci_fi.pred", "True [fact: True]", "False [fact: True]", 0.5),
        ("topic_retrieval_longchat.pred", "ok\nThe Benefits of Sleep!", "the benefits of sleep", 0),
        ("topic_retrieval_longchat.pred", "The Benefits of Sleep!", "the benefits of sleep", 1),
    ],
)
def test_leval_scores_each_exam_by_its_rule(
    file: str, reply: str, answer: str, expected: float
) -> None:
    found = LEval().score(Item(prediction=reply, references=(answer,), row={"file": file}))
    assert found["leval"] == expected


@pytest.mark.parametrize(
    ("rule", "reply", "row", "expected"),
    [
        ("equal", "A", {}, 1),
        ("equal", "a", {}, 0),
        ("equal", "", {}, 0),  # SQuAD's exact match drops articles, and finds "" and "A" equal
        ("first_letter", "(A) because", {}, 1),
        ("first_letter", "no letter", {}, 1),  # the published guess
        ("first_letter", "B", {"candidates": ["x", "A"]}, 1),
        ("answer_is", "**The correct answer is (A)**", {}, 1),
        ("answer_is", "A", {}, 0),
    ],
)
def test_an_option_is_read_by_the_rule_of_its_benchmark(
    rule: Any, reply: str, row: dict[str, Any], expected: float
) -> None:
    found = Choice(rule=rule).score(Item(prediction=reply, references=("A",), row=row))
    assert found["choice"] == expected


@pytest.mark.parametrize(
    ("rule", "reply", "reference", "expected"),
    [
        ("gsm8k", "2 * 9 = 18. The answer is 18.", "So 18. The answer is 18.", 1),
        ("gsm8k", "The answer is: $6,000 seconds.", "The answer is 6000.", 1),
        ("gsm8k", "The answer is 437/3 liters.", "145.66666666666666", 1),
        ("gsm8k", "The answer is 60%.", "60", 1),
        ("gsm8k", "It takes 12 years.", "12", 0),  # without the phrase it is no answer
        ("gsm8k", "The answer is 12.\n\nQ: And 5? The answer is 5.", "12", 1),
        ("gsm8k", "", "12", None),
        ("gsm8k", "The answer is 0.", "0", None),
        ("math", r"so \boxed{\frac12}.", "The answer is 1/2.", 1),
        ("math", r"The answer is $x=\dfrac{1}{2}$.", r"\boxed{\frac{1}{2}}", 1),
        ("math", "The answer is 0.5.", r"\frac{1}{2}", 1),
        ("math", "The answer is 0.50.", r"\frac{1}{2}", 0),
        ("math", r"The answer is 10\text{ cm}", "10", 1),
        ("math", "The answer is 1,000", "1000", 1),
        ("math", "The answer is 1000", "1,000", 0),
        ("math", r"\fbox{3}", "3", 0),
        ("math", r"\boxed{\sqrt}", "3", 0),
    ],
)
def test_the_answer_that_a_reply_ends_in_is_read_as_film_reads_it(
    rule: Any, reply: str, reference: str, expected: float | None
) -> None:
    item = Item(prediction=reply, references=(reference,), row={})
    assert FinalAnswer(rule=rule).score(item)["final_answer"] == expected


# --- files as benchmarks publish them -------------------------------------------------------------


def lines(rows: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def test_a_folder_of_predictions_gives_a_table_with_the_mean_of_its_files(tmp_path: Path) -> None:
    (tmp_path / "hotpotqa.jsonl").write_bytes(
        lines([{"pred": "a cat", "answers": ["cat"], "all_classes": None}] * 3)
    )
    trec = {"pred": "\nDate\nCity", "answers": ["Date"], "all_classes": ["Date", "City"]}
    (tmp_path / "trec.jsonl").write_bytes(lines([trec, trec | {"pred": "City"}]))
    found = score(tmp_path, None, ["longbench"], by="file")
    assert found.total("longbench", "hotpotqa").value == 1.0
    assert found.total("longbench", "trec").value == 0.5
    assert found.total("longbench").value == pytest.approx(4 / 5)
    mean = found.total("longbench", "mean of groups")
    assert (mean.value, mean.method, mean.scored) == (0.75, "", 2)


def test_the_csv_of_pearl_is_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "pearl_out.dev.csv"
    long = "x" * 200_000  # more than Python's csv takes by default
    path.write_text(
        f'qid,plan,open-answer,map-answer,gold\n4,"1. a = B(""c"")\n2","{long}",A,A\n5,,,,B\n',
        "utf-8",
    )
    found = score(path, None, ["choice"]).total("choice")
    assert (found.value, found.scored) == (0.5, 2)
    mcq = tmp_path / "baseline_mcq.csv"
    mcq.write_text("qid,answer,gold\n4,A,A\n15,D,A\n", "utf-8")
    fields = Fields(prediction="answer")
    assert score(mcq, None, ["choice"], fields=fields).total("choice").value == 0.5


def test_gzipped_replies_of_lost_in_the_middle_hold_their_own_answers(tmp_path: Path) -> None:
    path = tmp_path / "nq-open-10_total_documents_gold_at_0-mpt-responses.jsonl.gz"
    row = {
        "question": "Who?",
        "answers": ["Anna Berg"],
        "ctxs": [],
        "model_answer": "It was anna berg.\nNo",
    }
    path.write_bytes(gzip.compress(lines([row, row | {"model_answer": "no\nAnna Berg"}])))
    assert score(path, None, ["subspan"]).total("best_subspan_em").value == 0.5


def test_rows_of_ruler_and_leval_are_read_as_they_are(tmp_path: Path) -> None:
    ruler = tmp_path / "niah.jsonl"
    ruler.write_bytes(lines([{"index": 0, "pred": " 123 ", "outputs": ["123", "456"]}]))
    assert score(ruler, None, ["string_match"]).total("string_match_all").value == 0.5
    exam = tmp_path / "tpo.pred.jsonl"
    exam.write_bytes(
        lines([{"query": "?", "gt": "C", "turbo_pred": "C. yes", "evaluation": "exam"}])
    )
    assert score(exam, None, ["leval"]).total("leval").value == 1.0


def test_numbers_are_grouped_at_cuts_as_longbench_e_does(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    sizes = [10, 3999, 4000, 7999, 8000, 90_000, None]
    path.write_bytes(lines([{"pred": "a", "answers": ["a"], "length": size} for size in sizes]))
    found = score(path, None, ["squad"], by="length:4000,8000")
    groups = {one.group: one.scored for one in found.totals if one.figure == "f1"}
    assert groups == {
        "": 7,
        "below 4,000": 2,
        "4,000 to 8,000": 2,
        "8,000 and more": 2,
        "mean of groups": 3,
    }
    assert found.ungrouped == 1
    with pytest.raises(SourceError, match="field 'lenght'"):
        score(path, None, ["squad"], by="lenght")
    with pytest.raises(PlanError, match="rising numbers"):
        score(path, None, ["squad"], by="length:8000,4000")


def test_what_is_to_be_skipped_must_be_there(tmp_path: Path) -> None:
    path, skip = tmp_path / "p.jsonl", tmp_path / "skip.json"
    path.write_bytes(lines([{"pred": "a", "answers": ["a"]}] * 2))
    skip.write_text("[1, 7]")
    with pytest.raises(SourceError, match="'7'"):
        score(path, None, ["squad"], skip=skip, out=tmp_path / "o.jsonl")
    assert not (tmp_path / "o.jsonl").exists()


def test_a_metric_that_scored_nothing_still_says_so(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_bytes(lines([{"pred": "a"}]))
    found = score(path, None, ["squad"]).total("f1")
    assert (found.value, found.unscored) == (None, {"no reference": 1})
