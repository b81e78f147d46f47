"""Files of decisions, stores and reviewed runs > their decisions in time, each with the draft it is about.

An example's id belongs to one layout of one run. The next build lays out the same draft anew, so it
is the draft's id by which a decision is known there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import orjson
import pyarrow.parquet as pq

from longgrain.engine import atomic
from longgrain.errors import PlanError, RunError
from longgrain.review.decision import Decision, read
from longgrain.review.store import FILE, Store

# What `Decision.shown` calls the id of the draft of an example.
DRAFT = "draft"
# Beside a store, and kept with it: example > draft, of runs that were built anew in the same folder.
KEPT = f"{FILE}.drafts.json"


def gather(paths: Iterable[Path]) -> list[Decision]:
    """All decisions of all files, ordered by time; each file may be a run's folder.

    Raises PlanError for a file that is not there, RunError for a line that is no decision.
    """
    found = [one for path in paths for one in decisions_in(path)]
    return sorted(found, key=made_at)


def made_at(decision: Decision) -> datetime:
    """When a decision was made; what says no time was made before all others."""
    try:
        at = datetime.fromisoformat(decision.at)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def decisions_in(path: Path) -> list[Decision]:
    """The decisions of one file, in its order."""
    file = path / FILE if path.is_dir() else path
    if not file.is_file():
        raise PlanError(
            f"there are no decisions at {path}, so none can be followed; give a JSONL file of "
            f"decisions, a {FILE}, or the folder of a run that was reviewed"
        )
    found = _stored(file) if file.suffix == ".sqlite" else _lines(file)
    return [_known(one, file.parent) for one in found]


def _stored(file: Path) -> list[Decision]:
    store = Store(file)
    try:
        return list(store.decisions())
    finally:
        store.close()


def _lines(file: Path) -> list[Decision]:
    found = []
    for number, line in enumerate(file.read_bytes().splitlines(), 1):
        if line.strip():
            try:
                found.append(read(line))
            except RunError as error:
                raise RunError(f"{file}, line {number}: {error}") from error
    return found


def _known(decision: Decision, folder: Path) -> Decision:
    """The decision with the id of its draft, where it does not say it and the folder can tell."""
    if decision.kind != "example" or DRAFT in decision.shown:
        return decision
    draft = drafts_of(folder.resolve(), _stamp(folder)).get(decision.item)
    return replace(decision, shown={**decision.shown, DRAFT: draft}) if draft else decision


def draft_of(decision: Decision) -> str:
    """The id of the draft that a decision is about, or the item's own where no draft is known."""
    return str(decision.shown.get(DRAFT) or decision.item)


def _stamp(folder: Path) -> int:
    """Changes when a run is built anew in the folder."""
    paths = [folder / "manifest.json", folder / KEPT]
    return sum(path.stat().st_mtime_ns for path in paths if path.is_file())


@cache
def drafts_of(folder: Path, stamp: int = 0) -> dict[str, str]:
    """Example > draft, of the run in a folder and of those that were there before."""
    kept = folder / KEPT
    found: dict[str, str] = orjson.loads(kept.read_bytes()) if kept.is_file() else {}
    drafts = folder / "drafts.parquet"
    if not drafts.is_file():
        return found
    names = pq.read_table(drafts, columns=["id"])["id"].to_pylist()
    for path in sorted(folder.glob("examples-*.parquet")):
        table = pq.read_table(path, columns=["id", "draft"])
        numbers = table["draft"].to_pylist()
        found |= {
            str(one): str(names[draft])
            for one, draft in zip(table["id"].to_pylist(), numbers, strict=True)
        }
    return found


def keep_drafts(folder: Path) -> None:
    """Before a reviewed run is cleared: writes down which draft each of its examples was."""
    if (folder / FILE).is_file():
        with atomic(folder / KEPT) as part:
            part.write_bytes(orjson.dumps(drafts_of(folder.resolve(), _stamp(folder))))
