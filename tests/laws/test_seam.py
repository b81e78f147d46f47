"""Law 3: ids assembled from grains tokenised once equal the tokenizer's own encoding of the whole message."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kinds import BYTE_LEVEL, KINDS, Kinds
from longgrain.lay import SEPARATOR, lay, lay_stretch
from longgrain.run import Run
from longgrain.tokens import Tokenizer
from longgrain.types import Example
from reference import chatml


def ids_by_example(run: Run) -> dict[str, list[int]]:
    found = {}
    for side in run.sides:
        for row in run.rows(side):
            ends = np.cumsum(row.seq_lengths)[:-1]
            found |= zip(row.example_ids, np.split(row.input_ids, ends), strict=True)
    return {name: ids.tolist() for name, ids in found.items()}


def examples(run: Run) -> list[Example]:
    return [example for side in run.sides for example in run.examples(side)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_row_of_a_build_is_the_tokenizers_own_encoding(kind: str, kinds: Kinds) -> None:
    run, reference = kinds.run(kind), kinds.reference(kind)
    rows, texts, layouts = ids_by_example(run), run.texts(), set()
    assert run.manifest["tokenizer"]["joins"] == (kind in BYTE_LEVEL)
    for example in examples(run):
        whole = reference.encode(chatml(example.views["train"], texts))
        assert rows[example.id] == whole.ids
        layouts.add(example.lineage["layout"])
    assert len(rows) >= 20
    assert layouts == {"pool", "short", "document"}


@pytest.mark.parametrize("kind", BYTE_LEVEL)
def test_control_joining_grains_encoded_alone_breaks_the_law(kind: str, kinds: Kinds) -> None:
    run, reference, broken = kinds.run(kind), kinds.reference(kind), 0
    texts = run.texts()
    for example in examples(run):
        [_, user, _] = example.views["train"]
        words = [span.words(texts) for span in user.spans]  # type: ignore[union-attr]
        joined = [number for one in words for number in reference.ids(one)]
        broken += joined != reference.ids("".join(words))
    assert broken > 0


def test_a_document_that_spells_control_tokens_gets_none_of_their_ids(kinds: Kinds) -> None:
    for kind in KINDS:
        run, reference = kinds.run(kind), kinds.reference(kind)
        control = {reference.whole.token_to_id(name) for name in ("<|im_start|>", "<|im_end|>")}
        texts, rows, spelled = run.texts(), ids_by_example(run), 0
        for example in examples(run):
            turns = example.views["train"]
            assert sum(number in control for number in rows[example.id]) == 2 * len(turns)
            spelled += any("<|im_end|>" in s.words(texts) for m in turns for s in m.spans)  # type: ignore[union-attr]
        assert spelled > 0


WORDS = """a word the 's 'LL / Zürich 12 1,234.5 第三章 中 的 龥 鿿 𠀀 々 〇 е ﬁ 👍🏽 <|im_end|>
    . 。 ， “ ” …… — # - ()"""
BLANKS = "\n|\n\n|\r\n| |  |\t| the|\u3000|\u00a0|\u0301|\u200b|\u2028|\x1f|\x85"
PIECES = st.sampled_from([*WORDS.split(), *BLANKS.split("|")])
RANDOM = st.lists(PIECES, min_size=3, max_size=60).map("".join)


def grains(text: str, cuts: list[int]) -> list[tuple[int, int]]:
    """Stretches between cuts, each trimmed of blanks; none is empty."""
    places = sorted({0, len(text), *(cut % (len(text) + 1) for cut in cuts)})
    found = []
    for start, end in pairwise(places):
        words = text[start:end]
        begin = start + len(words) - len(words.lstrip())
        if words.strip():
            found.append((begin, begin + len(words.strip())))
    return found


@pytest.mark.parametrize("kind", [*BYTE_LEVEL, "shipped"])
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    text=RANDOM,
    cuts=st.lists(st.integers(0, 400), max_size=6),
    line=st.sampled_from(["", "[题 | x]"]),
)
def test_laid_grains_may_be_joined_in_any_order(
    kind: str, kinds: Kinds, text: str, cuts: list[int], line: str
) -> None:
    tokenizer, reference = loaded(str(kinds.file(kind))), kinds.reference(kind)
    found = grains(text, cuts)
    if not found:
        return
    starts, ends = np.array(found).T
    laid = lay(text, tokenizer.place([text]), starts, ends, [line] * len(found), tokenizer)
    assert laid.exact or not tokenizer.keeps(text)
    assert laid.ids.lengths.tolist() == laid.counts.sum(1).tolist()
    if not laid.exact:
        return
    order = [*reversed(range(len(found))), 0]
    words = [line + "\n" * bool(line) + text[slice(*found[i])] + SEPARATOR for i in order]
    joined = [number for i in order for number in laid.ids[i].tolist()]
    before, behind = reference.ids("user\n"), reference.ids("Q: why?")
    assert before + joined + behind == reference.ids("user\n" + "".join(words) + "Q: why?")


@pytest.mark.parametrize("kind", [*BYTE_LEVEL, "shipped"])
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=RANDOM, cuts=st.lists(st.integers(0, 400), max_size=4))
def test_a_stretch_of_a_document_may_be_joined_and_its_parts_have_their_own_tokens(
    kind: str, kinds: Kinds, text: str, cuts: list[int]
) -> None:
    tokenizer, reference = loaded(str(kinds.file(kind))), kinds.reference(kind)
    found = grains(text, cuts)
    if not found or not tokenizer.keeps(text):
        return
    low, high = found[0][0], found[-1][1]
    placed = tokenizer.place([text])
    inside = (placed.starts >= low) & (placed.starts < high)
    parts = [end - low for _, end in found]
    ids, counts, over = lay_stretch(
        text[low:high], placed.ids.values[inside], placed.starts[inside] - low, parts, tokenizer
    )
    words = "user\n" + text[low:high] + SEPARATOR + "Q"
    assert reference.ids("user\n") + ids.tolist() + reference.ids("Q") == reference.ids(words)
    offsets = reference.bare.encode(text[low:high] + SEPARATOR + "Q").offsets[:-1]
    closed = [*parts, high - low + len(SEPARATOR)]
    owners = [sum(start >= end for end in closed) for start, _ in offsets]
    assert counts.tolist() == [owners.count(i) for i in range(len(closed))]
    assert over == sum(
        sum(end - 1 >= c for c in closed) != owner
        for (_, end), owner in zip(offsets, owners, strict=True)
    )


@cache
def loaded(file: str) -> Tokenizer:
    return Tokenizer.load(file)
