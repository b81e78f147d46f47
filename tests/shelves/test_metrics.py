"""Every metric on the shelf: the gold law, determinism, English and Chinese, and that none raises."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longgrain import shelf
from longgrain.metrics.item import Item, Metric, Pooled

NEEDS = {"sacrebleu": "sacrebleu"}  # metric > the package of an extra that it needs
NAMES = shelf.names("metrics")

GOLD = {
    "en": "The ferry Anna Berg carried 120 lamps to Sandry and back in 1871.",
    "zh": "安娜号渡轮在一八七一年运送了一百二十盏灯到桑德里。",
    "emoji": "🚢 carried 💡💡 to Sandry",
}
OTHER = {
    "en": "Nobody knows which boat went out.",
    "zh": "没有人知道哪条船出海。",
    "emoji": "🐟 stayed at home",
}


def metric_of(name: str, **fields: Any) -> Metric:
    if name in NEEDS:
        pytest.importorskip(NEEDS[name], reason=f"{name} needs the extra `metrics`")
    found: Metric = shelf.load("metrics", name)(**fields)
    return found


def item(prediction: str, gold: str) -> Item:
    row = {"first": prediction, "verdict": "right", "label": gold, "description": gold}
    row |= {"position_id": 3, "set_id": 0, "gold": gold}
    return Item(id="1", prediction=prediction, references=(gold,), source=gold, row=row)


@pytest.mark.parametrize("name", NAMES)
def test_every_metric_offers_what_a_metric_must(name: str) -> None:
    metric = metric_of(name)
    assert isinstance(metric, Metric)
    assert metric.name == name
    assert len(metric.origin) > 8
    assert not metric.gold or metric.gold in metric.score(item("a b", "a b"))


def test_the_help_of_the_command_names_every_metric() -> None:
    from longgrain.score_verb import score

    assert set(NAMES) <= set(re.findall(r"\w+", score.__doc__ or ""))


@pytest.mark.parametrize("language", GOLD)
@pytest.mark.parametrize("name", NAMES)
def test_a_gold_answer_scores_1_an_empty_reply_0_and_another_less(name: str, language: str) -> None:
    metric = metric_of(name)
    if not metric.gold:
        pytest.skip(f"{name} describes a text and has no gold answer")
    gold = GOLD[language]
    assert metric.score(item(gold, gold))[metric.gold] == pytest.approx(1.0)
    assert metric.score(item("", gold))[metric.gold] == 0.0
    other = metric.score(item(OTHER[language], gold))[metric.gold]
    assert other is not None
    assert 0.0 <= other < 1.0


@pytest.mark.parametrize("name", NAMES)
def test_of_several_references_the_best_counts(name: str) -> None:
    metric = metric_of(name)
    if not metric.gold or name == "agreement":  # where the references are other raters
        pytest.skip("not held against the best of references")
    gold = GOLD["en"]
    several = replace(item(gold, gold), references=("something else", gold))
    assert metric.score(several)[metric.gold] == pytest.approx(1.0)


@pytest.mark.parametrize("language", GOLD)
@pytest.mark.parametrize("name", NAMES)
def test_the_same_item_gets_the_same_figures(name: str, language: str) -> None:
    one = item(OTHER[language], GOLD[language])
    first, second = metric_of(name), metric_of(name)
    assert first.score(one) == second.score(one)
    assert list(first.score(one)) == list(first.score(item(GOLD[language], GOLD[language])))
    if isinstance(first, Pooled) and isinstance(second, Pooled):
        assert first.tally(one) == second.tally(one)


@pytest.mark.parametrize("name", NAMES)
def test_tallies_of_several_items_give_figures_when_added(name: str) -> None:
    metric = metric_of(name)
    if not isinstance(metric, Pooled):
        pytest.skip(f"{name} has no figures of all items together")
    sums: dict[str, float] = {}
    for prediction in (*GOLD.values(), *OTHER.values()):
        for key, value in metric.tally(item(prediction, GOLD["en"])).items():
            sums[key] = sums.get(key, 0.0) + value
    figures = metric.pooled(sums)
    assert figures
    assert all(value is None or math.isfinite(value) for value in figures.values())


texts = st.one_of(
    st.text(max_size=40),
    st.text(alphabet="ab Aé.\n,一二三的。，《》🚢12-“”*", max_size=60),
    st.sampled_from(["", " ", ".", "\n\n", "\ud800", "a\0b", "渡" * 300, "word " * 300, "１２％"]),
)


@settings(max_examples=60, deadline=None)
@given(texts, texts)
def test_no_metric_raises_and_shares_are_shares(prediction: str, gold: str) -> None:
    for name in NAMES:
        if name in NEEDS:
            continue
        metric: Metric = shelf.load("metrics", name)()
        for value in metric.score(item(prediction, gold)).values():
            assert value is None or math.isfinite(value)
            if metric.shares and value is not None:
                assert -1e-12 <= value <= 1 + 1e-12, name
