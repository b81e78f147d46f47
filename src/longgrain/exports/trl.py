"""A run > Parquet files of packed rows as TRL's SFTTrainer takes them, and how to train on them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from longgrain.exports.columns import IDS, Row, Run, by_side, whole, write_parquet
from longgrain.types import Side

README = """\
# Packed rows for TRL

```python
from datasets import load_dataset
from trl import SFTConfig, SFTTrainer

rows = load_dataset("parquet", data_files={files})
settings = SFTConfig(output_dir="tuned", padding_free=True, packing=False, max_length=None)
trainer = SFTTrainer("MODEL", args=settings, train_dataset=rows["{first}"])
```

The examples of a row see only themselves with `padding_free=True`, `packing=False` and an attention
that knows `position_ids` (flash attention, or sdpa and eager for short rows); with other settings
they leak into each other without a warning. `max_length=None` keeps TRL from cutting rows.

`labels` hold the token id where a token is learned and -100 elsewhere; TRL averages the loss over
the learned tokens of a step. It knows no weights: {weighted:,} tokens have a weight other than 0
and 1, and TRL learns them as if it were 1.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trl:
    """Writes ``train.parquet`` and so on, with TRL's three columns alone, and a README.md."""

    name: ClassVar[str] = "trl"

    def write(self, run: Run, folder: Path) -> list[Path]:
        """The files written; RunError if the run has no rows."""
        weighted = 0

        def counted(side: Side) -> Iterator[Row]:
            nonlocal weighted
            for row in run.rows(side):
                weights = row.weights
                weighted += int(((weights != 0) & (weights != 1)).sum())
                yield row

        paths = [
            write_parquet(Path(folder) / f"{side}.parquet", IDS, found)
            for side, found in by_side(counted, IDS)
        ]
        files = {path.stem: path.name for path in paths}
        readme = Path(folder) / "README.md"
        with whole(readme) as part:
            text = README.format(files=files, first=paths[0].stem, weighted=weighted)
            part.write_text(text, encoding="utf-8")
        return [*paths, readme]
