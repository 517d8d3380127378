"""Several records of one action become one event, and every merge is counted.

Three kinds: copies of one record (the same eventID delivered by two trails, or a file read
twice), the two records of a cross-account call (one sharedEventID, one eventID per account), and
a record corrected later by an addendum.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

import duckdb

_CORE = (
    "hash(event_time, event_source, event_name, aws_region, principal, error_code, repository,"
    " image_tag, image_digest)"
)
"""What two copies of one record agree in. Records under one eventID that differ here are not
copies: the id was reused or someone changed the log, and both stay."""


def merge_copies(connection: duckdb.DuckDBPyConnection) -> int:
    """Keep the first copy of each record (by file and position); return how many ids conflict."""
    connection.execute(
        "CREATE TEMP TABLE repeated AS SELECT event_id FROM events WHERE event_id IS NOT NULL"
        " GROUP BY event_id HAVING count(*) > 1"
    )
    connection.execute(
        f"""
        CREATE TEMP TABLE doubles AS
        SELECT event_key, file_id, position, event_id, {_CORE} AS core,
          min(event_key) OVER (PARTITION BY event_id, {_CORE}) AS keep
        FROM events WHERE event_id IN (SELECT event_id FROM repeated)
        """  # noqa: S608
    )
    connection.execute(
        "INSERT INTO copies SELECT event_key, file_id, position, keep FROM doubles"
        " WHERE event_key <> keep"
    )
    connection.execute(
        "UPDATE events SET copies = c.n FROM"
        " (SELECT copy_of, count(*) + 1 AS n FROM copies GROUP BY copy_of) AS c"
        " WHERE events.event_key = c.copy_of"
    )
    connection.execute("DELETE FROM events WHERE event_key IN (SELECT event_key FROM copies)")
    conflicts = connection.execute(
        "SELECT count(*) FROM (SELECT event_id FROM doubles GROUP BY event_id"
        " HAVING count(DISTINCT core) > 1)"
    ).fetchone()
    connection.execute("DROP TABLE doubles; DROP TABLE repeated")
    return int(conflicts[0]) if conflicts else 0


def join_shared_events(connection: duckdb.DuckDBPyConnection) -> None:
    """Point the poorer record of a cross-account call at the richer one.

    Insight records use sharedEventID for something else (the start and end of one insight).
    """
    connection.execute(
        """
        UPDATE events SET merged_into = s.keep FROM (
          SELECT event_key,
            first_value(event_key) OVER (
              PARTITION BY shared_event_id, event_source, event_name
              ORDER BY (principal LIKE 'arn:%') DESC, (coalesce(access_key_id, '') <> '') DESC,
                       event_key) AS keep
          FROM events
          WHERE shared_event_id IS NOT NULL AND event_name IS NOT NULL
            AND coalesce(event_category, '') <> 'Insight'
        ) AS s
        WHERE events.event_key = s.event_key AND s.keep <> s.event_key
        """
    )


def supersede_by_addenda(connection: duckdb.DuckDBPyConnection) -> None:
    """Point a record that an addendum corrects at the correcting record."""
    connection.execute(
        """
        UPDATE events SET merged_into = a.event_key FROM (
          SELECT original_event_id, max(event_key) AS event_key FROM events
          WHERE original_event_id IS NOT NULL GROUP BY original_event_id
        ) AS a
        WHERE events.event_id = a.original_event_id AND events.event_key <> a.event_key
        """
    )
