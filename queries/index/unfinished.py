"""Pushes that never finished: layers without an image, or platforms without their index.

The cause is often visible only here: the docker client reports "denied", CloudTrail has the
refused InitiateLayerUpload (CircleCI-Public/aws-ecr-orb#259, Panfactum/stack#247).
"""

from __future__ import annotations

from datetime import timedelta

import duckdb

from queries.index.grouping import Group, ImageEvent
from queries.manifest import IMAGE

LAYERS_ONLY = "layers only"
PLATFORMS_ONLY = "platforms without index"
INCOMPLETE = "incomplete"
"""The outcome of such a push: it counts neither as a push nor as a failed PutImage."""

_NEAR = timedelta(minutes=15)


def is_unfinished(group: Group, failed: list[ImageEvent]) -> bool:
    """Whether a push is a leftover of one that failed: an image without any tag, while the same
    session was refused another PutImage in the same repository within minutes."""
    root = group.root
    if group.tags or root.manifest.kind != IMAGE or root.time is None:
        return False
    return any(
        other.access_key_id == root.access_key_id
        and other.principal == root.principal
        and other.time is not None
        and abs(other.time - root.time) <= _NEAR
        for other in failed
    )


def add_layers_only(connection: duckdb.DuckDBPyConnection) -> None:
    """One row in `pushes` for each session that uploaded (or was refused) layers of a repository
    and put no image there afterwards."""
    connection.execute(
        f"""
        INSERT INTO pushes BY NAME
        SELECT e.event_key AS push_key, e.event_key, e.file_id, e.position, e.event_time,
          e.repository, e.registry_id, e.aws_region, e.repository_name, '' AS image_tags,
          e.principal, e.access_key_id, e.account_id, e.source_ip_address, e.user_agent,
          'docker client' AS via, '{INCOMPLETE}' AS outcome, u.error_code, u.error_message,
          'unknown' AS kind, '{LAYERS_ONLY}' AS effect, 'person' AS made_by,
          coalesce(e.account_id <> e.registry_id, FALSE) AS cross_account, 0 AS records,
          1 AS lifetime, FALSE AS order_unprovable
        FROM (
          SELECT max(event_key) AS event_key, max(error_code) AS error_code,
            max(error_message) AS error_message
          FROM (
            SELECT l.*, max(event_time) OVER (PARTITION BY repository, actor) AS last
            FROM (
              SELECT event_key, event_time, error_code, error_message, repository,
                coalesce(access_key_id, principal) AS actor
              FROM events
              WHERE registry_action = 'upload' AND merged_into IS NULL AND repository IS NOT NULL
            ) AS l
          ) AS layer
          WHERE event_time = last AND NOT EXISTS (
            SELECT 1 FROM events AS put
            WHERE put.registry_action = 'push' AND put.repository = layer.repository
              AND coalesce(put.access_key_id, put.principal) = layer.actor
              AND put.event_time >= layer.last
          )
          GROUP BY repository, actor
        ) AS u JOIN events AS e ON e.event_key = u.event_key
        """  # noqa: S608 - constants of this module
    )
