"""Entries of one act, and what the evidence cannot show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from queries.index.unjoined import keep_as_read
from queries.providers.google.notices import NOTICE

if TYPE_CHECKING:
    import duckdb

_PAIRS = """
UPDATE events SET merged_into = s.keep FROM (
  SELECT event_key, first_value(event_key) OVER (
    PARTITION BY recipient_account_id, event_source, event_name, request_id
    ORDER BY principal = '(no identity)', event_time NULLS LAST, event_key) AS keep
  FROM events
  WHERE provider = 'google' AND request_id IS NOT NULL AND merged_into IS NULL
) AS s
WHERE events.event_key = s.event_key AND s.keep <> s.event_key
"""
"""A long-running operation writes an entry when it starts and one when it ends; the one that names
who asked stands for both. https://cloud.google.com/logging/docs/audit/understanding-audit-logs#lro"""

_NOTICES = f"""
UPDATE events SET merged_into = m.event_key FROM (
  SELECT n.event_key AS notice, min(c.event_key) AS event_key
  FROM events AS n JOIN events AS c
    ON c.provider = 'google' AND c.registry_action = n.registry_action
    AND c.repository = n.repository AND c.event_type <> n.event_type
    AND coalesce(c.image_digest, n.image_digest, '') = coalesce(n.image_digest, '')
    AND coalesce(c.image_tag, n.image_tag, '') = coalesce(n.image_tag, c.image_tag, '')
    AND c.event_time BETWEEN n.event_time - INTERVAL 2 MINUTE AND n.event_time + INTERVAL 2 MINUTE
  WHERE n.provider = 'google' AND n.event_type = '{NOTICE}'
    AND n.merged_into IS NULL AND c.merged_into IS NULL AND c.outcome = 'ok'
  GROUP BY n.event_key
) AS m
WHERE events.event_key = m.notice
"""  # noqa: S608 - a constant of this project
"""A notice comes within two minutes of what it tells of (assumed); the log's record says who."""

_OUTCOMES = """
UPDATE events SET outcome = e.outcome, error_code = e.error_code, error_message = e.error_message
FROM events AS e
WHERE e.merged_into = events.event_key AND e.provider = 'google' AND e.outcome <> 'ok'
  AND events.outcome = 'ok'
"""
"""The end of an operation says whether it failed."""

_STORED = "provider = 'google' AND event_source = 'storage.googleapis.com'"
_BURSTS = f"""
UPDATE events SET registry_action = CASE WHEN s.last THEN 'push' ELSE 'upload' END,
  pushed_via = CASE WHEN s.last THEN 'docker client' END
FROM (
  SELECT event_key, coalesce(lead(event_time) OVER (
      PARTITION BY repository, principal ORDER BY event_time, event_key)
    > event_time + INTERVAL 10 MINUTE, TRUE) AND outcome = 'ok' AS last
  FROM events
  WHERE {_STORED} AND registry_action IN ('upload', 'push') AND merged_into IS NULL
) AS s
WHERE events.event_key = s.event_key
"""  # noqa: S608 - a constant of this module
"""A push to the legacy registry is a series of object writes that name no image. Writes of one
principal to one registry are taken for one push until ten minutes pass without any (assumed)."""


LINKS = (
    "SELECT event_key, 'google act ' || request_id FROM {events}"
    " WHERE provider = 'google' AND request_id IS NOT NULL",
    "SELECT event_key, 'google image ' || repository FROM {events} WHERE provider = 'google'"
    " AND registry_action IN ('push', 'upload', 'tag', 'delete', 'untag', 'delete repository')",
)


def join_records(connection: duckdb.DuckDBPyConnection) -> None:
    """Point the entries of one operation at one of them; make pushes of writes to gcr.io."""
    if not _has(connection, "provider = 'google'"):
        return
    connection.execute(_PAIRS)
    keep_as_read(
        connection, "SELECT merged_into FROM events WHERE provider = 'google' AND outcome <> 'ok'"
    )
    connection.execute(_OUTCOMES)
    keep_as_read(
        connection,
        f"SELECT event_key FROM events WHERE {_STORED} AND registry_action IN ('upload', 'push')",  # noqa: S608
    )
    connection.execute(_BURSTS)
    connection.execute(_NOTICES)


def unseen(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """What the evidence of Google Cloud cannot show, as sentences."""
    google = "provider = 'google'"
    if not _has(connection, google):
        return []
    said: list[str] = []
    registry = f"{google} AND registry_action IS NOT NULL AND event_category LIKE '%data_access'"
    if not _has(connection, registry):
        said.append(
            "Google Cloud: no Data Access log of the registry is here (it is off unless somebody"
            " turned it on), so pushes and pulls cannot be seen: that none are listed says nothing"
        )
    elif not _has(connection, f"{registry} AND registry_action IN ('push', 'upload')"):
        said.append(
            "Google Cloud: the registry's Data Access log has reads only; whether DATA_WRITE was"
            " on cannot be told, and without it no push is logged"
        )
    if _has(connection, f"{_STORED} AND registry_action = 'push'"):
        said.append(
            "Google Cloud: pushes to the old gcr.io are object writes of Cloud Storage; which"
            " image and tag they were is in no record, and writes less than ten minutes apart are"
            " counted as one push"
        )
    return said


def _has(connection: duckdb.DuckDBPyConnection, condition: str) -> bool:
    found = connection.execute(f"SELECT 1 FROM events WHERE {condition} LIMIT 1")  # noqa: S608
    return found.fetchone() is not None
