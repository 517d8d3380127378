"""`python -m tests.fuzz --minutes 60`: spoilt evidence of every format, by hand, never in CI.

Each input is read by both lanes. It must not raise, every record must be accounted for (records =
events + copies), both lanes must give the same rows and the same ledger, and a record must be found
again at its position. What fails is kept in a folder, with its seed in the name.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb

from queries.reader import FileFacts, read_records
from queries.sources.archives import expand
from queries.sources.local import find_items
from tests.evidence_files import TABLES, index_in_memory, table
from tests.fuzz.inputs import Inputs

_BATCH = 12
"""Building an index costs more than reading a small file, so several files share one."""
_SLOW = 30.0
"""Seconds for a batch of small files beyond which something does not scale."""


def main(arguments: list[str] | None = None) -> int:
    """Run until the time is over; exit code 1 when something was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()) / "fuzz-found")
    parser.add_argument("--again", type=Path, help="check one kept file instead")
    options = parser.parse_args(arguments)
    if options.again:
        said = problem_of(options.again)
        print(said or "fine")
        return 1 if said else 0
    return Run(options.seed, options.keep).until(time.monotonic() + 60 * options.minutes)


class Run:
    """Counts what was tried and keeps what failed."""

    def __init__(self, seed: int, keep: Path) -> None:
        self.seed, self.keep = seed, keep
        self.inputs = Inputs(seed)
        self.tried: Counter[str] = Counter()
        self.found: Counter[str] = Counter()

    def until(self, end: float) -> int:
        report = 0.0
        while time.monotonic() < end:
            self._batch()
            if time.monotonic() > report:
                report = time.monotonic() + 60
                self._report()
        self._report()
        return 1 if self.found else 0

    def _batch(self) -> None:
        files = [self.inputs.next() for _ in range(_BATCH)]
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            for number, (_, data) in enumerate(files):
                (folder / f"{number:02d}").write_bytes(data)
            if problem_of(folder):
                for number, (what, data) in enumerate(files):
                    alone = problem_of(folder / f"{number:02d}")
                    if alone:
                        self._keep(alone, what, data)
        self.tried.update(what for what, _ in files)

    def _keep(self, said: str, what: str, data: bytes) -> None:
        kind = said.splitlines()[-1][:160]
        self.found[kind] += 1
        if self.found[kind] <= 5:
            self.keep.mkdir(parents=True, exist_ok=True)
            name = f"{self.seed}-{self.tried.total()}-{self.found.total()}"
            (self.keep / name).write_bytes(data)
            (self.keep / f"{name}.txt").write_text(f"{what}\n{said}\n", errors="backslashreplace")

    def _report(self) -> None:
        print(
            f"{time.strftime('%H:%M')} seed {self.seed}: {self.tried.total():,} inputs of"
            f" {len(self.tried)} kinds, {self.found.total()} problems",
            flush=True,
        )
        for kind, count in self.found.most_common():
            print(f"    {count:4} {kind!a}", flush=True)


def problem_of(path: Path) -> str:
    """What is wrong with how a file or folder is read; empty when nothing is."""
    started = time.monotonic()
    try:
        fast, careful = (index_in_memory(path, fast=lane) for lane in (True, False))
        said = _accounts(fast) or _accounts(careful) or _differences(fast, careful)
        said = said or _positions(path, careful)
    except Exception:
        return traceback.format_exc()
    if not said and time.monotonic() - started > _SLOW:
        said = f"took more than {_SLOW:.0f} seconds"
    return said


def _accounts(connection: duckdb.DuckDBPyConnection) -> str:
    rows = connection.execute(
        "SELECT status, records, events, copies, notes FROM files ORDER BY file_id"
    ).fetchall()
    for status, records, events, copies, notes in rows:
        if records != events + copies:
            return f"records {records} but events {events} and copies {copies}: {notes}"
        if records == 0 and status == "read" and notes:
            return f"read without records, yet with notes {notes}"
        if records == 0 and status != "read" and not notes:
            return f"{status} without a reason"
    return ""


def _differences(fast: duckdb.DuckDBPyConnection, careful: duckdb.DuckDBPyConnection) -> str:
    for name in TABLES:
        ours, theirs = (table(lane, name, without=("odd",)) for lane in (fast, careful))
        if repr(ours) != repr(theirs):
            return f"lanes differ in {name}: {_first_difference(ours, theirs)}"
    ledgers = [
        lane.execute("SELECT file_id, status, records, events, copies FROM files").fetchall()
        for lane in (fast, careful)
    ]
    if sorted(ledgers[0]) != sorted(ledgers[1]):
        return f"ledgers differ: {ledgers}"
    return ""


def _first_difference(ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> str:
    if len(ours) != len(theirs):
        return f"{len(ours)} rows against {len(theirs)}"
    for own, other in zip(ours, theirs, strict=True):
        for column, value in own.items():
            if repr(value) != repr(other[column]):
                return f"{column}\n{str(value)[:300]!r}\n{str(other[column])[:300]!r}\n{column}"
    return "order"


def _positions(path: Path, careful: duckdb.DuckDBPyConnection) -> str:
    """Each event is found again at its position, by the reader that shows raw records."""
    listing = find_items([str(path)])
    expand(listing)
    for file_id, item in enumerate(listing.items):
        again = {
            number: found.fields.get("eventID") or found.fields.get("eventId")
            for number, found in enumerate(read_records(item, FileFacts()), 1)
        }
        rows = careful.execute(
            "SELECT position, event_id FROM events WHERE file_id = $id", {"id": file_id}
        ).fetchall()
        for position, event_id in rows:
            known = again.get(position)
            if isinstance(known, str) and known.isprintable() and known and known != event_id:
                return f"record {position} of {item.name} is another one when read again"
    return ""


if __name__ == "__main__":
    sys.exit(main())
