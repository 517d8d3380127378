"""Several records of one action become one event, and every merge is counted.

Three kinds: copies of one record (the same eventID delivered by two trails, or a file read
twice), the two records of a cross-account call (one sharedEventID, one eventID per account), and
a record corrected later by an addendum.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

import duckdb

from queries.index import rows
from queries.index.columns import COLUMNS
from queries.index.identifiers import AS_STORED, EVENT_ID, same_id
from queries.index.unjoined import restore_as_read
from queries.providers import PROVIDERS

_WORDS = ", ".join(["repository", "odd", *(column.name for column in COLUMNS)])
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

_ID = ", ".join(EVENT_ID)
_ID_OF_E = ", ".join(f"e.{name}" for name in EVENT_ID)
_HAS_ID = f"({' OR '.join(f'e.{name} IS NOT NULL' for name in EVENT_ID)})"


def merge_copies(connection: duckdb.DuckDBPyConnection, among: str = "") -> None:
    """Keep the fullest copy of each record (of equals the first by file and position), and list the
    event IDs that stand on records that contradict each other (`contradicted`).

    `among`: a table of the only event ids that are looked at; their copies were taken apart.
    """
    distinct = " OR ".join(f"count(DISTINCT {column}) > 1" for column in CORE)
    _find_repeated(connection, among)
    repeated = connection.execute(
        f"""
        CREATE TEMP TABLE repeated AS
        SELECT {_ID_OF_E}, {distinct} AS contradicted
        FROM events AS e SEMI JOIN found_again AS r ON {same_id("e", "r")} GROUP BY {_ID_OF_E}
        """  # noqa: S608 - constants of this module
    ).fetchone()
    only = f"AS c USING {among} AS a WHERE {same_id('c', 'a')}" if among else ""
    connection.execute(f"DROP TABLE found_again; DELETE FROM contradicted {only}")  # noqa: S608
    if repeated and repeated[0]:
        _keep_the_fullest(connection)
    connection.execute("DROP TABLE repeated")


def _find_repeated(connection: duckdb.DuckDBPyConnection, among: str) -> None:
    """Fill `found_again` with the event ids that more than one event has, a part of all ids at a
    time."""
    [(events,)] = connection.execute("SELECT count(*) FROM events").fetchall()
    parts = 1 if among else 1 + events // rows.GROUPED_AT_ONCE
    connection.execute(f"CREATE TEMP TABLE found_again AS SELECT {_ID} FROM events LIMIT 0")  # noqa: S608
    only = f" SEMI JOIN {among} AS a ON {same_id('e', 'a')}" if among else ""
    for part in range(parts):
        this = f" AND hash({_ID_OF_E}) % {parts} = {part}" if parts > 1 else ""
        connection.execute(
            f"INSERT INTO found_again SELECT {_ID_OF_E} FROM events AS e{only}"  # noqa: S608
            f" WHERE {_HAS_ID}{this} GROUP BY {_ID_OF_E} HAVING count(*) > 1"
        )


def _keep_the_fullest(connection: duckdb.DuckDBPyConnection) -> None:
    """Of the events that are `repeated`."""
    content = ", ".join(CORE)
    connection.execute(
        f"""
        CREATE TEMP TABLE doubles AS
        SELECT e.event_key, e.file_id, e.position,
          first_value(e.event_key) OVER (
            PARTITION BY {_ID_OF_E}, CASE WHEN r.contradicted THEN hash({content}) END
            ORDER BY {RICHNESS} DESC, e.event_key) AS keep
        FROM events AS e JOIN repeated AS r ON {same_id("e", "r")}
        """  # noqa: S608 - constants of this module
    )
    _set_aside(connection)
    # In a converted folder the copies of an event that gives way stand already.
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
    connection.execute(
        f"INSERT INTO contradicted SELECT {_ID} FROM repeated WHERE contradicted;"  # noqa: S608
        " DROP TABLE doubles"
    )


def _set_aside(connection: duckdb.DuckDBPyConnection) -> None:
    """Keep the copies that are not word for word what is kept: another copy that comes later may
    contradict one and not the other, and then both are events after all."""
    connection.execute(
        f"""
        CREATE TEMP TABLE contents AS
        SELECT e.event_key, d.keep, hash({_WORDS}) AS content
        FROM events AS e JOIN doubles AS d ON d.event_key = e.event_key
        WHERE d.keep IN (SELECT keep FROM doubles WHERE event_key <> keep);
        INSERT INTO set_aside BY NAME SELECT {AS_STORED} FROM events WHERE event_key IN (
          SELECT c.event_key FROM contents AS c
          JOIN contents AS k ON k.event_key = c.keep AND k.content <> c.content);
        DROP TABLE contents
        """  # noqa: S608 - constants of this module
    )


def take_apart(connection: duckdb.DuckDBPyConnection, among: str) -> None:
    """Make events again of the copies of some event ids, so that they can be compared with what
    came. `among`: a table of these ids."""
    connection.execute(
        f"""
        CREATE TEMP TABLE apart AS SELECT * FROM copies WHERE copy_of IN (
          SELECT event_key FROM events AS e SEMI JOIN {among} AS a ON {same_id("e", "a")})
        """  # noqa: S608 - a table of ours
    )
    restore_as_read(connection, "event_key IN (SELECT copy_of FROM apart)")
    connection.execute(
        f"""
        INSERT INTO events BY NAME SELECT e.{AS_STORED} REPLACE (a.event_key AS event_key,
          a.file_id AS file_id, a.position AS position, 1 AS copies)
        FROM events AS e JOIN apart AS a ON a.copy_of = e.event_key
        WHERE a.event_key NOT IN (SELECT event_key FROM set_aside);
        INSERT INTO events BY NAME SELECT {AS_STORED} FROM set_aside
        WHERE event_key IN (SELECT event_key FROM apart);
        UPDATE events SET copies = 1 WHERE event_key IN (SELECT copy_of FROM apart);
        DELETE FROM set_aside WHERE event_key IN (SELECT event_key FROM apart);
        DELETE FROM copies WHERE event_key IN (SELECT event_key FROM apart);
        DROP TABLE apart
        """  # noqa: S608 - columns of ours
    )


def join_events(connection: duckdb.DuckDBPyConnection) -> None:
    """Point records of one act at the one that stands for it: all that `events` has."""
    join_shared_events(connection)
    supersede_by_addenda(connection)
    join_registry_notices(connection)
    for provider in PROVIDERS:
        if provider.join is not None:
            provider.join(connection)


_LINKS = (
    "SELECT event_key, 'shared ' || shared_event_id FROM {events}"
    " WHERE shared_event_id IS NOT NULL",
    "SELECT event_key, 'addendum ' || original_event_id FROM {events}"
    " WHERE original_event_id IS NOT NULL",
    "SELECT event_key, 'addendum ' || event_id FROM {events} WHERE event_id IN"
    " (SELECT original_event_id FROM events WHERE original_event_id IS NOT NULL"
    "  UNION ALL SELECT original_event_id FROM was WHERE original_event_id IS NOT NULL)",
    "SELECT event_key, 'notice ' || repository || image_digest FROM {events}"
    " WHERE event_name = 'PutImage' AND repository IN (SELECT repository FROM ("
    "  SELECT repository, principal, event_name FROM events"
    "  UNION ALL SELECT repository, principal, event_name FROM was)"
    "  WHERE principal = '(not in this source)' AND event_name = 'PutImage')",
)
"""What events have in common that `join_events` may join."""


def links(events: str) -> str:
    """SELECT (event_key, link) of a relation that has the short columns of `events`: only those of
    one link, or of a chain of links, are ever joined. Reads `was`, too: how events were before."""
    every = [*_LINKS, *(link for provider in PROVIDERS for link in provider.links)]
    selects = " UNION ALL ".join(link.format(events=events) for link in every)
    return f"SELECT event_key, link FROM ({selects}) AS l(event_key, link)"  # noqa: S608


def join_shared_events(connection: duckdb.DuckDBPyConnection) -> None:
    """Point the poorer record of a cross-account call at the richer one.

    Insight records use sharedEventID for something else (the start and end of one insight).
    """
    connection.execute(
        """
        UPDATE events SET merged_into = s.keep FROM (
          SELECT event_key,
            first_value(event_key) OVER (
              PARTITION BY shared_event_id_uuid, shared_event_id_text, event_source, event_name
              ORDER BY (principal LIKE 'arn:%') DESC, (coalesce(access_key_id, '') <> '') DESC,
                       event_key) AS keep
          FROM events
          WHERE (shared_event_id_uuid IS NOT NULL OR shared_event_id_text IS NOT NULL)
            AND event_name IS NOT NULL
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
