"""Write many Python rows into a table at once (executemany is slow in DuckDB)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

import duckdb

_AT_ONCE = 10_000
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def as_text(value: Any) -> Any:
    """A value as DuckDB takes it, which has no lone surrogates.

    File names and arguments may hold bytes that are no text, which Python writes as surrogates:
    they become `\\xff` and the like. Half a pair out of a JSON escape becomes U+FFFD.
    """
    if isinstance(value, list):
        return [as_text(entry) for entry in value]
    if isinstance(value, str) and not value.isascii() and _LONE_SURROGATE.search(value):
        try:
            return value.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        except UnicodeEncodeError:
            return _LONE_SURROGATE.sub("\ufffd", value)
    return value


def insert_rows(
    connection: duckdb.DuckDBPyConnection, table: str, rows: Iterable[Sequence[Any]]
) -> None:
    """Append rows, in the table's own column order; the table's types decide.

    `table` is one of our own table names, never a value from outside. Rows are taken some
    thousands at a time, so a generator of millions needs little memory.
    """
    remaining = iter(rows)
    types: list[tuple[str, str]] = []
    while part := list(islice(remaining, _AT_ONCE)):
        types = types or _types(connection, table)
        columns = ", ".join(f"unnest(${name}::{kind}[])" for name, kind in types)
        parameters = {name: [as_text(row[i]) for row in part] for i, (name, _) in enumerate(types)}
        connection.execute(f"INSERT INTO {table} SELECT {columns}", parameters)


def _types(connection: duckdb.DuckDBPyConnection, table: str) -> list[tuple[str, str]]:
    """Column names and types of a table, in their order."""
    # Not duckdb_columns: a temporary table may stand before one of the same name.
    return connection.execute(
        f"SELECT column_name, column_type FROM (DESCRIBE {table})"  # noqa: S608
    ).fetchall()
