"""Compressed texts: nothing of weight is lost unlisted, what must be kept is, replies are not believed."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

import pytest

from longgrain.checks.fidelity import Fidelity
from longgrain.errors import PlanError
from longgrain.fidelity import KINDS, counts, items, lost, unlisted
from longgrain.grains import tree
from longgrain.make import bare, component
from longgrain.materials import SideMaterials
from longgrain.modality import negations, obligations
from longgrain.recipes.compress import Compress, compressed
from longgrain.recipes.compress.entities import entities_of
from longgrain.types import Answered, Draft, Dropped, Refused, Request, Span
from small import materials_of, small_plan
from test_free_questions import STATED, asked

CORPORA = Path(__file__).parents[1].parent / "shared" / "data" / "corpora"
NORMATIVE = sorted([*CORPORA.glob("zh/law/*"), *CORPORA.glob("en/gov/*")])
real = pytest.mark.skipif(not CORPORA.is_dir(), reason="shared/data/corpora is not here")

LAW = (
    "第一条 申请人应当在三十日内提交申请，不得逾期。登记机关收到申请后发给回执。\n\n"
    "第二条 申请人可以委托他人办理。委托书自2021年5月1日起由登记机关统一印制。\n\n"
    "第三条 登记机关对材料进行审查。审查的结果以书面形式通知申请人。材料的样式见附表。"
)
RULES = (
    "The verifier keeps a log. The log lists every attempt. It is read once a week.\n\n"
    "A verifier SHALL lock an account after 100 attempts. An account SHALL NOT be opened by mail.\n\n"
    "The office in Tarn printed the forms in May 2017. Other forms are still in use. They are blue."
)


def texts(name: str) -> str:
    return (CORPORA / name).read_text("utf-8")


# --- the account of what was lost ---


def by_hand(text: str) -> Counter[str]:
    """Digits and the plainest words of duty and denial, counted without the package."""
    return Counter(re.findall(r"\d+|SHALL|SHOULD|MUST|应当|不得|必须", text))


def accounted(text: str, tally: dict[str, dict[str, int]], words: Counter[str]) -> Counter[str]:
    """Those of the compressed text and of the list together."""
    total = Counter(by_hand(text))
    for kind, listed in tally.items():
        for word, count in listed.items():
            for one in by_hand(word):
                # 不得 and SHALL NOT are listed as denials, too; a date's digits only as a date's.
                if kind != "negations":
                    total[one] += count * by_hand(word)[one]
    return Counter({word: total[word] for word in words})


@real
@pytest.mark.parametrize("path", NORMATIVE, ids=lambda one: one.stem)
@pytest.mark.parametrize("budget", [0.1, 0.4])
def test_every_number_and_obligation_of_law_and_rules_is_kept_or_listed(
    path: Path, budget: float
) -> None:
    source = path.read_text("utf-8")
    found = compressed(source, budget=budget)
    assert found.tokens <= budget * found.of
    assert len(found.text) < 0.6 * len(source)
    assert unlisted(source, found.text, found.lost) == []
    said = by_hand(source)
    assert accounted(found.text, found.lost, said) == said
    for kind, words in (("obligations", obligations), ("negations", negations)):
        kept = sum(len(words(source[start:end])) for start, end in found.kept)
        gone = sum(found.lost.get(kind, {}).values())
        assert kept + gone == sum(one.kind == kind for one in items(source))


@real
def test_the_same_holds_for_sections() -> None:
    count = 0
    for path in NORMATIVE:
        source = path.read_text("utf-8")
        for node in tree(source).grains("", ("chapter", "section"))[::7]:
            words = source[node.start : node.end]
            if 400 < len(words) < 4000:
                found = compressed(words, budget=0.3)
                assert unlisted(words, found.text, found.lost) == []
                assert set(counts(found.lost)) <= set(KINDS)
                count += 1
    assert count > 40


def test_what_is_left_out_of_the_list_is_found() -> None:
    found = compressed(LAW, budget=0.3)
    assert found.lost
    for kind, words in found.lost.items():
        for word in words:
            shorter = {**found.lost, kind: {one: n for one, n in words.items() if one != word}}
            # A name that is still said once is not lost.
            still = kind == "names" and word in found.text
            assert unlisted(LAW, found.text, shorter) == ([] if still else [kind])


def test_numbers_are_held_by_value_and_counted_by_occurrence() -> None:
    assert lost("It took 12 days.", "It took twelve days.") == {}
    assert lost("共12天，又12天。", "共十二天。") == {"numbers": {"12": 1}}
    assert lost("申请人应当登记。", "申请人可以登记。") == {"obligations": {"应当": 1}}
    assert lost("He SHALL NOT go.", "He SHALL go.") == {
        "negations": {"NOT": 1},
        "obligations": {"SHALL NOT": 1},
    }
    assert lost("See 800-63B, § 5.1.1, h264.", "")["numbers"] == {"800-63": 1, "5.1.1": 1, "264": 1}
    assert lost("十五日内，第三百条之一，万一。", "")["numbers"].keys() == {"十五", "第三百"}


def test_the_check_counts_anew_and_takes_nobodys_word(tmp_path: Path) -> None:
    side = materials(tmp_path)
    draft = drafts(side, "compress-section", 1)[0]
    example = bare(draft, "train")
    assert list(Fidelity().problems(example, side.store.texts)) == []
    assert draft.meta["lost"]["numbers"]
    silent = replace(example, lineage={**example.lineage, "lost": {}})
    assert "numbers of the source are neither" in next(
        Fidelity().problems(silent, side.store.texts)
    )
    assert not list(Fidelity(kinds=()).problems(silent, side.store.texts))
    forgetful = replace(example, lineage={**example.lineage, "kept": True, "answer": "98765"})
    reasons = list(Fidelity().problems(forgetful, side.store.texts))
    assert reasons == ["the compressed text has lost the answer"]
    with pytest.raises(ValueError, match="none that can be lost"):
        Fidelity(kinds=("commas",))


# --- what is kept ---


@pytest.mark.parametrize("text", [LAW, RULES])
@pytest.mark.parametrize("kind", KINDS)
def test_sentences_with_a_kind_that_must_be_kept_are_kept(text: str, kind: str) -> None:
    found = compressed(text, budget=0.8, keep=[kind])
    assert not found.problem
    assert kind not in found.lost
    assert found.tokens < 0.81 * found.of


def test_a_budget_that_cannot_hold_them_says_so() -> None:
    found = compressed(RULES, budget=10, keep=["obligations"])
    assert found.problem == "the budget cannot hold every sentence with obligations"
    assert found.tokens <= 10
    assert "obligations" in found.lost


@real
def test_obligations_of_a_whole_law_are_kept_where_there_is_room() -> None:
    source = texts("zh/law/minfadian.md")
    found = compressed(source, budget=0.8, keep=["obligations"])
    assert not found.problem
    assert "obligations" not in found.lost
    assert found.tokens <= 0.8 * found.of


@pytest.mark.parametrize("budget", [0.2, 0.5, 12, 40])
@pytest.mark.parametrize("text", [LAW, RULES])
def test_the_budget_is_kept_and_the_words_are_the_sources_own(text: str, budget: float) -> None:
    found = compressed(text, budget=budget)
    assert found.tokens <= (budget * found.of if budget <= 1 else budget)
    squeezed = re.sub(r"\s", "", found.text)
    assert squeezed == re.sub(r"\s", "", "".join(text[start:end] for start, end in found.kept))
    assert list(found.kept) == sorted(found.kept)


def test_a_question_decides_what_stays() -> None:
    about_mail = compressed(RULES, budget=0.4, question="Can an account be opened by mail?")
    about_forms = compressed(RULES, budget=0.4, question="Where were the forms printed?")
    assert "SHALL NOT be opened by mail" in about_mail.text
    assert "Tarn printed the forms" in about_forms.text
    assert "Tarn" not in compressed(RULES, budget=0.9, question="mail?", bearing=0.9).text


def test_an_item_of_a_list_comes_with_the_words_before_the_list() -> None:
    law = (
        "第七十五条 被宣告缓刑的人，应当遵守下列规定：\n\n（一）遵守法律；\n\n"
        "（二）按照考察机关的规定报告自己的活动情况；\n\n（三）遵守会客的规定。"
    )
    found = compressed(law, budget=0.75)
    assert "（二）" in found.text
    assert "下列规定" in found.text


@pytest.mark.parametrize("text", ["a" * 5_000_000, "中" * 2_000_000, "法1。" * 300_000])
def test_a_text_without_a_break_takes_linear_time(text: str) -> None:
    start = time.perf_counter()
    found = compressed(text, budget=1000)
    assert found.tokens <= 1000
    assert time.perf_counter() - start < 90


@pytest.mark.parametrize("text", ["", "\n\n", "。", "<div></div>", "```\nx = 1\n```"])
def test_where_there_is_no_sentence_none_is_made_up(text: str) -> None:
    found = compressed(text)
    assert (found.text, found.kept) == ("", ())
    assert found.problem


def test_a_row_of_a_table_answers_questions_and_sums_up_nothing() -> None:
    rows = "\n".join(f"| pier {n} | {n * 7} metres | {n + 3} cranes |" for n in range(2, 20))
    text = f"The harbour has many piers.\n\n| pier | length | cranes |\n|---|---|---|\n{rows}\n"
    assert "|" not in compressed(text, budget=0.5).text
    assert "| pier 9 | 63 metres |" in compressed(text, budget=0.5, question="Pier 9?").text


# --- drafts ---


def materials(folder: Path, **teacher: Any) -> SideMaterials:
    use = {"teacher": {"use": "test_recipe_compress:Summariser", **teacher}} if teacher else {}
    return materials_of(small_plan(folder, **use), folder / "work")["train"]


def drawn(side: SideMaterials, kind: str, count: int, **settings: Any) -> list[Draft | Dropped]:
    recipe: Compress = component("recipes", "compress", settings)
    return list(islice(recipe.draft(kind, side, count), 4 * count))


def drafts(side: SideMaterials, kind: str, count: int, **settings: Any) -> list[Draft]:
    return [one for one in drawn(side, kind, count, **settings) if isinstance(one, Draft)][:count]


def reasons(items: Sequence[Draft | Dropped]) -> Counter[str]:
    return Counter(one.reason for one in items if isinstance(one, Dropped))


def spans(draft: Draft, role: str) -> Iterator[Span]:
    for message in draft.messages:
        yield from (one for one in message.spans if isinstance(one, Span) and one.role == role)


def test_a_compressed_text_is_a_document_that_summaries_quote(tmp_path: Path) -> None:
    side = materials(tmp_path)
    learned = {"compress-section": 1.0, "compress-focused": 1.0, "compress-answer": 0.0}
    for kind, loss in learned.items():
        for draft in drafts(side, kind, 6):
            [summary] = spans(draft, "summary")
            assert summary.loss == loss
            assert summary.grain
            made = side.made_documents[summary.grain.doc_id]
            assert made.source == "made:compress"
            assert made.meta["of"] == draft.meta["source"][0]
            assert draft.meta["made"] == made.id
            assert draft.meta["tokens"] < draft.meta["of_tokens"]


def test_the_compressed_text_stands_in_the_place_of_its_source(tmp_path: Path) -> None:
    side = materials(tmp_path)
    for draft in drafts(side, "compress-answer", 8):
        assert not list(spans(draft, "evidence"))
        [summary] = spans(draft, "summary")
        assert draft.answer in summary.words(side.store.texts)
        [note] = spans(draft, "metadata")
        gone = counts(draft.meta["lost"])
        assert str(gone["numbers"]) in (note.text or "")
    assert not list(spans(drafts(side, "compress-answer", 1, note=False)[0], "metadata"))


def test_what_was_lost_is_counted_for_the_report(tmp_path: Path) -> None:
    side = materials(tmp_path)
    made = drafts(side, "compress-section", 4)
    told = Counter[str]()
    for draft in made:
        told.update(counts(draft.meta["lost"]))
    event = "numbers left out of compressed texts, and listed"
    assert side.guards[event] >= told["numbers"] > 0


def test_a_draft_that_cannot_keep_what_it_must_is_dropped(tmp_path: Path) -> None:
    side = materials(tmp_path)
    made = drawn(side, "compress-section", 6, keep=["numbers"], budget=0.3)
    assert not [one for one in made if isinstance(one, Draft)]
    assert reasons(made)["the budget cannot hold every sentence with numbers"]


def test_a_list_of_people_is_no_text_to_shorten(tmp_path: Path) -> None:
    people = "  \n".join(f"Anna {chr(65 + n % 26)}. Tarn" for n in range(120))
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "people.md").write_text(f"# Authors\n\n{people}\n", "utf-8")
    plan = small_plan(tmp_path, split={"valid": 0.0, "test": 0.0})
    made = drawn(materials_of(plan, tmp_path / "work")["train"], "compress-section", 4)
    assert reasons(made)["too few whole sentences to choose from"] == len(made) > 0


def test_a_fact_of_the_source_changes_the_example(tmp_path: Path) -> None:
    (tmp_path / "a" / "documents").mkdir(parents=True)
    (tmp_path / "b" / "documents").mkdir(parents=True)
    rules = "\n\n".join(f"## Part {n}\n\n" + RULES.replace("100", str(n)) for n in range(300, 312))
    for name, text in (("a", rules), ("b", rules.replace("309", "777"))):
        (tmp_path / name / "documents" / "rules.md").write_text("# Rules\n\n" + text, "utf-8")
    said = []
    for name in ("a", "b"):
        plan = small_plan(tmp_path / name, split={"valid": 0.0, "test": 0.0})
        side = materials_of(plan, tmp_path / name / "work")["train"]
        settings = {"tokens": [20, 200], "keep": ["obligations"], "budget": 0.6}
        said.append({one.answer for one in drafts(side, "compress-section", 12, **settings)})
    assert any("777" in one for one in said[1])
    assert not any("777" in one for one in said[0])
    assert {one.replace("309", "777") for one in said[0]} == said[1]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"shares": {"haiku": 1}}, "kinds are"),
        ({"shares": {"section": -1}}, "kinds are"),
        ({"budget": 0}, "nothing fits"),
        ({"keep": ["commas"]}, "cannot be kept"),
        ({"tokens": [10, 5]}, "smaller first"),
        ({"context": [0, 5]}, "smaller first"),
        ({"abstractive": 2}, "0..1"),
        ({"bearing": -1}, "0..1"),
        ({"entities": 0}, "1 or more"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(PlanError, match=re.escape(words)):
        component("recipes", "compress", settings)
    with pytest.raises(PlanError):
        compressed(RULES, budget=-1)
    with pytest.raises(PlanError):
        compressed(RULES, keep=["commas"])


# --- tables ---


def test_a_table_holds_what_the_words_say() -> None:
    english = entities_of(
        "## 4.1 Passwords\n\nThe Office of Tarn Harbour (OTH) wrote the rules. Mrs. Ada Pell paid "
        "12 fines. See Section 5.2.1 for more. A nonce is a value that is used once.",
        "en",
    )
    named = {one["name"]: one for one in english["entities"]}
    assert named["Office of Tarn Harbour"]["attributes"] == {"abbreviation": "OTH"}
    assert named["Mrs. Ada Pell"]["type"] == "person"
    assert named["Mrs. Ada Pell"]["attributes"]["amounts beside it"] == ["12 fines"]
    assert named["nonce"]["attributes"]["definition"] == "a value that is used once"
    assert english["relations"] == [
        {"subject": "Section 4.1", "relation": "refers to", "object": "Section 5.2.1"}
    ]
    chinese = entities_of(
        "第三条 依照本法第十条的规定办理。\n\n第四条 本法所称住所，是指公民经常居住的地方。", "zh"
    )
    assert {"subject": "第三条", "relation": "援引", "object": "第十条"} in chinese["relations"]
    [term] = [one for one in chinese["entities"] if one["type"] == "术语"]
    assert term == {"name": "住所", "type": "术语", "attributes": {"定义": "公民经常居住的地方"}}


def test_a_table_is_json_and_what_it_lacks_is_listed(tmp_path: Path) -> None:
    side = materials(tmp_path)
    for draft in drafts(side, "compress-entities", 4):
        table = json.loads(draft.answer)
        assert len(table["entities"]) >= 3
        source = side.store.texts[draft.meta["source"][0]]
        assert all(one["name"] in source for one in table["entities"])
        assert not list(Fidelity().problems(bare(draft, "train"), side.store.texts))


# --- replies of a model ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Summariser:
    """A prompted teacher that takes first sentences, or does what ``fault`` says."""

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
        reply = json.loads(Compress.rehearse(request) or '{"summary": ""}')
        if self.fault == "half":
            return json.dumps(reply)[:-20]
        if self.fault == "table" and request.task == "compress.entities":
            reply["entities"].append({"name": "Atlantis", "type": "place", "attributes": []})
            two = [one["name"] for one in reply["entities"][:2]]
            if len(two) < 2:  # a text whose rule finds no pair of names
                return json.dumps(reply, ensure_ascii=False)
            lie = {"subject": two[0], "relation": "owns", "object": two[1], "quote": "So they say."}
            reply["relations"].append(lie)
        if "summary" in reply:
            said = FAULTS.get(self.fault, reply["summary"])
            if self.fault == "forgets" and request.settings["language"] == "zh":
                said = "大门很旧，没有点灯。"
            reply["summary"] = f"{reply['summary']} {said}" if self.fault == "lies" else said
        return "Here you are:\n```json\n" + json.dumps(reply, ensure_ascii=False) + "\n```"


FAULTS = {
    "lies": "98765",
    "refuses": "I'm sorry, but I cannot help with that.",
    "other": "这个地方的灯塔和水泵都很旧，守夜人在冬天没有点灯，也没有人经过。",
    "long": "the gate and the lamp were old and " * 300,
    "forgets": "The gate was old, and no lamp burned.",
}
REASONS = {
    "lies": "the summary has numbers that its source does not have",
    "refuses": "the reply refuses",
    "other": "the summary is in another language than its source",
    "long": "the summary is longer than its budget",
    "half": "the reply holds no whole JSON object",
}


@pytest.mark.parametrize("fault", REASONS)
def test_a_reply_that_cannot_be_used_is_dropped_with_a_reason(tmp_path: Path, fault: str) -> None:
    side = materials(tmp_path, fault=fault)
    made = drawn(side, "compress-section", 6, abstractive=1)
    kept = [one for one in made if isinstance(one, Draft)]
    english = [one for one in kept if one.meta["language"] == "en"]
    assert not (english if fault in ("other", "long") else kept)
    assert reasons(made)[REASONS[fault]] >= 3
    assert all(one.id and one.step == "draft" for one in made if isinstance(one, Dropped))


def test_a_sound_summary_is_learned_with_its_headline_and_what_it_lost(tmp_path: Path) -> None:
    side = materials(tmp_path, fault="none")
    for draft in drafts(side, "compress-section", 4, abstractive=1):
        assert draft.meta["form"] == "abstract"
        assert draft.meta["by"] == "summariser"
        assert [one.loss for one in spans(draft, "answer")] == [1.0]
        assert not list(Fidelity().problems(bare(draft, "train"), side.store.texts))


def test_a_summary_that_forgets_what_it_must_keep_is_dropped(tmp_path: Path) -> None:
    side = materials(tmp_path, fault="forgets")
    made = drawn(side, "compress-section", 6, abstractive=1, keep=["numbers"])
    assert reasons(made)["the summary has lost what it was to keep"]


def test_a_focused_summary_without_the_answer_is_dropped(tmp_path: Path) -> None:
    sound = drafts(
        materials(tmp_path / "sound", fault="none"), "compress-focused", 5, abstractive=1
    )
    assert {one.meta["by"] for one in sound} == {"summariser"}
    made = drawn(materials(tmp_path / "bad", fault="forgets"), "compress-answer", 5, abstractive=1)
    assert reasons(made)["the compressed text has lost the answer"] >= 2


def test_what_a_model_makes_up_in_a_table_falls_and_the_rest_stays(tmp_path: Path) -> None:
    side = materials(tmp_path, fault="table")
    made = drawn(side, "compress-entities", 8, entities=2)
    told = reasons(made)
    assert told["an entity of the reply is not in the text"]
    assert told["a relation of the reply rests on words that are not in the text"]
    assert not any("Atlantis" in one.answer for one in made if isinstance(one, Draft))
