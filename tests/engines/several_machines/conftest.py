"""The cluster, a trail on what its machines share, and the same trail converted here."""

from __future__ import annotations

import os
import shutil
import signal
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from queries.converted.layout import RELATIONS
from queries.engines import spark_local
from queries.engines.opening import Choice
from tests.engines.conversions import LATER, folders, late, rows, totals, with_spark
from tests.engines.several_machines import machines
from tests.engines.several_machines.cluster import Cluster, Server
from tests.engines.several_machines.machines import SHARED, Network
from tests.engines.trails import DAYS, compact, spoiled, write_trail
from tests.evidence_files import write, zipped
from tui.cli import main

WORKERS = 3


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """Is taken down however the run ends."""
    if reason := spark_local.why_not() or machines.why_not():
        pytest.skip(reason)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    network = Network(tmp_path_factory.mktemp("machines"))
    try:
        yield network
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        network.close()


@pytest.fixture(scope="session")
def cluster(network: Network) -> Cluster:
    return Cluster(network, WORKERS)


@pytest.fixture(scope="session")
def servers(cluster: Cluster) -> dict[str, Server]:
    """Those that run, by name; checks that kill one put a new one into its place."""
    return {"driver": cluster.start_server("driver", WORKERS)}


@pytest.fixture
def server(cluster: Cluster, servers: dict[str, Server]) -> Server:
    """A server with all of its machines."""
    for name, worker in list(cluster.workers.items()):
        if not worker.is_on:
            cluster.add_worker(name)
    if not servers["driver"].machine.is_on:
        servers["driver"] = cluster.start_server("driver", WORKERS)
    servers["driver"].wait_for_executors(WORKERS)
    return servers["driver"]


@pytest.fixture(scope="session")
def evidence(network: Network) -> Path:
    """A trail with more days than are asked for, and damaged and odd files in it."""
    folder = write_trail(network.shared / "trail")
    _in_whole_seconds(folder)
    return folder


def _in_whole_seconds(folder: Path) -> None:
    """When files were changed: of parts of a second, Spark has only thousandths."""
    for path in folder.rglob("*.gz"):
        second = int(path.stat().st_mtime)
        os.utime(path, (second, second))


TRAIL = f"file://{SHARED}/trail"
"""The trail as the machines call it."""


class Here:
    """What a conversion of this machine's makes of a trail."""

    def __init__(self, evidence: Path, folder: Path) -> None:
        self.evidence, self.folder = evidence, folder
        self.add()

    def add(self) -> None:
        """Convert what is in the trail now."""
        assert main(["convert", *folders(self.evidence), str(self.folder), "--no-cache"]) == 0

    def assert_same(self, folder: Path, *, grown: bool = False) -> None:
        """That a folder that Spark has written has the same rows, and says the same of them.
        `grown`: files came that were read again here, digests among them."""
        for relation in RELATIONS:
            if relation == "meta" or (grown and relation == "files"):
                continue
            without = ("lane",) if relation == "files" else ()
            found = self._plain(rows(folder, relation, without=without))
            assert found == self._plain(rows(self.folder, relation, without=without)), relation
        left_out = ("digests", "notes") if grown else ()
        said = [
            {name: value for name, value in totals(of).items() if name not in left_out}
            for of in (folder, self.folder)
        ]
        assert self._plain(said[0]) == self._plain(said[1])

    def _plain(self, value: Any) -> Any:
        """Without what only the names of the same files differ in."""
        if isinstance(value, str):
            return value.replace(f"{self.evidence}/", "").replace(f"{SHARED}/trail/", "")
        if isinstance(value, dict):
            return {name: self._plain(inner) for name, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self._plain(inner) for inner in value]
        return value


@pytest.fixture(scope="session")
def here(evidence: Path, tmp_path_factory: pytest.TempPathFactory) -> Here:
    """The first conversion here of the trail as it is at first."""
    return Here(evidence, tmp_path_factory.mktemp("here") / "converted")


def choice(server: Server) -> Choice:
    """The trail, by a server."""
    return Choice("spark", TRAIL, DAYS, {"address": server.address})


class Shared:
    """A folder among what the machines share."""

    def __init__(self, network: Network, name: str) -> None:
        self.here = network.shared / name
        self.there = f"file://{SHARED}/{name}"
        """As the machines call it."""


@pytest.fixture(scope="session")
def converted(network: Network, servers: dict[str, Server], evidence: Path, here: Here) -> Shared:
    """The trail, converted by the cluster; nobody changes it."""
    folder = Shared(network, "converted")
    asked = ["convert", TRAIL, folder.there, *with_spark(servers["driver"].address)]
    assert main(asked) == 0
    return folder


@pytest.fixture(scope="session")
def grown(
    converted: Shared, evidence: Path, here: Here, tmp_path_factory: pytest.TempPathFactory
) -> Here:
    """From now on there is more in the trail: new days, and old ones that become other. It is what
    a conversion here makes of both."""
    timeless = {**spoiled("ListImages"), "eventTime": "never"}
    names = (LATER, LATER.replace("444455556666.json", "timeless.json"))
    came = (late(evidence, here.folder), [timeless])
    write(evidence, {n: zipped(compact(f)) for n, f in zip(names, came, strict=True)})
    _in_whole_seconds(evidence)
    folder = tmp_path_factory.mktemp("grown") / "converted"
    shutil.copytree(here.folder, folder)
    return Here(evidence, folder)


@pytest.fixture
def behind(converted: Shared, grown: Here, network: Network) -> Shared:
    """A copy of the converted folder, in which what came later is not yet."""
    folder = Shared(network, f"behind-{uuid.uuid4().hex[:8]}")
    shutil.copytree(converted.here, folder.here)
    return folder
