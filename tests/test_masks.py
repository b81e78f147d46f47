"""Each mask against its definition spelt out token by token, in every form, with the memory it takes."""

from __future__ import annotations

import tracemalloc
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longgrain import masks
from longgrain.errors import PlanError, TrainError
from longgrain.masks import Block, Grains, Mask, Window
from longgrain.rows import Row
from longgrain.run import Run
from longgrain.types import ROLES, Role

torch: Any = pytest.importorskip("torch", reason="torch is not installed (extra train)")
flex: Any = pytest.importorskip("torch.nn.attention.flex_attention")

Runs = list[tuple[Role, int]]
EXAMPLE = st.lists(st.tuples(st.sampled_from(ROLES), st.integers(0, 5)), min_size=1, max_size=9)
EXAMPLES = st.lists(
    EXAMPLE.filter(lambda runs: sum(n for _, n in runs) > 0), min_size=1, max_size=4
)
KINDS = st.one_of(
    st.just(Block()),
    st.just(Grains()),
    st.builds(
        Window,
        size=st.integers(1, 12),
        sinks=st.integers(0, 3),
        global_roles=st.sets(st.sampled_from(ROLES), max_size=2).map(tuple),
    ),
)
# Two grains with a metadata line each, a blank line between, then the question and its answer.
HANDBOOK: Runs = [
    *(("instruction", 2), ("metadata", 1), ("evidence", 2), ("glue", 1), ("metadata", 1)),
    *(("distractor", 2), ("glue", 1), ("question", 2), ("answer", 2)),
]


def made(examples: list[Runs]) -> Row:
    """A row of examples that are given as runs of roles."""
    flat = [run for runs in examples for run in runs]
    sizes = [sum(length for _, length in runs) for runs in examples]
    return Row(
        input_ids=np.arange(sum(sizes), dtype=np.int32),
        seq_lengths=np.array(sizes, np.int32),
        example_ids=tuple(str(n) for n in range(len(sizes))),
        span_lengths=np.array([length for _, length in flat], np.int32),
        span_roles=np.array([ROLES.index(role) for role, _ in flat], np.int8),
        span_losses=np.zeros(len(flat), np.float32),
    )


def spelt_grains(runs: Runs) -> list[int]:
    """The grain of each token of one example by the words of the rule, one run after the other."""
    runs = [(role, length) for role, length in runs if length]
    found: list[int] = []
    number, after_metadata = 0, False
    for n, (role, length) in enumerate(runs):
        if role in ("metadata", "evidence", "distractor", "summary"):
            number += not after_metadata
            found += [number] * length
            after_metadata = role == "metadata"
            continue
        around = [runs[i][0] for i in (n - 1, n + 1) if 0 <= i < len(runs)]
        between = role == "glue" and len(around) == 2
        between = between and all(
            one in ("metadata", "evidence", "distractor", "summary") for one in around
        )
        found += [number if between else 0] * length
        after_metadata = False
    return found


def spelt(mask: Mask, examples: list[Runs]) -> np.ndarray[Any, Any]:
    """Who sees whom, by the definitions."""
    size = sum(length for runs in examples for _, length in runs)
    found = np.zeros((size, size), bool)
    start = 0
    for runs in examples:
        roles = [role for role, length in runs for _ in range(length)]
        grains = spelt_grains(runs)
        first = next((i for i, one in enumerate(grains) if one), len(grains))
        for q in range(len(roles)):
            for k in range(q + 1):
                if isinstance(mask, Window):
                    near = q - k < mask.size or k < mask.sinks
                    seen = near or bool({roles[q], roles[k]} & set(mask.global_roles))
                elif isinstance(mask, Grains):
                    seen = not grains[q] or grains[q] == grains[k] or k < first
                else:
                    seen = True
                found[start + q, start + k] = seen
        start += len(roles)
    return found


def from_mod(mask: Mask, rows: list[Row]) -> np.ndarray[Any, Any]:
    """What the `mask_mod` says, made dense by torch's own code."""
    length = max(len(row.input_ids) for row in rows)
    made_dense = flex.create_mask(
        masks.mask_mod(mask, rows), len(rows), 1, length, length, device="cpu"
    )
    return made_dense.numpy()


