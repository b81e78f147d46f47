"""The batch teacher: what it writes, how it waits, and what it makes of the answers' file."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from longgrain.calls import Ledger, key
from longgrain.caps import Caps
from longgrain.errors import TeacherError, TeacherWaits
from longgrain.teachers import batch
from longgrain.teachers.batch import Batch
from longgrain.types import Refused, Reply, Request

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
TEACHER = Batch(model="gpt")
Line = dict[str, Any]


def requests(count: int, first: int = 0) -> list[Request]:
    return [
        Request(task="in2.fine", prompt=(("user", f"数字 {i}"),), schema=SCHEMA)
        for i in range(first, first + count)
    ]


def build(folder: Path, some: Sequence[Request], **settings: Any) -> list[Reply | Refused]:
    """One build's worth of drafting: asks in small batches, as recipes do."""
    teacher = Batch(**{"model": "gpt", **settings})
    with Ledger(folder / "calls.sqlite", Caps(max_money=settings.pop("cap", None))) as ledger:
        teacher.begin(folder)
        out = [one for i in range(0, len(some), 7) for one in ledger.ask(teacher, some[i : i + 7])]
        teacher.finish()
    return out


def waiting(folder: Path, some: Sequence[Request], **settings: Any) -> str:
    """The message of a build that must wait."""
    with pytest.raises(TeacherWaits) as waits:
        build(folder, some, **settings)
    return str(waits.value)


def lines(path: Path) -> list[Line]:
    return [json.loads(one) for one in path.read_text("utf-8").splitlines()]


def said(text: str, **changes: Any) -> Line:
    message = {"role": "assistant", "content": text}
    usage = {"prompt_tokens": 10, "completion_tokens": 3}
    body = {"choices": [{"message": message, "finish_reason": "stop"}], "usage": usage}
    return {"response": {"status_code": 200, "body": body}, "error": None, **changes}


def answer(folder: Path, number: int, reply: Callable[[Line], Line | None]) -> None:
    """Puts the file of answers where the message says, in another order than asked."""
    asked = lines(folder / f"batch-{number:03}.requests.jsonl")
    told = [(one, reply(one)) for one in reversed(asked)]
    answers = [{"id": "b", "custom_id": one["custom_id"], **two} for one, two in told if two]
    path = folder / f"batch-{number:03}.answers.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in answers), "utf-8")


def number_of(line: Line) -> int:
    return int(line["body"]["messages"][0]["content"].split()[1])


def well(line: Line) -> Line:
    return said(json.dumps({"n": number_of(line)}))


def test_all_requests_of_a_run_are_in_one_file_under_the_keys_of_the_ledger(tmp_path: Path) -> None:
    message = waiting(tmp_path, requests(30))
    path = tmp_path / "batch-001.requests.jsonl"
    assert f"{path} (30 requests) > batch-001.answers.jsonl" in message
    assert "run the same build again" in message
    asked = lines(path)
    keys = [key(TEACHER.name, TEACHER.version, one) for one in requests(30)]
    assert [one["custom_id"] for one in asked] == keys
    assert {(one["method"], one["url"]) for one in asked} == {("POST", "/v1/chat/completions")}
    body = asked[3]["body"]
    assert body["model"] == "gpt"
    assert body["messages"] == [{"role": "user", "content": "数字 3"}]
    assert body["response_format"]["type"] == "json_schema"


def test_the_run_goes_on_when_the_answers_are_there_and_they_are_stored(tmp_path: Path) -> None:
    waiting(tmp_path, requests(30))
    answer(tmp_path, 1, well)
    replies = build(tmp_path, requests(30))
    assert [json.loads(one.text)["n"] for one in replies if isinstance(one, Reply)] == [*range(30)]
    for path in tmp_path.glob("batch-*"):
        path.unlink()
    assert build(tmp_path, requests(30)) == replies


def test_waiting_again_asks_nothing_twice(tmp_path: Path) -> None:
    first = waiting(tmp_path, requests(30))
    path = tmp_path / "batch-001.requests.jsonl"
    before = path.read_bytes()
    assert waiting(tmp_path, requests(30)) == first
    assert path.read_bytes() == before
    message = waiting(tmp_path, requests(40))
    assert "batch-001.requests.jsonl (30 requests)" in message
    assert "batch-002.requests.jsonl (10 requests)" in message
    assert len(lines(tmp_path / "batch-002.requests.jsonl")) == 10


def test_requests_that_wait_are_not_stored_as_refused(tmp_path: Path) -> None:
    waiting(tmp_path, requests(5))
    with Ledger(tmp_path / "calls.sqlite") as ledger:
        assert ledger.total().requests == 0


