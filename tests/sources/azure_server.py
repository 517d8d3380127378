"""A real server of Azure's blobs for tests: azurite from npm, started on a free port.

Where it is: ECR_INVESTIGATE_AZURITE names the program, else `azurite-blob` of the search path, else
the folder into which `.ci/run` installs it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from queries.engines.guard import Guard
from tests.sources.s3_server import free_port

ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""The account and key that azurite's documentation gives everybody."""
_INSTALLED = Path(__file__).resolve().parents[2] / "build" / "azurite" / "node_modules" / ".bin"


def azurite_program() -> str | None:
    """The program, or None; it needs node beside it."""
    if shutil.which("node") is None:
        return None
    named = os.environ.get("ECR_INVESTIGATE_AZURITE")
    installed = str(_INSTALLED / "azurite-blob")
    return named or shutil.which("azurite-blob") or shutil.which(installed)


@dataclass(frozen=True)
class AzureServer:
    """Where it listens, and how a test puts things there."""

    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def connection(self, url: str = "", key: str = KEY) -> str:
        """A connection string; `url` for a proxy before the server."""
        endpoint = f"{url or self.url}/{ACCOUNT}"
        return (
            "DefaultEndpointsProtocol=http;"
            f"AccountName={ACCOUNT};AccountKey={key};BlobEndpoint={endpoint};"
        )

    def container(self, name: str) -> Any:
        """A container of the test's own client, made if need be."""
        from azure.storage.blob import BlobServiceClient

        client = BlobServiceClient.from_connection_string(self.connection(), retry_total=3)
        container = client.get_container_client(name)
        if not container.exists():
            container.create_container()
        return container

    def put(self, bucket: str, key: str, body: bytes) -> None:
        self.container(bucket).upload_blob(key, body, overwrite=True)

    def append(self, bucket: str, key: str, body: bytes) -> None:
        """As Azure Monitor writes: a block more at the end of an append blob."""
        blob = self.container(bucket).get_blob_client(key)
        if not blob.exists():
            blob.create_append_blob()
        blob.append_block(body)

    def delete(self, bucket: str, key: str) -> None:
        self.container(bucket).delete_blob(key)


@contextmanager
def running_azurite() -> Iterator[AzureServer]:
    """Start it, wait until it answers, and end it afterwards."""
    program = azurite_program()
    assert program is not None
    folder = Path(tempfile.mkdtemp(prefix="azurite-"))
    port = free_port()
    process = subprocess.Popen(
        [
            program,
            "--silent",
            "--skipApiVersionCheck",
            "--disableTelemetry",
            "--location",
            str(folder),
            "--blobHost",
            "127.0.0.1",
            "--blobPort",
            str(port),
        ],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    guard = Guard(process.pid, folder / "in-use")
    server = AzureServer(port)
    try:
        _ready(process, server)
        yield server
    finally:
        guard.dismiss()
        process.kill()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _ready(process: subprocess.Popen[bytes], server: AzureServer) -> None:
    import urllib.error
    import urllib.request

    for _ in range(300):
        assert process.poll() is None, "azurite ended at once"
        try:
            urllib.request.urlopen(server.url, timeout=1)
        except urllib.error.HTTPError:
            return  # it answers, if only to say no
        except OSError:
            time.sleep(0.1)
    raise AssertionError("azurite did not answer")
