"""A proxy in front of the S3 server that breaks what it is told to, and one that is only slow.

A rule looks at each request and returns what to do instead of passing it on, or None. Requests
are passed on byte for byte, so that their signatures stay valid.
"""

from __future__ import annotations

import socket
import socketserver
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import BinaryIO, cast
from urllib.parse import unquote_plus, urlsplit

from tests.sources.services import listening

_PART = 1 << 16


@dataclass(frozen=True)
class Request:
    """What a rule sees of a request."""

    method: str
    path: str
    """Decoded, with the bucket as its first part."""
    query: str
    headers: Mapping[str, str]
    nth: int
    """How often this method and path were asked for before, from 0."""

    @property
    def is_list(self) -> bool:
        return "list-type=2" in self.query

    @property
    def is_object(self) -> bool:
        return self.method == "GET" and not self.is_list


@dataclass(frozen=True)
class Answer:
    """An error as S3 sends it."""

    status: int
    code: str = ""
    message: str = "no"
    headers: Mapping[str, str] = field(default_factory=dict)
    extra: str = ""
    """More XML, such as the parts of an error that must never be shown."""


@dataclass(frozen=True)
class Reset:
    """The connection is reset before the answer."""


@dataclass(frozen=True)
class Cut:
    """The real answer, its body ended by a reset after some bytes."""

    after: int


@dataclass(frozen=True)
class Short:
    """The real answer, but with fewer bytes, and a Content-Length that agrees."""

    bytes: int


@dataclass(frozen=True)
class Relabel:
    """The real answer with another ETag."""

    etag: str


@dataclass(frozen=True)
class Slow:
    """The real answer, later."""

    seconds: float


@dataclass(frozen=True)
class Hang:
    """No answer until the proxy ends."""


Action = Answer | Reset | Cut | Short | Relabel | Slow | Hang
Rule = Callable[[Request], Action | None]


class FaultProxy:
    """Listens on a free port; `rule` may be replaced at any time."""

    def __init__(self, upstream: str) -> None:
        parts = urlsplit(upstream)
        self.upstream = (parts.hostname or "", parts.port or 80)
        self.rule: Rule = lambda request: None
        self.requests: list[Request] = []
        self.ended = threading.Event()
        self._counts: Counter[tuple[str, str, str]] = Counter()
        self._lock = threading.Lock()
        self.url = ""

    def decide(self, method: str, target: str, headers: Mapping[str, str]) -> Action | None:
        parts = urlsplit(target)
        # In a path a plus is a plus; unquote_plus would make a space of it.
        path = unquote_plus(parts.path.replace("+", "%2B"))
        with self._lock:
            key = (method, path, parts.query)
            request = Request(method, path, parts.query, headers, self._counts[key])
            self._counts[key] += 1
            self.requests.append(request)
        return self.rule(request)

    def fetched(self) -> list[str]:
        """Paths of the objects that were asked for, in order."""
        with self._lock:
            return [request.path for request in self.requests if request.is_object]

    def forget(self) -> None:
        with self._lock:
            self.requests.clear()
            self._counts.clear()


