"""Law 12: no stored answer is asked for again; keys include the sample's index."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longgrain import calls
from longgrain.calls import Ledger, key
from longgrain.types import Answered, Refused, Reply, Request
from standin_server import Heard, Says, StandIn

# Of the processes that are killed: they import this file.
ENVIRONMENT = {**os.environ, "PYTHONPATH": "tests"}
SAMPLES = [Request(task="ask", material=("A fact.",), index=index) for index in range(60)]


class Paid:
    """Writes down each request that it is paid for, and dies where it is told to."""

    name = "paid"
    version = "1"

    def __init__(self, receipts: Path, die_at: int = -1) -> None:
        self.receipts = receipts
        self.die_at = die_at

    def ask(self, requests: Sequence[Request]) -> list[Answered | Refused]:
        with self.receipts.open("a") as receipts:
            for request in requests:
                print(request.index, file=receipts, flush=True)
                if request.index == self.die_at:
                    os.kill(os.getpid(), signal.SIGKILL)
        return [Answered(text=f"sample {request.index}", money=1.0) for request in requests]

    def paid(self) -> list[int]:
        return list(map(int, self.receipts.read_text().split()))


def breaches(folder: Path) -> list[str]:
    """What of the law two runs over the same samples break."""
    teacher = Paid(folder / "receipts")
    found = []
    for _ in range(2):
        with Ledger(folder / "calls.sqlite") as ledger:
            replies = ledger.ask(teacher, SAMPLES, batch=7)
        texts = [reply.text for reply in replies if isinstance(reply, Reply)]
        if texts != [f"sample {request.index}" for request in SAMPLES]:
            found.append("a sample got another sample's answer")
    if teacher.paid() != list(range(len(SAMPLES))):
        found.append("a request was paid for twice or not asked")
    return found


def test_every_request_is_paid_for_exactly_once(tmp_path: Path) -> None:
    assert breaches(tmp_path) == []


def test_control_a_key_that_forgets_the_index_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = calls._json
    monkeypatch.setattr(calls, "_json", lambda request: whole(replace(request, index=0)))
    assert "a sample got another sample's answer" in breaches(tmp_path)


def test_control_a_key_that_changes_between_runs_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = calls._key
    opened: list[int] = []
    monkeypatch.setattr(Ledger, "close", lambda self: (opened.append(1), self._db.close()))
    monkeypatch.setattr(calls, "_key", lambda *parts: f"{len(opened)} {whole(*parts)}")
    assert "a request was paid for twice or not asked" in breaches(tmp_path)


REQUEST = Request(task="t", material=("m",), prompt=(("user", "p"),), settings={"k": 1})
OTHERS = [
    replace(REQUEST, task="u"),
    replace(REQUEST, material=("n",)),
    replace(REQUEST, material=("m", "")),
    replace(REQUEST, prompt=(("system", "p"),)),
    replace(REQUEST, prompt=(("user", "q"),)),
    replace(REQUEST, schema={}),
    replace(REQUEST, schema={"type": "object"}),
    replace(REQUEST, settings={"k": 2}),
    replace(REQUEST, settings={}),
    replace(REQUEST, index=1),
]


def test_every_field_of_a_request_the_teacher_and_its_version_are_in_the_key() -> None:
    keys = [key("a", "1", request) for request in [REQUEST, *OTHERS]]
    keys += [key("b", "1", REQUEST), key("a", "2", REQUEST)]
    assert len(set(keys)) == len(keys)


@given(st.dictionaries(st.text(max_size=3), st.integers(0, 9), max_size=5))
def test_the_order_of_settings_is_not_in_the_key(settings: dict[str, int]) -> None:
    turned = dict(reversed(settings.items()))
    assert key("a", "1", replace(REQUEST, schema=settings)) == key(
        "a", "1", replace(REQUEST, schema=turned)
    )


RUN = """
import sys
from pathlib import Path
from longgrain.calls import Ledger
from tests.laws.test_paid_once import SAMPLES, Paid
folder, die_at = Path(sys.argv[1]), int(sys.argv[2])
with Ledger(folder / "calls.sqlite") as ledger:
    ledger.ask(Paid(folder / "receipts", die_at), SAMPLES, batch=7)
"""


def run_until_killed(folder: Path, die_at: int) -> int:
    root = Path(__file__).parents[2]
    return subprocess.run(
        [sys.executable, "-c", RUN, str(folder), str(die_at)], cwd=root, env=ENVIRONMENT
    ).returncode


@pytest.mark.parametrize("die_at", [0, 6, 7, 13, 33, 59])
def test_a_run_killed_while_the_teacher_works_asks_again_only_that_batch(
    tmp_path: Path, die_at: int
) -> None:
    assert run_until_killed(tmp_path, die_at) == -signal.SIGKILL
    teacher = Paid(tmp_path / "receipts")
    stored = die_at // 7 * 7
    with Ledger(tmp_path / "calls.sqlite") as ledger:
        assert ledger.total().answered == stored
        replies = ledger.ask(teacher, SAMPLES, batch=7)
        assert ledger.counts.from_ledger == stored
    assert [reply.text for reply in replies if isinstance(reply, Reply)] == [
        f"sample {request.index}" for request in SAMPLES
    ]
    paid = teacher.paid()
    assert [index for index in set(paid) if paid.count(index) > 1] == [*range(stored, die_at + 1)]


SLOW_RUN = """
import sys, time
from pathlib import Path
from longgrain.calls import Ledger
from tests.laws.test_paid_once import SAMPLES, Paid
folder = Path(sys.argv[1])
with Ledger(folder / "calls.sqlite") as ledger:
    for request in SAMPLES:
        [reply] = ledger.ask(Paid(folder / "receipts"), [request])
        print(reply.text.split()[1], flush=True)
        time.sleep(0.002)
