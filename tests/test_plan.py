"""Plans: complete, strict, with the place of what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from longgrain.errors import PlanError
from longgrain.plan import Plan

WHOLE = """\
name: bells
sources: [docs, more.txt]
grains: {size: 64}
layout:
  lengths: {min: 512, max: 2048}
  metadata: [title, heading]
recipes:
  - {use: in2, examples: 12, shares: {fine: 1}}
"""


def written(folder: Path, text: str = WHOLE) -> Path:
    (folder / "plan.yaml").write_text(text, "utf-8")
    return folder / "plan.yaml"


def test_a_plan_with_sources_alone_is_complete() -> None:
    plan = Plan.of({"sources": "docs"})
    assert plan.sources == ("docs",)
    assert (plan.tokenizer, plan.template) == ("longgrain", "chatml")
    assert (plan.teacher.use, plan.recipes[0].use) == ("extractive", "in2")
    assert plan.row_length == plan.layout.longest == 16384
    assert sum(plan.layout.depth_shares) == pytest.approx(1)


def test_a_plan_written_out_with_its_defaults_is_the_same_plan(tmp_path: Path) -> None:
    plan = Plan.load(written(tmp_path))
    (tmp_path / "again.yaml").write_text(plan.as_yaml(), "utf-8")
    again = Plan.load(tmp_path / "again.yaml")
    assert again == plan
    assert again.id == plan.id
    assert "seed: 17" in plan.as_yaml()


def test_the_id_depends_on_what_is_asked_and_not_on_where_the_plan_lies(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    first, moved = Plan.load(written(tmp_path)), Plan.load(written(tmp_path / "other"))
    assert first.id == moved.id
    assert first.id != Plan.load(written(tmp_path), ["seed=18"]).id


@pytest.mark.parametrize(
    ("change", "place", "value"),
    [
        ("layout.lengths.max=4096", ("layout", "lengths", "max"), 4096),
        ("layout.lengths=[1024, 2048]", ("layout", "lengths"), (1024, 2048)),
        ("recipes.0.examples=7", ("recipes", 0, "examples"), 7),
        ("split.valid=0", ("split", "valid"), 0),
        ("teacher=scripted", ("teacher", "use"), "scripted"),
    ],
)
def test_settings_are_changed_from_outside(
    change: str, place: tuple[Any, ...], value: Any, tmp_path: Path
) -> None:
    found: Any = Plan.load(written(tmp_path), [change])
    for part in place:
        found = found[part] if isinstance(part, int) else getattr(found, part)
    assert found == value


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("size: 64", "sise: 64", r"plan.yaml:3: grains.sise: there is no such setting"),
        ("size: 64", "size: 3", r"plan.yaml:3: grains.size: .*8.*given: 3"),
        ("min: 512", "min: 4096", r"min 4096 is larger than max 2048"),
        ("[title, heading]", "[colour]", r"plan.yaml:6: layout.metadata"),
        ("examples: 12, ", "", r"recipes.0.examples: .*[Rr]equired"),
        ("sources: [docs, more.txt]", "sources: []", r"plan.yaml:2: sources"),
        ("name: bells", "name: a/b", r"plan.yaml:1: name"),
        ("lengths: {min: 512, max: 2048}", "lengths: []", r"layout.lengths: .*empty"),
        ("grains: {size: 64}", "grains: {size: [", r"not valid YAML"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(
    old: str, new: str, says: str, tmp_path: Path
) -> None:
    with pytest.raises(PlanError, match=says):
        Plan.load(written(tmp_path, WHOLE.replace(old, new)))


def test_yaml_words_are_words(tmp_path: Path) -> None:
    """YAML 1.1 reads `no` as false."""
    assert Plan.load(written(tmp_path, WHOLE.replace("bells", "no"))).name == "no"


def test_distractor_shares_must_add_up(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="must add up to 1"):
        Plan.of({"sources": "x", "layout": {"distractors": {"random": 0.5}}})


def test_depths_as_weights_are_shares() -> None:
    plan = Plan.of({"sources": "x", "layout": {"depths": [1, 0, 3]}})
    assert plan.layout.depth_shares == (0.25, 0, 0.75)
    with pytest.raises(PlanError, match="all zero"):
        Plan.of({"sources": "x", "layout": {"depths": [0, 0]}})


def test_paths_are_read_from_the_folder_of_the_plan(tmp_path: Path) -> None:
    plan = Plan.load(written(tmp_path))
    assert plan.path("docs") == tmp_path / "docs"
    assert plan.path("/elsewhere") == Path("/elsewhere")
    (tmp_path / "tokenizer.json").write_text("{}", "utf-8")
    changed = Plan.load(written(tmp_path), ["tokenizer=tokenizer.json"])
    assert changed.tokenizer_path == str(tmp_path / "tokenizer.json")
    assert plan.tokenizer_path == "longgrain"


@pytest.mark.parametrize("change", ["seed", "layout.lengths.min.x=3", "nonsense=1"])
def test_a_change_that_cannot_be_made_is_an_error(change: str, tmp_path: Path) -> None:
    with pytest.raises(PlanError):
        Plan.load(written(tmp_path), [change])


def test_a_plan_that_is_not_there_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="longgrain init"):
        Plan.load(tmp_path / "none.yaml")
    with pytest.raises(PlanError, match="no mapping"):
        Plan.load(written(tmp_path, "- a\n- b\n"))
