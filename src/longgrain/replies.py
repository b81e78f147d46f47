"""Files of predictions and references > the items to score, matched by id or by order, read in parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from longgrain.errors import SourceError
from longgrain.metrics.item import Item
from longgrain.tables import Rows, open_rows

# Where a field is looked for if it is not named: the first of these that a row has.
PREDICTION = (
    *("prediction", "response", "output", "pred", "sample", "samples", "model_answer"),
    *("map-answer", "reply"),
)
ENDING = "_pred"  # L-Eval names the field after the model
REFERENCE = (
    *("reference", "references", "answer", "answers", "target", "completion", "value"),
    *("outputs", "ground_truth", "gold", "gt"),
)
SOURCE = ("source", "context", "document", "evidence")
TOOK = frozenset(("took", "seconds"))
ID = ("id", "_id", "qid", "question_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """Names of the fields to read; "" looks for the usual ones."""

    prediction: str = ""
    reference: str = ""
    source: str = ""
    id: str = ""


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
        name, prediction = _prediction(said, self.fields.prediction, self.predictions.path)
        if self.references is None:
            held = {key: value for key, value in said_row.items() if key != name}
        row = {**held_row, **said_row}
        source = _field(row, self.fields.source, SOURCE)
        text = _one_text(prediction, number, self.predictions.path)
        identity = _field(row, self.fields.id, ID)
        item = Item(
            id=str(number if identity is None else identity),
            prediction=text or "",
            references=_texts(_field(held, self.fields.reference, REFERENCE)),
            source=_source(source),
            row=row,
        )
        return item, text is not None


def pairs(predictions: Path, references: Path | None, fields: Fields) -> Pairs:
    """Predictions beside their references: by id where the first row of both has one, else by order.

    Without a file of references each prediction's own row may hold them. A reference without a
    prediction becomes an item without one. Raises SourceError for a prediction without a reference,
    for ids that come twice, and for files of unequal length.
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
    if _field(first, fields.id, ID) is None:
        return None
    found: dict[str, int] = {}
    for number, row in enumerate(rows.read()):
        key = _field(row, fields.id, ID)
        if key is None or str(key) in found:
            what = "has no id" if key is None else f"has the id {str(key)!r} of an earlier row"
            raise SourceError(
                f"row {number + 1} of {rows.path} {what}, so rows cannot be matched by id: give "
                "every row an id of its own, or none to any to match by order"
            )
        found[str(key)] = number
    return found


def _field(row: Any, name: str, usual: Sequence[str]) -> Any:
    """The value of a field, or None; a text is its own reference."""
    if not isinstance(row, Mapping):
        return None if usual in (ID, SOURCE) else row
    return next((row[one] for one in ((name,) if name else usual) if one in row), None)


def _prediction(row: Any, name: str, path: Path) -> tuple[str, Any]:
    """The prediction's field and what is in it. Raises SourceError where a row has none."""
    if not isinstance(row, Mapping):
        return "", row
    usual = (*PREDICTION, *(key for key in row if str(key).endswith(ENDING)))
    for one in (name,) if name else usual:
        if one in row:
            return one, row[one]
    if not name and TOOK & row.keys():
        return "", ""  # a row that says what something took, and nothing that was said
    raise SourceError(
        f"a row of {path} has no field {name or ' or '.join(PREDICTION)!s}, so it has no prediction: "
        f"it has {', '.join(map(str, row))}; name the field with --prediction-field"
    )


def _source(value: Any) -> str | None:
    """A text, or several joined by blank lines."""
    if isinstance(value, list) and value and all(isinstance(one, str) for one in value):
        return "\n\n".join(value)
    return value if isinstance(value, str) else None


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
