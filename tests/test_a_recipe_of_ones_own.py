"""A recipe of somebody's own: one file and one entry point line, and a plan uses it by its name."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from longgrain import shelf
from longgrain.build import build
from longgrain.errors import PlanError
from longgrain.plan import Plan
from longgrain.run import Run
from longgrain.types import SIDES, Example
from small import small_plan

RECIPE = '''
"""Grains > the sentence that comes next, word for word: a recipe that longgrain knows nothing of."""

from dataclasses import dataclass
from typing import ClassVar

from longgrain.types import Draft, Dropped, Given, Message, Slot, Span


@dataclass(frozen=True, kw_only=True)
class Next:
    """Asks what follows the first sentence of a grain; ``least`` sentences make a grain worth it."""

    name: ClassVar[str] = "next"
    source: ClassVar[str] = "our own"

    least: int = 2

    def kinds(self, examples):
        return {"next-sentence": examples}

    def draft(self, kind, materials, wanted):
        for number in materials.grains:
            said = [one.strip() for one in materials.sentences(number)]
            if len(said) < self.least:
                yield Dropped(step="draft", id=str(number), reason="too few sentences")
                continue
            rule = Given(source="ours", id="next")
            user = (
                Span(role="instruction", origin=rule, text="Read this.\\n\\n"),
                Slot(),
                Span(role="question", origin=rule, text=f"\\n\\nWhat follows “{said[0]}”?"),
            )
            answer = (Span(role="answer", origin=rule, text=said[1], loss=1.0),)
            yield Draft(
                recipe=self.name,
                seed=materials.seed,
                evidence=(materials.grain(number),),
                messages=(
                    Message(speaker="user", spans=user),
                    Message(speaker="assistant", spans=answer),
                ),
                answer=said[1],
                meta={
                    **{"kind": kind, "form": "quote", "template": "next", "keep_order": True},
                    **{"language": materials.language(number), "layout": "long"},
                    **{"evidence": [number], "rivals": [], "hard": []},
                },
            )
'''
WANTED = 12


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A distribution on the path; other processes find it, too."""
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "our_recipe.py").write_text(RECIPE, "utf-8")
    about = folder / "our_recipe-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: our-recipe\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[longgrain.recipes]\nnext = our_recipe:Next\n")
    monkeypatch.syspath_prepend(str(folder))
    known = os.environ.get("PYTHONPATH", "")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(folder), known))))
    shelf._places.cache_clear()
    yield
    shelf._places.cache_clear()
    sys.modules.pop("our_recipe", None)


def plan_with_it(folder: Path, **settings: object) -> Plan:
    checks = [{"use": "bounds", "answer": [1, 400], "question": [1, 800]}, {"use": "duplicates"}]
    entry = {"use": "next", "examples": WANTED, **settings}
    return small_plan(folder, recipes=[entry], checks=checks, teacher="extractive")


def examples(run: Run) -> list[Example]:
    return [one for side in SIDES for one in run.examples(side)]


def test_it_stands_on_the_shelf_behind_longgrain_s_own(installed: None) -> None:
    assert shelf.names("recipes")[-1] == "next"


@pytest.mark.parametrize("workers", [1, 2])
def test_a_plan_uses_it_by_name_and_its_examples_are_built(
    workers: int, installed: None, tmp_path: Path
) -> None:
    made = build(plan_with_it(tmp_path), tmp_path / "run", workers=workers)
    texts, found = made.texts(), examples(made)
    assert len(found) == WANTED
    for example in found:
        assert example.recipe == "next"
        said = "".join(span.words(texts) for span in example.trained[-1].spans)
        held = [span.words(texts) for span in example.trained[0].spans if span.role == "evidence"]
        assert any(said in one for one in held)
    assert sum(int((row.weights > 0).sum()) for side in SIDES for row in made.rows(side)) > 0


def test_its_settings_are_the_fields_of_its_class(installed: None, tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="most"):
        build(plan_with_it(tmp_path, most=3), tmp_path / "unknown")
    with pytest.raises(PlanError, match="no draft passed"):
        build(plan_with_it(tmp_path, least=50), tmp_path / "none")


def test_two_processes_write_what_one_writes(installed: None, tmp_path: Path) -> None:
    plan = plan_with_it(tmp_path)
    one, two = (build(plan, tmp_path / name, workers=n) for name, n in (("one", 1), ("two", 2)))
    names = sorted(path.name for path in one.folder.glob("*.parquet"))
    assert any(name.startswith("rows-") for name in names)
    for name in names:
        assert (one.folder / name).read_bytes() == (two.folder / name).read_bytes(), name
