"""The dataset card of a stand-in: front matter, what it says, and that its snippet is right."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from ruamel.yaml import YAML

from longgrain.card import front_matter, plain, write_card
from longgrain.rows import SCHEMA, read_rows, write_rows
from standin import HOSTILE, StandIn, finished


@pytest.fixture
def run(tmp_path: Path) -> StandIn:
    return finished(tmp_path)


def test_the_front_matter_is_yaml_that_names_languages_sizes_and_files(run: StandIn) -> None:
    card = write_card(run).read_text("utf-8")
    head = YAML(typ="safe").load(card.split("---\n")[1])
    assert head["language"] == ["en", "zh"]
    assert head["size_categories"] == ["n<1K"]
    rows = head["configs"][0]
    assert rows["config_name"] == "rows"
    assert [one["split"] for one in rows["data_files"]] == ["train", "validation", "test"]


def test_a_side_without_rows_is_no_split(run: StandIn) -> None:
    run.manifest["packing"]["valid"]["rows"] = 0
    head = YAML(typ="safe").load(front_matter(run.manifest))
    assert [one["split"] for one in head["configs"][0]["data_files"]] == ["train", "test"]


@pytest.mark.parametrize(
    "said",
    [
        "arXiv 2404.16811",
        "works by rule",
        "No language model was asked",
        "named no benchmark to decontaminate against",
        "keep their own licences",
        "seed 17",
        "2 fine questions fewer than wished",
        "divides by the learned tokens",
        "instruction, metadata, evidence, distractor",
    ],
)
def test_the_card_says(run: StandIn, said: str) -> None:
    assert said in write_card(run).read_text("utf-8")


def test_words_of_others_are_not_markup_in_the_card(run: StandIn) -> None:
    run.manifest["split"]["notes"] = [f"# {HOSTILE}\n\n---\n"]
    card = write_card(run).read_text("utf-8")
    assert "<script>" not in card
    assert card.count("\n---\n") == 1
    assert plain("a*b_c\n# d") == r"a\*b\_c \# d"


def test_the_snippet_gives_the_labels_weights_and_positions_of_the_rows(
    run: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = {
        "input_ids": list(range(10, 22)),
        "seq_lengths": [7, 5],
        "example_ids": ["a", "b"],
        "span_lengths": [4, 3, 2, 3],
        "span_roles": [2, 10, 10, 11],
        "span_losses": [0.0, 1.0, 0.5, 0.0],
    }
    path = run.folder / "rows-train-00000.parquet"
    write_rows(path, pa.Table.from_pylist([row], schema=SCHEMA).to_batches())
    snippet = re.findall(r"```python\n(.*?)```", write_card(run).read_text("utf-8"), re.S)[0]
    monkeypatch.chdir(run.folder)
    names: dict[str, np.ndarray] = {}
    exec(snippet, names)
    (truth,) = read_rows([path])
    assert names["labels"].tolist() == truth.labels.tolist()
    assert names["weights"].tolist() == truth.weights.tolist()
    assert names["position_ids"].tolist() == truth.position_ids.tolist()
    assert truth.labels.tolist()[4:9] == [14, 15, 16, -100, 18]
