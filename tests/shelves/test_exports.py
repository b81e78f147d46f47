"""Every export writes what a trainer reads, all of it and nothing else, one side at a time."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from longgrain import shelf
from longgrain.chat import ChatTemplate
from longgrain.errors import RunError
from longgrain.exports.hf import Hf
from longgrain.exports.jsonl import Jsonl
from longgrain.exports.parquet import Parquet
from longgrain.exports.trl import Trl
from longgrain.protocols import Export
from longgrain.rows import Row
from longgrain.tokens import Tokenizer
from longgrain.types import Example, Given, Grain, Message, Side, Span, Speaker

EXPORTS = shelf.names("exports")
TEXTS = {"en": "The ferry holds 1,200 passengers.", "zh": "渡轮可载1200名乘客。"}
OWN = Given(source="test", id="1")


def row(number: int, tokens: int = 12, loss: float = 1.0) -> Row:
    """Two examples of half the tokens each, of which the last three tokens are learned."""
    half = tokens // 2
    return Row(
        input_ids=np.arange(tokens, dtype=np.int32) + 1000 * number,
        seq_lengths=np.array([half, half], np.int32),
        example_ids=(f"{number}-a", f"{number}-b"),
        span_lengths=np.array([half - 3, 3, half - 3, 3], np.int32),
        span_roles=np.array([2, 10, 2, 10], np.int8),
        span_losses=np.array([0, loss, 0, 1], np.float32),
    )


def turn(speaker: Speaker, *parts: str | Grain) -> Message:
    loss = 1.0 if speaker == "assistant" else 0.0
    spans = tuple(
        Span(role="evidence", origin=part)
        if isinstance(part, Grain)
        else Span(role="question", origin=OWN, text=part, loss=loss)
        for part in parts
    )
    return Message(speaker=speaker, spans=spans)


def example(number: int, side: Side, views: Mapping[str, tuple[Message, ...]]) -> Example:
    return Example(
        id=str(number),
        recipe="in2",
        seed=7,
        side=side,
        doc_ids=("zh",),
        views=views,
        depths=(0.25,),
        lineage={"form": "number"},
    )


QUOTE = Grain(doc_id="zh", path=(0,), kind="cut", start=0, end=12)
ASKED = (turn("user", QUOTE, "\n\n多少名？"), turn("assistant", "1200"))


class SmallRun:
    """A finished run of a few rows and examples: two sides, no test side."""

    @cached_property
    def tokenizer(self) -> Tokenizer:
        return Tokenizer.load("longgrain")

    @cached_property
    def template(self) -> ChatTemplate:
        return ChatTemplate.load("chatml", self.tokenizer, date(2026, 1, 1))

    def rows(self, side: Side) -> Iterator[Row]:
        yield from {"train": [row(1), row(2, 20, 0.5)], "valid": [row(3)], "test": []}[side]

    def examples(self, side: Side) -> Iterator[Example]:
        if side == "train":
            yield example(1, side, {"train": ASKED})
            yield example(
                2, side, {"chosen": ASKED, "rejected": (ASKED[0], turn("assistant", "98"))}
            )
        if side == "valid":
            yield example(3, side, {"train": (turn("text", "渡轮。"),)})

    def texts(self) -> dict[str, str]:
        return TEXTS


class EmptyRun(SmallRun):
    def rows(self, side: Side) -> Iterator[Row]:
        yield from ()

    def examples(self, side: Side) -> Iterator[Example]:
        yield from ()


class BrokenRun(SmallRun):
    """Its second row or example cannot be read."""

    def rows(self, side: Side) -> Iterator[Row]:
        yield row(1)
        raise OSError("disk is gone")

    def examples(self, side: Side) -> Iterator[Example]:
        yield example(1, side, {"train": ASKED})
        raise OSError("disk is gone")


def export_of(name: str) -> Export:
    found: Export = shelf.load("exports", name)()
    return found


def files_in(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("name", EXPORTS)
def test_every_export_names_exactly_the_files_it_wrote(name: str, tmp_path: Path) -> None:
    export = export_of(name)
    assert isinstance(export, Export)
    paths = list(export.write(SmallRun(), tmp_path / "new" / "folder"))
    assert sorted(str(p.relative_to(tmp_path / "new" / "folder")) for p in paths) == list(
        files_in(tmp_path / "new" / "folder")
    )


@pytest.mark.parametrize("name", EXPORTS)
def test_every_export_writes_the_same_bytes_again(name: str, tmp_path: Path) -> None:
    for folder in ("one", "two"):
        export_of(name).write(SmallRun(), tmp_path / folder)
    assert files_in(tmp_path / "one") == files_in(tmp_path / "two")


@pytest.mark.parametrize("name", EXPORTS)
def test_every_export_of_nothing_says_so(name: str, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="nothing to export"):
        export_of(name).write(EmptyRun(), tmp_path)


@pytest.mark.parametrize("name", EXPORTS)
def test_no_export_leaves_half_a_file(name: str, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="disk is gone"):
        export_of(name).write(BrokenRun(), tmp_path)
    assert files_in(tmp_path) == {}


def check_columns(lines: list[dict[str, Any]], rows: list[Row]) -> None:
    assert len(lines) == len(rows)
    for line, one in zip(lines, rows, strict=True):
        for name, values in line.items():
            assert values == list(getattr(one, name)), name


def test_parquet_holds_the_rows_with_labels_weights_and_positions(tmp_path: Path) -> None:
    Parquet().write(SmallRun(), tmp_path)
    lines = pq.read_table(tmp_path / "train.parquet").to_pylist()
    check_columns(lines, list(SmallRun().rows("train")))
    assert lines[0] == {
        "input_ids": list(range(1000, 1012)),
        "labels": [-100] * 3 + [1003, 1004, 1005] + [-100] * 3 + [1009, 1010, 1011],
        "weights": [0, 0, 0, 1, 1, 1] * 2,
        "position_ids": [0, 1, 2, 3, 4, 5] * 2,
        "seq_lengths": [6, 6],
        "example_ids": ["1-a", "1-b"],
    }
    assert not (tmp_path / "test.parquet").exists()


def test_trl_has_exactly_its_three_columns(tmp_path: Path) -> None:
    Trl().write(SmallRun(), tmp_path)
    for side in ("train", "valid"):
        table = pq.read_table(tmp_path / f"{side}.parquet")
        assert table.column_names == ["input_ids", "labels", "seq_lengths"]
        check_columns(table.to_pylist(), list(SmallRun().rows(side)))


def test_the_trl_readme_says_how_to_load_and_what_is_lost(tmp_path: Path) -> None:
    Trl().write(SmallRun(), tmp_path)
    text = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert "{'train': 'train.parquet', 'valid': 'valid.parquet'}" in text
    assert "padding_free=True, packing=False, max_length=None" in text
    assert "3 tokens have a weight other than 0" in text


def test_the_datasets_folder_is_arrow_streams_with_their_features(tmp_path: Path) -> None:
    Hf().write(SmallRun(), tmp_path)
    assert orjson.loads((tmp_path / "dataset_dict.json").read_bytes()) == {
        "splits": ["train", "valid"]
    }
    for side in ("train", "valid"):
        [name] = [
            file["filename"]
            for file in orjson.loads((tmp_path / side / "state.json").read_bytes())["_data_files"]
        ]
        with pa.memory_map(str(tmp_path / side / name)) as source:
            table = pa.ipc.open_stream(source).read_all()
            check_columns(table.to_pylist(), list(SmallRun().rows(side)))
        info = orjson.loads((tmp_path / side / "dataset_info.json").read_bytes())
        assert list(info["features"]) == table.column_names
        assert info["features"]["weights"]["feature"]["dtype"] == "float32"


def test_other_rows_have_another_fingerprint(tmp_path: Path) -> None:
    Hf().write(SmallRun(), tmp_path)
    prints = {
        orjson.loads((tmp_path / side / "state.json").read_bytes())["_fingerprint"]
        for side in ("train", "valid")
    }
    assert len(prints) == 2


def test_the_datasets_library_opens_the_folder(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets", reason="needs the extra `train`")
    Hf().write(SmallRun(), tmp_path)
    found = datasets.load_from_disk(str(tmp_path))
    assert list(found) == ["train", "valid"]
    check_columns(list(found["train"]), list(SmallRun().rows("train")))


def test_jsonl_holds_the_words_of_the_messages(tmp_path: Path) -> None:
    Jsonl().write(SmallRun(), tmp_path)
    lines = [orjson.loads(line) for line in (tmp_path / "train.jsonl").read_bytes().splitlines()]
    assert lines[0] == {
        "id": "1",
        "messages": [
            {"role": "user", "content": "渡轮可载1200名乘客。\n\n多少名？"},
            {"role": "assistant", "content": "1200"},
        ],
        "meta": {
            "recipe": "in2",
            "seed": 7,
            "side": "train",
            "doc_ids": ["zh"],
            "depths": [0.25],
            "lineage": {"form": "number"},
        },
    }
    assert lines[1]["chosen"][1]["content"] == "1200"
    assert lines[1]["rejected"][1]["content"] == "98"
    assert not (tmp_path / "test.jsonl").exists()


def test_raw_text_is_text_and_no_message(tmp_path: Path) -> None:
    Jsonl().write(SmallRun(), tmp_path)
    [line] = map(orjson.loads, (tmp_path / "valid.jsonl").read_bytes().splitlines())
    assert line["text"] == "渡轮。"
    assert "messages" not in line


PEAK = """
import resource, sys
from pathlib import Path
from longgrain import shelf
from tests.shelves.test_exports import SmallRun, row
class Large(SmallRun):
    def rows(self, side):
        return (row(n, 100_000) for n in range(int(sys.argv[2])))
shelf.load("exports", sys.argv[1])().write(Large(), Path(sys.argv[3]))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read in KiB as on Linux")
@pytest.mark.parametrize(
    "name", ["parquet", "hf", "trl", "axolotl", "llamafactory", "megatron", "arrays"]
)
def test_five_times_the_rows_take_no_more_memory(name: str, tmp_path: Path) -> None:
    def peak(rows: int) -> int:
        command = [sys.executable, "-c", PEAK, name, str(rows), str(tmp_path / str(rows))]
        root = Path(__file__).parents[2]
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root)
        return int(done.stdout)

    assert peak(100) < 1.2 * peak(20)
