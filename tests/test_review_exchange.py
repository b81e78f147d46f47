"""Decisions go out to other tools and come back the same; what a format cannot hold is counted."""

from __future__ import annotations

import random
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson
import pytest

from deciding import decision
from longgrain.errors import RunError
from longgrain.recipes.rows import Row, rows
from longgrain.review.decision import Decision
from longgrain.review.exchange import argilla, bring_in, export, label_studio
from longgrain.review.exchange.items import Item, items_of, same
from longgrain.review.store import Store

TOOLS = {"argilla": argilla, "label-studio": label_studio}
WORDS = ["Ada", "北京", "😀", "𠮷野家", "<b>&amp;", '"q"', "行\n行", "é", "👩‍👩‍👧", "a — b"]
PEOPLE = ["Ann", "王芳", "bo@example.org", "O'Neil <x>"]


def text_of(rng: random.Random) -> str:
    return " ".join(rng.choice(WORDS) for _ in range(rng.randint(3, 12)))


def span_of(rng: random.Random, text: str) -> dict[str, int]:
    start = rng.randrange(len(text))
    return {"start": start, "end": rng.randint(start + 1, len(text))}


def example(rng: random.Random, number: int, by: str) -> Decision:
    verdict = rng.choice(["accept", "reject", "edit", "skip"])
    edit = {name: text_of(rng) for name in ("question", "answer") if rng.random() < 0.7}
    ratings = {name: rng.randint(1, 5) for name in ("有用", "faithful 😀") if rng.random() < 0.7}
    return decision(
        f"item-{number}", verdict, by=by, number=number, seconds=rng.randint(0, 90) / 2,  # type: ignore[arg-type]
        ratings=ratings, note=text_of(rng) if rng.random() < 0.5 else "",
        edit=edit if verdict == "edit" else {}, repeat=int(rng.random() < 0.2),
    )  # fmt: skip


def labelled(rng: random.Random, number: int, by: str) -> Decision:
    text = text_of(random.Random(f"text {number}"))  # the same for everybody
    entities = [
        {"id": f"x{n}", **span_of(rng, text), "label": rng.choice(["人物", "place & time"])}
        for n in range(rng.randint(0, 4))
    ]
    ids = [one["id"] for one in entities]
    relations = [{"from": one, "to": other, "label": "属于"} for one, other in pairwise(ids)]
    quotes = [span_of(rng, text) for _ in range(3)]
    quotes = [{**one, "text": text[one["start"] : one["end"]]} for one in quotes]  # type: ignore[dict-item]
    labels = {
        "text": text, "classes": rng.sample(["新闻", "a|b", "c"], rng.randint(1, 2)),
        "entities": entities, "relations": relations,
        "question": "谁 <来>了? 😀", "answers": quotes[:1], "evidence": quotes[1:],
    }  # fmt: skip
    if rng.random() < 0.15:
        return decision(f"text-{number}", "skip", by=by, kind="label", number=number)
    return decision(f"text-{number}", "labelled", by=by, kind="label", number=number, labels=labels)


def paired(rng: random.Random, number: int, by: str) -> Decision:
    shown = {"left": rng.choice("ab"), "a": "base", "b": "tuned"}
    verdict = rng.choice(["a", "b", "tie", "skip"])
    return decision(
        f"pair-{number}", verdict, by=by, kind="pair", number=number, shown=shown,  # type: ignore[arg-type]
        note=rng.choice(["", "同样好 😀"]),
    )  # fmt: skip


def many(seed: int) -> list[Decision]:
    rng = random.Random(seed)
    makers: list[Callable[[random.Random, int, str], Decision]] = [example, labelled, paired]
    return [make(rng, number, by) for make in makers for number in range(6) for by in PEOPLE]


def sorted_(found: Any, tool: Any) -> list[bytes]:
    return sorted(same(tool.carried(one)) for one in found)


@pytest.mark.parametrize("name", TOOLS)
@pytest.mark.parametrize("seed", range(6))
def test_what_a_format_holds_comes_back_as_it_was(name: str, seed: int, tmp_path: Path) -> None:
    tool, made = TOOLS[name], many(seed)
    items, _ = items_of(made, {})
    tool.write(items, {}, tmp_path / "out")
    found = tool.read(tmp_path / "out")
    assert sorted_(found.decisions, tool) == sorted_(made, tool)


