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
    cursor = case.connection.cursor()
    try:
        write_answer(cursor, question, target, enrichment)
    finally:
        cursor.close()


def write_answer(
    cursor: duckdb.DuckDBPyConnection,
    question: Question,
    target: Path,
    enrichment: Enrichment | None = None,
) -> None:
    """The same with a cursor that may know more than the case, such as temporary tables."""
    if target.exists():
        raise WrongUsage(f"{target}: exists already; name another file")
    cursor.execute(question.sql, question.bound)
    described = cursor.description or ()
    names = told_apart(column[0] for column in described)
    types = {name: str(column[1]) for name, column in zip(names, described, strict=True)}
    known = enrichment or Enrichment()
    shape = _shape(known.beside(Rows(names, [])).columns, types)
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


def told_apart(names: Iterable[str]) -> list[str]:
    """Names of columns so that none is there twice, upper and lower case alike: `a`, `a_1`."""
    found: list[str] = []
    taken: set[str] = set()
    for name in names:
        another, number = name, 0
        while another.lower() in taken:
            number += 1
            another = f"{name}_{number}"
        taken.add(another.lower())
        found.append(another)
    return found


def _shape(names: Iterable[str], types: Mapping[str, str]) -> str:
    """Columns for a CREATE TABLE; what is added to an answer is text."""
    return ", ".join(
        '"{}" {}'.format(name.replace('"', '""'), types.get(name, "VARCHAR")) for name in names
    )


def write_parts(parts: Iterable[Rows], types: Mapping[str, str], target: Path) -> None:
    """Write rows that come in parts into `target`, which must not exist; `types` names the columns
    that are no text."""
    if target.exists():
        raise WrongUsage(f"{target}: exists already; name another file")
    writer = connect()
    try:
        for number, part in enumerate(parts):
            if not number:
                writer.execute(f"CREATE TABLE answer ({_shape(part.columns, types)})")
            insert_rows(writer, "answer", part.rows)
        quoted = str(target).replace("'", "''")
        writer.execute(f"COPY answer TO '{quoted}' (FORMAT parquet, COMPRESSION zstd)")
    except duckdb.IOException as error:
        raise InvestigationError(f"{target}: cannot be written ({error})") from None
    finally:
        writer.close()
