"""Conversations over one document: every reply is learned, every later question needs the turns before it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from longgrain import shelf
from longgrain.build import build
from longgrain.errors import PlanError
from longgrain.explain import laid_out
from longgrain.facts import holds, normalise
from longgrain.make import bare, component
from longgrain.materials import SideMaterials
from longgrain.recipes.dialogue import Dialogue
from longgrain.recipes.dialogue.wording import OPENING, TURNING
from longgrain.recipes.written import cue_words
from longgrain.rehearsal import rehearsing
from longgrain.scripts import is_traditional, traditional
from longgrain.types import Answered, Draft, Dropped, Refused, Request, Slot, Span
from small import handbook, materials_of, shelve, small_plan
from test_free_questions import STATED, Author, asked

KINDS = tuple(Dialogue().kinds(100))


@pytest.fixture(scope="module")
def side(tmp_path_factory: pytest.TempPathFactory) -> SideMaterials:
    folder = tmp_path_factory.mktemp("dialogue")
    plan = small_plan(folder, teacher={"use": "extractive"})
    return materials_of(plan, folder / "work")["train"]


def drafted(
    side: SideMaterials, kind: str, count: int = 16, recipe: Dialogue | None = None
) -> list[Draft]:
    side.notes.clear()
    found = (recipe or Dialogue()).draft(kind, side, count)
    return list(islice((one for one in found if isinstance(one, Draft)), count))


def said(draft: Draft, side: SideMaterials, speaker: str, role: str) -> list[str]:
    """The words of one role in every turn of a speaker."""
    return [
        "".join(
            one.words(side.store.texts)
            for one in message.spans
            if isinstance(one, Span) and one.role == role
        )
        for message in draft.messages
        if message.speaker == speaker
    ]


# --- turns ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_speakers_take_turns_and_the_document_comes_once_in_the_first(
    kind: str, side: SideMaterials
) -> None:
    made = drafted(side, kind)
    assert {one.meta["language"] for one in made} == {"en", "zh"}
    for draft in made:
        many = len(draft.meta["turns"])
        assert 2 <= many <= 5
        assert [one.speaker for one in draft.messages] == ["user", "assistant"] * many
        slots = [sum(isinstance(part, Slot) for part in one.spans) for one in draft.messages]
        assert slots == [1] + [0] * (2 * many - 1)
        assert draft.meta["layout"] in ("stretch", "long")
        assert draft.meta["keep_order"]
        assert len({one.doc_id for one in draft.evidence}) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_every_turn_of_the_assistant_is_learned_and_nothing_else(
    kind: str, side: SideMaterials
) -> None:
    for draft in drafted(side, kind):
        for message in draft.messages:
            learned = 1.0 if message.speaker == "assistant" else 0.0
            spans = [one for one in message.spans if isinstance(one, Span)]
            assert {one.loss for one in spans} == {learned}


def test_the_mask_holds_every_reply_to_the_token(tmp_path: Path) -> None:
    shelve(tmp_path / "documents", english=4, chinese=0)  # a token may be a part of a Han character
    plan = small_plan(
        tmp_path,
        teacher={"use": "extractive"},
        split={"valid": 0.0, "test": 0.0},
        recipes=[{"use": "dialogue", "examples": 12}],
    )
    run = build(plan, tmp_path / "run")
    texts = run.texts()
    made = list(run.examples("train"))
    assert len(made) >= 8
    for example in made:
        learned = [one for one in laid_out(run, example).trained if one.weight]
        replies = [
            "".join(one.words(texts) for one in message.spans if isinstance(one, Span))
            for message in example.trained
            if message.speaker == "assistant"
        ]
        assert {one.role for one in learned} - {"glue"} == {"answer"}
        told = "".join(one.text for one in learned if one.role == "answer")
        assert told == "".join(replies)


@pytest.mark.parametrize("kind", KINDS)
def test_a_later_question_alone_does_not_name_what_it_is_about(
    kind: str, side: SideMaterials
) -> None:
    """No content word of any sentence that the conversation rests on stands in it."""
    later = 0
    for draft in drafted(side, kind):
        questions = said(draft, side, "user", "question")
        for number, turn in enumerate(draft.meta["turns"]):
            earlier = draft.meta["turns"][:number]
            if not turn["refers"]:
                assert cue_words(questions[number], "\n".join(turn["quotes"]))
                continue
            about = [quote for one in earlier for quote in one["quotes"]] + turn["quotes"]
            shared = set(cue_words(questions[number], "\n".join(about))) - {"one"}
            if turn["move"] == "more":  # names the second fact, not the one it is held against
                shared -= set(cue_words(questions[number], turn["quotes"][1]))
            if turn["move"] in ("premise", "confirmed"):  # the answer, or what is taken for it
                own = draft.meta["turns"][0]
                shared &= set(cue_words(questions[number], own["quotes"][0]))
                shared -= {own["answer"], *own["answer"].split()}
            assert not shared, (questions[number], shared)
            assert number > 0
            later += 1
    assert later >= 16


@pytest.mark.parametrize("kind", KINDS)
def test_every_answer_follows_from_its_evidence(kind: str, side: SideMaterials) -> None:
    checks = [component("checks", name, {}) for name in shelf.names("checks") if name != "phrases"]
    for draft in drafted(side, kind):
        texts = [side.text(number) for number in draft.meta["evidence"]]
        for turn, reply in zip(
            draft.meta["turns"], said(draft, side, "assistant", "answer"), strict=True
        ):
            assert all(any(quote in text for text in texts) for quote in turn["quotes"])
            if turn["form"] not in ("compare", "claim"):
                assert holds(reply, turn["answer"])
        example = bare(draft, "train")
        assert not [r for one in checks for r in one.problems(example, side.store.texts)]


def test_a_turn_with_an_answer_that_nothing_says_falls(side: SideMaterials) -> None:
    answerable = component("checks", "answerable", {})
    draft = drafted(side, "dialogue-premise", 1)[0]
    for number in range(len(draft.meta["turns"])):
        turns = [dict(one) for one in draft.meta["turns"]]
        turns[number] |= {"form": "number", "answer": "987654"}
        broken = bare(replace(draft, meta={**draft.meta, "turns": turns}), "train")
        assert list(answerable.problems(broken, side.store.texts))


# --- kinds ----------------------------------------------------------------------------------------


def test_a_comparison_is_computed_from_the_two_earlier_answers(side: SideMaterials) -> None:
    for draft in drafted(side, "dialogue-compare"):
        turns = draft.meta["turns"]
        compared = next(one for one in turns if one["form"] == "compare")
        one, two = (float(operand.replace(",", "")) for operand in compared["operands"])
        assert float(compared["answer"]) == abs(one - two) > 0
        replies = said(draft, side, "assistant", "answer")
        assert holds(replies[turns.index(compared)], compared["answer"]) or "," in replies[-1]
        assert len(set(draft.meta["evidence"])) >= 2
        if turns[-1]["move"] in ("larger", "other"):
            larger = next(one for one in turns if one["move"] == "larger")
            assert str(int(max(one, two))) in normalise(larger["answer"]).split()


def test_a_mistaken_question_is_set_right_with_the_first_answer(side: SideMaterials) -> None:
    places = Counter()
    for draft in drafted(side, "dialogue-premise", 24, Dialogue(right=0.0)):
        turns = draft.meta["turns"]
        number = next(n for n, one in enumerate(turns) if one["move"] == "premise")
        places[number] += 1
        question = said(draft, side, "user", "question")[number]
        reply = said(draft, side, "assistant", "answer")[number]
        right = turns[0]["answer"]
        assert turns[number]["answer"] == right
        assert holds(reply, right)
        assert not holds(question, right)
        wrong = [one for one in normalise(question).split() if one.isdigit()]
        assert wrong
        assert not holds(turns[0]["quotes"][0], wrong[0])
    assert len(places) >= 2


def test_a_share_of_premises_is_right_and_confirmed(side: SideMaterials) -> None:
    made = drafted(side, "dialogue-premise", 16, Dialogue(right=1.0))
    assert len(made) >= 12
    for draft in made:
        turns = draft.meta["turns"]
        number = next(n for n, one in enumerate(turns) if one["move"] == "confirmed")
        assert holds(said(draft, side, "user", "question")[number], turns[0]["answer"])
        assert said(draft, side, "assistant", "answer")[number].startswith(("Yes", "没错"))
    kinds = Counter(one.meta["premise"] for one in drafted(side, "dialogue-premise", 40))
    assert 0 < kinds["right"] < kinds["wrong"]


def test_a_conversation_comes_back_to_what_it_began_with(side: SideMaterials) -> None:
    for draft in drafted(side, "dialogue-return"):
        turns = draft.meta["turns"]
        one, two = (turn["quotes"][0] for turn in turns[:2])
        where = [[one in side.text(n) for n in draft.meta["evidence"]] for one in (one, two)]
        assert where[0] != where[1]  # another grain, so another depth
        assert turns[2]["move"].startswith("back-")
        assert normalise(turns[0]["answer"]) != normalise(turns[1]["answer"])
        homes = {n for n in draft.meta["evidence"] if one in side.text(n)}
        back = [n for n in draft.meta["evidence"] if turns[2]["answer"] in side.text(n)]
        assert turns[2]["move"] == "back-heading" or homes & set(back)


def test_the_number_of_turns_is_a_setting(side: SideMaterials) -> None:
    for turns in ((3, 3), (5, 5)):
        made = drafted(side, "dialogue-return", 8, Dialogue(turns=turns))
        assert {len(one.meta["turns"]) for one in made} == {turns[0]}
    short = Dialogue(turns=(2, 2), shares={"follow": 1, "compare": 1})
    for kind in ("dialogue-follow", "dialogue-compare"):
        assert {len(one.meta["turns"]) for one in drafted(side, kind, 8, short)} == {2}


def test_the_share_among_other_documents_is_a_setting(side: SideMaterials) -> None:
    every = drafted(side, "dialogue-follow", 12, Dialogue(long=1.0))
    assert {one.meta["layout"] for one in every} == {"long"}
    none = drafted(side, "dialogue-follow", 12, Dialogue(long=0.0))
    assert Counter(one.meta["layout"] for one in none)["stretch"] >= 3
    for draft in none:
        if draft.meta["layout"] == "stretch":
            low, high = min(draft.meta["evidence"]), max(draft.meta["evidence"])
            assert not [one for one in draft.meta["rivals"] if low <= one <= high]


@pytest.mark.parametrize(
    "settings",
    [
        {"shares": {"chat": 1.0}},
        {"shares": {"follow": -1.0}},
        {"turns": (1, 5)},
        {"turns": (5, 3)},
        {"turns": (2, 99)},
        {"turns": (2, 2)},
        {"long": 1.5},
        {"right": -0.5},
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(PlanError, match="dialogue"):
        Dialogue(**settings)


def test_its_own_wordings_have_their_places() -> None:
    for one in (OPENING, TURNING):
        for language in ("en", "zh"):
            assert len({*one.gap[language], *one.whole[language]}) >= 10
            assert all("{q}" in wording for wording in one.whole[language])


def test_another_number_in_the_source_is_another_conversation(tmp_path: Path) -> None:
    def replies(number: str, folder: Path) -> set[str]:
        (folder / "documents").mkdir(parents=True)
        text = handbook(1).replace("held ", f"held {number}", 20)
        (folder / "documents" / "a.md").write_text(text, "utf-8")
        plan = small_plan(folder, teacher={"use": "extractive"}, split={"valid": 0.0, "test": 0.0})
        one = materials_of(plan, folder / "work")["train"]
        made = drafted(one, "dialogue-premise", 20)
        return {words for draft in made for words in said(draft, one, "assistant", "answer")}

    first, second = replies("1", tmp_path / "one"), replies("2", tmp_path / "two")
    assert len(first - second) >= 2


def test_a_traditional_document_is_talked_about_in_traditional_characters(tmp_path: Path) -> None:
    (tmp_path / "documents").mkdir()
    for number in range(2):
        text = traditional(handbook(100 + number, language="zh"))
        (tmp_path / "documents" / f"{number}.md").write_text(text, "utf-8")
    plan = small_plan(tmp_path, teacher={"use": "extractive"}, split={"valid": 0.0, "test": 0.0})
    side = materials_of(plan, tmp_path / "work")["train"]
    made = drafted(side, "dialogue-follow", 6)
    assert made
    told = "".join(words for draft in made for words in said(draft, side, "user", "question"))
    assert is_traditional(told)
    assert not set("这个说话请从里") & set(told)


# --- a language model -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner(Author):
    """Writes the later turns of a conversation, with one ``fault``."""

    fault: str = ""

    def ask(self, requests: Sequence[Request]) -> Sequence[Answered | Refused]:
        """Turns in the form of the prompt."""
        return [self._replied(one) for one in requests]

    def _replied(self, request: Request) -> Answered | Refused:
        if request.task == "dialogue.turns":
            return self._turns(request)
        question = str(request.settings.get("question", ""))
        follows = question.startswith(("And ", "那里接着"))
        if request.task != "solve" or not (follows or "Q: " in question):
            return Author.ask(self, [request])[0]
        counts = [m["number"] or m["znumber"] for p in request.material for m in STATED.finditer(p)]
        agrees = self.fault == "understood" if follows else self.fault != "disagrees"
        answer = {"answerable": True, "answer": " ".join(counts) if agrees else "0"}
        return Answered(text=json.dumps(answer))

    def _turns(self, request: Request) -> Answered | Refused:
        said = request.settings["said"]
        turns = [self._turn(request, number) for number in range(said["turns"])]
        if self.fault == "one more":
            turns.append({**turns[-1], "question": "And then?"})
        text = json.dumps({"turns": turns}, ensure_ascii=False)
        return Answered(text=text[: len(text) // 2] if self.fault == "half" else text)

    def _turn(self, request: Request, number: int) -> dict[str, str]:
        chinese = request.settings["language"] == "zh"
        kind, gold = request.settings["said"]["kind"], str(request.settings["gold"])
        matches = [m for piece in request.material for m in STATED.finditer(piece)]
        others = [m for m in matches if gold not in (m["number"], m["znumber"])] or matches
        match = others[number % len(others)]
        count = match["znumber"] if chinese else match["number"]
        turn = {
            "question": f"那里接着{'又' * number}说了什么？" if chinese else f"And {'more ' * number}of that?",
            "reply": f"那里说的是{count}。" if chinese else f"There it is {count}.",
            "answer": count,
            "quote": match[0],
        }  # fmt: skip
        if kind == "premise" and not number:
            turn["question"] = "那么它是54321，对吗？" if chinese else "So that is 54321, right?"
            turn["reply"] = f"不对，是{gold}。" if chinese else f"No, it is {gold}."
            turn["answer"] = gold
            if self.fault == "agrees":
                turn["reply"], turn["answer"] = "54321", "54321"
        if kind == "compare":
            far = str(abs(int(gold) - int(count)))
            turn["question"] = (
                f"那{'又' * number}和先前那个差多少？"
                if chinese
                else "How far is that one from the first?" + "?" * number
            )
            turn["reply"] = (
                f"{gold}和{count}相差{far}。" if chinese else f"{gold} and {count} are {far} apart."
            )
            turn["answer"] = far
        return turn | self._broken(turn, match, chinese)

    def _broken(self, turn: dict[str, str], match: Any, chinese: bool) -> dict[str, str]:
        faults: dict[str, dict[str, str]] = {
            "lies": {"reply": "88888", "answer": "88888"},
            "invents": {"quote": "没有人说过这样的话，一次也没有。" if chinese else "Nobody ever said so at all."},
            "refuses": {"reply": "抱歉，我无法回答。" if chinese else "I cannot answer that."},
            "stands alone": {"question": asked(match)["question"] + (" 你" if chinese else " Tell me that.")},
            "points nowhere": {"question": "多少？" if chinese else "How many?"},
            "tells": {"question": turn["question"] + turn["answer"]},
            "says nothing": {"answer": ""},
            "another language": {
                "reply": "It was said there that there were many of them."
                if chinese
                else "那里说的是有很多很多的东西放在一起。"
            },
        }  # fmt: skip
        return faults.get(self.fault, {})


def by_model(folder: Path, kind: str, fault: str = "", **more: Any) -> list[Draft | Dropped]:
    shelve(folder / "documents", english=3, chinese=2)
    teacher = {"use": "test_recipe_dialogue:Partner", "fault": fault, **more}
    side = materials_of(small_plan(folder, teacher=teacher), folder / "work")["train"]
    return list(islice(Dialogue(right=0.0 if fault else 0.25).draft(kind, side, 8), 24))


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_goes_on_with_the_conversation(kind: str, tmp_path: Path) -> None:
    made = [one for one in by_model(tmp_path, kind) if isinstance(one, Draft)]
    assert len(made) >= 4
    for draft in made:
        moves = [one["move"] for one in draft.meta["turns"]]
        assert moves[0] == "open"
        assert {"told", "premise", "confirmed"} & set(moves)
        assert len(draft.messages) == 2 * len(moves)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("half", "the reply lacks what was asked for (turns)"),
        ("one more", "the reply has more or fewer turns than asked for"),
        ("lies", "an answer of the reply has a number that its evidence does not have"),
        ("invents", "a quote of the reply is not in the pieces that it was to quote"),
        ("refuses", "a turn of the reply is a refusal"),
        ("stands alone", "a later question can be understood without the turns before it"),
        ("points nowhere", "a later question can be understood without the turns before it"),
        ("tells", "a question of the reply says its answer"),
        ("says nothing", "a turn of the reply has no question or no answer"),
        ("another language", "a turn of the reply is in another language than the question"),
    ],
)
def test_turns_that_cannot_be_used_are_dropped_with_their_reason(
    fault: str, reason: str, tmp_path: Path
) -> None:
    items = by_model(tmp_path, "dialogue-follow", fault)
    assert not [one for one in items if isinstance(one, Draft)]
    lost = Counter(one.reason for one in items if isinstance(one, Dropped))
    assert lost[reason] >= 4, lost
    assert all(one.id and one.step == "draft" for one in items if isinstance(one, Dropped))


def test_a_model_that_lets_a_mistake_stand_is_not_believed(tmp_path: Path) -> None:
    items = by_model(tmp_path, "dialogue-premise", "agrees")
    assert not [one for one in items if isinstance(one, Draft)]
    lost = Counter(one.reason for one in items if isinstance(one, Dropped))
    assert lost["the reply does not correct the mistake of the question"] >= 4, lost


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("", ""),
        ("disagrees", "a second reading of the conversation gives another answer"),
        ("understood", "a later question can be understood without the turns before it"),
    ],
)
def test_a_second_reading_needs_the_turns_before_and_agrees(
    fault: str, reason: str, tmp_path: Path
) -> None:
    items = by_model(tmp_path, "dialogue-follow", fault, judges=True)
    lost = Counter(one.reason for one in items if isinstance(one, Dropped))
    made = [one for one in items if isinstance(one, Draft)]
    assert (len(made) >= 4) if not reason else (not made and lost[reason] >= 4), lost


def test_calls_can_be_foreseen_without_asking_anyone(tmp_path: Path) -> None:
    shelve(tmp_path / "documents", english=3, chinese=2)
    plan = rehearsing(small_plan(tmp_path, teacher={"use": "openai", "model": "none"}))
    side = materials_of(plan, tmp_path / "work")["train"]
    for kind in KINDS:
        side.notes.clear()
        found = list(islice(Dialogue().draft(kind, side, 4), 20))
        assert sum(isinstance(one, Draft) for one in found) >= 3, kind
