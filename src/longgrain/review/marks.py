"""Two people's marks in one text > how many they share, to the character or by overlap."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

Mark = tuple[int, int, str]
Labels = Mapping[str, Any]
# What of labels is compared, and how it is shown.
PARTS = ("entities", "relations", "answers", "evidence")


def marks(labels: Labels, part: str) -> list[tuple[Any, ...]]:
    """The marks of one part: start, end and label; of a relation, both entities and its label."""
    listed = labels.get(part) or ()
    if part != "relations":
        return [(one["start"], one["end"], str(one.get("label", ""))) for one in listed]
    places = {one["id"]: one for one in labels.get("entities") or ()}
    return [
        (*_place(places[one["from"]]), *_place(places[one["to"]]), str(one["label"]))
        for one in listed
        if one["from"] in places and one["to"] in places
    ]


def _place(entity: Mapping[str, Any]) -> tuple[int, int]:
    return entity["start"], entity["end"]


def exact(one: Sequence[Any], other: Sequence[Any]) -> int:
    """How many marks both set at the same place with the same label."""
    return sum((Counter(one) & Counter(other)).values())


def overlapping(one: Sequence[Mark], other: Sequence[Mark]) -> int:
    """How many marks of one meet a mark of the other with the same label, each met once.

    The pairs that share most characters are made first.
    """
    met = [
        (min(a[1], b[1]) - max(a[0], b[0]), i, j)
        for i, a in enumerate(one)
        for j, b in enumerate(other)
        if a[2] == b[2] and min(a[1], b[1]) > max(a[0], b[0])
    ]
    mine, theirs = set[int](), set[int]()
    for _, i, j in sorted(met, key=lambda pair: (-pair[0], pair[1], pair[2])):
        if i not in mine and j not in theirs:
            mine.add(i)
            theirs.add(j)
    return len(mine)


def shared(
    labelled: Sequence[Labels], part: str, how: Callable[[Any, Any], int]
) -> dict[str, float]:
    """Shared marks and all marks, over all pairs of people who labelled one text."""
    pairs = list(_pairs(labelled, part))
    return {
        "shared": float(sum(how(one, other) for one, other in pairs)),
        "all": float(sum(len(one) + len(other) for one, other in pairs)),
    }


def _pairs(labelled: Sequence[Labels], part: str) -> Iterator[tuple[Any, Any]]:
    able = [marks(one, part) for one in labelled if part in one]
    yield from combinations(able, 2)


def f1(sums: Mapping[str, float]) -> float | None:
    """Twice the shared marks over all marks of both; None where nobody marked anything."""
    return 2 * sums.get("shared", 0.0) / sums["all"] if sums.get("all") else None
