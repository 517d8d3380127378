"""What is sent to Athena: every question as Athena takes it, and the same rows from DuckDB.

DuckDB knows the few functions of Trino that the spelling uses under other names; what is shown is
that binding, narrowing and paging change nothing. A parser of Trino's grammar reads all of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from sqlglot import exp
from trino_sql_validator import validate

from queries.athena.spelling import LONGEST_VALUE, Spelled, literal, spelled
from queries.catalogue import names
from queries.engines.duckdb import DuckDBEngine
from queries.engines.extent import Extent
from queries.errors import WrongUsage
from queries.question import Order, ask_for
from tests.engines.askings import Corpus, askings
from tests.engines.athena_stand import Stand

MARCH = Extent(("111122223333", "444455556666"), (), date(2026, 3, 1), date(2026, 3, 31))
HOSTILE = [
    "it's",
    "') OR 1=1 --",
    "\\' ?",
    "${account}",
    "a\nb\x00c",
    "'; DROP TABLE events; --",
    "é😀",
]


@pytest.fixture
def stand(athena_stand: Stand) -> Stand:
    return athena_stand


@pytest.fixture(scope="module")
def engine(converted_folder: Path) -> Iterator[DuckDBEngine]:
    engine = DuckDBEngine(converted_folder, MARCH)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def corpus(engine: DuckDBEngine) -> Corpus:
    return Corpus.of(engine.ask)


@pytest.mark.parametrize("name", names())
def test_a_question_is_the_same_as_athena_is_asked(
    name: str, stand: Stand, engine: DuckDBEngine, corpus: Corpus
) -> None:
    for question in askings(name, corpus, 2):
        sent = spelled(question.sql, question.bound, "ecr", MARCH)
        answer, expected = stand.ask(sent), engine.ask(question.sql, question.bound)
        assert answer.columns == expected.columns
        assert sorted(map(repr, answer.rows)) == sorted(map(repr, expected.rows))
        assert_parameters_stand_where_they_may(sent)


def test_a_page_is_asked_for_in_trinos_order(stand: Stand, engine: DuckDBEngine) -> None:
    page = ask_for("activity", scope="all").with_order(Order("event_time")).with_page(7, 14)
    sent = spelled(page.sql, page.bound, "ecr", MARCH)
    assert "\nOFFSET 14 LIMIT 7" in sent.sql
    assert "LIMIT 7 OFFSET" not in sent.sql
    assert validate(sent.sql).valid
    assert stand.ask(sent) == engine.ask(page.sql, page.bound)


def assert_parameters_stand_where_they_may(sent: Spelled) -> None:
    tree = sqlglot.parse_one(sent.sql, read="trino")
    marks = list(tree.find_all(exp.Placeholder))
    assert len(marks) == len(sent.values)
    for mark in marks:
        assert isinstance(mark.find_ancestor(exp.Where, exp.Select, exp.Join), exp.Where)
    assert all(1 <= len(value) <= LONGEST_VALUE for value in sent.values)


@pytest.mark.parametrize("value", HOSTILE)
def test_text_of_others_never_comes_into_the_statement(value: str, stand: Stand) -> None:
    sql = "SELECT $value AS said, count(*) AS n FROM events WHERE $value = $value GROUP BY 1"
    sent = spelled(sql, {"value": value}, "ecr", MARCH)
    assert value not in sent.sql
    assert sent.values == (literal(value),) * 2
    [(said, _)] = stand.ask(sent).rows
    assert said == value


def test_a_list_is_one_value_after_the_other(stand: Stand, engine: DuckDBEngine) -> None:
    sql = "SELECT event_name FROM events WHERE event_name IN (SELECT unnest($names::VARCHAR[]))"
    names = {"names": ["PutImage", "it's", "BatchGetImage"]}
    sent = spelled(sql, names, "ecr", MARCH)
    assert sent.values == ("'PutImage'", "'it''s'", "'BatchGetImage'")
    assert sorted(stand.ask(sent).rows) == sorted(engine.ask(sql, names).rows) != []


def test_long_text_goes_in_digits(stand: Stand) -> None:
    value = "it's " * 300
    sent = spelled("SELECT 1 AS one FROM meta WHERE $value <> ''", {"value": value}, "ecr", MARCH)
    assert sent.values == ()
    assert "it's" not in sent.sql
    assert stand.ask(sent).rows
    with pytest.raises(WrongUsage, match="longer than Athena takes"):
        spelled("SELECT 1 AS one WHERE $value <> ''", {"value": "x" * 200_000}, "ecr", MARCH)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "NULL"),
        (True, "TRUE"),
        (7, "7"),
        (-(2**40), "-1099511627776"),
        (1.5, "1.5E0"),
        (1e30, "1E+30"),
        (datetime(2026, 3, 8, 10), "TIMESTAMP '2026-03-08 10:00:00.000'"),
        (date(2026, 3, 8), "DATE '2026-03-08'"),
        ("it's", "'it''s'"),
    ],
)
def test_a_value_keeps_its_type(value: Any, said: str) -> None:
    assert literal(value) == said
    assert validate(f"SELECT {said}").valid


def test_what_has_no_literal_is_no_value() -> None:
    for value in (float("nan"), float("inf"), [1], object()):
        with pytest.raises(TypeError):
            literal(value)


def test_every_relation_is_narrowed_to_the_extent() -> None:
    question = ask_for("blast_radius", value="arn").with_order(Order("writes", True))
    sent = spelled(question.sql, question.bound, "ecr", MARCH)
    tree = sqlglot.parse_one(sent.sql, read="trino")
    narrowed = {
        cte.alias: cte.this.sql("trino")
        for cte in tree.find_all(exp.CTE)
        if cte.this.find(exp.Table).args.get("db")
    }
    assert set(narrowed) == {"events", "sessions", "created"}
    assert "account IN ('111122223333', '444455556666')" in narrowed["events"]
    assert "\"date\" >= '2026-03-01'" in narrowed["events"]
    assert "\"date\" >= CAST('2026-03-01' AS DATE)" in narrowed["created"]
    for table in tree.find_all(exp.Table):
        assert table.args.get("db") or table.name in narrowed, "nothing is read beside them"
