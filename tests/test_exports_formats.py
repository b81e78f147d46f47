"""Exports of a finished run say what its rows say; formats without a trainer here keep their documents' rules."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow.parquet as pq
import pytest

from exporting import HALF, HOSTILE, PARTLY, PLAIN, MadeRun
from longgrain import shelf
from longgrain.exports.arrays import Arrays
from longgrain.exports.axolotl import Axolotl
from longgrain.exports.megatron import Megatron
from longgrain.exports.ms_swift import MsSwift
from longgrain.exports.openai import OpenAI
from longgrain.exports.trl import Trl
from longgrain.rows import Row
from longgrain.run import Run
from longgrain.types import Example, Side

ALL = PLAIN | PARTLY | HALF | HOSTILE


def lines(path: Path) -> list[Any]:
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


def words_of(path: Path) -> str:
    return " ".join(path.read_text("utf-8").split())


def ids_of(run: Any, messages: list[dict[str, str]]) -> list[int]:
    """Messages through the run's own template and tokenizer, contents never parsed for control tokens."""
    frame = run.template.frame(tuple(one["role"] for one in messages))
    found: list[int] = []
    stretch = ""
    for part in frame:
        if hasattr(part, "id"):
            found += [*run.tokenizer.encode([stretch]).values.tolist(), part.id]
            stretch = ""
        else:
            stretch += messages[part.message]["content"] if hasattr(part, "message") else part.text
    return found + run.tokenizer.encode([stretch]).values.tolist()


def meant_by(run: Any) -> dict[str, tuple[list[int], list[float]]]:
    found = {}
    for row in run.rows("train"):
        borders = np.concatenate([[0], np.cumsum(row.seq_lengths)]).tolist()
        for name, (a, b) in zip(row.example_ids, pairwise(borders), strict=True):
            found[name] = (row.input_ids[a:b].tolist(), row.weights[a:b].tolist())
    return found


def test_messages_of_a_finished_run_give_the_tokens_of_its_rows(
    small_run: Run, tmp_path: Path
) -> None:
    Trl(form="prompt_completion").write(small_run, tmp_path)
    meant = meant_by(small_run)
    examples = list(small_run.examples("train"))
    found = lines(tmp_path / "train.jsonl")
    assert len(found) == len(examples) > 20
    for example, line in zip(examples, found, strict=True):
        assert ids_of(small_run, line["prompt"] + line["completion"]) == meant[example.id][0]


def test_segments_of_a_finished_run_give_its_tokens_and_labels(
    small_run: Run, tmp_path: Path
) -> None:
    Axolotl(form="segments").write(small_run, tmp_path)
    control = {text: int(token["id"]) for text, token in small_run.tokenizer.control.items()}
    whole = small_run.tokenizer.library.__class__.from_str(small_run.tokenizer.source)
    assert set(control) <= set(whole.get_vocab())
    meant = meant_by(small_run)
    for example, line in zip(
        small_run.examples("train"), lines(tmp_path / "train.jsonl"), strict=True
    ):
        ids: list[int] = []
        learned: list[bool] = []
        for segment in line["segments"]:
            more = whole.encode(segment["text"], add_special_tokens=False).ids
            ids += more
            learned += [segment["label"]] * len(more)
        assert ids == meant[example.id][0]
        assert learned == [weight > 0 for weight in meant[example.id][1]]


def read_as_megatron_bridge(line: dict[str, list[int]]) -> list[tuple[list[int], list[int]]]:
    """Tokens of each example and which are learned, by the rules of its packed reader.

    Of each example the inputs are all tokens but the last, the labels all but the first, and the
    mask stands beside the inputs (GPTSFTPackedDataset.collate_fn).
    """
    found = []
    for a, b in pairwise([*line["seq_start_id"], len(line["input_ids"])]):
        labels, mask = line["input_ids"][a + 1 : b], line["loss_mask"][a : b - 1]
        found.append((labels, mask))
    return found


def test_megatron_learns_the_labels_whose_mask_is_one(tmp_path: Path) -> None:
    run = MadeRun(ALL)
    Megatron().write(run, tmp_path)
    table = pq.read_table(tmp_path / "train.idx.parquet")
    types = {field.name: str(field.type.value_type) for field in table.schema}
    assert types == {"input_ids": "int32", "seq_start_id": "int32", "loss_mask": "int8"}
    read = [example for line in table.to_pylist() for example in read_as_megatron_bridge(line)]
    for (labels, mask), (ids, weights) in zip(read, run.meant.values(), strict=True):
        assert labels == ids[1:]
        assert mask == [int(weight > 0) for weight in weights[1:]]
    for line in table.to_pylist():
        assert len(line["loss_mask"]) == len(line["input_ids"])
        assert line["seq_start_id"][0] == 0
        assert line["seq_start_id"] == sorted(line["seq_start_id"])


def test_the_megatron_readme_counts_what_it_rounds(tmp_path: Path) -> None:
    Megatron().write(MadeRun(HALF), tmp_path)
    half = sum(weight == 0.5 for weight in MadeRun(HALF).meant["half"][1])
    assert half > 0
    assert f"- {half} tokens of this run have a weight between" in words_of(tmp_path / "README.md")
    compile((tmp_path / "dataset.py").read_text("utf-8"), "dataset.py", "exec")


