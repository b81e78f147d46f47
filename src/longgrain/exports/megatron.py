"""A run > packed Parquet as Megatron-Bridge reads it: `input_ids, seq_start_id, loss_mask`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from longgrain.exports.columns import Row, Run, by_side, write_parquet
from longgrain.exports.tally import Tally
from longgrain.exports.turns import write_text
from longgrain.types import Side

PACKED = pa.schema(
    {
        "input_ids": pa.list_(pa.int32()),
        "seq_start_id": pa.list_(pa.int32()),
        "loss_mask": pa.list_(pa.int8()),
    }
)
# The reader pads a batch to a multiple of 16, up to the length that is set here.
MULTIPLE = 16
CONFIG = '''\
"""The settings of a Megatron-Bridge fine-tuning config that take these rows as they are."""

from pathlib import Path

from megatron.bridge.data.datasets.packed_sequence import PackedSequenceSpecs

HERE = Path(__file__).parent


def set_dataset(cfg):
    """Changes ``cfg`` (a ConfigContainer whose dataset is a FinetuningDatasetConfig)."""
    cfg.train.micro_batch_size = 1
    cfg.model.seq_length = cfg.dataset.seq_length = {length}
    specs = PackedSequenceSpecs(
        packed_sequence_size={length},
        packed_train_data_path=str(HERE / "train.idx.parquet"),
        packed_val_data_path={valid},
    )
    if hasattr(cfg.dataset, "offline_packing_specs"):  # Megatron-Bridge 0.6
        cfg.dataset.enable_offline_packing = True
        cfg.dataset.offline_packing_specs = specs
    else:
        cfg.dataset.packed_sequence_specs = specs
    cfg.dataset.do_validation = {validates}
    cfg.dataset.do_test = False
    return cfg
'''
README = """\
# Packed rows for Megatron-Bridge

`dataset.py` holds the settings: `set_dataset(cfg)` changes the config of a fine-tuning recipe.
Reading Parquet needs a Megatron-Bridge that has `packed_parquet` (its wheel 0.3.1 has not).

{tally}.

Each file has three columns: `input_ids`; `seq_start_id`, the place of the first token of every
example; `loss_mask`, 1 where the token that comes NEXT is learned, as the reader wants it, and 0 at
the last token of an example. The reader takes the last token of every example off its inputs and
keeps the examples of a row apart with `cu_seqlens`.

What it cannot express:

- {rounded}
- It gives no loss to the token behind an end-of-text token (`eos_id` of its tokenizer). {behind:,}
  learned tokens of this run stand directly behind a control token, and are lost if that is the one.
- The longest row has {longest:,} tokens; `seq_length` is set to {length:,}, so that none is cut.
- With context parallelism rows must be padded example by example, which these are not.
"""


@dataclass(frozen=True, slots=True)
class _Packed:
    """A row in the columns of the format."""

    row: Row

    @property
    def input_ids(self) -> NDArray[np.int32]:
        return self.row.input_ids

    @property
    def seq_start_id(self) -> NDArray[np.int32]:
        return np.concatenate([[0], np.cumsum(self.row.seq_lengths)[:-1]]).astype(np.int32)

    @property
    def loss_mask(self) -> NDArray[np.int8]:
        # The first token of an example weighs 0, so the last one of the example before it gets 0.
        return np.append(self.row.weights[1:] > 0, False).astype(np.int8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Megatron:
    """Writes ``train.idx.parquet`` and so on, ``dataset.py`` with the settings, and a README.md."""

    name: ClassVar[str] = "megatron"

    def write(self, run: Run, folder: Path) -> list[Path]:
        """The files written; RunError if the run has no rows."""
        control = [int(token["id"]) for token in run.tokenizer.control.values()]
        tally = Tally(watched=control)

        def packed(side: Side) -> Iterator[_Packed]:
            return (_Packed(row) for row in tally.over(run.rows(side)))

        paths = [
            write_parquet(Path(folder) / f"{side}.idx.parquet", PACKED, found)
            for side, found in by_side(packed, PACKED)
        ]
        length = -(-tally.longest_row // MULTIPLE) * MULTIPLE
        validates = any(path.name == "valid.idx.parquet" for path in paths)
        valid = 'str(HERE / "valid.idx.parquet")' if validates else "None"
        config = CONFIG.format(length=length, valid=valid, validates=validates)
        readme = README.format(
            tally=tally.said,
            rounded=tally.rounded,
            behind=tally.behind,
            longest=tally.longest_row,
            length=length,
        )
        return [
            *paths,
            write_text(Path(folder) / "dataset.py", config),
            write_text(Path(folder) / "README.md", readme),
        ]
