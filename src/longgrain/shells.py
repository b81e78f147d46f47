"""Drafts > the tokens and runs that stand before and behind each one's context, on disk as arrays.

The words around a context (its shell) are encoded once, when the draft is made; every layout of the
draft uses them again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from longgrain.borders import FOLLOWER
from longgrain.chat import ChatTemplate
from longgrain.encode import Encoded, Piece, Straddling, encode, pieces
from longgrain.tokens import Ints, Tokenizer
from longgrain.types import ROLES, Draft, Given, Message, Slot, Span

CODE = {role: code for code, role in enumerate(ROLES)}
# No document holds it: readers take NUL characters out.
MARK = "\x00"
# Characters encoded together: messages may quote whole sections, so not only their number counts.
SIZE = 1 << 22
FOLLOWS = Piece(text=FOLLOWER, role="glue", loss=0.0, origin=Given(source="layout", id="a context"))


class Runs(NamedTuple):
    """Stretches of tokens with one role and one loss, in order; none is empty."""

    lengths: NDArray[np.int32]
    roles: NDArray[np.int8]
    losses: NDArray[np.float32]


class Shell(NamedTuple):
    """What stands before and behind one draft's context. ``joins``: ids may simply be laid between."""

    before: Ints
    behind: Ints
    runs_before: Runs
    runs_behind: Runs
    joins: bool


def halves(
    draft: Draft, template: ChatTemplate, texts: Mapping[str, str] | None = None
) -> tuple[list[Piece], list[Piece]]:
    """The pieces before the slot and those behind it; all of them before where there is no slot.

    ``texts`` are those of the documents that the messages themselves quote, by id.
    """
    frame = template.frame(tuple(message.speaker for message in draft.messages))
    listed = pieces(tuple(_marked(message) for message in draft.messages), frame, texts or {})
    places = [i for i, piece in enumerate(listed) if piece.text == MARK]
    if not places:
        return listed, []
    return listed[: places[0]], listed[places[0] + 1 :]


def encoded_halves(
    cut: Sequence[tuple[Sequence[Piece], Sequence[Piece]]], tokenizer: Tokenizer
) -> list[Encoded]:
    """Both halves of each draft; the first as it is where the words of a context follow it."""
    open_ = [joins(before, behind) for before, behind in cut]
    flat: list[Sequence[Piece]] = []
    for (before, behind), joined in zip(cut, open_, strict=True):
        flat += [[*before, FOLLOWS] if joined else before, behind]
    found = encode(flat, tokenizer)
    for i in np.flatnonzero(open_).tolist():
        one = found[2 * i]
        kept = len(one.ids) - int(one.counts[-1])
        found[2 * i] = replace(one, ids=one.ids[:kept], counts=one.counts[:-1])
    return found


def _marked(message: Message) -> Message:
    mark = Span(role="glue", origin=Given(source="layout", id="slot"), text=MARK)
    spans = tuple(mark if isinstance(span, Slot) else span for span in message.spans)
    return Message(speaker=message.speaker, spans=spans)


def joins(before: Sequence[Piece], behind: Sequence[Piece]) -> bool:
    """Whether a context laid between stands behind a line feed and before a visible character.

    At the end of a message the answer is no: a template may trim it, and a tokenizer may join the
    last blank line.
    """
    if not behind or behind[0].message is None:
        return False
    last = before[-1] if before else None
    open_ = last is None or last.control is not None or last.text.endswith("\n")
    return open_ and behind[0].text[:1].strip() != ""


def runs(listed: Sequence[Piece], encoded: Encoded) -> Runs:
    """One run for each piece that has tokens."""
    held = encoded.counts > 0
    roles = np.array([CODE[piece.role] for piece in listed], np.int8)
    losses = np.array([piece.loss for piece in listed], np.float32)
    return Runs(encoded.counts[held].astype(np.int32), roles[held], losses[held])


_FILES: dict[str, type[np.generic]] = {
    "ids": np.int32,
    "run_lengths": np.int32,
    "run_roles": np.int8,
    "run_losses": np.float32,
    "table": np.int32,
}


