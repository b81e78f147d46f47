"""The openai teacher against a server on this machine that misbehaves in every way we know of."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Sequence
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest

from longgrain.calls import Ledger
from longgrain.errors import PlanError, TeacherError
from longgrain.make import component
from longgrain.teachers import _pace
from longgrain.teachers._pace import Clock
from longgrain.teachers._usage import fewest_tokens, most_tokens, was_cut
from longgrain.teachers.openai import STRIKES, OpenAI
from longgrain.tokens import Tokenizer
from longgrain.types import Answered, Refused, Reply, Request
from standin_server import Heard, Says, Script, StandIn, serving

CORPORA = Path(__file__).parents[2] / "shared" / "data" / "corpora"
SCHEMA = {
    "type": "object",
    "properties": {"question": {"type": "string"}, "answer": {"type": "string"}},
    "required": ["question", "answer"],
    "additionalProperties": False,
}
GOOD = '{"question": "多少？", "answer": "3"}'
PRICES = {"price_per_million_prompt": 2.0, "price_per_million_reply": 10.0, "currency": "USD"}


class Fast(Clock):
    """A hundred seconds to the second."""

    def now(self) -> float:
        return time.monotonic() * 100

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / 100)


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_API_VERSION"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"AZURE_{name}", raising=False)
    monkeypatch.delenv("AZURE_OPENAI_ENDPOINT", raising=False)
    monkeypatch.setattr(_pace, "Clock", Fast)


def request(words: str = "How many?", **changes: Any) -> Request:
    return Request(**{"task": "in2.fine", "prompt": (("user", words),), **changes})


def requests(count: int) -> list[Request]:
    return [request(f"question {number}") for number in range(count)]


def asked(script: Script, some: Sequence[Request], **settings: Any) -> list[Answered | Refused]:
    return heard(script, some, **settings)[0]


def heard(
    script: Script, some: Sequence[Request], **settings: Any
) -> tuple[list[Answered | Refused], StandIn]:
    """What a fresh teacher answers, and the server's log."""
    with serving(script) as server:
        teacher = OpenAI(**{"model": "tiny", "base_url": server.url, **settings})
        return list(teacher.ask(some)), server


def always(says: Says) -> Script:
    return lambda _: says


def first(*turns: Says) -> Script:
    """What is said in turn; the last one from then on."""
    return lambda one: turns[min(one.number, len(turns) - 1)]


# --- what is sent -----------------------------------------------------------------------------------


def test_a_prompt_is_sent_with_the_settings_of_the_plan_and_the_reply_comes_back_with_its_cost() -> (
    None
):
    asking = Request(task="in2.fine", prompt=(("system", "Be brief."), ("user", "多少？")), index=2)
    settings = {"temperature": 0.7, "top_p": 0.9, "seed": 40, "max_reply_tokens": 99, **PRICES}
    settings["extra_body"] = {"min_p": 0.1}
    [answer], server = heard(always(Says(text="三", reads=1000)), [asking], **settings)
    assert answer == Answered(text="三", prompt_tokens=1000, reply_tokens=7, money=0.00207)
    [(call, _)] = server.log.calls
    assert call.body == {
        "model": "tiny",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "多少？"},
        ],
        "temperature": 0.7,
        "top_p": 0.9,
        "seed": 42,
        "max_tokens": 99,
        "min_p": 0.1,
    }


def test_a_server_of_ones_own_needs_no_key_and_another_gets_the_one_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, server = heard(always(Says()), [request()])
    assert server.log.headers[0]["Authorization"] == "Bearer no-key-needed"
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted-0123456789")
    _, server = heard(always(Says()), [request()])
    assert server.log.headers[0]["Authorization"] == "Bearer sk-planted-0123456789"


def test_the_address_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(always(Says(text="yes"))) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        [answer] = OpenAI(model="tiny").ask([request()])
    assert isinstance(answer, Answered)


