"""What is left out of a statement once its parameters are known, and what is not.

That the answers stay the same is shown for every statement of the catalogue in test_sql.
"""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from queries.question import ask_for
from queries.scope import Scope, about
from queries.shortened import shortened

NUMBERS = "(VALUES (1, 'a'), (2, 'b'), (3, NULL)) AS t (n, word)"


@pytest.mark.parametrize(
    "condition",
    [
        "(CAST($word AS VARCHAR) IS NULL OR word = $word)",
        "n > 1 AND (CAST($word AS VARCHAR) IS NULL OR word = $word OR n = 3) AND n < 4",
        "NOT (CAST($word AS VARCHAR) IS NULL AND n = 1)",
        "NOT (CAST($word AS VARCHAR) IS NULL OR word = $word) OR n BETWEEN 1 AND 2",
        "(NOT coalesce(CAST($flag AS BOOLEAN), FALSE) OR n BETWEEN 2 AND 3) AND n <> 3",
        "CASE CAST($word AS VARCHAR) WHEN 'a' THEN n = 1 OR n = 2 WHEN 'b' THEN n = 3 END",
        "NOT CASE CAST($word AS VARCHAR) WHEN 'a' THEN n = 1 AND n > 0 ELSE n = 3 END",
        "CASE WHEN n = 1 THEN CASE CAST($word AS VARCHAR) WHEN 'it''s' THEN TRUE END"
        " ELSE n = 2 END",
        "(CAST($word AS VARCHAR) IS NULL OR word = 'or (' -- a comment (with ' in it\n OR n = 1)",
        "n IN (SELECT n FROM (VALUES (1), (2)) AS s (n) WHERE CAST($word AS VARCHAR) IS NULL)",
        "$word LIKE '% a %' AND n = 1 OR n = 3",
    ],
)
def test_the_answer_stays_the_same(condition: str) -> None:
    sql = f"SELECT n FROM {NUMBERS} WHERE {condition} ORDER BY n"
    for word in (None, "a", "b", "it's", " a ", "c"):
        for flag in (None, False, True):
            every: dict[str, Any] = {"word": word, "flag": flag}
            assert _asked(shortened(sql, every), every) == _asked(sql, every)


def _asked(sql: str, every: dict[str, Any]) -> list[Any]:
    bound = {name: value for name, value in every.items() if f"${name}" in sql}
    return duckdb.execute(sql, bound).fetchall()


def test_what_cannot_matter_is_gone() -> None:
    key = about("activity", Scope("key", "AKIAEXAMPLE"))
    assert key.bound == {"value": "AKIAEXAMPLE"}
    assert "e.merged_into IS NULL AND e.access_key_id = $value\n" in key.sql
    assert key.sql.count("$") == 1
    who = ask_for("identity", value="AKIAEXAMPLE")
    assert "CASE" not in who.sql.partition("WHERE")[2].partition("GROUP BY")[0]
    names = about("activity_values", Scope("all"), kind="name").sql
    assert "UNION" not in names
    assert ask_for("principals").sql.count("SELECT") == 3  # and the pushes of each
    assert "$since" in ask_for("principals", since="2026-03-01").sql
