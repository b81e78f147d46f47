"""``longgrain decisions`` as it is typed: tables, JSON, files out and in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import orjson

from deciding import decision
from longgrain.review.decision import Decision
from longgrain.review.pairs import Pairs
from longgrain.review.store import Store

Said = Callable[..., tuple[int, str, str]]


def reviewed(folder: Path, found: list[Decision]) -> Path:
    folder.mkdir(exist_ok=True)
    store = Store(folder / "review.sqlite")
    for one in found:
        store.add(one)
    store.close()
    return folder


def verdicts() -> list[Decision]:
    return [
        decision(f"i{n}", "accept" if (n * 7 + len(by)) % 3 else "reject", by=by, number=n,
                 seconds=9.0, ratings={"有用": n % 5 + 1})
        for n in range(12) for by in ("Ann", "王小芳", "[bold]Bo[/]")
    ]  # fmt: skip


def test_tables_say_who_decided_what_and_how_far_they_agree(said: Said, tmp_path: Path) -> None:
    folder = reviewed(tmp_path / "run", verdicts())
    code, words, _ = said("decisions", folder)
    assert code == 0
    for wanted in ("36 decisions of 3 people", "王小芳", "[bold]Bo[/]", "alpha", "Fleiss' kappa",
                   "有用", "all examples", "equal pairs"):  # fmt: skip
        assert wanted in words, wanted
    assert max(map(len, words.splitlines())) <= 100
    assert "below 0.667" in words


def test_everything_is_there_as_json(said: Said, tmp_path: Path) -> None:
    folder = reviewed(tmp_path / "run", verdicts())
    _, words, _ = said("decisions", folder, "--json")
    told = orjson.loads(words)
    assert told["verdicts"]["alpha"]["items"] == 12
    assert {one["by"] for one in told["people"]} == {"Ann", "王小芳", "[bold]Bo[/]"}


def test_decisions_go_out_and_come_in_and_what_is_lost_is_said(said: Said, tmp_path: Path) -> None:
    folder = reviewed(tmp_path / "run", verdicts())
    for form, out in (("jsonl", "d.jsonl"), ("argilla", "a"), ("label-studio", "l")):
        code, words, _ = said("decisions", folder, "--export", tmp_path / out, "--format", form)
        assert code == 0
        assert "36 decisions" in words
        assert ("times of decisions" in words) == (form == "argilla")
        (tmp_path / f"other-{form}").mkdir()
        code, words, _ = said("decisions", tmp_path / f"other-{form}", "--import", tmp_path / out)
        assert "36 decisions added" in words
        code, words, _ = said("decisions", tmp_path / f"other-{form}", "--import", tmp_path / out)
        assert "0 decisions added" in words
        assert "36 were there already" in words


def test_what_cannot_be_done_is_said_with_the_next_step(said: Said, tmp_path: Path) -> None:
    code, _, error = said("decisions", tmp_path)
    assert code == 2
    assert "review.sqlite" in error
    folder = reviewed(tmp_path / "run", verdicts())
    code, _, error = said("decisions", folder, "--export", tmp_path / "somewhere")
    assert code == 2
    assert "--format" in error


def test_decisions_about_other_items_than_those_asked_about_are_counted(
    said: Said, tmp_path: Path
) -> None:
    folder = reviewed(tmp_path / "run", verdicts())
    store = Store(folder / "review.sqlite")
    with store.writing() as db:
        db.execute("CREATE TABLE items (task TEXT, id TEXT)")
        db.execute("INSERT INTO items VALUES ('example:all', 'i1')")
    store.close()
    found = [decision("i1", "reject", by="New"), decision("elsewhere", "reject", by="New")]
    file = tmp_path / "in.jsonl"
    file.write_bytes(b"\n".join(one.json() for one in found))
    _, words, _ = said("decisions", folder, "--import", file)
    assert "1 decisions added" in words
    assert "1 decisions about no example that was to be reviewed here" in words


def test_pairs_go_out_with_both_answers_where_these_are_named(said: Said, tmp_path: Path) -> None:
    for name in "ab":
        rows = [{"id": n, "question": f"Q{n}?", "reply": f"{name} says 是 {n}"} for n in range(3)]
        (tmp_path / f"{name}.jsonl").write_bytes(b"\n".join(map(orjson.dumps, rows)))
    entries = list(Pairs(a=tmp_path / "a.jsonl", b=tmp_path / "b.jsonl").entries())
    shown = {"left": "b", "a": "a.jsonl", "b": "b.jsonl"}
    found = [decision(one.id, "b", kind="pair", shown=shown) for one in entries[:1]]
    folder = reviewed(tmp_path / "run", found)
    files = (tmp_path / "a.jsonl", tmp_path / "b.jsonl")
    out = tmp_path / "out"
    said("decisions", folder, "--export", out, "--format", "label-studio", "--pairs", *files)
    tasks = orjson.loads((out / "pairs.json").read_bytes())
    assert len(tasks) == 3
    [judged] = [one for one in tasks if one["annotations"]]
    assert judged["data"]["left"] == "b"
    number = judged["data"]["question"][1]
    said_there = {judged["data"][side] for side in ("question",)} | {judged["data"]["right"]}
    assert said_there == {f"Q{number}?", f"a says 是 {number}"}
