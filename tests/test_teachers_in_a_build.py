"""Whole builds with the openai and batch teachers: what is kept, what it cost, what never leaks."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from longgrain.build import build
from longgrain.errors import PlanError, TeacherError, TeacherWaits
from longgrain.plan import Plan
from longgrain.run import Run
from longgrain.types import Answered, Request
from small import Rule, small_plan
from standin_server import Heard, Says, Script, serving

KEY = "sk-planted-4f9d8c7b6a5e"
PRICES = {"price_per_million_prompt": 1000.0, "price_per_million_reply": 1000.0, "currency": "EUR"}

PIECE = re.compile(r"<<<(\d+ [0-9a-f]{8})>>>\n(.*?)\n<<<end \1>>>", re.DOTALL)
HAN = re.compile("[\u4e00-\u9fff]")


def by_rule(prompt: str) -> str:
    """What a model answers to longgrain's own prompts: questions about numbers in the pieces."""
    pieces = [text for _, text in PIECE.findall(prompt)]
    if '"answers"' in prompt:
        return json.dumps({"answers": []})
    language = "zh" if HAN.search(pieces[0]) else "en"
    task = "in2.integration" if len(pieces) > 1 else "in2.fine"
    settings = {"language": language}
    [answer] = Rule().ask([Request(task=task, material=tuple(pieces), settings=settings)])
    found = json.loads(answer.text) if isinstance(answer, Answered) else []
    return json.dumps({"questions": [asked(one, pieces) for one in found]})


def asked(candidate: dict[str, Any], pieces: Sequence[str]) -> dict[str, Any]:
    """A rule's candidate in the form that a model is asked for."""
    quotes: list[Any] = [pieces[n][start:end] for n, start, end in candidate["evidence"]]
    if len(pieces) > 1:
        places = [place[0] + 1 for place in candidate["evidence"]]
        quotes = [{"piece": n, "quote": q} for n, q in zip(places, quotes, strict=True)]
    return {name: candidate[name] for name in ("question", "answer", "reply")} | {"quotes": quotes}


def rule(one: Heard) -> Says:
    return Says(text=by_rule(one.body["messages"][0]["content"]), reads=100, reply_tokens=50)


def with_trouble(one: Heard) -> Says:
    if one.number % 9 == 4:
        return Says(status=500, error=f"cannot serve {KEY}")
    return replace(rule(one), refusal=f"not for {KEY}" if one.number % 13 == 5 else None)


def plan_for(folder: Path, url: str, **settings: Any) -> Plan:
    """A small plan whose teacher is behind a server."""
    use = {"use": "openai", "model": "tiny", "base_url": url}
    return small_plan(folder, teacher={**use, **settings})


def built(folder: Path, script: Script, **settings: Any) -> tuple[Run, int]:
    """A finished run and the calls that the server heard."""
    with serving(script) as server:
        run = build(plan_for(folder, server.url, **settings), folder / "run")
    return run, len(server.log.calls)


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


def leaks(folder: Path) -> list[str]:
    """The files below a folder that hold the key."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    return [str(path) for path in files if KEY.encode() in path.read_bytes()]


def test_a_build_through_500s_and_refusals_is_finished_counts_its_cost_and_keeps_the_key(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    run, _ = built(tmp_path, with_trouble, **PRICES)
    teacher = run.manifest["teacher"]
    assert (teacher["name"], teacher["currency"]) == ("openai:tiny", "EUR")
    assert teacher["asked"] == teacher["answered"] + teacher["refused"] > 30
    assert teacher["recipes"]["in2"]["asked"] == teacher["asked"]
    assert teacher["money"] == pytest.approx(teacher["asked"] * 0.15)
    assert teacher["prices"]["price_per_million_prompt"] == 1000
    reasons = pq.read_table(run.folder / "dropped.parquet").column("reason").to_pylist()
    assert any(one.startswith("the model refused") for one in reasons)
    assert leaks(run.folder) == []
    assert KEY not in "".join(capfd.readouterr())


@pytest.mark.parametrize("status", [401, 404, 500])
def test_a_build_that_a_server_stops_keeps_the_key_to_itself(
    tmp_path: Path, status: int, capfd: pytest.CaptureFixture[str]
) -> None:
    says = Says(status=status, error=f"Incorrect API key provided: {KEY}")
    with pytest.raises(TeacherError) as error:
        built(tmp_path, lambda _: says, retries=0)
    assert "127.0.0.1" in str(error.value)
    assert KEY not in str(error.value) + "".join(capfd.readouterr())
    assert leaks(tmp_path) == []


def test_a_plan_with_a_key_is_refused_without_repeating_it(tmp_path: Path) -> None:
    for teacher in ({"api_key": KEY}, {"extra_body": {"note": f"Bearer {KEY}"}}):
        with pytest.raises(PlanError, match="environment: OPENAI_API_KEY") as error:
            plan_for(tmp_path, "http://127.0.0.1:1/v1", **teacher)
        assert KEY not in str(error.value)
    with pytest.raises(PlanError, match=r"teacher\.base_url looks like"):
        plan_for(tmp_path, f"http://user:{KEY}@127.0.0.1:1/v1")


def test_a_build_whose_money_is_spent_is_finished_with_what_there_is(tmp_path: Path) -> None:
    settings = {**PRICES, "max_reply_tokens": 60, "reasks": 0}
    run, calls = built(tmp_path, rule, max_money=12.0, **settings)
    teacher = run.manifest["teacher"]
    assert 0 < teacher["money"] <= 12
    assert calls == teacher["asked"] < 80
    assert sum(len(list(run.examples(side))) for side in run.sides) > 0
    assert any("max_money 12" in note for note in run.manifest["notes"])
    assert teacher["caps"] == {"max_money": 12.0, "max_calls": None}


def test_a_build_by_batch_stops_with_a_file_and_is_finished_by_its_answers(tmp_path: Path) -> None:
    plan = small_plan(
        tmp_path,
        teacher={"use": "batch", "model": "gpt"},
        recipes=[{"use": "in2", "examples": 12, "shares": {"fine": 1}}],
    )
    number = 0
    while (run := built_or_waiting(plan, tmp_path / "run", number)) is None:
        number += 1
        answer(tmp_path / "run" / f"batch-{number:03}.requests.jsonl")
    assert number > 0
    assert run.manifest["teacher"]["answered"] >= 12
    made = run.manifest["quotas"]["train"]["kinds"]["fine"]
    assert made["made"] == made["wished"]


def built_or_waiting(plan: Plan, folder: Path, answered: int) -> Run | None:
    """The finished run, or None if the build waits for the file after those that were answered."""
    try:
        return build(plan, folder)
    except TeacherWaits as waits:
        message = str(waits)
    assert f"batch-{answered + 1:03}.requests.jsonl" in message
    return None


def answer(path: Path) -> None:
    """What a provider makes of a file of requests."""
    lines = []
    for line in map(json.loads, path.open(encoding="utf-8")):
        message = {"content": by_rule(line["body"]["messages"][0]["content"])}
        usage = {"prompt_tokens": 100, "completion_tokens": 50}
        body = {"choices": [{"message": message, "finish_reason": "stop"}], "usage": usage}
        response = {"status_code": 200, "body": body}
        lines.append({"custom_id": line["custom_id"], "response": response, "error": None})
    told = path.with_name(path.name.replace("requests", "answers"))
    told.write_text("".join(json.dumps(one) + "\n" for one in lines), "utf-8")
