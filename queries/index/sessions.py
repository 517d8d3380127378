"""Who is behind a session: AssumeRole and its like joined backwards by access key.

A record made with temporary credentials names a role and a session name that the caller chose.
The call that issued the credentials holds their accessKeyId in
`responseElements.credentials.accessKeyId` (a sign-in to the console and a login to the registry
are found by their time); following it back leads to the origin, across
accounts and regions. https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import duckdb

from queries.index.rows import insert_rows

_MAX_DEPTH = 32
CHAIN = " > "
"""Stands between the members of a chain that a provider made a session's key of."""
NAMED_IN_RECORD = "named in the record"


_SIGN_INS = """
SELECT k.access_key_id, k.principal, l.event_key, l.event_time, l.aws_region, l.access_key_id,
  l.principal, l.event_name, l.source_identity, NULL, NULL
FROM (
  SELECT access_key_id, principal, min(session_created) AS created FROM events
  WHERE access_key_id LIKE 'ASIA%' AND session_created IS NOT NULL
    AND identity_type IN ('IAMUser', 'Root')
  GROUP BY access_key_id, principal
) AS k JOIN events AS l ON l.principal = k.principal AND l.outcome = 'ok'
  AND l.merged_into IS NULL AND l.access_key_id IS DISTINCT FROM k.access_key_id
  AND l.event_name IN ('ConsoleLogin', 'GetAuthorizationToken')
  AND l.event_time BETWEEN k.created - INTERVAL 2 SECOND AND k.created + INTERVAL 2 SECOND
ORDER BY abs(epoch(l.event_time - k.created)), l.event_key
"""
"""A user's sessions in the console and behind a docker login are issued by no call that holds their
key: they are known by the user and by the second in which they began."""


@dataclass(slots=True)
class _Issue:
    """One call that issued temporary credentials."""

    access_key_id: str
    arn: str | None
    event_key: int
    time: datetime | None
    region: str | None
    parent_key: str | None
    parent_principal: str
    event_name: str
    source_identity: str | None
    subject: str | None
    identity_provider: str | None


def build_sessions(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill `sessions` (one row for each set of temporary credentials that was issued and used) and
    `session_ancestors` (each with every key that led to it, itself included)."""
    rows = connection.execute(
        """
        SELECT issued_access_key_id, issued_arn, event_key, event_time, aws_region,
          access_key_id, principal, event_name, source_identity, user_name, identity_provider
        FROM events
        WHERE issued_access_key_id IS NOT NULL AND merged_into IS NULL
          AND issued_access_key_id IN (
            SELECT access_key_id FROM events WHERE access_key_id IS NOT NULL)
        ORDER BY event_time NULLS LAST, event_key
        """
    ).fetchall()
    rows += connection.execute(_SIGN_INS).fetchall()
    issues: dict[str, _Issue] = {}
    for row in rows:
        issues.setdefault(row[0], _Issue(*row))
    for named in _delegations(connection):
        issues.setdefault(named.access_key_id, named)
    insert_rows(connection, "sessions", [_session_row(issue, issues) for issue in issues.values()])
    # The same chains as pairs, which a join finds by a hash.
    connection.execute(
        """
        INSERT INTO session_ancestors
        SELECT access_key_id, ancestor FROM (
          SELECT access_key_id, unnest(from_json(chain_keys, '["VARCHAR"]')) AS ancestor
          FROM sessions)
        WHERE ancestor <> ''
        """
    )


def _delegations(connection: duckdb.DuckDBPyConnection) -> Iterator[_Issue]:
    """Sessions whose own records name who is behind them (impersonated service accounts), for those
    that no call in the evidence issued. One for each member of the chain."""
    rows = connection.execute(
        """
        SELECT access_key_id, principal, delegation, min(event_key), min(event_time),
          min(aws_region), max(identity_provider)
        FROM events
        WHERE delegation IS NOT NULL AND access_key_id IS NOT NULL AND merged_into IS NULL
        GROUP BY access_key_id, principal, delegation
        ORDER BY min(event_time) NULLS LAST, access_key_id
        """
    ).fetchall()
    for key, principal, text, event_key, time, region, provider in rows:
        chain = [str(who) for who in json.loads(text)]
        links = [*chain, principal]
        for place in range(len(links) - 1, 0, -1):
            rest = sum(len(who) + len(CHAIN) for who in links[place + 1 :])
            own = key[: len(key) - rest] if rest else key
            parent = own[: -len(links[place]) - len(CHAIN)] if place > 1 else None
            yield _Issue(
                own, links[place], event_key, time, region, parent, links[place - 1],
                NAMED_IN_RECORD, None, None, provider if place == 1 else None,
            )  # fmt: skip


def _session_row(issue: _Issue, issues: dict[str, _Issue]) -> tuple[object, ...]:
    """Walk back to the first call of the chain. `chain` lists who, origin first."""
    steps = [issue]
    seen = {issue.access_key_id}
    while (parent := steps[-1].parent_key) and parent not in seen and len(steps) < _MAX_DEPTH:
        seen.add(parent)
        earlier = issues.get(parent)
        if earlier is None:
            break
        steps.append(earlier)
    first = steps[-1]
    subject = first.subject if first.event_name != "AssumeRole" else None
    source_identity = next((step.source_identity for step in steps if step.source_identity), None)
    chain = [first.parent_principal, *(step.arn or "?" for step in reversed(steps))]
    keys = [first.parent_key or "", *(step.access_key_id for step in reversed(steps))]
    return (
        issue.access_key_id,
        issue.arn,
        issue.event_key,
        issue.time,
        issue.region,
        issue.parent_key,
        issue.parent_principal,
        issue.event_name,
        source_identity,
        subject,
        first.identity_provider,
        first.parent_principal,
        first.parent_key,
        len(steps),
        json.dumps(chain),
        json.dumps(keys),
        # Sorted by it, sessions stand as a tree: below their parent, in order of time.
        "/".join(
            (
                first.parent_principal,
                *(f"{step.time or ''} {step.access_key_id}" for step in reversed(steps)),
            )
        ),
    )
