"""The grains of a side > the same grains, those that may be asked about together one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

from longgrain.protocols import Materials
from longgrain.types import content_id


def paced(materials: Materials, *, run: int, within: int) -> list[int]:
    """Runs of ``run`` grains of one document, as far apart as ``within`` tokens of it allow.

    Documents take turns, the runs of each come in an order of their own, and every grain comes once.
    """
    turns = zip_longest(*(_runs(materials, doc_id, run, within) for doc_id in materials.documents))
    return [number for turn in turns for one in turn if one for number in one]


def _runs(materials: Materials, doc_id: str, run: int, within: int) -> list[list[int]]:
    found: list[list[int]] = []
    for window in _windows(materials, doc_id, within):
        step = -(-len(window) // run)
        found += [window[first::step] for first in range(step)]
    return sorted(found, key=lambda one: content_id("paced", materials.seed, doc_id, one[0]))


def _windows(materials: Materials, doc_id: str, within: int) -> Iterator[list[int]]:
    """Neighbouring grains of up to so many tokens; one that is not of this side ends a window."""
    window: list[int] = []
    size = 0
    for number in materials.grains_of(doc_id):
        length = materials.length(number)
        if window and (number != window[-1] + 1 or size + length > within):
            yield window
            window, size = [], 0
        window.append(number)
        size += length
    if window:
        yield window