def test_a_wrong_reply_is_asked_again_in_the_next_file_and_both_are_paid_for(
    tmp_path: Path,
) -> None:
    waiting(tmp_path, requests(10))
    answer(tmp_path, 1, lambda one: said("twelve") if number_of(one) == 4 else well(one))
    message = waiting(tmp_path, requests(10))
    assert "batch-002.requests.jsonl (1 requests)" in message
    [again] = lines(tmp_path / "batch-002.requests.jsonl")
    assert again["custom_id"] == f"{key(TEACHER.name, TEACHER.version, requests(10)[4])}-1"
    assert [one["role"] for one in again["body"]["messages"]] == ["user", "assistant", "user"]
    answer(tmp_path, 2, well)
    reply = build(tmp_path, requests(10))[4]
    assert isinstance(reply, Reply)
    with Ledger(tmp_path / "calls.sqlite") as ledger:
        call = ledger.call(reply.call)
    assert call is not None
    assert (call.prompt_tokens, call.reply_tokens) == (20, 6)


def test_a_line_with_an_error_refuses_its_request_for_good_or_for_now(tmp_path: Path) -> None:
    def reply(one: Line) -> Line:
        error = {"error": {"message": "no such thing"}}
        if number_of(one) == 1:
            return {"response": {"status_code": 400, "body": error}, "error": None}
        if number_of(one) == 2:
            return {"response": None, "error": {"code": "batch_expired", "message": "too late"}}
        return well(one)

    waiting(tmp_path, requests(4))
    answer(tmp_path, 1, reply)
    replies = build(tmp_path, requests(4))
    assert replies[1] == Refused(reason="the batch gave an error: HTTP 400: no such thing")
    assert replies[2] == Refused(reason="the batch gave an error: HTTP 0: too late", final=False)
    assert isinstance(replies[3], Reply)


def test_errors_may_come_in_a_file_of_their_own(tmp_path: Path) -> None:
    waiting(tmp_path, requests(3))
    answer(tmp_path, 1, lambda one: well(one) if number_of(one) else None)
    first = lines(tmp_path / "batch-001.requests.jsonl")[0]["custom_id"]
    failed = {"custom_id": first, "response": {"status_code": 500, "body": None}, "error": None}
    (tmp_path / "batch-001.errors.jsonl").write_text(json.dumps(failed) + "\n")
    assert isinstance(build(tmp_path, requests(3))[0], Refused)


def test_a_request_that_the_answers_lack_is_asked_in_the_next_file(tmp_path: Path) -> None:
    waiting(tmp_path, requests(6))
    answer(tmp_path, 1, lambda one: None if number_of(one) == 5 else well(one))
    assert "batch-002.requests.jsonl (1 requests)" in waiting(tmp_path, requests(6))


def test_the_answers_of_another_batch_are_not_taken(tmp_path: Path) -> None:
    waiting(tmp_path, requests(3))
    (tmp_path / "batch-001.answers.jsonl").write_text('{"custom_id": "another"}\n')
    with pytest.raises(TeacherError, match="answers none of the 3 requests"):
        build(tmp_path, requests(3))


def test_a_damaged_file_of_answers_is_named_with_the_line(tmp_path: Path) -> None:
    waiting(tmp_path, requests(3))
    answer(tmp_path, 1, well)
    path = tmp_path / "batch-001.answers.jsonl"
    path.write_text(path.read_text()[:-20])
    with pytest.raises(TeacherError, match=r"batch-001\.answers\.jsonl:3: .* download"):
        build(tmp_path, requests(3))


def test_files_stay_within_what_providers_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "MOST_LINES", 4)
    waiting(tmp_path, requests(10))
    sizes = [len(lines(path)) for path in sorted(tmp_path.glob("batch-*.requests.jsonl"))]
    assert sizes == [4, 4, 2]


def test_a_file_that_was_not_finished_is_written_anew(tmp_path: Path) -> None:
    (tmp_path / ".part-batch-001.requests.jsonl").write_text('{"custom')
    waiting(tmp_path, requests(3))
    assert len(lines(tmp_path / "batch-001.requests.jsonl")) == 3
    assert not list(tmp_path.glob(".part-*"))


def test_a_cap_holds_for_files_too_and_what_fits_grows_with_what_is_known(tmp_path: Path) -> None:
    prices = {"price_per_million_prompt": 1.0, "price_per_million_reply": 1.0}
    settings = {**prices, "max_reply_tokens": 10, "reasks": 0}
    most = Batch(model="gpt", **settings).most(requests(1)[0]).money

    def pass_over() -> int:
        teacher = Batch(model="gpt", **settings)
        with Ledger(tmp_path / "calls.sqlite", Caps(max_money=most * 4)) as ledger:
            teacher.begin(tmp_path)
            out = ledger.ask(teacher, requests(500))
            assert "cap reached" in out[-1].reason or isinstance(out[-1], Reply)
            try:
                teacher.finish()
            except TeacherWaits:
                answer(tmp_path, len(list(tmp_path.glob("*.requests.jsonl"))), well)
        return sum(isinstance(one, Reply) for one in out)

    # Three more fit beside what four have cost, and so on until the cap is used up.
    assert [pass_over() for _ in range(4)] == [0, 4, 7, 10]
    with Ledger(tmp_path / "calls.sqlite") as ledger:
        assert 0 < ledger.total().money <= most * 4
