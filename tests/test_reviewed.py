"""What people decided flows into the next build: rejected, edited, accepted, divided, unknown."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from deciding import decision, examples_of, spans_of, words_of, write_decisions
from longgrain.build import build
from longgrain.errors import PlanError
from longgrain.explain import explain, revised
from longgrain.plan import Plan
from longgrain.review.edited import edited
from longgrain.review.gathered import draft_of, gather
from longgrain.review.ruling import Ruling, last_words, rulings
from longgrain.review.store import Store
from longgrain.run import Run
from longgrain.types import Draft, Given, Grain, Message, Slot, Span
from small import small_plan

NEW_ANSWER = "It is 四十二 of them 😀, no more."
NEW_QUESTION = "How many of them are there in all?"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reviewed")


@pytest.fixture(scope="module")
def first(folder: Path) -> Run:
    run = build(small_plan(folder, teacher="extractive"), folder / "first")
    fine = [one for one in examples_of(run) if one.lineage["kind"] == "fine"]
    rejected, edited_one, accepted, divided, refused = fine[:5]
    found = [
        decision(rejected.id, "accept", number=1),
        decision(rejected.id, "reject", number=2),
        decision(rejected.id, "reject", by="Bob", number=3, note="wrong"),
        decision(
            edited_one.id,
            "edit",
            number=4,
            edit={"question": NEW_QUESTION, "answer": NEW_ANSWER},
        ),
        decision(accepted.id, "accept", number=5),
        decision(divided.id, "accept", number=6),
        decision(divided.id, "reject", by="Bob", number=7),
        decision(refused.id, "edit", number=8, edit={"answer": "According to the passage, 12."}),
        decision("nobody-knows", "reject", number=9),
        decision(accepted.id, "skip", by="Bob", number=10),
    ]
    store = Store(run.folder / "review.sqlite")
    for one in found:
        store.add(one)
    store.close()
    return run


@pytest.fixture(scope="module")
def plan(folder: Path, first: Run) -> Plan:
    return small_plan(folder, teacher="extractive", review={"decisions": str(first.folder)})


@pytest.fixture(scope="module")
def second(folder: Path, plan: Plan) -> Run:
    return build(plan, folder / "second")


def drafts_named(run: Run, place: int) -> str:
    fine = [one for one in examples_of(run) if one.lineage["kind"] == "fine"]
    return str(fine[place].lineage["draft"])


def test_a_rejected_draft_is_in_no_row_of_the_next_build(first: Run, second: Run) -> None:
    gone = drafts_named(first, 0)
    assert gone not in {one.lineage["draft"] for one in examples_of(second)}
    [dropped] = [one for one in second.dropped() if one.id == gone]
    assert (dropped.step, dropped.reason) == ("check", "review")
    assert dropped.detail == "rejected by 2 of 2 people: wrong"


def test_others_are_drafted_in_place_of_those_that_fall(first: Run, second: Run) -> None:
    assert len(examples_of(second)) == len(examples_of(first)) == 60


def test_an_edited_example_says_the_new_words_and_only_them(first: Run, second: Run) -> None:
    before = next(
        one for one in examples_of(first) if one.lineage["draft"] == drafts_named(first, 1)
    )
    [after] = [one for one in examples_of(second) if "reviewed" in one.lineage]
    texts = second.texts()
    assert words_of(after, texts, "question") == NEW_QUESTION
    assert words_of(after, texts, "answer") == NEW_ANSWER == after.lineage["answer"]
    inline = "".join(one.text or "" for one in spans_of(after))
    assert words_of(before, texts, "answer") not in inline
    assert words_of(before, texts, "question") not in inline
    assert all(
        one.loss == (1.0 if one.role == "answer" else 0.0)
        for one in spans_of(after)
        if isinstance(one.origin, Given) and one.origin.source == "review"
    )


def test_the_rows_learn_the_edited_answer_in_its_role(second: Run) -> None:
    [example] = [one for one in examples_of(second) if "reviewed" in one.lineage]
    shown = explain(second, example.id)  # raises where the packed row differs
    learned = [one for one in shown.trained if one.weight > 0 and one.role == "answer"]
    assert second.tokenizer.library.decode([one.id for one in learned]).startswith(NEW_ANSWER)


def test_the_lineage_says_who_edited_when_and_what_it_was(first: Run, second: Run) -> None:
    [example] = [one for one in examples_of(second) if "reviewed" in one.lineage]
    told = example.lineage["reviewed"]
    assert told["of"] == [drafts_named(first, 1)]
    assert told["by"] == ["Ann"]
    assert told["at"] == "2026-03-01T10:00:04+00:00"
    said = "\n".join(revised(example))
    assert "edited by Ann" in said
    assert told["answer"] in said


def test_what_was_decided_before_stays_in_the_store(first: Run) -> None:
    assert len(gather([first.folder])) == 10


def test_an_accepted_example_and_one_on_which_people_are_divided_are_unchanged(
    first: Run, second: Run
) -> None:
    there = {one.lineage["draft"] for one in examples_of(second)}
    assert {drafts_named(first, 2), drafts_named(first, 3)} <= there


def test_an_edit_that_fails_a_check_is_left_out_and_says_why(first: Run, second: Run) -> None:
    [dropped] = [one for one in second.dropped() if one.id == drafts_named(first, 4)]
    assert dropped.reason.startswith("review: the edited text fails a check: ")


def test_everything_is_counted(second: Run) -> None:
    assert second.manifest["review"] == {
        "people": 2, "rule": "majority", "decisions": 8, "drafts": 6, "accepted": 1, "edited": 1,
        "rejected": 1, "refused": 1, "ties": 1, "quotes": 0, "unknown": 1,
    }  # fmt: skip
    said = " ".join(second.manifest["notes"])
    assert "1 of 6 drafts that people decided about were not drafted" in said
    for page in ("README.md", "report.html"):
        assert "had accepted 1, edited 1 and rejected 1" in (second.folder / page).read_text(
            "utf-8"
        )


def test_the_same_decisions_give_the_same_bytes_however_they_are_stored(
    folder: Path, first: Run, second: Run
) -> None:
    file = write_decisions(folder / "decisions.jsonl", gather([first.folder]))
    plan = small_plan(folder, teacher="extractive", review={"decisions": [file.name]})
    third = build(plan, folder / "third", workers=2)
    assert third.manifest["outputs"] == second.manifest["outputs"]


def test_a_run_that_is_built_anew_in_its_folder_keeps_its_decisions(
    folder: Path, plan: Plan, first: Run, second: Run
) -> None:
    outputs = second.manifest["outputs"]
    (folder / "copy").mkdir()
    for path in first.folder.iterdir():
        if path.is_file():
            (folder / "copy" / path.name).write_bytes(path.read_bytes())
    own = small_plan(folder, teacher="extractive", review={"decisions": ["copy"]})
    again = build(own, folder / "copy", replace=True)
    assert again.manifest["outputs"] == outputs
    assert len(gather([folder / "copy"])) == 10
    once_more = build(own, folder / "copy", replace=True)
    assert once_more.manifest["outputs"] == outputs


def test_other_decisions_are_another_run(folder: Path, first: Run, second: Run) -> None:
    found = gather([first.folder])
    file = write_decisions(folder / "changing.jsonl", found)
    plan = small_plan(folder, teacher="extractive", review={"decisions": [file.name]})
    build(plan, folder / "fourth")
    write_decisions(file, [*found, decision(found[4].item, "reject", number=60)])
    with pytest.raises(Exception, match="other documents"):
        build(plan, folder / "fourth")


def test_a_copy_of_the_decisions_lies_with_the_run(second: Run) -> None:
    [told] = second.manifest["files"]
    kept = gather([second.folder / told["copy"]])
    assert len(kept) == 10
    assert draft_of(kept[0]) != kept[0].item


def test_decisions_that_are_not_there_are_an_error_that_names_them(folder: Path) -> None:
    plan = small_plan(folder, teacher="extractive", review={"decisions": ["nowhere.jsonl"]})
    with pytest.raises(PlanError, match=r"nowhere\.jsonl"):
        build(plan, folder / "none")


def test_every_reviewed_draft_is_drafted_again_whatever_else_falls(
    folder: Path, first: Run
) -> None:
    drafts = [str(one.lineage["draft"]) for one in examples_of(first)]
    found = [
        decision(one, "reject" if number % 3 else "accept", number=number)
        for number, one in enumerate(drafts)
    ]
    file = write_decisions(folder / "many.jsonl", found)
    plan = small_plan(folder, teacher="extractive", review={"decisions": [file.name]})
    run = build(plan, folder / "many")
    told = run.manifest["review"]
    assert (told["unknown"], told["accepted"], told["rejected"]) == (0, 20, 40)
    assert not {drafts[number] for number in range(60) if number % 3} & {
        str(one.lineage["draft"]) for one in examples_of(run)
    }
    assert len(examples_of(run)) == 60


def test_an_edited_draft_is_not_altered_and_its_second_review_counts(
    folder: Path, first: Run
) -> None:
    example = next(one for one in examples_of(first) if one.lineage["form"] == "number")
    found = [
        decision(str(example.lineage["draft"]), "edit", edit={"answer": "Many."}),
    ]
    file = write_decisions(folder / "augmented.jsonl", found)
    changes = {
        "teacher": "extractive",
        "augment": {"share": 1.0},
        "review": {"decisions": [file.name]},
    }
    run = build(small_plan(folder, **changes), folder / "augmented")
    [after] = [one for one in examples_of(run) if "reviewed" in one.lineage]
    assert words_of(after, run.texts(), "answer") == "Many."
    assert "augmented" not in after.lineage
    again = decision(str(after.lineage["draft"]), "reject", number=1)
    write_decisions(file, [*found, again])
    run = build(small_plan(folder, **changes), folder / "augmented", replace=True)
    assert not [one for one in examples_of(run) if "reviewed" in one.lineage]
    assert run.manifest["review"]["rejected"] == 1


VOTES = {
    "aar": {"majority": "accept", "any": "reject", "all": "accept"},
    "ar": {"majority": "tie", "any": "reject", "all": "accept"},
    "rr": {"majority": "reject", "any": "reject", "all": "reject"},
    "ae": {"majority": "tie", "any": "edit", "all": "accept"},
    "eer": {"majority": "edit", "any": "reject", "all": "accept"},
    "aer": {"majority": "tie", "any": "reject", "all": "accept"},
    "e": {"majority": "edit", "any": "edit", "all": "edit"},
}


@pytest.mark.parametrize("votes", VOTES)
def test_a_rule_says_what_several_people_decide(votes: str) -> None:
    verdicts = {"a": "accept", "r": "reject", "e": "edit"}
    found = [
        decision("x", verdicts[letter], by=f"p{number}", edit={"answer": "new"})  # type: ignore[arg-type]
        for number, letter in enumerate(votes)
    ]
    for rule, outcome in VOTES[votes].items():
        assert rulings(found, rule)["x"].outcome == outcome  # type: ignore[arg-type]


def test_of_several_edits_the_most_frequent_is_taken_and_of_equals_the_last() -> None:
    def edit(by: str, words: str, number: int) -> object:
        return decision("x", "edit", by=by, number=number, edit={"answer": words})

    found = [edit("a", "one", 1), edit("b", "two", 2), edit("c", "one", 3)]
    assert rulings(found, "any")["x"].edit == {"answer": "one"}  # type: ignore[arg-type]
    assert rulings(found[:2], "any")["x"].edit == {"answer": "two"}  # type: ignore[arg-type]


def test_the_last_word_of_a_person_counts_and_what_is_taken_back_does_not() -> None:
    found = [
        decision("x", "reject", number=1),
        decision("x", "accept", number=2, repeat=1),
        decision("y", "reject", number=3),
        decision("y", "skip", number=4, shown={"undoes": 3, "open": True}),
    ]
    last = last_words(found)
    assert last["x"]["Ann"].verdict == "accept"
    assert "y" not in last


def small_draft(*spans: Span, asked: tuple[str, ...] = ("Who?",)) -> Draft:
    given = Given(source="test", id="1")
    questions = [Span(role="question", origin=given, text=words) for words in asked]
    return Draft(
        recipe="r",
        seed=1,
        evidence=(),
        messages=(
            Message(speaker="user", spans=(Slot(), *questions)),
            Message(speaker="assistant", spans=spans),
        ),
        answer="Ada",
        meta={"form": "name", "statements": [1], "quotes": ["Ada came", "It rained"]},
    )


RULING = Ruling(outcome="edit", people=1, of=1, by=("Bo",), at="now", edit={"answer": "Grace."})
ANSWER = Span(role="answer", origin=Given(source="test", id="2"), text="Ada.", loss=1.0)


def changed(draft: Draft, **edit: str) -> Draft:
    found = edited(draft, replace(RULING, edit=edit), {})
    assert isinstance(found, Draft)
    return found


def test_the_whole_last_turn_becomes_the_edited_answer() -> None:
    thought = Span(role="reasoning", origin=ANSWER.origin, text="So it is Ada. ", loss=0.0)
    found = changed(small_draft(thought, ANSWER), answer="Grace.")
    [span] = found.messages[-1].spans
    assert isinstance(span, Span)
    assert (span.text, span.role, span.loss) == ("Grace.", "answer", 1.0)
    assert found.meta["reviewed"]["answer"] == "So it is Ada. Ada."
    assert found.answer == "Grace."
    assert found.meta["form"] == "edited"


def test_an_edit_that_still_says_the_answer_keeps_it_and_its_form() -> None:
    found = changed(small_draft(ANSWER), answer="It was Ada, as the log says.")
    assert (found.answer, found.meta["form"]) == ("Ada", "name")


def test_a_value_alone_is_taken_as_the_new_answer_and_checked_where_the_evidence_has_it() -> None:
    draft = small_draft(replace(ANSWER, text="It was Ada, yes."))
    grain = Grain(doc_id="d", path=(0,), kind="cut", start=0, end=17)
    held = replace(draft, evidence=(grain,))
    texts = {"d": "Grace came at ten."}
    value = edited(held, replace(RULING, edit={"answer": "It was Grace, yes."}), texts)
    assert isinstance(value, Draft)
    assert (value.answer, value.meta["form"]) == ("Grace", "name")
    free = edited(held, replace(RULING, edit={"answer": "Somebody else."}), texts)
    assert isinstance(free, Draft)
    assert (free.answer, free.meta["form"]) == ("Somebody else.", "edited")


def test_quotes_that_held_the_old_answer_only_are_no_longer_named() -> None:
    found = changed(small_draft(ANSWER), answer="Grace.")
    assert found.meta["quotes"] == ["It rained"]
    assert found.meta["reviewed"]["quotes"] == ["Ada came"]
    assert "statements" not in found.meta


def test_a_view_that_says_the_old_words_says_the_new_ones_and_another_stays() -> None:
    draft = small_draft(ANSWER)
    wrong = replace(ANSWER, text="Eve.", loss=0.0)
    rejected = (draft.messages[0], Message(speaker="assistant", spans=(wrong,)))
    draft = replace(draft, views={"rejected": rejected, "teacher": draft.messages})
    found = changed(draft, answer="Grace.", question="Who came?")
    assert found.views["teacher"] == found.messages
    assert found.views["rejected"][0] == found.messages[0]
    assert found.views["rejected"][1] == rejected[1]


def test_questions_of_several_parts_are_edited_part_by_part() -> None:
    draft = small_draft(ANSWER, asked=("Who?", "When?"))
    found = changed(draft, question="Who?\n\nSince when?")
    said = [one.text for one in found.messages[0].spans if isinstance(one, Span)]
    assert said == ["Who?", "Since when?"]
    whole = replace(RULING, edit={"question": "Who and when?"})
    assert "several parts" in str(edited(draft, whole, {}))


def test_an_edit_without_words_is_none() -> None:
    nothing = replace(RULING, edit={"answer": "  "})
    assert edited(small_draft(ANSWER), nothing, {}) == "an edit without a new question or answer"
