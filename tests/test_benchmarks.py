"""The benchmark of builds on the demo's documents, without its rivals: it must stay able to run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    out = tmp_path_factory.mktemp("benchmark")
    corpus = str(ROOT / "examples" / "demo" / "documents")
    benchmark = str(ROOT / "benchmarks" / "build.py")
    command = [sys.executable, benchmark, "--corpus", corpus, "--tokens", "60e3", "--tiny"]
    done = subprocess.run([*command, "--out", str(out)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads((out / "build.json").read_bytes())
    return found | {"said": done.stdout}


def test_every_part_has_its_figures(results: dict[str, Any]) -> None:
    assert {line["part"] for line in results["lines"]} == {"warm", "cold", "size", "memory"}
    assert all(line["value"] > 0 for line in results["lines"])
    assert all(f"{line['value']:,.2f}" in results["said"] for line in results["lines"])


def test_the_limit_copies_as_many_tokens_as_the_build_laid(results: dict[str, Any]) -> None:
    contestants = results["contestants"]
    assert contestants["limit"]["tokens"] == contestants["finish"]["tokens"]


def test_a_build_in_two_goes_has_the_rows_of_one_in_one(results: dict[str, Any]) -> None:
    contestants = results["contestants"]
    assert contestants["finish"]["rows"] == contestants["whole"]["rows"]
    assert contestants["finish"]["tokens"] == contestants["whole"]["tokens"]


def test_the_steps_of_a_build_add_up_to_the_whole(results: dict[str, Any]) -> None:
    whole = results["contestants"]["whole"]
    assert sum(whole["parts"].values()) == pytest.approx(whole["cpu_seconds"], abs=0.01)
    assert {"drafting", "laying out contexts", "packing", "writing rows"} <= set(whole["parts"])


def test_without_the_rivals_python_nothing_is_said_of_them(results: dict[str, Any]) -> None:
    assert not {"usual", "fast", "arrow"} & set(results["contestants"])
    assert "usual" not in results["said"]
