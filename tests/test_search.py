"""Terms of English and Chinese text, postings on disk; BM25 and overlap against plain loops."""

from __future__ import annotations

import math
import re
import subprocess
import sys
import time
import unicodedata
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longgrain.errors import RunError
from longgrain.search import Index
from longgrain.terms import BLOCK, asked, terms

CORPORA = Path(__file__).parents[1].parent / "shared" / "data" / "corpora"
needs_corpora = pytest.mark.skipif(not CORPORA.exists(), reason="shared/data/corpora is not here")
HAN = "\u3400-\u4dbf\u4e00-\u9fff"

texts = st.text(alphabet=st.sampled_from("abAB19 é_,.\n中文字，。Ａ１"), max_size=40)
rows = st.lists(st.lists(st.integers(0, 12), max_size=12), min_size=1, max_size=12)
queries = st.lists(st.integers(0, 15), max_size=8)


def words(text: str) -> list[str]:
    """The terms of Latin and Han text, by regular expression."""
    found = []
    for run in re.findall(rf"[{HAN}]+|[^\W_{HAN}]+", unicodedata.normalize("NFKC", text).lower()):
        han = bool(re.match(f"[{HAN}]", run)) and len(run) > 1
        found += [run[i : i + 2] for i in range(len(run) - 1)] if han else [run]
    return found


def index(held: list[list[int]]) -> Index:
    codes = np.array([code for row in held for code in row], np.uint64)
    units = np.repeat(np.arange(len(held)), [len(row) for row in held])
    return Index.of(codes, units, len(held))


def idf(held: list[list[int]], code: int) -> float:
    df = sum(code in row for row in held)
    return math.log(1 + (len(held) - df + 0.5) / (df + 0.5))


def plain_bm25(held: list[list[int]], query: list[int]) -> dict[int, float]:
    mean = max(sum(map(len, held)) / len(held), 1)
    scores = {}
    for unit, row in enumerate(held):
        norm = 1.2 * (0.25 + 0.75 * len(row) / mean)
        tf = Counter(row)
        if tf.keys() & set(query):
            scores[unit] = sum(
                idf(held, code) * 2.2 * tf[code] / (tf[code] + norm) for code in set(query)
            )
    return scores


@given(texts)
def test_terms_are_words_and_pairs_of_chinese_characters(text: str) -> None:
    codes, starts = terms(text)
    expected = words(text)
    assert len(codes) == len(expected)
    names = dict(zip(codes.tolist(), expected, strict=True))
    assert [names[code] for code in codes.tolist()] == expected
    assert len(names) == len(set(expected))
    for start, word in zip(starts.tolist(), expected, strict=True):
        assert unicodedata.normalize("NFKC", text[start:]).lower().startswith(word)


@given(st.lists(texts, max_size=6))
@settings(deadline=None)
def test_texts_cut_together_have_the_terms_that_each_has_alone(some: list[str]) -> None:
    assert [found.tolist() for found in asked(some)] == [terms(one)[0].tolist() for one in some]


def test_case_and_width_are_folded_and_accents_are_not() -> None:
    assert len(set(terms("Café CAFÉ ｃａｆé")[0].tolist())) == 1
    assert len(set(terms("café cafe")[0].tolist())) == 2
    assert terms("１２")[0] == terms("12")[0]


def test_a_lone_chinese_character_is_a_term_and_marks_are_none() -> None:
    assert terms("第12条")[1].tolist() == [0, 1, 3]
    assert terms("合同，法")[1].tolist() == [0, 3]
    assert len(terms("……！？ -- \ud800 ❤\ufe0f")[0]) == 0
    assert len(terms("")[0]) == 0


def test_traditional_greek_cyrillic_thai_and_combined_accents_have_terms() -> None:
    assert terms("漢字學")[1].tolist() == [0, 1]
    assert terms("Ελλάδα Россия")[1].tolist() == [0, 7]
    assert terms("ไทย")[1].tolist() == [0, 1]
    assert len(terms("cafe\u0301s")[0]) == 1


def test_a_long_text_has_the_terms_of_its_parts() -> None:
    part = "The quick brown fox, 第三天下雨。 " * 700 + "\n"
    repeats = 4 * BLOCK // len(part)
    codes, starts = terms(part * repeats)
    once, at = terms(part)
    assert np.array_equal(codes, np.tile(once, repeats))
    offsets = np.repeat(np.arange(repeats) * len(part), len(at))
    assert np.array_equal(starts, np.tile(at, repeats) + offsets)


