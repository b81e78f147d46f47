"""The forecast: nothing is spent unasked, a pilot is not paid for twice, and what it says comes true."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from laws.test_replay import differences
from longgrain import cli
from longgrain.build import build
from longgrain.errors import RunError
from longgrain.forecast import FILE, Forecast, kept
from longgrain.plan import Plan, Splitting
from longgrain.preview import preview
from longgrain.rehearsal import Rehearsal, rehearsing, sample
from longgrain.run import Run
from longgrain.tokens import Tokenizer
from longgrain.types import Answered, Request
from longgrain.yields import Sampled, rates, spendings, within
from small import shelve, small_plan
from standin_model import middling
from standin_server import Says, StandIn, serving

PRICES = {
    "price_per_million_prompt": 1000.0,
    "price_per_million_reply": 4000.0,
    "currency": "EUR",
    "prices_of": "2026-11-01",
}


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-none")
    monkeypatch.chdir(tmp_path)


def plan_for(folder: Path, server: StandIn, examples: int = 60, **changes: Any) -> Plan:
    """A small plan with a paid teacher; keys that are no settings of a plan are the teacher's."""
    own = {name: changes.pop(name) for name in list(changes) if name not in Plan.model_fields}
    teacher = {"use": "openai", "model": "tiny", "base_url": server.url, **PRICES, **own}
    recipes = [{"use": "in2", "examples": examples, **changes.pop("recipes", {})}]
    return small_plan(folder, teacher=teacher, recipes=recipes, **changes)


def foreseen(plan: Plan, **how: Any) -> Forecast:
    found = preview(plan, 0, **how)
    assert found.problems == ()
    assert found.forecast is not None
    return found.forecast


def off(run: Run) -> dict[str, float]:
    """By how much each figure of the forecast that was kept with a run lay off."""
    return {one["figure"]: one["off"] for one in run.manifest["forecast"]["against"]}


# --- nothing is spent unasked -----------------------------------------------------------------------


def test_a_paid_teacher_is_not_asked_without_a_pilot_and_nothing_is_written(tmp_path: Path) -> None:
    with serving(middling) as server:
        plan = plan_for(tmp_path, server)
        before = sorted(tmp_path.rglob("*"))
        found = foreseen(plan)
        assert server.log.calls == []
    assert sorted(tmp_path.rglob("*")) == before
    assert found.basis == "counted"
    assert found.calls >= 60
    assert found.prompt_tokens > 200 * found.calls
    assert found.money == pytest.approx(
        found.prompt_tokens / 1e3 + found.reply_tokens / 250, rel=0.01
    )
    assert (found.currency, found.prices_of) == ("EUR", "2026-11-01")
    assert found.teacher_seconds is None
    assert "assumed" in found.said[0]


@pytest.mark.parametrize("pilot", [0, 10])
def test_a_teacher_by_file_is_counted_and_writes_none(tmp_path: Path, pilot: int) -> None:
    plan = small_plan(tmp_path, teacher={"use": "batch", "model": "gpt", "judges": True})
    found = foreseen(plan, pilot=pilot, out=tmp_path / "run")
    assert found.basis == "counted"
    assert found.calls > 60
    assert not (tmp_path / "run").exists()


def test_a_teacher_whose_price_nobody_knows_cannot_have_a_cap_on_money(tmp_path: Path) -> None:
    plan = small_plan(tmp_path, teacher={"use": "openai", "model": "m", "max_money": 5})
    assert any("max_money 5 cannot be kept" in one for one in preview(plan, 0).problems)


