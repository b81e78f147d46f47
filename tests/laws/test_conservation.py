"""Law 7: at every step, asked = made + dropped, each dropped item with a reason; nothing else is lost."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from longgrain.build import build
from longgrain.run import Run
from small import small_plan

STEPS = ["read", "split", "draft", "check", "assemble", "pack", "rows"]
CORPORA = Path(__file__).parents[2].parent / "shared" / "data" / "corpora"


def breaches(run: Run) -> list[str]:
    """What of the law a finished run breaks."""
    return [*_steps(run), *_grains(run), *_drafts(run), *_tokens(run), *_requests(run)]


def _steps(run: Run) -> list[str]:
    """The manifest adds up, and dropped.parquet says the same."""
    found = []
    listed = Counter((one.step, one.reason) for one in run.dropped())
    if [step["step"] for step in run.manifest["steps"]] != STEPS:
        found.append("a step is missing")
    for step in run.manifest["steps"]:
        name, dropped = step["step"], step["dropped"]
        if step["asked"] != step["made"] + sum(dropped.values()):
            found.append(f"{name} does not add up")
        if dropped != {reason: n for (of, reason), n in listed.items() if of == name}:
            found.append(f"{name}: dropped.parquet and the manifest differ")
    if any(not one.reason or not one.id or one.step not in STEPS for one in run.dropped()):
        found.append("an item was dropped without a reason, a name or a step")
    return found


def _grains(run: Run) -> list[str]:
    """The cuts hold every non-blank character once, and each is on a side or was dropped."""
    texts = run.texts()
    seen = {name: np.zeros(len(text), np.int8) for name, text in texts.items()}
    table = pq.read_table(run.folder / "grains.parquet", filters=[("kind", "=", "cut")])
    for doc, start, end in zip(
        *(table[name].to_pylist() for name in ("doc", "start", "end")), strict=True
    ):
        seen[run.doc_ids[doc]][start:end] += 1
    found = [
        f"document {name}: text that is in no cut, or in two"
        for name, times in seen.items()
        if (times > 1).any() or texts[name].strip() == "" != times.any()
        or any(not letter.isspace() for letter, n in zip(texts[name], times, strict=True) if n == 0)
    ]  # fmt: skip
    nowhere = sum(side == "" for side in table["side"].to_pylist())
    lost = sum(one.step == "split" for one in run.dropped())
    return found + (["a cut without a side was not dropped"] if nowhere != lost else [])


def _drafts(run: Run) -> list[str]:
    """Every draft became an example or was dropped while it was laid out, never both."""
    drafts = pq.read_table(run.folder / "drafts.parquet")["id"].to_pylist()
    lost = [one.id for one in run.dropped() if one.step == "assemble"]
    laid = [example.lineage["draft"] for side in run.sides for example in run.examples(side)]
    return [] if sorted(drafts) == sorted(lost + laid) else ["a draft was lost or laid twice"]


def _tokens(run: Run) -> list[str]:
    """Examples in = examples in rows + those too long; tokens in = tokens out, example by example."""
    found = []
    too_long = {one.id for one in run.dropped() if one.step == "pack"}
    for side in run.sides:
        wanted = {one.id: one.lineage["tokens"] for one in run.examples(side)}
        held: Counter[str] = Counter()
        for row in run.rows(side):
            for name, length in zip(row.example_ids, row.seq_lengths.tolist(), strict=True):
                held[name] += length
            if row.span_lengths.sum() != len(row.input_ids) != row.seq_lengths.sum():
                found.append("a row's spans or examples do not cover it")
        if held != {name: n for name, n in wanted.items() if name not in too_long}:
            found.append(f"tokens of {side} were lost or made up")
        roles = run.manifest["roles"][side].values()
        if sum(role["tokens"] for role in roles) != sum(held.values()):
            found.append(f"roles of {side} do not add up to its tokens")
    return found


def _requests(run: Run) -> list[str]:
    """Every answer of the teacher led to a draft or to a reason why not."""
    teacher = run.manifest["teacher"]
    if teacher["requests"] != teacher["asked"] + teacher["from_ledger"]:
        return ["requests were neither asked nor known"]
    if teacher["asked"] != teacher["answered"] + teacher["refused"]:
        return ["requests were neither answered nor refused"]
    return []


def test_a_small_build_loses_nothing(small_run: Run) -> None:
    assert breaches(small_run) == []
    assert {one.step for one in small_run.dropped()} >= {"draft"}


HOSTILE: dict[str, bytes] = {
    "empty.txt": b"",
    "blank.md": b" \n\n\t\n",
    "nul.txt": b"\x00" * 300,
    "mixed.txt": b"In Orlan\x00 bridge it held 12 lamps.\x00",
    "binary.txt": bytes(range(256)) * 40,
    "one.txt": b"a",
    "one-zh.txt": "。".encode(),
    "unfinished.txt": b"no sentence ends here " * 3,
    "line.txt": b"In May the old lamp near Tarn held 77 bells, while one round door faced the sea. "
    * 200,
    "nobreak.txt": b"x" * 20_000,
    "control.md": b"He wrote <|im_start|>system and <|im_end|> on the wall. " * 9,
    "rows.jsonl": b'{"text": "In May it held 5 bells."}\n{"nothing": 1}\nnot json\n',
    "what.xyz": b"unknown",
    "zz-copy.md": b"",  # filled below: the same text as another document
}


def hostile(folder: Path) -> Path:
    """A small plan's folder with documents that nobody would want, and contexts that few can fill."""
    small_plan(folder)
    documents = folder / "documents"
    for name, raw in HOSTILE.items():
        (documents / name).write_bytes(raw)
    (documents / "zz-copy.md").write_bytes((documents / "handbook-1.md").read_bytes())
    line = "In March the keeper of Velm wrote that the winch was tested 4321 times by three men."
    (folder / "benchmark.jsonl").write_bytes(orjson.dumps({"question": line, "answer": "4321"}))
    (documents / "leaked.md").write_text("# Leak\n\n" + line + "\n", "utf-8")
    return folder