def test_azure_is_asked_by_deployment_with_its_own_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "azure-key-0123456789")
    with serving(always(Says(text="yes"))) as server:
        monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", server.url.removesuffix("/v1"))
        [answer] = OpenAI(model="deployed", api_version="2024-10-21").ask([request()])
    assert isinstance(answer, Answered)
    assert server.log.headers[0]["Api-Key"] == "azure-key-0123456789"


def test_without_a_key_openai_itself_is_not_asked() -> None:
    with pytest.raises(TeacherError, match="set OPENAI_API_KEY"):
        OpenAI(model="gpt").ask([request()])


def test_sampling_is_part_of_the_version_and_where_a_model_runs_is_not() -> None:
    plain = OpenAI(model="m")
    assert plain.version == OpenAI(model="m", base_url="http://other/v1", concurrency=2).version
    assert plain.version != OpenAI(model="m", temperature=0.5).version
    assert plain.version != OpenAI(model="m", extra_body={"min_p": 0.1}).version
    assert plain.name != OpenAI(model="n").name


def test_settings_come_through_a_plan() -> None:
    made = component("teachers", "openai", {"model": "m", "prices_of": "2026-11-01", **PRICES})
    assert (made.model, str(made.prices_of)) == ("m", "2026-11-01")
    with pytest.raises(PlanError, match="modle"):
        component("teachers", "openai", {"modle": "m"})
    with pytest.raises(PlanError, match="concurrency 0"):
        component("teachers", "openai", {"model": "m", "concurrency": 0})


# --- servers in trouble -----------------------------------------------------------------------------

PASSING = {
    "429": Says(status=429, error="slow down"),
    "500": Says(status=500, error="oops"),
    "502": Says(status=502, error="bad gateway"),
    "503": Says(status=503, error="loading the model"),
    "504": Says(status=504),
    "hang": Says(after=1.5),
    "reset": Says(reset=True),
    "cut": Says(cut=40),
    "garbled": Says(garbled=True),
}


@pytest.mark.parametrize("says", PASSING.values(), ids=PASSING)
def test_trouble_that_passes_is_waited_out(says: Says) -> None:
    [answer], server = heard(first(says, says, Says(text="yes")), [request()], timeout=0.3)
    assert answer == Answered(text="yes", prompt_tokens=10, reply_tokens=7)
    assert len(server.log.calls) == 3


@pytest.mark.parametrize("kind", ["500", "hang", "reset", "cut", "garbled"])
def test_trouble_that_stays_is_refused_for_now_with_the_reason(kind: str) -> None:
    [answer], server = heard(always(PASSING[kind]), [request()], timeout=0.1, retries=2)
    assert isinstance(answer, Refused)
    assert not answer.final
    assert answer.reason.startswith("the call failed 3 times: ")
    assert len(server.log.calls) == 3


def test_a_server_that_stays_busy_is_given_up_when_patience_ends() -> None:
    [answer] = asked(always(Says(status=429, error="full")), [request()], patience=20)
    assert isinstance(answer, Refused)
    assert "busy for too long" in answer.reason
    assert not answer.final


