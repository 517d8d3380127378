"""Write the answer to a question as a Parquet file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import duckdb

from queries.case import Case, Rows
from queries.database import connect
from queries.enrichment.model import Enrichment
from queries.errors import InvestigationError, WrongUsage
from queries.index.rows import insert_rows
from queries.question import Question


def write_parquet(
    case: Case, question: Question, target: Path, enrichment: Enrichment | None = None
) -> None:
    """Answer `question` into `target`, which must not exist, with what is known of its addresses
    and accounts.

    The case is sealed and may not touch files, so the rows pass through a connection of their
    own; their types are those of the answer.
    """
    if target.exists():
        raise WrongUsage(f"{target}: exists already; name another file")
    cursor = case.connection.cursor()
    cursor.execute(question.sql, question.bound)
    types = {column[0]: str(column[1]) for column in cursor.description or ()}
    names = list(types)
    known = enrichment or Enrichment()
    # What is added is text.
    shape = ", ".join(
        f'"{name}" {types.get(name, "VARCHAR")}' for name in known.beside(Rows(names, [])).columns
    )
    writer = connect()
    try:
        writer.execute(f"CREATE TABLE answer ({shape})")
        while rows := cursor.fetchmany(20_000):
            insert_rows(writer, "answer", known.beside(Rows(names, rows)).rows)
        # COPY takes no bound parameter for its target.
        quoted = str(target).replace("'", "''")
        writer.execute(f"COPY answer TO '{quoted}' (FORMAT parquet, COMPRESSION zstd)")
    except duckdb.IOException as error:
        raise InvestigationError(f"{target}: cannot be written ({error})") from None
    finally:
        writer.close()
        cursor.close()


def write_parts(parts: Iterable[Rows], types: Mapping[str, str], target: Path) -> None:
    """Write rows that come in parts into `target`, which must not exist; `types` names the columns
    that are no text."""
    if target.exists():
        raise WrongUsage(f"{target}: exists already; name another file")
    writer = connect()
    try:
        for number, part in enumerate(parts):
            if not number:
                shape = ", ".join(f'"{c}" {types.get(c, "VARCHAR")}' for c in part.columns)
                writer.execute(f"CREATE TABLE answer ({shape})")
            insert_rows(writer, "answer", part.rows)
        quoted = str(target).replace("'", "''")
        writer.execute(f"COPY answer TO '{quoted}' (FORMAT parquet, COMPRESSION zstd)")
    except duckdb.IOException as error:
        raise InvestigationError(f"{target}: cannot be written ({error})") from None
    finally:
        writer.close()
