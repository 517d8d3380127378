"""Several records of one action become one event, and every merge is counted.

Three kinds: copies of one record (the same eventID delivered by two trails, or a file read
twice), the two records of a cross-account call (one sharedEventID, one eventID per account), and
a record corrected later by an addendum.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

import duckdb

CORE = (
    "event_time",
    "event_source",
    "event_name",
    "aws_region",
    "error_code",
    # An export without the account writes `?` for it.
    "CASE WHEN repository NOT LIKE '?/%' THEN repository END",
    "image_tag",
    "image_digest",
    "access_key_id",
    "user_agent",
    "source_ip_address",
    "CASE WHEN principal LIKE 'arn:%' THEN principal END",
)
"""What the copies of one record agree in, where they say anything: a lossy export leaves out much.
Records under one eventID that contradict each other here are no copies: the id was reused or
someone changed the log, and both stay."""

RICHNESS = (
    "(principal LIKE 'arn:%')::INT + (image_digest IS NOT NULL)::INT"
    " + (request_parameters IS NOT NULL)::INT + (image_manifest IS NOT NULL)::INT"
    " + (access_key_id IS NOT NULL)::INT + (user_agent IS NOT NULL)::INT"
    " + (response_elements IS NOT NULL)::INT + (error_code IS NOT NULL)::INT"
    " + 2 * (deployment IS NOT NULL)::INT"
)
"""The later stages of a request say how it went and what it made."""


def merge_copies(connection: duckdb.DuckDBPyConnection) -> int:
    """Keep the fullest copy of each record (of equals the first by file and position); return
    how many event IDs stand on records that contradict each other."""
    distinct = " OR ".join(f"count(DISTINCT {column}) > 1" for column in CORE)
    content = ", ".join(CORE)
    connection.execute(
        f"""
        CREATE TEMP TABLE repeated AS
        SELECT event_id, {distinct} AS contradicted FROM events
        WHERE event_id IN (
          SELECT event_id FROM events WHERE event_id IS NOT NULL
          GROUP BY event_id HAVING count(*) > 1)
        GROUP BY event_id
        """  # noqa: S608 - constants of this module
    )
    connection.execute(
        f"""
        CREATE TEMP TABLE doubles AS
        SELECT e.event_key, e.file_id, e.position,
          first_value(e.event_key) OVER (
            PARTITION BY e.event_id, CASE WHEN r.contradicted THEN hash({content}) END
            ORDER BY {RICHNESS} DESC, e.event_key) AS keep
        FROM events AS e JOIN repeated AS r ON r.event_id = e.event_id
        """  # noqa: S608 - constants of this module
    )
    # When an index grows, a fuller copy may come for an event that has copies already. Those were
    # merged for good and are not compared again.
    connection.execute(
        "UPDATE copies SET copy_of = d.keep FROM doubles AS d"
        " WHERE copies.copy_of = d.event_key AND d.event_key <> d.keep"
    )
    connection.execute(
        "INSERT INTO copies SELECT event_key, file_id, position, keep FROM doubles"
        " WHERE event_key <> keep"
    )
    connection.execute(
        "UPDATE events SET copies = c.n FROM"
        " (SELECT copy_of, count(*) + 1 AS n FROM copies WHERE copy_of IN"
        "   (SELECT keep FROM doubles WHERE event_key <> keep) GROUP BY copy_of) AS c"
        " WHERE events.event_key = c.copy_of"
    )
    connection.execute(
        "DELETE FROM events WHERE event_key IN (SELECT event_key FROM doubles"
        " WHERE event_key <> keep)"
    )
    conflicts = connection.execute("SELECT count(*) FROM repeated WHERE contradicted").fetchone()
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


def join_registry_notices(connection: duckdb.DuckDBPyConnection) -> None:
    """Point EventBridge's own notice of a push ("ECR Image Action") at CloudTrail's record of it.

    The notice names no user and has an id of its own; repository, digest and minutes match.
    """
    connection.execute(
        """
        UPDATE events SET merged_into = m.event_key FROM (
          SELECT n.event_key AS notice, min(c.event_key) AS event_key
          FROM events AS n JOIN events AS c
            ON c.event_name = n.event_name AND c.repository = n.repository
            AND c.image_digest = n.image_digest AND c.principal <> n.principal
            AND c.event_time BETWEEN n.event_time - INTERVAL 5 MINUTE
              AND n.event_time + INTERVAL 5 MINUTE
          WHERE n.principal = '(not in this source)' AND n.event_name = 'PutImage'
            AND c.principal <> '(not in this source)' AND c.merged_into IS NULL
          GROUP BY n.event_key
        ) AS m
        WHERE events.event_key = m.notice
        """
    )
