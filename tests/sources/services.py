"""Small stand-ins for the services that no server here offers."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any

Reply = tuple[int, str, str]
"""Status, content type, body."""


@dataclass(frozen=True)
class Sts:
    """What AssumeRole gives out."""

    keys: tuple[str, str]
    until: datetime


@contextmanager
def listening(listener: TCPServer) -> Iterator[str]:
    """Let a server answer on a thread, at this address, until the end of the block."""
    with listener:
        thread = threading.Thread(target=listener.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.server_address[1]}"
        finally:
            listener.shutdown()
            thread.join()


@contextmanager
def service(answer: Callable[[str, str], Reply]) -> Iterator[str]:
    """An HTTP service; `answer` gets the target header and the body of each POST."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length).decode()
            status, kind, text = answer(self.headers.get("X-Amz-Target") or "", body)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: Any) -> None:
            """Tests say nothing."""

    with listening(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as url:
        yield url


@contextmanager
def fake_sts(given: Sts | None) -> Iterator[tuple[str, list[str]]]:
    """STS that gives out these keys, or refuses; and the requests it got."""
    requests: list[str] = []

    def answer(target: str, body: str) -> Reply:
        requests.append(body)
        if given is None:
            error = (
                "<Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error>"
            )
            return 403, "text/xml", f"<ErrorResponse>{error}</ErrorResponse>"
        parts = (
            f"<AccessKeyId>{given.keys[0]}</AccessKeyId>"
            f"<SecretAccessKey>{given.keys[1]}</SecretAccessKey><SessionToken>t</SessionToken>"
            f"<Expiration>{given.until.strftime('%Y-%m-%dT%H:%M:%SZ')}</Expiration>"
        )
        return (
            200,
            "text/xml",
            '<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
            f"<AssumeRoleResult><Credentials>{parts}</Credentials></AssumeRoleResult>"
            "</AssumeRoleResponse>",
        )

    with service(answer) as url:
        yield url, requests


def json_reply(value: object, status: int = 200) -> Reply:
    return status, "application/x-amz-json-1.1", json.dumps(value)
