"""The difficulty of an example: each part by hand, the number, the level, and that it follows the text."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from longgrain.build import build
from longgrain.difficulty import Difficulty
from longgrain.run import Run
from longgrain.types import Example, Span
from small import balanced_plan, shelve


def one(evidence: int, distance: float, similarity: float, answers: int) -> Difficulty:
    return Difficulty(
        evidence=np.array([evidence]),
        distance=np.array([distance]),
        similarity=np.array([similarity]),
        answers=np.array([answers]),
    )


@pytest.mark.parametrize(
    ("parts", "score", "level"),
    [
        ((1, 0.0, 0.0, 20), 0.0125, 0),
        ((1, 0.0, 0.5, 1), 0.375, 1),
        ((2, 0.4, 0.5, 1), 0.6, 2),
        ((4, 1.0, 1.0, 1), 0.9375, 2),
        ((0, np.nan, np.nan, 0), 0.0, 0),
        ((1, 0.0, 0.2, 1), 0.3, 1),
        ((2, 0.5, 0.0, 1), 0.5, 2),
    ],
)
def test_the_number_is_the_mean_of_four_parts(
    parts: tuple[int, float, float, int], score: float, level: int
) -> None:
    found = one(*parts)
    assert found.score.tolist() == [pytest.approx(score)]
    assert found.levels.tolist() == [level]


def test_what_an_example_lacks_is_null_and_not_0() -> None:
    columns = one(0, np.nan, np.nan, 0).columns()
    assert columns["evidence_distance"].to_pylist() == [None]
    assert columns["distractor_similarity"].to_pylist() == [None]
    assert columns["difficulty"].to_pylist() == [0.0]


def examples(run: Run) -> list[Example]:
    return [example for side in run.sides for example in run.examples(side)]


def words(text: str) -> set[str]:
    """Words of a text, and pairs of its Chinese characters."""
    found = set(re.findall(r"[^\W_\u3400-\u9fff]+", text.lower()))
    for run in re.findall(r"[\u3400-\u9fff]+", text):
        found |= {run[i : i + 2] for i in range(len(run) - 1)} or {run}
    return found


def question(example: Example) -> str:
    spans = [span for message in example.trained for span in message.spans]
    return " ".join(s.text or "" for s in spans if isinstance(s, Span) and s.role == "question")


def test_every_example_carries_its_parts(balanced_run: Run) -> None:
    for example in examples(balanced_run):
        told = example.lineage["balance"]
        assert told["evidence_grains"] == len(set(example.lineage["evidence"]))
        if example.depths:
            spread = max(example.depths) - min(example.depths)
            assert told["evidence_distance"] == pytest.approx(spread, abs=1e-6)
        parts = [
            1 - 1 / max(told["evidence_grains"], 1),
            told["evidence_distance"] or 0,
            told["distractor_similarity"] or 0,
            1 / told["same_answers"] if told["same_answers"] else 0,
        ]
        assert told["difficulty"] == pytest.approx(sum(parts) / 4, abs=1e-5)
        level = (
            "easy" if told["difficulty"] < 0.3 else "medium" if told["difficulty"] < 0.5 else "hard"
        )
        assert told["level"] == level
    assert len({example.lineage["balance"]["level"] for example in examples(balanced_run)}) > 1


def test_equal_answers_of_a_side_and_language_are_counted(balanced_run: Run) -> None:
    kept = Counter(
        (e.side, e.lineage["language"], e.lineage["answer"].casefold())
        for e in examples(balanced_run)
    )
    for example in examples(balanced_run):
        key = (example.side, example.lineage["language"], example.lineage["answer"].casefold())
        # What was left out is no more in the tables, but it was counted.
        assert example.lineage["balance"]["same_answers"] >= kept[key]


def test_the_similarity_is_that_of_the_nearest_distractor_that_was_laid(balanced_run: Run) -> None:
    """No distractor named as near holds more of the question's terms than the column says."""
    texts, seen = balanced_run.texts(), 0
    for example in examples(balanced_run):
        similarity = example.lineage["balance"]["distractor_similarity"]
        spans = [span for message in example.trained for span in message.spans]
        distractors = [s for s in spans if isinstance(s, Span) and s.role == "distractor"]
        asked = words(question(example))
        if similarity is None or not asked or example.lineage["layout"] != "pool":
            continue
        shares = [len(asked & words(span.words(texts))) / len(asked) for span in distractors]
        assert any(share == pytest.approx(similarity, abs=0.02) for share in shares)
        seen += 1
    assert seen > 10


def test_an_answer_that_is_changed_in_the_source_changes_how_often_it_is_given(
    balanced_run: Run, tmp_path: Path
) -> None:
    """Every number of the English handbooks the same: one answer for all, so none is rare."""
    folder = shelve(tmp_path / "documents")
    for path in folder.glob("handbook-*.md"):
        text = re.sub(r"(?<=held )\d+", "7777", path.read_text("utf-8"))
        path.write_text(text, "utf-8")
    plan = balanced_plan(tmp_path, recipes=[{"use": "in2", "share": 1, "shares": {"short": 1}}])
    balance = {"difficulty": "equal", "sampling": "none"}
    run = build(
        balanced_plan(tmp_path, recipes=[e.model_dump() for e in plan.recipes], balance=balance),
        tmp_path / "run",
    )
    asked = [e for e in run.examples("train") if e.lineage["answer"] == "7777"]
    assert len(asked) > 3
    assert {e.lineage["balance"]["same_answers"] for e in asked} == {len(asked)}
