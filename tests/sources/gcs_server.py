"""A real server of Google's storage API for tests: gcp-storage-emulator, in memory, on threads.

Its own server answers one connection after the other, which would stop at the first that is kept
open; so its handler runs in the standard library's server with a thread for each.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import ThreadingHTTPServer
from typing import Any

from tests.sources.s3_server import free_port


@dataclass(frozen=True)
class GcsServer:
    """Where it listens, and how a test puts things there."""

    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def bucket(self, name: str) -> Any:
        """A bucket of the test's own client, made if need be."""
        from google.auth.credentials import AnonymousCredentials
        from google.cloud import storage

        client = storage.Client(
            project="test",
            credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]
            client_options={"api_endpoint": self.url},
        )
        bucket = client.bucket(name)
        if not bucket.exists():
            bucket.create()
        return bucket

    def put(self, bucket: str, key: str, body: bytes) -> None:
        self.bucket(bucket).blob(key).upload_from_string(body)

    def delete(self, bucket: str, key: str) -> None:
        self.bucket(bucket).delete_blob(key)


@contextmanager
def running_emulator() -> Iterator[GcsServer]:
    """Start it, and end it afterwards."""
    from gcp_storage_emulator.server import RequestHandler
    from gcp_storage_emulator.storage import Storage

    port = free_port()
    handler = partial(RequestHandler, Storage(use_memory_fs=True))
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, name="gcs", daemon=True)
    thread.start()
    try:
        yield GcsServer(port)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
