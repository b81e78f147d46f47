"""Lists of symbols: answers follow from the words, lengths and depths are the plan's, no probe is touched."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow.parquet as pq
import pytest

from longgrain.build import build
from longgrain.checks.answerable import Answerable
from longgrain.checks.language import Language
from longgrain.errors import PlanError
from longgrain.explain import laid_out, row_place
from longgrain.ground import HeldOut
from longgrain.make import bare, component
from longgrain.materials import SideMaterials
from longgrain.probes.cwe import CommonWords
from longgrain.probes.fwe import FrequentWords
from longgrain.probes.key_value import KeyValue as KeyValueProbe
from longgrain.probes.needle import Needle
from longgrain.probes.variable_tracking import VariableTracking
from longgrain.quota import bin_of
from longgrain.recipes.keyvalue import SHARES
from longgrain.run import Run
from longgrain.tokens import Tokenizer
from longgrain.types import Answered, Draft, Dropped, Refused, Request, Size, Span
from longgrain.vocabulary import Maker
from small import materials_of, small_plan

KINDS = [f"keyvalue-{one}" for one in SHARES]
TOKENIZER = Tokenizer.load("longgrain")


@pytest.fixture(scope="module")
def side(tmp_path_factory: pytest.TempPathFactory) -> SideMaterials:
    return materials(tmp_path_factory.mktemp("symbols"))


def materials(folder: Path, **changes: Any) -> SideMaterials:
    return materials_of(small_plan(folder, **changes), folder / "work")["train"]


def drawn(side: SideMaterials, kind: str, count: int, **settings: Any) -> list[Draft | Dropped]:
    side.notes.clear()
    recipe = component("recipes", "keyvalue", settings)
    return list(islice(recipe.draft(kind, side, count), count))


def drafts(side: SideMaterials, kind: str, count: int, **settings: Any) -> list[Draft]:
    return [one for one in drawn(side, kind, count, **settings) if isinstance(one, Draft)]


def spans(draft: Draft, *roles: str) -> list[Span]:
    said = [span for message in draft.messages for span in message.spans]
    return [one for one in said if isinstance(one, Span) and one.role in roles]


def words(draft: Draft, *roles: str) -> str:
    return "".join(one.text or "" for one in spans(draft, *roles))


def listed(draft: Draft) -> list[tuple[str, list[str]]]:
    """The entries of the list, read back from its words."""
    user = list(draft.messages[0].spans)
    text = "".join(one.text or "" for one in user[2:-2] if isinstance(one, Span))
    if draft.meta["style"] == "json":
        pairs = json.loads(text[text.index("{") :], object_pairs_hook=list)
        return [(key, [value] if isinstance(value, str) else value) for key, value in pairs]
    lines = text.splitlines()[1:]
    if draft.meta["style"] == "table":
        rows = [re.fullmatch(r"\| (\S+) \| (.+) \|", line) for line in lines[3:]]
        return [(row[1], row[2].split(", ")) for row in rows if row]
    if draft.meta["style"] == "words":
        lines = [
            re.sub(r" is given (?:the number |what )?|得到数|取", " = ", line)
            .removesuffix(".").removesuffix("。").removesuffix(" has").removesuffix("当时的值")
            for line in lines
        ]  # fmt: skip
    pairs = [re.split(": | = ", line, maxsplit=1) for line in lines]
    return [(key, value.split(", ")) for key, value in pairs]


def solved(draft: Draft) -> str:
    """The answer as the words of question and list have it, worked out without the recipe."""
    entries, question = listed(draft), words(draft, "question")
    form = draft.meta["template"].removeprefix("keyvalue.").rpartition("-")[0]
    quoted = re.findall("“(.+?)”", question)
    held = dict(entries)
    if form == "lookup-one":
        return ", ".join(held[quoted[0]])
    if form == "lookup-many":
        return "\n".join(f"{key}: {', '.join(held[key])}" for key in question.split("\n")[1:])
    if form.startswith("hops"):
        at, most = quoted[0], draft.meta["hops"] if form == "hops-steps" else len(entries)
        for _ in range(most):
            at = held[at][0] if at in held else at
        return at
    if form.startswith("tracking"):
        state: dict[str, str] = {}
        for name, [value] in entries:
            state[name] = value if value.isdigit() else state[value]
        if form == "tracking-value":
            return state[quoted[0]]
        wanted = re.search(r"(?<![A-Z\d-])\d{6}", question)
        assert wanted
        return ", ".join(name for name in state if state[name] == wanted[0])
    values = [values[0] for _, values in entries]
    if form == "count-one":
        return str(values.count(quoted[0]))
    if form == "count-most":
        [first, second] = Counter(values).most_common(2)
        assert first[1] > second[1]
        return first[0]
    limit = re.search(r"\d{6}", question)
    assert limit
    above = [int(one) > int(limit[0]) for one in values]
    return str(sum(above) if form == "count-above" else len(above) - sum(above))


# --- answers ---


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_answer_follows_from_the_words_of_its_list(
    kind: str, language: str, side: SideMaterials
) -> None:
    forms = set()
    for draft in drafts(side, kind, 80, languages=(language,)):
        assert solved(draft) == draft.answer, draft.messages
        assert draft.meta["language"] == language
        said = words(draft, "answer")
        assert draft.answer in said or {"1": "once", "2": "twice"}.get(draft.answer, "") in said
        forms.add(draft.meta["template"].rpartition("-")[0])
    assert len(forms) == {"lookup": 2, "hops": 2, "tracking": 2, "count": 4}[kind[9:]]


def test_a_list_that_is_changed_has_another_answer(side: SideMaterials) -> None:
    [draft] = drafts(side, "keyvalue-lookup", 1, queries=(1, 1), values=(1, 1))
    key = re.findall("“(.+?)”", words(draft, "question"))[0]
    assert dict(listed(draft))[key] == [draft.answer]
    assert all(draft.answer not in values for other, values in listed(draft) if other != key)


@pytest.mark.parametrize("kind", KINDS[:2])
def test_no_two_keys_are_the_same(kind: str, side: SideMaterials) -> None:
    for draft in drafts(side, kind, 40):
        keys = [key for key, _ in listed(draft)]
        assert len(set(keys)) == len(keys)


def near(one: str, other: str) -> bool:
    """Whether two keys differ in one character, or in one part of a name of three."""
    parts = [
        re.split("-", name) if "-" in name else re.findall("..", name) for name in (one, other)
    ]
    if not one[0].isdigit() and len(parts[0]) == 3:
        return sum(a != b for a, b in zip(*parts, strict=True)) == 1
    return len(one) == len(other) and sum(a != b for a, b in zip(one, other, strict=True)) == 1


@pytest.mark.parametrize("symbol", ["uuids", "numbers", "words"])
@pytest.mark.parametrize("alike", [0, 3])
def test_so_many_keys_look_like_the_one_that_is_asked_for(
    symbol: str, alike: int, side: SideMaterials
) -> None:
    settings = {"symbols": (symbol,), "queries": (1, 1), "alike": alike}
    for draft in drafts(side, "keyvalue-lookup", 12, **settings):
        asked = re.findall("“(.+?)”", words(draft, "question"))[0]
        found = [key for key, _ in listed(draft) if key != asked and near(key, asked)]
        assert len(found) >= alike
        assert alike or symbol != "uuids" or not found


@pytest.mark.parametrize(("name", "bounds"), [("queries", (2, 4)), ("values", (2, 3))])
def test_queries_and_values_are_drawn_between_their_bounds(
    name: str, bounds: tuple[int, int], side: SideMaterials
) -> None:
    made = drafts(side, "keyvalue-lookup", 40, symbols=("numbers",), **{name: bounds})
    assert {draft.meta[name] for draft in made} == set(range(bounds[0], bounds[1] + 1))
    for draft in made:
        assert len(spans(draft, "evidence")) == draft.meta["queries"]
        assert len(draft.meta["operands"]) == draft.meta["queries"] * draft.meta["values"]


def test_a_chain_goes_on_behind_the_step_that_is_asked_for(side: SideMaterials) -> None:
    for draft in drafts(side, "keyvalue-hops", 40):
        goes_on = draft.answer in dict(listed(draft))
        assert goes_on == draft.meta["template"].startswith("keyvalue.hops-steps")


def test_a_variable_that_is_set_anew_no_longer_counts(side: SideMaterials) -> None:
    made = drafts(side, "keyvalue-tracking", 40, replaced=1.0)
    names = [d for d in made if d.meta["template"].startswith("keyvalue.tracking-names")]
    assert names
    for draft in names:
        assert len(draft.meta["operands"]) == draft.meta["hops"]
    for draft in drafts(side, "keyvalue-tracking", 20, replaced=0.0):
        assert len(spans(draft, "evidence")) == draft.meta["hops"] + 1


def test_steps_are_said_in_their_share_and_name_all_evidence(side: SideMaterials) -> None:
    for kind in KINDS[1:]:
        assert not any(spans(d, "reasoning") for d in drafts(side, kind, 12, steps=0.0))
        for draft in drafts(side, kind, 12, steps=1.0):
            told = words(draft, "reasoning")
            if not draft.meta["template"].startswith("keyvalue.count-one"):
                assert draft.meta["operands"][0] in told
            pieces = len(spans(draft, "evidence"))
            assert len(re.split(r" → |; |；|, |、", told)) >= pieces


def test_the_checks_hold_the_operands_against_the_list_and_judge_no_symbol_s_language(
    side: SideMaterials,
) -> None:
    for kind in KINDS:
        for draft in drafts(side, kind, 12, languages=("zh",)):
            example = bare(draft, "train")
            assert not list(Answerable().problems(example, {}))
            assert not list(Language().problems(example, {}))
            wrong = replace(example, lineage={**example.lineage, "operands": ["123"]})
            assert list(Answerable().problems(wrong, {})) == ["an operand is not in the evidence"]
    [draft] = drafts(side, KINDS[0], 1, languages=("zh",), symbols=("uuids",))
    assert list(Language(free=()).problems(bare(draft, "train"), {}))


# --- lengths, depths, masks ---


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("built")
    plan = small_plan(
        folder,
        recipes=[{"use": "keyvalue", "examples": 80}, {"use": "keyvalue", "examples": 20}],
        split={"valid": 0.0, "test": 0.2},
        layout={"lengths": {"min": 1024, "max": 3072}, "depths": [0.1, 0.2, 0.4, 0.2, 0.1]},
        pack={"length": 4096},
    )
    return build(plan, folder / "run")


def test_lengths_are_spread_as_the_plan_says(run: Run) -> None:
    tokens = np.array([int(one.lineage["tokens"]) for one in run.examples("train")])
    assert len(tokens) == 80
    assert tokens.max() <= 3072
    edges = np.linspace(1024, 3072, 9)
    # A list ends up to a long entry below its aim, so that a few lie in the bin before.
    counts = np.histogram(tokens, [edges[0] - 128, *edges[1:]])[0]
    assert counts.min() >= 7
    assert counts.max() <= 13


@pytest.mark.parametrize("kind", KINDS)
def test_evidence_lies_at_the_depths_that_the_plan_wants(kind: str, tmp_path: Path) -> None:
    shares = [0.1, 0.2, 0.4, 0.2, 0.1]
    layout = {"lengths": {"min": 3072, "max": 4096}, "depths": shares}
    side = materials(tmp_path, layout=layout, pack={"length": 8192})
    made, weight = drafts(side, kind, 40), [0.0] * 5
    for draft in made:
        assert len(draft.meta["depths"]) == len(spans(draft, "evidence"))
        for depth in draft.meta["depths"]:
            weight[bin_of(depth, 5)] += 1 / len(draft.meta["depths"])
    assert weight == pytest.approx([share * len(made) for share in shares], abs=1.5)


def test_a_depth_is_where_the_evidence_lies_in_the_words(side: SideMaterials) -> None:
    for kind in KINDS:
        for draft in drafts(side, kind, 6):
            text = words(draft, "metadata", "distractor", "evidence", "glue")
            for span, depth in zip(spans(draft, "evidence"), draft.meta["depths"], strict=True):
                middle = text.index(span.text or "") + len(span.text or "") / 2
                if text.count(span.text or "") == 1:
                    assert middle / len(text) == pytest.approx(depth, abs=0.12)


def test_what_is_learned_to_the_token(run: Run) -> None:
    for example in islice(run.examples("train"), 40):
        place = row_place(run, example)
        assert place is not None
        here = slice(place.first, place.end)
        weights, ids = place.row.weights[here], place.row.input_ids[here]
        answer = example.trained[-1]
        said = "".join(one.text or "" for one in answer.spans if isinstance(one, Span))
        turn = TOKENIZER.encode([said]).values.tolist()
        assert ids[weights > 0].tolist() == [*turn, TOKENIZER.control["<|im_end|>"]["id"]]
        assert [one.weight for one in laid_out(run, example).trained] == weights.tolist()


def test_two_entries_of_one_plan_and_two_sides_have_nothing_in_common(run: Run) -> None:
    questions = [
        "".join(s.text or "" for s in one.trained[0].spans if isinstance(s, Span))
        for side in ("train", "test")
        for one in run.examples(side)  # type: ignore[arg-type]
    ]
    assert len(questions) == 100
    assert len(set(questions)) == 100
    assert not pq.read_table(run.folder / "dropped.parquet").num_rows


def test_a_length_that_cannot_hold_the_list_is_dropped_with_a_reason(tmp_path: Path) -> None:
    side = materials(tmp_path, layout={"lengths": [256]})
    made = drawn(side, "keyvalue-lookup", 12, queries=(40, 40))
    assert {one.reason for one in made if isinstance(one, Dropped)} == {
        "the length is too short for what must be in the list"
    }
    assert len(made) == 12


def test_lists_are_as_long_as_asked_for_however_short_the_documents_are(tmp_path: Path) -> None:
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "note.md").write_text("# Note\n\nOne sentence is all.\n", "utf-8")
    changes = {"split": {"valid": 0.0, "test": 0.0}, "layout": {"lengths": [4096]}}
    alone = [{"use": "keyvalue", "examples": 4}]
    plan = small_plan(tmp_path, recipes=alone, pack={"length": 4096}, **changes)
    made = list(build(plan, tmp_path / "run").examples("train"))
    assert [int(one.lineage["tokens"]) > 3900 for one in made] == [True] * 4
    mixed = [*alone, {"use": "in2", "examples": 4}]
    plan = small_plan(tmp_path, recipes=mixed, pack={"length": 4096}, **changes)
    with pytest.raises(PlanError, match="cannot be filled"):
        build(plan, tmp_path / "mixed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unasked:
    """A language model that must not be asked."""

    name: ClassVar[str] = "unasked"
    version: ClassVar[str] = "1"
    prompted: ClassVar[bool] = True

    def ask(self, requests: Sequence[Request]) -> Sequence[Answered | Refused]:
        """Never."""
        raise AssertionError("nothing is to be asked")


def test_no_teacher_is_asked(tmp_path: Path, side: SideMaterials) -> None:
    other = materials(tmp_path, teacher={"use": "test_recipe_keyvalue:Unasked"})
    for kind in KINDS:
        same = [one.id for one in drafts(other, kind, 4)]
        assert same == [one.id for one in drafts(side, kind, 4)]


# --- apart from what is measured ---

SYMBOL = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[a-z]+(?:-[a-z]+)+|\d{5,}|[A-Z]{5}|[\u4e00-\u9fff]+"
)


def asked(language: str) -> Iterator[str]:
    """The prompts of every probe that makes its own symbols."""
    probes = [
        KeyValueProbe(),
        VariableTracking(chains=4),
        CommonWords(),
        FrequentWords(),
        *(Needle(haystack="needles", key=k, value=v, keys=3) for k in ("words", "uuids", "numbers")
          for v in ("words", "uuids", "numbers")),
    ]  # fmt: skip
    ground = HeldOut(language=language, tokenizer=TOKENIZER)
    for probe in probes:
        for question in probe.ask(ground, Size(tokens=3000), 3):
            yield question.prompt[0][1]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_line_and_no_symbol_of_a_probe_is_trained_on(language: str, side: SideMaterials) -> None:
    lines, symbols = set[str](), set[str]()
    for kind in KINDS:
        for draft in drafts(side, kind, 30, languages=(language,)):
            user = "".join(one.text or "" for one in draft.messages[0].spans)  # type: ignore[union-attr]
            lines |= {line.strip() for line in user.splitlines() if len(line.strip()) > 6}
            held = [key for key, _ in listed(draft)]
            held += [value for _, values in listed(draft) for value in values]
            symbols |= {one for one in held if len(one) >= 5}
    prompts = list(asked(language))
    assert len(prompts) > 30
    for prompt in prompts:
        assert lines.isdisjoint(line.strip() for line in prompt.splitlines())
        assert symbols.isdisjoint(SYMBOL.findall(prompt))


def test_symbols_for_training_are_of_another_kind_than_those_for_measuring() -> None:
    for language in ("en", "zh"):
        made = {
            purpose: Maker(
                random=np.random.default_rng(5), language=language, wide=True, purpose=purpose
            )
            for purpose in ("measuring", "training")
        }
        for kind, same in (("uuids", 14), ("numbers", -1)):
            one, other = (maker.one(kind) for maker in made.values())
            assert (len(one) != len(other)) if same < 0 else (one[same], other[same]) == ("4", "8")
        parts = [
            {
                part
                for _ in range(400)
                for part in re.findall(r"[a-z]+|[\u4e00-\u9fff]{2}", maker.one("words"))
            }
            for maker in made.values()
        ]
        assert parts[0].isdisjoint(parts[1])


# --- settings ---


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"shares": {"lookup": 0.0}}, "one must be above"),
        ({"shares": {"sums": 1.0}}, "kinds are lookup"),
        ({"symbols": ["emoji"]}, "uuids, numbers, words|numbers, words, uuids"),
        ({"symbols": []}, "nothing could be drawn"),
        ({"formats": ["xml"]}, "json, lines, table"),
        ({"languages": ["fr"]}, "en, zh"),
        ({"queries": [0, 2]}, "from 1"),
        ({"values": [3, 2]}, "smaller first"),
        ({"hops": [0, 0]}, "from 1"),
        ({"times": [5, 1]}, "smaller first"),
        ({"alike": -1}, "from 0"),
        ({"steps": 1.5}, "0..1"),
        ({"replaced": -0.5}, "0..1"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(PlanError, match=said):
        component("recipes", "keyvalue", settings)
