"""Write many Python rows into a table at once (executemany is slow in DuckDB)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb


def insert_rows(
    connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Sequence[Any]]
) -> None:
    """Append rows, in the table's own column order; the table's types decide.

    `table` is one of our own table names, never a value from outside.
    """
    if not rows:
        return
    types = [
        (name, kind)
        for name, kind in connection.execute(
            "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = $table"
            " ORDER BY column_index",
            {"table": table},
        ).fetchall()
    ]
    columns = ", ".join(f"unnest(${name}::{kind}[])" for name, kind in types)
    for start in range(0, len(rows), 20_000):
        part = rows[start : start + 20_000]
        parameters = {name: [row[i] for row in part] for i, (name, _) in enumerate(types)}
        connection.execute(f"INSERT INTO {table} SELECT {columns}", parameters)  # noqa: S608