@settings(max_examples=150, deadline=None)
@given(mask=KINDS, examples=EXAMPLES)
def test_the_4d_mask_and_the_mask_mod_say_what_the_definition_says(
    mask: Mask, examples: list[Runs]
) -> None:
    row = made(examples)
    expected = spelt(mask, examples)
    assert np.array_equal(masks.four_d(mask, [row])[0, 0], expected)
    assert np.array_equal(from_mod(mask, [row])[0, 0], expected)
    size = len(expected)
    assert masks.attended(mask, row) == pytest.approx(expected.sum() / (size * (size + 1) / 2))


@settings(max_examples=60, deadline=None)
@given(mask=KINDS, one=EXAMPLES, other=EXAMPLES)
def test_rows_of_a_batch_are_masked_as_each_by_itself(
    mask: Mask, one: list[Runs], other: list[Runs]
) -> None:
    rows = [made(one), made(other)]
    both = masks.four_d(mask, rows)
    assert np.array_equal(both, from_mod(mask, rows))
    for n, row in enumerate(rows):
        size = len(row.input_ids)
        assert np.array_equal(both[n, 0, :size, :size], masks.four_d(mask, [row])[0, 0])
        assert not both[n, 0, :size, size:].any()  # padding is seen by no token
        assert not both[n, 0, size:, :size].any()
        assert both[n, 0, size:].any(axis=-1).all()  # and sees something, or softmax gives NaN


@settings(max_examples=60, deadline=None)
@given(examples=EXAMPLES, more=EXAMPLES)
def test_cu_seqlens_position_ids_and_the_4d_mask_agree_on_examples_by_themselves(
    examples: list[Runs], more: list[Runs]
) -> None:
    from transformers.masking_utils import find_packed_sequence_indices

    row = masks.joined([made(examples), made(more)])
    length = len(row.input_ids)
    borders = masks.cu_seqlens(row)
    by_borders = np.zeros((length, length), bool)
    for start, end in pairwise(borders.tolist()):
        by_borders[start:end, start:end] = np.tri(end - start, dtype=bool)
    assert np.array_equal(masks.four_d(Block(), [row])[0, 0], by_borders)
    positions = masks.position_ids([row])
    assert np.array_equal(positions[0], np.concatenate([np.arange(n) for n in row.seq_lengths]))
    found = find_packed_sequence_indices(torch.from_numpy(positions))
    numbers = np.zeros(length) if found is None else found[0].numpy()  # None: only one example
    by_positions = (numbers[:, None] == numbers[None, :]) & np.tri(length, dtype=bool)
    assert np.array_equal(by_positions, by_borders)


@settings(max_examples=60, deadline=None)
@given(examples=EXAMPLES)
def test_masks_that_forbid_nothing_are_the_block_mask(examples: list[Runs]) -> None:
    row = made(examples)
    block = masks.four_d(Block(), [row])
    wide = Window(size=int(row.seq_lengths.max()), sinks=0, global_roles=())
    assert np.array_equal(masks.four_d(wide, [row]), block)
    assert np.array_equal(masks.four_d(Window(size=1, sinks=10**6), [row]), block)
    plain = made([[("question", int(size))] for size in row.seq_lengths])
    assert np.array_equal(masks.four_d(Grains(), [plain]), block)


def test_a_grain_holds_its_metadata_line_and_the_blank_line_behind_it() -> None:
    known = masks.tokens(made([HANDBOOK, HANDBOOK]))
    own = [0, 0, 1, 1, 1, 1, 2, 2, 2, 0, 0, 0, 0, 0]
    assert known.grain.tolist() == own + [one and one + 2 for one in own]
    assert known.opening.tolist() == ([1, 1] + [0] * 12) * 2


def test_the_answer_sees_every_grain_and_a_grain_no_other() -> None:
    seen = masks.four_d(Grains(), [made([HANDBOOK])])[0, 0]
    first, second, answer = 4, 8, 13
    assert np.flatnonzero(seen[answer]).tolist() == list(range(14))
    assert np.flatnonzero(seen[first]).tolist() == [0, 1, 2, 3, 4]
    assert np.flatnonzero(seen[second]).tolist() == [0, 1, 6, 7, 8]


