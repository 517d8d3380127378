"""The events of a case as Parquet that other engines read (docs/parquet.md).

The folders of `events` are Hive partitions, which DuckDB, Spark, Trino and Athena take for columns.
Converting the same evidence again changes nothing, and more evidence rewrites only the days that it
adds to: what is there already is merged with what is new as copies are merged in an index. What is
made from the events (sessions, pushes, deployments …) lies beside them, over all that is there.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb

from queries.case import Case
from queries.converted.layout import (
    SCHEMA_FILE,
    as_literal,
    check_schema,
    is_of_workers,
    is_whole,
    keep_schema,
    whole_file,
)
from queries.database import connect
from queries.errors import InvestigationError, WrongUsage
from queries.progress import CancelToken, Progress

_MEMORY = "450MB"
LOCK = "_lock"


@dataclass(slots=True)
class Converted:
    """What converting did: partitions written and left as they were, events that came in."""

    events: int = 0
    added: int = 0
    partitions_written: int = 0
    partitions_unchanged: int = 0


def convert(case: Case, destination: Path, progress: Progress, cancel: CancelToken) -> Converted:
    """Write the events of `case` into `destination`, a folder of such files or a new one, and what
    is made from all events that are there.

    A file is written beside the old one and then takes its place, so stopping leaves whole files,
    and the next run goes on; engines do not open a folder in which one was stopped. Raises
    `WrongUsage` for a folder that holds something else or that is part of the evidence,
    `InvestigationError` when it cannot be written.
    """
    _check_place(case, destination)
    try:
        destination.mkdir(parents=True, exist_ok=True)
        with alone(destination), tempfile.TemporaryDirectory(prefix="ecr-investigate-") as spool:
            return _convert(case, destination, Path(spool), progress, cancel)
    except (OSError, duckdb.IOException) as error:
        raise InvestigationError(f"{destination}: cannot be written ({error})") from None


def _convert(
    case: Case, destination: Path, spool: Path, progress: Progress, cancel: CancelToken
) -> Converted:
    # These bring the providers' code along, which no other command needs.
    from queries.converted.days import Days
    from queries.converted.derived import Derived
    from queries.index.schema import create_tables

    config = {"memory_limit": _MEMORY, "temp_directory": str(spool / "swap")}
    with connect(str(spool / "working.duckdb"), config=config) as writer:
        keep_schema(destination)
        with suppress(duckdb.InvalidInputException):
            writer.execute("SET preserve_insertion_order = false")
        writer.execute(f"ATTACH {as_literal(case.path)} AS case_index (READ_ONLY)")
        create_tables(writer)
        whole, done = is_whole(destination), Converted()
        work = Days(writer, destination)
        work.new_files()
        if whole:
            work.pass_over_known()
        days = list(work.of_case())
        progress.stage = "converting"
        progress.files_total = len(days)
        for day in days:
            if cancel.cancelled:
                break
            if work.bring(day):
                _open_up(destination)
                work.write(day)
            progress.add(files=1, current=f"{day.account}/{day.region}")
        changed: set[object] = set()
        if not cancel.cancelled and (
            work.written or work.has_lost or not whole or _has_new_files(writer)
        ):
            _open_up(destination)
            derived = Derived(writer, destination, progress)
            changed |= derived.make(work.written, case.totals, anew=not whole)
        done.events, done.added = work.events, work.added
        done.partitions_written = len(work.written | changed)
        done.partitions_unchanged = len(work.unchanged - changed)
        return done


def _has_new_files(writer: duckdb.DuckDBPyConnection) -> bool:
    row = writer.execute("SELECT count(*) FROM numbers WHERE NOT known").fetchone()
    return bool(row and row[0])


def _open_up(destination: Path) -> None:
    """From here on until `meta` is written again, the folder is not whole."""
    whole_file(destination, "meta").unlink(missing_ok=True)


@contextmanager
def alone(destination: Path) -> Iterator[None]:
    """Nobody else converts into this folder. The lock ends with the process."""
    with (destination / LOCK).open("w") as lock:
        try:
            _lock(lock.fileno())
        except (BlockingIOError, PermissionError):
            raise WrongUsage(f"{destination}: another conversion writes into it") from None
        try:
            yield
        finally:
            with suppress(OSError):
                os.unlink(lock.name)


def _lock(handle: int) -> None:
    """Lock an open file for this process, as the platform does it. Raises an `OSError` where
    another process holds it."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _check_place(case: Case, destination: Path) -> None:
    """Evidence is never written into, and no stranger's folder is mixed with ours."""
    inside = case.ask("SELECT DISTINCT path FROM files WHERE path <> ''").rows
    target = destination.resolve()
    if any(target == Path(path) or target in Path(path).parents for (path,) in inside):
        raise WrongUsage(f"{destination}: holds evidence, and evidence is never written into")
    if destination.is_file():
        raise WrongUsage(f"{destination}: is a file; name a folder")
    if (destination / SCHEMA_FILE).exists():
        check_schema(destination)
        if is_of_workers(destination):
            raise WrongUsage(
                f"{destination}: is written by Spark's workers; go on with --engine spark, or name"
                " another folder"
            )
    elif destination.is_dir() and any(e.name != LOCK for e in destination.iterdir()):
        raise WrongUsage(f"{destination}: is not empty and was not written by 'convert'")
