"""A real Spark Connect server for the tests."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
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

    def stop(self) -> None:
        """End the process that was started here."""
        self._process.terminate()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
