"""Every recipe on the shelf keeps its contract: a new one is tested by being listed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from longgrain import shelf
from longgrain.make import component
from longgrain.materials import SideMaterials
from longgrain.protocols import Recipe
from longgrain.spans import quotes
from longgrain.types import Draft, Dropped, Side, Slot, Span
from small import materials_of, small_plan

NAMES = shelf.names("recipes")
PAGES = Path(__file__).parents[2] / "docs" / "recipes"
RAW = ("pretrain",)  # recipes of raw text, which asks and answers nothing
LAYOUTS = ("long", "short", "stretch", "none")

Materials = Mapping[Side, SideMaterials]
Drafts = Mapping[str, list[Draft]]


@pytest.fixture(scope="module")
def materials(tmp_path_factory: pytest.TempPathFactory) -> Materials:
    folder = tmp_path_factory.mktemp("recipes")
    return materials_of(small_plan(folder), folder / "work")


def recipe(name: str) -> Recipe:
    found: Recipe = component("recipes", name, {})
    return found


def drafted(name: str, materials: SideMaterials, each: int = 12) -> list[Draft]:
    """A few drafts of every kind of a recipe."""
    made = recipe(name)
    materials.notes.clear()  # as at the beginning of a build
    found: list[Draft] = []
    for kind in (kind for kind, count in made.kinds(100).items() if count):
        # As in a build no more is drawn than is wanted: a fact is asked for once over all kinds.
        items = islice(made.draft(kind, materials, each), 400)
        drafts = list(islice((item for item in items if isinstance(item, Draft)), each))
        assert drafts, kind
        assert {draft.meta["kind"] for draft in drafts} == {kind}
        found += drafts
    return found


@pytest.fixture(scope="module")
def drafts(materials: Materials) -> Drafts:
    """Drafts of the training side by recipe."""
    return {name: drafted(name, materials["train"]) for name in NAMES}


def test_the_recipes_of_the_package_are_on_the_shelf() -> None:
    assert "in2" in NAMES


@pytest.mark.parametrize("name", NAMES)
def test_fields_are_settings_and_nothing_else_is(name: str) -> None:
    made = recipe(name)
    assert is_dataclass(made)
    assert type(made).__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert isinstance(made, Recipe)
    assert made.name == name
    assert made.source.strip()
    with pytest.raises(Exception, match="no_such_setting"):
        component("recipes", name, {"no_such_setting": 1})


@pytest.mark.parametrize("name", NAMES)
def test_kinds_add_up(name: str) -> None:
    for examples in [*range(60), 1000, 12_345]:
        counts = recipe(name).kinds(examples)
        assert sum(counts.values()) == examples
        assert min(counts.values()) >= 0


def test_no_two_recipes_have_a_kind_of_the_same_name() -> None:
    kinds = [kind for name in NAMES for kind in recipe(name).kinds(1000)]
    assert len(set(kinds)) == len(kinds)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("side", ["train", "test"])
def test_evidence_comes_from_the_side_and_is_named_by_number(
    name: str, side: Side, materials: Materials
) -> None:
    mine = set(materials[side].grains)
    for draft in drafted(name, materials[side]):
        numbers = list(draft.meta["evidence"])
        assert numbers == sorted(set(numbers))
        assert [materials[side].grain(number) for number in numbers] == list(draft.evidence)
        apart = [set(draft.meta[key]) for key in ("rivals", "hard")]
        assert set(numbers) <= mine
        assert all(numbers_of <= mine for numbers_of in apart)
        for quoted in (one for view in draft.every_view.values() for one in quotes(view)):
            held = set(materials[side].numbers(quoted))
            assert held <= mine
            blank = not materials[side].words(quoted).strip()
            assert held or blank or quoted.doc_id in materials[side].made_documents
        assert not set(numbers) & set.union(*apart)
        assert not apart[0] & apart[1]


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_that_needs_no_pool_makes_all_its_contexts(
    name: str, drafts: dict[str, list[Draft]]
) -> None:
    if getattr(shelf.load("recipes", name), "own_contexts", False):
        assert {draft.meta["layout"] for draft in drafts[name]} == {"none"}


@pytest.mark.parametrize("name", NAMES)
def test_only_the_words_of_the_assistant_are_learned(name: str, drafts: Drafts) -> None:
    for draft in drafts[name]:
        spans = [(one.speaker, span) for one in draft.messages for span in one.spans]
        learned = {speaker for speaker, span in spans if isinstance(span, Span) and span.loss > 0}
        if name in RAW:  # raw text has no turns, and all of it is learned
            assert [message.speaker for message in draft.messages] == ["text"]
            assert draft.meta["layout"] == "none"
            assert all(span.loss == 1.0 or span.role == "glue" for _, span in spans)  # type: ignore[union-attr]
            continue
        # Raw text is one message that nobody says to anybody.
        speaker = "text" if [one.speaker for one in draft.messages] == ["text"] else "assistant"
        assert learned == {speaker}
        slots = sum(isinstance(span, Slot) for _, span in spans)
        assert slots == (draft.meta["layout"] != "none")
        assert draft.messages[-1].speaker == speaker
        assert draft.answer.strip()


META: dict[str, Any] = {
    "kind": str, "form": str, "template": str, "language": str, "layout": str,
    "keep_order": bool, "rivals": list, "hard": list,
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_draft_says_of_itself_what_the_steps_need(name: str, drafts: Drafts) -> None:
    for draft in drafts[name]:
        for key, kind in META.items():
            assert isinstance(draft.meta[key], kind), key
        assert draft.meta["layout"] in LAYOUTS
        assert draft.recipe == name
        if name in RAW:
            continue
        roles = {s.role for one in draft.messages for s in one.spans if isinstance(s, Span)}
        assert "answer" in roles
        assert {"question", "instruction"} & roles or draft.messages[0].speaker == "text"


@pytest.mark.parametrize("name", NAMES)
def test_the_same_materials_give_the_same_drafts(
    name: str, materials: Materials, drafts: Drafts
) -> None:
    first = [draft.id for draft in drafts[name]]
    assert first == [draft.id for draft in drafted(name, materials["train"])]
    assert len(set(first)) == len(first)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_dropped_has_a_name_and_a_reason(name: str, materials: Materials) -> None:
    made = recipe(name)
    for kind in made.kinds(100):
        if made.kinds(100)[kind]:
            for item in islice(made.draft(kind, materials["valid"], 500), 400):
                if isinstance(item, Dropped):
                    assert item.step == "draft"
                    assert item.id
                    assert item.reason


@pytest.mark.parametrize("name", NAMES)
def test_every_recipe_has_a_page_that_names_its_settings(name: str) -> None:
    page = (PAGES / f"{name}.md").read_text("utf-8")
    for one in fields(recipe(name)):  # type: ignore[arg-type]
        assert f"`{one.name}`" in page, one.name
    assert recipe(name).source.split()[0] in page
