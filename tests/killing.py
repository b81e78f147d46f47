"""A plan > builds of it in processes of their own, some killed with SIGKILL, and what they asked twice.

Run as a program, with a `Trial` as JSON in its only argument: it imports everything once and forks
for each attempt, so an attempt costs little more than the build itself.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parent
# So small that every step of a small plan has several shards.
SIZES = {
    "build.SHARD_BYTES": 24_000,
    "drafting.BATCH": 32,
    "laying.BATCH": 32,
    "delivery.FILE_TOKENS": 16_384,
}


@dataclass(frozen=True, kw_only=True)
class Trial:
    """Attempts at one build. ``folder`` holds plan.yaml; the run goes to ``out``.

    The first ``kills`` attempts are killed after a time drawn between 0 and ``seconds`` (``seed``),
    or, with ``renames``, an attempt is killed at each file that takes its place, once just before
    and once just after; or an attempt each at the call of a function named in ``at``. Then one is
    left to finish. ``torn`` breaks the law on purpose.
    """

    folder: str
    out: str
    workers: int = 1
    kills: int = 0
    seconds: float = 0.0
    seed: int = 0
    renames: bool = False
    torn: bool = False
    at: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How the last attempt ended (0 is well), where the others died, and requests asked again."""

    status: int
    deaths: tuple[str, ...]
    repeated: int
    seconds: float


def tried(trial: Trial, *, hash_seed: str = "0") -> Outcome:
    """The outcome of a trial in a fresh Python."""
    sources = [str(TESTS), *filter(None, [os.environ.get("PYTHONPATH")])]
    done = subprocess.run(
        [sys.executable, __file__, json.dumps(asdict(trial))],
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(sources)},
        stdout=subprocess.PIPE,
        check=True,
        timeout=300,
    )
    found = json.loads(done.stdout.splitlines()[-1])
    return Outcome(**{**found, "deaths": tuple(found["deaths"])})


def _main(trial: Trial) -> Outcome:
    for place, size in SIZES.items():
        module, name = place.split(".")
        assert hasattr(import_module(f"longgrain.{module}"), name), place
        setattr(import_module(f"longgrain.{module}"), name, size)
    draw = random.Random(trial.seed)
    deaths: list[str] = []
    repeated = 0
    while True:
        stored, before = _stored(Path(trial.out)), len(_receipts(trial))
        killed = len(deaths) < trial.kills
        start = time.perf_counter()
        status, where = _attempt(trial, draw.uniform(0, trial.seconds) if killed else None, deaths)
        seconds = time.perf_counter() - start
        repeated += sum(one in stored for one in _receipts(trial)[before:])
        if os.WIFSIGNALED(status):
            deaths.append(where)
        elif not killed or os.waitstatus_to_exitcode(status):
            code = os.waitstatus_to_exitcode(status)
            return Outcome(status=code, deaths=tuple(deaths), repeated=repeated, seconds=seconds)
        else:  # it had finished before the blow fell
            deaths.append("after the end")


def _attempt(trial: Trial, after: float | None, deaths: list[str]) -> tuple[int, str]:
    """How a forked build ended, and where it died."""
    note = Path(trial.folder) / "died"
    note.write_text("" if after is None else f"{after:.2f} s", "utf-8")
    child = os.fork()
    if not child:
        _build(trial, note, set(deaths))
    if after is not None:
        time.sleep(after)
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return status, note.read_text("utf-8")


def _build(trial: Trial, note: Path, deaths: set[str]) -> None:
    """The child: never returns."""
    from longgrain.build import build

    try:
        if trial.renames:
            _die_at_renames(note, deaths)
        if trial.torn:
            _tear(note, deaths)
        for place in trial.at:
            _die_at(place, note, deaths)
        build(Path(trial.folder) / "plan.yaml", trial.out, workers=trial.workers)
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


def _die_at_renames(note: Path, deaths: set[str]) -> None:
    """The first file that nobody died at yet is this process's last."""
    replace = Path.replace

    def deadly(self: Path, target: Any) -> Any:
        name = Path(target).name
        for when in ("before", "after"):
            if when == "after":
                replace(self, target)
            if f"{when} {name}" not in deaths:
                note.write_text(f"{when} {name}", "utf-8")
                os.kill(os.getpid(), signal.SIGKILL)
        return Path(target)

    Path.replace = deadly  # type: ignore[method-assign]


def _die_at(place: str, note: Path, deaths: set[str]) -> None:
    """A function that nobody died at yet is this process's last, wherever it was imported to."""
    module, _, name = place.rpartition(".")
    whole = getattr(import_module(f"longgrain.{module}"), name)

    def deadly(*parts: Any, **named: Any) -> Any:
        if place not in deaths:
            note.write_text(place, "utf-8")
            os.kill(os.getpid(), signal.SIGKILL)
        return whole(*parts, **named)

    for holder in [one for key, one in sys.modules.items() if key.startswith("longgrain")]:
        if getattr(holder, name, None) is whole:
            setattr(holder, name, deadly)


def _tear(note: Path, deaths: set[str]) -> None:
    """Writes a layout where it will lie, not beside it, and dies in the middle of it."""
    from longgrain import layouts

    @contextmanager
    def straight(path: Path) -> Iterator[Path]:
        yield path

    def write(*_: Any) -> None:
        note.write_text("in a layout", "utf-8")
        os.kill(os.getpid(), signal.SIGKILL)

    layouts.atomic = straight  # type: ignore[assignment]
    if not deaths:
        layouts._write_extra = write


def _receipts(trial: Trial) -> list[str]:
    path = Path(trial.folder) / "receipts.jsonl"
    return path.read_text("utf-8").splitlines() if path.is_file() else []


def _stored(out: Path) -> set[str]:
    """The requests whose answers are on disk, as a receipt has them."""
    path = out / "calls.sqlite"
    if not path.is_file():
        return set()
    with sqlite3.connect(path) as db:
        tables = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        rows = db.execute("SELECT request FROM calls WHERE final").fetchall() if tables else []
    db.close()
    asked = (json.loads(row[0]) for row in rows)
    return {
        json.dumps([one["task"], one["material"], one["index"]], ensure_ascii=False)
        for one in asked
    }


if __name__ == "__main__":
    sys.path.insert(0, str(TESTS))
    print(json.dumps(asdict(_main(Trial(**json.loads(sys.argv[1]))))))
