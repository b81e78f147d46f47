"""Every probe on the shelf keeps its contract in both languages: a new one is tested by being listed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from longgrain import shelf
from longgrain.ground import HeldOut
from longgrain.make import component
from longgrain.metrics.item import Item, Metric
from longgrain.probes.laying import WITHIN
from longgrain.protocols import Probe
from longgrain.tokens import Tokenizer
from longgrain.types import Question, Size
from published import data
from small import shelve

NAMES = shelf.names("probes")
LANGUAGES = ("en", "zh")
# Settings that make other questions, beside each probe's defaults.
OTHERS: list[tuple[str, Mapping[str, Any]]] = [
    ("needle", {"haystack": "noise", "value": "uuids"}),
    ("needle", {"haystack": "needles", "value": "words"}),
    ("needle", {"keys": 4, "key": "uuids"}),
    ("needle", {"values": 4, "value": "words"}),
    ("needle", {"queries": 4}),
    ("variable_tracking", {"chains": 3, "haystack": "documents"}),
    ("common_words", {"common": 5}),
    ("frequent_words", {"alpha": 1.8}),
    ("key_value", {"query_first": True}),
    ("multidoc_qa", {"query_first": True}),
    ("val_document", {"drop_last_of_span": True}),
    ("order", {"of": "figures"}),
    ("location", {"by": "heading"}),
    ("self_correction", {"first": "own"}),
]
# What is computed from the evidence, or said of it, stands in no context word by word.
SAID_OF_IT = ("integration", "order", "style", "refusal")
CASES = [(name, {}) for name in NAMES] + OTHERS
LENGTH, COUNT = 2048, 20

Grounds = Mapping[str, HeldOut]
each = pytest.mark.parametrize(
    ("name", "settings"),
    CASES,
    ids=["-".join([n, *(f"{k}={v}" for k, v in s.items())]) for n, s in CASES],
)
both = pytest.mark.parametrize("language", LANGUAGES)


@pytest.fixture(scope="module")
def grounds(tmp_path_factory: pytest.TempPathFactory) -> Grounds:
    """Made-up documents and files in the form of the published ones."""
    folder = tmp_path_factory.mktemp("probes")
    shelve(folder / "documents", english=24, chinese=24)
    tokenizer = Tokenizer.load("longgrain").agreeing(["The lamp is lit, at 4.50.", "灯亮着。第3条"])
    return {
        language: HeldOut(
            language=language,
            places=(str(folder / "documents"),),
            data=data(folder / language, language),
            tokenizer=tokenizer,
        )
        for language in LANGUAGES
    }


CHANGED: dict[tuple[int, str], HeldOut] = {}


def changed(ground: HeldOut, **changes: Any) -> HeldOut:
    """The same ground otherwise, made once: what was read and drafted is kept for the next test."""
    key = (id(ground), repr(changes))
    if key not in CHANGED:
        CHANGED[key] = replace(ground, **changes)
    return CHANGED[key]


def made(name: str, settings: Mapping[str, Any]) -> Probe:
    found: Probe = component("probes", name, settings)
    return found


def asked(
    probe: Probe, ground: HeldOut, length: int = LENGTH, count: int = COUNT
) -> list[Question]:
    return list(probe.ask(ground, Size(tokens=length), count))


def scored(probe: Probe, question: Question, reply: str) -> float | None:
    measure = probe.measure
    metric: Metric = component("metrics", measure.metric, measure.settings)
    item = Item(prediction=reply, references=question.references, row=question.row)
    return metric.score(item)[measure.figure]


def gold(question: Question) -> str:
    return ", ".join(question.references)


@pytest.mark.parametrize("name", NAMES)
def test_fields_are_settings_and_a_probe_offers_what_it_must(name: str) -> None:
    probe = made(name, {})
    assert is_dataclass(probe)
    assert type(probe).__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert isinstance(probe, Probe)
    assert probe.name == name
    assert "arXiv" in probe.source
    assert bool(probe.sizes) == bool(probe.unit)
    with pytest.raises(Exception, match="no_such_setting"):
        made(name, {"no_such_setting": 1})


@pytest.mark.parametrize("name", NAMES)
def test_every_probe_and_setting_stands_on_the_page(name: str) -> None:
    page = (Path(__file__).parents[2] / "docs" / "probe.md").read_text("utf-8")
    assert f"`{name}`" in page
    for field in fields(made(name, {})):  # type: ignore[arg-type]
        assert f"`{field.name}`" in page, f"{name} has a setting {field.name!r}"


@both
@each
def test_a_gold_answer_scores_1_an_empty_reply_0_and_another_less(
    name: str, settings: Mapping[str, Any], language: str, grounds: Grounds
) -> None:
    probe = made(name, settings)
    questions = asked(probe, grounds[language])
    assert len(questions) == COUNT
    for question, other in zip(questions, questions[7:] + questions[:7], strict=True):
        assert scored(probe, question, gold(question)) == 1.0
        assert scored(probe, question, "") == 0.0
        if gold(other) != gold(question):
            wrong = scored(probe, question, gold(other))
            assert wrong is not None
            assert wrong < 1.0


@both
@each
@pytest.mark.parametrize("length", [LENGTH, 6000])
def test_a_prompt_is_within_2_percent_of_its_length(
    length: int, name: str, settings: Mapping[str, Any], language: str, grounds: Grounds
) -> None:
    ground = grounds[language]
    questions = asked(made(name, settings), ground, length, 10)
    counted = [sum(ground.tokens([words for _, words in one.prompt])) for one in questions]
    assert [one.tokens for one in questions] == counted
    assert all(abs(one - length) <= WITHIN * length for one in counted)


@both
@each
def test_the_same_seed_asks_the_same_and_another_seed_something_else(
    name: str, settings: Mapping[str, Any], language: str, grounds: Grounds
) -> None:
    ground, probe = grounds[language], made(name, settings)
    first = asked(probe, ground)
    assert first == asked(probe, ground)
    assert first[:5] == asked(probe, ground, count=5)  # a longer probe goes on where a shorter ends
    assert len({one.id for one in first}) == COUNT
    other = asked(probe, changed(ground, seed=18))
    assert [one.prompt for one in other] != [one.prompt for one in first]


@both
@each
def test_positions_are_balanced_and_go_from_the_beginning_to_the_end(
    name: str, settings: Mapping[str, Any], language: str, grounds: Grounds
) -> None:
    probe = made(name, settings)
    questions = asked(probe, changed(grounds[language], positions=5))
    counts = Counter(at for one in questions for at in one.positions)
    if not counts:
        assert "evidence" not in probe.controls
        return
    assert set(counts) == set(range(5))
    assert len({*counts.values()}) == 1
    depths: dict[int, list[float]] = defaultdict(list)
    for one in questions:
        assert len(one.positions) == len(one.depths)
        for at, depth in zip(one.positions, one.depths, strict=True):
            depths[at].append(depth)
    means = [sum(depths[at]) / len(depths[at]) for at in range(5)]
    assert means == sorted(means)
    assert means[0] < 0.15
    assert means[-1] > 0.85
    assert 0.35 < means[2] < 0.65


@both
@each
def test_controls_ask_the_same_with_less(
    name: str, settings: Mapping[str, Any], language: str, grounds: Grounds
) -> None:
    ground, probe = grounds[language], made(name, settings)
    whole = asked(probe, ground)
    for control in probe.controls:
        found = asked(probe, ground.with_context(control))
        assert [one.id for one in found] == [one.id for one in whole]
        assert [one.references for one in found] == [one.references for one in whole]
        assert [one.row for one in found] == [one.row for one in whole]
        for one, full in zip(found, whole, strict=True):
            words = one.prompt[0][1]
            assert one.tokens < full.tokens / 2
            if name in SAID_OF_IT:
                continue
            if control == "evidence":
                assert all(reference in words for reference in one.references)
            else:
                assert not any(reference in words for reference in one.references)


@each
def test_a_chinese_prompt_is_chinese(
    name: str, settings: Mapping[str, Any], grounds: Grounds
) -> None:
    probe = made(name, settings)
    said = asked(probe, grounds["zh"].with_context("none"), count=1)[0].prompt[0][1]
    assert any("一" <= sign <= "鿿" for sign in said)
    english = asked(probe, grounds["en"].with_context("none"), count=1)[0].prompt[0][1]
    assert not any("一" <= sign <= "鿿" for sign in english)
