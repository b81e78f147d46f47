"""Law 11: no document, near-duplicate, or n-gram of a benchmark is on both sides.

The checkers are plain Python, on columns and on texts; each is also shown a split that leaks.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longgrain.errors import PlanError
from longgrain.near import groups, joined, signatures
from longgrain.split import (
    TEST,
    TRAIN,
    VALID,
    Benchmark,
    Chapters,
    Documents,
    Sides,
    contaminated,
    split,
)
from longgrain.terms import terms
from longgrain.types import content_id

CORPORA = Path(__file__).parents[2].parent / "shared" / "data" / "corpora"
PATHS = sorted(CORPORA.glob("en/*/*")) + sorted(CORPORA.glob("zh/*/*"))
needs_corpora = pytest.mark.skipif(not PATHS, reason="shared/data/corpora is not here")
ZH = re.compile("[\u4e00-\u9fff]")


@st.composite
def pools(draw: st.DrawFn) -> tuple[Documents, Chapters]:
    """Documents of a few languages and sizes, each with one to six chapters."""
    count = draw(st.integers(1, 12))
    sizes = [draw(st.lists(st.integers(0, 90), min_size=1, max_size=6)) for _ in range(count)]
    chapters = Chapters(
        documents=np.repeat(np.arange(count), [len(own) for own in sizes]),
        starts=np.concatenate([np.arange(len(own)) * 100 + 5 for own in sizes]),
        tokens=np.concatenate(sizes),
        groups=np.array([draw(st.integers(0, 20)) for own in sizes for _ in own]),
    )
    documents = Documents(
        ids=[content_id("a document", number) for number in range(count)],
        lengths=np.array([len(own) * 100 + 5 for own in sizes]),
        tokens=np.array([sum(own) for own in sizes]),
        languages=draw(st.lists(st.sampled_from(["en", "zh"]), min_size=count, max_size=count)),
        groups=np.array(draw(st.lists(st.integers(0, 12), min_size=count, max_size=count))),
    )
    return documents, chapters


def breaches(sides: Sides, documents: Documents, chapters: Chapters | None) -> list[str]:
    """What of the law a split breaks; without chapters, groups of documents must stay whole."""
    columns = (sides.documents, sides.starts, sides.ends, sides.sides)
    rows = list(zip(*(column.tolist() for column in columns), strict=True))
    found, on = [], {}
    for number, length in enumerate(documents.lengths.tolist()):
        own = [row for row in rows if row[0] == number]
        if [row[1] for row in own] + [length] != [0] + [row[2] for row in own]:
            found.append(f"text of document {number} is on no side or on two")
    pieces = [(number, 0, group) for number, group in enumerate(documents.groups.tolist())]
    if chapters is not None:
        table = (chapters.documents, chapters.starts, chapters.groups)
        pieces = list(zip(*(column.tolist() for column in table), strict=True))
    for number, start, group in pieces:
        here = [row[3] for row in rows if row[0] == number and row[1] <= start < row[2]]
        on.setdefault(group, set()).update(here)
    if chapters is None and "chapters" in sides.of_documents():
        found.append("a document is on two sides")
    return found + [f"group {group} is on two sides" for group in on if len(on[group]) > 1]


@given(pools(), st.integers(0, 9), st.sampled_from([(0.05, 0.05), (0.3, 0.0), (0.3, 0.3)]))
@settings(max_examples=200)
def test_groups_stay_on_one_side(
    pool: tuple[Documents, Chapters], seed: int, shares: tuple[float, float]
) -> None:
    documents, chapters = pool
    valid, test = shares
    whole = split(documents, valid=valid, test=test, seed=seed, by="document", chapters=chapters)
    assert breaches(whole, documents, None) == []
    inside = split(documents, valid=valid, test=test, seed=seed, by="chapter", chapters=chapters)
    assert breaches(inside, documents, chapters) == []
    for sides in (whole, inside):
        empty = {VALID: valid, TEST: test}.items()
        for side, name in (
            (side, ("train", "valid", "test")[side]) for side, share in empty if share
        ):
            assert (sides.sides == side).any() or any(name in note for note in sides.notes)


def test_the_checker_sees_groups_that_are_torn() -> None:
    documents = Documents(
        ids=[content_id(number) for number in range(30)],
        lengths=np.full(30, 10),
        tokens=np.full(30, 10),
        languages=["en"] * 30,
        groups=np.arange(30) // 2,
    )
    # A split that knows of no groups.
    blind = replace(documents, groups=np.arange(30))
    assert "group" in breaches(split(blind, valid=0.2, test=0.2, seed=0), documents, None)[0]
    sound = split(documents, valid=0.2, test=0.2, seed=0)
    assert breaches(sound, documents, None) == []
    torn = replace(sound, ends=sound.ends - 1)
    assert "on no side" in breaches(torn, documents, None)[0]


@given(pools(), st.randoms(use_true_random=False))
def test_the_order_of_input_does_not_matter(
    pool: tuple[Documents, Chapters], random: Random
) -> None:
    documents, chapters = pool
    order = list(range(len(documents.ids)))
    random.shuffle(order)
    rows = np.concatenate([np.flatnonzero(chapters.documents == old) for old in order])
    mixed = Documents(
        ids=[documents.ids[old] for old in order],
        lengths=documents.lengths[order],
        tokens=documents.tokens[order],
        languages=[documents.languages[old] for old in order],
        groups=documents.groups[order] * 7 % 101,
    )
    mixed_chapters = Chapters(
        documents=np.argsort(order)[chapters.documents[rows]],
        starts=chapters.starts[rows],
        tokens=chapters.tokens[rows],
        groups=chapters.groups[rows] * 7 % 101,
    )
    for by in ("auto", "document", "chapter"):
        one = split(documents, valid=0.1, test=0.2, seed=3, by=by, chapters=chapters)
        other = split(mixed, valid=0.1, test=0.2, seed=3, by=by, chapters=mixed_chapters)
        assert by_id(one, documents) == by_id(other, mixed)
        assert one.notes == other.notes


def by_id(sides: Sides, documents: Documents) -> set[tuple[str, int, int, int]]:
    columns = (sides.documents, sides.starts, sides.ends, sides.sides)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return {(documents.ids[row[0]], *row[1:]) for row in rows}


@given(pools(), st.sampled_from(["auto", "document", "chapter"]))
def test_train_keeps_the_largest_share(pool: tuple[Documents, Chapters], by: str) -> None:
    documents, chapters = pool
    documents = replace(documents, languages=["en"] * len(documents.ids))
    sides = split(documents, valid=0.3, test=0.3, seed=1, by=by, chapters=chapters)
    at = sides.at(chapters.documents, chapters.starts, chapters.starts + 1)
    tokens = [int(chapters.tokens[at == side].sum()) for side in (TRAIN, VALID, TEST)]
    assert tokens[0] == max(tokens)


def test_another_seed_draws_other_documents() -> None:
    pool = many(200)
    drawn = {tuple(split(pool, valid=0.1, test=0.1, seed=seed).sides.tolist()) for seed in range(5)}
    assert len(drawn) == 5


def many(count: int, language: str = "en") -> Documents:
    rng = np.random.default_rng(count)
    return Documents(
        ids=[content_id(language, number) for number in range(count)],
        lengths=np.full(count, 1000),
        tokens=rng.integers(100, 3000, count),
        languages=[language] * count,
        groups=np.arange(count),
    )


def test_many_documents_meet_the_shares_closely() -> None:
    pool = many(300)
    sides = split(pool, valid=0.05, test=0.1, seed=0)
    shares = np.bincount(sides.sides, pool.tokens) / pool.tokens.sum()
    assert shares == pytest.approx([0.85, 0.05, 0.1], abs=0.006)
    assert sides.notes == ()


def test_a_single_book_is_split_by_chapter_and_the_notes_say_so() -> None:
    book = many(1, "zh")
    chapters = Chapters(
        documents=np.zeros(40, np.int64),
        starts=np.arange(40) * 25,
        tokens=np.full(40, 50),
        groups=np.arange(40),
    )
    sides = split(book, valid=0.05, test=0.1, seed=0, chapters=chapters)
    assert sides.of_documents() == ["chapters"]
    assert "zh: split by chapter (1 document, too few" in sides.notes[0]
    at = sides.at(chapters.documents, chapters.starts, chapters.starts + 25)
    assert np.bincount(at).tolist() == [34, 2, 4]
    # Neighbours: each held-out side is one stretch.
    assert np.bincount(sides.sides).tolist()[1:] == [1, 1]
    border = sides.ends[0]
    assert sides.at(np.array([0]), np.array([border - 1]), np.array([border + 1])) == [-1]


def test_only_the_language_with_too_few_documents_is_split_by_chapter() -> None:
    english, chinese = many(100, "en"), many(2, "zh")
    pool = Documents(
        ids=[*chinese.ids, *english.ids],
        lengths=np.full(102, 1000),
        tokens=np.append(chinese.tokens, english.tokens),
        languages=["zh"] * 2 + ["en"] * 100,
        groups=np.arange(102),
    )
    chapters = Chapters(
        documents=np.repeat(np.arange(102), 20),
        starts=np.tile(np.arange(20) * 50, 102),
        tokens=np.repeat(pool.tokens // 20, 20),
        groups=np.arange(2040),
    )
    sides = split(pool, valid=0.1, test=0.1, seed=0, chapters=chapters)
    assert "chapters" in sides.of_documents()[:2]
    assert "chapters" not in sides.of_documents()[2:]
    assert [note[:23] for note in sides.notes] == ["zh: split by chapter (2"]


def test_a_single_text_without_chapters_stays_in_train_and_the_notes_say_so() -> None:
    sides = split(many(1), valid=0.05, test=0.05, seed=0)
    assert sides.of_documents() == ["train"]
    assert len(sides.notes) == 2
    assert "no text could be held out for test" in sides.notes[0]


def test_shares_that_leave_train_too_little_are_refused() -> None:
    with pytest.raises(PlanError, match="lower them"):
        split(many(9), valid=0.3, test=0.4, seed=0)


def test_a_document_without_a_chapter_is_refused() -> None:
    none = np.zeros(0, np.int64)
    chapters = Chapters(documents=none, starts=none, tokens=none, groups=none)
    with pytest.raises(ValueError, match="would get no side"):
        split(many(2), valid=0.1, test=0.1, seed=0, chapters=chapters)


# On real text.


def pieces_of(text: str, size: int = 30_000) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


def swapped(text: str, share: float, seed: int) -> str:
    """A copy with this share of its words (Chinese: characters) put in other places."""
    rng = np.random.default_rng(seed)
    words = re.findall(r"[^\W_\u4e00-\u9fff]+|[\u4e00-\u9fff]|[\W_]+", text)
    picked = rng.choice(len(words), int(len(words) * share), replace=False)
    for at in picked.tolist():
        words[at] = words[int(rng.integers(len(words)))]
    return "".join(words)


def plain_words(text: str) -> list[str]:
    """Words, and pairs of Chinese characters, without the library."""
    found = []
    for run in re.findall(r"[\u3400-\u9fff]+|[^\W_\u3400-\u9fff]+", text.lower()):
        pairs = [run[at : at + 2] for at in range(len(run) - 1)] if ZH.match(run) else []
        found += pairs or [run]
    return found


def plain_ngrams(text: str, n: int) -> set[tuple[str, ...]]:
    words = plain_words(text)
    return set(zip(*(words[at:] for at in range(n)), strict=False))


def leaks(texts: Sequence[str], sides: Sequence[str]) -> list[tuple[int, int]]:
    """Pairs of texts on two sides of which one holds half of the other's 5-grams."""
    grams = [plain_ngrams(text, 5) for text in texts]
    return [
        (a, b)
        for a, b in combinations(range(len(texts)), 2)
        if sides[a] != sides[b]
        and len(grams[a] & grams[b]) >= len(min(grams[a], grams[b], key=len)) / 2
    ]


