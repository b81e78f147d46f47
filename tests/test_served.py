"""A real OpenAI-compatible server with tiny models > a finished run, every call stored, every drop listed."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq
import pytest

from longgrain.build import build
from longgrain.callfile import Counts
from longgrain.calls import Ledger
from longgrain.errors import PlanError
from longgrain.plan import Plan
from longgrain.prompts import Prompts
from longgrain.run import Run
from small import handbook

EN = "The lock at Haddon was rebuilt in 1872."
ZH = "哈登的水闸用橡木重建。"
REPLY = {
    "questions": [
        {
            "question": "When was the lock at Haddon rebuilt?",
            "answer": "1872",
            "reply": "1872.",
            "quotes": [EN],
        },
        {
            "question": "哈登的水闸用什么重建？",
            "answer": "橡木",
            "reply": "橡木。",
            "quotes": [ZH],
        },
    ]
}
STARTS_WITHIN = 90


class Server(NamedTuple):
    """Where it listens, and the models that it loads when they are asked for."""

    url: str
    taught: str
    random: str


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`transformers serve` on loopback, offline, with two models of our own making."""
    from tinymodel import tiny

    for needed in ("fastapi", "uvicorn"):
        pytest.importorskip(
            needed, reason=f"{needed} is missing: pip install transformers[serving]"
        )
    folder = tmp_path_factory.mktemp("served")
    taught = tiny(folder / "taught", reply=json.dumps(REPLY, ensure_ascii=False))
    random = tiny(folder / "random")
    (folder / "home" / "hub").mkdir(parents=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [Path(sys.executable).parent / "transformers", "serve", "--device", "cpu"]
    env = os.environ | {"HF_HUB_OFFLINE": "1", "HF_HOME": str(folder / "home")}
    log = (folder / "log").open("wb")
    served = subprocess.Popen(
        [*command, "--host", "127.0.0.1", "--port", str(port)], env=env, stdout=log, stderr=log
    )
    try:
        wait_for(f"http://127.0.0.1:{port}/health", served)
        yield Server(f"http://127.0.0.1:{port}/v1", str(taught), str(random))
    finally:
        served.terminate()
        served.wait(30)
        log.close()


def wait_for(url: str, served: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < end and served.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=2).close()
            return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"transformers serve did not start within {STARTS_WITHIN} s")


def planned(
    folder: Path, server: Server, model: str, shares: Mapping[str, float], reply: int
) -> Plan:
    """Two short handbooks, each with one sentence that the taught model asks about."""
    documents = folder / "documents"
    documents.mkdir()
    for name, language, sentence in (("canals.md", "en", EN), ("水闸.md", "zh", ZH)):
        words = handbook(3, language=language, chapters=1, sentences=5)
        (documents / name).write_text(f"{words}\n\n{sentence} {words[40:80]}\n", "utf-8")
    return Plan.of(
        {
            "name": "served",
            "sources": ["documents"],
            "teacher": {
                "use": "openai",
                "model": model,
                "base_url": server.url,
                "max_reply_tokens": reply,
            },
            "recipes": [{"use": "in2", "examples": 2, "shares": shares}],
            "split": {"valid": 0, "test": 0},
            "layout": {"lengths": {"min": 256, "max": 256}, "depths": 2, "short": 256},
            "grains": {"size": 64},
        },
        folder=str(folder),
    )


def test_a_served_model_s_words_arrive_in_a_packed_row(server: Server, tmp_path: Path) -> None:
    run = build(planned(tmp_path, server, server.taught, {"fine": 1}, 700), tmp_path / "run")
    drafts = {one["answer"]: one for one in described(run)}
    assert set(drafts) == {"1872", "橡木"}
    for answer, language in (("1872", "en"), ("橡木", "zh")):
        meta = json.loads(drafts[answer]["meta"])
        assert drafts[answer]["form"] == "free"
        assert meta["quotes"] == [EN if language == "en" else ZH]
        assert meta["prompt"] in labels(f"in2.fine.{language}")
    assert sum(len(row.example_ids) for row in run.rows("train")) == 2
    dropped = Counter(one.reason for one in run.dropped() if one.step == "draft")
    assert dropped["a quote of the reply is not in the pieces that it was to quote"] >= 2
    told = run.manifest["teacher"]
    assert told["name"] == f"openai:{server.taught}"
    total = stored(run.folder)
    assert total.asked == total.answered == told["asked"] > 4
    assert told["prompt_tokens"] == total.prompt_tokens
    # One token a byte: the words of the prompt alone are 1,500 and more.
    assert total.prompt_tokens > 1500 * total.answered
    said = len(json.dumps(REPLY, ensure_ascii=False).encode())
    # A reply that the model spoils is asked for again, and both are paid for.
    assert said * total.answered <= total.reply_tokens <= (said + 700) * total.answered


def test_a_model_that_babbles_is_refused_and_every_refusal_listed(
    server: Server, tmp_path: Path
) -> None:
    plan = planned(tmp_path, server, server.random, {"fine": 0.5, "integration": 0.5}, 24)
    with pytest.raises(PlanError, match="no draft passed the checks"):
        build(plan, tmp_path / "run")
    listed = (tmp_path / "run" / "work" / "draft-dropped.jsonl").read_bytes().splitlines()
    reasons = Counter(json.loads(line)["reason"] for line in listed)
    total = stored(tmp_path / "run")
    assert total.asked == total.refused > 4
    assert reasons == {"the reply was cut at max_reply_tokens": len(listed)}
    assert len(listed) >= total.asked
    assert total.reply_tokens == 24 * total.asked
    assert total.prompt_tokens > 1500 * total.asked


def described(run: Run) -> Iterator[dict[str, Any]]:
    yield from pq.read_table(run.folder / "drafts.parquet").to_pylist()


def labels(name: str) -> set[str]:
    """The prompts of this name, with their versions."""
    return {one.label for one in Prompts().all if one.label.startswith(name)}


def stored(folder: Path) -> Counts:
    """What the calls in a run's ledger come to."""
    with Ledger(folder / "calls.sqlite") as ledger:
        return ledger.total()
