"""Self-correction: no wrong attempt is learned, to the token; attempts come from anyone and are believed from none."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from kinds import DEMO, Kinds
from longgrain.build import build
from longgrain.errors import PlanError
from longgrain.facts import holds
from longgrain.make import component
from longgrain.materials import SideMaterials
from longgrain.metrics.correction import SelfCorrection
from longgrain.metrics.item import Item
from longgrain.plan import Plan
from longgrain.protocols import Materials
from longgrain.recipes.asked import asked
from longgrain.recipes.fitting import grade
from longgrain.recipes.pam import Pam
from longgrain.recipes.pam.attempts import choice, question_id
from longgrain.recipes.pam.reading import parts_of
from longgrain.recipes.pam.wording import RIGHT, WRONG
from longgrain.rows import Row
from longgrain.run import Run
from longgrain.types import Answered, Draft, Dropped, Example, Message, Refused, Request, Span
from reference import chatml
from small import materials_of, small_plan
from test_free_questions import Author, drafts, reasons

# What the guards of questions say of a sentence that stands in every chapter.
AMBIGUOUS = "the question fits another sentence of its side"
KEPT = "the attempts at a bad case are right; kept for a good one"
BYTE_LEVEL = ("shipped", "gpt2", "qwen", "llama3")


def demo_plan(**settings: Any) -> Plan:
    """A plan over the demo's documents, English and Chinese."""
    recipe = {"use": "pam", "examples": 40, "rounds": [1, 2]} | settings.pop("recipe", {})
    return Plan.of(
        {
            "name": "pam",
            "sources": [str(DEMO)],
            "split": {"valid": 0.0, "test": 0.0},
            "recipes": [recipe],
            "layout": {"lengths": {"min": 1024, "max": 2048}},
            "pack": {"length": 4096},
        }
        | settings
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return build(demo_plan(), tmp_path_factory.mktemp("pam") / "run")


def assistant(messages: Sequence[Message]) -> list[Span]:
    return [one for one in messages[-1].spans if isinstance(one, Span)]


def placed(run: Run) -> Iterator[tuple[Example, Row, slice]]:
    """Each example of the training side with its place in a packed row."""
    by_id = {one.id: one for one in run.examples("train")}
    for row in run.rows("train"):
        ends = np.cumsum(row.seq_lengths)
        for name, end, size in zip(row.example_ids, ends, row.seq_lengths, strict=True):
            yield by_id[name], row, slice(int(end - size), int(end))


# --- the mask -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", BYTE_LEVEL)
def test_a_token_that_touches_a_wrong_attempt_weighs_nothing(
    kind: str, kinds: Kinds, tmp_path: Path
) -> None:
    made = build(demo_plan(tokenizer=str(kinds.file(kind))), tmp_path / "run")
    texts, reference, seen = made.texts(), kinds.reference(kind), Counter[str]()
    for example, row, place in placed(made):
        expected = reference.encode(chatml(example.trained, texts))
        weights = row.weights[place]
        assert row.input_ids[place].tolist() == expected.ids
        assert weights.tolist() == expected.weights
        attempts = np.array([role == "attempt" for role in expected.roles])
        bad = example.lineage["kind"] == "pam-bad"
        assert (weights[attempts] == (0.0 if bad else 1.0)).all()
        assert (row.labels[place][attempts] == -100).all() == bad
        seen[f"{example.lineage['kind']} {example.lineage['language']}"] += int(attempts.sum())
    assert len(seen) == 4
    assert min(seen.values()) > 20


def one_token_a_byte(folder: Path) -> Path:
    """A tokenizer whose tokens can be put together again by eye."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    made = Tokenizer(models.BPE(vocab={one: n for n, one in enumerate(letters)}, merges=[]))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    made.decoder = decoders.ByteLevel()
    names = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
    made.add_special_tokens([AddedToken(one, special=True, normalized=False) for one in names])
    made.save(str(folder / "tokenizer.json"))
    return folder / "tokenizer.json"


def test_what_is_learned_of_a_bad_case_begins_with_the_verdict(tmp_path: Path) -> None:
    file = one_token_a_byte(tmp_path)
    plan = demo_plan(tokenizer=str(file), layout={"lengths": {"min": 4096, "max": 6000}})
    plan = plan.model_copy(update={"pack": plan.pack.model_copy(update={"length": 16384})})
    made, tokenizer = build(plan, tmp_path / "run"), Tokenizer.from_file(str(file))
    texts, bad = made.texts(), 0
    for example, row, place in placed(made):
        ids, weights = row.input_ids[place], row.weights[place]
        learned = tokenizer.decode(ids[weights > 0].tolist(), skip_special_tokens=False)
        spans = assistant(example.trained)
        if example.lineage["kind"] == "pam-good":
            assert learned == "".join(one.words(texts) for one in spans) + "<|im_end|>"
            continue
        bad += 1
        told = [one.words(texts) for one in spans if one.role != "attempt"]
        assert learned == "".join(told) + "<|im_end|>"
        assert learned.startswith(tuple(f"\n\n{words}" for words in (*WRONG["en"], *WRONG["zh"])))
        masked = "".join(one.words(texts) for one in spans if one.role == "attempt")
        assert masked
        assert masked not in learned
    assert bad >= 15


@dataclass(frozen=True, kw_only=True)
class Weighted(Pam):
    """As pam, by somebody who wants prompts learned too."""

    def draft(self, kind: str, materials: Materials, wanted: int) -> Iterator[Draft | Dropped]:
        """The same drafts with a weight on every word of the user."""
        for item in super().draft(kind, materials, wanted):
            if isinstance(item, Draft):
                spans = (
                    replace(one, loss=0.25) if isinstance(one, Span) else one
                    for one in item.messages[0].spans
                )
                user = replace(item.messages[0], spans=tuple(spans))
                item = replace(item, messages=(user, *item.messages[1:]))
            yield item


def test_the_attempt_stays_at_nothing_where_prompts_have_a_weight(
    tmp_path: Path, kinds: Kinds
) -> None:
    plan = demo_plan(recipe={"use": "test_recipe_pam:Weighted", "examples": 24})
    made = build(plan, tmp_path / "run")
    texts, bad = made.texts(), 0
    for example, row, place in placed(made):
        expected = kinds.reference("shipped").encode(chatml(example.trained, texts))
        weights = row.weights[place]
        assert weights.tolist() == expected.weights
        asked_of = [
            weight
            for weight, role in zip(weights, expected.roles, strict=False)
            if role == "question"
        ]
        assert set(asked_of) == {0.25}
        if example.lineage["kind"] == "pam-bad":
            bad += 1
            attempts = [
                w for w, role in zip(weights, expected.roles, strict=True) if role == "attempt"
            ]
            assert attempts
            assert set(attempts) == {0.0}
    assert bad >= 8


# --- what the cases say ---------------------------------------------------------------------------


def test_good_cases_learn_the_attempt_and_bad_ones_only_what_corrects_it(run: Run) -> None:
    kinds_of = Counter[str]()
    for example in run.examples("train"):
        spans = assistant(example.trained)
        roles = [one.role for one in spans if one.role != "glue"]
        kinds_of[example.lineage["kind"]] += 1
        if example.lineage["kind"] == "pam-good":
            assert list(dict.fromkeys(roles)) == ["attempt", "answer", "verdict"]
            assert {one.loss for one in spans} == {1.0}
            continue
        assert roles[-1] == "answer"
        assert list(dict.fromkeys(roles)) == ["attempt", "verdict", "reasoning", "answer"]
        losses = {one.role: one.loss for one in spans}
        assert losses["attempt"] == 0.0
        assert {losses[role] for role in ("verdict", "reasoning", "answer")} == {1.0}
    assert kinds_of == {"pam-bad": 20, "pam-good": 20}


def test_a_wrong_attempt_misreads_a_sentence_that_stands_in_the_context(run: Run) -> None:
    texts = run.texts()
    for example in run.examples("train"):
        if example.lineage["kind"] != "pam-bad":
            continue
        gold = example.lineage["answer"]
        spans = assistant(example.trained)
        context = [
            one.words(texts)
            for one in example.trained[0].spans
            if isinstance(one, Span) and one.role == "evidence"
        ]
        wrong = [one.words(texts) for one in spans if one.role == "attempt" and one.grain]
        assert not any(holds(words, gold) for words in wrong)
        for words in wrong:
            assert any(words in evidence for evidence in context)
        right = "".join(one.words(texts) for one in spans if one.role == "reasoning")
        assert gold.casefold() in right.casefold()
        assert not holds(example.lineage["first"], gold)


def test_options_hold_the_answer_once_and_facts_of_other_sentences(run: Run) -> None:
    letters = Counter[str]()
    for example in run.examples("train"):
        options = example.lineage["options"]
        gold = example.lineage["answer"]
        assert 2 <= len(set(options)) == len(options) <= 4
        assert [one for one in options if holds(one.lower(), gold.lower())] != []
        said = "".join(one.text or "" for one in example.trained[0].spans[-2 * len(options) :])  # type: ignore[union-attr]
        letters[
            chr(65 + next(i for i, one in enumerate(options) if holds(one.lower(), gold.lower())))
        ] += 1
        assert all(one in said for one in options)
        assert example.lineage["first"] in options
    assert len(letters) == 4


def test_instructions_come_in_every_order_and_several_wordings(run: Run) -> None:
    orders, wordings = set(), set()
    for example in run.examples("train"):
        told = [
            one.origin.id  # type: ignore[union-attr]
            for one in example.trained[0].spans
            if isinstance(one, Span) and one.role == "instruction"
        ]
        parts = [name for name in told if name != "option"]
        assert sorted(name.split("-")[0] for name in parts) == ["check", "task", "think"]
        orders.add(tuple(name.split("-")[0] for name in parts))
        wordings.update(parts)
    assert len(orders) == 6
    assert len(wordings) >= 25


def test_a_reply_is_read_back_as_it_was_meant(run: Run) -> None:
    texts, rounds, sums = run.texts(), Counter[int](), Counter[str]()
    for example in run.examples("train"):
        spans = assistant(example.trained)
        found = parts_of("".join(one.words(texts) for one in spans))
        assert found["first"] == example.lineage["first"]
        assert found["verdict"] == example.lineage["verdict"]
        assert holds(str(found["prediction"]).lower(), example.lineage["answer"].lower())
        rounds[sum(one.role == "verdict" for one in spans)] += 1
        row = {"first": found["first"], "verdict": found["verdict"]}
        item = Item(
            prediction=str(found["prediction"]), references=(str(found["prediction"]),), row=row
        )
        sums.update(SelfCorrection().tally(item))  # type: ignore[arg-type]
    assert rounds[2] >= 5
    figures = SelfCorrection().pooled(sums)
    assert (figures["acc_first"], figures["acc"], figures["eval_acc"]) == (0.5, 1.0, 1.0)
    assert figures["w2r"] == figures["always_negative"] == 0.5


def test_a_reply_without_a_verdict_has_none() -> None:
    assert parts_of("So the answer is (B) 12.") == {
        "first": "12",
        "verdict": None,
        "prediction": "12",
    }


# --- settings -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def side(tmp_path_factory: pytest.TempPathFactory) -> SideMaterials:
    folder = tmp_path_factory.mktemp("small")
    return materials_of(small_plan(folder, teacher="extractive"), folder / "work")["train"]


def drafted(made: Pam, side: SideMaterials, kind: str, count: int = 6) -> list[Draft | Dropped]:
    """Everything up to so many drafts, as at the beginning of a build."""
    side.notes.clear()
    items: list[Draft | Dropped] = []
    for item in made.draft(kind, side, count):
        items.append(item)
        if len(drafts(items)) == count:
            break
    return items


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"bad": 1.5}, "share of bad cases"),
        ({"options": 1}, "0 for open questions"),
        ({"rounds": [2, 1]}, "smaller first"),
        ({"rounds": [1, 4]}, "leave 3 wrong ones"),
        ({"samples": 0}, "1 or more"),
        ({"positive": {"en": ["Yes."]}}, "no verdict in 'zh'"),
        ({"negative": {"en": ["No."], "zh": [" "]}}, "no verdict in 'zh'"),
        ({"attempts": "nobody.jsonl"}, "there is no file"),
    ],
)
def test_settings_that_cannot_work_are_refused(
    settings: dict[str, Any], words: str, side: SideMaterials
) -> None:
    with pytest.raises(PlanError, match=words):
        drafted(component("recipes", "pam", settings), side, "pam-bad")


def test_the_ratio_of_good_and_bad_is_a_setting() -> None:
    assert Pam(bad=0.3).kinds(100) == {"pam-bad": 30, "pam-good": 70}
    assert Pam(bad=1).kinds(7) == {"pam-bad": 7, "pam-good": 0}


def test_open_questions_have_no_options(side: SideMaterials) -> None:
    for one in drafts(drafted(Pam(options=0), side, "pam-bad")):
        assert one.meta["options"] == []
        assert one.messages[0].spans[-1].role == "question"  # type: ignore[union-attr]


def test_rounds_confirmation_and_verdicts_are_settings(side: SideMaterials) -> None:
    words = {"en": ("WRONG",), "zh": ("错",)}, {"en": ("RIGHT",), "zh": ("对",)}
    made = Pam(rounds=(3, 3), confirm=True, negative=words[0], positive=words[1])
    for one in drafts(drafted(made, side, "pam-bad")):
        verdicts = [span.text for span in assistant(one.messages) if span.role == "verdict"]
        assert verdicts in (["WRONG"] * 3 + ["RIGHT"], ["错"] * 3 + ["对"])
        assert len(one.meta["attempts_by"]) == 3
        assert len(one.evidence) == len(one.meta["evidence"])
        answers = [span.text for span in assistant(one.messages) if span.role == "attempt"]
        answers = [text for text in answers if text and text.startswith(("(", "（"))]
        assert len(set(answers)) == len(answers) == 3


# --- the source -----------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "zh"])
def test_another_fact_in_the_source_makes_another_example(language: str, tmp_path: Path) -> None:
    plan = small_plan(tmp_path)
    made = Pam(options=6)
    before = drafts(drafted(made, materials_of(plan, tmp_path / "before")["train"], "pam-bad", 40))
    one = next(
        draft
        for draft in before
        if draft.meta["language"] == language and len(draft.meta["options"]) == 6
    )
    wrong = re.findall(r"\d+", str(one.meta["first"]))[0]
    changes = {one.answer: "4321", wrong: "1234"}
    for file in (tmp_path / "documents").iterdir():
        text = re.sub(r"\d{3,}", lambda m: changes.get(m[0], m[0]), file.read_text("utf-8"))
        file.write_text(text, "utf-8")
    after = drafts(drafted(made, materials_of(plan, tmp_path / "after")["train"], "pam-bad", 40))
    [same] = [draft for draft in after if asked(draft) == asked(one)]
    assert same.answer == "4321"
    said = [re.findall(r"\d+", option)[0] for option in same.meta["options"]]
    assert {"4321", "1234"} <= set(said)
    assert not {one.answer, wrong} & set(said)


# --- a language model -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Pupil(Author):
    """Asks questions as `Author` does, answers them in one ``way``, corrects them in ``another``."""

    name: ClassVar[str] = "pupil"

    way: str = "wrong"
    another: str = "right"

    def ask(self, requests: Sequence[Request]) -> Sequence[Answered | Refused]:
        """JSON, or what a bad pupil gives instead."""
        found = [
            Answered(text=_reply(one, self.way if one.task == "pam.attempt" else self.another))
            if one.task.startswith("pam.")
            else Author.ask(self, [one])[0]
            for one in requests
        ]
        assert all(one.schema and one.prompt for one in requests)
        return found


def _reply(request: Request, way: str) -> str:
    gold = str(request.settings["gold"])
    chinese = request.settings["language"] == "zh"
    number = re.sub(r"\D", "", gold)
    if way == "refusal":
        return json.dumps({"reasoning": "抱歉，我无法回答。" if chinese else "I'm sorry, I cannot say.", "answer": "-"})  # fmt: skip
    if way == "half":
        return '{"reasoning": "The number is '
    if way == "nothing":
        return '{"answer": "12"}'
    if way == "other language":
        chinese = not chinese
    if way == "wrong":
        number = "31"
    said = f"这里写的数目是{number}。" if chinese else f"The number written there is {number}."
    if way == "invented":
        said += "另有4711件。" if chinese else " Besides there were 4711."
    if way == "aside":
        said = "这里写着数目。" if chinese else "The number is written there."
    words = {"reasoning": said, "answer": number}
    return f"```json\n{json.dumps(words, ensure_ascii=False)}\n```"


def taught(folder: Path, **pupil: str) -> SideMaterials:
    plan = small_plan(folder, teacher={"use": "test_recipe_pam:Pupil", **pupil})
    return materials_of(plan, folder / "work")["train"]


def test_a_model_s_wrong_attempt_is_masked_and_its_correction_learned(tmp_path: Path) -> None:
    found = drafts(drafted(Pam(options=0), taught(tmp_path), "pam-bad", 12))
    assert len(found) == 12
    assert {one.meta["language"] for one in found} == {"en", "zh"}
    for one in found:
        assert one.meta["attempts_by"] == ["teacher"]
        assert one.meta["first"] == "31"
        spans = assistant(one.messages)
        wrong = "".join(span.text or "" for span in spans if span.role == "attempt")
        right = "".join(span.text or "" for span in spans if span.role in ("reasoning", "answer"))
        assert "31" in wrong
        assert holds(right, one.answer)
        assert {span.loss for span in spans if span.role == "attempt"} == {0.0}


def test_a_model_that_is_right_serves_good_cases(tmp_path: Path) -> None:
    side, made = taught(tmp_path, way="right"), Pam(by_rule=False)
    bad = list(islice(made.draft("pam-bad", side, 4), 16))
    assert reasons(bad).keys() == {KEPT, AMBIGUOUS}
    size = reasons(bad)[KEPT]
    good = drafts(list(islice(made.draft("pam-good", side, size), size)))
    assert len(good) == size >= 6
    assert {one.meta["attempts_by"][0] for one in good} == {"teacher"}
    assert {question_id(asked(one)) for one in good} == {one.meta["question_id"] for one in good}
    kept = {one.detail for one in bad if isinstance(one, Dropped) and one.reason == KEPT}
    assert {asked(one) for one in good} == kept


def test_a_rule_errs_where_the_model_does_not(tmp_path: Path) -> None:
    items = drafted(Pam(), taught(tmp_path, way="right"), "pam-bad", 4)
    assert [one.meta["attempts_by"] for one in drafts(items)] == [["rule"]] * 4
    assert reasons(items)[KEPT] == 4


@pytest.mark.parametrize(
    ("way", "reason"),
    [
        ("refusal", "the attempt is a refusal"),
        ("half", "the reply holds no whole JSON object"),
        ("nothing", "the reply lacks what was asked for (reasoning, answer)"),
        ("other language", "the attempt is in another language than the question"),
    ],
)
def test_an_attempt_that_cannot_be_used_is_dropped_and_counted(
    way: str, reason: str, tmp_path: Path
) -> None:
    side = taught(tmp_path, way=way)
    assert reasons(drafted(Pam(options=0), side, "pam-bad", 4))[reason] >= 4
    items = list(islice(Pam(options=0, by_rule=False).draft("pam-good", side, 4), 16))
    assert not drafts(items)
    assert reasons(items).keys() == {reason, "no attempt at a good case is right", AMBIGUOUS}


@pytest.mark.parametrize(
    ("another", "reason"),
    [
        ("wrong", "the correction gives another answer"),
        ("refusal", "the correction is a refusal"),
        ("half", "the reply holds no whole JSON object"),
        ("other language", "the correction is in another language than the question"),
        ("invented", "the correction has a number that its evidence does not have"),
        ("aside", "the correction's reasoning does not come to the answer"),
    ],
)
def test_a_correction_that_cannot_be_used_drops_the_case(
    another: str, reason: str, tmp_path: Path
) -> None:
    side = taught(tmp_path, another=another)
    items = list(islice(Pam(options=0).draft("pam-bad", side, 4), 16))
    assert not drafts(items)
    assert reasons(items).keys() == {reason, AMBIGUOUS}
    assert reasons(items)[reason] >= 6


def test_an_answer_outside_the_options_is_no_attempt(tmp_path: Path) -> None:
    items = drafted(Pam(), taught(tmp_path), "pam-bad", 4)
    assert reasons(items)["the attempt chooses none of the options"] >= 1


# --- the user's file ------------------------------------------------------------------------------


def write(path: Path, rows: Sequence[Mapping[str, Any] | str]) -> None:
    lines = [one if isinstance(one, str) else json.dumps(one, ensure_ascii=False) for one in rows]
    path.write_text("\n".join(lines) + "\n", "utf-8")


def test_attempts_come_from_the_user_s_file(tmp_path: Path) -> None:
    plan = small_plan(tmp_path, teacher="extractive")
    side = materials_of(plan, tmp_path / "work")["train"]
    known = drafts(drafted(Pam(), side, "pam-bad", 12))
    rows: list[Mapping[str, Any] | str] = [
        {"question": asked(known[0]), "attempts": ["I count them. The answer is 5."]},
        {"id": known[1].meta["question_id"], "attempt": {"reasoning": "So.", "answer": "6"}},
        {"question": asked(known[2]), "options": ["1", known[2].answer], "attempt": "(A)"},
        {"question": asked(known[3]), "options": ["1", "2"], "attempt": "(A)"},
        {"question": asked(known[4]), "attempt": f"It is {known[4].answer}"},
        *("{half", "7", {"attempt": "x"}, {"question": "q"}, {"question": "q", "attempt": "a", "options": 3}),
    ]  # fmt: skip
    write(tmp_path / "attempts.jsonl", rows)
    items = drafted(Pam(attempts="attempts.jsonl"), side, "pam-bad", 11)
    found = {asked(one): one for one in drafts(items)}
    first, second, third = (found[asked(known[number])] for number in range(3))
    assert [one.meta["first"] for one in (first, second, third)] == ["5", "6", "1"]
    assert [one.meta["attempts_by"] for one in (first, second, third)] == [["file"]] * 3
    assert third.meta["options"] == ["1", known[2].answer]
    attempt = "".join(one.text or "" for one in assistant(first.messages) if one.role == "attempt")
    assert attempt == "I count them. The answer is 5."
    assert asked(known[4]) not in found
    lost = reasons(items)
    assert lost[KEPT] == 1
    [kept] = islice(Pam(attempts="attempts.jsonl").draft("pam-good", side, 1), 1)
    assert isinstance(kept, Draft)
    assert (asked(kept), kept.meta["attempts_by"]) == (asked(known[4]), ["file"])
    assert lost["attempts: the options lack the right answer"] == 1
    told = [reason for reason in lost if reason.startswith("attempts: ")]
    assert len(told) >= 4
    good = drafts(drafted(Pam(attempts="attempts.jsonl", bad=0), side, "pam-good", 2000))
    by_file = [one for one in good if one.meta["attempts_by"] == ["file"]]
    assert [asked(one) for one in by_file] == [asked(known[4])]


def test_rows_of_the_file_are_lost_on_one_side_only(tmp_path: Path) -> None:
    plan = small_plan(tmp_path, teacher="extractive")
    write(tmp_path / "attempts.jsonl", [f"{{{n}" for n in range(40)])
    sides = materials_of(plan, tmp_path / "work")
    lost: list[str] = []
    for side in sides.values():
        items = drafted(Pam(attempts="attempts.jsonl"), side, "pam-bad", 1)
        lost += [one.id for one in items if isinstance(one, Dropped) and one.reason == "attempts: not JSON"]  # fmt: skip
    assert sorted(lost) == sorted(f"attempts.jsonl:{n}" for n in range(1, 41))


@pytest.mark.parametrize(
    ("answer", "gold", "right"),
    [
        ("12", "12", True),
        ("twelve", "12", True),
        ("一千二百名", "1200", True),
        ("Anna Berg, who came later", "Anna Berg", True),
        ("Anna", "Anna Berg", None),
        ("13", "12", False),
        ("212", "12", False),
        ("1987年", "1988年", False),
    ],
)
def test_an_answer_is_right_wrong_or_neither(answer: str, gold: str, right: bool | None) -> None:
    assert grade(answer, gold) is right


@pytest.mark.parametrize(
    ("answer", "chosen"),
    [
        ("(B) 30", "30"),
        ("B", "30"),
        ("（A）十二", "12"),
        ("C. 7", None),
        ("A dozen", None),
        ("30", "30"),
        ("12 or 30", None),
    ],
)
def test_an_option_is_chosen_by_its_letter_or_its_words(answer: str, chosen: str | None) -> None:
    assert choice(answer, ("12", "30")) == chosen


def test_verdicts_have_several_wordings_that_begin_alike() -> None:
    for language in ("en", "zh"):
        assert len(RIGHT[language]) == len(WRONG[language]) >= 5
        for right, wrong in zip(RIGHT[language], WRONG[language], strict=True):
            assert right[:4] == wrong[:4]