class ShellWriter:
    """Appends the shells of drafts, batch by batch."""

    def __init__(
        self, folder: Path, template: ChatTemplate, texts: Mapping[str, str] | None = None
    ) -> None:
        self._template, self._texts = template, texts
        self._files = {name: (folder / f"shell_{name}.bin").open("wb") for name in _FILES}

    def add(self, drafts: Sequence[Draft]) -> None:
        """Encodes the shells of some drafts, as many in one go as hold `SIZE` characters."""
        waiting: list[tuple[list[Piece], list[Piece]]] = []
        size = 0
        for draft in drafts:
            pair = halves(draft, self._template, self._texts)
            waiting.append(pair)
            size += sum(len(piece.text) for half in pair for piece in half)
            if size > SIZE:
                self._add(waiting)
                waiting, size = [], 0
        if waiting:
            self._add(waiting)

    def _add(self, cut: Sequence[tuple[list[Piece], list[Piece]]]) -> None:
        flat = [half for pair in cut for half in pair]
        encoded = encoded_halves(cut, self._template.tokenizer)
        found = [runs(half, one) for half, one in zip(flat, encoded, strict=True)]
        table = [
            [
                *(len(one.ids) for one in encoded[half : half + 2]),
                *(len(one.lengths) for one in found[half : half + 2]),
                int(joins(*cut[half // 2])),
                *map(sum, zip(*(one.straddling for one in encoded[half : half + 2]), strict=True)),
            ]
            for half in range(0, len(flat), 2)
        ]
        columns: dict[str, list[NDArray[Any]]] = {
            "ids": [one.ids for one in encoded],
            "run_lengths": [one.lengths for one in found],
            "run_roles": [one.roles for one in found],
            "run_losses": [one.losses for one in found],
            "table": [np.array(table, np.int32).ravel()],
        }
        for name, arrays in columns.items():
            np.concatenate(arrays, dtype=_FILES[name]).tofile(self._files[name])

    def close(self) -> None:
        """Closes the files."""
        for file in self._files.values():
            file.close()


@contextmanager
def writing(
    folder: Path, template: ChatTemplate, texts: Mapping[str, str] | None = None
) -> Iterator[ShellWriter]:
    """A writer whose files are closed at the end."""
    writer = ShellWriter(folder, template, texts)
    try:
        yield writer
    finally:
        writer.close()


@dataclass(frozen=True, slots=True)
class Shells:
    """The shells of all drafts of a run, memory-mapped; ``table`` is (drafts, 8)."""

    ids: NDArray[np.int32]
    run_lengths: NDArray[np.int32]
    run_roles: NDArray[np.int8]
    run_losses: NDArray[np.float32]
    table: NDArray[np.int32]
    id_starts: NDArray[np.int64]
    run_starts: NDArray[np.int64]

    @classmethod
    def open(cls, folder: Path) -> Shells:
        """What a ShellWriter left in the folder."""
        arrays: dict[str, NDArray[Any]] = {}
        for name, kind in _FILES.items():
            path = folder / f"shell_{name}.bin"
            arrays[name] = (
                np.asarray(np.memmap(path, kind, "r")) if path.stat().st_size else _none(kind)
            )
        arrays["table"] = arrays["table"].reshape(-1, 8)
        sizes = arrays["table"].astype(np.int64)
        return cls(
            **arrays,
            id_starts=np.concatenate([[0], np.cumsum(sizes[:, 0] + sizes[:, 1])]),
            run_starts=np.concatenate([[0], np.cumsum(sizes[:, 2] + sizes[:, 3])]),
        )

    @property
    def tokens(self) -> NDArray[np.int64]:
        """Tokens of each draft that are not its context."""
        total: NDArray[np.int64] = self.table[:, :2].sum(1, dtype=np.int64)
        return total

    def straddling(self, draft: int) -> Straddling:
        """Tokens over span borders in what is not the context."""
        return Straddling(*(int(count) for count in self.table[draft, 5:8]))

    def __getitem__(self, draft: int) -> Shell:
        before, behind, first, second, joined = (int(n) for n in self.table[draft, :5])
        at, run = int(self.id_starts[draft]), int(self.run_starts[draft])
        middle = run + first
        return Shell(
            self.ids[at : at + before],
            self.ids[at + before : at + before + behind],
            self._runs(run, middle),
            self._runs(middle, middle + second),
            bool(joined),
        )

    def _runs(self, start: int, end: int) -> Runs:
        return Runs(
            self.run_lengths[start:end], self.run_roles[start:end], self.run_losses[start:end]
        )


def _none(kind: type[np.generic]) -> NDArray[Any]:
    return np.zeros(0, kind)
