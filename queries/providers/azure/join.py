"""Records of one act in Azure's logs, and what these logs cannot show.

A push is told twice when both the registry's log and its Event Grid events (or webhooks) are there:
the notice has no address and mostly no actor, so it gives way. A call of the control plane is
written as it starts and as it ends: the end says how it went.
"""

from __future__ import annotations

import duckdb

from queries.index.unjoined import keep_as_read

_NOTICES = """
UPDATE events SET merged_into = m.event_key FROM (
  SELECT n.event_key AS notice, min(c.event_key) AS event_key
  FROM events AS n JOIN events AS c
    ON c.provider = 'azure' AND c.registry_action = n.registry_action
    AND c.repository = n.repository
    AND coalesce(c.image_digest, '') = coalesce(n.image_digest, '')
    AND (coalesce(c.image_tag, '') = coalesce(n.image_tag, '') OR n.image_tag IS NULL)
    AND c.event_type ILIKE '%RepositoryEvents'
    AND c.event_time BETWEEN n.event_time - INTERVAL 2 MINUTE AND n.event_time + INTERVAL 2 MINUTE
  WHERE n.provider = 'azure' AND n.registry_action IN ('push', 'delete')
    AND (n.event_type = 'webhook' OR n.event_type LIKE 'Microsoft.ContainerRegistry.%')
    AND n.merged_into IS NULL AND c.merged_into IS NULL AND c.outcome = 'ok'
  GROUP BY n.event_key
) AS m
WHERE events.event_key = m.notice
"""
"""Assumed: a notice comes within two minutes of what it tells of."""

_IS_STEP = """provider = 'azure' AND request_id IS NOT NULL
      AND event_type NOT ILIKE 'ContainerRegistry%' AND event_type <> 'webhook'
      AND event_type NOT LIKE 'Microsoft.ContainerRegistry.%'"""
_STEPS = f"""
UPDATE events SET merged_into = s.keep FROM (
  SELECT event_key, event_time, first_value(event_key) OVER (act
      ORDER BY (event_category IS NULL) DESC, event_time DESC NULLS LAST, event_key) AS keep,
    min(event_time) OVER (act) AS first_time,
    count(*) FILTER (event_category = 'Started') OVER (act) AS started
  FROM events WHERE {_IS_STEP} AND merged_into IS NULL
  WINDOW act AS (PARTITION BY request_id, event_source, event_name, lower(resource_arn))
) AS s
WHERE events.event_key = s.event_key AND s.keep <> s.event_key AND s.started > 0
  AND s.event_time <= s.first_time + INTERVAL 1 DAY
"""  # noqa: S608 - constants of this module
LINKS = (
    "SELECT event_key, 'azure act ' || request_id FROM {events}"
    " WHERE provider = 'azure' AND request_id IS NOT NULL",
    "SELECT event_key, 'azure image ' || repository FROM {events}"
    " WHERE provider = 'azure' AND registry_action IN ('push', 'delete')",
)
_ASKED = ("request_parameters", "deployment", "registry_action", "repository", "repository_name",
          "image_tag", "pushed_via")  # fmt: skip
_BODIES = f"""
UPDATE events SET {", ".join(f"{name} = coalesce(m.{name}, events.{name})" for name in _ASKED)}
FROM (
  SELECT merged_into, {
    ", ".join(f"arg_max({name}, length(request_parameters)) AS {name}" for name in _ASKED)
},
    max(length(request_parameters)) AS size
  FROM events WHERE {_IS_STEP} AND merged_into IS NOT NULL GROUP BY merged_into
) AS m
WHERE events.event_key = m.merged_into AND m.size > length(events.request_parameters)
"""  # noqa: S608 - constants of this module
"""What was asked for stands in the first record of a call, how it went in the last."""


def join_records(connection: duckdb.DuckDBPyConnection) -> None:
    """Point notices and beginnings at the records that say more."""
    if not _any(connection, "provider = 'azure'"):
        return
    connection.execute(_NOTICES)
    connection.execute(_STEPS)
    keep_as_read(connection, f"SELECT merged_into FROM events WHERE {_IS_STEP}")  # noqa: S608
    connection.execute(_BODIES)


def unseen(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Sentences about what this evidence of Azure cannot show."""
    if not _any(connection, "provider = 'azure'"):
        return []
    said = []
    data = "provider = 'azure' AND registry_action IN ('push', 'pull', 'delete', 'untag', 'login')"
    if not _any(connection, data):
        said.append(
            "no record of Azure's registry logs (ContainerRegistryRepositoryEvents) is in the"
            " evidence: they are written only where a diagnostic setting asks for them, so pushes"
            " to Azure's registries cannot be seen"
        )
    elif not _any(connection, "provider = 'azure' AND event_type ILIKE '%RepositoryEvents'"):
        said.append(
            "Azure's pushes are known from notices only (Event Grid, webhooks): who pushed and from"
            " where is in ContainerRegistryRepositoryEvents"
        )
    return said


def _any(connection: duckdb.DuckDBPyConnection, condition: str) -> bool:
    row = connection.execute(f"SELECT 1 FROM events WHERE {condition} LIMIT 1").fetchone()  # noqa: S608
    return row is not None
