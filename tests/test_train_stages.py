"""Stages: each begins from the model before, what each forgot is measured, and a stopped one goes on by stage."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from longgrain.errors import PlanError
from longgrain.run import Run
from longgrain.train import Settings, train
from longgrain.train.record import Record
from training import config_file, torch


@pytest.fixture(scope="session")
def config(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(config_file(tmp_path_factory.mktemp("config"), hidden_size=32, intermediate_size=64))


def quick(config: str, **changes: Any) -> Settings:
    torch.set_num_threads(1)
    return Settings(**{"config": config, "steps": 2, "accumulate": 1, "lr": 1e-2, **changes})


@pytest.fixture(scope="session")
def runs(small_run: Run, tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Run, Run]:
    """The same run in three places."""
    folder = tmp_path_factory.mktemp("runs")
    copies = [Run(shutil.copytree(small_run.folder, folder / name)) for name in ("b", "c")]
    return small_run, copies[0], copies[1]


@pytest.fixture(scope="session")
def staged(
    runs: tuple[Run, Run, Run], config: str, tmp_path_factory: pytest.TempPathFactory
) -> Record:
    two, three = (run.folder for run in runs[1:])
    asked = quick(config, then=f"{two}, {three}:replay=0.5:steps=3:si=2", replay=0.25)
    return train(runs[0], asked, tmp_path_factory.mktemp("staged") / "out")


def stages(last: Record) -> list[Record]:
    found = [Record.load(one) for one in sorted(last.folder.parent.iterdir())]
    return [one for one in found if one is not None]


def test_each_stage_begins_from_the_model_before_with_the_measures_it_was_given(
    staged: Record, runs: tuple[Run, Run, Run]
) -> None:
    asked = [one.asked["settings"] for one in stages(staged)]
    assert [one["replay"] for one in asked] == [0.0, 0.25, 0.5]
    assert [one["steps"] for one in asked] == [2, 2, 3]
    assert [one["si"] for one in asked] == [0.0, 0.0, 2.0]
    assert [one["record_path"] for one in asked] == [True] * 3
    first, second, third = (str(run.folder) for run in runs)
    assert [one["old"] for one in asked] == ["", first, f"{first},{second}"]
    assert third not in asked[2]["old"]
    made = [one.found["model"] for one in stages(staged)]
    assert made[1]["fingerprint_before"] == made[0]["fingerprint_after"]
    assert made[2]["fingerprint_before"] == made[1]["fingerprint_after"]


def test_the_forgetting_matrix_has_the_loss_of_every_run_so_far_after_each_stage(
    staged: Record, runs: tuple[Run, Run, Run]
) -> None:
    """The three runs have the same rows, so each row of the matrix has one loss."""
    found = staged.found["forgetting"]
    assert found["runs"] == [str(run.folder) for run in runs]
    assert found["before"] == [None] * 3
    own = [one.found["valid"]["loss"] for one in stages(staged)]
    for number, row in enumerate(found["after"]):
        assert row[number + 1 :] == [None] * (2 - number)
        assert row[: number + 1] == pytest.approx([own[number]] * (number + 1), rel=1e-6)
    assert own[2] < own[1] < own[0]
    assert stages(staged)[1].found["forgetting"]["after"] == [row[:2] for row in found["after"][:2]]


def test_stages_that_were_stopped_go_on_with_the_one_that_is_missing(
    staged: Record, runs: tuple[Run, Run, Run], config: str, tmp_path: Path
) -> None:
    from safetensors.torch import load_file

    for one in stages(staged)[:1]:
        shutil.copytree(one.folder, tmp_path / "out" / one.folder.name)
    told: list[str] = []
    two, three = (run.folder for run in runs[1:])
    asked = quick(config, then=f"{two}, {three}:replay=0.5:steps=3:si=2", replay=0.25)
    again = train(runs[0], asked, tmp_path / "out", tell=told.append)
    assert sum("finished already" in one for one in told) == 1
    found, expected = again.found["forgetting"], staged.found["forgetting"]
    assert found == expected
    one, other = (load_file(at / "model.safetensors") for at in (again.folder, staged.folder))
    assert all(torch.equal(one[name], other[name]) for name in other)


@pytest.mark.parametrize(
    ("then", "words"),
    [
        ("runs/b:colour=red", "no setting that a stage can have"),
        ("runs/b:replay=much", "cannot have these settings"),
        ("runs/b:model=m", "no setting that a stage can have"),
        ("runs/b:average=2", "are shares"),
        ("runs/b,runs/b", "is there twice"),
    ],
)
def test_stages_that_cannot_be_are_refused_before_the_first(
    then: str, words: str, small_run: Run, config: str, tmp_path: Path
) -> None:
    with pytest.raises(PlanError, match=words):
        train(small_run, quick(config, then=then), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_stages_of_adapters_alone_are_refused() -> None:
    with pytest.raises(PlanError, match="needs a whole model to begin from"):
        Settings(config="tiny.json", method="lora", then="runs/b")


def test_stages_draw_from_other_sources_too(
    runs: tuple[Run, Run, Run], config: str, tmp_path: Path
) -> None:
    one, two, three = runs
    asked = quick(config, then=str(two.folder), mix="fixed", sources=f"other={three.folder}")
    last = train(one, asked, tmp_path / "out")
    for stage in stages(last):
        assert stage.found["mix"]["drawn"] == {"small": 1, "other": 1}
    assert last.found["forgetting"]["runs"] == [str(one.folder), str(two.folder)]
