"""Texts gone on with: where they are broken off, what is learned to the token, and whom nobody believes."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from pathlib import Path
from typing import Any, ClassVar

import pytest

from longgrain.build import build
from longgrain.checks.bounds import Bounds
from longgrain.errors import PlanError
from longgrain.explain import row_place
from longgrain.make import bare, component
from longgrain.materials import SideMaterials
from longgrain.recipes.continuation import wording
from longgrain.recipes.continuation.outlines import measured
from longgrain.recipes.script import written
from longgrain.run import Run
from longgrain.tokens import Tokenizer
from longgrain.types import Answered, Draft, Dropped, Grain, Refused, Reply, Request, Span
from small import handbook, materials_of, small_plan

TOKENIZER = Tokenizer.load("longgrain")
KINDS = ("continuation-next", "continuation-middle", "continuation-long")


def materials(folder: Path, **changes: Any) -> SideMaterials:
    return materials_of(small_plan(folder, **changes), folder / "work")["train"]


@pytest.fixture(scope="module")
def side(tmp_path_factory: pytest.TempPathFactory) -> SideMaterials:
    return materials(tmp_path_factory.mktemp("continuation"))


def drawn(side: SideMaterials, kind: str, count: int, **settings: Any) -> list[Draft | Dropped]:
    side.notes.clear()
    recipe = component("recipes", "continuation", settings)
    return list(islice(recipe.draft(f"continuation-{kind}", side, count), count))


def drafts(side: SideMaterials, kind: str, count: int, **settings: Any) -> list[Draft]:
    found = drawn(side, kind, 4 * count, **settings)
    return [one for one in found if isinstance(one, Draft)][:count]


def spans(draft: Draft, role: str) -> list[Span]:
    said = [span for message in draft.messages for span in message.spans]
    return [one for one in said if isinstance(one, Span) and one.role == role]


def told(side: SideMaterials, spans_of: Sequence[Any]) -> str:
    return "".join(one.words(side.store.texts) for one in spans_of)


def own(folder: Path, text: str, name: str = "own.md", **changes: Any) -> SideMaterials:
    """Materials of one document alone."""
    (folder / "documents").mkdir(parents=True)
    (folder / "documents" / name).write_text(text, "utf-8")
    (folder / "documents" / "more.md").write_text(handbook(77), "utf-8")
    return materials(folder, split={"valid": 0.0, "test": 0.0}, **changes)


# --- where a text is broken off ---


@pytest.mark.parametrize("level", ["sentence", "paragraph", "chapter", "document"])
def test_a_prefix_ends_at_its_level_and_what_follows_is_what_stands_there(
    level: str, side: SideMaterials
) -> None:
    made = drafts(side, "next", 8, levels={level: 1.0, "paragraph": 1e-9}, raw=0.0)
    assert {one.meta["level"] for one in made} == {level}
    for draft in made:
        [before], [after] = spans(draft, "evidence"), spans(draft, "answer")
        assert isinstance(before.origin, Grain)
        assert isinstance(after.origin, Grain)
        text = side.document(after.origin.doc_id).text
        assert not text[before.origin.end : after.origin.start].strip()
        read, learned = (one.words(side.store.texts) for one in (before, after))
        assert learned == learned.strip() == draft.answer
        last, first = read.splitlines()[-1], learned.splitlines()[0]
        assert first[0] != "#"
        if level == "chapter":
            assert last.startswith("## ")
        else:
            assert re.search(r"[.。]$", read)
        if level == "sentence":
            assert "\n" not in text[before.origin.end : after.origin.start]
        elif level == "document":
            assert before.origin.start == 0


def test_levels_meet_their_shares(side: SideMaterials) -> None:
    levels = {"sentence": 0.5, "paragraph": 0.25, "chapter": 0.25}
    made = Counter(one.meta["level"] for one in drafts(side, "next", 40, levels=levels))
    assert all(abs(made[level] - 40 * share) <= 1 for level, share in levels.items()), made


def test_a_level_that_no_document_has_leaves_its_share_to_the_others(side: SideMaterials) -> None:
    made = drafts(side, "next", 20, levels={"section": 0.5, "paragraph": 0.5})
    assert {one.meta["level"] for one in made} == {"paragraph"}


@pytest.mark.parametrize("kind", ["next", "middle"])
def test_no_words_are_learned_twice_by_one_kind(kind: str, side: SideMaterials) -> None:
    taken: dict[str, list[tuple[int, int]]] = {}
    for draft in drafts(side, kind, 60):
        for span in spans(draft, "answer"):
            assert isinstance(span.origin, Grain)
            taken.setdefault(span.origin.doc_id, []).append((span.origin.start, span.origin.end))
    for places in taken.values():
        places.sort()
        assert all(a[1] <= b[0] for a, b in pairwise(places))


ODD = """# Manual

