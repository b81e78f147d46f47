"""Tuning: what is tried, what it is built from, who wins and when nobody does; killed sweeps go on."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ruamel.yaml import YAML

from longgrain.errors import PlanError
from longgrain.plan import Plan
from longgrain.plan_file import parsed
from longgrain.preview import preview
from longgrain.tune import Asked, tune, varying
from longgrain.tune.estimates import Values, less, needed
from longgrain.tune.sample import draw
from longgrain.tune.varying import Dimension, dimension, sweep
from longgrain.tune.verdict import Court, Entrant
from longgrain.tune.words import Words
from small import shelve
from standin_server import Says, serving

PLAN = """\
# what we train on
name: small
sources: [documents]
grains: {size: 48}  # small ones
recipes: [{use: in2, examples: 40, shares: {fine: 0.8, short: 0.2}}]
layout: {lengths: [512], depths: 4, short: 256}
"""
FAST = ("--examples", "24", "--sample", "0.6")


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tune")
    shelve(folder / "documents", english=6, chinese=5)
    (folder / "plan.yaml").write_text(PLAN, "utf-8")
    return folder / "plan.yaml"


def tried(plan: Path, *said: str, **how: Any) -> varying.Sweep:
    return sweep(parsed(plan), [dimension(one) for one in said], folder=plan.parent, **how)


def names(found: varying.Sweep) -> list[str]:
    return [one.name for one in found.arms]


# --- what is tried ---


def test_a_small_grid_is_tried_whole_beside_the_plan_itself(plan: Path) -> None:
    found = tried(plan, "grains.size=48,64", "layout.lengths=[512],[1024]")
    assert found.way == "grid"
    assert names(found) == [
        "the plan",
        "lengths 1024",
        "grains.size 64",
        "grains.size 64, lengths 1024",
    ]
    assert [one.plan.grains.size for one in found.arms] == [48, 48, 64, 64]


def test_a_large_grid_is_gone_through_one_setting_at_a_time(plan: Path) -> None:
    said = ("grains.size=32,64,96,128,160", "layout.lengths=[512],[768],[1024],[1280],[1536]")
    found = tried(plan, *said)
    assert (found.way, found.points) == ("one", 25)
    assert all(len(one.changed) <= 1 for one in found.arms)
    assert len(found.arms) == 1 + 5 + 4
    assert len(tried(plan, *said, way="grid").arms) == 26


def test_trials_are_drawn_by_the_seed(plan: Path) -> None:
    said = ("grains.size=16,32,48,64", "layout.short=128,192,256")
    first, same, other = (tried(plan, *said, trials=5, seed=one) for one in (1, 1, 2))
    assert first.way == "random"
    assert names(first) == names(same) != names(other)
    assert 5 <= len(first.arms) <= 6


def test_what_the_plan_refuses_is_listed_with_the_reason(plan: Path) -> None:
    found = tried(plan, "grains.size=4,64")
    assert names(found) == ["the plan", "grains.size 64"]
    [(name, reason)] = found.refused
    assert name == "grains.size 4"
    assert "greater than or equal to 8" in reason


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("grains.sise=64", "no such setting"),
        ("recipes.3.use=in2", "no '3' in the plan"),
        ("recipes.0.shares.loud=1", "loud"),
        ("grains.size=4", "greater than or equal to 8"),
        ("split.test=0,0.1", "held out once"),
        ("recipes.0.examples=1,2", "--examples"),
        ("overlap=1.5", "no share"),
        ("grains.size", "names nothing to try"),
        ("grains.size=[", "names nothing to try"),
        ("grains.size=48", "nothing is left to compare"),
    ],
)
def test_a_setting_that_cannot_be_varied_is_an_error(plan: Path, said: str, words: str) -> None:
    with pytest.raises(PlanError, match=re.escape(words)):
        tried(plan, said)


def test_a_star_sets_every_recipe_and_an_overlap_leaves_the_plan_as_it_is(plan: Path) -> None:
    values = parsed(plan)
    values["recipes"].append({"use": "pam", "examples": 10})
    both = sweep(values, [dimension("recipes.*.wrap.compress=null,0.5")], folder=plan.parent)
    assert [[e.wrap.compress for e in one.plan.recipes] for one in both.arms] == [
        [None, None],
        [0.5, 0.5],
    ]
    found = tried(plan, "overlap=0,0.5")
    assert [(one.overlap, one.plan.id) for one in found.arms] == [
        (0.0, found.arms[0].plan.id),
        (0.5, found.arms[0].plan.id),
    ]


def test_without_a_word_grains_overlap_lengths_distractors_and_compression_are_tried(
    plan: Path,
) -> None:
    found = sweep(parsed(plan), varying.usual(Plan.load(plan)), folder=plan.parent)
    assert {name for one in found.arms for name in one.changed} == {
        "grains.size",
        "overlap",
        "layout.lengths",
        "layout.distractors",
        "recipes.*.wrap.compress",
    }
    assert found.way == "one"


# --- what arms are built from ---


def test_a_sample_is_drawn_by_the_seed_from_every_language_and_holds_others_out(
    plan: Path, tmp_path: Path
) -> None:
    asked = Plan.load(plan)
    first, same = (draw(asked, tmp_path / one, share=0.5, seed=3) for one in "ab")
    other = draw(asked, tmp_path / "c", share=0.5, seed=4)
    assert first.told == same.told != other.told
    assert first.drawn.read_bytes() == same.drawn.read_bytes()
    told = first.told
    assert 0.3 < told["characters"] / told["of_characters"] < 0.65
    assert not {*told["sources"]} & {*told["held_sources"]}
    for listed in (told["sources"], told["held_sources"]):
        assert {one.startswith("handbook") for one in listed} == {True, False}
    assert set(first.languages) == {"en", "zh"}


def test_held_out_documents_are_no_near_duplicates_of_drawn_ones(tmp_path: Path) -> None:
    shelve(tmp_path / "documents", english=2, chinese=0)
    text = (tmp_path / "documents" / "handbook-0.md").read_text("utf-8")
    for number in range(4):
        (tmp_path / "documents" / f"again-{number}.md").write_text(f"{text}\n{number}\n", "utf-8")
    asked = Plan.of({"sources": ["documents"]}, folder=tmp_path)
    told = draw(asked, tmp_path / "out", share=0.5, seed=1).told
    assert told["near_duplicates_left_out"] > 0
    copies = [one for one in told["sources"] if one != "handbook-1.md"]
    assert not copies or told["held_sources"] in ([], ["handbook-1.md"])


def test_documents_keep_what_their_reader_knew(tmp_path: Path) -> None:
    page = "<html><head><title>Ropes</title></head><body><h1>Ropes</h1><p>{}</p><h2>Knots</h2><p>{}</p>"
    (tmp_path / "documents").mkdir()
    for number in range(3):
        words = f"The rope number {number} is long and is kept in the shed behind the mill. " * 9
        (tmp_path / "documents" / f"{number}.html").write_text(page.format(words, words[::-1]))
    asked = Plan.of({"sources": ["documents"]}, folder=tmp_path)
    drawn = draw(asked, tmp_path / "out", share=1.0, seed=1)
    from longgrain.corpus import read
    from longgrain.tune.sample import READER

    before = {one.id: one for one in read(tmp_path / "documents")}
    after = {one.id: one for one in read(drawn.drawn, readers={READER: {}})}
    assert after
    for name, one in after.items():
        assert one.text == before[name].text
        assert one.meta["headings"] == before[name].meta["headings"]


# --- who wins ---


def values(*shares: tuple[int, int], same: str = "q") -> Values:
    """Zeros and ones, a seed each; equal names make the items the same."""
    return Values(
        by_seed=[{f"{same}{n}": float(n < hits) for n in range(total)} for hits, total in shares]
    )


def entrant(name: str, value: Values, cost: float, **point: Any) -> Entrant:
    return Entrant(name=name, point=point, values=value, cost=cost)


def court(*entrants: Entrant, way: Any = "grid", lower: bool = False) -> Court:
    named = dict.fromkeys(key for one in entrants for key in one.point)
    dimensions = tuple(Dimension(name=key, values=()) for key in named)
    found = varying.Sweep(dimensions=dimensions, arms=(), refused=(), way=way, points=len(entrants))
    return Court(entrants=entrants, sweep=found, score="score", lower=lower)


def test_of_arms_that_are_not_told_apart_the_cheaper_one_wins() -> None:
    found = court(
        entrant("the plan", values((50, 100)), 10, size=1),
        entrant("dear", values((80, 100)), 9, size=2),
        entrant("cheap", values((79, 100)), 3, size=3),
    ).verdict()
    assert (found.top, found.best, found.tied) == (1, 2, (2,))
    assert found.front == (2, 1)


def test_an_arm_that_is_better_for_certain_wins_at_any_price() -> None:
    plain, good = entrant("the plan", values((10, 200)), 1), entrant("good", values((150, 200)), 99)
    assert court(plain, good).verdict().best == 1
    assert court(plain, good, lower=True).verdict().best == 0


def test_the_plan_stays_where_nothing_is_told_and_costs_are_alike() -> None:
    found = court(
        entrant("the plan", values((50, 100)), 1000),
        entrant("other", values((52, 100)), 998),
    )
    assert found.verdict().best == 0
    assert found.verdict().front == (1,)


def test_values_of_the_same_items_are_compared_item_by_item() -> None:
    rng = np.random.default_rng(5)
    base = rng.normal(0, 10, 60)
    one = Values(by_seed=[{f"q{n}": v for n, v in enumerate(base)}])
    more = Values(by_seed=[{f"q{n}": v + 0.5 + rng.normal(0, 0.1) for n, v in enumerate(base)}])
    apart = Values(by_seed=[{f"z{n}": v for n, v in enumerate(more.arrays[0])}])
    assert less(more, one).tells
    assert not less(apart, one).tells
    assert (needed(more, one) or 0) < 20 < (needed(apart, one) or 0)


def test_as_many_items_as_are_said_to_be_needed_tell_the_difference() -> None:
    rng = np.random.default_rng(2)

    def drawn(share: float, count: int, name: str) -> Values:
        hits = rng.random(count) < share
        return Values(by_seed=[{f"{name}{n}": float(one) for n, one in enumerate(hits)}])

    count = needed(values((60, 100), same="a"), values((45, 100), same="b"))
    assert count is not None
    told = sum(less(drawn(0.6, count, "a"), drawn(0.45, count, "b")).tells for _ in range(100))
    assert 65 < told < 95  # a power of 80%


def test_several_seeds_put_what_a_seed_does_into_the_interval() -> None:
    one, three = values((50, 100)).interval(), values((20, 100), (50, 100), (80, 100)).interval()
    assert three.value == one.value == 0.5
    assert (three.high or 0) - (three.low or 0) > 1.5 * ((one.high or 0) - (one.low or 0))


def test_an_effect_is_that_of_one_setting_alone() -> None:
    found = court(
        entrant("the plan", values((50, 100)), 1, size=1, kind="a"),
        entrant("size 2", values((90, 100)), 1, size=2, kind="a"),
        entrant("kind b", values((10, 100)), 1, size=1, kind="b"),
        way="one",
    ).verdict()
    means = {(one.dimension, one.value): one.mean.value for one in found.effects}
    assert means == {("size", 1): 0.5, ("size", 2): 0.9, ("kind", "a"): 0.5, ("kind", "b"): 0.1}
    behind = {one.value: one.behind for one in found.effects if one.behind}
    assert {key: round(one.value, 3) for key, one in behind.items()} == {1: -0.4, "b": -0.4}


def test_a_tie_is_said_with_what_it_would_take_to_tell() -> None:
    found = court(
        entrant("the plan", values((50, 100), same="a"), 10, size=1),
        entrant("size 2", values((57, 100), same="b"), 3, size=2),
    )
    said = Words(court=found, verdict=found.verdict(), score="score", unit="questions").all()
    assert said[0] == "Best: size 2, score 0.570 (0.472 to 0.663)."
    assert "the sample cannot tell the two apart (+0.070, " in said[1]
    assert re.search(r"about [\d,]+ questions of each would\), and it costs 70% less\.$", said[1])
    assert said[2].startswith("size: 2 leads in score; the sample cannot tell it from 1 (about")


def test_a_plan_that_is_no_point_of_a_grid_is_in_no_effect_of_it(plan: Path) -> None:
    assert tried(plan, "grains.size=48,64").inside
    outside = tried(plan, "grains.size=64,96", "layout.lengths=[768],[1024]")
    assert not outside.inside
    entrants = [
        entrant(one.name, values((50 + n, 100)), 1, **one.point)
        for n, one in enumerate(outside.arms)
    ]
    judge = Court(entrants=entrants, sweep=outside, score="score")
    assert {arm for one in judge.verdict().effects for arm in one.arms} == {1, 2, 3, 4}


# --- a sweep ---


Said = Callable[..., tuple[int, str, str]]


def result(folder: Path) -> dict[str, Any]:
    """tune.json without what depends on the machine and the place."""
    found = json.loads((folder / "tune.json").read_bytes())
    return {key: value for key, value in found.items() if key not in ("took", "command")}


def test_a_sweep_gives_a_table_a_page_and_the_best_plan_and_the_same_again(
    plan: Path, tmp_path: Path, said: Said
) -> None:
    vary = ("--vary", "grains.size=48,96", "--vary", "layout.lengths=[512],[100000]")
    command = ("tune", plan, *vary, "--vary", "overlap=0,0.5", *FAST)
    code, out, _ = said(*command, "--metric", "repetition", "--out", tmp_path / "a")
    assert code == 0
    table = out[: out.index("rivals: how near")].splitlines()
    assert len(table) > 5
    assert max(map(len, table)) <= 100
    assert "Best: " in out
    assert "No model was trained" in out
    assert "not built: lengths 100000" in out
    assert "overlap: " in out
    page = (tmp_path / "a" / "tune.html").read_text("utf-8")
    assert not re.search(r"(?:src|href)=[\"']https?:", page)
    assert "The plan as it is comes first" in page
    best = tmp_path / "a" / "best.yaml"
    assert "# what we train on" in best.read_text("utf-8")
    assert preview(best, 0).forecast is not None
    said(*command, "--metric", "repetition", "--out", tmp_path / "b")
    assert result(tmp_path / "a") == result(tmp_path / "b")


def test_the_best_plan_has_the_chosen_setting_and_says_why(plan: Path, tmp_path: Path) -> None:
    asked = Asked(vary=("grains.size=24,48",), score="yield", examples=24, sample=0.6)
    found = tune(plan, tmp_path, asked)
    text = (tmp_path / "best.yaml").read_text("utf-8")
    chosen = YAML(typ="safe").load(text)["grains"]["size"]
    assert chosen == found.best.arm.plan.grains.size == 48
    assert text.startswith("# The plan small with the settings that a sweep chose: the plan.")
    lower = Asked(vary=("grains.size=24,48",), score="yield", lower=True, examples=24, sample=0.6)
    other = tune(plan, tmp_path, lower)
    assert other.best.arm.plan.grains.size == 24
    assert YAML(typ="safe").load((tmp_path / "best.yaml").read_text("utf-8"))["grains"] == {
        "size": 24
    }


def test_values_are_those_of_the_runs(plan: Path, tmp_path: Path) -> None:
    asked = Asked(vary=("grains.size=24,48",), metrics=("repetition",), examples=24, sample=0.6)
    found = tune(plan, tmp_path, asked)
    from longgrain.run import Run

    runs = {one.plan.grains.size: one for one in map(Run, (tmp_path / "runs").iterdir())}
    for one in found.tried:
        run, figures = runs[one.arm.plan.grains.size], one.figures[0]
        made = sum(1 for _ in run.examples("train"))
        assert figures["made"] == made == round(one.scores["made"].mean * figures["asked"])
        assert one.scores["rivals"].items <= made
        assert 0 < one.scores["rivals"].mean < 1
        assert figures["tokens"] == sum(len(row.input_ids) for row in run.rows("train"))
        assert one.cost["tokens"] == pytest.approx(figures["tokens"] * 40 / made, rel=0.02)
        assert "repetition.distinct_1" in one.scores
    assert found.tried[1].figures[0]["grains"] > found.tried[0].figures[0]["grains"]


def test_a_search_finds_less_where_windows_are_tiny(plan: Path, tmp_path: Path) -> None:
    asked = Asked(vary=("grains.size=24,96",), score="found", examples=24, sample=0.6)
    found = tune(plan, tmp_path, asked)
    by_size = {one.arm.plan.grains.size: one.scores["found"].mean for one in found.tried}
    assert by_size[24] < by_size[96]
    assert found.tried[0].scores["found"].same_items(found.tried[1].scores["found"])


DYING = """
import os, signal, sys
from longgrain.tune import sweeping
whole, left = sweeping.build, [int(sys.argv.pop(1))]
def deadly(*given, **named):
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)
    left[0] -= 1
    return whole(*given, **named)
