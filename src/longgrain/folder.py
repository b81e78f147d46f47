"""The folder of a run while it is built: whose it is, what may be cleared, the pages at its end."""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

from longgrain.card import write_card
from longgrain.engine import atomic
from longgrain.errors import RunError
from longgrain.forecast import FILE as FORECAST
from longgrain.forecast import LEDGER
from longgrain.manifest import Tally
from longgrain.plan import Plan
from longgrain.report import write_report
from longgrain.review.gathered import keep_drafts
from longgrain.review.store import FILE as REVIEW
from longgrain.run import Run

# Which plan and inputs the folder is for.
STATE = "state.json"

Progress = Callable[[str], None]


@dataclass(kw_only=True)
class Building:
    """One build in progress: the plan, where its files lie, and what was counted so far."""

    plan: Plan
    folder: Path
    workers: int
    tell: Progress
    ledger: Path | None = None
    """Where calls are stored, in the folder itself if empty; a sample's lie where its build will go."""
    tally: Tally = field(default_factory=Tally)

    @property
    def work(self) -> Path:
        """Files between the steps."""
        return self.folder / "work"

    @property
    def calls(self) -> Path:
        """The ledger of teacher calls."""
        return self.ledger or self.folder / LEDGER


def prepare(here: Building, state: Mapping[str, Any], *, replace: bool) -> bool:
    """Makes the folder ready; True if the run is already finished there."""
    mark = here.folder / STATE
    before = orjson.loads(mark.read_bytes()) if mark.is_file() else None
    finished = before == state and (here.folder / "manifest.json").is_file()
    if finished and not replace:
        finish(here)
        return True
    if before is None:
        refuse_foreign(here.folder)
    if before and before != state and not replace and _is_worth_keeping(here.folder):
        what = "another plan" if before.get("plan") != state["plan"] else "other documents"
        raise RunError(
            f"{here.folder} holds a run of {what}, and a run is never mixed; give another "
            "folder with --out, or --replace to build anew here (stored teacher calls are kept)"
        )
    if before is not None and (before != state or finished):
        _clear(here.folder)
    here.work.mkdir(parents=True, exist_ok=True)
    _mark(here.folder, state)
    with atomic(here.folder / "plan.yaml") as part:
        part.write_text(here.plan.as_yaml(), "utf-8")
    return False


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Holds the folder against a second build while this one lasts; a killed one holds nothing.

    Raises RunError if another build is at work there. Where folders cannot be locked (Windows, some
    network file systems) two builds are not kept apart.
    """
    folder.mkdir(parents=True, exist_ok=True)
    held = None if fcntl is None else os.open(folder, os.O_RDONLY)
    try:
        if held is not None:
            _lock(held, folder)
        yield
    finally:
        if held is not None:
            os.close(held)


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Python looks for dead cycles seldom while this lasts.

    Drafting makes millions of small objects and hardly a cycle; looking for them took 3% of a build.
    """
    before = gc.get_threshold()
    gc.set_threshold(100_000, 20, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _lock(held: int, folder: Path) -> None:
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise RunError(
            f"another build is at work in {folder}, and two would mix their files: wait for it, or "
            "give another folder with --out"
        ) from None
    except OSError:  # a file system without locks
        return


def finish(here: Building) -> None:
    """Writes the pages that tell of a run where they are missing, and clears up."""
    run = Run(here.folder)
    for name, write in (("README.md", write_card), ("report.html", write_report)):
        if not (here.folder / name).exists():
            here.tell(f"writing {name}")
            write(run)
    shutil.rmtree(here.work, ignore_errors=True)
    (here.folder / FORECAST).unlink(missing_ok=True)  # the manifest holds it by now


def refuse_foreign(folder: Path) -> None:
    """Raises RunError if the folder holds what neither a pilot nor a build left there."""
    own = ("work", f".part-{STATE}", STATE, FORECAST)
    held = folder.iterdir() if folder.exists() and not (folder / STATE).is_file() else ()
    if any(path.name not in own and not path.name.startswith(LEDGER) for path in held):
        raise RunError(
            f"{folder} is no run of longgrain and is not empty, so nothing was written; give "
            "another folder with --out"
        )


def _is_worth_keeping(folder: Path) -> bool:
    """Whether a teacher was asked or a run finished; a build that stopped earlier read at most."""
    return any((folder / name).exists() for name in ("calls.sqlite", "manifest.json"))


def _mark(folder: Path, state: Mapping[str, str]) -> None:
    with atomic(folder / STATE) as part:
        part.write_bytes(orjson.dumps(state))


def _clear(folder: Path) -> None:
    """Removes all but the forecast, what a teacher and people said, and calls out by file.

    An empty state says so, in case it is stopped.
    """
    _mark(folder, {})
    keep_drafts(folder)
    for path in folder.iterdir():
        if path.name.startswith((LEDGER, REVIEW, "batch-")) or path.name in (STATE, FORECAST):
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
