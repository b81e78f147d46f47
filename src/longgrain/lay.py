"""A document's tokens and its cut grains > the ids of each grain as it is laid in a context.

In a context a grain stands behind a line feed and before a blank line, whatever its neighbours
are. So its ids are found once: the first and last few characters are encoded again up to a border
(`borders.is_border`), the ids between are a slice of the document's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from longgrain.borders import code_points, is_border
from longgrain.tokens import Ints, Offsets, Placed, Ragged, Tokenizer

SEPARATOR = "\n\n"
# In place of the number of tokens encoded again at a grain's start: all of it was.
WHOLE = -1


class Seams(NamedTuple):
    """Where ids as laid meet those of the document: columns over cuts, tokens numbered from 0.

    ``before`` and ``through`` count the document's tokens that start before a cut's start and end.
    ``heads`` are tokens encoded again at its start (`WHOLE` where all of it was: then no stretch
    can begin or end there), behind which it holds the document's own, ``body`` to ``tail``.
    """

    before: NDArray[np.integer]
    through: NDArray[np.integer]
    heads: NDArray[np.integer]
    body: NDArray[np.integer]
    tail: NDArray[np.integer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Laid:
    """Ids of grains as laid: metadata, the grain's own words, and the blank line behind it.

    ``counts`` is (grains, 3): tokens of metadata, grain and separator; ``straddling`` counts, for
    each grain, the tokens that hold both its last character and the start of the separator.
    ``exact`` says that the ids may be joined; otherwise only their number counts, and they are 0.
    """

    ids: Ragged
    counts: Offsets
    straddling: Offsets
    seams: Seams
    exact: bool


@dataclass(frozen=True, slots=True)
class Quoted:
    """Quoted stretches as tokens, in code points: re-encoded heads ``[starts, heads)``, slices
    ``[first, last)`` of the document's ids, re-encoded tails ``[tails, ends)``.

    Where a stretch is ``whole``, all of it is its head.
    """

    starts: Offsets
    heads: Offsets
    first: Offsets
    last: Offsets
    tails: Offsets
    ends: Offsets

    @property
    def whole(self) -> NDArray[np.bool_]:
        """Which stretches are encoded again from end to end."""
        whole: NDArray[np.bool_] = self.tails == self.ends
        return whole


def quote(
    points: NDArray[np.uint32],
    borders: Offsets,
    token_starts: Offsets,
    starts: Offsets,
    ends: Offsets,
) -> Quoted:
    """Which code points of ``[starts, ends)`` to encode again, and which tokens stay as they are.

    ``borders`` are the offsets where `is_border` holds. Without two of them inside, everything is
    encoded again.
    """
    closed = np.append(borders, len(points) + 1)
    first = np.searchsorted(borders, starts)
    # A border that looks at the character before the stretch does not hold there.
    first += (closed[first] == starts) & (points[starts - 1] != 10)
    last = np.searchsorted(borders, ends - 1) - 1
    whole = first > last
    heads, tails = np.where(whole, ends, closed[first]), np.where(whole, ends, closed[last])
    body = np.searchsorted(token_starts, heads), np.searchsorted(token_starts, tails)
    return Quoted(starts, heads, *body, tails, ends)


def lay(
    text: str,
    placed: Placed,
    starts: Offsets,
    ends: Offsets,
    metadata: Sequence[str],
    tokenizer: Tokenizer,
) -> Laid:
    """The ids of every grain ``[starts[i], ends[i])`` of one document, metadata line before it."""
    outer = np.searchsorted(placed.starts, starts), np.searchsorted(placed.starts, ends)
    if not tokenizer.joins or not tokenizer.keeps(text):
        nowhere = np.full(len(starts), WHOLE)
        seams = Seams(*outer, heads=nowhere, body=nowhere, tail=nowhere)
        return _alone(text, starts, ends, metadata, tokenizer, seams)
    points = code_points(text)
    borders = np.flatnonzero(is_border(points)).astype(np.int64)
    quoted = quote(points, borders, placed.starts, starts, ends)
    heads = [text[s:e] for s, e in zip(starts, quoted.heads, strict=True)]
    tails = [text[s:e] for s, e in zip(quoted.tails, ends, strict=True)]
    for i in np.flatnonzero(quoted.whole).tolist():
        heads[i], tails[i] = "", heads[i]
    lines = tokenizer.encode_open([line + "\n" if line else "" for line in metadata])
    opened = tokenizer.encode_open(heads)
    closed = tokenizer.encode_open([tail + SEPARATOR for tail in tails])
    own, over = _own_tokens(closed, tails, tokenizer)
    ids = placed.ids.values
    parts = [
        array
        for i, (first, last) in enumerate(zip(quoted.first, quoted.last, strict=True))
        for array in (lines[i], opened[i], ids[first:last], closed[i])
    ]
    words = opened.lengths + (quoted.last - quoted.first) + own
    counts = np.stack([lines.lengths, words, closed.lengths - own], axis=1)
    heads_again = np.where(quoted.whole, WHOLE, opened.lengths)
    return Laid(
        ids=_joined(parts, counts.sum(1)),
        counts=counts,
        straddling=over,
        seams=Seams(*outer, heads=heads_again, body=quoted.first, tail=quoted.last),
        exact=True,
    )


def _joined(parts: list[Ints], lengths: Offsets) -> Ragged:
    return Ragged(np.concatenate([*parts, np.zeros(0, np.int32)], dtype=np.int32), _starts(lengths))


def _starts(lengths: Offsets) -> Offsets:
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def _own_tokens(
    closed: Ragged, tails: Sequence[str], tokenizer: Tokenizer
) -> tuple[Offsets, Offsets]:
    """How many tokens of each closed tail start inside the tail, and whether one reaches over."""
    table = tokenizer.byte_lengths
    assert table is not None
    ends = np.cumsum(table[closed.values], dtype=np.int64)
    before = np.concatenate([[0], ends])[closed.offsets[:-1]]
    sizes = np.fromiter((len(tail.encode()) for tail in tails), np.int64, len(tails))
    starts = ends - table[closed.values]
    own = np.searchsorted(starts, before + sizes) - closed.offsets[:-1]
    reached = ends[closed.offsets[:-1] + own - 1]
    return own.astype(np.int64), (reached > before + sizes).astype(np.int64)


def _alone(
    text: str,
    starts: Offsets,
    ends: Offsets,
    metadata: Sequence[str],
    tokenizer: Tokenizer,
    seams: Seams,
) -> Laid:
    """Each grain encoded behind a blank line of its own: right for its length, not for joining."""
    grains = [SEPARATOR + text[s:e] for s, e in zip(starts, ends, strict=True)]
    lines = [SEPARATOR + line + "\n" if line else SEPARATOR for line in metadata]
    before = len(tokenizer.encode([SEPARATOR])[0])
    closed = tokenizer.encode([grain + SEPARATOR for grain in grains])
    sizes = closed.lengths - before
    own = np.minimum(tokenizer.encode(grains).lengths - before, sizes)
    counts = np.stack([tokenizer.encode(lines).lengths - before, own, sizes - own], axis=1)
    return Laid(
        ids=Ragged(np.zeros(int(counts.sum()), np.int32), _starts(counts.sum(1))),
        counts=counts,
        straddling=np.zeros(len(starts), np.int64),
        seams=seams,
        exact=False,
    )
