"""Event ids and their like, which an index keeps as UUIDs: 16 bytes, where their text takes 36.

AWS writes them in one form (lower case, hyphens); what has another form is kept as it is written.
`events` has three columns for each: `event_id_uuid`, `event_id_text` (one of them is NULL), and
`event_id`, a generated column that takes no room and says the text as it was in the record. So any
statement reads `event_id`; what looks for one among millions, or puts equal ones together, reads
what is stored, which is ten times faster.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

IDENTIFIERS = ("event_id", "request_id", "shared_event_id")
"""The columns of `events` that are kept so."""

EVENT_ID = ("event_id_uuid", "event_id_text")
"""What is stored of an event id."""

STORED = frozenset(f"{name}_{how}" for name in IDENTIFIERS for how in ("uuid", "text"))
"""The columns that only an index has: converted evidence, and engines elsewhere, have the texts."""

AS_STORED = f"* EXCLUDE ({', '.join(IDENTIFIERS)})"
"""All columns of `events` that can be written, of rows that come out of an index."""

_LOOKED_FOR = re.compile(rf"\b((?:[a-z_]+\.)?(?:{'|'.join(IDENTIFIERS)})) = \$([a-z_]+)")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def declaration(name: str) -> str:
    """The three columns of one identifier, for CREATE TABLE."""
    return (
        f"{name}_uuid UUID, {name}_text VARCHAR,"
        f" {name} VARCHAR GENERATED ALWAYS AS (coalesce({name}_uuid::VARCHAR, {name}_text)) VIRTUAL"
    )


def insertion(select: str) -> str:
    """INSERT INTO events of a SELECT that has its columns, by their names, with identifiers as
    texts."""
    parsed = ", ".join(f"try_cast({name} AS UUID) AS {name}_parsed" for name in IDENTIFIERS)
    # A UUID can be written in other ways, too (upper case, braces): only one text comes back.
    columns = ", ".join(
        f"CASE WHEN {name}_parsed::VARCHAR = {name} THEN {name}_parsed END AS {name}_uuid,"
        f" CASE WHEN coalesce({name}_parsed::VARCHAR <> {name}, true) THEN {name} END"
        f" AS {name}_text"
        for name in IDENTIFIERS
    )
    left = ", ".join([*IDENTIFIERS, *(f"{name}_parsed" for name in IDENTIFIERS)])
    return (
        f"INSERT INTO events BY NAME SELECT * EXCLUDE ({left}), {columns}"  # noqa: S608
        f" FROM (SELECT *, {parsed} FROM ({select}))"
    )


def same_id(one: str, other: str) -> str:
    """Condition that two relations with `EVENT_ID` are about one event id (or both have none)."""
    return " AND ".join(f"{one}.{name} IS NOT DISTINCT FROM {other}.{name}" for name in EVENT_ID)


def by_uuid(sql: str, parameters: Mapping[str, Any]) -> str:
    """A statement for an index that looks for an identifier in what is stored of it."""

    def looked_for(found: re.Match[str]) -> str:
        column, name = found.groups()
        value = parameters.get(name)
        if not isinstance(value, str):
            return found[0]
        if _UUID.fullmatch(value):
            return f"{column}_uuid = CAST(${name} AS UUID)"
        return f"{column}_text = ${name}"

    return _LOOKED_FOR.sub(looked_for, sql)
