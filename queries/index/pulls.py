"""Build `pulls`: each image that a pull asked for, what kind of workload asked, and which
push the image came from.

A pull through the registry's host names the role of the machine that runs the image, so it is the
only trace of Kubernetes: pods are not in CloudTrail, the pulls of their nodes are.
"""

from __future__ import annotations

import duckdb

from queries.index.derivation import SHORT, Derivation, Rows
from queries.index.pushes import CHANGED_IMAGES
from queries.providers.base import CONTAINER_HOST
from queries.providers.words import machines, platforms, registries, workloads

_BUILD = f"""
INSERT INTO pulls BY NAME
WITH asked AS (
  SELECT event_key, unnest(coalesce(
      try_cast(try(json_extract(request_parameters, '$.imageIds'))
        AS STRUCT("imageTag" VARCHAR, "imageDigest" VARCHAR)[]),
      [{{'imageTag': image_tag, 'imageDigest': image_digest}}])) AS image
  FROM events
  WHERE registry_action = 'pull' AND merged_into IS NULL
    AND (request_parameters LIKE '{{%' OR request_parameters IS NULL)
), first_push AS (
  SELECT p.repository, r.image_digest, arg_min(p.push_key, (p.event_time, p.push_key)) AS push_key
  FROM push_records AS r JOIN pushes AS p ON p.push_key = r.push_key
  WHERE p.outcome = 'ok' AND r.image_digest IS NOT NULL AND p.event_time IS NOT NULL
  GROUP BY p.repository, r.image_digest
)
SELECT e.event_key, e.event_time, e.repository,
  a.image['imageTag'] AS image_tag, a.image['imageDigest'] AS image_digest,
  coalesce(a.image['imageDigest'], t.image_digest) AS resolved_digest,
  coalesce(d.push_key, t.push_key) AS push_key,
  {workloads()} AS workload,
  e.principal, e.identity_arn, e.access_key_id, coalesce(s.origin, e.principal) AS origin,
  e.account_id,
  coalesce(e.account_id <> e.registry_id AND NOT contains(e.registry_id, '.'), FALSE)
    AS cross_account,
  e.source_ip_address, e.user_agent, e.outcome, e.error_code
FROM asked AS a JOIN events AS e ON e.event_key = a.event_key
LEFT JOIN sessions AS s ON s.access_key_id = e.access_key_id
LEFT JOIN tag_spans AS t ON t.repository = e.repository AND t.tag = a.image['imageTag']
  AND a.image['imageDigest'] IS NULL AND t.since <= e.event_time
  AND (t.until IS NULL OR e.event_time < t.until)
LEFT JOIN first_push AS d ON d.repository = e.repository
  AND d.image_digest = a.image['imageDigest']
"""  # noqa: S608 - words of the providers

_NODES = f"""
INSERT INTO deployments BY NAME
SELECT (SELECT coalesce(max(deployment_no), 0) FROM deployments)
    + row_number() OVER (ORDER BY n.event_time NULLS LAST, n.event_key, n.image_tag, n.image_digest)
    AS deployment_no,
  n.event_key, n.event_time, {platforms("n.workload", "e.provider")} AS platform,
  e.event_name, 'pulled' AS act,
  CASE WHEN n.workload = '{CONTAINER_HOST}' THEN 'host of ' || n.principal
    ELSE 'node ' || split_part(n.principal, '/', -1) END AS deployed,
  e.repository_name || coalesce(':' || n.image_tag, '') || coalesce('@' || n.image_digest, '')
    AS image,
  {registries("e.provider")} AS registry, e.registry_id,
  e.aws_region, n.repository, e.repository_name,
  n.image_tag, n.image_digest,
  CASE WHEN n.image_digest IS NOT NULL THEN 'digest' WHEN n.push_key IS NOT NULL THEN 'tag'
    ELSE 'tag unresolved' END AS matched,
  n.resolved_digest, n.push_key, FALSE AS lasting, n.outcome, n.error_code, n.principal,
  n.access_key_id, n.origin, coalesce(n.account_id, e.recipient_account_id) AS account_id,
  e.aws_region AS event_region
FROM (
  SELECT p.*, row_number() OVER (
    PARTITION BY p.principal, p.repository, p.image_tag, p.image_digest, p.resolved_digest,
      p.outcome ORDER BY p.event_time NULLS LAST, p.event_key) AS nth
  FROM pulls AS p WHERE p.workload IN {machines()}
) AS n JOIN events AS e ON e.event_key = n.event_key
WHERE n.nth = 1
"""  # noqa: S608 - words of the providers


def build_pulls(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill `pulls` from the events, the pushes and the tag history."""
    connection.execute(_BUILD)


def add_nodes(connection: duckdb.DuckDBPyConnection) -> None:
    """Add to `deployments` the first pull of each image by each node, because nothing else tells
    what its pods run."""
    connection.execute(_NODES)


PULLS = Derivation(
    rows=(Rows("pulls", "event_key"),),
    build=build_pulls,
    keys=(
        "SELECT event_key FROM touched WHERE registry_action = 'pull'",
        """SELECT event_key FROM pulls
        WHERE access_key_id IN (SELECT access_key_id FROM changed_sessions)""",
        f"SELECT event_key FROM pulls WHERE image_digest IN ({CHANGED_IMAGES})",  # noqa: S608
        """SELECT p.event_key FROM pulls AS p JOIN changed_tag_spans AS t
          ON t.repository = p.repository AND t.tag = p.image_tag AND t.since <= p.event_time
            AND (t.until IS NULL OR p.event_time < t.until)""",
    ),
    columns=f"{SHORT}, request_parameters",
)

_BY = "concat_ws(' ', principal, repository)"
NODES = Derivation(
    rows=(
        Rows(
            "deployments",
            "event_key",
            chosen=f"act = 'pulled' AND {_BY} IN (SELECT key FROM keys)",  # noqa: S608
            number="deployment_no",
        ),
    ),
    build=add_nodes,
    keys=(f"SELECT {_BY} FROM changed_pulls",),  # noqa: S608 - a constant
    events=f"event_key IN (SELECT event_key FROM pulls WHERE {_BY} IN (SELECT key FROM keys))",  # noqa: S608
    columns="""event_key, provider, event_name, repository_name, registry_id, aws_region,
      recipient_account_id""",
    reads={"pulls": f"{_BY} IN (SELECT key FROM keys)"},  # noqa: S608
)
"""What nodes run: by who pulled, and the repository."""
