"""Groups of neighbouring sections > drafts about their titles, their order and how they are built up."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from longgrain.protocols import Materials
from longgrain.recipes.drawn import draw
from longgrain.recipes.hierarchy import wording
from longgrain.recipes.hierarchy.nodes import Group, Node, without_number
from longgrain.recipes.hierarchy.outline import group_outline
from longgrain.recipes.hierarchy.speaking import RECIPE, Said, name_of, title_of
from longgrain.types import Draft, Dropped, Span

# Letters of things to be put in order.
MOST = 8


def about(materials: Materials, group: Group, kind: str, seed: str = "") -> Said:
    """What all drafts about a group share."""
    language = materials.language(group.numbers[0])
    seed = f"{group.grain.start}:{group.grain.end}:{seed}"
    return Said(
        materials=materials,
        kind=kind,
        doc_id=group.doc_id,
        language=language,
        numbers=group.numbers,
        seed=seed,
    )


def lost(group: Group, reason: str) -> Dropped:
    """Why there is no draft about a group."""
    return Dropped(step="draft", id=f"{group.doc_id}:{group.grain.start}", reason=reason)


def outlined(
    materials: Materials, group: Group, *, depth: int, tokens: int
) -> Iterator[Draft | Dropped]:
    """The pages of a group and its outline, which is learned."""
    found = group_outline(materials, group, depth=depth, tokens=tokens)
    if found is None:
        yield lost(group, "the outline does not fit its budget")
        return
    said = about(materials, group, "hierarchy-outline")
    name = name_of(materials, group, said.language)
    made = materials.made(RECIPE, found.text, of=group.doc_id, title=name)
    asked = wording.TOLD_ASKED if group.members[0].is_told else wording.OUTLINE_ASKED
    yield said.draft(
        purpose=wording.READ,
        before=said.quoted(group.grain),
        question=said.asked("outline", asked, name=name),
        answer=Span(role="answer", origin=made, loss=1.0),
        said=found.text,
        form="outline",
        layout="none",
    )


def built(materials: Materials, group: Group) -> Iterator[Draft | Dropped]:
    """What stands under a heading, and what comes after one: one question of each for a group."""
    if group.members[0].is_told:
        yield lost(group, "the document has no headings to ask about")
        return
    titles = [one.title for one in group.inside] + list(group.path[-1:])
    found = False
    for name, node, answer in _structure(group):
        if titles.count(node) != 1 or node in answer or not answer:
            continue
        found = True
        said = about(materials, group, "hierarchy-structure", name)
        asked = wording.UNDER_ASKED if name == "under" else wording.NEXT_ASKED
        yield said.draft(
            purpose=wording.READ,
            before=said.quoted(group.grain),
            question=said.asked(name, asked, title=node),
            answer=said.told("\n".join(answer)),
            said="\n".join(answer),
            form="structure",
            layout="none",
        )
    if not found:
        yield lost(group, "no heading of the group is unambiguous")


def _structure(group: Group) -> Iterator[tuple[str, str, list[str]]]:
    """Kind of question, heading that is asked about, titles of the answer."""
    parents = [*group.inside]
    for parent in parents:
        under = [
            one.title
            for one in group.inside
            if one.grain.path[:-1] == parent.grain.path and one.depth == parent.depth + 1
        ]
        if len(under) > 1 and len(set(under)) == len(under):
            yield "under", parent.title, under
            break
    if group.is_whole and group.path:
        yield "under", group.path[-1], [one.title for one in group.members]
    at = draw(group.doc_id, group.grain.start, "next") % (len(group.members) - 1)
    one, other = group.members[at : at + 2]
    yield "next", one.title, [other.title]


def ordered(materials: Materials, group: Group) -> Iterator[Draft | Dropped]:
    """Titles or first sentences of a group, shuffled, and their true order as letters."""
    said = about(materials, group, "hierarchy-order")
    members = group.members[:MOST]
    # Numbers would tell the order, so titles stand without them.
    items = [without_number(one.title) for one in members]
    by_title = all(map(_has_words, items)) and said.speech.number % 2 == 0
    if group.members[0].is_told or not by_title:
        by_title, items = False, [_first_sentence(materials, one) for one in members]
    if not all(items) or len(set(items)) < len(items):
        yield lost(group, "two things to be put in order are alike, or one has no words")
        return
    shuffled = sorted(items, key=lambda one: draw(group.doc_id, group.grain.start, one))
    if shuffled == items:
        shuffled = [*items[1:], items[0]]
    letters = [chr(ord("A") + n) for n in range(len(items))]
    answer = ", ".join(letters[shuffled.index(one)] for one in items)
    listed = "".join(f"\n{letter}. {one}" for letter, one in zip(letters, shuffled, strict=True))
    what = wording.WHAT[said.spoken]["titles" if by_title else "sentences"]
    name = name_of(materials, group, said.language)
    if not (group.is_whole and group.path):  # the ends of a range would tell first and last
        name = _plain_name(materials, group, said)
    yield said.draft(
        purpose=wording.READ,
        before=said.quoted(group.grain),
        question=said.asked("order", wording.ORDER_ASKED, listed, name=name, what=what),
        answer=said.told(answer),
        said=answer,
        form="order",
        layout="none",
        meta={"operands": items},
    )


def _has_words(title: str) -> bool:
    return len(title) > 1 and any(map(str.isalpha, title))


def _plain_name(materials: Materials, group: Group, said: Said) -> str:
    document = title_of(materials, group.doc_id)
    return f"《{document}》" if said.spoken == "zh" else f"“{document}”"


def _first_sentence(materials: Materials, node: Node) -> str:
    """The first sentence of a section's body on one line, where it is plain and short."""
    first = _leaf(materials, node)
    return "" if "\n" in first or not 8 <= len(first) <= 240 else first


def _leaf(materials: Materials, node: Node) -> str:
    leaves = leaves_of(materials, node.grain.doc_id)
    at = bisect_left(leaves, (node.body.start, 0))
    if at == len(leaves) or leaves[at][1] > node.body.end:
        return ""
    start, end = leaves[at]
    return materials.words(node.body)[start - node.body.start : end - node.body.start]


def leaves_of(materials: Materials, doc_id: str) -> Sequence[tuple[int, int]]:
    """Starts and ends of the sentences of a document, remembered for the side."""
    known: dict[str, list[tuple[int, int]]] = materials.notes.setdefault("hierarchy/leaves", {})
    if doc_id not in known:
        known[doc_id] = [
            (one.start, one.end) for one in materials.tree(doc_id) if one.kind == "sentence"
        ]
    return known[doc_id]
