"""Law 8: the same inputs, plan, seed and stored answers give the same bytes, however a build goes.

Whatever the number of workers, the folders, the hash seed of Python, and wherever it was killed.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from killing import Outcome, Trial, tried
from longgrain import calls, materials
from longgrain.build import build
from longgrain.calls import Ledger
from longgrain.run import Run
from small import shelve, small_plan


def prepared(folder: Path) -> Path:
    """A folder with documents and a plan whose teacher writes down what it is asked."""
    shelve(folder / "documents")
    receipts = str(folder / "receipts.jsonl")
    plan = small_plan(folder, teacher={"use": "small:Rule", "receipts": receipts})
    (folder / "plan.yaml").write_text(plan.as_yaml(), "utf-8")
    return folder


def differences(one: Path, other: Path) -> list[str]:
    """The tables that are not the same, byte for byte."""
    names = sorted({path.name for run in (one, other) for path in run.glob("*.parquet")})
    return [
        name
        for name in names
        if not (one / name).is_file()
        or not (other / name).is_file()
        or (one / name).read_bytes() != (other / name).read_bytes()
    ]


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    """A run that nothing happened to, and the seconds it took."""
    folder = prepared(tmp_path_factory.mktemp("first"))
    outcome = tried(Trial(folder=str(folder), out=str(folder / "run")))
    assert outcome.status == 0
    tables = {path.name for path in (folder / "run").glob("*.parquet")}
    assert {"documents.parquet", "dropped.parquet", "rows-train-00001.parquet"} <= tables
    return folder / "run", outcome.seconds


def killed(first: tuple[Path, float], folder: Path, **how: object) -> Outcome:
    """What happened to a build that was killed and begun again until it finished."""
    run, seconds = first
    out = folder / "run"
    trial = Trial(folder=str(prepared(folder)), out=str(out), seconds=seconds, **how)  # type: ignore[arg-type]
    outcome = tried(trial)
    assert outcome.status == 0, outcome
    assert differences(run, out) == [], outcome
    assert outcome.repeated == 0, outcome
    left = [p.name for p in out.iterdir() if p.name.startswith(".part") or p.name == "work"]
    assert left == []
    return outcome


@pytest.mark.parametrize(("workers", "hash_seed"), [(1, "1"), (2, "2"), (3, "random")])
def test_workers_hash_seed_and_folders_leave_no_trace(
    first: tuple[Path, float], tmp_path: Path, workers: int, hash_seed: str
) -> None:
    folder = prepared(tmp_path / "elsewhere" / "名 字")
    out = tmp_path / "another" / "run"
    trial = Trial(folder=str(folder), out=str(out), workers=workers)
    assert tried(trial, hash_seed=hash_seed).status == 0
    assert differences(first[0], out) == []


@pytest.mark.parametrize("seed", range(5))
def test_twenty_kills_at_random_points_lose_nothing_and_pay_nothing_twice(
    first: tuple[Path, float], tmp_path: Path, seed: int
) -> None:
    assert len(killed(first, tmp_path, kills=4, seed=seed).deaths) == 4


def test_kills_of_a_build_with_two_workers_lose_nothing(
    first: tuple[Path, float], tmp_path: Path
) -> None:
    assert len(killed(first, tmp_path, kills=4, seed=99, workers=2).deaths) == 4


def test_kills_just_before_and_after_each_file_takes_its_place(
    first: tuple[Path, float], tmp_path: Path
) -> None:
    deaths = killed(first, tmp_path, renames=True).deaths
    for name in ("state.json", "store", "drafted.json", "layout-00001", "manifest.json"):
        assert {f"before {name}", f"after {name}"} <= set(deaths)
    assert len(deaths) == len(set(deaths)) >= 30


def test_control_a_layout_that_is_written_in_place_is_caught_when_it_is_torn(
    first: tuple[Path, float], tmp_path: Path
) -> None:
    folder = prepared(tmp_path)
    out = folder / "run"
    outcome = tried(Trial(folder=str(folder), out=str(out), torn=True))
    assert outcome.deaths == ("in a layout",)
    assert outcome.status != 0 or differences(first[0], out)


def test_control_an_order_left_to_chance_is_caught(
    small_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(small_plan(tmp_path), tmp_path / "two")
    assert differences(small_run.folder, tmp_path / "two") == []
    chance = np.random.default_rng()
    monkeypatch.setattr(
        materials, "spread", lambda numbers, seed: chance.permutation(numbers).tolist()
    )
    build(small_plan(tmp_path), tmp_path / "three")
    assert "drafts.parquet" in differences(small_run.folder, tmp_path / "three")


def test_another_seed_gives_other_bytes(small_run: Run, tmp_path: Path) -> None:
    build(small_plan(tmp_path, seed=18), tmp_path / "two")
    changed = differences(small_run.folder, tmp_path / "two")
    assert {"drafts.parquet", "rows-train-00000.parquet"} <= set(changed)


def asked_again(folder: Path) -> int:
    """How many requests a second build asks although the first one's answers are stored."""
    plan = small_plan(
        folder, teacher={"use": "small:Rule", "receipts": str(folder / "receipts.jsonl")}
    )
    build(plan, folder / "run")
    before = (folder / "receipts.jsonl").read_text("utf-8").count("\n")
    (folder / "run" / "manifest.json").unlink()  # as if it had been killed at its end
    build(plan, folder / "run")
    return (folder / "receipts.jsonl").read_text("utf-8").count("\n") - before


def test_a_build_begun_again_asks_nothing_that_was_answered(tmp_path: Path) -> None:
    assert asked_again(tmp_path) == 0


def test_control_a_ledger_that_forgets_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = calls._key
    opened: list[int] = []
    monkeypatch.setattr(Ledger, "close", lambda self: (opened.append(1), self._db.close()))
    monkeypatch.setattr(calls, "_key", lambda *parts: f"{len(opened)} {whole(*parts)}")
    assert asked_again(tmp_path) >= 60
