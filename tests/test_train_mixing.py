"""Mixing of sources: both rules by hand, draws that meet the shares, and trainings that follow and go on."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kinds import Kinds
from longgrain.errors import PlanError, TrainError
from longgrain.run import Run
from longgrain.train import Settings, train
from longgrain.train.mixing import Draws, Mixture, raised
from longgrain.train.record import Record
from training import config_file, torch, transformers


@pytest.fixture(scope="session")
def config(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(config_file(tmp_path_factory.mktemp("config"), hidden_size=32, intermediate_size=64))


def mixing(config: str, other: Run, **changes: Any) -> Settings:
    torch.set_num_threads(1)
    how = {
        "config": config,
        "steps": 4,
        "accumulate": 2,
        "lr": 1e-3,
        "sources": f"b={other.folder}",
    }
    return Settings(**{**how, **changes})


def of(**changes: Any) -> Mixture:
    how = {"names": ["a", "b"], "weights": [1, 1], "rate": 1.0, "floor": 0.01, "unseen": 2.0}
    return Mixture(**{**how, **changes})


# --- the rules, by hand ---


def test_doremi_follows_the_excess_of_each_source_and_keeps_that_of_one_that_was_not_seen() -> None:
    """Sources a and b at a half each; excess ln 3 and 0, then only b is seen, with ln 2."""
    made = of(unseen=0.0)
    made.doremi({"a": np.log(3.0), "b": 0.0})
    # a half times 3 against a half: 3/4 and 1/4; of that 0.99, and 0.005 for each.
    first = [0.99 * 0.75 + 0.005, 0.99 * 0.25 + 0.005]
    assert made.weights.tolist() == pytest.approx(first)
    made.doremi({"b": np.log(2.0)})
    a, b = first[0] * 3, first[1] * 2  # a's last excess again
    second = [0.99 * a / (a + b) + 0.005, 0.99 * b / (a + b) + 0.005]
    assert made.weights.tolist() == pytest.approx(second)
    assert made.average is not None
    assert made.average.tolist() == pytest.approx(np.mean([first, second], axis=0))


def test_a_source_that_was_never_seen_counts_as_wholly_unknown() -> None:
    made = of(unseen=np.log(4.0), floor=1e-9)
    made.doremi({"a": 0.0})
    assert made.weights.tolist() == pytest.approx([0.2, 0.8])


def test_sheared_follows_losses_below_their_reference_too() -> None:
    """Differences of ln 2 and -ln 2 make the odds four times what they were."""
    made = of(weights=[1, 3])
    made.sheared({"a": 1 + np.log(2.0), "b": 1 - np.log(2.0)}, {"a": 1.0, "b": 1.0})
    a, b = 0.25 * 2, 0.75 / 2
    expected = [0.99 * a / (a + b) + 0.005, 0.99 * b / (a + b) + 0.005]
    assert made.weights.tolist() == pytest.approx(expected)
    assert made.average is None


def test_weights_stay_weights_whatever_the_losses() -> None:
    found = raised(np.array([0.5, 0.5]), np.array([5000.0, -5000.0]), floor=1e-4)
    assert found.tolist() == pytest.approx([1 - 0.5e-4, 0.5e-4])


def test_draws_meet_the_weights_and_each_row_comes_once_before_any_comes_again() -> None:
    draws = Draws(parts=[range(7), range(7, 12)], seed=3)
    drawn = [draws.next(np.array([0.3, 0.7])) for _ in range(50)]
    sources = [source for source, _ in drawn]
    assert (sources.count(0), sources.count(1)) == (15, 35)
    assert all(abs(sources[:n].count(0) - 0.3 * n) <= 1 for n in range(50))
    of_b = [row for source, row in drawn if source == 1]
    assert all(sorted(of_b[n : n + 5]) == [7, 8, 9, 10, 11] for n in range(0, 35, 5))
    assert of_b[:5] != of_b[5:10]


# --- trainings ---


@pytest.fixture(scope="session")
def pair(small_run: Run, tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Run]:
    """The same rows twice, so that nothing but their source tells them apart."""
    folder = tmp_path_factory.mktemp("pair") / "b"
    return small_run, Run(Path(shutil.copytree(small_run.folder, folder)))


@pytest.fixture(scope="session")
def doremi(pair: tuple[Run, Run], config: str, tmp_path_factory: pytest.TempPathFactory) -> Record:
    """A reference that knows nothing, and a training that looks at every other step."""
    folder = tmp_path_factory.mktemp("doremi")
    run, other = pair
    train(run, Settings(config=config, steps=1, lr=0.0), folder / "reference")
    how = {"mix": "doremi", "reference": str(folder / "reference"), "lr": 1e-2, "mix_floor": 0.01}
    asked = mixing(config, other, **how, seed=5, evaluate_every=2, save_every=1, keep=9)
    return train(run, asked, folder / "out")


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(one) for one in (folder / "log.jsonl").read_bytes().splitlines()]


def test_the_log_has_the_weights_at_every_look_and_the_record_their_average(
    doremi: Record, pair: tuple[Run, Run]
) -> None:
    own = str(pair[0].manifest["name"])
    looks = [one for one in lines(doremi.folder) if "eval_loss" in one]
    assert [one["step"] for one in looks] == [0, 2, 4]
    assert looks[0][f"weight_{own}"] == looks[0]["weight_b"] == 0.5
    for one in looks:
        assert one[f"weight_{own}"] + one["weight_b"] == pytest.approx(1.0)
        assert one[f"loss_{own}"] == pytest.approx(one["eval_loss"], rel=1e-6)
    mix = doremi.found["mix"]
    assert mix["weights"]["b"] == looks[-1]["weight_b"]
    states = [
        torch.load(doremi.folder / f"checkpoints/checkpoint-{n}/mixing.pt", weights_only=True)
        for n in (1, 2, 3, 4)
    ]
    assert mix["average"]["b"] == pytest.approx(np.mean([one["weights"][1] for one in states]))
    assert sum(mix["drawn"].values()) == doremi.found["trained_on"]["rows"] == 8
    assert doremi.found["trained_on"]["replayed"] == 0


def test_the_excess_of_a_step_is_that_of_its_rows_one_at_a_time(
    doremi: Record, pair: tuple[Run, Run]
) -> None:
    """Of the third step, with the weights as they were before it."""
    folder = doremi.folder / "checkpoints"
    two, three = (
        torch.load(folder / f"checkpoint-{n}/mixing.pt", weights_only=True) for n in (2, 3)
    )
    model, reference = (
        transformers.AutoModelForCausalLM.from_pretrained(place)
        for place in (folder / "checkpoint-2", doremi.folder.parent / "reference")
    )
    rows = [(0, one) for one in pair[0].rows("train")] + [(1, one) for one in pair[1].rows("train")]
    above: dict[int, list[float]] = {}
    for number in (n for one in three["batches"][4:6] for n in one):
        source, row = rows[number]
        from longgrain.train.batches import apart

        for one in apart(row):
            ids = torch.tensor(one.input_ids).long()[None]
            with torch.no_grad():
                each = [
                    torch.nn.functional.cross_entropy(
                        m(input_ids=ids).logits[0, :-1], ids[0, 1:], reduction="none"
                    )
                    for m in (model, reference)
                ]
            learned = torch.tensor(one.weights)[1:] > 0
            difference = (each[0] - each[1]).clamp(min=0)[learned]
            above.setdefault(source, []).extend(difference.tolist())
    scores = [float(np.mean(above[n])) if n in above else two["scores"][n] for n in (0, 1)]
    assert three["scores"] == pytest.approx(scores, rel=1e-3, abs=1e-5)
    expected = raised(np.array(two["weights"]), np.array(scores), floor=0.01)
    assert three["weights"] == pytest.approx(expected.tolist(), rel=1e-4)


def test_a_mixed_training_that_goes_on_draws_the_same_rows_and_ends_with_the_same_weights(
    doremi: Record, pair: tuple[Run, Run], tmp_path: Path
) -> None:
    from safetensors.torch import load_file

    asked, folder = Settings(**doremi.asked["settings"]), tmp_path / "out"
    Record.asking(folder, pair[0], asked).write()
    shutil.copytree(doremi.folder / "checkpoints/checkpoint-2", folder / "checkpoints/checkpoint-2")
    found = train(pair[0], asked, folder).found
    assert found["resumed_from"] == "checkpoint-2"
    assert found["mix"] == doremi.found["mix"]
    one, other = (load_file(at / "model.safetensors") for at in (folder, doremi.folder))
    assert all(torch.equal(one[name], other[name]) for name in other)


def test_the_loss_of_a_row_weighs_what_its_source_does_against_how_often_it_is_drawn(
    pair: tuple[Run, Run], config: str, tmp_path: Path
) -> None:
    from longgrain.train.batches import scaled
    from longgrain.train.job import prepared
    from longgrain.train.tuning import trainer_of

    own = str(pair[0].manifest["name"])
    how = {"mix": "doremi", "shares": f"{own}=3,b=1", "reference": f"{own}=1,b=1"}
    trainer = trainer_of(prepared(pair[0], mixing(config, pair[1], **how), tmp_path))
    trainer.mixture.weights = np.array([0.6, 0.4])
    rows = trainer.job.train
    numbers = [0, trainer.job.parts["b"][0]]
    made = trainer._tensors([(0, numbers[0]), (1, numbers[1])])
    parts = [scaled(rows[n], "example") for n in numbers]
    for at, (part, factor) in enumerate(zip(parts, (0.6 / 0.75, 0.4 / 0.25), strict=True)):
        expected = part.scales * factor
        assert made["scales"][at, : len(expected)].numpy() == pytest.approx(expected, rel=1e-6)
    assert float(made["units"]) == pytest.approx(0.8 * parts[0].units + 1.6 * parts[1].units)
    assert made["sources"].shape == made["scales"].shape
    assert made["sources"][:, 0].tolist() == [0, 1]


def test_a_reference_model_is_measured_on_the_validation_rows_of_each_source(
    doremi: Record, pair: tuple[Run, Run], config: str, tmp_path: Path
) -> None:
    reference = Record.load(doremi.folder.parent / "reference")
    assert reference is not None
    how = {"mix": "sheared", "reference": str(reference.folder), "steps": 1}
    found = train(pair[0], mixing(config, pair[1], **how), tmp_path / "out").found["mix"]
    own = str(pair[0].manifest["name"])
    assert found["reference"][own] == pytest.approx(reference.found["valid"]["loss"], rel=1e-5)


def test_sheared_draws_more_of_the_source_that_is_further_from_its_reference(
    pair: tuple[Run, Run], config: str, tmp_path: Path
) -> None:
    own, other = str(pair[0].manifest["name"]), pair[1]
    how = {"mix": "sheared", "evaluate_every": 2, "lr": 0.0}
    asked = mixing(config, other, **how, reference=f"{own}=9,b=100")
    found = train(pair[0], asked, tmp_path / "out").found["mix"]
    assert found["weights"][own] > 0.99
    assert found["drawn"] == {own: 8, "b": 0}
    assert found["reference"] == {own: 9.0, "b": 100.0}
    assert found["average"] is None


def test_fixed_shares_are_kept(pair: tuple[Run, Run], config: str, tmp_path: Path) -> None:
    own, other = str(pair[0].manifest["name"]), pair[1]
    asked = mixing(config, other, mix="fixed", shares=f"{own}=3,b=1")
    found = train(pair[0], asked, tmp_path / "out").found
    assert found["mix"]["drawn"] == {own: 6, "b": 2}
    assert found["mix"]["weights"] == {own: 0.75, "b": 0.25}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sources": "b=runs/b"}, "without mix"),
        ({"mix": "fixed"}, "nothing to mix"),
        ({"mix": "fixed", "sources": "runs/b"}, "no NAME=VALUE"),
        ({"mix": "fixed", "sources": "b=x,b=y"}, "no NAME=VALUE of its own"),
        ({"mix": "doremi", "sources": "b=runs/b"}, "need --reference"),
        ({"mix": "fixed", "sources": "b=runs/b", "reference": "m"}, "fixed none"),
        ({"mix": "fixed", "sources": "b=runs/b", "shares": "b=-1"}, "no number above 0"),
        (
            {"mix": "fixed", "sources": "b=runs/b", "old": "a", "replay": 0.1},
            "which row comes next",
        ),
        ({"mix": "fixed", "sources": "b=runs/b", "mix_floor": 0.0}, "never be drawn again"),
    ],
)
def test_settings_that_cannot_be_are_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(PlanError, match=words):
        Settings(**{"config": "tiny.json", **changes})


def test_sources_that_do_not_fit_are_refused(
    pair: tuple[Run, Run], kinds: Kinds, config: str, tmp_path: Path
) -> None:
    run, other = pair
    own = str(run.manifest["name"])
    cases: list[tuple[type[Exception], str, Settings]] = [
        (
            TrainError,
            "different tokenizers",
            mixing(config, kinds.run("qwen"), mix="fixed"),
        ),
        (
            TrainError,
            "goes by the name of its plan",
            mixing(config, other, mix="fixed", sources=f"{own}={other.folder}"),
        ),
        (PlanError, "the sources are", mixing(config, other, mix="fixed", shares="c=1")),
        (
            TrainError,
            "no excess loss",
            mixing(config, other, mix="doremi", reference=str(tmp_path / "none")),
        ),
    ]
    for kind, words, asked in cases:
        with pytest.raises(kind, match=words):
            train(run, asked, tmp_path / "out", replace=True)
