"""A chat call > the words of its reply as they come, and at the end what was said and what it used."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from longgrain.teachers._chat import Said, usage_of
from longgrain.teachers._endpoint import Endpoint, Trouble
from longgrain.teachers._usage import Usage


async def speech(
    endpoint: Endpoint, body: Mapping[str, Any]
) -> AsyncIterator[str | Said | Trouble]:
    """Pieces of the reply, then the whole of it, or what went wrong; nothing holds a key."""
    named = {name: body[name] for name in ("model", "messages")}
    rest = {name: value for name, value in body.items() if name not in named}
    hidden = _Hidden(endpoint.secrets)
    text, finish, refusal, usage = "", "", "", None
    try:
        stream = await endpoint.client.chat.completions.create(
            **named, stream=True, stream_options={"include_usage": True}, extra_body=rest
        )
        async for chunk in stream:
            usage = _usage(chunk) or usage
            for choice in chunk.choices[:1]:
                finish = choice.finish_reason or finish
                refusal += getattr(choice.delta, "refusal", None) or ""
                if piece := hidden.take(choice.delta.content or ""):
                    text += piece
                    yield piece
    except Exception as error:
        yield endpoint.trouble(error)
        return
    if piece := hidden.rest():
        text += piece
        yield piece
    yield Said(text=text, finish=finish, refusal=refusal, usage=usage)


def _usage(chunk: Any) -> Usage | None:
    told = getattr(chunk, "usage", None)
    return usage_of(told.model_dump()) if told is not None else None


class _Hidden:
    """Passes words on without secrets: as much is held back as the beginning of one may be long."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets = [one for one in secrets if one]
        self._held = ""

    def take(self, piece: str) -> str:
        """What can be said by now."""
        self._held += piece
        for secret in self._secrets:
            self._held = self._held.replace(secret, "***")
        back = max((len(secret) - 1 for secret in self._secrets), default=0)
        cut = max(0, len(self._held) - back)
        ready, self._held = self._held[:cut], self._held[cut:]
        return ready

    def rest(self) -> str:
        """What was held back."""
        held, self._held = self._held, ""
        return held
