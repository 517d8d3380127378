"""Bringing the events of a case into the partitions of a folder, a day at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import duckdb

from queries.converted.layout import (
    EXTRA,
    Day,
    as_literal,
    columns_of,
    partition_files,
    pattern,
    stored_columns,
    whole_file,
)
from queries.index.merge import CORE, RICHNESS

_EVENTS = "events"


class Days:
    """The index that is read (attached as `case_index`) and the partitions that are written.

    Event keys are numbers that go on from the highest one in the folder and never change; so a
    day's keys lie close together, and a reader that knows a key skips the other files.
    """

    def __init__(self, writer: duckdb.DuckDBPyConnection, destination: Path) -> None:
        self._writer = writer
        self._destination = destination
        self._fresh: set[Day] | None = None
        self.events = 0
        self.added = 0
        self.written: set[Day] = set()
        self.unchanged: set[Day] = set()
        writer.execute(
            "CREATE TABLE lost (file_id BIGINT, position BIGINT, copy_of BIGINT);"
            "CREATE TABLE top AS SELECT 0::BIGINT AS event_key"
        )
        for relation, files in (
            (_EVENTS, as_literal(partition_files(destination, _EVENTS))),
            ("copies", as_literal(pattern(whole_file(destination, "copies")))),
        ):
            if any(destination.glob(f"{relation}/**/{relation}.parquet")):
                writer.execute(f"INSERT INTO top SELECT max(event_key) FROM read_parquet({files})")  # noqa: S608

    def new_files(self) -> None:
        """The ledger of the folder with the files of the case in it (`ledger`), and which number
        each of these has there (`numbers`)."""
        kept = whole_file(self._destination, "files")
        columns = ", ".join(f'"{name}"' for name, _ in columns_of("files"))
        source = f"read_parquet({as_literal(pattern(kept))})" if kept.exists() else "files"
        self._writer.execute(f"CREATE TABLE ledger AS SELECT {columns} FROM {source}")  # noqa: S608
        self._writer.execute(NUMBERS_OF_FILES)
        self._writer.execute(LEDGER_OF_FILES)

    def pass_over_known(self) -> None:
        """Look only at partitions with events of files that the folder, which is whole, does not
        know: all events of the others are in it."""
        rows = self._writer.execute(_OF_NEW_FILES).fetchall()
        self._fresh = {Day(*row) for row in rows}

    def of_case(self) -> Iterator[Day]:
        """The partitions that the case has events for, in order."""
        found = self._writer.execute(
            "SELECT DISTINCT recipient_account_id, aws_region, CAST(event_time AS DATE)::VARCHAR"
            " FROM case_index.events ORDER BY 3 NULLS LAST, 1 NULLS LAST, 2 NULLS LAST"
        ).fetchall()
        return (Day(*row) for row in found)

    def bring(self, day: Day) -> bool:
        """Prepare one partition in the table `kept`; returns whether it has anything new."""
        target = day.file(self._destination, _EVENTS)
        bound = {"account": day.account, "region": day.region, "date": day.date}
        before = 0
        if not target.exists():
            self._run(f"CREATE OR REPLACE TEMP TABLE day AS {_NEW}", bound)
        else:
            old = f"SELECT false AS is_new, {_NAMES}, NULL::BIGINT AS index_key"
            old += f" FROM read_parquet({as_literal(pattern(target))}, hive_partitioning = false)"
            known = self._fresh is not None and day not in self._fresh
            if known or not self._one(_LACKING.format(old=old), bound):
                self.unchanged.add(day)
                self.events += self._one(f"SELECT count(*) FROM ({old})")  # noqa: S608
                return False
            self._run(f"CREATE OR REPLACE TEMP TABLE day AS {old} UNION ALL BY NAME {_NEW}", bound)
            before = self._one("SELECT count(*) FROM day WHERE NOT is_new")
        self._run(_GROUPED)
        self._run(_KEYED)
        self._run("INSERT INTO lost SELECT file_id, position, key FROM keyed WHERE place > 1")
        self._run("INSERT INTO top SELECT max(key) FROM keyed")
        self._run(
            f"CREATE OR REPLACE TEMP TABLE kept AS SELECT is_new, {_WITH_KEY} FROM keyed"  # noqa: S608
            " WHERE place = 1"
        )
        after = self._one("SELECT count(*) FROM kept")
        self.events += after
        self.added += after - before
        if after == before and not self._one("SELECT count(*) FROM kept WHERE is_new"):
            self.unchanged.add(day)  # all that is new are copies
            return False
        return True

    def write(self, day: Day) -> None:
        """Put `kept` in the place of a partition that may be there, in one step."""
        copy_to(
            self._writer,
            f"SELECT {_NAMES} FROM kept {_ORDER}",  # noqa: S608 - constants of this module
            day.file(self._destination, _EVENTS),
        )
        self.unchanged.discard(day)
        self.written.add(day)

    @property
    def has_lost(self) -> bool:
        """Whether copies were found that the folder may not know of."""
        return bool(self._one("SELECT count(*) FROM lost"))

    def _run(self, sql: str, bound: dict[str, str | None] | None = None) -> None:
        self._writer.execute(sql, bound or {})

    def _one(self, sql: str, bound: dict[str, str | None] | None = None) -> int:
        row = self._writer.execute(sql, bound or {}).fetchone()
        return int(row[0]) if row else 0


def copy_to(writer: duckdb.DuckDBPyConnection, select: str, target: Path) -> None:
    """Write rows as a Parquet file that takes the place of another in one step."""
    target.parent.mkdir(parents=True, exist_ok=True)
    passing = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        writer.execute(
            f"COPY ({select}) TO {as_literal(passing)} (FORMAT parquet, COMPRESSION zstd)"
        )
        passing.replace(target)
    finally:
        passing.unlink(missing_ok=True)


IS_DAY = """recipient_account_id IS NOT DISTINCT FROM $account
  AND aws_region IS NOT DISTINCT FROM $region
  AND CASE WHEN CAST($date AS VARCHAR) IS NULL THEN event_time IS NULL
    ELSE event_time >= CAST($date AS DATE)
      AND event_time < CAST($date AS DATE) + INTERVAL 1 DAY END"""
"""Whether an event belongs to a partition."""

_ORDER = "ORDER BY event_time NULLS LAST, event_key"
_STORED = stored_columns(_EVENTS)
_NAMES = ", ".join(name for name, _ in _STORED)
_WITH_KEY = ", ".join("key AS event_key" if n == "event_key" else n for n, _ in _STORED)
_OURS = {
    "event_key": "NULL",
    "merged_into": "NULL",
    "file_id": "n.number",
    "source_file": "f.name",
    "source_sha256": "f.sha256",
}
_OF_EVENT = ", ".join(
    f"CAST({_OURS.get(name, f'e.{name}')} AS {kind}) AS {name}" for name, kind in _STORED
)
_NEW = f"""
SELECT true AS is_new, {_OF_EVENT}, e.event_key AS index_key
FROM (SELECT * FROM case_index.events WHERE {IS_DAY}) AS e
  JOIN case_index.files AS f ON f.file_id = e.file_id
  JOIN numbers AS n ON n.case_number = e.file_id
