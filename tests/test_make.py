"""Drafting: which grains are asked about, what stops it, and whose each item is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from longgrain.errors import PlanError
from longgrain.make import (
    PATIENCE,
    component,
    make,
    side_shares,
    wishes,
)
from longgrain.materials import SideMaterials, spread, with_their_marks
from longgrain.plan import Plan
from longgrain.protocols import Materials
from longgrain.types import Draft, Dropped, Example, Given, Message, Side, Slot, Span
from small import materials_of, small_plan


@pytest.fixture(scope="module")
def materials(tmp_path_factory: pytest.TempPathFactory) -> dict[Side, SideMaterials]:
    folder = tmp_path_factory.mktemp("make")
    return materials_of(small_plan(folder), folder / "work")


@given(st.integers(1, 3000), st.integers(0, 99), st.integers(1, 300))
def test_every_beginning_of_the_order_is_spread_over_all_grains(
    count: int, seed: int, first: int
) -> None:
    order = spread(np.arange(count), seed)
    assert sorted(order) == list(range(count))
    first = min(first, count)
    counts, _ = np.histogram(order[:first], bins=10, range=(0, count))
    assert counts.max() - first / 10 <= 4 + count / first / 10


def test_an_order_from_the_front_would_be_seen() -> None:
    counts, _ = np.histogram(np.arange(25), bins=10, range=(0, 200))
    assert counts.max() - 2.5 > 4


def test_a_side_sees_no_grain_of_another(materials: Mapping[Side, SideMaterials]) -> None:
    all_of = {side: set(one.grains) for side, one in materials.items()}
    assert not all_of["train"] & all_of["valid"]
    for side, one in materials.items():
        for number in one.grains[:20]:
            words = one.text(number)
            found = {n for n, _ in one.nearest(words, 30)} | {n for n, _ in one.holding(words, 0.3)}
            assert number in found
            assert found <= all_of[side]
            assert set(one.neighbours(number)) <= all_of[side]


def test_holding_nothing_finds_nothing(materials: Mapping[Side, SideMaterials]) -> None:
    assert list(materials["train"].holding("", 0.5)) == []
    assert list(materials["train"].holding("!!!", 0.5)) == []


@given(st.text(max_size=8))
def test_an_item_of_no_document_goes_to_exactly_one_side(name: str) -> None:
    shares: dict[Side, float] = {"train": 0.7, "valid": 0.2, "test": 0.1}
    takers = [side for side in shares if _bare(side, shares).takes(name)]
    assert len(takers) == 1


def test_items_of_no_document_are_shared_out_as_the_plan_says() -> None:
    shares: dict[Side, float] = {"train": 0.7, "valid": 0.2, "test": 0.1}
    side = _bare("valid", shares)
    assert sum(side.takes(str(number)) for number in range(4000)) == pytest.approx(800, abs=100)


def _bare(side: Side, shares: Mapping[Side, float]) -> SideMaterials:
    """Materials of which only the name is used."""
    found = SideMaterials.__new__(SideMaterials)
    found.side, found.seed, found.shares = side, 17, shares
    return found


@dataclass(frozen=True, kw_only=True)
class Endless:
    """Numbered questions; every one whose number holds a 7 is dropped, ``same`` asks one alone."""

    name: ClassVar[str] = "endless"
    source: ClassVar[str] = "tests"

    same: bool = False
    barren: bool = False

    def kinds(self, examples: int) -> Mapping[str, int]:
        return {"only": examples}

    def draft(self, kind: str, materials: Materials, wanted: int) -> Iterator[Draft | Dropped]:
        number = 0
        while True:
            number += 1
            if self.barren or "7" in str(number):
                yield Dropped(step="draft", id=str(number), reason="seven")
                continue
            yield _draft(f"Question {1 if self.same else number}?", materials)


def _draft(question: str, materials: Materials) -> Draft:
    given = Given(source="tests", id="1")
    asked = (Slot(), Span(role="question", origin=given, text=question))
    answer = (Span(role="answer", origin=given, text="an answer", loss=1.0),)
    number = materials.grains[0]
    return Draft(
        recipe="endless",
        seed=1,
        evidence=(materials.grain(number),),
        messages=(
            Message(speaker="user", spans=asked),
            Message(speaker="assistant", spans=answer),
        ),
        answer="an answer",
        meta={"kind": "only", "evidence": [number], "layout": "long"},
    )


@dataclass(frozen=True, kw_only=True)
class Picky:
    """Finds fault with every third question."""

    name: ClassVar[str] = "picky"

    def problems(self, example: Example, texts: Mapping[str, str]) -> Iterator[str]:
        words = "".join(s.text or "" for m in example.views["train"] for s in m.spans)  # type: ignore[union-attr]
        if int(words.split("Question ")[1].split("?")[0]) % 3 == 0:
            yield "a third"


def planned(materials: SideMaterials, **changes: object) -> Plan:
    recipe = {"use": "test_make:Endless", "examples": 60, **changes}
    return small_plan(materials.folder, recipes=[recipe], checks=["test_make:Picky", "duplicates"])


def made(
    materials: Mapping[Side, SideMaterials], **changes: object
) -> list[tuple[Side, Draft | Dropped]]:
    return list(make(planned(materials["train"], **changes), materials))


def test_drafts_are_made_until_enough_are_sound(materials: Mapping[Side, SideMaterials]) -> None:
    items = made(materials)
    counts = {side: sum(isinstance(i, Draft) for s, i in items if s == side) for side in materials}
    assert counts == {
        side: n["only"] for side, n in wishes(planned(materials["train"]), list(materials)).items()
    }
    lost = [(one.step, one.reason) for _, one in items if isinstance(one, Dropped)]
    assert set(lost) == {
        ("draft", "seven"),
        ("check", "a third"),
        ("check", "the same question was asked before"),
    }


def test_a_question_asked_on_one_side_is_not_asked_on_another(
    materials: Mapping[Side, SideMaterials],
) -> None:
    items = made(materials)
    asked = [item.messages[0].spans[1].text for _, item in items if isinstance(item, Draft)]  # type: ignore[union-attr]
    assert len(asked) == len(set(asked)) == 60


@pytest.mark.parametrize("setting", ["same", "barren"])
def test_a_recipe_that_gives_nothing_new_is_given_up_on(
    setting: str, materials: Mapping[Side, SideMaterials], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert PATIENCE >= 1000
    monkeypatch.setattr("longgrain.make.PATIENCE", 30)
    items = made(materials, **{setting: True})
    assert sum(isinstance(item, Draft) for _, item in items) == (setting == "same")
    assert len(items) < 30 * len(materials) + 30


def test_wishes_add_up_over_sides_and_kinds() -> None:
    plan = Plan.of(
        {
            "sources": ["x"],
            "recipes": [{"use": "in2", "examples": 101}, {"use": "in2", "examples": 7}],
            "split": {"valid": 0.2, "test": 0.0},
        }
    )
    assert side_shares(plan) == {"train": 0.8, "valid": 0.2}
    counts = wishes(plan, list(side_shares(plan)))
    assert sum(n for kinds in counts.values() for n in kinds.values()) == 108


def test_a_setting_that_a_component_does_not_have_is_named() -> None:
    with pytest.raises(PlanError, match=r"recipes 'in2': sharez: "):
        component("recipes", "in2", {"sharez": 1})
    with pytest.raises(PlanError, match=r"partners: .*integer"):
        component("recipes", "in2", {"partners": "many"})


def test_turns_of_ones_own_are_told_apart(
    materials: Mapping[Side, SideMaterials], tmp_path: Path
) -> None:
    rows = [f'{{"instruction": "Say {n}", "response": "{n}"}}\n' for n in range(40)]
    (materials["train"].folder / "general.jsonl").write_text("".join([*rows, rows[3]]), "utf-8")
    recipe = {"use": "in2", "examples": 400, "shares": {"general": 1}, "general": "general.jsonl"}
    plan = small_plan(materials["train"].folder, recipes=[recipe], checks=["duplicates"])
    items = list(make(plan, materials))
    assert sum(isinstance(item, Draft) for _, item in items) == 40
    assert [item.reason for _, item in items if isinstance(item, Dropped)] == [
        "the same question was asked before"
    ]


def test_the_mark_of_an_article_is_read_with_its_sentence_and_a_heading_is_not() -> None:
    text = "第一章 总则\n第十二条之一 盗窃的，处三年以下有期徒刑。第二句。"
    spans = [(0, 6), (7, 13), (14, 28), (28, 32)]
    joined = [text[start:end] for start, end in with_their_marks(text, spans)]
    assert joined == ["第一章 总则", "第十二条之一 盗窃的，处三年以下有期徒刑。", "第二句。"]
    broken = text.replace("之一 ", "之一\n")
    assert with_their_marks(broken, spans) == spans
