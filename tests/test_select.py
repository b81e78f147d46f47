"""Examples for a prompt: scores against plain loops, budgets, guards, variety, arrival over time."""

from __future__ import annotations

import asyncio
import json
import math
import random
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from inspect import iscoroutinefunction, signature
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longgrain import cli, dense, diversity
from longgrain.errors import PlanError, SourceError
from longgrain.pool import Fields, folded, read_rows
from longgrain.run import Run
from longgrain.scripts import simplified
from longgrain.search import Index
from longgrain.select import GUARD, Selection, Selector
from longgrain.similarity import BM25, Jaccard, Tfidf
from longgrain.terms import coded, terms
from longgrain.tokens import Ragged, Tokenizer

WORDS = [
    *("lamp", "bell", "door", "oar", "mill", "barn", "boat", "red", "old"),
    *("灯笼", "大钟", "红门", "船桨", "老磨坊", "舊磨坊"),
]
TOKENIZER = Tokenizer.load("longgrain")
texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join)
pools = st.lists(texts, min_size=1, max_size=12)
BY = ("bm25", "jaccard", "tfidf", "mmr", "dpp")


def rows_of(questions: Sequence[str]) -> list[dict[str, Any]]:
    """Examples with a few answers and documents, so that guards have something to do."""
    return [
        {"input": words, "output": f"answer {n % 4}", "document": f"d{n % 3}"}
        for n, words in enumerate(questions)
    ]


def selector(rows: Sequence[Mapping[str, Any]], **settings: Any) -> Selector:
    made = Selector(**{"tokenizer": TOKENIZER, **settings})
    made.extend(rows)
    return made


def drawn(count: int, seed: int = 0) -> list[str]:
    """Texts of one to eight words, a few words far more frequent than the others."""
    rng = np.random.default_rng(seed)
    named = [*WORDS, *(f"word{n}" for n in range(300))]
    picks = [np.minimum(rng.pareto(0.6, rng.integers(1, 9)), len(named) - 1) for _ in range(count)]
    return [" ".join(named[int(one)] for one in pick) for pick in picks]


# --- scores ---


def term_list(text: str) -> list[int]:
    return terms(simplified(text))[0].tolist()


def plain_jaccard(query: str, pool: Sequence[str]) -> list[float]:
    own, others = set(term_list(query)), [set(term_list(one)) for one in pool]
    return [len(own & one) / max(len(own | one), 1) for one in others]


def plain_bm25(query: str, pool: Sequence[str]) -> list[float]:
    held = [Counter(term_list(one)) for one in pool]
    mean = max(sum(one.total() for one in held) / len(held), 1.0)
    scores = [0.0] * len(pool)
    for code in set(term_list(query)):
        df = sum(code in one for one in held)
        idf = math.log(1 + (len(pool) - df + 0.5) / (df + 0.5))
        for n, one in enumerate(held):
            norm = 1.2 * (0.25 + 0.75 * one.total() / mean)
            scores[n] += idf * 2.2 * one[code] / (one[code] + norm)
    return scores


def plain_tfidf(query: str, pool: Sequence[str]) -> list[float]:
    held = [Counter(term_list(one)) for one in pool]

    def vector(one: Counter[int]) -> dict[int, float]:
        df = {code: sum(code in other for other in held) for code in one}
        return {c: n * (math.log((1 + len(pool)) / (1 + df[c])) + 1) for c, n in one.items()}

    def cosine(one: dict[int, float], other: dict[int, float]) -> float:
        lengths = math.hypot(*one.values()) * math.hypot(*other.values())
        return sum(value * other.get(code, 0.0) for code, value in one.items()) / (lengths or 1.0)

    own = vector(Counter(term_list(query)))
    return [cosine(own, vector(one)) for one in held]


PLAIN = {"jaccard": plain_jaccard, "bm25": plain_bm25, "tfidf": plain_tfidf}


def wrong_scores(found: Selection, pool: Sequence[str], by: str, k: int) -> list[str]:
    """What is wrong with a choice without guards, by a plain loop over all texts."""
    scores = PLAIN[by](found.query, pool)
    best = sorted({text: score for text, score in zip(pool, scores, strict=True) if score}.values())
    wanted = best[::-1][:k][::-1]
    said = [one.score for one in found.chosen]
    problems = [] if said == pytest.approx(wanted) else [f"best are {wanted}, not {said}"]
    for one in found.chosen:
        if one.score != pytest.approx(scores[one.row]):
            problems.append(f"{one.row} has {scores[one.row]}, not {one.score}")
    return problems


