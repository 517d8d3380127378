"""The SQL that DuckDB, Spark and Trino read alike, as rules over the syntax tree.

Most of what the engines have apart is refused by one of them and so is found at once. The rules are
about the rest: what all of them run and answer differently. What no rule speaks of is refused too,
until somebody has shown that it means the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlglot import exp
from sqlglot.errors import ParseError

from tests.subset.texts import tree

FUNCTIONS = frozenset(
    {"AND", "OR", "CASE", "IF", "EXISTS", "CAST", "COALESCE"}
    | {"COUNT", "SUM", "MIN", "MAX", "ROW_NUMBER"}
    | {"LENGTH", "SUBSTRING", "STR_POSITION", "LOWER", "UPPER"}
    | {"FLOOR", "ABS", "ROUND", "TIMESTAMP_TRUNC"}
)
"""Known under one name with one meaning. STR_POSITION is `position(a IN b)`, SUBSTRING is `substr`,
TIMESTAMP_TRUNC is `date_trunc`."""

REFUSED_FUNCTIONS = {
    "ARRAY_AGG": "an order inside it is written differently, and Spark leaves NULLs out",
    "LIST": "only DuckDB knows it",
    "STRING_AGG": "Spark and Trino say listagg, and Trino wants its order",
    "GROUP_CONCAT": "Spark and Trino say listagg, and Trino wants its order",
    "ARG_MAX": "Spark and Trino say max_by, and which row wins a tie is chance",
    "ARG_MIN": "Spark and Trino say min_by, and which row wins a tie is chance",
    "FIRST": "which row is first is chance",
    "LAST": "which row is last is chance",
    "ANY_VALUE": "which row it takes is chance",
    "TIME_TO_STR": "formats are written in three languages (strftime, date_format)",
    "STARTS_WITH": "Spark says startswith; write substr(x, 1, length(y)) = y",
    "STRPOS": "Spark says locate; write position(a IN b)",
    "CONCAT": "DuckDB leaves NULLs out, the others answer NULL; write ||",
    "CONCAT_WS": "empty arguments are joined differently",
    "GREATEST": "Trino answers NULL when one value is NULL, the others pass over it",
    "LEAST": "Trino answers NULL when one value is NULL, the others pass over it",
    "SPLIT_PART": "a part that is not there is NULL in Trino and '' elsewhere",
    "REGEXP_EXTRACT": "no match is NULL in Trino and '' elsewhere",
    "REGEXP_LIKE": "three dialects of regular expressions",
    "MEDIAN": "Trino has only an approximation",
    "APPROX_DISTINCT": "each engine estimates in its own way",
    "CURRENT_TIMESTAMP": "the zone of a session's clock; bind the time as a parameter",
    "IFNULL": "write coalesce",
    "NULLIF": "write CASE",
    "ARRAY_TO_STRING": "Spark and Trino say array_join",
}

NODES: tuple[type[exp.Expr], ...] = (
    exp.Select, exp.From, exp.Where, exp.Group, exp.Having, exp.Order, exp.Ordered, exp.Join,
    exp.With, exp.CTE, exp.Subquery, exp.Union, exp.Table, exp.TableAlias, exp.Alias, exp.Column,
    exp.Identifier, exp.Star, exp.Literal, exp.Null, exp.Boolean, exp.Placeholder, exp.Paren,
    exp.And, exp.Or, exp.Not, exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Is, exp.In,
    exp.Between, exp.Like, exp.Escape, exp.DPipe, exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Neg,
    exp.DataType, exp.Distinct, exp.Filter, exp.Window, exp.WindowSpec, exp.Interval, exp.Var,
    exp.Func,
)  # fmt: skip
"""Kinds of nodes that mean the same everywhere, where no rule says otherwise."""

REFUSED_NODES: dict[type[exp.Expr], str] = {
    exp.Qualify: "Trino has no QUALIFY; number the rows in a subquery",
    exp.ILike: "Trino has no ILIKE; write lower(x) LIKE …",
    exp.JSONExtract: "JSON is taken apart when the index is built",
    exp.JSONExtractScalar: "JSON is taken apart when the index is built",
    exp.Lambda: "lambdas are written differently",
    exp.Limit: "a page is put around the question",
    exp.Offset: "a page is put around the question",
    exp.TryCast: "a value that does not fit would vanish silently",
    exp.IntDiv: "only DuckDB has //",
    exp.Array: "written differently",
    exp.Struct: "written differently",
    exp.Bracket: "counts from 0 in Spark and from 1 elsewhere",
    exp.Unnest: "Spark says explode",
    exp.Lateral: "Spark and Trino say it differently",
    exp.NullSafeEQ: "Spark says <=>",
}

TYPES = frozenset({"VARCHAR", "TEXT", "BIGINT", "INT", "DOUBLE", "BOOLEAN"})
TIME_TYPES = frozenset({"TIMESTAMP", "TIMESTAMPNTZ"})

KEYS = re.compile(r"_(key|no|id|digest)$|^day$")
"""Columns that can make an order total. Whether this one does within its partition is for its
author to know: the rule sees to it that somebody thought of it."""


@dataclass(frozen=True)
class Rule:
    """What may not be written, why, and the places where it is."""

    name: str
    reason: str
    places: Callable[[exp.Expr, str], Iterator[str]]


def complaints(sql: str, allowed: frozenset[str] = frozenset()) -> list[str]:
    """One line for each place that a rule refuses. `allowed` are functions that are translated."""
    root = tree(sql)
    for dialect in ("spark", "trino"):
        try:
            tree(sql, dialect)
        except ParseError as error:
            return [f"syntax: {dialect} cannot read it ({error})"]
    found = [
        f"{rule.name}: {place} ({rule.reason})"
        for rule in RULES
        for place in dict.fromkeys(rule.places(root, sql))
    ]
    return found + list(_unknown(root, allowed))


def _unknown(root: exp.Expr, allowed: frozenset[str]) -> Iterator[str]:
    for node in root.walk():
        if isinstance(node, exp.Func) and not isinstance(node, tuple(REFUSED_NODES)):
            called = node.name.upper() if isinstance(node, exp.Anonymous) else node.sql_name()
            if called in FUNCTIONS or called in allowed:
                continue
            why = REFUSED_FUNCTIONS.get(called, "nobody has shown that all engines know it alike")
            yield f"function: {called.lower()} ({why})"
        elif isinstance(node, tuple(REFUSED_NODES)):
            why = next(why for kind, why in REFUSED_NODES.items() if isinstance(node, kind))
            yield f"syntax: {node.sql()} ({why})"
        elif not isinstance(node, NODES):
            yield (
                f"syntax: {type(node).__name__} in {node.sql()!r} (nobody has shown that all"
                " engines read it alike)"
            )


# --- rules -------------------------------------------------------------------------------------


def _orders(root: exp.Expr, sql: str) -> Iterator[str]:
    """An engine's own place for NULLs shows in sqlglot's tree, so only what is written stays the
    same when an engine with other habits reads it: Spark (ascending), PostgreSQL (descending)."""
    spark, postgres = tree(sql, "spark"), tree(sql, "postgres")
    for one, other in zip(spark.find_all(exp.Ordered), postgres.find_all(exp.Ordered), strict=True):
        if one.args.get("nulls_first") or other.args.get("nulls_first"):
            yield one.this.sql()


def _ties(root: exp.Expr, sql: str) -> Iterator[str]:
    for window in root.find_all(exp.Window):
        if not isinstance(window.this, exp.RowNumber):
            continue
        order = window.args.get("order")
        last = order.expressions[-1].this if order else None
        if not isinstance(last, exp.Column) or not KEYS.search(last.name):
            yield window.sql()


def _groups(root: exp.Expr, sql: str) -> Iterator[str]:
    for group in root.find_all(exp.Group):
        if group.args.get("all") or any(
            group.args.get(kind) for kind in ("rollup", "cube", "grouping_sets")
        ):
            yield "GROUP BY ALL, ROLLUP, CUBE"
        for expression in group.expressions:
            if isinstance(expression, exp.Literal):
                yield f"GROUP BY {expression.sql()}"


def _bound_groups(root: exp.Expr, sql: str) -> Iterator[str]:
    for group in root.find_all(exp.Group):
        if group.find(exp.Placeholder):
            yield group.sql()


def _divisions(root: exp.Expr, sql: str) -> Iterator[str]:
    for division in root.find_all(exp.Div):
        sides = (division.this.unnest(), division.expression.unnest())
        if not any(isinstance(s, exp.Cast) and s.to.this == exp.DType.DOUBLE for s in sides):
            yield division.sql()
        by = sides[1].this.unnest() if isinstance(sides[1], exp.Cast) else sides[1]
        if not isinstance(by, exp.Placeholder) and not (by.is_number and float(by.name) != 0):
            yield f"{division.sql()}, which may be by zero"


def _patterns(root: exp.Expr, sql: str) -> Iterator[str]:
    for like in root.find_all(exp.Like):
        pattern = like.expression
        if not isinstance(pattern, exp.Literal):
            yield like.sql()


def _literals(root: exp.Expr, sql: str) -> Iterator[str]:
    for literal in root.find_all(exp.Literal):
        if literal.is_string and ("\\" in literal.this or "'" in literal.this):
            yield literal.sql()


def _quoted_names(root: exp.Expr, sql: str) -> Iterator[str]:
    for name in root.find_all(exp.Identifier):
        if name.args.get("quoted"):
            yield name.sql()


def _casts(root: exp.Expr, sql: str) -> Iterator[str]:
    if re.search(r"(?<![:'])::(?!:)", re.sub(r"'[^']*'", "", sql)):
        yield "::"
    for cast in root.find_all(exp.Cast):
        kind = cast.to.this.value
        if kind not in TYPES | TIME_TYPES or cast.to.expressions:
            yield cast.sql()


def _substrings(root: exp.Expr, sql: str) -> Iterator[str]:
    """Where to start is a number from 1, or `length(a) - length(b)` for an end that is compared:
    where that is below 1 the piece is shorter than what it is compared with, everywhere."""
    for piece in root.find_all(exp.Substring):
        start = piece.args["start"]
        if isinstance(start, exp.Literal) and start.is_int and int(start.this) >= 1:
            continue
        if isinstance(piece.parent, exp.EQ) and isinstance(start, exp.Sub):
            sides = (start.this, start.expression)
            if all(isinstance(side, exp.Length) for side in sides):
                continue
        yield piece.sql()


def _intervals(root: exp.Expr, sql: str) -> Iterator[str]:
    yield from re.findall(r"INTERVAL\s+(?!')\S+", sql, flags=re.IGNORECASE)


def _joins(root: exp.Expr, sql: str) -> Iterator[str]:
    for join in root.find_all(exp.Join):
        if join.args.get("using") or join.method or join.kind in {"SEMI", "ANTI", "ASOF"}:
            yield join.sql()
        on = join.args.get("on")
        if on is not None and on.find(exp.Select):
            yield join.sql()
        if on is not None and join.side == "FULL":
            parts = on.flatten() if isinstance(on, exp.And) else [on]
            if not all(isinstance(part, exp.EQ) for part in parts):
                yield join.sql()


def _distinct(root: exp.Expr, sql: str) -> Iterator[str]:
    for distinct in root.find_all(exp.Distinct):
        if distinct.args.get("on"):
            yield distinct.sql()
        if isinstance(distinct.parent, exp.Count) and len(distinct.expressions) > 1:
            yield distinct.parent.sql()


def _stars(root: exp.Expr, sql: str) -> Iterator[str]:
    for star in root.find_all(exp.Star):
        if any(star.args.values()) or not isinstance(star.parent, exp.Count | exp.Column):
            yield star.sql()


RULES = (
    Rule("nulls", "Spark sorts NULLs first: write NULLS LAST, always", _orders),
    Rule("ties", "rows that tie are numbered by chance: end the order with a key", _ties),
    Rule("group", "name the columns", _groups),
    Rule(
        "group by parameter",
        "Trino takes two ? for two things and refuses the column"
        " (https://github.com/trinodb/trino/issues/16156): compute it in a subquery",
        _bound_groups,
    ),
    Rule(
        "division",
        "Trino divides whole numbers to a whole number: CAST one side AS DOUBLE; by zero it is"
        " infinite, NULL or an error: divide by a number or a parameter",
        _divisions,
    ),
    Rule(
        "pattern",
        "a value in a pattern brings its own % and _, and \\ escapes in Spark only: write"
        " position(a IN b) or substr",
        _patterns,
    ),
    Rule(
        "literal",
        "Spark reads \\ as an escape, and before its version 4 a doubled quote as nothing",
        _literals,
    ),
    Rule("quoted name", "Spark takes text in double quotes for a value", _quoted_names),
    Rule("cast", "write CAST(x AS …) with a type that all know: no ::, no length", _casts),
    Rule("substr", "what comes before the first character differs", _substrings),
    Rule("interval", "Trino wants the number in quotes: INTERVAL '1' MINUTE", _intervals),
    Rule(
        "join",
        "USING and NATURAL merge columns differently; Trino takes subqueries in ON only in part,"
        " and in a FULL JOIN equalities only",
        _joins,
    ),
    Rule("distinct", "only DuckDB has DISTINCT ON, and Trino counts one column", _distinct),
    Rule("star", "count(*), or all columns of one table (p.*)", _stars),
)