def test_five_million_characters_without_a_break_are_ordinary() -> None:
    begun = time.process_time()
    assert len(terms("x" * 5_000_000)[0]) == 1
    assert len(terms("字" * 5_000_000)[0]) == 4_999_999
    assert time.process_time() - begun < 10


def test_codes_are_the_same_in_another_process() -> None:
    program = "from longgrain.terms import terms; print(terms('Harbour 古籍 42')[0].tolist())"
    out = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": "7"},
    )
    assert out.stdout.strip() == str(terms("Harbour 古籍 42")[0].tolist())


def test_codes_are_those_of_a_plain_polynomial() -> None:
    """Fixed for good: indexes and signatures that were stored must stay readable."""

    def mixed(x: int) -> int:
        x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 % 2**64
        x = (x ^ x >> 27) * 0x94D049BB133111EB % 2**64
        return x ^ x >> 31

    def code(word: str) -> int:
        base = 0x9E3779B97F4A7C15
        points = [mixed((ord(character) + 1) * base % 2**64) for character in word]
        return mixed(sum(point * base**at for at, point in enumerate(points)) % 2**64)

    assert terms("Harbour 古籍 x")[0].tolist() == [code("harbour"), code("古籍"), code("x")]
    assert code("harbour") == 18093034126225858316


@given(rows, queries, st.sampled_from([0.2, 0.5, 0.6, 0.999, 1.0]))
@settings(max_examples=300)
def test_overlap_finds_every_unit_that_qualifies(
    held: list[list[int]], query: list[int], at_least: float
) -> None:
    weights = {code: idf(held, code) for code in query}
    total = sum(weights.values())
    expected = {
        unit: sum(weights[code] for code in weights if code in row) / total
        for unit, row in enumerate(held)
        if weights
    }
    expected = {unit: share for unit, share in expected.items() if share >= at_least - 1e-9}
    units, shares = index(held).overlap(np.array(query, np.uint64), at_least)
    assert units.tolist() == sorted(expected)
    assert shares == pytest.approx([expected[unit] for unit in sorted(expected)])


@given(rows, queries, st.integers(1, 5), st.sets(st.integers(0, 11)), st.booleans())
@settings(max_examples=300)
def test_bm25_finds_the_best_units_of_a_plain_loop(
    held: list[list[int]], query: list[int], k: int, out: set[int], as_flags: bool
) -> None:
    out = {unit for unit in out if unit < len(held)}
    scores = {u: s for u, s in plain_bm25(held, query).items() if u not in out}
    numbers = np.array(sorted(out), np.int64)
    flags = np.isin(np.arange(len(held)), numbers)
    found, got = index(held).bm25(np.array(query, np.uint64), k, flags if as_flags else numbers)
    assert got == pytest.approx(sorted(scores.values(), reverse=True)[:k])
    assert [scores[unit] for unit in found.tolist()] == pytest.approx(got.tolist())


def test_bm25_is_exact_where_frequent_terms_are_passed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(0)
    codes = np.minimum(rng.pareto(0.7, 120_000) * 4, 3000).astype(np.uint64)
    units = np.sort(rng.integers(0, 3000, len(codes)))
    quick = Index.of(codes, units, 3000)
    asked = [rng.choice(codes, 10) for _ in range(60)]
    answers = [quick.bm25(query, 8) for query in asked]
    monkeypatch.setattr("longgrain.search.COSTLY", 10**9)
    for query, (found, scores) in zip(asked, answers, strict=True):
        all_found, all_scores = quick.bm25(query, 8)
        assert found.tolist() == all_found.tolist()
        assert scores.tolist() == pytest.approx(all_scores.tolist(), rel=1e-12)


@given(rows, st.lists(queries, max_size=5), st.integers(1, 6))
@settings(max_examples=200, deadline=None)
def test_queries_that_are_looked_up_together_find_what_each_finds_alone(
    held: list[list[int]], asked: list[list[int]], rarest: int
) -> None:
    made = index(held)
    codes = np.array([code for query in asked for code in query], np.uint64)
    owners = np.repeat(np.arange(len(asked)), [len(query) for query in asked])
    for query, known in zip(asked, made.queries(codes, owners, len(asked)), strict=True):
        alone = np.array(query, np.uint64)
        for one, other in (
            (made.overlap(alone, 0.5), made.overlap(known, 0.5)),
            (made.bm25(alone, 3, rarest=rarest), made.bm25(known, 3, rarest=rarest)),
        ):
            assert [part.tolist() for part in one] == [part.tolist() for part in other]