def test_openai_files_hold_what_the_schema_allows(tmp_path: Path) -> None:
    OpenAI(model="gpt-4.1-mini").write(MadeRun(ALL), tmp_path)
    for line in lines(tmp_path / "train.jsonl"):
        assert list(line) == ["messages"]
        for one in line["messages"]:
            assert one["role"] in ("system", "user", "assistant")
            assert isinstance(one["content"], str)
            extra = {"weight"} if one["role"] == "assistant" else set()
            assert set(one) == {"role", "content"} | extra
            assert one.get("weight", 0) in (0, 1)
    job = orjson.loads((tmp_path / "job.json").read_bytes())
    assert job == {
        "model": "gpt-4.1-mini",
        "training_file": "train.jsonl",
        "method": {"type": "supervised"},
    }
    readme = words_of(tmp_path / "README.md")
    read = len(MadeRun(ALL).tokenizer.encode(["41? No, that forgets the carry.\n"]).values)
    assert f"{read} tokens are learned that are meant to be read only" in readme
    assert "1 of 6 examples hold the words of a control token" in readme


def test_a_reply_that_is_learned_in_part_is_several_messages_for_ms_swift(tmp_path: Path) -> None:
    MsSwift().write(MadeRun(PARTLY | HALF), tmp_path)
    found = [
        [m.get("loss_scale") for m in line["messages"]] for line in lines(tmp_path / "train.jsonl")
    ]
    assert found == [[None, 0.0, 1.0], [None, 0.5, 1.0]]
    assert "is_binary_loss_scale: false" in (tmp_path / "sft.yaml").read_text("utf-8")


def test_arrays_hold_the_rows_with_every_weight(tmp_path: Path) -> None:
    run = MadeRun(ALL)
    Arrays().write(run, tmp_path)
    rows = list(run.rows("train"))
    stored = {p.stem[6:]: np.load(p, mmap_mode="r") for p in tmp_path.glob("train-*.npy")}
    for name in ("input_ids", "weights", "seq_lengths"):
        np.testing.assert_array_equal(
            stored[name], np.concatenate([getattr(r, name) for r in rows])
        )
    assert stored["row_tokens"].tolist() == [len(row.input_ids) for row in rows]
    assert stored["row_examples"].tolist() == [len(row.seq_lengths) for row in rows]


def test_torch_reads_the_arrays_row_by_row(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed (extra train)")
    run = MadeRun(ALL)
    Arrays().write(run, tmp_path)
    code: dict[str, Any] = {"__file__": str(tmp_path / "rows.py")}
    exec((tmp_path / "rows.py").read_text("utf-8"), code)
    found = code["Rows"]("train")
    rows: list[Row] = list(run.rows("train"))
    assert len(found) == len(rows)
    for i, row in enumerate(rows):
        for name in ("input_ids", "labels", "weights", "position_ids"):
            assert torch.equal(found[i][name], torch.tensor(getattr(row, name)).to(found[i][name]))
        assert found[i]["cu_seqlens"].tolist() == [0, *np.cumsum(row.seq_lengths)]


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("trl", {"form": "prompt_completion"}),
        ("axolotl", {"form": "segments"}),
        ("axolotl", {"form": "detail"}),
        ("llamafactory", {"form": "sharegpt"}),
        ("llamafactory", {"form": "alpaca"}),
    ],
)
def test_every_form_names_its_files_and_writes_the_same_bytes_again(
    name: str, settings: dict[str, str], tmp_path: Path
) -> None:
    export = shelf.load("exports", name)(**settings)
    paths = [sorted(export.write(MadeRun(ALL), tmp_path / one)) for one in ("a", "b")]
    for one, other in zip(*paths, strict=True):
        assert one.relative_to(tmp_path / "a") == other.relative_to(tmp_path / "b")
        assert one.read_bytes() == other.read_bytes()
    assert paths[0] == sorted(path for path in (tmp_path / "a").rglob("*") if path.is_file())


def test_what_does_not_fit_is_left_out_with_a_count(tmp_path: Path) -> None:
    from exporting import said

    raw = {"raw": (said("text", ("Raw words.", 1.0)),), "english": PLAIN["english"]}
    Trl(form="prompt_completion").write(MadeRun(raw), tmp_path)
    assert len(lines(tmp_path / "train.jsonl")) == 1
    assert "1 raw text, not a conversation" in words_of(tmp_path / "README.md")


def test_a_length_in_a_config_has_room_for_examples_that_are_in_no_row(tmp_path: Path) -> None:
    class Long(MadeRun):
        def examples(self, side: Side) -> Iterator[Example]:
            for one in super().examples(side):
                yield replace(one, lineage={"tokens": 99_999})

    Axolotl(form="segments").write(Long(PLAIN), tmp_path)
    assert "sequence_len: 99999" in (tmp_path / "axolotl.yaml").read_text("utf-8")


PEAK = """
import resource, sys
from pathlib import Path
from exporting import PLAIN, MadeRun
from longgrain import shelf
class Many(MadeRun):
    def examples(self, side):
        for n in range(int(sys.argv[1])):
            yield from MadeRun.examples(self, side)
    def rows(self, side):
        return iter(())
from longgrain.exports.openai import OpenAI
OpenAI().write(Many(PLAIN), Path(sys.argv[2]))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read in KiB as on Linux")
def test_text_of_many_examples_takes_no_more_memory(tmp_path: Path) -> None:
    def peak(times: int) -> int:
        command = [sys.executable, "-c", PEAK, str(times), str(tmp_path / str(times))]
        done = subprocess.run(
            command, capture_output=True, text=True, check=True, cwd=Path(__file__).parent
        )
        return int(done.stdout)

    assert peak(20_000) < 1.1 * peak(200)
