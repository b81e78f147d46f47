"""`longgrain score`: files are matched, items scored, totals have intervals, and errors say what to do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from longgrain import cli
from longgrain.errors import LonggrainError, PlanError, SourceError
from longgrain.replies import Fields
from longgrain.score import score
from longgrain.sheet import NOT_HAD

PREDICTIONS = [
    {"id": "a", "prediction": "The cat sat", "task": "en"},
    {"id": "b", "prediction": "渡轮由安娜建造", "task": "zh"},
    {"id": "c", "prediction": "", "task": "en"},
    {"id": "d", "prediction": None, "task": "zh"},
]
REFERENCES = [
    {"id": "b", "answers": ["渡轮由安娜建造。", "安娜"]},
    {"id": "a", "answers": ["cat sat", "a dog"]},
    {"id": "c", "answers": ["something"]},
    {"id": "d", "answers": ["anything"]},
    {"id": "e", "answers": []},
]


def written(path: Path, rows: list[Any]) -> Path:
    if path.suffix == ".json":
        path.write_bytes(orjson.dumps(rows))
    elif path.suffix == ".jsonl":
        path.write_bytes(b"\n".join(map(orjson.dumps, rows)) + b"\n\n")
    else:
        path.write_text("".join(f"{row}\n" for row in rows), "utf-8")
    return path


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    return written(tmp_path / "p.jsonl", PREDICTIONS), written(tmp_path / "r.jsonl", REFERENCES)


def test_rows_are_matched_by_id_and_what_is_not_scored_is_counted(files: tuple[Path, Path]) -> None:
    found = score(*files, ["squad"])
    exact = found.total("exact_match")
    assert found.items == 5
    assert (exact.value, exact.scored, exact.method) == (pytest.approx(2 / 3), 3, "wilson")
    assert exact.unscored == {"no prediction": 2}
    assert exact.low is not None
    assert exact.high is not None
    assert exact.low < 2 / 3 < exact.high


def test_figures_that_an_item_does_not_give_are_counted_and_never_0(tmp_path: Path) -> None:
    said = written(tmp_path / "p.txt", ["one two three four five", "short"])
    found = score(said, None, ["repetition"])
    repeated = found.total("repeated")
    assert (repeated.value, repeated.scored, repeated.unscored) == (0.0, 1, {NOT_HAD: 1})


@pytest.mark.parametrize("suffixes", [(".jsonl", ".json"), (".json", ".jsonl"), (".txt", ".txt")])
def test_every_form_of_file_gives_the_same(tmp_path: Path, suffixes: tuple[str, str]) -> None:
    said, held = ["The cat sat", "", "渡轮"], ["cat sat", "x", "渡轮"]
    rows: list[list[Any]] = [said, held]
    if ".txt" not in suffixes:
        rows = [[{"output": one} for one in said], [{"reference": one} for one in held]]
    paths = [
        written(tmp_path / f"{name}{suffix}", some)
        for name, suffix, some in zip("pr", suffixes, rows, strict=True)
    ]
    found = score(*paths, ["squad"])
    assert found.total("exact_match").value == pytest.approx(2 / 3)
    assert found.total("exact_match").scored == 3


def test_a_mapping_of_ids_is_read_as_squad_has_it(tmp_path: Path) -> None:
    said, held = tmp_path / "p.json", tmp_path / "r.json"
    said.write_text(json.dumps({"q1": "Paris", "q2": "Rome"}))
    held.write_text(
        json.dumps([{"id": "q2", "answers": {"text": ["Rome"]}}, {"id": "q1", "answers": "Lyon"}])
    )
    assert score(said, held, ["squad"]).total("exact_match").value == 0.5


def test_fields_may_be_named(tmp_path: Path) -> None:
    said = written(tmp_path / "p.jsonl", [{"text": "Paris", "key": 1}, {"text": "Rome", "key": 2}])
    held = written(tmp_path / "r.jsonl", [{"gold": "Rome", "key": 2}, {"gold": "Lyon", "key": 1}])
    fields = Fields(prediction="text", reference="gold", id="key")
    assert score(said, held, ["squad"], fields=fields).total("exact_match").value == 0.5


def test_totals_are_given_for_each_value_of_a_field(files: tuple[Path, Path]) -> None:
    found = score(*files, ["squad"], by="task")
    assert found.total("exact_match", "zh").value == 1.0
    assert found.total("exact_match", "en").value == 0.5
    assert found.total("exact_match", "zh").unscored == {"no prediction": 1}


def test_items_may_be_left_out(files: tuple[Path, Path], tmp_path: Path) -> None:
    skip = tmp_path / "skip.json"
    skip.write_text('["c"]')
    found = score(*files, ["squad"], skip=skip).total("exact_match")
    assert (found.value, found.unscored) == (1.0, {"no prediction": 2, "skipped": 1})


def test_the_figures_of_every_item_are_written(files: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "items.jsonl"
    score(*files, ["squad", "rouge"], by="task", out=out)
    rows = [orjson.loads(line) for line in out.read_bytes().splitlines()]
    assert [row["id"] for row in rows] == ["b", "a", "c", "d", "e"]
    assert rows[0]["task"] == "zh"
    assert rows[0]["squad"] == {"exact_match": 1.0, "f1": 1.0}
    assert rows[2]["rouge"]["rouge1"] == 0.0
    assert rows[3]["unscored"] == {"squad": "no prediction", "rouge": "no prediction"}


def test_any_number_of_workers_gives_the_same(tmp_path: Path) -> None:
    words = [f"w{at} w{at % 7} and w{at % 3}" for at in range(600)]
    said = written(tmp_path / "p.txt", words)
    held = written(tmp_path / "r.txt", words[7:] + words[:7])
    metrics = ["rouge", "style", "agreement"]
    assert score(said, held, metrics, workers=2).json() == score(said, held, metrics).json()


def test_figures_of_all_items_together_have_intervals(tmp_path: Path) -> None:
    said = written(tmp_path / "p.txt", [*(["yes", "no", "yes", "no", "yes", "yes"] * 5)])
    held = written(tmp_path / "r.txt", [*(["yes", "no", "no", "no", "yes", "yes"] * 5)])
    kappa = score(said, held, ["agreement"]).total("cohen")
    assert kappa.value == pytest.approx(2 / 3)
    assert kappa.method == "bootstrap"
    assert kappa.low is not None
    assert kappa.high is not None
    assert 0.3 < kappa.low < 2 / 3 < kappa.high <= 1


@pytest.mark.parametrize(
    ("said", "held", "words"),
    [
        ([{"prediction": "a"}], [{"answer": "a"}, {"answer": "b"}], "has 1 rows and"),
        ([{"id": 1, "prediction": "a"}], [{"id": 2, "answer": "a"}], "have an id that"),
        ([{"id": 1, "prediction": "a"}] * 2, [{"id": 1, "answer": "a"}], "of an earlier row"),
        ([{"id": 1, "output": "a"}, {"output": "b"}], [{"id": 1, "answer": "a"}], "has no id"),
        ([{"said": "a"}], [{"answer": "a"}], "--prediction-field"),
        ([{"samples": ["a", "b"]}], [{"answer": "a"}], "has 2 predictions"),
    ],
)
def test_what_does_not_fit_is_an_error(
    tmp_path: Path, said: list[Any], held: list[Any], words: str
) -> None:
    paths = written(tmp_path / "p.jsonl", said), written(tmp_path / "r.jsonl", held)
    with pytest.raises(SourceError, match=words):
        score(*paths, ["squad"])


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text('{"prediction": "a"}\n{"prediction": \n')
    with pytest.raises(SourceError, match="line 2 of"):
        score(path, None, ["repetition"])
    with pytest.raises(SourceError, match="cannot be read"):
        score(tmp_path / "gone.txt", None, ["repetition"])


@pytest.mark.parametrize(
    ("metrics", "settings", "words"),
    [
        ([], {}, "no metric is named"),
        (["rogue"], {}, "did you mean 'rouge'"),
        (["rouge"], {"rouge": {"stem": "yes"}}, r"rouge\.stem"),
        (["rouge"], {"rouge": {"stemmer": "perhaps"}}, r"rouge\.stemmer"),
        (["rouge"], {"squad": {"han": "no"}}, "add --metric squad"),
        (["longbench"], {"longbench": {"dataset": "squad"}}, "there are narrativeqa"),
    ],
)
def test_a_metric_or_setting_that_is_not_there_is_an_error(
    files: tuple[Path, Path], metrics: list[str], settings: dict[str, Any], words: str
) -> None:
    with pytest.raises(PlanError, match=words):
        score(*files, metrics, settings=settings)


def test_the_command_prints_a_table_of_100_columns(
    files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    said, held = map(str, files)
    words = ["score", "--metric", "squad", "--metric", "readability", "--by", "task"]
    cli.app([*words, "--predictions", said, "--references", held], result_action="return_value")
    shown = capsys.readouterr().out
    assert "66.67" in shown
    assert "not scored: 2 no prediction" in shown
    table = shown[shown.index("metric") : shown.index("shares in percent")]
    assert max(map(len, table.splitlines())) <= 100


def test_the_command_prints_json_and_takes_settings(
    files: tuple[Path, Path], capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    said, held = map(str, files)
    words = ["score", "--metric", "squad", "--set", "squad.han=false", "--json"]
    cli.app([*words, "--predictions", said, "--references", held], result_action="return_value")
    shown = orjson.loads(capsysbinary.readouterr().out)
    assert shown["metrics"] == {"squad": {"han": False, "until": ""}}
    assert shown["totals"][0]["value"] == pytest.approx(1 / 3)


def test_a_setting_without_a_value_is_an_error(files: tuple[Path, Path]) -> None:
    said, held = map(str, files)
    words = ["score", "--metric", "squad", "--set", "squad.han"]
    with pytest.raises(LonggrainError, match=r"METRIC\.FIELD=VALUE"):
        cli.app([*words, "--predictions", said, "--references", held])