@pytest.mark.parametrize("by", list(PLAIN))
@given(pool=pools, query=texts, k=st.integers(1, 5))
@settings(max_examples=60, deadline=None)
def test_scores_are_those_of_a_plain_loop(by: str, pool: list[str], query: str, k: int) -> None:
    rows = [{"input": words} for words in pool]
    found = selector(rows, by=by, k=k, guard=()).select(query)
    assert not wrong_scores(found, pool, by, k)


def test_the_plain_loop_notices_another_measure() -> None:
    pool = ["lamp bell", "lamp lamp lamp door mill", "red"]
    found = selector([{"input": words} for words in pool], by="bm25", guard=()).select("lamp bell")
    assert not wrong_scores(found, pool, "bm25", 8)
    assert wrong_scores(found, pool, "jaccard", 8)


@given(pool=pools, query=texts)
@settings(max_examples=60, deadline=None)
def test_jaccard_is_the_double_loop_to_the_last_bit(pool: list[str], query: str) -> None:
    index = Index.of(*coded([simplified(one) for one in pool]), len(pool))
    found = Jaccard(index=index, keys=np.arange(len(pool), dtype=np.uint64))
    scores = found.scores(terms(simplified(query))[0])
    assert scores.tolist() == plain_jaccard(query, pool)


@pytest.mark.parametrize("measure", [Jaccard, BM25, Tfidf])
@pytest.mark.parametrize("k", [1, 8, 60])
def test_the_best_of_many_are_those_of_a_full_sort(measure: Any, k: int) -> None:
    pool = drawn(5000)
    rng = np.random.default_rng(1)
    keys = rng.permutation(len(pool)).astype(np.uint64)
    found = measure(index=Index.of(*coded(pool), len(pool)), keys=keys)
    for query in drawn(25, seed=2):
        codes = terms(query)[0]
        shut = rng.choice(len(pool), 500, replace=False)
        scores = found.scores(codes)
        scores[shut] = 0
        wanted = sorted(np.flatnonzero(scores), key=lambda n: (-scores[n], keys[n]))[:k]
        units, said = found.top(codes, k, shut)
        assert units.tolist() == wanted
        assert said.tolist() == scores[wanted].tolist()


@pytest.mark.parametrize("measure", [Jaccard, Tfidf])
def test_likeness_between_examples_is_their_score_as_queries(measure: Any) -> None:
    pool = drawn(40)
    found = measure(
        index=Index.of(*coded(pool), len(pool)), keys=np.arange(len(pool), dtype=np.uint64)
    )
    units = np.arange(3, 40, 2)
    likeness = found.between(units)
    for place, unit in enumerate(units.tolist()):
        assert likeness(place) == pytest.approx(found.scores(terms(pool[unit])[0])[units])


def test_indexes_joined_in_memory_are_the_index_of_the_whole() -> None:
    pool = drawn(60)
    parts = [Index.of(*coded(some), len(some)) for some in (pool[:20], pool[20:21], pool[21:])]
    one, other = Index.merged(parts), Index.of(*coded(pool), len(pool))
    for name in ("vocabulary", "borders", "units", "counts", "lengths"):
        assert getattr(one, name).tolist() == getattr(other, name).tolist(), name


# --- variety ---


def kernel(count: int, seed: int) -> np.ndarray:
    """The cosines of random vectors of few dimensions, two of them equal."""
    rows = np.random.default_rng(seed).random((count, 5))
    rows[-1] = rows[0]
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows @ rows.T


def worse_than_naive(
    taken: Sequence[int], relevance: np.ndarray, likeness: np.ndarray, k: int, sharpness: float
) -> list[str]:
    """The steps at which another candidate has a greater determinant, each tried on its own."""
    quality = np.exp(sharpness * (relevance - relevance.max()))
    matrix = quality[:, None] * likeness * quality
    problems = []
    for step in range(min(k, len(relevance))):
        held = list(taken[:step])
        now = np.linalg.det(matrix[np.ix_(held, held)]) if held else 1.0
        gains = np.full(len(relevance), -np.inf)
        for n in set(range(len(relevance))) - set(held):
            gains[n] = np.linalg.det(matrix[np.ix_([*held, n], [*held, n])]) / now
        best = float(gains.max())
        mine = gains[taken[step]] if step < len(taken) else 1e-7
        if mine < best - 1e-7:
            problems.append(f"step {step}: {mine} instead of {best}")
    return problems


