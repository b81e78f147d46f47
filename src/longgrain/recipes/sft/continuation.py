"""Neighbouring paragraphs of a document > those that come first, and the one that follows as response."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from longgrain.protocols import Materials
from longgrain.recipes.sft.item import Item, spoken
from longgrain.recipes.sft.passages import SIZES, boilerplate, in_turn, is_prose, spread
from longgrain.types import Grain

# Items of a list, and what leads to something that is not there.
_UNFIT = re.compile(r"\A(?:[-*+•]|\d+[.)]|[（(])|[:：]\s*\Z")
# Characters that stand before the break, by language, at least and at most.
LEAD = {"en": (150, 4000), "zh": (60, 1500)}


def continuations(materials: Materials) -> Iterator[Item]:
    """One item for each paragraph that has enough prose of its own section before it."""
    yield from in_turn([_of_document(materials, one) for one in materials.documents])


def _of_document(materials: Materials, doc_id: str) -> Iterator[Item]:
    language = str(materials.document(doc_id).meta["language"])
    nodes = [one for one in materials.tree(doc_id) if one.kind == "paragraph"]
    places = {one: place for place, one in enumerate(nodes)}
    low, high = SIZES[spoken(language)]
    used: set[int] = set()
    for node in spread(nodes, "continuation"):
        place = places[node]
        words = materials.words(node)
        if not low <= len(words) <= high or not is_prose(words) or _UNFIT.search(words):
            continue
        lead = _before(materials, nodes, place, LEAD[spoken(language)])
        # No words are learned in one example and read in another: each paragraph is used once.
        here = range(place - len(lead), place + 1)
        if lead and used.isdisjoint(here) and _on_side(materials, lead[0], node):
            used.update(here)
            yield _item(materials, lead, node, language)


def _before(
    materials: Materials, nodes: Sequence[Grain], place: int, sizes: tuple[int, int]
) -> list[Grain]:
    """The paragraphs of the same section before this one, as many as fit; none if they are too few."""
    lead: list[Grain] = []
    for node in reversed(nodes[:place]):
        beside = node.path[:-1] == nodes[place].path[:-1] and len(node.path) == len(
            nodes[place].path
        )
        if not beside or nodes[place].start - node.start > sizes[1]:
            break
        if not is_prose(materials.words(node)):
            break
        lead.insert(0, node)
    return lead if lead and lead[-1].end - lead[0].start >= sizes[0] else []


def _on_side(materials: Materials, first: Grain, last: Grain) -> bool:
    numbers = materials.numbers(_joined(first, last))
    headings = materials.headings(numbers[0]) if numbers else ()
    return bool(numbers) and not (headings and boilerplate(headings[-1], "x"))


def _joined(first: Grain, last: Grain) -> Grain:
    return Grain(
        doc_id=first.doc_id, path=(first.start,), kind="window", start=first.start, end=last.end
    )


def _item(materials: Materials, lead: Sequence[Grain], node: Grain, language: str) -> Item:
    words = materials.words(node)
    return Item(
        task="continuation",
        form="continuation",
        purpose="continuation",
        language=language,
        passage=_joined(lead[0], lead[-1]),
        answer=words,
        home=node,
        label="continuation",
        parts=1,
        data={"task": "continuation", "target": words},
    )
