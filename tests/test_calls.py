"""The ledger: what it stores, what it counts, what it refuses, and how fast it is."""

from __future__ import annotations

import multiprocessing
import sqlite3
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from longgrain.calls import Ledger, key
from longgrain.caps import Caps
from longgrain.errors import RunError, TeacherError
from longgrain.types import Answered, Refused, Reply, Request


@dataclass(kw_only=True)
class Echo:
    """Answers with the task itself, at a price; refuses what it was told to refuse."""

    name: str = "echo"
    version: str = "1"
    refusals: dict[str, Refused] = field(default_factory=dict)
    asked: list[Request] = field(default_factory=list)

    def ask(self, requests: Sequence[Request]) -> list[Answered | Refused]:
        self.asked += requests
        return [
            self.refusals.get(r.task)
            or Answered(text=f"答：{r.task}", prompt_tokens=3, reply_tokens=2, money=0.5)
            for r in requests
        ]


def requests(*tasks: str) -> list[Request]:
    return [Request(task=task, material=("一段话。",)) for task in tasks]


def test_replies_come_in_order_with_the_key_of_their_call(tmp_path: Path) -> None:
    with Ledger(tmp_path / "calls.sqlite") as ledger:
        replies = ledger.ask(Echo(), requests("b", "a"))
    assert replies == [
        Reply(teacher="echo", call=key("echo", "1", r), text=f"答：{r.task}")
        for r in requests("b", "a")
    ]


def test_a_call_can_be_looked_up_with_its_request_and_its_cost(tmp_path: Path) -> None:
    with Ledger(tmp_path / "calls.sqlite") as ledger:
        [reply] = ledger.ask(Echo(), requests("问"))
        assert isinstance(reply, Reply)
        call = ledger.call(reply.call)
        assert ledger.call("no such key") is None
    assert call is not None
    assert (call.teacher, call.version, call.answer) == ("echo", "1", "答：问")
    assert call.request["task"] == "问"
    assert call.request["material"] == ["一段话。"]
    assert (call.prompt_tokens, call.reply_tokens, call.money, call.final) == (3, 2, 0.5, True)
    assert abs(call.time - time.time()) < 60


def test_equal_requests_of_one_batch_are_asked_once(tmp_path: Path) -> None:
    teacher = Echo()
    with Ledger(tmp_path / "calls.sqlite") as ledger:
        one, two, three = ledger.ask(teacher, requests("a", "b", "a"))
        assert one == three != two
        assert [r.task for r in teacher.asked] == ["a", "b"]
        assert (ledger.counts.requests, ledger.counts.asked, ledger.counts.from_ledger) == (3, 2, 1)


def test_tokens_and_money_are_counted_for_this_run_and_for_the_file(tmp_path: Path) -> None:
    with Ledger(tmp_path / "calls.sqlite") as ledger:
        ledger.ask(Echo(), requests("a", "b"))
    with Ledger(tmp_path / "calls.sqlite") as ledger:
        ledger.ask(Echo(), requests("b", "c"))
        counts, total = ledger.counts, ledger.total()
    assert (counts.asked, counts.from_ledger, counts.money) == (1, 1, 0.5)
    assert (total.asked, total.answered, total.prompt_tokens, total.money) == (3, 3, 9, 1.5)


def test_a_final_refusal_is_stored_and_not_asked_again(tmp_path: Path) -> None:
    teacher = Echo(refusals={"bad": Refused(reason="no fact in this sentence")})
    with Ledger(tmp_path / "calls.sqlite") as ledger:
        for _ in range(2):
            assert ledger.ask(teacher, requests("bad")) == [
                Refused(reason="no fact in this sentence")
            ]
        assert len(teacher.asked) == 1
        assert (ledger.counts.refused, ledger.counts.from_ledger) == (1, 1)


