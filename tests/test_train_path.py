"""Synaptic intelligence: the path integral is that of the definition, goes through checkpoints, and holds weights."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from longgrain.errors import PlanError, TrainError
from longgrain.run import Run
from longgrain.train import Settings, train
from longgrain.train.record import Record
from training import config_file, torch

path: Any = pytest.importorskip("longgrain.train.path")
holding: Any = pytest.importorskip("longgrain.train.holding")


@pytest.fixture(scope="session")
def config(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(config_file(tmp_path_factory.mktemp("config"), hidden_size=32, intermediate_size=64))


def quick(**changes: Any) -> Settings:
    torch.set_num_threads(1)
    how = {"steps": 4, "accumulate": 2, "lr": 1e-2, "warmup": 0.0, "schedule": "constant"}
    return Settings(**{**how, **changes})


def loaded(place: Path) -> dict[str, Any]:
    from safetensors.torch import load_file

    return dict(load_file(place))


@pytest.fixture(scope="session")
def old(small_run: Run, config: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that was trained with its path recorded, a checkpoint at every step."""
    folder = tmp_path_factory.mktemp("old") / "out"
    asked = quick(config=config, record_path=True, save_every=1, keep=10)
    train(small_run, asked, folder)
    return folder


def test_the_path_of_gradient_descent_is_the_one_worked_out_by_hand() -> None:
    """One weight, loss w^2 / 2, from 1 with steps of half the gradient: 1, 0.5, 0.25."""
    weight = torch.nn.Parameter(torch.tensor([1.0]))
    model = torch.nn.Module()
    model.weight = weight
    found = path.PathIntegral(holding.trained, None, holding.start_of(model))
    for _ in range(2):
        weight.grad = weight.detach().clone()
        found.on_pre_optimizer_step(None, None, None, model=model)
        with torch.no_grad():
            weight -= 0.5 * weight.grad
        found.on_optimizer_step(None, None, None, model=model)
    assert found.omega["weight"].item() == 1.0 * 0.5 + 0.5 * 0.25
    done = path.importance(found.omega, found.start, holding.trained(model), 0.1, {})
    assert done["weight"].item() == pytest.approx(0.625 / (0.75**2 + 0.1))
    more = path.importance(found.omega, found.start, holding.trained(model), 0.1, done)
    assert more["weight"].item() == pytest.approx(2 * 0.625 / (0.75**2 + 0.1))


def test_a_weight_that_made_the_loss_worse_has_no_importance() -> None:
    one = {"w": torch.tensor([-2.0, 2.0])}
    zero = {"w": torch.zeros(2)}
    assert path.importance(one, zero, zero, 1.0, {})["w"].tolist() == [0.0, 2.0]


def test_the_gradient_of_a_penalty_is_no_part_of_the_path() -> None:
    weight = torch.nn.Parameter(torch.tensor([1.0]))
    model = torch.nn.Module()
    model.weight = weight
    found = path.PathIntegral(
        holding.trained, lambda one: 3.0 * one.weight.sum(), holding.start_of(model)
    )
    weight.grad = torch.tensor([1.0 + 3.0])
    found.look(model)
    assert found.gradient["weight"].item() == pytest.approx(1.0)


def spelt(run: Run, asked: Settings, folder: Path) -> dict[str, Any]:
    """The path by its definition, from the checkpoints after each step: gradients taken anew, unclipped."""
    from safetensors.torch import load_file

    from longgrain.train.job import prepared
    from longgrain.train.trainer import model_inputs, weighted_loss

    job = prepared(run, asked, folder / "again")
    named = dict(job.model.named_parameters())
    found = {name: torch.zeros_like(one) for name, one in named.items()}
    mask = asked.as_mask()
    for step in range(asked.steps):
        batches = job.batches[step * 2 : step * 2 + 2]
        made = [job.inputs([job.train[n] for n in one]) for one in batches]
        units = sum(float(one["units"].sum()) for one in made)
        job.model.zero_grad()
        for one in made:
            given = model_inputs(one, mask, job.attention, job.mask_bytes)
            (weighted_loss(job.model, one, given) / units).backward()
        after = load_file(folder / f"checkpoints/checkpoint-{step + 1}/model.safetensors")
        with torch.no_grad():
            for name, one in named.items():
                found[name] -= one.grad * (after[name] - one)
                one.copy_(after[name])
    return found