@pytest.mark.parametrize("seed", range(3))
def test_label_studio_holds_all_but_what_was_shown(seed: int, tmp_path: Path) -> None:
    made = [replace(one, shown={}) for one in many(seed) if one.kind == "label"]
    items, _ = items_of(made, {})
    label_studio.write(items, {}, tmp_path)
    found = label_studio.read(tmp_path).decisions
    marked = [one for one in found if one.labels]
    assert {(one.item, one.by) for one in found} == {(one.item, one.by) for one in made}
    for one in marked:
        before = next(x for x in made if (x.item, x.by) == (one.item, one.by))
        assert (one.at, one.seconds) == (before.at, before.seconds)
        assert one.labels["relations"] == before.labels["relations"]
        assert {e["id"]: (e["start"], e["end"]) for e in one.labels["entities"]} == {
            e["id"]: (e["start"], e["end"]) for e in before.labels["entities"]
        }


def test_a_control_that_loses_a_mark_is_found(tmp_path: Path) -> None:
    made = [one for one in many(1) if one.kind == "label" and one.labels.get("entities")]
    items, _ = items_of(made, {})
    label_studio.write(items, {}, tmp_path)
    file = tmp_path / "labels.json"
    tasks = orjson.loads(file.read_bytes())
    regions = tasks[0]["annotations"][0]["result"]
    regions.remove(next(one for one in regions if one["type"] == "labels"))
    file.write_bytes(orjson.dumps(tasks))
    found = label_studio.read(tmp_path).decisions
    assert sorted_(found, label_studio) != sorted_(made, label_studio)


def test_every_control_of_a_result_is_in_the_labeling_config(tmp_path: Path) -> None:
    items, _ = items_of(many(2), {})
    label_studio.write(items, {"faithful 😀": {1: "no", 5: "yes"}}, tmp_path)
    for kind in ("examples", "labels", "pairs"):
        config = ET.fromstring((tmp_path / f"{kind}.xml").read_text("utf-8"))
        controls = {one.get("name"): one for one in config.iter() if one.get("toName")}
        objects = {one.get("name"): one.get("value", "") for one in config.iter("Text")}
        tasks = orjson.loads((tmp_path / f"{kind}.json").read_bytes())
        for task in tasks:
            assert {value[1:] for value in objects.values()} <= set(task["data"])
            for region in task["annotations"][0]["result"]:
                if region["type"] == "relation":
                    continue
                control = controls[region["from_name"]]
                assert control.tag.lower() == region["type"]
                names = [one.get("value") for one in control]
                chosen = region["value"].get("choices") or region["value"].get("labels") or []
                assert set(chosen) <= set(names)


def test_marks_in_utf_16_units_are_put_right_by_their_words(tmp_path: Path) -> None:
    text = "😀😀 Ada 来了"
    region = {
        "id": "z", "from_name": "entities", "to_name": "text", "type": "labels",
        "value": {"start": 5, "end": 8, "text": "Ada", "labels": ["person"]},
    }  # fmt: skip
    task = {
        "data": {"text": text, "item": "t"},
        "annotations": [{"result": [region], "completed_by": 7}],
    }
    (tmp_path / "labels.json").write_bytes(orjson.dumps([task]))
    found = label_studio.read(tmp_path)
    [one] = found.decisions
    assert one.by == "user 7"
    [entity] = one.labels["entities"]
    assert text[entity["start"] : entity["end"]] == "Ada"
    assert found.notes == {"marks counted in UTF-16 units, put right by their words": 1}


def test_marks_of_argilla_behind_wide_characters_are_counted(tmp_path: Path) -> None:
    made = [
        decision("t", "labelled", kind="label",
                 labels={"text": "😀 Ada", "entities": [{"id": "1", "start": 2, "end": 5, "label": "p"}]})
    ]  # fmt: skip
    argilla.write(items_of(made, {})[0], {}, tmp_path)
    found = argilla.read(tmp_path)
    assert found.decisions[0].labels["entities"][0]["start"] == 2
    assert sum(found.notes.values()) == 1


