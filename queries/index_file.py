"""An index as a file: where it is kept, how it comes into being whole, and how it is opened."""

from __future__ import annotations

import atexit
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from queries.database import connect, connect_to_build
from queries.errors import InvestigationError
from queries.index.schema import INDEX_VERSION
from queries.sources.local import Item

_BUILD_CONFIG = {
    "preserve_insertion_order": "false",
}
_SEALED_CONFIG = {
    "enable_external_access": "false",
    "memory_limit": "600MB",
    # Of the rows of a page, only the columns that decide are read for all rows: up to so many.
    "late_materialization_max_rows": "1000",
}


Fill = Callable[[duckdb.DuckDBPyConnection], tuple[dict[str, Any], Path | None]]
"""Fills a database; returns the totals, and where the file is to be kept (None: nowhere)."""
Opened = tuple[duckdb.DuckDBPyConnection, Path, dict[str, Any]]
"""A sealed connection, where the file is, and the totals."""


def _memory(workers: int) -> str:
    """What DuckDB may take while some threads read. Each flattens documents of megabytes: with
    450 MB, two of them failed on files of 4,000 records; with 600 MB the process takes 470."""
    return f"{300 + 150 * workers}MB"


def make(
    fill: Fill,
    folder: Path | None,
    spool: Path,
    *,
    asked: bool,
    workers: int,
    before: Path | None = None,
) -> Opened:
    """Make an index, from nothing or from a copy of an earlier one, and open it.

    It is made beside its place in `folder` and moved there when done, so a crash leaves no half
    index. A place that the user `asked` for must be written; a cache that cannot be is done
    without, in `spool`. What was stopped is never moved to its place.
    """
    building = _begin(folder, spool, asked)
    if before is not None:
        shutil.copyfile(before, building)
    limits = {"memory_limit": _memory(workers), "temp_directory": f"{spool}/swap"}
    connection = connect_to_build(str(building), {**_BUILD_CONFIG, **limits})
    try:
        totals, target = fill(connection)
        connection.execute("CHECKPOINT")
    except BaseException:
        connection.close()
        building.unlink(missing_ok=True)
        raise
    connection.close()
    _sync(building)
    if totals["stopped"] or building.parent == spool:
        target = None
        if building.parent != spool:
            building = Path(shutil.move(building, spool / building.name))
    # Opened before it is moved: DuckDB knows an open database by its path, and another one may be
    # open at that place.
    opened, _ = open_sealed(building)
    if target is None:
        return opened, building, totals
    try:
        building.replace(target)
    except OSError as error:
        if not asked:
            return opened, building, totals
        opened.close()
        building.unlink(missing_ok=True)
        raise _not_kept(target, error) from None
    return opened, target, totals


def _sync(path: Path) -> None:
    """Wait until the file is on the disk: while it was made, nothing was waited for."""
    try:
        with path.open("rb+") as made:
            os.fsync(made.fileno())
    except OSError as error:
        path.unlink(missing_ok=True)
        raise _not_kept(path, error) from None


def _begin(folder: Path | None, spool: Path, asked: bool) -> Path:
    """The path of a file that does not exist yet, where one can be made."""
    for place in (folder, spool):
        if place is None:
            continue
        try:
            place.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, name = tempfile.mkstemp(prefix=".building-", suffix=".duckdb", dir=place)
        except OSError as error:
            if asked or place is spool:
                raise _not_kept(place, error) from None
            continue  # a read-only or full home must not stop an investigation
        os.close(handle)
        Path(name).unlink()
        return Path(name)
    raise AssertionError("the spool is always there")


def _not_kept(target: Path, error: OSError) -> InvestigationError:
    reason = (error.strerror or str(error)).lower()
    return InvestigationError(f"{target}: the case cannot be kept there ({reason})")


def open_sealed(path: Path) -> tuple[duckdb.DuckDBPyConnection, dict[str, Any]]:
    """Open an index read-only, without access to anything outside it; and its totals."""
    try:
        connection = _sealed(path)
        row = connection.execute("SELECT value FROM meta WHERE key = 'totals'").fetchone()
    except duckdb.Error as error:
        raise InvestigationError(f"{path}: is not a readable case file ({error})") from None
    return connection, json.loads(row[0]) if row else {}


def _sealed(path: Path) -> duckdb.DuckDBPyConnection:
    """DuckDB wants every connection to one file to be configured alike, so the folder for what
    does not fit into memory is one for the whole process."""
    config = {**_SEALED_CONFIG, "temp_directory": _swap().name}
    return connect(str(path), read_only=True, locked=True, config=config)


@cache
def _swap() -> tempfile.TemporaryDirectory[str]:
    folder = tempfile.TemporaryDirectory(prefix="ecr-investigate-")
    atexit.register(folder.cleanup)
    return folder


def meta_of(path: Path) -> dict[str, str] | None:
    """What an index file says about itself; None unless it is whole and of this version."""
    try:
        with _sealed(path) as connection:
            meta = dict(connection.execute("SELECT key, value FROM meta").fetchall())
    except (duckdb.Error, OSError):
        return None
    if meta.get("index_version") != str(INDEX_VERSION) or "fingerprint" not in meta:
        return None
    return meta


def asked_of(path: Path) -> str | None:
    """What an index file of any version was made of, as JSON; None when it is none."""
    try:
        with _sealed(path) as connection:
            row = connection.execute("SELECT value FROM meta WHERE key = 'asked'").fetchone()
    except (duckdb.Error, OSError):
        return None
    return str(row[0]) if row else None


def item_in(connection: duckdb.DuckDBPyConnection, file_id: int) -> Item:
    """A line of an index's ledger as the item it is about. Raises `InvestigationError`."""
    row = connection.execute(
        "SELECT name, path, size, modified, member FROM files WHERE file_id = $id", {"id": file_id}
    ).fetchone()
    if row is None:
        raise InvestigationError(f"file {file_id} is not part of this case")
    return item_of_row(row)


def items_in(connection: duckdb.DuckDBPyConnection, file_ids: Sequence[int]) -> list[Item]:
    """Many lines of the ledger, in the order of their ids."""
    rows = connection.execute(
        "SELECT name, path, size, modified, member FROM files"
        " WHERE list_contains($ids, file_id) ORDER BY file_id",
        {"ids": list(file_ids)},
    ).fetchall()
    return [item_of_row(row) for row in rows]


def item_of_row(row: tuple[Any, ...]) -> Item:
    name, path, size, modified, member = row
    places = tuple(int(place) for place in member.split("/") if place)
    stamp = modified.replace(tzinfo=UTC) if modified else None
    return Item(name, path_of(path), size, stamp, member=places)


def path_of(text: str) -> Path:
    """The path that `as_text` wrote down."""
    path = Path(text)
    if "\\x" not in text or path.exists():
        return path
    stored = re.sub(
        rb"\\x([0-9a-f]{2})", lambda byte: bytes.fromhex(byte[1].decode()), text.encode()
    )
    return Path(os.fsdecode(stored))
