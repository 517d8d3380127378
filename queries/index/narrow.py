"""Narrow tables beside `events`, for the questions that would otherwise read all of it.

They hold nothing that `events` does not say; another engine can have them as views.
"""

from __future__ import annotations

import duckdb

from queries.index.derivation import Derivation, Rows, Sums

ACTORS = """
SELECT identity_arn, principal, access_key_id, source_ip_address, aws_region,
  recipient_account_id, account_id, merged_into IS NOT NULL,
  identity_type, issuer_arn, max(principal_id), max(user_name), max(source_identity),
  max(identity_provider), max(session_created),
  count(*) FILTER (mfa), count(*) FILTER (NOT mfa), count(*), count(*) FILTER (is_write),
  count(*) FILTER (outcome <> 'ok'),
  count(*) FILTER (registry_action = 'push' AND outcome = 'ok'),
  min(event_time), max(event_time)
FROM {events} GROUP BY ALL
"""
"""Of the events in a relation, or a part of them."""

CALLED = """
SELECT identity_arn, principal, access_key_id, identity_type, issuer_arn, user_agent, event_source,
  event_name, plain_name, error_code, outcome, is_write, registry_action, mfa,
  merged_into IS NOT NULL, count(*), min(event_time), max(event_time), min(event_second),
  max(event_second)
FROM {events} GROUP BY ALL ORDER BY identity_arn, principal, access_key_id
"""
"""Of the events in a relation. Without addresses and places there are eight times fewer rows than
events where every call is chosen by chance, and far fewer where people and programs make them."""

HOUR_SECOND = "CAST(floor(CAST(event_second AS DOUBLE) / 3600) AS BIGINT) * 3600"
"""When the hour of an event begins, in seconds since 1970."""
LAYER = "coalesce(registry_action, '') IN ('check', 'upload', 'download')"
"""Whether an event is a call for a single layer, which can be folded away."""

HOURS = f"""
SELECT identity_arn, principal, access_key_id, identity_type, issuer_arn, recipient_account_id,
  is_write, {LAYER}, {HOUR_SECOND}, count(*), count(*) FILTER (outcome <> 'ok')
FROM {{events}} WHERE merged_into IS NULL AND event_second IS NOT NULL GROUP BY ALL
ORDER BY 9
"""  # noqa: S608 - constants of this module
"""Of the events in a relation: what a histogram of full hours counts. With regions there are four
times more rows of invented events, without accounts hardly fewer."""

_COLUMNS = """event_key, event_time, provider, event_source, event_name, registry_action,
  repository, registry_id, aws_region, repository_name, image_tag, image_digest, layer_digest,
  principal, identity_arn, access_key_id, source_ip_address, user_agent, is_write, outcome,
  error_code"""
_REGISTRY_EVENTS = f"""
INSERT INTO registry_events
SELECT {_COLUMNS}
FROM events
WHERE merged_into IS NULL AND registry_action IS NOT NULL
"""  # noqa: S608 - constants of this module


def _build_registry_events(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(_REGISTRY_EVENTS)


_WHO = (
    "identity_arn", "principal", "access_key_id", "source_ip_address", "aws_region",
    "recipient_account_id", "account_id", "identity_type", "issuer_arn",
)  # fmt: skip
_GREATEST = (
    "principal_id", "user_name", "source_identity", "identity_provider", "session_created",
    "last_seen",
)  # fmt: skip
_NUMBERS = ("with_mfa", "without_mfa", "events", "writes", "failures", "image_puts")

ACTORS_TABLE = Sums(
    table="actors",
    select=ACTORS,
    groups=(*((name, name) for name in _WHO), ("merged", "merged_into IS NOT NULL")),
    added={
        **dict.fromkeys(_GREATEST, "max"),
        **dict.fromkeys(_NUMBERS, "sum"),
        "first_seen": "min",
    },
    stage="counting who acted",
)
"""Who acted, from where: one row for each combination, with counts."""

_WHAT = (
    "identity_arn", "principal", "access_key_id", "identity_type", "issuer_arn", "user_agent",
    "event_source", "event_name", "plain_name", "error_code", "outcome", "is_write",
    "registry_action", "mfa",
)  # fmt: skip

CALLED_TABLE = Sums(
    table="called",
    select=CALLED,
    groups=(*((name, name) for name in _WHAT), ("merged", "merged_into IS NOT NULL")),
    added={
        "events": "sum",
        "first_seen": "min",
        "last_seen": "max",
        "first_second": "min",
        "last_second": "max",
    },
    stage="counting who called what",
)
"""Who called what, with which client: likewise. One principal stands after the other."""

_WHEN = (
    "identity_arn", "principal", "access_key_id", "identity_type", "issuer_arn",
    "recipient_account_id", "is_write",
)  # fmt: skip

HOURS_TABLE = Sums(
    table="hours",
    select=HOURS,
    groups=(
        *((name, name) for name in _WHEN),
        ("layer", LAYER),
        ("hour_second", HOUR_SECOND),
    ),
    added={"events": "sum", "failures": "sum"},
    stage="counting who acted when",
)
"""Who acted in which hours."""

REGISTRY_EVENTS = Derivation(
    rows=(Rows("registry_events", "event_key"),),
    build=_build_registry_events,
    keys=("SELECT event_key FROM touched WHERE registry_action IS NOT NULL",),
    columns=f"{_COLUMNS}, merged_into",
)
"""The calls to registries, without those merged into another."""
