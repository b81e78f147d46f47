"""What a server said to the last calls > how many may be in flight, and how long to wait.

Additive increase, multiplicative decrease, as TCP does it: one more call in flight for every round
trip that went well (and, until the first trouble, for every call), half as many when the server is
overloaded, once for all the calls that were in flight then.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

# Seconds: the first wait of a call that failed, the longest between two tries, and the longest that
# a server's own Retry-After is obeyed before it is asked again.
FIRST_WAIT, LONGEST_WAIT, LONGEST_RETRY_AFTER = 0.5, 60.0, 120.0

# What is left of the calls in flight after a 429. TCP halves; many servers refuse a few calls at any
# load, and at one refusal in ten 0.7 keeps 5.3 calls in flight where 0.5 keeps 3.9.
DECREASE = 0.7


class Clock:
    """Time as it passes; tests bring one that runs faster."""

    def now(self) -> float:
        """Seconds that only ever grow."""
        return time.monotonic()

    def today(self) -> float:
        """Seconds since 1970, as dates in headers mean them."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Lets other calls go on meanwhile."""
        await asyncio.sleep(seconds)


@dataclass(slots=True, kw_only=True)
class Pace:
    """How many calls may be in flight: between 1 and ``most``, starting from ``limit``."""

    most: int
    clock: Clock
    limit: float = 1.0
    climbing: bool = True
    """Whether the server has never been overloaded."""
    _flying: int = 0
    _not_before: float = 0.0
    _lowered: float = -1.0
    _room: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def enter(self) -> float:
        """Waits until one more call may be made; the time it begins."""
        async with self._room:
            await self._room.wait_for(lambda: self._flying < max(1, int(self.limit)))
            self._flying += 1
        try:
            while (wait := self._not_before - self.clock.now()) > 0:
                await self.clock.sleep(wait)
        except BaseException:
            self._flying -= 1
            raise
        return self.clock.now()

    async def leave(self, began: float, *, well: bool, busy: bool = False, wait: float = 0) -> None:
        """A call is over: it went well, the server was busy (and asked for a wait), or neither."""
        self._flying -= 1
        if well:
            step = 1.0 if self.climbing else 1.0 / self.limit
            self.limit = min(float(self.most), self.limit + step)
        elif busy:
            self.climbing = False
            if began > self._lowered:
                self.limit = max(1.0, self.limit * DECREASE)
                self._lowered = self.clock.now()
            self._not_before = max(self._not_before, self.clock.now() + wait)
        async with self._room:
            self._room.notify_all()


def backoff(seed: int | None, key: str, tries: int, told: float = 0.0) -> float:
    """Seconds to wait after so many tries: what the server told, or doubling.

    The jitter, without which all would come back at once, is decided by the seed and the call.
    """
    jitter = random.Random(f"{seed}/{key}/{tries}").random()
    if told:
        return told * (1 + jitter / 4)
    return min(LONGEST_WAIT, FIRST_WAIT * 2.0**tries) * (0.5 + jitter / 2)


def retry_after(headers: Mapping[str, str], clock: Clock) -> float:
    """Seconds that a server asks to wait (a number or an HTTP date), at most two minutes; 0 for none."""
    try:
        if "retry-after-ms" in headers:
            seconds = float(headers["retry-after-ms"]) / 1000
        else:
            seconds = _seconds(headers.get("retry-after", "0"), clock)
    except (ValueError, OverflowError):
        return 0.0
    return min(max(0.0, seconds), LONGEST_RETRY_AFTER)


def _seconds(told: str, clock: Clock) -> float:
    try:
        return float(told)
    except ValueError:
        return parsedate_to_datetime(told).timestamp() - clock.today()
