"""Machines go away in the middle: answers and folders are the same, or one sentence says why."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from queries.engines import spark_tasks
from queries.engines.duckdb import DuckDBEngine
from queries.engines.opening import open_engine_case
from queries.engines.spark import SparkEngine
from queries.errors import InvestigationError, WrongUsage
from queries.progress import CancelToken, Progress
from queries.trail.converting import convert_by_workers
from queries.trail.destination import Destination
from tests.engines.conversions import At, rows, with_spark
from tests.engines.several_machines.check_conversion import OVER_A_TRAIL
from tests.engines.several_machines.cluster import Cluster, Server
from tests.engines.several_machines.conftest import TRAIL, WORKERS, Here, Shared, choice
from tests.engines.test_spark import in_order
from tests.engines.trails import DAYS, SPAN
from tui.cli import main

LONG = """
SELECT count(*) AS pairs, sum(length(a.event_id) * length(b.request_parameters) % 7) AS made
FROM events AS a JOIN events AS b ON a.event_key <> b.event_key
JOIN events AS c ON c.event_key % 40 = a.event_key % 40
"""
"""A question that keeps all machines busy for a while: a thousand million pairs."""
PLACING = "putting what was written"


def at_work(
    server: Server, then: Callable[[], object], machine: str | None = None
) -> threading.Thread:
    """Does something as soon as a machine, or any, is at a task."""

    def wait() -> None:
        with suppress(RuntimeError):
            server.wait_for_work(machine)
            then()

    waiting = threading.Thread(target=wait, daemon=True)
    waiting.start()
    return waiting


def test_a_conversion_survives_that_workers_are_killed(
    server: Server, cluster: Cluster, behind: Shared, grown: Here
) -> None:
    killed = []

    def kill(name: str) -> None:
        cluster.workers[name].kill()
        killed.append(name)

    def cut_off(name: str) -> None:
        cluster.workers[name].unplug()
        killed.append(name)

    stages = {
        "merging with": lambda: kill("worker1"),
        "writing events": lambda: cluster.add_worker("worker1"),
        PLACING: lambda: cut_off("worker2"),
    }
    convert_by_workers(choice(server), behind.there, At(stages), CancelToken())
    assert killed == ["worker1", "worker2"]
    cluster.workers["worker2"].kill()
    grown.assert_same(behind.here, grown=True)


def test_a_question_survives_that_a_worker_is_killed(
    server: Server, cluster: Cluster, converted: Shared, here: Here
) -> None:
    engine, one_machine = (
        SparkEngine(server.address, converted.there, DAYS),
        DuckDBEngine(here.folder, DAYS),
    )
    killing = at_work(server, cluster.workers["worker3"].kill, "worker3")
    found = engine.ask(LONG)
    killing.join(timeout=1)
    assert not cluster.workers["worker3"].is_on
    assert found.rows == one_machine.ask(LONG).rows
    engine.close()
    one_machine.close()


def test_a_trail_that_is_open_survives_that_a_worker_is_killed(
    server: Server, cluster: Cluster, grown: Here
) -> None:
    one_machine = DuckDBEngine(grown.folder, DAYS)
    with open_engine_case(choice(server), whole=False) as case:
        cluster.workers["worker1"].kill()
        for sql in OVER_A_TRAIL:
            assert in_order(case.ask(sql)) == in_order(one_machine.ask(sql)), sql
    one_machine.close()


def test_without_any_worker_one_sentence_says_so(
    server: Server,
    cluster: Cluster,
    converted: Shared,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(spark_tasks, "PATIENCE", 15.0)
    engine = SparkEngine(server.address, converted.there, DAYS)
    sql = "SELECT count(*) FROM events WHERE event_name = 'PutImage'"
    before = engine.ask(sql).rows
    for worker in cluster.workers.values():
        worker.kill()
    server.wait_for_executors(0)
    capsys.readouterr()
    asked = ["pushes", converted.there, "--engine", "spark", "--spark", server.address, *SPAN]
    assert main(asked) == 1
    said = capsys.readouterr().err.splitlines()
    assert len([line for line in said if "no machine has taken one for 15 seconds" in line]) == 1

    # A session that was open goes on when they are back.
    cluster.add_worker("worker1")
    server.wait_for_executors(1)
    assert engine.ask(sql).rows == before
    engine.close()


def test_the_server_goes_away_before_anything_is_changed(
    server: Server, behind: Shared, here: Here, grown: Here, cluster: Cluster
) -> None:
    stages = {"writing what was made": server.machine.kill}
    with pytest.raises(InvestigationError, match="does not answer any more"):
        convert_by_workers(choice(server), behind.there, At(stages), CancelToken())
    here.assert_same(behind.here)  # nothing has happened

    again = cluster.start_server("driver", WORKERS)
    assert main(["convert", TRAIL, behind.there, *with_spark(again.address)]) == 0
    grown.assert_same(behind.here, grown=True)


def test_the_server_goes_away_while_the_folder_is_changed(
    server: Server,
    behind: Shared,
    grown: Here,
    cluster: Cluster,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write = Destination._write

    def kill_and_write(self: Destination, name: str, frame: Any, **named: Any) -> None:
        if name == "copies" and not named.get("pending"):
            server.machine.kill()
        write(self, name, frame, **named)

    with monkeypatch.context() as patched:
        patched.setattr(Destination, "_write", kill_and_write)
        with pytest.raises(InvestigationError, match="does not answer any more"):
            convert_by_workers(choice(server), behind.there, Progress(), CancelToken())

    again = cluster.start_server("driver", WORKERS)
    with pytest.raises(WrongUsage, match="a conversion"):
        SparkEngine(again.address, behind.there, DAYS)
    assert not list(behind.here.glob("meta/*.parquet")) or not rows(behind.here, "meta")

    assert main(["convert", TRAIL, behind.there, *with_spark(again.address)]) == 0
    grown.assert_same(behind.here, grown=True)
    assert not list(behind.here.glob("events/**/.spark-staging*/**/*.parquet"))
