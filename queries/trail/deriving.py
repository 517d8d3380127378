"""What is made from a trail's events by the code that makes it of any evidence: pushes, sessions,
deployments and the rest, of the events that Spark has.

Most events say nothing for it. Spark picks those that do, wherever what is made reads events by
what they are, or by a key that another event gave out; only these come here. Of keys in use, the
first event of each stands for the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import duckdb

from queries.converted.layout import columns_of
from queries.engines.spark_session import SparkSession
from queries.errors import Cancelled, InvestigationError
from queries.index.behind import IS_READ as ASKS_OR_IS_ASKED
from queries.index.coverage import CHANGES_LOGGING, MINUTES
from queries.index.created import creating
from queries.index.deployment_match import IS_RULE
from queries.index.deployments import IS_READ as DEPLOYS
from queries.index.derived import make_of_some
from queries.index.digests import DigestCheck
from queries.index.identifiers import insertion
from queries.index.sessions import IS_LOGIN
from queries.index.totals import collect_totals
from queries.progress import CancelToken, Progress

MOST = 1_000_000
"""Events that are brought here. Ten times as many and more are in a trail that they come from."""
MOST_OF_FOLDER = 10_000_000
"""The same where it is done once for all questions."""
_AT_ONCE = 50_000
_CHOSEN = "chosen_of_trail"
OF_ALL = ("events", "merged_records", "duplicates")
"""Totals that are counts of all events, which the caller has."""

_NAMES = ", ".join(name for name, _ in columns_of("events"))
_CONDITION = " OR ".join(
    f"({condition})"
    for condition in (
        "registry_action IS NOT NULL",
        "repository IS NOT NULL",
        "delegation IS NOT NULL",
        IS_LOGIN,
        IS_RULE,
        ASKS_OR_IS_ASKED,
        DEPLOYS,
        creating("e"),
        CHANGES_LOGGING,
    )
)
_KEYS = f"""
SELECT event_key FROM events AS e WHERE {_CONDITION}
UNION SELECT event_key FROM events WHERE issued_access_key_id IN (
  SELECT access_key_id FROM events WHERE access_key_id IS NOT NULL)
UNION SELECT min(event_key) FROM events WHERE access_key_id IN (
  SELECT issued_access_key_id FROM events WHERE issued_access_key_id IS NOT NULL)
  GROUP BY access_key_id
UNION SELECT min_by(event_key, session_created) FROM events
  WHERE access_key_id LIKE 'ASIA%' AND session_created IS NOT NULL
    AND identity_type IN ('IAMUser', 'Root') GROUP BY access_key_id, principal
UNION SELECT min(event_key) FROM events GROUP BY provider, read_only, is_write,
  coalesce(access_key_id LIKE 'ASIA%', false)
"""  # noqa: S608 - constants of this project
"""The last are for what is said of the evidence: whether there is any event of that sort."""

WANTED = f"SELECT {_NAMES} FROM events AS e WHERE event_key IN ({_KEYS})"  # noqa: S608
"""The events that what is made is made from; another engine's words and DuckDB's."""
_COUNTED = {
    "minutes": "SELECT account, region, CAST(minute AS TIMESTAMP) AS minute, events, first_event,"  # noqa: S608
    " last_event"
    f" FROM ({MINUTES.select.format(events='events')})"
    " AS m(account, region, minute, events, first_event, last_event)",
    "contradicted": "SELECT event_id AS event_id_text FROM events WHERE event_id IS NOT NULL"
    " GROUP BY event_id HAVING count(*) > 1",
    "files": f"SELECT {', '.join(name for name, _ in columns_of('files'))} FROM files",  # noqa: S608
    "actors": "SELECT DISTINCT identity_arn FROM events WHERE identity_arn LIKE 'arn:%:iam::%'",
}
"""What is asked of all events, or was said of the files, and comes here as rows."""

Fetch = Callable[[str], Any]
"""The rows of a SELECT, as a table of Arrow's."""


def make_here(
    session: SparkSession,
    here: duckdb.DuckDBPyConnection,
    progress: Progress,
    cancel: CancelToken,
) -> dict[str, Any]:
    """Fill the tables of an index, which are empty, with what is made from the relation `events` of
    a session; returns the totals but for counts of all events. Its `events` are those needed.

    Raises `InvestigationError` where more than `MOST` events are needed, and `Cancelled`.
    """
    count = choose(session, progress, cancel)
    if count > MOST:
        raise InvestigationError(
            f"{count:,} events are needed for pushes, sessions and the like, more than the"
            f" {MOST:,} of which they are worked out here without a conversion: convert the trail,"
            " or give a shorter time or fewer accounts"
        )
    return make_of(fetching(session, cancel), chosen(count), here, progress)


def choose(session: SparkSession, progress: Progress, cancel: CancelToken) -> int:
    """Have Spark pick the events that are needed; returns how many they are."""
    progress.stage = "choosing what pushes, sessions and the like are made from"
    with session.running(cancel):
        session.kept(WANTED).createOrReplaceTempView(_CHOSEN)
        [(count,)] = session.ask(f"SELECT count(*) FROM {_CHOSEN}").rows  # noqa: S608
    return int(count)


def fetching(session: SparkSession, cancel: CancelToken) -> Fetch:
    """What fetches rows from a session."""

    def fetch(select: str) -> Any:
        if cancel.cancelled:
            raise Cancelled("stopped")
        with session.running(cancel):
            return session.spark.sql(select).toArrow()

    return fetch


def chosen(count: int) -> list[str]:
    """SELECTs that together are what was chosen."""
    parts = max(1, -(-count // _AT_ONCE))
    return [
        f"SELECT {_NAMES} FROM {_CHOSEN} WHERE pmod(event_key, {parts}) = {part}"  # noqa: S608
        for part in range(parts)
    ]


def make_of(
    fetch: Fetch,
    chosen: Sequence[str],
    here: duckdb.DuckDBPyConnection,
    progress: Progress,
    *,
    digests: DigestCheck | None = None,
    counted: Mapping[str, int] | None = None,
) -> dict[str, Any]:
    """The same of rows that somebody fetches; `chosen`: SELECTs that together are `WANTED`.
    `counted`: the totals `OF_ALL`, where the caller wants all; `files` is filled then."""
    for select in chosen:
        _insert(here, "events", fetch(select))
    for table, select in _COUNTED.items():
        if counted is None or table != "files":
            _insert(here, table, fetch(select))
    make_of_some(here, progress)
    totals = collect_totals(here, digests or DigestCheck(), counted)
    return {
        name: value for name, value in totals.items() if counted is not None or name not in OF_ALL
    }


def _insert(here: duckdb.DuckDBPyConnection, table: str, arrived: Any) -> None:
    rows = "SELECT * FROM arrived"
    here.register("arrived", arrived)
    try:
        here.execute(
            insertion(rows) if table == "events" else f"INSERT INTO {table} BY NAME {rows}"
        )
    finally:
        here.unregister("arrived")
