"""The user's own instruction data > drafts without a context, every assistant turn learned."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from longgrain.errors import PlanError
from longgrain.facts import language_of
from longgrain.protocols import Materials
from longgrain.recipes.rows import Bad, Row, rows
from longgrain.types import Draft, Dropped, Given, Message, Span


def general_drafts(path: Path, materials: Materials) -> Iterator[Draft | Dropped]:
    """One draft for each row of turns, in the file's order; each side takes its own rows.

    Which side a row goes to depends on its content alone. Rows that have no turns of their own
    (SQuAD, labelled tables) are for the recipe `sft`.
    """
    if not path.is_file():
        raise PlanError(
            f"general data: there is no file {path}; give a file of instructions and responses, or "
            "no share of it"
        )
    for row in rows(path):
        if isinstance(row, Row) and not row.turns:
            row = Bad(row.name, "a row without turns; the recipe sft takes it", row.content)
        if not materials.takes(row.content):
            continue
        if isinstance(row, Bad):
            yield Dropped(step="draft", id=row.name, reason=f"general data: {row.reason}")
        else:
            yield _draft(row, materials)


def _draft(row: Row, materials: Materials) -> Draft:
    messages = turns_of(row)
    said = " ".join(words for _, words in row.turns)
    return Draft(
        recipe="in2",
        seed=materials.seed,
        evidence=(),
        messages=messages,
        answer=row.turns[-1][1],
        meta={
            "kind": "general",
            "form": "general",
            "layout": "none",
            "language": language_of(said),
        },
    )


def turns_of(row: Row) -> tuple[Message, ...]:
    """The row's turns as messages; what the assistant says is learned. A passage stands before the first question."""
    origin = given(row)
    first = next((n for n, (speaker, _) in enumerate(row.turns) if speaker == "user"), -1)
    found = []
    for number, (speaker, words) in enumerate(row.turns):
        learned = speaker == "assistant"
        span = Span(
            role="answer" if learned else "instruction",
            origin=origin,
            text=words,
            loss=1.0 if learned else 0.0,
        )
        before: tuple[Span, ...] = ()
        if row.passage and number == first:
            before = (
                Span(role="evidence", origin=origin, text=row.passage),
                Span(role="glue", origin=origin, text="\n\n"),
            )
        found.append(Message(speaker=speaker, spans=(*before, span)))
    return tuple(found)


def given(row: Row) -> Given:
    """The row as the home of its words."""
    source, _, number = row.name.rpartition(":")
    return Given(source=source, id=number)
