"""Random numbers and orders for many rows at once, each row's from its own seed."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from longgrain.draws import Rows, below, first_seen, numbers, shuffled, side_by_side, unit

COUNTS = st.lists(st.integers(0, 30), min_size=1, max_size=8)


def seeds(count: int) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    return np.arange(7, 7 + count, dtype=np.uint64) * np.uint64(0x123456789ABCDEF)


def rows(values: list[list[int]]) -> Rows:
    return Rows.of(values)


def plain(found: Rows) -> list[list[int]]:
    return [one.tolist() for one in found.each()]


def test_numbers_are_those_of_splitmix64() -> None:
    """The first three of seed 1234567, as its authors' own program prints them."""
    found = numbers(np.array([1234567], np.uint64), np.array([3]), 0).tolist()
    assert found == [6457827717110365317, 3203168211198807973, 9817491932198370423]


@given(COUNTS)
def test_a_row_has_the_same_numbers_whatever_is_drawn_beside_it(counts: list[int]) -> None:
    together = Rows(numbers(seeds(len(counts)), np.array(counts), 3), np.array(counts))
    for row, (count, found) in enumerate(zip(counts, together.each(), strict=True)):
        alone = numbers(seeds(len(counts))[[row]], np.array([count + 2]), 3)
        assert found.tolist() == alone[:count].tolist()


def test_streams_of_one_seed_are_apart() -> None:
    one, two = (set(numbers(seeds(1), np.array([500]), stream).tolist()) for stream in (0, 1))
    assert len(one | two) == 1000


def test_streams_may_differ_by_row() -> None:
    both = numbers(seeds(2), np.array([4, 4]), np.array([1, 5]))
    assert both[:4].tolist() == numbers(seeds(2)[:1], np.array([4]), 1).tolist()
    assert both[4:].tolist() == numbers(seeds(2)[1:], np.array([4]), 5).tolist()


def test_numbers_below_a_limit_and_in_the_unit_are_spread_evenly() -> None:
    bits = numbers(seeds(1), np.array([30_000]), 0)
    assert np.abs(np.bincount(below(bits, 10)) - 3000).max() < 300
    assert np.abs(np.histogram(unit(bits), 10, (0, 1))[0] - 3000).max() < 300


@given(COUNTS)
def test_shuffled_places_are_an_order_of_each_row(counts: list[int]) -> None:
    sizes = np.array(counts)
    found = Rows(shuffled(sizes, numbers(seeds(len(counts)), sizes, 0)), sizes)
    starts = np.cumsum(sizes) - sizes
    for start, count, row in zip(starts.tolist(), counts, found.each(), strict=True):
        assert sorted(row.tolist()) == list(range(start, start + count))


def test_every_place_comes_first_about_equally_often() -> None:
    sizes = np.full(6000, 6)
    order = shuffled(sizes, numbers(seeds(6000), sizes, 0)).reshape(-1, 6) % 6
    assert np.abs(np.bincount(order[:, 0]) - 1000).max() < 150


@given(st.lists(st.lists(st.integers(0, 6), max_size=12), min_size=1, max_size=6))
def test_the_first_of_equal_values_in_a_row_is_kept(values: list[list[int]]) -> None:
    listed = rows(values)
    kept, firsts, lasts = first_seen(listed)
    assert plain(listed.where(kept)) == [list(dict.fromkeys(one)) for one in values]
    assert (listed.values[firsts] == listed.values[lasts]).all()
    assert (listed.owners[firsts] == listed.owners[lasts]).all()
    assert sorted(firsts.tolist()) == np.flatnonzero(kept).tolist()


@given(st.lists(st.tuples(*[st.lists(st.integers(0, 9), max_size=4)] * 3), min_size=1, max_size=6))
def test_parts_side_by_side_are_joined_row_by_row(values: list[tuple[list[int], ...]]) -> None:
    parts = [rows([row[i] for row in values]) for i in range(3)]
    assert plain(side_by_side(parts)) == [[*a, *b, *c] for a, b, c in values]


def test_rows_can_be_taken_filtered_and_summed() -> None:
    some = rows([[1, 2, 3], [], [4, 5]])
    assert plain(some.take(np.array([2, 0, 1]))) == [[4, 5], [1, 2, 3], []]
    assert plain(some.where(some.values % 2 == 1)) == [[1, 3], [], [5]]
    assert some.sums(some.values).tolist() == [6, 0, 9]
    assert some.running(some.values).tolist() == [1, 3, 6, 4, 9]
    assert some.within.tolist() == [0, 1, 2, 0, 1]
