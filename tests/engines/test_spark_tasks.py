"""A statement that no machine of Spark's works on is given up, and that is said."""

from __future__ import annotations

import queue
from types import SimpleNamespace

import pytest

from queries.engines import spark_tasks
from queries.engines.spark_tasks import Tasks


def stage(tasks: int, ended: int) -> SimpleNamespace:
    """As pyspark tells it (pyspark.sql.connect.shell.progress.StageInfo)."""
    return SimpleNamespace(num_tasks=tasks, num_completed_tasks=ended, num_bytes_read=3 << 20)


@pytest.fixture
def given_up(monkeypatch: pytest.MonkeyPatch) -> queue.Queue[str]:
    monkeypatch.setattr(spark_tasks, "PATIENCE", 0.01)
    return queue.Queue()


def test_tasks_that_nobody_takes_are_given_up(
    given_up: queue.Queue[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks = Tasks(given_up.put)
    tasks.heard([stage(8, 8), stage(4, 1)], 0, "one", False)
    monkeypatch.setattr(spark_tasks, "PATIENCE", 3600.0)
    tasks.heard([stage(8, 8), stage(4, 1)], 0, "one", False)  # no news: it still waits as before
    assert given_up.get(timeout=60) == "one"
    assert tasks.given_up.startswith("spark: 9 of 12 tasks are done, and no machine has taken one")


@pytest.mark.parametrize(
    ("stages", "at_work", "done"),
    [([stage(4, 1)], 2, False), ([stage(4, 4)], 0, False), ([stage(4, 1)], 0, True)],
)
def test_others_are_not(
    stages: list[SimpleNamespace],
    at_work: int,
    done: bool,
    given_up: queue.Queue[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(spark_tasks, "PATIENCE", 3600.0)
    tasks = Tasks(given_up.put)
    tasks.heard([stage(4, 1)], 0, "one", False)  # waits for long, but then there is other news
    monkeypatch.setattr(spark_tasks, "PATIENCE", 0.01)
    tasks.heard(stages, at_work, "one", done)
    tasks.heard([stage(4, 0)], 0, "another", False)
    assert given_up.get(timeout=60) == "another"
    assert given_up.empty()
    tasks.close()


def test_how_long_nobody_has_worked_is_in_the_status(
    given_up: queue.Queue[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spark_tasks, "PATIENCE", 3600.0)
    monkeypatch.setattr(spark_tasks, "_WORTH_SAYING", 0.0)
    tasks = Tasks(given_up.put)
    tasks.heard([stage(4, 1)], 2, "one", False)
    assert tasks.words == "spark: 1 of 4 tasks, 3.0 MiB read"
    tasks.heard([stage(4, 1)], 0, "one", False)
    assert "no machine has taken one for 0 s" in tasks.words
    tasks.heard([stage(4, 2)], 1, "one", False)
    assert tasks.words == "spark: 2 of 4 tasks, 3.0 MiB read"
    tasks.close()