def test_suggestions_go_out_as_suggestions_and_predictions(tmp_path: Path) -> None:
    suggested = {"entities": [{"id": "e1", "start": 0, "end": 3, "label": "p"}], "from": "rule"}
    made = [
        decision("t", "labelled", kind="label", labels={"text": "Ada!", "entities": []},
                 shown={"suggestion": suggested})
    ]  # fmt: skip
    items = items_of(made, {})[0]
    argilla.write(items, {}, tmp_path / "a")
    label_studio.write(items, {}, tmp_path / "l")
    [record] = orjson.loads((tmp_path / "a/labels/records.json").read_bytes())
    [task] = orjson.loads((tmp_path / "l/labels.json").read_bytes())
    assert record["suggestions"]["entities"]["agent"] == "rule"
    assert task["predictions"][0]["model_version"] == "rule"
    assert task["predictions"][0]["result"][0]["value"]["text"] == "Ada"


def test_a_pair_names_sides_alone_and_comes_back_by_what_stood_there(tmp_path: Path) -> None:
    words = {("pair", "p"): {"question": "?", "a": "answer of a", "b": "answer of b"}}
    shown = {"left": "b", "a": "base", "b": "tuned"}
    made = [decision("p", "a", kind="pair", shown=shown)]
    items, lost = items_of(made, words)
    assert not lost
    [item] = items
    assert item.fields == {"question": "?", "left": "answer of b", "right": "answer of a"}
    for tool in TOOLS.values():
        folder = tmp_path / tool.__name__
        tool.write(items, {}, folder)
        assert not any(b"tuned" in one.read_bytes() for one in folder.rglob("*.json"))
        [one] = tool.read(folder).decisions
        assert (one.verdict, one.shown) == ("a", {"left": "b"})


def store_of(folder: Path, found: list[Decision]) -> Path:
    folder.mkdir(exist_ok=True)
    store = Store(folder / "review.sqlite")
    for one in found:
        store.add(one)
    store.close()
    return folder


@pytest.mark.parametrize("form", ["jsonl", "argilla", "label-studio"])
def test_what_is_brought_in_again_is_not_added_again(form: Any, tmp_path: Path) -> None:
    made = many(4)
    one = store_of(tmp_path / "one", made)
    out = tmp_path / ("out.jsonl" if form == "jsonl" else "out")
    export(one, out, form)
    again = bring_in(one, out)
    assert (again.added, again.known) == (0, len(made))
    other = tmp_path / "other"
    other.mkdir()
    assert bring_in(other, out).added == len(made)
    assert bring_in(other, out).added == 0
    if form == "jsonl":
        assert list(Store(other / "review.sqlite").decisions()) == made


def test_what_a_format_does_not_hold_is_counted(tmp_path: Path) -> None:
    made = [
        decision("x", "accept", number=1, seconds=3.0),
        decision("x", "reject", number=2),
        decision("t", "labelled", kind="label", labels={"text": "Ada", "classes": ["c"], "relations": [
            {"from": "1", "to": "2", "label": "r"}]}),
    ]  # fmt: skip
    told = export(store_of(tmp_path / "run", made), tmp_path / "out", "argilla")
    assert told.decisions == 2
    assert told.lost == {
        "earlier decisions, which later ones took the place of": 1,
        "examples whose words are not in the run: only their ids are given": 1,
        "times of decisions": 2,
        "relations": 1,
    }


