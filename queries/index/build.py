"""Build an index: read the items, merge copies, follow sessions, group pushes, count."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

import duckdb

from queries.database import cursor_of
from queries.index.delivery import delivered_at, in_words, lateness
from queries.index.derived import derive, keep_up
from queries.index.digests import ItemOf, check_digests
from queries.index.ledger import Ledger
from queries.index.loader import load_items
from queries.index.rows import insert_rows
from queries.index.schema import INDEX_VERSION, create_tables
from queries.index.totals import collect_totals
from queries.index.touched import Touched
from queries.memory import give_back, keep_freed_memory
from queries.numbering import Numbers, numbers_from
from queries.progress import CancelToken, Progress
from queries.reader import DAMAGED
from queries.sources.local import Item, Listing

Number = Callable[[int], Numbers]
"""Numbers the items of a listing, and may put them into another order for it; gets the first number
that no file of the index has."""

_MEMORY_BEHIND = "450MB"
"""What DuckDB may take once everything is read. Merging, following and grouping can spill to disk,
and share the memory with Python's rows: with 600 MB, 10 million events took 1,003 MiB in all."""


def build_index(
    connection: duckdb.DuckDBPyConnection,
    listing: Listing,
    progress: Progress,
    cancel: CancelToken,
    *,
    workers: int | None = None,
    fast: bool = True,
    number: Number | None = None,
) -> dict[str, Any]:
    """Fill an empty database from a listing; return the totals, which are also kept in `meta`.

    Cancelling stops the reading; what was read is still indexed and the ledger says what not.
    `number` gives the items other ids than their positions.
    """
    create_tables(connection)
    numbers = number(0) if number is not None else numbers_from(0, len(listing.items))
    work = _Work(connection, listing, numbers, progress, cancel)
    return work.run(lambda file_id: listing.items[numbers.place(file_id)], workers, fast)


def grow_index(
    connection: duckdb.DuckDBPyConnection,
    listing: Listing,
    item_of: ItemOf,
    progress: Progress,
    cancel: CancelToken,
    touched: Touched,
    *,
    workers: int | None = None,
    fast: bool = True,
    number: Number | None = None,
) -> dict[str, Any]:
    """Add the items of a listing to an index; `item_of` gives the files that it has already.

    Only the new items are read, and of what is made from the events (sessions, pushes,
    deployments …) only what follows from them is made anew. `touched` knows what went before this.
    File ids that are in the index stay as they are; new ones go on from them, or are those that
    `number` gives.
    """
    walked = connection.execute("SELECT value FROM meta WHERE key = 'walked'").fetchone()
    connection.execute(
        "DELETE FROM files WHERE file_id >= $walked", {"walked": int(walked[0] if walked else 0)}
    )
    connection.execute("DELETE FROM meta WHERE key IN ('totals', 'walked', 'index_version')")
    top = connection.execute("SELECT coalesce(max(file_id) + 1, 0) FROM files").fetchone()
    first = int(top[0]) if top else 0
    numbers = number(first) if number is not None else numbers_from(first, len(listing.items))
    work = _Work(connection, listing, numbers, progress, cancel, touched)

    def item(file_id: int) -> Item:
        place = numbers.place(file_id)
        return item_of(file_id) if place < 0 else listing.items[place]

    return work.run(item, workers, fast)


def finish_index(
    connection: duckdb.DuckDBPyConnection,
    listing: Listing,
    ledger: Ledger,
    progress: Progress,
    cancel: CancelToken,
) -> dict[str, Any]:
    """Complete an index whose `events` somebody else has filled from a listing, with all that is
    made from them; return the totals, which are also kept in `meta`."""
    numbers = numbers_from(0, len(listing.items))
    work = _Work(connection, listing, numbers, progress, cancel)
    return work.finish(ledger, lambda number: listing.items[number])


def default_workers() -> int:
    """Threads that read, as nobody says otherwise. More than six take more than a gigabyte."""
    return max(2, min(6, os.cpu_count() or 2))