@pytest.mark.parametrize("form", ["seconds", "milliseconds", "date"])
def test_a_server_is_left_alone_for_as_long_as_it_asks(
    form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {
        "seconds": {"Retry-After": "30"},
        "milliseconds": {"retry-after-ms": "30000"},
        "date": {"Retry-After": formatdate(time.time() + 31, usegmt=True)},
    }
    _, server = heard(first(Says(status=429, headers=told[form]), Says()), [request()])
    one, two = (call.at for call, _ in server.log.calls)
    assert 0.28 < two - one < 0.6  # thirty seconds of the fast clock, and jitter


def test_a_wait_without_end_is_not_obeyed() -> None:
    wait = Says(status=429, headers={"Retry-After": "86400"})
    start = time.monotonic()
    [answer] = asked(first(wait, Says(text="yes")), [request()])
    assert isinstance(answer, Answered)
    assert time.monotonic() - start < 5


def test_calls_in_flight_grow_while_all_is_well_and_shrink_when_the_server_is_full() -> None:
    room = 6

    def script(one: Heard) -> Says:
        if one.in_flight > room:
            return Says(status=429, headers={"Retry-After": "0.5"}, after=0.005)
        return Says(after=0.01)

    answers, server = heard(script, requests(300), concurrency=64)
    assert all(isinstance(one, Answered) for one in answers)
    flying = [call.in_flight for call, _ in server.log.calls]
    assert flying[0] == 1
    assert max(flying) > room  # it tried for more
    settled = flying[len(flying) // 3 :]
    assert 2 < sum(settled) / len(settled) < room + 2
    refused = sum(says.status == 429 for _, says in server.log.calls)
    assert refused < 100


def test_no_more_calls_are_in_flight_than_allowed() -> None:
    _, server = heard(always(Says(after=0.02)), requests(120), concurrency=5)
    most = max(call.in_flight for call, _ in server.log.calls)
    assert 2 < most <= 5  # a busy machine may not reach the limit


def test_five_minutes_of_429_for_nine_in_ten_calls_lose_nothing() -> None:
    begin = time.monotonic()

    def script(one: Heard) -> Says:
        overloaded = (time.monotonic() - begin) * 100 < 300
        if overloaded and one.number % 10:
            return Says(status=429, headers={"Retry-After": "2"} if one.number % 3 else {})
        return Says(after=0.002)

    answers, server = heard(script, requests(200))
    assert [one.text for one in answers if isinstance(one, Answered)] == [
        f"question {number}" for number in range(200)
    ]
    during = [call.in_flight for call, _ in server.log.calls if (call.at - begin) * 100 < 300]
    after = [call.in_flight for call, _ in server.log.calls if (call.at - begin) * 100 > 300]
    assert sum(during) / len(during) < 3
    assert max(after) > 3


def test_a_server_that_always_fails_stops_the_run_and_keeps_its_answers(tmp_path: Path) -> None:
    def script(one: Heard) -> Says:
        return Says() if one.number < 5 else Says(status=500, error="out of memory")

    with serving(script) as server, Ledger(tmp_path / "calls.sqlite") as ledger:
        teacher = OpenAI(model="tiny", base_url=server.url, retries=0)
        with pytest.raises(TeacherError, match=f"{STRIKES} requests in a row .* out of memory"):
            ledger.ask(teacher, requests(200))
        assert ledger.total().answered == 5


def test_where_nothing_listens_the_run_stops_and_says_where() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    teacher = OpenAI(model="tiny", base_url=f"http://user:pass-word@127.0.0.1:{port}/v1")
    with pytest.raises(TeacherError, match=f"//127.0.0.1:{port}/v1 cannot be reached") as error:
        teacher.ask(requests(3))
    assert "pass-word" not in str(error.value)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_wrong_settings_stop_the_run_at_once(status: int) -> None:
    with serving(always(Says(status=status, error="no such model: tiny"))) as server:
        teacher = OpenAI(model="tiny", base_url=server.url, temperature=9.0)
        with pytest.raises(TeacherError, match=f"{server.url} .* 'tiny' .*{status}.*no such model"):
            teacher.ask(requests(50))
        assert len(server.log.calls) <= 3


def test_one_request_that_a_server_cannot_read_is_refused_and_many_in_a_row_stop_the_run() -> None:
    def script(one: Heard) -> Says:
        number = int(one.words.split()[1])
        return Says(status=400, error="bad") if number == 3 or number > 5 else Says()

    answers = asked(script, requests(6))
    refused = answers[3]
    assert isinstance(refused, Refused)
    assert refused.final
    assert refused.reason == ("the server cannot read this request: HTTP 400: bad")
    with pytest.raises(TeacherError, match="in a row"):
        asked(script, requests(200))


def test_a_quota_that_is_used_up_stops_the_run() -> None:
    spent = Says(status=429, error="You exceeded your current quota, insufficient_quota")
    with serving(always(spent)) as server, pytest.raises(TeacherError, match="quota"):
        OpenAI(model="tiny", base_url=server.url).ask(requests(5))
    assert len(server.log.calls) == 1


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ("This model's maximum context length is 8192 tokens", "too long for the server"),
        ("the request exceeds the available context size (4096), try increasing it", "too long"),
        ("The response was filtered due to content management policy", "content filter"),
    ],
)
def test_a_400_about_one_request_refuses_that_one_alone(error: str, reason: str) -> None:
    def script(one: Heard) -> Says:
        return Says(status=400, error=error) if "question 3" in one.words else Says()

    answers = asked(script, requests(8))
    assert [isinstance(one, Answered) for one in answers] == [True] * 3 + [False] + [True] * 4
    refused = answers[3]
    assert isinstance(refused, Refused)
    assert refused.final
    assert reason in refused.reason