def test_a_passing_refusal_is_counted_and_asked_again(tmp_path: Path) -> None:
    busy = Refused(reason="429: too many requests", final=False)
    with Ledger(tmp_path / "calls.sqlite") as ledger:
        assert ledger.ask(Echo(refusals={"a": busy}), requests("a")) == [busy]
        assert ledger.ask(Echo(refusals={"a": busy}), requests("a")) == [busy]
        [reply] = ledger.ask(Echo(), requests("a"))
        assert isinstance(reply, Reply)
        assert (ledger.counts.asked, ledger.counts.refused, ledger.counts.answered) == (3, 2, 1)


def test_an_answer_outlives_a_later_refusal_of_the_same_call(tmp_path: Path) -> None:
    with Ledger(tmp_path / "calls.sqlite") as ledger:
        ledger.ask(Echo(), requests("a"))
        ledger._ask_and_store(  # as a second process does that missed the first one's answer
            Echo(refusals={"a": Refused(reason="too late")}),
            [(key("echo", "1", r), b"{}", r) for r in requests("a")],
        )
        [reply] = ledger.ask(Echo(), requests("a"))
    assert isinstance(reply, Reply)


def test_the_teacher_gets_batches(tmp_path: Path) -> None:
    sizes = []

    class Counting(Echo):
        def ask(self, requests: Sequence[Request]) -> list[Answered | Refused]:
            sizes.append(len(requests))
            return super().ask(requests)

    with Ledger(tmp_path / "calls.sqlite") as ledger:
        ledger.ask(Counting(), requests(*"abcdefg"), batch=3)
    assert sizes == [3, 3, 1]


def test_a_teacher_that_fails_in_its_third_batch_keeps_the_first_two(tmp_path: Path) -> None:
    class Failing(Echo):
        def ask(self, requests: Sequence[Request]) -> list[Answered | Refused]:
            if len(self.asked) == 4:
                raise TeacherError("the endpoint is gone")
            return super().ask(requests)

    with Ledger(tmp_path / "calls.sqlite") as ledger:
        with pytest.raises(TeacherError, match="endpoint is gone"):
            ledger.ask(Failing(), requests(*"abcdef"), batch=2)
        again = Echo()
        ledger.ask(again, requests(*"abcdef"), batch=2)
    assert [r.task for r in again.asked] == ["e", "f"]


def test_a_teacher_that_loses_count_is_refused(tmp_path: Path) -> None:
    class Short(Echo):
        def ask(self, requests: Sequence[Request]) -> list[Answered | Refused]:
            return super().ask(requests)[1:]

    with (
        Ledger(tmp_path / "calls.sqlite") as ledger,
        pytest.raises(TeacherError, match="gave 1 answers to 2 requests"),
    ):
        ledger.ask(Short(), requests("a", "b"))


def test_settings_that_hold_a_secret_are_refused_and_not_stored(tmp_path: Path) -> None:
    secret = Request(task="a", settings={"headers": [{"Authorization": "Bearer sk-1234567"}]})
    with Ledger(tmp_path / "calls.sqlite") as ledger:
        with pytest.raises(TeacherError, match="Authorization"):
            ledger.ask(Echo(), [secret])
        ledger.ask(Echo(), [Request(task="a", settings={"max_tokens": 9})])
    for path in tmp_path.iterdir():
        assert b"sk-1234567" not in path.read_bytes()


def test_a_request_that_is_no_json_is_refused(tmp_path: Path) -> None:
    with Ledger(tmp_path / "calls.sqlite") as ledger:
        for settings in ({"stop": object()}, {"stop": "\ud800"}):
            with pytest.raises(TeacherError, match="cannot be stored"):
                ledger.ask(Echo(), [Request(task="a", settings=settings)])


def test_an_answer_with_half_a_character_is_kept(tmp_path: Path) -> None:
    class Broken(Echo):
        def ask(self, requests: Sequence[Request]) -> list[Answered | Refused]:
            return [Answered(text="a\ud83d\ude00\ud83d\0b") for _ in requests]

    with Ledger(tmp_path / "calls.sqlite") as ledger:
        [reply] = ledger.ask(Broken(), requests("a"))
    assert isinstance(reply, Reply)
    assert reply.text == "a😀\ufffd\0b"


