"""Tokenizers: what is encoded, where tokens lie, which can be joined, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kinds import BYTE_LEVEL, HOSTILE, KINDS, Kinds, real_text
from longgrain.borders import PROBE, code_points, is_border
from longgrain.errors import TokenizerError
from longgrain.tokens import Ragged, Tokenizer

TEXTS = ["Three bells rang.", "", "第三章　风雪，夜归人。", HOSTILE, "é\u0301 300 \u212a", "👍🏽"]


def changed(kinds: Kinds, kind: str, folder: Path, **parts: Any) -> Tokenizer:
    """A tokenizer with parts of its file exchanged."""
    source = json.loads(kinds.file(kind).read_text("utf-8")) | parts
    (folder / "tokenizer.json").write_text(json.dumps(source), "utf-8")
    return Tokenizer.load(str(folder))


@pytest.mark.parametrize("kind", KINDS)
def test_content_is_encoded_as_the_library_encodes_it(kind: str, kinds: Kinds) -> None:
    tokenizer, reference = Tokenizer.load(str(kinds.file(kind))), kinds.reference(kind)
    for text, ids in zip(TEXTS, _items(tokenizer.encode(TEXTS)), strict=True):
        assert ids == reference.ids(text)


def _items(ragged: Ragged) -> list[list[int]]:
    return [ragged[i].tolist() for i in range(len(ragged))]


@pytest.mark.parametrize("kind", KINDS)
def test_tokens_lie_where_the_library_says(kind: str, kinds: Kinds) -> None:
    tokenizer, reference = Tokenizer.load(str(kinds.file(kind))), kinds.reference(kind)
    placed = tokenizer.place(TEXTS)
    at, shift = 0, 0
    for text in TEXTS:
        for start, end in reference.bare.encode(text, add_special_tokens=False).offsets:
            assert (placed.starts[at] - shift, placed.ends[at] - shift) == (start, end)
            at += 1
        shift += len(text)
    assert at == len(placed.starts) == len(placed.ids.values)


def test_texts_whose_bytes_add_up_by_chance_are_placed_right(kinds: Kinds) -> None:
    """NFC makes one text three bytes longer and another three bytes shorter."""
    texts = ["क़ longer", "e\u0301e\u0301e\u0301 shorter"]
    tokenizer, reference = Tokenizer.load(str(kinds.file("qwen-nfc"))), kinds.reference("qwen-nfc")
    offsets = [o for t in texts for o in reference.bare.encode(t, add_special_tokens=False).offsets]
    placed = tokenizer.place(texts)
    first = len(tokenizer.encode(texts)[0])
    expected = [
        start + (len(texts[0]) if i >= first else 0) for i, (start, _) in enumerate(offsets)
    ]
    assert placed.starts.tolist() == expected


@pytest.mark.parametrize("kind", BYTE_LEVEL)
def test_the_faster_encoder_is_taken_only_where_it_agrees(kind: str, kinds: Kinds) -> None:
    pytest.importorskip("fastokens")
    slow = Tokenizer.load(str(kinds.file(kind)))
    fast = slow.agreeing(list(real_text()[:40]))
    assert fast.encoder == "fastokens"
    assert _items(fast.encode(TEXTS)) == _items(slow.encode(TEXTS))


def test_a_tokenizer_whose_samples_differ_stays_with_the_library(
    kinds: Kinds, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Tokenizer.load(str(kinds.file("qwen")))

    own = Tokenizer.load(str(kinds.file("qwen")))
    assert own.agreeing(["a"]).encoder in ("fastokens", "tokenizers")
    monkeypatch.setattr(Tokenizer, "encode", lambda self, texts: _shifted(slow, self, texts))
    assert own.agreeing(["a"]).encoder == "tokenizers"


def _shifted(slow: Tokenizer, asked: Tokenizer, texts: Any) -> Ragged:
    encoded = slow.library.encode_batch(list(texts), add_special_tokens=False)
    shift = int(asked.encoder == "fastokens")
    return Ragged.of([np.asarray(one.ids, np.int32) + shift for one in encoded])


@pytest.mark.parametrize("kind", KINDS)
def test_only_byte_level_tokenizers_can_be_joined(kind: str, kinds: Kinds) -> None:
    assert Tokenizer.load(str(kinds.file(kind))).joins == (kind in BYTE_LEVEL)


def test_a_pattern_in_which_a_slash_follows_a_line_feed_is_not_joined(kinds: Kinds) -> None:
    tokenizer = Tokenizer.load(str(kinds.file("o200k")))
    assert tokenizer.byte_lengths is not None
    assert not tokenizer.joins


def test_a_pattern_that_looks_behind_is_not_joined(kinds: Kinds, tmp_path: Path) -> None:
    split = {
        "type": "Split",
        "pattern": {"Regex": r"(?<=\n)x|\S+|\s+"},
        "behavior": "Isolated",
        "invert": False,
    }
    level = {
        "type": "ByteLevel",
        "add_prefix_space": False,
        "trim_offsets": True,
        "use_regex": False,
    }
    step = {"type": "Sequence", "pretokenizers": [split, level]}
    assert not changed(kinds, "qwen", tmp_path, pre_tokenizer=step).joins


def test_a_normalizer_that_is_not_known_means_no_byte_lengths(kinds: Kinds, tmp_path: Path) -> None:
    lower = changed(kinds, "qwen", tmp_path, normalizer={"type": "Lowercase"})
    assert lower.byte_lengths is None
    assert not lower.joins


def test_a_last_blank_line_is_encoded_as_it_is_before_words(kinds: Kinds) -> None:
    """GPT-2's pattern leaves the last blank of a run to what follows."""
    tokenizer = Tokenizer.load(str(kinds.file("gpt2")))
    text = "It rang.\n\n"
    whole = kinds.reference("gpt2").ids(text + "Then")
    assert (
        tokenizer.encode_open([text])[0].tolist()
        == whole[: -len(kinds.reference("gpt2").ids("Then"))]
    )
    assert tokenizer.encode_open([text])[0].tolist() != tokenizer.encode([text])[0].tolist()


