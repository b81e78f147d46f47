"""A document > its grains: the structure tree, and beside it size-bounded cuts and sliding windows.

The tree is document > part > chapter > section > paragraph > sentence; the line of a heading is a leaf
of kind ``heading``, the first child of its node (the title of the whole text is a child of the document).
Inside, grains are columns of numpy arrays, so that nothing is done once a sentence in Python.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from longgrain.cuts import Mode, estimate_token_starts, size_cuts, windows
from longgrain.headings import Headings, find_headings, heading_title
from longgrain.lines import Bools, Ints, Lines, paragraph_starts, read_lines
from longgrain.sentences import sentence_ends
from longgrain.types import KINDS, Document, Grain, Kind

_CODE = {kind: code for code, kind in enumerate(KINDS)}
_STRUCTURE = [_CODE["part"], _CODE["chapter"], _CODE["section"]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GrainTable:
    """Grains of one document in reading order, one row each.

    ``kind`` int8 (a code in ``types.KINDS``), ``start`` and ``end`` int64 (code points); the path of
    row i is ``path[path_offsets[i]:path_offsets[i + 1]]`` (int32). Rows are sorted by path.
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
    """The structure tree of a text; ``meta`` may hold ``markup`` and ``headings`` (see headings.py).

    Its leaves (sentences and headings) hold all text that is not blank, once. Raises SourceError
    for given headings that cannot be.
    """
    lines = read_lines(text) if isinstance(text, str) else text
    headings = find_headings(lines, meta)
    starts, ends = _leaves(lines, headings)
    above, depths = _nest(headings.levels.tolist())
    is_heading = np.isin(starts, headings.starts)
    node = np.searchsorted(headings.starts, starts, "right")  # 1 + the heading at or before it
    opens = _opens_paragraph(lines, starts, is_heading)
    first = np.flatnonzero(opens)
    last = _last_of_paragraphs(first, is_heading, len(starts))

    # Rows are numbered: document 0, heading nodes 1.., heading leaves, paragraphs, sentences.
    # A title has no node of its own, so its row is left out below and its place taken by 0.
    owner = np.where(np.append(0, headings.levels) > 0, np.arange(len(headings) + 1), 0)
    chapters = np.flatnonzero(owner)
    home = owner[np.maximum.accumulate(np.arange(len(owner)) * (owner > 0))]
    paragraph = len(owner) + int(is_heading.sum()) + np.cumsum(opens) - 1
    sentence = ~is_heading
    columns = (
        (_CODE["document"], [0], [len(lines.text)], [-1], [0]),
        (headings.kinds, headings.starts, _node_ends(lines, headings), above, depths),
        (_CODE["heading"], starts[is_heading], ends[is_heading], owner[1:], None),
        (_CODE["paragraph"], starts[first], ends[last], home[node[first]], None),
        (_CODE["sentence"], starts[sentence], ends[sentence], paragraph[sentence], None),
    )
    return _table(columns, chapters)


def _leaves(lines: Lines, headings: Headings) -> tuple[Ints, Ints]:
    """Sentences, with every heading cut out as one piece."""
    ends = sentence_ends(lines)
    heading = np.searchsorted(headings.starts, ends, "left") - 1
    inside = (heading >= 0) & (ends < np.append(headings.ends, 0)[heading])
    borders = lines.text_end(headings.starts)
    ends = np.unique(np.concatenate((ends[~inside], headings.ends, borders[borders > 0])))
    return lines.text_start(np.append(0, ends[:-1])[: len(ends)]), ends


def _nest(levels: list[int]) -> tuple[Ints, Ints]:
    """For each heading the row above it (0 is the document, i + 1 heading i), and its depth."""
    above, depths = [], []
    open_nodes: list[int] = []
    for index, level in enumerate(levels):
        while open_nodes and levels[open_nodes[-1]] >= level:
            open_nodes.pop()
        above.append(open_nodes[-1] + 1 if open_nodes else 0)
        depths.append(len(open_nodes) + 1)
        if level:
            open_nodes.append(index)
    return np.array(above, np.int64), np.array(depths, np.int64)
