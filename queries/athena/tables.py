"""The statements that make a converted folder known to Athena, one table for each relation.

They are Hive's, except for the views, which are Trino's: that is how Athena takes them.
https://docs.aws.amazon.com/athena/latest/ug/create-table.html
https://docs.aws.amazon.com/athena/latest/ug/create-view.html
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from queries.athena.place import Projection
from queries.converted.layout import (
    IN_PARTITIONS,
    PARTITIONS,
    RELATIONS,
    VIEWS,
    stored_columns,
    view_of_events,
)
from queries.engines.duckdb import actors_of_days

DAYS_OF_ACTORS = "actors_of_days"
"""The table over the folder `actors`: `actors` itself is the view that sums the days."""

DATE_FORMAT = "yyyy-MM-dd"

_TYPES = {
    "VARCHAR": "string",
    "BIGINT": "bigint",
    "INTEGER": "int",
    "BOOLEAN": "boolean",
    "TIMESTAMP": "timestamp",
    "DATE": "date",
    "VARCHAR[]": "array<string>",
}
"""https://docs.aws.amazon.com/athena/latest/ug/data-types.html"""


def table_of(relation: str) -> str:
    """The name of the table that holds a relation's files."""
    return DAYS_OF_ACTORS if relation == "actors" else relation


def converted_tables(database: str, place: str, projection: Projection) -> list[str]:
    """All statements, in the order in which they are to be run. `place` is the folder that
    `convert` wrote, copied into a bucket: `s3://bucket/prefix/`."""
    statements = [f"CREATE DATABASE IF NOT EXISTS `{database}`"]
    for relation in RELATIONS:
        statements.append(_table(database, place, relation, projection))
    return [
        *statements,
        f'CREATE OR REPLACE VIEW "{database}"."actors" AS\n'
        + actors_of_days(f'"{database}"."{DAYS_OF_ACTORS}"'),
        *(
            f'CREATE OR REPLACE VIEW "{database}"."{relation}" AS\n'
            + view_of_events(relation, f'"{database}"."events"', ("account", "region", '"date"'))
            for relation in VIEWS
        ),
    ]


def _table(database: str, place: str, relation: str, projection: Projection) -> str:
    folder = f"{place}{relation}/"
    lines = [
        f"CREATE EXTERNAL TABLE IF NOT EXISTS `{database}`.`{table_of(relation)}` (",
        columns(stored_columns(relation)),
        ")",
    ]
    if relation not in IN_PARTITIONS:
        return "\n".join([*lines, "STORED AS PARQUET", f"LOCATION '{folder}'"])
    parts = "".join(f"{name}=${{{name}}}/" for name, _ in PARTITIONS)
    return "\n".join(
        [
            *lines,
            partitioned(),
            "STORED AS PARQUET",
            f"LOCATION '{folder}'",
            properties(projection.properties(DATE_FORMAT, folder + parts)),
        ]
    )


def columns(described: Iterable[tuple[str, str]]) -> str:
    """Names and types of DuckDB's as the list of a table's columns."""
    return ",\n".join(f"  `{name}` {_TYPES[kind]}" for name, kind in described)


def partitioned() -> str:
    """Partitions are text, the date too: projected values are written as their format says."""
    return f"PARTITIONED BY ({', '.join(f'`{name}` string' for name, _ in PARTITIONS)})"


def properties(named: Sequence[tuple[str, str]]) -> str:
    """TBLPROPERTIES of checked values."""
    lines = ",\n".join(f"  '{name}' = '{value}'" for name, value in named)
    return f"TBLPROPERTIES (\n{lines}\n)"
