"""Where the journal of marks is kept.

While a case is open its index is sealed, so each step goes at once into a file beside it (one line,
appended and flushed to the disk). When the case is closed, the journal moves into the case file,
which then holds all there is. Of a cached index the journal stays a file of its own, named by the
evidence's paths: it outlives the cache, a rebuild and evidence that has grown.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb

from queries.database import connect
from queries.folders import data_folder
from queries.index.rows import insert_rows
from queries.marks.model import SUBJECT, Entry, Mark, replay
from queries.marks.written import entry_of, line_of

ENTRIES = "mark_entries"
MARKS = "marks"
RECORDS = "mark_records"
TABLES = f"""
CREATE TABLE IF NOT EXISTS {ENTRIES} (id VARCHAR, entry VARCHAR);
CREATE TABLE IF NOT EXISTS {MARKS} (
  mark_key VARCHAR, event_key BIGINT, event_time TIMESTAMP, event_name VARCHAR,
  event_source VARCHAR, target VARCHAR, repository VARCHAR, image_tags VARCHAR,
  image_digest VARCHAR, outcome VARCHAR,
  error_code VARCHAR, principal VARCHAR, identity_arn VARCHAR, origin VARCHAR,
  access_key_id VARCHAR, source_ip_address VARCHAR, user_agent VARCHAR, aws_region VARCHAR,
  account_id VARCHAR, event_id VARCHAR, is_push BOOLEAN, tags VARCHAR, comment VARCHAR,
  author VARCHAR, marked_at TIMESTAMP, changed_by VARCHAR, changed_at TIMESTAMP, records INTEGER,
  record_sha256 VARCHAR, file_name VARCHAR, file_sha256 VARCHAR, position BIGINT
);
CREATE TABLE IF NOT EXISTS {RECORDS} (
  mark_key VARCHAR, place INTEGER, event_id VARCHAR, sha256 VARCHAR, file_name VARCHAR,
  file_sha256 VARCHAR, position BIGINT, text VARCHAR
);
"""

_COLUMN = re.compile(r"(\w+) (?:VARCHAR|BIGINT|INTEGER|TIMESTAMP|BOOLEAN)\b")
MARK_COLUMNS = {
    name: tuple(_COLUMN.findall(TABLES.partition(f"EXISTS {name} (")[2].partition(";")[0]))
    for name in (MARKS, RECORDS)
}
"""The tables that a person may ask, with their columns."""


def journal_of_evidence(asked: dict[str, Any]) -> Path:
    """The journal for what was asked for (paths, and the endpoint of a bucket)."""
    named = {name: asked.get(name) for name in ("paths", "endpoint")}
    digest = hashlib.sha256(json.dumps(named, sort_keys=True).encode()).hexdigest()
    return data_folder() / "marks" / f"{digest[:32]}.jsonl"


def journal_beside(case_file: Path) -> Path:
    """Where the steps are kept while a case file is open."""
    return case_file.with_name(f"{case_file.name}.marks")


def read_journal(path: Path) -> tuple[list[Entry], int]:
    """The entries of a journal, and how many lines are no entries (one cut off by a crash)."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return [], 0
    found = [entry_of(line) for line in lines if line.strip()]
    entries = [entry for entry in found if entry is not None]
    return entries, len(found) - len(entries)


def append(path: Path, entry: Entry) -> None:
    """Add a step, and wait until it is on the disk. Raises `OSError`."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Without O_BINARY, Windows would write each line end as two characters.
    binary = getattr(os, "O_BINARY", 0)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | binary, 0o600)
    try:
        line = f"{line_of(entry)}\n".encode()
        # After a line that a crash has cut off, a new one begins.
        if os.fstat(handle).st_size:
            os.lseek(handle, -1, os.SEEK_END)
            if os.read(handle, 1) != b"\n":
                line = b"\n" + line
        while line:
            line = line[os.write(handle, line) :]
        os.fsync(handle)
    finally:
        os.close(handle)


def entries_in(connection: duckdb.DuckDBPyConnection) -> list[Entry]:
    """The journal inside a case file."""
    try:
        rows = connection.execute(f"SELECT entry FROM {ENTRIES} ORDER BY rowid").fetchall()  # noqa: S608
    except duckdb.Error:  # a case in which nothing was ever marked
        return []
    found = (entry_of(row[0]) for row in rows)
    return [entry for entry in found if entry is not None]


def joined(*journals: Iterable[Entry]) -> list[Entry]:
    """Several copies of a journal as one: each step once, in the order of time."""
    steps: dict[str, Entry] = {}
    for journal in journals:
        for entry in journal:
            steps.setdefault(entry.id, entry)
    return sorted(steps.values(), key=lambda entry: entry.time)


def write_tables(
    connection: duckdb.DuckDBPyConnection,
    entries: Iterable[Entry],
    places: dict[str, int] | None = None,
    *,
    temporary: bool = False,
) -> None:
    """Put a journal, and the marks it leads to, into the tables of a database; `temporary` ones are
    the cursor's own, and stand before those that the case file has from before."""
    steps = list(entries)
    made = TABLES.replace("CREATE TABLE", "CREATE TEMP TABLE") if temporary else TABLES
    connection.execute(made)
    for table in (ENTRIES, MARKS, RECORDS):
        connection.execute(f"TRUNCATE {table}")
    insert_rows(connection, ENTRIES, [(entry.id, line_of(entry)) for entry in steps])
    marks = replay(steps).values()
    insert_rows(connection, MARKS, [_row(mark, (places or {}).get(mark.key)) for mark in marks])
    insert_rows(connection, RECORDS, [row for mark in marks for row in _record_rows(mark)])


def fold(case_file: Path, journal: Path) -> bool:
    """Move a journal into the case file; whether that could be done. Where it cannot (another
    program has the case open, the folder is read-only), the journal stays beside it."""
    steps, _ = read_journal(journal)
    if not steps:
        return False
    try:
        connection = connect(str(case_file))
    except (duckdb.Error, OSError):
        return False
    try:
        whole = joined(entries_in(connection), steps)
        connection.execute("BEGIN")  # a question that fails would end a transaction
        write_tables(connection, whole)
        connection.execute("COMMIT")
    except duckdb.Error:
        return False
    finally:
        connection.close()
    with suppress(OSError):
        journal.unlink()
    return True


def _row(mark: Mark, event_key: int | None) -> tuple[Any, ...]:
    subject = mark.subject
    record = mark.record
    return (
        mark.key,
        event_key,
        *(subject.get(name) for name in SUBJECT),
        mark.is_push,
        " ".join(mark.tags),
        mark.comment,
        mark.author,
        mark.time,
        mark.changed_by,
        mark.changed,
        len(mark.records),
        record.sha256 if record else None,
        record.file_name if record else None,
        record.file_sha256 if record else None,
        record.position if record else None,
    )


def _record_rows(mark: Mark) -> list[tuple[Any, ...]]:
    return [
        (mark.key, place, r.event_id, r.sha256, r.file_name, r.file_sha256, r.position, r.text)
        for place, r in enumerate(mark.records)
    ]
