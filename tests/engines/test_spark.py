"""A real Spark answers every SQL file as DuckDB does, row by row, over the same folder."""

from __future__ import annotations

import re
import shutil
import threading
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from queries.case import Rows, open_case
from queries.catalogue import names
from queries.convert import convert
from queries.engines.duckdb import DuckDBEngine
from queries.engines.extent import Extent
from queries.engines.spark import SparkEngine
from queries.errors import Cancelled, InvestigationError, WrongUsage
from queries.progress import CancelToken, Progress
from queries.question import Order, ask_for
from tests.engines.askings import OF_SEVERAL_REGISTRIES, Corpus, askings
from tests.evidence_files import at, record, trail, write


@pytest.fixture(scope="module")
def here(converted_folder: Path) -> Iterator[DuckDBEngine]:
    engine = DuckDBEngine(converted_folder)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def corpus(here: DuckDBEngine) -> Corpus:
    return Corpus.of(here.ask)


@pytest.fixture(scope="module")
def spark(folder_in_memory: Path, spark_address: str) -> Iterator[SparkEngine]:
    engine = SparkEngine(spark_address, str(folder_in_memory), Extent())
    yield engine
    engine.close()


def in_order(answer: Rows) -> list[tuple[Any, ...]]:
    return sorted(answer.rows, key=lambda row: [str(value) for value in row])


@pytest.mark.parametrize("name", names())
def test_rows_are_identical(
    name: str, here: DuckDBEngine, spark: SparkEngine, corpus: Corpus
) -> None:
    rows = 0
    for question in askings(name, corpus, most=2):
        expected = here.ask(question.sql, question.bound)
        answer = spark.ask(question.sql, question.bound)
        assert answer.columns == expected.columns
        assert in_order(answer) == in_order(expected)
        rows += len(expected.rows)
    assert rows or name in OF_SEVERAL_REGISTRIES, "nothing was compared"


def test_pages_are_the_same_rows(spark: SparkEngine, here: DuckDBEngine) -> None:
    sql = "SELECT event_key, event_time FROM events ORDER BY event_key"
    pages = list(spark.pages(sql, size=1_000))
    assert [len(page.rows) for page in pages[:2]] == [1_000, 1_000]
    assert [row for page in pages for row in page.rows] == here.ask(sql).rows
    [nothing] = spark.pages("SELECT event_key FROM events WHERE event_key < $key", {"key": 0})
    assert (nothing.columns, nothing.rows) == (["event_key"], [])


@pytest.mark.parametrize(
    "order", [Order("event_time", descending=True), Order("target"), Order("caller")]
)
def test_a_page_of_activity_is_the_same_rows(
    order: Order, spark: SparkEngine, here: DuckDBEngine, corpus: Corpus
) -> None:
    """However it is looked for: by hours, by keys, as a whole."""
    asked = ask_for("activity", scope="origin", value=corpus.some("origin")[0])
    page = asked.with_order(order).with_page(20, 3)
    rows = spark.ask(page.sql, page.bound).rows
    assert len(rows) == 20
    assert rows == here.ask(page.sql, page.bound).rows


def test_a_running_statement_is_stopped_and_the_engine_goes_on(
    converted_folder: Path, spark_address: str
) -> None:
    spark = SparkEngine(spark_address, str(converted_folder), Extent())
    cancel, said = CancelToken(), []
    # While Spark multiplies rows it does not look whether it has to stop: it would go on, and have
    # no processor left for the other tests.
    for_ever = "SELECT sum(id % 7) AS n FROM range(1000000000000000)"

    def stop_once_it_runs() -> None:
        while not spark.doing and not cancel.cancelled:
            time.sleep(0.05)
        said.append(spark.doing)
        cancel.cancel()

    watcher = threading.Thread(target=stop_once_it_runs)
    watcher.start()
    with pytest.raises(Cancelled):
        spark.ask(for_ever, cancel=cancel)
    watcher.join()
    assert "spark: " in said[0]
    assert " tasks" in said[0]
    assert spark.ask("SELECT count(*) FROM meta").rows[0][0] > 0
    assert spark.doing == ""
    spark.close()


def test_what_was_stopped_before_it_began_is_not_asked(spark: SparkEngine) -> None:
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        spark.ask("SELECT count(*) FROM events", cancel=cancel)


def test_errors_are_one_sentence(spark: SparkEngine, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InvestigationError, match=r"cannot be resolved") as caught:
        spark.ask("SELECT no_such_column FROM events")
    assert len(str(caught.value).splitlines()) == 1
    assert capfd.readouterr().err == ""


def test_an_extent_prunes_partitions(
    converted_folder: Path, spark_address: str, tmp_path: Path
) -> None:
    day = date(2026, 3, 8)
    folder = shutil.copytree(converted_folder, tmp_path / "read from files")
    narrow = SparkEngine(spark_address, str(folder), Extent(("444455556666",), (), day, day))
    here = DuckDBEngine(folder, narrow.extent)
    sql = "SELECT recipient_account_id, event_id FROM events ORDER BY event_id"
    assert narrow.ask(sql).rows == here.ask(sql).rows != []
    plan = narrow.plan("SELECT count(*) FROM events WHERE event_name = $name", {"name": "PutImage"})
    [filters] = re.findall(r"PartitionFilters: \[(.*?)\], ", plan)
    assert "444455556666" in filters
    assert "(date#" in filters
    narrow.close()
    here.close()


def test_account_ids_keep_their_zeros(tmp_path: Path, spark_address: str) -> None:
    zeros = "000000000012"
    events = [record("PutImage", at(1), recipientAccountId=zeros)]
    write(tmp_path / "logs", {"a.json": trail(events)})
    with open_case([str(tmp_path / "logs")], use_cache=False) as case:
        convert(case, tmp_path / "out", Progress(), CancelToken())
    engine = SparkEngine(spark_address, str(tmp_path / "out"), Extent((zeros,)))
    assert engine.ask("SELECT recipient_account_id FROM events").rows == [(zeros,)]
    engine.close()


def test_a_folder_that_the_server_does_not_have(spark_address: str) -> None:
    with pytest.raises(WrongUsage, match="is not there for the server"):
        SparkEngine(spark_address, "file:///no/such/folder", Extent())
