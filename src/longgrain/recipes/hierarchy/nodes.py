"""The documents of one side > their sections as a tree of titles, and groups of neighbours that fit a size."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest

from longgrain.grains import heading_title
from longgrain.protocols import Materials
from longgrain.recipes.compress.selecting import compressed
from longgrain.recipes.sections import Section, runs_of
from longgrain.types import Grain

# A mark such as 第十二条 numbers what stands on its line; it does not say what that is about.
_MARK = re.compile(
    r"第[\d〇零一二三四五六七八九十百千]+[条條](?:之[一二三四五六七八九十]+)?|[\W\d_]*"
)
# What numbers a title: it tells the order of sections, and cannot be told from what they say.
_NUMBERING = re.compile(
    r"\s*(?:第[\d〇零一二三四五六七八九十百千]+[编編部卷章回节節讲講篇幕]"
    r"|[一二三四五六七八九十]+[、.．]|[（(][\d一二三四五六七八九十]+[)）]"
    r"|(?:chapter|letter|part|book|section|appendix|volume|story|scene|act)\s+(?:[ivxlcdm]+|\d+|[a-z])\b"
    r"|\d+(?:\.\d+)*(?![\w-])|(?-i:(?=[IVX])X{0,3}(?:IX|IV|V?I{0,3}))(?=[.:)]|$))[.:：．、)]?\s*",
    re.IGNORECASE,
)
LONGEST_TITLE = 120
# Members of a group, and tokens of the sentence that stands for a run without a heading.
FEWEST, MOST = 3, 12
TELLING = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A section. ``grain`` is all of it, ``body`` begins behind its heading; ``path`` holds the titles
    above it and its own; ``depth`` counts from 1; ``numbers`` are its cuts, none where it reaches
    beyond the side; ``is_told`` says that it has no heading, and a sentence of it as its title.
    """

    grain: Grain
    body: Grain
    path: tuple[str, ...]
    depth: int
    numbers: tuple[int, ...]
    heading: Grain | None
    is_told: bool = False

    @property
    def title(self) -> str:
        """Its own title."""
        return self.path[-1]

    @property
    def is_mark(self) -> bool:
        """Whether its title is a number alone."""
        return _MARK.fullmatch(self.title) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Neighbouring sections of one level with all that is in them; ``path`` is what they stand under."""

    grain: Grain
    members: tuple[Node, ...]
    inside: tuple[Node, ...]
    path: tuple[str, ...]
    numbers: tuple[int, ...]
    tokens: int
    is_whole: bool

    @property
    def doc_id(self) -> str:
        """Its document's id."""
        return self.grain.doc_id


def without_number(title: str) -> str:
    """A title without what numbers it: 第七章 危害国防利益罪 > 危害国防利益罪; "" for Chapter V."""
    return _NUMBERING.sub("", title, count=1) if _NUMBERING.match(title) else title


def nodes_of(materials: Materials, doc_id: str) -> list[Node]:
    """The sections whose headings are on this side, in reading order; remembered for the side."""
    known: dict[str, list[Node]] = materials.notes.setdefault("hierarchy", {})
    if doc_id not in known:
        known[doc_id] = list(_nodes(materials, doc_id))
    return known[doc_id]


def _nodes(materials: Materials, doc_id: str) -> Iterator[Node]:
    titles: dict[tuple[int, ...], str] = {}
    for node, first in pairwise(materials.tree(doc_id)):
        inner = node.kind in ("part", "chapter", "section")
        if first.kind != "heading" or not inner:
            continue
        title = titles[node.path] = heading_title(materials.words(first))[:LONGEST_TITLE]
        if not materials.numbers(first):
            continue
        above = [titles[node.path[:n]] for n in range(1, len(node.path)) if node.path[:n] in titles]
        words = materials.words(node)
        start = (
            first.end
            + len(words[first.end - node.start :])
            - len(words[first.end - node.start :].lstrip())
        )
        start = min(start, node.end)
        yield Node(
            grain=node,
            body=Grain(doc_id=doc_id, path=node.path, kind=node.kind, start=start, end=node.end),
            path=(*above, title),
            depth=len(node.path),
            numbers=tuple(materials.numbers(node)),
            heading=first,
        )


