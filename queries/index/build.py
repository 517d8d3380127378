"""Build an index: read the items, merge copies, follow sessions, group pushes, count."""

from __future__ import annotations

import json
import os
from datetime import datetime
from typing import Any

import duckdb

from queries.index.behind import find_callers
from queries.index.delivery import delivered_at, in_words, lateness
from queries.index.deployments import build_deployments
from queries.index.digests import check_digests
from queries.index.loader import Ledger, load_items
from queries.index.merge import (
    join_registry_notices,
    join_shared_events,
    merge_copies,
    supersede_by_addenda,
)
from queries.index.named_images import list_more_images
from queries.index.narrow import build_narrow_tables
from queries.index.pulls import build_pulls
from queries.index.pushes import build_pushes
from queries.index.rows import insert_rows
from queries.index.scans import build_scans
from queries.index.schema import INDEX_VERSION, create_tables
from queries.index.sessions import build_sessions
from queries.index.totals import collect_totals
from queries.memory import give_back, keep_freed_memory
from queries.progress import CancelToken, Progress
from queries.reader import DAMAGED
from queries.sources.local import Item, Listing


def build_index(
    connection: duckdb.DuckDBPyConnection,
    listing: Listing,
    progress: Progress,
    cancel: CancelToken,
    *,
    workers: int | None = None,
    fast: bool = True,
) -> dict[str, Any]:
    """Fill an empty database from a listing; return the totals, which are also kept in `meta`.

    Cancelling stops the reading; what was read is still indexed and the ledger says what not.
    """
    create_tables(connection)
    workers = workers or max(2, min(8, os.cpu_count() or 2))
    keep_freed_memory()
    ledger = load_items(connection, listing.items, progress, cancel, workers=workers, fast=fast)
    progress.stage = "merging copies"
    conflicts = merge_copies(connection)
    join_shared_events(connection)
    supersede_by_addenda(connection)
    join_registry_notices(connection)
    build_narrow_tables(connection)
    progress.stage = "following sessions"
    build_sessions(connection)
    find_callers(connection)
    list_more_images(connection)
    progress.stage = "grouping pushes"
    counted = build_pushes(connection)
    progress.stage = "following deployments"
    build_deployments(connection)
    build_pulls(connection)
    build_scans(connection)
    progress.stage = "checking digests"
    digests = check_digests(listing.items, ledger, cancel)
    progress.stage = "counting"
    insert_rows(connection, "files", _file_rows(connection, listing, ledger))
    totals = collect_totals(connection, counted, conflicts, digests)
    totals["stopped"] = cancel.cancelled
    rows = [("index_version", str(INDEX_VERSION)), ("totals", json.dumps(totals))]
    insert_rows(connection, "meta", rows)
    give_back()
    progress.stage = "done"
    return totals


def _file_rows(
    connection: duckdb.DuckDBPyConnection, listing: Listing, ledger: Ledger
) -> list[tuple[Any, ...]]:
    """The evidence ledger: one line for every file seen, read or not."""
    kept: dict[int, tuple[int, datetime | None, datetime | None]] = {
        row[0]: (row[1], row[2], row[3])
        for row in connection.execute(
            "SELECT file_id, count(*), min(event_time), max(event_time) FROM events"
            " GROUP BY file_id"
        ).fetchall()
    }
    copies: dict[int, int] = dict(
        connection.execute("SELECT file_id, count(*) FROM copies GROUP BY file_id").fetchall()
    )
    rows = [
        _file_row(file_id, item, ledger, kept, copies) for file_id, item in enumerate(listing.items)
    ]
    number = len(rows)
    for name, reason in listing.passed_over:
        rows.append(_unopened(number, name, "skipped", reason))
        number += 1
    for name, reason in listing.unreadable:
        rows.append(_unopened(number, name, "unreadable", reason))
        number += 1
    return rows


def _file_row(
    file_id: int,
    item: Item,
    ledger: Ledger,
    kept: dict[int, tuple[int, datetime | None, datetime | None]],
    copies: dict[int, int],
) -> tuple[Any, ...]:
    facts = ledger.facts[file_id]
    events, first, last = kept.get(file_id, (0, None, None))
    notes = facts.notes()
    if missing := facts.records - events - copies.get(file_id, 0):
        # Every record read is an event or a copy; were it otherwise, it must not go unseen.
        facts.status = DAMAGED
        notes.append(f"{missing} record(s) were read but could not be indexed")
    delivered = delivered_at(item.name)
    if late := lateness(delivered, first):
        notes.append(f"delivered {in_words(late)} after the earliest event in it")
    modified = item.modified.replace(tzinfo=None) if item.modified else None
    return (
        file_id,
        item.name,
        str(item.path.absolute()),
        "/".join(map(str, item.member)),
        item.size,
        modified,
        facts.unpacked.sha256,
        facts.unpacked.compression,
        facts.format,
        facts.status,
        ledger.lanes[file_id],
        facts.records,
        events,
        copies.get(file_id, 0),
        first,
        last,
        notes,
        delivered,
        late is not None,
    )


def _unopened(file_id: int, name: str, status: str, reason: str) -> tuple[Any, ...]:
    return (
        file_id,
        name,
        name,
        "",
        0,
        None,
        "",
        "",
        "",
        status,
        "",
        0,
        0,
        0,
        None,
        None,
        [reason],
        None,
        False,
    )