def free(count: int) -> np.ndarray:
    return np.zeros(count, np.int64)


@given(st.integers(0, 500), st.integers(2, 9), st.integers(1, 5), st.sampled_from([0.0, 0.5, 4.0]))
@settings(max_examples=80, deadline=None)
def test_dpp_takes_the_set_that_naive_determinants_take(
    seed: int, count: int, k: int, sharpness: float
) -> None:
    likeness = kernel(count, seed)
    relevance = np.random.default_rng(seed + 1).random(count)
    rule = diversity.DPP(relevance, likeness.__getitem__, sharpness)
    taken = diversity.picked(rule, k, free(count), None)
    assert not worse_than_naive(taken, relevance, likeness, k, sharpness)


def test_naive_determinants_tell_dpp_from_plain_relevance() -> None:
    likeness = np.array([[1, 0.99, 0], [0.99, 1, 0], [0, 0, 1.0]])
    relevance = np.array([0.9, 0.8, 0.1])
    nearest = diversity.picked(diversity.Nearest(relevance), 2, free(3), None)
    assert worse_than_naive(nearest, relevance, likeness, 2, 0.5)
    rule = diversity.DPP(relevance, likeness.__getitem__, 0.5)
    assert diversity.picked(rule, 2, free(3), None) == [0, 2]


def test_dpp_never_takes_what_repeats_the_set() -> None:
    likeness = np.ones((4, 4))
    rule = diversity.DPP(np.array([0.9, 0.8, 0.7, 0.6]), likeness.__getitem__, 0.5)
    assert diversity.picked(rule, 4, free(4), None) == [0]


@given(st.integers(0, 500), st.integers(2, 9), st.integers(1, 5), st.sampled_from([0.0, 0.4, 1.0]))
@settings(max_examples=60, deadline=None)
def test_mmr_takes_what_its_formula_says(seed: int, count: int, k: int, weight: float) -> None:
    likeness = kernel(count, seed)
    relevance = np.random.default_rng(seed + 1).random(count)
    taken: list[int] = []
    for _ in range(min(k, count)):
        left = [n for n in range(count) if n not in taken]
        taken.append(
            max(
                left,
                key=lambda n: (
                    weight * relevance[n]
                    - (1 - weight) * max([likeness[n, one] for one in taken], default=0.0)
                ),
            )
        )
    rule = diversity.MMR(relevance, likeness.__getitem__, weight)
    assert diversity.picked(rule, k, free(count), None) == taken


def test_variety_takes_another_kind_where_relevance_takes_the_same_again() -> None:
    rows = rows_of(
        ["lamp in the mill", "lamp in the mill door", "lamp in the mill bell", "old boat lamp"]
    )
    asked = "lamp in the mill of the boat"
    assert "old boat lamp" not in selector(rows, by="tfidf", k=2, guard=()).select(asked).text
    for by in ("mmr", "dpp"):
        varied = selector(rows, by=by, k=2, guard=(), weight=0.4).select(asked)
        assert "old boat lamp" in varied.text, by


# --- budget ---


def over_budget(found: Selection, budget: int) -> bool:
    """Counted anew from the text of the prompt."""
    return int(TOKENIZER.encode([found.text]).lengths[0]) > budget


@given(pools, texts, st.sampled_from(BY), st.integers(0, 60), st.sampled_from(["\n\n", "", "磨"]))
@settings(max_examples=150, deadline=None)
def test_the_budget_is_never_exceeded(
    pool: list[str], query: str, by: str, budget: int, separator: str
) -> None:
    chooser = selector(rows_of(pool), by=by, budget=budget, separator=separator)
    found = chooser.select(query)
    assert not over_budget(found, budget)
    assert found.tokens == int(TOKENIZER.encode([found.text]).lengths[0])


def test_without_a_budget_it_would_be_exceeded() -> None:
    rows = rows_of(["lamp bell door"] * 3 + ["lamp bell", "lamp door"])
    assert over_budget(selector(rows, k=5).select("lamp"), 12)
    assert not over_budget(selector(rows, k=5, budget=12).select("lamp"), 12)


