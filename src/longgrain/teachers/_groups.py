"""A coroutine that hands over items > the items in the caller's thread, in lists as they arrive.

The coroutine runs in a thread of its own, so it also works where a loop is running already, such as
in a notebook, and calls go on while the caller stores what came back.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class _End:
    """The coroutine is over, and may have failed."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


class _Runner(Generic[T]):
    def __init__(self, work: Callable[[Callable[[T], None]], Coroutine[Any, Any, None]]) -> None:
        self.arrived: SimpleQueue[T | _End] = SimpleQueue()
        self._work = work
        self._loop = asyncio.new_event_loop()
        self._task: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._run, name="teacher", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        error: BaseException | None = None
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            try:
                runner.run(self._main())
            except BaseException as raised:
                error = raised
        self.arrived.put(_End(error))

    async def _main(self) -> None:
        self._task = asyncio.current_task()
        await self._work(self.arrived.put)

    def stop(self) -> None:
        """Cancels what is still going on, and waits until it is over."""
        if self._task is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join()


def groups(
    work: Callable[[Callable[[T], None]], Coroutine[Any, Any, None]],
) -> Iterator[list[T]]:
    """Lists of what ``work`` puts; what it raises is raised after its last item."""
    runner: _Runner[T] = _Runner(work)
    end: _End | None = None
    try:
        while end is None:
            some = [runner.arrived.get()]
            try:
                while True:
                    some.append(runner.arrived.get_nowait())
            except Empty:
                pass
            if isinstance(last := some[-1], _End):
                end = last
            items = [one for one in some if not isinstance(one, _End)]
            if items:
                yield items
    finally:
        if end is None:
            runner.stop()
    if end.error is not None:
        raise end.error
