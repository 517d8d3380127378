"""Many rows into a table and out of it, some thousands at a time: there may be millions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import duckdb

GROUPED_AT_ONCE = 8_000_000
"""Events that are grouped in one go: the groups of fifty million, or their ids, would take more
memory than DuckDB is given."""
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
    """Append rows, in the table's own column order; the table's types decide (executemany would be
    slow).

    `table` is one of our own table names, never a value from outside. Rows are taken some
    thousands at a time, so a generator of millions needs little memory.
    """
    remaining = iter(rows)
    types: list[tuple[str, str]] = []
    while part := list(islice(remaining, _AT_ONCE)):
        types = types or _types(connection, table)
        # By number: a column may have any name, `count_star()` for one.
        columns = ", ".join(f"unnest($c{n}::{kind}[])" for n, (_, kind) in enumerate(types))
        values = zip(*part, strict=True)
        parameters = {
            f"c{n}": _as_texts(column)
            for n, (_, column) in enumerate(zip(types, values, strict=True))
        }
        connection.execute(f"INSERT INTO {table} SELECT {columns}", parameters)


def _as_texts(column: Iterable[Any]) -> list[Any]:
    # Nearly all values are ASCII, and calling `as_text` takes longer than to see that.
    return [
        value
        if value.__class__ is not list and (value.__class__ is not str or value.isascii())
        else as_text(value)
        for value in column
    ]


def rows_of(
    connection: duckdb.DuckDBPyConnection, select: str, order: str, *, at_once: int = 2_000
) -> Iterator[dict[str, Any]]:
    """The rows of one of our own SELECTs, in an order. The connection can be asked and told other
    things meanwhile, which an open result would not survive. `at_once`: rows in memory."""
    connection.execute(
        f"CREATE TEMP TABLE rows_of_it AS SELECT *, row_number() OVER (ORDER BY {order}) AS place"  # noqa: S608
        f" FROM ({select})"
    )
    last = 0
    while True:
        part = connection.execute(
            "SELECT * EXCLUDE (place) FROM rows_of_it WHERE place > $last AND place <= $next"
            " ORDER BY place",
            {"last": last, "next": last + at_once},
        )
        columns = [column[0] for column in part.description or ()]
        rows = part.fetchall()
        if not rows:
            break
        for values in rows:
            yield dict(zip(columns, values, strict=True))
        last += at_once
    connection.execute("DROP TABLE rows_of_it")


def _types(connection: duckdb.DuckDBPyConnection, table: str) -> list[tuple[str, str]]:
    """Column names and types of a table, in their order."""
    # Not duckdb_columns: a temporary table may stand before one of the same name.
    return connection.execute(
        f"SELECT column_name, column_type FROM (DESCRIBE {table})"  # noqa: S608
    ).fetchall()
