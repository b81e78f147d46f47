"""Grains as laid: which tokens are the document's own, which are encoded again, and how they are counted."""

from __future__ import annotations

import numpy as np
import pytest

from kinds import DEMO, OTHERS, Kinds
from longgrain.borders import code_points, is_border
from longgrain.lay import SEPARATOR, Laid, lay, quote
from longgrain.tokens import Tokenizer

TEXT = DEMO.joinpath("harbour-handbook.md").read_text("utf-8")[:6000]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.load("longgrain")


def laid(text: str, spans: list[tuple[int, int]], tokenizer: Tokenizer, line: str = "") -> Laid:
    starts, ends = np.array(spans, np.int64).T
    return lay(text, tokenizer.place([text]), starts, ends, [line] * len(spans), tokenizer)


def test_most_tokens_of_a_grain_are_slices_of_the_document(tokenizer: Tokenizer) -> None:
    placed, points = tokenizer.place([TEXT]), code_points(TEXT)
    borders = np.flatnonzero(is_border(points)).astype(np.int64)
    found = quote(points, borders, placed.starts, np.array([1000]), np.array([1600]))
    [head], [tail], [first], [last] = found.heads, found.tails, found.first, found.last
    assert 1000 <= head < 1060
    assert 1540 < tail < 1600
    assert placed.starts[first] == head
    assert tokenizer.library.decode(placed.ids.values[first:last].tolist()) == TEXT[head:tail]


def test_a_grain_without_borders_is_encoded_again_as_a_whole(tokenizer: Tokenizer) -> None:
    text = "x\n" + "第三章" * 30 + "\ny"
    points = code_points(text)
    borders = np.flatnonzero(is_border(points)).astype(np.int64)
    starts = tokenizer.place([text]).starts
    found = quote(points, borders, starts, np.array([10]), np.array([60]))
    assert found.whole.all()
    assert (found.heads, found.tails) == (60, 60)
    assert found.first == found.last


def test_metadata_words_and_separator_are_counted_apart(tokenizer: Tokenizer) -> None:
    found = laid(TEXT, [(1000, 1600)], tokenizer, "[Handbook | 12%]")
    metadata, words, separator = found.counts[0].tolist()
    assert metadata == len(tokenizer.encode(["[Handbook | 12%]\n"])[0])
    assert words == len(tokenizer.encode([TEXT[1000:1600]])[0])
    assert found.ids.lengths.tolist() == [metadata + words + separator]
    assert tokenizer.library.decode(found.ids[0].tolist()) == (
        f"[Handbook | 12%]\n{TEXT[1000:1600]}{SEPARATOR}"
    )


def test_a_last_stop_that_is_one_token_with_the_blank_line_straddles(tokenizer: Tokenizer) -> None:
    text = "They rang (often).\n\nThen they stopped.\n"
    found = laid(text, [(0, 18), (20, 38)], tokenizer)
    assert found.straddling.tolist() == [1, 1]
    assert found.counts[:, 2].tolist() == [0, 0]
    plain = laid("They rang\n\nthen\n", [(0, 9)], tokenizer)
    assert plain.straddling.tolist() == [0]
    assert plain.counts[0].tolist()[2] == 1


@pytest.mark.parametrize("kind", OTHERS)
def test_for_other_tokenizers_only_the_length_is_known(kind: str, kinds: Kinds) -> None:
    """Within two tokens of what the grain adds to a message."""
    tokenizer, reference = Tokenizer.load(str(kinds.file(kind))), kinds.reference(kind)
    found = laid(TEXT, [(1000, 1600), (2000, 2300)], tokenizer, "[a | b]")
    assert not found.exact
    assert found.seams.heads.tolist() == [-1, -1]
    assert (np.diff(found.seams.before) > 100).all()
    words = [f"[a | b]\n{TEXT[s:e]}{SEPARATOR}" for s, e in ((1000, 1600), (2000, 2300))]
    added = len(reference.ids("Read:\n\n" + "".join(words))) - len(reference.ids("Read:\n\n"))
    assert abs(added - int(found.counts.sum())) <= 2


def test_a_text_that_is_normalised_first_is_not_joined(kinds: Kinds) -> None:
    tokenizer = Tokenizer.load(str(kinds.file("qwen-nfc")))
    assert laid("cafe\u0301 closed.\n", [(0, 13)], tokenizer).exact is False
    assert laid("caf\u00e9 closed.\n", [(0, 12)], tokenizer).exact is True


def test_the_seams_of_a_grain_lie_around_what_is_the_documents_own(tokenizer: Tokenizer) -> None:
    placed, found = tokenizer.place([TEXT]), laid(TEXT, [(1000, 1600)], tokenizer, "[a | b]")
    [before], [through], [heads], [body], [tail] = found.seams
    assert placed.starts[before - 1] < 1000 <= placed.starts[before]
    assert placed.starts[through - 1] < 1600 <= placed.starts[through]
    first = int(found.counts[0, 0]) + heads
    own = found.ids[0][first : first + tail - body]
    assert own.tolist() == placed.ids.values[body:tail].tolist()
    assert tail - body > 100
    head = tokenizer.library.decode(found.ids[0][found.counts[0, 0] : first].tolist())
    assert TEXT[1000:].startswith(head)


def test_a_grain_that_is_encoded_again_as_a_whole_has_no_seams(tokenizer: Tokenizer) -> None:
    text = "x\n" + "第三章" * 30 + "\ny"
    assert laid(text, [(10, 60)], tokenizer).seams.heads.tolist() == [-1]
