"""Law 3: ids assembled from grains tokenised once equal the tokenizer's own encoding of the whole message."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from kinds import BYTE_LEVEL, DEMO, KINDS, Kinds
from longgrain.draws import Rows
from longgrain.lay import SEPARATOR, lay
from longgrain.run import Run
from longgrain.stretch import Splicer
from longgrain.tokens import Ints, Tokenizer
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


# Some of these begin a pre-token whatever stands around them, so that stretches have seams.
SEAMED = st.lists(st.one_of(PIECES, st.sampled_from([" the cat sat", "\nA line", "中。", "x y"])))


@pytest.mark.parametrize("kind", [*BYTE_LEVEL, "shipped"])
@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    text=SEAMED.map("".join),
    cuts=st.lists(st.integers(0, 400), max_size=4),
    line=st.sampled_from(["", "[题 | x]"]),
)
def test_a_stretch_of_a_document_may_be_joined_and_its_parts_have_their_own_tokens(
    kind: str, kinds: Kinds, text: str, cuts: list[int], line: str
) -> None:
    tokenizer, reference = loaded(str(kinds.file(kind))), kinds.reference(kind)
    found = grains(text, cuts)
    assume(found and tokenizer.keeps(text))
    splicer, laid, own = spliced(text, found, line, tokenizer)
    able = np.flatnonzero(splicer.can_bound(np.arange(len(found))))
    assume(len(able))
    first, last = able[[0]], able[[-1]]
    cuts_inside = list(range(int(first[0]), int(last[0]) + 1))
    [[a, b, c, d, e, f]] = splicer.slices(first, last).tolist()
    places, [over] = splicer.places(first, last, Rows.of([cuts_inside]))
    ids = [*laid[a:b].tolist(), *own[c:d].tolist(), *laid[e:f].tolist()]
    low, high = found[first[0]][0], found[last[0]][1]
    words = "user\n" + text[low:high] + SEPARATOR + "Q"
    assert reference.ids("user\n") + ids + reference.ids("Q") == reference.ids(words)
    offsets = reference.bare.encode(text[low:high] + SEPARATOR + "Q").offsets[:-1]
    borders = [at - low for cut in cuts_inside for at in found[cut]]
    assert places.values.tolist() == [sum(start < at for start, _ in offsets) for at in borders]
    assert over == sum(any(start < at < end for at in borders) for start, end in offsets)
    assert splicer.words(first, last).tolist() == [sum(s < high - low for s, _ in offsets)]


@pytest.mark.parametrize("kind", ["qwen", "shipped"])
def test_nearly_every_cut_of_a_real_document_may_begin_or_end_a_stretch(
    kind: str, kinds: Kinds
) -> None:
    tokenizer = loaded(str(kinds.file(kind)))
    for path in DEMO.glob("*.md"):
        text = path.read_text("utf-8")
        found = grains(text, list(range(0, len(text), 300)))
        splicer, _, _ = spliced(text, found, "", tokenizer)
        assert splicer.can_bound(np.arange(len(found))).mean() > 0.95


def test_control_a_stretch_with_its_ends_as_in_the_document_breaks_the_law(kinds: Kinds) -> None:
    tokenizer, reference = loaded(str(kinds.file("qwen"))), kinds.reference("qwen")
    text = DEMO.joinpath("harbour-handbook.md").read_text("utf-8")[:20_000]
    found = grains(text, list(range(0, len(text), 500)))
    placed, wrong = tokenizer.place([text]), 0
    for start, end in found:
        inside = (placed.starts >= start) & (placed.starts < end)
        ids = placed.ids.values[inside].tolist()
        wrong += ids + reference.ids(SEPARATOR) != reference.ids(text[start:end] + SEPARATOR)
    assert wrong > 0


def spliced(
    text: str, found: list[tuple[int, int]], line: str, tokenizer: Tokenizer
) -> tuple[Splicer, Ints, Ints]:
    """Where stretches of one document lie, its cuts' ids as laid, and its own."""
    starts, ends = np.array(found, np.int64).T
    placed = tokenizer.place([text])
    laid = lay(text, placed, starts, ends, [line] * len(found), tokenizer)
    splicer = Splicer(
        seams=laid.seams,
        counts=laid.counts,
        laid=laid.ids.offsets[:-1],
        base=np.zeros(len(found), np.int64),
        starts=starts.astype(np.int32),
        ends=ends.astype(np.int32),
        straddling=laid.straddling.astype(np.int8),
        token_starts=placed.starts.astype(np.int32),
    )
    return splicer, laid.ids.values, placed.ids.values


@cache
def loaded(file: str) -> Tokenizer:
    return Tokenizer.load(file)
