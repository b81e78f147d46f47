"""Questions in a model's own words: read, guarded against rivals, judged where the teacher can."""

from __future__ import annotations

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

import pytest

from longgrain.make import with_prompt
from longgrain.materials import SideMaterials
from longgrain.recipes.in2 import In2
from longgrain.recipes.judged import agree
from longgrain.types import Answered, Draft, Dropped, Refused, Request
from small import materials_of, small_plan

STATED = re.compile(
    r"In (?P<when>\w+) the (?P<what>[\w ]+?) near (?:the )?(?P<where>\w+) (?:held|counted) "
    r"(?P<number>\d+) (?P<things>\w+?)s?,[^.]*\."
    r"|(?P<zwhere>\w\w)的(?P<zwhat>\w+?)在(?P<zwhen>\w\w)(?:存有|数出)(?P<znumber>\d+)(?:件|只)"
    r"(?P<zthings>\w+)，[^。]*。"
)


def asked(match: re.Match[str]) -> dict[str, Any]:
    """A question about one sentence of a handbook, and its answer."""
    said = {name.lstrip("z"): value for name, value in match.groupdict().items() if value}
    if match["number"]:
        question = "How many {things} were there at {what} near {where} in {when}?".format(**said)
        reply = f"There were {said['number']}."
    else:
        question = "{where}的{what}在{when}有多少{things}？".format(**said)
        reply = f"有{said['number']}。"
    return {"question": question, "answer": said["number"], "reply": reply, "quotes": [match[0]]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """A prompted teacher that writes as a model would, and judges if it is told to.

    ``wrong`` makes it solve every question with another number, ``loose`` find an answer anywhere;
    ``inventing`` puts a question with a made-up quote first.
    """

    name: ClassVar[str] = "author"
    version: ClassVar[str] = "1"
    prompted: ClassVar[bool] = True

    judges: bool = False
    wrong: bool = False
    loose: bool = False
    inventing: bool = False

    def ask(self, requests: Sequence[Request]) -> Sequence[Answered | Refused]:
        """JSON as the prompts ask for it."""
        assert all(one.prompt and one.schema and one.settings["prompt"] for one in requests)
        return [Answered(text=json.dumps(self._said(one), ensure_ascii=False)) for one in requests]

    def _said(self, request: Request) -> dict[str, Any]:
        found = [[asked(match) for match in STATED.finditer(text)] for text in request.material]
        if request.task == "in2.fine":
            invented = {**found[0][0], "quotes": ["Nobody said so."]} if found[0] else {}
            return {"questions": [invented] * self.inventing + found[0][:4]}
        if request.task == "in2.integration":
            return {"questions": [self._joined(found)] if found[0] and any(found[1:]) else []}
        question = str(request.settings["question"])
        numbers = [
            one["answer"]
            for some in found
            for one in some
            if one["question"].split(" + ")[0] in question
        ]
        if request.task == "second_look":
            told = [any(n["question"].split(" + ")[0] in question for n in some) for some in found]
            return {"answers": [place for place, one in enumerate(told, 1) if one]}
        needed = question.count("How many") + question.count("多少")
        total = str(sum(map(int, numbers)) + self.wrong)
        return {"answerable": self.loose or len(numbers) >= needed, "answer": total}

    def _joined(self, found: list[list[dict[str, Any]]]) -> dict[str, Any]:
        other = next(place for place, one in enumerate(found) if place and one)
        one, two = found[0][0], found[other][0]
        total = str(int(one["answer"]) + int(two["answer"]))
        quotes = [{"piece": 1, "quote": one["quotes"][0]}]
        return {
            "question": f"{one['question']} + {two['question']}",
            "answer": total,
            "reply": total,
            "quotes": [*quotes, {"piece": other + 1, "quote": two["quotes"][0]}],
        }


def materials(folder: Path, **author: bool) -> SideMaterials:
    """The training side of the small handbooks."""
    teacher = {"use": "test_free_questions:Author", **author}
    return materials_of(small_plan(folder, teacher=teacher), folder / "work")["train"]


def drafted(one: SideMaterials, count: int, kind: str = "fine") -> list[Draft | Dropped]:
    """Everything that comes until so many drafts are made."""
    items: list[Draft | Dropped] = []
    for item in In2().draft(kind, one, count):
        items.append(item)
        if sum(isinstance(other, Draft) for other in items) == count:
            break
    return items


def drafts(items: Sequence[Draft | Dropped]) -> list[Draft]:
    return [one for one in items if isinstance(one, Draft)]


def reasons(items: Sequence[Draft | Dropped]) -> Counter[str]:
    return Counter(one.reason for one in items if isinstance(one, Dropped))


def question(draft: Draft) -> str:
    return str(draft.messages[0].spans[-1].text)  # type: ignore[union-attr]


def calls(folder: Path) -> Counter[str]:
    """How often each task was asked."""
    with sqlite3.connect(folder / "work" / "calls-train.sqlite") as db:
        rows = db.execute("SELECT request FROM calls")
        return Counter(json.loads(request)["task"] for (request,) in rows)


def test_a_question_without_a_judge_keeps_out_what_holds_its_words(tmp_path: Path) -> None:
    side = materials(tmp_path)
    assert side.prompted
    assert not side.judges
    made = drafted(side, 60)
    assert {one.meta["language"] for one in drafts(made)} == {"en", "zh"}
    for one in drafts(made):
        assert one.meta["form"] == "free"
        assert one.meta["template"] == "in2.fine"
        assert one.meta["quotes"][0] in side.text(one.meta["evidence"][0])
        assert not set(one.meta["evidence"]) & set(one.meta["rivals"])
        assert not set(one.meta["hard"]) & set(one.meta["rivals"])


def test_a_question_that_fits_many_sentences_is_refused_without_a_judge(tmp_path: Path) -> None:
    made = drafted(materials(tmp_path), 100)
    assert reasons(made)["the question fits another sentence of its side"] > 3
    assert not [one for one in drafts(made) if "watch near gate" in question(one)]


def test_with_a_judge_it_stays_and_the_other_sentences_stay_out(tmp_path: Path) -> None:
    side = materials(tmp_path, judges=True)
    made = drafts(drafted(side, 60))
    ambiguous = [one for one in made if "watch near gate" in question(one)]
    assert ambiguous
    for one in made:
        answering = {
            number
            for number in side.grains
            if question(one)
            in [asked(match)["question"] for match in STATED.finditer(side.text(number))]
        } - set(one.meta["evidence"])
        assert answering <= set(one.meta["rivals"])
        assert not set(one.meta["hard"]) & set(one.meta["rivals"])
    # What a judge has cleared may be as near as can be.
    assert sum(len(one.meta["hard"]) for one in made) > 5 * len(made)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"wrong": True}, "a second reading of the evidence gives another answer"),
        ({"loose": True, "wrong": False}, ""),
    ],
)
def test_a_judge_reads_the_evidence_of_a_question_again(
    tmp_path: Path, settings: dict[str, bool], reason: str
) -> None:
    made = list(islice(In2().draft("fine", materials(tmp_path, judges=True, **settings), 10), 20))
    assert bool(drafts(made)) == (not reason)
    assert not reason or set(reasons(made)) == {reason}


