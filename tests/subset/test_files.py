"""Every SQL file is read alike by DuckDB, Spark and Trino, on which Athena is built.

DuckDB runs them all in other tests. No Trino runs here: its syntax is checked by a validator that
is held to Trino's own grammar, names and types by `analysis`, and what all engines accept and
answer differently by `linter`.
"""

from __future__ import annotations

from functools import cache

import pytest
import sqlglot
from sqlglot import exp
from trino_sql_validator import validate

from tests.subset.analysis import problems
from tests.subset.linter import complaints
from tests.subset.texts import NAMES, columns_of, for_spark, for_trino, tree, written

TRANSLATED = {"evidence": frozenset({"ARRAY_TO_STRING"})}
"""The ledger lists its notes: Spark and Trino say array_join, and sqlglot writes that."""


@cache
def schema(folder: str) -> dict[str, dict[str, str]]:
    return columns_of(f"{folder}/")


def test_all_files_are_looked_at() -> None:
    assert {"pushes", "findings/tag-moved", "found/listing", "marks/listing"} <= set(NAMES)
    assert len(NAMES) > 90


@pytest.mark.parametrize("name", NAMES)
def test_a_file_keeps_to_the_shared_subset(name: str) -> None:
    assert complaints(written(name), TRANSLATED.get(name, frozenset())) == []


@pytest.mark.parametrize("name", NAMES)
def test_names_and_types_fit_as_trino_wants_them(name: str) -> None:
    assert problems(written(name), schema(name.rpartition("/")[0])) == []


@pytest.mark.parametrize("name", NAMES)
def test_trino_parses_it(name: str) -> None:
    sql = for_trino(written(name))
    if name in TRANSLATED:
        [sql] = sqlglot.transpile(sql, read="duckdb", write="trino")
    found = validate(sql, jinja="reject")
    assert found.valid, found.error
    assert found.statement_count == 1
    assert found.warnings == ()


@pytest.mark.parametrize("dialect", ["athena", "trino", "spark"])
@pytest.mark.parametrize("name", NAMES)
def test_another_dialect_reads_the_same_from_it(name: str, dialect: str) -> None:
    """What sqlglot takes from the text as `dialect` is, said in DuckDB's words, the text itself."""
    if name in TRANSLATED:
        [sql] = sqlglot.transpile(for_spark(written(name)), read="duckdb", write=dialect)
        other = sqlglot.parse_one(sql, read=dialect)
    else:
        other = tree(written(name), dialect)
    assert _said(other) == _said(tree(written(name)))


def _said(read: exp.Expr) -> str:
    """In DuckDB's words. Three habits of Spark are not the text's: in sqlglot its CAST forgives (it
    does not since Spark 4), its TIMESTAMP has a zone (the engine's sessions are in UTC), and it
    divides by zero (the linter does not let it come to that)."""
    for node in list(read.find_all(exp.TryCast)):
        node.replace(exp.Cast(this=node.this, to=node.to))
    for kind in read.find_all(exp.DataType):
        if kind.this in exp.DataType.TEMPORAL_TYPES:
            kind.replace(exp.DataType.build("TIMESTAMP"))
    for division in read.find_all(exp.Div):
        division.set("safe", False)
    return read.sql("duckdb")
