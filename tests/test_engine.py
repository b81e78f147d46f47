"""The engine: the same results in the same order, whoever does the work, and however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from longgrain.engine import atomic, run
from longgrain.errors import PlanError, RunError

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    name: str
    folder: Path
    number: int


def square(shard: Numbers) -> tuple[int, int]:
    """The square, and who made it; earlier shards take longer."""
    time.sleep(0.02 * max(0, 5 - shard.number))
    with atomic(shard.folder / shard.name) as path:
        path.write_text(str(shard.number**2))
    return shard.number**2, os.getpid()


def fail_at_three(shard: Numbers) -> int:
    if shard.number == 3:
        raise PlanError("three is not possible")
    return shard.number


def die_at_three(shard: Numbers) -> int:
    if shard.number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return shard.number


def shards(folder: Path, count: int = 8) -> list[Numbers]:
    return [Numbers(name=f"shard-{n}", folder=folder, number=n) for n in range(count)]


def test_results_and_files_are_the_same_inline_and_in_processes(tmp_path: Path) -> None:
    made = []
    for workers in (1, 2):
        folder = tmp_path / str(workers)
        folder.mkdir()
        results = list(run(square, shards(folder), workers=workers))
        assert [result for result, _ in results] == [n**2 for n in range(8)]
        assert ({pid for _, pid in results} == {os.getpid()}) == (workers == 1)
        made.append({path.name: path.read_text() for path in folder.iterdir()})
    assert made[0] == made[1] == {f"shard-{n}": str(n**2) for n in range(8)}


@pytest.mark.parametrize("workers", [1, 2])
def test_finished_shards_are_not_worked_on_again(tmp_path: Path, workers: int) -> None:
    def done(shard: Numbers) -> tuple[int, int] | None:
        return (-1, 0) if shard.number < 3 else None

    results = [result for result, _ in run(square, shards(tmp_path), workers=workers, done=done)]
    assert results == [-1, -1, -1, *(n**2 for n in range(3, 8))]
    assert not (tmp_path / "shard-2").exists()


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_keeps_its_type_and_names_its_shard(tmp_path: Path, workers: int) -> None:
    results = run(fail_at_three, shards(tmp_path), workers=workers)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(PlanError, match="three is not possible") as caught:
        next(results)
    assert caught.value.__notes__ == ["in shard shard-3"]


def test_a_worker_that_dies_gives_an_error_with_a_next_step(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"a worker died .* run again with fewer workers"):
        list(run(die_at_three, shards(tmp_path), workers=2))


@pytest.mark.parametrize("workers", [1, 2])
def test_shards_are_drawn_only_as_they_are_needed(tmp_path: Path, workers: int) -> None:
    drawn = []

    def endless() -> Iterator[Numbers]:
        for shard in shards(tmp_path, 1000):
            drawn.append(shard.number)
            yield shard

    results = run(square, endless(), workers=workers)
    assert [next(results)[0] for _ in range(5)] == [0, 1, 4, 9, 16]
    assert len(drawn) <= 5 + 2 * workers
    results.close()  # type: ignore[attr-defined]


def test_no_workers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        next(run(square, shards(tmp_path), workers=0))


SLOW = """
import os, sys, time
from pathlib import Path
from longgrain.engine import run
from tests.test_engine import shards, slow
if __name__ == "__main__":
    print("begun", flush=True)
    try:
        for number in run(slow, shards(Path(sys.argv[1]), 100), workers=2):
            print(number, flush=True)
    except KeyboardInterrupt:
        sys.exit(130)
"""


def slow(shard: Numbers) -> int:
    (shard.folder / f"pid-{os.getpid()}").touch()
    time.sleep(0.05)
    return shard.number


def slow_run(folder: Path) -> subprocess.Popen[str]:
    """A run with two workers that has finished a few shards, in a process group of its own."""
    script = folder / "slow_run.py"
    script.write_text(SLOW)
    process = subprocess.Popen(
        [sys.executable, str(script), str(folder)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        start_new_session=True,
        # Under nohup, or in the background of a shell, a child would be born deaf to Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    for _ in range(4):
        process.stdout.readline()
    return process


def living_workers(folder: Path) -> list[int]:
    pids = [int(path.name.removeprefix("pid-")) for path in folder.glob("pid-*")]
    assert pids
    return [pid for pid in pids if is_alive(pid)]


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A process that has ended stays listed, as a zombie, until its new parent asks after it.
    stat = Path(f"/proc/{pid}/stat")
    if stat.exists():
        return stat.read_text().rpartition(")")[2].split()[0] != "Z"
    done = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)
    return done.stdout.strip()[:1] not in ("", "Z")


def wait_until_none_lives(folder: Path) -> None:
    deadline = time.monotonic() + 10
    while living_workers(folder) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert living_workers(folder) == []


@pytest.mark.parametrize("whole_group", [True, False])
def test_ctrl_c_stops_quietly_and_leaves_no_worker(tmp_path: Path, whole_group: bool) -> None:
    process = slow_run(tmp_path)
    (os.killpg if whole_group else os.kill)(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in errors
    wait_until_none_lives(tmp_path)


def test_kill_9_leaves_no_worker(tmp_path: Path) -> None:
    process = slow_run(tmp_path)
    process.kill()
    process.communicate(timeout=30)
    wait_until_none_lives(tmp_path)


def test_an_atomic_file_appears_whole(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    with atomic(path, fsync=True) as part:
        part.write_text("half")
        assert not path.exists()
        assert part.parent == path.parent
        assert part.suffix == path.suffix
        part.write_text("whole")
    assert [p.name for p in tmp_path.iterdir()] == ["rows.parquet"]
    assert path.read_text() == "whole"


def test_after_an_error_the_old_file_stands_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    path.write_text("old")

    def write_half() -> None:
        with atomic(path) as part:
            part.write_text("half")
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_half()
    assert [p.name for p in tmp_path.iterdir()] == ["rows.parquet"]
    assert path.read_text() == "old"
