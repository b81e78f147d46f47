"""Files of the user's own: every format read into one shape, and only rows that agree go on."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from longgrain.build import build
from longgrain.errors import PlanError
from longgrain.inputs import named
from longgrain.manifest import sha256_of
from longgrain.recipes.agreement import Agreed, Lost, agreed
from longgrain.recipes.rows import Bad, Row, rows
from small import materials_of, small_plan

FERRY = "The ferry holds 1,200 people. It was built in Bergen."


def jsonl(folder: Path, *records: Any, name: str = "own.jsonl") -> Path:
    path = folder / name
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records), "utf-8")
    return path


def read(path: Path) -> list[Row]:
    found = list(rows(path))
    assert all(isinstance(one, Row) for one in found), found
    return [one for one in found if isinstance(one, Row)]


SAID = (("user", "Hi"), ("assistant", "Ho"))
SAME: dict[str, Any] = {
    "messages": {
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "Hi"}]},
            {"role": "assistant", "content": "Ho"},
        ]
    },
    "sharegpt": {
        "conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Ho"}]
    },
    "alpaca": {"instruction": "Hi", "input": "", "output": "Ho"},
    "prompt": {"prompt": "Hi", "completion": "Ho"},
    "chinese names": {"问题": "Hi", "回答": "Ho"},
}


@pytest.mark.parametrize("form", SAME)
def test_every_form_of_turns_reads_the_same(form: str, tmp_path: Path) -> None:
    [row] = read(jsonl(tmp_path, SAME[form]))
    assert row.turns == SAID
    assert row.name == "own.jsonl:1"


def test_alpaca_brings_its_input_history_and_system(tmp_path: Path) -> None:
    record = {
        "instruction": "Translate", "input": "十二座桥", "output": "twelve bridges",
        "system": "Be brief.", "history": [["Hi", "Ho"]],
    }  # fmt: skip
    [row] = read(jsonl(tmp_path, record))
    assert [speaker for speaker, _ in row.turns] == [
        "system",
        "user",
        "assistant",
        "user",
        "assistant",
    ]
    assert row.turns[3][1] == "Translate\n\n十二座桥"


def squad(**more: Any) -> dict[str, Any]:
    return {"context": FERRY, "question": "Where was it built?", **more}


def test_squad_is_read_nested_and_flat_and_knows_impossible_questions(tmp_path: Path) -> None:
    start = FERRY.index("Bergen")
    answers = [{"text": "Bergen", "answer_start": start}]
    nested = {
        "version": "2.0",
        "data": [
            {
                "title": "Ferries",
                "paragraphs": [
                    {
                        "context": FERRY,
                        "qas": [
                            {"id": "a", "question": "Where was it built?", "answers": answers, "is_impossible": False},
                            {"id": "b", "question": "Who sold it?", "answers": [], "is_impossible": True},
                        ],
                    }
                ],
            }
        ],
    }  # fmt: skip
    (tmp_path / "squad.json").write_text(json.dumps(nested), "utf-8")
    first, second = read(tmp_path / "squad.json")
    assert first.answers == (("Bergen", start),)
    assert first.passage == FERRY
    assert second.impossible
    assert not second.answers
    flat = squad(answers={"text": ["Bergen"], "answer_start": [start]})
    [row] = read(jsonl(tmp_path, flat))
    assert row.answers == first.answers
    [row] = read(jsonl(tmp_path, squad(answers={"text": [], "answer_start": []})))
    assert row.impossible


def test_a_broken_squad_file_is_told_row_by_row(tmp_path: Path) -> None:
    data = [
        {"paragraphs": [3, {"context": FERRY}, {"context": FERRY, "qas": [7]}]},
        {"paragraphs": 1},
    ]
    (tmp_path / "squad.json").write_text(json.dumps({"data": data}), "utf-8")
    found = list(rows(tmp_path / "squad.json"))
    assert [type(one).__name__ for one in found] == ["Bad"] * 4
    [row] = read(jsonl(tmp_path, squad(answers={"text": "Bergen", "answer_start": 3})))
    assert row.answers == (("Bergen", 3),)


def test_a_labelled_table_comes_as_csv_tsv_json_or_parquet(tmp_path: Path) -> None:
    table = [{"text": 'He said, "fine"\nand left', "label": "good"}, {"text": "坏", "label": "bad"}]
    for name, delimiter in (("t.csv", ","), ("t.tsv", "\t")):
        with (tmp_path / name).open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.DictWriter(file, ["text", "label"], delimiter=delimiter)
            writer.writeheader()
            writer.writerows(table)
    (tmp_path / "t.json").write_text(json.dumps(table), "utf-8")
    pq.write_table(pa.Table.from_pylist(table), tmp_path / "t.parquet")
    for name in ("t.csv", "t.tsv", "t.json", "t.parquet"):
        found = read(tmp_path / name)
        assert [(one.passage, one.label) for one in found] == [tuple(r.values()) for r in table]


def test_a_chinese_table_in_an_old_encoding_is_read(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes("文本,标签\n渡轮很旧,差\n".encode("gb18030"))
    [row] = read(tmp_path / "t.csv")
    assert (row.passage, row.label) == ("渡轮很旧", "差")


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ([1], "not a record"),
        ({"conversations": [{"from": "judge", "value": "x"}]}, "a message without a known role"),
        ({"instruction": "x", "output": ""}, "no instruction or no response"),
        ({"text": "x", "label": " "}, "a labelled row without a text or without a label"),
        (squad(answers=[], is_impossible=False), "a question without an answer"),
        (squad(answers=[{"text": "a"}], is_impossible=True), "an impossible question with an answer"),
        (squad(answers=3), "answers that are neither records nor lists"),
        ({"instruction": "x", "output": "y", "history": [1]}, "a history that is not a list of pairs"),
    ],
)  # fmt: skip
def test_a_row_without_a_shape_says_why(record: Any, reason: str, tmp_path: Path) -> None:
    [bad] = rows(jsonl(tmp_path, record))
    assert isinstance(bad, Bad)
    assert bad.reason == reason


def test_a_line_of_a_table_with_too_many_cells_is_told(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("text,label\na,b,c\nd\n", "utf-8")
    assert {one.reason for one in rows(tmp_path / "t.csv") if isinstance(one, Bad)} == {
        "more or fewer cells than columns"
    }


# --- what must agree ---


def judged(folder: Path, *records: Any, classes: tuple[str, ...] = ()) -> list[Agreed | Lost]:
    return list(agreed(rows(jsonl(folder, *records)), classes))


def pair(ask: str, reply: str) -> dict[str, str]:
    return {"instruction": ask, "output": reply}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (pair("What is the capital of France?", "Paris"), pair("Please tell me the capital of france", "Lyon")),
        (pair("请问法国的首都是哪座城市？", "巴黎"), pair("法国的首都是哪座城市", "里昂")),
        ({"text": "good film", "label": "pos"}, {"text": "Good  film!", "label": "neg"}),
        (
            squad(answers={"text": ["Bergen"], "answer_start": [47]}),
            squad(answers={"text": [], "answer_start": []}),
        ),
    ],
)  # fmt: skip
def test_two_rows_that_ask_the_same_and_say_otherwise_both_go(
    one: Any, other: Any, tmp_path: Path
) -> None:
    found = judged(tmp_path, one, other)
    assert [item.reason for item in found if isinstance(item, Lost)] == [
        "asks the same as another row and is answered differently"
    ] * 2
    assert [item.detail for item in found if isinstance(item, Lost)] == [
        "the other row is own.jsonl:2",
        "the other row is own.jsonl:1",
    ]


def test_rows_that_differ_in_what_they_ask_stay(tmp_path: Path) -> None:
    found = judged(
        tmp_path,
        pair("What is the capital of France?", "Paris"),
        pair("What is the capital of Spain?", "Madrid"),
        pair("What is 2 + 3?", "5"),
        pair("What is 2 + 4?", "6"),
        pair("Does A beat B?", "yes"),
        pair("Does B beat A?", "no"),
    )
    assert all(isinstance(one, Agreed) and not one.near for one in found)


def test_the_same_answer_twice_is_kept_once(tmp_path: Path) -> None:
    first, second = judged(
        tmp_path, pair("How many seats?", "1,200"), pair("How many seats", "1200")
    )
    assert isinstance(first, Agreed)
    assert isinstance(second, Lost)
    assert second.reason == "asks and answers the same as another row"


def test_nearly_the_same_instruction_is_flagged_with_the_other_row(tmp_path: Path) -> None:
    ask = "Explain in detail how the old {} crosses the wide river near the harbour in winter"
    first, second = judged(
        tmp_path, pair(ask.format("ferry"), "By rope."), pair(ask.format("ferries"), "By steam.")
    )
    assert isinstance(first, Agreed)
    assert isinstance(second, Agreed)
    assert (first.near, second.near) == ("own.jsonl:2", "own.jsonl:1")


def test_a_wrong_place_of_an_answer_is_repaired_and_said(tmp_path: Path) -> None:
    [one] = judged(tmp_path, squad(answers={"text": ["Bergen"], "answer_start": [3]}))
    assert isinstance(one, Agreed)
    assert one.row.answers == (("Bergen", FERRY.index("Bergen")),)
    assert one.repaired == "answer_start was off and is repaired"
    [one] = judged(tmp_path, squad(answers={"text": ["Oslo"], "answer_start": [3]}))
    assert isinstance(one, Lost)
    assert one.reason == "its answer does not stand in its context"


def test_the_right_one_of_several_places_is_taken(tmp_path: Path) -> None:
    context = "No. 12 has 12 rooms, and 112 beds."
    row = {"context": context, "question": "How many rooms?"}
    [one] = judged(tmp_path, {**row, "answers": {"text": ["12"], "answer_start": [12]}})
    assert isinstance(one, Agreed)
    assert one.row.answers[0][1] == 11


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"text": "so so", "label": "middling"}, "its label is none of the declared classes"),
        (pair("Say why the ferry is late today", "因为今天早上的风太大了，船不能离开码头。"),
         "its response is in another language than its instruction"),
        (pair("Hello there", "hello there!"), "its response repeats its instruction"),
        ({"messages": [{"role": "assistant", "content": "Ho"}]}, "its response answers nothing"),
    ],
)  # fmt: skip
def test_a_row_that_does_not_agree_with_itself_goes(
    record: Any, reason: str, tmp_path: Path
) -> None:
    [one] = judged(tmp_path, record, classes=("good", "bad"))
    assert isinstance(one, Lost)
    assert one.reason == reason


def test_a_translation_may_be_in_another_language(tmp_path: Path) -> None:
    [one] = judged(tmp_path, pair("Translate into Chinese: the ferry is late", "渡轮今天早上又晚点了，大家都在等。"))  # fmt: skip
    assert isinstance(one, Agreed)


# --- what a run keeps of them ---


def test_a_run_keeps_a_copy_of_the_files_that_went_into_it(tmp_path: Path) -> None:
    path = jsonl(tmp_path, *(pair(f"Name bridge {n}", f"Bridge {n}") for n in range(20)))
    recipe = {
        "use": "in2",
        "examples": 30,
        "shares": {"fine": 1, "general": 1},
        "general": path.name,
    }
    plan = small_plan(tmp_path, recipes=[recipe])
    assert named(plan) == [path]
    run = build(plan, tmp_path / "run")
    [kept] = run.manifest["files"]
    assert kept["source"] == "own.jsonl"
    assert kept["sha256"] == sha256_of(path) == sha256_of(run.folder / kept["copy"])
    path.write_text("", "utf-8")
    assert (run.folder / kept["copy"]).stat().st_size == kept["bytes"] > 0


def test_a_file_named_in_a_list_is_part_of_the_run(tmp_path: Path) -> None:
    one, other = (jsonl(tmp_path, pair("a", "b"), name=name) for name in ("1.jsonl", "2.jsonl"))
    plan = small_plan(
        tmp_path, recipes=[{"use": "in2", "examples": 1, "x": [{"y": one.name}, other.name]}]
    )
    assert named(plan) == [one, other]


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match=r"there is no file .*nowhere\.jsonl"):
        list(rows(tmp_path / "nowhere.jsonl"))


# --- where a passage stands ---


def test_a_passage_is_found_on_the_side_of_its_document(tmp_path: Path) -> None:
    materials = materials_of(small_plan(tmp_path), tmp_path / "work")
    for side, mine in materials.items():
        number = mine.grains[0]
        words = mine.text(number).strip()
        for other in materials.values():
            found = other.where("  ".join(words.split(" ")))
            assert found is not None
            grain, where = found
            assert where == side
            assert " ".join(other.words(grain).split()) == " ".join(words.split())
    assert materials["train"].where("Nobody has ever written these words here.") is None
    assert materials["train"].where("") is None
