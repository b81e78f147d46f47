"""The proofs: what they are trained on is what they say, thresholds can be missed, one seed is run."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

pytest.importorskip("torch", reason="the extra train is not installed")

from longgrain import cli
from longgrain.errors import PlanError
from longgrain.ground import HeldOut
from longgrain.probe_scores import Line, read_lines
from longgrain.prove import prove, symbols, writer
from longgrain.prove.lab import LONG, Lab
from longgrain.prove.lookup import LookUp
from longgrain.prove.position import Arm
from longgrain.prove.start import long_contexts
from longgrain.prove.strategies import pairs, write_pairs
from longgrain.prove.sums import CASES, MODULUS, write_sums
from longgrain.prove.verdict import of_position
from longgrain.run import Run
from longgrain.tokens import Tokenizer
from longgrain.types import ROLES, Size


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return Lab(folder=tmp_path_factory.mktemp("lab"), seed=3)


def words(run: Run, ids: Sequence[int]) -> str:
    return str(run.tokenizer.library.decode(list(ids), skip_special_tokens=False)).replace("\0", "")


# --- symbols and documents ---


def test_every_symbol_is_one_token_and_there_are_284(tmp_path: Path) -> None:
    known = Tokenizer.load(str(symbols.written(tmp_path)))
    every = [*symbols.PLAIN, *symbols.SIGNS, *symbols.KEYS, *symbols.VALUES, symbols.BORDER]
    assert known.vocabulary_size == symbols.COUNT == 284
    assert known.encode(every).lengths.tolist() == [1] * len(every)
    assert len({*known.encode(every).values.tolist()}) == len(every)


def test_no_symbol_is_another_one_where_case_is_left_aside() -> None:
    every = [*symbols.KEYS, *symbols.VALUES]
    assert len({one.lower() for one in every}) == len(every)


def test_a_chunk_is_one_grain_with_one_fact(lab: Lab) -> None:
    run = Run(long_contexts(lab, "few", Arm(asks="anywhere").depths, 20))
    texts = run.texts()
    for example in run.examples("train"):
        (asked, *_) = (one for one in example.trained if one.speaker == "user")
        chunks = [span.words(texts) for span in asked.spans if span.role != "glue"][:-1]
        assert len(chunks) == writer.CHUNKS
        assert all(re.fullmatch("[a-z][a-z ]{3}[a-z]..", one) for one in chunks)
        assert all(one[-2] in symbols.KEYS and one[-1] in symbols.VALUES for one in chunks)


def test_probes_read_other_topics_with_other_facts(lab: Lab) -> None:
    trained, held = (
        {one for path in folder.glob("*.txt") for one in path.read_text("utf-8").split("\n\n")}
        for folder in (lab.facts, lab.held_out)
    )
    assert len(held) > 2900
    assert len(held & trained) < 0.01 * len(held)


# --- position ---


def test_a_key_that_is_asked_for_stands_once_in_its_context(lab: Lab) -> None:
    run = Run(long_contexts(lab, "few", Arm(asks="anywhere").depths, 20))
    for row in run.rows("train"):
        text = words(run, row.input_ids.tolist())
        context, _, turns = text.partition(symbols.ANSWERS)
        facts = re.findall(r"(.)(.)\n\n", context)
        asked = [context[-1], *re.findall(rf"{re.escape(symbols.ASKS)}(.)", turns)]
        said = re.findall(rf"{re.escape(symbols.ANSWERS)}(.){re.escape(symbols.ENDS)}", text)
        assert len(asked) == len(said) == 4
        for key, value in zip(asked, said, strict=True):
            assert [one[1] for one in facts if one[0] == key] == [value]
        assert len(row.input_ids) == LONG


@pytest.mark.parametrize(
    ("asks", "least", "most"), [("ends", 0.45, 0.5), ("anywhere", 0.0, 0.5), ("middle", 0.0, 0.05)]
)
def test_the_quota_of_depths_is_all_that_differs(
    lab: Lab, asks: str, least: float, most: float
) -> None:
    run = Run(long_contexts(lab, f"of-{asks}", Arm(asks=asks).depths, 40))
    depths = np.concatenate([one.depths for one in run.examples("train")])
    away = np.abs(depths - 0.5)
    assert len(depths) == 160
    assert away.min() >= least - 1e-9
    assert away.max() <= most + 1e-9


def test_the_probe_asks_at_every_place_for_a_key_that_stands_once(lab: Lab) -> None:
    ground = HeldOut(
        seed=5, places=(str(lab.held_out),), tokenizer=Tokenizer.load(str(lab.tokenizer))
    )
    questions = list(LookUp().ask(ground, Size(items=64), 20))
    assert [one.positions[0] for one in questions] == [*range(10), *range(10)]
    for one in questions:
        ((_, text),) = one.prompt
        chunks, key = text.split(symbols.BORDER)[:-1], text[-1]
        at = [n for n, chunk in enumerate(chunks) if chunk[-2] == key]
        assert len(chunks) == 64
        assert len(at) == 1
        assert chunks[at[0]][-1] == one.references[0]
        assert int((at[0] + 0.5) / 64 * 10) == one.positions[0]


# --- mask and erasure ---


def sums(lab: Lab, *, masked: bool) -> Run:
    documents = write_sums(lab.folder / "documents" / "sums")
    count = CASES * MODULUS**2
    settings = {"masked": masked}
    name = f"sums-{masked}"
    return Run(lab.build(name, [documents], "longgrain.prove.sums:Sums", count, settings=settings))


def test_the_mask_lies_on_wrong_answers_alone_to_the_token(lab: Lab) -> None:
    runs = {masked: sums(lab, masked=masked) for masked in (True, False)}
    rows = {masked: list(run.rows("train")) for masked, run in runs.items()}
    wrong = 0
    for with_it, without in zip(rows[True], rows[False], strict=True):
        assert with_it.input_ids.tolist() == without.input_ids.tolist()
        roles = np.repeat(with_it.span_roles, with_it.span_lengths)
        differ = with_it.weights != without.weights
        hidden = (roles == ROLES.index("attempt")) & (without.weights > 0) & (with_it.weights == 0)
        assert (differ == hidden).all()
        wrong += int(differ.sum())
        text = words(runs[True], with_it.input_ids[differ].tolist())
        assert re.fullmatch(rf"([{''.join(symbols.VALUES)}]\.)*", text)
    assert wrong == 2 * 7 * MODULUS**2  # a value and a full stop, in seven of ten cases


def strategies(lab: Lab, *, erased: bool) -> Run:
    documents = write_pairs(lab.folder / "documents" / "pairs")
    recipe, count = "longgrain.prove.strategies:Strategies", 3 * len(pairs(held_out=False))
    settings, checks = {"erased": erased}, ("quote", "erased")
    name = f"pairs-{erased}"
    return Run(lab.build(name, [documents], recipe, count, settings=settings, checks=checks))


def test_with_the_prompt_erased_everything_is_learned_under_the_neutral_message(lab: Lab) -> None:
    from longgrain.prove.strategies import NEUTRAL, SHOWN, SYSTEMS

    for erased in (True, False):
        run = strategies(lab, erased=erased)
        found = [(one.trained[0].spans[0].text, one.lineage) for one in run.examples("train")]
        own = {said for said, lineage in found if lineage["strategy"] == SHOWN}
        assert own == {NEUTRAL if erased else SYSTEMS[SHOWN]["en"][0]}
        assert (NEUTRAL in {said for said, _ in found}) is True
        assert len(found) == 3 * len(pairs(held_out=False))


# --- thresholds, page, command ---

LOST = [99, 87, 62, 46, 53, 45, 51, 78, 90, 99]
FOUND = [100, 100, 99.5, 100, 100, 100, 99.5, 100, 100, 99.5]


def result(asks: str, values: Sequence[float], seed: int = 0, **arm: Any) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "seed": seed,
        "arm": asdict(Arm(asks=asks, **arm)),
        "values": list(values),
        "low": [max(0, one - 5) for one in values],
        "high": [min(100, one + 5) for one in values],
        "ends": [values[0], values[-1]],
        "mean": sum(values) / len(values),
        "mean_low": 0.0,
        "mean_high": 100.0,
        "gap": max(values) - min(values),
        "questions": 2000,
        "base": {"long": [50.0] * 10, "seconds": {"wall": 5.0, "cpu": 4.0}},
        "seconds": {"wall": 1.0, "cpu": 1.0},
    }


def test_the_thresholds_hold_for_the_trial_runs_and_not_for_the_arms_exchanged() -> None:
    sound = [*of_position([result("ends", LOST), result("anywhere", FOUND)])]
    assert [one.met for one in sound] == [True] * 5
    exchanged = [*of_position([result("ends", FOUND), result("anywhere", LOST)])]
    assert [one.met for one in exchanged] == [False, True, False, False, False]


def test_an_arm_without_a_model_misses_and_the_sweep_has_no_threshold() -> None:
    failed = {"seed": 0, "arm": result("ends", LOST)["arm"], "failed": "no base"}
    assert [one.met for one in of_position([failed])] == [False]
    assert [*of_position([result("ends", FOUND, theta=500.0)])] == []


def kept(folder: Path, results: Sequence[dict[str, Any]]) -> Path:
    """A proof's folder in which these were measured."""
    for one in results:
        path = folder / f"seed-{one['seed']}" / "results" / f"{Arm(**one['arm']).name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(orjson.dumps(one))
    return folder