"""


@pytest.mark.parametrize("answers_seen", [1, 2, 5, 17, 41])
def test_an_answer_that_anyone_has_seen_survives_kill_9(tmp_path: Path, answers_seen: int) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW_RUN, str(tmp_path)],
        cwd=Path(__file__).parents[2],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    seen = [int(process.stdout.readline()) for _ in range(answers_seen)]
    process.kill()
    seen += map(int, process.stdout.read().split())
    process.wait()
    resumed = Paid(tmp_path / "receipts-resumed")
    with Ledger(tmp_path / "calls.sqlite") as ledger:
        ledger.ask(resumed, SAMPLES)
    assert not set(resumed.paid()) & set(seen)


# --- a live endpoint --------------------------------------------------------------------------------

CALLS, KILLS = 300, 20
SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
# Imports once and forks for each attempt; after each it writes down what is stored by then.
ATTEMPTS = """
import json, os, sys, time, traceback
import openai
from pathlib import Path
from longgrain.calls import Ledger
from longgrain.caps import Caps
from longgrain.teachers.openai import OpenAI
from tests.laws.test_paid_once import live_requests, money, stored_words
folder, url = Path(sys.argv[1]), sys.argv[2]

def attempt():
    prices = {"price_per_million_prompt": 1.0, "price_per_million_reply": 1.0}
    teacher = OpenAI(model="m", base_url=url, concurrency=8, max_reply_tokens=50, **prices)
    some = live_requests()
    with Ledger(folder / "calls.sqlite", Caps(max_money=money())) as ledger:
        out = [ledger.ask(teacher, some[i : i + 64]) for i in range(0, len(some), 64)]
    (folder / "outcomes.txt").write_text(repr(out))

while True:
    child = os.fork()
    if not child:
        (folder / "pid").write_text(str(os.getpid()))
        try:
            attempt()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    with (folder / "snapshots").open("a") as file:
        print(json.dumps([time.monotonic(), stored_words(folder)]), file=file)
    if not os.WIFSIGNALED(status):
        sys.exit(os.waitstatus_to_exitcode(status))
"""


def live_requests() -> list[Request]:
    return [
        Request(task="in2.fine", prompt=(("user", f"number {i}"),), schema=SCHEMA)
        for i in range(CALLS)
    ]


def money() -> float:
    """A cap that is reached after about four fifths of the requests; one in five is asked twice."""
    return CALLS * 0.8 * 1.2 * (600 + 47) / 1e6


def stored_words(folder: Path) -> list[str]:
    """The prompts of the requests whose answers or final refusals are on disk."""
    if not (folder / "calls.sqlite").is_file():
        return []
    with sqlite3.connect(folder / "calls.sqlite") as db:
        tables = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        rows = db.execute("SELECT request FROM calls WHERE final").fetchall() if tables else []
    db.close()
    return [json.loads(row[0])["prompt"][0][1] for row in rows]


def live(
    folder: Path, kills: int, seed: int = 1
) -> tuple[str, list[tuple[str, object, object]], StandIn]:
    """What a run over a live server gave in the end, what its ledger holds, and the server."""
    folder.mkdir()
    draw = random.Random(seed)
    points = set(draw.sample(range(5, CALLS - 40), kills))

    def script(one: Heard) -> Says:
        if one.number in points:
            with suppress(ProcessLookupError):
                os.kill(int((folder / "pid").read_text()), signal.SIGKILL)
        number = int(str(one.body["messages"][0]["content"]).split()[1])
        if number % 11 == 3:
            return Says(refusal="no", reads=600)
        wrong = number % 5 == 1 and len(one.body["messages"]) == 1
        text = "twelve" if wrong else json.dumps({"n": number})
        return Says(text=text, reads=600, reply_tokens=47, after=0.003)

    server = StandIn(script)
    done = subprocess.run(
        [sys.executable, "-c", ATTEMPTS, str(folder), server.url],
        cwd=Path(__file__).parents[2],
        env=ENVIRONMENT,
        timeout=120,
    )
    server.close()
    assert done.returncode == 0
    with sqlite3.connect(folder / "calls.sqlite") as db:
        query = "SELECT key, answer, refusal, final, prompt_tokens, money FROM calls ORDER BY key"
        rows = db.execute(query).fetchall()
    db.close()
    return (folder / "outcomes.txt").read_text(), rows, server


def test_a_run_killed_twenty_times_asks_nothing_again_that_was_stored_and_ends_the_same(
    tmp_path: Path,
) -> None:
    undisturbed, rows, _ = live(tmp_path / "undisturbed", 0)
    assert "cap reached: max_money" in undisturbed
    assert 150 < len(rows) < CALLS
    killed, killed_rows, server = live(tmp_path / "killed", KILLS)
    snapshots = [json.loads(one) for one in (tmp_path / "killed" / "snapshots").open()]
    assert len(snapshots) > KILLS // 2  # two blows may fall into one attempt
    for when, stored in snapshots:
        later = {one.body["messages"][0]["content"] for one, _ in server.log.calls if one.at > when}
        assert not later & set(stored)
    assert snapshots[len(snapshots) // 2][1]  # something was stored by the middle
    assert killed == undisturbed
    assert killed_rows == rows
