"""Every augmentation on the shelf keeps its contract: a new one is tested by being listed."""

from __future__ import annotations

from collections import Counter
from dataclasses import is_dataclass
from itertools import islice
from pathlib import Path

import pytest

from longgrain import shelf
from longgrain.make import component
from longgrain.materials import SideMaterials
from longgrain.protocols import Augmentation
from longgrain.recipes.in2 import In2
from longgrain.types import Draft, Given, Reply, Span
from longgrain.unaltered import objection
from small import materials_of, small_plan

NAMES = shelf.names("augmentations")


@pytest.fixture(scope="module")
def materials(tmp_path_factory: pytest.TempPathFactory) -> SideMaterials:
    folder = tmp_path_factory.mktemp("augmentations")
    plan = small_plan(folder, teacher="extractive")
    return materials_of(plan, folder / "work")["train"]


@pytest.fixture(scope="module")
def drafts(materials: SideMaterials) -> list[Draft]:
    """Questions of in2 in both languages."""
    items = islice(In2().draft("fine", materials, 60), 400)
    return list(islice((one for one in items if isinstance(one, Draft)), 60))


def made(name: str) -> Augmentation:
    found: Augmentation = component("augmentations", name, {})
    return found


def pairs(
    name: str, drafts: list[Draft], materials: SideMaterials
) -> list[tuple[tuple[Draft, ...], Draft | str]]:
    way = made(name)
    spoken = sorted(drafts, key=lambda one: str(one.meta["language"]))
    groups = [tuple(spoken[n : n + way.takes]) for n in range(0, len(spoken) - 1, way.takes)]
    return list(zip(groups, way.altered(groups, materials), strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_fields_are_settings_and_nothing_else_is(name: str) -> None:
    way = made(name)
    assert is_dataclass(way)
    assert type(way).__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert isinstance(way, Augmentation)
    assert way.name == name
    assert way.takes in (1, 2)
    with pytest.raises(Exception, match="no_such_setting"):
        component("augmentations", name, {"no_such_setting": 1})


@pytest.mark.parametrize("name", NAMES)
def test_an_altered_draft_says_which_it_was_and_others_say_why_not(
    name: str, drafts: list[Draft], materials: SideMaterials
) -> None:
    for group, item in pairs(name, drafts, materials):
        if isinstance(item, str):
            assert item
            continue
        assert item.meta["augmented"]["way"] == name
        assert item.meta["augmented"]["of"] == [one.id for one in group]
        assert item.id not in {one.id for one in group}
        assert {"kind", "form", "template", "language", "layout"} <= item.meta.keys()
        assert item.recipe == group[0].recipe


@pytest.mark.parametrize("name", [one for one in NAMES if one != "reorder"])
def test_it_works_in_both_languages(
    name: str, drafts: list[Draft], materials: SideMaterials
) -> None:
    found = [item for _, item in pairs(name, drafts, materials) if isinstance(item, Draft)]
    spoken = Counter(str(one.meta["language"]) for one in found)
    assert {"en", "zh"} <= spoken.keys(), spoken


@pytest.mark.parametrize("name", NAMES)
def test_what_it_makes_holds_against_the_originals(
    name: str, drafts: list[Draft], materials: SideMaterials
) -> None:
    texts, reforms = materials.store.texts, made(name).reforms
    for group, item in pairs(name, drafts, materials):
        if isinstance(item, Draft):
            assert objection(group, item, texts, reforms=reforms) == ""


@pytest.mark.parametrize("name", NAMES)
def test_the_same_drafts_give_the_same(
    name: str, drafts: list[Draft], materials: SideMaterials
) -> None:
    first, again = (
        [one if isinstance(one, str) else one.id for _, one in pairs(name, drafts, materials)]
        for _ in range(2)
    )
    assert first == again


@pytest.mark.parametrize("name", NAMES)
def test_learned_words_keep_an_origin_and_the_loss(
    name: str, drafts: list[Draft], materials: SideMaterials
) -> None:
    for _, item in pairs(name, drafts, materials):
        if isinstance(item, str):
            continue
        spans = [
            (one.speaker, s) for one in item.messages for s in one.spans if isinstance(s, Span)
        ]
        assert {speaker for speaker, span in spans if span.loss > 0} == {"assistant"}
        assert all(isinstance(s.origin, Given | Reply) or s.text is None for _, s in spans)


@pytest.mark.parametrize("name", NAMES)
def test_every_augmentation_stands_on_the_page(name: str) -> None:
    page = (Path(__file__).parents[2] / "docs" / "augment.md").read_text("utf-8")
    assert f"`{name}`" in page
    for field in type(made(name)).__dataclass_fields__:  # type: ignore[attr-defined]
        assert f"`{field}`" in page
