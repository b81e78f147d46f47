"""Efficiency: what calls took, how it grows, what a stored answer costs, and what the meter reads."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import orjson
import pytest

from longgrain.calls import Ledger
from longgrain.meter import metered
from longgrain.metrics.efficiency import Efficiency
from longgrain.metrics.item import Item
from longgrain.score import score
from longgrain.tables import open_rows
from longgrain.teachers.scripted import Scripted
from longgrain.types import Answered, Reply, Request


def rows(folder: Path, power: float, noise: float) -> Path:
    rng = np.random.default_rng(4)
    path = folder / "p.jsonl"
    with path.open("w") as file:
        for tokens in (1000, 2000, 4000, 8000) * 10:
            seconds = 1e-6 * tokens**power * float(rng.lognormal(0, noise))
            file.write(
                json.dumps(
                    {"seconds": seconds, "prompt_tokens": tokens, "peak_memory_mb": tokens / 10}
                )
                + "\n"
            )
    return path


def test_the_exponent_of_growth_comes_out_with_an_interval(tmp_path: Path) -> None:
    found = score(rows(tmp_path, 1.7, 0.1), None, ["efficiency"]).total("seconds_exponent")
    assert found.value == pytest.approx(1.7, abs=0.06)
    assert found.low is not None
    assert found.high is not None
    assert found.low < 1.7 < found.high
    exact = score(rows(tmp_path, 2.0, 0.0), None, ["efficiency"])
    assert exact.total("seconds_exponent").value == pytest.approx(2.0)
    assert exact.total("memory_mb_exponent").value == pytest.approx(1.0)
    assert exact.total("joules_exponent").value is None  # nothing was metered, and that is not 0


def test_one_length_says_nothing_of_growth() -> None:
    metric = Efficiency()
    item = Item(row={"seconds": 2.0, "prompt_tokens": 900, "reply_tokens": 100})
    sums = {name: 3 * value for name, value in metric.tally(item).items()}
    found = metric.pooled(sums)
    assert found["seconds_exponent"] is None
    assert found["all_seconds"] == 6.0
    assert found["all_tokens_per_second"] == pytest.approx(500.0)


def test_energy_and_money_are_estimated_only_from_what_the_user_gives() -> None:
    row = {"took": {"seconds": 2.0, "prompt_tokens": 1000, "reply_tokens": 10, "money": 0.0}}
    bare = Efficiency().score(Item(row=row))
    assert (bare["joules"], bare["joules_estimated"], bare["money"]) == (None, None, None)
    told = Efficiency(watts=65, price_per_million_prompt=1, price_per_million_reply=2).score(
        Item(row=row)
    )
    assert (told["joules"], told["joules_estimated"]) == (None, 130.0)
    assert told["money"] == pytest.approx(0.00102)


def probe(folder: Path) -> Path:
    """A folder as a probe leaves it: three answers of two calls, one of them metered."""
    folder.mkdir()
    teacher = Scripted(
        answers=lambda one: Answered(
            text="a", prompt_tokens=len(one.material[0]), reply_tokens=2, money=0.5
        )
    )
    requests = [Request(task="probe.x", material=("x" * size,)) for size in (10, 1000)]
    with Ledger(folder / "calls.sqlite") as ledger:
        replies = [one for one in ledger.ask(teacher, requests) if isinstance(one, Reply)]
    keys = [replies[0].call, replies[1].call, replies[1].call]
    lines = [
        {"id": str(n), "reply": "a", "references": ["a"], "call": key} for n, key in enumerate(keys)
    ]
    (folder / "answers.jsonl").write_bytes(b"\n".join(map(orjson.dumps, lines)))
    used = {"calls": keys[:1], "joules": 7.0, "peak_memory_mb": 300.0, "seconds": 1.0}
    (folder / "usage.jsonl").write_bytes(orjson.dumps(used) + b"\n")
    return folder


def test_the_answers_of_a_probe_have_what_their_calls_took_once(tmp_path: Path) -> None:
    held = list(open_rows(probe(tmp_path / "probe")).read())
    assert [one.get("took", {}).get("prompt_tokens") for one in held] == [10, 1000, None]
    assert held[0]["took"]["joules"] == 7.0
    found = score(tmp_path / "probe", None, ["efficiency", "squad"])
    assert found.total("all_money").value == pytest.approx(1.0)
    assert found.total("joules").scored == 1
    assert (
        found.total("exact_match").value == 1.0
    )  # the same folder can be scored for what was said


def test_a_training_and_a_build_say_what_they_took(tmp_path: Path) -> None:
    train = {
        "asked": {},
        "found": {"seconds": 10.0, "peak_memory_mb": 500, "trained_on": {"tokens": 5000}},
    }
    (tmp_path / "train.json").write_bytes(orjson.dumps(train))
    found = score(tmp_path, None, ["efficiency"])
    assert found.total("tokens_per_second").value == 500.0
    assert found.total("memory_mb").value == 500.0
    run = tmp_path / "run"
    run.mkdir()
    steps = [{"step": "read", "seconds": 1.5}, {"step": "pack", "seconds": 0.5}]
    manifest = {
        "plan_id": "x",
        "steps": steps,
        "peak_memory_mb": 40,
        "teacher": {"money": 3.0, "prompt_tokens": 9},
    }
    (run / "manifest.json").write_bytes(orjson.dumps(manifest))
    built = score(run, None, ["efficiency"])
    assert built.total("seconds").value == 2.0
    assert built.total("money").value == 3.0


def test_a_file_of_references_may_be_called_as_a_training_s_record_is(tmp_path: Path) -> None:
    said, gold = tmp_path / "p.json", tmp_path / "train.json"
    said.write_bytes(orjson.dumps({"q1": "a cat"}))
    gold.write_bytes(orjson.dumps({"q1": "cat"}))
    assert score(said, gold, ["squad"]).total("exact_match").value == 1.0


# --- the meter ------------------------------------------------------------------------------------


@pytest.fixture
def powercap(tmp_path: Path) -> Path:
    """Two packages as Linux shows them, one with a part inside it that must not count twice."""
    for name, value in (("intel-rapl:0", 990), ("intel-rapl:0:0", 50), ("intel-rapl:1", 100)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "energy_uj").write_text(f"{value}000000\n")
        (tmp_path / name / "max_energy_range_uj").write_text("1000000000\n")
    return tmp_path


def test_packages_are_added_up_and_a_counter_may_go_round(powercap: Path) -> None:
    with metered(powercap) as usage:
        (powercap / "intel-rapl:0" / "energy_uj").write_text("20000000\n")
        (powercap / "intel-rapl:0:0" / "energy_uj").write_text("999000000\n")
        (powercap / "intel-rapl:1" / "energy_uj").write_text("103000000\n")
    assert usage.joules == pytest.approx(30 + 3)
    assert "rapl" in usage.sources


def test_where_the_machine_does_not_tell_there_is_no_energy(tmp_path: Path) -> None:
    with metered(tmp_path / "nothing") as usage:
        held = bytearray(40 << 20)
    if "nvml" not in usage.sources:
        assert usage.joules is None
        assert "joules" not in usage.told()
    assert usage.seconds > 0
    if usage.peak_memory_mb is not None:
        assert usage.peak_memory_mb > len(held) >> 20


def test_the_peak_is_that_of_the_stretch_where_linux_tells(tmp_path: Path) -> None:
    with metered(tmp_path) as large:
        held = bytearray(200 << 20)
    del held
    with metered(tmp_path) as small:
        pass
    if large.peak_memory_mb is None or not Path("/proc/self/clear_refs").exists():
        pytest.skip("this system does not tell the peak of a stretch")
    assert small.peak_memory_mb is not None
    assert small.peak_memory_mb < large.peak_memory_mb - 100
