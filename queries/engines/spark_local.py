"""Spark on this machine: a Connect server in a process of its own, for as long as it is wanted.

It listens on the loopback address, and takes only who has the token that was made for it. Nobody
has to end it: see `guard`.
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from queries.engines.guard import Guard
from queries.errors import InvestigationError

_PATIENCE = 120.0
"""Seconds to wait for it to listen."""
_SHOWN = 300


def why_not() -> str | None:
    """Why no Spark can be started here; None when one can."""
    found = find_spec("pyspark")
    if found is None or found.origin is None:
        return "pyspark is not installed"
    if not (Path(found.origin).parent / "jars").is_dir():
        return "pyspark is only the client, and no Spark comes with it"
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        return "no Java, which Spark needs"
    return None


class LocalSpark:
    """A server that was started here; `address` is what a client takes, and who else uses it holds
    `pipe`."""

    def __init__(
        self, master: str, folder: Path, settings: Mapping[str, str] | None = None
    ) -> None:
        """`master`: `local`, `local[2]` …; `folder` takes its log and what does not fit into
        memory. Raises `InvestigationError` when it does not start."""
        if reason := why_not():
            raise InvestigationError(f"Spark cannot run on this machine: {reason}")
        found = find_spec("pyspark")
        assert found is not None  # noqa: S101 - just looked for
        home = Path(str(found.origin)).parent
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        token = secrets.token_urlsafe(24)
        self.address = f"sc://localhost:{port}/;token={token}"
        self._log = folder / "spark.log"
        said = {
            "spark.connect.grpc.binding.address": "127.0.0.1",
            "spark.connect.grpc.binding.port": str(port),
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.host": "127.0.0.1",
            "spark.ui.enabled": "false",
            "spark.sql.warehouse.dir": str(folder / "warehouse"),
            "spark.local.dir": str(folder / "local"),
            "spark.log.level": "ERROR",
            **(settings or {}),
        }
        command = [str(home / "bin" / "spark-submit"), "--master", master]
        for name, value in said.items():
            command += ["--conf", f"{name}={value}"]
        command += ["--class", "org.apache.spark.sql.connect.service.SparkConnectServer"]
        own = {"SPARK_HOME": str(home), "SPARK_CONNECT_AUTHENTICATE_TOKEN": token}
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [*command, "spark-internal"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=folder,
                env={**os.environ, **own},
                start_new_session=True,
            )
        self.pipe = folder / "in-use"
        self._guard = Guard(self._process.pid, self.pipe)
        self._wait(port)

    @property
    def pid(self) -> int:
        """The process that was started."""
        return self._process.pid

    def stop(self) -> None:
        """End it."""
        self._guard.dismiss()
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _wait(self, port: int) -> None:
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end and self._process.poll() is None:
            with socket.socket() as there:
                if there.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.2)
        self.stop()
        lines = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        raise InvestigationError(
            f"Spark does not start on this machine: {(lines or ['it says nothing'])[-1][:_SHOWN]}"
        )
