"""A run and an example's id > all its spans and tokens, checked against the row that holds it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from longgrain.encode import Encoded, Piece, encode, pieces
from longgrain.errors import RunError
from longgrain.rows import Row
from longgrain.run import Run
from longgrain.shown import Shown, ShownToken, spans_of
from longgrain.tokens import Tokenizer
from longgrain.types import ROLES, Example, Grain, Side

# Examples are picked for show from the first so many of a side.
LOOKED_AT = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class RowPlace:
    """Where one example lies: the file, the row in it, and its tokens ``first`` to ``end``."""

    file: str
    number: int
    row: Row
    first: int
    end: int

    @property
    def said(self) -> str:
        """The place in words, for an example that was compared with it."""
        return (
            f"row {self.number:,} of {self.file}, tokens {self.first:,} to {self.end:,}: its ids, "
            "weights and roles equal those above"
        )


def explain(run: Run | str | Path, example_id: str) -> Shown:
    """One example with its words and tokens made again; ``example_id`` may be a unique beginning.

    Raises RunError if there is no such example, and if a token, weight or role differs from the
    packed row that holds the example.
    """
    run = run if isinstance(run, Run) else Run(Path(run))
    example = run.example(example_id)
    found = laid_out(run, example)
    place = row_place(run, example)
    if place is not None:
        _compare(found, place)
    return found


def shown(run: Run, side: Side, limit: int) -> list[Shown]:
    """A few examples of one side, the shortest first, of all kinds, languages and layouts in turn."""
    groups: dict[tuple[str, ...], list[tuple[int, int]]] = {}
    for row, (key, tokens) in enumerate(run.outlines(side, LOOKED_AT)):
        groups.setdefault(key, []).append((tokens, row))
    turns = chain.from_iterable(zip_longest(*(sorted(groups[key]) for key in sorted(groups))))
    rows = [turn[1] for turn in turns if turn][:limit]
    return [laid_out(run, example, tokens=False) for example in run.examples_at(side, rows)]


def laid_out(run: Run, example: Example, *, tokens: bool = True) -> Shown:
    """The example encoded anew from its messages: its spans, and its ``tokens`` as trained."""
    messages = example.trained
    frame = run.template.frame(tuple(message.speaker for message in messages))
    listed = pieces(messages, frame, run.texts())
    [encoded] = encode([listed], run.tokenizer)
    places = _places(run, [one.origin for one in listed if isinstance(one.origin, Grain)])
    return Shown(
        id=example.id,
        recipe=example.recipe,
        side=example.side,
        language=str(example.lineage.get("language", "")),
        kind=str(example.lineage.get("kind", "")),
        spans=spans_of(
            listed,
            encoded.counts.tolist(),
            speakers=[message.speaker for message in messages],
            depths=example.depths,
            place=places.__getitem__,
        ),
        trained=tuple(_tokens(listed, encoded, run.tokenizer)) if tokens else (),
    )


def _places(run: Run, grains: Sequence[Grain]) -> dict[Grain, tuple[str, tuple[str, ...]]]:
    """For each grain its document's source and the headings above its first words."""
    cuts, rows = run.cuts, {name: row for row, name in enumerate(run.doc_ids)}
    cut = {}
    for grain in grains:
        row = rows[grain.doc_id]
        low, high = int(cuts.first[row]), int(cuts.first[row + 1])
        if low < high:  # a document that a recipe made has no cuts and no headings
            at = int(np.searchsorted(cuts.starts[low:high], grain.start, "right"))
            cut[grain] = low + max(at, 1) - 1
    paths = dict(zip(cut, run.headings(list(cut.values())), strict=True))
    return {grain: (run.sources[rows[grain.doc_id]], paths.get(grain, ())) for grain in grains}


def _tokens(
    listed: Sequence[Piece], encoded: Encoded, tokenizer: Tokenizer
) -> Iterator[ShownToken]:
    words = TokenWords(tokenizer)
    at = 0
    for piece, count in zip(listed, encoded.counts.tolist(), strict=True):
        for number in encoded.ids[at : at + count].tolist():
            weight = piece.loss if at else 0.0
            yield ShownToken(id=number, text=words(number), role=piece.role, weight=weight)
            at += 1