def test_in_the_rows_of_a_run_grains_are_those_that_were_laid(small_run: Run) -> None:
    lineage = {one.id: one for one in small_run.examples("train")}
    seen = 0
    for row in small_run.rows("train"):
        known = masks.tokens(row)
        for number, name in enumerate(row.example_ids):
            example = lineage[name]
            if example.lineage["layout"] != "pool":
                continue
            inside = known.grain[known.example == number]
            assert len(set(inside.tolist()) - {0}) == len(example.lineage["context"])
            seen += 1
    assert seen > 5


def test_masks_leave_the_share_of_pairs_that_they_should(small_run: Run) -> None:
    row = next(small_run.rows("train"))
    share = {mask.name: masks.attended(mask, row) for mask in (Block(), Window(size=32), Grains())}
    pairs = len(row.input_ids) * (len(row.input_ids) + 1) / 2
    block = sum(int(n) * (int(n) + 1) / 2 for n in row.seq_lengths) / pairs
    assert share["block"] == pytest.approx(block)
    assert share["grains"] < block
    assert share["window"] < block


def test_memory_is_said_before_and_is_what_the_mask_then_takes() -> None:
    rows = [made([HANDBOOK] * 19), made([HANDBOOK] * 10)]
    length = len(rows[0].input_ids)
    assert masks.four_d(Block(), rows).nbytes == masks.memory("bool", 2, length)
    assert masks.position_ids(rows).nbytes == masks.memory("position_ids", 2, length)
    assert masks.cu_seqlens(rows[0]).nbytes == masks.memory("cu_seqlens", 1, length, examples=19)
    block_mask = flex.create_block_mask(
        masks.mask_mod(Grains(), rows), 2, None, length, length, device="cpu"
    )
    kept = [one for one in block_mask.as_tuple() if isinstance(one, torch.Tensor)]
    assert sum(one.nbytes for one in kept) == masks.memory("flex", 2, length)
    assert masks.memory("bool", 1, 32768) == 2**30


@pytest.mark.parametrize("mask", [Block(), Window(size=64), Grains()], ids=lambda mask: mask.name)
def test_no_more_memory_is_taken_while_a_mask_is_made(mask: Mask) -> None:
    row = made([HANDBOOK] * 200)
    said = masks.memory("bool", 1, len(row.input_ids))
    tracemalloc.start()
    masks.four_d(mask, [row])
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert said <= most < 1.4 * said


@pytest.mark.parametrize("mask", [Block(), Window(size=9), Grains()], ids=lambda mask: mask.name)
def test_flex_attention_sees_by_the_mask_mod_what_sdpa_sees_by_the_4d_mask(mask: Mask) -> None:
    rows = [made([HANDBOOK] * 20), made([HANDBOOK] * 9)]
    length = len(rows[0].input_ids)
    torch.manual_seed(0)
    q, k, v = torch.randn(3, 2, 2, length, 16)
    blocks = flex.create_block_mask(
        masks.mask_mod(mask, rows), 2, None, length, length, device="cpu"
    )
    by_mod = flex.flex_attention(q, k, v, block_mask=blocks)
    seen = torch.from_numpy(masks.four_d(mask, rows))
    by_mask = torch.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=seen)
    assert float((by_mod - by_mask).abs().max()) < 1e-5


def test_a_mask_that_is_too_large_is_refused_before_it_is_made() -> None:
    long = made([[("distractor", 100_000)]])
    with pytest.raises(TrainError, match=r"9\.31 GiB as bool, more than the 1\.00 GiB"):
        masks.four_d(Block(), [long], most=2**30)


def test_a_name_or_a_setting_that_does_not_exist_is_refused() -> None:
    assert masks.named("window", size=8) == Window(size=8)
    with pytest.raises(PlanError, match="no mask 'windows'"):
        masks.named("windows")
    with pytest.raises(PlanError, match=r"docs/masks\.md"):
        masks.named("block", size=8)
    with pytest.raises(PlanError, match="would not even see itself"):
        Window(size=0)
    with pytest.raises(PlanError, match="do not exist"):
        Window(global_roles=("questions",))  # type: ignore[arg-type]
