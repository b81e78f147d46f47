"""Probes of published data: positions, prompts, pairs and passages as the benchmarks have them."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from longgrain.ground import HeldOut
from longgrain.make import component
from longgrain.probes.laying import place
from longgrain.tokens import Tokenizer
from longgrain.types import Question, Size
from published import BENCH, write

LOST, VAL, ZH = BENCH / "lost-in-the-middle", BENCH / "valprobing", BENCH / "lost-retrieval-zh"
TOKENIZER = Tokenizer.load("longgrain").agreeing(
    ["The lamp is lit. 灯亮着。"]
)  # fast where it can be


def ground(data: Path, **changes: Any) -> HeldOut:
    if data.is_relative_to(BENCH) and not data.is_dir():
        pytest.skip(f"the published files are not there ({data.name})")
    return HeldOut(tokenizer=TOKENIZER, data=data, **changes)


def asked(name: str, made_of: HeldOut, size: Size, count: int, **settings: Any) -> list[Question]:
    return list(component("probes", name, settings).ask(made_of, size, count))


def test_positions_are_those_of_the_paper() -> None:
    def places(count: int, positions: int) -> list[int]:
        return [place(p, positions, count - 1) for p in range(positions)]

    assert places(140, 5) == [0, 34, 69, 104, 139]
    assert places(10, 3) == [0, 4, 9]
    assert places(20, 5) == [0, 4, 9, 14, 19]
    assert places(30, 7) == [0, 4, 9, 14, 19, 24, 29]


@pytest.mark.parametrize(("pairs", "positions"), [(75, 4), (140, 5)])
def test_published_pairs_are_asked_as_the_published_script_does(pairs: int, positions: int) -> None:
    source = ground(LOST)
    rows = {
        row["key"]: row
        for row in source.rows(f"kv_retrieval_data/kv-retrieval-{pairs}_keys.jsonl.gz")
    }
    questions = asked("key_value", source, Size(items=pairs), 500 * positions)
    assert len(questions) == 500 * positions
    template = (LOST / "prompts" / "kv_retrieval.prompt").read_text("utf-8").rstrip("\n")
    before, _, rest = template.partition("{formatted_kv_records}")
    for number, one in enumerate(questions[: 8 * positions]):
        words = one.prompt[0][1]
        assert words.startswith(before)
        data = words[len(before) : words.index("\n\nKey:")]
        records = list(json.loads(data).items())
        key = next(key for key, value in records if value == one.references[0])
        assert words.endswith(rest.replace("{key}", key))
        index = place(number % positions, positions, pairs - 1)
        wanted = [tuple(pair) for pair in rows[key]["ordered_kv_records"]]
        gold = (key, rows[key]["value"])
        wanted.remove(gold)
        assert records == [*wanted[:index], gold, *wanted[index:]]
    assert source.said[f"{pairs} pairs, comparable with published figures"].startswith("yes")


def test_the_key_stands_first_too_where_that_is_asked_for() -> None:
    (one,) = asked("key_value", ground(LOST), Size(items=75), 1, query_first=True)
    words = one.prompt[0][1]
    assert words.count("Key: ") == 2
    assert words.index("Key: ") < words.index("JSON data")


def test_300_pairs_are_generated_and_the_result_says_so() -> None:
    source = ground(LOST)
    questions = asked("key_value", source, Size(items=300), 14)
    assert Counter(one.positions[0] for one in questions) == dict.fromkeys(range(7), 2)
    data = questions[0].prompt[0][1].split("JSON data:\n")[1].split("\n\nKey:")[0]
    assert len(json.loads(data)) == 300
    assert source.said["300 pairs, comparable with published figures"].startswith("no: the pairs")


def test_rebuilt_contexts_hold_the_gold_passage_once_and_no_other_with_an_answer() -> None:
    source = ground(LOST)
    questions = asked("multidoc_qa", source, Size(items=20), 25)
    rows = {row["question"]: row for row in source.rows("qa_data/nq-open-oracle.jsonl.gz")}
    for number, one in enumerate(questions):
        words = one.prompt[0][1]
        listed = words.split("\n\n")[1:-1]
        documents = "\n\n".join(listed).split("\nDocument [")
        row = rows[words.rpartition("Question: ")[2].removesuffix("\nAnswer:")]
        assert len(documents) == 20
        index = place(number % 5, 5, 19)
        assert row["ctxs"][0]["text"] in documents[index]
        others = " ".join(documents[:index] + documents[index + 1 :]).lower()
        assert row["ctxs"][0]["text"].lower() not in others
        assert list(one.references) == row["answers"]
    said = source.said["20 documents, comparable with published figures"]
    assert said.startswith("no: contexts are rebuilt")


def test_the_oracle_and_closed_book_are_the_controls() -> None:
    for context, name in (("evidence", "qa"), ("none", "closedbook_qa")):
        (one,) = asked("multidoc_qa", ground(LOST, context=context), Size(items=20), 1)
        template = (LOST / "prompts" / f"{name}.prompt").read_text("utf-8").rstrip("\n")
        words = one.prompt[0][1]
        assert words.startswith(template.partition("{")[0])
        assert words.count("Document [") == (context == "evidence")


def test_a_download_of_the_published_contexts_is_read_as_it_is(tmp_path: Path) -> None:
    """The files of 10 documents are not public here, so three of their form are written."""
    for gold in (0, 4, 9):
        rows = []
        for number in range(6):
            ctxs = [
                {"title": f"T{number}{i}", "text": f"Text {i} of {number}.", "isgold": i == gold}
                for i in range(10)
            ]
            rows.append({"question": f"q{number}", "answers": [f"a{number}"], "ctxs": ctxs})
        folder = tmp_path / "qa_data" / "10_total_documents"
        write(folder / f"nq-open-10_total_documents_gold_at_{gold}.jsonl.gz", iter(rows))
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "qa.prompt").write_text("{search_results}\n\nQ: {question}\n", "utf-8")
    source = ground(tmp_path)
    questions = asked("multidoc_qa", source, Size(items=10), 100)
    assert len(questions) == 18  # six rows at three positions, and no more
    for one in questions:
        number = one.references[0][1:]
        lines = [
            f"Document [{i + 1}](Title: T{number}{i}) Text {i} of {number}." for i in range(10)
        ]
        assert one.prompt[0][1] == "\n".join(lines) + f"\n\nQ: q{number}"
    assert source.said["10 documents, comparable with published figures"].startswith("yes")
    gold = [round(one.depths[0], 1) for one in questions[:3]]
    assert gold == sorted(gold)


@pytest.mark.parametrize(
    ("name", "items"), [("val_document", 800), ("val_code", 800), ("val_database", 750)]
)
def test_every_place_of_every_set_can_be_asked_about_once(name: str, items: int) -> None:
    source = ground(VAL)
    count = 4 * items if name == "val_code" else 40
    questions = asked(name, source.with_context("none"), Size(items=items), count)
    places = [(one.row["set_id"], one.row["position_id"]) for one in questions]
    assert len(set(places)) == count
    if count == 4 * items:
        assert sorted(places) == [(s, p) for s in range(4) for p in range(items)]


def test_the_asked_piece_stands_in_one_item_of_the_context() -> None:
    source = ground(VAL)
    for one in asked("val_code", source, Size(items=200), 40):
        words = one.prompt[0][1]
        mark = words.split("\n\n")[-2]
        functions = words.partition("\n\nWhich function")[0].split("\n\ndef ")[1:]
        holding = [f for f in functions if mark in f]
        assert len(holding) == 1
        assert holding[0].startswith(f"{one.references[0]}:")
    for one in asked("val_document", source, Size(items=200), 40):
        words = one.prompt[0][1]
        mark = words.rpartition('words: "')[2].partition('". Write')[0]
        assert words.count(mark) == 2
        assert mark in one.references[0]


def test_about_32k_tokens_hold_about_as_many_items_as_published() -> None:
    (one,) = asked("val_document", ground(VAL), Size(items=800), 1)
    assert 24_000 < one.tokens < 40_000


def test_chinese_passages_are_asked_as_published() -> None:
    source = ground(ZH, language="zh")
    questions = asked("passage_retrieval", source, Size(items=20), 1000)
    assert len(questions) == 1000
    assert Counter(one.references[0] for one in questions) == dict.fromkeys(
        ("1", "5", "10", "15", "20"), 200
    )
    rows = {row["input"]: row for row in source.rows("passage_retrieval_zh_15.json")}
    found = [one for one in questions if one.references == ("15",)]
    for one in found[:20]:
        row = next(row for said, row in rows.items() if said in one.prompt[0][1])
        assert row["context"].strip() in one.prompt[0][1]
    assert source.said["contexts"] == "the published ones"


def test_chinese_passages_at_other_lengths_hold_the_gold_one_once() -> None:
    source = ground(ZH, language="zh")
    rows = {row["input"]: row for row in source.rows("passage_retrieval_zh_1.json")}
    for one in asked("passage_retrieval", source, Size(tokens=8192), 20):
        words = one.prompt[0][1]
        row = next(row for said, row in rows.items() if said in words)
        gold = row["context"].split("\n\n[2] ")[0].removeprefix("[1] ").strip()
        assert words.count(gold) == 1
        assert f"[{one.references[0]}] {gold[:20]}" in words


def test_a_file_that_is_no_rows_is_named(tmp_path: Path) -> None:
    from longgrain.errors import SourceError

    path = tmp_path / "qa_data" / "nq-open-oracle.jsonl.gz"
    path.parent.mkdir()
    path.write_bytes(gzip.compress(b"no rows\n"))
    with pytest.raises(SourceError, match="nq-open-oracle"):
        asked("multidoc_qa", ground(tmp_path), Size(items=10), 1)