def test_a_file_that_is_no_database_gives_an_error_with_a_next_step(tmp_path: Path) -> None:
    path = tmp_path / "calls.sqlite"
    path.write_text("these are my notes, not a database " * 100)
    with pytest.raises(RunError, match=r"calls\.sqlite cannot be used .* move it away"):
        Ledger(path)
    assert path.read_text().startswith("these are my notes")


def test_a_foreign_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "calls.sqlite"
    with sqlite3.connect(path) as foreign:
        foreign.execute("CREATE TABLE calls (who TEXT)")
    foreign.close()
    before = path.read_bytes()
    with pytest.raises(RunError, match="not written by this version"):
        Ledger(path)
    assert path.read_bytes() == before


def test_a_damaged_ledger_gives_an_error_and_not_wrong_answers(tmp_path: Path) -> None:
    path = tmp_path / "calls.sqlite"
    with Ledger(path) as ledger:
        ledger.ask(Echo(), requests(*map(str, range(500))))
    raw = bytearray(path.read_bytes())
    raw[4096:] = b"\xff" * (len(raw) - 4096)
    path.write_bytes(raw)
    teacher = Echo()
    with pytest.raises(RunError, match="move it away"), Ledger(path) as ledger:
        ledger.ask(teacher, requests(*map(str, range(500))))
    assert teacher.asked == []


def ask_as_a_worker(path: Path) -> list[Reply | Refused]:
    with Ledger(path) as ledger:
        return ledger.ask(Echo(), requests(*map(str, range(200))), batch=7)


def test_several_processes_share_a_ledger_and_get_the_same_replies(tmp_path: Path) -> None:
    path = tmp_path / "calls.sqlite"
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        replies = pool.map(ask_as_a_worker, [path] * 8, chunksize=1)
    assert all(one == replies[0] for one in replies)
    with Ledger(path) as ledger:
        assert ledger.total().answered == 200


def test_two_ledgers_that_open_an_empty_file_together_see_what_the_other_stores(
    tmp_path: Path,
) -> None:
    path = tmp_path / "calls.sqlite"
    with Ledger(path) as one, Ledger(path) as other:
        first, second = Echo(), Echo()
        one.ask(first, requests("a", "b"))
        assert other.ask(second, requests("b", "c")) == one.ask(first, requests("b", "c"))
        assert [r.task for r in first.asked] == ["a", "b"]
        assert [r.task for r in second.asked] == ["c"]


def test_what_another_process_stored_meanwhile_is_kept_and_given(tmp_path: Path) -> None:
    path = tmp_path / "calls.sqlite"

    class Late(Echo):
        def ask(self, requests: Sequence[Request]) -> list[Answered | Refused]:
            with Ledger(path) as other:  # answers the first of them before this one does
                other.ask(Echo(), list(requests)[:1])
            return [Answered(text="too late", money=0.25) for _ in requests]

    with Ledger(path) as ledger:
        replies = ledger.ask(Late(), requests("a", "b"))
        assert [one.text for one in replies if isinstance(one, Reply)] == ["答：a", "too late"]
        assert ledger.total().money == 0.75


def test_ten_thousand_stored_answers_are_found_in_less_than_a_second(tmp_path: Path) -> None:
    many = [Request(task="ask", material=("字" * 200,), index=i) for i in range(10_000)]
    with Ledger(tmp_path / "calls.sqlite") as ledger:
        ledger.ask(Echo(), many)
        start = time.perf_counter()
        ledger.ask(Echo(), many)
        assert time.perf_counter() - start < 1
        assert ledger.counts.from_ledger == 10_000


# --- answers as they arrive -------------------------------------------------------------------------


@dataclass(kw_only=True)
class Streaming(Echo):
    """Answers in lists of three, the last request first; dies after some."""

    dies_after: int = 10**6

    def stream(
        self, calls: Sequence[tuple[str, Request]]
    ) -> Iterator[list[tuple[str, Answered | Refused]]]:
        turned = list(reversed(calls))
        for i in range(0, len(turned), 3):
            if i >= self.dies_after:
                raise TeacherError("the endpoint is gone")
            some = turned[i : i + 3]
            answers = self.ask([request for _, request in some])
            yield list(zip([one for one, _ in some], answers, strict=True))