class Squares:
    """Not a real tokenizer: a text has as many tokens as its words squared, so joining costs."""

    def encode(self, parts: Sequence[str]) -> Ragged:
        return Ragged.of([np.zeros(len(part.split()) ** 2, np.int32) for part in parts])


def test_a_tokenizer_that_counts_more_for_texts_together_is_held_to_the_budget_too() -> None:
    rows = [{"input": f"lamp {word}"} for word in ("bell", "door", "oar", "mill")]
    chooser = selector(rows, k=4, budget=20)
    vars(chooser)["_tokenizer"] = Squares()
    found = chooser.select("lamp")
    assert (len(found.chosen), found.tokens) == (2, 16)  # each has 4, three of them 36


def test_a_long_example_is_passed_over_for_one_that_fits_and_is_counted() -> None:
    rows = [{"input": "lamp bell " + "red " * 60}, {"input": "lamp barn boat mill oar"}]
    found = selector(rows, k=2, budget=20, by="bm25").select("lamp bell")
    assert [one.row for one in found.chosen] == [1]
    assert found.too_long == 1


def test_the_budget_looks_as_far_down_as_it_takes() -> None:
    rows = [{"input": f"lamp bell x{n} " + "lamp bell " * 10} for n in range(300)]
    found = selector([*rows, {"input": "lamp"}], k=1, budget=10, by="jaccard").select("lamp bell")
    assert [one.row for one in found.chosen] == [300]
    assert found.too_long == 300


def test_what_the_own_template_adds_is_counted() -> None:
    rows = rows_of(["lamp bell", "lamp door", "lamp oar"])
    plain = selector(rows, budget=47).select("lamp")
    heavy = selector(rows, budget=47, overhead=15).select("lamp")
    assert len(plain.chosen) == 3
    assert len(heavy.chosen) == 2
    assert heavy.tokens == int(TOKENIZER.encode([heavy.text]).lengths[0]) + 30


def test_length_counts_against_an_example_where_it_is_asked_to() -> None:
    rows = [{"input": "lamp bell " + "door " * 30}, {"input": "lamp"}]
    for power, row in ((0.0, 0), (1.0, 1)):
        found = selector(rows, k=1, by="bm25", shorter=power).select("lamp bell")
        assert [one.row for one in found.chosen] == [row]


# --- guards ---


def violations(found: Selection, query: Mapping[str, Any]) -> list[str]:
    """What the chosen examples share with the query and may not."""
    problems = []
    for one in found.chosen:
        if one.example["document"] == query["document"]:
            problems.append("document")
        if folded(one.example["output"]) == folded(query["output"]):
            problems.append("answer")
        if folded(one.example["input"]) == folded(query["input"]):
            problems.append("input")
    return problems


@given(pools, st.integers(0, 11), st.sampled_from(BY), st.sampled_from([None, 30]))
@settings(max_examples=150, deadline=None)
def test_no_guard_is_ever_broken(pool: list[str], own: int, by: str, budget: int | None) -> None:
    rows = rows_of(pool)
    query = rows[own % len(rows)] | {"output": f"ANSWER  {own % 4}."}
    assert not violations(selector(rows, by=by, budget=budget).select(query), query)


def test_without_guards_each_of_them_is_broken() -> None:
    rows = rows_of(["lamp", "lamp bell", "lamp door", "lamp oar", "lamp mill", "lamp barn"])
    query = rows[0]
    found = selector(rows, guard=(), k=6).select(query)
    assert {*violations(found, query)} == set(GUARD)
    for kind in GUARD:
        rest = tuple(one for one in GUARD if one != kind)
        assert {*violations(selector(rows, guard=rest, k=6).select(query), query)} <= {kind}
    assert selector(rows, k=6).select(query).kept_out == {"document": 2, "answer": 2, "input": 1}


def test_the_same_answer_is_known_in_other_letters_and_scripts() -> None:
    assert folded("Ｐython.") == folded("python")
    assert folded("漢字") == folded("汉字。")
    assert folded("+") != folded("-")
    assert folded("12") != folded("13")


def test_one_example_is_never_shown_twice() -> None:
    rows = [{"input": "lamp bell", "output": "1"}] * 5 + [{"input": "lamp", "output": "2"}]
    for by in BY:
        assert len(selector(rows, by=by, k=6).select("lamp bell door").chosen) == 2


