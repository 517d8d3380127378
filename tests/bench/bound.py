"""The least that reading can take with this design: what is left when parsing costs nothing.

Each file is unpacked and hashed, on as many threads as read; rows that were flattened before are
written into a new index; and what follows from them is made. Handing over documents, parsing
them, and taking, checking and judging their fields is left out.
"""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import duckdb

from queries.index.build import default_workers, finish_index
from queries.index.documents import FAST
from queries.index.identifiers import AS_STORED
from queries.index.ledger import Ledger
from queries.index.schema import create_tables
from queries.index_file import make
from queries.numbering import numbers_from
from queries.progress import CancelToken, Progress
from queries.sources.local import Item, Listing, find_items
from queries.unpack import plain_chunks


def read(folder: Path, kept: Path) -> dict[str, Any]:
    """An index of a folder out of the rows of one that is there already; seconds of each part, by
    the clock and of CPU time."""
    parts: dict[str, Any] = {}
    listing = find_items([str(folder)])
    workers = default_workers()
    with tempfile.TemporaryDirectory(prefix="bench-") as spool:
        fill = partial(_fill, listing, kept, workers, parts)
        place = Path(spool)
        opened, path, totals = make(fill, None, place, asked=False, workers=workers)
        opened.close()
        size = path.stat().st_size / (1 << 20)
    counts = {name: totals[name] for name in ("events", "pushes")}
    return {**counts, "size_mib": size, **parts}


def _fill(
    listing: Listing,
    kept: Path,
    workers: int,
    parts: dict[str, Any],
    connection: duckdb.DuckDBPyConnection,
) -> tuple[dict[str, Any], None]:
    ledger = Ledger(numbers_from(0, len(listing.items)))
    with _Timed("unpack", parts), ThreadPoolExecutor(workers) as pool:
        list(pool.map(partial(_unpack, ledger), range(len(listing.items)), listing.items))
    with _Timed("write", parts):
        _write(connection, kept, workers)
    with _Timed("follow", parts):
        return finish_index(connection, listing, ledger, Progress(), CancelToken()), None


def _unpack(ledger: Ledger, file_id: int, item: Item) -> None:
    facts = ledger.facts()
    with item.open() as stream:
        for _ in plain_chunks(stream, facts.unpacked, item.stored):
            pass
    ledger.put(file_id, facts, FAST)


def _write(connection: duckdb.DuckDBPyConnection, kept: Path, workers: int) -> None:
    create_tables(connection)
    connection.execute(f"ATTACH '{kept}' AS kept (READ_ONLY)")
    connection.execute(f"SET threads = {workers}")
    connection.execute(f"INSERT INTO events BY NAME SELECT {AS_STORED} FROM kept.events")
    connection.execute("RESET threads; DETACH kept")


class _Timed:
    """Adds what its block took to `parts`."""

    def __init__(self, name: str, parts: dict[str, Any]) -> None:
        self._name, self._parts = name, parts

    def __enter__(self) -> None:
        self._start = perf_counter(), process_time()

    def __exit__(self, *_: object) -> None:
        clock, cpu = perf_counter() - self._start[0], process_time() - self._start[1]
        self._parts[self._name] = [round(clock, 2), round(cpu, 2)]