def test_the_path_of_a_training_is_that_of_its_definition(
    old: Path, small_run: Run, config: str, tmp_path: Path
) -> None:
    asked = quick(config=config, record_path=True)
    shutil.copytree(old / "checkpoints", tmp_path / "checkpoints")
    expected = spelt(small_run, asked, tmp_path)
    known = torch.load(old / "checkpoints/checkpoint-4/path.pt", weights_only=True)
    fall = sum(float(one.sum()) for one in expected.values())
    assert fall > 0.5  # the loss falls, and the path says so
    for name, one in expected.items():
        assert torch.allclose(known[name], one, rtol=1e-3, atol=1e-6), name
    start, end = path.load_file(old / "model.safetensors"), loaded(old / path.FILE)
    assert {*end} <= {*start}
    assert all(bool((one >= 0).all()) for one in end.values())


def test_a_training_that_goes_on_has_the_same_path_bit_for_bit(
    old: Path, small_run: Run, config: str, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    asked = Settings(**Record.load(old).asked["settings"])  # type: ignore[union-attr]
    Record.asking(folder, small_run, asked).write()
    shutil.copytree(old / "checkpoints/checkpoint-2", folder / "checkpoints/checkpoint-2")
    assert train(small_run, asked, folder).found["resumed_from"] == "checkpoint-2"
    one, other = loaded(folder / path.FILE), loaded(old / path.FILE)
    assert all(torch.equal(one[name], other[name]) for name in other)


def test_held_weights_move_less_the_more_they_did(
    old: Path, small_run: Run, tmp_path: Path
) -> None:
    how: dict[str, Any] = {"model": str(old), "steps": 6, "seed": 3}
    train(small_run, quick(**how), tmp_path / "free")
    train(small_run, quick(**how, si=100.0), tmp_path / "held")
    start, firm = loaded(old / "model.safetensors"), loaded(old / path.FILE)
    free, held = (loaded(tmp_path / one / "model.safetensors") for one in ("free", "held"))

    def moved(found: dict[str, Any], *, most: bool) -> float:
        total = 0.0
        for name, one in firm.items():
            chosen = one > one.flatten().quantile(0.9) if most else one == 0
            total += float((((found[name] - start[name]) ** 2) * chosen).sum())
        return total

    assert moved(held, most=True) < 0.3 * moved(free, most=True)
    assert moved(held, most=False) > 0.5 * moved(free, most=False)


def test_importance_of_older_tasks_is_added_up(old: Path, small_run: Run, tmp_path: Path) -> None:
    train(small_run, quick(model=str(old), si=1.0, record_path=True), tmp_path / "next")
    before, after = loaded(old / path.FILE), loaded(tmp_path / "next" / path.FILE)
    more = sum(float((after[name] - before[name]).sum()) for name in before)
    assert more > 0
    assert any(float(one.max()) > 0 for one in before.values())


def test_a_model_without_a_path_is_refused(small_run: Run, config: str, tmp_path: Path) -> None:
    train(small_run, quick(config=config, steps=1), tmp_path / "plain")
    asked = quick(model=str(tmp_path / "plain"), si=1.0)
    with pytest.raises(TrainError, match="train that task with --record-path"):
        train(small_run, asked, tmp_path / "next")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"si": 1.0}, "a new model has learned none"),
        ({"si": -1.0}, "si of -1.0"),
        ({"record_path": True, "method": "lora"}, "there is no path"),
        ({"record_path": True, "average": 0.5}, "where the path ends"),
        ({"record_path": True, "patience": 2}, "where the path ends"),
        ({"damping": 0.0}, "divides by nothing"),
    ],
)
def test_settings_that_cannot_be_are_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(PlanError, match=words):
        Settings(**{"config": "tiny.json", **changes})
