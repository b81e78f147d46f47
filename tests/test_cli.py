"""The command line: help, the way from a folder to an export, and what it says when it cannot."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from ruamel.yaml import YAML

import longgrain
from longgrain.errors import PlanError, RunError
from longgrain.plan import Plan

DOCUMENTS = Path(__file__).resolve().parent.parent / "examples" / "demo" / "documents"
VERBS = (
    *("survey", "init", "preview", "build", "explain", "export", "train", "adapters"),
    *("probe", "compare", "score", "report", "why", "review", "decisions", "tune", "prove"),
    *("select", "ask"),
)
COMMAND = [sys.executable, "-c", "from longgrain.cli import main; main()"]
Said = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of documents, about a fifth of each handbook of the demonstration."""
    folder = tmp_path_factory.mktemp("user") / "documents"
    folder.mkdir()
    for path in sorted(DOCUMENTS.glob("*.md")):
        text = path.read_text("utf-8")
        (folder / path.name).write_text(text[: len(text) // 3], "utf-8")
    return folder


@pytest.fixture(scope="module")
def plan(place: Path) -> Path:
    """A small plan for them."""
    path = place.parent / "plan.yaml"
    path.write_text(
        "name: small\nsources: [documents]\nsplit: {valid: 0.15, test: 0.0}\n"
        "recipes: [{use: in2, examples: 24, shares: {fine: 0.8, short: 0.2}}]\n"
        "layout: {lengths: {min: 512, max: 2048}, depths: 4}\npack: {length: 4096}\n"
    )
    return path


@pytest.fixture(scope="module")
def run_folder(plan: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "small"
    longgrain.build(plan, folder)
    return folder


def snapshot(folder: Path) -> dict[str, tuple[int, int]]:
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in folder.rglob("*")}


# --- help ---


@pytest.mark.parametrize("verb", VERBS)
def test_the_help_of_a_verb_shows_an_example_that_calls_it(said: Said, verb: str) -> None:
    code, out, _ = said(verb, "--help")
    assert code == 0
    assert f"longgrain {verb} " in out.partition("Example:")[2]


@pytest.mark.parametrize("verb", VERBS)
def test_the_help_of_a_verb_describes_every_option(said: Said, verb: str) -> None:
    _, out, _ = said(verb, "--help")
    for line in out.splitlines():
        if found := re.match(r"│ [* ] ([A-Z_]+|--\S+|-\S).*?  (.*)│", line):
            assert found[2].strip(), line


def test_the_help_lists_the_verbs_in_the_order_of_use(said: Said) -> None:
    _, out, _ = said("--help")
    assert re.findall(r"^│ ([a-z]+)  ", out, re.MULTILINE) == list(VERBS)
    assert max(map(len, out.splitlines())) <= 100


def test_the_help_is_there_in_three_tenths_of_a_second() -> None:
    taken = []
    for _ in range(5):  # CPU seconds, so that a busy machine does not count
        before = os.times()
        subprocess.run([*COMMAND, "--help"], capture_output=True, check=True, timeout=60)
        after = os.times()
        used = after.children_user + after.children_system
        taken.append(used - before.children_user - before.children_system)
    assert min(taken) < 0.3


def test_the_version_is_that_of_the_package(said: Said) -> None:
    assert said("--version")[1].strip() == longgrain.__version__


# --- init ---


def test_init_writes_a_plan_that_build_takes_as_it_is(
    said: Said, place: Path, tmp_path: Path
) -> None:
    out = tmp_path / "plan.yaml"
    code, words, _ = said("init", place, "--out", out)
    assert code == 0
    assert str(out) in words
    code, words, _ = said("build", out, "--out", tmp_path / "run", "--set", "recipes.0.examples=20")
    assert code == 0
    run = longgrain.Run(tmp_path / "run")
    assert run.sides
    assert all(len(list(run.examples(side))) for side in run.sides)


def test_init_explains_every_setting_in_a_line(said: Said, place: Path, tmp_path: Path) -> None:
    out = tmp_path / "plan.yaml"
    said("init", place, "--out", out)
    text = out.read_text("utf-8")
    asked = YAML(typ="safe").load(io.StringIO(text))
    assert set(asked) == set(Plan.model_fields) - {"folder"}
    for line in text.splitlines():
        key = re.match(r"\s*(?:- )?([a-z_]+):", line)
        if key and key[1] not in ("recipes", "min", "max"):
            assert "# " in line, line


def test_init_asks_for_contexts_that_every_side_can_fill(place: Path, tmp_path: Path) -> None:
    from longgrain.init import init

    plan = Plan.load(init(place, tmp_path / "plan.yaml"), ["recipes.0.examples=10"])
    assert plan.split.valid
    run = longgrain.build(plan, tmp_path / "run")
    sides = run.manifest["split"]["sides"].values()
    assert plan.layout.longest <= min(side["tokens"] for side in sides)


def test_init_never_writes_over_a_plan_unless_told_to(
    said: Said, place: Path, tmp_path: Path
) -> None:
    out = tmp_path / "plan.yaml"
    out.write_text("mine")
    code, _, error = said("init", place, "--out", out)
    assert code == 2
    assert "--force" in error
    assert out.read_text() == "mine"
    assert said("init", place, "--out", out, "--force")[0] == 0
    assert out.read_text("utf-8") != "mine"


def test_init_says_when_there_is_too_little_text(said: Said, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("A short note, and nothing else.")
    code, _, error = said("init", tmp_path, "--out", tmp_path / "plan.yaml")
    assert code == 2
    assert "too few" in error
    assert not (tmp_path / "plan.yaml").exists()


# --- preview ---


def test_preview_writes_nothing_where_the_user_is(
    said: Said, plan: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.chdir(plan.parent)
    before = snapshot(plan.parent)
    code, out, _ = said("preview", plan, "-n", 2)
    assert code == 0
    assert "forecast" in out
    assert snapshot(plan.parent) == before
    assert not list(scratch.iterdir())


def test_preview_shows_as_many_examples_as_asked_for(said: Said, plan: Path) -> None:
    _, out, _ = said("preview", plan, "-n", 3)
    assert len(re.findall(r"^[0-9a-f]{16}  in2", out, re.MULTILINE)) == 3


def test_the_forecast_of_a_larger_plan_is_near_what_a_build_takes(
    plan: Path, tmp_path: Path
) -> None:
    from longgrain import preview as look
    from longgrain.preview import sample

    asked = Plan.load(plan, ["recipes.0.examples=260"])
    assert sum(one.examples for one in sample(asked, 5).recipes) < 260
    found = look(asked, 1).forecast
    assert found is not None
    assert not found.exact
    run = longgrain.build(asked, tmp_path / "run")
    tokens = sum(one["tokens"] for one in run.manifest["packing"].values())
    disk = sum(path.stat().st_size for path in run.folder.iterdir())
    assert found.tokens == pytest.approx(tokens, rel=0.15)
    assert found.disk == pytest.approx(disk, rel=0.35)
    assert found.calls == pytest.approx(run.manifest["teacher"]["asked"], rel=0.35)


def test_a_pool_shorter_than_the_context_is_said_with_what_would_work(
    said: Said, plan: Path
) -> None:
    code, out, _ = said("preview", plan, "--set", "layout.lengths.max=65536")
    assert code == 2
    assert "this cannot work" in out
    assert "65,536" in out
    assert "valid" in out
    assert "train" in out


def test_a_build_refuses_a_pool_that_is_too_short(plan: Path, tmp_path: Path) -> None:
    asked = Plan.load(plan, ["layout.lengths.max=65536"])
    with pytest.raises(PlanError, match="65,536"):
        longgrain.build(asked, tmp_path / "run")


def test_depth_bins_narrower_than_a_grain_are_doubted(plan: Path) -> None:
    found = longgrain.preview(Plan.load(plan, ["layout.depths=10"]), 1)
    assert not found.problems
    assert any("layout.depths" in one for one in found.doubts)
    assert not any("layout.depths" in one for one in longgrain.preview(plan, 1).doubts)


def test_more_questions_than_the_grains_can_give_are_doubted(plan: Path) -> None:
    few = longgrain.preview(plan, 1)
    many = longgrain.preview(Plan.load(plan, ["recipes.0.examples=100000"]), 1)
    assert not any("one question a grain" in one for one in few.doubts)
    assert any("one question a grain" in one for one in many.doubts)


def test_a_benchmark_that_is_not_there_is_an_error(said: Said, plan: Path) -> None:
    code, out, error = said("preview", plan, "--set", "decontaminate=[nowhere.jsonl]")
    assert code == 2
    assert "nowhere.jsonl" in out + error


# --- build ---


def test_build_says_what_it_made_and_where(said: Said, plan: Path, tmp_path: Path) -> None:
    code, out, steps = said("build", plan, "--out", tmp_path / "run")
    assert code == 0
    manifest = longgrain.Run(tmp_path / "run").manifest
    for side, packed in manifest["packing"].items():
        line = next(one for one in out.splitlines() if one.split()[:1] == [side])
        assert f"{packed['tokens']:,}" in line
        assert f"{packed['rows']:,}" in line
    assert str(tmp_path / "run") in out
    assert "✓ " in steps


def test_a_changed_setting_changes_the_plan_that_is_kept(
    said: Said, plan: Path, tmp_path: Path
) -> None:
    said("build", plan, "--out", tmp_path / "run", "--set", "seed=99", "--set", "name=other")
    kept = Plan.load(tmp_path / "run" / "plan.yaml")
    assert (kept.seed, kept.name) == (99, "other")


def test_a_pipe_gets_no_colour_and_no_cursor(plan: Path, tmp_path: Path) -> None:
    words = ["build", str(plan), "--out", str(tmp_path / "run")]
    run = subprocess.run([*COMMAND, *words], capture_output=True, check=True, timeout=120)
    assert b"\x1b" not in run.stdout + run.stderr
    assert b"fine" in run.stdout


def test_a_build_that_is_interrupted_says_that_it_goes_on_and_does(
    plan: Path, tmp_path: Path
) -> None:
    words = [*COMMAND, "build", str(plan), "--out", str(tmp_path / "run")]
    words += ["--set", "recipes.0.examples=200"]
    # In the background of a shell, a child would be born deaf to Ctrl-C.
    hearing = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)}
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True, **hearing) as process:
        assert process.stderr
        assert "reading" in process.stderr.readline()  # it is splitting or drafting now
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
    assert process.returncode == 130
    assert "goes on" in rest
    assert "Traceback" not in rest
    assert not (tmp_path / "run" / "manifest.json").exists()
    subprocess.run(words, check=True, capture_output=True, timeout=120)
    assert longgrain.Run(tmp_path / "run").manifest["packing"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["build", "nowhere.yaml"], "nowhere.yaml"),
        (["explain", "nowhere"], "no finished run"),
        (["export", "nowhere", "--to", "trl"], "no finished run"),
        (["init", "nowhere"], "does not exist"),
    ],
)
def test_what_cannot_be_is_one_message_and_exit_2(
    said: Said, words: list[str], expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, error = said(*words)
    assert code == 2
    assert not out
    assert error.startswith("longgrain: ")
    assert expected in error
    assert "Traceback" not in error


def test_a_note_on_an_error_is_shown(
    said: Said, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(*_: object, **__: object) -> None:
        error = RunError("the disk is full")
        error.add_note("in shard rows-train-00003")
        raise error

    monkeypatch.setattr("longgrain.init.init", fail)
    _, _, error = said("init", tmp_path)
    assert error.splitlines() == ["longgrain: the disk is full", "in shard rows-train-00003"]


def test_a_wrong_option_is_exit_2(said: Said) -> None:
    code, _, error = said("build", "plan.yaml", "--wokers", "2")
    assert code == 2
    assert "--wokers" in error


# --- explain ---


def test_explain_without_an_id_lists_ids_of_every_side(said: Said, run_folder: Path) -> None:
    _, out, _ = said("explain", run_folder)
    run = longgrain.Run(run_folder)
    assert {line.split()[1] for line in out.splitlines()} == set(run.sides)


def test_every_example_is_equal_to_its_packed_row(run_folder: Path) -> None:
    run = longgrain.Run(run_folder)
    for side in run.sides:
        for example in run.examples(side):
            found = longgrain.explain(run, example.id)
            assert found.tokens == example.lineage["tokens"] == len(found.trained)
            assert found.learned == sum(token.weight > 0 for token in found.trained)


def test_an_example_of_another_row_is_found_out(run_folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in run_folder.iterdir():
        if path.is_file():
            (copy / path.name).write_bytes(path.read_bytes())
    rows = copy / "rows-train-00000.parquet"
    table = pq.read_table(rows)
    ids = table["input_ids"].to_pylist()
    ids[0][5] += 1
    changed = pa.array(ids, table.schema.field("input_ids").type)
    pq.write_table(table.set_column(0, table.schema.field("input_ids"), changed), rows)
    name = table["example_ids"].to_pylist()[0][0]
    with pytest.raises(RunError, match=r"at token 5 in its row.*do not belong together"):
        longgrain.explain(copy, name)
    longgrain.explain(run_folder, name)


def test_a_beginning_of_an_id_is_enough_if_there_is_one(said: Said, run_folder: Path) -> None:
    run = longgrain.Run(run_folder)
    name = next(iter(run.examples("train"))).id
    assert longgrain.explain(run, name[:12]).id == name
    code, _, error = said("explain", run_folder, "")
    assert code == 2
    assert "examples" in error


def test_explain_shows_where_the_evidence_stands(said: Said, run_folder: Path) -> None:
    run = longgrain.Run(run_folder)
    example = next(one for one in run.examples("train") if one.depths)
    _, out, _ = said("explain", run_folder, example.id, "--tokens")
    evidence = [
        span for span in longgrain.explain(run, example.id).spans if span.role == "evidence"
    ]
    assert [span.depth for span in evidence] == pytest.approx(example.depths)
    assert f"{evidence[0].start}-{evidence[0].end}" in out
    assert evidence[0].source in out
    assert "ids, weights and roles equal" in out
    assert "tokens as trained" in out


def test_the_depth_that_is_shown_is_where_the_tokens_lie(run_folder: Path) -> None:
    run = longgrain.Run(run_folder)
    for example in run.examples("train"):
        spans = longgrain.explain(run, example.id).spans
        roles = [span.role for span in spans]
        inside = [i for i, role in enumerate(roles) if role in ("evidence", "distractor")]
        if not inside:
            continue
        first = spans[inside[0]].first_token
        end = spans[inside[-1] + 1]  # the blank line behind the last grain belongs to the context
        total = end.first_token + end.tokens - first
        for span in spans:
            if span.depth is not None:
                middle = span.first_token + span.tokens / 2 - first
                assert span.depth == pytest.approx(middle / total, abs=2 / total)


def test_explain_writes_a_page(said: Said, run_folder: Path, tmp_path: Path) -> None:
    name = next(iter(longgrain.Run(run_folder).examples("train"))).id
    page = tmp_path / "example.html"
    code, out, _ = said("explain", run_folder, name, "--html", page)
    assert code == 0
    assert str(page) in out
    assert name in page.read_text("utf-8")


def test_tokens_of_parts_of_characters_are_shown_as_bytes() -> None:
    from longgrain.explain import TokenWords
    from longgrain.tokens import Tokenizer

    tokenizer = Tokenizer.load("longgrain")
    words = TokenWords(tokenizer)
    ids = tokenizer.encode(["龘 fee"]).values.tolist()
    shown = "".join(map(words, ids))
    assert shown in (r"\xe9\xbe\x98 fee", "龘 fee")
    control = tokenizer.control["<|im_end|>"]["id"]
    assert words(control) == "<|im_end|>"


# --- export ---


@pytest.mark.parametrize("format_", ["jsonl", "parquet", "hf", "trl"])
def test_an_export_is_written_where_it_was_asked_for(
    said: Said, run_folder: Path, tmp_path: Path, format_: str
) -> None:
    code, out, _ = said("export", run_folder, "--to", format_, "--out", tmp_path / "x")
    assert code == 0
    written = [path for path in (tmp_path / "x").rglob("*") if path.is_file()]
    assert written
    assert all(str(path) in out for path in written)


def test_an_unknown_format_names_the_known_ones(said: Said, run_folder: Path) -> None:
    code, _, error = said("export", run_folder, "--to", "parqet")
    assert code == 2
    assert "did you mean 'parquet'?" in error


def test_the_environment_of_the_tests_has_the_command() -> None:
    place = Path(sys.executable).with_name("longgrain")
    assert os.access(place, os.X_OK)