# --- order, sameness, time ---


def test_the_most_similar_stands_last_unless_it_is_asked_otherwise() -> None:
    rows = rows_of(["lamp bell door", "lamp bell", "lamp oar mill barn"])
    for by in BY:
        scores = [one.score for one in selector(rows, by=by).select("lamp bell door").chosen]
        assert scores == sorted(scores)
        found = selector(rows, by=by, order="best-first").select("lamp bell door")
        assert [one.score for one in found.chosen] == scores[::-1]


@pytest.mark.parametrize("by", BY)
def test_the_order_of_the_pool_changes_nothing(by: str) -> None:
    rows = rows_of(drawn(200))
    shuffled = random.Random(3).sample(rows, len(rows))
    one, other = selector(rows, by=by, k=5), selector(shuffled, by=by, k=5)
    for query in drawn(20, seed=4):
        assert one.select(query).text == other.select(query).text


@pytest.mark.parametrize("by", BY)
def test_examples_that_arrive_over_time_are_known_at_once_and_end_as_the_whole(by: str) -> None:
    rows, queries = rows_of(drawn(40)), drawn(4, seed=5)
    growing = selector([], by=by, k=3, budget=50)
    assert growing.select("lamp").chosen == ()
    for row in rows:
        growing.add_example(row)
        growing.select(queries[0])
    whole = selector(rows, by=by, k=3, budget=50)
    assert growing.select_many(queries) == whole.select_many(queries)
    assert len(growing) == len(rows)


def test_many_queries_at_once_are_the_same_as_one_by_one() -> None:
    rows, queries = rows_of(drawn(100)), [*drawn(10, seed=6), "？！"]
    chooser = selector(rows)
    assert chooser.select_many(queries) == [chooser.select(one) for one in queries]
    assert chooser.select("？！").chosen == ()


def test_chinese_is_found_by_pairs_of_characters_and_across_scripts() -> None:
    rows = [{"input": words} for words in ("磨坊里有多少盏灯？", "谷仓的门是什么颜色？", "钟")]
    for query in ("磨坊裡有幾盞燈", "磨坊里有几盏灯"):
        assert [one.row for one in selector(rows, k=1).select(query).chosen] == [0]
    assert [one.row for one in selector(rows, k=1, guard=()).select("鐘").chosen] == [2]


# --- rows ---


def test_rows_of_the_usual_shapes_are_understood() -> None:
    fields = Fields()
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "How many?"},
        {"role": "assistant", "content": "Seven."},
    ]
    asked = fields.asked({"messages": messages, "answer": "7", "doc_ids": ["a", "b"]})
    assert (asked.words, asked.answers, asked.documents) == (
        "How many?",
        ("7", "Seven."),
        ("a", "b"),
    )
    assert fields.shown({"messages": messages}) == "Be brief.\nHow many?\nSeven."
    assert fields.shown({"question": "How?", "answer": "So.", "id": 3}) == "How?\nSo."
    alpaca = {"instruction": "Add.", "input": "1 2", "output": "3"}
    assert fields.asked(alpaca).words == "Add.\n1 2"
    own = Fields(inputs=("word",), outputs=("antonym",))
    assert own.shown({"word": "hot", "antonym": "cold"}) == "hot\ncold"
    assert own.asked({"word": "hot", "antonym": "cold"}).answers == ("cold",)


def test_an_example_that_asks_nothing_is_refused() -> None:
    with pytest.raises(SourceError, match=r"'wort'.*could never be found; name the fields"):
        selector([{"wort": "lamp"}])


def test_lines_that_are_no_examples_are_dropped_with_a_reason(tmp_path: Path) -> None:
    path = tmp_path / "pool.jsonl"
    path.write_text('{"input": "lamp"}\n\n{"inp\n[1]\n{"other": 1}\n', "utf-8")
    rows, dropped = read_rows(path, Fields())
    assert rows == [{"input": "lamp"}]
    assert [one.id.rpartition(":")[2] for one in dropped] == ["3", "4", "5"]
    assert [one.reason.partition(":")[0] for one in dropped] == [
        "not JSON",
        "not an object",
        "no field that asks",
    ]