def test_a_joined_question_needs_every_piece(tmp_path: Path) -> None:
    made = drafted(materials(tmp_path / "sound", judges=True), 8, "integration")
    assert {len(one.evidence) for one in drafts(made)} == {2}
    assert drafts(made)[0].meta["template"] == "in2.integration"
    loose = materials(tmp_path / "loose", judges=True, loose=True)
    made = list(islice(In2().draft("integration", loose, 8), 12))
    assert not drafts(made)
    assert reasons(made)["a second reading finds an answer without one of the evidence grains"]


def test_rounds_share_the_call_whose_reply_holds_several_questions(tmp_path: Path) -> None:
    side = materials(tmp_path)
    made = drafts(drafted(side, len(side.grains)))
    # One question a grain and round, and not from every grain: more than one round.
    assert len({one.evidence for one in made}) < len(made) == len(side.grains)
    assert calls(tmp_path)["in2.fine"] == len(side.grains)


def test_what_is_wrong_in_a_reply_is_listed_once(tmp_path: Path) -> None:
    side = materials(tmp_path, inventing=True)
    made = drafted(side, 2 * len(side.grains))
    lost = [one for one in made if isinstance(one, Dropped) and "not in the pieces" in one.reason]
    assert len({one.id for one in lost}) == len(lost) > 10
    assert all("How many" in one.detail or "多少" in one.detail for one in lost)


def test_a_draft_records_its_prompt(tmp_path: Path) -> None:
    side = materials(tmp_path)
    for one in drafts(drafted(side, 5)):
        noted = with_prompt(one, side.worded)
        assert isinstance(noted, Draft)
        assert re.fullmatch(r"in2\.fine\.(en|zh)@[0-9a-f]{8}", noted.meta["prompt"])
        assert noted.id == one.id
    lost = Dropped(step="draft", id="x", reason="y")
    assert with_prompt(lost, side.worded) is lost


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("1,872", "in 1872", True),
        ("橡木", "用橡木制成", True),
        ("Mr Pell", "the keeper", False),
        ("a long answer in many words", "long answer with many words", True),
        ("12", "212", False),
        ("", "x", False),
    ],
)
def test_two_answers_agree_if_they_say_the_same(one: str, other: str, same: bool) -> None:
    assert agree(one, other) == same
