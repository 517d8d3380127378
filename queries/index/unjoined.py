"""Events as they were read, of those that joining gave something of another record.

A provider may put into one record of an act what another says (`Provider.join`). When more evidence
comes, that is done anew, from what each record said itself.
"""

from __future__ import annotations

import duckdb

JOINED = (
    "request_parameters",
    "deployment",
    "registry_action",
    "repository",
    "repository_name",
    "image_tag",
    "pushed_via",
    "outcome",
    "error_code",
    "error_message",
    "access_key_id",
    "issued_access_key_id",
    "issued_arn",
)
"""The columns of `events` that a provider's `join` may change, besides `merged_into`."""


def keep_as_read(connection: duckdb.DuckDBPyConnection, events: str) -> None:
    """Keep some events as they are, before they are changed; `events` selects their keys. What was
    kept before stays: it is what was read."""
    connection.execute(
        f"INSERT INTO unjoined SELECT event_key, {', '.join(JOINED)} FROM events"  # noqa: S608
        f" WHERE event_key IN ({events}) AND event_key NOT IN (SELECT event_key FROM unjoined)"
    )


def restore_as_read(connection: duckdb.DuckDBPyConnection, events: str = "TRUE") -> None:
    """Make some events what they were when they were read, and joined to none; `events` is a
    condition on their keys."""
    changes = ", ".join(f"{name} = u.{name}" for name in JOINED)
    connection.execute(
        f"UPDATE events SET {changes} FROM (SELECT * FROM unjoined WHERE {events}) AS u"  # noqa: S608
        " WHERE events.event_key = u.event_key"
    )
    connection.execute(
        f"DELETE FROM unjoined WHERE {events};"  # noqa: S608
        f" UPDATE events SET merged_into = NULL WHERE merged_into IS NOT NULL AND {events}"
    )
