"""The cover law: leaves and size cuts hold all non-blank text once, windows at least once; each
checker is also shown a broken tree and must object."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longgrain.cuts import estimate_token_starts, size_cuts, token_spans, windows
from longgrain.grains import GrainTable, cut, leaf_borders, tree
from longgrain.lines import Ints, read_lines
from longgrain.types import Document

CORPORA = Path(__file__).parents[2].parent / "shared" / "data" / "corpora"
DOCUMENTS = sorted(CORPORA.glob("en/*/*")) + sorted(CORPORA.glob("zh/*/*"))
real = pytest.mark.parametrize(
    "path",
    [pytest.param(path, id="/".join(path.parts[-3:])) for path in DOCUMENTS]
    or [pytest.param(None, marks=pytest.mark.skip(reason="shared/data/corpora is not here"))],
)

# Whatever cutting looks at: stops, closers, blanks, marks, odd characters; parted by a bar.
_PIECES = (
    "a|B|c.| |  |。|！”|」|“|...|……|，|\n|\r\n|\n\n|\t|\u3000|\u2028|\ud800|\udfff|é|e\u0301|字"
    "|👩\u200d👩\u200d👧|第三章|第十二条|#|##|```|~~~|---|===|- |* |> |1. |4.2|IV|CHAPTER|一、"
    "|（一）|Mr.|U.S.|3.14|?)|[12]|\"|'|<b>|\x00|\ufeff|\u200b|Ropes|条款"
)
PIECES = st.sampled_from(re.split(r"\|", _PIECES))
TEXTS = st.one_of(
    st.text(max_size=200),
    st.lists(PIECES, max_size=80).map("".join),
    st.text(alphabet="ab字\n 。.", max_size=400),
    st.text(st.characters(categories=["Cs", "Lo", "So", "Zs"]), max_size=100),
    st.builds(lambda run, count: run * count, st.text(min_size=1, max_size=3), st.integers(1, 500)),
)


def times_held(text: str, starts: Ints, ends: Ints) -> Ints:
    """How often each character that is not blank is held."""
    change = np.zeros(len(text) + 1, np.int64)
    np.add.at(change, starts, 1)
    np.add.at(change, ends, -1)
    blank = np.fromiter((character.isspace() for character in text), bool, len(text))
    return np.cumsum(change)[:-1][~blank]


def held_once(text: str, starts: Ints, ends: Ints) -> bool:
    ordered = bool((starts < ends).all() and (starts[1:] >= ends[:-1]).all())
    return ordered and bool((times_held(text, starts, ends) == 1).all())


def leaves(table: GrainTable) -> tuple[Ints, Ints]:
    rows = table.rows("sentence", "heading")
    return table.start[rows], table.end[rows]


def paths(table: GrainTable) -> list[tuple[int, ...]]:
    values, offsets = table.path.tolist(), table.path_offsets.tolist()
    return [tuple(values[a:b]) for a, b in pairwise(offsets)]


def is_a_tree(table: GrainTable) -> bool:
    """Sorted by path, siblings numbered from 0, parents enclose children, siblings in order."""
    names = paths(table)
    row = {path: number for number, path in enumerate(names)}
    if names != sorted(names) or len(row) != len(names) or names[0] != ():
        return False
    start, end = table.start.tolist(), table.end.tolist()
    for path, number in row.items():
        if not path:
            continue
        above = row.get(path[:-1])
        before = row.get((*path[:-1], path[-1] - 1))
        if above is None or (path[-1] > 0) != (before is not None):
            return False
        if not start[above] <= start[number] < end[number] <= end[above]:
            return False
        if before is not None and end[before] > start[number]:
            return False
    return True


def byte_tokens(text: str, seed: int) -> Ints:
    """Token starts of a made-up byte-level tokenizer; some tokens begin inside a character."""
    sizes = [max(len(character.encode("utf-8", "surrogatepass")), 1) for character in text]
    offsets = np.repeat(np.arange(len(text)), sizes)
    kept = np.random.Generator(np.random.PCG64(seed)).random(len(offsets)) < 0.6
    if len(kept):
        kept[0] = True
    return offsets[kept]


def check_everything(text: str, tokens: Ints, size: int, overlap: int) -> None:
    lines = read_lines(text)
    table = tree(lines)
    assert is_a_tree(table)
    assert held_once(text, *leaves(table))
    borders = leaf_borders(table)
    starts, ends = size_cuts(lines, borders, tokens, size=size)
    assert held_once(text, starts, ends)
    first, last = token_spans(tokens, starts, ends)
    if len(tokens):  # where no token begins inside a cut, it cannot be split
        assert ((last - first < size) | (tokens[last] <= starts)).all()
    assert held_once(text, *size_cuts(lines, borders, tokens, size=size, mode="exact"))
    starts, ends = windows(lines, tokens, size=size, overlap=min(overlap, size - 1))
    assert (times_held(text, starts, ends) >= 1).all()


@settings(max_examples=300, deadline=None)
@given(TEXTS, st.integers(1, 40), st.integers(0, 39), st.integers(0, 9))
def test_random_text_is_covered(text: str, size: int, overlap: int, seed: int) -> None:
    check_everything(text, byte_tokens(text, seed), size, overlap)


@settings(max_examples=100, deadline=None)
@given(TEXTS, st.integers(1, 200))
def test_random_text_is_covered_with_estimated_tokens(text: str, size: int) -> None:
    check_everything(text, estimate_token_starts(read_lines(text)), size, size // 3)


@settings(max_examples=100, deadline=None)
@given(TEXTS, st.lists(st.integers(0, 200), max_size=8), st.lists(st.integers(1, 9), min_size=4))
def test_random_text_with_given_headings_is_covered(
    text: str, borders: list[int], levels: list[int]
) -> None:
    places = sorted(min(border, len(text)) for border in borders)
    given_spans = zip(places[0::2], places[1::2], levels, strict=False)
    table = tree(text, {"headings": [list(span) for span in given_spans]})
    assert is_a_tree(table)
    assert held_once(text, *leaves(table))


@real
def test_a_real_document_is_covered(path: Path) -> None:
    text = path.read_bytes().decode("utf-8")
    lines = read_lines(text)
    table = tree(lines, {"markup": "markdown" if path.suffix == ".md" else "plain"})
    tokens = estimate_token_starts(lines)
    assert is_a_tree(table)
    assert held_once(text, *leaves(table))
    borders = leaf_borders(table)
    assert held_once(text, *size_cuts(lines, borders, tokens, size=128))
    assert held_once(text, *size_cuts(lines, borders, tokens, size=128, mode="exact"))
    assert (times_held(text, *windows(lines, tokens, size=128, overlap=32)) >= 1).all()


TEXT = "CHAPTER I\n\nRopes hold. They held.\n\nCHAPTER II\n\n绳子断了。“真的吗？”他问。\n\n完了。\n"


def test_the_checker_sees_a_dropped_leaf() -> None:
    starts, ends = leaves(tree(TEXT))
    assert held_once(TEXT, starts, ends)
    for leaf in range(len(starts)):
        assert not held_once(TEXT, np.delete(starts, leaf), np.delete(ends, leaf))


def test_the_checker_sees_a_leaf_that_is_there_twice_or_too_short() -> None:
    starts, ends = leaves(tree(TEXT))
    assert not held_once(TEXT, np.insert(starts, 1, starts[0]), np.insert(ends, 1, ends[0]))
    ends[1] -= 1
    assert not held_once(TEXT, starts, ends)


def test_the_checker_sees_a_dropped_window() -> None:
    lines = read_lines(TEXT)
    starts, ends = windows(lines, estimate_token_starts(lines), size=8, overlap=2)
    assert (times_held(TEXT, starts, ends) >= 1).all()
    assert not (times_held(TEXT, starts[1:], ends[1:]) >= 1).all()


def test_the_checker_sees_a_broken_tree() -> None:
    table = tree(TEXT)
    assert is_a_tree(table)
    assert not is_a_tree(replace(table, end=np.where(np.arange(len(table)) == 1, 12, table.end)))
    for step in range(len(table.path)):
        moved = table.path.copy()
        moved[step] += 1
        assert not is_a_tree(replace(table, path=moved))


def seconds(text: str, size: int) -> float:
    begun = time.process_time()
    cut(Document.of(text, source="made"), size=size)
    return time.process_time() - begun


LONG = {
    "sentences": ("Ropes hold. ", 50_000),
    "Chinese without a break": ("绳", 1_000_000),
    "a word without end": ("x", 1_000_000),
    "stops only": (".", 1_000_000),
    "line breaks only": ("\n", 2_000_000),
    "open quotes": ("“绳。", 100_000),
    "headings only": ("# a\n", 30_000),
    "numbers only": ("1. a\n\n", 30_000),
}


@pytest.mark.parametrize("name", LONG)
def test_four_times_the_text_takes_about_four_times_the_time(name: str) -> None:
    unit, count = LONG[name]
    once, four = 0.0, 0.0
    # Quadratic time would be 16 times, each time; a busy machine slows some tries and not all.
    for _ in range(6):
        once = max(seconds(unit * (count // 2), 64), 0.1)
        four = seconds(unit * count * 2, 64)
        if four < 8 * once:
            return
    pytest.fail(f"{once:.2f} s, then {four:.2f} s for four times the text")


@pytest.mark.parametrize("unit", ["绳", "x", "🙂"])
def test_five_million_characters_without_a_break_are_cut_in_seconds(unit: str) -> None:
    text = unit * 5_000_000
    begun = time.process_time()
    grains = cut(Document.of(text, source="made"), size=100, kinds=("cut",))
    assert time.process_time() - begun < 20
    bounds = np.array([(grain.start, grain.end) for grain in grains])
    assert len(grains) > 3_000
    assert held_once(text, bounds[:, 0], bounds[:, 1])
