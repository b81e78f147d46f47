"""Rows on disk and in hand: labels, weights and positions come from runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given
from hypothesis import strategies as st

from longgrain.rows import IGNORED, SCHEMA, Row, lists, read_rows, write_rows


def row() -> Row:
    return Row(
        input_ids=np.arange(10, 20, dtype=np.int32),
        seq_lengths=np.array([6, 4], np.int32),
        example_ids=("a", "b"),
        span_lengths=np.array([2, 4, 3, 1], np.int32),
        span_roles=np.array([7, 10, 10, 11], np.int8),
        span_losses=np.array([0, 0.5, 1, 0], np.float32),
    )


def test_weights_are_the_losses_of_runs_but_for_each_first_token() -> None:
    assert row().weights.tolist() == [0, 0, 0.5, 0.5, 0.5, 0.5, 0, 1, 1, 0]


def test_labels_are_the_ids_where_weight_lies_and_are_not_shifted() -> None:
    none = IGNORED
    assert row().labels.tolist() == [none, none, 12, 13, 14, 15, none, 17, 18, none]


def test_positions_begin_again_and_roles_are_spread() -> None:
    assert row().position_ids.tolist() == [0, 1, 2, 3, 4, 5, 0, 1, 2, 3]
    assert row().roles.tolist() == [7, 7, 10, 10, 10, 10, 10, 10, 10, 11]


def batch(rows: list[Row]) -> pa.RecordBatch:
    columns = []
    for name in SCHEMA.names:
        cells = [getattr(one, name) for one in rows]
        if name == "example_ids":
            columns.append(pa.array([list(cell) for cell in cells], SCHEMA.field(name).type))
        else:
            columns.append(lists(np.concatenate(cells), np.array([len(cell) for cell in cells])))
    return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)


def same(one: Row, other: Row) -> bool:
    return one.example_ids == other.example_ids and all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for name in SCHEMA.names
        if name != "example_ids"
    )


def test_rows_come_back_as_they_were_written_in_any_groups(tmp_path: Path) -> None:
    rows = [row(), row(), row()]
    written = write_rows(tmp_path / "rows.parquet", [batch(rows[:2]), batch(rows[2:])])
    assert written == 3
    assert pq.ParquetFile(tmp_path / "rows.parquet").num_row_groups == 2
    found = list(read_rows([tmp_path / "rows.parquet"] * 2))
    assert len(found) == 6
    assert all(same(one, row()) for one in found)


@given(st.lists(st.lists(st.integers(0, 99), max_size=5), max_size=8))
def test_a_list_column_holds_the_lists(values: list[list[int]]) -> None:
    flat = np.array([number for some in values for number in some], np.int32)
    assert lists(flat, np.array([len(some) for some in values], int)).to_pylist() == values
