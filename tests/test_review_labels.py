"""Label files and labels: what may be asked for, what may be kept, what a rule suggests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from longgrain.errors import PlanError, SourceError
from longgrain.plan import Plan
from longgrain.review.blocks import pieces
from longgrain.review.decision import Decision
from longgrain.review.items import Items
from longgrain.review.label_spec import FromRun, LabelSpec, load
from longgrain.review.labelling import Labelling
from longgrain.review.labels import by_rule, checked
from longgrain.review.pairs import Pairs
from longgrain.review.rubrics import rubrics_of
from longgrain.review.store import Store
from longgrain.review.task import UnusableError
from longgrain.run import Run
from review_served import rows, spec_file

SPEC = LabelSpec(
    name="people",
    classes={"letter": "", "story": ""},
    entities={"person": "", "place": ""},
    relations={"lives in": ""},
    question=True,
)
TEXT = "😀 Mr. Holmes lives in London.\n林黛玉住在大观园。"
HOLMES = {"id": "e1", "start": 2, "end": 12, "label": "person"}
LONDON = {"id": "e2", "start": 22, "end": 28, "label": "place"}


def labels(**changes: Any) -> str:
    sent = {
        "classes": ["story"],
        "entities": [LONDON, HOLMES],
        "relations": [{"from": "e1", "to": "e2", "label": "lives in"}],
        "question": " Where does Holmes live? ",
        "answers": [{"start": 22, "end": 28}],
        "evidence": [{"start": 2, "end": 29}],
    }
    return json.dumps(sent | changes)


def test_labels_are_kept_with_their_text_in_code_points() -> None:
    found = checked(labels(), TEXT, SPEC)
    assert found["entities"] == [HOLMES, LONDON]
    assert [TEXT[one["start"] : one["end"]] for one in found["entities"]] == [
        "Mr. Holmes",
        "London",
    ]
    assert found["answers"] == [{"start": 22, "end": 28, "text": "London"}]
    assert found["evidence"][0]["text"] == "Mr. Holmes lives in London."
    assert found["question"] == "Where does Holmes live?"
    assert found["text"] == TEXT
    Decision(item="1", kind="label", by="a", verdict="labelled", at="", labels=found).json()


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"classes": []}, "class_is_missing"),
        ({"classes": ["poem"]}, "labels_do_not_fit"),
        ({"classes": ["letter", "story"]}, "one_class_only"),
        ({"entities": [HOLMES | {"end": 99}]}, "labels_do_not_fit"),
        ({"entities": [HOLMES | {"start": 12}]}, "labels_do_not_fit"),
        ({"entities": [HOLMES | {"start": True}]}, "labels_do_not_fit"),
        ({"entities": [HOLMES | {"label": "ship"}]}, "labels_do_not_fit"),
        ({"entities": [HOLMES, LONDON | {"id": "e1"}], "relations": []}, "labels_do_not_fit"),
        ({"entities": [HOLMES]}, "labels_do_not_fit"),
        ({"relations": [{"from": "e1", "to": "e1", "label": "lives in"}]}, "labels_do_not_fit"),
        ({"answers": []}, "question_needs_answer"),
        ({"question": ""}, "answer_needs_question"),
        ({"answers": [{"start": -1, "end": 3}]}, "labels_do_not_fit"),
        ({"entities": "all"}, "labels_do_not_fit"),
    ],
)
def test_labels_that_do_not_fit_are_refused(change: dict[str, Any], word: str) -> None:
    with pytest.raises(UnusableError) as error:
        checked(labels(**change), TEXT, SPEC)
    assert error.value.word == word


@pytest.mark.parametrize("raw", ["", "[]", "{", "null", '"labels"'])
def test_what_is_no_object_is_refused(raw: str) -> None:
    with pytest.raises(UnusableError):
        checked(raw, TEXT, SPEC)


def test_a_rule_suggests_names_and_dates_with_true_offsets() -> None:
    spec = LabelSpec(name="x", entities={"Person": "", "地名": "", "date": "", "ship": ""})
    text = "😀 On 3 March 1881 Mr. Holmes came."
    found = by_rule(text, spec)["entities"]
    said = {one["label"]: text[one["start"] : one["end"]] for one in found}
    assert said == {"date": "3 March 1881", "Person": "Mr. Holmes"}
    assert not by_rule(text, LabelSpec(name="x", entities={"ship": ""}))["entities"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("classes: [a]\nclases: [b]\n", r"labels.yaml:3: clases: there is no such setting"),
        ("relations: [knows]\n", "between entities"),
        ("several: true\n", "nothing is to be labelled"),
        (f"classes: {[str(i) for i in range(40)]}\n", "need a key each"),
        ("classes: [a]\nsuggest: model\n", "suggest"),
    ],
)
def test_a_label_file_that_cannot_be_says_why_and_where(
    tmp_path: Path, words: str, said: str
) -> None:
    with pytest.raises(PlanError, match=said):
        load(spec_file(tmp_path, words, ["x"]))


def test_every_label_has_a_key_of_its_own_that_the_page_does_not_use() -> None:
    keys = SPEC.keys
    assert keys == {
        "entity:person": "1",
        "entity:place": "2",
        "class:letter": "3",
        "class:story": "4",
        "relation:lives in": "5",
    }
    many = LabelSpec(name="x", classes={f"class {i}": "" for i in range(24)}).keys.values()
    assert len(set(many)) == 24
    assert not set(many) & set("aejlmnqrsuwg?")


@pytest.mark.parametrize(
    "rubrics", [{"a": {0: "x", 5: "y"}}, {"a": {1: "x"}}, {"a": {1: "x", 10: "y"}}, {"a": "x"}]
)
def test_a_rubric_whose_points_have_no_keys_is_no_plan(rubrics: dict[str, Any]) -> None:
    with pytest.raises(PlanError, match=r"review\.rubrics"):
        Plan.of({"sources": ["x"], "review": {"rubrics": rubrics}})


def test_points_between_two_anchors_may_be_given() -> None:
    [rubric] = rubrics_of({"a": {2: "low", 5: "high"}}, "en")
    assert dict(rubric.points) == {2: "low", 3: "", 4: "", 5: "high"}
    assert [one.name for one in rubrics_of(None, "en")] == [
        one.name for one in rubrics_of(None, "zh")
    ]


def test_texts_come_from_a_file_beside_the_label_file(tmp_path: Path) -> None:
    spec = load(spec_file(tmp_path, "classes: [a, b]\n", ["one", " ", "two\n行 😀", "one"]))
    task = Labelling(spec=spec)
    items = Items(Store(tmp_path / "review.sqlite"), task)
    entries = items.listed("ann", state="", sort="", words="", page=1).entries
    assert {task.text(entry) for entry, _ in entries} == {"one", "two\n行 😀"}
    assert items.left_out() == {"text_is_empty": 1, "same_item": 1}


def test_a_line_that_is_no_text_is_named(tmp_path: Path) -> None:
    spec = load(spec_file(tmp_path, "classes: [a]\n", ["one"]))
    (tmp_path / "texts.jsonl").write_text('{"text": "x"}\n{"words": 1}\n')
    with pytest.raises(SourceError, match=r"line 2 of .*no field `text`"):
        Items(Store(tmp_path / "review.sqlite"), Labelling(spec=spec))


def test_grains_of_a_run_are_texts_to_label(small_run: Run, tmp_path: Path) -> None:
    spec = LabelSpec(name="x", classes={"a": ""}, texts=FromRun(grains="paragraph", limit=25))
    task = Labelling(spec=spec, run=small_run)
    items = Items(Store(tmp_path / "review.sqlite"), task)
    assert 0 < items.count() <= 25
    whole = "\n".join(small_run.texts().values())
    for entry, _ in items.listed("ann", state="", sort="", words="", page=1).entries:
        assert task.text(entry) in whole
        assert entry.size == len(task.text(entry))


def test_labels_in_a_row_are_a_suggestion_and_say_whose(tmp_path: Path) -> None:
    suggested = {"entities": [{"id": "e1", "start": 0, "end": 3, "label": "person"}]}
    texts = rows(tmp_path / "t.jsonl", [{"text": "Ann", "labels": suggested, "from": "a model"}])
    spec = LabelSpec(name="x", entities={"person": ""}, texts=str(texts))
    task = Labelling(spec=spec)
    [entry] = task.entries()
    assert task.suggestion(entry) == {**suggested, "from": "a model"}
    parts = task.parts(entry, "ann", {"verdict": "labelled", "labels": json.dumps(suggested)})
    assert parts["shown"] == {"suggestion": {**suggested, "from": "a model"}}


def test_pairs_are_matched_by_id_and_what_is_none_is_counted(tmp_path: Path) -> None:
    a = rows(tmp_path / "a.jsonl", [{"id": i, "reply": f"a{i}"} for i in range(4)])
    b = rows(
        tmp_path / "b.jsonl",
        [{"id": 3, "reply": "b3"}, {"id": 2, "reply": "a2"}, {"id": 1}, {"id": 9, "reply": "b9"}],
    )
    task = Pairs(a=a, b=b)
    items = Items(Store(tmp_path / "review.sqlite"), task)
    assert items.count() == 1
    assert items.left_out() == {"only_in_one": 2, "no_reply": 1, "same_reply": 1}


def test_the_side_is_drawn_for_each_item_and_person_and_the_verdict_names_the_answer(
    tmp_path: Path,
) -> None:
    a = rows(tmp_path / "a.jsonl", [{"id": i, "reply": f"a{i}"} for i in range(60)])
    b = rows(tmp_path / "b.jsonl", [{"id": i, "reply": f"b{i}"} for i in range(60)])
    task = Pairs(a=a, b=b)
    entries = list(task.entries())
    sides = [[task.left(entry, by) for entry in entries] for by in ("ann", "bob")]
    assert sides[0] != sides[1]
    assert all(15 < side.count("a") < 45 for side in sides)
    for entry in entries[:8]:
        view = task.view(entry, "ann", "en")
        parts = task.parts(entry, "ann", {"verdict": "left"})
        assert view["left"].startswith(parts["verdict"])
        assert parts["shown"]["left"] == parts["verdict"]
        assert {view["left"][0], view["other"][0]} == {"a", "b"}
    with pytest.raises(UnusableError):
        task.parts(entries[0], "ann", {"verdict": "a"})


def test_a_file_without_ids_or_with_others_only_cannot_be_compared(tmp_path: Path) -> None:
    a = rows(tmp_path / "a.jsonl", [{"id": 1, "reply": "x"}])
    with pytest.raises(SourceError, match="no id in common"):
        list(Pairs(a=a, b=rows(tmp_path / "b.jsonl", [{"id": 2, "reply": "y"}])).entries())
    with pytest.raises(SourceError, match="has no id"):
        list(Pairs(a=a, b=rows(tmp_path / "c.jsonl", [{"reply": "y"}])).entries())
    with pytest.raises(SourceError, match="holds no answers"):
        list(Pairs(a=a, b=tmp_path).entries())
    with pytest.raises(SourceError, match="compared with itself"):
        list(Pairs(a=a, b=a).entries())


def test_a_long_stretch_is_shown_in_pieces_that_lose_nothing() -> None:
    text = "One sentence here. " * 800 + "没有空格的句子。" * 500 + "x" * 5000
    found = list(pieces(text))
    assert "".join(found) == text
    assert max(map(len, found)) <= 2400
