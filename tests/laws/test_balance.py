"""The law of balancing: each share is met to within 1% or listed, and nothing is lost on the way.

In a run: what is kept and what is left out are what was laid, each kept example stands in so many rows
as its table says, never twice in one, and a build that was killed goes on to the same bytes.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from killing import Trial, tried
from longgrain import balance, repeats
from longgrain.build import build
from longgrain.classes import Classes
from longgrain.mix import Ints
from longgrain.pack import pack
from longgrain.run import Run
from longgrain.shortfall import Mixed
from longgrain.wished_mix import Balance
from small import MIX, balanced_plan, shelve

# --- any mix ---


@st.composite
def mixes(draw: st.DrawFn) -> tuple[Balance, list[Classes], Ints]:
    """A wish, the classes of some examples in one to three dimensions, their learned tokens."""
    count = draw(st.integers(1, 120))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    learned = rng.integers(draw(st.integers(0, 5)), draw(st.integers(6, 300)), count)
    chosen = draw(st.sets(st.sampled_from(["recipe", "kind", "language"]), min_size=1))
    asked: dict[str, Any] = {}
    classes = []
    for name in sorted(chosen):
        size = draw(st.integers(2, 4))
        weights = draw(st.lists(st.integers(0, 5), min_size=size, max_size=size).filter(any))
        names = tuple(f"{name}-{number}" for number in range(size))
        asked[name] = dict(zip(names, weights, strict=True))
        numbers = rng.choice(size, count, p=rng.dirichlet(np.ones(size)))
        classes.append(
            Classes(
                dimension=name,  # type: ignore[arg-type]
                names=names,
                numbers=numbers.astype(np.int64),
                wished=tuple(map(float, weights)),
            )
        )
    plan = Balance(
        measure=draw(st.sampled_from(["learned", "examples"])),
        sampling=draw(st.sampled_from(["both", "over", "under", "none"])),
        most=draw(st.integers(1, 6)),
        keep=draw(st.sampled_from([0.0, 0.5, 0.9])),
        **asked,
    )
    return plan, classes, learned


def mixed(found: tuple[Balance, list[Classes], Ints]) -> Mixed:
    plan, classes, learned = found
    names = [f"{number * 0x9E3779B97F4A7C15 % 2**64:016x}" for number in range(len(learned))]
    return balance.mix(plan, classes, learned, np.arange(len(learned)), names)


def breaches(found: Mixed) -> list[str]:
    """What of the law a mix breaks."""
    plan, wrong = found.plan, []
    least, most = plan.bounds
    if found.times.min() < least or found.times.max() > most:
        wrong.append("an example is taken more or less often than is allowed")
    weights = found.learned if plan.measure == "learned" else np.ones_like(found.learned)
    total = (weights * found.times).sum()
    unwished = any(weight == 0 for one in found.dimensions for weight in one.wished)
    if not unwished and total < plan.keep * weights.sum() - 1e-6:
        wrong.append("more was left out than is allowed")
    listed = {(one["dimension"], one["class"]): one for one in found.shortfalls()}
    for one in found.dimensions:
        wished = np.array(one.wished) / sum(w or 0 for w in one.wished)
        for number, name in enumerate(one.names):
            held = (weights * found.times)[one.numbers == number].sum()
            off = held - wished[number] * total
            told = listed.get((one.dimension, name))
            if abs(off) > 0.01 * wished[number] * total + 1e-6 and told is None:
                wrong.append(f"{name} is off by {off} and not listed")
            if told and (not told["why"] or abs(told["missing"] + off) > 1):
                wrong.append(f"{name} is listed with {told['missing']} missing, in fact {-off}")
    return wrong


@given(mixes())
def test_any_mix_meets_its_shares_or_lists_what_is_missing(
    found: tuple[Balance, list[Classes], Ints],
) -> None:
    made = mixed(found)
    assert breaches(made) == []
    assert (mixed(found).times == made.times).all()


@given(mixes())
def test_what_was_is_what_is_kept_and_what_is_left_out(
    found: tuple[Balance, list[Classes], Ints],
) -> None:
    made = mixed(found)
    for one in made.table():
        held = sum(row["after"]["examples"] for row in one["classes"])
        assert sum(row["before"]["examples"] for row in one["classes"]) == len(made.times)
        assert held == made.times.sum()


@pytest.mark.parametrize("seed", range(40))
def test_one_dimension_that_the_bounds_allow_is_met(seed: int) -> None:
    rng = np.random.default_rng(seed)
    learned = rng.integers(3, 120, 400)
    numbers = rng.choice(3, 400, p=[0.5, 0.3, 0.2])
    one = Classes(
        dimension="kind", names=("a", "b", "c"), numbers=numbers, wished=tuple(rng.uniform(1, 2, 3))
    )
    plan = Balance(kind=dict(zip(one.names, one.wished, strict=True)))  # type: ignore[arg-type]
    assert mixed((plan, [one], learned)).shortfalls() == []


def test_a_mix_that_is_met_already_is_left_as_it_is() -> None:
    numbers = np.repeat([0, 1], 50)
    one = Classes(dimension="kind", names=("a", "b"), numbers=numbers, wished=(1.0, 1.0))
    made = mixed((Balance(kind="equal"), [one], np.full(100, 7)))
    assert (made.times == 1).all()


def test_marginals_that_contradict_each_other_are_said_and_met_halfway() -> None:
    numbers = np.repeat([0, 1], 50)
    one = Classes(dimension="kind", names=("a", "b"), numbers=numbers, wished=(8.0, 2.0))
    other = Classes(dimension="language", names=("en", "zh"), numbers=numbers, wished=(1.0, 1.0))
    made = mixed((Balance(keep=0, most=50), [one, other], np.full(100, 10)))
    share = (made.times * 10)[numbers == 0].sum() / (made.times * 10).sum()
    assert 0.5 < share < 0.8
    assert len(made.shortfalls()) == 4
    assert "does not go together with those of language" in made.shortfalls()[0]["why"]


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"most": 3, "sampling": "over"}, "more than 3 times, the most that balance.most allows"),
        ({"sampling": "under", "keep": 0.9}, "repeats are not allowed"),
        ({"sampling": "none"}, "repeats are not allowed"),
    ],
)
def test_a_shortfall_says_why(settings: dict[str, Any], why: str) -> None:
    numbers = np.repeat([0, 1], [90, 10])
    one = Classes(dimension="kind", names=("a", "b"), numbers=numbers, wished=(1.0, 1.0))
    made = mixed((Balance(**settings), [one], np.full(100, 10)))
    short = next(found for found in made.shortfalls() if found["class"] == "b")
    assert short["missing"] > 0
    assert why in short["why"]


def test_a_class_without_examples_does_not_cost_the_others_theirs() -> None:
    numbers = np.repeat([0, 1], 50)
    one = Classes(dimension="kind", names=("a", "b", "c"), numbers=numbers, wished=(1.0, 1.0, 1.0))
    made = mixed((Balance(), [one], np.full(100, 10)))
    assert (made.times == 1).all()
    assert {"class": "c", "why": "there is no such example on this side"}.items() <= next(
        found for found in made.shortfalls() if found["class"] == "c"
    ).items()


def test_a_class_with_weight_0_is_left_out_and_a_free_one_is_left_alone() -> None:
    numbers = np.repeat([0, 1, 2], [40, 40, 20])
    one = Classes(
        dimension="kind", names=("a", "b", "other"), numbers=numbers, wished=(1.0, 0.0, None)
    )
    made = mixed((Balance(), [one], np.full(100, 10)))
    held = np.bincount(numbers, made.times)
    assert held.tolist() == [held[0], 0, 20]
    assert held[0] >= 40
    assert made.emptied() == []


@pytest.mark.parametrize(
    "broken",
    [
        lambda counts: np.ones_like(counts),  # nothing is balanced
        lambda counts: np.minimum(counts, 1),  # nothing is repeated
        lambda counts: counts + 3,  # more often than is allowed
    ],
)
def test_control_a_mix_that_is_not_that_of_the_list_is_caught(
    broken: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = np.repeat([0, 1], [80, 20])
    one = Classes(dimension="kind", names=("a", "b"), numbers=numbers, wished=(1.0, 1.0))
    found = (Balance(kind="equal"), [one], np.full(100, 10))
    honest = mixed(found)
    assert breaches(honest) == []
    listed = honest.shortfalls()
    monkeypatch.setattr(Mixed, "shortfalls", lambda self: listed)
    whole = balance.taken
    monkeypatch.setattr(balance, "taken", lambda *parts: broken(whole(*parts)))
    assert breaches(mixed(found))


# --- rows ---


@given(st.lists(st.tuples(st.integers(1, 70), st.integers(1, 4)), max_size=40), st.integers(0, 3))
def test_rows_hold_each_item_as_often_as_it_is_taken_and_once_at_most(
    items: list[tuple[int, int]], seed: int
) -> None:
    lengths = np.array([length for length, _ in items], np.int64)
    times = np.array([often for _, often in items], np.int64)
    packed = repeats.pack_repeated(lengths, times, 50, seed)
    held = Counter(packed.items.tolist())
    assert held == {i: int(n) for i, n in enumerate(times) if lengths[i] <= 50}
    assert all(lengths[row].sum() <= 50 and len(set(row.tolist())) == len(row) for row in packed)
    assert packed.too_long.tolist() == np.flatnonzero(lengths > 50).tolist()


def test_rows_of_what_is_taken_once_are_those_of_the_packer() -> None:
    lengths = np.random.default_rng(0).integers(1, 50, 200)
    ours, plain = repeats.pack_repeated(lengths, np.ones(200, int), 50, 3), pack(lengths, 50, 3)
    assert (ours.items == plain.items).all()
    assert (ours.offsets == plain.offsets).all()


# --- a run ---


def learned_in_rows(run: Run, side: Any) -> Counter[str]:
    """Tokens with a weight above 0 of each example, over all its rows."""
    found: Counter[str] = Counter()
    for row in run.rows(side):
        ends = np.cumsum(row.seq_lengths)
        learned = np.concatenate([[0], np.cumsum(row.weights > 0)])
        for name, start, end in zip(row.example_ids, ends - row.seq_lengths, ends, strict=True):
            found[name] += int(learned[end] - learned[start])
    return found


def run_breaches(run: Run) -> list[str]:
    """What of the law a run breaks, from its rows and tables alone."""
    wrong = []
    step = next(one for one in run.manifest["steps"] if one["step"] == "balance")
    dropped = [one.id for one in run.dropped() if one.step == "balance"]
    drafts = pq.read_table(run.folder / "drafts.parquet").num_rows
    kept = [example for side in run.sides for example in run.examples(side)]
    lost = sum(one.step == "assemble" for one in run.dropped())
    if len(kept) + len(dropped) + lost != drafts or len(dropped) != step["asked"] - step["made"]:
        wrong.append("kept and left out are not what was laid")
    if {one.id for one in kept} & set(dropped) or len({one.id for one in kept}) != len(kept):
        wrong.append("an example is kept and left out, or kept twice")
    for side in run.sides:
        held = Counter(name for row in run.rows(side) for name in row.example_ids)
        if any(len(set(row.example_ids)) < len(row.example_ids) for row in run.rows(side)):
            wrong.append("a row holds one example twice")
        told = {one.id: one.lineage["balance"]["times"] for one in run.examples(side)}
        if held != told:
            wrong.append(f"examples of {side} are not in as many rows as they say")
    return wrong + _off(run)


def _off(run: Run) -> list[str]:
    """Shares of the training side that its rows miss and no shortfall tells of."""
    learned, wrong = learned_in_rows(run, "train"), []
    total = sum(learned.values())
    listed = {(o["dimension"], o["class"]) for o in run.manifest["balance"]["train"]["shortfalls"]}
    for dimension, wished in MIX.items():
        for name, share in wished.items():
            of_class = [
                one.id
                for one in run.examples("train")
                if name == (one.recipe if dimension == "recipe" else one.lineage["language"])
            ]
            held = sum(learned[one] for one in of_class)
            if abs(held - share * total) > 0.01 * share * total and (dimension, name) not in listed:
                wrong.append(f"{dimension} {name} holds {held} of {total} and is not listed")
    return wrong


def test_a_balanced_run_loses_nothing_and_meets_its_shares_in_its_rows(balanced_run: Run) -> None:
    assert run_breaches(balanced_run) == []
    told = balanced_run.manifest["balance"]["train"]
    assert told["times"]["0"] > 0
    assert any(int(often) > 1 for often in told["times"])
    assert told["shortfalls"] == []
    assert told["after"]["learned"] == sum(learned_in_rows(balanced_run, "train").values())


def test_learned_tokens_are_known_before_rows_are_written(balanced_run: Run) -> None:
    for side in balanced_run.sides:
        in_rows = learned_in_rows(balanced_run, side)
        for example in balanced_run.examples(side):
            weighed = example.lineage["balance"]
            assert in_rows[example.id] == weighed["learned"] * weighed["times"]


def test_sides_that_are_held_out_are_left_as_they_are(balanced_run: Run, tmp_path: Path) -> None:
    plain = build(balanced_plan(tmp_path, balance=None), tmp_path / "run")
    for side in ("valid", "test"):
        name = f"rows-{side}-00000.parquet"
        assert (plain.folder / name).read_bytes() == (balanced_run.folder / name).read_bytes()
        assert {one.lineage["balance"]["times"] for one in balanced_run.examples(side)} == {1}
    assert "balance" not in plain.manifest
    assert "balance" not in next(plain.examples("train")).lineage
    assert [s["step"] for s in plain.manifest["steps"]].count("balance") == 0


def test_control_an_example_that_vanishes_is_caught(balanced_run: Run, tmp_path: Path) -> None:
    for path in balanced_run.folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    table = pq.read_table(tmp_path / "examples-train.parquet")
    pq.write_table(table.slice(1), tmp_path / "examples-train.parquet")
    assert "kept and left out are not what was laid" in run_breaches(Run(tmp_path))


def test_control_shares_that_the_rows_do_not_hold_are_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = balance.learned_tokens
    monkeypatch.setattr(balance, "learned_tokens", lambda *parts: whole(*parts) ** 2)
    run = build(balanced_plan(tmp_path), tmp_path / "run")
    assert any("is not listed" in one for one in run_breaches(run))


def tables(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.parquet")}


def prepared(folder: Path) -> Path:
    shelve(folder / "documents")
    (folder / "plan.yaml").write_text(balanced_plan(folder).as_yaml(), "utf-8")
    return folder


def test_a_build_that_is_killed_while_it_balances_goes_on_to_the_same_bytes(
    tmp_path: Path,
) -> None:
    whole, folder = prepared(tmp_path / "whole"), prepared(tmp_path / "killed")
    assert tried(Trial(folder=str(whole), out=str(whole / "run"))).status == 0
    again = Trial(
        folder=str(folder),
        out=str(folder / "run"),
        at=("mix.taken", "repeats.pack_repeated"),
    )
    outcome = tried(again)
    assert outcome.status == 0
    assert outcome.deaths == again.at
    assert outcome.repeated == 0
    assert tables(folder / "run") == tables(whole / "run")


def test_the_plan_of_a_balanced_run_builds_the_same_run(balanced_run: Run, tmp_path: Path) -> None:
    stored = orjson.loads(orjson.dumps(balanced_run.plan.as_dict()))
    again = type(balanced_run.plan).of(stored, folder=balanced_run.manifest["plan_folder"])
    assert again.id == balanced_run.manifest["plan_id"]
    build(again, tmp_path / "run", workers=2)
    assert tables(tmp_path / "run") == tables(balanced_run.folder)
