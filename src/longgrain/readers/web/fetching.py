"""A URL > one answer of its server, fetched within bounds from an address that was checked."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from ipaddress import IPv4Address
from urllib.parse import SplitResult, quote, urlsplit, urlunsplit

from longgrain.errors import SourceError
from longgrain.readers.web.addresses import Address, addresses

_CHUNK = 1 << 16
_SAFE = "%/:=&?~#+!$,;'@()*[]"


class NotFetchedError(Exception):
    """Why there is no answer: the reason, of a few words, and the detail."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server said: the status, a few of its headers, the body."""

    status: int
    kind: str = ""
    """The header Content-Type."""
    location: str = ""
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How long and how large an answer may be, and whom it may come from."""

    seconds: float
    bytes: int
    allow_private: bool
    agent: str


def parsed(url: str) -> SplitResult:
    """The parts of a URL in ASCII, without the fragment. Raises SourceError for what is no URL."""
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").encode("idna").decode("ascii")
        port = f":{parts.port}" if parts.port else ""
    except (ValueError, UnicodeError) as problem:
        raise SourceError(_wrong(url, str(problem))) from problem
    if parts.scheme not in ("http", "https") or not host:
        raise SourceError(_wrong(url, "it names no host"))
    if parts.username or parts.password:
        raise SourceError(_wrong(f"{parts.scheme}://...@{host}", "it holds a name or a password"))
    place = f"[{host}]{port}" if ":" in host else f"{host}{port}"
    path, query = quote(parts.path or "/", safe=_SAFE), quote(parts.query, safe=_SAFE)
    return SplitResult(parts.scheme, place, path, query, "")


def fetched(url: SplitResult, bounds: Bounds) -> Answer:
    """One GET. Raises NotFetchedError."""
    try:
        with _connection(url, bounds) as connection:
            target = urlunsplit(("", "", url.path, url.query, ""))
            headers = {
                "User-Agent": bounds.agent,
                "Accept": "text/html, application/pdf, text/*;q=0.9, */*;q=0.5",
                "Accept-Encoding": "identity",
                "Connection": "close",
            }
            connection.request("GET", target, headers=headers)
            return _answer(connection.getresponse(), bounds)
    except TimeoutError as problem:
        raise NotFetchedError("timed out", f"no answer in {bounds.seconds:g} s") from problem
    except (OSError, http.client.HTTPException, ValueError) as problem:
        said = str(problem) or type(problem).__name__
        raise NotFetchedError("not reachable", said[:200]) from problem


def _wrong(url: str, why: str) -> str:
    return f"{url!r} is no URL that can be fetched ({why}), so nothing is read: correct it"


@contextmanager
def _connection(url: SplitResult, bounds: Bounds) -> Iterator[http.client.HTTPConnection]:
    """A connection to a checked address, cut when the time is over, however slowly bytes drip in."""
    host, secure = url.hostname or "", url.scheme == "https"
    port = url.port or (443 if secure else 80)
    able = addresses(host, port, allow_private=bounds.allow_private)
    if not able:
        detail = f"{host} is this machine or lies in a local network: set `allow_private`"
        raise NotFetchedError("address refused", detail)
    connection = http.client.HTTPConnection(host, port, timeout=bounds.seconds)
    connection.sock = plain = _connected(able, port, bounds.seconds)
    held, late = [plain], threading.Event()  # http.client lets go of the socket before its body
    watch = threading.Timer(bounds.seconds, _cut, (held, late))
    watch.daemon = True
    watch.start()
    try:
        if secure:
            connection.default_port = 443  # so that Host has no port where it is the usual one
            wrapped = ssl.create_default_context().wrap_socket(
                plain, server_hostname=host, do_handshake_on_connect=False
            )
            connection.sock = held[0] = wrapped
            wrapped.do_handshake()
        yield connection
    except (OSError, http.client.HTTPException):
        if not late.is_set():
            raise
    finally:
        watch.cancel()
        connection.close()
        held[0].close()
    if late.is_set():
        raise TimeoutError


def _connected(able: list[Address], port: int, seconds: float) -> socket.socket:
    """A socket to the first address that answers, IPv4 first: many have IPv6 and no way out."""
    able = sorted(able, key=lambda address: not isinstance(address, IPv4Address))[:3]
    for address in able[:-1]:
        try:
            return socket.create_connection((str(address), port), timeout=seconds)
        except OSError:
            continue  # the next one may answer
    return socket.create_connection((str(able[-1]), port), timeout=seconds)


def _cut(held: list[socket.socket], late: threading.Event) -> None:
    late.set()
    with suppress(OSError):  # it may be closed by now
        held[0].shutdown(socket.SHUT_RDWR)


def _answer(response: http.client.HTTPResponse, bounds: Bounds) -> Answer:
    if response.status != 200:
        return Answer(status=response.status, location=response.headers.get("Location", ""))
    said = response.headers.get("Content-Length", "")
    if said.isdigit() and int(said) > bounds.bytes:
        raise NotFetchedError("too large", _larger(bounds.bytes))
    body = bytearray()
    while chunk := response.read(_CHUNK):
        body += chunk
        if len(body) > bounds.bytes:
            raise NotFetchedError("too large", _larger(bounds.bytes))
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    return Answer(
        status=200,
        kind=response.headers.get("Content-Type", ""),
        body=_decoded(bytes(body), encoding, bounds.bytes),
    )


def _decoded(body: bytes, encoding: str, most: int) -> bytes:
    """The body without the compression that some servers use although it was not asked for."""
    if encoding in ("identity", ""):
        return body
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise NotFetchedError("unknown compression", f"the answer is encoded as {encoding[:40]!r}")
    inflating = zlib.decompressobj(zlib.MAX_WBITS | 32)  # gzip or zlib, whichever it is
    try:
        found = inflating.decompress(body, most + 1)
    except zlib.error as problem:
        raise NotFetchedError("broken compression", str(problem)) from problem
    if len(found) > most:
        raise NotFetchedError("too large", _larger(most))
    return found


def _larger(most: int) -> str:
    return f"more than {most:,} bytes: set `most_bytes` if it is wanted"
