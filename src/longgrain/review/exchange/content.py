"""A finished run > the words of its examples, as other tools show them beside a decision."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import pyarrow.parquet as pq

from longgrain.review.edited import BREAK, asked, said
from longgrain.review.exchange.items import Fields
from longgrain.review.pairs import Pairs
from longgrain.review.store import Store
from longgrain.run import Run
from longgrain.types import Example, Span, content_id


def contents(run: Run, wanted: Collection[str], more: int = 0) -> dict[tuple[str, str], Fields]:
    """Kind and id > question, answer and evidence of the examples wanted, and of ``more`` others.

    Which others is drawn by their ids, in the order in which the page of the review shows them.
    """
    found: dict[tuple[str, str], Fields] = {}
    ids = {side: _ids(run.folder / f"examples-{side}.parquet") for side in run.sides}
    others = sorted(
        (content_id("review", run.plan.seed, one), one)
        for many in ids.values()
        for one in many
        if one not in wanted
    )
    taken = {*wanted, *(one for _, one in others[:more])}
    texts = run.texts()
    for side, many in ids.items():
        rows = [row for row, one in enumerate(many) if one in taken]
        for example in run.examples_at(side, rows) if rows else ():
            found["example", example.id] = _fields(example, texts)
    return found


def answers(a: Path, b: Path) -> dict[tuple[str, str], Fields]:
    """Kind and id > the question and both answers of all pairs of two files or folders of answers."""
    pairs = Pairs(a=a, b=b)
    found: dict[tuple[str, str], Fields] = {}
    for entry in pairs.entries():
        shown = pairs.view(entry, "", "en")
        first = pairs.left(entry, "")
        words = {first: shown["left"], "ab".replace(first, ""): shown["other"]}
        found["pair", entry.id] = {"question": shown["question"], "a": words["a"], "b": words["b"]}
    return found


def known(run: Path) -> set[str]:
    """The ids of all examples of a run."""
    return {one for path in sorted(run.glob("examples-*.parquet")) for one in _ids(path)}


def indexed(store: Store) -> list[tuple[str, str]]:
    """Task and id of all items that somebody was asked about in this file."""
    held = store.rows("SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'items'")
    found = store.rows("SELECT task, id FROM items") if held else []
    return [(str(task), str(name)) for task, name in found]


def _ids(path: Path) -> list[str]:
    listed: list[str] = pq.read_table(path, columns=["id"])["id"].to_pylist()
    return listed


def _fields(example: Example, texts: Mapping[str, str]) -> Fields:
    messages = example.trained
    evidence = [
        one.words(texts)
        for message in messages
        for one in message.spans
        if isinstance(one, Span) and one.role == "evidence"
    ]
    return {
        "question": BREAK.join(asked(messages, texts)),
        "answer": said(messages[-1], texts),
        "evidence": BREAK.join(evidence),
    }