def test_a_server_that_knows_the_limit_by_its_new_name_is_told_that() -> None:
    def script(one: Heard) -> Says:
        if "max_tokens" in one.body:
            return Says(
                status=400, error="Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens'"
            )
        return Says()

    answers, server = heard(script, requests(20))
    assert all(isinstance(one, Answered) for one in answers)
    assert len(server.log.calls) == 21


def test_a_teacher_can_be_asked_where_a_loop_is_running() -> None:
    async def notebook() -> list[Answered | Refused]:
        return asked(always(Says(text="yes")), [request()])

    [answer] = asyncio.run(notebook())
    assert isinstance(answer, Answered)


def test_a_stream_that_is_left_early_ends_its_calls() -> None:
    with serving(always(Says(after=0.2))) as server:
        teacher = OpenAI(model="tiny", base_url=server.url)
        stream = teacher.stream([(str(i), one) for i, one in enumerate(requests(50))])
        next(stream)
        stream.close()
        calls = len(server.log.calls)
        time.sleep(0.3)
        assert len(server.log.calls) <= calls + 2
    assert not [one for one in threading.enumerate() if one.name == "teacher"]


# --- structured replies -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        f"```json\n{GOOD}\n```",
        f"Sure! Here it is:\n\n{GOOD}\n\nAnything else?",
        f"<think>Is it {{3}} or [4]?</think>{GOOD}",
        f"好的，如下：{GOOD}",
        f"[1] means the first. {GOOD}",
    ],
)
def test_json_is_found_alone_in_a_fence_and_among_words(text: str) -> None:
    [answer] = asked(always(Says(text=text)), [request(schema=SCHEMA)])
    assert isinstance(answer, Answered)
    assert json.loads(answer.text) == {"question": "多少？", "answer": "3"}


def test_a_schema_is_sent_and_a_server_that_does_not_know_it_is_asked_in_words() -> None:
    def script(one: Heard) -> Says:
        if "response_format" in one.body:
            return Says(status=400, error="response_format is not supported")
        return Says(text=GOOD)

    some = [request(f"问题 {number}", schema=SCHEMA) for number in range(20)]
    answers, server = heard(script, some)
    assert all(isinstance(one, Answered) for one in answers)
    formats = [one.body.get("response_format", {}).get("type") for one, _ in server.log.calls]
    assert formats == ["json_schema", "json_object"] + [None] * 20
    assert "JSON Schema" in server.log.calls[-1][0].words


def test_a_whole_schema_is_strict() -> None:
    _, server = heard(always(Says(text=GOOD)), [request(schema=SCHEMA)])
    told = server.log.calls[0][0].body["response_format"]["json_schema"]
    assert told == {"name": "reply", "schema": SCHEMA, "strict": True}


WRONG = {
    "cut JSON": '{"question": "多少',
    "wrong schema": '{"question": "多少？", "answers": 3}',
    "another shape": "[1, 2, 3]",
    "no JSON": "I would rather talk about something else.",
}


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG)
def test_a_wrong_reply_is_asked_again_with_the_fault_and_both_are_paid_for(text: str) -> None:
    script = first(Says(text=text, reads=100), Says(text=GOOD, reads=200))
    [answer], server = heard(script, [request(schema=SCHEMA)], **PRICES)
    assert answer == Answered(
        text=GOOD, prompt_tokens=300, reply_tokens=14, money=(300 * 2 + 14 * 10) / 1e6
    )
    roles = [one["role"] for one in server.log.calls[1][0].body["messages"]]
    assert roles == ["user", "assistant", "user"]
    assert "cannot be used" in server.log.calls[1][0].words