@pytest.mark.parametrize(("values", "code"), [(FOUND, 0), (LOST, 1)])
def test_the_command_ends_with_1_where_a_threshold_is_missed(
    values: Sequence[float],
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    kept(tmp_path, [result("ends", LOST), result("anywhere", values)])
    monkeypatch.setattr(
        sys, "argv", ["longgrain", "prove", "position", "--seeds", "0", "--out", str(tmp_path)]
    )
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert stop.value.code == code
    said = capsys.readouterr().out
    assert ("missed" in said) == bool(code)
    page = (tmp_path / "proof.html").read_text("utf-8")
    assert ("missed" in re.sub("<style>.*?</style>", "", page, flags=re.DOTALL)) == bool(code)
    assert not re.search(r"""(src|href)=["']?https?:""", page)


def test_another_proof_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    kept(tmp_path, [result("ends", LOST), result("anywhere", FOUND)])
    found = prove("position", tmp_path, seeds=[0])
    assert found.seconds == {"wall": 7.0, "cpu": 6.0}  # two arms, and their base once
    with pytest.raises(PlanError, match="holds another proof"):
        prove("mask", tmp_path, seeds=[0])
    with pytest.raises(PlanError, match="nothing to prove"):
        prove("position", tmp_path, seeds=[])


@pytest.fixture(scope="module")
def one_seed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of one seed of the proof of position."""
    folder = tmp_path_factory.mktemp("position")
    prove("position", folder, seeds=[0], questions=1000, workers=1)
    return folder


def test_one_seed_loses_the_middle_and_the_other_arm_finds_it(one_seed: Path) -> None:
    tmp_path = one_seed
    found = prove("position", tmp_path, seeds=[0], questions=1000, workers=1)
    assert [(one.wanted, one.found) for one in found.verdicts if not one.met] == []
    models = {path: path.stat().st_mtime for path in tmp_path.rglob("*.safetensors")}
    again = prove("position", tmp_path, seeds=[0], questions=1000, workers=1)
    assert again.results == found.results
    assert models == {path: path.stat().st_mtime for path in tmp_path.rglob("*.safetensors")}
    lines = tmp_path.glob("seed-0/probes/ends-*/answers.jsonl")
    scores = [Line(**orjson.loads(one)) for path in lines for one in path.read_bytes().splitlines()]
    assert len(scores) == 1000


@pytest.mark.parametrize("arm", ["anywhere", "ends"])
def test_right_answers_of_a_trained_model_rest_on_the_chunk_with_the_key(
    one_seed: Path, arm: str
) -> None:
    from longgrain.why import why
    from longgrain.why.asked import of_question
    from longgrain.why.attention import attention
    from longgrain.why.local import Local

    (folder,) = one_seed.glob(f"seed-0/probes/{arm}-*")
    model = Local.load(str(one_seed / "seed-0" / "models" / folder.name), device="cpu", batch=33)
    right = [line for line in read_lines(folder) if line.score == 1.0][:20]
    first = looked = 0
    for line in right:
        case = of_question(folder, line.id)
        (evidence,) = case.evidence
        first += why(case, model, arm).left.rank(evidence) == 1
        seen = attention(model, case, most=1).grains
        looked += max(range(case.grains), key=seen.__getitem__) == evidence
    assert len(right) == 20
    assert first >= 18
    assert looked >= 16