def test_the_drafts_of_a_run_are_a_pool(small_run: Run) -> None:
    rows, dropped = read_rows(small_run.folder, Fields())
    assert not dropped
    used = {one.lineage["draft"] for one in small_run.examples("train")}
    assert {row["id"] for row in rows} == used
    own = rows[0]
    found = selector(rows, k=4, budget=600).select(own)
    assert found.chosen
    for one in found.chosen:
        assert not set(one.example["documents"]) & set(own["documents"])
        assert one.example["answer"] != own["answer"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"by": "bm26"}, "bm25, jaccard"),
        ({"order": "random"}, "best-last"),
        ({"guard": ("question",)}, "document, answer, input"),
        ({"k": 0}, "allow one example"),
        ({"budget": -1}, "budget -1"),
        ({"weight": 1.5}, "0 to 1"),
        ({"by": "dpp", "weight": 1.0}, "below 1"),
        ({"by": "dense"}, "give one"),
        ({"by": "mmr", "like": "dense"}, "embedder"),
        ({"shorter": -1.0}, "below 0"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(PlanError, match=said):
        Selector(**settings)


def test_a_template_that_does_not_fit_names_the_fields() -> None:
    with pytest.raises(PlanError, match=r"'\{asks\}' does not fit.*'input'"):
        selector(rows_of(["lamp"]), template="{asks}").select("lamp bell")
    shown = selector(rows_of(["lamp"]), template="Q: {input} A: {output}").select("lamp bell")
    assert shown.text == "Q: lamp A: answer 0"


# --- dense ---


def letters(parts: Sequence[str]) -> np.ndarray:
    """An embedder for tests: how often each letter comes."""
    return np.array(
        [[part.count(letter) for letter in "abcdefghijklmnopqrstuvwxyz"] for part in parts]
    )


def test_vectors_of_any_function_choose_by_cosine() -> None:
    pool = drawn(300)
    found = selector([{"input": one} for one in pool], by="dense", embed=letters, k=5, guard=())
    rows = dense.vectors(letters, pool).astype(np.float64)
    for query in ("lamp door", "barn boat red"):
        cosines = rows @ dense.vectors(letters, [query])[0]
        best = sorted(dict(zip(pool, cosines.tolist(), strict=True)).values())[-5:]
        assert [one.score for one in found.select(query).chosen] == pytest.approx(best, abs=2e-6)


def test_new_examples_alone_are_embedded() -> None:
    seen: list[str] = []

    def embed(parts: Sequence[str]) -> np.ndarray:
        seen.extend(parts)
        return letters(parts)

    chooser = selector(rows_of(["lamp", "bell"]), by="dpp", like="dense", embed=embed)
    chooser.select("door")
    chooser.add_example({"input": "lamp door"})
    chooser.select("oar")
    assert seen == ["lamp", "bell", "door", "lamp door", "oar"]


def test_an_embedder_that_gives_something_else_is_refused() -> None:
    bad: Any = lambda parts: np.zeros(3)  # noqa: E731
    with pytest.raises(PlanError, match=r"shape \(3,\) for 1 texts"):
        selector(rows_of(["lamp"]), by="dense", embed=bad).select("bell")


def test_a_local_model_without_its_library_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(PlanError, match=r"pip install 'longgrain\[embed\]'"):
        dense.embedder("bge-m3")
    with pytest.raises(PlanError, match="module:name"):
        dense.embedder("no_such_module:embed")


@pytest.fixture
def endpoint() -> Iterator[str]:
    """A server that embeds by counting letters, and gives its answers in another order."""

    class Serve(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            vectors = letters(asked["input"]).tolist()
            data = [
                {"object": "embedding", "index": n, "embedding": one}
                for n, one in enumerate(vectors)
            ]
            usage = {"prompt_tokens": 1, "total_tokens": 1}
            body = {"object": "list", "data": data[::-1], "model": asked["model"], "usage": usage}
            self.send_response(200 if asked["model"] == "letters" else 404)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Serve)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()


def test_an_endpoint_embeds_in_the_order_that_was_asked(endpoint: str) -> None:
    embed = dense.embedder("letters", endpoint)
    pool = drawn(300)
    assert np.array_equal(embed(pool), letters(pool).astype(np.float32))
    with pytest.raises(PlanError, match="did not embed with 'other'"):
        dense.embedder("other", endpoint)(["lamp"])


# --- LangChain ---


def test_the_two_methods_of_langchain_choose_the_same() -> None:
    chooser = selector(rows_of(["lamp bell", "door oar"]), k=1)
    assert chooser.select_examples({"input": "lamp"})[0]["input"] == "lamp bell"
    assert chooser.select_examples({"b": "oar", "a": "lamp door"})[0]["input"] == "door oar"
    asyncio.run(chooser.aadd_example({"input": "mill", "output": "x"}))
    assert asyncio.run(chooser.aselect_examples({"input": "mill barn"}))[0]["output"] == "x"


def test_a_prompt_of_langchain_takes_it_as_its_example_selector() -> None:
    base = pytest.importorskip("langchain_core.example_selectors.base")
    prompts = pytest.importorskip("langchain_core.prompts")
    chooser = selector([], inputs=("word",), outputs=("antonym",), k=1, by="jaccard")
    asked = {*base.BaseExampleSelector.__abstractmethods__, "aadd_example", "aselect_examples"}
    for name in asked:
        theirs, ours = (getattr(one, name) for one in (base.BaseExampleSelector, Selector))
        assert [*signature(theirs).parameters] == [*signature(ours).parameters]
        assert iscoroutinefunction(theirs) == iscoroutinefunction(ours)
    assert len(asked) == 4
    base.BaseExampleSelector.register(Selector)
    assert isinstance(chooser, base.BaseExampleSelector)
    prompt = prompts.FewShotPromptTemplate(
        example_selector=chooser,
        example_prompt=prompts.PromptTemplate.from_template("{word} > {antonym}"),
        suffix="{word} >",
        input_variables=["word"],
    )
    chooser.add_example({"word": "very hot", "antonym": "cold"})
    chooser.add_example({"word": "tall", "antonym": "short"})
    assert prompt.format(word="very warm") == "very hot > cold\n\nvery warm >"
    assert asyncio.run(prompt.aformat(word="so tall")) == "tall > short\n\nso tall >"


# --- the verb ---


@pytest.fixture
def pool_file(tmp_path: Path) -> Path:
    path = tmp_path / "pool.jsonl"
    rows = rows_of(["how many lamps", "how many bells", "磨坊里有多少盏灯"])
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text("\n".join([*lines, "not json"]), "utf-8")
    return path


def said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: object
) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["longgrain", "select", *map(str, words)])
    code = 0
    try:
        cli.main()
    except SystemExit as stop:
        code = int(stop.code or 0)
    return code, *capsys.readouterr()


