"""Passages that a search finds for a question: cited, quoted, or refused where none answers."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from numpy.typing import NDArray

from longgrain.checks.citations import Citations
from longgrain.checks.quote import Quote
from longgrain.dense import ranker
from longgrain.errors import PlanError
from longgrain.facts import holds
from longgrain.make import bare
from longgrain.materials import SideMaterials
from longgrain.recipes.asked import asked
from longgrain.recipes.in2 import In2
from longgrain.recipes.retrieve import Retrieve
from longgrain.recipes.retrieve import wording as words
from longgrain.recipes.retrieve.passages import head
from longgrain.recipes.retrieve.retriever import Retriever, fused
from longgrain.rehearsal import rehearsing
from longgrain.terms import terms
from longgrain.types import Answered, Draft, Dropped, Refused, Request, Span
from small import handbook, materials_of, small_plan
from test_free_questions import Author

KINDS = tuple(Retrieve().kinds(100))
CITED = re.compile(r"\[(\d+)\]")


@pytest.fixture(scope="module")
def side(tmp_path_factory: pytest.TempPathFactory) -> SideMaterials:
    folder = tmp_path_factory.mktemp("retrieve")
    plan = small_plan(folder, teacher={"use": "extractive"})
    return materials_of(plan, folder / "work")["train"]


def drafted(
    side: SideMaterials, kind: str, count: int = 20, recipe: Retrieve | None = None
) -> list[Draft]:
    side.notes.clear()
    found = (recipe or Retrieve()).draft(kind, side, count)
    return list(islice((one for one in found if isinstance(one, Draft)), count))


def reply(draft: Draft, side: SideMaterials) -> str:
    spans = draft.messages[-1].spans
    return "".join(one.words(side.store.texts) for one in spans if isinstance(one, Span))


def shown(draft: Draft, side: SideMaterials) -> list[str]:
    """The passages in the order of the message."""
    return [
        one.words(side.store.texts)
        for one in draft.messages[0].spans
        if isinstance(one, Span) and one.role in ("evidence", "distractor")
    ]


# --- passages -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_passages_are_numbered_and_the_cited_ones_are_the_evidence(
    kind: str, side: SideMaterials
) -> None:
    made = drafted(side, kind)
    assert {one.meta["language"] for one in made} == {"en", "zh"}
    for draft in made:
        heads = [
            str(one.text)
            for one in draft.messages[0].spans
            if isinstance(one, Span) and one.role == "metadata"
        ]
        assert [int(CITED.match(one)[1]) for one in heads] == list(range(1, len(heads) + 1))  # type: ignore[index]
        assert len(heads) == len(draft.meta["passages"])
        assert shown(draft, side) == [side.text(one) for one in draft.meta["passages"]]
        numbers = [int(one) for one in CITED.findall(reply(draft, side))]
        assert sorted(set(numbers)) == sorted(draft.meta["cites"])
        for cite in draft.meta["cites"]:
            assert draft.meta["passages"][cite - 1] in draft.meta["evidence"]
        example = bare(draft, "train")
        assert not list(Citations().problems(example, side.store.texts))
        assert not list(Quote().problems(example, side.store.texts))


def test_a_head_says_number_title_and_headings_once() -> None:
    assert head(3, "Handbook", ("Handbook", "Part  1\n")) == "[3] Handbook > Part 1"
    assert head(12, "", ()) == "[12]"


def test_the_evidence_stands_at_every_place_about_as_often(side: SideMaterials) -> None:
    made = drafted(side, "retrieve-cite", 60, Retrieve(passages=(5, 5)))
    places = Counter(one.meta["cites"][0] for one in made)
    assert set(places) == {1, 2, 3, 4, 5}
    assert max(places.values()) - min(places.values()) <= 3
    pairs = [one.meta["cites"] for one in drafted(side, "retrieve-joined", 30)]
    assert all(len(set(pair)) == 2 for pair in pairs)
    assert {pair[0] < pair[1] for pair in pairs} == {True, False}


def test_by_rank_passages_stand_as_they_were_ranked(side: SideMaterials) -> None:
    for draft in drafted(side, "retrieve-quote", 20, Retrieve(order="rank")):
        ranking = [number for number, _ in Retriever.of_side(side).ranked(asked(draft), 400)]
        places = [ranking.index(one) for one in draft.meta["passages"] if one in ranking]
        assert places == sorted(places)


def test_distractors_are_what_the_search_finds_and_none_of_them_might_answer(
    side: SideMaterials,
) -> None:
    for draft in drafted(side, "retrieve-cite", 30):
        near = [number for number, _ in side.nearest(asked(draft), 60)]
        others = set(draft.meta["passages"]) - set(draft.meta["evidence"])
        assert others <= set(near)
        assert not others & set(draft.meta["rivals"])


def test_a_budget_bounds_the_passages_and_spares_the_evidence(side: SideMaterials) -> None:
    for draft in drafted(side, "retrieve-cite", 20, Retrieve(budget=260)):
        spans = draft.messages[0].spans
        roles = ("evidence", "distractor", "metadata")
        said = [one for one in spans if isinstance(one, Span) and one.role in roles]
        texts = [one.words(side.store.texts) for one in said]
        assert sum(side.tokens(texts)) <= 260
        assert draft.meta["evidence"][0] in draft.meta["passages"]
    lost = list(islice(Retrieve(budget=5).draft("retrieve-cite", side, 5), 30))
    reasons = {one.reason for one in lost if isinstance(one, Dropped)}
    assert "the evidence alone is longer than the budget for passages" in reasons
    assert not [one for one in lost if isinstance(one, Draft)]


# --- answers --------------------------------------------------------------------------------------


def test_a_quote_is_the_sentence_of_the_evidence_word_for_word(side: SideMaterials) -> None:
    styles = set()
    for draft in drafted(side, "retrieve-quote", 40):
        [quoted] = [one for one in draft.messages[-1].spans if isinstance(one, Span) and one.grain]
        sentence = quoted.words(side.store.texts)
        assert sentence in side.text(draft.meta["evidence"][0])
        assert sentence[-1] in ".。”"
        styles.add(draft.meta["style"])
        if draft.meta["form"] not in ("claim", "quote"):
            assert holds(sentence, draft.answer)
    assert styles == {"fact", "claim", "lookup"}


def test_a_false_claim_is_denied_with_the_fact_that_is_right(side: SideMaterials) -> None:
    made = [one for one in drafted(side, "retrieve-cite", 80) if one.meta["style"] == "claim"]
    false = [one for one in made if one.meta["template"].endswith("false")]
    assert 10 < len(false) < len(made) - 10
    for draft in made:
        text = side.text(draft.meta["evidence"][0])
        if draft in false:
            assert holds(text, draft.answer)
            assert holds(reply(draft, side), draft.answer)
            assert not holds(asked(draft), draft.answer)
        else:
            assert draft.answer in ("Yes", "没错")


def test_a_joined_answer_cites_the_source_of_each_fact(side: SideMaterials) -> None:
    for draft in drafted(side, "retrieve-joined", 25):
        said = reply(draft, side)
        for operand in draft.meta["operands"]:
            [number] = {
                int(found[1]) for found in re.finditer(rf"{operand}[^\[\]0-9]*\[(\d+)\]", said)
            }
            assert operand in side.text(draft.meta["passages"][number - 1])
        assert holds(said, draft.answer)


def test_what_no_passage_answers_is_refused_in_many_wordings(side: SideMaterials) -> None:
    made = drafted(side, "retrieve-refuse", 80)
    said = Counter((one.meta["language"], re.sub(r"\d+", "k", one.answer)) for one in made)
    for language in ("en", "zh"):
        assert len([one for one in said if one[0] == language]) >= 5
    for draft in made:
        assert draft.meta["cites"] == draft.meta["evidence"] == []
        [withheld] = draft.meta["withheld"]
        assert withheld not in draft.meta["passages"]
        assert not CITED.search(reply(draft, side))
    # A model must not tell from the instruction that there is no answer.
    first = {str(one.messages[0].spans[0].text) for one in made}  # type: ignore[union-attr]
    known = {
        line
        for styles in words.INSTRUCTIONS.values()
        for lines in styles.values()
        for line in lines
    }
    assert first <= known


def test_no_passage_says_the_answer_that_is_refused(side: SideMaterials) -> None:
    for draft in drafted(side, "retrieve-refuse", 60):
        if draft.meta["style"] != "fact":
            continue
        text = side.text(draft.meta["withheld"][0])
        blank = re.search(r"[“‘](.*?)____(.*?)[”’]", asked(draft))
        assert blank is not None
        found = re.search(re.escape(blank[1]) + "(.+?)" + re.escape(blank[2]), text)
        assert found is not None
        assert not any(holds(one, found[1]) for one in shown(draft, side))


def test_every_purpose_has_five_wordings_in_each_language() -> None:
    tables: list[Mapping[str, Any]] = [words.FACT, words.FACT_REPLY, words.CLAIM, words.CONFIRM]
    tables += [words.DENY, words.LOOKUP]
    for table in tables:
        assert min(len(set(table[language])) for language in ("en", "zh")) >= 5
    for nested in (words.INSTRUCTIONS, words.REFUSE):
        for language in ("en", "zh"):
            assert min(len(set(one)) for one in nested[language].values()) >= 5


def skeleton(question: str) -> str:
    """A question without what it quotes: the form in which it asks."""
    bare_words = re.sub(r"“.*?”|「.*?」|（[甲乙]）|\([ab]\)|\d+", " ", question)
    return " ".join(bare_words.split())


def test_its_questions_are_not_those_of_in2(side: SideMaterials) -> None:
    own = {skeleton(asked(one)) for kind in KINDS for one in drafted(side, kind, 40)}
    side.notes.clear()
    theirs = set()
    for kind in ("fine", "integration"):
        found = In2().draft(kind, side, 60)
        theirs |= {skeleton(asked(one)) for one in islice(found, 120) if isinstance(one, Draft)}
    assert min(len(own), len(theirs)) > 15
    assert not own & theirs


def test_another_fact_in_the_source_is_another_answer(tmp_path: Path) -> None:
    def answers(times: int, folder: Path) -> dict[str, str]:
        (folder / "documents").mkdir(parents=True)
        for number in range(4):
            text = re.sub(r"\d{3,4}", lambda one: str(int(one[0]) * times), handbook(number))
            (folder / "documents" / f"{number}.md").write_text(text, "utf-8")
        split = {"valid": 0.0, "test": 0.0}
        plan = small_plan(folder, teacher={"use": "extractive"}, split=split)
        made = drafted(materials_of(plan, folder / "work")["train"], "retrieve-cite", 150)
        facts = [one for one in made if one.meta["style"] == "fact" and "____" in asked(one)]
        numbers = [one for one in facts if one.meta["form"] == "number"]
        return {re.search(r"“.*____.*”", asked(one))[0]: one.answer for one in numbers}  # type: ignore[index]

    one, other = answers(1, tmp_path / "a"), answers(3, tmp_path / "b")
    both = one.keys() & other.keys()
    assert len(both) >= 4
    assert all(int(other[question]) == 3 * int(one[question]) for question in both)


# --- the retriever --------------------------------------------------------------------------------


def letters(texts: Sequence[str]) -> NDArray[np.float32]:
    """Texts as counts of hashed terms: an embedder without a model."""
    rows = np.zeros((len(texts), 256), np.float32)
    for row, text in enumerate(texts):
        np.add.at(rows[row], (terms(text)[0] % np.uint64(256)).astype(np.int64), 1)
    return rows


def test_the_recipe_and_a_user_of_the_same_texts_get_the_same_ranking(
    side: SideMaterials,
) -> None:
    everything = [side.text(number) for number in range(len(side.store.cut_document))]
    outside = Retriever.over(everything)
    for draft in drafted(side, "retrieve-cite", 10):
        inside = Retriever.of_side(side).ranked(asked(draft), 5)
        ranked = outside.ranked(asked(draft), 400)
        assert [one for one in ranked if one[0] in set(side.grains)][:5] == inside


def test_rankings_are_fused_by_reciprocal_rank() -> None:
    first, second = [(7, 9.0), (3, 8.0)], [(3, 0.9), (5, 0.8), (7, 0.1)]
    assert fused([first, second]) == [
        (3, 1 / 62 + 1 / 61),
        (7, 1 / 61 + 1 / 63),
        (5, 1 / 62),
    ]


@pytest.mark.parametrize("by", ["dense", "both"])
def test_passages_can_be_found_by_meaning(by: str, side: SideMaterials) -> None:
    recipe = Retrieve(by=by, embedder="test_recipe_retrieve:letters")
    made = drafted(side, "retrieve-cite", 12, recipe)
    assert len(made) == 12
    texts = [side.text(number) for number in side._numbers.tolist()]
    expected = Retriever.over(texts, by="dense", dense=ranker(letters, texts))
    found = Retriever.of_side(side, by="dense", embedder="test_recipe_retrieve:letters")
    for draft in made:
        assert draft.meta["retrieved"] == by
        ranked = expected.ranked(asked(draft), 3)
        numbers = [int(side._numbers[place]) for place, _ in ranked]
        assert [number for number, _ in found.ranked(asked(draft), 3)] == numbers


@pytest.mark.parametrize(
    "settings",
    [
        {"shares": {"guess": 1.0}},
        {"shares": {"cite": 0.0}},
        {"passages": (1, 3)},
        {"passages": (6, 3)},
        {"by": "luck"},
        {"by": "dense"},
        {"order": "random"},
        {"budget": -1},
        {"cap": 0.0},
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(PlanError, match="retrieve"):
        Retrieve(**settings)


def test_a_retriever_says_what_it_lacks() -> None:
    with pytest.raises(PlanError, match="embedder"):
        Retriever.over(["a", "b"], by="both")
    with pytest.raises(PlanError, match="luck"):
        Retriever.over(["a", "b"], by="luck")
    assert Retriever.over(["the lamp is red", "the pump is blue"]).ranked("pump?", 5)[0][0] == 1


# --- a language model -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Librarian(Author):
    """Answers from numbered passages as a model would; ``fault`` is what is wrong with it."""

    fault: str = ""

    name: ClassVar[str] = "librarian"

    def ask(self, requests: Sequence[Request]) -> Sequence[Answered | Refused]:
        """Replies in the form that the prompts ask for, or broken ones."""
        found = []
        for one in requests:
            text = json.dumps(
                self._answered(one) if one.task == "retrieve.answer" else self._said(one),
                ensure_ascii=False,
            )
            half = self.fault == "half" and one.task == "retrieve.answer"
            found.append(Answered(text=text[: len(text) // 2] if half else text))
        return found

    def _answered(self, request: Request) -> dict[str, Any]:
        assert request.prompt[0][1].count("<<<end") == len(request.material) + 1
        question = str(request.settings["question"])
        citations = []
        for number, text in enumerate(request.material, 1):
            for one in self._said(Request(task="in2.fine", material=(text,)))["questions"]:
                if one["question"] in question:
                    citations.append(({"passage": number, "quote": one["quotes"][0]}, one))
        if self.fault == "always sure" and not citations:
            quote = {"passage": 1, "quote": request.material[0][:40]}
            return self._told([quote], "12", request)
        if not citations or self.fault == "refuses":
            zh = request.settings["language"] == "zh"
            said = "没有查到，无法回答。" if zh else "I found nothing on that."
            return {"answerable": False, "answer": "", "response": said, "citations": []}
        answer = str(sum(int(one["answer"]) for _, one in citations))
        return self._told([one for one, _ in citations], answer, request)

    def _told(
        self, citations: list[dict[str, Any]], answer: str, request: Request
    ) -> dict[str, Any]:
        size = len(request.material)
        if self.fault == "other passage":
            other = citations[0]["passage"] % size + 1
            citations = [{"passage": other, "quote": request.material[other - 1][:40]}]
        if self.fault == "no such passage":
            citations = [{"passage": size + 1, "quote": citations[0]["quote"]}]
        if self.fault == "invents a quote":
            citations = [
                {**one, "quote": "Nobody ever said so in these words."} for one in citations
            ]
        if self.fault == "wrong answer":
            answer = "77777"
        marks = "".join(f"[{one['passage']}]" for one in citations)
        said = f"It is {answer} {marks}."
        if request.settings["language"] == "zh":
            said = f"查到的数量是{answer}{marks}。"
        if self.fault == "no marks":
            said = CITED.sub("", said)
        if self.fault == "another language":
            said = f"这里的数量一共是{answer}{marks}。"
            if request.settings["language"] == "zh":
                said = f"The number that was found is {answer} {marks}."
        return {"answerable": True, "answer": answer, "response": said, "citations": citations}


def asked_model(folder: Path, kind: str, fault: str = "", many: int = 12) -> list[Draft | Dropped]:
    teacher = {"use": "test_recipe_retrieve:Librarian", "fault": fault}
    side = materials_of(small_plan(folder, teacher=teacher), folder / "work")["train"]
    return list(islice(Retrieve().draft(kind, side, many), 3 * many))


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_answers_from_the_passages(kind: str, tmp_path: Path) -> None:
    made = [one for one in asked_model(tmp_path, kind) if isinstance(one, Draft)]
    assert len(made) >= 8
    for draft in made:
        spans = [one for one in draft.messages[-1].spans if isinstance(one, Span)]
        assert all(one.loss == 1.0 for one in spans)
        numbers = {int(n) for one in spans for n in CITED.findall(one.text or "")}
        assert numbers == set(draft.meta["cites"])
        assert draft.meta["form"] == ("refusal" if kind == "retrieve-refuse" else "free")
        if kind == "retrieve-quote":
            assert sum(one.grain is not None for one in spans) == len(draft.meta["cites"])


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("half", "the reply holds no whole JSON object"),
        ("refuses", "the reply refuses although a passage answers"),
        ("other passage", "the reply cites other passages than those that answer"),
        ("no such passage", "the reply cites a passage that there is not"),
        ("invents a quote", "a quote of the reply is not in the passage that it cites"),
        ("wrong answer", "the reply gives another answer than the evidence"),
        ("no marks", "the citations in the reply are not those that it proves"),
        ("another language", "the reply is in another language than the question"),
    ],
)
def test_a_reply_that_cannot_be_used_is_dropped_with_its_reason(
    fault: str, reason: str, tmp_path: Path
) -> None:
    items = asked_model(tmp_path, "retrieve-cite", fault)
    assert not [one for one in items if isinstance(one, Draft)]
    lost = Counter(one.reason for one in items if isinstance(one, Dropped))
    assert lost[reason] >= 8
    assert all(one.id and one.step == "draft" for one in items if isinstance(one, Dropped))


def test_a_model_that_answers_what_no_passage_answers_is_not_believed(tmp_path: Path) -> None:
    items = asked_model(tmp_path, "retrieve-refuse", "always sure")
    assert not [one for one in items if isinstance(one, Draft)]
    lost = Counter(one.reason for one in items if isinstance(one, Dropped))
    assert lost["the reply answers although no passage does"] >= 8


def test_calls_can_be_foreseen_without_asking_anyone(tmp_path: Path) -> None:
    plan = rehearsing(small_plan(tmp_path, teacher={"use": "openai", "model": "none"}))
    side = materials_of(plan, tmp_path / "work")["train"]
    for kind in KINDS:
        side.notes.clear()
        found = list(islice(Retrieve().draft(kind, side, 6), 60))
        assert sum(isinstance(one, Draft) for one in found) >= 4, kind
