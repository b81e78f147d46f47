"""An example's messages and a frame > token ids, and for every span how many of them are its own.

This is the path that holds for any tokenizer: a message is encoded as one text and its tokens are
dealt out to the spans they touch. `lay.py` gives the same ids faster where parts can be joined.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from longgrain.chat import BLANKS, Content, Control, Frame
from longgrain.tokens import Ints, Offsets, Placed, Tokenizer
from longgrain.types import ROLES, Given, Grain, Message, Reply, Role, Slot, Span

GLUE = ROLES.index("glue")
ATTEMPT = ROLES.index("attempt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of the rendered conversation with one role: a span, template words, or a control token."""

    text: str
    role: Role
    loss: float
    origin: Grain | Reply | Given
    message: int | None = None
    control: int | None = None


class Straddling(NamedTuple):
    """Tokens that lie over the border of two spans: those learned from, and those held at weight 0."""

    learned: int
    masked: int
    plain: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """Token ids of one conversation; piece ``i`` has the next ``counts[i]`` of them."""

    ids: Ints
    counts: Offsets
    straddling: Straddling


def pieces(messages: Sequence[Message], frame: Frame, texts: Mapping[str, str]) -> list[Piece]:
    """The whole conversation in order, template words and control tokens included."""
    found: list[Piece] = []
    for part in frame:
        if isinstance(part, Content):
            found += _content(messages[part.message], part, texts)
            continue
        learned = part.ends is not None and _is_learned(messages[part.ends])
        found.append(
            Piece(
                text=part.text,
                role="glue",
                loss=1.0 if learned else 0.0,
                origin=Given(source="template", id="end of turn" if learned else "turn"),
                control=part.id if isinstance(part, Control) else None,
            )
        )
    return found


def _is_learned(message: Message) -> bool:
    """A turn's end is learned where its last words are."""
    last = message.spans[-1] if message.spans else None
    return isinstance(last, Span) and last.loss > 0


def _content(message: Message, place: Content, texts: Mapping[str, str]) -> list[Piece]:
    spans = [span for span in message.spans if not isinstance(span, Slot)]
    words = [span.words(texts) for span in spans]
    if place.trims_left:
        words = _trimmed(words, place.trims_left, left=True)
    if place.trims_right:
        words = _trimmed(words, place.trims_right, left=False)
    return [
        Piece(text=text, role=s.role, loss=s.loss, origin=s.origin, message=place.message)
        for s, text in zip(spans, words, strict=True)
    ]


def _trimmed(words: list[str], blanks: str, *, left: bool) -> list[str]:
    """The words with the blanks of one end of the whole message cut off."""
    kept, done = list(words), False
    cut = None if blanks == BLANKS else blanks
    for i in range(len(words)) if left else reversed(range(len(words))):
        if not done:
            kept[i] = words[i].lstrip(cut) if left else words[i].rstrip(cut)
            done = bool(kept[i])
    return kept


def encode(many: Sequence[Sequence[Piece]], tokenizer: Tokenizer) -> list[Encoded]:
    """Token ids of conversations; each text between two control tokens is encoded as one."""
    if not many:
        return []
    flat = [piece for one in many for piece in one]
    borders = np.cumsum([0, *map(len, many)])
    control = np.array([piece.control is not None for piece in flat], bool)
    starts = _stretch_starts(control, borders)
    texts = ["" if piece.control is not None else piece.text for piece in flat]
    alone = set(borders.tolist())
    joined = ["".join(texts[a:b]) for a, b in zip(starts, [*starts[1:], len(flat)], strict=True)]
    placed = tokenizer.place(joined, [start not in alone for start in starts])
    owners, over = deal(placed, texts, flat, starts)
    counts = np.bincount(owners, minlength=len(flat)).astype(np.int64)
    counts[control] = 1
    ids = _with_controls(placed.ids.values, owners, flat, control)
    places = np.concatenate([[0], np.cumsum(counts)])[borders]
    return [
        Encoded(
            ids=ids[places[i] : places[i + 1]],
            counts=counts[borders[i] : borders[i + 1]],
            straddling=Straddling(*map(int, over[borders[i] : borders[i + 1]].sum(0))),
        )
        for i in range(len(many))
    ]


def _stretch_starts(control: NDArray[np.bool_], borders: Offsets) -> list[int]:
    """Where a stretch starts: at a conversation, at a control token, and behind one."""
    at = np.zeros(len(control) + 1, bool)
    at[borders[:-1]] = True
    at[:-1] |= control
    at[1:] |= control
    return [int(i) for i in np.flatnonzero(at[:-1])]


def _with_controls(
    ids: Ints, owners: Offsets, flat: Sequence[Piece], control: NDArray[np.bool_]
) -> Ints:
    """The ids of texts with the control tokens set between them."""
    places = np.flatnonzero(control)
    values = np.array([flat[int(i)].control for i in places], np.int32)
    return np.insert(ids, np.searchsorted(owners, places), values).astype(np.int32)


def deal(
    placed: Placed, texts: Sequence[str], flat: Sequence[Piece], starts: Sequence[int]
) -> tuple[Offsets, Offsets]:
    """The piece that each token belongs to, and per piece its straddling tokens, (pieces, 3).

    A token inside one piece is its own. A token over a border goes to a masked attempt that it
    touches (so it weighs 0), else to the piece with the largest loss (so it is learned), else to
    the first.
    """
    ends = np.cumsum([len(text) for text in texts]) if texts else np.zeros(0, np.int64)
    lengths = placed.ids.lengths
    low = np.repeat(np.asarray(starts, np.int64), lengths)
    high = np.repeat(np.asarray([*starts[1:], len(texts)], np.int64)[: len(starts)] - 1, lengths)
    first = np.clip(np.searchsorted(ends, placed.starts, "right"), low, high)
    last = np.clip(np.searchsorted(ends, placed.ends - 1, "right"), first, high)
    over = np.zeros((len(texts), 3), np.int64)
    for token in np.flatnonzero(first != last):
        touched = [i for i in range(first[token], last[token] + 1) if texts[i]] or [first[token]]
        chosen = _owner(touched, flat)
        first[token] = chosen
        masked = any(flat[i].loss > 0 for i in touched)
        over[chosen, 0 if flat[chosen].loss > 0 else 1 if masked else 2] += 1
    return first.astype(np.int64), over


def _owner(touched: Sequence[int], flat: Sequence[Piece]) -> int:
    for i in touched:
        if flat[i].role == "attempt" and flat[i].loss == 0:
            return i
    return max(touched, key=lambda i: (flat[i].loss, -i))
