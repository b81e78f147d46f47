"""Against forgetting: penalties, averages and replay do what their definitions say."""

from __future__ import annotations

import math
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kinds import Kinds
from longgrain.errors import PlanError, TrainError
from longgrain.run import Run
from longgrain.train import Settings, order, train
from training import Packed, config_file, furthest, gradients, torch

holding: Any = pytest.importorskip("longgrain.train.holding")


@pytest.fixture(scope="session")
def config(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(config_file(tmp_path_factory.mktemp("config"), hidden_size=32, intermediate_size=64))


def quick(config: str, **changes: Any) -> Settings:
    torch.set_num_threads(1)
    return Settings(**{"config": config, "steps": 3, "accumulate": 1, "lr": 1e-3, **changes})


def weights(folder: Path) -> dict[str, Any]:
    from safetensors.torch import load_file

    return dict(load_file(folder / "model.safetensors"))


def linear() -> Any:
    torch.manual_seed(1)
    return torch.nn.Linear(5, 3)


# --- penalties ---


@pytest.mark.parametrize("kind", ["l2", "ewc"])
def test_the_gradient_of_a_penalty_is_firmness_times_distance(kind: str) -> None:
    model = linear()
    start = holding.start_of(model)
    each = {name: torch.rand_like(one) for name, one in model.named_parameters()}
    firm: Any = 3.0 if kind == "l2" else each
    anchor = holding.Anchor(start=start, firmness=firm)
    assert anchor(model).item() == 0.0
    with torch.no_grad():
        for one in model.parameters():
            one.add_(torch.randn_like(one))
    anchor(model).backward()
    for name, one in model.named_parameters():
        expected = (3.0 if kind == "l2" else each[name]) * (one.detach() - start[name])
        assert float((one.grad - expected).abs().max()) <= 1e-6


def test_the_gradient_of_a_penalty_in_training_does_not_depend_on_accumulation(
    tmp_path: Path,
) -> None:
    """In the second step, when the weights have moved."""
    how: dict[str, Any] = {"steps": 2, "lr": 1e-2, "schedule": "constant", "l2": 5.0}
    one = gradients(Packed((5,)), tmp_path, accumulate=1, **how)
    other = gradients(Packed((1, 1, 1, 1, 1)), tmp_path, accumulate=5, **how)
    free = gradients(Packed((5,)), tmp_path, accumulate=1, **{**how, "l2": 0.0})
    # AdamW's first step of 0.01 times 5 adds 0.05 to the gradient of nearly every weight.
    assert furthest(one, free) == pytest.approx(0.05, rel=0.02)
    moved = {n: (one[n] - free[n]).abs() > 0.049 for n in one}
    assert sum(int(m.sum()) for m in moved.values()) > 1000
    # Counted once a batch it would be 0.2 off. AdamW makes steps of 0.01 of gradients near nothing,
    # so weights whose gradients differ in the eighth digit differ in the fifth one step later.
    assert furthest(one, other) <= 1e-3


def test_fisher_information_is_the_mean_square_of_each_examples_gradient(
    small_run: Run, config: str, tmp_path: Path
) -> None:
    from longgrain.train.batches import apart
    from longgrain.train.job import prepared

    asked = quick(config, old=str(small_run.folder), ewc=1.0, fisher=3)
    job = prepared(small_run, asked, tmp_path)
    found = holding.fisher_of(job)
    examples = [one for row in small_run.rows("train") for one in apart(row)]
    drawn = np.random.default_rng(asked.seed).permutation(len(examples))[:3]
    expected = {name: torch.zeros_like(one) for name, one in job.model.named_parameters()}
    for number in drawn:
        row = examples[number]
        ids = torch.tensor(row.input_ids).long()
        job.model.zero_grad()
        logits = job.model(input_ids=ids[None], use_cache=False).logits[0, :-1]
        each = torch.nn.functional.cross_entropy(logits, ids[1:], reduction="none")
        (each * torch.tensor(row.weights)[1:]).sum().backward()
        for name, one in job.model.named_parameters():
            expected[name] += one.grad**2 / 3
    for name, one in expected.items():
        assert torch.allclose(found[name], one, rtol=1e-4, atol=1e-9)
    assert max(float(one.max()) for one in found.values()) > 1e-3


def test_held_weights_stay_nearer_to_where_they_began(
    small_run: Run, config: str, tmp_path: Path
) -> None:
    how: dict[str, Any] = {"steps": 6, "lr": 1e-2, "schedule": "constant", "warmup": 0.0}
    ways = {"free": {}, "l2": {"l2": 10.0}, "ewc": {"ewc": 1e4, "old": str(small_run.folder)}}
    for name, changes in ways.items():
        train(small_run, quick(config, **how, **changes), tmp_path / name)
    train(small_run, quick(config, **{**how, "lr": 0.0}), tmp_path / "start")
    start = weights(tmp_path / "start")

    def distance(name: str) -> float:
        found = weights(tmp_path / name)
        return math.sqrt(sum(float(((found[n] - start[n]) ** 2).sum()) for n in start))

    assert distance("l2") < 0.7 * distance("free")
    assert distance("ewc") < 0.99 * distance("free")


# --- averages ---


@pytest.mark.parametrize("share", [0.0, 0.25])
def test_an_averaged_model_lies_between_the_start_and_the_tuned_one(
    share: float, small_run: Run, config: str, tmp_path: Path
) -> None:
    train(small_run, quick(config), tmp_path / "tuned")
    train(small_run, quick(config, lr=0.0), tmp_path / "start")
    record = train(small_run, quick(config, average=share), tmp_path / "mean")
    tuned, start, mean = (weights(tmp_path / name) for name in ("tuned", "start", "mean"))
    for name, one in mean.items():
        expected = share * tuned[name] + (1 - share) * start[name]
        assert float((one - expected).abs().max()) <= 1e-6
    if share == 0.0:
        before = record.found["valid"]["looks"][0]["loss"]
        assert record.found["valid"]["loss"] == pytest.approx(before, abs=1e-6)


def test_averaged_adapters_are_the_average_of_the_whole_model(
    small_run: Run, config: str, tmp_path: Path
) -> None:
    pytest.importorskip("peft", reason="peft is not installed (extra train)")
    how: dict[str, Any] = {"method": "lora", "merge": True, "lr": 1e-2}
    train(small_run, quick(config, **how), tmp_path / "tuned")
    train(small_run, quick(config, **how, average=0.5), tmp_path / "mean")
    train(small_run, quick(config, **{**how, "lr": 0.0}), tmp_path / "start")
    tuned, start, mean = (weights(tmp_path / name) for name in ("tuned", "start", "mean"))
    for name, one in mean.items():
        assert float((one - (tuned[name] + start[name]) / 2).abs().max()) <= 1e-6
    assert any(float((tuned[n] - start[n]).abs().max()) > 1e-3 for n in start)


# --- replay ---


def test_old_rows_have_their_share_and_each_comes_once_before_any_comes_again() -> None:
    plan = order.Plan(size=1, order="shuffled", batching="packed", seed=3, old=10, share=0.2)
    made = [row for one in plan.batches([5] * 34, 5 * 30) for row in one]
    assert len(made) == 5 * (24 + 6)
    for start in range(0, len(made), 30):
        epoch = made[start : start + 30]
        assert sorted(row for row in epoch if row < 24) == list(range(24))
        assert sum(row >= 24 for row in epoch) == 6
    assert set(Counter(row for row in made if row >= 24).values()) == {3}
    assert set(made[:60]) >= set(range(24, 34))


def test_replayed_rows_are_trained_and_what_is_forgotten_is_measured(
    small_run: Run, config: str, tmp_path: Path
) -> None:
    asked = quick(config, steps=0, epochs=1.0, old=str(small_run.folder), replay=0.25, lr=1e-3)
    found = train(small_run, asked, tmp_path / "out").found
    rows = len(list(small_run.rows("train")))
    assert found["trained_on"]["rows"] == rows + round(rows / 3)
    assert found["trained_on"]["replayed"] == round(rows / 3)
    old = found["old_valid"]
    assert old["before"] == pytest.approx(found["valid"]["looks"][0]["loss"], rel=1e-6)
    assert old["after"] == pytest.approx(found["valid"]["loss"], rel=1e-6)
    assert old["after"] < old["before"]


def test_a_share_that_would_replay_nothing_is_refused(
    small_run: Run, config: str, tmp_path: Path
) -> None:
    with pytest.raises(TrainError, match="none would be replayed"):
        train(small_run, quick(config, old=str(small_run.folder), replay=0.001), tmp_path / "out")


def test_older_runs_are_measured_each_without_any_measure(
    small_run: Run, config: str, tmp_path: Path
) -> None:
    other = Run(Path(shutil.copytree(small_run.folder, tmp_path / "other")))
    asked = quick(config, old=f"{small_run.folder}, {other.folder}")
    found = train(small_run, asked, tmp_path / "out").found
    old = found["old_valid"]
    assert [*old["by_run"]] == [str(small_run.folder), str(other.folder)]
    for one in (old, *old["by_run"].values()):
        assert one["after"] == pytest.approx(found["valid"]["loss"], rel=1e-6)
        assert one["after"] < one["before"]
    assert found["trained_on"]["replayed"] == 0


def test_an_older_run_with_another_tokenizer_is_refused(
    small_run: Run, kinds: Kinds, config: str, tmp_path: Path
) -> None:
    other = kinds.run("qwen")
    with pytest.raises(TrainError, match="were made with different tokenizers"):
        train(small_run, quick(config, old=str(other.folder), replay=0.5), tmp_path / "out")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"replay": 0.5}, "need rows of an older task"),
        ({"ewc": 0.5}, "need rows of an older task"),
        ({"old": "runs/old", "replay": 1.0}, "are shares"),
        ({"average": 1.5}, "are shares"),
        ({"l2": 1.0, "method": "lora"}, "none of the model moves"),
        ({"l2": -1.0}, "l2 of -1.0"),
    ],
)
def test_settings_that_cannot_be_are_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(PlanError, match=words):
        Settings(**{"config": "tiny.json", **changes})
