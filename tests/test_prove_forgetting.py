"""The proof of forgetting: its tasks conflict, its figures are those of the paired seeds, a few arms are run."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest

pytest.importorskip("torch", reason="the extra train is not installed")

from longgrain import cli
from longgrain.ground import HeldOut
from longgrain.prove import forgetting
from longgrain.prove.forgotten import Mean, lines, of_forgetting
from longgrain.prove.lab import Lab
from longgrain.prove.orders import SIGNS, answer, asked, pairs
from longgrain.run import Run
from longgrain.tokens import Tokenizer
from longgrain.types import Size


def test_the_same_pair_has_another_answer_under_each_sign() -> None:
    signs = "".join(SIGNS.values())
    assert len(set(signs)) == len(signs) == 4
    assert len({answer(3, 5, one) for one in signs}) == 4
    trained, held = pairs(held_out=False), pairs(held_out=True)
    assert not {*trained} & {*held}
    assert len(trained) + len(held) == 900


def test_intervals_are_those_of_student() -> None:
    """1, 2, 3: mean 2, deviation 1, and 4.303 / sqrt(3) to either side."""
    found = Mean.of([1.0, 2.0, 3.0])
    assert found.value == 2.0
    assert (found.low, found.high) == (
        pytest.approx(2 - 2.484, abs=1e-3),
        pytest.approx(4.484, abs=1e-3),
    )
    assert Mean.of([5.0]).low is None
    assert str(Mean.of([5.0])) == "+5.0"


def result(arm: str, seed: int, old: float, new: float, beside: str = "none") -> dict[str, Any]:
    return {
        "seed": seed,
        "arm": arm,
        "beside": beside,
        "settings": {},
        "old": old,
        "new": new,
        "third": 3.0,
        "questions": {"old": 360, "new": 180, "third": 180},
        "seconds": {"wall": 2.0, "cpu": 1.0},
    }


def three(arm: str, olds: Sequence[float], new: float, **how: Any) -> list[dict[str, Any]]:
    return [result(arm, seed, old, new + seed, **how) for seed, old in enumerate(olds)]


RESULTS = [
    *three("base", [100, 100, 100], 0, beside=""),
    *three("none", [5, 10, 15], 98, beside=""),
    *three("joint", [99, 100, 100], 97),
    *three("good", [65, 68, 77], 98),
    *three("dear", [85, 88, 97], 40),
    *three("idle", [0, 15, 15], 98),
]


def test_a_measure_is_compared_with_the_training_without_it_seed_by_seed() -> None:
    found = {one.arm: one for one in lines(RESULTS)}
    good = found["good"].against["old"]
    assert good.value == pytest.approx((60 + 58 + 62) / 3)
    assert good.low == pytest.approx(60 - 4.303 * 2 / 3**0.5, abs=1e-2)
    assert found["good"].said == "helps old"
    assert found["dear"].said == "helps old; costs new"
    assert found["idle"].said == "nothing that these seeds show"
    assert not found["none"].against


def test_the_experiment_says_whether_there_is_something_to_forget() -> None:
    assert all(one.met for one in of_forgetting(RESULTS))
    kept = [*RESULTS, *three("none", [5, 10, 60], 98, beside="")]
    assert [one.seed for one in of_forgetting(kept) if not one.met] == [2]
    weak = [*three("joint", [99, 90, 100], 97)]
    assert [one.seed for one in of_forgetting(weak) if not one.met] == [1]


def test_the_command_shows_what_was_measured_and_writes_a_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for seed in (0, 1):
        folder = tmp_path / f"seed-{seed}" / "results"
        folder.mkdir(parents=True)
        for arm in (forgetting.Arm(name="base", beside=""), *forgetting.ARMS):
            old = 8.0 if arm.name == "none" else 99.0 + seed
            made = result(arm.name, seed, old, 1.0 if arm.name == "base" else 99.0, arm.beside)
            (folder / f"{forgetting._file(arm.name)}.json").write_bytes(orjson.dumps(made))
    words = ["prove", "forgetting", "--seeds", "0,1", "--workers", "1", "--out", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", ["longgrain", *words])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert stop.value.code == 0
    said = capsys.readouterr().out
    assert "6 of 6 thresholds met" in said
    assert all(arm.name in said for arm in forgetting.ARMS)
    page = (tmp_path / "proof.html").read_text("utf-8")
    assert "helps old" in page
    assert not re.search(r"""(src|href)=["']?https?:""", page)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return Lab(folder=tmp_path_factory.mktemp("lab"), seed=0)


def test_tuning_forgets_while_both_at_once_and_adapters_by_name_do_not(lab: Lab) -> None:
    """One seed, a few arms, and that they are not run again. How much the others keep differs by seed."""
    arms = [one for one in forgetting.ARMS if one.name in ("none", "joint")]
    named = [one for one in forgetting.ARMS if one.kind == "named"]
    found = {one["arm"]: one for one in forgetting.measured_all(lab, [*arms, *named])}
    assert found["base"]["old"] >= 95
    assert found["base"]["new"] <= 20
    assert found["none"]["old"] <= 50
    assert min(found["joint"]["old"], found["joint"]["new"]) >= 95
    assert found["none"]["new"] >= 95
    assert found["adapters by name"]["old"] == found["base"]["old"]
    assert min(found["adapters by name"][task] for task in ("new", "third")) >= 95
    losses = found["none"]["losses"]
    assert losses["after"] > 10 * losses["before"]
    weights = {path: path.stat().st_mtime for path in lab.folder.rglob("*.safetensors")}
    again = forgetting.measured_all(lab, arms)
    assert {one["arm"]: one for one in again} == {
        name: one for name, one in found.items() if name != named[0].name
    }
    assert weights == {path: path.stat().st_mtime for path in lab.folder.rglob("*.safetensors")}


def test_questions_are_of_pairs_that_no_row_has(lab: Lab) -> None:
    from longgrain.prove.answering import Answering

    run = Run(forgetting._run(lab, "old"))
    texts = run.texts()
    shown = {
        span.words(texts)
        for side in ("train", "valid")
        for example in run.examples(side)  # type: ignore[arg-type]
        for message in example.trained
        for span in message.spans
        if span.role == "question"
    }
    assert len(shown) == 2 * len(pairs(held_out=False))
    ground = HeldOut(seed=0, tokenizer=Tokenizer.load(str(lab.tokenizer)))
    questions = list(Answering(task="old").ask(ground, Size(items=30), 1000))
    assert len(questions) == 2 * len(pairs(held_out=True))
    assert not {one.prompt[0][1] for one in questions} & shown
    assert questions[0].references == (answer(*pairs(held_out=True)[0], SIGNS["old"][0]),)
    assert questions[0].prompt[0][1] == asked(*pairs(held_out=True)[0], SIGNS["old"][0])
