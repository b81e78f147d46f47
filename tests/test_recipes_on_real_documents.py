"""Every recipe of the shelf, on real documents of both languages, from the draft to the packed row."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from longgrain import shelf
from longgrain.build import build
from longgrain.explain import laid_out, row_place
from longgrain.plan import Plan
from longgrain.run import Run
from longgrain.types import ROLES, SIDES, Example, Span

CORPORA = Path(__file__).parents[1].parent / "shared" / "data" / "corpora"
DOCUMENTS = (
    "en/gov/nist-sp800-63b.md",
    "en/tech/hf-course-ch5.md",
    "en/books/sherlock-holmes-adventures.md",
    "zh/law/xingfa.md",
    "zh/tech/d2l-preliminaries.md",
    "zh/books/luxun-nahan.md",
)
NAMES = shelf.names("recipes")
EACH = 40

pytestmark = pytest.mark.skipif(not CORPORA.is_dir(), reason="shared/data/corpora is not here")


def planned(each: int, **more: Any) -> Plan:
    return Plan.of(
        {
            "name": "every-recipe",
            "sources": [str(CORPORA / name) for name in DOCUMENTS],
            "recipes": [{"use": name, "examples": each} for name in NAMES],
            "split": {"valid": 0.0, "test": 0.2, "by": "chapter"},
            "layout": {"lengths": {"min": 1024, "max": 4096}},
            **more,
        }
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return build(planned(EACH), tmp_path_factory.mktemp("recipes") / "run")


@pytest.fixture(scope="module")
def examples(run: Run) -> list[Example]:
    return [example for side in SIDES for example in run.examples(side)]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", NAMES)
def test_each_recipe_gives_examples_in_each_language(
    name: str, language: str, examples: list[Example]
) -> None:
    found = [one for one in examples if one.recipe == name]
    spoken = Counter(one.lineage["language"] for one in found)
    assert len(found) >= EACH // 2, spoken
    assert spoken[language] >= EACH // 8, spoken


@pytest.mark.parametrize("name", NAMES)
def test_what_is_learned_in_the_row_is_what_the_spans_say(
    name: str, run: Run, examples: list[Example]
) -> None:
    for example in [one for one in examples if one.recipe == name][:12]:
        shown, place = laid_out(run, example), row_place(run, example)
        if place is None:  # longer than a row, and listed as such
            continue
        here = slice(place.first, place.end)
        assert [one.weight for one in shown.trained] == place.row.weights[here].tolist()
        assert [one.id for one in shown.trained] == place.row.input_ids[here].tolist()
        learned = {ROLES[code] for code in place.row.roles[here][place.row.weights[here] > 0]}
        said = {
            span.role
            for message in example.trained
            for span in message.spans
            if isinstance(span, Span) and span.loss > 0
        }
        assert learned - {"glue"} == said - {"glue"}


def test_every_kind_comes_through_the_checks_with_replies_in_a_model_s_form(
    tmp_path: Path,
) -> None:
    # Replies by rule in the form that the prompts ask for: what reads and checks them is the same.
    teacher = {"use": "longgrain.rehearsal:Rehearsal", "part": "openai", "settings": {"model": "m"}}
    run = build(planned(20, teacher=teacher), tmp_path / "run")
    for side in SIDES:
        for kind, counts in run.manifest["quotas"].get(side, {}).get("kinds", {}).items():
            assert counts["made"] or counts["wished"] < 2, (kind, counts)