def test_the_stand_in_counts_the_tokens_of_prompts_and_agrees_with_itself(tmp_path: Path) -> None:
    plan = small_plan(tmp_path, teacher={"use": "openai", "model": "m", "judges": True, **PRICES})
    stand_in = rehearsing(plan).teacher
    teacher = Rehearsal(**stand_in.settings)
    assert (teacher.prompted, teacher.judges, teacher.name) == (True, True, "openai:m")
    piece = "The north dam was opened on 4 May 1921 and holds 312 boats in its inner harbour."
    request = Request(task="in2.fine", material=(piece,), prompt=(("user", "Ask. " * 50),))
    [answer] = teacher.ask([request])
    assert isinstance(answer, Answered)
    [ids] = Tokenizer.load("longgrain").encode(["Ask. " * 50])
    assert 0 < answer.prompt_tokens - len(ids) <= 16
    [asked] = orjson.loads(answer.text)["questions"][:1]
    solve = Request(task="solve", material=(piece,), settings={"question": asked["question"]})
    [solved] = teacher.ask([solve])
    assert isinstance(solved, Answered)
    assert orjson.loads(solved.text) == {"answerable": True, "answer": asked["answer"]}


# --- after a pilot it comes true --------------------------------------------------------------------

PLANS: dict[str, dict[str, Any]] = {
    "all kinds": {"examples": 200},
    "one kind, one side": {
        "examples": 160,
        "recipes": {"shares": {"fine": 1}},
        "split": {"valid": 0, "test": 0},
    },
    "mostly joined": {"examples": 140, "recipes": {"shares": {"fine": 0.2, "integration": 0.8}}},
}


@pytest.mark.parametrize("name", PLANS)
def test_after_a_pilot_tokens_are_within_15_percent_and_no_call_is_made_twice(
    tmp_path: Path, name: str
) -> None:
    shelve(tmp_path / "documents", english=12, chinese=9)
    with serving(middling) as server:
        plan = plan_for(tmp_path, server, **PLANS[name])
        found = foreseen(plan, pilot=50, out=tmp_path / "run")
        asked = len(server.log.calls)
        run = build(plan, tmp_path / "run")
        assert 50 < asked < len(server.log.calls)
        assert set(server.log.answered().values()) == {1}
    assert found.basis == "pilot"
    lay_off = off(run)
    for figure in ("prompt tokens", "reply tokens", "money", "tokens in rows"):
        assert abs(lay_off[figure]) < 0.15, (figure, lay_off)
    assert abs(lay_off["calls"]) < 0.15
    assert run.manifest["forecast"]["basis"] == "pilot"


def test_second_readings_and_second_looks_are_counted(tmp_path: Path) -> None:
    with serving(middling) as server:
        shares = {"recipes": {"shares": {"fine": 1}}, "split": {"valid": 0, "test": 0}}
        plan = plan_for(tmp_path, server, 30, judges=True, **shares)
        found = foreseen(plan, pilot=15, out=tmp_path / "run")
        run = build(plan, tmp_path / "run")
    tasks = {row["task"] for row in run.manifest["teacher"]["calls"]}
    assert {"in2.fine", "solve", "second_look"} <= tasks
    assert abs(off(run)["prompt tokens"]) < 0.15
    assert found.calls > 90


def test_a_pilot_gives_up_on_a_model_that_cannot_do_it(tmp_path: Path) -> None:
    shelve(tmp_path / "documents", english=30, chinese=0)
    with serving(lambda one: Says(text='{"questions": []}')) as server:
        plan = plan_for(tmp_path, server, 90, recipes={"shares": {"fine": 1}})
        plan = plan.model_copy(update={"split": Splitting(valid=0, test=0)})
        found = preview(plan, 0, pilot=20, out=tmp_path / "run")
        assert 100 < len(server.log.calls) < 200
    assert found.forecast is None
    assert "no draft passed the checks" in found.problems[0]


def test_a_pilot_again_asks_nothing_and_keeps_the_time_that_was_measured(tmp_path: Path) -> None:
    with serving(middling) as server:
        plan = plan_for(tmp_path, server, 120)
        first = foreseen(plan, pilot=30)
        asked = len(server.log.calls)
        again = foreseen(plan, pilot=30)
        assert len(server.log.calls) == asked
    assert (tmp_path / "runs" / "small" / "calls.sqlite").is_file()
    assert again.teacher_seconds == first.teacher_seconds
    assert (again.calls, again.prompt_tokens) == (first.calls, first.prompt_tokens)
    stored = kept(tmp_path / "runs" / "small", plan.id)
    assert stored is not None
    assert (stored.calls, stored.teacher_seconds) == (again.calls, again.teacher_seconds)


