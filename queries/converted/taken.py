"""What is made from the events, taken from the case, where it has the same events as the folder.

That is so for a folder that is kept up from one case, every morning say: what an index over
everything in the folder would say is what the case's index says. Only its event keys and numbers of
files are others, and are put into the folder's.
"""

from __future__ import annotations

from typing import Any

import duckdb

from queries.converted.days import IS_DAY
from queries.converted.layout import EXTRA, OF_EVENTS, WHOLE, as_literal, columns_of
from queries.index.unjoined import JOINED
from queries.providers import PROVIDERS

KEYS = frozenset(
    {"event_key", "push_key", "previous_push", "login_event", "issued_by_event", "merged_into"}
    | {"definition_event", "ended_by", "caller_event", "copy_of"}
)
"""Columns that say which event; a test knows every other number."""
TAKEN = tuple(
    relation for relation in (*OF_EVENTS, *WHOLE) if relation not in ("copies", "files", "meta")
)
"""Relations whose rows come from the case. Those of the copies keep their keys in the folder."""


def fill_events(writer: duckdb.DuckDBPyConnection, files: str) -> bool:
    """Fill `keys_of` (the case's event keys and the folder's) and `events`, with only the columns
    that say where an event belongs; returns whether case and folder have the same files and events.

    `files`: the files of the folder's events, as a pattern.
    """
    others = writer.execute(
        "SELECT 1 FROM case_index.events WHERE provider IN (SELECT unnest($joining::VARCHAR[]))"
        " LIMIT 1",
        {"joining": [provider.name for provider in PROVIDERS if provider.join is not None]},
    ).fetchone()
    joined = f"hash({', '.join(JOINED)})" if others else "NULL::UBIGINT"
    of_case = f"hash({', '.join(f'e.{name}' for name in JOINED)})" if others else "NULL::UBIGINT"
    writer.execute(
        f"CREATE TABLE placed AS SELECT event_key AS key, file_id, position, merged_into, copies,"  # noqa: S608
        f" {joined} AS joined FROM read_parquet({as_literal(files)}, hive_partitioning = false)"
    )
    writer.execute(
        f"""
        CREATE TABLE keys_of AS
        SELECT e.event_key, p.key, {of_case} AS joined
        FROM case_index.events AS e JOIN numbers AS n ON n.case_number = e.file_id
          JOIN placed AS p ON p.file_id = n.number AND p.position = e.position
        """  # noqa: S608
    )
    counts = writer.execute(
        """
        SELECT (SELECT count(*) FROM case_index.events), (SELECT count(*) FROM keys_of),
          (SELECT count(*) FROM placed), (SELECT count(*) FROM ledger
            WHERE file_id NOT IN (SELECT number FROM numbers))
        """
    ).fetchone() or (0, 0, 0, 1)
    if len(set(counts[:3])) > 1 or counts[3]:
        return False
    writer.execute(
        """
        INSERT INTO events BY NAME
        SELECT k.key AS event_key, n.number AS file_id, e.position, e.event_time,
          e.recipient_account_id, e.aws_region, m.key AS merged_into, e.copies
        FROM case_index.events AS e JOIN keys_of AS k ON k.event_key = e.event_key
          JOIN numbers AS n ON n.case_number = e.file_id
          LEFT JOIN keys_of AS m ON m.event_key = e.merged_into
        """
    )
    return True


def has_all_copies(writer: duckdb.DuckDBPyConnection) -> bool:
    """Whether the folder has no other copies than the case."""
    counts = writer.execute(
        "SELECT (SELECT count(*) FROM copies), (SELECT count(*) FROM case_index.copies)"
    ).fetchone()
    return counts is not None and counts[0] == counts[1]


def give_up(writer: duckdb.DuckDBPyConnection) -> None:
    """Leave nothing of it, so that everything can be made from the folder's events."""
    writer.execute(
        "TRUNCATE events; TRUNCATE copies; TRUNCATE files; DROP TABLE IF EXISTS located;"
        " DROP TABLE keys_of; DROP TABLE placed"
    )


DIFFERENT = """
SELECT DISTINCT e.recipient_account_id, e.aws_region, CAST(e.event_time AS DATE)::VARCHAR
FROM events AS e JOIN placed AS p ON p.key = e.event_key JOIN keys_of AS k ON k.key = e.event_key
WHERE e.merged_into IS DISTINCT FROM p.merged_into OR e.copies IS DISTINCT FROM p.copies
  OR k.joined IS DISTINCT FROM p.joined
"""
"""The partitions in which an event is joined to another, or counts other copies, than they have."""

_OURS = {"event_key": "k.key", "file_id": "n.number", "merged_into": "m.key", "copies": "c.copies"}
OF_DAY = f"""
SELECT {
    ", ".join(
        f"CAST({_OURS.get(name, f'e.{name}')} AS {kind}) AS {name}"
        for name, kind in columns_of("events")
    )
}, f.name AS {EXTRA[0][0]}, f.sha256 AS {EXTRA[1][0]}
FROM (SELECT * FROM case_index.events WHERE {IS_DAY}) AS e
  JOIN keys_of AS k ON k.event_key = e.event_key JOIN numbers AS n ON n.case_number = e.file_id
  JOIN ledger AS f ON f.file_id = n.number JOIN events AS c ON c.event_key = k.key
  LEFT JOIN keys_of AS m ON m.event_key = e.merged_into
"""  # noqa: S608
"""The events of a partition as the case has them."""


def fill_relations(writer: duckdb.DuckDBPyConnection) -> None:
    """Fill the tables of what is made from the events."""
    for relation in TAKEN:
        columns, joins = [], []
        for number, (name, _) in enumerate(columns_of(relation)):
            if name in KEYS:
                columns.append(f"k{number}.key")
                joins.append(f"LEFT JOIN keys_of AS k{number} ON k{number}.event_key = r.{name}")
            elif name == "file_id":
                columns.append(f"n{number}.number")
                joins.append(f"LEFT JOIN numbers AS n{number} ON n{number}.case_number = r.{name}")
            else:
                columns.append(f'r."{name}"')
        writer.execute(
            f"INSERT INTO {relation} SELECT {', '.join(columns)}"  # noqa: S608
            f" FROM case_index.{relation} AS r {' '.join(joins)}"
        )


def totals_of(writer: duckdb.DuckDBPyConnection, of_case: dict[str, Any]) -> dict[str, Any]:
    """The totals of the case, with the event keys of the folder."""
    keys = [change["event_key"] for change in of_case["logging_changes"]]
    ours = dict(
        writer.execute(
            "SELECT event_key, key FROM keys_of"
            " WHERE event_key IN (SELECT unnest($keys::BIGINT[]))",
            {"keys": keys},
        ).fetchall()
    )
    changes = [
        {**change, "event_key": ours[change["event_key"]]} for change in of_case["logging_changes"]
    ]
    return {**of_case, "logging_changes": changes}
