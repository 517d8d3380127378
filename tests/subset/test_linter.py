"""The linter and the analysis say no to what they are there for, and only to that."""

from __future__ import annotations

import pytest

from tests.subset.analysis import problems
from tests.subset.linter import REFUSED_FUNCTIONS, complaints

SCHEMA = {
    "e": {"event_key": "BIGINT", "name": "VARCHAR", "at": "TIMESTAMP", "ok": "BOOLEAN"},
    "f": {"event_key": "BIGINT", "size": "DOUBLE"},
}


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("SELECT a FROM e QUALIFY row_number() OVER (ORDER BY a_key NULLS LAST) = 1", "syntax"),
        ("SELECT a FROM e GROUP BY ALL", "group"),
        ("SELECT a, count(*) FROM e GROUP BY 1", "group"),
        ("SELECT j ->> 'x' AS x FROM e", "syntax"),
        ("SELECT j -> 'x' AS x FROM e", "syntax"),
        ("SELECT a FROM e WHERE a ILIKE 'x'", "syntax"),
        ("SELECT list(a) AS x FROM e", "function"),
        ("SELECT string_agg(a, ',') AS x FROM e", "function"),
        ("SELECT arg_max(a, b) AS x FROM e", "function"),
        ("SELECT strftime(a, '%Y') AS x FROM e", "function"),
        ("SELECT a FROM e WHERE starts_with(a, 'b')", "function"),
        ("SELECT first(a) AS x FROM e", "function"),
        ("SELECT any_value(a) AS x FROM e", "function"),
        ("SELECT greatest(a, b) AS x FROM e", "function"),
        ("SELECT concat(a, b) AS x FROM e", "function"),
        ("SELECT split_part(a, '/', 1) AS x FROM e", "function"),
        ("SELECT regexp_matches(a, 'b') AS x FROM e", "function"),
        ("SELECT now() AS x FROM e", "function"),
        ("SELECT made_up(a) AS x FROM e", "function"),
        ("SELECT [a, b] AS x FROM e", "syntax"),
        ("SELECT a[1] AS x FROM e", "syntax"),
        ("SELECT a // 2 AS x FROM e", "syntax"),
        ("SELECT a % 2 AS x FROM e", "syntax"),
        ("SELECT a FROM e LIMIT 1", "syntax"),
        ("SELECT a FROM e EXCEPT SELECT a FROM f", "syntax"),
        ("SELECT TRY_CAST(a AS BIGINT) AS x FROM e", "syntax"),
        ("SELECT a FROM e ORDER BY a_key", "nulls"),
        ("SELECT a FROM e ORDER BY a_key DESC", "nulls"),
        ("SELECT row_number() OVER (ORDER BY a NULLS LAST) AS n FROM e", "ties"),
        ("SELECT row_number() OVER (PARTITION BY a_key) AS n FROM e", "ties"),
        ("SELECT a + $x AS y, count(*) AS n FROM e GROUP BY a + $x", "group by parameter"),
        ("SELECT (a - b) / 60 AS x FROM e", "division"),
        ("SELECT a / 60.0 AS x FROM e", "division"),
        ("SELECT CAST(a AS DOUBLE) / b AS x FROM e", "division"),
        ("SELECT CAST(a AS DOUBLE) / 0 AS x FROM e", "division"),
        ("SELECT a FROM e WHERE a LIKE $x", "pattern"),
        ("SELECT a FROM e WHERE a LIKE '%/' || b", "pattern"),
        (r"SELECT a FROM e WHERE a LIKE '10\%'", "literal"),
        ("SELECT 'it''s' AS x FROM e", "literal"),
        ('SELECT "a" FROM e', "quoted name"),
        ("SELECT a::VARCHAR AS x FROM e", "cast"),
        ("SELECT CAST(a AS HUGEINT) AS x FROM e", "cast"),
        ("SELECT CAST(a AS DECIMAL(9, 2)) AS x FROM e", "cast"),
        ("SELECT substr(a, 0) AS x FROM e", "substr"),
        ("SELECT substr(a, b) AS x FROM e", "substr"),
        ("SELECT a FROM e WHERE at > $x - INTERVAL 1 DAY", "interval"),
        ("SELECT a FROM e JOIN f USING (a)", "join"),
        ("SELECT a FROM e NATURAL JOIN f", "join"),
        ("SELECT a FROM e LEFT JOIN f ON f.a IN (SELECT b FROM g)", "join"),
        ("SELECT e.a FROM e FULL JOIN f ON e.a = f.a AND e.b > f.b", "join"),
        ("SELECT e.a FROM e FULL JOIN f ON e.a = f.a OR e.b = f.b", "join"),
        ("SELECT DISTINCT ON (a) b FROM e", "distinct"),
        ("SELECT count(DISTINCT (a, b)) AS n FROM e", "syntax"),
        ("SELECT * FROM e", "star"),
        ("SELECT e.* EXCLUDE (a) FROM e", "star"),
    ],
)
def test_a_complaint_names_its_rule(sql: str, rule: str) -> None:
    assert rule in {line.split(":")[0] for line in complaints(sql)}


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) AS n, count(DISTINCT a) AS m FROM e",
        "SELECT e.* FROM e ORDER BY a DESC NULLS LAST, a_key NULLS LAST",
        "SELECT e.a FROM e FULL JOIN f ON e.a = f.a AND e.b = f.b",
        "SELECT sum(a) FILTER (WHERE b) AS n FROM e",
        "SELECT CAST(floor(CAST(a - $s AS DOUBLE) / CAST($w AS BIGINT)) AS BIGINT) AS x FROM e",
        "SELECT a FROM e WHERE position(' ' || a || ' ' IN $x) > 0 AND substr(a, 1, 4) = 'arn:'",
        "SELECT a FROM e WHERE substr(a, length(a) - length($x)) = '/' || $x",
        "SELECT a FROM e WHERE a LIKE 'arn:%' OR a LIKE '%!_%' ESCAPE '!' OR a = 'x::y'",
        "SELECT row_number() OVER (ORDER BY a NULLS LAST, a_key NULLS LAST) AS n FROM e",
        "SELECT date_trunc('hour', at) AS hour FROM e WHERE at > $x - INTERVAL '1' DAY",
        "WITH a AS (SELECT b FROM e) SELECT b FROM a UNION ALL SELECT b FROM f",
    ],
)
def test_what_all_engines_share_passes(sql: str) -> None:
    assert complaints(sql) == []


