"""The question again, where it is answered, the answer: every step is learned, and none is believed."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from longgrain.build import build
from longgrain.checks.answerable import Answerable
from longgrain.checks.citations import Citations
from longgrain.checks.quote import Quote
from longgrain.errors import PlanError
from longgrain.explain import laid_out
from longgrain.facts import holds, normalise, plain
from longgrain.make import bare
from longgrain.materials import SideMaterials
from longgrain.plan import Plan
from longgrain.recipes.asked import question_of
from longgrain.recipes.locate import Locate
from longgrain.recipes.locate.wording import ASKING, REFUSALS, SEVERAL, UNSUPPORTED
from longgrain.rehearsal import rehearsing
from longgrain.types import Answered, Draft, Dropped, Refused, Request, Span
from small import handbook, materials_of, shelve, small_plan
from test_free_questions import Author

KINDS = tuple(Locate().kinds(100))
CITED = re.compile(r"\[(\d+)\]")
SMALL = Locate(passages=(5, 8))


@pytest.fixture(scope="module")
def side(tmp_path_factory: pytest.TempPathFactory) -> SideMaterials:
    folder = tmp_path_factory.mktemp("locate")
    plan = small_plan(folder, teacher={"use": "extractive"})
    return materials_of(plan, folder / "work")["train"]


def drafted(side: SideMaterials, kind: str, count: int = 16, recipe: Locate = SMALL) -> list[Draft]:
    side.notes.clear()
    found = recipe.draft(kind, side, count)
    return list(islice((one for one in found if isinstance(one, Draft)), count))


def said(draft: Draft) -> list[Span]:
    return [one for one in draft.messages[-1].spans if isinstance(one, Span)]


def words(spans: Sequence[Span], side: SideMaterials, *roles: str) -> str:
    return "".join(one.words(side.store.texts) for one in spans if one.role in roles)


# --- the three steps ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["locate-index", "locate-several", "locate-quote", "locate-path"])
def test_a_reply_says_the_question_again_then_the_place_then_the_answer(
    kind: str, side: SideMaterials
) -> None:
    made = drafted(side, kind)
    assert {one.meta["language"] for one in made} == {"en", "zh"}
    for draft in made:
        spans = said(draft)
        order = [one.role for one in spans]
        assert list(dict.fromkeys(order)) == ["question", "reasoning", "answer"]
        assert order == sorted(order, key=["question", "reasoning", "answer"].index)
        assert all(one.loss == 1.0 for one in spans)
        assert (spans[0].text or "").endswith(str(question_of(draft).text))
        example = bare(draft, "train")
        for check in (Citations(), Quote(), Answerable()):
            assert not list(check.problems(example, side.store.texts))


def test_by_index_the_place_is_the_number_of_every_passage_that_is_needed(
    side: SideMaterials,
) -> None:
    for kind in ("locate-index", "locate-several"):
        for draft in drafted(side, kind):
            named = list(map(int, CITED.findall(words(said(draft), side, "reasoning"))))
            assert named == draft.meta["cites"]
            shown = draft.meta["passages"]
            assert sorted(shown[one - 1] for one in named) == draft.meta["evidence"]


def test_by_quote_the_place_is_the_sentence_that_has_the_answer(side: SideMaterials) -> None:
    for draft in drafted(side, "locate-quote"):
        [quote] = [one for one in said(draft) if one.grain]
        sentence = quote.words(side.store.texts)
        assert holds(sentence, draft.answer)
        assert sentence in side.text(draft.meta["evidence"][0])
        assert not CITED.search(words(said(draft), side, "reasoning"))


def test_by_path_no_other_passage_stands_under_the_same_headings(side: SideMaterials) -> None:
    for draft in drafted(side, "locate-path"):
        heads = [
            (one.text or "").strip()
            for one in draft.messages[0].spans
            if isinstance(one, Span) and one.role == "metadata"
        ]
        place = words(said(draft), side, "reasoning")
        named = [one for one in heads if one.removeprefix("# ") in place]
        assert len(named) == 1
        right = draft.meta["passages"].index(draft.meta["evidence"][0])
        assert named == [heads[right]]


def test_the_mask_holds_the_reply_to_the_token_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "documents").mkdir()
    for number in range(3):
        (tmp_path / "documents" / f"{number}.md").write_text(handbook(number), "utf-8")
    plan = small_plan(
        tmp_path,
        teacher={"use": "extractive"},
        split={"valid": 0.0, "test": 0.0},
        recipes=[{"use": "locate", "examples": 8, "passages": [4, 6]}],
    )
    run = build(plan, tmp_path / "run")
    texts = run.texts()
    for example in run.examples("train"):
        shown = laid_out(run, example)
        learned = [one for one in shown.trained if one.weight]
        assert {one.role for one in learned} - {"glue"} <= {"question", "reasoning", "answer"}
        reply = "".join(
            one.words(texts) for one in example.trained[-1].spans if isinstance(one, Span)
        )
        assert "".join(one.text for one in learned).startswith(reply)


def test_the_evidence_stands_at_every_place_about_as_often(side: SideMaterials) -> None:
    made = drafted(side, "locate-index", 50, Locate(passages=(5, 5)))
    places = Counter(one.meta["cites"][0] for one in made)
    assert set(places) == {1, 2, 3, 4, 5}
    assert max(places.values()) - min(places.values()) <= 2


# --- attribution ----------------------------------------------------------------------------------


def test_a_statement_is_said_again_with_its_sentence_and_its_passage(side: SideMaterials) -> None:
    made = drafted(side, "locate-support", 24)
    sizes = Counter(len(CITED.findall(draft.answer)) for draft in made)
    assert len(sizes) >= 2
    for draft in made:
        assert draft.meta["form"] == "support"
        named = {int(one) for one in CITED.findall(draft.answer)}
        assert sorted(named) == draft.meta["cites"]
        assert draft.meta["quotes"]
        for quote in draft.meta["quotes"]:
            assert plain(quote) in words(said(draft), side, "reasoning")
        assert not list(Citations().problems(bare(draft, "train"), side.store.texts))


def test_an_example_of_none_has_no_passage_that_answers_or_one_that_says_otherwise(
    side: SideMaterials,
) -> None:
    made = drafted(side, "locate-none", 30)
    ways = Counter()
    for draft in made:
        shown = [side.text(one) for one in draft.meta["passages"]]
        if draft.meta["style"] == "changed":
            ways["changed"] += 1
            [cite] = draft.meta["cites"]
            assert draft.meta["passages"][cite - 1] in draft.meta["evidence"]
            continue
        if draft.meta["style"] == "mixed":
            ways["mixed"] += 1
            assert len(draft.meta["cites"]) == len(draft.meta["withheld"]) == 1
            assert len(words(said(draft), side, "answer").splitlines()) == 2
            assert not set(draft.meta["withheld"]) & set(draft.meta["passages"])
            continue
        ways[draft.meta["form"]] += 1
        assert draft.meta["cites"] == draft.meta["evidence"] == []
        [hidden] = draft.meta["withheld"]
        assert hidden not in draft.meta["passages"]
        wordings = (*REFUSALS["en"], *REFUSALS["zh"], *UNSUPPORTED["en"], *UNSUPPORTED["zh"])
        told = words(said(draft), side, "answer").lower()
        assert told in {one.format(k=len(shown)).lower() for one in wordings}
    assert min(ways[one] for one in ("changed", "refusal", "support")) >= 3
    assert ways["mixed"]


def test_a_changed_statement_has_a_fact_that_its_passage_has_not(side: SideMaterials) -> None:
    changed = [one for one in drafted(side, "locate-none", 30) if one.meta["style"] == "changed"]
    assert changed
    for draft in changed:
        statement = normalise(words(said(draft), side, "question")).split()
        sentence = normalise(draft.meta["quotes"][0]).split()
        verdict = normalise(words(said(draft), side, "answer")).split()
        wrong, right = set(statement) - set(sentence), set(sentence) - set(statement)
        assert wrong
        assert wrong <= set(verdict)
        assert right & set(verdict)


def test_the_share_of_none_is_a_setting() -> None:
    assert Locate(shares={"index": 1, "none": 3}).kinds(100)["locate-none"] == 75
    assert Locate(shares={"index": 1}).kinds(100)["locate-none"] == 0


# --- settings and words ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "settings",
    [
        {"shares": {"everything": 1.0}},
        {"shares": {"index": -1.0}},
        {"passages": (2, 5)},
        {"passages": (9, 5)},
        {"near": 1.5},
        {"budget": -1},
        {"statements": (0, 2)},
        {"statements": (2, 9)},
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(PlanError, match="locate"):
        Locate(**settings)


def test_a_budget_bounds_the_passages_and_spares_the_evidence(side: SideMaterials) -> None:
    for draft in drafted(side, "locate-index", 12, Locate(passages=(5, 8), budget=300)):
        spans = [one for one in draft.messages[0].spans if isinstance(one, Span)]
        roles = ("evidence", "distractor", "metadata")
        texts = [one.words(side.store.texts) for one in spans if one.role in roles]
        assert sum(side.tokens(texts)) <= 300
        assert draft.meta["evidence"][0] in draft.meta["passages"]


def test_its_own_wordings_hold_their_places() -> None:
    for one in (ASKING, SEVERAL):
        for language in ("en", "zh"):
            assert len(set(one.whole[language])) >= 5
            assert all("{q}" in wording for wording in one.whole[language])


def test_another_number_in_the_source_is_another_example(tmp_path: Path) -> None:
    def replies(number: str, folder: Path) -> set[str]:
        (folder / "documents").mkdir(parents=True)
        text = handbook(1).replace("held ", f"held {number}", 5)
        (folder / "documents" / "a.md").write_text(text, "utf-8")
        plan = small_plan(folder, teacher={"use": "extractive"}, split={"valid": 0.0, "test": 0.0})
        one = materials_of(plan, folder / "work")["train"]
        made = drafted(one, "locate-index", 40, Locate(passages=(3, 5)))
        return {words(said(draft), one, "answer") for draft in made}

    first, second = replies("1", tmp_path / "one"), replies("2", tmp_path / "two")
    assert first != second
    assert len(first - second) >= 2


# --- a language model -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Summariser(Author):
    """Writes questions, and tells each with its answer as a statement, with one ``fault``."""

    fault: str = ""

    def ask(self, requests: Sequence[Request]) -> Sequence[Answered | Refused]:
        """Statements in the form of the prompt."""
        return [
            self._told(one) if one.task == "locate.claim" else Author.ask(self, [one])[0]
            for one in requests
        ]

    def _told(self, request: Request) -> Answered | Refused:
        answer = str(request.settings["given"]["answer"]).strip(".。").split(" ")[-1].strip("有")
        told = f"All in all {answer} of them were held there."
        if request.settings["language"] == "zh":
            told = f"那里一共存有{answer}件东西。"
        told = {
            "lies": told.replace(answer, "77777"),
            "adds": told + (" 4321 more came." if "All" in told else "后来又来了4321件。"),
            "says nothing": "They were held there." if "All" in told else "那里存有东西。",
            "asks": "Were " + answer + " held?" if "All" in told else f"那里有{answer}件吗？",
            "refuses": "I cannot help with that." if "All" in told else "抱歉，我无法回答。",
            "another language": f"那里一共存有{answer}件东西，都放在仓库里。"
            if "All" in told
            else f"All in all there were {answer} of them held at that place.",
            "rambles": told * 12,
        }.get(self.fault, told)
        text = json.dumps({"statement": told}, ensure_ascii=False)
        return Answered(text=text[: len(text) // 2] if self.fault == "half" else text)


def by_model(folder: Path, kind: str, fault: str = "", many: int = 10) -> list[Draft | Dropped]:
    shelve(folder / "documents", english=3, chinese=2)
    teacher = {"use": "test_recipe_locate:Summariser", "fault": fault}
    side = materials_of(small_plan(folder, teacher=teacher), folder / "work")["train"]
    return list(islice(SMALL.draft(kind, side, many), 3 * many))


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_s_questions_are_located(kind: str, tmp_path: Path) -> None:
    made = [one for one in by_model(tmp_path, kind) if isinstance(one, Draft)]
    assert len(made) >= 5
    for draft in made:
        assert all(one.loss == 1.0 for one in said(draft))


def test_a_model_s_statement_is_attributed_in_its_own_words(tmp_path: Path) -> None:
    made = [one for one in by_model(tmp_path, "locate-support") if isinstance(one, Draft)]
    told = [one.text or "" for draft in made for one in said(draft) if one.role == "question"]
    assert any("All in all" in one or "一共" in one for one in told)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("half", "the reply holds no whole JSON object"),
        ("lies", "the statement has a number that its evidence does not have"),
        ("adds", "the statement has a number that its evidence does not have"),
        ("says nothing", "the statement lacks a number of the answer"),
        ("asks", "the statement is a question"),
        ("refuses", "the statement is a refusal"),
        ("another language", "the statement is in another language than the question"),
        ("rambles", "the statement says more than its evidence"),
    ],
)
def test_a_statement_that_cannot_be_used_is_dropped_with_its_reason(
    fault: str, reason: str, tmp_path: Path
) -> None:
    items = by_model(tmp_path, "locate-support", fault)
    lost = Counter(one.reason for one in items if isinstance(one, Dropped))
    assert lost[reason] >= 5, lost
    assert all(one.id and one.step == "draft" for one in items if isinstance(one, Dropped))
    told = [one for item in items if isinstance(item, Draft) for one in said(item)]
    assert not any("77777" in (one.text or "") for one in told)


def test_calls_can_be_foreseen_without_asking_anyone(tmp_path: Path) -> None:
    shelve(tmp_path / "documents", english=3, chinese=2)
    plan = rehearsing(small_plan(tmp_path, teacher={"use": "openai", "model": "none"}))
    assert isinstance(plan, Plan)
    side = materials_of(plan, tmp_path / "work")["train"]
    for kind in KINDS:
        side.notes.clear()
        found = list(islice(SMALL.draft(kind, side, 4), 20))
        assert sum(isinstance(one, Draft) for one in found) >= 3, kind
