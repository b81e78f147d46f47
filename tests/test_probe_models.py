"""Probes of real models: one in this process, and the same one behind `transformers serve`."""

from __future__ import annotations

from pathlib import Path

import pytest

from longgrain.errors import TeacherError
from longgrain.probe import Asked, probe
from longgrain.probe_scores import read_lines
from longgrain.tables import open_rows
from test_served import Server, server  # noqa: F401

VALUE = "42"
SAID = f"The value is {VALUE}."


def rows(folder: Path) -> Path:
    """Two published-like rows: the answer that the taught model gives, and another."""
    from published import write

    def made(answer: str) -> dict[str, object]:
        said = (
            f"It costs {answer} crowns, which is a fair price in any town of the coast"
            + sum(answer.encode()) * 37 % 90 * "!"
        )
        gold = {"title": f"Of {answer}", "text": said, "isgold": True}
        return {"question": f"What does {answer} cost?", "answers": [answer], "ctxs": [gold]}

    others = [made(f"{n} and {n}") for n in range(100, 140)]
    write(folder / "qa_data" / "nq-open-oracle.jsonl.gz", iter([made(VALUE), *others]))
    return folder


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tinymodel import tiny  # skips where torch is missing

    return tiny(tmp_path_factory.mktemp("local") / "taught", reply=SAID, context=4096)


def asked(model: str, data: Path, **changes: object) -> Asked:
    settings = {"probe": "multidoc_qa", "data": str(data), "questions": 41 * 3, "positions": 3}
    return Asked(model=model, reply_tokens=24, **{**settings, "lengths": (1200,), **changes})  # type: ignore[arg-type]


def test_a_local_model_is_asked_with_its_own_tokenizer(taught: Path, tmp_path: Path) -> None:
    summary = probe(asked(str(taught), rows(tmp_path / "data"), batch=16), tmp_path / "out")
    # It says one thing whatever it is asked, so it is right for one row at each position.
    whole = summary.total("1,200 tokens")
    assert whole.scored == 123
    assert whole.value == pytest.approx(3 / 123)
    lines = read_lines(tmp_path / "out")
    assert {line.reply for line in lines} == {SAID}
    template = {line.read - line.tokens for line in lines}
    assert len(template) == 1  # the chat template's, the same for every prompt
    assert template.pop() > 0
    assert summary.asked["tokenizer"] == str(taught)
    took = [row["took"] for row in open_rows(tmp_path / "out").read() if "took" in row]
    assert len(took) == 123  # metered, since the model ran here
    assert all(one["seconds"] > 0 and one.get("peak_memory_mb", 1) > 0 for one in took)


def test_prompts_beyond_a_local_model_s_context_are_not_scored(
    taught: Path, tmp_path: Path
) -> None:
    data = rows(tmp_path / "data")
    found = probe(asked(str(taught), data, lengths=(1200, 4200), questions=3), tmp_path / "out")
    assert found.total("1,200 tokens").scored == 3
    long = found.total("4,200 tokens")
    assert (long.value, long.scored) == (None, 0)
    assert sum(long.unscored.values()) == 3
    assert all("do not fit" in reason for reason in long.unscored)
    with pytest.raises(TeacherError, match="do not fit the model's context of 4096"):
        probe(asked(str(taught), data, lengths=(4200,), questions=3), tmp_path / "long")


def test_a_served_model_gives_what_the_same_model_gives_here(
    server: Server,  # noqa: F811
    tmp_path: Path,
) -> None:
    data = rows(tmp_path / "data")
    own = f"{server.random}/tokenizer.json"
    both = {"contexts": ("whole", "none"), "lengths": (1100,), "questions": 12}
    there = asked(server.random, data, base_url=server.url, tokenizer=own, **both)
    summary = probe(there, tmp_path / "there")
    probe(asked(server.random, data, batch=4, **both), tmp_path / "here")
    served, local = read_lines(tmp_path / "there"), read_lines(tmp_path / "here")
    assert len(served) == 24
    assert [line.tokens for line in served] == [line.tokens for line in local]
    assert [line.read for line in served] == [line.read for line in local]
    # Here white space around a reply is left out.
    assert [(one.reply or "").strip() for one in served] == [one.reply for one in local]
    assert [line.score for line in served] == [line.score for line in local]
    assert summary.total("1,100 tokens").scored == 12


def test_a_second_turn_is_asked_alike_here_and_of_a_server(
    server: Server,  # noqa: F811
    tmp_path: Path,
) -> None:
    from small import shelve

    shelve(tmp_path / "held-out", english=6, chinese=0)
    shared = {
        "probe": "self_correction",
        "settings": {"first": "own"},
        "documents": (str(tmp_path / "held-out"),),
        "lengths": (1500,),
        "questions": 6,
    }
    own = f"{server.random}/tokenizer.json"
    there = asked(server.random, tmp_path, base_url=server.url, tokenizer=own, **shared)
    summary = probe(there, tmp_path / "there")
    probe(asked(server.random, tmp_path, batch=3, **shared), tmp_path / "here")
    served, local = read_lines(tmp_path / "there"), read_lines(tmp_path / "here")
    assert summary.total("1,500 tokens").scored == 6
    # The second prompt holds the first, the reply to it, and what is asked of that.
    assert all(line.read > line.tokens + 20 for line in served)
    assert [line.row["first"].strip() for line in served] == [line.row["first"] for line in local]
    assert [(one.reply or "").strip() for one in served] == [one.reply for one in local]
