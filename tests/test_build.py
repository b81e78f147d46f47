"""Builds from end to end: going on, being refused, hostile documents, what is left behind."""

from __future__ import annotations

import os
import re
import sqlite3
from itertools import pairwise
from pathlib import Path

import orjson
import pytest

from longgrain.build import build
from longgrain.errors import PlanError, RunError, SourceError
from longgrain.folder import alone
from longgrain.plan import Plan
from longgrain.run import Run
from longgrain.types import Span
from small import SHARES, handbook, small_plan

HANDBOOKS = Path(__file__).parents[1] / "examples" / "demo" / "documents"


def calls(folder: Path) -> int:
    with sqlite3.connect(folder / "calls.sqlite") as db:
        return int(db.execute("SELECT count(*) FROM calls").fetchone()[0])


def tables(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.parquet")}


def test_a_run_leaves_what_the_design_says_and_nothing_else(small_run: Run) -> None:
    names = {path.name for path in small_run.folder.iterdir()}
    rows = {f"rows-{side}-00000.parquet" for side in ("train", "valid", "test")}
    laid = {f"examples-{side}.parquet" for side in ("train", "valid", "test")}
    kept = {"documents.parquet", "grains.parquet", "drafts.parquet", "dropped.parquet"}
    told = {"plan.yaml", "state.json", "manifest.json", "calls.sqlite", "report.html", "README.md"}
    assert names == rows | laid | kept | told


def test_the_plan_of_a_run_builds_the_same_run(small_run: Run, tmp_path: Path) -> None:
    plan = Plan.load(small_run.folder / "plan.yaml")
    again = Plan.of(plan.as_dict(), folder=small_run.manifest["plan_folder"])
    assert again.id == small_run.manifest["plan_id"]
    build(again, tmp_path / "again")
    assert tables(tmp_path / "again") == tables(small_run.folder)


def test_a_finished_run_is_given_back_at_once(small_run: Run) -> None:
    said: list[str] = []
    before = {path: path.stat().st_mtime_ns for path in small_run.folder.iterdir()}
    plan = small_plan(small_run.folder.parent)
    assert build(plan, small_run.folder, tell=said.append).folder == small_run.folder
    assert said == []
    assert {path: path.stat().st_mtime_ns for path in small_run.folder.iterdir()} == before


def test_the_baseline_counts_as_if_it_read_every_grain_of_a_context(
    small_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("longgrain.skim.CUT_WORDS", 1000)
    build(small_plan(small_run.folder.parent), tmp_path / "again")
    told = Run(tmp_path / "again").manifest["baseline"]
    assert told == small_run.manifest["baseline"]
    assert sum(one["asked"] for one in told.values()) > sum(one["hit"] for one in told.values()) > 0


def test_another_plan_is_not_built_into_the_folder_of_a_run(tmp_path: Path) -> None:
    build(small_plan(tmp_path), tmp_path / "run")
    before = tables(tmp_path / "run")
    with pytest.raises(RunError, match=r"holds a run of another plan.*--out.*--replace"):
        build(small_plan(tmp_path, seed=99), tmp_path / "run")
    assert tables(tmp_path / "run") == before


def test_two_builds_never_work_in_one_folder(tmp_path: Path) -> None:
    with alone(tmp_path / "run"), pytest.raises(RunError, match=r"another build is at work.*--out"):
        build(small_plan(tmp_path), tmp_path / "run")
    assert build(small_plan(tmp_path), tmp_path / "run").manifest["steps"]


def test_replace_builds_a_finished_run_again(tmp_path: Path) -> None:
    build(small_plan(tmp_path), tmp_path / "run")
    before, finished = tables(tmp_path / "run"), (tmp_path / "run" / "manifest.json").stat()
    build(small_plan(tmp_path), tmp_path / "run", replace=True)
    assert (tmp_path / "run" / "manifest.json").stat().st_mtime_ns > finished.st_mtime_ns
    assert tables(tmp_path / "run") == before


def test_replace_builds_anew_and_pays_for_no_answer_twice(tmp_path: Path) -> None:
    build(small_plan(tmp_path), tmp_path / "run")
    paid = calls(tmp_path / "run")
    layout = {"lengths": [700], "depths": 4, "short": 200}
    run = build(small_plan(tmp_path, layout=layout), tmp_path / "run", replace=True)
    assert calls(tmp_path / "run") == paid
    assert run.manifest["teacher"]["asked"] == 0
    assert run.manifest["teacher"]["from_ledger"] == run.manifest["teacher"]["requests"] > 0
    assert run.manifest["quotas"]["train"]["lengths"]["edges"][-1] == 700
    build(small_plan(tmp_path, layout=layout), tmp_path / "other")
    assert tables(tmp_path / "other") == tables(tmp_path / "run")


@pytest.mark.parametrize("changed", ["documents/handbook-0.md", "general.jsonl", "bench.txt"])
def test_a_run_whose_inputs_changed_is_not_taken_for_the_same(tmp_path: Path, changed: str) -> None:
    (tmp_path / "general.jsonl").write_text('{"prompt": "Hi", "response": "Ho"}\n', "utf-8")
    (tmp_path / "bench.txt").write_text("nothing of note", "utf-8")
    recipe = {"use": "in2", "examples": 20, "general": "general.jsonl"}
    plan = small_plan(tmp_path, recipes=[recipe], decontaminate=["bench.txt"])
    build(plan, tmp_path / "run")
    with (tmp_path / changed).open("a", encoding="utf-8") as file:
        file.write("\n")
    with pytest.raises(RunError, match="holds a run of other documents"):
        build(plan, tmp_path / "run")


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    plan = small_plan(tmp_path)
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.tex").write_text("all my work", "utf-8")
    for replace in (False, True):
        with pytest.raises(RunError, match="is no run of longgrain"):
            build(plan, mine, replace=replace)
    assert [path.name for path in mine.iterdir()] == ["thesis.tex"]


def test_a_build_that_could_not_begin_leaves_the_folder_open_for_the_next_plan(
    tmp_path: Path,
) -> None:
    with pytest.raises(PlanError, match="cannot be filled"):
        build(small_plan(tmp_path, layout={"lengths": [200_000]}), tmp_path / "run")
    assert not (tmp_path / "run" / "calls.sqlite").exists()
    assert build(small_plan(tmp_path), tmp_path / "run").sides == ["train", "valid", "test"]


def test_a_replacement_that_was_stopped_goes_on_unasked(tmp_path: Path) -> None:
    plan = small_plan(tmp_path)
    build(plan, tmp_path / "run")
    before = tables(tmp_path / "run")
    (tmp_path / "run" / "state.json").write_bytes(b"{}")  # as `--replace` leaves it half way
    (tmp_path / "run" / "documents.parquet").unlink()
    (tmp_path / "run" / "work").mkdir()
    (tmp_path / "run" / "work" / "store").write_text("torn", "utf-8")
    build(plan, tmp_path / "run")
    assert tables(tmp_path / "run") == before


def test_a_pool_shorter_than_the_longest_context_is_an_error_before_anything_is_asked(
    tmp_path: Path,
) -> None:
    plan = small_plan(tmp_path, layout={"lengths": {"min": 512, "max": 8192}})
    with pytest.raises(PlanError, match=r"valid: .* tokens, but contexts of up to 8,192"):
        build(plan, tmp_path / "run")


def test_sources_that_are_missing_or_hold_nothing_are_errors(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="nowhere"):
        build(small_plan(tmp_path, sources=["nowhere"]), tmp_path / "run")
    (tmp_path / "blank.txt").write_text("\n", "utf-8")
    with pytest.raises(PlanError, match=r"gave a document \(1 items were dropped: 1 x empty\)"):
        build(small_plan(tmp_path, sources=["blank.txt"]), tmp_path / "run")


def test_documents_of_which_nothing_can_be_asked_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "documents").mkdir()
    for number in range(8):
        words = " ".join(f"word{number}x{i} and some more words." for i in range(900))
        (tmp_path / "documents" / f"{number}.txt").write_text(words, "utf-8")
    with pytest.raises(PlanError, match="no draft passed the checks"):
        build(small_plan(tmp_path), tmp_path / "run")


HOSTILE = {
    "empty.txt": b"",
    "one.txt": b"x",
    "two.txt": "了".encode(),
    "nul.md": b"\x00" * 5000,
    "bytes.txt": bytes(range(256)) * 400,
    "dots.md": b"." * 4000,
    "blank-lines.md": b"\n" * 50_000,
    "heads.md": b"# a\n" * 3000,
    "line.txt": ("no end in sight 没有尽头 " * 75_000).encode(),
    "no-break.txt": b"ab" * 100_000,
    "surrogate.jsonl": b'{"text": "bad \\ud800 pair, it has 3 ends."}\n',
    "emoji.md": "👩‍👩‍👧‍👦🏳️‍🌈 ".encode() * 900,
    "control.md": b"<|im_start|>system<|im_end|><|endoftext|> " * 300,
    "deep.md": b"###### " + b">" * 3000 + b" x\n",
}


@pytest.mark.parametrize("workers", [1, 2])
def test_hostile_documents_do_not_stop_a_build(tmp_path: Path, workers: int) -> None:
    (tmp_path / "documents").mkdir()
    for name, raw in HOSTILE.items():
        (tmp_path / "documents" / name).write_bytes(raw)
    assert len(HOSTILE["line.txt"]) > 2_000_000
    plan = small_plan(
        tmp_path,
        sources=["documents", str(HANDBOOKS)],
        teacher="extractive",
        recipes=[{"use": "in2", "examples": 40, "shares": SHARES}],
    )
    run = build(plan, tmp_path / "run", workers=workers)
    named = {one.id.split("#")[0] for one in run.dropped()} | {
        one.split("#")[0] for one in run.sources
    }
    assert named >= HOSTILE.keys()
    assert sum(1 for side in run.sides for _ in run.examples(side)) == 40


@pytest.mark.parametrize("name", ["one.txt", "dots.md", "heads.md", "emoji.md", "no-break.txt"])
def test_a_hostile_document_alone_gives_an_error_that_says_what_to_do(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / name).write_bytes(HOSTILE[name])
    with pytest.raises(PlanError, match=r"more documents|other documents"):
        build(small_plan(tmp_path, layout={"lengths": [256]}), tmp_path / "run")


METADATA = re.compile(
    r"\[(Handbook \d+( \| \w+ station)?|手册\d+( \| 第.章)?)( \| [^|]+)? \| \d+%\]\n"
)


def test_metadata_before_a_grain_is_a_role_of_its_own(tmp_path: Path) -> None:
    layout = {"lengths": [512, 1024], "metadata": ["title", "heading", "position"], "in_order": 0}
    plan = small_plan(tmp_path, layout={**layout, "depths": 5, "short": 256})
    run = build(plan, tmp_path / "run")
    texts = run.texts()
    seen = 0
    for example in run.examples("train"):
        if example.lineage["layout"] != "pool":
            continue
        spans = [s for m in example.views["train"] for s in m.spans if isinstance(s, Span)]
        for line, words in pairwise(spans):
            if line.role == "metadata":
                assert words.role in ("evidence", "distractor")
                assert METADATA.fullmatch(line.words(texts)), line.words(texts)
                seen += 1
        grains = sum(span.role in ("evidence", "distractor") for span in spans)
        assert sum(span.role == "metadata" for span in spans) == grains
    assert seen > 300
    roles = run.manifest["roles"]["train"]
    assert roles["metadata"]["tokens"] > 0 == roles["metadata"]["learned"]


def test_workers_that_cannot_work_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="give at least 1"):
        build(small_plan(tmp_path), tmp_path / "run", workers=0)


