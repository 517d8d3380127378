"""A statement of ours as Athena takes it.

Values become execution parameters (`?`): Athena binds them itself, and nothing that somebody else
chose comes into the text. Two of its limits shape that:

- `?` may stand in a WHERE clause only, and gets one value each time it stands there:
  https://docs.aws.amazon.com/athena/latest/ug/querying-with-prepared-statements.html
- a value has at most 1,024 characters, and is given as a literal of SQL in text:
  https://docs.aws.amazon.com/athena/latest/APIReference/API_StartQueryExecution.html

Elsewhere, and where it is longer, a text is written as the hexadecimal digits of its UTF-8, which
no text can break out of; numbers, times and NULL are written as what they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from math import isfinite
from typing import Any

from queries.athena.tables import DAYS_OF_ACTORS
from queries.converted.layout import (
    IN_PARTITIONS,
    RELATIONS,
    VIEWS,
    WHOLE,
    columns_of,
    view_of_events,
)
from queries.engines.base import relations_in, without_lists
from queries.engines.duckdb import actors_of_days
from queries.engines.extent import Extent
from queries.errors import WrongUsage

LONGEST_VALUE = 1024
LONGEST_STATEMENT = 262_144
"""Bytes: https://docs.aws.amazon.com/athena/latest/ug/service-limits.html"""

_PAGE = re.compile(r"\nLIMIT (\d+) OFFSET (\d+)\b")
_TOKEN = re.compile(
    r"""
    '(?:[^']|'')*'
    | "(?:[^"]|"")*"
    | (?P<comment>--[^\n]*)
    | \$(?P<parameter>[a-z_]+)
    | (?P<open>\()
    | (?P<close>\))
    | (?P<word>[A-Za-z_][A-Za-z_0-9]*)
    """,
    re.VERBOSE,
)
_OTHER_WORDS = {"array_to_string": "array_join"}
_CLAUSES = frozenset({"SELECT", "FROM", "WHERE", "GROUP", "HAVING", "ORDER", "JOIN", "ON", "UNION"})


@dataclass(frozen=True, slots=True)
class Spelled:
    """What is sent: the text, and a literal for each `?` in it, in their order."""

    sql: str
    values: tuple[str, ...]


def spelled(sql: str, parameters: Mapping[str, Any], database: str, extent: Extent) -> Spelled:
    """A statement over relations, `$name` for each parameter, that reads only `extent` of them.

    Raises `WrongUsage` for one that is longer than Athena takes.
    """
    values: list[str] = []
    sql, parameters = without_lists(sql, parameters)
    text = _PAGE.sub(r"\nOFFSET \2 LIMIT \1", _bound(sql, parameters, values.append))
    text = _within(text, database, extent)
    if len(text.encode()) > LONGEST_STATEMENT:
        raise WrongUsage(
            "the question is longer than Athena takes (256 KB): look for fewer values at once"
        )
    return Spelled(text, tuple(values))


def _bound(sql: str, parameters: Mapping[str, Any], bind: Callable[[str], None]) -> str:
    clauses = [""]

    def replaced(found: re.Match[str]) -> str:
        if found["comment"]:
            return ""
        if found["open"]:
            clauses.append(clauses[-1])
        elif found["close"]:
            clauses.pop()
        elif found["word"] and found["word"].upper() in _CLAUSES:
            clauses[-1] = found["word"].upper()
        elif found["word"] in _OTHER_WORDS:
            return _OTHER_WORDS[found["word"]]
        elif found["parameter"]:
            value = parameters[found["parameter"]]
            said = literal(value)
            if value is not None and clauses[-1] == "WHERE" and len(said) <= LONGEST_VALUE:
                bind(said)
                return "?"
            return said if not isinstance(value, str) else _in_digits(value)
        return found[0]

    return _TOKEN.sub(replaced, sql)


def literal(value: object) -> str:
    """A value as a literal of Trino's. Raises `TypeError` for a kind that has none."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float) and isfinite(value):
        return f"{value!r}E0" if "e" not in repr(value) else repr(value).upper()
    if isinstance(value, datetime):
        return f"TIMESTAMP '{value.isoformat(sep=' ', timespec='milliseconds')}'"
    if isinstance(value, date):
        return f"DATE '{value.isoformat()}'"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    raise TypeError(f"no literal for {type(value).__name__}")


def _in_digits(text: str) -> str:
    return f"from_utf8(X'{text.encode('utf-8', 'replace').hex()}')"


# --- what may be read ----------------------------------------------------------------------------


def _within(sql: str, database: str, extent: Extent) -> str:
    """The statement with each relation that it reads put in front of it, narrowed."""
    known = frozenset({*RELATIONS, *VIEWS})
    read = relations_in(sql, known)
    if read.intersection(VIEWS):
        read.add("events")
    parts = [
        f"{relation} AS ({_narrowed(relation, database, extent)})"
        for relation in sorted(read, key=lambda name: (name in VIEWS, name))
    ]
    if not parts:
        return sql
    rest = sql.lstrip()
    if re.match(r"WITH\b", rest, re.IGNORECASE):
        return f"WITH {', '.join(parts)}, {rest[4:].lstrip()}"
    return f"WITH {', '.join(parts)}\n{rest}"


def _narrowed(relation: str, database: str, extent: Extent) -> str:
    if relation in VIEWS:
        return view_of_events(relation)
    conditions = []
    if relation not in WHOLE:
        conditions = extent.conditions(dates_are_text=relation in IN_PARTITIONS)
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    if relation == "actors":
        return actors_of_days(f'"{database}"."{DAYS_OF_ACTORS}"{where}')
    names = ", ".join(f'"{name}"' for name, _ in columns_of(relation))
    return f'SELECT {names} FROM "{database}"."{relation}"{where}'  # noqa: S608
