"""A function and shards > its results in the order of the shards: inline or in a pool of processes.

A step hands in a pure function at the top of a module and shards that pickle: small frozen
dataclasses that say what to read, which seed to use and what to write. Nothing in a shard depends
on how many workers there are, and the function writes its files with `atomic`, so the bytes are the
same however it is run and a killed run leaves whole files or none. Another engine, such as Ray, is
another way to call the same function on the same shards, and belongs into `run`.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TypeVar

from longgrain.errors import RunError


class Shard(Protocol):
    """A part of a step's work: says all that the function needs, and pickles."""

    @property
    def name(self) -> str:
        """Names the shard in errors, such as "rows-train-00003"."""
        ...


S = TypeVar("S", bound=Shard)
R = TypeVar("R")


def run(
    function: Callable[[S], R],
    shards: Iterable[S],
    *,
    workers: int = 1,
    done: Callable[[S], R | None] | None = None,
) -> Iterator[R]:
    """The result of each shard, in order; results should be small, such as counts.

    With one worker everything happens here; with more, in as many processes, at most two shards
    for each ahead of the one that is awaited. ``done`` gives the result of a shard that an earlier
    run finished, or None. An error keeps its type and gets a note with the shard's name; RunError
    if a worker dies. However it ends, shards that were not begun are not begun.
    """
    if workers < 1:
        raise ValueError(f"{workers} workers do nothing: give at least 1")
    if workers == 1:
        yield from (_inline(function, shard, done) for shard in shards)
        return
    pool = ProcessPoolExecutor(
        workers, mp_context=multiprocessing.get_context("spawn"), initializer=_prepare_worker
    )
    try:
        waiting: deque[tuple[S, Future[R] | R]] = deque()
        for shard in shards:
            result = done(shard) if done else None
            waiting.append((shard, pool.submit(function, shard) if result is None else result))
            if len(waiting) > 2 * workers:
                yield _await(*waiting.popleft())
        while waiting:
            yield _await(*waiting.popleft())
    finally:
        pool.shutdown(cancel_futures=True)


def _inline(function: Callable[[S], R], shard: S, done: Callable[[S], R | None] | None) -> R:
    result = done(shard) if done else None
    if result is not None:
        return result
    with _named(shard):
        return function(shard)


def _await(shard: S, result: Future[R] | R) -> R:
    if not isinstance(result, Future):
        return result
    try:
        with _named(shard):
            return result.result()
    except BrokenProcessPool as error:
        raise RunError(
            f"a worker died at or near shard {shard.name}, most likely for want of memory: run "
            "again with fewer workers; the shards that were finished are kept"
        ) from error


@contextmanager
def _named(shard: Shard) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        error.add_note(f"in shard {shard.name}")
        raise


def _prepare_worker() -> None:
    """A worker dies at once, and silently, at Ctrl-C and when the process that began it is gone."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    threading.Thread(target=_die_with_the_parent, daemon=True).start()


def _die_with_the_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


@contextmanager
def atomic(path: Path | str, *, fsync: bool = False) -> Iterator[Path]:
    """A temporary path beside ``path`` to write to; it takes the path's place when all went well.

    After an error it is removed, and what stood at ``path`` stands. A process that is killed leaves
    it behind, hidden, and the next writer writes over it. With ``fsync`` the file also survives a
    power cut.
    """
    path = Path(path)
    part = path.with_name(f".part-{path.name}")
    try:
        yield part
        if fsync:
            _sync(part)
        part.replace(path)
    except BaseException:
        if part.is_dir():
            shutil.rmtree(part)
        part.unlink(missing_ok=True)
        raise
    if fsync:
        _sync(path.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
