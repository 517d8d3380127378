"""Connections to DuckDB as this program wants them."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from queries.errors import WrongUsage

_COMMON = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}

ROW_GROUP = 61_440
"""Rows: half of what DuckDB takes."""


def connect(
    path: str = ":memory:",
    *,
    read_only: bool = False,
    locked: bool = False,
    config: Mapping[str, str] | None = None,
) -> duckdb.DuckDBPyConnection:
    """A connection that installs nothing and writes nothing on standard output.

    DuckDB draws a bar there for whatever takes more than two seconds, into JSON or over a screen,
    terminal or not (2.0.1). With `locked`, no setting can be changed any more.
    """
    _check_name(path)
    connection = duckdb.connect(path, read_only=read_only, config={**_COMMON, **(config or {})})
    try:
        connection.execute("SET enable_progress_bar = false")
        if locked:
            connection.execute("SET lock_configuration = true")
    except duckdb.InvalidInputException:
        # Another connection to the same file has locked the settings, of this one too.
        pass
    return connection


def _check_name(path: str) -> None:
    """Names of files are bytes, and those that are no UTF-8 cannot be handed to DuckDB."""
    try:
        path.encode()
    except UnicodeEncodeError:
        raise WrongUsage(
            f"{path}: this name is no UTF-8 text, and the database opens no such file"
        ) from None


def connect_to_build(path: str, config: Mapping[str, str]) -> duckdb.DuckDBPyConnection:
    """A connection that writes an index to a file, new or there. Its cursors come from `cursor_of`.

    Only who attaches a file can say how large its row groups become. Rows that are not committed,
    or fill no group, stay in memory: half the usual size takes 430 MiB where 512 were taken for
    400,000 events, in the same time, and the file is 74 instead of 71 MiB.

    Nothing waits for the disk (a fifteenth of the time; more where the disk is slow): the file has
    to be synchronised before it takes the place of another.
    """
    _check_name(path)
    connection = connect(config={**config, "fsync_mode": "NONE"})
    quoted = path.replace("'", "''")
    connection.execute(
        f"ATTACH '{quoted}' AS case_file (ROW_GROUP_SIZE {ROW_GROUP}); USE case_file"
    )
    return connection


def cursor_of(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """A cursor for another thread that finds the same tables by the same names."""
    row = connection.execute("SELECT current_database()").fetchone()
    cursor = connection.cursor()
    if row is not None:
        name = str(row[0]).replace('"', '""')
        cursor.execute(f'USE "{name}"')
    return cursor


def double_memory(connection: duckdb.DuckDBPyConnection) -> None:
    """Let DuckDB have twice as much: better than not to read the evidence."""
    row = connection.execute(
        "SELECT 2 * memory_limit FROM (SELECT parse_formatted_bytes(current_setting("
        "'memory_limit')) AS memory_limit)"
    ).fetchone()
    if row is not None:
        connection.execute(f"SET memory_limit = '{int(row[0])}B'")


def drop_temporary(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop all temporary tables of a connection."""
    names = connection.execute("SELECT table_name FROM duckdb_tables() WHERE temporary").fetchall()
    for (name,) in names:
        connection.execute(f'DROP TABLE temp."{name}"')