class TokenWords:
    """Token id > its text; a token that is part of a character is shown as its bytes: ``\\xe4``."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._library = tokenizer.library
        self._bytes = _byte_of_character() if tokenizer.byte_lengths is not None else None
        self._known = {int(one["id"]): text for text, one in tokenizer.control.items()}

    def __call__(self, number: int) -> str:
        if number not in self._known:
            self._known[number] = self._text(number)
        return self._known[number]

    def _text(self, number: int) -> str:
        token = self._library.id_to_token(number) or ""
        if self._bytes is None:
            return token.replace("▁", " ")
        raw = bytes(self._bytes[character] for character in token)
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            return raw.decode("utf-8", "backslashreplace")


def _byte_of_character() -> dict[str, int]:
    """The inverse of GPT-2's bytes_to_unicode."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    rest = [byte for byte in range(256) if byte not in plain]
    return {chr(byte): byte for byte in plain} | {chr(256 + i): b for i, b in enumerate(rest)}


def weighed(example: Example) -> str:
    """How often an example stands in the rows and how hard it is; "" where nothing was balanced."""
    told = example.lineage.get("balance")
    if not told:
        return ""
    parts = {
        "grains of evidence": told["evidence_grains"],
        "distance": told["evidence_distance"],
        "similarity of the nearest distractor": told["distractor_similarity"],
        "examples with this answer": told["same_answers"],
    }
    listed = ", ".join(f"{what} {_short(value)}" for what, value in parts.items())
    return (
        f"in {told['times']} row{'s' * (told['times'] != 1)}, {told['learned']:,} learned tokens; difficulty "
        f"{told['difficulty']:.2f} ({told['level']}): {listed}"
    )


def revised(example: Example) -> list[str]:
    """Who edited an example, when, and what it said before; empty where nobody did."""
    told = example.lineage.get("reviewed")
    if not told:
        return []
    said = [
        f"edited by {', '.join(told['by'])} at {told['at']}; draft {told['of'][-1]} before that"
    ]
    said += [f"{part} before: {told[part]}" for part in ("question", "answer") if part in told]
    if told.get("quotes"):
        said.append(f"no longer its quotes: {'; '.join(told['quotes'])}")
    return said


def _short(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.2f}".removesuffix(".00")


def row_place(run: Run, example: Example) -> RowPlace | None:
    """The row that holds the example; None for one that is longer than a row."""
    for path in run.row_files(example.side):
        with pq.ParquetFile(path) as file:
            passed = 0
            for group in range(file.num_row_groups):
                names = file.read_row_group(group, columns=["example_ids"])["example_ids"]
                for number, held in enumerate(names.to_pylist()):
                    if example.id in held:
                        values = file.read_row_group(group).slice(number, 1).to_pylist()[0]
                        return _row_place(path.name, passed + number, values, example.id)
                passed += len(names)
    return None


def _row_place(file: str, number: int, values: dict[str, list[object]], name: str) -> RowPlace:
    arrays = {key: np.asarray(value) for key, value in values.items() if key != "example_ids"}
    names = tuple(str(one) for one in values["example_ids"])
    row = Row(example_ids=names, **arrays)
    ends = np.cumsum(row.seq_lengths)
    at = names.index(name)
    return RowPlace(
        file=file,
        number=number,
        row=row,
        first=int(ends[at] - row.seq_lengths[at]),
        end=int(ends[at]),
    )


def _compare(made: Shown, place: RowPlace) -> None:
    """Raises RunError at the first token that is another one in the row."""
    here = slice(place.first, place.end)
    packed: dict[str, NDArray[np.generic]] = {
        "id": place.row.input_ids[here],
        "weight": place.row.weights[here],
        "role": place.row.roles[here],
    }
    again = {
        "id": np.array([token.id for token in made.trained]),
        "weight": np.array([token.weight for token in made.trained], np.float32),
        "role": np.array([ROLES.index(token.role) for token in made.trained]),
    }
    for what, values in packed.items():
        if len(values) != len(again[what]):
            said = f"has {len(values):,} tokens in its row, {len(again[what]):,} when made again"
        elif (different := np.flatnonzero(values != again[what])).size:
            at = int(different[0])
            said = (
                f"has {what} {values[at]} at token {at:,} in its row, but {again[what][at]} when "
                f"made again ({len(different):,} tokens differ)"
            )
        else:
            continue
        raise RunError(
            f"example {made.id} {said} (row {place.number} of {place.file}), so the run's files do "
            "not belong together; check the sha256 of outputs in manifest.json, or build the plan "
            "again"
        )
