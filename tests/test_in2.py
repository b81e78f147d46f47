"""IN2: shares, guards against a second answer, sides, the user's own data, coverage, second looks."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import orjson
import pyarrow.parquet as pq
import pytest

from longgrain.assemble import Wish
from longgrain.build import build
from longgrain.errors import PlanError
from longgrain.materials import SideMaterials
from longgrain.near import groups, signatures
from longgrain.recipes.in2 import In2
from longgrain.recipes.rivals import _answering
from longgrain.run import Run
from longgrain.terms import terms
from longgrain.types import Answered, Draft, Example, Grain, Refused, Reply, Request, Span
from small import SHARES, Rule, handbook, materials_of, shelve, small_plan

RIVAL = 0.5


def examples(run: Run) -> Iterator[Example]:
    return (example for side in run.sides for example in run.examples(side))


# --- shares ---


def test_the_shares_of_the_paper_are_the_default() -> None:
    counts = In2(general="some.jsonl").kinds(100)
    assert counts == {"fine": 63, "integration": 17, "short": 9, "general": 11}


def test_without_a_file_the_share_of_general_data_goes_to_the_others() -> None:
    counts = In2().kinds(890)
    assert counts == {"fine": 630, "integration": 170, "short": 90, "general": 0}


def test_a_build_makes_each_kind_as_often_as_asked(small_run: Run) -> None:
    wanted = In2(shares=SHARES).kinds(60)
    made = Counter(example.lineage["kind"] for example in examples(small_run))
    assert all(abs(made[kind] - count) <= 2 for kind, count in wanted.items())
    assert made.total() == 60


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"shares": {"fine": 0}}, "one must be above"),
        ({"shares": {"fine": 1, "short": -0.1}}, "none may be below 0"),
        ({"shares": {"coarse": 1}}, "kinds are fine, integration, short, general"),
        ({"shares": {"general": 1}}, "names no file"),
        ({"pieces": (1, 3)}, "from 2"),
        ({"pieces": (4, 3)}, "smaller first"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(PlanError, match=said):
        In2(**settings)


# --- guards ---


def grains_of(run: Run) -> list[Grain]:
    return [grain for grain in run.grains() if grain.kind == "cut"]


def context(example: Example, grains: Sequence[Grain]) -> list[int]:
    """The numbers of all grains in the example's context, whatever its layout."""
    listed = [int(number) for number in example.lineage["context"]]
    if example.lineage["layout"] in ("document", "short"):
        return list(range(listed[0], listed[1] + 1))
    return listed


def trespassers(run: Run) -> list[str]:
    """Contexts that hold a rival of their question, a near-duplicate of their evidence, a grain of
    another side, or a grain twice.
    """
    texts, grains = run.texts(), grains_of(run)
    sides = pq.read_table(run.folder / "grains.parquet")["side"].to_pylist()
    drafts = pq.read_table(run.folder / "drafts.parquet", columns=["id", "rivals"]).to_pylist()
    rivals = {one["id"]: set(one["rivals"]) for one in drafts}
    kin = near_duplicates(grains, texts)
    found = []
    for example in examples(run):
        held, evidence = context(example, grains), set(example.lineage["evidence"])
        rest = set(held) - evidence
        if rest & rivals[example.lineage["draft"]]:
            found.append("a rival of the question")
        if {kin[number] for number in rest} & {kin[number] for number in evidence}:
            found.append("a near-duplicate of the evidence")
        if {sides[number] for number in held} - {example.side}:
            found.append("a grain of another side")
        if len(set(held)) != len(held):
            found.append("a grain twice")
        if held and not evidence <= set(held):
            found.append("no evidence")
    return found


def near_duplicates(grains: Sequence[Grain], texts: Mapping[str, str]) -> list[int]:
    codes = [terms(texts[grain.doc_id][grain.start : grain.end])[0] for grain in grains]
    units = np.repeat(np.arange(len(codes)), [len(one) for one in codes])
    made = signatures(np.concatenate(codes), units, len(codes), every=4, whole=64)
    return [int(group) for group in groups(made, containment=None)]


