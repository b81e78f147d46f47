"""The manifest: every count that the report reads, equal to what the tables say."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import orjson
import pyarrow.parquet as pq
import pytest

from longgrain.build import build
from longgrain.manifest import Tally, outputs, sampled, sha256_of
from longgrain.run import Run
from longgrain.types import ROLES, Dropped
from small import small_plan

KEYS = {
    "name", "plan_id", "seed", "version", "finished", "tokenizer", "template", "row_length",
    "loss", "inputs", "outputs", "steps", "peak_memory_mb", "workers", "documents", "split",
    "guards", "baseline", "forms", "quotas", "packing", "roles", "straddling", "lengths",
    "teacher", "notes",
}  # fmt: skip


def test_nothing_that_the_report_reads_is_missing(small_run: Run) -> None:
    assert small_run.manifest.keys() >= KEYS
    steps = {"step", "asked", "made", "dropped", "seconds", "cpu_seconds"}
    assert all(step.keys() >= steps for step in small_run.manifest["steps"])
    teacher = {"name", "version", "asked", "answered", "from_ledger", "refused", "money"}
    assert small_run.manifest["teacher"].keys() >= teacher | {"currency", "prompt_tokens"}
    assert small_run.manifest["plan_id"] == small_run.plan.id
    assert small_run.manifest["peak_memory_mb"] > 10


def test_outputs_are_the_tables_with_their_hashes(small_run: Run) -> None:
    listed = {one["file"]: one for one in small_run.manifest["outputs"]}
    assert set(listed) == {path.name for path in small_run.folder.glob("*.parquet")}
    for name, one in listed.items():
        assert one["sha256"] == sha256_of(small_run.folder / name)
        assert one["bytes"] == (small_run.folder / name).stat().st_size
    assert outputs(small_run.folder) == small_run.manifest["outputs"]


def test_inputs_are_the_sources_with_their_hashes(small_run: Run) -> None:
    folder = small_run.folder.parent / "documents"
    for one in small_run.manifest["inputs"]:
        path = folder / one["source"]
        assert (one["sha256"], one["bytes"]) == (sha256_of(path), path.stat().st_size)
    assert len(small_run.manifest["inputs"]) == len(list(folder.iterdir()))


def test_roles_and_tokens_are_those_of_the_rows(small_run: Run) -> None:
    for side in small_run.sides:
        tokens, learned = np.zeros(len(ROLES), int), np.zeros(len(ROLES), int)
        rows = 0
        for row in small_run.rows(side):
            rows += 1
            tokens += np.bincount(row.roles, minlength=len(ROLES))
            learned += np.bincount(row.roles[row.weights > 0], minlength=len(ROLES))
        said = small_run.manifest["roles"][side]
        assert {role: said.get(role, {}).get("tokens", 0) for role in ROLES} == dict(
            zip(ROLES, tokens.tolist(), strict=True)
        )
        assert {role: said.get(role, {}).get("learned", 0) for role in ROLES} == dict(
            zip(ROLES, learned.tolist(), strict=True)
        )
        packing = small_run.manifest["packing"][side]
        assert (packing["rows"], packing["tokens"]) == (rows, tokens.sum())
        assert packing["lower_bound"] <= rows
        assert packing["fill"] == pytest.approx(tokens.sum() / rows / 2048)


def test_documents_say_how_many_of_their_grains_were_asked_about(small_run: Run) -> None:
    table = pq.read_table(small_run.folder / "grains.parquet", filters=[("kind", "=", "cut")])
    owner = np.asarray(table["doc"])
    asked = {
        number
        for side in small_run.sides
        for example in small_run.examples(side)
        for number in example.lineage["evidence"]
    }
    counts = Counter(owner[sorted(asked)].tolist())
    for row, one in enumerate(small_run.manifest["documents"]):
        assert one["id"] == small_run.doc_ids[row]
        assert one["grains"] == int((owner == row).sum())
        assert one["asked"] == counts[row]
        assert sum(chapter["asked"] for chapter in one["chapters"]) == one["asked"]
    split = small_run.manifest["split"]["sides"]
    sides = Counter(table["side"].to_pylist())
    assert {side: one["grains"] for side, one in split.items()} == dict(sides)


def test_quotas_say_what_was_made_of_each_kind_length_and_depth(small_run: Run) -> None:
    for side in small_run.sides:
        examples = list(small_run.examples(side))
        quota = small_run.manifest["quotas"][side]
        made = Counter(example.lineage["kind"] for example in examples)
        assert {kind: one["made"] for kind, one in quota["kinds"].items() if one["made"]} == made
        long = [one for one in examples if one.lineage["layout"] in ("pool", "document")]
        assert sum(quota["lengths"]["made"]) == sum(quota["lengths"]["wished"]) == len(long)
        assert sum(quota["depths"]["made"]) == pytest.approx(len(long), abs=0.01)
        assert quota["shortfalls"] == []
        assert sorted(small_run.manifest["lengths"][side]) == sorted(
            example.lineage["tokens"] for example in examples
        )


def test_a_kind_that_fell_short_is_told(tmp_path: Path) -> None:
    recipe = {"use": "in2", "examples": 1500, "shares": {"fine": 1}}
    layout = {"lengths": [512], "depths": 2, "short": 256}
    run = build(small_plan(tmp_path, recipes=[recipe], layout=layout), tmp_path / "run")
    quota = run.manifest["quotas"]["train"]
    made = quota["kinds"]["fine"]["made"]
    assert quota["kinds"]["fine"]["wished"] == 1050 > made > 100
    assert f"fine: 1050 examples asked for, {made} made" in quota["shortfalls"]


def test_a_side_that_got_no_example_is_told(tmp_path: Path) -> None:
    (tmp_path / "own.jsonl").write_text('{"prompt": "Hi", "response": "Ho"}\n', "utf-8")
    recipe = {"use": "in2", "examples": 20, "shares": {"general": 1}, "general": "own.jsonl"}
    run = build(small_plan(tmp_path, recipes=[recipe]), tmp_path / "run")
    assert len(run.sides) == 1
    without = [line.partition(":")[0] for line in run.manifest["notes"]]
    assert sorted([*run.sides, *without]) == ["test", "train", "valid"]
    assert "examples were asked for and none could be made" in run.manifest["notes"][0]


def test_a_step_that_does_not_add_up_stops_the_build() -> None:
    lost = [Dropped(step="read", id="a", reason="empty")]
    tally = Tally()
    tally.count("read", asked=3, made=2, dropped=lost)
    with pytest.raises(AssertionError, match="step read: 3 asked, but 3 made and 1 dropped"):
        tally.count("read", asked=3, made=3, dropped=lost)


def test_drafts_and_checks_are_counted_apart(tmp_path: Path) -> None:
    lost = [
        {"step": "draft", "id": "1", "reason": "refused", "detail": ""},
        {"step": "check", "id": "2", "reason": "leak", "detail": "q"},
        {"step": "draft", "id": "3", "reason": "refused", "detail": ""},
    ]
    (tmp_path / "lost.jsonl").write_bytes(b"\n".join(map(orjson.dumps, lost)))
    tally = Tally()
    tally.drafted({"made": {"train/fine": 4}, "dropped": {"draft": 2, "check": 1}, "guards": {}})
    tally.write_dropped(tmp_path / "dropped.parquet", tmp_path / "lost.jsonl")
    steps = {one["step"]: one for one in tally.steps()}
    said = {name: (one["asked"], one["made"], one["dropped"]) for name, one in steps.items()}
    assert said["draft"] == (7, 5, {"refused": 2})
    assert said["check"] == (5, 4, {"leak": 1})
    listed = pq.read_table(tmp_path / "dropped.parquet")["id"].to_pylist()
    assert listed == ["1", "3", "2"]


def test_lengths_are_sampled_evenly_and_never_more_than_asked() -> None:
    lengths = np.random.default_rng(1).integers(0, 10_000, 20_000)
    some = sampled(lengths, 101)
    assert len(some) == 101
    assert some == sorted(some)
    assert some[0] == lengths.min()
    assert some[50] == pytest.approx(np.median(lengths), abs=100)
    assert some[100] == lengths.max()
    assert sampled(np.array([5, 3])) == [3, 5]
    assert sampled(np.zeros(0, int)) == []