def test_a_correction_is_in_the_language_of_the_prompt() -> None:
    _, server = heard(
        first(Says(text="不是"), Says(text=GOOD)), [request("有多少？", schema=SCHEMA)]
    )
    assert "无法使用" in server.log.calls[1][0].words


def test_a_reply_that_stays_wrong_is_refused_for_good_and_still_paid_for(tmp_path: Path) -> None:
    with serving(always(Says(text='{"question": 1}', reads=50))) as server:
        teacher = OpenAI(model="tiny", base_url=server.url, **PRICES)
        with Ledger(tmp_path / "calls.sqlite") as ledger:
            [refused] = ledger.ask(teacher, [request(schema=SCHEMA)])
            assert ledger.ask(teacher, [request(schema=SCHEMA)]) == [refused]
            total = ledger.total()
    assert isinstance(refused, Refused)
    assert refused.reason.startswith("no usable reply in 3 turns: the reply lacks 'answer'; ")
    assert (total.prompt_tokens, total.reply_tokens, total.refused) == (150, 21, 1)
    assert total.money == pytest.approx((150 * 2 + 21 * 10) / 1e6)
    assert len(server.log.calls) == 3


@pytest.mark.parametrize(
    ("says", "reason"),
    [
        (Says(text=""), "no usable reply in 3 turns: the reply is empty"),
        (Says(text="Half a sen", finish="length"), "the reply was cut at max_reply_tokens: 1,024"),
        (Says(text="", refusal="I cannot help."), "the model refused: I cannot help."),
        (Says(text="", finish="content_filter"), "the server's content filter withheld the reply"),
    ],
)
def test_a_reply_that_is_none_has_its_own_reason(says: Says, reason: str) -> None:
    [answer] = asked(always(says), [request()])
    assert isinstance(answer, Refused)
    assert (answer.reason, answer.final) == (reason, True)


def test_an_answer_in_another_language_comes_through_for_the_checks_to_judge() -> None:
    [answer] = asked(always(Says(text="三个苹果")), [request("How many apples?")])
    assert isinstance(answer, Answered)
    assert answer.text == "三个苹果"


# --- prompts cut in silence -------------------------------------------------------------------------


