"""Connections to DuckDB as this program wants them."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

_COMMON = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}


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
    connection = duckdb.connect(path, read_only=read_only, config={**_COMMON, **(config or {})})
    try:
        connection.execute("SET enable_progress_bar = false")
        if locked:
            connection.execute("SET lock_configuration = true")
    except duckdb.InvalidInputException:
        # Another connection to the same file has locked the settings, of this one too.
        pass
    return connection
