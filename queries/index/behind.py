"""Who a service probably acted for: CloudFormation, CodePipeline and their like make calls because
somebody asked them to, and their records name the service (`invokedBy`) or its role.

The asking call (UpdateStack, StartPipelineExecution ...) is not linked to what follows by any
field, so the answer is an inference from account, role and time, and is shown as "probably for".
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
"""

from __future__ import annotations

from typing import Any

import duckdb

from queries.index.derivation import Derivation, Rows
from queries.index.rows import insert_rows
from queries.providers import PROVIDERS

_HOURS = 2
"""How long before. Most stacks and pipelines are through in minutes; some take hours."""

_ASKING = ", ".join(
    f"('{service}', '{call}')"
    for provider in PROVIDERS
    for service, calls in provider.asked_by.items()
    for call in calls
)
"""Services, and the calls by which somebody sets them to work."""
IS_READ = f"""(event_source, plain_name) IN ({_ASKING}) OR invoked_by IS NOT NULL AND ({
    " OR ".join(
        f"invoked_by = '{service}' OR invoked_by LIKE '%.{service}'"
        for service in sorted({service for each in PROVIDERS for service in each.asked_by})
    )
})"""
"""Calls that set a service to work, and calls of such services."""
_CANDIDATES = f"""
SELECT e.event_key, c.event_key AS caller_event, c.principal AS caller, c.plain_name,
  c.event_time, CASE
    WHEN c.access_key_id = e.access_key_id THEN 1
    WHEN c.principal = e.principal THEN 2
    WHEN e.issuer_arn <> '' AND strpos(c.request_parameters, e.issuer_arn) > 0 THEN 3
    ELSE 4 END AS nearness
FROM events AS e
JOIN (
  -- The few names that services go by, so that the join below is by equality.
  SELECT DISTINCT n.invoked_by, a.service
  FROM (SELECT DISTINCT invoked_by FROM events WHERE invoked_by IS NOT NULL) AS n
  JOIN (VALUES {_ASKING}) AS a(service, call)
    ON n.invoked_by = a.service OR n.invoked_by LIKE '%.' || a.service
) AS s ON e.invoked_by = s.invoked_by
JOIN (
  SELECT c.* FROM events AS c
  WHERE (c.event_source, c.plain_name) IN ({_ASKING}) AND c.outcome = 'ok' AND c.merged_into IS NULL
) AS c ON c.event_source = s.service AND c.event_key <> e.event_key
  AND coalesce(c.recipient_account_id, c.account_id)
    = coalesce(e.recipient_account_id, e.account_id)
  AND coalesce(c.aws_region, '') = coalesce(e.aws_region, '')
  AND c.event_time BETWEEN e.event_time - INTERVAL {_HOURS} HOUR AND e.event_time
WHERE e.merged_into IS NULL AND NOT (e.event_source = c.event_source
  AND e.plain_name = c.plain_name AND e.invoked_by = c.event_source)
"""  # noqa: S608 - constants of this module

_HOW = {
    1: "same access key",
    2: "same principal",
    3: "it named this role",
    4: f"same account and region, within {_HOURS} h",
}


def find_callers(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill `callers`: for each call that a service made on behalf of somebody, the nearest call
    that set the service to work, and how many principals come into question equally."""
    rows = connection.execute(
        f"""
        SELECT event_key, caller_event, caller, plain_name, event_time, nearness,
          count(DISTINCT caller) OVER (PARTITION BY event_key) AS candidates
        FROM (
          SELECT *, min(nearness) OVER (PARTITION BY event_key) AS best
          FROM ({_CANDIDATES}) AS candidates
        ) AS ranked
        WHERE nearness = best
        QUALIFY row_number() OVER (
          PARTITION BY event_key ORDER BY event_time DESC, caller_event DESC) = 1
        ORDER BY event_key
        """  # noqa: S608 - constants of this module
    ).fetchall()
    found = {row[0]: row for row in rows}
    insert_rows(connection, "callers", [_row(row, found) for row in rows])


def _row(row: tuple[Any, ...], found: dict[int, tuple[Any, ...]]) -> tuple[Any, ...]:
    """A pipeline sets a stack to work that makes the call: who asked is at the end of the line."""
    key, event, caller, name, time, nearness, candidates = row
    seen = {key}
    while event in found and event not in seen:
        seen.add(event)
        _, event, caller, name, time, _, more = found[event]
        candidates = max(candidates, more)
    return key, event, caller, name, time, _HOW[nearness], candidates


def _between(asked: str, made: str) -> str:
    """Condition for a call and one that may have been made because of it."""
    return f"""({asked}.event_source, {asked}.plain_name) IN ({_ASKING})
      AND {made}.invoked_by IS NOT NULL AND coalesce({asked}.aws_region, '')
        = coalesce({made}.aws_region, '')
      AND coalesce({asked}.recipient_account_id, {asked}.account_id)
        = coalesce({made}.recipient_account_id, {made}.account_id)
      AND {asked}.event_time BETWEEN {made}.event_time - INTERVAL {_HOURS} HOUR
        AND {made}.event_time"""


_KNOWN = "SELECT key FROM keys UNION ALL SELECT key FROM context"
CALLERS = Derivation(
    rows=(Rows("callers", "event_key"),),
    build=find_callers,
    keys=(
        "SELECT event_key FROM touched WHERE invoked_by IS NOT NULL",
        f"""SELECT e.event_key FROM events AS e
        JOIN touched AS c ON {_between("c", "e")}""",  # noqa: S608
    ),
    # A line of callers goes on through calls that were themselves made because of others.
    spread=f"""SELECT e.event_key FROM events AS e
      JOIN (SELECT * FROM events WHERE event_key IN (SELECT key FROM keys)) AS c
        ON {_between("c", "e")}""",  # noqa: S608
    context=(
        f"""SELECT c.event_key FROM events AS c
        JOIN (SELECT * FROM events WHERE event_key IN ({_KNOWN})) AS e
          ON {_between("c", "e")}""",  # noqa: S608
    ),
    events=f"event_key IN ({_KNOWN})",
    columns="""event_key, event_time, event_source, event_name, plain_name, principal,
      access_key_id, issuer_arn, invoked_by, recipient_account_id, account_id, aws_region,
      request_parameters, outcome, merged_into""",
)
