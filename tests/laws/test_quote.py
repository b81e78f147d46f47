"""Law 1: a span with a grain says exactly what its document says there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq

from kinds import DEMO, Kinds
from longgrain.run import Run
from longgrain.types import ROLES, Example, Grain, Span


def quoted(example: Example) -> Iterator[tuple[Span, Grain]]:
    for message in example.views["train"]:
        for span in message.spans:
            if isinstance(span, Span) and span.grain:
                yield span, span.grain


def stored_texts(run: Run) -> Mapping[str, str]:
    """Straight from the table."""
    table = pq.read_table(run.folder / "documents.parquet", columns=["id", "text"])
    return dict(zip(table["id"].to_pylist(), table["text"].to_pylist(), strict=True))


def test_documents_are_stored_as_they_were_read(depth_run: Run) -> None:
    texts = set(stored_texts(depth_run).values())
    assert texts == {file.read_text("utf-8") for file in DEMO.glob("*.md")}


def test_spans_quote_their_documents_and_grains_lie_in_the_table(kinds: Kinds) -> None:
    run = kinds.run("qwen")
    texts, known = stored_texts(run), {(g.doc_id, g.start, g.end) for g in run.grains()}
    count = 0
    for example in run.examples("train"):
        for span, grain in quoted(example):
            assert span.text is None
            assert span.words(run.texts()) == texts[grain.doc_id][grain.start : grain.end] != ""
            if span.role == "evidence":
                assert (grain.doc_id, grain.start, grain.end) in known
            count += 1
    assert count > 200


def decoded(run: Run) -> dict[str, list[str]]:
    """For each example the words of its evidence as the ids in the rows spell them."""
    found: dict[str, list[str]] = {}
    for row in run.rows("train"):
        ends = np.cumsum(row.span_lengths)
        borders = np.cumsum(row.seq_lengths)
        for number in np.flatnonzero(row.span_roles == ROLES.index("evidence")).tolist():
            start, end = int(ends[number] - row.span_lengths[number]), int(ends[number])
            name = row.example_ids[int(np.searchsorted(borders, start, "right"))]
            words = run.tokenizer.library.decode(row.input_ids[start:end].tolist())
            found.setdefault(name, []).append(words)
    return found


def disagreements(run: Run, texts: Mapping[str, str]) -> int:
    """Evidence whose ids spell something else.

    A last token may hold the line feeds behind it; in a real document the first and the last word
    may share a token with their neighbours.
    """
    rows, wrong = decoded(run), 0
    for example in run.examples("train"):
        grains = [grain for span, grain in quoted(example) if span.role == "evidence"]
        shared = 0 if example.lineage["layout"] == "pool" else 12
        for words, grain in zip(rows[example.id], grains, strict=True):
            says = texts[grain.doc_id][grain.start : grain.end]
            inner = says[shared : len(says) - shared]
            wrong += inner not in words if shared else words.rstrip("\n") != says
    return wrong


def test_the_ids_of_evidence_spell_its_words(depth_run: Run) -> None:
    assert disagreements(depth_run, stored_texts(depth_run)) == 0


def test_control_texts_that_are_one_character_off_break_the_law(depth_run: Run) -> None:
    moved = {name: " " + text for name, text in stored_texts(depth_run).items()}
    assert disagreements(depth_run, moved) > 100


def test_control_an_edited_quotation_is_no_quotation(depth_run: Run) -> None:
    example = next(depth_run.examples("train"))
    span, grain = next(quoted(example))
    edited = replace(span, origin=replace(grain, end=grain.end - 1))
    texts = stored_texts(depth_run)
    assert edited.words(texts) != texts[grain.doc_id][grain.start : grain.end]
