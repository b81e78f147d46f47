"""Probes of a run's own recipes: contexts hold what they must and nothing else that answers; what replies are worth."""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from longgrain.compare import compare
from longgrain.errors import PlanError
from longgrain.ground import HeldOut
from longgrain.make import component
from longgrain.metrics.answer import answers
from longgrain.metrics.item import Item
from longgrain.metrics.rechecked import read
from longgrain.metrics.refusal import declines
from longgrain.probe import Asked, probe
from longgrain.probe_scores import read_lines
from longgrain.protocols import Probe
from longgrain.run import Run
from longgrain.tokens import Tokenizer
from longgrain.types import Answered, Question, Request, Size
from small import shelve
from standin_server import Heard, Says, serving

BLANK = "____"
LENGTH = 1600


@pytest.fixture(scope="module")
def shelved(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("held-out")
    shelve(folder, english=8, chinese=10)
    return str(folder)


@pytest.fixture(scope="module")
def grounds(shelved: str) -> dict[str, HeldOut]:
    tokenizer = Tokenizer.load("longgrain").agreeing(["The lamp is lit.", "灯亮着。"])
    return {
        language: HeldOut(language=language, places=(shelved,), tokenizer=tokenizer, positions=5)
        for language in ("en", "zh")
    }


def questions(name: str, ground: HeldOut, count: int = 20, **settings: Any) -> list[Question]:
    found: Probe = component("probes", name, settings)
    return list(found.ask(ground, Size(tokens=LENGTH), count))


def context(one: Question) -> str:
    """What stands between instruction and question."""
    return one.prompt[0][1].split("\n\n", 1)[1].rsplit("\n\n", 1)[0]


both = pytest.mark.parametrize("language", ["en", "zh"])


@both
def test_the_evidence_stands_once_in_a_context_and_nothing_else_answers(
    language: str, grounds: dict[str, HeldOut]
) -> None:
    quoted = 0
    for one in questions("grain_qa", grounds[language]):
        asked = one.prompt[0][1].rsplit("\n\n", 1)[1]
        told = re.search(r"[“「](.+____.*?)[”」]", asked)
        if told is None or "…" in told[1]:
            continue
        statement = told[1].rstrip(".。").replace(BLANK, one.references[0])
        assert context(one).count(statement) == 1
        quoted += 1
    assert quoted > 5


@both
def test_without_its_evidence_a_question_finds_no_answer_in_its_context(
    language: str, grounds: dict[str, HeldOut]
) -> None:
    found = questions("refusal", grounds[language])
    assert [one.row["present"] for one in found] == [True, False] * 10
    for present, absent in zip(found[::2], found[1::2], strict=True):
        assert present.item == absent.item
        asked = present.prompt[0][1].rsplit("\n\n", 1)[1]
        assert absent.prompt[0][1].endswith(asked)
        if told := re.search(r"[“「](.+____.*?)[”」]", asked):
            statement = told[1].strip("… .。").replace(BLANK, present.references[0])
            assert statement in context(present)
            assert statement not in context(absent)


@both
def test_pieces_of_evidence_lie_side_by_side_and_far_apart_equally_at_all_positions(
    language: str, grounds: dict[str, HeldOut]
) -> None:
    found = questions("integration", grounds[language], 40)
    distances = Counter(one.groups[0] for one in found)
    assert "apart 0%" in distances
    assert len(distances) >= 3
    assert max(distances.values()) < 30
    for one in found:
        assert list(one.groups)[2] == f"grains {len(one.depths)}"
        gap = max(one.positions) - min(one.positions)
        assert (gap == 0) == (one.groups[0] == "apart 0%")
        assert abs((max(one.depths) - min(one.depths)) - gap / 4) < 0.35


def test_the_order_asked_for_is_that_of_the_context(grounds: dict[str, HeldOut]) -> None:
    orders = set()
    for one in questions("order", grounds["en"]):
        said = dict(re.findall(r"([A-C])\. “(.+?)”", one.prompt[0][1]))
        text = context(one)
        places = {letter: text.index(words) for letter, words in said.items()}
        assert all(text.count(words) == 1 for words in said.values())
        right = ", ".join(sorted(places, key=lambda letter: places[letter]))
        assert one.references == (right,)
        orders.add(right)
    assert len(orders) > 3


@both
def test_the_passage_that_is_located_holds_the_answer(
    language: str, grounds: dict[str, HeldOut]
) -> None:
    for one in questions("location", grounds[language], 10):
        passages = dict(re.findall(r"^(\[\d+\])([^\x00]+?)(?=\n\n\[|\Z)", context(one), re.M))
        assert list(passages) == [f"[{number}]" for number in range(1, len(passages) + 1)]
        alone = one.prompt[0][1].rsplit("\n\n", 1)[1]
        if told := re.search(r"[“「](.+____.*?)[”」]", alone):
            before = told[1].split(BLANK)[0].strip("… ")
            assert before in passages[one.references[0]]


def test_of_a_run_only_its_held_out_side_is_asked_about(small_run: Run) -> None:
    ground = HeldOut(tokenizer=Tokenizer.load("longgrain"), places=(str(small_run.folder),))
    trained = "\n".join(
        span.words(small_run.texts())
        for example in small_run.examples("train")
        for message in example.trained
        for span in message.spans
        if span.role == "evidence"
    )
    found = questions("grain_qa", ground.with_context("evidence"), 5)
    assert found
    assert not any(context(one) in trained for one in found)


def test_documents_that_give_no_question_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("Nothing is said here that could be asked for. " * 40, "utf-8")
    ground = HeldOut(tokenizer=Tokenizer.load("longgrain"), places=(str(tmp_path),))
    for name in ("grain_qa", "integration", "refusal", "self_correction"):
        with pytest.raises(PlanError, match="name more documents"):
            questions(name, ground)
    few = HeldOut(tokenizer=Tokenizer.load("longgrain"), positions=3)
    with pytest.raises(PlanError, match="5 pieces cannot lie at 3 positions"):
        questions("integration", few)


# --- through the step ---


class Model:
    """Replies by a rule to the messages of a prompt, and counts what it is asked."""

    name, version, prompted = "model", "1", True

    def __init__(self, rule: Callable[[tuple[tuple[str, str], ...]], str]) -> None:
        self.rule, self.heard = rule, 0

    def ask(self, requests: Sequence[Request]) -> list[Answered]:
        self.heard += len(requests)
        return [Answered(text=self.rule(one.prompt), prompt_tokens=10**6) for one in requests]


def asked(name: str, shelved: str, **changes: Any) -> Asked:
    values: dict[str, Any] = {"lengths": (LENGTH,), "questions": 20, "documents": (shelved,)}
    return Asked(probe=name, model="model", **{**values, **changes})


SIZE = f"{LENGTH:,} tokens"


def figures(summary: Any, context: str = "whole") -> dict[str, float | None]:
    return {one.figure: one.value for one in summary.totals if one.context == context}


def test_who_always_declines_gets_half_and_all_refusals_false(shelved: str, tmp_path: Path) -> None:
    summary = probe(
        asked("refusal", shelved), tmp_path, teacher=Model(lambda _: "I cannot answer that.")
    )
    assert summary.total(SIZE).value == 0.5
    found = figures(summary)
    assert (found["refusals"], found["false_refusals"], found["always_declining"]) == (1, 1, 0.5)
    shares = {one.group: one.value for one in summary.groups}
    assert shares == {"evidence absent": 1.0, "evidence present": 0.0}


def test_a_verifier_that_always_agrees_is_blind_and_is_shown_to_be(
    shelved: str, tmp_path: Path
) -> None:
    summary = probe(asked("self_correction", shelved), tmp_path, teacher=Model(lambda _: "Right."))
    found = figures(summary)
    assert (found["acc_first"], found["acc"], found["confidence"]) == (0.5, 0.5, 1.0)
    assert (found["eval_acc"], found["always_positive"], found["balanced_acc"]) == (0.5, 0.5, 0.5)
    assert found["mcc"] is None
    shares = {one.group: one.value for one in summary.groups}
    assert shares == {"first answer right": 1.0, "first answer wrong": 0.0}


def test_the_model_s_own_answer_is_asked_for_then_checked_and_nothing_is_asked_twice(
    shelved: str, tmp_path: Path
) -> None:
    found: Probe = component("probes", "self_correction", {"first": "own"})
    ground = HeldOut(tokenizer=Tokenizer.load("longgrain"), places=(shelved,))
    gold = {one.prompt: one.references[0] for one in found.ask(ground, Size(tokens=LENGTH), 20)}

    def errs_then_corrects(prompt: tuple[tuple[str, str], ...]) -> str:
        first = prompt[:1]
        errs = bool(zlib.crc32(first[0][1].encode()) % 2)
        if len(prompt) == 1:
            return "Nobody." if errs else f"It is {gold[first]}."
        assert [who for who, _ in prompt] == ["user", "assistant", "user"]
        return f"wrong\n{gold[first]}" if errs else "right"

    own = asked("self_correction", shelved, settings={"first": "own"})
    model = Model(errs_then_corrects)
    summary = probe(own, tmp_path, teacher=model)
    assert model.heard == 40
    lines = read_lines(tmp_path)
    errors = sum(line.row["first"] == "Nobody." for line in lines) / len(lines)
    told = figures(summary)
    assert 0 < errors < 1
    assert told["acc_first"] == pytest.approx(1 - errors)
    assert (told["acc"], told["w2r"]) == (1.0, pytest.approx(errors))
    assert (told["balanced_acc"], told["mcc"]) == (pytest.approx(1.0), pytest.approx(1.0))
    again = Model(errs_then_corrects)
    probe(own, tmp_path, teacher=again)
    assert again.heard == 0


def test_a_second_turn_that_a_server_cuts_is_not_scored(shelved: str, tmp_path: Path) -> None:
    tokenizer = Tokenizer.load("longgrain")

    def forgets(one: Heard) -> Says:
        words = [str(message["content"]) for message in one.body["messages"]]
        tokens = sum(tokenizer.encode(words).lengths.tolist())
        return Says(text="right", reads=tokens if len(words) == 1 or one.number % 3 else 900)

    with serving(forgets) as server:
        own = asked(
            "self_correction",
            shelved,
            settings={"first": "own"},
            base_url=server.url,
            tokenizer="longgrain",
        )
        summary = probe(own, tmp_path)
    whole = summary.total(SIZE)
    assert whole.unscored["the server cut the prompt"] + whole.scored == 20
    cut = [line for line in read_lines(tmp_path) if line.score is None]
    assert cut
    assert all(line.read == 900 for line in cut)


def test_style_that_rises_without_facts_is_warned_of(shelved: str, tmp_path: Path) -> None:
    both = {"contexts": ("whole", "none")}
    plain = Model(lambda prompt: "Nobody knows")
    styled = Model(lambda prompt: "- First\n- Second\n\nIn summary, nobody knows")
    for name, model in (("before", plain), ("after", styled)):
        probe(asked("style", shelved, **both), tmp_path / name, teacher=model)
    found = compare(tmp_path / "before", tmp_path / "after")
    assert len(found.warnings) == 2
    assert found.warnings[0].startswith(f"whole, {SIZE}: style came nearer")
    changes = {(one.context, one.figure): one.value for one in found.beside}
    assert changes["none", "lists"] == 1.0
    assert changes["whole", "fact_em"] == 0.0
    assert not compare(tmp_path / "after", tmp_path / "before").warnings


def test_differences_are_told_by_distance(shelved: str, tmp_path: Path) -> None:
    for name in ("a", "b"):
        probe(asked("integration", shelved), tmp_path / name, teacher=Model(lambda _: "12"))
    found = compare(tmp_path / "a", tmp_path / "b")
    distances = [one.group for one in found.groups if one.group.startswith("apart")]
    assert len(distances) > 1
    assert sum(one.pairs for one in found.groups if one.group.startswith("apart")) == 20


# --- what replies are worth ---


@pytest.mark.parametrize(
    ("reply", "gold", "right"),
    [
        ("It is 13 years.", "thirteen", True),
        ("是一千二百册。", "1,200", True),
        ("The figure is 112.", "12", False),
        ("On March 12, 1901, it seems.", "12 March 1901", True),
        ("March 13, 1901", "12 March 1901", False),
        ("C, A, B. The figures are C three, A five, B fifteen.", "C, A, B", True),
        ("A is five and B is fifteen, C three. So the order is C, A, B", "C, A, B", True),
        ("First C, then A, and finally B.", "C, A, B", True),
        ("A, B, C", "C, A, B", False),
        ("C, A", "C, A, B", False),
        ("D, C, A, B", "C, A, B", False),
        ("先是C，然后A，最后B。", "C、A、B", True),
        ("", "C, A, B", False),
    ],
)
def test_an_answer_is_right_in_whatever_words(reply: str, gold: str, right: bool) -> None:
    assert answers(reply, (gold,)) is right


@pytest.mark.parametrize(
    ("reply", "gold", "right"),
    [
        ("Question: who?\nPassage: [7]\nAnswer: Ann, born in 1871", "[7]", 1.0),
        ("[7] and [8]", "[7]", 0.0),
        ("It is answered in passage 7.", "[7]", 1.0),
        ("7", "[7]", 1.0),
        ("所问：谁？\n见于：第7段\n回答：安", "[7]", 1.0),
        ("None of them, I think.", "[7]", 0.0),
        ("Q: what?\nPath: Handbook > Ropes\nA: 3", "Handbook > Ropes", 1.0),
        ("Under: Ropes", "Handbook > Ropes", 1.0),
        ("Under: Handbook", "Handbook > Ropes", 0.0),
        ("Under: Handbook > Ropes, or Handbook > Sails", "Handbook > Ropes", 0.0),
    ],
)
def test_a_place_is_named_alone(reply: str, gold: str, right: float) -> None:
    metric = component("metrics", "location", {})
    assert metric.score(Item(prediction=reply, references=(gold,)))["located"] == right


@pytest.mark.parametrize(
    ("reply", "verdict", "last"),
    [
        ("Right.\nFelix", True, "Felix"),
        ("wrong\nAgatha", False, "Agatha"),
        ("That is incorrect. It is Agatha.", False, ". It is Agatha."),
        ("The answer is not correct.\nThe right answer is Agatha.", False, None),
        ("The right answer is Agatha.", None, None),
        ("正确\n费利克斯", True, "费利克斯"),
        ("错误\n阿加莎", False, "阿加莎"),
        ("没有错误。", True, None),
        ("不对，应是阿加莎。", False, "，应是阿加莎。"),
        ("对照材料，应是阿加莎。", None, None),
    ],
)
def test_a_verdict_is_the_first_word_that_gives_one(
    reply: str, verdict: bool | None, last: str | None
) -> None:
    found = read(reply)
    assert found.verdict is verdict
    assert last is None or found.last == last


@both
def test_what_the_recipes_say_when_they_decline_is_known_and_no_answer_is_taken_for_it(
    language: str, grounds: dict[str, HeldOut]
) -> None:
    from longgrain.probes.drafted import reply_of
    from longgrain.recipes.locate.wording import REFUSALS
    from longgrain.recipes.retrieve.wording import REFUSE

    said = [*REFUSALS[language], *(one for some in REFUSE[language].values() for one in some)]
    assert [one for one in said if not declines(one.format(k=7))] == []
    drafts = grounds[language].drafts("in2", "fine")
    replies = [reply_of(draft) for _, draft in zip(range(60), drafts, strict=False)]
    assert replies
    assert not any(map(declines, replies))
