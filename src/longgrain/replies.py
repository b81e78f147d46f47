"""Files of predictions and references > the items to score, matched by id or by order, read in parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from longgrain.errors import SourceError
from longgrain.metrics.item import Item

# Where a field is looked for if it is not named: the first of these that a row has.
PREDICTION = ("prediction", "response", "output", "pred", "sample", "samples", "model_answer")
REFERENCE = ("reference", "references", "answer", "answers", "target", "completion", "value")
SOURCE = ("source", "context", "document")
ID = ("id", "_id", "qid", "question_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """Names of the fields to read; "" looks for the usual ones."""

    prediction: str = ""
    reference: str = ""
    source: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rows:
    """The rows of a file; of JSONL and plain lines only their places are kept."""

    path: Path
    places: NDArray[np.int64]
    """(rows, 3): where a row starts and ends, in bytes, and its line from 1; or its place in
    ``listed``; -1 for a row that is not there"""
    listed: tuple[Any, ...] = ()
    json: bool = True

    def __len__(self) -> int:
        return len(self.places)

    def part(self, numbers: Sequence[int] | slice) -> Rows:
        """Some of the rows, in this order; None stands for each -1."""
        if isinstance(numbers, slice) and not self.listed:
            return replace(self, places=self.places[numbers])
        padded = np.append(self.places, [[-1, -1, -1]], axis=0)
        places = self.places[numbers] if isinstance(numbers, slice) else padded[list(numbers)]
        if not self.listed:
            return replace(self, places=places)
        listed = tuple(self.listed[at] if at >= 0 else None for at in places[:, 0].tolist())
        new = places.copy()
        new[:, 0] = np.where(places[:, 0] < 0, -1, np.arange(len(places)))
        return replace(self, places=new, listed=listed)

    def read(self) -> Iterator[Any]:
        """Each row: a mapping or a text; None for one that is not there. Raises SourceError."""
        if self.listed:
            yield from (self.listed[at] if at >= 0 else None for at in self.places[:, 0].tolist())
            return
        with self.path.open("rb") as file:
            for start, end, line in self.places.tolist():
                if start < 0:
                    yield None
                    continue
                file.seek(start)
                yield self._row(file.read(end - start), line)

    def _row(self, raw: bytes, line: int) -> Any:
        try:
            if not self.json:
                return raw.decode("utf-8").rstrip("\r\n")
            row = orjson.loads(raw)
        except (ValueError, UnicodeDecodeError) as error:
            raise SourceError(
                f"line {line} of {self.path} cannot be read ({error}), so nothing is scored: "
                "correct it, or name a file of plain lines .txt and one of JSON lines .jsonl"
            ) from error
        return row


def open_rows(path: Path) -> Rows:
    """The rows of a file: .json holds a list or a mapping of ids, .jsonl JSON lines, else plain lines.

    Blank lines of JSONL are passed over; a blank plain line is an empty text. Raises SourceError.
    """
    try:
        if path.suffix == ".json":
            return _listed(path, orjson.loads(path.read_bytes()))
        places, at, line = [], 0, 0
        is_json = path.suffix in (".jsonl", ".ndjson")
        with path.open("rb") as file:
            for line, raw in enumerate(file, 1):
                if not is_json or raw.strip():
                    places.append((at, at + len(raw), line))
                at += len(raw)
    except (OSError, ValueError) as error:
        raise SourceError(f"{path} cannot be read, so nothing is scored: {error}") from error
    return Rows(path=path, places=np.array(places, np.int64).reshape(-1, 3), json=is_json)


def _listed(path: Path, held: Any) -> Rows:
    if isinstance(held, dict):  # SQuAD's form: the id of each question and what was answered
        held = [{"id": key, **_named(value)} for key, value in held.items()]
    if not isinstance(held, list):
        raise SourceError(
            f"{path} holds neither a list nor a mapping of ids, so it has no rows: write one JSON "
            "list, or one row a line in a .jsonl file"
        )
    numbers = np.arange(len(held), dtype=np.int64)
    return Rows(
        path=path, places=np.stack([numbers, numbers, numbers + 1], axis=1), listed=tuple(held)
    )


def _named(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {"prediction": value, "reference": value}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pairs:
    """Predictions and the references that belong to them, row by row."""

    predictions: Rows
    references: Rows | None
    fields: Fields
    first: int = 0
    """the number of the first pair"""

    def __len__(self) -> int:
        return len(self.predictions)

    def parts(self, size: int) -> Iterator[Pairs]:
        """The pairs in order, ``size`` at a time."""
        for start in range(0, len(self), size):
            rows = slice(start, start + size)
            references = self.references.part(rows) if self.references else None
            predictions = self.predictions.part(rows)
            yield replace(self, predictions=predictions, references=references, first=start)

    def items(self) -> Iterator[tuple[Item, bool]]:
        """Each item, and whether it has a prediction at all; an empty one is one."""
        others = self.references.read() if self.references else [None] * len(self)
        for number, (said, held) in enumerate(
            zip(self.predictions.read(), others, strict=True), self.first
        ):
            yield self._item(number, said, held)

    def _item(self, number: int, said: Any, held: Any) -> tuple[Item, bool]:
        held_row = held if isinstance(held, dict) else {}
        said_row = said if isinstance(said, dict) else {}
        prediction = _field(said, self.fields.prediction, PREDICTION, self.predictions.path)
        reference = _field(held, self.fields.reference, REFERENCE, None)
        row = {**held_row, **said_row}
        source = _field(row, self.fields.source, SOURCE, None)
        text = _one_text(prediction, number, self.predictions.path)
        identity = _field(row, self.fields.id, ID, None)
        item = Item(
            id=str(number if identity is None else identity),
            prediction=text or "",
            references=_texts(reference),
            source=source if isinstance(source, str) else None,
            row=row,
        )
        return item, text is not None


def pairs(predictions: Path, references: Path | None, fields: Fields) -> Pairs:
    """Predictions beside their references: by id where the first row of both has one, else by order.

    A reference without a prediction becomes an item without one. Raises SourceError for a
    prediction without a reference, for ids that come twice, and for files of unequal length.
    """
    said = open_rows(predictions)
    if references is None:
        return Pairs(predictions=said, references=None, fields=fields)
    held = open_rows(references)
    own, other = (_ids(rows, fields) for rows in (said, held))
    if own is None or other is None:
        _same_length(said, held)
        return Pairs(predictions=said, references=held, fields=fields)
    unknown = [key for key in own if key not in other]
    if unknown:
        raise SourceError(
            f"{len(unknown)} of {len(own)} predictions in {predictions} have an id that "
            f"{references} does not have, such as {unknown[0]!r}: give the references of these "
            "predictions, or rows without ids to match them by order"
        )
    order = [own.get(key, -1) for key in other]
    return Pairs(predictions=said.part(order), references=held, fields=fields)


def _same_length(said: Rows, held: Rows) -> None:
    if len(said) != len(held):
        raise SourceError(
            f"{said.path} has {len(said)} rows and {held.path} {len(held)}, so they cannot be "
            "matched by order: give both an id, or one row of each for every item"
        )


def _ids(rows: Rows, fields: Fields) -> dict[str, int] | None:
    """The number of the row of each id; None where the first row has none."""
    first = next(rows.part(slice(0, 1)).read(), None)
    if _field(first, fields.id, ID, None) is None:
        return None
    found: dict[str, int] = {}
    for number, row in enumerate(rows.read()):
        key = _field(row, fields.id, ID, None)
        if key is None or str(key) in found:
            what = "has no id" if key is None else f"has the id {str(key)!r} of an earlier row"
            raise SourceError(
                f"row {number + 1} of {rows.path} {what}, so rows cannot be matched by id: give "
                "every row an id of its own, or none to any to match by order"
            )
        found[str(key)] = number
    return found


def _field(row: Any, name: str, usual: Sequence[str], path: Path | None) -> Any:
    """The value of a field; a text is its own prediction. With ``path``, a missing one is an error."""
    if not isinstance(row, Mapping):
        return None if usual in (ID, SOURCE) else row
    for one in (name,) if name else usual:
        if one in row:
            return row[one]
    if path is not None:
        raise SourceError(
            f"a row of {path} has no field {name or ' or '.join(usual)!s}, so it has no prediction: "
            f"it has {', '.join(map(str, row))}; name the field with --prediction-field"
        )
    return None


def _one_text(value: Any, number: int, path: Path) -> str | None:
    if isinstance(value, list):
        if len(value) > 1:
            raise SourceError(
                f"row {number + 1} of {path} has {len(value)} predictions, and one can be scored: "
                "write a row for each"
            )
        value = value[0] if value else None
    return value if value is None or isinstance(value, str) else str(value)


def _texts(value: Any) -> tuple[str, ...]:
    """Several references as a list, as SQuAD's ``{"text": [...]}``, or one."""
    if isinstance(value, dict):
        value = value.get("text")
    if value is None:
        return ()
    return tuple(map(str, value)) if isinstance(value, list) else (str(value),)