def documents_of(texts: Sequence[str], kin: np.ndarray) -> Documents:
    return Documents(
        ids=[content_id("document", text) for text in texts],
        lengths=np.array([len(text) for text in texts]),
        tokens=np.array([len(terms(text)[0]) for text in texts]),
        languages=["zh" if len(ZH.findall(text[:3000])) > 300 else "en" for text in texts],
        groups=kin,
    )


def kin_of(texts: Sequence[str]) -> np.ndarray:
    codes = [terms(text)[0] for text in texts]
    return groups(joined([signatures(code, np.zeros(len(code), np.int64), 1) for code in codes]))


@pytest.fixture(scope="module")
def planted() -> list[str]:
    """Real stretches of English and Chinese, and changed copies of half of them, some shorter."""
    stretches = [
        piece
        for path in PATHS
        if path.stat().st_size < 400_000
        for piece in pieces_of(path.read_text(encoding="utf-8"))[:2]
    ][:40]
    copies = [swapped(text, 0.05, seed) for seed, text in enumerate(stretches[::2])]
    return stretches + [copy[: len(copy) // (1 + seed % 3)] for seed, copy in enumerate(copies)]


@needs_corpora
def test_no_real_document_has_a_near_duplicate_on_another_side(planted: list[str]) -> None:
    sides = split(documents_of(planted, kin_of(planted)), valid=0.2, test=0.2, seed=4)
    assert set(sides.of_documents()) == {"train", "valid", "test"}
    assert leaks(planted, sides.of_documents()) == []


@needs_corpora
def test_the_checker_sees_planted_copies_on_two_sides(planted: list[str]) -> None:
    blind = documents_of(planted, np.arange(len(planted)))
    sides = split(blind, valid=0.2, test=0.2, seed=4)
    assert len(leaks(planted, sides.of_documents())) >= 5


@needs_corpora
@pytest.mark.parametrize("name", ["en/books/pride-and-prejudice.md", "zh/law/minfadian.md"])
def test_chapters_of_a_real_book_stay_with_their_near_duplicates(name: str) -> None:
    text = (CORPORA / name).read_text(encoding="utf-8")
    parts = re.split(r"(?m)^(?=#{1,3} )", text)
    # The longest chapter comes again at the end, with a few words changed.
    longest = max(parts, key=len)
    parts.append(swapped(longest, 0.05, 0))
    lengths = np.array([len(part) for part in parts])
    kin = kin_of(parts)
    chapters = Chapters(
        documents=np.zeros(len(parts), np.int64),
        starts=np.cumsum(lengths) - lengths,
        tokens=lengths,
        groups=kin,
    )
    book = documents_of(["".join(parts)], np.zeros(1, np.int64))
    for seed in range(5):
        sides = split(book, valid=0.1, test=0.1, seed=seed, chapters=chapters)
        at = sides.at(chapters.documents, chapters.starts, chapters.starts + 1).tolist()
        assert set(at) == {TRAIN, VALID, TEST}
        assert at[-1] == at[parts.index(longest)]
        assert breaches(sides, book, chapters) == []
    blind = replace(chapters, groups=np.arange(len(parts)))
    torn = [split(book, valid=0.2, test=0.2, seed=seed, chapters=blind) for seed in range(9)]
    assert any(breaches(sides, book, chapters) for sides in torn)


def flagged(texts: Sequence[str], benchmark: Benchmark) -> list[bool]:
    return [bool(contaminated(terms(text)[0], benchmark).any()) for text in texts]


def benchmark_of(items: Sequence[str], n: int) -> Benchmark:
    codes = [terms(item)[0] for item in items]
    units = np.repeat(np.arange(len(items)), [len(code) for code in codes])
    return Benchmark.of(np.concatenate(codes), units, len(items), n)


@needs_corpora
@pytest.mark.parametrize("n", [10, 13])
def test_documents_with_an_ngram_of_a_benchmark_are_those_of_plain_sets(n: int) -> None:
    texts = [
        piece
        for path in PATHS[::4]
        for piece in pieces_of(path.read_text(encoding="utf-8"), 5_000)[:15]
    ]
    rng = np.random.default_rng(n)
    items = ["What is the answer?", "谁？"]
    for at in rng.choice(len(texts), 12, replace=False):
        start = int(rng.integers(0, max(len(texts[at]) - 90, 1)))
        # Case, line ends and punctuation differ from the document's.
        items.append(re.sub(r"[\s,，]+", " -- ", texts[at][start : start + 90].upper()))
    bad = set().union(*(plain_ngrams(item, n) for item in items))
    expected = [bool(plain_ngrams(text, n) & bad) for text in texts]
    benchmark = benchmark_of(items, n)
    assert 5 <= sum(expected) < len(texts) / 2
    assert flagged(texts, benchmark) == expected
    assert benchmark.short == sum(len(plain_words(item)) < n for item in items) >= 2


@given(st.lists(st.sampled_from("abc"), max_size=40), st.lists(st.sampled_from("abc"), max_size=12))
def test_the_marked_terms_are_those_of_shared_runs(document: list[str], item: list[str]) -> None:
    runs = {tuple(item[at : at + 3]) for at in range(len(item) - 2)}
    expected = [False] * len(document)
    for at in range(len(document) - 2):
        if tuple(document[at : at + 3]) in runs:
            expected[at : at + 3] = [True] * 3
    codes, _ = terms(" ".join(document))
    assert contaminated(codes, benchmark_of([" ".join(item)], 3)).tolist() == expected


@needs_corpora
def test_a_benchmark_that_is_not_looked_for_is_found_by_the_checker() -> None:
    text = PATHS[0].read_text(encoding="utf-8")[:50_000]
    item = text[20_000:20_300]
    assert plain_ngrams(item, 10) & plain_ngrams(text, 10)
    clean = terms(text)[0][~contaminated(terms(text)[0], benchmark_of([item], 10))]
    assert not contaminated(clean, benchmark_of([item], 10)).any()
    assert len(clean) > 0.98 * len(terms(text)[0])