def test_answers_that_arrive_in_any_order_are_given_in_the_order_of_the_requests(
    tmp_path: Path,
) -> None:
    with Ledger(tmp_path / "calls.sqlite") as ledger:
        replies = ledger.ask(Streaming(), requests(*"abcdefg"))
    assert [one.text for one in replies if isinstance(one, Reply)] == [
        f"答：{x}" for x in "abcdefg"
    ]


def test_what_arrived_before_a_teacher_fails_is_stored(tmp_path: Path) -> None:
    with Ledger(tmp_path / "calls.sqlite") as ledger:
        with pytest.raises(TeacherError, match="gone"):
            ledger.ask(Streaming(dies_after=6), requests(*"abcdefgh"))
        assert ledger.total().answered == 6
        again = Streaming()
        ledger.ask(again, requests(*"abcdefgh"))
    assert {one.task for one in again.asked} == {"a", "b"}


def test_a_stream_that_leaves_a_request_out_or_makes_one_up_is_refused(tmp_path: Path) -> None:
    class Forgetful(Streaming):
        def stream(
            self, calls: Sequence[tuple[str, Request]]
        ) -> Iterator[list[tuple[str, Answered | Refused]]]:
            yield from super().stream(calls[1:])

    class Inventive(Streaming):
        def stream(
            self, calls: Sequence[tuple[str, Request]]
        ) -> Iterator[list[tuple[str, Answered | Refused]]]:
            yield [("made up", Answered(text="yes"))]

    with Ledger(tmp_path / "calls.sqlite") as ledger:
        with pytest.raises(TeacherError, match="left 1 of 3 requests"):
            ledger.ask(Forgetful(), requests("a", "b", "c"))
        with pytest.raises(TeacherError, match="'made up', which it was not asked"):
            ledger.ask(Inventive(), requests("d"))


def test_tokens_and_money_are_counted_by_recipe(tmp_path: Path) -> None:
    with Ledger(tmp_path / "calls.sqlite") as ledger:
        ledger.ask(Echo(), requests("in2.fine", "in2.integration", "second_look", "probe.fine"))
        found = ledger.by_recipe()
    assert {name: (one.asked, one.money) for name, one in found.items()} == {
        "in2": (2, 1.0),
        "probe": (1, 0.5),
        "second_look": (1, 0.5),
    }


# --- caps -------------------------------------------------------------------------------------------


@dataclass(kw_only=True)
class Priced(Streaming):
    """A request costs as much as its task says, and at most three."""

    def most(self, request: Request) -> Answered:
        return Answered(text="", money=3.0)

    def ask(self, requests: Sequence[Request]) -> list[Answered | Refused]:
        self.asked += requests
        return [Answered(text="yes", money=float(r.task)) for r in requests]


def answered(outcomes: Sequence[Reply | Refused]) -> str:
    return "".join("+" if isinstance(one, Reply) else "-" for one in outcomes)


def priced(*costs: float) -> list[Request]:
    return [Request(task=str(cost), index=place) for place, cost in enumerate(costs)]


COSTS = (1, 1, 3, 0.5, 0.5, 1, 1, 3, 1, 0.25)


def by_hand(costs: Sequence[float], cap: float) -> str:
    """The rule, request by request: what was spent before and the most that this one can cost."""
    spent, found = 0.0, ""
    for cost in costs:
        fits = spent + 3 <= cap and "-" not in found
        spent += cost * fits
        found += "+" if fits else "-"
    return found


