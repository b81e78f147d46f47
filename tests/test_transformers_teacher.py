"""A language model in this process: real tiny ones, random or taught, asked in batches."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from longgrain import shelf
from longgrain.errors import TeacherError
from longgrain.prompts import Prompts
from longgrain.protocols import Teacher
from longgrain.recipes.written import written
from longgrain.teachers.transformers import Transformers
from longgrain.types import Answered, Refused, Request

PIECE = "The lock at Haddon was rebuilt in 1872. Its gates are of oak."
QUESTION = {
    "question": "When was the lock at Haddon rebuilt?",
    "answer": "1872",
    "reply": "The Haddon lock was rebuilt in 1872.",
    "quotes": ["The lock at Haddon was rebuilt in 1872."],
}
REPLY = json.dumps({"questions": [QUESTION]})
FILL = Prompts().fill


def request(words: str = PIECE, **settings: Any) -> Request:
    """As `Materials.ask` passes it on."""
    return FILL(Request(task="in2.fine", material=(words,), settings={"limit": 1, **settings}))


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tinymodel import tiny  # skips where torch is missing

    return tiny(tmp_path_factory.mktemp("taught"), reply=REPLY)


@pytest.fixture(scope="module")
def random(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tinymodel import tiny

    return tiny(tmp_path_factory.mktemp("random"))


def test_a_model_s_reply_becomes_a_candidate(taught: Path) -> None:
    teacher = Transformers(model=str(taught), max_reply_tokens=400)
    assert isinstance(teacher, Teacher)
    (answer,) = teacher.ask([request()])
    assert isinstance(answer, Answered), answer
    assert json.loads(answer.text) == json.loads(REPLY)
    # One token a byte, and three for <|im_start|> twice and <|im_end|> once.
    said = request().prompt[0][1]
    marks = len("user\n") + len("\n") + len("assistant\n")
    assert answer.prompt_tokens == len(said.encode()) + marks + 3
    assert answer.reply_tokens == len(REPLY.encode()) + 1
    (candidate,) = written(answer.text, (PIECE,), template="in2.fine")
    assert candidate["answer"] == "1872"  # type: ignore[call-overload]


def test_alone_or_in_a_batch_with_longer_ones_the_answer_is_the_same(random: Path) -> None:
    plain = [
        Request(task="say", prompt=(("user", "word " * count),)) for count in (1, 40, 3, 17, 90)
    ]
    settings: dict[str, Any] = {"model": str(random), "max_reply_tokens": 24, "dtype": "float32"}
    together = Transformers(batch_size=5, **settings)
    alone = Transformers(batch_size=1, **settings)
    said = [list(teacher._said([one.prompt for one in plain])) for teacher in (together, alone)]
    assert said[0] == said[1]
    assert len({one.text for one in said[0]}) > 1


def test_a_model_that_babbles_is_refused_with_the_reason(random: Path) -> None:
    teacher = Transformers(model=str(random), max_reply_tokens=16, batch_size=2)
    answers = teacher.ask([request(), request("另一段资料。" * 5), request()])
    assert all(
        isinstance(one, Refused) and "cut at max_reply_tokens: 16" in one.reason for one in answers
    )


def test_a_prompt_that_does_not_fit_is_refused_and_not_cut(taught: Path) -> None:
    teacher = Transformers(model=str(taught), max_reply_tokens=400)
    long, short = teacher.ask([request("word " * 2000), request()])
    assert isinstance(long, Refused)
    assert "do not fit the model's context of 8192" in long.reason
    assert isinstance(short, Answered)


def test_a_request_without_words_is_refused_without_loading_a_model() -> None:
    (refused,) = Transformers(model="no/such").ask([Request(task="in2.fine", material=("x",))])
    assert "needs a prompt" in refused.reason  # type: ignore[union-attr]


def test_the_version_follows_the_model_s_files_and_not_its_place(
    random: Path, tmp_path: Path
) -> None:
    first = Transformers(model=str(random)).version
    place = tmp_path / "elsewhere"
    place.mkdir()
    for path in random.iterdir():
        (place / path.name).write_bytes(path.read_bytes())
    assert Transformers(model=str(place)).version == first
    assert Transformers(model=str(place), batch_size=1, device="cpu").version == first
    assert Transformers(model=str(place), temperature=0.5).version != first
    weights = place / "model.safetensors"
    raw = bytearray(weights.read_bytes())
    raw[-1] ^= 1
    weights.write_bytes(raw)
    assert Transformers(model=str(place)).version != first
    assert Transformers(model="a/b").version != Transformers(model="a/b", revision="c0ffee").version


def test_a_missing_library_is_said_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(TeacherError, match=r"longgrain\[train\]"):
        Transformers(model="any").ask([request()])


def test_a_model_that_is_not_there_is_said(tmp_path: Path) -> None:
    pytest.importorskip("transformers", reason="transformers is not installed (extra train)")
    with pytest.raises(TeacherError, match="cannot be loaded"):
        Transformers(model=str(tmp_path)).ask([request()])


def test_the_shelf_has_it_and_its_requests_are_prompted() -> None:
    found = shelf.load("teachers", "transformers")
    assert found is Transformers
    assert found.prompted