@given(rows, queries, st.integers(1, 6))
@settings(max_examples=200, deadline=None)
def test_only_the_rarest_terms_of_those_that_a_unit_holds_count(
    held: list[list[int]], query: list[int], rarest: int
) -> None:
    def frequency(code: int) -> int:
        return sum(code in row for row in held)

    kept = sorted(filter(frequency, sorted(set(query))), key=frequency)[:rarest]
    made = index(held)
    found = made.bm25(np.array(query, np.uint64), 4, rarest=rarest)
    expected = made.bm25(np.array(kept, np.uint64), 4)
    assert [part.tolist() for part in found] == [part.tolist() for part in expected]


@given(rows, queries)
@settings(deadline=None)
def test_for_every_unit_the_terms_are_counted_that_it_holds(
    held: list[list[int]], query: list[int]
) -> None:
    counted = index(held).counted(np.array(query, np.uint64))
    assert counted.tolist() == [len(set(query) & set(row)) for row in held]


def test_adding_up_over_all_units_and_by_sorting_find_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(3)
    codes = np.minimum(rng.pareto(0.7, 60_000) * 4, 2000).astype(np.uint64)
    made = Index.of(codes, np.sort(rng.integers(0, 2000, len(codes))), 2000)
    asked = [rng.choice(codes, 12) for _ in range(40)]
    dense = [(made.bm25(query, 8), made.overlap(query, 0.4)) for query in asked]
    monkeypatch.setattr("longgrain.search.DENSE", 0)
    for query, found in zip(asked, dense, strict=True):
        for one, other in zip(found, (made.bm25(query, 8), made.overlap(query, 0.4)), strict=True):
            assert one[0].tolist() == other[0].tolist()
            assert one[1].tolist() == pytest.approx(other[1].tolist(), rel=1e-12)


def test_one_query_leaves_nothing_behind_for_the_next() -> None:
    held = index([[1, 2], [2, 3], [3, 4]])
    query = np.array([2, 3], np.uint64)
    first = held.bm25(query, 2)
    held.overlap(np.array([1, 4], np.uint64), 0.1)
    held.bm25(query, 2, np.array([0, 1]))
    assert [part.tolist() for part in held.bm25(query, 2)] == [part.tolist() for part in first]


def test_an_index_opened_from_disk_answers_like_the_one_written(tmp_path: Path) -> None:
    made = index([[1, 2, 2], [], [2, 3]])
    made.write(tmp_path)
    opened = Index.open(tmp_path)
    query = np.array([2, 3, 9], np.uint64)
    assert opened.document_frequency(query).tolist() == [2, 1, 0]
    assert opened.bm25(query, 3)[0].tolist() == made.bm25(query, 3)[0].tolist()


def test_parts_merged_are_the_index_of_the_whole(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    held = [rng.integers(0, 40, rng.integers(0, 9)).tolist() for _ in range(50)]
    whole, parts = index(held), [index(held[:20]), index(held[20:21]), index(held[21:])]
    merged = Index.merged(parts, tmp_path)
    for name in ("vocabulary", "borders", "units", "counts", "lengths"):
        assert getattr(merged, name).tolist() == getattr(whole, name).tolist(), name


def test_terms_in_any_order_give_the_same_index() -> None:
    codes, units = np.array([5, 1, 5, 2, 5], np.uint64), np.array([0, 0, 1, 1, 1])
    order = np.array([4, 0, 3, 1, 2])
    one, other = Index.of(codes, units, 2), Index.of(codes[order], units[order], 2)
    assert one.units.tolist() == other.units.tolist()
    assert one.counts.tolist() == other.counts.tolist()


def test_an_empty_index_finds_nothing() -> None:
    empty = Index.of(np.zeros(0, np.uint64), np.zeros(0, np.int64), 0)
    query = np.array([1], np.uint64)
    assert len(empty.bm25(query, 3)[0]) == len(empty.overlap(query, 0.5)[0]) == 0


def test_a_broken_index_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="delete the folder and build again"):
        Index.open(tmp_path)


@needs_corpora
@pytest.mark.parametrize("name", ["en/books/frankenstein.md", "zh/law/minfadian.md"])
def test_the_grain_a_query_was_taken_from_is_found(name: str) -> None:
    text = (CORPORA / name).read_text(encoding="utf-8")
    codes, starts = terms(text)
    units = starts // 300
    held = Index.of(codes, units, len(text) // 300 + 1)
    hits = found = 0
    for unit in range(5, len(held.lengths) - 1, 7):
        query = codes[units == unit][3:15]
        if len(query) >= 8:
            hits += unit in held.bm25(query, 8)[0]
            whole, shares = held.overlap(query, 1.0)
            assert unit in whole
            assert np.all(shares > 0.999)
            found += 1
    assert found > 50
    assert hits / found > 0.99
