"""Build `deployments`: each call that makes a platform run an image, one row for each image.

What each platform ran when is `platforms`; which push an image came from is asked of `tag_spans`: a
tag is taken for the digest that it named *then*.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import duckdb

from queries.index.deployment_match import CHANGES_MATCHES, IS_RULE, Matcher, Rules
from queries.index.derivation import SHORT, Derivation, Rows
from queries.index.platforms import MENTIONED, SCALED, Launch, Steps, Walk
from queries.index.rows import insert_rows, rows_of
from queries.providers.aws.deployments import ENDS, SOURCES, SPECS, operation
from queries.references import MENTION_SIGNS

_MENTIONING = " OR ".join(f"contains(request_parameters, '{sign}')" for sign in MENTION_SIGNS)
_NAMES = ", ".join(f"'{name}'" for name in sorted({name for _, name in (*SPECS, *ENDS)}))
_SOURCES = ", ".join(f"'{source}'" for source in SOURCES)
IS_READ = f"""((event_source IN ({_SOURCES}) AND regexp_replace(
          event_name, '20[0-9]{{6}}(v[0-9]+)?$', '') IN ({_NAMES}))
    OR deployment IS NOT NULL
    OR (registry_action IS NULL
        AND ({_MENTIONING})))"""
"""Events that make a platform run something, or that mention an image somewhere."""
_EVENTS = f"""
SELECT event_key, event_time, event_source, event_name, principal, access_key_id, aws_region,
  coalesce(recipient_account_id, account_id) AS account, outcome, error_code, target,
  request_parameters, response_elements, provider, deployment
FROM {{events}}
WHERE merged_into IS NULL AND coalesce(event_category, '') <> 'Insight'
  AND {IS_READ.replace("{", "{{").replace("}", "}}")}
"""  # noqa: S608 - constants
_ORDER = """event_time NULLS LAST, event_name NOT LIKE 'Register%',
  event_name NOT LIKE 'Create%', event_key"""
_AT_ONCE = 10_000
"""Launches that are kept in memory."""

_OUTCOME = """
INSERT INTO deployments
SELECT l.* REPLACE (e.until AS until, e.ended_by AS ended_by, e.ended_how AS ended_how,
  coalesce(s.origin, l.principal) AS origin)
FROM launched AS l
LEFT JOIN (
  SELECT deployment_no, min_by(until, nth) AS until, min_by(ended_by, nth) AS ended_by,
    min_by(ended_how, nth) AS ended_how
  FROM ended GROUP BY deployment_no
) AS e ON e.deployment_no = l.deployment_no
LEFT JOIN sessions AS s ON s.access_key_id = l.access_key_id
ORDER BY l.deployment_no;
DROP TABLE launched; DROP TABLE ended
"""


def build_deployments(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill `deployments` from the events and the tag history, and `deployment_links` with what each
    event has in common with others: the things that it names, and images."""
    connection.execute(
        "CREATE TEMP TABLE launched AS SELECT * FROM deployments LIMIT 0;"
        " CREATE TEMP TABLE ended AS SELECT 0 AS nth, deployment_no, until, ended_by, ended_how"
        " FROM deployments LIMIT 0"
    )
    nth = count()
    rules = Rules.of(connection)
    for steps in _steps(connection, "events"):
        _match(connection, steps.rows, rules)
        links = {link for row in steps.rows for link in _image_links(row)}
        insert_rows(connection, "launched", map(_values, steps.rows))
        insert_rows(connection, "ended", ((next(nth), *end) for end in steps.ends))
        insert_rows(connection, "deployment_links", sorted(steps.links | links))
    connection.execute(_OUTCOME)


def _match(connection: duckdb.DuckDBPyConnection, rows: list[Launch], rules: Rules) -> None:
    """Find the push that each image came from."""
    references = [row.reference for row in rows if row.reference is not None]
    told = [row.told_digest for row in rows if row.told_digest]
    matcher = Matcher(connection, references, told, rules)
    for row in rows:
        row.match = matcher.match(
            row.reference,
            row.event["event_time"],
            told=row.told_digest,
            certain=row.act != MENTIONED,
        )
        if row.reference is None and row.place.text:
            row.match.matched = "other registry"