def test_a_pilot_writes_nothing_beside_files_of_others(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "home.txt").write_text("Dear all", "utf-8")
    with serving(middling) as server, pytest.raises(RunError, match="is no run of longgrain"):
        preview(plan_for(tmp_path, server), 0, pilot=10, out=tmp_path / "letters")


def test_a_forecast_leaves_no_trace_in_the_tables(tmp_path: Path) -> None:
    with serving(middling) as server:
        plan = plan_for(tmp_path, server)
        foreseen(plan, pilot=20, out=tmp_path / "one")
        build(plan, tmp_path / "one")
        build(plan, tmp_path / "two")
    assert differences(tmp_path / "one", tmp_path / "two") == []


# --- caps -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cap", [{"max_calls": 200}, {"max_money": 160.0}])
def test_a_cap_is_said_beforehand_with_the_share_of_the_plan_that_it_reaches(
    tmp_path: Path, cap: dict[str, float]
) -> None:
    with serving(middling) as server:
        settings = {"max_reply_tokens": 600, "reasks": 0, **cap}
        plan = plan_for(tmp_path, server, 240, **settings)
        found = foreseen(plan, pilot=50, out=tmp_path / "run")
        run = build(plan, tmp_path / "run")
        calls = len(server.log.calls)
    [setting] = cap
    assert found.cap.startswith(setting)
    spent = {"max_calls": calls, "max_money": run.manifest["teacher"]["money"]}
    assert 0.9 * cap[setting] < spent[setting] <= cap[setting]  # what the pilot asked included
    made = sum(run.manifest["drafted"].values())
    assert 0.2 < found.share < 0.9
    assert found.share == pytest.approx(made / 240, abs=0.12)
    assert sum(len(list(run.examples(side))) for side in run.sides) == made
    assert found.uncapped["calls"] > found.calls


# --- kept with the run ------------------------------------------------------------------------------


def test_a_build_without_a_preview_counts_what_it_will_ask_and_reports_both(tmp_path: Path) -> None:
    with serving(middling) as server:
        run = build(plan_for(tmp_path, server), tmp_path / "run")
    assert run.manifest["forecast"]["basis"] == "counted"
    figures = {one["figure"] for one in run.manifest["forecast"]["against"]}
    assert {"drafts", "calls", "prompt tokens", "reply tokens", "money"} <= figures
    page = (run.folder / "report.html").read_text("utf-8")
    assert "Forecast and fact" in page
    assert "off by more than 15%" in page  # replies by rule are longer than this model's


def test_a_forecast_of_another_plan_is_not_held_against_this_one(tmp_path: Path) -> None:
    with serving(middling) as server:
        foreseen(plan_for(tmp_path, server, 40), pilot=10, out=tmp_path / "run")
        run = build(plan_for(tmp_path, server, 50), tmp_path / "run")
    assert run.manifest["forecast"]["basis"] == "counted"
    assert run.manifest["forecast"]["plan_id"] == run.manifest["plan_id"]
    assert not (run.folder / FILE).exists()


def test_a_free_teacher_needs_no_forecast_of_what_it_costs(small_run: Run, tmp_path: Path) -> None:
    run = build(small_plan(tmp_path, teacher={"use": "extractive"}), tmp_path / "run")
    assert "forecast" not in run.manifest
    assert not (run.folder / FILE).exists()


# --- from the command line ---------------------------------------------------------------------------


