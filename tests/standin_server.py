"""A script of misbehaviour > a loopback server that speaks as OpenAI-compatible ones do, and its log.

Real HTTP on a real socket, in threads of this process: clients may be killed, it goes on.
"""

from __future__ import annotations

import json
import socket
import struct
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Heard:
    """One call as it came in. ``time`` counts the same call (equal messages) from 0."""

    number: int
    time: int
    body: Mapping[str, Any]
    in_flight: int
    at: float

    @property
    def words(self) -> str:
        """The last message."""
        return str(self.body["messages"][-1]["content"])


@dataclass(frozen=True, kw_only=True)
class Says:
    """What the server does about a call; by default it repeats the last message."""

    text: str | None = None
    status: int = 200
    error: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    finish: str = "stop"
    refusal: str | None = None
    reads: int | None = None
    """Prompt tokens that it says it has read; None counts four characters a token."""
    reply_tokens: int = 7
    usage: bool = True
    after: float = 0.0
    """Seconds until it says anything."""
    cut: int | None = None
    """Bytes of the body that it sends before it hangs up."""
    garbled: bool = False
    """Whether the body ends in the middle, with a header that says it is whole."""
    reset: bool = False


Script = Callable[[Heard], Says]


@dataclass
class Log:
    """What came in, and what was said to it."""

    calls: list[tuple[Heard, Says]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def answered(self) -> Counter[str]:
        """How often each last message got a whole reply."""
        sound = [
            heard.words for heard, says in self.calls if says.status == 200 and not broken(says)
        ]
        return Counter(sound)


def broken(says: Says) -> bool:
    """Whether no client can read the reply."""
    return says.reset or says.cut is not None or says.garbled or says.after > 1


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # With the usual 5, a sixth client at once waits a second to be let in.
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that were killed are no news; anything else is printed."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class StandIn:
    """A server at ``url`` with a script; use `serving`."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.log = Log()
        self._lock = threading.Lock()
        self._times: Counter[str] = Counter()
        self._in_flight = 0
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def hear(self, body: Mapping[str, Any], headers: Mapping[str, str]) -> Says:
        """Notes a call and what the script has for it."""
        with self._lock:
            self._in_flight += 1
            same = json.dumps(body["messages"], sort_keys=True)
            heard = Heard(
                number=len(self.log.calls),
                time=self._times[same],
                body=body,
                in_flight=self._in_flight,
                at=time.monotonic(),
            )
            self._times[same] += 1
            says = self.script(heard)
            self.log.calls.append((heard, says))
            self.log.headers.append({name.title(): value for name, value in headers.items()})
        return says

    def done(self) -> None:
        """A call is over."""
        with self._lock:
            self._in_flight -= 1


@contextmanager
def serving(script: Script) -> Iterator[StandIn]:
    """A running server."""
    server = StandIn(script)
    try:
        yield server
    finally:
        server.close()


def completion(body: Mapping[str, Any], says: Says) -> dict[str, Any]:
    """A chat completion as servers write it."""
    words = [str(one["content"]) for one in body["messages"]]
    text = says.text if says.text is not None else words[-1]
    reads = sum(map(len, words)) // 4 + 8 if says.reads is None else says.reads
    message = {"role": "assistant", "content": text, "refusal": says.refusal}
    usage = {"prompt_tokens": reads, "completion_tokens": says.reply_tokens}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 0,
        "model": body["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": says.finish}],
        **({"usage": usage} if says.usage else {}),
    }


def _handler(server: StandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            if len(raw) < int(self.headers["Content-Length"]):  # killed while it spoke
                self.close_connection = True
                return
            body = json.loads(raw)
            says = server.hear(body, dict(self.headers))
            try:
                self._say(body, says)
            except OSError:  # a client that gave up, or was killed
                self.close_connection = True
            finally:
                server.done()

        def _say(self, body: Mapping[str, Any], says: Says) -> None:
            time.sleep(says.after)
            if says.reset:
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.close_connection = True
                self.connection.close()
                return
            if body.get("stream") and says.status == 200:
                self._stream(body, says)
                return
            told = (
                completion(body, says) if says.status == 200 else {"error": {"message": says.error}}
            )
            raw = json.dumps(told, ensure_ascii=False).encode()
            raw = raw[: len(raw) // 2] if says.garbled else raw
            self.send_response(says.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            for name, value in says.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(raw[: says.cut])
            if says.cut is not None:
                self.close_connection = True

        def _stream(self, body: Mapping[str, Any], says: Says) -> None:
            """Server-sent events, four characters each, then the usage; ``cut`` counts characters."""
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Connection", "close")
            self.end_headers()
            self.close_connection = True
            whole = completion(body, says)
            text = whole["choices"][0]["message"]["content"]
            head = {"id": "chatcmpl-1", "created": 0, "model": body["model"]}
            head["object"] = "chat.completion.chunk"
            for start in range(0, len(text[: says.cut]), 4):
                delta = {"content": text[start : start + 4]}
                choice = {"index": 0, "delta": delta, "finish_reason": None}
                self._event({**head, "choices": [choice]})
            if says.cut is None:
                end = {"index": 0, "delta": {}, "finish_reason": says.finish}
                self._event({**head, "choices": [end]})
                if says.usage:
                    self._event({**head, "choices": [], "usage": whole["usage"]})
                self.wfile.write(b"data: [DONE]\n\n")

        def _event(self, value: Mapping[str, Any]) -> None:
            raw = json.dumps(value, ensure_ascii=False).encode()
            self.wfile.write(b"data: " + raw + b"\n\n")
            self.wfile.flush()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    return Handler