@pytest.mark.parametrize("cap", [0, 2.9, 3, 5, 5.5, 8, 9, 11.25, 15, 100])
@pytest.mark.parametrize("batch", [1, 4, 10])
def test_money_is_spent_in_plan_order_and_never_beyond_the_cap(
    tmp_path: Path, cap: float, batch: int
) -> None:
    teacher = Priced()
    with Ledger(tmp_path / "calls.sqlite", Caps(max_money=cap)) as ledger:
        outcomes = []
        for start in range(0, len(COSTS), batch):
            outcomes += ledger.ask(teacher, priced(*COSTS)[start : start + batch])
        assert answered(outcomes) == by_hand(COSTS, cap)
        assert ledger.total().money <= cap
        assert bool(ledger.capped) == ("-" in answered(outcomes))


def test_a_resumed_run_decides_as_one_that_was_not_stopped(tmp_path: Path) -> None:
    for stored in range(len(COSTS)):
        path = tmp_path / f"{stored}.sqlite"
        with Ledger(path, Caps(max_money=8)) as ledger:
            ledger.ask(Priced(), priced(*COSTS)[:stored])
        with Ledger(path, Caps(max_money=8)) as ledger:
            assert answered(ledger.ask(Priced(), priced(*COSTS))) == by_hand(COSTS, 8)


def test_calls_are_capped_and_asking_again_for_the_same_is_no_new_call(tmp_path: Path) -> None:
    busy = Refused(reason="busy", final=False)
    with Ledger(tmp_path / "calls.sqlite", Caps(max_calls=3)) as ledger:
        assert answered(ledger.ask(Echo(refusals={"a": busy}), requests("a", "b"))) == "-+"
        assert answered(ledger.ask(Echo(), requests("a", "c", "d", "b"))) == "++-+"
        assert (ledger.counts.held, ledger.counts.refused) == (1, 1)


def test_what_a_cap_leaves_out_is_not_stored_and_is_asked_when_the_cap_is_raised(
    tmp_path: Path,
) -> None:
    with Ledger(tmp_path / "calls.sqlite", Caps(max_calls=1)) as ledger:
        _, refused = ledger.ask(Echo(), requests("a", "b"))
        assert isinstance(refused, Refused)
        assert not refused.final
        assert refused.reason.startswith("cap reached: max_calls 1 ")
        assert ledger.total().requests == 1
    with Ledger(tmp_path / "calls.sqlite") as ledger:
        assert answered(ledger.ask(Echo(), requests("a", "b"))) == "++"


def test_a_cap_on_money_needs_a_teacher_that_knows_what_a_call_can_cost(tmp_path: Path) -> None:
    with (
        Ledger(tmp_path / "calls.sqlite", Caps(max_money=5)) as ledger,
        pytest.raises(TeacherError, match="max_money 5 cannot be kept: the teacher echo"),
    ):
        ledger.ask(Echo(), requests("a"))


# --- a file of an earlier version -------------------------------------------------------------------

FIRST_SCHEMA = """
CREATE TABLE calls (
    key TEXT PRIMARY KEY, teacher TEXT NOT NULL, version TEXT NOT NULL, request TEXT NOT NULL,
    answer TEXT, refusal TEXT, final INTEGER NOT NULL, prompt_tokens INTEGER NOT NULL,
    reply_tokens INTEGER NOT NULL, money REAL NOT NULL, seconds REAL NOT NULL, time REAL NOT NULL
);
PRAGMA application_id = 0x4C67434C;
PRAGMA user_version = 1;
"""


def test_a_ledger_of_the_first_version_opens_and_its_answers_are_used(tmp_path: Path) -> None:
    path = tmp_path / "calls.sqlite"
    [old] = requests("in2.fine")
    with sqlite3.connect(path) as db:
        db.executescript(FIRST_SCHEMA)
        row = (key("echo", "1", old), "echo", "1", '{"task": "in2.fine"}', "old", None, 1, 1, 1)
        db.execute("INSERT INTO calls VALUES (?,?,?,?,?,?,?,?,?,?,?,?)", (*row, 0.5, 0.1, 0.0))
    db.close()
    teacher = Echo()
    with Ledger(path) as ledger:
        [reply] = ledger.ask(teacher, [old])
        assert ledger.by_recipe()["in2"].money == 0.5
    assert isinstance(reply, Reply)
    assert (reply.text, teacher.asked) == ("old", [])
