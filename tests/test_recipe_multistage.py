"""Reading in windows: notes follow from windows, answers from notes, and every stage is an example."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path
from typing import Any, ClassVar

import pyarrow.parquet as pq
import pytest

from longgrain.build import build
from longgrain.errors import PlanError
from longgrain.facts import holds, language_of, plain
from longgrain.materials import SideMaterials
from longgrain.modality import obligations
from longgrain.recipes.asked import asked
from longgrain.recipes.in2 import In2
from longgrain.recipes.multistage import Multistage, asking, wording
from longgrain.recipes.multistage.collect import bounded
from longgrain.recipes.quotable import sentences, stands_alone
from longgrain.recipes.retrieve import Retrieve
from longgrain.rehearsal import rehearsing
from longgrain.types import (
    SIDES,
    Answered,
    Draft,
    Dropped,
    Grain,
    Refused,
    Reply,
    Request,
    Span,
)
from small import handbook, materials_of, small_plan
from test_free_questions import Author
from test_recipe_retrieve import skeleton

KINDS = tuple(Multistage().kinds(100))
SMALL = {"window": 400, "windows": (2, 4)}
LINE = re.compile(r"^- (?:\(part (\d+)\) |（第(\d+)部分）)?(.+)$", re.MULTILINE)
NOTHING = {
    one
    for table in (wording.NOTHING, wording.NOTHING_SO_FAR)
    for some in table.values()
    for one in some
}


@pytest.fixture(scope="module")
def side(tmp_path_factory: pytest.TempPathFactory) -> SideMaterials:
    folder = tmp_path_factory.mktemp("multistage")
    plan = small_plan(folder, teacher={"use": "extractive"}, pack={"length": 4096})
    return materials_of(plan, folder / "work")["train"]


def drafted(side: SideMaterials, kind: str, count: int = 30, **settings: Any) -> list[Draft]:
    """Drafts of one kind; the traces are remembered from one call to the next."""
    found = Multistage(**{**SMALL, **settings}).draft(kind, side, count)
    return list(islice((one for one in found if isinstance(one, Draft)), count))


@pytest.fixture(scope="module")
def made(side: SideMaterials) -> dict[str, list[Draft]]:
    side.notes.clear()
    return {kind: drafted(side, kind, 60) for kind in KINDS}


def quoted(draft: Draft, side: SideMaterials, *roles: str) -> list[str]:
    """The words of a draft's quoted spans of some roles."""
    return [
        span.words(side.store.texts)
        for message in draft.messages
        for span in message.spans
        if isinstance(span, Span) and span.grain and span.role in roles
    ]


def windows(draft: Draft, side: SideMaterials) -> list[str]:
    return quoted(draft, side, "evidence", "distractor")


def reply(draft: Draft, side: SideMaterials, turn: int = -1) -> str:
    spans = draft.messages[turn].spans
    return "".join(one.words(side.store.texts) for one in spans if isinstance(one, Span))


def lines(text: str) -> list[tuple[str, str]]:
    """The quoted sentences of notes, each with the part that is named before it."""
    return [(one[1] or one[2] or "", one[3]) for one in LINE.finditer(text)]


def flat(text: str) -> str:
    """Text as notes quote it: a line break is a blank, or nothing between Chinese characters."""
    return plain(text)


def of_task(drafts: Sequence[Draft], *tasks: str) -> list[Draft]:
    return [one for one in drafts if one.meta["task"] in tasks]


def by_trace(made: Mapping[str, Sequence[Draft]]) -> dict[str, list[Draft]]:
    found: dict[str, list[Draft]] = defaultdict(list)
    for drafts in made.values():
        for one in drafts:
            found[one.meta["trace"]].append(one)
    return found


# --- windows --------------------------------------------------------------------------------------


def test_windows_are_neighbours_and_longer_than_one_together(
    made: dict[str, list[Draft]], side: SideMaterials
) -> None:
    for draft in made["multistage-trace"]:
        grains = [
            span.grain
            for message in draft.messages
            for span in message.spans
            if isinstance(span, Span) and span.role in ("evidence", "distractor")
        ]
        assert 2 <= len(grains) <= 4
        numbers = [list(side.numbers(one)) for one in grains if one]
        for one, other in pairwise(numbers):
            assert one[-1] + 1 == other[0]
        sizes = [sum(map(side.length, some)) for some in numbers]
        assert max(sizes) <= 400 < sum(sizes)


