"""A real Spark Connect server for the tests, one for all of their processes."""

from __future__ import annotations

import fcntl
import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from queries.converted.layout import RELATIONS
from queries.engines.extent import Extent
from queries.engines.guard import hold
from queries.engines.spark import SparkEngine
from queries.engines.spark_local import LocalSpark

QUICK = {
    # Statements over little data: what Spark prepares costs more than the rows.
    "spark.driver.memory": "1g",
    "spark.sql.shuffle.partitions": "1",
    "spark.default.parallelism": "1",
    "spark.sql.files.openCostInBytes": "1",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.inMemoryColumnarStorage.compressed": "false",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
}


@contextmanager
def shared_server(folder: Path) -> Iterator[str]:
    """The address of one server for all test processes that have this folder in common: the first
    starts it, the last ends it, and if they are killed, it ends by itself."""
    state = folder / "spark.json"
    with alone(folder):
        known = json.loads(state.read_text()) if state.exists() else {"users": 0}
        if not known["users"]:
            place = folder / f"spark-{os.getpid()}"
            place.mkdir()
            server = LocalSpark("local[2]", place, QUICK)
            known = {"address": server.address, "pid": server.pid, "users": 0}
            known["pipe"] = str(server.pipe)
        known["users"] += 1
        state.write_text(json.dumps(known))
        held = hold(Path(str(known["pipe"])))
    try:
        yield str(known["address"])
    finally:
        with alone(folder):
            known = json.loads(state.read_text())
            known["users"] -= 1
            state.write_text(json.dumps(known))
            os.close(held)
            if not known["users"]:
                os.kill(known["pid"], signal.SIGTERM)


def keep_in_memory(address: str, folder: Path) -> None:
    """Have the server keep what it reads of a converted folder: a question costs it a third less.

    Spark looks for what it keeps by what is read, so this serves all sessions, whatever extent and
    question they put on top. It fills with the first question.
    """
    engine = SparkEngine(address, str(folder), Extent())
    for relation in RELATIONS:
        engine.keep(relation)
    engine.close()


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """No other test process is in such a block with this folder."""
    with (folder / "spark.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