sweeping.build = deadly
from longgrain.cli import main
main()
"""


def test_a_sweep_that_was_killed_goes_on_and_builds_nothing_twice(
    plan: Path, tmp_path: Path, said: Said
) -> None:
    command = ("tune", plan, "--vary", "grains.size=24,48,64", *FAST, "--out", tmp_path / "killed")
    died = subprocess.run(
        [sys.executable, "-c", DYING, "2", *map(str, command)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert died.returncode == -signal.SIGKILL
    before = {one: one.stat().st_mtime_ns for one in (tmp_path / "killed").glob("runs/*/rows*")}
    assert len(before) == 2
    assert said(*command)[0] == 0
    assert {one: one.stat().st_mtime_ns for one in before} == before
    said(*command[:-1], tmp_path / "whole")
    assert result(tmp_path / "killed") == result(tmp_path / "whole")


# --- models ---


def test_a_model_at_an_endpoint_is_asked_the_examples_once(plan: Path, tmp_path: Path) -> None:
    with serving(lambda heard: Says(text="1200" if len(heard.words) % 2 else "")) as server:
        asked = Asked(
            vary=("layout.lengths=[512],[768]",),
            model="m",
            base_url=server.url,
            examples=16,
            questions=8,
            sample=0.6,
        )
        found = tune(plan, tmp_path, asked)
        calls = len(server.log.calls)
        assert 8 < calls <= 16  # an example that both arms have is asked once
        again = tune(plan, tmp_path, asked)
        assert len(server.log.calls) == calls
    assert found.score.name == "answers"
    assert {one.scores["answers"].items for one in found.tried} == {8}
    assert [one.lessons[0]["read"] > 0 for one in found.tried] == [True, True]
    assert [one.values for one in again.tried] == [one.values for one in found.tried]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    pytest.importorskip("torch", reason="torch is not installed (extra train)")
    from training import config_file

    return config_file(tmp_path / "model")


def test_every_arm_is_trained_on_as_many_tokens_and_asked_the_same(
    plan: Path, tmp_path: Path, config: Path
) -> None:
    asked = Asked(
        vary=("layout.lengths=[512],[1024]",),
        config=str(config),
        train={"lr": "1e-3"},
        tokens=12_000,
        probes=("needle:300",),
        score="loss",
        examples=24,
        questions=4,
        sample=0.6,
    )
    found = tune(plan, tmp_path / "out", asked)
    short, long = (one.lessons[0] for one in found.tried)
    assert short["steps"] == long["steps"]
    assert abs(short["read"] / long["read"] - 1) < 0.2
    assert abs(long["read"] / 12_000 - 1) < 0.3
    first, other = (one.scores for one in found.tried)
    for name in ("loss", "needle"):
        assert first[name].same_items(other[name])
    assert first["needle"].items == 8  # four questions in each language
    assert 5 < first["loss"].mean < 11
    assert first["loss"].mean != other["loss"].mean
    assert not list((tmp_path / "out" / "models").iterdir())
    kept = {one: one.stat().st_mtime_ns for one in (tmp_path / "out" / "trained").iterdir()}
    again = tune(plan, tmp_path / "out", asked)
    assert {one: one.stat().st_mtime_ns for one in kept} == kept
    assert again.as_dict()["arms"] == found.as_dict()["arms"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"score": "needle"}, "is no figure of this sweep"),
        ({"score": "rouge.rouge1"}, "needs references"),
        ({"probes": ("needle:300",)}, "need a model"),
        ({"config": "c.json", "probes": ("needle",)}, "has no lengths"),
        ({"config": "c.json", "probes": ("pins:300",)}, "pins"),
        ({"config": "c.json", "train": {"steps": "3"}}, "give --tokens"),
        ({"config": "c.json", "train": {"speed": "3"}}, "speed"),
        ({"config": "c.json", "sample": 1.0, "probes": ("needle:90000",)}, "held out"),
        ({"base_url": "http://127.0.0.1:1"}, "without a model"),
        ({"sample": 2.0}, "no share"),
        ({"sample": 0.01, "vary": ("layout.short=128,256",)}, "draw more documents"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_trained(
    plan: Path, tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    settings = {"vary": ("grains.size=48,64",), **changes}
    text = (
        plan.read_text("utf-8").replace("[512]", "[8000]")
        if changes.get("sample") == 0.01
        else PLAN
    )
    file = plan.parent / f"plan-{len(text)}.yaml"
    file.write_text(text, "utf-8")
    with pytest.raises(PlanError, match=re.escape(words)):
        tune(file, tmp_path, Asked(**settings))
    assert not (tmp_path / "trained").exists()


def test_with_one_document_no_model_can_be_asked(tmp_path: Path) -> None:
    shelve(tmp_path / "documents", english=1, chinese=0)
    (tmp_path / "plan.yaml").write_text(PLAN, "utf-8")
    asked = Asked(vary=("grains.size=48,64",), config="c.json")
    with pytest.raises(PlanError, match="none is held out"):
        tune(tmp_path / "plan.yaml", tmp_path / "out", asked)
