"""All that is made from the events, in the order in which it is made."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import duckdb

from queries.database import ROW_GROUP, cursor_of, double_memory, drop_temporary
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
_ATTEMPTS = 5
"""With the memory that there is, then nothing beside anything else, then with twice as much."""

COUNTS: tuple[Sums, ...] = (ACTORS_TABLE, CALLED_TABLE, HOURS_TABLE, MINUTES)
"""Made from the events alone."""
FOLLOWED: tuple[Derivation, ...] = (
    REGISTRY_EVENTS,
    SESSIONS,
    CALLERS,
    MORE_IMAGES,
    PUSHES,
    UNFINISHED,
    DEPLOYMENTS,
    PULLS,
    NODES,
    SCANS,
)
"""Each may read the tables of those before it."""
OF_ALL: tuple[Derivation, ...] = (CREATED,)
"""These may read the counts, too."""
DERIVED: tuple[Derivation | Sums, ...] = (*COUNTS, *FOLLOWED, *OF_ALL)


def derive(connection: duckdb.DuckDBPyConnection, progress: Progress) -> None:
    """Make everything that is made from the events; the tables for it are empty. When DuckDB's
    memory does not suffice, nothing is made beside anything else, and at last it is given more: to
    have read the evidence for nothing is worse."""
    for attempt in range(_ATTEMPTS):
        try:
            if attempt > 1:
                double_memory(connection)
            progress.stage = "merging copies"
            connection.execute("BEGIN")
            merge_copies(connection)
            connection.execute("COMMIT")
            _make_all(connection, progress, beside=not attempt)
        except duckdb.OutOfMemoryException:
            if attempt == _ATTEMPTS - 1:
                raise
            _start_over(connection)
        else:
            return


def _start_over(connection: duckdb.DuckDBPyConnection) -> None:
    with suppress(duckdb.TransactionException):
        connection.execute("ROLLBACK")  # if it was in one
    drop_temporary(connection)
    clear_derived(connection)


def make_of_some(connection: duckdb.DuckDBPyConnection, progress: Progress) -> None:
    """Make what follows from some events only, of no others than these: all but what counts or
    lists every event. Which events these are: `queries.trail.deriving`."""
    for derivation in (*FOLLOWED, *OF_ALL):
        if derivation is not REGISTRY_EVENTS:
            progress.stage = derivation.stage or progress.stage
            derivation.build(connection)


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


def _make_all(
    connection: duckdb.DuckDBPyConnection, progress: Progress, *, beside: bool = True
) -> None:
    """`beside`: DuckDB counts while Python follows, which takes as long on one processor."""
    join_events(connection)
    if not beside:
        _count(cursor_of(connection))
        _build(connection, (*FOLLOWED, *OF_ALL), progress)
        return
    with ThreadPoolExecutor(1, thread_name_prefix="count") as pool:
        counted = pool.submit(_count, cursor_of(connection))
        _build(connection, FOLLOWED, progress)
        counted.result()
    _build(connection, OF_ALL, progress)


def _count(cursor: duckdb.DuckDBPyConnection) -> None:
    for sums in COUNTS:
        sums.build(cursor)
    cursor.close()


def _build(
    connection: duckdb.DuckDBPyConnection, which: Sequence[Derivation], progress: Progress
) -> None:
    for derivation in which:
        progress.stage = derivation.stage or progress.stage
        derivation.build(connection)


def _counted(connection: duckdb.DuckDBPyConnection, came: str) -> tuple[int, int]:
    """How many events there are, and how many of these came."""
    row = connection.execute(
        f"SELECT count(*), count(*) FILTER ({came}) FROM events"  # noqa: S608 - a condition of ours
    ).fetchone()
    every, new = row or (0, 0)
    return int(every), int(new)
