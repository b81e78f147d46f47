"""Sections with titles > an outline as an indented list, cut to a depth and a budget of tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from longgrain.protocols import Materials
from longgrain.recipes.hierarchy.nodes import Group, Node, nodes_of, told_nodes

# Runs that stand for a document without headings, and entries that an outline has at least.
RUNS, FEWEST = 8, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """``text`` is the list; ``titles`` are those in it; ``is_whole`` that nothing was left out of the depth."""

    text: str
    titles: tuple[str, ...]
    is_whole: bool


def outline_of(
    nodes: Sequence[Node], *, depth: int, tokens: int, materials: Materials
) -> Outline | None:
    """The titles to a depth below the highest one, less deep where they would not fit; None for too few.

    Where even the first level does not fit, titles spread evenly over it are left.
    """
    named = [one for one in nodes if not one.is_mark]
    top = min((one.depth for one in named), default=1)
    for levels in range(depth, 0, -1):
        listed = [one for one in named if one.depth < top + levels]
        made = _made(listed, top, is_whole=levels == depth)
        if made and materials.tokens([made.text])[0] <= tokens:
            return made
    highest = [one for one in named if one.depth == top]
    while len(highest) > FEWEST:
        highest = highest[:: 2 if len(highest) > 2 * FEWEST else 1][: len(highest) - 1]
        made = _made(highest, top, is_whole=False)
        if made and materials.tokens([made.text])[0] <= tokens:
            return made
    return None


def _made(listed: Sequence[Node], top: int, *, is_whole: bool) -> Outline | None:
    if len(listed) < FEWEST:
        return None
    lines = [f"{'  ' * (one.depth - top)}- {one.title}" for one in listed]
    return Outline(
        text="\n".join(lines), titles=tuple(one.title for one in listed), is_whole=is_whole
    )


def document_outline(
    materials: Materials, doc_id: str, *, depth: int, tokens: int
) -> Outline | None:
    """The outline of what of a document is on this side; by telling sentences where it has no headings."""
    known: dict[str, Outline | None] = materials.notes.setdefault("hierarchy/outlines", {})
    if doc_id not in known:
        nodes: Sequence[Node] = nodes_of(materials, doc_id)
        found = outline_of(nodes, depth=depth, tokens=tokens, materials=materials)
        if found is None:
            size = sum(map(materials.length, materials.grains_of(doc_id)))
            nodes = told_nodes(materials, doc_id, max(256, -(-size // RUNS)))
            found = outline_of(nodes, depth=1, tokens=tokens, materials=materials)
        known[doc_id] = found
    return known[doc_id]


def group_outline(materials: Materials, group: Group, *, depth: int, tokens: int) -> Outline | None:
    """The outline of a group, all of it to its depth, or None where that does not fit."""
    nodes = group.members if group.members[0].is_told else group.inside
    found = outline_of(nodes, depth=depth, tokens=tokens, materials=materials)
    return found if found and found.is_whole else None