def test_no_context_holds_what_it_must_not(small_run: Run) -> None:
    assert trespassers(small_run) == []
    layouts = Counter(example.lineage["layout"] for example in examples(small_run))
    assert layouts["pool"] > 20
    assert layouts["short"] > 5
    assert small_run.manifest["guards"]["grain that might answer too, kept out of a context"] > 0


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run over documents that repeat themselves, half of the contexts kept in order."""
    folder = tmp_path_factory.mktemp("twins")
    shelve(folder / "documents")
    for number in range(8):
        parts = handbook(number).split("\n\n")
        again = [part.replace("crate", "chest") for part in parts[2:9]]
        text = "\n\n".join([*parts[:14], *again, *parts[14:]])
        (folder / "documents" / f"handbook-{number}.md").write_text(text, "utf-8")
    layout = {"lengths": [512, 800], "depths": 5, "short": 400, "in_order": 0.5}
    return build(small_plan(folder, layout=layout), folder / "run")


def test_documents_that_repeat_themselves_do_not_bring_the_evidence_twice(twins: Run) -> None:
    assert trespassers(twins) == []
    layouts = Counter(example.lineage["layout"] for example in examples(twins))
    assert layouts["document"] >= 5
    grains, texts = grains_of(twins), twins.texts()
    assert len(set(near_duplicates(grains, texts))) < 0.95 * len(grains)


def test_a_document_kept_in_order_holds_no_sentence_that_fits_as_well(twins: Run) -> None:
    """Where a question would be ambiguous in its own document it is laid in a pool instead."""
    said = twins.manifest["guards"]
    assert said["ambiguous in its own document, so not kept in order"] > 0
    texts = twins.texts()
    for example in examples(twins):
        if example.lineage["layout"] == "document" and example.lineage["kind"] == "fine":
            assert len(fitting(example, texts)) == 1


def fitting(example: Example, texts: Mapping[str, str]) -> list[str]:
    """Sentences of the context that say the question's words around the blank."""
    spans = [s for m in example.views["train"] for s in m.spans if isinstance(s, Span)]
    before, after = next(s.text or "" for s in spans if s.role == "question").split("____")
    words = "".join(s.words(texts) for s in spans if s.role in ("evidence", "distractor"))
    pieces = words.replace("\n\n", " ").split(before)
    return [piece for piece in pieces[1:] if piece.lstrip("0123456789").startswith(after[:-2])]


def test_control_a_guard_that_looks_away_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = np.zeros(0, np.int32)
    monkeypatch.setattr("longgrain.context.Wish", lambda **wish: Wish(**{**wish, "rivals": nobody}))
    assert "a rival of the question" in trespassers(build(small_plan(tmp_path), tmp_path / "run"))


# --- the user's own data ---

ROWS = [
    *({"instruction": f"Name a bridge of {n}.", "response": f"Bridge {n}"} for n in range(40)),
    {"instruction": "Translate", "input": "十二座桥", "output": "twelve bridges"},
    {"messages": [
        {"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Ho"}, {"role": "user", "content": "And?"},
        {"role": "assistant", "content": "That is all."},
    ]},
]  # fmt: skip
BAD: dict[str, str] = {
    "not json": "not JSON",
    "[1, 2]": "not a record",
    '{"prompt": "only"}': "no instruction or no response",
    '{"messages": {"role": "user"}}': "messages are not a list",
    '{"messages": [{"role": "judge", "content": "x"}]}': "a message without a known role",
    '{"messages": [{"role": "user", "content": "x"}]}': "the last turn is not the assistant's",
    '{"messages": []}': "the last turn is not the assistant's",
    '{"prompt": " ", "response": "x"}': "an empty turn",
}


