"""What stands between a desk and a bucket: TLS with a certificate of one's own, and a proxy."""

from __future__ import annotations

import shutil
import socket
import socketserver
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.sources.services import listening

_PART = 1 << 16


@dataclass(frozen=True)
class Certificate:
    """A certificate, its key, and the authority that vouches for it, as files."""

    file: Path
    key: Path
    authority: Path


def certificate(folder: Path, *names: str) -> Certificate:
    """A new one for these names, by a new authority; skips the test where there is no openssl."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("needs the program openssl, to make a certificate")
    made = Certificate(folder / "own.pem", folder / "own.key", folder / "ca.pem")
    signing = folder / "ca.key"
    alternative = ",".join(f"DNS:{name}" for name in names)
    own = [f"subjectAltName=IP:127.0.0.1,{alternative}", "basicConstraints=critical,CA:FALSE"]
    vouched = ["-CA", str(made.authority), "-CAkey", str(signing)]
    wanted: list[tuple[str, Path, Path, list[str]]] = [
        ("example authority", signing, made.authority, []),
        ("example.com", made.key, made.file, [*vouched, "-addext", own[0], "-addext", own[1]]),
    ]
    for subject, key, file, more in wanted:
        subprocess.run(
            [
                *(program, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
                *("-nodes", "-days", "2", "-subj", f"/CN={subject}"),
                *("-keyout", str(key), "-out", str(file), *more),
            ],
            check=True,
            capture_output=True,
        )
    return made


class _Listener(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away, or does not like the certificate, is no error here."""


@contextmanager
def tls_front(upstream: str, shown: Certificate) -> Iterator[str]:
    """The service at `upstream` (plain HTTP), over TLS; yields its https address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(shown.file, shown.key)
    target = _address(upstream)

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with (
                suppress(OSError),
                context.wrap_socket(self.request, server_side=True) as client,
                socket.create_connection(target) as behind,
            ):
                _relay(client, behind)

    with listening(_Listener(("127.0.0.1", 0), Handler)) as url:
        yield url.replace("http:", "https:")


@contextmanager
def http_proxy(target: str) -> Iterator[tuple[str, list[str]]]:
    """A proxy that asks `target` whatever it is asked for; yields its address, and the list of
    the first lines it got: CONNECT for https, GET with the whole address for http."""
    lines: list[str] = []
    behind_address = _address(target)

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError), socket.create_connection(behind_address) as behind:
                head = b""
                while b"\r\n\r\n" not in head:
                    part = self.request.recv(_PART)
                    if not part:
                        return
                    head += part
                lines.append(head.split(b"\r\n", 1)[0].decode("latin-1"))
                if head.startswith(b"CONNECT "):
                    self.request.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
                else:
                    behind.sendall(head)
                _relay(self.request, behind)

    with listening(_Listener(("127.0.0.1", 0), Handler)) as url:
        yield url, lines


def _address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or 0


def _relay(one: socket.socket, other: socket.socket) -> None:
    """Pass bytes both ways until one side ends."""

    def back() -> None:
        with suppress(OSError):
            while part := other.recv(_PART):
                one.sendall(part)
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)

    thread = threading.Thread(target=back, daemon=True)
    thread.start()
    with suppress(OSError):
        while part := one.recv(_PART):
            other.sendall(part)
    with suppress(OSError):
        other.shutdown(socket.SHUT_RDWR)
    thread.join()