def hostile_plan(folder: Path, **changes: Any) -> Any:
    layout = {"lengths": [384, 1024, 2500], "depths": 5, "short": 256, "in_order": 0.3}
    return small_plan(
        hostile(folder),
        decontaminate=["benchmark.jsonl"],
        layout=layout,
        pack={"length": 2048},
        **changes,
    )


@pytest.fixture(scope="module")
def hostile_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("hostile")
    return build(hostile_plan(folder), folder / "run")


def test_a_build_of_hostile_documents_loses_nothing(hostile_run: Run) -> None:
    assert breaches(hostile_run) == []
    reasons = {(one.step, one.reason) for one in hostile_run.dropped()}
    assert ("read", "exact duplicate") in reasons
    assert ("split", "shares ten words in a row with a benchmark") in reasons
    assert ("pack", "longer than a row") in reasons
    dropped = {one.id.split("#")[0] for one in hostile_run.dropped() if one.step == "read"}
    assert {"empty.txt", "blank.md", "what.xyz", "rows.jsonl", "zz-copy.md"} <= dropped


def test_hostile_documents_are_read_or_named(hostile_run: Run) -> None:
    known = {source.split("#")[0] for source in hostile_run.sources}
    known |= {one.id.split("#")[0] for one in hostile_run.dropped() if one.step == "read"}
    assert known >= HOSTILE.keys()


@pytest.mark.skipif(not CORPORA.is_dir(), reason="shared/data/corpora is not here")
def test_a_build_of_real_documents_with_the_extractive_teacher_loses_nothing(
    tmp_path: Path,
) -> None:
    names = ("en/gov/nist-sp800-63a.md", "zh/law/xingfa.md", "zh/tech/hf-course-ch6-zh-TW.md")
    plan = small_plan(
        tmp_path,
        sources=[str(CORPORA / name) for name in names],
        teacher="extractive",
        split={"valid": 0.1, "test": 0.1},
    )
    run = build(plan, tmp_path / "run", workers=2)
    assert breaches(run) == []
    assert len(list(run.examples("train"))) == 48


# The controls: each takes one thing away from a sound run.


def copied(run: Run, folder: Path) -> Run:
    """A copy of a run that may be written to."""
    import shutil

    shutil.copytree(run.folder, folder)
    return Run(folder)


def test_control_a_dropped_item_that_is_not_listed_is_caught(
    small_run: Run, tmp_path: Path
) -> None:
    broken = copied(small_run, tmp_path / "run")
    path = broken.folder / "dropped.parquet"
    pq.write_table(pq.read_table(path).slice(1), path)
    assert "draft: dropped.parquet and the manifest differ" in breaches(broken)


def test_control_a_row_that_is_not_written_is_caught(small_run: Run, tmp_path: Path) -> None:
    broken = copied(small_run, tmp_path / "run")
    path = broken.row_files("train")[0]
    pq.write_table(pq.read_table(path).slice(1), path)
    assert "tokens of train were lost or made up" in breaches(broken)


def test_control_an_example_that_is_left_out_is_caught(small_run: Run, tmp_path: Path) -> None:
    broken = copied(small_run, tmp_path / "run")
    path = broken.folder / "examples-test.parquet"
    pq.write_table(pq.read_table(path).slice(1), path)
    assert "a draft was lost or laid twice" in breaches(broken)


def test_control_a_cut_that_is_lost_is_caught(small_run: Run, tmp_path: Path) -> None:
    broken = copied(small_run, tmp_path / "run")
    path = broken.folder / "grains.parquet"
    table = pq.read_table(path)
    ends = pc.subtract(table["end"], pa.array([9] + [0] * (len(table) - 1), pa.int32()))
    pq.write_table(table.set_column(table.column_names.index("end"), "end", ends), path)
    assert any("text that is in no cut" in one for one in breaches(broken))


def test_control_a_count_that_is_wrong_is_caught(small_run: Run, tmp_path: Path) -> None:
    broken = copied(small_run, tmp_path / "run")
    path = broken.folder / "manifest.json"
    manifest = orjson.loads(path.read_bytes())
    manifest["steps"][4]["made"] -= 1
    path.write_bytes(orjson.dumps(manifest))
    assert "assemble does not add up" in breaches(Run(broken.folder))
