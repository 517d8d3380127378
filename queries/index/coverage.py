"""What the evidence covers: window, accounts, regions, gaps, and changes to the logging itself.

A "0 pushes" means little without it: silence is not evidence.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import duckdb

from queries.index.derivation import Sums
from queries.providers.vocabulary import EVIDENCE_STOPPED
from queries.providers.words import calls

_SHORTEST_GAP = timedelta(hours=1)
_TIMES_USUAL = 20
_TIMES_THIRD = 1.5
"""A silence is called a gap when it is an hour or more, many times the usual pause, and clearly
longer than the third longest of its account and region: quiet nights are no gaps."""


_GROUPS = (
    ("account", "coalesce(recipient_account_id, account_id, '?')"),
    ("region", "coalesce(aws_region, '?')"),
    ("minute", "date_trunc('minute', event_time)"),
)
MINUTES = Sums(
    table="minutes",
    select=f"""
SELECT {", ".join(expression for _, expression in _GROUPS)}, count(*), min(event_time),
  max(event_time)
FROM {{events}} WHERE event_time IS NOT NULL GROUP BY ALL
""",  # noqa: S608 - constants of this module
    groups=_GROUPS,
    added={"events": "sum", "first_event": "min", "last_event": "max"},
)
"""The minutes in which an account and region had events."""


CHANGES_LOGGING = calls(EVIDENCE_STOPPED, "e")
"""Whether an event `e` stops or changes the logging."""


@dataclass(slots=True)
class Span:
    """Events of one account in one region."""

    account: str
    region: str
    events: int
    first: datetime
    last: datetime


@dataclass(slots=True)
class Gap:
    """A silence inside a span."""

    account: str
    region: str
    start: datetime
    end: datetime


def spans(connection: duckdb.DuckDBPyConnection) -> list[Span]:
    """One span for each account and region that has events."""
    rows = connection.execute(
        """
        SELECT account, region, CAST(sum(events) AS BIGINT), min(first_event), max(last_event)
        FROM minutes GROUP BY 1, 2 ORDER BY 1, 2
        """
    ).fetchall()
    return [Span(*row) for row in rows]


def gaps(connection: duckdb.DuckDBPyConnection) -> list[Gap]:
    """Silences that stand out, longest first, at most 50."""
    rows = connection.execute(
        """
        WITH pauses AS (
          SELECT account, region, minute, minute - lag(minute) OVER w AS pause,
            lag(minute) OVER w AS before
          FROM minutes WINDOW w AS (PARTITION BY account, region ORDER BY minute)
        ), usual AS (
          SELECT account, region, median(epoch(pause)) AS usual, count(*) AS n,
            max(epoch(pause), 3)[3] AS third
          FROM pauses WHERE pause IS NOT NULL GROUP BY account, region
        )
        SELECT p.account, p.region, p.before, p.minute
        FROM pauses AS p JOIN usual AS u ON u.account = p.account AND u.region = p.region
        WHERE epoch(p.pause) >= $shortest AND epoch(p.pause) >= $times * u.usual AND u.n >= 5
          AND epoch(p.pause) >= $third * u.third
        ORDER BY p.pause DESC, p.account, p.region, p.before LIMIT 50
        """,
        {"shortest": _SHORTEST_GAP.total_seconds(), "times": _TIMES_USUAL, "third": _TIMES_THIRD},
    ).fetchall()
    return [Gap(*row) for row in rows]


def logging_changes(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Calls that stop or change the logging, tried or done."""
    cursor = connection.execute(
        f"""
        SELECT e.event_key, e.event_time, e.event_name, e.principal, e.outcome, e.aws_region
        FROM events AS e
        WHERE e.merged_into IS NULL AND ({CHANGES_LOGGING})
        ORDER BY e.event_time NULLS LAST, e.event_key LIMIT 50
        """  # noqa: S608 - names of the providers
    )
    columns = [column[0] for column in cursor.description or ()]
    return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


def as_plain(value: Span | Gap) -> dict[str, Any]:
    """A span or gap with ISO times, for JSON."""
    plain = asdict(value)
    return {
        key: f"{entry.isoformat()}Z" if isinstance(entry, datetime) else entry
        for key, entry in plain.items()
    }
