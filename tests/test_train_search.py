"""longgrain train --search: trials, what they may change, how a search goes on, and what is kept."""

from __future__ import annotations

import gc
import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from heading import encoder, file_of, sentences
from longgrain.errors import PlanError, TrainError
from longgrain.run import Run
from longgrain.train import Settings
from longgrain.train.space import space_of
from longgrain.train_verb import train as verb
from training import config_file, torch

pytest.importorskip("optuna", reason="optuna is not installed (extra search)")
from longgrain.train import search as searching
from longgrain.train.search import Search, search


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)
    # Accelerate collects garbage after each training: all modules again, a second each time.
    gc.freeze()


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of sentences and a BERT of two layers. Nothing may write to it."""
    folder = tmp_path_factory.mktemp("search")
    file_of(folder / "sentences.jsonl", sentences(60))
    encoder(folder / "bert")
    return folder


def asked(place: Path, **changes: Any) -> Settings:
    """Three short steps of a tagger."""
    given = {"steps": 3, "batch": 8, "accumulate": 1, "overlap": 8, "warmup": 0.0}
    return Settings(**{"model": str(place / "bert"), "task": "tokens", **given, **changes})


def told(found: Search) -> list[tuple[Any, ...]]:
    return [(one["settings"], one["value"], one["state"]) for one in found.trials]


SPACE = "lr=1e-4..3e-2:log,clip=0.5|1"


# --- spaces ---


def test_a_space_is_read_as_it_is_written() -> None:
    asked = Settings(model="m", method="lora")
    words = "lr=1e-05..0.001:log,epochs=1..3,rank=4|8,schedule=cosine|linear,recompute=true|false"
    space = space_of(words, asked)
    assert ",".join(map(str, space)) == words
    assert [one.corners for one in space] == [
        (1e-5, 1e-3), (1, 3), (4, 8), ("cosine", "linear"), (True, False),
    ]  # fmt: skip
    assert ",".join(map(str, space_of("", asked))) == "lr=2e-05..0.002:log,epochs=1..3,rank=8|16|32"
    assert ",".join(map(str, space_of("", Settings(model="m", steps=5)))) == "lr=1e-06..0.0001:log"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("rate=1..2", "'rate' is no setting that a search can compare"),
        ("normalise=token|sum", "'normalise' is no setting that a search can compare"),
        ("lr=1e-3..1e-5", "is no range of lr"),
        ("lr=0..1:log", "is no range of lr"),
        ("lr=1..2:linear", "is no range of lr"),
        ("batch=1.5..2.5", "is no range of batch"),
        ("schedule=1..2", "is no range of schedule"),
        ("schedule=steep|flat", "'steep' is no value of schedule"),
        ("batch=1|many", "'many' is no value of batch"),
        ("lr=1e-5..1e-3,lr=1|2", "lr stands twice"),
        ("batch=0..4", r"the search space holds batch 0, where batch of 0 trains nothing"),
        ("epochs=1..2", "epochs is both given and searched for"),
    ],
)
def test_a_space_that_cannot_be_searched_is_refused(words: str, said: str) -> None:
    with pytest.raises(PlanError, match=said):
        space_of(words, Settings(model="m", epochs=2.0))


# --- searches ---


def test_trials_are_compared_by_the_loss_on_the_rows_and_all_but_the_best_removed(
    small_run: Run, tmp_path: Path
) -> None:
    config = str(config_file(tmp_path, hidden_size=16, intermediate_size=32))
    settings, out = Settings(config=config, steps=2, accumulate=1), tmp_path / "out"
    found = search(small_run.folder, settings, 2, out, space="lr=1e-4..1e-2:log")
    assert [one["trial"] for one in found.trials] == [1, 2]
    best = min(found.trials, key=lambda one: one["value"])
    assert found.best == best
    assert [one.name for one in (out / "trials").iterdir()] == [f"{best['trial']:03d}"]
    record = json.loads((out / "best/train.json").read_bytes())
    assert record["found"]["valid"]["loss"] == best["value"]
    assert record["asked"]["settings"]["lr"] == best["settings"]["lr"]
    assert (out / "best/model.safetensors").exists()
    written = json.loads((out / "search.json").read_bytes())
    assert (written["best"], written["measure"]) == (best, "loss")
    assert written["asked"]["space"] == "lr=0.0001..0.01:log"


def test_heads_are_compared_by_macro_f1(place: Path, tmp_path: Path) -> None:
    source = place / "sentences.jsonl"
    found = search(source, asked(place, steps=25), 3, tmp_path / "out", space="lr=5e-3..2e-2:log")
    assert found.measure == "macro_f1"
    assert found.best is not None
    assert found.best["value"] == max(one["value"] for one in found.trials) > 0.5
    record = json.loads((tmp_path / "out/best/train.json").read_bytes())
    assert record["found"]["valid"]["macro_f1"]["value"] == found.best["value"]
    with pytest.raises(TrainError, match="nothing of side valid"):
        search(source, asked(place, valid_share=0.0), 1, tmp_path / "none")


def test_a_search_in_several_processes_is_refused(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(TrainError, match="2 processes: a search makes its trials one after"):
        search(place / "sentences.jsonl", asked(place), 2, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def killed(place: Path, settings: Settings, trials: int, out: Path) -> None:
    """A search in a process of its own, killed as soon as its third trial has begun."""
    code = (
        "import sys, json, torch; torch.set_num_threads(1)\n"
        "from pathlib import Path\n"
        "from longgrain.train import Settings\n"
        "from longgrain.train.search import search\n"
        "source, asked, trials, out, space = sys.argv[1:]\n"
        "search(Path(source), Settings(**json.loads(asked)), int(trials), Path(out), space=space)\n"
    )
    words = [str(place / "sentences.jsonl"), json.dumps(settings.as_dict()), str(trials), str(out)]
    ran = subprocess.Popen([sys.executable, "-c", code, *words, SPACE])
    third, deadline = out / "trials/003/checkpoints", time.monotonic() + 120
    while not third.exists() and ran.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)
    ran.send_signal(signal.SIGKILL)
    assert ran.wait() == -signal.SIGKILL, "it had finished before it could be killed"


def test_a_search_that_was_killed_goes_on_to_the_same_trials(place: Path, tmp_path: Path) -> None:
    """Six of them: the last is drawn from those before."""
    source, settings = place / "sentences.jsonl", asked(place, steps=6, save_every=2)
    straight = search(source, settings, 6, tmp_path / "straight", space=SPACE)
    killed(place, settings, 6, tmp_path / "killed")
    said: list[str] = []
    found = search(source, settings, 6, tmp_path / "killed", space=SPACE, tell=said.append)
    assert said[0] == "going on with trial 3"
    assert told(found) == told(straight)
    assert len({one["settings"]["lr"] for one in found.trials}) == 6
    again = search(source, settings, 6, tmp_path / "killed", space=SPACE)
    assert told(again) == told(found)
    more = search(source, settings, 7, tmp_path / "killed", space=SPACE)
    assert told(more)[:6] == told(found)
    assert len(more.trials) == 7


def test_a_search_is_not_mixed_with_another(place: Path, tmp_path: Path) -> None:
    source, out = place / "sentences.jsonl", tmp_path / "out"
    kept = search(source, asked(place), 2, out, space="lr=1e-4..1e-3", keep=True)
    assert all(one["kept"] for one in kept.trials)
    with pytest.raises(TrainError, match=r"asked for in another way \(space\)"):
        search(source, asked(place), 1, out, space="lr=1e-4..1e-2")
    with pytest.raises(TrainError, match=r"asked for in another way \(settings\)"):
        search(source, asked(place, seed=2), 1, out, space="lr=1e-4..1e-3")
    anew = search(source, asked(place), 1, out, space="lr=1e-4..1e-2", replace=True)
    assert len(anew.trials) == 1
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.docx").write_text("mine")
    with pytest.raises(TrainError, match="holds no search"):
        search(source, asked(place), 1, tmp_path / "mine", replace=True)


def test_a_trial_whose_loss_is_no_number_has_failed_and_says_so(
    place: Path, tmp_path: Path
) -> None:
    source = place / "sentences.jsonl"
    settings = asked(place, clip=0.0, schedule="constant")
    found = search(source, settings, 8, tmp_path / "out", space="lr=1e-3|1e30")
    states = {one["settings"]["lr"]: one["state"] for one in found.trials}
    assert states == {1e-3: "complete", 1e30: "failed"}
    assert found.best is not None
    assert found.best["settings"]["lr"] == 1e-3
    bad = next(one for one in found.trials if one["state"] == "failed")
    assert "the loss is" in bad["reason"]
    assert bad["value"] is None
    same = [one for one in found.trials if one["state"] == "complete"]
    first = f"the same as trial {same[0]['trial']}"
    assert [one["reason"] for one in same] == ["", *[first] * (len(same) - 1)]
    with pytest.raises(TrainError, match=r"none of the 2 trials.*the loss is"):
        search(source, settings, 2, tmp_path / "none", space="lr=1e30|2e30")


def test_a_trial_that_does_worse_than_the_median_is_stopped(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "STARTUP", 2)
    settings = asked(place, steps=12, evaluate_every=3, schedule="constant")
    found = search(
        place / "sentences.jsonl", settings, 6, tmp_path / "out", space="lr=1e-7..1e-2:log"
    )
    stopped = [one for one in found.trials if one["state"] == "stopped early"]
    whole = [one for one in found.trials if one["state"] == "complete"]
    assert stopped
    assert len(whole) >= 2
    assert all("is worse than the median" in one["reason"] for one in stopped)
    assert all(len(one["looks"]) < 4 for one in stopped)
    assert all(len(one["looks"]) == 4 for one in whole)


def test_the_command_prints_the_trials(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings, source = asked(place, steps=2), place / "sentences.jsonl"
    how: dict[str, Any] = {"settings": settings, "search_space": "lr=1e-4..1e-2:log"}
    verb(source, search=2, out=tmp_path / "out", **how)
    said = capsys.readouterr().out
    lines = said.splitlines()
    assert lines[0].split() == ["trial", "macro", "f1", "state", "lr", "time"]
    assert sum("complete" in line for line in lines) == 2
    assert f"{tmp_path / 'out' / 'best'}" in said
    with pytest.raises(PlanError, match="belong to a search"):
        verb(source, keep_trials=True, settings=settings)
