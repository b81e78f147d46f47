"""Laid examples > packed rows, and the tables of a finished run."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from longgrain import engine
from longgrain.engine import atomic
from longgrain.fill import RowCounts, RowShard, fill
from longgrain.folder import Building
from longgrain.layouts import Laid, write_examples
from longgrain.made import with_made
from longgrain.pack import Packing
from longgrain.run import grains_table
from longgrain.sides import Sided
from longgrain.stages import kept_stages, pack_in_stages
from longgrain.store import Store
from longgrain.types import SIDES, Dropped, Side

# Rows of about so many tokens go into one file.
FILE_TOKENS = 32 << 20


def pack_sides(
    here: Building, laid: Laid, times: NDArray[np.int64] | None = None
) -> dict[Side, tuple[NDArray[np.int64], Packing]]:
    """The step: for each side the numbers of its examples and how they are packed.

    ``times`` says how often each example stands in the rows; those of 0 are left out.
    """
    here.tell("packing")
    side_of, lengths = np.array(laid.values("side")), laid.column("tokens").astype(np.int64)
    stages = kept_stages(here.work)
    found = {}
    too_long: list[Dropped] = []
    names = laid.values("id")
    often = np.ones(len(lengths), np.int64) if times is None else times
    for side in SIDES:
        mine = np.flatnonzero((side_of == side) & (often > 0))
        if not len(mine):
            continue
        staged = None if stages is None else stages[laid.column("draft")[mine]]
        room, seed = here.plan.row_length, here.plan.seed
        packing = pack_in_stages(lengths[mine], room, seed, staged, often[mine])
        found[side] = (mine, packing)
        too_long += [
            Dropped(
                step="pack",
                id=names[int(mine[i])],
                reason="longer than a row",
                detail=f"{int(lengths[mine[i]])} tokens of {here.plan.row_length}",
            )
            for i in packing.too_long.tolist()
        ]
    asked = int((often > 0).sum())
    here.tally.count("pack", asked=asked, made=asked - len(too_long), dropped=too_long)
    return found


def write_all_rows(
    here: Building,
    laid: Laid,
    places: Sequence[Path],
    packings: Mapping[Side, tuple[NDArray[np.int64], Packing]],
) -> dict[Side, list[RowCounts]]:
    """The step: the files of packed rows of every side, and what each holds."""
    here.tell("writing rows")
    lengths = laid.column("tokens").astype(np.int64)
    counts: dict[Side, list[RowCounts]] = {}
    for side, (mine, packing) in packings.items():
        shards = list(_row_shards(here, side, mine, packing, lengths, places))
        counts[side] = list(engine.run(fill, shards, workers=here.workers))
        _whole(side, counts[side], lengths[mine[packing.items]])
    packed = sum(len(packing.items) for _, packing in packings.values())
    here.tally.count("rows", asked=packed, made=packed, dropped=[])
    return counts


def _whole(side: Side, written: Sequence[RowCounts], lengths: NDArray[np.int64]) -> None:
    """Raises if the rows of a side do not hold every token of its packed examples."""
    tokens = sum(one.tokens for one in written)
    if tokens != int(lengths.sum()):
        raise AssertionError(
            f"rows of {side}: examples of {int(lengths.sum())} tokens, but {tokens} written"
        )


def _row_shards(
    here: Building,
    side: Side,
    mine: NDArray[np.int64],
    packing: Packing,
    lengths: NDArray[np.int64],
    places: Sequence[Path],
) -> Iterator[RowShard]:
    items = mine[packing.items]
    ends = np.cumsum(lengths[items])[packing.offsets[1:] - 1] if len(packing) else np.zeros(0, int)
    first = number = 0
    while first < len(packing):
        done = int(ends[first - 1]) if first else 0
        last = max(first + 1, int(np.searchsorted(ends, done + FILE_TOKENS)))
        low, high = int(packing.offsets[first]), int(packing.offsets[last])
        yield RowShard(
            number=number,
            path=here.folder / f"rows-{side}-{number:05d}.parquet",
            work=here.work,
            layouts=tuple(places),
            examples=items[low:high],
            row_sizes=np.diff(packing.offsets[first : last + 1]),
        )
        first, number = last, number + 1


def write_tables(
    here: Building,
    store: Store,
    sided: Sided,
    laid: Laid,
    packings: Mapping[Side, tuple[NDArray[np.int64], Packing]],
    columns: pa.Table | None = None,
) -> None:
    """Documents, grains, drafts, examples and what was dropped, as the user gets them.

    ``columns`` are more of the examples, one row for each that was laid.
    """
    here.tell("writing tables")
    _write_documents(here, store, sided)
    tree = pq.read_table(store.folder / "tree.parquet")
    tokens = store.counts[:, 1] + store.counts[:, 2]
    grains = grains_table(
        store.cuts, store.headings, tokens, sided.sides, tree, store.document("nodes")
    )
    _write(grains, here.folder / "grains.parquet")
    shutil.copyfile(here.work / "drafts.parquet", here.folder / "drafts.parquet")
    for side, (mine, _) in packings.items():
        write_examples(here.folder / f"examples-{side}.parquet", laid, mine, columns)
    lost = here.work / "draft-dropped.jsonl"
    here.tally.write_dropped(here.folder / "dropped.parquet", lost)


def _write_documents(here: Building, store: Store, sided: Sided) -> None:
    source = pa.memory_map(str(store.folder / "texts.arrow"))
    table = pa.table(
        {
            "id": store.doc_ids,
            "source": store.document("source"),
            "text": pa.ipc.open_file(source).read_all().column("text"),
            "meta": store.document("meta"),
            "language": store.document("language"),
            "tokens": store.document("tokens"),
            "side": sided.documents,
        }
    )
    _write(with_made(table, store.folder), here.folder / "documents.parquet")


def _write(table: pa.Table, path: Path) -> None:
    with atomic(path) as part:
        pq.write_table(table, part, compression="zstd", row_group_size=1 << 16)
