"""Augmentation: in the original's place or beside it, never with another answer, all of it counted."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augmenting import EN, ZH, asking, quoting, said, shelved
from longgrain.augment import augmented
from longgrain.augmentations.constrain import Constrain
from longgrain.augmentations.guarded import guarded, is_free
from longgrain.augmentations.join import Join
from longgrain.augmentations.pairs import PAIRS
from longgrain.augmentations.paraphrase import Paraphrase
from longgrain.augmentations.patterns import INSTRUCTIONS, QUESTIONS
from longgrain.augmentations.reorder import Reorder
from longgrain.augmentations.standing import all_stand
from longgrain.augmentations.synonyms import Synonyms
from longgrain.build import build
from longgrain.checks.constraints import Constraints
from longgrain.errors import PlanError
from longgrain.facts import facts
from longgrain.fidelity import added, lost
from longgrain.make import bare, component, problem
from longgrain.materials import SideMaterials
from longgrain.plan import CHECKS, Augmenting, Plan
from longgrain.run import Run
from longgrain.scripts import traditional
from longgrain.types import Answered, Draft, Dropped, Given, Refused, Request, Span
from longgrain.unaltered import objection

CORPORA = Path(__file__).parents[1].parent / "shared" / "data" / "corpora"


@pytest.fixture(scope="module")
def materials(tmp_path_factory: pytest.TempPathFactory) -> SideMaterials:
    return shelved(tmp_path_factory.mktemp("augment"))


# --- the law: whatever is exchanged, the answer and the facts stay --------------------------------

FILLERS = {
    "en": [
        "in order to",
        "Prior to",
        "for example,",
        "due to the fact that",
        "is able to",
        "numerous",
    ],
    "zh": ["按照", "如果", "例如", "因此", "由于", "根据"],
}
PLANTED = {
    "en": ["1987", "12 March 1987", "Anna Berg", "“in order to live”", "`in order to`", "must not"],
    "zh": ["1987", "1987年3月12日", "《按照与依照》", "“如果可以”", "不得", "四十二"],
}


@settings(max_examples=60)
@given(st.data(), st.sampled_from(["en", "zh"]))
def test_planted_answers_and_facts_never_change(data: Any, language: str) -> None:
    words = data.draw(
        st.lists(st.sampled_from(FILLERS[language] + PLANTED[language]), min_size=2, max_size=9)
    )
    answer = data.draw(st.sampled_from(PLANTED[language]))
    blank, end = (" ", "?") if language == "en" else ("", "？")
    question = blank.join(["What did they do" if language == "en" else "他们", *words]) + end
    draft = asking(question, answer, language=language)
    for way in (Synonyms(most=9), Paraphrase(), Paraphrase(where=("question",))):
        [item] = way.altered([[draft]], FakeMaterials())  # type: ignore[arg-type]
        if isinstance(item, str):
            continue
        if objection([draft], item, {}, reforms=False):
            continue  # the step would leave the original
        [old], [new] = said(draft, "question"), said(item, "question")
        assert not lost(old, new)
        assert not added(old, new)
        assert item.answer == draft.answer
        assert said(item, "answer") == said(draft, "answer")
        for planted in PLANTED[language]:
            assert old.count(planted) == new.count(planted)


@given(st.sampled_from(["en", "zh"]), st.integers(0, 1000))
def test_guards_let_nothing_through_that_a_fact_touches(language: str, seed: int) -> None:
    text = EN if language == "en" else ZH
    draft = asking(text, "40", language=language)
    held = guarded(text, draft)
    start = seed % len(text)
    for one in facts(text):
        if one.start <= start < one.end:
            assert not is_free(start, start + 1, held)


def test_a_way_that_changes_a_number_is_found_out_and_the_original_stays(
    materials: SideMaterials,
) -> None:
    draft = asking("In which of the 3 years was it built?", "1987")
    left = altered([draft], [Wrong(old="3", new="4")], materials)
    assert left == [draft]
    assert reasons(materials, "wrong") == {"numbers of the question or the instruction are others"}


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("not ", "", "negations of the question or the instruction are others"),
        ("“Berg”", "“Burg”", "quotations of the question or the instruction are others"),
        ("May 1987", "June 1987", "dates of the question or the instruction are others"),
        ("must ", "", "obligations of the question or the instruction are others"),
    ],
)
def test_facts_of_every_kind_are_compared(
    old: str, new: str, reason: str, materials: SideMaterials
) -> None:
    draft = asking("What must “Berg” not do in May 1987 for 3 days?", "17")
    changed = Wrong(old=old, new=new).altered([[draft]], materials)[0]
    assert objection([draft], changed, {}, reforms=False) == reason


def test_a_way_that_changes_what_is_learned_is_found_out(materials: SideMaterials) -> None:
    draft = asking("In which year was it built?", "1987")
    changed = Wrong(old="1987", new="1988", role="answer").altered([[draft]], materials)[0]
    assert objection([draft], changed, {}, reforms=False) == "the words that are learned are others"
    assert objection([draft], replace(draft, answer="1988"), {}, reforms=False)
    assert objection([draft], changed, {}, reforms=True)


def test_a_way_that_spoils_a_passage_is_found_out(materials: SideMaterials) -> None:
    draft = quoting(materials, "en", "40")
    text = materials.store.texts[draft.evidence[0].doc_id]
    told = {text: text.replace("55 lamps", "56 lamps")}
    changed = homed(draft, told, materials)
    reason = objection([draft], changed, materials.store.texts, reforms=False)
    assert reason == "numbers of a passage are others"


def homed(draft: Draft, told: dict[str, str], materials: SideMaterials) -> Draft:
    from longgrain.augmentations.homes import with_homes

    found = with_homes(draft, told, "wrong", materials)
    assert isinstance(found, Draft)
    return found


# --- synonyms -------------------------------------------------------------------------------------


def test_synonyms_are_exchanged_outside_of_quotes_and_code() -> None:
    question = "What is needed in order to read “in order to read” and `in order to`?"
    [item] = Synonyms(where=("question",)).altered([[asking(question, "x")]], None)  # type: ignore[arg-type]
    assert isinstance(item, Draft)
    assert said(item, "question") == [
        "What is needed to read “in order to read” and `in order to`?"
    ]
    assert item.meta["augmented"]["exchanged"] == ["in order to > to"]


def test_chinese_words_are_exchanged_whole_and_in_their_script() -> None:
    way = Synonyms(where=("question",))
    for question, wanted in (
        ("如果依照章程办理，要几天？", {"假如按照章程办理，要几天？"}),
        ("倘若遵照規則辦理這種證書，幾天？", {"如果按照規則辦理這種證書，幾天？"}),
    ):
        [item] = way.altered([[asking(question, "三", language="zh")]], None)  # type: ignore[arg-type]
        assert isinstance(item, Draft)
        assert set(said(item, "question")) == wanted


def test_the_words_of_the_answer_are_not_exchanged() -> None:
    draft = asking("Which words stand before the verb, prior to “go”?", "prior to")
    assert Synonyms(where=("question",)).altered([[draft]], None) == [  # type: ignore[arg-type]
        "no word that may be exchanged"
    ]


def test_a_user_adds_pairs_and_replaces_ours() -> None:
    way = Synonyms(where=("question",), pairs={"en": {"in order to": "so as to"}})
    [item] = way.altered([[asking("What is it for, in order to read?", "x")]], None)  # type: ignore[arg-type]
    assert isinstance(item, Draft)
    assert said(item, "question") == ["What is it for, so as to read?"]


def test_words_of_the_users_own_rows_are_left_alone() -> None:
    draft = asking("What is needed in order to read?", "x")
    theirs = Given(source="rows.jsonl", id="1")
    spans = tuple(
        replace(span, origin=theirs) if isinstance(span, Span) else span
        for span in draft.messages[0].spans
    )
    draft = replace(draft, messages=(replace(draft.messages[0], spans=spans), draft.messages[1]))
    for way in (Synonyms(), Paraphrase()):
        assert isinstance(way.altered([[draft]], FakeMaterials())[0], str)  # type: ignore[arg-type]


def test_no_pair_leads_to_a_negation_an_obligation_or_a_number() -> None:
    for language, pairs in PAIRS.items():
        for old, new in pairs.items():
            assert old != new
            assert not lost(old, new), (language, old, new)
            assert not added(old, new), (language, old, new)


# --- passages as made documents -------------------------------------------------------------------


@pytest.mark.parametrize(("language", "answer"), [("en", "40"), ("zh", "40")])
def test_sentences_change_places_and_quotations_find_their_home(
    language: str, answer: str, materials: SideMaterials
) -> None:
    draft = quoting(materials, language, answer)
    [item] = Reorder().altered([[draft]], materials)
    assert isinstance(item, Draft), item
    texts = materials.store.texts
    [old], [new] = (
        [s for s in one.messages[0].spans if s.role == "evidence"] for one in (draft, item)
    )  # type: ignore[union-attr]
    before, after = old.words(texts), new.words(texts)  # type: ignore[union-attr]
    assert before != after
    assert sorted(before) == sorted(after)
    home = new.origin  # type: ignore[union-attr]
    assert materials.document(home.doc_id).source == "made:reorder"  # type: ignore[union-attr]
    quoted = item.messages[1].spans[0]
    assert isinstance(quoted, Span)
    assert quoted.grain is not None
    assert quoted.grain.doc_id == home.doc_id  # type: ignore[union-attr]
    assert quoted.words(texts) == draft.messages[1].spans[0].words(texts)  # type: ignore[union-attr]
    assert objection([draft], item, texts, reforms=False) == ""
    last = "They sing well." if language == "en" else "他们唱得很好。"
    assert after.rstrip().endswith(last)  # the paragraph that refers back is as it was


def test_a_paragraph_that_begins_before_its_passage_is_left(materials: SideMaterials) -> None:
    text = "车。西门应当有55盏灯。北塔的高度为12米。\n\n南门的宽度为4米。北门的宽度为9米。"
    told = Reorder().reordered(text, "seed", whole=False)
    assert told == "车。西门应当有55盏灯。北塔的高度为12米。\n\n北门的宽度为9米。南门的宽度为4米。"


def test_an_answer_that_rests_on_order_keeps_its_passages(materials: SideMaterials) -> None:
    draft = quoting(materials, "en", "40")
    for change in ({"operands": []}, {"form": "order"}, {"made": "x"}, {"layout": "long"}):
        [item] = Reorder().altered([[replace(draft, meta={**draft.meta, **change})]], materials)
        assert isinstance(item, str)


def test_words_of_a_passage_are_exchanged_in_a_made_document(materials: SideMaterials) -> None:
    draft = quoting(materials, "en", "40")
    [item] = Synonyms(where=("evidence",)).altered([[draft]], materials)
    assert isinstance(item, Draft), item
    words = item.messages[0].spans[2].words(materials.store.texts)  # type: ignore[union-attr]
    assert "Many guards can see the harbour." in words
    assert objection([draft], item, materials.store.texts, reforms=False) == ""


@pytest.mark.parametrize(
    ("sentences", "language"),
    [
        (["The gate may hold 40 carts.", "It is old."], "en"),
        (["A gate has a lamp.", "The lamp is lit."], "en"),
        (["Mary opened the door.", "John closed the window."], "en"),
        (["The gate is old.", "However, the lamp is new."], "en"),
        (["The gate is open:", "Carts may pass."], "en"),
        (["东门可容纳40辆车。", "其高度为3米。"], "zh"),
        (["东门可容纳40辆车。", "前款规定适用于西门。"], "zh"),
    ],
)
def test_sentences_that_lean_on_others_stay(sentences: list[str], language: str) -> None:
    assert not all_stand(sentences, language)


def test_no_pattern_adds_a_fact_of_its_own() -> None:
    for language, tables in (("en", (INSTRUCTIONS, QUESTIONS)), ("zh", (INSTRUCTIONS, QUESTIONS))):
        for table in tables:
            for pattern in table[language]:
                for said_so in pattern.said:
                    bare_words = re.sub(r"\{\w\}", "", said_so)
                    assert not added("", bare_words), (pattern.name, said_so)


# --- paraphrase -----------------------------------------------------------------------------------


def test_instructions_and_questions_are_said_otherwise_by_rule() -> None:
    for language, question in (("en", "Which gate is old?"), ("zh", "哪座门最老？")):
        draft = asking(question, "x", language=language)
        for where in (("instruction",), ("question",)):
            [item] = Paraphrase(where=where).altered([[draft]], FakeMaterials())  # type: ignore[arg-type]
            assert isinstance(item, Draft)
            [role] = where
            assert said(item, role) != said(draft, role)
            assert objection([draft], item, {}, reforms=False) == ""


def test_what_is_added_is_in_the_script_of_the_question() -> None:
    for number in range(12):
        draft = asking(f"第{number}座城門有幾個守衛？", "三", language="zh", instruction="（甲）")
        [item] = Paraphrase().altered([[draft]], FakeMaterials())  # type: ignore[arg-type]
        assert isinstance(item, Draft)
        [words] = said(item, "question")
        assert words == traditional(words)


def test_a_question_among_several_turns_and_a_request_that_is_polite_stay_as_they_are() -> None:
    draft = asking("哪座门最老？", "x", language="zh", instruction="（甲）")
    several = replace(draft, messages=draft.messages * 2)
    polite = asking("哪座门最老。", "x", language="zh", instruction="回答之前，请核对材料。")
    for one in (several, polite):
        [item] = Paraphrase().altered([[one]], FakeMaterials())  # type: ignore[arg-type]
        assert item == "no instruction or question of a form that is known"


@dataclass
class FakeMaterials:
    """Only says that the teacher works by rule."""

    prompted: bool = False


def test_options_are_no_instructions() -> None:
    draft = asking("Which gate is old?", "x", instruction="(A) Read the gate.")
    assert Paraphrase(where=("instruction",)).altered([[draft]], FakeMaterials()) == [  # type: ignore[arg-type]
        "no instruction or question of a form that is known"
    ]


def test_a_teacher_by_rule_cannot_be_made_to_paraphrase() -> None:
    with pytest.raises(PlanError, match="language model"):
        Paraphrase(by="teacher").altered([[asking("Which?", "x")]], FakeMaterials())  # type: ignore[arg-type]


@dataclass(frozen=True, kw_only=True)
class Model:
    """A prompted teacher with one reply to every paraphrase, one verdict, and one answer."""

    name: ClassVar[str] = "model"
    version: ClassVar[str] = "1"
    prompted: ClassVar[bool] = True

    words: str
    same: str = '{"same": true}'
    answer: str = "40"

    def ask(self, requests: Sequence[Request]) -> Sequence[Answered | Refused]:
        assert all(one.prompt for one in requests)
        return [Answered(text=self._said(one)) for one in requests]

    def _said(self, request: Request) -> str:
        if request.task == "solve":
            return json.dumps({"answerable": True, "answer": self.answer})
        return self.words if request.task == "paraphrase.words" else self.same


def paraphrased(folder: Path, **model: Any) -> Draft | str:
    one = shelved(folder, teacher={"use": "test_augment:Model", **model})
    draft = quoting(one, "en", "40")
    [item] = Paraphrase(where=("question",)).altered([[draft]], one)
    return item


def test_a_models_paraphrase_is_taken_when_it_is_read_the_same(tmp_path: Path) -> None:
    item = paraphrased(tmp_path, words='{"words": "What number is there, for example?"}')
    assert isinstance(item, Draft)
    assert said(item, "question") == ["What number is there, for example?"]
    assert item.meta["augmented"]["by"] == "model"


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        ({"words": '{"words": "What number'}, "the reply holds no whole JSON object"),
        ({"words": '{"said": "What?"}'}, "the reply has no words"),
        (
            {"words": '{"words": "I cannot help with that question at all."}'},
            "the reply is a refusal",
        ),
        (
            {"words": '{"words": "这里一共有多少？请你告诉我具体的数目是多少。"}'},
            "the reply is in another language",
        ),
        (
            {"words": '{"words": "40"}'},
            "the reply is much shorter or longer than what it paraphrases",
        ),
        (
            {"words": '{"words": "How many are there, for example, in all?"}'},
            "the reply says the same words",
        ),
        (
            {"words": '{"words": "What is the colour of the gate?"}', "same": '{"same": false}'},
            "a second reading finds that the paraphrase asks for something else",
        ),
        (
            {"words": '{"words": "What is the number of lamps there?"}', "answer": "55"},
            "a second reading does not come to the same answer",
        ),
    ],
)
def test_a_model_that_lies_or_refuses_is_left_with_a_reason(
    model: dict[str, str], reason: str, tmp_path: Path
) -> None:
    assert paraphrased(tmp_path, **model) == reason


def test_a_models_paraphrase_with_another_fact_is_found_out(tmp_path: Path) -> None:
    one = shelved(
        tmp_path,
        teacher={
            "use": "test_augment:Model",
            "words": '{"words": "How many are there in 40 of all?"}',
        },
    )
    draft = quoting(one, "en", "40")
    assert altered([draft], [Paraphrase(where=("question",))], one) == [draft]
    assert reasons(one, "paraphrase") == {"numbers of the question or the instruction are others"}


# --- composite instructions -----------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("demand", ["json", "alone", "words", "tag", "language"])
def test_a_demand_is_met_by_the_answer_and_a_check_sees_when_it_is_not(
    demand: str, language: str
) -> None:
    draft = asking({"en": "How high is it?", "zh": "它多高？"}[language], "12", language=language)
    [item] = Constrain(demands=(demand,)).altered([[draft]], None)  # type: ignore[arg-type]
    assert isinstance(item, Draft)
    example = bare(item, "train")
    assert list(Constraints().problems(example, {})) == []
    assert objection([draft], item, {}, reforms=True) == ""
    [answer] = item.messages[1].spans
    words = {"json": '{"answer": 12}', "words": "one two three four five six"}
    wrong = words.get(demand, "是十二" if language == "en" else "twelve")
    if demand == "language" and language == "zh":
        return  # a short answer may be a name in any script
    bad = replace(
        item,
        messages=(
            item.messages[0],
            replace(item.messages[1], spans=(replace(answer, text=wrong),)),
        ),
    )  # type: ignore[type-var]
    assert list(Constraints().problems(bare(bad, "train"), {})) == [
        "the answer is not in the form that is demanded"
    ]


def test_a_demand_is_not_made_where_the_instruction_makes_one() -> None:
    own = "Reply in one short sentence."
    draft = asking("How high is it?", "12", instruction=own)
    [item] = Constrain(demands=("json", "alone")).altered([[draft]], None)  # type: ignore[arg-type]
    assert item == "its instruction demands a form of its own"


def test_two_questions_are_joined_and_both_answers_are_learned() -> None:
    first = asking("How high is the tower?", "12", rivals=[7], hard=[5, 9])
    second = asking("How many carts are there?", "40", rivals=[8], hard=[6, 7])
    [item] = Join().altered([[first, second]], None)  # type: ignore[arg-type]
    assert isinstance(item, Draft)
    learned = "".join(
        span.text or "" for span in item.messages[1].spans if isinstance(span, Span) and span.loss
    )
    assert learned == "1. 12.\n2. 40."
    assert item.meta["rivals"] == [7, 8]
    assert item.meta["hard"] == [5, 6, 9]
    assert [one["answer"] for one in item.meta["parts"]] == ["12", "40"]
    assert objection([first, second], item, {}, reforms=True) == ""
    half = replace(
        item,
        messages=(item.messages[0], replace(item.messages[1], spans=item.messages[1].spans[:2])),
    )
    assert objection([first, second], half, {}, reforms=True)


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        ({}, {"evidence": [3]}, "the evidence of one question might answer the other"),
        ({"layout": "none"}, {}, "it is not one question over a pool with one short answer"),
        ({}, {"language": "zh"}, "the two questions are in two languages"),
    ],
)
def test_questions_that_are_in_each_others_way_are_not_joined(
    first: dict[str, Any], second: dict[str, Any], reason: str
) -> None:
    one = asking("How high is the tower?", "12", **{"rivals": [3], **first})
    spoken = second.pop("language", "en")
    other = asking("How many carts are there?", "40", language=spoken, **second)
    assert Join().altered([[one, other]], None) == [reason]  # type: ignore[arg-type]


def test_a_question_that_tells_the_others_answer_is_not_joined() -> None:
    one = asking("How high is the tower?", "12")
    other = asking("Who lives in the tower of 12 metres?", "Berg", form="name")
    assert Join().altered([[one, other]], None) == [  # type: ignore[arg-type]
        "one question gives the answer to the other away"
    ]


def test_both_parts_of_a_joined_draft_are_checked() -> None:
    texts = {"d": "The tower is 12 metres high."}
    parts = [
        {"form": "number", "answer": "12", "operands": ["12"]},
        {"form": "number", "answer": "40", "operands": ["40"]},
    ]
    draft = asking("How high is it? How many are there?", "1. 12\n2. 40", form="join", parts=parts)
    example = bare(draft, "train")
    for name in ("answerable", "leak"):
        assert name in CHECKS
    [reason] = component("checks", "answerable", {}).problems(example, texts)
    assert reason == "answer is not in the evidence"
    leaking = replace(
        draft, messages=(asking("Are there 40? How high?", "x").messages[0], draft.messages[1])
    )
    [reason] = component("checks", "leak", {}).problems(bare(leaking, "train"), texts)
    assert reason == "answer leaks into the question"


# --- the step -------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Wrong:
    """Exchanges anything for anything: the control that must be found out."""

    name: ClassVar[str] = "wrong"
    takes: ClassVar[int] = 1
    reforms: ClassVar[bool] = False

    old: str = ""
    new: str = ""
    role: str = "question"

    def altered(self, groups: Sequence[Sequence[Draft]], materials: Any) -> list[Draft]:
        from longgrain.augmentations.spoken import marked, with_spans

        found = []
        for [draft] in groups:
            spans = [
                span
                for one in draft.messages
                for span in one.spans
                if isinstance(span, Span) and span.role == self.role
            ]
            changed = {
                one: replace(one, text=(one.text or "").replace(self.old, self.new))
                for one in spans
            }
            found.append(marked(with_spans(draft, changed), self.name, draft))
        return found


def altered(
    drafts: Sequence[Draft], ways: Sequence[Any], materials: SideMaterials, **settings: Any
) -> list[Draft]:
    """What the step makes of drafts, all of which are chosen."""
    items: Iterator[Draft | Dropped] = iter(drafts)
    wanted = len(drafts) * (1 + settings.get("copies", 0))
    found = augmented(
        items, wanted, Augmenting(share=1.0, **settings), ways, materials, lambda draft: None
    )
    return [one for one in found if isinstance(one, Draft)]


def reasons(materials: SideMaterials, way: str) -> set[str]:
    return {
        one.partition(": ")[2] for one in materials.unchanged if one.startswith(f"augment/{way}:")
    }


def test_the_original_gives_way_or_keeps_its_place_beside_copies(materials: SideMaterials) -> None:
    drafts = [asking(f"How high is tower {'abcdef'[n]}?", str(n + 30)) for n in range(6)]
    ways = [Paraphrase(), Constrain()]
    instead = altered(drafts, ways, materials)
    assert len(instead) == 6
    assert all(one.meta["augmented"] for one in instead)
    beside = altered(drafts, ways, materials, copies=2)
    assert len(beside) == 18
    assert [one for one in beside if "augmented" not in one.meta] == drafts
    assert len({one.id for one in beside}) == 18
    for one in beside:
        if "augmented" in one.meta:
            assert set(one.meta["augmented"]["of"]) <= {draft.id for draft in drafts}


def test_no_more_drafts_are_taken_than_may_be_needed(materials: SideMaterials) -> None:
    taken = []

    def drafting() -> Iterator[Draft | Dropped]:
        for n in range(100):
            taken.append(n)
            yield asking(f"How high is tower {n * 7} there?", str(n + 1000))

    chosen = Augmenting(share=1.0, copies=1)
    found = augmented(drafting(), 10, chosen, [Paraphrase()], materials, lambda draft: None)
    assert len(list(found)) == 10
    assert len(taken) == 5


def test_nothing_is_touched_without_a_share(materials: SideMaterials) -> None:
    drafts = [asking("How high is it?", "12")]
    items: Iterator[Draft | Dropped] = iter(drafts)
    found = augmented(
        items, 1, Augmenting(), [Wrong(old="How", new="Who")], materials, lambda d: None
    )
    assert list(found) == drafts


def test_what_a_check_refuses_stays_as_it_was(materials: SideMaterials) -> None:
    draft = quoting(materials, "en", "40")
    checks = [component("checks", "bounds", {"question": [4, 50]})]
    chosen = Augmenting(share=1.0)
    way = Wrong(old="How many", new="How ever so very tremendously many")
    items: Iterator[Draft | Dropped] = iter([draft])
    materials.unchanged.clear()
    found = list(
        augmented(items, 1, chosen, [way], materials, lambda one: problem(one, materials, checks))
    )
    assert found == [draft]
    assert reasons(materials, "wrong") == {"a check refuses it: question is too long"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"augment": {"share": 1.5}}, "less than or equal to 1"),
        ({"augment": {"ways": []}}, "at least 1"),
        ({"augment": {"ways": ["synonyms"], "copies": 2}}, "as many ways"),
        ({"augment": {"shares": 1}}, "no such setting"),
    ],
)
def test_settings_that_cannot_be_are_plan_errors(
    changes: dict[str, Any], said: str, tmp_path: Path
) -> None:
    with pytest.raises(PlanError, match=said):
        Plan.of({"sources": ["x"], **changes})


@pytest.mark.parametrize(
    ("way", "settings"),
    [
        ("synonyms", {"most": 0}),
        ("synonyms", {"pairs": {"en": {"": "x"}}}),
        ("paraphrase", {"where": []}),
        ("constrain", {"demands": []}),
        ("reorder", {"least": 1}),
        ("no_such_way", {}),
    ],
)
def test_settings_of_a_way_that_cannot_be_are_plan_errors(way: str, settings: Any) -> None:
    with pytest.raises(PlanError):
        component("augmentations", way, settings)


# --- a whole run ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    if not CORPORA.is_dir():
        pytest.skip("shared/data/corpora is not here")
    folder = tmp_path_factory.mktemp("augmented")
    plan = Plan.of(
        {
            "sources": [
                str(CORPORA / "en/gov/nist-sp800-63b.md"),
                str(CORPORA / "zh/law/xingfa.md"),
            ],
            "recipes": [
                {"use": "in2", "examples": 60, "augment": {"share": 1.0, "copies": 1}},
                {"use": "pam", "examples": 12},
                {"use": "retrieve", "examples": 24},
                {"use": "erasure", "examples": 12},
            ],
            "augment": {"share": 0.9},
            "split": {"valid": 0.0, "test": 0.0},
            "layout": {"lengths": {"min": 1024, "max": 2048}},
        }
    )
    return build(plan, folder / "run")


def test_a_run_has_the_number_of_examples_that_was_asked_for(run: Run) -> None:
    quota = run.manifest["quotas"]["train"]["kinds"]
    assert sum(one["made"] for one in quota.values()) >= 100
    assert all(one["made"] <= one["wished"] for one in quota.values())


def test_real_answers_never_change(run: Run) -> None:
    drafts = {one.lineage["draft"]: one for one in run.examples("train")}
    compared = 0
    for one in drafts.values():
        told = one.lineage.get("augmented")
        if not told or one.recipe != "in2":
            continue
        for name in told["of"]:
            if name in drafts:  # beside its copies
                compared += 1
                assert drafts[name].lineage["answer"] in one.lineage["answer"]
                assert set(drafts[name].lineage["evidence"]) <= set(one.lineage["evidence"])
    assert compared >= 10


def test_what_was_done_and_what_was_not_is_counted(run: Run) -> None:
    altered = run.manifest["altered"]
    examples = [one for one in run.examples("train") if one.lineage.get("augmented")]
    assert len(examples) >= 50
    assert sum(altered["done"].values()) >= len(examples)
    assert all(name.startswith("augment/") for name in (*altered["done"], *altered["not done"]))
    page = (run.folder / "report.html").read_text("utf-8")
    assert "augment/paraphrase" in page


def test_both_views_of_an_erased_example_are_altered_alike(run: Run) -> None:
    found = [
        one
        for one in run.examples("train")
        if one.recipe == "erasure" and one.lineage.get("augmented")
    ]
    assert found
    for one in found:
        turns = [[m for m in view if m.speaker != "system"] for view in one.views.values()]
        assert all(one == turns[0] for one in turns)