ANY = st.lists(
    st.sampled_from([*"ab,.\n \t中。，é/'1", "\r\n", "  ", "鿿", "🙂"]), max_size=40
).map("".join)


@pytest.mark.parametrize("kind", [*BYTE_LEVEL, "shipped"])
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=ANY)
def test_ids_can_be_joined_at_every_border(kind: str, kinds: Kinds, text: str) -> None:
    reference = kinds.reference(kind)
    for place in np.flatnonzero(is_border(code_points(text))).tolist():
        left, right = text[:place], text[place:]
        follower = "x" if left.endswith("\n") else ""
        closed = reference.ids(left + follower)
        assert closed[: len(closed) - len(follower)] + reference.ids(right) == reference.ids(text)


def test_the_probe_has_borders_of_every_rule() -> None:
    places = np.flatnonzero(is_border(code_points(PROBE))).tolist()
    assert {PROBE[place] for place in places} >= {" ", "，", "。", "：", "“", "/"}
    assert not is_border(code_points("")).any()


def test_added_tokens_for_blanks_are_ordinary_text(kinds: Kinds, tmp_path: Path) -> None:
    """GPT-NeoX, Phi and Gemma write runs of blanks as added tokens that are no control tokens."""
    source = json.loads(kinds.file("gpt2").read_text("utf-8"))
    number = 3000 + len(source["added_tokens"])
    blank = {"id": number, "content": "    ", "special": False, "normalized": False}
    blank |= {"single_word": False, "lstrip": False, "rstrip": False}
    tokenizer = changed(kinds, "gpt2", tmp_path, added_tokens=[*source["added_tokens"], blank])
    assert number in tokenizer.encode(["def f():\n    pass"])[0]
    assert "    " not in tokenizer.control
    assert tokenizer.place(["x    y"]).ends[-1] == 6


def test_a_tokenizer_that_is_missing_says_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(TokenizerError, match="there is no file"):
        Tokenizer.load(str(tmp_path / "tokenizer.json"))
    (tmp_path / "tokenizer.json").write_text("no json", "utf-8")
    with pytest.raises(TokenizerError, match="is not a tokenizer"):
        Tokenizer.load(str(tmp_path))


def test_the_shipped_tokenizer_has_chatml_and_reads_both_languages() -> None:
    tokenizer = Tokenizer.load("longgrain")
    assert tokenizer.joins
    assert {"<|im_start|>", "<|im_end|>", "<|endoftext|>"} <= tokenizer.control.keys()
    assert tokenizer.vocabulary_size == 32_003
    english = tokenizer.encode(["The harbour master keeps the log."])[0]
    chinese = tokenizer.encode(["当事人应当遵循公平原则。"])[0]
    assert len(english) <= 10
    assert len(chinese) <= 9
