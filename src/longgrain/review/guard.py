"""A request > let through or refused: the host it names, a token where one is needed, where it comes from.

A page of another site can make a browser send requests to 127.0.0.1. It cannot make it say our host in
``Host`` unless it rebinds its own name, which is not on the list, nor our origin in ``Origin``.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from hmac import compare_digest
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}
# Bytes of the largest request: labels of a long text with its entities.
LARGEST = 8_000_000


@dataclass(frozen=True, kw_only=True)
class Guard:
    """Stands before the application. ``token`` "" asks for none."""

    app: ASGIApp
    host: str
    token: str = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets a request through, or answers it."""
        if scope["type"] != "http":
            return
        request = Request(scope)
        answer = self._answer(request)

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = [pair for pair in message["headers"] if pair[0].decode() not in HEADERS]
                own = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
                message = {**message, "headers": [*kept, *own]}
            await send(message)

        await (answer or self.app)(scope, receive, sent)

    def _answer(self, request: Request) -> Response | None:
        """The answer to a request that does not go on."""
        if not self._is_ours(request.headers.get("host", "")):
            return PlainTextResponse("this page has another name; use the address as printed", 421)
        if request.method not in ("GET", "HEAD") and not _from_here(request.headers):
            return PlainTextResponse("sent by a page of another site, so nothing was done", 403)
        if request.method == "POST" and not _is_small(request.headers):
            return PlainTextResponse("more than this page ever sends, so nothing was done", 413)
        return self._token_answer(request) if self.token else None

    def _is_ours(self, named: str) -> bool:
        """Whether a Host header names this server; an address cannot be rebound, so any may be."""
        name = _name(f"//{named}")
        if name in {self.host, "localhost", "127.0.0.1", "::1"}:
            return True
        if not self.token:
            return False
        return name == socket.gethostname().lower() or _is_address(name)

    def _token_answer(self, request: Request) -> Response | None:
        cookie = f"longgrain_token_{request.url.port or 80}"
        given = request.query_params.get("token", "")
        if given and _same(given, self.token):
            answer = RedirectResponse(request.url.path, 303)
            answer.set_cookie(cookie, self.token, httponly=True, samesite="lax", max_age=10**7)
            return answer
        if _same(request.cookies.get(cookie, ""), self.token):
            return None
        return PlainTextResponse("open the address with the token that was printed", 403)


def _same(given: str, token: str) -> bool:
    return compare_digest(given.encode("utf-8", "surrogatepass"), token.encode())


def _from_here(headers: Mapping[str, str]) -> bool:
    """Whether a page of ours sent this, or no page at all."""
    origin = headers.get("origin")
    if origin is None:
        return headers.get("sec-fetch-site", "none") in ("same-origin", "none")
    return origin.partition("//")[2] == headers.get("host", "")


def _is_small(headers: Mapping[str, str]) -> bool:
    """Whether the length of a request is known and no larger than ours are."""
    length = headers.get("content-length", "0")
    is_known = length.isdecimal() and "transfer-encoding" not in headers
    return is_known and int(length) <= LARGEST


def _name(address: str) -> str:
    """The name of the host in an address; "" where it is none."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def is_local(host: str) -> bool:
    """Whether only this machine can reach a server that is bound to the host."""
    if host == "localhost":
        return True
    return _is_address(host) and ipaddress.ip_address(host).is_loopback
