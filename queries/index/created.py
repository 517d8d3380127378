"""Build `created`: credentials and principals that somebody made, and ways in that they opened.

What is made outlives the session that made it: the new key, user or role acts under its own name,
so the chain of sessions does not lead back. These rows do.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import duckdb

from queries.index.derivation import Derivation, Rows
from queries.index.members import parsed_object
from queries.index.rows import insert_rows, rows_of
from queries.providers import PROVIDERS

_CALLS = sorted({call for provider in PROVIDERS for call in provider.creating})


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in sorted(set(names)))


def creating(event: str) -> str:
    """Condition for an event of some alias."""
    return f"""({event}.creation IS NOT NULL
  OR {event}.event_source IN ({_listed(source for source, _ in _CALLS)})
    AND {event}.event_name IN ({_listed(name for _, name in _CALLS)}))"""


_EVENTS = f"""
SELECT e.event_key, e.event_time, e.event_source, e.event_name, e.outcome, e.error_code,
  e.principal, coalesce(s.origin, e.principal) AS origin, e.access_key_id, e.user_name,
  e.identity_type, coalesce(e.recipient_account_id, e.account_id) AS account,
  e.request_parameters, e.response_elements, e.creation
FROM events AS e LEFT JOIN sessions AS s ON s.access_key_id = e.access_key_id
WHERE e.merged_into IS NULL AND {creating("e")}
"""  # noqa: S608 - names of the providers


def build_created(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill `created`, one row for each call that made or opened something, or tried to."""
    events = rows_of(connection, _EVENTS, "event_time NULLS LAST, event_key")
    insert_rows(connection, "created", filter(None, map(_created, events)))
    _name_by_their_own_records(connection)


def _created(event: dict[str, Any]) -> tuple[Any, ...] | None:
    if event["creation"]:
        return _said(event, parsed_object(event["creation"]))
    made = next(filter(None, (each.creation(event) for each in PROVIDERS)), None)
    return _said(event, made.fields()) if made is not None else None


def _said(event: dict[str, Any], said: dict[str, Any]) -> tuple[Any, ...]:
    """What a provider took out of its record (`providers.event.Creation`)."""
    return (
        event["event_key"],
        event["event_time"],
        event["event_name"],
        said.get("kind"),
        said.get("name") or None,
        said.get("principal") or None,
        said.get("key") or None,
        event["account"],
        event["outcome"],
        event["error_code"],
        event["principal"],
        event["origin"],
        event["access_key_id"],
    )


def _name_by_their_own_records(connection: duckdb.DuckDBPyConnection) -> None:
    """The ARN of a user or role with a path stands in its own records; a request has its name."""
    connection.execute(
        """
        UPDATE created SET arn = a.identity_arn FROM (
          SELECT DISTINCT identity_arn, split_part(identity_arn, ':', 5) AS account,
            regexp_extract(identity_arn, ':(user|role)/', 1) AS sort,
            split_part(identity_arn, '/', -1) AS name
          FROM actors WHERE identity_arn SIMILAR TO 'arn:[^:]*:iam::[0-9]*:(user|role)/.*'
        ) AS a
        WHERE a.account = created.account_id AND a.name = created.name
          AND created.arn LIKE '%:' || a.sort || '/%'
        """
    )


CREATED = Derivation(
    rows=(Rows("created", "event_key"),),
    build=build_created,
    keys=(
        f"SELECT event_key FROM touched AS t WHERE {creating('t')}",  # noqa: S608 - names of the providers
        """SELECT event_key FROM created
        WHERE access_key_id IN (SELECT access_key_id FROM changed_sessions)""",
        # Whose own records have come, which say the path.
        """SELECT event_key FROM created WHERE (account_id, name) IN (
          SELECT split_part(identity_arn, ':', 5), split_part(identity_arn, '/', -1)
          FROM touched WHERE identity_arn LIKE 'arn:%:iam::%')""",
    ),
    columns="""event_key, event_time, event_source, event_name, outcome, error_code, principal,
      access_key_id, user_name, identity_type, recipient_account_id, account_id,
      request_parameters, response_elements, creation, merged_into""",
)
