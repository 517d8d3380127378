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
from dataclasses import astuple, dataclass, fields
from datetime import datetime
from typing import Any

import duckdb

from queries.index.derivation import Derivation, Rows
from queries.index.rows import insert_rows, rows_of

_MAX_DEPTH = 32
CHAIN = " > "
"""Stands between the members of a chain that a provider made a session's key of."""
NAMED_IN_RECORD = "named in the record"


_ISSUED = """
SELECT issued_access_key_id AS access_key_id, issued_arn AS arn, event_key, event_time AS time,
  aws_region AS region, access_key_id AS parent_key, principal AS parent_principal, event_name,
  source_identity, user_name AS subject, identity_provider, 1 AS sort, 0.0::DOUBLE AS distance
FROM events
WHERE issued_access_key_id IS NOT NULL AND merged_into IS NULL
  AND issued_access_key_id IN (
    SELECT DISTINCT access_key_id FROM events WHERE access_key_id IS NOT NULL)
"""
"""Without DISTINCT DuckDB holds the key of every event: few keys make millions of calls."""
IS_LOGIN = "event_name IN ('ConsoleLogin', 'GetAuthorizationToken')"
_SIGN_INS = """
SELECT k.access_key_id, k.principal, l.event_key, l.event_time, l.aws_region, l.access_key_id,
  l.principal, l.event_name, l.source_identity, NULL, NULL, 2, abs(epoch(l.event_time - k.created))
FROM (
  SELECT access_key_id, principal, min(session_created) AS created FROM events
  WHERE access_key_id LIKE 'ASIA%' AND session_created IS NOT NULL
    AND identity_type IN ('IAMUser', 'Root')
  GROUP BY access_key_id, principal
) AS k JOIN events AS l ON l.principal = k.principal AND l.outcome = 'ok'
  AND l.merged_into IS NULL AND l.access_key_id IS DISTINCT FROM k.access_key_id
  AND l.event_name IN ('ConsoleLogin', 'GetAuthorizationToken')
  AND l.event_time BETWEEN k.created - INTERVAL 2 SECOND AND k.created + INTERVAL 2 SECOND
"""
"""A user's sessions in the console and behind a docker login are issued by no call that holds their
key: they are known by the user and by the second in which they began."""
_ORDER = "sort, distance, CASE WHEN sort = 1 THEN time END NULLS LAST, event_key"
_FIRST = f"""
SELECT * EXCLUDE (nth) FROM (
  SELECT *, row_number() OVER (PARTITION BY access_key_id ORDER BY {_ORDER}) AS nth FROM issues
) WHERE nth = 1
"""  # noqa: S608 - a constant


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


_FIELDS = tuple(each.name for each in fields(_Issue))


