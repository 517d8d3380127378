"""What other events say about pushes: who caused them, who was behind them, what they created."""

from __future__ import annotations

import duckdb


def add_creations(connection: duckdb.DuckDBPyConnection, which: str) -> None:
    """Pushes that made their repository: ECR creates it in its own name seconds before
    (create on push, aws/containers-roadmap#853)."""
    connection.execute(
        f"""
        UPDATE pushes SET created_repository = TRUE FROM events AS c
        WHERE {which} AND c.registry_action = 'create repository' AND c.outcome = 'ok'
          AND c.repository = pushes.repository AND c.merged_into IS NULL
          AND coalesce(c.access_key_id, '') = ''
          AND pushes.event_time BETWEEN c.event_time AND c.event_time + INTERVAL 60 SECOND
        """  # noqa: S608 - a condition of this module
    )


def add_triggers(connection: duckdb.DuckDBPyConnection) -> None:
    """Who caused a copy made by a service: the puller before a cache write, the pusher of the
    same digest elsewhere before a replication."""
    connection.execute(
        """
        UPDATE pushes SET triggered_by = t.principal FROM (
          SELECT p.push_key, e.principal, row_number() OVER (
            PARTITION BY p.push_key ORDER BY e.event_time DESC, e.event_key DESC) AS nearest
          FROM pushes AS p JOIN events AS e ON e.repository = p.repository
            AND (e.registry_action = 'pull' OR e.event_name = 'BatchImportUpstreamImage')
            AND (e.principal LIKE 'arn:%' OR e.provider <> 'aws')
            AND e.event_time BETWEEN p.event_time - INTERVAL 10 MINUTE AND p.event_time
          WHERE p.made_by = 'pull-through cache'
          UNION ALL
          SELECT p.push_key, s.principal, row_number() OVER (
            PARTITION BY p.push_key ORDER BY s.event_time DESC, s.push_key DESC) AS nearest
          FROM pushes AS p JOIN pushes AS s ON s.image_digest = p.image_digest
            AND s.made_by = 'person' AND s.outcome = 'ok' AND s.event_time <= p.event_time
          WHERE p.made_by = 'replication'
        ) AS t
        WHERE t.nearest = 1 AND pushes.push_key = t.push_key
        """
    )


def add_origins(connection: duckdb.DuckDBPyConnection, which: str) -> None:
    connection.execute(
        f"""
        UPDATE pushes SET origin = o.origin FROM (
          SELECT p.push_key, coalesce(s.origin,
            CASE WHEN e.identity_type = 'FederatedUser' THEN e.issuer_arn END, p.principal)
            AS origin
          FROM pushes AS p LEFT JOIN sessions AS s ON s.access_key_id = p.access_key_id
            JOIN events AS e ON e.event_key = p.event_key
          WHERE {which}
        ) AS o
        WHERE pushes.push_key = o.push_key
        """  # noqa: S608 - a condition of this module
    )