def test_a_prompt_that_the_server_cut_is_refused_with_both_numbers_and_the_setting() -> None:
    long = request("every word counts " * 3000)
    [answer] = asked(always(Says(text="yes", reads=4096)), [long])
    assert isinstance(answer, Refused)
    assert not answer.final
    assert "it read 4,096 tokens of at least 9,000" in answer.reason
    assert "num_ctx" in answer.reason


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_tokenizer_raises_a_false_alarm_on_real_text(language: str) -> None:
    files = sorted((CORPORA / language).glob("*/*"))
    if not files:
        pytest.skip(f"no documents in {CORPORA}")
    tokenizer = Tokenizer.load("longgrain")  # trained on such texts: none is more efficient
    texts = [
        text[start : start + 20_000]
        for path in files
        for text in [path.read_text("utf-8", "replace")]
        for start in range(0, len(text) - 20_000, max(20_000, len(text) // 4))
    ]
    counts = tokenizer.encode(texts).lengths.tolist()
    some = list(zip(texts, counts, strict=True))[:60]
    assert some
    for text, count in some:
        assert not was_cut([text], count)
        assert fewest_tokens([text]) * 0.8 < count <= most_tokens([text])
    caught = [bool(was_cut([text], count // 4)) for text, count in some]
    assert sum(caught) > 0.9 * len(caught)


def test_with_the_models_tokenizer_a_smaller_cut_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text(Tokenizer.load("longgrain").source, "utf-8")
    long = request("Antidisestablishmentarianists " * 1000)
    script = always(Says(text="yes", reads=3000))
    assert isinstance(asked(script, [long])[0], Answered)
    [answer] = asked(script, [long], tokenizer=str(path))
    assert isinstance(answer, Refused)


def test_a_server_that_does_not_count_is_taken_to_have_used_all_it_can() -> None:
    [answer] = asked(always(Says(text="yes", usage=False)), [request("字" * 100)])
    assert isinstance(answer, Answered)
    assert answer.prompt_tokens >= 300
    assert answer.reply_tokens == 1024


# --- all at once ------------------------------------------------------------------------------------


def hostile(one: Heard) -> Says:
    """Every trouble at its own calls; each call gets better sooner or later, if it can."""
    trouble = [
        *PASSING.values(),
        *(Says(text=text) for text in WRONG.values()),
        Says(status=429, headers={"Retry-After": "3"}),
        Says(text="对不起", refusal="no"),
        Says(text="x", finish="length"),
        Says(text="x", reads=300),
    ]
    number = int(one.body["messages"][0]["content"].split()[1])
    turns = [trouble[(number * 7 + turn * 5) % len(trouble)] for turn in range(number % 3)]
    return turns[one.time] if one.time < len(turns) else Says(text=GOOD)


def test_out_of_every_trouble_each_request_comes_as_an_answer_or_with_a_reason() -> None:
    some = [request(f"question {i} " + "word " * 1000, schema=SCHEMA) for i in range(120)]
    answers = asked(hostile, some, timeout=0.4)
    assert len(answers) == 120
    good = [one for one in answers if isinstance(one, Answered)]
    assert all(json.loads(one.text)["answer"] == "3" for one in good)
    assert len(good) > 60
    reasons = {one.reason.split(":")[0] for one in answers if isinstance(one, Refused)}
    assert {
        "the model refused",
        "the reply was cut at max_reply_tokens",
        "the server cut the prompt",
    } <= reasons


def test_four_hundred_calls_through_429_and_500_take_seconds_and_little_memory(
    tmp_path: Path,
) -> None:
    def script(one: Heard) -> Says:
        if one.number % 20 == 3:
            return Says(status=429, headers={"Retry-After": "1"})
        return Says(status=500) if one.number % 25 == 5 else Says(after=0.01)

    with serving(script) as server, Ledger(tmp_path / "calls.sqlite") as ledger:
        teacher = OpenAI(model="tiny", base_url=server.url)
        start = time.monotonic()
        replies = ledger.ask(teacher, requests(400))
        seconds = time.monotonic() - start
    assert all(isinstance(one, Reply) for one in replies)
    assert seconds < 8  # 1.8 on a quiet machine


# --- keys -------------------------------------------------------------------------------------------

KEY = "sk-planted-4f9d8c7b6a5e"


def telltale(says: Says) -> Script:
    """The server repeats the key wherever it can."""
    return always(
        Says(
            **{
                **{name: getattr(says, name) for name in says.__dataclass_fields__},
                "error": f"Incorrect API key provided: {KEY} (Authorization: Bearer {KEY})",
            }
        )
    )


TELLING = {
    **PASSING,
    "400": Says(status=400),
    "401": Says(status=401),
    "403": Says(status=403),
    "success": Says(text=f"Your key is {KEY}"),
    "refusal": Says(refusal=f"Not for {KEY}"),
}


@pytest.mark.parametrize("says", TELLING.values(), ids=TELLING)
def test_a_key_is_nowhere_but_in_the_header(
    says: Says,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    caplog.set_level("DEBUG")
    said = ""
    with serving(telltale(says)) as server, Ledger(tmp_path / "calls.sqlite") as ledger:
        teacher = OpenAI(model="tiny", base_url=server.url, retries=1, timeout=0.1, patience=5)
        try:
            said = repr(ledger.ask(teacher, requests(3)))
        except TeacherError as error:
            said = f"{error!r} {error.__cause__!r} {error.__context__!r}"
        said += repr(teacher)
    assert any(KEY in one["Authorization"] for one in server.log.headers)
    assert KEY not in said + "".join(capfd.readouterr()) + caplog.text
    for path in tmp_path.iterdir():
        assert KEY.encode() not in path.read_bytes()
