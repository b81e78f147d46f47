"""longgrain train --objective dpo: the pairs of a run, compared by TRL's own trainer as they were meant."""

from __future__ import annotations

import math
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from longgrain.build import build
from longgrain.errors import PlanError, TrainError
from longgrain.run import Run
from longgrain.train import Settings, models, train
from longgrain.train.pairs import Pair, pairs_of
from longgrain.train.record import Record
from small import small_plan
from training import config_file, torch

pytest.importorskip("trl", reason="TRL is not installed (extra train)")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of pairs, and of questions that are none."""
    folder = tmp_path_factory.mktemp("pairs")
    recipes = [{"use": "prefer", "examples": 11}, {"use": "in2", "examples": 4}]
    layout = {"lengths": {"min": 256, "max": 288}, "depths": 3, "short": 128}
    plan = small_plan(folder, teacher={"use": "extractive"}, recipes=recipes, layout=layout)
    return build(plan, folder / "run")


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> str:
    torch.set_num_threads(1)
    return str(config_file(tmp_path_factory.mktemp("config"), hidden_size=32, intermediate_size=64))


def quick(config: str, **changes: Any) -> Settings:
    """A few steps over a few pairs."""
    values = {"config": config, "objective": "dpo", "steps": 2, "accumulate": 2, "lr": 1e-3}
    return Settings(**{**values, **changes})


@pytest.fixture(scope="module")
def tuned(run: Run, config: str, tmp_path_factory: pytest.TempPathFactory) -> Record:
    folder = tmp_path_factory.mktemp("tuned") / "out"
    return train(run, quick(config, steps=0, epochs=3, lr=3e-3), folder)


def test_the_chosen_reply_is_what_its_row_learns_and_the_prompt_what_stands_before(
    run: Run,
) -> None:
    found = {pair.id: pair for pair in pairs_of(run, "train").found}
    assert len(found) > 5
    compared = 0
    for row in run.rows("train"):
        ends = np.cumsum(row.seq_lengths)
        for name, end, size in zip(row.example_ids, ends, row.seq_lengths, strict=True):
            if pair := found.get(name):
                ids, weights = row.input_ids[end - size : end], row.weights[end - size : end]
                learned = weights.nonzero()[0]
                assert pair.prompt.tolist() == ids[: learned[0]].tolist()
                assert pair.chosen.tolist() == ids[learned[0] : learned[-1] + 1].tolist()
                assert pair.rejected.tolist() != pair.chosen.tolist()
                compared += 1
    assert compared == len(found)


def test_examples_that_are_no_pairs_are_counted(run: Run, tuned: Record) -> None:
    made = pairs_of(run, "train")
    assert made.left_out["no rejected reply"] > 0
    examples = sum(1 for _ in run.examples("train"))
    assert len(made.found) + sum(made.left_out.values()) == examples
    assert tuned.found["left_out"]["no rejected reply"] >= made.left_out["no rejected reply"]


def log_probability(model: Any, prompt: Any, reply: Any) -> float:
    ids = torch.from_numpy(np.concatenate([prompt, reply])).long()
    with torch.no_grad():
        logits = model(input_ids=ids[None], use_cache=False).logits[0, :-1].log_softmax(-1)
    each = logits.gather(1, ids[1:, None])[len(prompt) - 1 :]
    return float(each.sum())


def test_the_loss_is_that_of_the_paper_spelt_out_pair_by_pair(
    run: Run, config: str, tuned: Record
) -> None:
    from transformers import AutoModelForCausalLM

    asked = Settings(config=config)
    before = models.begun(asked, models.config_of(asked), "eager")
    after = AutoModelForCausalLM.from_pretrained(tuned.folder)
    losses, right = [], []
    pairs: list[Pair] = pairs_of(run, "valid").found
    for pair in pairs:
        gains = [
            log_probability(after, pair.prompt, one) - log_probability(before, pair.prompt, one)
            for one in (pair.chosen, pair.rejected)
        ]
        losses.append(math.log1p(math.exp(-0.1 * (gains[0] - gains[1]))))
        right.append(gains[0] > gains[1])
    valid = tuned.found["valid"]
    assert valid["pairs"] == len(pairs) > 0
    assert valid["loss"] == pytest.approx(np.mean(losses), abs=1e-4)
    assert valid["accuracy"] == pytest.approx(np.mean(right))


def test_chosen_replies_of_the_pairs_it_saw_come_to_be_preferred(
    run: Run, config: str, tuned: Record
) -> None:
    from transformers import AutoModelForCausalLM

    pairs = pairs_of(run, "train").found
    before, after = tuned.found["valid"]["looks"][0], tuned.found["trained_on"]
    assert before["loss"] == pytest.approx(math.log(2), abs=1e-5)
    assert after["distinct_pairs"] == len(pairs)
    assert after["pairs"] == 3 * len(pairs)
    asked = Settings(config=config)
    models_ = [models.begun(asked, models.config_of(asked), "eager")]
    models_.append(AutoModelForCausalLM.from_pretrained(tuned.folder))
    gains = [
        [
            log_probability(m, p.prompt, p.chosen) - log_probability(m, p.prompt, p.rejected)
            for p in pairs
        ]
        for m in models_
    ]
    preferred = np.greater(gains[1], gains[0])
    assert preferred.mean() > 0.8


def weights(folder: Path) -> dict[str, Any]:
    from safetensors.torch import load_file

    name = "adapter_model" if (folder / "adapter_model.safetensors").exists() else "model"
    return dict(load_file(folder / f"{name}.safetensors"))


@pytest.mark.parametrize("method", ["full", "lora"])
def test_a_training_that_was_stopped_goes_on_to_the_same_weights(
    method: Any, run: Run, config: str, tmp_path: Path
) -> None:
    asked = quick(config, method=method, save_every=1, evaluate_every=2)
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    record = train(run, asked, whole)
    assert record.found["valid"]["looks"]
    model = record.found["model"]
    assert not (whole / "ref").exists()
    assert (model["trained_parameters"] < model["parameters"] / 10) == (method == "lora")
    shutil.copytree(whole, stopped)
    shutil.rmtree(stopped / "checkpoints" / "checkpoint-2")
    for gone in stopped.glob("*.safetensors"):
        gone.unlink()
    Record.asking(stopped, run, asked).write()  # begun, and not finished
    again = train(run, asked, stopped)
    assert again.found["resumed_from"] == "checkpoint-1"
    one, other = weights(whole), weights(stopped)
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_a_run_without_pairs_is_refused(small_run: Run, config: str, tmp_path: Path) -> None:
    with pytest.raises(TrainError, match=r"no pairs of side train .* with no rejected reply"):
        train(small_run, quick(config), tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"normalise": "token"}, "normalise with objective dpo"),
        ({"mask": "window", "average": 0.5}, "mask, average with objective dpo"),
        ({"beta": 0.0}, "beta of 0.0 compares nothing"),
    ],
)
def test_settings_of_rows_are_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(PlanError, match=words):
        quick("tiny.json", **changes)


def test_a_search_compares_trials_by_the_loss_on_the_validation_pairs(
    run: Run, tmp_path: Path
) -> None:
    pytest.importorskip("optuna", reason="optuna is not installed (extra search)")
    from longgrain.train.search import search

    config = str(config_file(tmp_path, hidden_size=16, intermediate_size=32))
    settings = Settings(config=config, objective="dpo", steps=1, accumulate=1)
    found = search(run.folder, settings, 2, tmp_path / "out", space="lr=1e-6..1e-3:log")
    record = Record.load(tmp_path / "out/best")
    assert found.best is not None
    assert record is not None
    assert record.found["valid"]["loss"] == found.best["value"]
    assert found.best["value"] == min(one["value"] for one in found.trials)
