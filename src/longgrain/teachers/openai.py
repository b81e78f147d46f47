"""Requests > answers of a language model behind any OpenAI-compatible endpoint, as fast as it allows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from longgrain.errors import PlanError, TeacherError
from longgrain.teachers import _pace
from longgrain.teachers._chat import (
    Chat,
    Dialect,
    Messages,
    Said,
    advance,
    conversation,
)
from longgrain.teachers._endpoint import Endpoint, Trouble, learned
from longgrain.teachers._groups import groups
from longgrain.teachers._pace import Pace, backoff
from longgrain.teachers._speech import speech
from longgrain.types import Answered, Refused, Request

# So many requests in a row that came to nothing are the server's fault and not theirs.
STRIKES = 32
# A server that was never reached is not there: no sense in trying for minutes.
TRIES_UNREACHED = 2

Put = Callable[[tuple[str, Answered | Refused]], None]


@dataclass(slots=True)
class _Known:
    """What was learned of a server, kept from one stream to the next."""

    dialect: Dialect = field(default_factory=Dialect)
    limit: float = 1.0
    climbing: bool = True
    reached: bool = False
    answered: bool = False
    strikes: int = 0
    """Requests in a row that came to nothing for now."""
    unread: int = 0
    """And calls in a row that it could not read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAI(Chat):
    """A chat model by ``base_url`` and ``model``: vLLM, Ollama, llama.cpp, OpenAI, Azure.

    The key comes from OPENAI_API_KEY, or AZURE_OPENAI_API_KEY with ``api_version``, and never from
    the plan; a server of your own needs none.
    """

    base_url: str = ""
    """Ends in /v1 as a rule; OPENAI_BASE_URL or AZURE_OPENAI_ENDPOINT where it is empty."""
    api_version: str = ""
    """Azure's; with it, ``model`` is the deployment."""
    concurrency: int = 32
    """Calls in flight at most; how many there are depends on how the server takes them."""
    timeout: float = 300.0
    """Seconds until a call without a reply is given up."""
    retries: int = 5
    """How often a call that failed (5xx, no reply, a broken connection) is made again."""
    patience: float = 900.0
    """Seconds that one request may be put off by an overloaded server."""
    _known: _Known = field(default_factory=_Known, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """PlanError for what cannot be."""
        Chat.__post_init__(self)
        if self.concurrency < 1 or self.retries < 0 or min(self.timeout, self.patience) <= 0:
            raise PlanError(
                f"teacher openai with concurrency {self.concurrency}, retries {self.retries}, "
                f"timeout {self.timeout}, patience {self.patience}: no call could be made; allow "
                "one at a time and some seconds"
            )

    @property
    def name(self) -> str:
        """The shelf's name and the model's."""
        return f"openai:{self.model}"

    def ask(self, requests: Sequence[Request]) -> Sequence[Answered | Refused]:
        """An answer or refusal for each request, in order."""
        calls = [(str(number), request) for number, request in enumerate(requests)]
        found = dict(pair for some in self.stream(calls) for pair in some)
        return [found[one] for one, _ in calls]

    def stream(
        self, calls: Sequence[tuple[str, Request]]
    ) -> Iterator[list[tuple[str, Answered | Refused]]]:
        """Lists of key and answer as they arrive.

        Raises TeacherError where the server or the settings are at fault and not a request.
        """
        if calls:
            yield from groups(partial(self._serve, calls))

    def speak(self, request: Request) -> Iterator[str | Answered | Refused]:
        """The words of one answer as they come, then the answer or why there is none.

        A call that failed before its first word is made again. Raises TeacherError where the server
        or the settings are at fault.
        """
        for some in groups(partial(self._speak, request)):
            yield from some

    async def _speak(
        self, request: Request, put: Callable[[str | Answered | Refused], None]
    ) -> None:
        clock = _pace.Clock()
        endpoint = Endpoint.open(self.base_url, self.api_version, self.timeout, clock)
        talk = conversation(self, request)
        turn = advance(talk, None)
        async with endpoint.client:
            for tries in range(1 + self.retries):
                if isinstance(turn, Answered | Refused):
                    break
                words = 0
                said: Said | Trouble | None = None
                async for piece in speech(endpoint, self.body(request, turn, self._known.dialect)):
                    if isinstance(piece, str):
                        words += 1
                        put(piece)
                    else:
                        said = piece
                if isinstance(said, Trouble):
                    self._known.reached |= not said.unreached
                    known = self._known
                    if said.kind == "unfit" and (other := learned(known.dialect, said.said)):
                        known.dialect = other
                        continue
                    passing = said.kind in ("busy", "failed") and not words
                    if passing and tries < self._tries(said):
                        await clock.sleep(backoff(self.seed, "speech", tries, said.wait))
                        continue
                    turn = self._unsaid(said, tries, endpoint)
                elif said is not None:
                    turn = advance(talk, said)
        if isinstance(turn, Answered | Refused):
            put(turn)

    def _unsaid(self, said: Trouble, tries: int, endpoint: Endpoint) -> Refused:
        """The refusal of a call that failed, or TeacherError."""
        if said.kind in ("busy", "failed"):
            return self._exhausted(said, tries, 0.0, endpoint)
        return self._given_up(said, endpoint)

    async def _serve(self, calls: Sequence[tuple[str, Request]], put: Put) -> None:
        clock = _pace.Clock()
        known = self._known
        pace = Pace(most=self.concurrency, clock=clock, limit=known.limit, climbing=known.climbing)
        endpoint = Endpoint.open(self.base_url, self.api_version, self.timeout, clock)
        waiting = iter(calls)
        try:
            async with endpoint.client, asyncio.TaskGroup() as tasks:
                for _ in range(min(self.concurrency, len(calls))):
                    tasks.create_task(self._work(waiting, endpoint, pace, put))
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from None
        finally:
            known.limit, known.climbing = pace.limit, pace.climbing

    async def _work(
        self, waiting: Iterator[tuple[str, Request]], endpoint: Endpoint, pace: Pace, put: Put
    ) -> None:
        """One request after the other."""
        for key, request in waiting:
            answer = await self._answer(key, request, endpoint, pace)
            put((key, answer))
            known = self._known
            passing = isinstance(answer, Refused) and not answer.final
            known.strikes = known.strikes + 1 if passing else 0
            if isinstance(answer, Refused) and max(known.strikes, known.unread) >= STRIKES:
                raise TeacherError(
                    f"{STRIKES} requests in a row came to nothing at {endpoint.address} (model "
                    f"{self.model!r}), the last one because: {answer.reason}; what was answered is "
                    "stored: see to the server and run the same build again"
                )

    async def _answer(
        self, key: str, request: Request, endpoint: Endpoint, pace: Pace
    ) -> Answered | Refused:
        """One conversation to its end."""
        talk = conversation(self, request)
        turn = advance(talk, None)
        while not isinstance(turn, Answered | Refused):
            if len(turn) > len(request.prompt):
                # Its JSON did not meet the schema, so it does not enforce one: say it in words.
                known = self._known
                known.dialect = replace(known.dialect, spoken=True)
            turn = advance(talk, await self._said(key, request, turn, endpoint, pace))
        return turn

    async def _said(
        self, key: str, request: Request, messages: Messages, endpoint: Endpoint, pace: Pace
    ) -> Said | Refused:
        """What the server says in the end, however often it must be asked; or why it says nothing."""
        tries, began = 0, pace.clock.now()
        other: Dialect | None = None
        while True:
            said, dialect = await self._once(request, messages, other, endpoint, pace)
            if isinstance(said, Said):
                self._known.answered, self._known.unread = True, 0
                self._known.dialect = other or self._known.dialect
                return said
            if said.kind == "unfit" and (other := learned(dialect, said.said)):
                continue
            if said.kind in ("unfit", "stop", "refused"):
                return self._given_up(said, endpoint)
            put_off = pace.clock.now() - began
            if put_off > self.patience or (said.kind == "failed" and tries >= self._tries(said)):
                return self._exhausted(said, tries, put_off, endpoint)
            await pace.clock.sleep(backoff(self.seed, key, tries, said.wait))
            tries += 1

    async def _once(
        self,
        request: Request,
        messages: Messages,
        other: Dialect | None,
        endpoint: Endpoint,
        pace: Pace,
    ) -> tuple[Said | Trouble, Dialect]:
        """One call, in another dialect or the one known by the time that there is room for it."""
        began = await pace.enter()
        dialect = other or self._known.dialect
        said: Said | Trouble = Trouble(kind="failed", said="it was interrupted")
        try:
            said = await endpoint.say(self.body(request, messages, dialect))
        finally:
            if isinstance(said, Said):
                await pace.leave(began, well=True)
            else:
                busy = said.kind == "busy" or said.slow
                await pace.leave(began, well=False, busy=busy, wait=said.wait)
        self._known.reached |= isinstance(said, Said) or not said.unreached
        return said, dialect

    def _tries(self, said: Trouble) -> int:
        never_there = said.unreached and not self._known.reached
        return min(self.retries, TRIES_UNREACHED) if never_there else self.retries

    def _given_up(self, said: Trouble, endpoint: Endpoint) -> Refused:
        """The refusal of one request, or TeacherError where no request would fare better."""
        if said.kind == "refused":
            return Refused(reason=said.said)
        if said.kind == "unfit" and self._known.answered:
            self._known.unread += 1
            return Refused(reason=f"the server cannot read this request: {said.said}")
        raise TeacherError(
            f"{endpoint.address} does not answer for model {self.model!r} ({said.said}), so "
            "nothing can be asked of it; check base_url (most end in /v1), the model's name, and "
            "the key in OPENAI_API_KEY or AZURE_OPENAI_API_KEY; what was answered is stored"
        )

    def _exhausted(self, said: Trouble, tries: int, put_off: float, endpoint: Endpoint) -> Refused:
        if said.unreached and not self._known.reached:
            raise TeacherError(
                f"{endpoint.address} cannot be reached ({said.said}), so {self.model!r} cannot be "
                "asked; start the server, or check base_url"
            )
        if said.kind == "busy":
            reason = f"the server was busy for too long: {put_off:.0f} s, {said.said}"
        else:
            reason = f"the call failed {tries + 1} times: {said.said}"
        return Refused(reason=reason, final=False)