def _steps(connection: duckdb.DuckDBPyConnection, events: str) -> Iterator[Steps]:
    """What came of the events of a relation, step by step."""
    walk = Walk()
    for event in rows_of(connection, _EVENTS.format(events=events), _ORDER):
        walk.event(event)
        # Rows keep the event; its long texts may be as many megabytes as there are rows.
        del event["request_parameters"], event["response_elements"], event["deployment"]
        if len(walk.steps.rows) >= _AT_ONCE:
            yield walk.taken()
    yield walk.taken()


def _find_links(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill `found_links` with what the events that came have in common with others."""
    came = "(SELECT * FROM events WHERE event_key IN (SELECT event_key FROM touched))"
    connection.execute("CREATE TEMP TABLE found_links (event_key BIGINT, link VARCHAR)")
    for steps in _steps(connection, came):
        events = {(row.event["event_key"], "") for row in steps.rows}
        insert_rows(connection, "found_links", sorted(steps.links | events))


def _image_links(row: Launch) -> Iterator[tuple[int, str]]:
    """The image names and digests that decide about a match (`CHANGES_MATCHES`)."""
    key, reference = row.event["event_key"], row.reference
    if reference is not None:
        yield key, f"tag {reference.repository}:{reference.tag}"
    for digest in (reference.digest if reference is not None else "", row.told_digest):
        if digest:
            yield key, f"digest {digest}"


def _values(row: Launch) -> tuple[Any, ...]:
    event, reference, match = row.event, row.reference, row.match
    service, _ = operation(event["event_source"], event["event_name"])
    return (
        row.number,
        event["event_key"],
        event["event_time"],
        row.spec.platform if row.spec else service,
        event["event_name"],
        row.act,
        row.deployed,
        row.definition or None,
        row.definition_event,
        row.place.container or None,
        row.place.text or None,
        reference.registry if reference else None,
        match.registry_id or (reference.account if reference else "") or None,
        (reference.region if reference else "") or None,
        match.repository or (reference.key if reference else "") or None,
        reference.repository if reference else None,
        (reference.tag if reference else "") or None,
        (reference.digest if reference else "") or None,
        match.matched,
        match.digest or None,
        match.push_key,
        match.upstream or None,
        None,
        None,
        None,
        row.spec is not None and row.act not in ("ran", SCALED),
        event["outcome"],
        event["error_code"],
        event["principal"],
        event["access_key_id"],
        None,
        event["account"],
        event["aws_region"],
    )


DEPLOYMENTS = Derivation(
    rows=(
        Rows("deployment_links", "event_key"),
        Rows(
            "deployments",
            "event_key",
            "act <> 'pulled' AND event_key IN (SELECT key FROM keys)",
            number="deployment_no",
        ),
    ),
    build=build_deployments,
    prepare=_find_links,
    keys=(
        "SELECT event_key FROM found_links",
        """SELECT event_key FROM deployment_links
        WHERE event_key IN (SELECT event_key FROM touched)""",
        """SELECT event_key FROM deployments WHERE act <> 'pulled' AND (
          event_key IN (SELECT event_key FROM touched)
          OR access_key_id IN (SELECT access_key_id FROM changed_sessions))""",
        f"SELECT event_key FROM deployment_links WHERE link IN ({CHANGES_MATCHES})",  # noqa: S608
        f"""SELECT event_key FROM deployments
        WHERE act <> 'pulled' AND EXISTS (SELECT 1 FROM touched WHERE {IS_RULE})""",  # noqa: S608
    ),
    spread="""SELECT event_key FROM (FROM deployment_links UNION ALL FROM found_links)
      WHERE link LIKE 'unit %' AND link IN (
        SELECT link FROM (FROM deployment_links UNION ALL FROM found_links)
        WHERE event_key IN (SELECT key FROM keys))""",
    events=f"event_key IN (SELECT key FROM keys) OR {IS_RULE}",  # noqa: S608
    columns=f"{SHORT}, request_parameters, response_elements",
    stage="following deployments",
)
"""By the things that are deployed: what they run follows from all that was done to them."""
