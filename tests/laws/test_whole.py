"""Law 6: packing never cuts; what is too long is listed; tokens in = tokens out."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from longgrain.bounds import Ints
from longgrain.pack import Packing, pack

CAPACITY = 50
some_lengths = st.lists(st.integers(1, 70), max_size=60).map(lambda ls: np.array(ls, np.int64))


def breaches(packing: Packing, lengths: Ints, capacity: int) -> list[str]:
    """What of the law a packing breaks."""
    found = []
    items = np.concatenate([packing.items, packing.too_long])
    if sorted(items.tolist()) != list(range(len(lengths))):
        found.append("an item is missing or there twice")
    if any(lengths[row].sum() > capacity for row in packing):
        found.append("a row is longer than its capacity")
    if sum(len(row) for row in packing) != len(packing.items) or not all(map(len, packing)):
        found.append("a row is empty or the offsets do not cover the items")
    if (lengths[packing.too_long] <= capacity).any():
        found.append("an item that fits is listed as too long")
    if lengths[items].sum() != lengths.sum():
        found.append("tokens in differ from tokens out")
    return found


@given(some_lengths, st.integers(0, 3))
def test_packing_is_whole(lengths: Ints, seed: int) -> None:
    assert breaches(pack(lengths, CAPACITY, seed), lengths, CAPACITY) == []


def test_packing_is_whole_for_a_hundred_thousand_realistic_lengths() -> None:
    random = np.random.Generator(np.random.PCG64(0))
    lengths = np.ceil(random.lognormal(np.log(9000), 1, 100_000)).astype(np.int64)
    packing = pack(lengths, 32768, 0)
    assert breaches(packing, lengths, 32768) == []
    assert len(packing.too_long) == (lengths > 32768).sum() > 1000


def a_packer_that_loses_the_last_row(lengths: Ints) -> Packing:
    sound = pack(lengths, CAPACITY, 0)
    end = sound.offsets[-2]
    return dataclasses.replace(sound, items=sound.items[:end], offsets=sound.offsets[:-1])


def a_packer_that_hides_what_is_too_long(lengths: Ints) -> Packing:
    return dataclasses.replace(pack(lengths, CAPACITY, 0), too_long=np.zeros(0, np.int64))


def a_packer_that_fills_by_count(lengths: Ints) -> Packing:
    items = np.arange(len(lengths))
    offsets = np.array([*range(0, len(items), 3), len(items)])
    return Packing(items=items, offsets=offsets, too_long=np.zeros(0, np.int64))


def a_packer_that_cuts(lengths: Ints) -> Packing:
    return pack(np.minimum(lengths, CAPACITY), CAPACITY, 0)


@pytest.mark.parametrize(
    "broken",
    [
        a_packer_that_loses_the_last_row,
        a_packer_that_hides_what_is_too_long,
        a_packer_that_fills_by_count,
        a_packer_that_cuts,
    ],
)
def test_control_broken_packers_are_caught(broken) -> None:  # type: ignore[no-untyped-def]
    lengths = np.array([30, 30, 20, 20, 10, 60, 5, 5], np.int64)
    assert breaches(broken(lengths), lengths, CAPACITY)