def test_a_trace_is_no_longer_than_a_row(tmp_path: Path) -> None:
    plan = small_plan(tmp_path, teacher={"use": "extractive"}, pack={"length": 1200})
    side = materials_of(plan, tmp_path / "work")["train"]
    for draft in drafted(side, "multistage-trace", 12):
        texts = [
            span.words(side.store.texts)
            for message in draft.messages
            for span in message.spans
            if isinstance(span, Span)
        ]
        assert sum(side.tokens(texts)) <= 1200


# --- what is quoted -------------------------------------------------------------------------------


def test_what_is_noted_stands_in_its_window_word_for_word(
    made: dict[str, list[Draft]], side: SideMaterials
) -> None:
    seen = Counter()
    for draft in made["multistage-map"]:
        [window] = windows(draft, side)
        note = reply(draft, side)
        assert bool(lines(note)) == bool(draft.evidence) == (note not in NOTHING)
        assert all(sentence in flat(window) for _, sentence in lines(note))
        cuts = flat(" ".join(side.text(number) for number in draft.meta["evidence"]))
        assert all(sentence in cuts for _, sentence in lines(note))
        seen[draft.meta["task"], draft.meta["language"]] += 1
    assert {task for task, _ in seen} == {"find", "collect", "figures", "digest"}
    assert {language for _, language in seen} == {"en", "zh"}


def term(draft: Draft) -> str:
    """The term that a question is about: the quoted words that are no place in a document."""
    question = re.sub(r"the stretch of .*? begins “[^”]*”|“[^”]*”中自“[^”]*”起", "", asked(draft))
    question = re.sub(r"the stretch of “[^”]*” that begins “[^”]*”", "", question)
    [found] = set(re.findall(r"“([^”]*)”", question))
    return str(found)


def test_notes_on_a_term_have_all_its_mentions_and_no_other(
    made: dict[str, list[Draft]], side: SideMaterials
) -> None:
    drafts = of_task(made["multistage-map"], "collect")
    assert len(drafts) >= 6
    for draft in drafts:
        [window] = windows(draft, side)
        body = re.sub(r"^#.*$", "", window, flags=re.MULTILINE)
        pattern = bounded(term(draft))
        said = [sentence for _, sentence in lines(reply(draft, side))]
        if draft.meta["form"] == "duties":
            assert all(pattern.search(one) and obligations(one) for one in said)
        else:
            assert all(pattern.search(one) for one in said)
            mentions = len(pattern.findall(flat(body)))
            assert sum(len(pattern.findall(one)) for one in said) == mentions


NUMBER = re.compile(r"(?:held|counted) (\d+) (\w+?)s?,|(?:存有|数出)(\d+)(件|只)")


def test_the_answer_on_figures_is_the_extreme_of_all_windows(
    made: dict[str, list[Draft]], side: SideMaterials
) -> None:
    checked = 0
    for draft in of_task(made["multistage-trace"], "figures"):
        if draft.meta["form"] not in ("largest", "smallest"):
            continue
        answer = int(re.sub(r"\D", "", draft.answer))
        text = "\n".join(windows(draft, side))
        found = [(int(one[1] or one[3]), one[2] or one[4]) for one in NUMBER.finditer(flat(text))]
        unit = next(what for number, what in found if number == answer)
        same = [number for number, what in found if what == unit]
        best = max(same) if draft.meta["form"] == "largest" else min(same)
        assert answer == best
        assert same.count(best) == 1
        checked += 1
    assert checked >= 3


# --- what follows from notes ----------------------------------------------------------------------


def test_the_answer_follows_from_the_notes_of_its_message(
    made: dict[str, list[Draft]], side: SideMaterials
) -> None:
    forms = set()
    for draft in made["multistage-reduce"]:
        notes = quoted(draft, side, "summary")
        answer, form = reply(draft, side), draft.meta["form"]
        counts = [len(lines(note)) for note in notes]
        every = [one for note in notes for _, one in lines(note)]
        forms.add(form)
        assert not windows(draft, side)
        if form == "count":
            assert draft.answer == str(sum(counts))
            assert sorted(map(int, re.findall(r"\d+", answer)))[-1] >= sum(counts)
            assert re.search(rf"(?<!\d){sum(counts)}(?: sentence|句)", answer)
        elif form in ("list", "duties", "summary"):
            assert [one for _, one in lines(answer)] == every
            parts = [int(part) for part, _ in lines(answer)]
            assert Counter(parts) == {n: c for n, c in enumerate(counts, 1) if c}
        elif form == "most":
            assert counts.count(max(counts)) == 1
            assert str(counts.index(max(counts)) + 1) in draft.answer
        elif form == "find":
            [note] = [note for note in notes if note not in NOTHING]
            assert holds(note, draft.answer)
            assert holds(answer, draft.answer)
        else:
            [(_, sentence)] = lines(answer)
            assert sentence in every
    assert {"count", "find", "summary"} <= forms
    assert {"list", "duties", "most"} & forms
    assert {"largest", "smallest", "latest", "earliest"} & forms