def test_files_that_are_none_are_errors_in_words(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{}")
    (tmp_path / "empty").mkdir()
    with pytest.raises(RunError, match="no list of tasks"):
        bring_in(tmp_path, tmp_path / "x.json")
    with pytest.raises(RunError, match="there is no"):
        bring_in(tmp_path, tmp_path / "nowhere")
    with pytest.raises(RunError, match="Label Studio"):
        bring_in(tmp_path, tmp_path / "empty")
    (tmp_path / "y.jsonl").write_text('{"item": "x"}\n')
    with pytest.raises(RunError, match="line 1"):
        bring_in(tmp_path, tmp_path / "y.jsonl")


def test_records_of_another_make_are_counted_not_read(tmp_path: Path) -> None:
    place = tmp_path / "foreign"
    place.mkdir()
    record = {
        "id": "1",
        "fields": {"prompt": "x"},
        "responses": {"good": [{"value": "yes", "user_id": "u"}]},
    }
    (place / "records.json").write_bytes(orjson.dumps([record]))
    found = argilla.read(place)
    assert not found.decisions
    assert found.notes == {"records of other fields than ours": 1}


def spoilt(value: Any, rng: random.Random) -> Any:
    """The same with something in it gone, or of another type."""
    if rng.random() < 0.04:
        return rng.choice([None, [], {}, "", 7, "x", [None], {"value": None}])
    if isinstance(value, dict):
        return {key: spoilt(one, rng) for key, one in value.items() if rng.random() > 0.02}
    return [spoilt(one, rng) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", TOOLS)
@pytest.mark.parametrize("seed", range(8))
def test_files_with_anything_in_them_are_read_or_counted(
    name: str, seed: int, tmp_path: Path
) -> None:
    tool = TOOLS[name]
    tool.write(items_of(many(seed), {})[0], {}, tmp_path / "out")
    rng = random.Random(seed)
    for file in (tmp_path / "out").rglob("*.json"):
        if file.name not in ("annotators.json", "dataset.json", "settings.json"):
            held = orjson.loads(file.read_bytes())
            file.write_bytes(orjson.dumps([spoilt(one, rng) for one in held]))
    found = tool.read(tmp_path / "out")
    assert sum(found.notes.values())
    store = Store(tmp_path / "review.sqlite")
    for one in found.decisions:
        store.add(one)
    items_of(found.decisions, {})


def label(item: str, by: str, number: int, **labels: Any) -> Decision:
    said = {"text": f"{item}: Ada 😀 met Bo.", **labels}
    return decision(item, "labelled", by=by, kind="label", number=number, labels=said)


def test_labels_become_task_data_of_what_most_people_set(tmp_path: Path) -> None:
    ada, bo = {"start": 3, "end": 6, "label": "p"}, {"start": 13, "end": 15, "label": "p"}
    both = [{"id": "1", **ada}, {"id": "2", **bo}]
    met = [{"from": "1", "to": "2", "label": "met"}]
    found = [
        label("a", "Ann", 1, classes=["x"], entities=both, relations=met),
        label("a", "Bob", 2, classes=["x"], entities=[{"id": "9", **ada}], relations=[]),
        label("a", "Cem", 3, classes=["y"], entities=both, relations=met),
        label("b", "Ann", 4, classes=["x"]),
        label("b", "Bob", 5, classes=["y"]),
        label("c", "Ann", 6, classes=["x", "y"]),
    ]
    told = export(store_of(tmp_path / "run", found), tmp_path / "task.jsonl", "task")
    a, c = map(orjson.loads, (tmp_path / "task.jsonl").read_bytes().splitlines())
    assert a["labels"] == ["x"]  # in a list, since another text has two
    assert [a["text"][one["start"] : one["end"]] for one in a["entities"]] == ["Ada", "Bo"]
    assert a["relations"] == [{"from": "e1", "to": "e2", "label": "met"}]
    assert c["labels"] == ["x", "y"]
    assert told.lost == {
        "texts on whose class people are divided": 1,
        "texts without agreed classes or entities": 1,
    }


def test_texts_of_one_class_each_have_a_label(tmp_path: Path) -> None:
    found = [label("a", "Ann", 1, classes=["x"]), label("b", "Ann", 2, classes=["新闻"])]
    export(store_of(tmp_path / "run", found), tmp_path / "task.jsonl", "task")
    said = map(orjson.loads, (tmp_path / "task.jsonl").read_bytes().splitlines())
    assert [one["label"] for one in said] == ["x", "新闻"]


def test_questions_that_people_wrote_are_rows_that_recipes_read(tmp_path: Path) -> None:
    answer = {"start": 3, "end": 6, "text": "Ada"}
    found = [
        label("a", "Ann", 1, question="Who met Bo?", answers=[answer], evidence=[answer]),
        label("b", "Ann", 2, classes=["新闻"]),
        label("c", "Ann", 3, classes=["x", "y"]),
    ]
    told = export(store_of(tmp_path / "run", found), tmp_path / "rows.jsonl", "rows")
    asked, classed = rows(tmp_path / "rows.jsonl")
    assert isinstance(asked, Row)
    assert isinstance(classed, Row)
    assert (asked.question, asked.answers) == ("Who met Bo?", (("Ada", 3),))
    assert asked.passage[3:6] == "Ada"
    assert (classed.label, classed.passage) == ("新闻", "b: Ada 😀 met Bo.")
    assert told.lost == {"texts without a question or a class of their own": 1}


def test_an_item_has_a_name_of_its_own_for_each_time_it_came_and_for_each_side() -> None:
    names = [
        Item(id="x", kind="pair", repeat=again, left=left).name for again in (0, 1) for left in "ab"
    ]
    assert len({*names}) == 4
