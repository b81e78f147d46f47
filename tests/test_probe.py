"""`longgrain probe`: questions are asked once, scored, resumed; a server that cuts is found out; compared in pairs."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from longgrain import cli
from longgrain.calls import Ledger
from longgrain.compare import compare
from longgrain.errors import PlanError, RunError, TeacherError
from longgrain.intervals import wilson
from longgrain.probe import NOT_ASKED, Asked, probe
from longgrain.probe_scores import Line, read_lines
from longgrain.probe_verb import counts
from longgrain.tokens import Tokenizer
from longgrain.types import Answered, Refused, Request
from standin_server import Heard, Says, StandIn, serving

NEEDLE = re.compile(r"The registry number of ([\w-]+) is (\d+)")
ASKS = re.compile(r"What is the registry number of ([\w-]+)\?")
TOKENS = re.compile(r"\w+|[^\w\s]")


def found(prompt: str) -> str:
    """The number that a careful reader finds; "I do not know" where there is none."""
    key = ASKS.search(prompt)
    numbers = dict(NEEDLE.findall(prompt))
    return numbers.get(key[1], "I do not know.") if key else "What?"


def near_the_ends(prompt: str) -> str:
    """What a reader finds who looks at the first and last third of a long prompt alone."""
    third = max(400, len(prompt) // 3)
    return found(prompt[:third] + prompt[-third:])


class Reader:
    """A teacher that reads by rule, and counts what it is asked; may be stopped after so many."""

    name, version, prompted = "reader", "1", True

    def __init__(self, rule: Any = found, stop_after: int = 10**9) -> None:
        self.rule, self.stop_after, self.heard = rule, stop_after, 0

    def ask(self, requests: Sequence[Request]) -> list[Answered | Refused]:
        if self.heard >= self.stop_after:
            raise KeyboardInterrupt
        self.heard += len(requests)
        words = [one.prompt[0][1] for one in requests]
        return [Answered(text=self.rule(one), prompt_tokens=10**6) for one in words]


def needles(**changes: Any) -> Asked:
    asked = Asked(probe="needle", model="reader", settings={"haystack": "noise"}, lengths=(600,))
    return replace(asked, **{"questions": 40, **changes})


def test_a_reader_who_finds_everything_scores_1_everywhere(tmp_path: Path) -> None:
    summary = probe(needles(), tmp_path / "out", teacher=Reader())
    whole = summary.total("600 tokens")
    assert (whole.value, whole.scored, whole.method, whole.unscored) == (1.0, 40, "wilson", {})
    assert (whole.low, whole.high) == (wilson(40, 40).low, 1.0)
    for position in range(10):
        assert summary.total("600 tokens", position).scored == 4
        assert summary.total("600 tokens", position).value == 1.0


def test_a_reader_who_skips_the_middle_is_seen_to(tmp_path: Path) -> None:
    summary = probe(needles(questions=100), tmp_path / "out", teacher=Reader(near_the_ends))
    curve = [summary.total("600 tokens", position).value for position in range(10)]
    assert curve == [1, 1, 1, 0, 0, 0, 0, 1, 1, 1]
    here = summary.total("600 tokens", 5)
    assert (here.low, here.high) == (0.0, wilson(0, 10).high)


def test_controls_stand_beside_the_whole_and_tell_reading_from_knowing(tmp_path: Path) -> None:
    asked = needles(contexts=("whole", "evidence", "none"))
    summary = probe(asked, tmp_path / "out", teacher=Reader(near_the_ends))
    shares = [summary.total("600 tokens", context=one).value for one in asked.contexts]
    assert shares == [pytest.approx(0.6), 1.0, 0.0]
    lines = read_lines(tmp_path / "out")
    assert Counter(line.context for line in lines) == dict.fromkeys(asked.contexts, 40)


def test_several_needles_count_at_their_own_positions(tmp_path: Path) -> None:
    one_of_two = re.compile(r"One registry number of [\w-]+ is (\d+)")

    def first_only(prompt: str) -> str:
        return str(one_of_two.findall(prompt)[0])

    asked = needles(settings={"haystack": "noise", "values": 2}, positions=4, questions=8)
    summary = probe(asked, tmp_path / "out", teacher=Reader(first_only))
    assert summary.total("600 tokens").value == 0.5
    # Pairs lie at 0 and 2 or at 1 and 3: the earlier one is found each time.
    assert [summary.total("600 tokens", p).value for p in range(4)] == [1, 1, 0, 0]


def test_a_probe_that_was_stopped_goes_on_and_ends_with_the_same_bytes(tmp_path: Path) -> None:
    asked = needles(questions=200, lengths=(600, 900))
    with pytest.raises(KeyboardInterrupt):
        probe(asked, tmp_path / "stopped", teacher=Reader(stop_after=128))
    assert not (tmp_path / "stopped" / "answers.jsonl").exists()
    again = Reader()
    probe(asked, tmp_path / "stopped", teacher=again)
    assert again.heard == 400 - 128
    probe(asked, tmp_path / "whole", teacher=Reader())
    for name in ("answers.jsonl", "summary.json", "asked.json"):
        assert (tmp_path / "stopped" / name).read_bytes() == (
            tmp_path / "whole" / name
        ).read_bytes()
    third = Reader()
    probe(asked, tmp_path / "whole", teacher=third)
    assert third.heard == 0


def test_other_settings_in_the_same_folder_are_refused_unless_replaced(tmp_path: Path) -> None:
    probe(needles(), tmp_path, teacher=Reader())
    with pytest.raises(RunError, match=r"seed 17, now it is 3.*--replace"):
        probe(needles(seed=3), tmp_path, teacher=Reader())
    probe(needles(seed=3), tmp_path, teacher=Reader(), replace=True)
    with pytest.raises(PlanError):
        probe(needles(lengths=(20,)), tmp_path, teacher=Reader(), replace=True)
    back = Reader()
    probe(needles(), tmp_path, teacher=back)  # nothing is there to be written over any more
    assert back.heard == 0  # the stored answers were kept


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"lengths": ()}, "needs --lengths"),
        ({"sizes": (10,)}, "counts no items"),
        ({"lengths": (0,)}, "nothing to ask"),
        ({"language": "fr"}, "en or zh"),
        ({"contexts": ("half",)}, "'half' is none"),
        ({"probe": "common_words", "settings": {}, "contexts": ("evidence",)}, "makes no sense"),
        ({"probe": "needles"}, "did you mean 'needle'"),
        ({"settings": {"depth": 3}}, "depth"),
        ({"lengths": (20,)}, "ask for a longer one"),
        ({"probe": "val_code", "settings": {}}, "--data"),
        ({"language": "zh", "settings": {}}, "name some with --documents"),
    ],
)
def test_what_cannot_be_asked_is_an_error_that_says_why(
    changes: dict[str, Any], said: str, tmp_path: Path
) -> None:
    with pytest.raises(PlanError, match=said):
        probe(replace(needles(), **changes), tmp_path, teacher=Reader())


def test_counts_read_k_as_1024() -> None:
    assert counts("4k, 8K,32000") == (4096, 8192, 32000)
    with pytest.raises(PlanError, match="'many' is no count"):
        counts("many")


# --- behind an endpoint ---


def served(server: StandIn, **changes: Any) -> Asked:
    return needles(model="m", base_url=server.url, questions=10, **changes)


def careful(one: Heard) -> Says:
    return Says(text=found(one.words), reads=len(one.words))


def test_an_endpoint_is_asked_greedily_and_a_cut_reply_is_scored_as_it_stands(
    tmp_path: Path,
) -> None:
    def babbles(one: Heard) -> Says:
        return Says(text=f"{found(one.words)} and so on and", finish="length", reads=len(one.words))

    with serving(babbles) as server:
        summary = probe(served(server), tmp_path)
    assert summary.total("600 tokens").value == 1.0
    body = server.log.calls[0][0].body
    assert (body["temperature"], body["max_tokens"]) == (0.0, 128)
    assert summary.asked["model"] == "openai:m"


def test_an_empty_reply_scores_0_and_a_refusal_is_not_scored(tmp_path: Path) -> None:
    def fickle(one: Heard) -> Says:
        if one.number % 2:
            return Says(text="", refusal="I would rather not", reads=len(one.words))
        return Says(text="", reads=len(one.words))

    with serving(fickle) as server:
        summary = probe(served(server), tmp_path)
    whole = summary.total("600 tokens")
    assert (whole.value, whole.scored) == (0.0, 5)
    assert whole.unscored == {"the model refused": 5}
    lines = read_lines(tmp_path)
    assert [line.score for line in lines].count(None) == 5
    assert all(line.reply is None for line in lines if line.score is None)


def cuts_at(limit: int) -> Any:
    """A server that reads so many tokens of a prompt, of the shipped tokenizer, and goes on."""

    tokenizer = Tokenizer.load("longgrain")

    def cut(one: Heard) -> Says:
        tokens = int(tokenizer.encode([one.words]).lengths[0])
        return Says(text=found(one.words[-limit * 3 :]), reads=min(tokens + 20, limit))

    return cut


def test_a_server_that_cuts_prompts_is_found_out_and_asked_no_longer_ones(tmp_path: Path) -> None:
    with serving(cuts_at(800)) as server:
        asked = served(server, lengths=(600, 900, 1500), tokenizer="longgrain")
        summary = probe(asked, tmp_path)
        heard = len(server.log.calls)
    assert summary.total("600 tokens").value == 1.0
    for size in ("900 tokens", "1,500 tokens"):
        assert summary.total(size).value is None
        assert summary.total(size).scored == 0
    assert summary.total("900 tokens").unscored == {"the server cut the prompt": 10}
    assert summary.total("1,500 tokens").unscored == {NOT_ASKED.split(": ")[0]: 10}
    assert heard == 20
    cut = [line for line in read_lines(tmp_path) if line.size == "900 tokens"]
    assert all(line.read == 800 < line.tokens and line.reply for line in cut)
    assert "raise its context" in cut[0].unscored


def test_where_every_prompt_is_cut_there_is_an_error_and_no_summary(tmp_path: Path) -> None:
    with serving(cuts_at(800)) as server:
        with pytest.raises(TeacherError, match=r"none of 10 .*cut the prompt: it read 800 tokens"):
            probe(served(server, lengths=(1500,), tokenizer="longgrain"), tmp_path)
        # Without the model's tokenizer a cut below what any tokenizer makes of it is seen, too.
        with pytest.raises(TeacherError, match="cut the prompt"):
            probe(served(server, lengths=(8000,)), tmp_path / "unknown")
    assert not (tmp_path / "summary.json").exists()


def test_what_is_stored_holds_every_prompt_and_reply(tmp_path: Path) -> None:
    with serving(careful) as server:
        probe(served(server), tmp_path)
    lines = read_lines(tmp_path)
    with Ledger(tmp_path / "calls.sqlite") as ledger:
        for line in lines:
            call = ledger.call(line.call)
            assert call is not None
            assert call.answer == line.reply
            assert call.request["task"] == "probe.needle"
            assert line.references[0] in call.request["prompt"][0][1]


def test_a_probe_that_is_killed_asks_no_stored_question_again(tmp_path: Path) -> None:
    def slow(one: Heard) -> Says:
        return Says(text=found(one.words), reads=len(one.words), after=0.05)

    with serving(slow) as server:
        words = ["probe", "--model", "m", "--base-url", server.url, "--probe", "needle"]
        words += ["--lengths", "600", "--questions", "300", "--set", "haystack=noise"]
        command = [sys.executable, "-c", "from longgrain.cli import main; main()", *words]
        running = subprocess.Popen(
            [*command, "--out", str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        while len(server.log.calls) < 100 and running.poll() is None:
            time.sleep(0.01)
        running.kill()
        running.communicate()
        before = len(server.log.calls)
        assert 100 <= before < 300
        summary = probe(needles(model="m", base_url=server.url, questions=300), tmp_path)
        after = len(server.log.calls)
    assert summary.total("600 tokens").scored == 300
    # What the server was working on when the client died is lost, and no more.
    assert 300 <= after <= 300 + 32 + 8


# --- the command ---


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["longgrain", *words])
        code = 0
        try:
            cli.main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_the_command_shows_a_table_of_100_columns_and_compares(typed: Any, tmp_path: Path) -> None:
    def weak(one: Heard) -> Says:
        return Says(text=near_the_ends(one.words), reads=len(one.words))

    folders = [str(tmp_path / name) for name in ("before", "after")]
    for folder, script in zip(folders, (weak, careful), strict=True):
        with serving(script) as server:
            words = ["--model", "m", "--base-url", server.url, "--probe", "needle"]
            words += ["--lengths", "600,1k", "--questions", "50", "--set", "haystack=noise"]
            words += ["--context", "whole", "--context", "none", "--out", folder]
            code, out, _ = typed("probe", *words)
        assert code == 0
        assert max(map(len, out.splitlines()[:6])) <= 100
        assert "1,024 tokens" in out
        assert "comparable: no" in out
    assert re.search(r"whole +600 tokens +100\.0 +93\.\.100( 100){10} +50", out)
    code, out, _ = typed("compare", *folders, "--positions")
    assert code == 0
    assert max(map(len, out.splitlines()[:30])) <= 100
    assert re.search(r"whole +600 tokens +all +60\.0 +100\.0 +\+40\.0\*", out)
    assert re.search(
        r"whole +600 tokens +5 +0\.0 +100\.0 +\+100\.0\* +\+100\.0\.\.\+100\.0 +5", out
    )
    code, out, _ = typed("compare", *folders, "--json")
    assert orjson.loads(out)["unpaired"]["only in A"] == 0


def test_the_command_says_in_one_line_what_is_wrong(typed: Any, tmp_path: Path) -> None:
    code, out, err = typed("probe", "--model", "m", "--probe", "needle", "--out", str(tmp_path))
    assert (code, out) == (2, "")
    assert "needs --lengths" in err
    code, _, err = typed("compare", str(tmp_path), str(tmp_path))
    assert code == 2
    assert "no finished probe" in err


# --- compare ---


def test_a_comparison_pairs_questions_and_counts_what_it_leaves_out(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    probe(needles(questions=60), first, teacher=Reader(near_the_ends))
    probe(needles(questions=40), second, teacher=Reader())
    made = compare(first, second)
    assert made.unpaired == {"only in A": 20, "only in B": 0, "not scored in one": 0}
    assert made.other_prompts == 0
    whole = made.differences[0]
    assert (whole.position, whole.pairs, whole.better, whole.worse) == (None, 40, 16, 0)
    assert whole.value == pytest.approx(0.4)
    assert whole.low is not None
    assert whole.high is not None
    assert 0 < whole.low < 0.4 < whole.high < 1
    assert [one.value for one in made.differences[1:]] == [0, 0, 0, 1, 1, 1, 1, 0, 0, 0]
    back = compare(second, first).differences[0]
    assert (back.value, back.worse) == (pytest.approx(-0.4), 16)


def test_folders_of_different_probes_or_without_common_questions_are_not_compared(
    tmp_path: Path,
) -> None:
    probe(needles(), tmp_path / "a", teacher=Reader())
    probe(needles(seed=4), tmp_path / "b", teacher=Reader())
    with pytest.raises(RunError, match="share no question"):
        compare(tmp_path / "a", tmp_path / "b")
    other = Asked(probe="key_value", model="reader", lengths=(3000,), questions=4)
    probe(other, tmp_path / "c", teacher=Reader())
    with pytest.raises(RunError, match="differ in probe"):
        compare(tmp_path / "a", tmp_path / "c")


def test_an_item_asked_at_every_position_is_one_observation(tmp_path: Path) -> None:
    from longgrain.probe_scores import summed

    asked = {"measure": {"figure": "contains"}}
    metric: Any = object()
    lines = [
        Line(
            id=f"{item}{p}",
            item=str(item),
            context="whole",
            size="s",
            positions=(p,),
            depths=(0.5,),
            tokens=1,
            references=("x",),
            score=float(item % 2),
        )
        for item in range(20)
        for p in range(5)
    ]
    whole = summed(lines, metric, asked, {}).total("s")
    assert (whole.value, whole.method, whole.scored) == (0.5, "bootstrap", 100)
    assert whole.low is not None
    assert whole.low < wilson(50, 100).low  # 100 independent answers would promise too much
    assert summed(lines, metric, asked, {}).total("s", 2).method == "wilson"
    # Nothing but failures is no certainty: as many as there are items.
    none = [replace(line, score=0.0) for line in lines]
    nothing = summed(none, metric, asked, {}).total("s")
    assert (nothing.low, nothing.high, nothing.method) == (0.0, wilson(0, 20).high, "wilson")