def test_notes_brought_up_to_date_are_the_old_ones_and_those_of_the_part(
    made: dict[str, list[Draft]], side: SideMaterials
) -> None:
    noted = {
        (one.meta["trace"], one.meta["stage"]): [said for _, said in lines(reply(one, side))]
        for one in drafted(side, "multistage-map", 400, empty=0.99)
    }
    checked = 0
    for draft in of_task(made["multistage-refine"], "collect", "digest", "find"):
        stage, of = draft.meta["stage"], draft.meta["of"]
        if stage == of or (draft.meta["trace"], stage) not in noted:
            continue
        before = [said for note in quoted(draft, side, "summary") for _, said in lines(note)]
        after = [said for _, said in lines(reply(draft, side))]
        assert after == before + noted[draft.meta["trace"], stage]
        checked += 1
    assert checked >= 10


def test_the_running_extreme_changes_only_for_a_further_one(
    made: dict[str, list[Draft]], side: SideMaterials
) -> None:
    for draft in of_task(made["multistage-refine"], "figures"):
        if draft.meta["stage"] == draft.meta["of"]:
            continue
        before = [one for note in quoted(draft, side, "summary") for _, one in lines(note)]
        after = [one for _, one in lines(reply(draft, side))]
        [window] = windows(draft, side)
        assert after == before or (len(after) == 1 and after[0] in flat(window))


# --- stages and traces ----------------------------------------------------------------------------


def test_stages_of_one_trace_say_which_they_are(made: dict[str, list[Draft]]) -> None:
    several = 0
    for drafts in by_trace(made).values():
        kinds = {one.meta["kind"] for one in drafts}
        several += len(kinds) >= 3
        for one in drafts:
            whole = one.meta["kind"] == "multistage-trace"
            assert (one.meta["stage"] == 0) == whole
            assert 0 <= one.meta["stage"] <= one.meta["of"]
        places = Counter((one.meta["kind"], one.meta["stage"]) for one in drafts)
        assert max(places.values()) == 1
        assert len({one.meta["task"] for one in drafts}) == 1
    assert several >= 10


def test_the_whole_is_its_stages_one_after_the_other(
    made: dict[str, list[Draft]], side: SideMaterials
) -> None:
    methods = Counter()
    for trace in made["multistage-trace"]:
        method = trace.meta["method"]
        methods[method] += 1
        kind = {"map-reduce": "map", "refine": "refine", "stepwise": "step"}[method]
        stages = {
            one.meta["stage"]: reply(one, side)
            for one in made[f"multistage-{kind}"]
            if one.meta["trace"] == trace.meta["trace"]
        }
        told = [m for m in trace.messages if m.speaker == "assistant"]
        said = ["".join(s.words(side.store.texts) for s in m.spans) for m in told]  # type: ignore[union-attr]
        for stage, words in stages.items():
            assert said[stage - 1] == words
    assert set(methods) == {"map-reduce", "refine", "stepwise"}


