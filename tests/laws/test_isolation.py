"""Law 5: what a model says of an example in a packed row is what it says of that example alone."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from longgrain import masks
from longgrain.masks import Block, Grains, Mask, Window
from longgrain.rows import Row
from longgrain.run import Run

torch: Any = pytest.importorskip("torch", reason="torch is not installed (extra train)")
transformers: Any = pytest.importorskip(
    "transformers", reason="transformers is not installed (extra train)"
)

CLOSE = 1e-5
KINDS = (Block(), Window(size=48, sinks=4, global_roles=("question",)), Grains())


@cache
def llama(attention: str) -> Any:
    """Two layers, 64 wide; weights of five times the usual size, so that attention looks around."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    config = transformers.LlamaConfig(
        vocab_size=32768,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        initializer_range=0.1,
        max_position_embeddings=2048,
        attn_implementation=attention,
    )
    return transformers.LlamaForCausalLM(config).eval()


def logits(row: Row, attention: str = "sdpa", **inputs: Any) -> Any:
    ids = torch.from_numpy(row.input_ids.astype(np.int64))[None]
    with torch.no_grad():
        return llama(attention)(input_ids=ids, use_cache=False, **inputs).logits[0]


def positions(row: Row) -> Any:
    return torch.from_numpy(masks.position_ids([row]))


def dense(mask: Mask, row: Row, attention: str) -> Any:
    """The 4-D mask as this attention takes it."""
    seen = torch.from_numpy(masks.four_d(mask, [row]))
    if attention == "sdpa":
        return seen
    return torch.where(seen, 0.0, torch.finfo(torch.float32).min)


def alone(row: Row) -> list[Row]:
    """Each example of a row as a row of its own."""
    borders = np.concatenate([[0], np.cumsum(row.seq_lengths)]).tolist()
    ends = np.cumsum(row.span_lengths)
    found = []
    for number, (start, end) in enumerate(pairwise(borders)):
        runs = slice(*np.searchsorted(ends, [start, end], side="right").tolist())
        found.append(
            replace(
                row,
                input_ids=row.input_ids[start:end],
                seq_lengths=row.seq_lengths[number : number + 1],
                example_ids=row.example_ids[number : number + 1],
                span_lengths=row.span_lengths[runs],
                span_roles=row.span_roles[runs],
                span_losses=row.span_losses[runs],
            )
        )
    return found


@pytest.fixture(scope="module")
def row(small_run: Run) -> Row:
    return max(small_run.rows("train"), key=lambda one: len(one.seq_lengths))


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_logits_of_a_packed_row_are_those_of_each_example_alone(row: Row, attention: str) -> None:
    assert len(row.seq_lengths) > 2
    packed = logits(row, attention, position_ids=positions(row))
    each = torch.cat([logits(one, attention) for one in alone(row)])
    assert float((packed - each).abs().max()) <= CLOSE


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
@pytest.mark.parametrize("mask", KINDS, ids=lambda mask: mask.name)
def test_every_mask_keeps_the_examples_of_a_row_apart(row: Row, mask: Mask, attention: str) -> None:
    where = {"position_ids": positions(row), "attention_mask": dense(mask, row, attention)}
    packed = logits(row, attention, **where)
    each = torch.cat(
        [logits(one, attention, attention_mask=dense(mask, one, attention)) for one in alone(row)]
    )
    assert float((packed - each).abs().max()) <= CLOSE


def test_the_block_mask_in_four_dimensions_is_the_one_that_position_ids_ask_for(row: Row) -> None:
    where = positions(row)
    by_mask = logits(row, position_ids=where, attention_mask=dense(Block(), row, "sdpa"))
    assert float((by_mask - logits(row, position_ids=where)).abs().max()) <= CLOSE


def test_rows_of_a_batch_with_padding_are_as_alone(small_run: Run) -> None:
    rows = sorted(small_run.rows("train"), key=lambda one: len(one.input_ids))[:2]
    longest = max(len(one.input_ids) for one in rows)
    ids = np.zeros((2, longest), np.int64)
    for n, one in enumerate(rows):
        ids[n, : len(one.input_ids)] = one.input_ids
    with torch.no_grad():
        both = llama("sdpa")(
            input_ids=torch.from_numpy(ids),
            position_ids=torch.from_numpy(masks.position_ids(rows)),
            use_cache=False,
        ).logits
    for n, one in enumerate(rows):
        own = logits(one, position_ids=positions(one))
        assert float((both[n, : len(own)] - own).abs().max()) <= CLOSE


def test_what_a_model_makes_of_a_grain_does_not_depend_on_other_grains(row: Row) -> None:
    known = masks.tokens(row)
    changed = replace(row, input_ids=np.where(known.grain == 1, 7, row.input_ids).astype(np.int32))
    where = {"position_ids": positions(row), "attention_mask": dense(Grains(), row, "sdpa")}
    differ = (logits(row, **where) - logits(changed, **where)).abs().amax(-1).numpy()
    other = (known.grain > 1) | (known.example > 0)
    assert differ[other].max() <= CLOSE
    assert differ[(known.grain == 0) & (known.example == 0)].max() > 0.1  # the answer has seen it


def test_control_a_mask_of_ones_joins_the_examples(row: Row) -> None:
    """What most training loops pass: it looks like "no padding", and switches isolation off."""
    ones = torch.ones(1, len(row.input_ids), dtype=torch.long)
    packed = logits(row, position_ids=positions(row), attention_mask=ones)
    each = torch.cat([logits(one) for one in alone(row)])
    first = int(row.seq_lengths[0])
    assert float((packed - each)[:first].abs().max()) <= CLOSE
    assert float((packed - each)[first:].abs().max()) > 0.1


def test_control_positions_that_count_on_join_the_examples(row: Row) -> None:
    each = torch.cat([logits(one) for one in alone(row)])
    assert float((logits(row) - each).abs().max()) > 0.1
