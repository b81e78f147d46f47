"""A document > its grains: the structure tree, and beside it size-bounded cuts and sliding windows.

The tree is document > part > chapter > section > paragraph > sentence; the line of a heading is a
leaf of kind ``heading``, the first child of its node (the title of a whole text: of the document).
Inside, grains are columns of numpy arrays, so that nothing is done once a sentence in Python.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from longgrain.cuts import Mode, estimate_token_starts, size_cuts, windows
from longgrain.headings import Headings, find_headings
from longgrain.headings import heading_title as heading_title  # shelves take it from here
from longgrain.lines import Bools, Ints, Lines, merged, paragraph_starts, read_lines
from longgrain.sentences import sentence_ends as sentence_ends  # shelves take it from here
from longgrain.types import KINDS, Document, Grain, Kind

_CODE = {kind: code for code, kind in enumerate(KINDS)}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GrainTable:
    """Grains of one document in reading order, one row each.

    ``kind`` int8 (a code in ``types.KINDS``), ``start`` and ``end`` int64 (code points); the path
    of row i is ``path[path_offsets[i]:path_offsets[i + 1]]`` (int32). Rows are sorted by path.
    """

    kind: NDArray[np.int8]
    start: Ints
    end: Ints
    path: NDArray[np.int32]
    path_offsets: Ints

    def __len__(self) -> int:
        return len(self.kind)

    def rows(self, *kinds: Kind) -> Ints:
        """Numbers of the rows of these kinds."""
        return np.flatnonzero(np.isin(self.kind, [_CODE[kind] for kind in kinds]))

    def grains(self, doc_id: str, kinds: Sequence[Kind] = KINDS) -> list[Grain]:
        """The rows of these kinds as objects."""
        starts, ends, codes = self.start.tolist(), self.end.tolist(), self.kind.tolist()
        path, offsets = self.path.tolist(), self.path_offsets.tolist()
        return [
            Grain(
                doc_id=doc_id,
                path=tuple(path[offsets[row] : offsets[row + 1]]),
                kind=KINDS[codes[row]],
                start=starts[row],
                end=ends[row],
            )
            for row in self.rows(*kinds).tolist()
        ]


def tree(text: str | Lines, meta: Mapping[str, Any] | None = None) -> GrainTable:
    """The structure tree of a text; ``meta`` may hold ``markup``, ``headings`` and ``code``.

    Its leaves (sentences and headings; where ``code`` names a programming language, lines) hold all
    text that is not blank, once. Raises SourceError for given headings that cannot be.
    """
    lines = read_lines(text) if isinstance(text, str) else text
    headings = find_headings(lines, meta)
    is_code = bool(meta and meta.get("code"))
    said = lines.lasts[lines.lasts > lines.firsts] if is_code else sentence_ends(lines)
    starts, ends, is_heading = _leaves(lines, headings, said)
    inner = headings.levels > 0  # the title of the whole text has no node but the document
    node_starts = headings.starts[inner]
    above, depths, closed_by = _nest(headings.levels[inner].tolist())
    node_ends = lines.text_end(np.append(node_starts, len(lines.text))[closed_by])
    home = np.searchsorted(node_starts, starts, "right")  # row of the document, 0, or of a node
    home_depth = np.append(0, depths)[home]
    first, last, number = _paragraphs(lines, starts, is_heading)
    headed, said = np.flatnonzero(is_heading), np.flatnonzero(~is_heading)
    before = 1 + len(node_starts) + len(headed)  # rows in front of the paragraphs
    return _table(
        (["document"], [0], [len(lines.text)], [-1], [0]),
        (headings.kinds[inner], node_starts, node_ends, above, depths),
        (["heading"], starts[headed], ends[headed], home[headed], home_depth[headed] + 1),
        (["paragraph"], starts[first], ends[last], home[first], home_depth[first] + 1),
        (["sentence"], starts[said], ends[said], before + number[said], home_depth[said] + 2),
    )


def _leaves(lines: Lines, headings: Headings, ends: Ints) -> tuple[Ints, Ints, Bools]:
    """Starts and ends of all sentences, each heading cut out as one; and which are headings."""
    heading = np.searchsorted(headings.starts, ends, "left") - 1
    inside = (heading >= 0) & (ends < np.append(headings.ends, 0)[heading])
    borders = lines.text_end(headings.starts)
    ends = merged(ends[~inside], headings.ends, borders[borders > 0])
    starts = lines.text_start(np.append(0, ends[:-1])[: len(ends)])
    return starts, ends, np.isin(starts, headings.starts)


def _nest(levels: list[int]) -> tuple[Ints, Ints, Ints]:
    """For each node the row above it (node i is row i + 1), its depth, the node that closes it."""
    above, depths, closed_by = [], [], [len(levels)] * len(levels)
    around: list[int] = []
    for index, level in enumerate(levels):
        while around and levels[around[-1]] >= level:
            closed_by[around.pop()] = index
        above.append(around[-1] + 1 if around else 0)
        around.append(index)
        depths.append(len(around))
    return np.array(above, np.int64), np.array(depths, np.int64), np.array(closed_by, np.int64)


def _paragraphs(lines: Lines, starts: Ints, is_heading: Bools) -> tuple[Ints, Ints, Ints]:
    """First and last leaf of every paragraph, and the number of its paragraph for every leaf."""
    block = np.searchsorted(paragraph_starts(lines), starts, "right")
    new = np.diff(block, prepend=-1) != 0
    new[1:] |= is_heading[:-1]
    first = np.flatnonzero(new & ~is_heading)
    number = np.cumsum(new & ~is_heading) - 1
    said = np.flatnonzero(~is_heading)
    last = said[np.searchsorted(number[said], np.arange(len(first)), "right") - 1]
    return first, last, number


def _table(*groups: tuple[Any, Any, Any, Any, Any]) -> GrainTable:
    """Rows (kind, start, end, row above, depth) in any order > a table sorted by path."""
    kinds = [
        np.full(len(starts), _CODE[kind[0]]) if isinstance(kind, list) else kind
        for kind, starts, *_ in groups
    ]
    kind = np.concatenate(kinds).astype(np.int8)
    start, end, above, depth = (
        np.concatenate([group[column] for group in groups]).astype(np.int64)
        for column in (1, 2, 3, 4)
    )
    order = np.lexsort((depth, start))
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    above = np.append(0, place[above[order[1:]]])
    path, offsets = _paths(above, depth[order])
    return GrainTable(
        kind=kind[order], start=start[order], end=end[order], path=path, path_offsets=offsets
    )


def _paths(above: Ints, depth: Ints) -> tuple[NDArray[np.int32], Ints]:
    """Number of each ancestor among its siblings, from the row above each row and its depth."""
    siblings = np.argsort(above[1:], kind="stable") + 1
    first = np.flatnonzero(np.diff(above[siblings], prepend=-1))
    rank = np.zeros(len(above), np.int64)
    sizes = np.diff(np.append(first, len(siblings)))
    rank[siblings] = np.arange(len(siblings)) - np.repeat(first, sizes)
    steps = np.zeros((len(above), int(depth.max())), np.int32)
    for level in range(1, steps.shape[1] + 1):
        rows = np.flatnonzero(depth == level)
        steps[rows] = steps[above[rows]]
        steps[rows, level - 1] = rank[rows]
    path = steps[np.arange(steps.shape[1]) < depth[:, None]]
    return path, np.append(0, np.cumsum(depth))


def flat_table(kind: Kind, starts: Ints, ends: Ints) -> GrainTable:
    """Cuts or windows as a table: the path of the k-th is (k,)."""
    return GrainTable(
        kind=np.full(len(starts), _CODE[kind], np.int8),
        start=starts,
        end=ends,
        path=np.arange(len(starts), dtype=np.int32),
        path_offsets=np.arange(len(starts) + 1),
    )


def heading_path(table: GrainTable, text: str, offsets: Ints) -> list[tuple[str, ...]]:
    """For each offset the titles of the headings above it, the deepest last.

    An offset inside a heading is below that heading; the title of the whole text is left out.
    ``table`` is the tree of ``text``.
    """
    nodes = table.rows("part", "chapter", "section")
    depths = np.diff(table.path_offsets)[nodes].tolist()
    chains: list[tuple[str, ...]] = [()]
    # A node's first child is its heading, so the row behind the node is the heading's.
    spans = zip(depths, table.start[nodes + 1].tolist(), table.end[nodes + 1].tolist(), strict=True)
    for depth, start, end in spans:
        chains.append((*chains[-1][: depth - 1], heading_title(text[start:end])))
    return [chains[node] for node in np.searchsorted(table.start[nodes], offsets, "right").tolist()]


def cut(
    document: Document,
    *,
    size: int = 128,
    mode: Mode = "sentence",
    overlap: int = 0,
    token_starts: Ints | None = None,
    kinds: Sequence[Kind] | None = None,
) -> list[Grain]:
    """All grains of a document: its structure tree, then its cuts (windows where ``overlap`` > 0).

    Parameters
    ----------
    size, overlap : in tokens; a cut holds at most ``size``.
    mode : "sentence" ends cuts at the ends of sentences where it can, "exact" cuts every ``size``.
    token_starts : int64, the code point at which each token begins; without it, tokens are
        estimated: one a Chinese character, one a word or sign else.
    kinds : the kinds wished for; all by default.

    Raises PlanError for sizes that cannot be, SourceError for headings that cannot be.
    """
    lines = read_lines(document.text)
    table = tree(lines, document.meta)
    tokens = estimate_token_starts(lines) if token_starts is None else token_starts
    if overlap:
        beside = flat_table("window", *windows(lines, tokens, size=size, overlap=overlap))
    else:
        borders = leaf_borders(table)
        beside = flat_table("cut", *size_cuts(lines, borders, tokens, size=size, mode=mode))
    wished = KINDS if kinds is None else kinds
    return table.grains(document.id, wished) + beside.grains(document.id, wished)


def leaf_borders(table: GrainTable) -> tuple[Ints, Ints, NDArray[np.int8]]:
    """The leaves of a tree for ``size_cuts``: starts, ends, and how good a cut's end each end is.

    A section's end is 4, a paragraph's 3, a sentence's 2; after a heading it is -1: a heading
    stays with what it heads.
    """
    leaves = table.rows("sentence", "heading")
    following = np.append(table.kind, _CODE["document"])[leaves + 1]
    worth = np.where(following == _CODE["sentence"], 2, 4)
    worth[following == _CODE["paragraph"]] = 3
    worth[table.kind[leaves] == _CODE["heading"]] = -1
    return table.start[leaves], table.end[leaves], worth.astype(np.int8)
