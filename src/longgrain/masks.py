"""Packed rows and the name of a mask > which token sees which: cu_seqlens, position_ids, 4-D, mask_mod.

A mask is one rule, `sees`, over what is known of the token that looks (q) and the token that is looked
at (k). The rule uses only operators that numpy and torch share, so the 4-D mask and the `mask_mod` of
flex attention come from the same line.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, ClassVar, Literal, NamedTuple, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from longgrain.errors import PlanError, TrainError
from longgrain.rows import Row
from longgrain.types import ROLES, Role

Form = Literal["cu_seqlens", "position_ids", "bool", "additive", "flex"]
# Words of a context. A metadata line belongs to the grain behind it, glue between two grains to the
# one before it.
MATERIAL: tuple[Role, ...] = ("metadata", "evidence", "distractor", "summary")
# flex attention keeps its mask by tiles of so many tokens on a side.
TILE = 128
PADDING = -1


class Tokens(NamedTuple):
    """What a mask knows of tokens: one array a field, of one shape, in numpy or in torch."""

    example: Any
    """which example of the row; `PADDING` behind the last one"""
    place: Any
    """place in the example, from 0"""
    grain: Any
    """which grain of the row, from 1; 0 outside of grains"""
    opening: Any
    """1 where no grain of the example has come yet"""
    role: Any
    """code of the role, its place in `types.ROLES`"""


class Mask(Protocol):
    """A rule. ``isolates`` says that it is "causal, and each example by itself", and nothing more."""

    name: ClassVar[str]
    isolates: ClassVar[bool]

    def sees(self, q: Tokens, k: Tokens) -> Any:
        """Whether a token q sees a token k: booleans of the broadcast shape."""
        ...


def _before(q: Tokens, k: Tokens) -> Any:
    """k is q itself or stands before it in the same example: part of every mask."""
    return (q.example == k.example) & (k.place <= q.place)


@dataclass(frozen=True, kw_only=True)
class Block:
    """Causal, each example by itself: the block-diagonal mask of packed rows."""

    name: ClassVar[str] = "block"
    isolates: ClassVar[bool] = True

    def sees(self, q: Tokens, k: Tokens) -> Any:
        """See `Mask`."""
        return _before(q, k)


@dataclass(frozen=True, kw_only=True)
class Window:
    """The last ``size`` tokens of the example, its first ``sinks`` tokens, and tokens of some roles.

    Tokens of ``global_roles`` are seen by all behind them and see all before them (Longformer,
    Beltagy et al. 2020, made causal). First tokens that stay in sight: StreamingLLM (Xiao et al. 2023).
    """

    name: ClassVar[str] = "window"
    isolates: ClassVar[bool] = False

    size: int = 1024
    """Tokens, the token itself counted."""
    sinks: int = 4
    """First tokens of each example."""
    global_roles: tuple[Role, ...] = ("instruction", "question")
    """Roles of tokens."""

    def __post_init__(self) -> None:
        """PlanError for a window of nothing and for roles that do not exist."""
        if self.size < 1 or self.sinks < 0:
            raise PlanError(
                f"a window of {self.size} tokens with {self.sinks} sinks: a token would not even "
                "see itself; give a size of at least 1 and 0 or more sinks"
            )
        if unknown := set(self.global_roles) - set(ROLES):
            raise PlanError(
                f"roles {sorted(unknown)} of a window do not exist, so no token would be global; "
                f"there are {', '.join(ROLES)}"
            )

    def sees(self, q: Tokens, k: Tokens) -> Any:
        """See `Mask`."""
        near = (q.place - k.place < self.size) | (k.place < self.sinks)
        for role in self.global_roles:
            code = ROLES.index(role)
            near = near | (q.role == code) | (k.role == code)
        return _before(q, k) & near


@dataclass(frozen=True, kw_only=True)
class Grains:
    """A grain sees itself and what stands before the first grain; what is no grain sees all before it.

    Block attention for retrieved passages (Ma et al. 2024, arXiv 2409.15355), with the instruction
    in sight. Positions count on through the example: they are not encoded anew for each grain.
    """

    name: ClassVar[str] = "grains"
    isolates: ClassVar[bool] = False

    def sees(self, q: Tokens, k: Tokens) -> Any:
        """See `Mask`."""
        return _before(q, k) & ((q.grain == 0) | (q.grain == k.grain) | (k.opening == 1))


MASKS: tuple[type[Mask], ...] = (Block, Window, Grains)


def named(name: str, **settings: Any) -> Mask:
    """The mask with this name. Raises PlanError for a name or a setting that does not exist."""
    kinds = {one.name: one for one in MASKS}
    if name not in kinds:
        raise PlanError(
            f"there is no mask {name!r}, so nothing says what a token sees; there are "
            f"{', '.join(kinds)}"
        )
    try:
        return kinds[name](**settings)
    except TypeError as error:
        raise PlanError(f"mask {name!r}: {error}; see docs/masks.md for its settings") from error


def tokens(row: Row) -> Tokens:
    """What a mask knows of each token of a row, int32 arrays of shape (tokens,)."""
    examples = np.repeat(np.arange(len(row.seq_lengths)), row.seq_lengths)
    grains = _grains(row, examples)
    first = np.full(len(row.seq_lengths), len(examples))
    inside = np.flatnonzero(grains)
    np.minimum.at(first, examples[inside], inside)
    opening = np.arange(len(examples)) < first[examples]
    columns = (examples, row.position_ids, grains, opening, row.roles)
    return Tokens(*(one.astype(np.int32) for one in columns))


def _grains(row: Row, examples: NDArray[np.int64]) -> NDArray[np.int64]:
    """The grain of each token, from 1; one grain for each run of material, its metadata with it."""
    kept = row.span_lengths > 0
    codes, lengths = row.span_roles[kept], row.span_lengths[kept]
    if not len(codes):
        return np.zeros(len(examples), np.int64)
    ends = np.cumsum(lengths)
    of = examples[ends - lengths]
    material = np.isin(codes, [ROLES.index(role) for role in MATERIAL])
    between = codes == ROLES.index("glue")
    between[0] = between[-1] = False
    between[1:-1] &= material[:-2] & material[2:] & (of[:-2] == of[2:]) & (of[:-2] == of[1:-1])
    # A grain begins at a run of material, unless the metadata of that grain has begun it already.
    begins = material.copy()
    begins[1:] &= ~((codes[:-1] == ROLES.index("metadata")) & (of[:-1] == of[1:]))
    return np.repeat(np.where(material | between, np.cumsum(begins), 0), lengths)


def padded(rows: Sequence[Row]) -> Tokens:
    """Rows one under the other, each column of shape (rows, longest); behind a row is padding.

    Padding sees only padding, so no token depends on it and no token sees nothing.
    """
    listed = [tokens(row) for row in rows]
    longest = max(len(one.example) for one in listed)
    blank = Tokens(*np.zeros((len(Tokens._fields), len(rows), longest), np.int32))
    blank.example[:] = PADDING
    blank.place[:] = np.arange(longest)
    for n, one in enumerate(listed):
        for to, values in zip(blank, one, strict=True):
            to[n, : len(values)] = values
    return blank


def joined(rows: Sequence[Row]) -> Row:
    """Rows end to end as one row: their examples stay by themselves."""
    first, *rest = rows
    if not rest:
        return first
    parts = ("input_ids", "seq_lengths", "span_lengths", "span_roles", "span_losses")
    names = tuple(name for row in rows for name in row.example_ids)
    whole = {part: np.concatenate([getattr(row, part) for row in rows]) for part in parts}
    return replace(first, example_ids=names, **whole)


def cu_seqlens(row: Row) -> NDArray[np.int32]:
    """(examples + 1,): where each example begins in the row, and its end; for flash attention."""
    return np.concatenate([[0], np.cumsum(row.seq_lengths)]).astype(np.int32)


def position_ids(rows: Sequence[Row]) -> NDArray[np.int64]:
    """(rows, longest): positions that begin at 0 in each example; every padding token is at 0.

    Models of the transformers library read a step other than +1 as a border between examples, where
    they get no attention mask and no cache.
    """
    found = np.zeros((len(rows), max(len(row.input_ids) for row in rows)), np.int64)
    for n, row in enumerate(rows):
        found[n, : len(row.input_ids)] = row.position_ids
    return found


def four_d(mask: Mask, rows: Sequence[Row], *, most: int | None = None) -> NDArray[np.bool_]:
    """(rows, 1, longest, longest): True where a token may look; for sdpa.

    ``most`` bounds the bytes, which are known before: TrainError where the mask would be larger.
    """
    known = padded(rows)
    bounded("bool", len(rows), known.example.shape[1], most)
    batch, length = known.example.shape
    found = np.empty((batch, 1, length, length), np.bool_)
    fill(mask, known, found)
    return found


def fill(mask: Mask, known: Tokens, found: Any) -> None:
    """Writes `four_d` into an array or a tensor, a few rows of it at a time.

    So nothing else of its size is made on the way. ``known`` has the shape (rows, longest).
    """
    k = Tokens(*(column[:, None, None, :] for column in known))
    for low in range(0, known.example.shape[1], TILE):
        q = Tokens(*(column[:, None, low : low + TILE, None] for column in known))
        found[:, :, low : low + TILE] = mask.sees(q, k)


def mask_mod(mask: Mask, rows: Sequence[Row], device: Any = "cpu") -> Callable[..., Any]:
    """(batch, head, q, k) > bool, for `torch.nn.attention.flex_attention.create_block_mask`."""
    import torch

    known = padded(rows)
    return mod_of(mask, Tokens(*(torch.from_numpy(column).to(device) for column in known)))


def mod_of(mask: Mask, known: Tokens) -> Callable[..., Any]:
    """`mask_mod` over tensors of shape (rows, longest), on whatever device they are."""

    def sees(batch: Any, head: Any, q: Any, k: Any) -> Any:
        one = Tokens(*(column[batch, q] for column in known))
        other = Tokens(*(column[batch, k] for column in known))
        return mask.sees(one, other)

    return sees


def memory(form: Form, batch: int, length: int, examples: int = 0) -> int:
    """Bytes that a mask takes in one form: ``batch`` rows of ``length`` tokens, so many examples.

    "bool" is what sdpa takes, "additive" the float32 of eager attention, "flex" the eight index
    arrays that a BlockMask keeps (its making costs as much as "bool" where it is not compiled).
    """
    tiles = -(-length // TILE)
    sizes: dict[Form, int] = {
        "cu_seqlens": 4 * (examples + 1),
        "position_ids": 8 * batch * length,
        "bool": batch * length * length,
        "additive": 4 * batch * length * length,
        "flex": 4 * 4 * batch * (tiles * tiles + tiles),
    }
    if form not in sizes:
        raise PlanError(f"a mask has no form {form!r}; there are {', '.join(get_args(Form))}")
    return sizes[form]


def bounded(form: Form, batch: int, length: int, most: int | None) -> int:
    """The bytes of a mask; TrainError where they are more than ``most``."""
    size = memory(form, batch, length)
    if most is not None and size > most:
        raise TrainError(
            f"a mask of {batch} x {length:,} x {length:,} tokens takes {size / 2**30:.2f} GiB as "
            f"{form}, more than the {most / 2**30:.2f} GiB that it may have: train fewer rows at a "
            "time or shorter ones, use flex_attention (a GPU), or allow it more memory"
        )
    return size


def attended(mask: Mask, row: Row) -> float:
    """The share of the causal pairs of a row that a mask leaves, 0..1, without an L x L array."""
    known, seen = tokens(row), 0
    for start, end in pairwise(cu_seqlens(row).tolist()):
        for low in range(start, end, TILE):
            high = min(low + TILE, end)
            q = Tokens(*(column[low:high, None] for column in known))
            k = Tokens(*(column[None, start:high] for column in known))
            seen += int(np.count_nonzero(mask.sees(q, k)))
    length = len(row.input_ids)
    return seen / (length * (length + 1) / 2)
