"""Plans over long documents: by rule from the words of the text, and by a model whose word is not taken."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest

from longgrain.errors import PlanError
from longgrain.materials import SideMaterials
from longgrain.recipes.pearl import Pearl
from longgrain.recipes.pearl.actions import SEEDS
from longgrain.recipes.pearl.over import readings
from longgrain.recipes.pearl.plans import Plan, parse
from longgrain.types import Answered, Draft, Dropped, Grain, Refused, Request, Slot, Span
from small import materials_of, small_plan
from test_free_questions import Author, drafts, reasons

KINDS = ("pearl-count", "pearl-extract", "pearl-quote", "pearl-compare", "pearl-joined")


@dataclass(frozen=True, slots=True, kw_only=True)
class Planner(Author):
    """An author that plans as well; ``manner`` says how it fails."""

    name: ClassVar[str] = "planner"

    manner: str = "well"

    def ask(self, requests: Sequence[Request]) -> Sequence[Answered | Refused]:
        """JSON as the prompts ask for it, or what the manner makes of it."""
        return [self._one(one) for one in requests]

    def _one(self, request: Request) -> Answered | Refused:
        task = request.task
        if task in ("pearl.mine", "pearl.merge"):
            look = {"name": "LOOK_UP", "parameters": ["CTX", "X"], "meaning": "looks X up"}
            bad = {"name": "look up", "parameters": [], "meaning": ""}
            return Answered(text=json.dumps({"actions": [look, bad]}))
        if task == "pearl.plan":
            return self._plan(request)
        if task == "pearl.step":
            if self.manner == "half":
                return Answered(text='{"items": ["The lamp')
            question = str(request.settings["question"])
            asked = Request(
                task="solve", material=request.material, settings={"question": question}
            )
            items = [Author._said(self, asked)["answer"]]
            items = ["nothing of the kind"] if self.manner == "lies" else items
            items = (
                ["这里没有写明答案，所以答案是" + items[0]] if self.manner == "foreign" else items
            )
            items = ["I cannot answer that."] if self.manner == "declines" else items
            return Answered(text=json.dumps({"items": items}, ensure_ascii=False))
        return Author.ask(self, [request])[0]

    def _plan(self, request: Request) -> Answered | Refused:
        if self.manner == "refuses":
            return Refused(reason="the model refused")
        sent_back = request.settings["said"]["problem"]
        if self.manner == "invalid" or (self.manner == "learns" and not sent_back):
            return Answered(text=json.dumps({"plan": "1. a = LOOK_UP(CTX)"}))
        steps = '1. a = LOOK_UP(CTX, "held")\n2. b = CONCAT(a)'
        return Answered(text=json.dumps({"plan": f"New actions:\n- None\n\n{steps}"}))


def prompted(folder: Path, manner: str) -> SideMaterials:
    teacher = {"use": "test_recipe_pearl:Planner", "manner": manner}
    return materials_of(small_plan(folder, teacher=teacher), folder / "work")["train"]


@pytest.fixture(scope="module")
def materials(tmp_path_factory: pytest.TempPathFactory) -> SideMaterials:
    folder = tmp_path_factory.mktemp("pearl")
    return materials_of(small_plan(folder), folder / "work")["train"]


def drafted(one: SideMaterials, kind: str, count: int, **settings: Any) -> list[Draft | Dropped]:
    items: list[Draft | Dropped] = []
    for item in Pearl(**settings).draft(kind, one, count):
        items.append(item)
        if len(drafts(items)) == count or len(items) == 60:
            break
    return items


def said(draft: Draft, materials: SideMaterials, *roles: str) -> str:
    texts = materials.store.texts
    return "".join(
        span.words(texts)
        for message in draft.messages
        for span in message.spans
        if isinstance(span, Span) and (not roles or span.role in roles)
    )


@pytest.mark.parametrize("kind", ["pearl-count", "pearl-quote", "pearl-compare"])
def test_the_answer_can_be_found_again_in_the_words_of_the_context(
    kind: str, materials: SideMaterials
) -> None:
    found = drafts(drafted(materials, kind, 10))
    assert len(found) >= 8
    for draft in found:
        plan = parse(draft.meta["plan"], SEEDS[draft.meta["language"]])
        assert isinstance(plan, Plan)
        words = [step.arguments[1].text for step in plan.steps if step.action == "FIND"]
        context = said(draft, materials, "evidence", "distractor")
        sentences = re.findall(r"[^.。]+[.。]", re.sub(r"(?m)^#.*$", "", context))
        edge = r"\b" if draft.meta["language"] == "en" else ""
        patterns = [re.compile(f"{edge}{word}{edge}", re.IGNORECASE) for word in words]
        held = [sum(bool(one.search(text)) for text in sentences) for one in patterns]
        if kind == "pearl-quote":
            assert len(draft.answer.splitlines()) == held[0]
            assert all(line in context for line in draft.answer.splitlines())
        else:
            assert draft.answer == str(held[0] - sum(held[1:]))


def test_quotes_are_quoted_by_reference_and_all_of_the_reply_is_learned(
    materials: SideMaterials,
) -> None:
    for draft in drafts(drafted(materials, "pearl-quote", 6)):
        reply = [one for one in draft.messages[1].spans if isinstance(one, Span)]
        assert {one.loss for one in reply} == {1.0}
        assert {one.role for one in reply} == {"plan", "reasoning", "answer"}
        quoted = [one for one in reply if isinstance(one.origin, Grain) and one.role == "answer"]
        assert len(quoted) == len(draft.answer.splitlines())
        assert all(span.loss == 0 for span in draft.messages[0].spans if isinstance(span, Span))


def test_joined_questions_are_computed_over_a_context_that_is_laid(
    materials: SideMaterials,
) -> None:
    found = drafts(drafted(materials, "pearl-joined", 6))
    assert found
    for draft in found:
        assert any(isinstance(one, Slot) for one in draft.messages[0].spans)
        assert said(draft, materials, "answer").endswith(draft.answer)


def test_what_a_row_of_a_table_mentions_is_not_counted(tmp_path: Path) -> None:
    things = ("anchor", "bellows", "capstan", "derrick", "gantry")
    lines = [
        f"In spring {n * 7} men mended the {things[n % 5]} of pier {n}. "
        f"Nobody had seen the {things[(n + 2) % 5]} of that pier since the flood."
        for n in range(60)
    ]
    for n in range(0, 60, 12):
        lines[n] = f"# Pier {n}\n\n{lines[n]}\n\n| anchor | bellows | east |"
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "piers.md").write_text("\n\n".join(lines), "utf-8")
    side = materials_of(small_plan(tmp_path, split={"valid": 0.0, "test": 0.0}), tmp_path / "work")
    found = list(readings(side["train"], (256, 768), "count"))
    assert [reading for reading in found if any("|" in piece for piece in reading.torn)]
    for reading in found:
        assert not [one for one in reading.whole if "|" in side["train"].words(one)]


def test_another_fact_in_the_source_gives_another_example(tmp_path: Path) -> None:
    def answers(folder: Path, change: bool) -> list[str]:
        plan = small_plan(folder)
        for path in (folder / "documents").glob("*") if change else ():
            text = path.read_text("utf-8")
            path.write_text(re.sub(r"\d{3,4}", lambda m: str(int(m[0]) + 1), text), "utf-8")
        one = materials_of(plan, folder / "work")["train"]
        kinds = ("pearl-quote", "pearl-extract", "pearl-joined")
        return [draft.answer for kind in kinds for draft in drafts(drafted(one, kind, 5))]

    before = answers(tmp_path / "one", change=False)
    after = answers(tmp_path / "two", change=True)
    assert before
    assert not set(before) & set(after)


def test_a_model_s_plan_is_kept_where_its_answer_is_right(tmp_path: Path) -> None:
    one = prompted(tmp_path, "well")
    found = drafts(drafted(one, "pearl-joined", 4, demonstrations=2))
    assert len(found) == 4
    assert all("LOOK_UP" in draft.meta["plan"] for draft in found)
    assert one.guards["mined action that is none, left out"] >= 1
    assert 2 <= one.guards["demonstration of a plan with the right answer, kept"] <= 4


def test_a_plan_that_does_not_parse_goes_back_and_is_mended(tmp_path: Path) -> None:
    one = prompted(tmp_path, "learns")
    assert len(drafts(drafted(one, "pearl-joined", 3))) == 3
    assert one.guards["plan sent back: blocks"] == 3


@pytest.mark.parametrize(
    ("manner", "reason"),
    [
        ("invalid", "no valid plan after 3 tries"),
        ("refuses", "the model refused"),
        ("half", "the reply holds no whole JSON object"),
        ("lies", "the plan's answer is not the answer of the question"),
        ("declines", "what a step gives is a refusal"),
    ],
)
def test_a_model_that_fails_is_dropped_with_the_reason(
    manner: str, reason: str, tmp_path: Path
) -> None:
    items = drafted(prompted(tmp_path, manner), "pearl-joined", 3, tries=2, refinements=1)
    assert not drafts(items)
    assert reasons(items)[reason] >= 3


def test_a_step_in_another_language_is_dropped(tmp_path: Path) -> None:
    items = drafted(prompted(tmp_path, "foreign"), "pearl-joined", 40)
    assert all(draft.meta["language"] == "zh" for draft in drafts(items))
    assert reasons(items)["what a step gives is in another language than the question"] >= 3


def test_an_invalid_plan_costs_no_more_calls_than_allowed(tmp_path: Path) -> None:
    one = prompted(tmp_path, "invalid")
    items = drafted(one, "pearl-joined", 2, tries=3)
    fallen = reasons(items)["no valid plan after 4 tries"]
    assert one.guards["plan sent back: blocks"] == 4 * fallen


def test_the_users_questions_are_mined_for_actions(tmp_path: Path) -> None:
    one = prompted(tmp_path, "well")
    (tmp_path / "questions.jsonl").write_text('{"question": "Why did the mill burn?"}\n')
    assert drafts(drafted(one, "pearl-joined", 1, questions="questions.jsonl"))
    (tmp_path / "bad.jsonl").write_text('{"q": "?"}\n')
    with pytest.raises(PlanError, match=r"bad\.jsonl:1 holds no `question`"):
        drafted(one, "pearl-joined", 1, questions="bad.jsonl")


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"shares": {"find": 1}}, "kinds are"),
        ({"tokens": (10, 20)}, "from 64"),
        ({"mentions": (5, 2)}, "smaller first"),
        ({"actions": 0}, "not below 1"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any], why: str) -> None:
    with pytest.raises(PlanError, match=why):
        Pearl(**settings)


def test_what_a_model_would_reply_is_rehearsed_for_the_forecast(tmp_path: Path) -> None:
    teacher = {"use": "longgrain.rehearsal:Rehearsal", "part": "test_recipe_pearl:Planner"}
    one = materials_of(small_plan(tmp_path, teacher=teacher), tmp_path / "work")["train"]
    assert drafts(drafted(one, "pearl-joined", 2))
