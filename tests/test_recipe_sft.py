"""The recipe sft: what each task is made of, what it refuses, and what becomes of a teacher that lies."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

import orjson
import pytest

from longgrain.build import build
from longgrain.errors import PlanError
from longgrain.explain import laid_out
from longgrain.facts import normalise
from longgrain.make import bare, component
from longgrain.materials import SideMaterials
from longgrain.numerals import english_value, han_value
from longgrain.recipes.sft import Sft
from longgrain.recipes.sft.balance import balanced
from longgrain.recipes.sft.found import definitions, marked, overlooked
from longgrain.recipes.sft.numerals import english_words, han_words, rewritten
from longgrain.recipes.sft.passages import boilerplate
from longgrain.recipes.sft.rewriting import records_of
from longgrain.recipes.sft.titles import says_nothing, title_of
from longgrain.recipes.sft.wording import WORDINGS
from longgrain.run import Run
from longgrain.types import Answered, Draft, Dropped, Example, Grain, Refused, Request, Slot, Span
from small import materials_of, small_plan

TASKS = (
    *("dialogue", "qa", "summary", "extraction", "classification", "entities"),
    *("rewriting", "continuation"),
)
CORPORA = Path(__file__).parents[1].parent / "shared" / "data" / "corpora"


def items(
    materials: SideMaterials, task: str, wanted: int = 12, most: int = 2000, **settings: Any
) -> list[Draft | Dropped]:
    """Everything that comes until so many drafts are made."""
    found: list[Draft | Dropped] = []
    recipe: Sft = component("recipes", "sft", settings)
    for item in islice(recipe.draft(f"sft-{task}", materials, wanted), most):
        found.append(item)
        if sum(isinstance(one, Draft) for one in found) == wanted:
            break
    return found


def drafts(found: Sequence[Draft | Dropped]) -> list[Draft]:
    return [one for one in found if isinstance(one, Draft)]


def reasons(found: Sequence[Draft | Dropped]) -> Counter[str]:
    return Counter(one.reason for one in found if isinstance(one, Dropped))


def said(draft: Draft, materials: SideMaterials, role: str) -> str:
    spans = [s for m in draft.messages for s in m.spans if isinstance(s, Span) and s.role == role]
    return "".join(s.words(materials.store.texts) for s in spans)


def folder_of(folder: Path, **documents: str) -> Path:
    (folder / "documents").mkdir(parents=True)
    for name, text in documents.items():
        (folder / "documents" / f"{name}.md").write_text(text, "utf-8")
    return folder


def of(folder: Path, split: float = 0.0, **plan: Any) -> SideMaterials:
    plan = {"split": {"valid": 0, "test": split}, **plan}
    return materials_of(small_plan(folder, **plan), folder / "work")["train"]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> SideMaterials:
    return of(tmp_path_factory.mktemp("sft"))


# --- settings ---


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"shares": {"poetry": 1}}, "tasks are dialogue, qa, summary"),
        ({"shares": {"qa": 0}}, "one must be above"),
        ({"shares": {"own": 1}}, "names no file"),
        ({"tokens": [500, 100]}, "smaller first"),
        ({"around": [10, 100]}, "from 64"),
        ({"passage": 3}, "16 tokens or more"),
        ({"wordings": 9}, "1 to 5 wordings"),
        ({"long": 2}, "share from 0 to 1"),
        ({"classify": ["mood"]}, "rules are statement, heading"),
        ({"classify": ["keywords"]}, "at least two classes"),
        ({"keywords": {"a": ["b"], "c": ["d"]}}, "among the rules of classify"),
        ({"entities": ["mood"]}, "types are date, money"),
        ({"entities": []}, "a gazetteer of your own"),
        ({"balance": "luck"}, "balance"),
    ],
)
def test_a_setting_that_cannot_be_says_what_would_work(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(PlanError, match=re.escape(said)):
        component("recipes", "sft", settings)


def test_without_rows_their_share_goes_to_the_tasks() -> None:
    assert Sft().kinds(100)["sft-own"] == 0
    assert Sft(rows="own.jsonl").kinds(130)["sft-own"] == 30


@pytest.mark.parametrize("purpose", WORDINGS)
def test_every_instruction_has_five_wordings_in_each_language(purpose: str) -> None:
    for language in ("en", "zh"):
        wordings = WORDINGS[purpose][language]
        assert len(set(wordings)) == len(wordings) >= 5
        braces = [set(re.findall(r"\{(\w+)\}", one)) for one in wordings]
        assert all(one == braces[0] for one in braces)
        assert all(("\u4e00" <= one[0] <= "\u9fff") == (language == "zh") for one in wordings)


# --- what a draft is ---


@pytest.mark.parametrize("task", TASKS)
def test_exactly_the_words_of_the_assistant_are_learned(task: str, small: SideMaterials) -> None:
    for draft in drafts(items(small, task)):
        for message in draft.messages:
            for span in message.spans:
                assert isinstance(span, Span)
                assert span.loss == (1.0 if message.speaker == "assistant" else 0.0)
        last = "".join(s.words(small.store.texts) for s in draft.messages[-1].spans)  # type: ignore[union-attr]
        assert draft.answer in last
        assert task in ("dialogue", "qa") or last == draft.answer


def test_a_qa_answer_is_quoted_from_its_passage_with_its_place(small: SideMaterials) -> None:
    found = drafts(items(small, "qa"))
    assert {one.meta["language"] for one in found} == {"en", "zh"}
    for draft in found:
        passage = said(draft, small, "evidence")
        [[words, start]] = draft.meta["data"]["answers"]
        assert passage[start : start + len(words)] == words == draft.answer
        home = draft.messages[-1].spans[0].origin  # type: ignore[union-attr]
        assert isinstance(home, Grain)
        assert small.words(home) == draft.answer


def test_a_dialogue_refers_back_and_its_quote_stands_in_the_section(small: SideMaterials) -> None:
    found = drafts(items(small, "dialogue"))
    assert found
    for draft in found:
        assert [one.speaker for one in draft.messages] == ["user", "assistant"] * 3
        section = said(draft, small, "evidence")
        assert draft.answer in section
        replies = ["".join(s.words(small.store.texts) for s in m.spans) for m in draft.messages[1::2]]  # type: ignore[union-attr]  # fmt: skip
        if draft.meta["label"] == "larger":
            numbers = [float(re.findall(r"\d+", reply)[0]) for reply in replies]
            assert numbers[2] == max(numbers[:2])
        else:
            assert normalise(replies[1]) in normalise(replies[2])


def test_a_continuation_is_the_next_paragraph_and_no_paragraph_serves_twice(
    small: SideMaterials,
) -> None:
    used: set[tuple[str, int]] = set()
    for draft in drafts(items(small, "continuation", 40)):
        lead, answer = (
            next(s.origin for s in m.spans if isinstance(s.origin, Grain))  # type: ignore[union-attr]
            for m in draft.messages
        )
        between = small.document(answer.doc_id).text[lead.end : answer.start]
        assert lead.end < answer.start
        assert not between.strip()
        assert (answer.doc_id, answer.start) not in used
        used.add((answer.doc_id, answer.start))


def test_two_wordings_ask_for_the_same_in_other_words(small: SideMaterials) -> None:
    once = drafts(items(small, "extraction", 6, wordings=1, balance="none"))
    twice = drafts(items(small, "extraction", 12, wordings=2, balance="none"))
    assert [one.answer for one in twice[::2]] == [one.answer for one in twice[1::2]]
    assert [one.answer for one in twice[::2]] == [one.answer for one in once]
    assert all(
        said(a, small, "instruction") != said(b, small, "instruction")
        for a, b in zip(twice[::2], twice[1::2], strict=True)
    )


# --- the source decides ---

HARBOUR = """# Harbour

