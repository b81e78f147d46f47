"""What a draft may have besides one view of a laid context: each comes out of a build whole."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import orjson
import pyarrow.parquet as pq
import pytest

from longgrain.build import build
from longgrain.explain import explain
from longgrain.exports.jsonl import Jsonl
from longgrain.run import Run
from longgrain.types import SIDES, Grain, Span
from small import small_plan


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("views")
    recipes = [{"use": "telling:Telling", "examples": 40}]
    return build(small_plan(folder, recipes=recipes), folder / "run")


def spans(run: Run, role: str) -> list[tuple[str, Span]]:
    return [
        (example.side, span)
        for side in SIDES
        for example in run.examples(side)
        for message in example.trained
        for span in message.spans
        if isinstance(span, Span) and span.role == role
    ]


def test_every_example_equals_its_row(run: Run) -> None:
    layouts = set()
    for side in run.sides:
        for example in run.examples(side):
            explain(run, example.id)
            layouts.add(example.lineage["layout"])
    assert layouts == {"stretch", "none"}


def test_the_trained_view_comes_first_and_the_others_share_its_context(run: Run) -> None:
    for example in run.examples("train"):
        assert list(example.views) == ["student", "teacher"]
        student, teacher = (
            [one for one in messages[0].spans if isinstance(one, Span) and one.role != "question"]
            for messages in example.views.values()
        )
        assert student == teacher
        assert example.trained == example.views["student"]


def test_answers_are_quotes_of_documents_that_the_recipe_made(run: Run) -> None:
    sources = dict(zip(run.doc_ids, run.sources, strict=True))
    sides = pq.read_table(run.folder / "documents.parquet")
    side_of = dict(zip(sides["id"].to_pylist(), sides["side"].to_pylist(), strict=True))
    answers = spans(run, "answer")
    assert len(answers) > 30
    for side, answer in answers:
        assert isinstance(answer.origin, Grain)
        assert sources[answer.origin.doc_id] == "made:telling"
        assert side_of[answer.origin.doc_id] == side
        assert answer.words(run.texts())


def test_made_documents_that_no_draft_quotes_are_not_kept(run: Run) -> None:
    quoted = {one.origin.doc_id for _, one in spans(run, "answer") if isinstance(one.origin, Grain)}
    made = {n for n, s in zip(run.doc_ids, run.sources, strict=True) if s.startswith("made:")}
    assert made == quoted


def test_a_stretch_holds_its_section_in_reading_order(run: Run) -> None:
    examples = [e for e in run.examples("train") if e.lineage["layout"] == "stretch"]
    assert examples
    for example in examples:
        context = [
            span.origin
            for span in example.trained[0].spans
            if isinstance(span, Span) and isinstance(span.origin, Grain)
        ]
        assert len({grain.doc_id for grain in context}) == 1
        assert all(a.end <= b.start for a, b in pairwise(context))


def test_messages_are_what_is_trained_on_in_the_export(run: Run, tmp_path: Path) -> None:
    Jsonl().write(run, tmp_path)
    row = orjson.loads((tmp_path / "train.jsonl").read_bytes().split(b"\n")[0])
    assert "What is section" in row["messages"][0]["content"]
    assert "Think, then say" in row["teacher"][0]["content"]
    assert "student" not in row