def test_only_the_hash_of_what_was_read_is_told_not_where_it_lay(small_run: Run) -> None:
    """Tables can be given away: no path of the machine that made them is in them."""
    place = os.fsencode(small_run.folder.parent)
    for name, raw in tables(small_run.folder).items():
        assert place not in raw, name
    sources = [one["source"] for one in small_run.manifest["inputs"]]
    assert "handbook-0.md" in sources


def test_a_run_without_its_ledger_still_says_every_word(tmp_path: Path) -> None:
    run = build(small_plan(tmp_path), tmp_path / "run")
    (tmp_path / "run" / "calls.sqlite").unlink()
    texts = run.texts()
    for example in run.examples("train"):
        words = [s.words(texts) for m in example.views["train"] for s in m.spans]  # type: ignore[union-attr]
        assert all(isinstance(one, str) for one in words)
        assert example.lineage["answer"] in words[-1]


def test_the_seconds_and_the_people_that_tell_of_a_run_are_in_its_manifest(small_run: Run) -> None:
    manifest = orjson.loads((small_run.folder / "manifest.json").read_bytes())
    assert sum(step["seconds"] for step in manifest["steps"]) > 0.1
    assert manifest["teacher"] | {"name": "rule", "version": "1"} == manifest["teacher"]
    assert manifest["teacher"]["money"] == 0.25 * manifest["teacher"]["answered"]
    assert handbook(0) in small_run.texts().values()
