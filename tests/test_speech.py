"""Words of a language model as they come: over real HTTP, whole in the end, without a key, paid for."""

from __future__ import annotations

import pytest

from longgrain.errors import TeacherError
from longgrain.teachers.openai import OpenAI
from longgrain.types import Answered, Refused, Request
from standin_server import Says, serving

REQUEST = Request(task="ask", prompt=(("user", "How long is the rope?"),))
TEXT = "It is twelve metres long, 十二米。"


def spoken(url: str, **settings: object) -> tuple[list[str], Answered | Refused]:
    teacher = OpenAI(base_url=url, model="m", **settings)  # type: ignore[arg-type]
    *pieces, last = teacher.speak(REQUEST)
    assert all(isinstance(one, str) for one in pieces)
    assert isinstance(last, Answered | Refused)
    return [str(one) for one in pieces], last


def test_pieces_add_up_to_the_answer_and_the_answer_says_what_it_cost() -> None:
    with serving(lambda heard: Says(text=TEXT, reads=20, reply_tokens=9)) as server:
        pieces, last = spoken(server.url, price_per_million_prompt=1e6)
        assert server.log.calls[0][0].body["stream"] is True
    assert len(pieces) > 3
    assert "".join(pieces) == TEXT
    assert last == Answered(text=TEXT, prompt_tokens=20, reply_tokens=9, money=20.0)


def test_a_server_that_does_not_count_is_charged_as_the_most_it_can_have_used() -> None:
    with serving(lambda heard: Says(text=TEXT, usage=False)) as server:
        _, last = spoken(server.url, max_reply_tokens=77)
    assert last.reply_tokens == 77


def test_a_call_that_fails_before_its_first_word_is_made_again() -> None:
    def script(heard: object) -> Says:
        return Says(status=500, error="no") if heard.number == 0 else Says(text=TEXT)  # type: ignore[attr-defined]

    with serving(script) as server:
        pieces, last = spoken(server.url, retries=2)
        assert len(server.log.calls) == 2
    assert "".join(pieces) == TEXT
    assert isinstance(last, Answered)


def test_a_reply_that_was_cut_at_its_limit_is_refused() -> None:
    with serving(lambda heard: Says(text=TEXT, finish="length")) as server:
        pieces, last = spoken(server.url)
    assert pieces
    assert isinstance(last, Refused)
    assert "cut at max_reply_tokens" in last.reason


def test_a_prompt_that_the_server_cut_is_refused() -> None:
    long = Request(task="ask", prompt=(("user", "a rope and a lamp " * 4000),))
    with serving(lambda heard: Says(text=TEXT, reads=2000)) as server:
        *_, last = OpenAI(base_url=server.url, model="m").speak(long)
    assert isinstance(last, Refused)
    assert "2,000" in last.reason


def test_a_key_that_a_server_repeats_is_not_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-a-secret-of-mine")
    said = "Your key is sk-a-secret-of-mine, is it not?"
    with serving(lambda heard: Says(text=said)) as server:
        pieces, last = spoken(server.url)
    assert "".join(pieces) == "Your key is ***, is it not?"
    assert isinstance(last, Answered)
    assert "secret" not in last.text


def test_a_server_that_is_not_there_is_named() -> None:
    with pytest.raises(TeacherError, match="cannot be reached"):
        spoken("http://127.0.0.1:9/v1", retries=0)