def test_survey_and_preview_say_the_forecast(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(middling) as server:
        plan = plan_for(tmp_path, server, max_calls=50)
        (tmp_path / "plan.yaml").write_text(plan.as_yaml(), "utf-8")
        out = typed(monkeypatch, capsys, "survey", "--plan", tmp_path / "plan.yaml")
        assert server.log.calls == []
        for words in ("max_calls 50 is reached at", "EUR, at the plan's prices of 2026-11-01"):
            assert words in out
        told = typed(monkeypatch, capsys, "survey", "--plan", tmp_path / "plan.yaml", "--json")
        assert orjson.loads(told)["forecast"]["basis"] == "counted"
        out = typed(monkeypatch, capsys, "preview", tmp_path / "plan.yaml", "-n", 0, "--pilot", 8)
        assert 8 < len(server.log.calls) <= 50
    assert "give or take" in out
    assert (tmp_path / "runs" / "small" / FILE).is_file()


def typed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: object
) -> str:
    monkeypatch.setattr(sys, "argv", ["longgrain", *map(str, words)])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert not stop.value.code
    return capsys.readouterr().out


# --- the arithmetic ---------------------------------------------------------------------------------


def row(kind: str, task: str, asked: int, used: int, prompt: int) -> dict[str, Any]:
    costs = {"prompt_tokens": prompt, "reply_tokens": 10, "money": 1.0, "seconds": 2.0, "waves": 4}
    return {"side": "train", "kind": kind, "task": task, "asked": asked, "used": used, **costs}


def sampled(tmp_path: Path, examples: int, *rows: dict[str, Any], **made: int) -> Sampled:
    plan = sample(arithmetic(tmp_path), examples)
    drafts = {f"train/{kind}": count for kind, count in made.items()}
    return Sampled(plan=plan, calls=rows, made=drafts, asked=True)


def arithmetic(folder: Path) -> Plan:
    recipes = [{"use": "in2", "examples": 100, "shares": {"fine": 1}}]
    return small_plan(folder, recipes=recipes, split={"valid": 0, "test": 0})


def test_calls_that_lay_idle_do_not_lower_the_yield(tmp_path: Path) -> None:
    found = sampled(tmp_path, 10, row("fine", "in2.fine", 25, 20, 250), fine=10)
    [rate] = rates(found)
    assert (rate.calls, rate.idle, rate.costs[0]) == (2.0, 5.0, 10.0)
    [one] = spendings(arithmetic(tmp_path), found, {"train": 1000})[:1]
    assert (one.drafts, one.calls, one.prompt_tokens) == (100, 205, 2050)


def test_a_grain_is_asked_about_once(tmp_path: Path) -> None:
    found = sampled(tmp_path, 10, row("fine", "in2.fine", 20, 20, 200), fine=10)
    [one] = spendings(arithmetic(tmp_path), found, {"train": 120})[:1]
    assert one.calls == 120


def test_a_sample_without_a_draft_promises_none(tmp_path: Path) -> None:
    found = sampled(tmp_path, 10, row("fine", "in2.fine", 20, 0, 200))
    [one] = spendings(arithmetic(tmp_path), found, {"train": 500})[:1]
    assert (one.drafts, one.calls) == (0, 500)


def test_second_readings_grow_with_the_drafts_and_not_with_the_grains(tmp_path: Path) -> None:
    asked, looks = row("fine", "in2.fine", 10, 10, 100), row("fine", "second_look", 30, 0, 600)
    found = sampled(tmp_path, 10, asked, looks, fine=10)
    [one] = spendings(arithmetic(tmp_path), found, {"train": 50})[:1]
    assert one.calls == 50 + 300


def test_caps_are_spent_in_plan_order(tmp_path: Path) -> None:
    found = sampled(tmp_path, 10, row("fine", "in2.fine", 10, 10, 100), fine=10)
    [one] = spendings(arithmetic(tmp_path), found, {"train": 1000})[:1]
    free, again = one.times(1), one.times(0)
    capped = within([one, free, again], calls=150, money=None)
    assert [round(part.calls) for part in capped] == [100, 50, 0]
    assert [round(part.drafts) for part in within([one, free], calls=None, money=5.0)] == [50, 0]
