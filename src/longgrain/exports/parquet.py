"""A run > one Parquet file of packed rows a side, with labels, weights and position_ids."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from longgrain.exports.columns import ALL, Run, by_side, write_parquet


@dataclass(frozen=True, slots=True, kw_only=True)
class Parquet:
    """Writes ``train.parquet``, ``valid.parquet`` and ``test.parquet``, those that have rows.

    One line is one row: ``input_ids``, ``labels`` (the id where the weight is above 0, else -100;
    not shifted), ``weights``, ``position_ids`` (from 0 in each example), ``seq_lengths`` and
    ``example_ids``.
    """

    name: ClassVar[str] = "parquet"

    def write(self, run: Run, folder: Path) -> list[Path]:
        """The files written; RunError if the run has no rows."""
        return [
            write_parquet(Path(folder) / f"{side}.parquet", ALL, found)
            for side, found in by_side(run.rows, ALL)
        ]
