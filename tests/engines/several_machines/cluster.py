"""A standalone cluster of Spark's on machines of their own, with a Connect server as its driver."""

from __future__ import annotations

import json
import socket
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tests.engines.several_machines.machines import Machine, Network
from tests.engines.spark_server import QUICK

MEMORY = "1g"
"""Of each executor."""
CONNECT = 15002
"""Where each server listens."""
_MASTER, _MASTER_UI, _UI = 7077, 8080, 4040
_PATIENCE = 120.0

SETTINGS = {
    **QUICK,
    "spark.executor.memory": MEMORY,
    "spark.executor.cores": "2",
    # Little data, and yet work for each machine.
    "spark.sql.shuffle.partitions": "4",
    "spark.sql.files.openCostInBytes": "65536",
    "spark.sql.files.maxPartitionBytes": "262144",
    "spark.locality.wait": "0s",
    # A machine that says nothing is given up after this time; usual are two minutes.
    "spark.network.timeout": "40s",
    "spark.network.timeoutInterval": "5s",
    "spark.storage.blockManagerHeartbeatTimeoutMs": "40s",
    "spark.executor.heartbeatInterval": "3s",
    "spark.log.level": "WARN",
    "spark.ui.showConsoleProgress": "false",
    "spark.executor.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
}
_DAEMON = {
    "SPARK_DAEMON_MEMORY": "256m",
    "SPARK_DAEMON_JAVA_OPTS": "-XX:+UseSerialGC -Dspark.worker.timeout=20",
}


class Cluster:
    """A master and workers, and the Connect servers that clients speak to, each the driver of
    executors of its own on all workers."""

    def __init__(self, network: Network, workers: int) -> None:
        self._network = network
        found = find_spec("pyspark")
        assert found is not None
        self._home = Path(str(found.origin)).parent
        self.workers: dict[str, Machine] = {}
        self.master = self._start_master()
        for number in range(workers):
            self.add_worker(f"worker{number + 1}")
        self._wait_for_workers()

    def add_worker(self, name: str) -> Machine:
        """One worker more, or the same again. There is room for one executor on it."""
        command = self._daemon("worker.Worker", "--host", "{address}", "--cores", "2")
        command += ["--memory", "1300m", "--work-dir", "/tmp/work", "--webui-port", "8081"]
        command.append(f"spark://{self.master.address}:{_MASTER}")
        self.workers[name] = self._network.add(name, command, {**self._environment(), **_DAEMON})
        return self.workers[name]

    def remove_worker(self, name: str) -> None:
        """One worker less."""
        self.workers.pop(name).kill()

    def start_server(self, name: str, executors: int) -> Server:
        """A Connect server, or a new one where the old one was, with so many executors."""
        self._wait_for_workers()
        said = {
            "spark.master": f"spark://{self.master.address}:{_MASTER}",
            "spark.driver.host": "{address}",
            "spark.driver.bindAddress": "{address}",
            "spark.connect.grpc.binding.address": "{address}",
            "spark.connect.grpc.binding.port": str(CONNECT),
            "spark.ui.port": str(_UI),
            "spark.cores.max": str(2 * executors),
            **SETTINGS,
        }
        command = [str(self._home / "bin" / "spark-submit")]
        for option, value in said.items():
            command += ["--conf", f"{option}={value}"]
        command += ["--class", "org.apache.spark.sql.connect.service.SparkConnectServer"]
        machine = self._network.add(name, [*command, "spark-internal"], self._environment())
        server = Server(machine, self.workers)
        _until(lambda: _listens(machine, CONNECT), machine)
        server.wait_for_executors(executors)
        return server

    # --- inside --------------------------------------------------------------------------------

    def _start_master(self) -> Machine:
        command = self._daemon("master.Master", "--host", "{address}", "--port", str(_MASTER))
        master = self._network.add("master", command, {**self._environment(), **_DAEMON})
        _until(lambda: _listens(master, _MASTER), master)
        return master

    def _wait_for_workers(self) -> None:
        """Until the master knows all: what starts before takes what there is."""

        def known() -> bool:
            with suppress(OSError, ValueError):
                said = _fetched(f"http://{self.master.address}:{_MASTER_UI}/json/")
                return bool(said["aliveworkers"] == len(self.workers))
            return False

        _until(known, self.master)

    def _daemon(self, name: str, *options: str) -> list[str]:
        spark_class = str(self._home / "bin" / "spark-class")
        return [spark_class, f"org.apache.spark.deploy.{name}", *options]

    def _environment(self) -> dict[str, str]:
        return {
            "SPARK_HOME": str(self._home),
            "SPARK_LOCAL_DIRS": "/var/tmp",
            "SPARK_NO_DAEMONIZE": "1",
        }


class Server:
    """A Connect server, and what it says of its executors."""

    def __init__(self, machine: Machine, workers: Mapping[str, Machine]) -> None:
        self.machine = machine
        self._workers = workers

    @property
    def address(self) -> str:
        """For `--spark`."""
        return f"sc://{self.machine.address}:{CONNECT}"

    def wait_for_executors(self, count: int) -> None:
        """Until so many take tasks, and those of machines that went away are given up."""
        _until(lambda: len(self._executors("executors")) == count, self.machine)

    def wait_for_work(self, name: str | None = None) -> None:
        """Until a machine is at a task, or any."""
        _until(lambda: self.running()[name] if name else self.running().total(), self.machine)

    def wait_for_rest(self) -> None:
        """Until no machine is at a task."""
        _until(lambda: not self.running().total(), self.machine)

    def tasks(self) -> Counter[str]:
        """How many tasks each machine has ended, by its name; also those that are gone."""
        return self._counted("allexecutors", "completedTasks")

    def running(self) -> Counter[str]:
        """How many tasks each machine is at now."""
        return self._counted("executors", "activeTasks")

    def _counted(self, which: str, what: str) -> Counter[str]:
        names = {machine.address: machine.name for machine in self._workers.values()}
        counted: Counter[str] = Counter()
        for entry in self._executors(which):
            counted[names[entry["hostPort"].rpartition(":")[0]]] += entry[what]
        return counted

    def _executors(self, which: str) -> list[dict[str, Any]]:
        top = f"http://{self.machine.address}:{_UI}/api/v1/applications"
        with suppress(OSError, ValueError):
            [application] = _fetched(top)
            found = _fetched(f"{top}/{application['id']}/{which}")
            return [entry for entry in found if entry["id"] != "driver"]
        return []


def _fetched(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)


def _listens(machine: Machine, port: int) -> bool:
    with socket.socket() as there:
        there.settimeout(2)
        return there.connect_ex((machine.address, port)) == 0


def _until(condition: Callable[[], object], machine: Machine) -> None:
    end = time.monotonic() + _PATIENCE
    while not condition():
        if time.monotonic() > end or not machine.is_on:
            lines = machine.log.read_text(errors="replace").splitlines()[-5:]
            raise RuntimeError(f"{machine.name} is not ready: {' / '.join(lines)}")
        time.sleep(0.1)
