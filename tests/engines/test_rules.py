"""The statements of rules, of the list of findings and of marks: the same rows on Spark, over the
relations that only DuckDB can make."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from queries.case import Case
from queries.catalogue import statement
from queries.database import connect
from queries.engines.base import relations_in
from queries.engines.extent import Extent
from queries.engines.spark import SparkEngine
from queries.findings.relations import create_relations
from queries.findings.rules import load_rules
from queries.findings.run import find, gaps_of, listed_of
from queries.findings.settings import Settings, load_settings
from queries.index.identifiers import STORED
from queries.marks.events import mark_event
from queries.marks.keeper import Marks
from queries.marks.tables import MarkTables

RULES = [rule.id for rule in load_rules()]
SIGNED = {"UBIGINT": "BIGINT", "HUGEINT": "BIGINT"}
"""What DuckDB counts with and Spark has not; the numbers are small."""
OF_READING = ("listed", "digests", "digest_entries", "contents", "set_aside", "contradicted")
LISTS: list[tuple[str, dict[str, Any]]] = [
    ("found/listing", {}),
    ("found/listing", {"severity": "high"}),
    ("found/told", {}),
    ("found/behind", {"story": 1}),
    ("found/asked", {}),
    ("marks/listing", {}),
    ("marks/listing", {"tag": "seen"}),
]
ALSO = ("stories", "findings", "rule_runs", "finding_events")


@pytest.fixture(scope="module")
def settings() -> Settings:
    return load_settings()


@pytest.fixture(scope="module")
def here(
    incident_case: Case, settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The index with the relations that rules read, and what was found and marked, as tables."""
    folder = tmp_path_factory.mktemp("rules")
    cursor = connect(str(folder / "all.duckdb"))
    cursor.execute(f"ATTACH '{incident_case.path}' AS i (READ_ONLY)")
    own = cursor.execute(
        "SELECT table_name FROM duckdb_tables() WHERE database_name = 'i'"
    ).fetchall()
    for (name,) in own:
        columns = f"* EXCLUDE ({', '.join(sorted(STORED))})" if name == "events" else "*"
        if name not in OF_READING:
            cursor.execute(f"CREATE TABLE {name} AS SELECT {columns} FROM i.{name}")
    cursor.execute("DETACH i")
    known = listed_of(incident_case, settings), gaps_of(incident_case)
    assert not create_relations(cursor, settings.common, *known)
    found = find(incident_case, settings)
    _bring(cursor, found.case, ALSO)
    marks = Marks()
    incident_case.with_marks(marks)
    for finding in found.findings[:6]:
        mark_event(incident_case, finding.event_keys[0], ("seen",), "a comment")
    tables = MarkTables()
    _bring(cursor, tables.of(marks), ("marks", "mark_records"))
    tables.close()
    found.close()
    yield cursor
    cursor.close()


def _bring(cursor: duckdb.DuckDBPyConnection, case: Case, names: tuple[str, ...]) -> None:
    for name in names:
        other = case.connection.cursor()
        table = other.sql(f"FROM {name}").to_arrow_table()
        cursor.register("arrived", table)
        cursor.execute(f"CREATE OR REPLACE TABLE {name} AS FROM arrived")
        cursor.unregister("arrived")
        other.close()


@pytest.fixture(scope="module")
def spark(
    here: duckdb.DuckDBPyConnection,
    settings: Settings,
    spark_address: str,
    converted_folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[SparkEngine]:
    """Spark over the very same tables, those that a statement reads."""
    folder = tmp_path_factory.mktemp("tables")
    engine = SparkEngine(spark_address, str(converted_folder), Extent())
    tables = here.execute("SELECT DISTINCT table_name FROM duckdb_columns() WHERE NOT internal")
    known = frozenset(name for (name,) in tables.fetchall())
    texts = [rule.sql for rule in settings.rules] + [statement(name).sql for name, _ in LISTS]
    for name in sorted(relations_in(" ".join(texts), known)):
        described = here.execute(f"DESCRIBE FROM {name}").fetchall()
        columns = [(row[0], SIGNED.get(row[1], row[1])) for row in described]
        selected = ", ".join(
            f'CAST("{column}" AS {kind}) AS "{column}"' for column, kind in columns
        )
        file = f"{folder}/{name}.parquet"
        here.execute(f"COPY (SELECT {selected} FROM {name}) TO '{file}' (FORMAT parquet)")
        engine.provide(name, columns, file)
    yield engine
    engine.close()


def same(
    here: duckdb.DuckDBPyConnection, spark: SparkEngine, sql: str, bound: dict[str, Any]
) -> int:
    cursor = here.execute(sql, bound)
    columns = [column[0] for column in cursor.description or ()]
    expected = cursor.fetchall()
    answer = spark.ask(sql, bound)
    assert answer.columns == columns
    assert sorted(answer.rows, key=str) == sorted(expected, key=str)
    return len(expected)


@pytest.mark.parametrize("name", RULES)
def test_a_rule_finds_the_same(
    name: str, here: duckdb.DuckDBPyConnection, spark: SparkEngine, settings: Settings
) -> None:
    [rule] = [rule for rule in settings.rules if rule.id == name]
    same(here, spark, rule.sql, settings.values_of(rule))


@pytest.mark.parametrize(("name", "parameters"), LISTS)
def test_lists_are_the_same(
    name: str, parameters: dict[str, Any], here: duckdb.DuckDBPyConnection, spark: SparkEngine
) -> None:
    found = statement(name)
    bound = {parameter: parameters.get(parameter) for parameter in found.parameters}
    assert same(here, spark, found.sql, bound)
