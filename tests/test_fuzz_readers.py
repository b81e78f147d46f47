"""Every reader on the shelf over sound files changed at random; more with LONGGRAIN_FUZZ=10000."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from longgrain import shelf
from longgrain.errors import SourceError
from longgrain.grains import tree
from longgrain.types import Document, Dropped

sys.path.insert(0, str(Path(__file__).parent.parent / "scripts"))
import fuzz_readers

INPUTS = int(os.environ.get("LONGGRAIN_FUZZ", "100"))


@pytest.mark.parametrize("reader", shelf.names("readers"))
def test_no_input_breaks_a_reader_or_what_comes_behind_it(reader: str) -> None:
    result = fuzz_readers.fuzz(reader, range(INPUTS))
    assert result.inputs == INPUTS
    assert not result.failures, result.failures[:5]


@pytest.mark.parametrize("reader", shelf.names("readers"))
def test_every_seed_is_sound_and_most_inputs_are_changed(reader: str) -> None:
    if reader == "docling":
        pytest.importorskip("docling")
    component = shelf.load("readers", reader)()
    held = fuzz_readers.seeds(reader)
    for raw in held:
        source = "a.py" if reader == "code" else "a"
        assert any(isinstance(item, Document) for item in component.read(raw, source))
    inputs = [fuzz_readers.mutated(reader, number) for number in range(40)]
    assert inputs == [fuzz_readers.mutated(reader, number) for number in range(40)]
    assert len({*inputs} - {*held}) > 30
    assert max(map(len, inputs)) <= 4 * fuzz_readers.LARGEST


class Broken:
    """Does one of the things that no reader may do."""

    suffixes = ()

    def __init__(self, fault: str) -> None:
        self.fault, self.reads = fault, 0

    def read(self, raw: bytes, source: str) -> Iterator[Document | Dropped]:
        self.reads += 1
        if self.fault == "crash":
            raise KeyError("nobody expected this")
        if self.fault == "longgrain error":
            raise SourceError("this one is allowed")
        meta: dict[str, Any] = {"title": "a"}
        if self.fault == "headings":
            meta["headings"] = [[5, 99_999, 1]]
        text = {"nul": "a\0b", "surrogate": "\ud800", "change": f"{self.reads}"}.get(
            self.fault, "words"
        )
        if self.fault != "silence":
            yield Document.of(text, source=source, meta=meta)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("crash", "KeyError"),
        ("change", "another result"),
        ("silence", "neither"),
        ("nul", "NUL"),
        ("surrogate", "cannot go on"),
        ("headings", "cannot go on"),
    ],
)
def test_the_fuzzer_sees_a_reader_that_does_wrong(
    fault: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fuzz_readers.shelf, "load", lambda *_: lambda: Broken(fault))
    result = fuzz_readers.fuzz("text", range(2))
    assert any(said in failure for failure in result.failures)


def test_the_fuzzer_allows_errors_on_purpose(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz_readers.shelf, "load", lambda *_: lambda: Broken("longgrain error"))
    assert not fuzz_readers.fuzz("text", range(2)).failures


@pytest.mark.parametrize("line", ["Chapter Introduction", "PART Clouds", "CHAPTER Civil", "CHAPTER ſ", "CHAPTER İ"])  # fmt: skip
def test_a_heading_whose_word_begins_like_a_roman_number_is_no_crash(line: str) -> None:
    """Found by these inputs."""
    assert len(tree(f"words here.\n\n{line}\n\nmore words.\n"))