class _Work:
    """One reading: the items of a listing into an index, as files of these numbers."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        listing: Listing,
        numbers: Numbers,
        progress: Progress,
        cancel: CancelToken,
        touched: Touched | None = None,
    ) -> None:
        self._connection = connection
        self._touched = touched
        self._listing = listing
        self._numbers = numbers
        self._progress = progress
        self._cancel = cancel

    def run(self, item_of: ItemOf, workers: int | None, fast: bool) -> dict[str, Any]:
        keep_freed_memory()
        ledger = load_items(
            self._connection,
            self._listing.items,
            self._progress,
            self._cancel,
            workers=workers or default_workers(),
            fast=fast,
            numbers=self._numbers,
        )
        return self.finish(ledger, item_of)

    def finish(self, ledger: Ledger, item_of: ItemOf) -> dict[str, Any]:
        """Everything behind the reading: the ledger knows all items."""
        connection, progress = self._connection, self._progress
        with suppress(duckdb.OutOfMemoryException):
            # What follows can spill to disk and shares the memory with rows of ours.
            connection.execute(f"SET memory_limit = '{_MEMORY_BEHIND}'")
        give_back()  # what documents took, before rows take as much again
        if self._touched is None:
            derive(connection, progress)
        else:
            keep_up(connection, progress, self._touched, self._came())
        progress.stage = "checking digests"
        walked = self._write_ledger(ledger)
        digests = check_digests(connection, item_of, self._cancel)
        progress.stage = "counting"
        totals = collect_totals(connection, digests)
        totals["stopped"] = self._cancel.cancelled
        rows = [
            ("index_version", str(INDEX_VERSION)),
            ("totals", json.dumps(totals)),
            ("walked", str(walked)),
        ]
        insert_rows(connection, "meta", rows)
        give_back()
        progress.stage = "done"
        return totals

    def _came(self) -> str:
        """Condition for the events of the files that were read now."""
        numbers = self._numbers.of_items
        if isinstance(numbers, range):
            return f"file_id >= {numbers.start}"
        self._connection.execute("CREATE TEMP TABLE came_now (file_id INTEGER)")
        insert_rows(self._connection, "came_now", [(number,) for number in numbers])
        return "file_id IN (SELECT file_id FROM came_now)"

    def _write_ledger(self, ledger: Ledger) -> int:
        """The evidence ledger: one line for every file seen, read or not. Returns the id of the
        first line that is about no file, but about the looking for files."""
        self._count_events()
        rows: list[tuple[Any, ...]] = []
        hashes: list[tuple[int, bytes]] = []
        counts = _Counts(self._connection)
        for number, item in zip(self._numbers.of_items, self._listing.items, strict=True):
            rows.append(file_row(number, item, ledger, counts.of(number)))
            if number in ledger and (content := ledger.get(number)[0].unpacked.content):
                hashes.append((number, content))
            if len(rows) >= _LEDGER_BATCH:
                insert_rows(self._connection, "files", rows)
                insert_rows(self._connection, "contents", hashes)
                rows.clear()
                hashes.clear()
        number = self._numbers.top
        skipped, unreadable = self._listing.passed_over, self._listing.unreadable
        passed, missing = self._listing.walked or (len(skipped), len(unreadable))
        of_members = [("skipped", *said) for said in skipped[passed:]]
        of_members += [("unreadable", *said) for said in unreadable[missing:]]
        of_walk = [("skipped", *said) for said in skipped[:passed]]
        of_walk += [("unreadable", *said) for said in unreadable[:missing]]
        for place, (status, name, reason) in enumerate([*of_members, *of_walk], number):
            rows.append(_unopened(place, name, status, reason))
        insert_rows(self._connection, "files", rows)
        insert_rows(self._connection, "contents", hashes)
        counts.close()
        self._connection.execute("DROP TABLE kept")
        return number + len(of_members)

    def _count_events(self) -> None:
        """Events and copies of each file. Those of files read before may have changed: a fuller
        copy of an event of theirs may have come."""
        self._connection.execute(
            """
            CREATE TABLE kept AS
            SELECT coalesce(e.file_id, c.file_id) AS file_id, coalesce(e.events, 0) AS events,
              coalesce(c.copies, 0) AS copies, e.first_event, e.last_event
            FROM (SELECT file_id, count(*) AS events, min(event_time) AS first_event,
                    max(event_time) AS last_event FROM events GROUP BY file_id) AS e
              FULL JOIN (SELECT file_id, count(*) AS copies FROM copies GROUP BY file_id) AS c
                ON c.file_id = e.file_id
            """
        )
        self._connection.execute(
            """
            UPDATE files SET events = k.events, copies = k.copies, first_event = k.first_event,
              last_event = k.last_event
            FROM kept AS k
            WHERE k.file_id = files.file_id
              AND (k.events <> files.events OR k.copies <> files.copies)
            """
        )


_LEDGER_BATCH = 20_000
_NOTHING_KEPT = (0, 0, None, None)


class _Counts:
    """The rows of `kept` in the order of their ids, a batch at a time."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._rows = cursor_of(connection)
        self._rows.execute("SELECT * FROM kept ORDER BY file_id")
        self._batch: list[tuple[Any, ...]] = []
        self._at = 0

    def of(self, number: int) -> tuple[int, int, datetime | None, datetime | None]:
        """Events, copies, first and last event; numbers must come in ascending order."""
        while True:
            if self._at >= len(self._batch):
                self._batch, self._at = self._rows.fetchmany(_LEDGER_BATCH), 0
                if not self._batch:
                    return _NOTHING_KEPT
            row = self._batch[self._at]
            if row[0] > number:
                return _NOTHING_KEPT
            self._at += 1
            if row[0] == number:
                return row[1], row[2], row[3], row[4]

    def close(self) -> None:
        self._rows.close()


def file_row(
    file_id: int,
    item: Item,
    ledger: Ledger,
    kept: tuple[int, int, datetime | None, datetime | None],
) -> tuple[Any, ...]:
    """A line of the table `files`. `kept`: events, copies, first and last event."""
    facts, lane = ledger.get(file_id)
    events, copies, first, last = kept
    notes = facts.notes()
    if missing := facts.records - events - copies:
        # Every record read is an event or a copy; were it otherwise, it must not go unseen.
        facts.status = DAMAGED
        notes.append(f"read but not indexed, which should never be: {missing:,} of the records")
    delivered = delivered_at(item.name)
    if late := lateness(delivered, first):
        notes.append(f"delivered {in_words(late)} after the earliest event in it")
    modified = item.modified.replace(tzinfo=None) if item.modified else None
    return (
        file_id,
        item.name,
        str(item.path.absolute()),
        "/".join(map(str, item.member)),
        item.size or facts.unpacked.stored_bytes,  # not known before a day was asked for
        modified,
        facts.unpacked.sha256,
        facts.unpacked.compression,
        facts.format,
        facts.status,
        lane,
        facts.records,
        events,
        copies,
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
