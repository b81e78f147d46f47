"""What ``longgrain select`` is asked > its selections, as tables for a terminal or as JSON lines."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from longgrain.errors import SourceError
from longgrain.pool import Fields, Row, read_rows
from longgrain.select import Selection, Selector
from longgrain.types import Dropped

ROOM = 60  # characters of a question or an answer in a table
PLACES = 3  # lines that are named of those that could not be read


def select(
    selector: Selector, pool: Path, queries: Sequence[Row], file: Path | None, told: Console
) -> list[Selection]:
    """The selections for some queries and for those of a file; unread lines go to ``told``.

    Raises SourceError where there is no example or no query.
    """
    fields = Fields(inputs=selector.inputs, outputs=selector.outputs)
    rows, dropped = read_rows(pool, fields)
    asked, unasked = _queries(file, fields) if file else ([], [])
    _tell(told, [*dropped, *unasked])
    if not rows:
        raise SourceError(
            f"{pool} holds no example, so there is nothing to choose from; give JSONL with input "
            "and output or messages, or name your fields with --inputs and --outputs"
        )
    if not (queries or asked):
        raise SourceError("no query is given; give --query WORDS or --queries FILE")
    selector.extend(rows)
    return selector.select_many([*queries, *asked])


def _queries(path: Path, fields: Fields) -> tuple[list[Row], list[Dropped]]:
    """Rows of JSONL, or one query a line in any other file."""
    if path.suffix in (".jsonl", ".json"):
        return read_rows(path, fields)
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(
            f"{path} cannot be read ({error}), so nothing is asked; give JSONL or lines of UTF-8"
        ) from error
    name = (fields.inputs or ("input",))[0]
    return [{name: line} for line in lines if line.strip()], []


def _tell(out: Console, dropped: Sequence[Dropped]) -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for one in dropped:
        places[one.reason].append(one.id)
    for reason, some in places.items():
        named = ", ".join(some[:PLACES]) + (", ..." if len(some) > PLACES else "")
        out.print(Text(f"left out {len(some):,}: {reason} ({named})", "yellow"))


def write_json(selections: Sequence[Selection]) -> None:
    """One line a query on stdout."""
    sys.stdout.buffer.writelines(one.json() + b"\n" for one in selections)


def show(out: Console, selections: Sequence[Selection], selector: Selector) -> None:
    """A table for each query, its examples in the order of the prompt."""
    fields = Fields(inputs=selector.inputs, outputs=selector.outputs)
    for number, one in enumerate(selections):
        out.print(Text(("\n" if number else "") + _short(one.query, 2 * ROOM), "bold"))
        out.print(_table(one, fields))
        out.print(Text(", ".join(_said(one, selector)), "dim"))


def _table(found: Selection, fields: Fields) -> Table:
    counted = found.tokens is not None
    table = Table("row", "score", *(["tokens"] if counted else []), "asks", "answers", box=None)
    for one in found.chosen:
        asked = fields.asked(one.example)
        cells = [str(one.row), f"{one.score:.4f}", *([str(one.tokens)] if counted else [])]
        answer = asked.answers[0] if asked.answers else ""
        table.add_row(*cells, Text(_short(asked.words, ROOM)), Text(_short(answer, ROOM // 2)))
    return table


def _said(found: Selection, selector: Selector) -> Iterator[str]:
    count = len(found.chosen)
    yield "1 example" if count == 1 else f"{count} examples"
    if found.tokens is not None:
        yield f"{found.tokens:,} of {selector.budget:,} tokens"
    if found.too_long:
        yield f"{found.too_long:,} nearer ones did not fit"
    elif count < selector.k:
        yield "no further one is like it"
    for kind, number in found.kept_out.items():
        yield f"{number:,} kept out with the same {kind}"


def _short(text: str, room: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= room else line[: room - 1] + "…"
