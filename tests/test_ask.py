"""One question over a long document by every method: answers, evidence that stands there, what it cost."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import orjson
import pytest

from longgrain.ask import METHODS, Asked, Asking, Found, ask
from longgrain.ask_text import Text
from longgrain.errors import PlanError, SourceError
from longgrain.prompts import Prompts
from longgrain.speaker import Speaker
from longgrain.tokens import Tokenizer
from longgrain.types import Answered, Refused, Request
from small import handbook
from standin_server import Heard, Says, serving

PLAN = 'New actions:\n- None\n\n1. a = FIND(CTX, "{}")\n2. b = CONCAT(a)'


@dataclass(kw_only=True)
class Reader:
    """Reads what it is shown: quotes the sentences with the name that the question has in quotes."""

    name: ClassVar[str] = "reader"
    version: ClassVar[str] = "1"
    prompted: ClassVar[bool] = True

    invents: bool = False
    asked: list[Request] = field(default_factory=list)

    def ask(self, requests: Sequence[Request]) -> Sequence[Answered | Refused]:
        """One reply each, ten tokens read and two written."""
        self.asked += requests
        return [
            Answered(text=self._said(one), prompt_tokens=10, reply_tokens=2) for one in requests
        ]

    def _said(self, request: Request) -> str:
        wanted = re.findall(r"[“\"](.+?)[”\"]", str(request.settings["question"]))[0]
        if request.task == "pearl.plan":
            return json.dumps({"plan": PLAN.format(wanted)}, ensure_ascii=False)
        notes = str(request.settings.get("given", {}).get("notes", ""))
        read = "\n".join([*request.material, notes])
        found = [one for one in re.findall(r"[^.。\n>]+[.。]", read) if wanted in one]
        found = list(dict.fromkeys(one.strip() for one in found))
        if request.task == "pearl.step":
            return json.dumps({"items": found}, ensure_ascii=False)
        if not found:
            return "NOTHING"
        lines = [f"> {one}" for one in found]
        if self.invents:
            lines.append("> The harbour was closed by order of the king.")
        return "\n".join([f"{len(found)} sentences say so.", *lines])


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ask") / "handbook.md"
    path.write_text(handbook(3, chapters=12), "utf-8")
    return path


@pytest.fixture(scope="module")
def text(document: Path) -> Text:
    return Text.of([document], Tokenizer.load("longgrain"))


def sentence_of(text: Text) -> str:
    """A sentence in the middle of the document."""
    whole = text.documents[0].text
    return re.findall(r"In \w+ the [^.\n]+\.", whole)[80]


def asked(text: Text, by: str, reader: Reader | None = None, **settings: int) -> Found:
    words = re.search(r"held (\d+ \w+)s", sentence_of(text))
    assert words
    question = f"Where were “{words[1]}” held?"
    speaker = Speaker(teacher=reader or Reader(), prompts=Prompts())
    bounds = {"window": 600, "k": 6, **settings}
    return ask(by, Asking(asked=Asked(question=question, **bounds), text=text, speaker=speaker))


@pytest.mark.parametrize("by", METHODS)
def test_the_answer_comes_with_the_sentence_that_it_rests_on(by: str, text: Text) -> None:
    found = asked(text, by)
    assert found.text == "1 sentences say so."
    assert not found.problem
    [place] = found.evidence
    assert place.words == sentence_of(text)
    assert text.documents[0].text[place.start : place.end] == place.words
    assert place.headings
    assert place.source == "handbook.md"


@pytest.mark.parametrize("by", METHODS)
def test_calls_and_tokens_are_counted(by: str, text: Text) -> None:
    reader = Reader()
    found = asked(text, by, reader)
    windows = len(text.windows(600))
    assert windows > 4
    calls = {"map-reduce": windows + 1, "refine": windows + 1, "pearl": 3}
    assert found.calls == len(reader.asked) == calls.get(by, 1)
    assert (found.prompt_tokens, found.reply_tokens) == (10 * found.calls, 2 * found.calls)


@pytest.mark.parametrize("by", ["retrieve", "compress", "map-reduce", "refine"])
def test_no_prompt_holds_more_than_its_bounds(by: str, text: Text) -> None:
    reader = Reader()
    asked(text, by, reader)
    most = 6 * 128 if by == "retrieve" else 600
    assert all(sum(text.count(one.material)) <= most + 40 for one in reader.asked)
    assert text.tokens > 3 * most


def test_windows_hold_every_word_once(text: Text) -> None:
    windows = text.windows(300)
    whole = text.documents[0].text
    assert " ".join(whole[a.start : a.end] for a in windows).split() == whole.split()
    assert all(text.count([text.words(one)])[0] <= 310 for one in windows)


def test_a_quote_that_is_not_in_the_document_is_said_to_be_none(text: Text) -> None:
    found = asked(text, "full", Reader(invents=True))
    assert [place.is_found for place in found.evidence] == [True, False]
    assert found.evidence[1].said == "not in the document"


def test_what_compression_left_out_is_counted(text: Text) -> None:
    found = asked(text, "compress")
    assert any(re.search(r"left out: .*\d+ numbers", note) for note in found.notes)


def test_a_plan_that_does_not_parse_goes_back(text: Text) -> None:
    class Careless(Reader):
        def _said(self, request: Request) -> str:
            if request.task == "pearl.plan" and not request.settings["said"]["problem"]:
                return '{"plan": "1. a = FIND(CTX)"}'
            return super()._said(request)

    found = asked(text, "pearl", Careless())
    assert not found.problem
    assert found.calls == 4


def test_a_teacher_that_refuses_leaves_a_problem_and_no_answer(text: Text) -> None:
    class Silent(Reader):
        def ask(self, requests: Sequence[Request]) -> Sequence[Answered | Refused]:
            return [Refused(reason="it is tired", prompt_tokens=5) for _ in requests]

    found = asked(text, "map-reduce", Silent())
    assert found.text == ""
    assert "it is tired" in found.problem
    assert found.prompt_tokens == 5


def test_chinese_is_asked_in_chinese(tmp_path: Path) -> None:
    path = tmp_path / "手册.md"
    path.write_text(handbook(101, language="zh", chapters=6), "utf-8")
    text = Text.of([path], Tokenizer.load("longgrain"))
    said = re.findall(r"[^。\n]*存有\d+件[^。]*。", text.documents[0].text)[20]
    wanted = re.findall(r"存有(\d+件\w+?)，", said)[0]
    reader = Reader()
    asking = Asking(
        asked=Asked(question=f"哪里存有“{wanted}”？"),
        text=text,
        speaker=Speaker(teacher=reader, prompts=Prompts()),
    )
    found = ask("retrieve", asking)
    assert found.evidence[0].words == said
    assert "请只依据" in reader.asked[0].prompt[0][1]


def test_what_cannot_be_asked_is_said(text: Text, tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="choose full, retrieve"):
        asked(text, "guess")
    with pytest.raises(PlanError, match="no question"):
        Asked(question="  ")
    with pytest.raises(PlanError, match="above 0"):
        Asked(question="Why?", window=0)
    (tmp_path / "empty.txt").write_text("")
    with pytest.raises(SourceError, match="nothing could be read"):
        Text.of([tmp_path / "empty.txt"], Tokenizer.load("longgrain"))


# --- the verb ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    reader = Reader()

    def script(heard: Heard) -> Says:
        quoted = re.findall(r"<<<([\w ]+) \w{8}>>>\n(.*?)\n<<<end", heard.words, re.DOTALL)
        named = dict(quoted)
        pieces = tuple(words for name, words in quoted if name.isdigit())
        task = "pearl.plan" if "by a plan" in heard.words else "ask.answer"
        task = "pearl.step" if "one step of a plan" in heard.words else task
        question = named.get("question", "“winter the watch”")
        settings = {"question": question, "given": {"notes": named.get("notes", "")}}
        return Says(text=reader._said(Request(task=task, material=pieces, settings=settings)))

    with serving(script) as running:
        yield running.url


def run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from longgrain.cli import main; main()", "ask", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


QUESTION = "What of “winter the watch”?"


def test_the_verb_shows_answer_evidence_and_cost(document: Path, server: str) -> None:
    done = run(str(document), QUESTION, "--by", "retrieve", "--base-url", server, "--model", "m")
    assert done.returncode == 0, done.stderr
    assert "sentences say so." in done.stdout
    assert "handbook.md ›" in done.stdout
    assert re.search(r"1 calls, [\d,]+ tokens read, \d+ written, [\d.]+ s", done.stdout)
    assert max(map(len, done.stdout.splitlines())) <= 100


def test_all_methods_stand_side_by_side(document: Path, server: str) -> None:
    done = run(str(document), QUESTION, "--by", "all", "--base-url", server, "--model", "m")
    assert done.returncode == 0, done.stderr
    table = done.stdout.partition("side by side")[2]
    assert all(by in table for by in METHODS)
    assert max(map(len, table.splitlines())) <= 100


def test_json_is_one_line_a_method(document: Path, server: str) -> None:
    done = run(
        str(document), QUESTION, "--by", "all", "--json", "--base-url", server, "--model", "m"
    )
    rows = [orjson.loads(line) for line in done.stdout.splitlines()]
    assert [row["by"] for row in rows] == list(METHODS)
    assert all(row["text"] and row["calls"] and row["evidence"] for row in rows)


def test_a_teacher_that_works_by_rule_cannot_be_asked(document: Path) -> None:
    done = run(str(document), QUESTION, "--teacher", "extractive")
    assert done.returncode != 0
    assert "reads no prompts" in done.stderr + done.stdout
