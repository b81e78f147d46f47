"""Outlines are the document's own, places are unambiguous, summaries of summaries lose nothing unlisted."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

import pytest

from longgrain.checks.fidelity import Fidelity
from longgrain.checks.quote import Quote
from longgrain.errors import PlanError
from longgrain.grains import heading_title
from longgrain.make import bare, component
from longgrain.materials import SideMaterials
from longgrain.recipes.hierarchy import SHARES, Hierarchy
from longgrain.recipes.hierarchy.nodes import groups, nodes_of, without_number
from longgrain.recipes.hierarchy.outline import document_outline, group_outline, outline_of
from longgrain.types import Answered, Draft, Dropped, Refused, Request, Slot, Span
from small import materials_of, small_plan
from test_free_questions import STATED, asked

CORPORA = Path(__file__).parents[1].parent / "shared" / "data" / "corpora"
COLOURS = ("red", "blue", "green", "black", "brown", "white", "pink", "grey", "gold", "tan", "teal")
KINDS = [f"hierarchy-{kind}" for kind in SHARES]


def materials(folder: Path, **teacher: Any) -> SideMaterials:
    use = {"teacher": {"use": "test_recipe_hierarchy:Summariser", **teacher}} if teacher else {}
    return materials_of(small_plan(folder, **use), folder / "work")["train"]


def of(folder: Path, **documents: str) -> SideMaterials:
    """The training side of documents that are all of it."""
    (folder / "documents").mkdir(parents=True)
    for name, text in documents.items():
        (folder / "documents" / f"{name}.md").write_text(text, "utf-8")
    plan = small_plan(folder, split={"valid": 0.0, "test": 0.0})
    return materials_of(plan, folder / "work")["train"]


def drawn(side: SideMaterials, kind: str, count: int, **settings: Any) -> list[Draft | Dropped]:
    recipe: Hierarchy = component("recipes", "hierarchy", settings)
    return list(islice(recipe.draft(kind, side, count), 6 * count))


def drafts(side: SideMaterials, kind: str, count: int = 8, **settings: Any) -> list[Draft]:
    found = [one for one in drawn(side, kind, count, **settings) if isinstance(one, Draft)]
    return found[:count]


def reasons(items: Sequence[Draft | Dropped]) -> Counter[str]:
    return Counter(one.reason for one in items if isinstance(one, Dropped))


def spans(draft: Draft, role: str) -> Iterator[Span]:
    for message in draft.messages:
        yield from (one for one in message.spans if isinstance(one, Span) and one.role == role)


def question(draft: Draft) -> str:
    return "".join(one.text or "" for one in spans(draft, "question"))


@pytest.fixture(scope="module")
def side(tmp_path_factory: pytest.TempPathFactory) -> SideMaterials:
    return materials(tmp_path_factory.mktemp("hierarchy"))


# --- outlines ---


def test_an_outline_has_the_headings_of_what_is_quoted_in_their_order(side: SideMaterials) -> None:
    for draft in drafts(side, "hierarchy-outline"):
        [quoted] = spans(draft, "evidence")
        text = quoted.words(side.store.texts)
        found = [heading_title(one) for one in re.findall(r"^#+ .+$", text, re.MULTILINE)]
        listed = [line.strip().removeprefix("- ") for line in draft.answer.splitlines()]
        assert listed == [one for one in found if one in listed]
        assert len(listed) >= 3
        [answer] = spans(draft, "answer")
        assert answer.grain
        assert side.made_documents[answer.grain.doc_id].source == "made:hierarchy"
        assert answer.loss == 1.0


@pytest.mark.parametrize(("depth", "deepest"), [(1, 0), (2, 1), (3, 2)])
def test_an_outline_is_as_deep_as_its_field_says(tmp_path: Path, depth: int, deepest: int) -> None:
    text = "# Book\n\n" + "\n\n".join(
        f"## Part {a}x\n\n" + "\n\n".join(
            f"### Chapter {a}{b}y\n\n#### Section {a}{b}z\n\nThe {a}th lamp near gate {b} is lit."
            for b in range(3)
        )
        for a in range(3)
    )  # fmt: skip
    here = of(tmp_path, book=text)
    [doc_id] = here.documents
    found = document_outline(here, doc_id, depth=depth, tokens=2000)
    assert found
    indents = [(len(line) - len(line.lstrip())) // 2 for line in found.text.splitlines()]
    assert max(indents) == deepest
    assert indents[0] == 0


def test_an_outline_keeps_to_its_budget_by_being_less_deep(side: SideMaterials) -> None:
    nodes = nodes_of(side, side.documents[0])
    whole = outline_of(nodes, depth=3, tokens=4000, materials=side)
    assert whole
    assert whole.is_whole
    size = side.tokens([whole.text])[0]
    smaller = outline_of(nodes, depth=3, tokens=size - 1, materials=side)
    assert smaller
    assert not smaller.is_whole
    assert side.tokens([smaller.text])[0] < size
    assert outline_of(nodes, depth=3, tokens=2, materials=side) is None
    group = next(groups(side, (400, 6144)))
    assert group_outline(side, group, depth=3, tokens=2) is None
    made = drawn(side, "hierarchy-outline", 4, outline_tokens=16)
    assert reasons(made)["the outline does not fit its budget"]


def test_a_document_without_headings_is_outlined_by_its_own_sentences(tmp_path: Path) -> None:
    lines = [
        f"In May the keeper of lock {n} counted {n * 7} boats near Tarn. The lamp {n} was not lit."
        for n in range(200)
    ]
    here = of(tmp_path, plain="\n\n".join(lines))
    found = drafts(here, "hierarchy-outline", 3)
    assert found
    for draft in found:
        text = here.store.texts[draft.evidence[0].doc_id]
        listed = [line.strip().removeprefix("- ") for line in draft.answer.splitlines()]
        assert len(listed) >= 3
        places = [text.index(one) for one in listed]
        assert places == sorted(places)
    assert reasons(drawn(here, "hierarchy-structure", 2))


def test_a_table_has_no_sentence_that_tells_its_course(tmp_path: Path) -> None:
    rows = "\n".join(f"| lock {n} | opened {n * 7} times | {n + 3} boats |" for n in range(400))
    assert not drafts(of(tmp_path, table=rows), "hierarchy-outline", 3)


def test_the_share_of_local_examples_with_an_outline_is_a_field(side: SideMaterials) -> None:
    for kind in ("hierarchy-sentence", "hierarchy-paragraph"):
        for share, counted in ((0.0, {0}), (1.0, {30})):
            side.notes.clear()
            made = drafts(side, kind, 30, outline_share=share)
            with_one = [one for one in made if list(spans(one, "summary"))]
            assert {len(with_one)} == counted, kind
            assert [bool(one.meta["outlined"]) for one in made].count(True) == len(with_one)
        side.notes.clear()
        some = drafts(side, kind, 30, outline_share=0.5)
        assert 7 <= sum(one.meta["outlined"] for one in some) <= 23


def test_an_outline_stands_before_the_local_passage(side: SideMaterials) -> None:
    side.notes.clear()
    for draft in drafts(side, "hierarchy-sentence", 5, outline_share=1):
        parts = draft.messages[0].spans
        places = {getattr(one, "role", "slot"): at for at, one in enumerate(parts)}
        assert places["summary"] < places["slot"] < places["question"]
        [summary] = spans(draft, "summary")
        assert summary.loss == 0
        assert summary.grain
        assert side.made_documents[summary.grain.doc_id].meta["of"] == draft.evidence[0].doc_id
        assert draft.meta["layout"] == "long"


# --- where is it said ---


def test_a_place_is_told_by_its_heading_and_the_whole_sentence(side: SideMaterials) -> None:
    for draft in drafts(side, "hierarchy-where", 10):
        [quote] = draft.meta["quotes"]
        assert quote in draft.answer
        assert quote not in question(draft)
        assert draft.meta["path"][-1] in draft.answer
        assert draft.meta["layout"] == "stretch"
        assert any(isinstance(one, Slot) for one in draft.messages[0].spans)
        assert not list(Quote().problems(bare(draft, "train"), side.store.texts))


def test_words_that_stand_twice_and_headings_that_are_equal_are_dropped(tmp_path: Path) -> None:
    said = "The keeper of the northern lock near Tarn counted every boat that passed it in May."
    same = "\n\n".join(f"## Lock {a}\n\n{said}" for a in "ABCD")
    alike = "\n\n".join(
        f"## The Lock\n\nThe keeper of lock {n} near Tarn counted {n} boats in the month of May."
        for n in (11, 12, 13, 14)
    )
    one = reasons(
        drawn(of(tmp_path / "a", same=f"# S\n\n{same}"), "hierarchy-where", 4, section=[8, 99])
    )
    other = reasons(
        drawn(of(tmp_path / "b", alike=f"# A\n\n{alike}"), "hierarchy-where", 4, section=[8, 99])
    )
    assert one == {"the words are said in more than one place": 4}
    assert other["another section has the same heading"] == 4
    title = reasons(
        drawn(of(tmp_path / "c", alike=f"# A\n\n{alike}"), "hierarchy-title", 4, section=[8, 99])
    )
    assert title == {"another section has the same heading": 4}


# --- order, structure, titles, paragraphs ---


def test_the_order_that_is_told_is_the_order_of_the_pages(side: SideMaterials) -> None:
    for draft in drafts(side, "hierarchy-order"):
        listed = dict(re.findall(r"^([A-H])\. (.+)$", question(draft), re.MULTILINE))
        [quoted] = spans(draft, "evidence")
        text = quoted.words(side.store.texts)
        told = [listed[letter] for letter in draft.answer.split(", ")]
        assert told == draft.meta["operands"]
        assert len(told) >= 3
        places = [text.index(one) for one in told]
        assert places == sorted(places)
        assert told != list(listed.values())


@pytest.mark.parametrize(
    ("title", "bare_title"),
    [
        ("第七章 危害国防利益罪", "危害国防利益罪"),
        ("Chapter V", ""),
        ("4.2.1 Permitted Types", "Permitted Types"),
        ("IX: Doors", "Doors"),
        ("Civil Rights", "Civil Rights"),
        ("一、管辖", "管辖"),
        ("2FA in use", "2FA in use"),
    ],
)
def test_numbers_of_titles_are_told_from_titles(title: str, bare_title: str) -> None:
    assert without_number(title) == bare_title


def test_structure_is_asked_for_where_only_one_heading_is_meant(side: SideMaterials) -> None:
    for draft in drafts(side, "hierarchy-structure"):
        [quoted] = spans(draft, "evidence")
        text = quoted.words(side.store.texts)
        [title] = re.findall("“([^”]+)”", question(draft))
        titles = [heading_title(one) for one in re.findall(r"^#+ .+$", text, re.MULTILINE)]
        answer = draft.answer.splitlines()
        assert all(one in titles for one in answer)
        if len(answer) == 1:
            assert titles[titles.index(title) + 1] == answer[0]


def test_a_title_that_is_a_number_alone_is_not_asked_for(side: SideMaterials) -> None:
    made = drawn(side, "hierarchy-title", 20)
    assert reasons(made)["the heading is a number alone"]
    for draft in made:
        if isinstance(draft, Draft):
            [quoted] = spans(draft, "evidence")
            assert not quoted.words(side.store.texts).startswith("#")
            nodes = nodes_of(side, draft.evidence[0].doc_id)
            assert sum(one.title == draft.answer for one in nodes) == 1


def test_a_paragraph_is_told_by_its_first_sentence(side: SideMaterials) -> None:
    for draft in drafts(side, "hierarchy-paragraph"):
        [quoted] = spans(draft, "evidence")
        text = quoted.words(side.store.texts)
        assert text.count(draft.answer) == 1
        at = text.index(draft.answer)
        assert at == 0 or text[:at].endswith("\n\n")


# --- summaries of summaries ---


def test_a_summary_is_made_of_the_summaries_below_it(side: SideMaterials) -> None:
    for draft in drafts(side, "hierarchy-summary", 5):
        parts = [one.words(side.store.texts) for one in spans(draft, "summary")]
        assert len(parts) == draft.meta["sections"] >= 3
        assert len(draft.answer) < sum(map(len, parts))
        squeezed = re.sub(r"\s", "", "".join(parts))
        for line in filter(None, draft.answer.splitlines()):
            assert re.sub(r"\s", "", line) in squeezed
        assert draft.meta["lost"]["numbers"]
        assert not list(Fidelity().problems(bare(draft, "train"), side.store.texts))
    assert side.guards["numbers left out of summaries, and listed"] > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Summariser:
    """A prompted teacher that takes sentences of what it is shown, or does what ``fault`` says."""

    name: ClassVar[str] = "summariser"
    version: ClassVar[str] = "1"
    prompted: ClassVar[bool] = True

    fault: str = "none"

    def ask(self, requests: Sequence[Request]) -> Sequence[Answered | Refused]:
        assert all(one.prompt and one.schema for one in requests)
        return [Answered(text=self._said(one)) for one in requests]

    def _said(self, request: Request) -> str:
        if request.task == "in2.fine":
            found = [asked(one) for one in STATED.finditer(request.material[0])]
            return json.dumps({"questions": found[:4]}, ensure_ascii=False)
        said = json.loads(Hierarchy.rehearse(request))["summary"]
        said = {"lies": f"{said} 98765", "refuses": "抱歉，我无法完成。"}.get(self.fault, said)
        if self.fault == "other":
            said = (
                "No lamp burned near the gate."
                if request.settings["language"] == "zh"
                else "没有点灯。"
            )
        reply = json.dumps({"summary": said}, ensure_ascii=False)
        return reply[:-4] if self.fault == "half" else reply


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("lies", "the summary has numbers that its source does not have"),
        ("refuses", "the reply refuses"),
        ("other", "the summary is in another language than its source"),
        ("half", "the reply holds no whole JSON object"),
    ],
)
def test_a_reply_that_cannot_be_used_drops_the_draft(
    tmp_path: Path, fault: str, reason: str
) -> None:
    made = drawn(materials(tmp_path, fault=fault), "hierarchy-summary", 4)
    assert not [one for one in made if isinstance(one, Draft)]
    assert reasons(made)[reason] >= 3


def test_sound_replies_are_learned_and_what_they_lost_is_listed(tmp_path: Path) -> None:
    here = materials(tmp_path, fault="none")
    made = drafts(here, "hierarchy-summary", 4)
    assert {one.meta["by"] for one in made} == {"summariser"}
    for draft in made:
        assert not list(Fidelity().problems(bare(draft, "train"), here.store.texts))


# --- all kinds ---


def test_a_fact_of_the_source_changes_the_examples(tmp_path: Path) -> None:
    chapters = "\n\n".join(
        f"## The {name} gate\n\nThe keeper of the {name} gate counted {n} boats near Tarn in May. "
        f"Nobody else in the village saw more than a dozen of them. The lamp over the {name} gate "
        "was lit at dusk by the keeper himself.\n\nA second keeper came to the village in June."
        for n, name in enumerate(COLOURS, 310)
    )
    said: list[set[str]] = []
    for name, text in (
        ("a", chapters),
        ("b", chapters.replace("315", "777").replace("white", "ivory")),
    ):
        here = of(tmp_path / name, book=f"# Book\n\n{text}")
        words: set[str] = set()
        for kind in KINDS:
            for draft in drafts(here, kind, 12, section=[16, 400], tokens=[100, 1500]):
                words.add(f"{question(draft)} {draft.answer}")
        said.append(words)
    assert any("ivory" in one for one in said[1])
    assert not any("ivory" in one or "777" in one for one in said[0])
    assert said[0] != said[1]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"shares": {"haiku": 1}}, "kinds are"),
        ({"shares": {"title": 0}}, "kinds are"),
        ({"tokens": [10, 5]}, "smaller first"),
        ({"section": [0, 5]}, "smaller first"),
        ({"depth": 0}, "1 level or more"),
        ({"outline_tokens": 3}, "16 or more"),
        ({"outline_share": 1.5}, "0..1"),
        ({"abstractive": -1}, "0..1"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(PlanError, match=re.escape(words)):
        component("recipes", "hierarchy", settings)


@pytest.mark.skipif(not CORPORA.is_dir(), reason="shared/data/corpora is not here")
def test_real_books_and_laws_have_outlines_of_their_own_headings(tmp_path: Path) -> None:
    names = ("zh/law/xingfa.md", "en/gov/nist-sp800-63b.md", "en/books/dracula.txt")
    plan = small_plan(
        tmp_path,
        sources=[str(CORPORA / name) for name in names],
        split={"valid": 0.0, "test": 0.0},
    )
    here = materials_of(plan, tmp_path / "work")["train"]
    for doc_id in here.documents:
        found = document_outline(here, doc_id, depth=3, tokens=512)
        assert found
        assert len(found.titles) > 8
        assert here.tokens([found.text])[0] <= 512
        text = here.document(doc_id).text
        assert sum(title in text for title in found.titles) > 0.9 * len(found.titles)
