"""A real Spark Connect server for the tests."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

_PATIENCE = 120.0


def why_not() -> str | None:
    """Why no Spark can be started here; None when one can."""
    found = find_spec("pyspark")
    if found is None or found.origin is None:
        return "pyspark is not installed (make spark)"
    if not (Path(found.origin).parent / "jars").is_dir():
        return "pyspark is only the client: no Spark to start (make spark)"
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        return "no Java, which Spark needs"
    return None


class SparkServer:
    """Started in its own process; `address` is what `--spark` takes."""

    def __init__(self, folder: Path) -> None:
        found = find_spec("pyspark")
        assert found is not None
        assert found.origin is not None
        home = Path(found.origin).parent
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"sc://127.0.0.1:{port}"
        self._log = folder / "spark.log"
        settings = {
            "spark.connect.grpc.binding.address": "127.0.0.1",
            "spark.connect.grpc.binding.port": str(port),
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.host": "127.0.0.1",
            "spark.ui.enabled": "false",
            # Statements over little data: what Spark prepares costs more than the rows.
            "spark.sql.shuffle.partitions": "1",
            "spark.default.parallelism": "1",
            "spark.sql.files.openCostInBytes": "1",
            "spark.sql.codegen.wholeStage": "false",
            "spark.sql.codegen.factoryMode": "NO_CODEGEN",
            "spark.sql.adaptive.enabled": "false",
            "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
            "spark.sql.warehouse.dir": str(folder / "warehouse"),
            "spark.local.dir": str(folder / "local"),
            "spark.log.level": "ERROR",
        }
        command = [str(home / "bin" / "spark-submit"), "--master", "local[2]"]
        command += ["--driver-memory", "1g"]
        for name, value in settings.items():
            command += ["--conf", f"{name}={value}"]
        command += ["--class", "org.apache.spark.sql.connect.service.SparkConnectServer"]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [*command, "spark-internal"],
                stdout=log,
                stderr=log,
                cwd=folder,
                env={**os.environ, "SPARK_HOME": str(home)},
                start_new_session=True,
            )
        self._wait(port)

    def _wait(self, port: int) -> None:
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            with socket.socket() as there:
                if there.connect_ex(("127.0.0.1", port)) == 0:
                    return
            if self._process.poll() is not None:
                break
            time.sleep(0.2)
        self.stop()
        raise RuntimeError(f"Spark did not start: {self._log.read_text()[-2000:]}")

    @property
    def pid(self) -> int:
        """The process that was started."""
        return self._process.pid

    def stop(self) -> None:
        """End it, where it did not start well."""
        self._process.kill()
        self._process.wait()


@contextmanager
def shared_server(folder: Path) -> Iterator[str]:
    """The address of one server for all test processes that have this folder in common: the first
    starts it, the last ends it."""
    state = folder / "spark.json"
    with _alone(folder):
        known = json.loads(state.read_text()) if state.exists() else {"users": 0}
        if not known["users"]:
            place = folder / f"spark-{os.getpid()}"
            place.mkdir()
            server = SparkServer(place)
            known = {"address": server.address, "pid": server.pid, "users": 0}
        known["users"] += 1
        state.write_text(json.dumps(known))
    try:
        yield str(known["address"])
    finally:
        with _alone(folder):
            known = json.loads(state.read_text())
            known["users"] -= 1
            state.write_text(json.dumps(known))
            if not known["users"]:
                os.kill(known["pid"], signal.SIGTERM)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with (folder / "spark.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
