"""A stand for Athena: moto takes the calls, and DuckDB answers over the tables of a folder."""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
from moto.athena.models import AthenaBackend, QueryResults
from trino_sql_validator import validate

from queries.athena.spelling import Spelled
from queries.athena.tables import table_of
from queries.case import Rows
from queries.converted.layout import (
    IN_PARTITIONS,
    RELATIONS,
    as_literal,
    partition_files,
    whole_file,
)

DATABASE = "ecr"
REGION = "eu-west-1"
WORK_GROUP = "ir"
_TYPES = {"HUGEINT": "bigint"}
_TEXT = re.compile(r"'(?:[^']|'')*'|\?")


class Stand:
    """The tables of a folder in DuckDB, under the names that they have in Athena."""

    def __init__(self, folder: Path) -> None:
        self.connection = duckdb.connect()
        self.connection.execute("CREATE SCHEMA ecr")
        self.connection.execute("CREATE MACRO from_utf8(b) AS decode(b)")
        self.connection.execute("CREATE MACRO array_join(l, s) AS array_to_string(l, s)")
        for relation in RELATIONS:
            source = f"read_parquet({as_literal(whole_file(folder, relation))})"
            if relation in IN_PARTITIONS:
                files = as_literal(partition_files(folder, relation))
                source = (
                    f"read_parquet({files}, hive_partitioning = true, hive_types ="
                    " {'account': VARCHAR, 'region': VARCHAR, 'date': VARCHAR})"
                )
            self.connection.execute(
                f"CREATE VIEW ecr.{table_of(relation)} AS SELECT * FROM {source}"
            )

    def ask(self, sent: Spelled) -> Rows:
        return self.typed(sent)[0]

    def typed(self, sent: Spelled) -> tuple[Rows, list[str]]:
        """The rows, and what Athena calls the types of their columns. The statement must be one of
        Trino's grammar, with functions that Trino has."""
        parsed = validate(sent.sql, jinja="reject")
        assert parsed.valid, parsed.error
        assert parsed.warnings == ()
        sql = re.sub(r"X'([0-9a-f]*)'", r"from_hex('\1')", bound(sent))
        sql = re.sub(r"\nOFFSET (\d+) LIMIT (\d+)$", r"\nLIMIT \2 OFFSET \1", sql)
        with self.connection.cursor() as cursor:
            cursor.execute(sql)
            described = cursor.description or []
            kinds = [str(column[1]) for column in described]
            return Rows([column[0] for column in described], cursor.fetchall()), [
                "array" if kind.endswith("[]") else _TYPES.get(kind, kind.lower()) for kind in kinds
            ]


def bound(sent: Spelled) -> str:
    """The text with each value in the place of its question mark, as EXECUTE … USING has it."""
    values = iter(sent.values)
    return _TEXT.sub(lambda found: next(values) if found[0] == "?" else found[0], sent.sql)


def answer(stand: Stand, backend: AthenaBackend, statement: str) -> None:
    """Let moto have the answer to a statement that it was given."""
    execution = backend.executions[statement]
    sent = Spelled(execution.query, tuple(execution.execution_parameters or ()))
    rows, kinds = stand.typed(sent)
    cells = [{"Data": [{"VarCharValue": name} for name in rows.columns]}]
    for row in rows.rows:
        cells.append({"Data": [{} if v is None else {"VarCharValue": _said(v)} for v in row]})
    described = [
        {"Name": name, "Type": kind} for name, kind in zip(rows.columns, kinds, strict=True)
    ]
    backend.query_results[statement] = QueryResults(rows=cells, column_info=described)


def _said(value: Any) -> str:
    """As Athena writes a value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="milliseconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return f"[{', '.join(map(str, value))}]"
    return str(value)
