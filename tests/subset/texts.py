"""Every SQL file that an engine may be asked, and its text as each engine is given it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable

import duckdb
from sqlglot import exp, parse_one

from queries import catalogue
from queries.findings import found
from queries.findings.relations import create_relations
from queries.index.schema import create_tables
from queries.marks import store

_TRINO_TYPES = {"UBIGINT": "BIGINT", "HUGEINT": "BIGINT", "VARCHAR[]": "ARRAY(VARCHAR)"}
_PARAMETER = re.compile(r"\$([a-z_]+)")


def _files(folder: Traversable, prefix: str = "") -> Iterator[str]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir() and entry.name != "parts":  # parts are pieces of the others
            yield from _files(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(".sql"):
            yield f"{prefix}{entry.name.removesuffix('.sql')}"


NAMES = tuple(_files(files("queries") / "sql"))
"""As the catalogue names them: `pushes`, `findings/tag-moved`, `found/listing`, `marks/listing`."""


def written(name: str) -> str:
    """The statement as it stands in its file, parts included, comments at the start left out."""
    text = catalogue.text_of(name)
    return "\n".join(line for line in text.splitlines() if not line.startswith("--"))


def for_trino(sql: str) -> str:
    """Trino and Athena bind by position."""
    return _PARAMETER.sub("?", sql)


def for_spark(sql: str) -> str:
    """Spark binds by name, with a colon."""
    return _PARAMETER.sub(r":\1", sql)


def tree(sql: str, dialect: str = "duckdb") -> exp.Expr:
    """The statement as `dialect` reads it. A colon marks the parameters for all of them, so that
    trees can be compared; in DuckDB's own writing `$a … $b` may be a quoted string to sqlglot."""
    return parse_one(for_spark(sql), read=dialect)


def columns_of(name: str) -> dict[str, dict[str, str]]:
    """Table → column → type in Trino, of all that the statement may read."""
    with duckdb.connect() as connection:
        if name.startswith("found/"):
            connection.execute(found.TABLES)
        elif name.startswith("marks/"):
            connection.execute(store.TABLES)
        else:
            create_tables(connection)
            if name.startswith("findings/"):
                assert not create_relations(connection)
        rows = connection.execute(
            "SELECT table_name, column_name, data_type FROM duckdb_columns()"
            " WHERE NOT internal ORDER BY database_name = 'temp', column_index"
        ).fetchall()
    schema: dict[str, dict[str, str]] = {}
    for table, column, kind in rows:  # what is temporary comes last and hides the others
        schema.setdefault(table, {})[column] = _TRINO_TYPES.get(kind, kind)
    return schema