def build_sessions(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill `sessions` (one row for each set of temporary credentials that was issued and used) and
    `session_ancestors` (each with every key that led to it, itself included)."""
    connection.execute(f"CREATE TEMP TABLE issues AS {_ISSUED} UNION ALL {_SIGN_INS}")
    named = ((*astuple(issue), 3, number) for number, issue in enumerate(_delegations(connection)))
    insert_rows(connection, "issues", named)
    connection.execute(f"CREATE TEMP TABLE first_issues AS {_FIRST}")
    # Few sessions make others, and only these have to be known while the others pass by.
    making = "FROM first_issues WHERE access_key_id IN (SELECT parent_key FROM first_issues)"
    makers = {row["access_key_id"]: _issue(row) for row in rows_of(connection, making, _ORDER)}
    issues = map(_issue, rows_of(connection, "FROM first_issues", _ORDER))
    insert_rows(connection, "sessions", (_session_row(issue, makers) for issue in issues))
    connection.execute("DROP TABLE issues; DROP TABLE first_issues")
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


def _issue(row: dict[str, Any]) -> _Issue:
    return _Issue(*(row[name] for name in _FIELDS))


def _session_row(issue: _Issue, makers: dict[str, _Issue]) -> tuple[object, ...]:
    """Walk back to the first call of the chain. `chain` lists who, origin first."""
    steps = [issue]
    seen = {issue.access_key_id}
    while (parent := steps[-1].parent_key) and parent not in seen and len(steps) < _MAX_DEPTH:
        seen.add(parent)
        earlier = makers.get(parent)
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


def _prefixes(key: str) -> str:
    """The keys of the members of a chain, as a list: of `a > b`, `a` and `a > b`."""
    parts = f"string_split({key}, '{CHAIN}')"
    return (
        f"list_transform(range(1, len({parts}) + 1),"
        f" lambda n: array_to_string({parts}[1:n], '{CHAIN}'))"
    )


_KNOWN = "SELECT key FROM keys UNION ALL SELECT key FROM context"
_LOGINS = "('ConsoleLogin', 'GetAuthorizationToken')"
_SIGNED_IN = "identity_type IN ('IAMUser', 'Root') AND access_key_id LIKE 'ASIA%'"

SESSIONS = Derivation(
    rows=(Rows("session_ancestors", "access_key_id"), Rows("sessions", "access_key_id")),
    build=build_sessions,
    keys=(
        # Credentials that were issued, and are used.
        """SELECT issued_access_key_id FROM touched
        WHERE issued_access_key_id IN (SELECT DISTINCT access_key_id FROM events)""",
        # Those that were used the first time, or maybe are used no more.
        """SELECT access_key_id FROM touched
        WHERE access_key_id IN (SELECT issued_access_key_id FROM events)
          AND (sign < 0 OR access_key_id NOT IN (SELECT access_key_id FROM sessions))""",
        "SELECT access_key_id FROM touched WHERE sign < 0"
        " AND access_key_id IN (SELECT access_key_id FROM sessions)",
        "SELECT issued_access_key_id FROM touched WHERE sign < 0",
        f"SELECT access_key_id FROM touched WHERE {_SIGNED_IN}",  # noqa: S608
        f"""SELECT e.access_key_id FROM events AS e JOIN touched AS t ON t.principal = e.principal
          AND t.event_name IN {_LOGINS} AND t.event_time BETWEEN
            e.session_created - INTERVAL 2 SECOND AND e.session_created + INTERVAL 2 SECOND
        WHERE e.{_SIGNED_IN.replace("AND ", "AND e.")}""",  # noqa: S608
        f"""SELECT unnest({_prefixes("access_key_id")}) FROM touched
        WHERE delegation IS NOT NULL""",  # noqa: S608
    ),
    spread="SELECT access_key_id FROM session_ancestors WHERE ancestor IN (SELECT key FROM keys)",
    context=(
        f"""SELECT access_key_id FROM events
        WHERE issued_access_key_id IN ({_KNOWN}) AND merged_into IS NULL""",  # noqa: S608
        f"""SELECT l.access_key_id FROM events AS l JOIN events AS e ON e.principal = l.principal
          AND l.event_time BETWEEN
            e.session_created - INTERVAL 2 SECOND AND e.session_created + INTERVAL 2 SECOND
        WHERE l.event_name IN {_LOGINS} AND e.access_key_id IN ({_KNOWN})
          AND e.{_SIGNED_IN.replace("AND ", "AND e.")}""",  # noqa: S608
        f"SELECT unnest({_prefixes('key')}) FROM ({_KNOWN}) WHERE key LIKE '%{CHAIN}%'",  # noqa: S608
    ),
    events=f"""issued_access_key_id IN ({_KNOWN}) OR access_key_id IN ({_KNOWN})
      OR delegation IS NOT NULL AND list_has_any({_prefixes("access_key_id")},
        (SELECT list(key) FROM ({_KNOWN})))
      OR event_name IN {_LOGINS} AND principal IN (
        SELECT principal FROM events WHERE {_SIGNED_IN} AND access_key_id IN ({_KNOWN}))""",  # noqa: S608
    columns="""event_key, event_time, event_name, aws_region, access_key_id, principal,
      issued_access_key_id, issued_arn, source_identity, user_name, identity_provider,
      identity_type, session_created, outcome, delegation, merged_into""",
    stage="following sessions",
)
