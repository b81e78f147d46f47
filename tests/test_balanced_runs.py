"""The part `balance` of a plan, the classes of examples, and what becomes of a balanced run."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest

from longgrain.build import build
from longgrain.errors import PlanError
from longgrain.explain import explain, weighed
from longgrain.exports.jsonl import Jsonl
from longgrain.exports.parquet import Parquet
from longgrain.exports.review import Review
from longgrain.plan import Plan
from longgrain.preview import preview
from longgrain.run import Run
from small import balanced_plan


@pytest.mark.parametrize(
    ("balance", "said"),
    [
        ({"language": {"en": 0, "zh": 0}}, "no class has a share above 0"),
        ({"language": {"en": -1}}, "greater than or equal to 0"),
        ({"difficulty": {"tricky": 1}}, "'tricky' is no level; there are easy, medium, hard"),
        ({"length": {"long": 1}}, "'long' is no upper bound"),
        ({"depth": {"-0.5": 1}}, "'-0.5' is no upper bound"),
        ({"language": "even"}, "equal"),
        ({"most": 0, "language": "equal"}, "greater than or equal to 1"),
        ({"topic": "equal"}, "there is no such setting"),
        ({}, "names no share and no recipe has one"),
    ],
)
def test_a_mix_that_makes_no_sense_is_refused(balance: dict[str, Any], said: str) -> None:
    with pytest.raises(PlanError, match="balance") as error:
        Plan.of({"sources": ["documents"], "balance": balance})
    assert said in str(error.value)


def test_the_numbers_of_classes_are_names_and_a_plan_reads_back_the_same() -> None:
    values = {"length": {4096: 1, 16384: 2}, "depth": {0.5: 1, 1.0: 1, "none": 1}}
    plan = Plan.of({"sources": ["documents"], "balance": values})
    assert plan.balance is not None
    assert plan.balance.length == {"4096": 1, "16384": 2}
    assert plan.balance.depth == {"0.5": 1, "1": 1, "none": 1}
    assert Plan.of(orjson.loads(orjson.dumps(plan.as_dict()))).id == plan.id


@pytest.mark.parametrize(
    ("balance", "said"),
    [
        ({"recipe": {"in2": 1, "pearl": 1}}, r"balance.recipe: 'pearl' is made by no recipe"),
        ({"kind": {"fine": 1, "finer": 1}}, r"'finer' is made by no recipe.*there are fine, "),
    ],
)
def test_a_class_that_no_recipe_makes_is_refused_before_anything_is_drafted(
    tmp_path: Path, balance: dict[str, Any], said: str
) -> None:
    with pytest.raises(PlanError, match=said):
        build(balanced_plan(tmp_path, balance=balance), tmp_path / "run")
    assert not (tmp_path / "run" / "calls.sqlite").exists()


def held(run: Run, dimension: str, when: str = "after") -> dict[str, int]:
    """Learned tokens of each class of a dimension, of the training side."""
    [found] = [
        one
        for one in run.manifest["balance"]["train"]["dimensions"]
        if one["dimension"] == dimension
    ]
    return {one["name"]: one[when]["learned"] for one in found["classes"]}


def test_every_dimension_counts_the_same_examples(balanced_run: Run) -> None:
    told = balanced_run.manifest["balance"]["train"]
    names = [one["dimension"] for one in told["dimensions"]]
    assert names == ["recipe", "kind", "difficulty", "language", "length", "depth", "source"]
    for name in names:
        assert sum(held(balanced_run, name).values()) == told["after"]["learned"]
        assert sum(held(balanced_run, name, "before").values()) == told["before"]["learned"]


@pytest.mark.parametrize(
    "balance",
    [
        {"difficulty": {"easy": 1, "other": 1}},
        {"length": {768: 1, 1024: 2}},
        {"depth": {"0.5": 1, "1": 2}},
        {"source": {"documents/handbook-*": 1, "documents/手册-*": 1}},
        {"kind": {"fine": 1, "integration": 1}, "measure": "examples"},
    ],
    ids=str,
)
def test_a_share_in_any_dimension_is_met_or_listed(
    tmp_path: Path, balance: dict[str, Any], balanced_run: Run
) -> None:
    plan = balanced_plan(balanced_run.folder.parent, balance=balance)
    told = build(plan, tmp_path / "run").manifest["balance"]["train"]
    measure = told["measure"]
    listed = {(one["dimension"], one["class"]) for one in told["shortfalls"]}
    wished = 0
    for dimension in told["dimensions"]:
        named = [one for one in dimension["classes"] if one["wished"] is not None]
        total = sum(one["after"][measure] for one in named)
        for one in named:
            wished += 1
            want = one["wished"] * total
            off = abs(one["after"][measure] - want)
            assert off <= 0.01 * want + 0.5 or (dimension["dimension"], one["name"]) in listed
    assert wished >= 2
    assert len(listed) <= 1, told["shortfalls"]


def test_the_shares_of_recipes_are_those_of_learned_tokens_where_the_mix_names_none(
    tmp_path: Path, balanced_run: Run
) -> None:
    run = build(
        balanced_plan(balanced_run.folder.parent, balance={"language": "equal"}), tmp_path / "run"
    )
    found = held(run, "recipe")
    assert found["in2"] / sum(found.values()) == pytest.approx(0.6, abs=0.01)


def test_what_was_left_out_is_listed_with_its_classes_and_is_in_no_table(balanced_run: Run) -> None:
    lost = [one for one in balanced_run.dropped() if one.step == "balance"]
    kept = {example.id for example in balanced_run.examples("train")}
    assert lost
    assert not kept & {one.id for one in lost}
    assert {one.reason for one in lost} == {"left out for the wished mix"}
    assert all(one.detail.startswith("recipe ") and "language " in one.detail for one in lost)


def test_exports_hold_a_repeat_as_often_as_the_rows_and_a_review_holds_it_once(
    balanced_run: Run, tmp_path: Path
) -> None:
    times = {one.id: one.lineage["balance"]["times"] for one in balanced_run.examples("train")}
    Jsonl().write(balanced_run, tmp_path)
    lines = [orjson.loads(line)["id"] for line in (tmp_path / "train.jsonl").open("rb")]
    assert Counter(lines) == times
    assert len(set(lines[: len(times)])) == len(times)  # all first ones, then the repeats
    Parquet().write(balanced_run, tmp_path)
    assert max(times.values()) > 1
    [sheet, *_] = Review(form="jsonl").write(balanced_run, tmp_path)
    assert sheet.read_bytes().count(b"\n") == len(times)


def test_an_example_that_is_repeated_can_be_explained(balanced_run: Run) -> None:
    example = max(balanced_run.examples("train"), key=lambda e: e.lineage["balance"]["times"])
    assert example.lineage["balance"]["times"] > 1
    assert explain(balanced_run, example.id).id == example.id
    words = weighed(example)
    assert words.startswith(f"in {example.lineage['balance']['times']} rows, ")
    assert f"({example.lineage['balance']['level']})" in words


def test_nothing_is_said_of_balance_where_there_is_none(small_run: Run) -> None:
    assert weighed(next(small_run.examples("train"))) == ""


def test_the_report_and_the_card_tell_of_the_mix(balanced_run: Run, small_run: Run) -> None:
    page = (balanced_run.folder / "report.html").read_text("utf-8")
    told = balanced_run.manifest["balance"]["train"]
    assert "<h2>Mix</h2>" in page
    assert f"{told['times']['0']} were left out" in page
    assert f"{told['before']['learned']:,} learned tokens became" in " ".join(page.split())
    assert "does not add up" not in page
    assert "The mix of train was balanced by learned tokens" in (
        balanced_run.folder / "README.md"
    ).read_text("utf-8")
    assert "<h2>Mix</h2>" not in (small_run.folder / "report.html").read_text("utf-8")


def test_preview_says_which_shares_cannot_be_met(tmp_path: Path, balanced_run: Run) -> None:
    balance = {"language": {"en": 0.95, "zh": 0.05}, "most": 1, "keep": 0.9}
    plan = balanced_plan(balanced_run.folder.parent, balance=balance)
    found = preview(plan, 0, out=tmp_path / "run")
    assert any("balance, language en" in one and "in a sample" in one for one in found.doubts)


def test_preview_says_nothing_of_learned_tokens_that_are_made_up(
    tmp_path: Path, balanced_run: Run
) -> None:
    balance = {"language": {"en": 0.95, "zh": 0.05}, "most": 1, "keep": 0.9}
    teacher = {"use": "openai", "model": "none", "base_url": "http://localhost:9/v1"}
    plan = balanced_plan(balanced_run.folder.parent, balance=balance, teacher=teacher)
    found = preview(plan, 0, out=tmp_path / "run")
    assert found.forecast is not None
    assert not any("balance" in one for one in found.doubts)
