"""Everything counted in a build > manifest.json, and dropped.parquet."""

from __future__ import annotations

import hashlib
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from longgrain.engine import atomic
from longgrain.types import Dropped

DROPPED = pa.schema({name: pa.string() for name in ("step", "id", "reason", "detail")})
LOSS = (
    "Rows carry raw weights (the loss of each span). Divide the weighted sum of token losses by the "
    "sum of weights for a token mean, or, as LongAlign does, each example's by its learned tokens and "
    "the batch by its number of examples, so that long answers do not outweigh short ones."
)
STEPS = ("read", "split", "draft", "check", "assemble", "balance", "pack", "rows")
# A plan that wishes for no mix has no such step.
OPTIONAL = ("balance",)
# Drafts are many and stream: what falls in these steps lies in a file, not in memory.
STREAMED = ("draft", "check")


@dataclass(kw_only=True)
class Tally:
    """Counts of one build as it goes on: items and seconds by step, guards, what was dropped."""

    items: dict[str, tuple[int, int]] = field(default_factory=dict)
    dropped: dict[str, list[Dropped]] = field(default_factory=dict)
    seconds: dict[str, tuple[float, float]] = field(default_factory=dict)
    guards: Counter[str] = field(default_factory=Counter)
    draft: dict[str, Any] = field(default_factory=dict)
    lost_drafts: dict[str, Counter[str]] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Times a step: seconds on the wall, and of all processes."""
        wall, cpu = time.perf_counter(), _cpu()
        yield
        self.seconds[name] = (time.perf_counter() - wall, _cpu() - cpu)

    def count(self, step: str, *, asked: int, made: int, dropped: Sequence[Dropped]) -> None:
        """What a step was given, what it made, and what fell. Raises if that does not add up."""
        if asked != made + len(dropped):
            raise AssertionError(
                f"step {step}: {asked} asked, but {made} made and {len(dropped)} dropped"
            )
        self.items[step] = (asked, made)
        self.dropped[step] = list(dropped)

    def drafted(self, counts: Mapping[str, Any]) -> None:
        """What the drafting step wrote down."""
        self.draft = dict(counts)
        self.guards.update(counts["guards"])
        sound, lost = sum(counts["made"].values()), counts["dropped"]
        made = sound + lost.get("check", 0)
        self.items["draft"] = (made + lost.get("draft", 0), made)
        self.items["check"] = (made, sound)

    def write_dropped(self, path: Path, lost_drafts: Path) -> None:
        """dropped.parquet: all that fell, in the order of the steps."""
        with atomic(path) as part, pq.ParquetWriter(part, DROPPED, compression="zstd") as writer:
            for step in STEPS:
                for batch in _batches(self._lost(step, lost_drafts)):
                    writer.write_table(pa.Table.from_pylist(batch, DROPPED))

    def _lost(self, step: str, lost_drafts: Path) -> Iterator[dict[str, str]]:
        if step in STREAMED:
            reasons = self.lost_drafts[step] = Counter()
            with lost_drafts.open("rb") as file:
                for one in map(orjson.loads, file):
                    if one["step"] == step:
                        reasons[one["reason"]] += 1
                        yield one
        yield from (asdict(one) for one in self.dropped.get(step, ()))

    def steps(self) -> list[dict[str, Any]]:
        """The steps as the manifest lists them."""
        found = []
        for step in STEPS:
            if step in OPTIONAL and step not in self.items:
                continue
            asked, made = self.items.get(step, (0, 0))
            reasons = Counter(one.reason for one in self.dropped.get(step, ()))
            reasons = self.lost_drafts.get(step, reasons)
            wall, cpu = self.seconds.get(step, (0.0, 0.0))
            found.append(
                {
                    "step": step,
                    "asked": asked,
                    "made": made,
                    "dropped": dict(reasons.most_common()),
                    "seconds": round(wall, 3),
                    "cpu_seconds": round(cpu, 3),
                }
            )
        return found


def _batches(items: Iterator[dict[str, str]]) -> Iterator[list[dict[str, str]]]:
    some: list[dict[str, str]] = []
    for item in items:
        some.append(item)
        if len(some) == 10_000:
            yield some
            some = []
    if some:
        yield some


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def peak_memory_mb() -> int:
    """The largest resident size of this process and of any child so far, in MB."""
    used = [resource.getrusage(who).ru_maxrss for who in (0, -1)]
    return int(max(used) / (1 << 20 if sys.platform == "darwin" else 1 << 10))


def sha256_of(path: Path) -> str:
    """The hash of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def outputs(folder: Path) -> list[dict[str, Any]]:
    """Name, hash and size of every table of the run."""
    return [
        {"file": path.name, "sha256": sha256_of(path), "bytes": path.stat().st_size}
        for path in sorted(folder.glob("*.parquet"))
    ]


def sampled(lengths: np.ndarray[Any, Any], most: int = 5000) -> list[int]:
    """At most so many of the lengths, evenly over their sorted order."""
    ordered = np.sort(lengths)
    at = np.linspace(0, len(ordered) - 1, min(most, len(ordered))).astype(int)
    return [int(length) for length in ordered[at]]


def head(name: str, plan_id: str, seed: int) -> dict[str, Any]:
    """The first lines of a manifest."""
    return {
        "name": name,
        "plan_id": plan_id,
        "seed": seed,
        "version": version("longgrain"),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def write_manifest(folder: Path, values: Mapping[str, Any]) -> None:
    """manifest.json, the last file of a build: where it stands, the run is finished."""
    with atomic(folder / "manifest.json") as part:
        part.write_bytes(orjson.dumps(values, option=orjson.OPT_INDENT_2))
