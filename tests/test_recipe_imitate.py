"""Local imitation: pairs in the manner of seeds, each proved; nothing of a seed comes out, and broad seeds are told."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest

from longgrain.doubts import Ground, doubts
from longgrain.errors import PlanError
from longgrain.make import component
from longgrain.materials import SideMaterials
from longgrain.recipes.asked import asked
from longgrain.recipes.imitate import Imitate
from longgrain.recipes.imitate.guard import FLAG, Guard, style
from longgrain.recipes.imitate.own_seeds import SEEDS
from longgrain.recipes.imitate.ruled import form_of
from longgrain.recipes.imitate.screens import ABUSIVE, Seen, abusive, copied
from longgrain.recipes.imitate.seeds import Seeds, asks_of, gives_of, read_seeds
from longgrain.types import Answered, Draft, Dropped, Refused, Request, Span
from small import materials_of, small_plan
from test_free_questions import STATED, drafts, reasons
from test_free_questions import asked as question_about

SeedRow = Mapping[str, str]
FACTS: list[SeedRow] = [
    {"input": "How many nails did the smith of Upper Foss forge that week?", "output": "640"},
    {"input": "Who painted the sign of the inn?", "output": "Martin Oak"},
    {"input": "那周铁匠一共打了多少枚钉子？", "output": "640枚"},
    {"input": "客栈的招牌是谁画的？", "output": "陈墨林"},
]
BROAD: list[SeedRow] = [
    {"input": "Who painted the sign?", "output": "Martin Oak"},
    {"input": "Translate: guten Tag", "output": "Good day"},
    {"input": "Write a haiku about rain.", "output": "Rain " * 80},
    {"input": "List three fruits.", "output": "- apple\n- pear\n- plum"},
]


def written(folder: Path, rows: Sequence[SeedRow], name: str = "seeds.jsonl") -> Path:
    path = folder / name
    lines = (json.dumps(one, ensure_ascii=False) for one in rows)
    path.write_text("\n".join(lines), "utf-8")
    return path


def taken(
    made: Imitate, side: SideMaterials, kind: str = "imitate-long", count: int = 8
) -> list[Draft | Dropped]:
    """What comes until so many drafts are made, or 400 items."""
    items: list[Draft | Dropped] = []
    stream = made.draft(kind, side, count)
    for item in stream:
        items.append(item)
        if len(drafts(items)) == count or len(items) == 400:
            break
    stream.close()  # type: ignore[attr-defined]
    return items


def output(draft: Draft, side: SideMaterials) -> str:
    spans = (one for one in draft.messages[-1].spans if isinstance(one, Span))
    return "".join(one.words(side.store.texts) for one in spans)


@pytest.fixture(scope="module")
def side(tmp_path_factory: pytest.TempPathFactory) -> SideMaterials:
    folder = tmp_path_factory.mktemp("small")
    return materials_of(small_plan(folder), folder / "work")["train"]


# --- seeds ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("How many chairs are there?", "question"),
        ("礼堂里有多少把椅子", "question"),
        ("Translate the sentence into French.", "translate"),
        ("Please translate this: good day", "translate"),
        ("请概括下面的要点。", "概括"),
        ("word " * 100, "passage"),
    ],
)
def test_what_an_input_asks_is_told_by_its_form(text: str, expected: str) -> None:
    assert asks_of(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("32 chairs", "answer"),
        ("三十二把。", "answer"),
        ("- one\n- two", "list"),
        ("word " * 100, "text"),
        ("def f(x):\n    return x", "code"),
    ],
)
def test_of_what_sort_an_output_is_is_told_by_its_form(text: str, expected: str) -> None:
    assert gives_of(text) == expected


def test_our_own_seeds_are_of_one_task_in_both_languages() -> None:
    own = read_seeds(None)
    assert not own.is_broad
    assert len(own.tasks) == 1
    assert len(own.of("en")) == len(own.of("zh")) == len(SEEDS["en"]) >= 8
    assert all(form_of(one) for one in own.seeds)


def test_equal_outputs_are_labels_of_one_task(tmp_path: Path) -> None:
    rows = [{"input": f"Is it raining in {town}?", "output": "yes"} for town in ("Foss", "Pell")]
    assert [one.task.gives for one in read_seeds(written(tmp_path, rows)).seeds] == ["label"] * 2


def test_what_all_seeds_begin_and_end_with_is_the_frame_of_the_task(tmp_path: Path) -> None:
    rows = [
        {"input": f"Answer in a word: who was {who}?", "output": f"Answer: {what}"}
        for who, what in (("first", "Anna"), ("second", "Berta"), ("last", "Carla"))
    ]
    found = read_seeds(written(tmp_path, rows))
    assert found.frame("en", "input") == ("Answer in a word: who was ", "")
    assert found.frame("en", "output") == ("Answer: ", "")


def test_seeds_of_which_no_two_share_a_task_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match=r"no two share a task.*broadly"):
        read_seeds(written(tmp_path, BROAD))


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["{"], "no line with input and output"),
        ([], "no line with input and output"),
        (['{"input": "Who?"}'], "no line with input and output"),
    ],
)
def test_a_file_without_seeds_is_refused(lines: list[str], words: str, tmp_path: Path) -> None:
    (tmp_path / "seeds.jsonl").write_text("\n".join(lines), "utf-8")
    with pytest.raises(PlanError, match=words):
        read_seeds(tmp_path / "seeds.jsonl")
    with pytest.raises(PlanError, match="there is no file"):
        read_seeds(tmp_path / "nobody.jsonl")


def test_lines_that_are_no_seeds_are_dropped_with_their_number(tmp_path: Path) -> None:
    path = written(tmp_path, FACTS)
    path.write_text(path.read_text("utf-8") + '\n{half\n7\n{"input": "Who?"}\n', "utf-8")
    assert Counter(read_seeds(path).lost) == Counter(
        {
            ("seeds.jsonl:5", "a seed that is not JSON"): 1,
            ("seeds.jsonl:6", "a seed that is not a record"): 1,
            ("seeds.jsonl:7", "a seed without input or without output"): 1,
        }
    )


def test_a_preview_doubts_broad_seeds_and_those_that_need_a_model(tmp_path: Path) -> None:
    written(tmp_path, [*FACTS, *BROAD[1:], *BROAD[1:], {"input": "Sort these.", "output": "a b"}])
    plan = small_plan(
        tmp_path,
        teacher={"use": "extractive"},
        recipes=[{"use": "imitate", "examples": 10, "seeds": "seeds.jsonl"}],
    )
    ground = Ground(
        sides=_none(), tokens=_none(), documents=_none(), languages=()
    )  # what the seeds say does not depend on the documents
    manifest = {"quotas": {}, "teacher": {"calls": []}, "drafted": {}}
    said = [one for one in doubts(plan, ground, manifest) if "imitate seeds" in one]
    assert len(said) == 2
    assert said[0].startswith("recipes.0: imitate seeds: 11 seeds of ")
    assert "broad imitation" in said[0]
    assert "only a language model can do" in said[1]
    fine = small_plan(tmp_path, recipes=[{"use": "imitate", "examples": 10}])
    assert not [one for one in doubts(fine, ground, manifest) if "imitate seeds" in one]


def _none() -> Any:
    import numpy as np

    return np.zeros(0, np.int64)


# --- screens --------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_list_of_abusive_words_is_found_as_words(language: str) -> None:
    for word in ABUSIVE[language]:
        assert word in abusive(f"Well, {word}! 你{word}。")
    assert not abusive(
        "The shuttle shifts; the cocktail bitcher's class scored. 混合蛋白质和去年死伤。"
    )
    assert abusive("a GADGET, 小玩意", ("gadget", "玩意")) == ["gadget", "玩意"]


def test_copies_of_a_seed_are_measured_in_runs_of_words() -> None:
    seed = "How many nails did the smith of Upper Foss forge that week?"
    assert copied(seed, [seed], "en") == 1
    other = "How many nails did the smith of Nether Foss forge that winter?"
    assert 0 < copied(other, [seed], "en") < 0.5
    assert copied("How many lamps burn at the gate?", [seed], "en") == 0
    assert copied("那周铁匠一共打了多少枚铁钉？", ["那周铁匠一共打了多少枚钉子？"], "zh") > 0.5


def test_what_was_there_before_is_known_in_any_order_of_its_words() -> None:
    seen = Seen.of(["How many nails did the smith forge in winter?", "那周铁匠打了多少枚钉子？"])
    assert seen.has("how many nails did the smith forge in winter")
    assert seen.has("In winter, how many nails did the smith forge?")
    assert seen.has("那周铁匠打了多少枚钉子")
    assert not seen.has("Who painted the sign of the inn by the river?")


# --- by rule --------------------------------------------------------------------------------------


def test_a_rule_asks_for_the_facts_that_the_seeds_ask_for(side: SideMaterials) -> None:
    side.notes.clear()
    found = drafts(taken(Imitate(), side))
    assert len(found) == 8
    for one in found:
        assert one.meta["form"] == "number"
        assert one.meta["seeds"][0].startswith("own-")
        assert output(one, side).startswith(one.answer)
        assert any(one.answer in side.text(number) for number in one.meta["evidence"])


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("Martin built 640 of them in the winter of that year.", "sentence"),
        ("640.", "stopped"),
        ("640", "bare"),
    ],
)
def test_the_output_has_the_form_of_the_seeds(
    said: str, expected: str, side: SideMaterials, tmp_path: Path
) -> None:
    side.notes.clear()
    path = written(tmp_path, [{"input": "How many were built by Martin?", "output": said}])
    for one in drafts(taken(Imitate(seeds=str(path)), side, count=4)):
        told = output(one, side)
        assert one.meta["language"] == "en"  # the only language of the seeds
        assert told.endswith(".") == (expected != "bare")
        assert (told in side.text(one.meta["evidence"][0])) == (expected != "stopped")
        assert (len(told.split()) > 6) == (expected == "sentence")


def test_instructions_are_given_where_the_seeds_give_them(
    side: SideMaterials, tmp_path: Path
) -> None:
    side.notes.clear()
    rows = [
        {"input": f"Name the number of {what}.", "output": "640"} for what in ("nails", "bells")
    ]
    found = drafts(taken(Imitate(seeds=str(written(tmp_path, rows))), side, count=4))
    assert found
    assert all("told" in one.meta["template"] for one in found)


@pytest.mark.parametrize("asked_for", ["Translate: Miete", "Summarise the clause.", "请翻译：房租"])
def test_no_rule_follows_a_seed_that_asks_for_no_fact(asked_for: str, tmp_path: Path) -> None:
    [seed] = read_seeds(written(tmp_path, [{"input": asked_for, "output": "rent"}])).seeds
    assert form_of(seed) is None


def test_without_a_seed_that_a_rule_can_follow_nothing_is_made(
    side: SideMaterials, tmp_path: Path
) -> None:
    side.notes.clear()
    rows = [
        {"input": f"Write a poem about {one}.", "output": "word " * 90} for one in ("rain", "snow")
    ]
    assert not drafts(taken(Imitate(seeds=str(written(tmp_path, rows))), side))


def test_seeds_never_come_out_as_examples(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    folder.mkdir()
    mine = materials_of(small_plan(folder), folder / "work")["train"]
    first = drafts(taken(Imitate(), mine))[0]
    rows = [*FACTS, {"input": asked(first), "output": first.answer}]
    mine.notes.clear()
    items = taken(Imitate(seeds=str(written(tmp_path, rows))), mine, count=12)
    assert asked(first) not in {asked(one) for one in drafts(items)}
    assert "an input is a seed, or nearly one that was made before" in reasons(items)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_another_fact_in_the_source_makes_another_example(language: str, tmp_path: Path) -> None:
    plan = small_plan(tmp_path)
    before = drafts(taken(Imitate(), materials_of(plan, tmp_path / "before")["train"], count=30))
    one = next(draft for draft in before if draft.meta["language"] == language)
    for file in (tmp_path / "documents").iterdir():
        text = re.sub(rf"(?<!\d){one.answer}(?!\d)", "4321", file.read_text("utf-8"))
        file.write_text(text, "utf-8")
    after = drafts(taken(Imitate(), materials_of(plan, tmp_path / "after")["train"], count=30))
    [same] = [draft for draft in after if asked(draft) == asked(one)]
    assert same.answer == "4321"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"short": 2.0}, "a share is 0 to 1"),
        ({"copied": -0.1}, "a share is 0 to 1"),
        ({"shots": 0}, "1 or more"),
        ({"batch": 0}, "1 or more"),
    ],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(PlanError, match=words):
        component("recipes", "imitate", settings)


# --- a language model -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Mimic:
    """Makes pairs of the sentences of handbooks as a model would, in one ``way``."""

    version: ClassVar[str] = "1"
    prompted: ClassVar[bool] = True

    way: str = "right"

    @property
    def name(self) -> str:
        """Another one is paid for by itself."""
        return f"mimic, {self.way}"

    def ask(self, requests: Sequence[Request]) -> Sequence[Answered | Refused]:
        """JSON, or what a bad teacher gives instead."""
        assert all(one.prompt and one.schema and "Foss" not in one.material[0] for one in requests)
        return [self._said(one) for one in requests]

    def _said(self, request: Request) -> Answered | Refused:
        if self.way == "error":
            return Refused(reason="the endpoint failed")
        pairs = [self._pair(one, request) for one in STATED.finditer(request.material[0])]
        text = json.dumps({"pairs": pairs[:3]}, ensure_ascii=False)
        return Answered(text=text[:30] if self.way == "half" else text)

    def _pair(self, match: re.Match[str], request: Request) -> dict[str, str]:
        found = question_about(match)
        chinese = request.settings["language"] == "zh"
        pair = {"input": found["question"], "output": found["answer"], "quote": match[0]}
        seeds = [json.loads(one) for one in request.settings["given"]["seeds"].split("\n\n")]
        number = found["answer"]
        words = "我不能回答这个问题。" if chinese else "I'm sorry, I cannot help with that."
        other = (
            "There were exactly that many of them there."
            if chinese
            else "那里的数目就是这么多件东西。"
        )
        changed: dict[str, dict[str, str]] = {
            "lie": {"output": str(int(number) + 11)},
            "made-up quote": {"quote": "Nobody ever said so."},
            "refusal": {"output": words},
            "other language": {"output": other},
            "seed": {"input": seeds[0]["input"]},
            "abuse": {"output": f"{number}, {'傻逼' if chinese else 'you moron'}"},
            "list": {"output": f"- {number}\n- {number}"},
            "chatter": {"output": f"{number} glorious monuments celebrate eternal friendship here"
                        if not chinese else f"{number}座宏伟丰碑见证永恒友谊与辉煌梦想"},
            "nothing": {"output": ""},
            "sloppy quote": {"quote": match[0].replace(" ", "  ").replace("，", ",")},
        }  # fmt: skip
        return pair | changed.get(self.way, {})


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> SideMaterials:
    folder = tmp_path_factory.mktemp("seeded")
    plan = small_plan(folder, teacher={"use": "test_recipe_imitate:Mimic"})
    return materials_of(plan, folder / "work")["train"]


def with_mimic(side: SideMaterials, way: str = "right") -> SideMaterials:
    """The same grains, with another teacher."""
    side.notes.clear()
    side.guards.clear()
    side.teacher = Mimic(way=way)
    return side


def test_a_model_s_pairs_are_taken_with_their_quotes_and_the_seeds_they_follow(
    tmp_path: Path,
    seeded: SideMaterials,
) -> None:
    side = with_mimic(seeded)
    made = Imitate(seeds=str(written(tmp_path, FACTS)), shots=2)
    found = drafts(taken(made, side, count=12))
    assert len(found) == 12
    assert {one.meta["language"] for one in found} == {"en", "zh"}
    for one in found:
        [number] = one.meta["evidence"]
        [quote] = one.meta["quotes"]
        assert quote in side.text(number)
        assert one.answer in quote
        assert len(one.meta["seeds"]) == 2
        assert one.meta["imitation"]["facts"] is True
        assert number not in {*one.meta["rivals"], *one.meta["hard"]}
        assert one.messages[-1].spans[0].origin.teacher == "mimic, right"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("way", "reason"),
    [
        ("error", "the endpoint failed"),
        ("half", "the reply holds no whole JSON object"),
        ("nothing", "a pair of the reply lacks what was asked for (input, output, quote)"),
        ("refusal", "a pair is a refusal"),
        ("other language", "a pair is in another language than the question"),
        ("lie", "an output has a number, date or name that the evidence does not have"),
        ("chatter", "an output says what the evidence does not say"),
        ("made-up quote", "the quote of a pair is not in the evidence"),
        ("seed", "an input is a seed, or nearly one that was made before"),
        ("abuse", "a pair has a word of the list of abusive ones"),
        ("list", "an output is of another task than the seeds'"),
    ],
)
def test_a_pair_that_cannot_be_used_is_dropped_with_its_reason(
    way: str, reason: str, tmp_path: Path, seeded: SideMaterials
) -> None:
    side = with_mimic(seeded, way=way)
    items = taken(Imitate(seeds=str(written(tmp_path, FACTS))), side)
    assert reason in reasons(items)
    if way != "other language":  # a sentence is told by its script where it has words enough
        assert not drafts(items)


def test_a_quote_with_other_blanks_and_marks_is_found_again(
    tmp_path: Path, seeded: SideMaterials
) -> None:
    side = with_mimic(seeded, way="sloppy quote")
    found = drafts(taken(Imitate(seeds=str(written(tmp_path, FACTS))), side))
    assert found
    for one in found:
        assert one.meta["quotes"][0] in side.text(one.meta["evidence"][0])


def test_a_question_that_fits_another_sentence_is_dropped(
    tmp_path: Path, seeded: SideMaterials
) -> None:
    items = taken(Imitate(seeds=str(written(tmp_path, FACTS))), with_mimic(seeded), count=60)
    assert "the question fits another sentence of its side" in reasons(items)


def test_a_listed_word_that_the_evidence_has_too_is_let_through_and_counted(
    tmp_path: Path,
    seeded: SideMaterials,
) -> None:
    side = with_mimic(seeded)
    made = Imitate(seeds=str(written(tmp_path, FACTS)), words=("near",))
    found = drafts(taken(made, side))
    assert any("near" in asked(one) for one in found)
    event = "imitate: word of the list that the evidence has too, let through"
    assert side.guards[event] >= 1


# --- the guard ------------------------------------------------------------------------------------


def test_style_is_what_it_is_said_to_be() -> None:
    assert style("- 12 nails\n- 3 bells", ["- 12 nails"]) == {
        "lists": 1.0,
        "ends_with_summary": 0.0,
        "unigram_overlap": 0.5,
    }
    assert style("It rained.\n\nIn short, it was wet.", [])["ends_with_summary"] == 1


@pytest.mark.parametrize(
    ("second", "facts", "flagged"),
    [
        ("- 640 nails\n- 12 bells", 0.5, True),  # nearer in style, facts as before
        ("- 640 nails\n- 12 bells", 1.0, False),  # nearer in style, and better facts
        ("They forged seven rods.", 0.5, False),  # as far in style as before
    ],
)
def test_a_flag_is_raised_where_style_comes_nearer_and_facts_do_not_improve(
    second: str, facts: float, flagged: bool, side: SideMaterials
) -> None:
    side.guards.clear()
    guard = Guard(materials=side, size=4, margin=0.05)
    seeds = ["- 640 nails\n- 12 bells"]
    for text, share in (("They forged seven rods.", 0.5), (second, facts)):
        for number in range(4):
            guard.add(style(text, seeds), stands=number < 4 * share)
    assert guard.flags == ([2] if flagged else [])
    assert side.guards[FLAG] == flagged
    told = [event for event in side.guards if event.startswith("imitate: pairs of batch")]
    assert len(told) == 2
    assert f"fact_em {facts:.3f}" in told[1]


def test_the_last_batch_is_told_though_a_build_stops_in_it(side: SideMaterials) -> None:
    side.notes.clear()
    side.guards.clear()
    taken(Imitate(batch=5), side, count=8)
    told = {event.split(":")[1]: n for event, n in side.guards.items() if "batch" in event}
    assert told == {" pairs of batch 1 (train)": 5, " pairs of batch 2 (train)": 3}


def test_seeds_of_two_languages_are_apart() -> None:
    own: Seeds = read_seeds(None)
    assert {one.language for one in own.of("zh")} == {"zh"}
    assert {one.language for one in own.of("en")} == {"en"}
