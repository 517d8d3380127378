"""DuckDB, embedded, over a converted folder: views of the Parquet files in place of tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb

from queries.case import Rows, ask_cursor
from queries.converted.layout import (
    IN_PARTITIONS,
    PARTITIONS,
    RELATIONS,
    VIEWS,
    WHOLE,
    as_literal,
    check_converted,
    columns_of,
    has_files,
    partition_files,
    view_of_events,
    whole_files,
)
from queries.database import connect
from queries.engines.base import PAGE
from queries.engines.extent import Extent
from queries.errors import Cancelled, InvestigationError
from queries.index.rows import as_text
from queries.progress import CancelToken

_MEMORY = "600MB"


class DuckDBEngine:
    """Reads the folder in place; sealed, so that no statement reaches anything else."""

    name = "duckdb"
    doing = ""

    def __init__(self, folder: Path, extent: Extent | None = None) -> None:
        """Raises `WrongUsage` unless `folder` is a whole converted one."""
        check_converted(folder)
        self.extent = extent or Extent()
        self.connection = connect(config={"memory_limit": _MEMORY})
        try:
            for relation in RELATIONS:
                self.connection.execute(view_of(folder, relation, self.extent))
            for relation in VIEWS:
                self.connection.execute(f"CREATE VIEW {relation} AS {view_of_events(relation)}")
            # What was said last: from here on the folder is all that can be read.
            allowed = as_literal(f"{folder.absolute()}/")
            self.connection.execute(f"SET allowed_directories = [{allowed}]")
            self.connection.execute("SET enable_external_access = false")
            self.connection.execute("SET lock_configuration = true")
        except duckdb.Error as error:
            self.connection.close()
            raise InvestigationError(f"{folder}: cannot be read ({error})") from None

    def ask(
        self,
        sql: str,
        parameters: Mapping[str, Any] | None = None,
        cancel: CancelToken | None = None,
    ) -> Rows:
        with self.connection.cursor() as cursor:
            return ask_cursor(cursor, sql, parameters, cancel)

    def pages(
        self,
        sql: str,
        parameters: Mapping[str, Any] | None = None,
        cancel: CancelToken | None = None,
        size: int = PAGE,
    ) -> Iterator[Rows]:
        cancel = cancel or CancelToken()
        bound = {name: as_text(value) for name, value in (parameters or {}).items()}
        with self.connection.cursor() as cursor:
            cancel.watch(cursor)
            try:
                if cancel.cancelled:
                    raise Cancelled("stopped")
                cursor.execute(sql, bound)
                columns = [column[0] for column in cursor.description or ()]
                rows = cursor.fetchmany(size)
                yield Rows(columns, rows)
                while len(rows) == size:
                    rows = cursor.fetchmany(size)
                    if rows:
                        yield Rows(columns, rows)
            except duckdb.InterruptException:
                raise Cancelled("stopped") from None
            finally:
                cancel.release(cursor)

    def close(self) -> None:
        self.connection.close()


def view_of(folder: Path, relation: str, extent: Extent) -> str:
    """The statement that makes a relation known under its name."""
    columns = ", ".join(f'"{name}"' for name, _ in columns_of(relation))
    if relation in IN_PARTITIONS:
        if not has_files(folder, relation):
            return _nothing(relation)
        types = ", ".join(f"'{name}': {kind}" for name, kind in PARTITIONS)
        files = as_literal(partition_files(folder, relation))
        source = (
            f"read_parquet({files}, hive_partitioning = true, hive_types = {{{types}}},"
            " hive_types_autocast = false)"
        )
    else:
        source = f"read_parquet({as_literal(whole_files(folder, relation))})"
    conditions = [] if relation in WHOLE else extent.conditions()
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    if relation == "actors":
        return f"CREATE VIEW actors AS {actors_of_days(source + where)}"
    return f"CREATE VIEW {relation} AS SELECT {columns} FROM {source}{where}"  # noqa: S608


def _nothing(relation: str) -> str:
    columns = ", ".join(f'CAST(NULL AS {kind}) AS "{name}"' for name, kind in columns_of(relation))
    return f"CREATE VIEW {relation} AS SELECT {columns} WHERE FALSE"


def actors_of_days(days: str) -> str:
    """The statement that makes `actors` of its days: one row for each combination again."""
    keys, selected = [], []
    for name, kind in columns_of("actors"):
        if name in _SUMMED:
            selected.append(f"CAST(sum({name}) AS {kind}) AS {name}")
        elif name in _LEAST:
            selected.append(f"min({name}) AS {name}")
        elif name in _GREATEST:
            selected.append(f"max({name}) AS {name}")
        else:
            keys.append(name)
            selected.append(name)
    return f"SELECT {', '.join(selected)} FROM {days} GROUP BY {', '.join(keys)}"  # noqa: S608


_SUMMED = ("with_mfa", "without_mfa", "events", "writes", "failures", "image_puts")
_LEAST = ("first_seen",)
_GREATEST = (
    "principal_id",
    "user_name",
    "source_identity",
    "identity_provider",
    "session_created",
    "last_seen",
)
