"""Verdicts on examples, and the run that holds these > the share accepted by recipe, kind, depth, length, language."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from longgrain.review.decision import Decision
from longgrain.review.figures import Figure, mean_of

# Bins of depth, and the upper ends of those of length in tokens.
DEPTHS, LENGTHS = 5, (1024, 2048, 4096, 8192, 16384, 32768, 65536, 131072)
BY = ("recipe", "kind", "language", "length", "depth")


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The verdicts on the examples of one group; ``share`` of them are accepted as they are."""

    by: str
    name: str
    accepted: int
    edited: int
    rejected: int
    share: Figure


def acceptance(decisions: Sequence[Decision], run: Path | None) -> tuple[tuple[Group, ...], int]:
    """All together first, then group by group; and how many verdicts are about no example of the run."""
    if not decisions:
        return (), 0
    told = _examples(run) if run and (run / "drafts.parquet").is_file() else {}
    found: dict[tuple[str, str], list[Decision]] = defaultdict(list)
    for one in decisions:
        found["all", ""].append(one)
        for by, name in told.get(one.item, {}).items():
            found[by, name].append(one)
    order = ("all", *BY)
    names = sorted(found, key=lambda key: (order.index(key[0]), _number(key[1]), key[1]))
    unknown = sum(one.item not in told for one in decisions) if told else 0
    return tuple(_group(*key, found[key]) for key in names), unknown


def _number(name: str) -> float:
    """Bins by size, names by their letters."""
    digits = name.removeprefix("up to ").split("-")[0].rstrip("%").replace(",", "")
    return float(digits) if digits.isdigit() else float("inf")


def _group(by: str, name: str, mine: Sequence[Decision]) -> Group:
    counts = {verdict: sum(one.verdict == verdict for one in mine) for verdict in _VERDICTS}
    return Group(
        by=by,
        name=name,
        accepted=counts["accept"],
        edited=counts["edit"],
        rejected=counts["reject"],
        share=mean_of([float(one.verdict == "accept") for one in mine], [one.item for one in mine]),
    )


_VERDICTS = ("accept", "edit", "reject")


def _examples(run: Path) -> dict[str, Mapping[str, str]]:
    """Example > the groups it is in."""
    names = ["recipe", "kind", "language"]
    drafts = pq.read_table(run / "drafts.parquet", columns=names).to_pylist()
    found: dict[str, Mapping[str, str]] = {}
    for path in sorted(run.glob("examples-*.parquet")):
        table = pq.read_table(path, columns=["id", "draft", "tokens", "depths"])
        for one in table.to_pylist():
            told = {name: str(drafts[one["draft"]][name] or "?") for name in names}
            found[one["id"]] = told | dict(_bins(one))
    return found


def _bins(example: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    tokens, depths = example["tokens"], example["depths"]
    most = next((one for one in LENGTHS if tokens <= one), None)
    yield "length", f"up to {most:,}" if most else f"over {LENGTHS[-1]:,}"
    if depths:
        at = min(DEPTHS - 1, int(sum(depths) / len(depths) * DEPTHS))
        width = 100 // DEPTHS
        yield "depth", f"{at * width}-{(at + 1) * width}%"