class _Handler(socketserver.StreamRequestHandler):
    """One connection of a client, and one to the server for it."""

    disable_nagle_algorithm = True

    def handle(self) -> None:
        server = self.server
        assert isinstance(server, _Listener)
        proxy = server.proxy
        with (
            suppress(ConnectionError, TimeoutError),
            socket.create_connection(proxy.upstream) as upstream,
        ):
            upstream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with upstream.makefile("rb") as answers:
                while self._one(proxy, upstream, answers):
                    pass

    def _one(self, proxy: FaultProxy, upstream: socket.socket, answers: BinaryIO) -> bool:
        head = _head(cast(BinaryIO, self.rfile))
        if not head:
            return False
        method, target, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
        headers = _headers(head)
        length = int(headers.get("content-length", 0))
        body = self.rfile.read(length) if length else b""
        action = proxy.decide(method, target, headers)
        if isinstance(action, Hang):
            proxy.ended.wait()
            return False
        if isinstance(action, Reset):
            self._reset()
            return False
        if isinstance(action, Answer):
            self.wfile.write(_error(action, method))
            return True
        if isinstance(action, Slow):
            proxy.ended.wait(action.seconds)
        upstream.sendall(head + body)
        return self._relay(action, method, answers)

    def _relay(self, action: Action | None, method: str, answers: BinaryIO) -> bool:
        head = _head(answers)
        if not head:
            return False
        headers = _headers(head)
        if "content-length" not in headers and "chunked" in headers.get("transfer-encoding", ""):
            self.wfile.write(head)
            return self._relay_chunks(answers)
        size = 0 if method == "HEAD" else int(headers.get("content-length", 0))
        if isinstance(action, Relabel):
            head = _replaced(head, "etag", f'"{action.etag}"')
        if isinstance(action, Short):
            short = min(size, action.bytes)
            self.wfile.write(_replaced(head, "content-length", str(short)))
            self.wfile.write(answers.read(size)[:short])
            return True
        self.wfile.write(head)
        left = min(size, action.after) if isinstance(action, Cut) else size
        while left:
            part = answers.read(min(left, _PART))
            if not part:
                return False
            self.wfile.write(part)
            left -= len(part)
        if isinstance(action, Cut):
            self._reset()
            return False
        return True

    def _relay_chunks(self, answers: BinaryIO) -> bool:
        while True:
            line = answers.readline()
            size = int(line.split(b";")[0], 16)
            self.wfile.write(line + answers.read(size + 2))
            if not size:
                return True

    def _reset(self) -> None:
        self.wfile.flush()
        # Lingering for no time at all ends a connection with RST.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


class _Listener(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, proxy: FaultProxy) -> None:
        self.proxy = proxy
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is no error here."""


@contextmanager
def fault_proxy(upstream: str) -> Iterator[FaultProxy]:
    """A proxy in front of a server, until the end of the block."""
    proxy = FaultProxy(upstream)
    with listening(_Listener(proxy)) as proxy.url:
        try:
            yield proxy
        finally:
            proxy.ended.set()


@contextmanager
def lag_proxy(upstream: str, seconds: float) -> Iterator[str]:
    """Adds the time to every request: what a bucket is away from a responder's desk."""
    with fault_proxy(upstream) as proxy:
        proxy.rule = lambda request: Slow(seconds)
        yield proxy.url


def _head(stream: BinaryIO) -> bytes:
    """The request or status line and the headers, with the blank line that ends them."""
    lines = []
    while line := stream.readline():
        lines.append(line)
        if line == b"\r\n":
            return b"".join(lines)
    return b""


def _headers(head: bytes) -> dict[str, str]:
    found = {}
    for line in head.decode("latin-1").split("\r\n")[1:]:
        name, colon, value = line.partition(":")
        if colon:
            found[name.strip().lower()] = value.strip()
    return found


def _replaced(head: bytes, name: str, value: str) -> bytes:
    lines = head.decode("latin-1").split("\r\n")
    kept = [line for line in lines if line.partition(":")[0].strip().lower() != name]
    return "\r\n".join([kept[0], f"{name}: {value}", *kept[1:]]).encode("latin-1")


def _error(answer: Answer, method: str) -> bytes:
    body = b""
    if method != "HEAD":
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f"<Error><Code>{answer.code}</Code><Message>{answer.message}</Message>{answer.extra}"
            "<RequestId>R</RequestId></Error>"
        ).encode()
    lines = [f"HTTP/1.1 {answer.status} Made up", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in answer.headers.items()]
    lines += ["Content-Type: application/xml", f"Date: {_date()}", "", ""]
    return "\r\n".join(lines).encode() + body


def _date() -> str:
    return time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime())
