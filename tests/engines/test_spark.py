"""A real Spark answers every SQL file as DuckDB does, row by row, over the same folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from queries.case import Rows
from queries.catalogue import names
from queries.engines.duckdb import DuckDBEngine
from queries.engines.extent import Extent
from queries.engines.spark import SparkEngine
from tests.engines.askings import Corpus, askings


@pytest.fixture(scope="module")
def here(converted_folder: Path) -> Iterator[DuckDBEngine]:
    engine = DuckDBEngine(converted_folder)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def corpus(here: DuckDBEngine) -> Corpus:
    return Corpus.of(here.ask)


@pytest.fixture(scope="module")
def spark(converted_folder: Path, spark_address: str) -> Iterator[SparkEngine]:
    engine = SparkEngine(spark_address, str(converted_folder), Extent())
    yield engine
    engine.close()


def in_order(answer: Rows) -> list[tuple[Any, ...]]:
    return sorted(answer.rows, key=lambda row: [str(value) for value in row])


@pytest.mark.parametrize("name", names())
def test_rows_are_identical(
    name: str, here: DuckDBEngine, spark: SparkEngine, corpus: Corpus
) -> None:
    rows = 0
    for question in askings(name, corpus, most=3):
        expected = here.ask(question.sql, question.bound)
        answer = spark.ask(question.sql, question.bound)
        assert answer.columns == expected.columns
        assert in_order(answer) == in_order(expected)
        rows += len(expected.rows)
    assert rows, "nothing was compared"