@pytest.fixture(scope="module")
def general(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("general")
    lines = [orjson.dumps(row).decode() for row in ROWS]
    (folder / "own.jsonl").write_text("\n".join([*BAD, "", *lines]) + "\n", "utf-8")
    recipe = {
        "use": "in2",
        "examples": 400,
        "general": "own.jsonl",
        "shares": {"fine": 0.05, "general": 0.95},
    }
    return build(small_plan(folder, recipes=[recipe]), folder / "run")


def own(run: Run) -> list[Example]:
    return [one for one in examples(run) if one.lineage["kind"] == "general"]


def test_every_row_becomes_one_example_on_one_side(general: Run) -> None:
    said = [[s.text for m in one.views["train"] for s in m.spans] for one in own(general)]  # type: ignore[union-attr]
    assert len(said) == len(ROWS)
    assert ["Translate\n\n十二座桥", "twelve bridges"] in said
    assert ["Be brief.", "Hi", "Ho", "And?", "That is all."] in said
    assert {one.side for one in own(general)} == {"train", "valid", "test"}


def test_every_turn_of_the_assistant_is_learned_and_nothing_else(general: Run) -> None:
    for example in own(general):
        assert example.lineage["layout"] == "none"
        assert example.doc_ids == ()
        for message in example.views["train"]:
            losses = {span.loss for span in message.spans if isinstance(span, Span)}
            assert losses == {1.0 if message.speaker == "assistant" else 0.0}


def test_bad_rows_are_dropped_once_with_their_place(general: Run) -> None:
    dropped = {one.id: one.reason for one in general.dropped() if one.id.startswith("own.jsonl")}
    expected = {
        f"own.jsonl:{number}": f"general data: {reason}"
        for number, reason in enumerate(BAD.values(), start=1)
    }
    assert dropped == expected
    assert sum(one.id.startswith("own.jsonl") for one in general.dropped()) == len(BAD)


def test_too_few_rows_are_a_shortfall_in_plain_words(general: Run) -> None:
    said = [line for q in general.manifest["quotas"].values() for line in q["shortfalls"]]
    assert any(line.startswith("general: 266 examples asked for, ") for line in said)


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    recipe = {"use": "in2", "examples": 40, "general": "nowhere.jsonl", "shares": {"general": 1}}
    with pytest.raises(PlanError, match=r"there is no file .*nowhere\.jsonl"):
        build(small_plan(tmp_path, recipes=[recipe]), tmp_path / "run")


# --- coverage ---


def test_questions_come_from_every_tenth_of_every_document(tmp_path: Path) -> None:
    """Tools that draft in reading order ask about a document's first pages alone."""
    (tmp_path / "documents").mkdir()
    for number in range(4):
        text = handbook(number, chapters=12, sentences=30)
        (tmp_path / "documents" / f"{number}.md").write_text(text, "utf-8")
    recipe = {"use": "in2", "examples": 240, "shares": {"fine": 1}}
    plan = small_plan(tmp_path, recipes=[recipe], split={"valid": 0, "test": 0})
    run = build(plan, tmp_path / "run")
    lengths = {name: len(text) for name, text in run.texts().items()}
    asked: dict[str, set[int]] = {}
    grains = grains_of(run)
    for example in examples(run):
        for number in example.lineage["evidence"]:
            grain = grains[number]
            tenth = 10 * grain.start // lengths[grain.doc_id]
            asked.setdefault(grain.doc_id, set()).add(tenth)
    assert asked == {name: set(range(10)) for name in run.doc_ids}
    for document in run.manifest["documents"]:
        assert 0 < document["asked"] <= document["grains"]
        assert sum(one["asked"] for one in document["chapters"]) == document["asked"]
        assert sum(one["grains"] for one in document["chapters"]) == document["grains"]


def test_no_more_is_asked_of_the_teacher_than_may_be_needed(small_run: Run) -> None:
    """Eight at least are asked at a time; each kind of each side may waste a few of its last."""
    teacher, steps = small_run.manifest["teacher"], small_run.manifest["steps"]
    drafted = next(step for step in steps if step["step"] == "draft")
    assert teacher["requests"] <= drafted["asked"] + 9 * 8


# --- teachers that do not keep to the rules ---


@dataclass(frozen=True, kw_only=True)
class Judge(Rule):
    """Rule, and second looks: a grain with the word kettle or 水泵 answers; some replies are junk."""

    name: ClassVar[str] = "judge"
    judges: ClassVar[bool] = True

    def ask(self, requests: Sequence[Request]) -> Sequence[Answered | Refused]:
        return [
            self._look(one) if one.task == "second_look" else self._answer(one) for one in requests
        ]

    def _look(self, request: Request) -> Answered | Refused:
        [text] = request.material
        assert request.settings["question"]
        if "lantern" in text:
            return Answered(text="I would say no")
        if "rope" in text:
            return Refused(reason="busy")
        answers = [1] if "kettle" in text or "水泵" in text else []
        return Answered(text=orjson.dumps({"answers": answers}).decode())


def drafted(recipe: In2, materials: SideMaterials, count: int) -> list[Draft]:
    """So many drafts of questions about one grain."""
    items = recipe.draft("fine", materials, count)
    return list(islice((one for one in items if isinstance(one, Draft)), count))


def test_a_hard_distractor_that_a_second_look_refuses_is_in_no_context(tmp_path: Path) -> None:
    plan = small_plan(tmp_path, teacher="test_in2:Judge")
    materials = materials_of(plan, tmp_path / "work")["train"]
    assert materials.judges
    drafts = drafted(In2(cap=0.3, looks=1), materials, 40)
    looked = {
        (one["settings"]["question"], one["material"][0]): answer
        for one, answer in second_looks(tmp_path / "work")
    }
    assert len(looked) > 20
    for draft in drafts:
        question = draft.messages[0].spans[-1].text  # type: ignore[union-attr]
        for number in draft.meta["hard"]:
            assert looked[question, materials.text(number)] == b'{"answers":[]}'
    cleared = materials.guards["hard distractor cleared by a second look"]
    refused = materials.guards["hard distractor refused by a second look"]
    assert cleared > 0 < refused
    assert materials.guards["hard distractor too similar to the question, left out"] == 0


@pytest.mark.parametrize(
    ("said", "answering"),
    [
        ('{"answers": []}', set()),
        ('{"answers": [2]}', {2}),
        ('{"answers": [4]}', {1, 2, 3}),  # there is no fourth piece, so nothing is believed
        ('{"answers": true}', {1, 2, 3}),
        ("I would say none", {1, 2, 3}),
    ],
)
def test_a_second_look_that_cannot_be_read_leaves_the_doubt(said: str, answering: set[int]) -> None:
    assert _answering(Reply(teacher="t", call="c", text=said), 3) == answering
    assert _answering(Refused(reason="busy"), 3) == {1, 2, 3}


def second_looks(work: Path) -> Iterator[tuple[dict[str, Any], bytes]]:
    with sqlite3.connect(work / "calls-train.sqlite") as db:
        for request, answer, refusal in db.execute("SELECT request, answer, refusal FROM calls"):
            asked = orjson.loads(request)
            if asked["task"] == "second_look":
                yield asked, (answer or refusal).encode()


def test_without_a_judge_hard_distractors_are_capped_by_similarity(tmp_path: Path) -> None:
    materials = materials_of(small_plan(tmp_path), tmp_path / "work")["train"]
    assert not materials.judges
    drafts = drafted(In2(cap=0.3), materials, 30)
    for draft in drafts:
        question = draft.messages[0].spans[-1].text  # type: ignore[union-attr]
        scores = dict(materials.nearest(question, 40))
        evidence = max(scores[number] for number in draft.meta["evidence"])  # type: ignore[union-attr]
        assert all(scores[number] <= 0.3 * evidence for number in draft.meta["hard"])  # type: ignore[union-attr]
    assert materials.guards["hard distractor too similar to the question, left out"] > 0


JUNK = [
    "not json", "{}", "[]", "[1]", '[{"form": "number"}]', "null", '"words"',
    '[{"form":"number","template":"t","question":"q","answer":"a","reply":"a","cues":[],'
    '"evidence":[[7,0,1]],"facts":[[0,0,1,"number"]]}]',
    '[{"form":"sum","template":"t","question":"q","answer":"a","reply":"a","cues":[],'
    '"evidence":[[0,0,1]],"facts":[]}]',
    '[{"form":"number","template":"t","question":"q","answer":"a","reply":"a","cues":[],'
    '"evidence":3,"facts":{}}]',
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Drunk(Rule):
    """Rule, but two replies of three are junk."""

    name: ClassVar[str] = "drunk"

    def _answer(self, request: Request) -> Answered | Refused:
        number = sum(map(len, request.material))
        if number % 3:
            return Answered(text=JUNK[number % len(JUNK)])
        return Rule._answer(self, request)


def test_replies_that_are_no_questions_are_dropped_with_their_words(tmp_path: Path) -> None:
    recipe = {"use": "in2", "examples": 12, "shares": {"fine": 1}}
    plan = small_plan(tmp_path, teacher="test_in2:Drunk", recipes=[recipe])
    run = build(plan, tmp_path / "run")
    assert len(list(examples(run))) == 12
    said = [one for one in run.dropped() if one.reason == "the reply holds no question"]
    assert len({one.detail for one in said}) >= 5
    assert all(one.id for one in said)