## Table of contents

1. [Pumps](#pumps)
2. [Valves](#valves)
3. [Lamps](#lamps)
4. [Locks](#locks)
5. [Doors](#doors)

## Pumps

The pump room at Tarn was rebuilt in 1902 after a fire. Two men keep it running by night. They write
every stop into a book that lies on the sill.

The following table lists the pumps:

| pump | litres |
|---|---|
| north | 400 |
| south | 350 |

A pump that stops twice in one hour is taken out of service. The other pump then carries the whole
load until noon. Nobody starts a pump alone.

```python
def start(pump):
    return pump.start()
```

The call above starts a pump from the desk. It returns once the pump has reached its speed. The desk
keeps a list of all calls for a month.

## Empty

## Valves

Valves are turned by hand on the first day of the month. A valve that does not turn is oiled and
tried again. Valves that leak are marked with red chalk.

The old valves came from Velm in 1880. They have brass seats and iron wheels. Most of them still
close within a quarter turn.
"""


@pytest.mark.parametrize("kind", ["next", "middle"])
def test_contents_tables_code_and_empty_headings_are_not_learned(kind: str, tmp_path: Path) -> None:
    side = own(tmp_path, ODD)
    made = drafts(side, kind, 80, before=[8, 512], learned=[8, 512])
    mine = [one for one in made if "pump" in one.answer or "alve" in one.answer]
    assert len(mine) >= 4
    for draft in mine:
        assert not re.search(r"\||```|def start|\]\(#|Empty|^1\.", draft.answer), draft.answer
        assert not draft.answer.rstrip().endswith(":")


def test_a_section_of_contents_is_dropped_with_its_reason(tmp_path: Path) -> None:
    side = own(tmp_path, ODD.replace("\n## ", "\n### ").replace("# Manual", "# Manual\n\n## All"))
    made = drawn(side, "next", 200, levels={"section": 1.0, "paragraph": 1e-9}, before=[8, 512])
    reasons = {one.reason for one in made if isinstance(one, Dropped)}
    assert "boilerplate: a table of contents" in reasons


def test_a_file_of_code_is_dropped_with_its_reason(tmp_path: Path) -> None:
    side = own(tmp_path, Path(__file__).read_text("utf-8"), "own.py")
    made = [*drawn(side, "next", 60), *drawn(side, "middle", 60), *drawn(side, "long", 60)]
    assert not [one for one in made if isinstance(one, Draft) and "pytest" in one.answer]
    reasons = {one.reason for one in made if isinstance(one, Dropped)}
    assert "a document of code, which has no paragraphs to go on with" in reasons


def test_a_fact_of_the_source_changes_the_example(tmp_path: Path) -> None:
    sides = own(tmp_path / "a", ODD), own(tmp_path / "b", ODD.replace("1902", "1911"))
    for kind, role, level in (("next", "answer", "chapter"), ("middle", "evidence", "sentence")):
        levels = {level: 0.5, "paragraph": 0.5}
        settings = {"levels": levels, "before": [8, 512], "learned": [8, 512]}
        old, new = (
            [told(side, spans(one, role)) for one in drafts(side, kind, 80, **settings)]
            for side in sides
        )
        assert any("1902" in words for words in old)
        assert any("1911" in words for words in new)
        assert not any("1902" in words for words in new)


# --- gaps ---


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_gap_and_both_sides_are_the_text_as_it_stands(language: str, side: SideMaterials) -> None:
    made = [d for d in drafts(side, "middle", 40, raw=1.0) if d.meta["language"] == language]
    assert len(made) > 5
    for draft in made:
        [message] = draft.messages
        assert message.speaker == "text"
        pre, before, suf, after, mid, gap = message.spans
        assert [told(side, [one]) for one in (pre, suf, mid)] == ["<PRE>", "<SUF>", "<MID>"]
        assert isinstance(before, Span) and isinstance(before.origin, Grain)  # noqa: PT018
        assert isinstance(after, Span) and isinstance(after.origin, Grain)  # noqa: PT018
        text = side.document(before.origin.doc_id).text
        whole = told(side, [before, gap, after])
        assert whole == text[before.origin.start : after.origin.end]
        assert [one.loss for one in message.spans if isinstance(one, Span)] == [0] * 5 + [1]


def test_a_gap_that_is_asked_for_has_a_mark_that_stands_nowhere_else(tmp_path: Path) -> None:
    text = ODD.replace("by night", "by night [gap]")
    side = own(tmp_path, text)
    seen = set()
    for draft in drafts(side, "middle", 60, raw=0.0, before=[8, 512], learned=[8, 512]):
        marks = [one for one in ("[gap]", "[missing]") if one in told(side, spans(draft, "glue"))]
        assert len(marks) == 1
        assert marks[0] not in told(side, spans(draft, "evidence"))
        assert marks[0] in told(side, spans(draft, "instruction"))
        seen.add(marks[0])
    assert "[missing]" in seen


# --- masks ---


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("built")
    entries = [
        {"use": "continuation", "examples": 12, "raw": raw, "levels": {"paragraph": 1.0},
         "shares": {"next": 0.5, "middle": 0.5}}
        for raw in (0.0, 1.0)
    ]  # fmt: skip
    last = {"use": "continuation", "examples": 6, "shares": {"long": 1.0}, "turns": 0.5}
    plan = small_plan(folder, recipes=[*entries, last], split={"valid": 0.0, "test": 0.0})
    return build(plan, folder / "run")


def learned_ids(run: Run, example: Any) -> list[int]:
    place = row_place(run, example)
    assert place is not None
    here = slice(place.first, place.end)
    ids: list[int] = place.row.input_ids[here][place.row.weights[here] > 0].tolist()
    return ids


def ids(words: str) -> list[int]:
    found: list[int] = TOKENIZER.encode([words]).values.tolist()
    return found


def test_exactly_the_continuation_and_its_end_are_learned(run: Run) -> None:
    texts, seen = run.texts(), Counter[str]()
    ends = {name: TOKENIZER.control[name]["id"] for name in ("<|im_end|>", "<|endoftext|>")}
    for example in run.examples("train"):
        if example.lineage["kind"] == "continuation-long":
            continue
        [span] = [s for m in example.trained for s in m.spans if s.role == "answer"]  # type: ignore[union-attr]
        words = span.words(texts)  # type: ignore[union-attr]
        middle = example.lineage["kind"] == "continuation-middle"
        end = [ends["<|im_end|>"]]
        if example.lineage["raw"]:
            # What fills a gap ends; a text that goes on does not. The line end behind it may be one
            # token with its last mark, and is learned then.
            end = [ends["<|endoftext|>"]] if middle else []
        said = ids(f"{words}\n")
        if middle or not example.lineage["raw"] or said[-1] == ids("\n")[0]:
            said = ids(words)
        assert learned_ids(run, example) == [*said, *end]
        seen[f"{middle} {example.lineage['raw']}"] += 1
    assert len(seen) == 4


def test_the_end_of_a_document_is_learned_as_an_end(tmp_path: Path) -> None:
    text = "# Note\n\n" + ODD.partition("## Valves")[2].strip() + "\n"
    (tmp_path / "documents").mkdir()
    for name in "abcd":
        (tmp_path / "documents" / f"{name}.md").write_text(text.replace("1880", f"188{ord(name) % 10}")
                                                           .replace("red", name * 3), "utf-8")  # fmt: skip
    entry = {"use": "continuation", "examples": 2, "raw": 1.0, "shares": {"next": 1.0},
             "levels": {"document": 1.0}, "before": [8, 64], "learned": [8, 512]}  # fmt: skip
    plan = small_plan(
        tmp_path,
        recipes=[entry],
        split={"valid": 0.0, "test": 0.0},
        layout={"lengths": [256], "short": 128},
    )
    run = build(plan, tmp_path / "run")
    for example in run.examples("train"):
        assert example.lineage["whole"]
        assert learned_ids(run, example)[-1] == TOKENIZER.control["<|endoftext|>"]["id"]


# --- long texts ---


def test_a_plan_is_made_of_a_section_s_own_words_and_its_text_is_learned(
    side: SideMaterials,
) -> None:
    for draft in drafts(side, "long", 12, turns=0.0):
        assert [one.speaker for one in draft.messages] == ["user", "assistant"]
        plan, body = spans(draft, "plan"), spans(draft, "answer")
        assert all(one.loss == 1 for one in (*plan, *body))
        about = [one for one in plan if isinstance(one.origin, Grain)]
        assert len(about) == draft.meta["parts"] >= 3
        assert told(side, body) == draft.answer
        doc_id, start, end = draft.meta["section"]
        assert draft.answer in side.document(doc_id).text[start:end]
        for one in about:
            assert one.words(side.store.texts).rstrip("。.") in draft.answer
        lengths = [int(one) for one in re.findall(r"(?:about|约)\s?(\d+)", told(side, plan))]
        assert len(lengths) == len(about)
        assert sum(lengths) == pytest.approx(measured(draft.answer), rel=0.2)


def test_in_turns_each_part_is_asked_for_and_all_parts_are_the_section(
    side: SideMaterials,
) -> None:
    for draft in drafts(side, "long", 12, turns=1.0):
        speakers = [one.speaker for one in draft.messages]
        assert speakers == ["user", "assistant"] * (draft.meta["parts"] + 1)
        parts = told(side, spans(draft, "answer"))
        assert re.sub(r"\s", "", parts) == re.sub(r"\s", "", draft.answer)
        for message in draft.messages:
            learned = {one.loss for one in message.spans if isinstance(one, Span)}
            assert learned == {1.0 if message.speaker == "assistant" else 0.0}


def test_facts_that_are_given_stand_in_the_section(side: SideMaterials) -> None:
    given = 0
    for draft in drafts(side, "long", 8, facts=2):
        for span in spans(draft, "metadata"):
            numbers = re.findall(r"\d+", span.text or "")
            assert all(one in draft.answer for one in numbers)
            given += len(numbers)
    assert given
    assert not [s for d in drafts(side, "long", 8, facts=0) for s in spans(d, "metadata")]


def test_a_headed_section_is_planned_by_its_headings_and_code_is_not_planned(
    tmp_path: Path,
) -> None:
    paragraph = (
        "The lamp at {} was lit in {} by two men. They kept a book of every night. It is lost.\n\n"
    )
    parts = [f"## {place} station\n\n" + "".join(paragraph.format(place, 1880 + n) for n in range(6))
             for place in ("Tarn", "Velm", "Osk")]  # fmt: skip
    side = own(tmp_path, "# Lamps\n\n" + "".join(parts))
    [draft] = [d for d in drafts(side, "long", 40) if d.answer.startswith("## Tarn")]
    plan = told(side, spans(draft, "plan"))
    assert re.findall(r"\d\. (.+?) \(", plan) == ["Tarn station", "Velm station", "Osk station"]
    side = own(
        tmp_path / "code", "# Lamps\n\n" + "".join(parts) + "```\n" + "x = 1\n" * 200 + "```\n"
    )
    lost = [one for one in drawn(side, "long", 80) if isinstance(one, Dropped)]
    assert any("code" in one.reason for one in lost)


def test_a_long_text_is_not_too_long_an_answer(side: SideMaterials) -> None:
    [draft] = drafts(side, "long", 1)
    example = bare(draft, "train")
    tight = Bounds(answer=(1, 100))
    assert not list(tight.problems(example, side.store.texts))
    other = replace(example, lineage={**example.lineage, "form": "summary"})
    assert list(tight.problems(other, side.store.texts)) == ["answer is too long"]


# --- a teacher that plans and writes ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """A prompted teacher that plans and writes from the source, or fails in one way."""

    name: ClassVar[str] = "writer"
    version: ClassVar[str] = "1"
    prompted: ClassVar[bool] = True

    fault: str = ""

    def ask(self, requests: Sequence[Request]) -> Sequence[Answered | Refused]:
        """JSON as the prompts ask for it."""
        assert all(one.prompt and one.schema for one in requests)
        return [Answered(text=self._said(one)) for one in requests]

    def _said(self, request: Request) -> str:
        said, chinese = request.settings["said"], request.settings["language"] == "zh"
        sentences = re.findall(r"[^.。\n#]+[.。]", request.material[0])
        if request.task == "continuation.plan":
            return self._plan(said, sentences, chinese)
        first = len(sentences) * (said["number"] - 1) // said["of"]
        text = ""
        for one in sentences[first:]:
            if measured(text) >= 0.8 * said["words"]:
                break
            text += one if chinese else f" {one.strip()}"
        return self._text(text.strip(), said, sentences, chinese)

    def _plan(self, said: Any, sentences: list[str], chinese: bool) -> str:
        count = max(said["least"], 3)
        step = len(sentences) // count
        parts = [{"about": sentences[n * step].strip(), "words": said["words"] // count}
                 for n in range(count)]  # fmt: skip
        if self.fault == "invents in the plan":
            parts[0]["about"] = "1777年的事" if chinese else "What happened in 1777"
        if self.fault == "one part":
            parts = parts[:1]
        if self.fault == "does not add up":
            parts[0]["words"] = 5000
        if self.fault == "no lengths":
            parts[0]["words"] = "many"
        if self.fault == "half a plan":
            return json.dumps({"parts": parts}, ensure_ascii=False)[:-4]
        if self.fault == "refuses to plan":
            return "I'm sorry, I cannot help with that."
        return json.dumps({"parts": parts}, ensure_ascii=False)

    def _text(self, text: str, said: Any, sentences: list[str], chinese: bool) -> str:
        last = said["number"] == said["of"]
        if last and self.fault == "lies":
            text += "当时有98765人。" if chinese else " There were 98765 people."
        if last and self.fault == "speaks another language":
            text = (
                "The station was quiet all night long. " * 40 if chinese else "整夜都很安静。" * 60
            )
        if last and self.fault == "refuses":
            text = (
                "抱歉，我无法完成这个请求。" if chinese else "I'm sorry, but I cannot write this."
            )
        if last and self.fault == "is short":
            text = text[:20]
        if last and self.fault == "repeats":
            text = "".join(sentences[:20])[: len(text)]
        if last and self.fault == "speaks of itself":
            text = ("以下是这一部分：" if chinese else "Here is the part you asked for. ") + text
        whole = json.dumps({"text": text}, ensure_ascii=False)
        return whole[: len(whole) // 2] if last and self.fault == "half" else whole


def with_writer(folder: Path, fault: str = "") -> SideMaterials:
    teacher = {"use": "test_recipe_continuation:Writer", "fault": fault}
    return materials(folder, teacher=teacher)


def test_a_written_text_rests_on_its_source_and_is_learned_with_its_plan(tmp_path: Path) -> None:
    side = with_writer(tmp_path)
    made = drafts(side, "long", 6, written=1.0)
    assert {one.meta["language"] for one in made} == {"en", "zh"}
    for draft in made:
        assert draft.meta["by"] == "writer"
        [source] = spans(draft, "evidence")
        assert isinstance(source.origin, Grain)
        assert source.loss == 0
        assert sorted(draft.meta["evidence"]) == draft.meta["evidence"] != []
        texts = spans(draft, "answer")
        assert len(texts) == draft.meta["parts"] == 3
        assert all(isinstance(one.origin, Reply) and one.loss == 1 for one in texts)
        assert all(one.loss == 1 for one in spans(draft, "plan"))
        assert draft.answer == "\n\n".join(one.text or "" for one in texts)


FAULTS = {
    "invents in the plan": "the plan has a number, date or name that its source does not have",
    "one part": "the plan has more or fewer parts than asked for",
    "does not add up": "the lengths of the plan do not add up to what is asked for",
    "no lengths": "a part of the plan lacks what it is about or its length",
    "half a plan": "the reply lacks what was asked for (parts)",
    "refuses to plan": "the reply holds no whole JSON object",
    "lies": "a part has a number, date or name that neither source nor plan has",
    "speaks another language": "a part is in another language than its source",
    "refuses": "a part is a refusal",
    "is short": "a part is much longer or shorter than planned",
    "repeats": "a part repeats what is written already",
    "speaks of itself": "a part speaks of itself",
    "half": "the reply holds no whole JSON object",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_reply_that_cannot_be_used_is_dropped_with_its_reason(fault: str, tmp_path: Path) -> None:
    items = drawn(with_writer(tmp_path, fault), "long", 6, written=1.0)
    reasons = Counter(one.reason for one in items if isinstance(one, Dropped))
    assert len(items) == 6 == sum(reasons.values())
    assert reasons[FAULTS[fault]] == 6, reasons
    assert all(one.step == "draft" and one.id for one in items if isinstance(one, Dropped))


def test_no_more_is_asked_than_may_be_needed_and_a_share_is_the_document_s_own(
    tmp_path: Path,
) -> None:
    side = with_writer(tmp_path)
    made = [one for one in drawn(side, "long", 8, written=0.5) if isinstance(one, Draft)]
    assert Counter(one.meta["by"] for one in made) == {"writer": 4, "the document": 4}
    # One plan and three parts for each text that was asked for.
    assert side.ledger.counts.asked == 4 * 4


# --- words and settings ---


def our_words() -> list[str]:
    found: list[str] = []

    def walk(value: Any) -> None:
        if isinstance(value, str):
            found.append(value)
        for one in (
            value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else ()
        ):
            walk(one)

    for value in vars(wording).values():
        if isinstance(value, dict) and "zh" in value:
            walk(value["zh"])
    return found


def test_our_chinese_can_be_said_in_both_scripts() -> None:
    assert len(our_words()) > 60
    for words in our_words():
        traditional = written(words, "這裡說的話與國體無關，學問" * 5)
        assert "".join(traditional.split()).replace("裏", "").encode("big5")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"shares": {"next": 0.0}}, "one must be above"),
        ({"shares": {"before": 1.0}}, "next, middle, long"),
        ({"levels": {"page": 1.0}}, "sentence, paragraph, section, chapter, document"),
        ({"levels": {"chapter": 1.0}}, "gaps are in sentence, paragraph, section"),
        ({"before": [10, 5]}, "smaller first"),
        ({"learned": [0, 5]}, "from 1"),
        ({"outputs": [500, 100]}, "smaller first"),
        ({"parts": [0, 3]}, "from 1"),
        ({"raw": 1.5}, "0..1"),
        ({"turns": -1}, "0..1"),
        ({"written": 2}, "0..1"),
        ({"facts": -1}, "from 0"),
        ({"marks": ["<A>", "<A>", "<B>"]}, "told apart"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(PlanError, match=said):
        component("recipes", "continuation", settings)


def test_kinds_add_up_to_what_is_asked_for() -> None:
    recipe = component("recipes", "continuation", {})
    assert dict(recipe.kinds(100)) == dict(zip(KINDS, (45, 30, 25), strict=True))
