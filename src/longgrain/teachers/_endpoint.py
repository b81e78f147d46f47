"""The body of a chat call > what an OpenAI-compatible server said to it, or what went wrong.

Nothing that leaves this module holds a key: not an error, not a reason, not a reply that quotes one.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal
from urllib.parse import urlsplit, urlunsplit

import orjson

from longgrain.errors import TeacherError
from longgrain.teachers._chat import SHOWN, Dialect, Said, said_in
from longgrain.teachers._pace import Clock, retry_after

OPENAI = "https://api.openai.com/v1"
# Servers without keys want the header all the same.
NO_KEY = "no-key-needed"
KEYS = ("OPENAI_API_KEY", "AZURE_OPENAI_API_KEY", "AZURE_OPENAI_AD_TOKEN", "OPENAI_ADMIN_KEY")

# What went wrong. "busy" and "failed" may pass; "unfit" is a call that the server cannot read as it
# stands; "refused" is about this request; "stop" is about every request.
Kind = Literal["busy", "failed", "unfit", "refused", "stop"]

_KEY = re.compile(r"\b(?:sk|pk|gsk|xai)-[\w*.-]{6,}|(?i:bearer)\s+[\w.~+/*=-]{6,}")
_TOO_LONG = re.compile(
    r"context[ _-]?(length|window|size)|too (long|large|many tokens)|maximum.{0,60}tokens|n_ctx|"
    r"reduce the length|exceed",
    re.IGNORECASE,
)
_FILTERED = re.compile(
    r"content.?(filter|management|policy)|responsible.?ai|moderation|safety|flagged", re.IGNORECASE
)
_SPENT = re.compile(r"insufficient_quota|billing|exceeded your current quota", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A call that gave no reply: what kind of trouble, in which words, and the wait asked for."""

    kind: Kind
    said: str
    wait: float = 0.0
    unreached: bool = False
    """Whether there was no connection at all."""
    slow: bool = False
    """Whether no reply came in time: a server with too much to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An open client for one server. ``address`` is the base URL without credentials."""

    client: Any
    address: str
    timeout: float
    clock: Clock
    secrets: tuple[str, ...]

    @classmethod
    def open(cls, base_url: str, api_version: str, timeout: float, clock: Clock) -> Endpoint:
        """A client by the plan's settings and the standard environment variables.

        Its own retries are off, so that one place decides. TeacherError where a key is missing.
        """
        import openai

        env = os.environ
        version = api_version or env.get("OPENAI_API_VERSION", "")
        azure = env.get("AZURE_OPENAI_ENDPOINT", "")
        shared: dict[str, Any] = {"max_retries": 0, "timeout": timeout}
        if api_version or (azure and version and not base_url):
            address = base_url or azure
            if not address or not (env.get(KEYS[1]) or env.get(KEYS[2])):
                raise TeacherError(
                    f"api_version {version!r} means Azure, and its endpoint ({plain(address)!r}) or "
                    "its key is missing, so nothing can be asked; set AZURE_OPENAI_API_KEY and "
                    "AZURE_OPENAI_ENDPOINT (or base_url)"
                )
            client: Any = openai.AsyncAzureOpenAI(
                azure_endpoint=address, api_version=version, **shared
            )
        else:
            address = base_url or env.get("OPENAI_BASE_URL") or OPENAI
            key = env.get(KEYS[0]) or NO_KEY
            if key == NO_KEY and "api.openai.com" in address:
                raise TeacherError(
                    "there is no key for api.openai.com, so nothing can be asked; set "
                    "OPENAI_API_KEY, or base_url for a server of your own"
                )
            client = openai.AsyncOpenAI(base_url=address, api_key=key, **shared)
        return cls(
            client=client,
            address=plain(address),
            timeout=timeout,
            clock=clock,
            secrets=_secrets(address),
        )

    async def say(self, body: Mapping[str, Any]) -> Said | Trouble:
        """One call, no second try."""
        import openai

        create: Any = self.client.chat.completions.with_raw_response.create
        named = {name: body[name] for name in ("model", "messages")}
        rest = {name: value for name, value in body.items() if name not in named}
        try:
            async with asyncio.timeout(self.timeout):
                raw = await create(**named, extra_body=rest)
            return said_in(orjson.loads(self._hidden(raw.content)))
        except (TimeoutError, openai.APIError, ValueError) as error:
            return self.trouble(error)

    def trouble(self, error: Exception) -> Trouble:
        """What an error of a call means; one that is no call's is raised again."""
        import openai

        if isinstance(error, TimeoutError | openai.APITimeoutError):
            return Trouble(kind="failed", said=f"no reply within {self.timeout:g} s", slow=True)
        if isinstance(error, openai.APIStatusError):
            return self._status(error.status_code, error.response.headers, error.response.text)
        if isinstance(error, openai.APIConnectionError):
            return self._connection(error)
        if isinstance(error, openai.APIError | ValueError):
            return Trouble(kind="failed", said="a reply that is cut off or no chat completion")
        raise error

    def _status(self, status: int, headers: Mapping[str, str], body: str) -> Trouble:
        """What an HTTP error means."""
        said = f"HTTP {status}: {self.clean(_message(body))}"
        if status == 429 and _SPENT.search(body):
            return Trouble(kind="stop", said=said)
        if status in (429, 503, 529):
            return Trouble(kind="busy", said=said, wait=retry_after(headers, self.clock))
        if status >= 500 or status in (408, 409, 425):
            wait = retry_after(headers, self.clock)
            return Trouble(kind="busy" if wait else "failed", said=said, wait=wait)
        if status == 413 or (status in (400, 422) and _TOO_LONG.search(body)):
            return Trouble(kind="refused", said=f"the prompt is too long for the server: {said}")
        if status in (400, 422) and _FILTERED.search(body):
            return Trouble(
                kind="refused", said=f"the server's content filter refused the prompt: {said}"
            )
        return Trouble(kind="unfit" if status in (400, 422) else "stop", said=said)

    def _connection(self, error: Exception) -> Trouble:
        cause = error.__cause__
        said = self.clean(f"{type(cause).__name__}: {cause}" if cause else str(error))
        unreached = type(cause).__name__ in (
            "ConnectError",
            "ConnectTimeout",
            "UnsupportedProtocol",
        )
        return Trouble(kind="failed", said=said, unreached=unreached)

    def clean(self, words: str) -> str:
        """Words of a server or a library, short, on one line, without keys."""
        for secret in self.secrets:
            words = words.replace(secret, "***")
        return _KEY.sub("***", " ".join(words.split()))[:SHOWN]

    def _hidden(self, raw: bytes) -> bytes:
        for secret in self.secrets:
            raw = raw.replace(secret.encode(), b"***")
        return raw


def learned(dialect: Dialect, said: str) -> Dialect | None:
    """Another way to say the same to a server that cannot read a call; None if there is none."""
    if "max_completion_tokens" in said and dialect.limit == "max_tokens":
        return replace(dialect, limit="max_completion_tokens")
    if dialect.form == "json_schema":
        return replace(dialect, form="json_object", spoken=True)
    if dialect.form == "json_object":
        return replace(dialect, form="words", spoken=True)
    return None


def plain(url: str) -> str:
    """A URL without user, password, query and fragment."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))


def _secrets(address: str) -> tuple[str, ...]:
    """What must not be repeated: the keys of the environment, and a password in the address."""
    parts = urlsplit(address)
    found = [*(os.environ.get(name, "") for name in KEYS), parts.password or "", parts.query]
    return tuple(one for one in found if len(one) >= 4)


def _message(body: str) -> str:
    """The words of an error's body, which servers wrap in different ways."""
    try:
        told = orjson.loads(body)
    except ValueError:
        return body or "no words"
    inner = told.get("error", told) if isinstance(told, dict) else told
    if isinstance(inner, dict):
        inner = inner.get("message") or inner.get("detail") or inner
    return inner if isinstance(inner, str) else orjson.dumps(inner).decode()