## Rates of the ferry

The ferry takes {fare} dollars for a car. On {day} the rates of the ferry were raised for 12 months. The term draught means {meaning}. Nobody pays for a bicycle.

The crew of {crew} sailors works in 3 shifts. The captain lives near the pier, and the pilot lives behind the church. Both come to the quay when the bell rings.
"""
MORE = "\n".join(
    f"## Keeping of bell number {n}\n\nThe keeping of bell {n} is the duty of the watch. The watch rings bell {n} when {n} ships are seen from the tower. At night the watch looks to the west.\n\n"
    f"When the fog comes in, the watch of bell {n} sends for the pilot. He walks along the quay with a lamp. Then {n} boats are made fast.\n"
    for n in range(21, 40)
)  # fmt: skip
FACTS = {"fare": "40", "day": "3 May 1988", "meaning": "the depth of a hull", "crew": "17"}
CHANGED = {"fare": "55", "day": "9 July 1991", "meaning": "the weight of a load", "crew": "23"}


def harbour(folder: Path, facts: Mapping[str, str]) -> SideMaterials:
    return of(folder_of(folder, harbour=HARBOUR.format(**facts) + MORE))


@pytest.mark.parametrize(
    ("task", "facts"),
    [
        ("extraction", ("fare", "day", "meaning")),
        ("entities", ("fare", "day")),
        ("rewriting", ()),
        ("continuation", ("crew",)),
    ],
)
def test_a_changed_fact_changes_the_example(
    task: str, facts: tuple[str, ...], tmp_path: Path
) -> None:
    told = {}
    for name, values in (("one", FACTS), ("other", CHANGED)):
        one = harbour(tmp_path / name, values)
        found = drafts(items(one, task, 200, most=400, balance="none"))
        told[name] = "\n".join(draft.answer for draft in found)
    assert told["one"] != told["other"]
    for fact in facts:
        assert FACTS[fact] in told["one"]
        assert CHANGED[fact] in told["other"]
        assert FACTS[fact] not in told["other"]
    if task == "rewriting":
        assert "seventeen sailors" in told["one"]
        assert "twenty-three sailors" in told["other"]


def test_a_changed_heading_changes_the_headline_and_a_changed_duty_its_class(
    tmp_path: Path,
) -> None:
    rule = "The watch shall ring the bell at noon every day of the year without delay."
    law = "\n\n".join(
        f"## Ringing of the bell {n}\n\n{rule.replace('noon', f'{n} hours')} The watch must look to the west and shall write down what it sees."
        for n in range(12, 30)
    )  # fmt: skip
    one = of(folder_of(tmp_path / "one", law=f"# Bells\n\n{law}"))
    changed = law.replace("Ringing of the bell", "Writing of the watch").replace(
        "shall ring", "shall not ring"
    )
    other = of(folder_of(tmp_path / "other", law=f"# Bells\n\n{changed}"))
    titles = [
        {d.answer for d in drafts(items(m, "summary", 4, tokens=[10, 1500]))} for m in (one, other)
    ]
    assert titles[0] == {f"Ringing of the bell {n}" for n in range(12, 30)} & titles[0] != set()
    assert titles[1] == {f"Writing of the watch {n}" for n in range(12, 30)} & titles[1] != set()
    classes = [
        {d.answer for d in drafts(items(m, "classification", 8, classify=["statement"]))}
        for m in (one, other)
    ]
    assert classes == [{"obligation"}, {"prohibition"}]


# --- headings and boilerplate ---


@pytest.mark.parametrize(
    ("raw", "title"),
    [
        ("## 4.2 Identity Resolution", "Identity Resolution"),
        ("# Chapter 12: The Whale", "The Whale"),
        ("## 第三章 物权的变动", "物权的变动"),
        ('## <a name="sec4"></a>4 Authenticator Assurance Levels', "Authenticator Assurance Levels"),
        ("### **Use** of `memory`", "Use of memory"),
        ("第一章", ""),
        ("Chapter 1", ""),
    ],
)  # fmt: skip
def test_a_title_is_a_heading_without_its_number_and_markup(raw: str, title: str) -> None:
    assert title_of(raw) == title


@pytest.mark.parametrize(
    ("title", "reason"),
    [
        ("", "its heading is only a number"),
        ("Introduction", "its heading would fit any section"),
        ("总则", "its heading would fit any section"),
        ("小结", "its heading would fit any section"),
        ("Ferries", "its heading is a single word"),
        ("Night trains of Norway", "its heading speaks of other things than its text"),
        ("The ferry of Bergen", ""),
    ],
)
def test_a_heading_that_sums_up_nothing_says_why(title: str, reason: str) -> None:
    assert says_nothing(title, "The ferry leaves Bergen at noon and carries 40 cars.") == reason


@pytest.mark.parametrize(
    ("title", "text", "reason"),
    [
        ("Contents", "x", "boilerplate: a table of contents"),
        ("目 录", "x", "boilerplate: a table of contents"),
        ("参考文献", "x", "boilerplate: a list of references"),
        ("Copyright", "x", "boilerplate: a licence or imprint"),
        ("Acknowledgements", "x", "boilerplate: thanks"),
        ("Parts", "\n".join(f"Chapter of ships ...... {n}" for n in range(8)), "boilerplate: a table of contents"),
        ("Code", "Run this.\n```\n" + "x = 1\n" * 20 + "```\n", "mostly code, tables or formulas"),
        ("Ferries", "The ferry leaves at noon. It carries cars.\nIt is old.", ""),
    ],
)  # fmt: skip
def test_boilerplate_is_known_by_its_heading_or_its_lines(
    title: str, text: str, reason: str
) -> None:
    assert boilerplate(title, text) == reason


def test_what_is_passed_over_is_told_once_for_all_tasks(tmp_path: Path) -> None:
    text = HARBOUR.format(**FACTS) + MORE + "\n## Contents\n\n" + "The list of all that is here.\n" * 20  # fmt: skip
    materials = of(folder_of(tmp_path, harbour=text))
    first = reasons(items(materials, "summary", 100))
    again = reasons(items(materials, "dialogue", 100))
    assert first["boilerplate: a table of contents"] == 1
    assert again["boilerplate: a table of contents"] == 0


# --- numbers, dates, tables ---


def test_a_number_in_words_is_read_as_the_same_number() -> None:
    rng = random.Random(7)
    for value in [*range(3, 400), *(rng.randrange(3, 10 ** rng.randrange(1, 12)) for _ in range(2000))]:  # fmt: skip
        assert english_value(english_words(value)) == value
        assert han_value(han_words(value)) == value, han_words(value)


@pytest.mark.parametrize(
    ("value", "english", "han"),
    [
        (12, "twelve", "十二"),
        (110, "one hundred and ten", "一百一十"),
        (1204, "one thousand two hundred and four", "一千二百零四"),
        (2000, "two thousand", "两千"),
        (20005, "twenty thousand and five", "两万零五"),
        (120_000, "one hundred and twenty thousand", "十二万"),
    ],
)
def test_numbers_are_written_as_people_write_them(value: int, english: str, han: str) -> None:
    assert english_words(value) == english
    assert han_words(value) == han


@pytest.mark.parametrize(
    ("text", "digits", "told"),
    [
        ("库里有一千二百册书，修了三十五册。", True, "库里有1200册书，修了35册。"),
        ("库里有1200册书，修了35册。", False, "库里有一千二百册书，修了三十五册。"),
        ("The hold has 12 crates and 340 barrels.", False, "The hold has twelve crates and three hundred and forty barrels."),
        ("The hold has twelve crates.", True, "The hold has 12 crates."),
        ("In 1984 the hold had 12 crates.", False, None),  # a year has a form of its own
        ("一些书里有三十五册是旧的。", True, None),  # 一些 is no number, and would be left over
        ("The hold of ship 7 has 12 crates.", False, None),
        ("Nothing is counted here.", False, None),
    ],
)  # fmt: skip
def test_a_sentence_is_rewritten_only_where_every_number_can_be(
    text: str, digits: bool, told: str | None
) -> None:
    language = "zh" if re.search("[\u4e00-\u9fff]", text) else "en"
    assert rewritten(text, language, digits=digits) == told


def test_a_table_becomes_records_only_where_its_rows_are_whole() -> None:
    table = "| a | b |\n|---|:--:|\n| 1 | x \\| y |\n|  | z |"
    assert records_of(table) == [{"a": "1", "b": "x | y"}, {"a": "", "b": "z"}]
    assert records_of(table + "\n| 3 |") == []
    assert records_of("| a | a |\n|---|---|\n| 1 | 2 |") == []


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("It took 12 hours and $40 on 3 May 1988.", "en", ["12 hours", "$40", "3 May 1988"]),
        ("处三年以上七年以下有期徒刑，并处二万元以上二十万元以下罚金。", "zh", ["三年", "七年", "二万元", "二十万元"]),
        ("Call `range(1000)` for 500 rows.", "en", ["500 rows"]),
    ],
)  # fmt: skip
def test_facts_are_marked_with_their_units(text: str, language: str, found: list[str]) -> None:
    assert [text[one.start : one.end] for one in marked(text, language)] == found


@pytest.mark.parametrize(
    ("text", "language", "short"),
    [
        ("It took 12 hours.", "en", False),
        ("It took 12 hours and one winter of 7.", "en", True),
        ("Two or three of 1,2,3 are odd.", "en", True),
        ("用了三百五十天。", "zh", False),
    ],
)
def test_a_passage_with_a_number_that_is_no_fact_is_known(
    text: str, language: str, short: bool
) -> None:
    assert overlooked(text, language) == short


@pytest.mark.parametrize(
    ("text", "language", "term", "meaning"),
    [
        ("The term draught means the depth of a hull.", "en", "draught", "the depth of a hull"),
        ("本法所称网络，是指由计算机组成的系统。", "zh", "网络", "由计算机组成的系统"),
    ],
)
def test_a_definition_has_a_term_and_a_meaning(
    text: str, language: str, term: str, meaning: str
) -> None:
    [(one, other)] = definitions(text, language)
    assert text[one.start : one.end] == term
    assert text[other.start : other.end] == meaning


def test_two_definitions_of_one_sentence_are_two() -> None:
    text = "本条例所称古树，是指树龄一百年以上的树木；所称名木，是指稀有、珍贵的树木。"
    found = [(text[a.start : a.end], text[b.start : b.end]) for a, b in definitions(text, "zh")]
    assert found == [("古树", "树龄一百年以上的树木"), ("名木", "稀有、珍贵的树木")]


def test_pronouns_define_nothing() -> None:
    assert not list(definitions("This means the ship is late today.", "en"))
    assert not list(definitions("这是指船晚了一些时候。", "zh"))


def test_means_to_an_end_define_nothing() -> None:
    assert not list(definitions("Technical means such as a lock keep the hold dry.", "en"))
    assert list(definitions("Draught means such depth as the hull has.", "en")) == []


# --- classes and gazetteers of the user's ---


def test_keywords_class_a_paragraph_that_has_those_of_one_class_alone(tmp_path: Path) -> None:
    materials = harbour(tmp_path, FACTS)
    words = {"money": ["dollars"], "watch": ["watch"], "fog": ["fog"]}
    found = drafts(items(materials, "classification", 30, classify=["keywords"], keywords=words))
    assert {one.answer for one in found} == {"money", "watch"}
    assert materials.guards["sft: a paragraph with the keywords of several classes is passed over"]
    for draft in found:
        text = said(draft, materials, "evidence")
        assert sum(any(word in text for word in listed) for listed in words.values()) == 1
        assert draft.meta["data"]["labels"] == list(words)


def test_a_folder_is_a_class(tmp_path: Path) -> None:
    for name in ("ships", "bells"):
        (tmp_path / "documents" / name).mkdir(parents=True)
        text = HARBOUR.format(**FACTS) + MORE.replace("bell", name)
        (tmp_path / "documents" / name / "a.md").write_text(text, "utf-8")
    found = drafts(items(of(tmp_path), "classification", 20, classify=["folder"]))
    assert {one.answer for one in found} == {"ships", "bells"}


def test_a_gazetteer_goes_before_the_rules_and_takes_the_longest_name(tmp_path: Path) -> None:
    names = {"person": ["captain", "pilot"], "place": ["church", "pier", "the pier"]}
    (tmp_path / "names.json").write_text(json.dumps(names), "utf-8")
    materials = harbour(tmp_path, FACTS)
    settings = {"gazetteer": "names.json", "entities": []}
    found = drafts(items(materials, "entities", 60, **settings))
    assert found
    for draft in found:
        text = said(draft, materials, "evidence")
        told = orjson.loads(draft.answer)
        spans = draft.meta["data"]["spans"]
        assert [(text[s:e], kind) for s, e, kind in spans] == [(o["text"], o["type"]) for o in told]
        assert {one["type"] for one in told} <= {"person", "place"}
    crew = next(one for one in found if "church" in one.answer)
    assert [one["text"] for one in orjson.loads(crew.answer)] == ["captain", "the pier", "pilot", "church"]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "said"), [("", "is not JSON"), ("[]", "has no entry"), (None, "there is no file")]
)
def test_a_gazetteer_that_is_none_is_an_error(
    words: str | None, said: str, tmp_path: Path, small: SideMaterials
) -> None:
    path = tmp_path / "names.json"
    if words is not None:
        path.write_text(words, "utf-8")
    with pytest.raises(PlanError, match=said):
        items(small, "entities", gazetteer=str(path))


# --- balance ---


def labelled(number: int, label: str, difficulty: str = "easy") -> Draft:
    meta = {"kind": "sft-own", "label": label, "difficulty": difficulty, "parts": 1}
    return Draft(
        recipe="sft", seed=1, evidence=(), messages=(), answer=f"{label}{number}", meta=meta
    )


def test_classes_come_in_equal_numbers_as_long_as_they_last(small: SideMaterials) -> None:
    common = [labelled(n, "a") for n in range(40)]
    rare = [labelled(n, "b") for n in range(6)]
    lost = Dropped(step="draft", id="x", reason="y")
    small.guards.clear()
    found = list(balanced([*common, lost, *rare], small, 20, "class"))
    assert len(found) == 47
    assert lost in found
    made = drafts(found)
    assert Counter(one.meta["label"] for one in made[:12]) == {"a": 6, "b": 6}
    assert Counter(one.meta["label"] for one in made) == {"a": 40, "b": 6}
    assert small.guards["sft-own, before balancing: class a"] == 40
    assert small.guards["sft-own, after balancing: class b"] == 6
    unbalanced = drafts(list(balanced([*common, *rare], small, 20, "none")))
    assert [one.meta["label"] for one in unbalanced] == ["a"] * 40 + ["b"] * 6


def test_difficulties_are_balanced_too(small: SideMaterials) -> None:
    easy = [labelled(n, "a") for n in range(20)]
    hard = [labelled(n, "a", "hard") for n in range(20, 24)]
    made = drafts(list(balanced([*easy, *hard], small, 10, "difficulty")))
    assert Counter(one.meta["difficulty"] for one in made[:8]) == {"easy": 4, "hard": 4}


# --- a language model as teacher ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Scribe:
    """Replies as a rehearsal would, with one fault."""

    name: ClassVar[str] = "scribe"
    version: ClassVar[str] = "1"
    prompted: ClassVar[bool] = True

    fault: str = ""

    def ask(self, requests: Sequence[Request]) -> Sequence[Answered | Refused]:
        """One reply each; every request has words and a schema."""
        assert all(one.prompt and one.schema for one in requests)
        return [self._reply(one) for one in requests]

    def _reply(self, request: Request) -> Answered | Refused:
        words = Sft.rehearse(request)
        if self.fault == "refuses":
            return Refused(reason="the model refused: no")
        if self.fault == "says sorry":
            return Answered(text="I am sorry, but I cannot help with that.")
        if self.fault == "half":
            return Answered(text=words[: len(words) // 2])
        fields = json.loads(words)
        if self.fault:
            fields = FAULTS[self.fault](fields, request)
        return Answered(text=f"Sure:\n```json\n{json.dumps(fields, ensure_ascii=False)}\n```")


def _first_text(fields: Any, change: Any) -> Any:
    """The reply with its first text changed."""
    if isinstance(fields, str):
        return change(fields)
    if isinstance(fields, list):
        return [_first_text(fields[0], change), *fields[1:]] if fields else [change("x")]
    name = "answer" if "answer" in fields else next(iter(fields))
    return {**fields, name: _first_text(fields[name], change)}


FAULTS: dict[str, Any] = {
    "lies": lambda fields, request: _first_text(fields, lambda text: text + " 987654321"),
    "names another": lambda fields, request: _first_text(
        fields, lambda text: text + " So said Professor Mumbleford."
    ),
    "another language": lambda fields, request: _first_text(
        fields,
        lambda text: (
            "夏天这里有很多旧的东西，大家都在看。"
            if request.settings["language"] == "en"
            else "There are many old things here in summer."
        ),
    ),
    "another type": lambda fields, request: {
        "entities": [{**one, "type": "mood"} for one in fields["entities"]] or [{"type": "mood"}]
    },
    "another label": lambda fields, request: {**fields, "label": "mood"},
    "no quote": lambda fields, request: {**fields, "quote": "Nobody has ever said this here."},
    "echoes": lambda fields, request: {next(iter(fields)): request.material[0]},
}
CLASSES = ["held", "counted"]


@pytest.fixture(scope="module")
def handbooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("taught")


def taught(handbooks: Path, work: Path, task: str, fault: str = "") -> list[Draft | Dropped]:
    plan = small_plan(
        handbooks,
        teacher={"use": "test_recipe_sft:Scribe", "fault": fault},
        split={"valid": 0, "test": 0},
    )
    side = materials_of(plan, work)["train"]
    classes = {"classes": CLASSES} if task == "classification" else {}
    return items(side, task, 6, most=60, **classes)


TAUGHT = ("summary", "rewriting", "extraction", "classification", "entities", "dialogue")


@pytest.mark.parametrize("task", TAUGHT)
def test_a_sound_reply_becomes_an_example_in_the_models_words(
    task: str, handbooks: Path, tmp_path: Path
) -> None:
    found = taught(handbooks, tmp_path, task)
    made = drafts(found)
    assert len(made) == 6, reasons(found)
    assert {one.meta["language"] for one in made} == {"en", "zh"}
    for draft in made:
        learned = [s for s in draft.messages[-1].spans if isinstance(s, Span)]
        assert [type(one.origin).__name__ for one in learned] == ["Reply"]


@pytest.mark.parametrize("fault", ["refuses", "says sorry", "half", "lies"])
@pytest.mark.parametrize("task", TAUGHT)
def test_a_teacher_that_lies_refuses_or_stops_gives_no_example(
    task: str, fault: str, handbooks: Path, tmp_path: Path
) -> None:
    found = taught(handbooks, tmp_path, task, fault)
    assert not drafts(found)
    counts = {why: n for why, n in reasons(found).items() if "headline" not in why}
    assert sum(counts.values()) >= 6
    allowed = {
        "refuses": {"the model refused"},
        "says sorry": {"the reply holds no whole JSON object"},
        "half": {"the reply holds no whole JSON object", *LACKING},
        "lies": LIES,
    }
    assert set(counts) <= allowed[fault]
    assert all(one.id for one in found if isinstance(one, Dropped))


LACKING = {
    f"the reply lacks what was asked for ({fields})"
    for fields in ("entities", "turns", "dates, quantities, amounts, definitions")
}
LIES = {
    "the reply has a number that its passage does not have",
    "a value of the record does not stand in its passage",
    "the label is none of the classes",
    "an entity does not stand in its passage, or not in this order",
}


@pytest.mark.parametrize(
    ("task", "fault", "reason"),
    [
        ("summary", "another language", "the reply is in another language than its passage"),
        ("rewriting", "another language", "the reply is in another language than its passage"),
        ("dialogue", "another language", "the reply is in another language than its passage"),
        ("summary", "names another", "the reply has a name that its passage does not have"),
        ("summary", "echoes", "the summary is hardly shorter than its section"),
        ("rewriting", "echoes", "the rewriting repeats its paragraph"),
        ("classification", "another label", "the label is none of the classes"),
        ("classification", "no quote", "the quote for the label does not stand in its passage"),
        ("entities", "another type", "an entity has a type that was not asked for"),
    ],
)
def test_a_reply_that_its_passage_does_not_bear_out_is_dropped(
    task: str, fault: str, reason: str, handbooks: Path, tmp_path: Path
) -> None:
    counts = reasons(taught(handbooks, tmp_path, task, fault))
    assert counts[reason] >= 3, counts


def test_no_more_is_asked_than_may_be_needed(handbooks: Path, tmp_path: Path) -> None:
    plan = small_plan(handbooks, teacher={"use": "test_recipe_sft:Scribe"})
    side = materials_of(plan, tmp_path)["train"]
    assert len(drafts(items(side, "extraction", 6))) == 6
    assert side.ledger.counts.asked <= 16


# --- rows of the user's own ---


def own(folder: Path, *records: Any, **settings: Any) -> dict[str, list[Draft | Dropped]]:
    """What each side makes of the rows."""
    (folder / "own.jsonl").write_text(
        "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in records), "utf-8"
    )
    sides = materials_of(small_plan(folder, split={"valid": 0.2, "test": 0.2}), folder / "work")
    recipe = {"rows": "own.jsonl", "balance": "none", **settings}
    return {side: items(one, "own", 10_000, **recipe) for side, one in sides.items()}


def quoted_rows(folder: Path) -> list[dict[str, Any]]:
    """Questions about grains of the handbooks, answered by the number in them."""
    sides = materials_of(small_plan(folder, split={"valid": 0.2, "test": 0.2}), folder / "look")
    found = []
    for one in sides.values():
        for number in one.grains[:8]:
            text = one.text(number).strip()
            match = re.search(r"held (\d+)|存有(\d+)件", text)
            if match:
                words = match[1] or match[2]
                start = text.index(words)
                found.append(
                    {"context": text, "question": f"What is number {number} of {len(found)}?",
                     "answers": {"text": [words], "answer_start": [start]}}
                )  # fmt: skip
    return found


def test_a_row_whose_passage_is_in_a_document_gets_a_long_context_on_its_side(
    tmp_path: Path,
) -> None:
    rows = quoted_rows(tmp_path)
    found = own(tmp_path, *rows)
    assert sum(len(drafts(one)) for one in found.values()) == len(rows) > 10
    sides = materials_of(small_plan(tmp_path, split={"valid": 0.2, "test": 0.2}), tmp_path / "see")
    for side, made in found.items():
        mine = set(sides[side].grains)  # type: ignore[index]
        for draft in drafts(made):
            assert draft.meta["layout"] == "long"
            assert any(isinstance(s, Slot) for m in draft.messages for s in m.spans)
            assert set(draft.meta["evidence"]) <= mine
            [number] = draft.meta["evidence"]
            assert draft.answer in sides[side].text(number)  # type: ignore[index]
            [[words, start]] = draft.meta["data"]["answers"]
            doc, low, high = draft.meta["data"]["text_at"]
            text = sides[side].store.texts[doc][low:high]  # type: ignore[index]
            assert text[start : start + len(words)] == words == draft.answer


def test_without_a_long_context_the_passage_is_quoted_whole(tmp_path: Path) -> None:
    rows = quoted_rows(tmp_path)
    made = [one for found in own(tmp_path, *rows, long=0.0).values() for one in drafts(found)]
    assert len(made) == len(rows)
    for draft in made:
        assert draft.meta["layout"] == "none"
        homes = [s.origin for s in draft.messages[0].spans if isinstance(s, Span) and s.role == "evidence"]  # fmt: skip
        assert [type(one).__name__ for one in homes] == ["Grain"]


FERRY = {"context": "The Orlan carries 1,212 people, and Bergen built it."}
FOREIGN = [
    {**FERRY, "question": "Who built the Orlan?", "answers": {"text": ["Bergen"], "answer_start": [1]}},
    {**FERRY, "question": "Who owns the Orlan?", "answers": {"text": [], "answer_start": []}},
    {"document": "渡轮“白鸥号”可载四百人。", "instruction": "白鸥号可载多少人？", "output": "四百人。"},
]  # fmt: skip


def test_a_passage_from_elsewhere_stands_once_among_grains_that_do_not_answer(
    tmp_path: Path,
) -> None:
    found = own(tmp_path, *FOREIGN, around=[300, 900])
    made = {d.meta["row"]: (side, d) for side, one in found.items() for d in drafts(one)}
    assert set(made) == {"own.jsonl:1", "own.jsonl:2", "own.jsonl:3"}
    assert made["own.jsonl:1"][0] == made["own.jsonl:2"][0]  # one passage, one side
    for _, draft in made.values():
        spans = [s for s in draft.messages[0].spans if isinstance(s, Span)]
        assert sum(s.role == "evidence" for s in spans) == 1
        others = [s for s in spans if s.role == "distractor"]
        assert others
        assert all(isinstance(s.origin, Grain) for s in others)
    assert made["own.jsonl:2"][1].meta["data"]["impossible"]
    assert made["own.jsonl:2"][1].meta["form"] == "unsaid"
    assert made["own.jsonl:3"][1].answer == "四百人。"


def test_one_question_may_be_asked_of_many_passages(tmp_path: Path) -> None:
    asked = [
        {"context": f"The {name} was built in Bergen.", "question": "Where was it built?",
         "answers": {"text": ["Bergen"], "answer_start": [-1]}}
        for name in ("Orlan", "Velm", "Tarn")
    ]  # fmt: skip
    found = [d for one in own(tmp_path, *asked, long=0).values() for d in drafts(one)]
    seen = component("checks", "duplicates", {})
    assert [list(seen.problems(bare(one, "train"), {})) for one in found] == [[], [], []]
    assert list(seen.problems(bare(found[0], "train"), {}))


def test_every_row_is_on_one_side_or_dropped_on_one(tmp_path: Path) -> None:
    records: list[Any] = [
        *({"instruction": f"Say {n}.", "output": f"It is {n}."} for n in range(40)),
        *({"text": f"film {n} was fine", "label": "good"} for n in range(20)),
        *({"text": f"film {n} was poor", "label": "bad"} for n in range(20)),
        {"text": "so so", "label": "middling"},
        {"instruction": "Say 3!", "output": "It is 4."},
        {"instruction": "Say nothing", "output": ""},
    ]
    found = own(tmp_path, *records, classes=["good", "bad"])
    made = [d.meta["row"] for one in found.values() for d in drafts(one)]
    lost = [d.id for one in found.values() for d in one if isinstance(d, Dropped)]
    assert len(made) == len(set(made))
    assert sorted(lost) == ["own.jsonl:4", *(f"own.jsonl:{n}" for n in (81, 82, 83))]
    assert sorted([*made, *lost]) == sorted(f"own.jsonl:{n}" for n in range(1, 84))
    assert all(len(drafts(one)) > 5 for one in found.values())


def test_a_labelled_row_offers_the_declared_classes(tmp_path: Path) -> None:
    record = {"text": "film was fine", "label": "good"}
    found = own(tmp_path, record, classes=["good", "bad", "dull"])
    [draft] = [d for one in found.values() for d in drafts(one)]
    assert draft.answer == "good"
    assert draft.meta["data"] == {
        "task": "classification",
        "label": "good",
        "labels": ["good", "bad", "dull"],
        "text": "film was fine",
    }
    asked = "".join(s.text or "" for s in draft.messages[0].spans if isinstance(s, Span))
    assert "good, bad, dull" in asked


# --- review, and what comes out of a run ---


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Run]:
    folder = tmp_path_factory.mktemp("reviewed")
    rows = [*FOREIGN, *({"text": f"film {n} was fine", "label": "good"} for n in range(6))]
    (folder / "own.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows), "utf-8")
    recipe = {"use": "sft", "examples": 90, "rows": "own.jsonl", "around": [300, 900]}
    return folder, build(small_plan(folder, recipes=[recipe]), folder / "run")


def examples(run: Run) -> Iterator[Example]:
    for side in run.sides:
        yield from run.examples(side)


def exported(name: str, run: Run, folder: Path, **settings: Any) -> list[Path]:
    return list(component("exports", name, settings).write(run, folder))


def sheet(run: Run, folder: Path) -> list[dict[str, Any]]:
    paths = exported("review", run, folder, form="jsonl")
    return [orjson.loads(line) for path in paths for line in path.read_bytes().splitlines()]


def test_a_decision_of_a_sheet_is_read_back(reviewed: tuple[Path, Run], tmp_path: Path) -> None:
    folder, run = reviewed
    lines = sheet(run, tmp_path)
    assert len(lines) == sum(1 for _ in examples(run))
    summary = next(one for one in lines if one["kind"] == "sft-summary")
    label = next(one for one in lines if one["kind"] == "sft-classification")
    accepted = next(one for one in lines if one["kind"] == "sft-entities")
    decided = {
        summary["item"]: {"decision": "edit", "edited_response": "A better heading"},
        label["item"]: {"decision": "reject", "note": "no such class"},
        accepted["item"]: {"decision": "accept"},
    }
    filled = [{**one, **decided.get(one["item"], {})} for one in lines]
    (folder / "filled.jsonl").write_text("".join(json.dumps(o) + "\n" for o in filled), "utf-8")
    recipe = {**run.plan.recipes[0].settings, "use": "sft", "examples": 90, "review": "filled.jsonl"}  # fmt: skip
    again = build(small_plan(folder, recipes=[recipe]), tmp_path / "run")
    by_item = {one.lineage["item"]: one for one in examples(again)}
    edited = by_item[summary["item"]]
    assert edited.lineage["original"] == summary["response"]
    assert edited.lineage["answer"] == "A better heading"
    [span] = edited.trained[-1].spans
    assert isinstance(span, Span)
    assert (span.text, span.loss, type(span.origin).__name__) == ("A better heading", 1.0, "Given")
    assert label["item"] not in by_item
    [lost] = [one for one in again.dropped() if one.reason == "review"]
    assert (lost.id, lost.detail) == (label["item"], "no such class")
    assert by_item[accepted["item"]].lineage["review"] == "accept"
    assert {one["source"] for one in again.manifest["files"]} == {"own.jsonl", "filled.jsonl"}
    paths = exported("task", again, tmp_path / "task")
    told = [orjson.loads(x) for p in paths if p.name.startswith("summary") for x in p.read_bytes().splitlines()]  # fmt: skip
    assert "A better heading" in {one["target"] for one in told}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"item": "a", "decision": "maybe"}, "is no decision"),
        ({"item": "a", "decision": "edit"}, "without an edited_response"),
        ({"decision": "accept"}, "without an item"),
    ],
)
def test_a_sheet_that_cannot_be_read_names_its_line(
    line: dict[str, str], said: str, tmp_path: Path, small: SideMaterials
) -> None:
    path = tmp_path / "sheet.jsonl"
    path.write_text(json.dumps({"item": "b", "decision": ""}) + "\n" + json.dumps(line), "utf-8")
    with pytest.raises(PlanError, match=f"line 2: .*{said}"):
        items(small, "summary", review=str(path))


def test_a_csv_sheet_opens_in_chinese_and_holds_no_formula(
    reviewed: tuple[Path, Run], tmp_path: Path
) -> None:
    from longgrain.recipes.sft.review import decisions_of

    [path, *_] = exported("review", reviewed[1], tmp_path)
    raw = path.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    assert decisions_of(path) == {}
    filled = raw.decode("utf-8-sig").replace('"",,', "")
    assert not re.search(r"^[=+@]", filled, re.MULTILINE)


def test_spans_labels_and_answers_come_out_as_task_data(
    reviewed: tuple[Path, Run], tmp_path: Path
) -> None:
    run = reviewed[1]
    paths = {path.name: path for path in exported("task", run, tmp_path)}
    lines = {
        name: [orjson.loads(line) for line in path.read_bytes().splitlines()]
        for name, path in paths.items()
        if path.suffix == ".jsonl"
    }
    for one in lines["entities-train.jsonl"]:
        spans = one["spans"]
        assert spans
        assert all(one["text"][s["start"] : s["end"]] == s["text"] for s in spans)
        begun = [tag for tag in one["tags"] if tag.startswith("B-")]
        assert begun == [f"B-{s['label']}" for s in spans]
        assert len(one["tokens"]) == len(one["tags"])
    for one in lines["classification-train.jsonl"]:
        assert one["label"] in one["labels"]
        assert one["text"].strip()
    squad = orjson.loads(paths["qa-train.json"].read_bytes())
    asked = [(p["context"], q) for d in squad["data"] for p in d["paragraphs"] for q in p["qas"]]
    assert asked
    for context, question in asked:
        assert question["is_impossible"] == (not question["answers"])
        for answer in question["answers"]:
            start = answer["answer_start"]
            assert context[start : start + len(answer["text"])] == answer["text"]
    counted = sum(len(one) for one in lines.values()) + sum(
        len(p["qas"])
        for name, path in paths.items()
        if name.startswith("qa")
        for d in orjson.loads(path.read_bytes())["data"]
        for p in d["paragraphs"]
    )
    assert counted == sum(1 for _ in examples(run))


def test_task_data_as_parquet_and_as_tags_alone(reviewed: tuple[Path, Run], tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    paths = exported("task", reviewed[1], tmp_path, form="parquet", spans="bio")
    table = next(path for path in paths if path.name == "entities-train.parquet")
    assert pq.read_table(table).column_names == ["id", "text", "tokens", "tags", "split"]


def test_the_learned_tokens_of_a_run_are_the_response_to_the_token(
    reviewed: tuple[Path, Run],
) -> None:
    run = reviewed[1]
    texts, seen = run.texts(), set()
    for example in examples(run):
        if example.lineage["kind"] in seen:
            continue
        seen.add(example.lineage["kind"])
        tokens = [one for one in laid_out(run, example).trained if one.weight]
        replies = ["".join(s.words(texts) for s in m.spans) for m in example.trained if m.speaker == "assistant"]  # type: ignore[union-attr]  # fmt: skip
        expected = [run.tokenizer.encode([reply]).values.tolist() for reply in replies]
        end = run.tokenizer.control["<|im_end|>"]["id"]
        assert [one.id for one in tokens] == [i for ids in expected for i in [*ids, end]]
    assert len(seen) == 9


@pytest.mark.skipif(not CORPORA.is_dir(), reason="shared/data/corpora is not here")
@pytest.mark.parametrize("name", ["en/gov/nist-sp800-63b.md", "zh/law/xingfa.md"])
def test_on_a_real_document_every_record_is_literal_and_every_class_its_rules(
    name: str, tmp_path: Path
) -> None:
    plan = small_plan(tmp_path, sources=[str(CORPORA / name)], split={"valid": 0, "test": 0}, teacher={"use": "extractive"})  # fmt: skip
    materials = materials_of(plan, tmp_path / "work")["train"]
    made = drafts(items(materials, "extraction", 30))
    assert len(made) >= 8
    for draft in made:
        text = said(draft, materials, "evidence")
        for value in (v for listed in orjson.loads(draft.answer).values() for v in listed):
            assert all(word in text for word in ([value] if isinstance(value, str) else value.values()))  # fmt: skip
    kinds = drafts(items(materials, "classification", 30, classify=["statement"]))
    assert len({one.answer for one in kinds}) >= 3
    for draft in kinds:
        text = said(draft, materials, "evidence")
        if draft.answer in ("prohibition", "禁止"):
            assert re.search(r"\bnot\b|prohibited|不得|禁止|严禁", text, re.IGNORECASE)
        if draft.answer in ("obligation", "义务"):
            assert re.search(r"\bshall\b|\bmust\b|required to|应当|必须", text, re.IGNORECASE)