def test_every_word_of_the_assistant_is_learned_and_no_other(
    made: dict[str, list[Draft]],
) -> None:
    for drafts in made.values():
        for draft in drafts:
            speakers = [one.speaker for one in draft.messages]
            assert speakers == ["user", "assistant"] * (len(speakers) // 2)
            for message in draft.messages:
                expected = 1.0 if message.speaker == "assistant" else 0.0
                assert {one.loss for one in message.spans if isinstance(one, Span)} == {expected}


def test_a_plan_has_a_step_for_each_part_and_one_to_conclude(
    made: dict[str, list[Draft]], side: SideMaterials
) -> None:
    plans = [one for one in made["multistage-step"] if one.meta["stage"] == 1]
    assert plans
    for draft in plans:
        steps = reply(draft, side).split("\n")
        assert [int(one.split(".")[0]) for one in steps] == list(range(1, len(steps) + 1))
        assert len(steps) == draft.meta["of"] - 1
        assert all(str(n) in one for n, one in enumerate(steps[:-1], 1))


def test_few_stages_find_nothing(side: SideMaterials) -> None:
    for share in (0.0, 0.3):
        drafts = drafted(side, "multistage-map", 60, empty=share)
        empty = sum(not one.evidence for one in drafts)
        assert empty <= share * len(drafts) + 1


def test_no_other_window_of_a_question_might_answer_it(
    made: dict[str, list[Draft]], side: SideMaterials
) -> None:
    found = of_task(made["multistage-trace"], "find")
    assert found
    for draft in found:
        grains = [
            span.grain
            for message in draft.messages
            for span in message.spans
            if isinstance(span, Span) and span.role in ("evidence", "distractor") and span.grain
        ]
        held = {number for one in grains for number in side.numbers(one)}
        assert not held & set(draft.meta["rivals"])
        others = quoted(draft, side, "distractor")
        assert len(quoted(draft, side, "evidence")) == 1
        blank = re.search(r"“(.*?)____(.*?)”", asked(draft))
        assert blank
        assert not any(blank[1] in flat(text) and blank[2] in flat(text) for text in others)


def test_a_build_keeps_the_stages_of_a_trace_on_one_side(tmp_path: Path) -> None:
    recipes = [{"use": "multistage", "examples": 150, "window": 300, "windows": [2, 3]}]
    plan = small_plan(
        tmp_path, teacher={"use": "extractive"}, recipes=recipes, pack={"length": 2048}
    )
    run = build(plan, tmp_path / "run")
    sides: dict[str, set[str]] = defaultdict(set)
    kinds: dict[str, set[str]] = defaultdict(set)
    for name in SIDES:
        for example in run.examples(name):
            sides[example.lineage["trace"]].add(name)
            kinds[example.lineage["trace"]].add(example.lineage["kind"])
    assert all(len(some) == 1 for some in sides.values())
    assert sum(len(some) >= 4 for some in kinds.values()) >= 5
    table = pq.read_table(run.folder / "documents.parquet").to_pylist()
    made = [row for row in table if row["source"] == "made:multistage"]
    known = {row["id"] for row in table}
    assert len(made) > 50
    assert all(json.loads(row["meta"])["of"] in known for row in made)


def test_another_fact_in_the_source_is_another_answer(tmp_path: Path) -> None:
    def answers(folder: Path, change: Mapping[str, str]) -> dict[str, str]:
        (folder / "documents").mkdir(parents=True)
        for number in range(4):
            text = handbook(number, chapters=3)
            for old, new in change.items():
                text = text.replace(old, new)
            (folder / "documents" / f"{number}.md").write_text(text, "utf-8")
        plan = small_plan(
            folder,
            teacher={"use": "extractive"},
            split={"valid": 0.0, "test": 0.0},
            pack={"length": 4096},
        )
        side = materials_of(plan, folder / "work")["train"]
        found = drafted(side, "multistage-reduce", 60)
        return {asked(one): one.answer for one in of_task(found, "figures")}

    before = answers(tmp_path / "a", {})
    question, answer = next((q, a) for q, a in before.items() if re.match(r"\d{3,4} \w+$", a))
    number = answer.split()[0]
    # The number grows or falls, and stays the furthest; everything else stays.
    further = "99999" if "largest" in question or "highest" in question else "1"
    further = further if re.search("larg|high|great|big", question) else "1"
    after = answers(tmp_path / "b", {f"held {number} ": f"held {further} "})
    changed = {q.split(" given")[0]: a for q, a in after.items()}
    assert before != after
    assert any(one.split()[0] == further for one in changed.values())


def test_wordings_are_many_and_forms_are_no_other_recipes(side: SideMaterials) -> None:
    for language in ("en", "zh"):
        tables: list[Sequence[str]] = [
            *asking.COLLECT[language].values(),
            *asking.FIGURES[language].values(),
            *wording.INSTRUCTIONS[language].values(),
            asking.FIND[language],
            asking.DIGEST[language],
            asking.TOLD[language],
            wording.NOTHING[language],
            wording.NOTHING_SO_FAR[language],
            wording.FINALLY[language],
            asking.COUNT_ANSWER[language],
            asking.LIST_ANSWER[language],
            asking.MOST_ANSWER[language],
            asking.FIND_ANSWER[language],
            asking.FIGURE_ANSWER[language],
        ]
        assert min(len(set(one)) for one in tables) >= 5
    side.notes.clear()
    own = {skeleton(asked(one)) for kind in KINDS for one in drafted(side, kind, 40)}
    side.notes.clear()
    others: set[str] = set()
    for kind in ("fine", "integration"):
        items = islice(In2().draft(kind, side, 40), 80)
        others |= {skeleton(asked(one)) for one in items if isinstance(one, Draft)}
    for kind in Retrieve().kinds(100):
        items = islice(Retrieve().draft(kind, side, 40), 80)
        others |= {skeleton(asked(one)) for one in items if isinstance(one, Draft)}
    side.notes.clear()
    assert len(own) > 20
    assert not own & others


@pytest.mark.parametrize(
    "settings",
    [
        {"shares": {"guess": 1.0}},
        {"shares": {"map": 0.0}},
        {"tasks": {"guess": 1.0}},
        {"tasks": {"find": -1.0}},
        {"window": 10},
        {"windows": (1, 3)},
        {"windows": (4, 3)},
        {"sentences": 0},
        {"empty": 1.0},
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(PlanError, match="multistage"):
        Multistage(**settings)


# --- sentences ------------------------------------------------------------------------------------


def test_headings_tables_and_code_are_no_sentences() -> None:
    text = (
        "# A heading that ends with a stop.\n\nThe lamp near the gate is old. It shines.\n"
        "| a | table of words that ends. |\n\n```python\nprint('a line of code that ends.')\n```\n"
        "- The keeper of the lock shall light it\n  every evening.\n\nSee https://example.org for all."
    )
    assert [one.text for one in sentences(text, "en")] == [
        "The lamp near the gate is old.",
        "The keeper of the lock shall light it every evening.",
    ]
    for one in sentences(text, "en"):
        assert plain(text[one.start : one.end]) == one.text


def test_a_chinese_sentence_goes_on_behind_a_semicolon_in_its_line() -> None:
    text = "守夜人应当每晚点灯；遇有大风，不得离开灯塔。\n\n他随后登记当天的船只。"
    found = sentences(text, "zh")
    assert [one.text for one in found] == text.split("\n\n")
    assert [stands_alone(one, "zh") for one in found] == [True, False]
    # A window may end behind a semicolon: the sentence goes on in the next one.
    assert not sentences("守夜人应当每晚点灯；", "zh")


# --- a language model -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader(Author):
    """Takes notes, keeps them and answers as a model would; ``fault`` is what is wrong with it."""

    fault: str = ""

    name: ClassVar[str] = "reader"

    def ask(self, requests: Sequence[Request]) -> Sequence[Answered | Refused]:
        """Replies in the form that the prompts ask for, or broken ones."""
        found = []
        for one in requests:
            ours = one.task.startswith("multistage.")
            said = self._staged(one) if ours else self._said(one)
            text = json.dumps(said, ensure_ascii=False)
            half = self.fault == "half" and ours
            found.append(Answered(text=text[: len(text) // 2] if half else text))
        return found

    def _staged(self, request: Request) -> dict[str, Any]:
        assert all(text in request.prompt[0][1] for text in request.material)
        zh = request.settings["language"] == "zh"
        if request.task == "multistage.map":
            return self._noted(request, zh)
        if request.task == "multistage.refine":
            before = str(request.settings["given"]["notes"])
            if self.fault == "keeps the old notes":
                return {"notes": before}
            return {
                "notes": before + self._own("后面又说到一些灯和船。", " More lamps followed.", zh)
            }
        notes = [one for one in request.material if one not in NOTHING]
        numbers = re.findall(r"\d{3,4}", " ".join(notes))
        if self.fault == "refuses":
            return {"answerable": False, "answer": "", "response": "-"}
        answer = "77777" if self.fault == "wrong answer" else (numbers or [""])[0]
        if not numbers:
            return {"answerable": True, "answer": "", "response": notes[0]}
        said = self._own(f"数量是{answer}。", f"The number is {answer}.", zh)
        return {"answerable": True, "answer": answer, "response": said}

    def _own(self, chinese: str, english: str, zh: bool) -> str:
        return chinese if zh != (self.fault == "another language") else english

    def _noted(self, request: Request, zh: bool) -> dict[str, Any]:
        [text] = request.material
        known = self._said(Request(task="in2.fine", material=(text,), settings={}))
        every = _all_stated(text)
        question = str(request.settings["question"])
        if request.settings["said"]["summary"]:
            quote = every[0]["quotes"][0]
            said = self._own(
                "这一部分讲的是灯、船和存放的东西。", "It is about lamps and stores.", zh
            )
            return {"found": True, "notes": said, "quotes": [quote]}
        mine = [one for one in every if one["question"] in question]
        assert known is not None
        if self.fault == "finds everything" and not mine:
            mine = every[:1]
        if not mine or self.fault == "finds nothing":
            return {"found": False, "notes": "", "quotes": []}
        quote = "Nobody said this." if self.fault == "invents a quote" else mine[0]["quotes"][0]
        number = "88888" if self.fault == "invents a number" else mine[0]["answer"]
        said = self._own(f"这里写的数量是{number}。", f"The number given is {number}.", zh)
        said = text if self.fault == "copies all" else said
        return {"found": True, "notes": said, "quotes": [quote]}


def _all_stated(text: str) -> list[dict[str, Any]]:
    from test_free_questions import STATED
    from test_free_questions import asked as stated_question

    return [stated_question(match) for match in STATED.finditer(text)]


def items(folder: Path, kind: str, task: str, fault: str = "") -> list[Draft | Dropped]:
    teacher = {"use": "test_recipe_multistage:Reader", "fault": fault}
    plan = small_plan(folder, teacher=teacher, pack={"length": 4096})
    side = materials_of(plan, folder / "work")["train"]
    recipe = Multistage(window=400, windows=(2, 4), tasks={task: 1.0})
    return list(islice(recipe.draft(kind, side, 12), 30))


def drafts_of(found: Sequence[Draft | Dropped]) -> Iterator[Draft]:
    yield from (one for one in found if isinstance(one, Draft))


@pytest.mark.parametrize("task", ["find", "digest"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_model_writes_the_words_of_every_stage(kind: str, task: str, tmp_path: Path) -> None:
    found = list(drafts_of(items(tmp_path, kind, task)))
    assert len(found) >= 8
    origins = Counter(
        type(span.origin)
        for draft in found
        for message in draft.messages
        for span in message.spans
        if isinstance(span, Span) and span.loss > 0
    )
    assert origins[Reply] >= 4
    assert set(origins) <= {Reply, Grain}
    for draft in found:
        for message in draft.messages:
            for span in message.spans:
                if isinstance(span, Span) and isinstance(span.origin, Reply):
                    assert language_of(span.text or "") == draft.meta["language"]


def test_a_model_is_not_asked_about_what_a_rule_can_tell(tmp_path: Path) -> None:
    found = list(drafts_of(items(tmp_path, "multistage-reduce", "collect", "half")))
    assert len(found) >= 5


@pytest.mark.parametrize(
    ("task", "fault", "reason"),
    [
        ("find", "half", "the reply holds no whole JSON object"),
        ("find", "finds nothing", "the reply finds nothing in a part that has what is asked for"),
        (
            "find",
            "finds everything",
            "the reply finds something in a part that leaves the question open",
        ),
        (
            "find",
            "invents a quote",
            "a quote of the reply is not in the part that it was to quote",
        ),
        (
            "find",
            "invents a number",
            "the reply has a number that is not in what it was to read",
        ),
        ("find", "another language", "the reply is in another language than the document"),
        ("find", "copies all", "the reply is hardly shorter than what it was to read"),
        ("find", "refuses", "the reply refuses although the notes answer"),
        ("find", "wrong answer", "the reply has a number that is not in what it was to read"),
        ("digest", "half", "the reply holds no whole JSON object"),
        ("digest", "another language", "the reply is in another language than the document"),
        ("digest", "keeps the old notes", "the reply leaves the notes as they were"),
        ("digest", "refuses", "the reply refuses although the notes answer"),
    ],
)
def test_a_reply_that_cannot_be_used_is_dropped_with_its_reason(
    task: str, fault: str, reason: str, tmp_path: Path
) -> None:
    found = items(tmp_path, "multistage-trace", task, fault)
    assert not list(drafts_of(found))
    lost = Counter(one.reason for one in found if isinstance(one, Dropped))
    assert lost[reason] >= 4, lost
    assert all(one.id and one.step == "draft" for one in found if isinstance(one, Dropped))


def test_calls_can_be_foreseen_without_asking_anyone(tmp_path: Path) -> None:
    plan = rehearsing(small_plan(tmp_path, teacher={"use": "openai", "model": "none"}))
    side = materials_of(plan, tmp_path / "work")["train"]
    recipe = Multistage(window=400, windows=(2, 3))
    tasks = Counter(
        one.meta["task"]
        for one in islice(recipe.draft("multistage-trace", side, 20), 60)
        if isinstance(one, Draft)
    )
    assert set(tasks) == {"find", "collect", "figures", "digest"}
