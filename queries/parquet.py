"""Write the answer to a question as a Parquet file."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import duckdb

from queries.case import Case, Rows
from queries.database import connect
from queries.errors import InvestigationError, WrongUsage
from queries.index.rows import insert_rows
from queries.question import Question


def write_parquet(case: Case, question: Question, target: Path) -> None:
    """Answer `question` into `target`, which must not exist.

    The case is sealed and may not touch files, so the rows pass through a connection of their
    own; their types are those of the answer.
    """
    if target.exists():
        raise WrongUsage(f"{target}: exists already; name another file")
    cursor = case.connection.cursor()
    cursor.execute(question.sql, question.bound)
    shape = ", ".join(f'"{column[0]}" {column[1]}' for column in cursor.description or ())
    writer = connect()
    try:
        writer.execute(f"CREATE TABLE answer ({shape})")
        while rows := cursor.fetchmany(20_000):
            insert_rows(writer, "answer", rows)
        # COPY takes no bound parameter for its target.
        quoted = str(target).replace("'", "''")
        writer.execute(f"COPY answer TO '{quoted}' (FORMAT parquet, COMPRESSION zstd)")
    except duckdb.IOException as error:
        raise InvestigationError(f"{target}: cannot be written ({error})") from None
    finally:
        writer.close()
        cursor.close()


def write_rows(rows: Rows, target: Path) -> None:
    """Write rows into `target`, which must not exist; a column has the type of its values, text
    where it has none."""
    if target.exists():
        raise WrongUsage(f"{target}: exists already; name another file")
    writer = connect()
    try:
        shape = ", ".join(
            f'"{name}" {_type_of(row[at] for row in rows.rows)}'
            for at, name in enumerate(rows.columns)
        )
        writer.execute(f"CREATE TABLE answer ({shape})")
        insert_rows(writer, "answer", rows.rows)
        quoted = str(target).replace("'", "''")
        writer.execute(f"COPY answer TO '{quoted}' (FORMAT parquet, COMPRESSION zstd)")
    except duckdb.IOException as error:
        raise InvestigationError(f"{target}: cannot be written ({error})") from None
    finally:
        writer.close()


def _type_of(values: Iterable[object]) -> str:
    for value in values:
        if isinstance(value, bool):
            return "BOOLEAN"
        if isinstance(value, int):
            return "BIGINT"
        if isinstance(value, datetime):
            return "TIMESTAMP"
        if value is not None:
            break
    return "VARCHAR"
