"""The walk holds its promise: it is short, and the row it makes is a real one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from longgrain import walk
from longgrain.tokens import Tokenizer

DOCUMENTS = Path(__file__).resolve().parent.parent / "examples" / "demo" / "documents"


@pytest.mark.parametrize("document", sorted(DOCUMENTS.glob("*.md")), ids=lambda path: path.stem)
def test_a_document_becomes_a_row_that_learns_the_replies_alone(
    document: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ids, labels = walk.walk(str(document))
    said = capsys.readouterr().out
    steps = [line.split()[0] for line in said.splitlines()]
    assert steps == ["cut", "draft", "lay", "encode", "pack", "row"]
    assert len(ids) <= 4096
    learned = ids[labels >= 0]
    assert (labels[labels >= 0] == learned).all()
    words = Tokenizer.load("longgrain").library.decode(learned.tolist(), skip_special_tokens=False)
    assert 0 < len(learned) < len(ids) / 10
    assert words.strip()


def test_the_walk_is_under_sixty_lines() -> None:
    assert len(Path(walk.__file__).read_text("utf-8").splitlines()) < 60


def test_the_walk_can_be_started_by_hand() -> None:
    document = str(min(DOCUMENTS.glob("*.md")))
    run = subprocess.run(
        [sys.executable, "-m", "longgrain.walk", document],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert "learned from" in run.stdout