"""  # noqa: S608 - constants of this module
_OF_NEW_FILES = """
SELECT DISTINCT recipient_account_id, aws_region, CAST(event_time AS DATE)::VARCHAR
FROM case_index.events
WHERE file_id IN (SELECT case_number FROM numbers WHERE NOT known)
"""
_CONTENT = ", ".join(CORE)
_CONTRADICTED = " OR ".join(f"count(DISTINCT {column}) > 1" for column in CORE)
_LACKING = f"""
SELECT count(*) FROM ({_NEW}) AS n
WHERE NOT EXISTS (
  SELECT 1 FROM ({{old}}) AS o
  WHERE o.event_id IS NOT DISTINCT FROM n.event_id AND o.source_sha256 = n.source_sha256
    AND o.position = n.position)
"""  # noqa: S608 - constants of this module
_GROUPED = f"""
CREATE OR REPLACE TEMP TABLE grouped AS
WITH repeated AS (
  SELECT event_id AS repeated_id, {_CONTRADICTED} AS contradicted FROM day
  WHERE event_id IS NOT NULL GROUP BY event_id HAVING count(*) > 1
), same AS (
  SELECT day.*, CASE
    WHEN event_id IS NULL THEN hash({_CONTENT}, source_sha256, position)
    WHEN contradicted THEN hash({_CONTENT}) END AS apart
  FROM day LEFT JOIN repeated ON repeated_id = event_id
)
SELECT same.*,
  row_number() OVER (PARTITION BY event_id, apart
    ORDER BY {RICHNESS} DESC, is_new, source_file, position) AS place,
  min(event_key) OVER (PARTITION BY event_id, apart) AS old_key,
  min(index_key) OVER (PARTITION BY event_id, apart) AS first_key
FROM same
"""  # noqa: S608 - constants of this module
_KEYED = """
CREATE OR REPLACE TEMP TABLE keyed AS
SELECT *, coalesce(old_key, (SELECT max(event_key) FROM top)
  + dense_rank() OVER (PARTITION BY old_key IS NULL ORDER BY first_key)) AS key
FROM grouped
"""
NUMBERS_OF_FILES = """
CREATE TABLE numbers AS
WITH ours AS (
  SELECT file_id, name, sha256,
    row_number() OVER (PARTITION BY name, sha256 ORDER BY file_id) AS nth
  FROM case_index.files
), theirs AS (
  SELECT file_id, name, sha256,
    row_number() OVER (PARTITION BY name, sha256 ORDER BY file_id) AS nth
  FROM ledger
), matched AS (
  SELECT o.file_id AS case_number, t.file_id AS number
  FROM ours AS o LEFT JOIN theirs AS t
    ON t.name = o.name AND t.sha256 IS NOT DISTINCT FROM o.sha256 AND t.nth = o.nth
)
SELECT case_number, number IS NOT NULL AS known, coalesce(number,
  (SELECT coalesce(max(file_id), 0) FROM ledger)
    + row_number() OVER (PARTITION BY number IS NULL ORDER BY case_number))::BIGINT AS number
FROM matched
"""
"""A file is the same where name and content are; what could not be read has no content."""
_FILE_COLUMNS = ", ".join(
    "n.number AS file_id" if name == "file_id" else f'f."{name}"' for name, _ in columns_of("files")
)
LEDGER_OF_FILES = f"""
DELETE FROM ledger WHERE file_id IN (SELECT number FROM numbers)
  OR (coalesce(sha256, '') = '' AND name IN (
    SELECT name FROM case_index.files WHERE coalesce(sha256, '') <> ''));
INSERT INTO ledger SELECT {_FILE_COLUMNS}
FROM case_index.files AS f JOIN numbers AS n ON n.case_number = f.file_id
"""  # noqa: S608 - constants of this module
"""What is known anew about a file stands for what was known; what could be read now was not
unreadable for good."""

__all__ = ["EXTRA", "IS_DAY", "LEDGER_OF_FILES", "NUMBERS_OF_FILES", "Days", "copy_to"]
