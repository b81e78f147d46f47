"""Quotas: lengths and depth bins dealt out before anything is laid."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from longgrain.quota import (
    Depths,
    bin_bounds,
    bin_of,
    length_edges,
    listed_lengths,
    share_out,
    uniform_lengths,
)


def rng() -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(3))


@given(st.integers(0, 500), st.lists(st.floats(0.01, 9), min_size=1, max_size=12))
def test_shares_add_up_and_lie_within_one(total: int, shares: list[float]) -> None:
    found = share_out(total, shares)
    assert sum(found) == total
    assert np.abs(np.array(found) - total * np.array(shares) / sum(shares)).max() < 1


@pytest.mark.parametrize("count", [0, 1, 7, 10, 144, 1001])
@pytest.mark.parametrize(("low", "high"), [(2048, 16384), (256, 4096), (1000, 1100), (512, 512)])
def test_uniform_lengths_meet_every_bin_within_one(count: int, low: int, high: int) -> None:
    lengths, edges = uniform_lengths(count, low, high, rng()), length_edges(low, high)
    assert len(lengths) == count
    made, _ = np.histogram(lengths, edges)
    assert made.sum() == count
    assert np.abs(made - count / len(made)).max() <= 1


def test_lengths_that_end_a_few_tokens_short_stay_in_their_bins() -> None:
    lengths, edges = uniform_lengths(500, 2048, 16384, rng()), length_edges(2048, 16384)
    assert (np.histogram(lengths - 15, edges)[0] == 50).all()


def test_control_lengths_spread_without_regard_to_bins_miss_them() -> None:
    edges = length_edges(2048, 16384)
    lengths = 2048 + rng().random(500) * (16384 - 2048)
    assert np.abs(np.histogram(lengths, edges)[0] - 50).max() > 1


@given(st.integers(300, 5000), st.integers(0, 4000), st.integers(0, 4000))
def test_a_length_lies_in_the_bounds_of_its_bin(low: int, width: int, offset: int) -> None:
    tokens = low + min(offset, width)
    least, most = bin_bounds(tokens, low, low + width)
    assert low <= least <= tokens <= most <= low + width
    edges = length_edges(low, low + width)
    for length in (least, most):
        histogram = [np.histogram([n], edges)[0].tolist() for n in (length, tokens)]
        assert histogram[0] == histogram[1]


def test_listed_lengths_are_dealt_equally() -> None:
    found = listed_lengths(11, (1024, 4096, 4096), rng()).tolist()
    assert (found.count(1024), found.count(4096)) == (4, 7)


SHARES = [(0.1,) * 10, (1, 0, 0, 1, 3), (0.7, 0.2, 0.1), (1,), (5, 1, 1, 1, 1, 1, 1, 1, 1, 1)]


@pytest.mark.parametrize("shares", SHARES)
@pytest.mark.parametrize("most", [1, 2, 5])
@pytest.mark.parametrize("count", [1, 13, 300])
def test_dealt_depths_are_within_one_example_of_their_shares(
    shares: tuple[float, ...], most: int, count: int
) -> None:
    depths, random = Depths(shares, count, rng()), rng()
    for _ in range(count):
        bins = depths.deal(int(random.integers(1, most + 1)))
        assert all(shares[b] > 0 for b in bins)
    assert depths.made.sum() == pytest.approx(count)
    assert np.abs(depths.made - count * depths.shares).max() <= 1


def test_evidence_of_one_example_lies_in_different_bins_where_shares_are_even() -> None:
    depths = Depths((0.1,) * 10, 100, rng())
    assert all(len(set(depths.deal(4))) == 4 for _ in range(100))


def test_a_bin_that_is_full_takes_no_more() -> None:
    depths = Depths((0.5, 0.5), 4, rng())
    for _ in range(2):
        assert depths.takes([0])
        depths.take([0])
    assert not depths.takes([0])
    assert depths.takes([1])
    assert depths.furthest_behind([0, 1]) == 1


def test_control_dealing_in_turn_misses_uneven_shares() -> None:
    made = np.bincount(np.arange(300) % 5, minlength=5)
    assert np.abs(made - 300 * np.array([1, 0, 0, 1, 3]) / 5).max() > 1


def test_depth_one_lies_in_the_last_bin() -> None:
    assert [bin_of(depth, 10) for depth in (0.0, 0.0999, 0.1, 0.95, 1.0)] == [0, 0, 1, 9, 9]