def told_nodes(materials: Materials, doc_id: str, tokens: int) -> list[Node]:
    """Runs of grains, each named by its most telling sentence: for documents without headings."""
    found = []
    for run in runs_of(materials, doc_id, (1, tokens)):
        title = telling(materials, run)
        if title:
            node = Node(
                grain=run.grain,
                body=run.grain,
                path=(title,),
                depth=1,
                numbers=run.numbers,
                heading=None,
                is_told=True,
            )
            found.append(node)
    return found


def telling(materials: Materials, run: Section) -> str:
    """The sentence of a run that says most, or "" where none is short enough; a row of a table is none."""
    chosen = compressed(
        materials.words(run.body), run.language, TELLING, count_tokens=materials.tokens
    )
    words = materials.words(run.body)
    said = [words[start:end] for start, end in chosen.kept]
    return " ".join(max(said, key=len, default="").split())


def groups(materials: Materials, tokens: tuple[int, int]) -> Iterator[Group]:
    """Groups of every document in turn, the first of each, then the second; then smaller ones."""
    seen: set[tuple[str, int, int]] = set()
    for part in (1, 2, 4):
        size = (tokens[0], max(tokens[0], tokens[1] // part))
        lists = [_groups_of(materials, doc_id, size) for doc_id in materials.documents]
        for turn in zip_longest(*lists):
            for one in turn:
                key = (one.doc_id, one.grain.start, one.grain.end) if one else None
                if one and key and key not in seen:
                    seen.add(key)
                    yield one


def _groups_of(materials: Materials, doc_id: str, tokens: tuple[int, int]) -> list[Group]:
    nodes = nodes_of(materials, doc_id)
    found: list[Group] = []
    above: dict[tuple[int, ...], list[Node]] = {}
    for node in nodes:
        above.setdefault(node.grain.path[:-1], []).append(node)
    for path, members in above.items():
        whole = next((one for one in nodes if one.grain.path == path), None)
        for run in _runs(materials, members, tokens[1]):
            is_whole = whole is not None and bool(whole.numbers) and len(run) == len(members)
            group = _group(materials, run, nodes, whole if is_whole else None)
            if tokens[0] <= group.tokens <= tokens[1]:
                found.append(group)
    return found or _told_groups(materials, doc_id, tokens)


def _told_groups(materials: Materials, doc_id: str, tokens: tuple[int, int]) -> list[Group]:
    """Runs of a sixth of the size that is allowed: of documents, or of sections, without headings in them."""
    starts = [one.start for one in materials.tree(doc_id) if one.kind == "heading"]
    inside: dict[int, list[Node]] = {}
    for node in told_nodes(materials, doc_id, max(tokens[0] // FEWEST, tokens[1] // 6)):
        section = bisect_right(starts, node.grain.start)
        # A run that begins with a heading or has one inside is in two sections.
        if section == bisect_left(starts, node.grain.end) and node.grain.start not in starts:
            inside.setdefault(section, []).append(node)
    made = [
        _group(materials, run, nodes, None)
        for nodes in inside.values()
        for run in _runs(materials, nodes, tokens[1])
    ]
    return [one for one in made if tokens[0] <= one.tokens <= tokens[1]]


def _runs(materials: Materials, members: Sequence[Node], most: int) -> Iterator[list[Node]]:
    """Members that follow each other, all on this side and with titles, as many as fit."""
    run: list[Node] = []
    size = 0
    for node in members:
        length = sum(map(materials.length, node.numbers))
        follows = not run or (node.numbers[:1] and node.numbers[0] - run[-1].numbers[-1] in (0, 1))
        fits = node.numbers and not node.is_mark and length <= most
        if run and not (follows and fits and size + length <= most and len(run) < MOST):
            if len(run) >= FEWEST:
                yield run
            run, size = [], 0
        if fits:
            run.append(node)
            size += length
    if len(run) >= FEWEST:
        yield run


def _group(
    materials: Materials, run: Sequence[Node], nodes: Sequence[Node], whole: Node | None
) -> Group:
    first, last = run[0].grain, run[-1].grain
    start = whole.grain.start if whole else first.start
    grain = Grain(doc_id=first.doc_id, path=first.path, kind="window", start=start, end=last.end)
    numbers = tuple(materials.numbers(grain))
    inside = [one for one in nodes if start <= one.grain.start < last.end and one.numbers]
    return Group(
        grain=grain,
        members=tuple(run),
        inside=tuple(one for one in inside if not one.is_mark),
        path=run[0].path[:-1],
        numbers=numbers,
        tokens=sum(map(materials.length, numbers)),
        is_whole=whole is not None,
    )
