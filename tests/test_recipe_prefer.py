"""Preference pairs: the rejected reply is provably wrong, never learned, and not known by its length."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kinds import DEMO
from longgrain.build import build
from longgrain.errors import PlanError
from longgrain.facts import holds
from longgrain.make import component
from longgrain.materials import SideMaterials
from longgrain.plan import Plan
from longgrain.recipes.asked import asked
from longgrain.recipes.prefer import Prefer
from longgrain.recipes.prefer.altered import altered, turned
from longgrain.recipes.prefer.wording import FOUND
from longgrain.run import Run
from longgrain.types import Answered, Draft, Dropped, Example, Message, Refused, Request, Span
from small import materials_of, small_plan
from test_free_questions import Author, drafts, reasons

CORPORA = Path(__file__).parents[1].parent / "shared" / "data" / "corpora"
DOCUMENTS = ("en/gov/nist-sp800-63b.md", "zh/law/xingfa.md", "en/books/frankenstein.md")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    plan = Plan.of(
        {
            "name": "prefer",
            "sources": [str(DEMO)],
            "split": {"valid": 0.0, "test": 0.0},
            "recipes": [{"use": "prefer", "examples": 60}],
            "layout": {"lengths": {"min": 1024, "max": 2048}},
            "pack": {"length": 4096},
        }
    )
    return build(plan, tmp_path_factory.mktemp("prefer") / "run")


@pytest.fixture(scope="module")
def examples(run: Run) -> list[Example]:
    return list(run.examples("train"))


@pytest.fixture(scope="module")
def side(tmp_path_factory: pytest.TempPathFactory) -> SideMaterials:
    folder = tmp_path_factory.mktemp("small")
    return materials_of(small_plan(folder), folder / "work")["train"]


def reply(messages: Sequence[Message], run: Run) -> str:
    texts = run.texts()
    return "".join(one.words(texts) for one in messages[-1].spans if isinstance(one, Span))


def context(example: Example, run: Run) -> str:
    texts = run.texts()
    spans = [one for one in example.trained[0].spans if isinstance(one, Span)]
    return "\n".join(one.words(texts) for one in spans if one.role in ("evidence", "distractor"))


# --- the pair -------------------------------------------------------------------------------------


def test_both_views_are_one_conversation_up_to_the_reply(examples: list[Example]) -> None:
    assert {one.lineage["error"] for one in examples} >= {
        *("misread", "changed", "unsupported", "answered", "refused")
    }
    for one in examples:
        assert list(one.views) == ["chosen", "rejected"]
        chosen, rejected = one.views.values()
        assert chosen[:-1] == rejected[:-1]
        assert {s.role for s in rejected[-1].spans if isinstance(s, Span)} == {"attempt"}


def test_rows_learn_the_chosen_reply_and_no_token_of_the_rejected_one(
    run: Run, examples: list[Example]
) -> None:
    by_id, seen = {one.id: one for one in examples}, 0
    for row in run.rows("train"):
        ends = np.cumsum(row.seq_lengths).tolist()
        for name, (start, end) in zip(row.example_ids, pairwise([0, *ends]), strict=True):
            learned = row.input_ids[start:end][row.weights[start:end] > 0].tolist()
            said = reply(by_id[name].views["chosen"], run)
            *words, last = learned
            assert last == run.tokenizer.control["<|im_end|>"]["id"]
            assert words == run.tokenizer.encode([said]).values.tolist()
            seen += 1
    assert seen == len(examples)


def test_the_wrong_value_is_another_one_and_not_in_the_sentence_that_answers(
    run: Run, examples: list[Example]
) -> None:
    texts = run.texts()
    for one in examples:
        name, start, end = one.lineage["rests"]
        sentence, wrong = texts[name][start:end], str(one.lineage["wrong"])
        if one.lineage["error"] in ("misread", "changed", "unsupported"):
            assert holds(sentence, str(one.lineage["answer"]))
            assert not holds(sentence, wrong)
            assert wrong in reply(one.views["rejected"], run)
            assert not holds(reply(one.views["chosen"], run), wrong)
        assert (sentence in context(one, run)) == (one.lineage["error"] != "answered")


def test_a_misreading_quotes_a_sentence_of_the_context(run: Run, examples: list[Example]) -> None:
    found = [one for one in examples if one.lineage["error"] == "misread"]
    texts = run.texts()
    for one in found:
        quoted = [s for s in one.views["rejected"][-1].spans if isinstance(s, Span) and s.grain]
        assert all(span.words(texts) in context(one, run) for span in quoted)
    assert found


def test_a_refusal_is_right_where_the_sentence_is_missing_and_wrong_where_it_stands(
    run: Run, examples: list[Example]
) -> None:
    right = [one for one in examples if one.lineage["error"] == "answered"]
    wrong = [one for one in examples if one.lineage["error"] == "refused"]
    assert abs(len(right) - len(wrong)) <= 1
    opens = [reply(one.views["chosen"], run) for one in right]
    opens += [reply(one.views["rejected"], run) for one in wrong]
    opening = [two for some in FOUND.values() for _, _, both in some for two in both]
    ends = [re.escape(one).replace(re.escape("{what}"), r"[\w ]+") for one in opening]
    assert opens
    assert all(re.search(rf"(?:{'|'.join(ends)})\Z", one) for one in opens)
    answered = [reply(one.views["rejected"], run) for one in right]
    assert not any(re.search(rf"(?:{'|'.join(ends)})\Z", one) for one in answered)


# --- length ---------------------------------------------------------------------------------------


def auc(right: Sequence[int], wrong: Sequence[int]) -> float:
    """How often a chosen reply is longer than a rejected one; ties count half."""
    a, b = np.array(right)[:, None], np.array(wrong)[None, :]
    return float((a > b).mean() + (a == b).mean() / 2)


@pytest.mark.skipif(not CORPORA.is_dir(), reason="shared/data/corpora is not here")
def test_length_does_not_tell_the_better_reply(tmp_path: Path) -> None:
    plan = small_plan(
        tmp_path, sources=[str(CORPORA / one) for one in DOCUMENTS], teacher={"use": "extractive"}
    )
    side = materials_of(plan, tmp_path / "work")["train"]
    pairs: dict[str, list[tuple[int, int]]] = {}
    for kind, count in Prefer().kinds(200).items():
        for one in drafts(taken(Prefer(), side, kind, count)):
            sizes = tuple(
                sum(len(s.words(side.store.texts)) for s in view[-1].spans if isinstance(s, Span))
                for view in one.every_view.values()
            )
            pairs.setdefault(kind, []).append(sizes)  # type: ignore[arg-type]
    every = [one for some in pairs.values() for one in some]
    assert len(every) >= 150
    assert 0.45 < auc(*zip(*every, strict=True)) < 0.55
    within = np.sign([a - b for a, b in every]).mean()
    assert abs(within) < 0.15  # of the pair itself: longer as often as shorter
    for kind, some in pairs.items():
        assert 0.35 < auc(*zip(*some, strict=True)) < 0.65, kind


def test_pairs_of_very_uneven_length_are_dropped(side: SideMaterials) -> None:
    side.notes.clear()
    lost = reasons(taken(Prefer(ratio=1.0), side, "prefer-misread", 40))
    assert "one reply of the pair is far longer than the other" in lost


# --- settings -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"shares": {"lies": 1.0}}, "kinds are changed, short"),
        ({"shares": {"misread": 0.0}}, "one must be above"),
        ({"shares": {"misread": -1.0, "short": 1.0}}, "none may be below 0"),
        ({"shown": 0}, "no long context"),
        ({"ratio": 0.5}, "no pair is that even"),
    ],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(PlanError, match=words):
        component("recipes", "prefer", settings)


def test_shares_are_a_setting() -> None:
    counts = Prefer(shares={"misread": 3, "refuse": 1}).kinds(100)
    assert {kind: n for kind, n in counts.items() if n} == {
        "prefer-misread": 75,
        "prefer-refuse": 25,
    }


# --- changing a sentence --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sentence", "answer", "language"),
    [
        ("The ferry holds 1,200 passengers.", "1,200", "en"),
        ("It was opened on 5 May 1987 by the mayor.", "5 May 1987", "en"),
        ("The tenant has twelve days to pay.", "twelve", "en"),
        ("处三年以下有期徒刑或者拘役。", "三", "zh"),
        ("该法自2021年1月1日起施行。", "2021年1月1日", "zh"),
    ],
)
def test_a_changed_value_is_of_the_same_kind_and_length(
    sentence: str, answer: str, language: Any
) -> None:
    found = altered(sentence, answer, language, sentence)
    assert found is not None
    assert found.wrong in found.text
    assert not holds(sentence, found.wrong)
    assert abs(len(found.text) - len(sentence)) <= 4


def test_a_sentence_with_the_value_twice_is_left_alone() -> None:
    assert altered("He paid 40 and kept 40.", "40", "en", "") is None


@pytest.mark.parametrize(
    ("sentence", "language", "opposite"),
    [
        ("The verifier at this level SHALL store the secret.", "en", "SHALL NOT store the secret."),
        ("A tenant of the house may not sublet any room.", "en", "may sublet any room."),
        ("公司董事、高级管理人员不得泄露公司秘密。", "zh", "可以泄露公司秘密。"),
        ("承租人发现租赁物损坏的，应当及时通知出租人。", "zh", "不必及时通知出租人。"),
        ("任何人於閱覽室開放期間內禁止攜帶飲料進入。", "zh", "允許攜帶飲料進入。"),
    ],
)
def test_a_rule_is_turned_into_its_opposite(sentence: str, language: Any, opposite: str) -> None:
    found = turned(sentence, language)
    assert found is not None
    assert found.opposite == opposite
    assert sentence == f"{found.head}{' ' if language == 'en' else ''}{found.tail}"


@pytest.mark.parametrize(
    ("sentence", "language"),
    [
        ("If he is violent, we shall take you away to your aunt’s.", "en"),
        ("It must not be stored where nobody may not read it.", "en"),
        ("“The clerk of the court must file the deed,” he said.", "en"),
        ("违反第二款规定的禁止令的，由公安机关处罚。", "zh"),
        ("当事人在期限内不得不说明其来源和去向。", "zh"),
    ],
)
def test_what_is_no_single_rule_is_not_turned(sentence: str, language: Any) -> None:
    assert turned(sentence, language) is None


# --- the source -----------------------------------------------------------------------------------


KINDS = ("prefer-changed", "prefer-misread", "prefer-unsupported")


def by_question(side: SideMaterials) -> dict[tuple[str, str], Draft]:
    """Thirty drafts of each kind, each kind as if it were the only one."""
    found = {}
    for kind in KINDS:
        side.notes.clear()
        found |= {(kind, asked(one)): one for one in drafts(taken(Prefer(), side, kind, 30))}
    return found


def test_another_fact_in_the_source_makes_another_pair(tmp_path: Path) -> None:
    plan = small_plan(tmp_path)
    before = by_question(materials_of(plan, tmp_path / "before")["train"])
    chosen = {(kind, one.meta["language"]): (kind, asked(one)) for (kind, _), one in before.items()}
    assert len(chosen) == len(KINDS) * 2
    answers = sorted({before[key].answer for key in chosen.values()})
    changes = {answer: str(4300 + n) for n, answer in enumerate(answers)}
    for file in (tmp_path / "documents").iterdir():
        text = re.sub(r"\d+", lambda m: changes.get(m[0], m[0]), file.read_text("utf-8"))
        file.write_text(text, "utf-8")
    after = by_question(materials_of(plan, tmp_path / "after")["train"])
    for key in chosen.values():
        was, now = before[key], after[key]
        assert now.answer == changes[was.answer]
        assert now.answer in str(now.messages[-1].spans[-1])
        assert was.answer not in str(now.meta["wrong"])


# --- a language model -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader(Author):
    """Asks as `Author` does; answers over the evidence in one ``way``, over many grains in ``another``."""

    way: str = "right"
    another: str = "wrong"

    @property
    def name(self) -> str:  # type: ignore[override]
        """Another reader is paid for by itself."""
        return f"reader, {self.way}, {self.another}"

    def ask(self, requests: Sequence[Request]) -> Sequence[Answered | Refused]:
        """JSON, or what a bad reader gives instead."""
        assert all(one.schema and one.prompt for one in requests)
        return [
            _said(one, self.way if len(one.material) == 1 else self.another)
            if one.task == "prefer.answer"
            else Author.ask(self, [one])[0]
            for one in requests
        ]


def _said(request: Request, way: str) -> Answered | Refused:
    gold, chinese = str(request.settings["gold"]), request.settings["language"] == "zh"
    if way == "error":
        return Refused(reason="the endpoint failed")
    if way == "half":
        return Answered(text='{"answerable": true, "answer": "1')
    if way == "refusal":
        words = "抱歉，我无法回答。" if chinese else "I'm sorry, I cannot say."
        return _json(True, gold, words)
    if way == "open":
        return _json(False, "", "材料没有提到。" if chinese else "The passages do not say.")
    number = "7" if way == "wrong" else gold
    if way == "other language":
        chinese = not chinese
    words = (
        f"查到的数目是{number}，如上所述。" if chinese else f"The number given there is {number}."
    )
    if way == "invented":
        words += "另有47119件。" if chinese else " Besides there were 47119."
    if way == "both":
        number, words = "7", words + (f"或{gold}。" if chinese else f" Or {gold}.")
    return _json(True, number, words)


def _json(answerable: bool, answer: str, response: str) -> Answered:
    said = {"answerable": answerable, "answer": answer, "response": response}
    return Answered(text=json.dumps(said, ensure_ascii=False))


def taken(made: Prefer, side: SideMaterials, kind: str, count: int = 6) -> list[Draft | Dropped]:
    """What comes until so many drafts are made, or 80 items."""
    items: list[Draft | Dropped] = []
    for item in made.draft(kind, side, count):
        items.append(item)
        if len(drafts(items)) == count or len(items) >= 12 * count:
            break
    return items


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> SideMaterials:
    folder = tmp_path_factory.mktemp("read")
    plan = small_plan(folder, teacher={"use": "test_recipe_prefer:Reader"})
    return materials_of(plan, folder / "work")["train"]


def with_reader(side: SideMaterials, **ways: str) -> SideMaterials:
    """The same grains, with another reader."""
    side.notes.clear()
    side.teacher = Reader(**ways)
    return side


@pytest.mark.parametrize(("another", "error"), [("wrong", "model"), ("open", "refused")])
def test_short_to_long_takes_the_replies_of_the_model_itself(
    another: str, error: str, read: SideMaterials
) -> None:
    side = with_reader(read, another=another)
    found = drafts(taken(Prefer(), side, "prefer-short"))
    assert len(found) == 6
    for one in found:
        assert one.meta["error"] == error
        chosen, rejected = one.every_view.values()
        assert one.answer in str(chosen[-1].spans[0])
        assert one.answer not in str(rejected[-1].spans[0].text)  # type: ignore[union-attr]
        assert rejected[-1].spans[0].loss == 0  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("ways", "reason"),
    [
        ({"another": "right"}, "the answer over the long context is right, too"),
        ({"way": "wrong"}, "the answer over the evidence alone is not right"),
        ({"way": "open"}, "the answer over the evidence alone is not right"),
        ({"way": "half"}, "the reply holds no whole JSON object"),
        ({"way": "refusal"}, "the answer is a refusal"),
        ({"way": "error"}, "the endpoint failed"),
        ({"another": "half"}, "the reply holds no whole JSON object"),
        ({"another": "other language"}, "the answer is in another language than the question"),
        ({"way": "invented"}, "the answer has a number that no passage has"),
        (
            {"another": "both"},
            "the answer over the long context is neither right nor clearly wrong",
        ),
    ],
)
def test_a_reply_that_cannot_be_used_is_dropped_with_its_reason(
    ways: dict[str, str], reason: str, read: SideMaterials
) -> None:
    items = taken(Prefer(), with_reader(read, **ways), "prefer-short", 3)
    assert reason in reasons(items)
    assert not drafts(items)


def test_what_the_long_context_did_not_mislead_serves_another_kind(read: SideMaterials) -> None:
    side = with_reader(read, another="right")
    tried = [one for one in taken(Prefer(), side, "prefer-short", 3) if isinstance(one, Dropped)]
    kept = len(side.notes["prefer spare"])
    assert kept
    first = drafts(taken(Prefer(), side, "prefer-misread", 1))
    assert len(side.notes["prefer spare"]) < kept
    assert asked(first[0]) in {one.detail for one in tried}
