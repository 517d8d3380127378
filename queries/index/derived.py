"""All that is made from the events, in the order in which it is made."""

from __future__ import annotations

import duckdb

from queries.database import ROW_GROUP
from queries.index.behind import CALLERS
from queries.index.coverage import MINUTES
from queries.index.created import CREATED
from queries.index.deployments import DEPLOYMENTS
from queries.index.derivation import Derivation, Sums
from queries.index.merge import join_events, merge_copies
from queries.index.named_images import MORE_IMAGES
from queries.index.narrow import ACTORS_TABLE, CALLED_TABLE, HOURS_TABLE, REGISTRY_EVENTS
from queries.index.pulls import NODES, PULLS
from queries.index.pushes import PUSHES, UNFINISHED
from queries.index.scans import SCANS
from queries.index.schema import clear_derived
from queries.index.sessions import SESSIONS
from queries.index.touched import Touched
from queries.progress import Progress

SMALL = 100_000
"""Events. Making all anew of so few takes less than finding out what follows from what came."""
SHARE = 8
"""When more than an eighth of all events came, making all anew takes no longer."""

DERIVED: tuple[Derivation | Sums, ...] = (
    ACTORS_TABLE,
    CALLED_TABLE,
    HOURS_TABLE,
    REGISTRY_EVENTS,
    MINUTES,
    SESSIONS,
    CALLERS,
    CREATED,
    MORE_IMAGES,
    PUSHES,
    UNFINISHED,
    DEPLOYMENTS,
    PULLS,
    NODES,
    SCANS,
)
"""Each may read the tables of those before it."""


def derive(connection: duckdb.DuckDBPyConnection, progress: Progress) -> None:
    """Make everything that is made from the events; the tables for it are empty."""
    progress.stage = "merging copies"
    merge_copies(connection)
    _make_all(connection, progress)


def keep_up(
    connection: duckdb.DuckDBPyConnection, progress: Progress, touched: Touched, came: str
) -> None:
    """Make anew what is other than it was before some events came (a condition), or others went.
    What comes out is what `derive` would make of all events."""
    progress.stage = "merging copies"
    touched.merge(came)
    every, new = _counted(connection, came)
    if new > ROW_GROUP:
        # These fill row groups of their own. Putting others together takes longer than it saves.
        connection.execute("SET max_vacuum_tasks = 0")
    if every < SMALL or SHARE * new > every:
        touched.done()
        clear_derived(connection)
        connection.execute("CHECKPOINT")  # what is written now takes the place of what went
        _make_all(connection, progress)
        return
    touched.join()
    for table in dict.fromkeys(table for each in DERIVED for table in each.tables):
        connection.execute(
            f"CREATE TEMP TABLE changed_{table} AS SELECT * FROM {table} LIMIT 0"  # noqa: S608
        )
    for derivation in DERIVED:
        progress.stage = derivation.stage or progress.stage
        derivation.keep_up(connection)
    touched.done()


def _make_all(connection: duckdb.DuckDBPyConnection, progress: Progress) -> None:
    join_events(connection)
    for derivation in DERIVED:
        progress.stage = derivation.stage or progress.stage
        derivation.build(connection)


def _counted(connection: duckdb.DuckDBPyConnection, came: str) -> tuple[int, int]:
    """How many events there are, and how many of these came."""
    row = connection.execute(
        f"SELECT count(*), count(*) FILTER ({came}) FROM events"  # noqa: S608 - a condition of ours
    ).fetchone()
    every, new = row or (0, 0)
    return int(every), int(new)