def test_the_verb_shows_a_table_and_says_what_it_left_out(
    pool_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--query", "many lamps", "-k", 2, "--by", "mmr", "--budget", 50)
    code, out, err = said(monkeypatch, capsys, pool_file, *words)
    assert code == 0
    assert out.index("how many bells") < out.index("how many lamps")
    assert "of 50 tokens" in out
    assert "left out 1: not JSON" in err


def test_the_verb_prints_one_line_of_json_a_query(
    pool_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = pool_file.with_name("queries.jsonl")
    asked.write_text('{"input": "lamps", "output": "answer 0"}\n{"input": "几盏灯"}\n', "utf-8")
    code, out, _ = said(monkeypatch, capsys, pool_file, "--queries", asked, "--json")
    assert code == 0
    found = [json.loads(line) for line in out.splitlines()]
    assert [one["query"] for one in found] == ["lamps", "几盏灯"]
    assert found[0]["kept_out"] == {"answer": 1}
    assert found[0]["chosen"] == []
    assert [one["row"] for one in found[1]["chosen"]] == [2]


def test_the_verb_reads_lines_of_plain_text_as_queries(
    pool_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = pool_file.with_name("queries.txt")
    asked.write_text("lamps\n\n多少盏灯\n", "utf-8")
    code, out, _ = said(monkeypatch, capsys, pool_file, "--queries", asked)
    assert code == 0
    assert "how many lamps" in out
    assert "磨坊里有多少盏灯" in out


@pytest.mark.parametrize(
    ("words", "wanted"),
    [((), "give --query WORDS"), (("--query", "x", "--by", "dense"), "without an embedder")],
)
def test_the_verb_says_what_is_missing(
    pool_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    wanted: str,
) -> None:
    code, _, err = said(monkeypatch, capsys, pool_file, *words)
    assert code == 2
    assert wanted in " ".join(err.split())
