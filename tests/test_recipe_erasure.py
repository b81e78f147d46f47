"""Prompt erasure: the strategy is followed, the student is not told of it, and the views tell the same otherwise."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, product
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from kinds import DEMO, Kinds
from longgrain.build import build
from longgrain.checks.erased import Erased
from longgrain.content_words import TASK_WORDS, content_words
from longgrain.errors import PlanError
from longgrain.explain import laid_out
from longgrain.facts import facts, holds
from longgrain.make import bare, component
from longgrain.materials import SideMaterials
from longgrain.plan import CHECKS, Plan
from longgrain.recipes.asked import asked
from longgrain.recipes.erasure import Erasure, leaks, task_of
from longgrain.recipes.erasure import wording as erasure_wording
from longgrain.recipes.erasure.choosing import ranked, read_scores
from longgrain.recipes.erasure.record import record
from longgrain.recipes.erasure.ruled import common_words
from longgrain.recipes.erasure.strategies import (
    BY_RULE,
    DEFAULT,
    GENERIC,
    STRATEGIES,
    SYSTEM,
    TASKS,
)
from longgrain.recipes.pam import wording as pam_wording
from longgrain.recipes.script import written
from longgrain.recipes.wording import INSTRUCTIONS
from longgrain.run import Run
from longgrain.scripts import simplified
from longgrain.types import Answered, Draft, Dropped, Message, Refused, Request, Span
from reference import chatml
from small import materials_of, small_plan
from test_free_questions import Author, drafts, reasons

AMBIGUOUS = "the question fits another sentence of its side"


def demo_plan(**recipe: Any) -> Plan:
    """A plan over the demo's documents, English and Chinese."""
    return Plan.of(
        {
            "name": "erasure",
            "sources": [str(DEMO)],
            "split": {"valid": 0.0, "test": 0.0},
            "recipes": [{"use": "erasure", "examples": 60, "several": 0.4, **recipe}],
            "layout": {"lengths": {"min": 1024, "max": 2048}},
        }
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Three of four examples are erased."""
    return build(demo_plan(erased=0.75), tmp_path_factory.mktemp("erasure") / "run")


@pytest.fixture(scope="module")
def side(tmp_path_factory: pytest.TempPathFactory) -> SideMaterials:
    folder = tmp_path_factory.mktemp("demo")
    return materials_of(demo_plan(), folder / "work")["train"]


def drafted(made: Erasure, side: SideMaterials, kind: str, count: int) -> list[Draft | Dropped]:
    """Everything up to so many drafts, as at the beginning of a build."""
    side.notes.clear()
    items: list[Draft | Dropped] = []
    for item in made.draft(kind, side, count):
        items.append(item)
        if len(drafts(items)) == count:
            break
    return items


def said(messages: Sequence[Message], speaker: str, texts: Mapping[str, str]) -> str:
    spans = [span for one in messages if one.speaker == speaker for span in one.spans]
    return "".join(one.words(texts) for one in spans if isinstance(one, Span))


# --- the views ------------------------------------------------------------------------------------


def test_the_share_of_erased_examples_is_the_one_asked_for(run: Run) -> None:
    trained = Counter(next(iter(one.views)) for one in run.examples("train"))
    assert trained == {"student": 45, "teacher": 15}
    several = Counter(one.lineage["category"] for one in run.examples("train"))
    assert several == {"one place": 36, "several places": 24}


def test_views_differ_in_the_system_message_alone(run: Run) -> None:
    texts = run.texts()
    for example in run.examples("train"):
        views = example.views
        assert set(views) == {"teacher", "student"}
        assert views["teacher"][1:] == views["student"][1:]
        strategy, spoken = example.lineage["strategy"], example.lineage["language"]
        assert said(views["teacher"], "system", texts) in SYSTEM[strategy][spoken]
        assert (
            said(views["student"], "system", texts) in GENERIC[example.lineage["generic"]][spoken]
        )


def test_erasure_can_be_undone_from_what_the_run_holds(run: Run) -> None:
    texts = run.texts()
    for example in run.examples("train"):
        found = record(example, texts)
        assert list(found) == [
            *("task", "category", "strategy", "system_teacher", "user", "answer", "system_student")
        ]
        assert all(found.values())
        assert found["task"] in TASKS
        question = [one for one in example.trained[1].spans if one.role == "question"]  # type: ignore[union-attr]
        assert found["user"].endswith("".join(one.words(texts) for one in question))  # type: ignore[union-attr]
        undone = replace(example, views={"train": example.views["teacher"]})
        weights = [one.weight for one in laid_out(run, undone).trained]
        learned = [one.weight for one in laid_out(run, example).trained]
        assert sum(weights) == sum(learned) > 0


@pytest.mark.parametrize("kind", ["shipped", "qwen"])
def test_rows_learn_the_answer_and_no_word_of_either_prompt(
    kind: str, kinds: Kinds, tmp_path: Path
) -> None:
    plan = demo_plan(erased=0.5, examples=24).model_copy(
        update={"tokenizer": str(kinds.file(kind))}
    )
    made = build(plan, tmp_path / "run")
    texts, reference = made.texts(), kinds.reference(kind)
    by_id, seen = {one.id: one for one in made.examples("train")}, 0
    for row in made.rows("train"):
        ends = np.cumsum(row.seq_lengths)
        for name, end, size in zip(row.example_ids, ends, row.seq_lengths, strict=True):
            example = by_id[name]
            expected = reference.encode(chatml(example.trained, texts))
            place = slice(int(end - size), int(end))
            assert row.input_ids[place].tolist() == expected.ids
            assert row.weights[place].tolist() == expected.weights
            learned = {
                role
                for role, weight in zip(expected.roles, expected.weights, strict=True)
                if weight > 0
            }
            assert learned <= {"reasoning", "answer", "glue"}
            seen += 1
    assert seen == 24


# --- nothing leaks --------------------------------------------------------------------------------


def test_no_word_of_a_strategy_stands_in_a_student_s_prompt(run: Run) -> None:
    assert "erased" in CHECKS
    texts, check = run.texts(), Erased()
    assert not [reason for one in run.examples("train") for reason in check.problems(one, texts)]
    assert not list(leaks(SYSTEM, GENERIC))
    neutral = content_words(" ".join(TASK_WORDS))
    for strategy, language in product(STRATEGIES, ("en", "zh")):
        told = content_words(" ".join(SYSTEM[strategy][language])) - neutral
        assert len(told) >= 8
        for instruction in INSTRUCTIONS[language]:
            assert not told & content_words(instruction), (strategy, instruction)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "You are a helpful assistant. Think step by step."),
        ("en", "Explaining things is your strength."),
        ("en", "You quote the sentence first."),
        ("zh", "你善于计算每一步的结果。"),
        ("zh", "请一步一步地想。"),
        ("zh", "你会先摘录原文。"),
    ],
)
def test_control_a_prompt_that_tells_of_a_strategy_is_found(
    language: str, words: str, run: Run
) -> None:
    generic = {"plain": {**GENERIC["plain"], language: (words,)}}
    assert list(leaks(SYSTEM, generic))
    with pytest.raises(PlanError, match="words of the strategy"):
        Erasure(generic=generic, styles={"plain": 1})
    texts, found = run.texts(), Counter[str]()
    for example in run.examples("train"):
        if example.lineage["language"] == language:
            student = example.views["student"]
            system = replace(student[0].spans[0], text=words)  # type: ignore[type-var]
            told = (replace(student[0], spans=(system,)), *student[1:])
            views = {**example.views, "student": told}
            found.update(Erased().problems(replace(example, views=views), texts))
    assert found["words of the strategy leak into the student's prompt"] >= 1


def test_control_views_that_differ_otherwise_are_found(run: Run) -> None:
    example = next(iter(run.examples("train")))
    student = example.views["student"]
    views = {**example.views, "student": (student[0], student[2])}
    found = list(Erased().problems(replace(example, views=views), run.texts()))
    assert found == ["teacher and student differ in more than the system message"]


def test_a_leak_in_the_plan_s_own_words_drops_the_draft(side: SideMaterials) -> None:
    generic = {"none": {"en": ("",), "zh": ("",)}}
    made = Erasure(generic=generic, styles={"none": 1}, several=0)
    for one in drafts(drafted(made, side, "erasure-one", 6)):
        assert [message.speaker for message in one.messages] == ["user", "assistant"]
        assert one.views["teacher"][0].speaker == "system"
        assert not list(Erased().problems(bare(one, "train"), side.store.texts))
        words = SYSTEM[one.meta["strategy"]][one.meta["language"]][0]
        given = Span(role="instruction", origin=one.views["teacher"][0].spans[0].origin, text=words)  # type: ignore[union-attr]
        told = replace(one, messages=(Message(speaker="system", spans=(given,)), *one.messages))
        assert list(Erased().problems(bare(told, "train"), side.store.texts))


def test_content_words_are_compared_without_endings_and_chinese_by_pairs() -> None:
    assert content_words("Explains, explained, explaining") == {"explain"}
    assert content_words("the and of it") == set()
    assert content_words("逐步推理") == {"逐步", "步推", "推理"}
    assert content_words("你和我的") == set()


# --- the strategies -------------------------------------------------------------------------------


def test_each_task_is_answered_in_its_strategy(run: Run) -> None:
    texts, seen = run.texts(), Counter[str]()
    for example in run.examples("train"):
        task, strategy = example.lineage["task"], example.lineage["strategy"]
        assert strategy in BY_RULE[task]
        seen[strategy] += strategy == DEFAULT[task]
        spans = [one for one in example.trained[-1].spans if isinstance(one, Span)]
        answer = "".join(one.words(texts) for one in spans if one.role == "answer")
        gold = example.lineage["answer"]
        assert gold.lower() in answer.lower() or holds(answer, gold)
        before = "".join(one.words(texts) for one in spans if one.role == "reasoning")
        assert bool(before) == (strategy != "direct")
        if strategy != "direct":
            assert [one for one in spans if one.grain or ">" in before]
    assert len(seen) >= 4


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_strategy_can_be_had_by_rule_for_some_task(strategy: str) -> None:
    assert [task for task in TASKS if strategy in BY_RULE[task]]
    assert strategy in DEFAULT.values()


def test_steps_name_every_value_and_come_to_the_answer(side: SideMaterials) -> None:
    scores = {task: {"step-by-step": 1.0} for task in ("compare", "sum", "order", "bridge")}
    found = drafts(drafted(Erasure(scores=scores), side, "erasure-several", 40))
    steps = [one for one in found if one.meta["strategy"] == "step-by-step"]
    assert {one.meta["form"] for one in steps} >= {"compare", "order"}
    for one in steps:
        assert one.meta["by_score"]
        spans = [span for span in one.messages[-1].spans if isinstance(span, Span)]
        words = "".join(span.words(side.store.texts) for span in spans if span.role == "reasoning")
        assert len(re.findall(r"(?m)^\d+\.", words)) >= len(one.evidence)
        for operand in one.meta["operands"]:
            assert words.count(operand) >= 1
        last = words.strip().rpartition("\n")[2]
        if one.meta["form"] in ("compare", "sum"):
            made = re.search(r"^\d+\. ([\d. +-]+) = ([\d.]+?)[.。]?$", last)
            assert made
            total = eval(made[1])
            assert abs(total - float(made[2])) < 1e-6
            assert made[2] == one.answer
        if one.meta["form"] == "order":
            assert re.findall(r"[A-E](?= \(|（)", last) == re.findall(r"[A-E]", one.answer)


def test_explanations_show_words_that_question_and_sentence_share() -> None:
    question = "Complete this: “Anyone who has worked in a rescue is sent home for ____ hours.”"
    sentence = "Anyone who has worked in a rescue is sent home for 12 hours."
    assert (
        common_words(question, sentence, "en")
        == "Anyone who has worked in a rescue is sent home for"
    )
    asked_zh = "开设赌场的，处多少年以下有期徒刑？"
    assert common_words(asked_zh, "开设赌场的，处五年以下有期徒刑；", "zh") == "年以下有期徒刑"
    assert common_words("Who?", "Nobody came.", "en") == ""


def test_recall_shows_the_answer_among_other_sentences(side: SideMaterials) -> None:
    scores = {task: {"recall-reason-generate": 1.0} for task in ("number", "name", "date", "term")}
    found = drafts(drafted(Erasure(scores=scores), side, "erasure-one", 30))
    recalled = [one for one in found if one.meta["strategy"] == "recall-reason-generate"]
    assert len(recalled) >= 10
    for one in recalled:
        spans = [span for span in one.messages[-1].spans if isinstance(span, Span)]
        words = "".join(span.words(side.store.texts) for span in spans if span.role == "reasoning")
        lines = dict(re.findall(r"(?m)^(\d)\. (.+)", words))
        assert 2 <= len(lines) <= 3
        number = re.findall(r"[Nn]umber (\d)|第(\d)句", words.strip().rpartition("\n\n")[2])[-1]
        assert one.meta["operands"][0] in lines["".join(number)]


def test_the_rule_takes_the_best_scored_strategy_that_it_can_follow(side: SideMaterials) -> None:
    scores = {
        task: {"step-by-step": 0.9, "direct": 0.5, "extract-then-generate": 0.2} for task in TASKS
    }
    side.guards.clear()
    found = drafts(drafted(Erasure(scores=scores), side, "erasure-one", 12))
    assert {one.meta["strategy"] for one in found} == {"direct"}
    assert side.guards["strategy that no rule can follow here, the next best taken"] >= 12


# --- choosing -------------------------------------------------------------------------------------


def test_the_best_score_chooses_and_the_plainer_of_equals() -> None:
    scores = {"number": {"step-by-step": 0.4, "direct": 0.4, "explain-then-answer": 0.3}}
    assert ranked("number", scores)[:3] == ["direct", "step-by-step", "explain-then-answer"]
    assert ranked("date", scores)[0] == DEFAULT["date"]
    assert all(len(ranked(task, scores)) == len(STRATEGIES) for task in TASKS)


def test_scores_are_read_from_json_and_from_longgrain_score(tmp_path: Path) -> None:
    from longgrain.score import score

    rows = [
        {"prediction": "12", "reference": "12", "task_strategy": "number/direct"},
        {"prediction": "13", "reference": "12", "task_strategy": "number/direct"},
        {"prediction": "12", "reference": "12", "task_strategy": "number/step-by-step"},
    ]
    file = tmp_path / "replies.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    scored = score(file, file, ["squad"], by="task_strategy")
    (tmp_path / "scores.json").write_bytes(scored.json())
    expected = {"number": {"direct": 0.5, "step-by-step": 1.0}}
    assert read_scores("scores.json", tmp_path) == expected
    assert read_scores("scores.json", tmp_path, "f1") == expected
    (tmp_path / "own.json").write_text(json.dumps(expected), "utf-8")
    assert read_scores("own.json", tmp_path) == expected
    with pytest.raises(PlanError, match="no figure 'rouge1'"):
        read_scores("scores.json", tmp_path, "rouge1")


def test_scores_choose_in_a_build(tmp_path: Path) -> None:
    scores = {task: {"direct": 1.0, DEFAULT[task]: 0.5} for task in TASKS}
    (tmp_path / "scores.json").write_text(json.dumps(scores), "utf-8")
    plan = small_plan(
        tmp_path,
        teacher="extractive",
        recipes=[{"use": "erasure", "examples": 20, "scores": "scores.json"}],
    )
    made = build(plan, tmp_path / "run")
    chosen = Counter(
        (one.lineage["strategy"], one.lineage["by_score"])
        for side in made.sides
        for one in made.examples(side)
    )
    assert set(chosen) == {("direct", True)}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"erased": 1.2}, "a share is 0 to 1"),
        ({"several": -1}, "a share is 0 to 1"),
        ({"shown": -1}, "0 or more grains"),
        ({"styles": {"plain": 0}}, "one share must be above 0"),
        ({"styles": {"curt": 1}}, "'curt' has no wordings"),
        ({"systems": {"direct": SYSTEM["direct"]}}, "has no system message"),
        ({"systems": {**SYSTEM, "guess": SYSTEM["direct"]}}, "guess is no strategy"),
        ({"systems": {**SYSTEM, "direct": {"en": ("",), "zh": ("",)}}}, "no wording in 'en'"),
        ({"generic": {"plain": {"en": ("Hi.",)}}, "styles": {"plain": 1}}, "no wording in 'zh'"),
        ({"scores": {"number": {"guessing": 1.0}}}, "strategies are"),
        ({"scores": {"poem": {"direct": 1.0}}}, "tasks are"),
        ({"scores": "none.json"}, "there is no file"),
    ],
)
def test_settings_that_cannot_work_are_refused(
    settings: dict[str, Any], words: str, side: SideMaterials
) -> None:
    with pytest.raises(PlanError, match=words):
        drafted(component("recipes", "erasure", settings), side, "erasure-one", 1)


def test_both_styles_are_used_and_named(run: Run) -> None:
    styles = Counter(one.lineage["generic"] for one in run.examples("train"))
    assert set(styles) == {"plain", "cautious"}
    assert min(styles.values()) >= 15
    for style, language in product(GENERIC, ("en", "zh")):
        assert len(set(GENERIC[style][language])) >= 5


def test_our_own_words_have_a_traditional_form() -> None:
    for module in (erasure_wording, pam_wording):
        source = Path(str(module.__file__)).read_text("utf-8")
        ours = "".join(re.findall("[\u3400-\u9fff]", source))
        traditional = written(ours, "這個")
        # Only characters that both scripts have in common are left as they are.
        assert {one for one in traditional if simplified(one) == one and one in ours} == {
            one for one in ours if written(one, "這個") == one
        }
        left = {one for one in traditional if one in _SIMPLIFIED_ALONE}
        assert not left, left
        assert simplified(traditional).replace("著", "着") == ours


_SIMPLIFIED_ALONE = set(
    "与个为书从关写决凭处对应择换据数断来样检没点码确称结给见认讲论证话误说请读谈过这选错键问阅项顾题验"
)


# --- the source -----------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "zh"])
def test_another_fact_in_the_source_makes_another_answer(language: str, tmp_path: Path) -> None:
    plan, made = small_plan(tmp_path), Erasure(scores={"number": {"extract-then-generate": 1.0}})
    before = drafts(
        drafted(made, materials_of(plan, tmp_path / "before")["train"], "erasure-one", 30)
    )
    one = next(draft for draft in before if draft.meta["language"] == language)
    for file in (tmp_path / "documents").iterdir():
        text = re.sub(rf"(?<!\d){one.answer}(?!\d)", "4321", file.read_text("utf-8"))
        file.write_text(text, "utf-8")
    side = materials_of(plan, tmp_path / "after")["train"]
    [same] = [
        draft
        for draft in drafts(drafted(made, side, "erasure-one", 30))
        if asked(draft) == asked(one)
    ]
    words = said(same.messages, "assistant", side.store.texts)
    assert same.answer == "4321"
    assert "4321" in words
    assert one.answer not in re.findall(r"\d+", words)
    numbers = {fact.text for fact in facts(words, language)}  # type: ignore[arg-type]
    assert "4321" in numbers


# --- a language model -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Master(Author):
    """Asks questions as `Author` does, and answers them in one ``way`` under the system message."""

    name: ClassVar[str] = "master"

    way: str = "right"

    def ask(self, requests: Sequence[Request]) -> Sequence[Answered | Refused]:
        """Words, or what a bad teacher gives instead."""
        return [
            Answered(text=_reply(one, self.way))
            if one.task == "erasure.answer"
            else Author.ask(self, [one])[0]
            for one in requests
        ]


def _reply(request: Request, way: str) -> str:
    (first, system), (second, user) = request.prompt
    assert (first, second) == ("system", "user")
    assert any(system in words for spoken in SYSTEM.values() for words in spoken.values())
    assert all(text in user for text in request.material)
    gold = str(request.settings["gold"])
    chinese = request.settings["language"] == "zh"
    if way == "refusal":
        return "抱歉，我无法回答这个问题。" if chinese else "I'm sorry, but I can't answer that."
    if way == "half":
        return '{"answer": "12", "reasoning": '
    if way == "json":
        return json.dumps({"answer": gold})
    if way == "wrong":
        gold = "31"
    if way == "other language":
        chinese = not chinese
    if way == "bare":
        return gold
    extra = ("另有4711件。" if chinese else " There were 4711 others.") if way == "invented" else ""
    lead = f"材料里写的就是这个数。{extra}" if chinese else f"The passages have this number.{extra}"
    return f"<think>12?</think>{lead}\n\n{'答案：' if chinese else 'Answer: '}{gold}"


def taught(folder: Path, way: str) -> SideMaterials:
    plan = small_plan(folder, teacher={"use": "test_recipe_erasure:Master", "way": way})
    return materials_of(plan, folder / "work")["train"]


def test_a_model_answers_under_the_strategy_and_its_words_are_learned(tmp_path: Path) -> None:
    side = taught(tmp_path, "right")
    made = Erasure(scores={"number": {"step-by-step": 1.0}}, several=0)
    found = drafts(drafted(made, side, "erasure-one", 12))
    assert len(found) == 12
    assert {one.meta["language"] for one in found} == {"en", "zh"}
    for one in found:
        assert one.meta["strategy"] == "step-by-step"
        assert one.meta["task"] == task_of(one) or one.meta["form"] == "free"
        spans = [span for span in one.messages[-1].spans if isinstance(span, Span)]
        assert [span.role for span in spans] == ["reasoning", "answer"]
        assert all(span.loss == 1.0 and span.origin.teacher == "master" for span in spans)  # type: ignore[union-attr]
        assert "12?" not in "".join(span.text or "" for span in spans)
        assert holds(spans[-1].text or "", one.answer)
        assert not list(Erased().problems(bare(one, "train"), side.store.texts))


@pytest.mark.parametrize(
    ("way", "reason"),
    [
        ("refusal", "the answer is a refusal"),
        ("half", "the answer is data, not words"),
        ("json", "the answer is data, not words"),
        ("wrong", "the last line gives another answer"),
        ("other language", "the answer is in another language than the question"),
        ("bare", "the answer does not follow the strategy"),
        ("invented", "the answer has a number that its passages do not have"),
    ],
)
def test_an_answer_that_cannot_be_used_is_dropped_and_counted(
    way: str, reason: str, tmp_path: Path
) -> None:
    made = Erasure(scores={"number": {"step-by-step": 1.0}}, several=0)
    items = list(islice(made.draft("erasure-one", taught(tmp_path, way), 4), 16))
    assert not drafts(items)
    found = reasons(items)
    assert set(found) <= {reason, AMBIGUOUS}
    assert found[reason] >= 4