def test_a_translated_function_passes_where_it_is_allowed() -> None:
    sql = "SELECT array_to_string(a, ';') AS x FROM e"
    assert complaints(sql) == [
        f"function: array_to_string ({REFUSED_FUNCTIONS['ARRAY_TO_STRING']})"
    ]
    assert complaints(sql, frozenset({"ARRAY_TO_STRING"})) == []


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT name AS x FROM e WHERE x = 'a'", "'x' could not be resolved"),
        ("SELECT lower(name) AS x, count(*) AS n FROM e GROUP BY x", "'x' could not be resolved"),
        ("SELECT event_key AS x, x + 1 AS y FROM e", "'x' could not be resolved"),
        ("SELECT nowhere FROM e", "'nowhere' could not be resolved"),
        ("SELECT name FROM e WHERE event_key = '1'", "number and text in one place"),
        ("SELECT name FROM e WHERE name IN (1, 2)", "number and text in one place"),
        ("SELECT name FROM e WHERE at > '2026-03-08'", "text and time in one place"),
        ("SELECT name || event_key AS x FROM e", "is number, not text"),
        ("SELECT coalesce(event_key, '') AS x FROM e", "number and text in one place"),
        ("SELECT CASE WHEN ok THEN name ELSE 0 END AS x FROM e", "number and text in one place"),
        ("SELECT name FROM e UNION ALL SELECT event_key FROM e", "number and text in one place"),
        ("SELECT sum(ok) AS x FROM e", "is truth, not number"),
        ("SELECT name FROM e WHERE event_key", "is number, not truth"),
        ("SELECT name FROM e WHERE event_key LIKE '1%'", "is number, not text"),
        ("SELECT at - at AS x FROM e", "another type in each engine"),
        ("SELECT CAST(size AS BIGINT) AS x FROM f", "Spark cuts a fraction off"),
        ("SELECT CAST(size AS VARCHAR) AS x FROM f", "writes fractions in its own way"),
        ("SELECT CAST(at AS VARCHAR) AS x FROM e", "Trino writes .000"),
        ("SELECT substr(CAST(at AS VARCHAR), 1, 23) AS x FROM e", "Trino writes .000"),
        ("SELECT CAST(date_trunc('day', at) AS VARCHAR) AS x FROM e", "Trino writes .000"),
        ("SELECT CAST(h AS VARCHAR) AS x FROM (SELECT date_trunc('day', at) AS h FROM e) AS t",
         "Trino writes .000"),
    ],
)  # fmt: skip
def test_what_trino_refuses_or_answers_differently_is_seen(sql: str, said: str) -> None:
    assert any(said in line for line in problems(sql, SCHEMA))


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT e.name, f.size FROM e JOIN f ON f.event_key = e.event_key WHERE e.ok",
        "SELECT CAST(floor(size) AS BIGINT) AS x FROM f",
        "SELECT substr(CAST(at AS VARCHAR), 1, 19) AS x FROM e WHERE at > at - INTERVAL '1' DAY",
        "SELECT name FROM e WHERE name = $x OR event_key = $y OR CAST($x AS VARCHAR) IS NULL",
        "SELECT NULL AS x FROM e UNION ALL SELECT name FROM e",
        "SELECT coalesce(name, '') AS name, count(*) AS n FROM e GROUP BY coalesce(name, '')",
    ],
)
def test_what_fits_is_not_complained_about(sql: str) -> None:
    assert problems(sql, SCHEMA) == []
