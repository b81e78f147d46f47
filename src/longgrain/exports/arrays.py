"""A run > memory-mapped arrays of packed rows and a torch Dataset of twenty lines that reads them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import IO, Any, ClassVar

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from longgrain.errors import RunError
from longgrain.exports.columns import Row, Run, whole
from longgrain.exports.tally import Tally
from longgrain.exports.turns import write_text
from longgrain.types import SIDES

READER = '''\
"""The packed rows in this folder as a torch Dataset; weights of tokens included."""

from pathlib import Path

import numpy as np
import torch


class Rows(torch.utils.data.Dataset):
    """Row i of one side; nothing is read before it is asked for.

    A row has input_ids, labels, weights and position_ids of shape (tokens,) and cu_seqlens of shape
    (examples + 1,). The examples of a row see only themselves if the model is given position_ids and
    no attention_mask, or cu_seqlens; position_ids restart at 0.
    """

    def __init__(self, side="train", folder=Path(__file__).parent):
        def mapped(name):
            return np.load(Path(folder) / f"{side}-{name}.npy", mmap_mode="r")

        self.ids, self.weights, self.lengths = map(mapped, ("input_ids", "weights", "seq_lengths"))
        self.tokens = np.concatenate([[0], np.cumsum(mapped("row_tokens"))])
        self.examples = np.concatenate([[0], np.cumsum(mapped("row_examples"))])

    def __len__(self):
        return len(self.tokens) - 1

    def __getitem__(self, i):
        here = slice(self.tokens[i], self.tokens[i + 1])
        lengths = torch.from_numpy(self.lengths[self.examples[i] : self.examples[i + 1]].copy())
        ids = torch.from_numpy(self.ids[here].astype(np.int64))
        weights = torch.from_numpy(self.weights[here].copy())
        return {
            "input_ids": ids,
            "labels": torch.where(weights > 0, ids, -100),
            "weights": weights,
            "position_ids": torch.cat([torch.arange(n) for n in lengths.tolist()]),
            "cu_seqlens": torch.nn.functional.pad(lengths.cumsum(0), (1, 0)).to(torch.int32),
        }
'''
README = """\
# Packed rows as memory-mapped arrays

```python
import torch
from rows import Rows

loader = torch.utils.data.DataLoader(Rows("{first}"), batch_size=None, shuffle=True)
```

{tally}.

For each side there are five arrays of numpy: `input_ids` (int32) and `weights` (float32), the tokens
of all rows end to end; `seq_lengths` (int32), the tokens of each example; `row_tokens` and
`row_examples` (int64), how many tokens and examples each row has. `rows.py` reads them. Every weight
is kept: the loss of a token is weighted by its weight, and is 0 at the first token of an example.
Rows have different lengths, up to {longest:,} tokens, so a batch is one row (`batch_size=None`).
"""
KINDS: dict[str, type[np.generic]] = {
    "input_ids": np.int32,
    "weights": np.float32,
    "seq_lengths": np.int32,
    "row_tokens": np.int64,
    "row_examples": np.int64,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrays:
    """Writes five ``.npy`` files a side, ``rows.py`` that reads them into torch, and a README.md."""

    name: ClassVar[str] = "arrays"

    def write(self, run: Run, folder: Path) -> list[Path]:
        """The files written; RunError if the run has no rows."""
        folder, tally, paths = Path(folder), Tally(), list[Path]()
        for side in SIDES:
            paths += _write_side(folder, side, tally.over(run.rows(side)))
        if not paths:
            raise RunError(
                "the run has no rows, so there is nothing to export: see its dropped.parquet for "
                "why examples did not go on, then build again"
            )
        first = paths[0].name.partition("-")[0]
        readme = README.format(first=first, tally=tally.said, longest=tally.longest_row)
        reader = write_text(folder / "rows.py", READER)
        return [*paths, reader, write_text(folder / "README.md", readme)]


def _write_side(folder: Path, side: str, rows: Iterator[Row]) -> list[Path]:
    """The five files of a side, none of them if it has no rows."""
    first = next(rows, None)
    if first is None:
        return []
    paths = {folder / f"{side}-{name}.npy": kind for name, kind in KINDS.items()}
    with ExitStack() as stack:
        parts = [(stack.enter_context(whole(path)), kind) for path, kind in paths.items()]
        files = [stack.enter_context(_growing(path, kind)) for path, kind in parts]
        for row in chain([first], rows):
            for file, values in zip(files, _values(row), strict=True):
                file.add(values)
    return list(paths)


def _values(row: Row) -> list[NDArray[Any]]:
    counts = [np.array([len(one)]) for one in (row.input_ids, row.seq_lengths)]
    return [row.input_ids, row.weights, row.seq_lengths, *counts]


@dataclass(slots=True)
class _Growing:
    """A one-dimensional .npy file that is written as a stream."""

    file: IO[bytes]
    kind: np.dtype[Any]
    count: int = 0

    def head(self) -> None:
        """The header, which numpy pads so that any length fits into the same space."""
        said = {"descr": self.kind.str, "fortran_order": False, "shape": (self.count,)}
        self.file.seek(0)
        npy.write_array_header_1_0(self.file, said)

    def add(self, values: NDArray[Any]) -> None:
        """Goes on with the values."""
        self.count += len(values)
        self.file.write(np.ascontiguousarray(values, self.kind).tobytes())


@contextmanager
def _growing(path: Path, kind: type[np.generic]) -> Iterator[_Growing]:
    with path.open("wb") as file:
        growing = _Growing(file, np.dtype(kind))
        growing.head()
        yield growing
        growing.head()
