"""The events of a case as Parquet that other engines read (docs/parquet.md).

    DEST/_schema.json
    DEST/account=111122223333/region=eu-west-1/date=2026-03-08/events.parquet

The folders are Hive partitions, which DuckDB, Spark, Trino and Athena take for columns. Converting
the same evidence again changes nothing, and more evidence rewrites only the days that it adds to:
what is there already is merged with what is new as copies are merged in an index.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import duckdb

from queries.case import Case
from queries.database import connect
from queries.errors import InvestigationError, WrongUsage
from queries.index.columns import COLUMNS
from queries.index.merge import CORE, RICHNESS
from queries.progress import CancelToken, Progress

SCHEMA_VERSION = 1
"""Raised when a column is added, goes, or changes its meaning."""

SCHEMA_FILE = "_schema.json"
"""Engines pass over names that begin so."""

NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
"""How Hive names the partition of rows without a value:
https://cwiki.apache.org/confluence/display/Hive/Configuration+Properties"""

_MEMORY = "400MB"
_FILE = "events.parquet"
_LONGEST_NAME = 120

SCHEMA: tuple[tuple[str, str], ...] = (
    *((column.name, column.type) for column in COLUMNS),
    ("repository", "VARCHAR"),
    ("merged_into_event", "VARCHAR"),
    ("source_file", "VARCHAR"),
    ("source_sha256", "VARCHAR"),
    ("source_position", "BIGINT"),
)
"""The columns in the files, with DuckDB's names of their types. The last four say into which
event this record was merged (the other account's record of the same call), and where the record
itself is."""


@dataclass(frozen=True, slots=True)
class Day:
    """One partition: what one account and region did on one day (UTC); None where not recorded."""

    account: str | None
    region: str | None
    date: str | None

    def folder(self, destination: Path) -> Path:
        """Values come from logs, so they are quoted: none can leave the destination."""
        parts = (("account", self.account), ("region", self.region), ("date", self.date))
        return destination.joinpath(*(f"{key}={_as_name(value)}" for key, value in parts))


def _as_name(value: str | None) -> str:
    """A value as part of a folder's name; one that is too long for that ends with its hash."""
    if value is None:
        return NO_VALUE
    quoted = quote(value, safe="")
    if len(quoted) <= _LONGEST_NAME:
        return quoted
    return f"{quoted[:_LONGEST_NAME]}~{hashlib.sha256(value.encode()).hexdigest()[:16]}"


@dataclass(slots=True)
class Converted:
    """What converting did: partitions written and left as they were, events that came in."""

    events: int = 0
    added: int = 0
    partitions_written: int = 0
    partitions_unchanged: int = 0


def convert(case: Case, destination: Path, progress: Progress, cancel: CancelToken) -> Converted:
    """Write the events of `case` into `destination`, a folder of such files or a new one.

    A partition is written beside the old one and then takes its place, so stopping leaves whole
    files, and the next run goes on. Raises `WrongUsage` for a folder that holds something else or
    that is part of the evidence, `InvestigationError` when it cannot be written.
    """
    _check_place(case, destination)
    writer = connect(config={"memory_limit": _MEMORY})
    try:
        destination.mkdir(parents=True, exist_ok=True)
        _keep_schema(destination)
        with suppress(duckdb.InvalidInputException):
            writer.execute("SET preserve_insertion_order = false")
        writer.execute(f"ATTACH {_quoted(case.path)} AS case_index (READ_ONLY)")
        work = _Conversion(writer, destination)
        days = list(work.days())
        progress.stage = "converting"
        progress.files_total = len(days)
        for day in days:
            if cancel.cancelled:
                break
            work.bring(day)
            progress.add(files=1, current="/".join(str(v) for v in (day.account, day.region)))
        return work.done
    except (OSError, duckdb.IOException) as error:
        raise InvestigationError(f"{destination}: cannot be written ({error})") from None
    finally:
        writer.close()


def _check_place(case: Case, destination: Path) -> None:
    """Evidence is never written into, and no stranger's folder is mixed with ours."""
    inside = case.ask("SELECT DISTINCT path FROM files WHERE path <> ''").rows
    target = destination.resolve()
    if any(target == Path(path) or target in Path(path).parents for (path,) in inside):
        raise WrongUsage(f"{destination}: holds evidence, and evidence is never written into")
    if destination.is_file():
        raise WrongUsage(f"{destination}: is a file; name a folder")
    if (destination / SCHEMA_FILE).exists():
        _check_schema(destination)
    elif destination.is_dir() and any(destination.iterdir()):
        raise WrongUsage(f"{destination}: is not empty and was not written by 'convert'")


def _check_schema(destination: Path) -> None:
    try:
        kept = json.loads((destination / SCHEMA_FILE).read_text(encoding="utf-8"))
        columns = [(column["name"], column["type"]) for column in kept["columns"]]
    except (ValueError, KeyError, TypeError):
        raise WrongUsage(
            f"{destination / SCHEMA_FILE}: cannot be read; convert into a new folder"
        ) from None
    if columns != list(SCHEMA):
        raise WrongUsage(
            f"{destination}: has other columns than this version writes; convert into a new folder"
        )


def _keep_schema(destination: Path) -> None:
    target = destination / SCHEMA_FILE
    if target.exists():
        return
    described = {
        "written_by": "ecr-investigate",
        "schema_version": SCHEMA_VERSION,
        "partitioned_by": ["account", "region", "date"],
        "columns": [{"name": name, "type": kind} for name, kind in SCHEMA],
    }
    passing = target.with_name(f"{SCHEMA_FILE}.{os.getpid()}.part")
    passing.write_text(json.dumps(described, indent=2) + "\n", encoding="utf-8")
    passing.replace(target)


class _Conversion:
    """The index that is read, the folder that is written, and what was done so far."""

    def __init__(self, writer: duckdb.DuckDBPyConnection, destination: Path) -> None:
        self._writer = writer
        self._destination = destination
        self.done = Converted()

    def days(self) -> Iterator[Day]:
        """The partitions that the case has events for, in order."""
        found = self._writer.execute(
            "SELECT DISTINCT recipient_account_id, aws_region, CAST(event_time AS DATE)::VARCHAR"
            " FROM case_index.events ORDER BY 3 NULLS LAST, 1 NULLS LAST, 2 NULLS LAST"
        ).fetchall()
        return (Day(*row) for row in found)

    def bring(self, day: Day) -> None:
        """Bring one partition up to date."""
        target = day.folder(self._destination) / _FILE
        bound = {"account": day.account, "region": day.region, "date": day.date}
        if not target.exists():
            self._run(f"CREATE OR REPLACE TEMP TABLE kept AS {_NEW}", bound)
            before = 0
        else:
            old = f"SELECT false AS is_new, {_NAMES} FROM read_parquet({_pattern(target)})"  # noqa: S608
            if not self._one(_LACKING.format(old=old), bound):
                self.done.partitions_unchanged += 1
                self.done.events += self._one(f"SELECT count(*) FROM ({old})")  # noqa: S608
                return
            self._run(f"CREATE OR REPLACE TEMP TABLE day AS {old} UNION ALL BY NAME {_NEW}", bound)
            self._run(_MERGE)
            before = self._one("SELECT count(*) FROM day WHERE NOT is_new")
        after = self._one("SELECT count(*) FROM kept")
        self.done.events += after
        self.done.added += after - before
        if after == before and not self._one("SELECT count(*) FROM kept WHERE is_new"):
            self.done.partitions_unchanged += 1  # all that is new are copies
        else:
            self._write(target)
            self.done.partitions_written += 1

    def _write(self, target: Path) -> None:
        """Put `kept` in the place of a file that may be there, in one step."""
        target.parent.mkdir(parents=True, exist_ok=True)
        passing = target.with_name(f".{_FILE}.{os.getpid()}.part")
        try:
            self._run(_COPY.format(target=_quoted(passing)))
            passing.replace(target)
        finally:
            passing.unlink(missing_ok=True)

    def _run(self, sql: str, bound: dict[str, str | None] | None = None) -> None:
        self._writer.execute(sql, bound or {})

    def _one(self, sql: str, bound: dict[str, str | None] | None = None) -> int:
        row = self._writer.execute(sql, bound or {}).fetchone()
        return int(row[0]) if row else 0


def _quoted(path: Path) -> str:
    """A path as a literal: ATTACH, COPY and read_parquet take no bound one."""
    return "'" + str(path).replace("'", "''") + "'"


def _pattern(path: Path) -> str:
    """The same for read_parquet, which takes patterns: what would be one stands for itself."""
    return _quoted(Path(re.sub(r"([\[*?])", r"[\1]", str(path))))


_NAMES = ", ".join(name for name, _ in SCHEMA)
_OF_EVENT = ", ".join(
    f"CAST(e.{name} AS {kind}) AS {name}" for name, kind in SCHEMA[: len(COLUMNS) + 1]
)
_NEW = f"""
SELECT true AS is_new, {_OF_EVENT}, m.event_id AS merged_into_event, f.name AS source_file,
  f.sha256 AS source_sha256, e.position AS source_position
FROM case_index.events AS e
  JOIN case_index.files AS f ON f.file_id = e.file_id
  LEFT JOIN case_index.events AS m ON m.event_key = e.merged_into
WHERE e.recipient_account_id IS NOT DISTINCT FROM $account
  AND e.aws_region IS NOT DISTINCT FROM $region
  AND CASE WHEN $date IS NULL THEN e.event_time IS NULL
    ELSE e.event_time >= CAST($date AS DATE)
      AND e.event_time < CAST($date AS DATE) + INTERVAL 1 DAY END
"""  # noqa: S608 - constants of this module
_CONTENT = ", ".join(CORE)
_CONTRADICTED = " OR ".join(f"count(DISTINCT {column}) > 1" for column in CORE)
_LACKING = f"""
SELECT count(*) FROM ({_NEW}) AS n
WHERE NOT EXISTS (
  SELECT 1 FROM ({{old}}) AS o
  WHERE o.event_id IS NOT DISTINCT FROM n.event_id AND o.source_sha256 = n.source_sha256
    AND o.source_position = n.source_position)
"""  # noqa: S608 - constants of this module
_COPY = f"""
COPY (
  SELECT {_NAMES} FROM kept
  ORDER BY event_time NULLS LAST, event_id NULLS LAST, source_file, source_position
) TO {{target}} (FORMAT parquet, COMPRESSION zstd)
"""  # noqa: S608 - constants of this module
_MERGE = f"""
CREATE OR REPLACE TEMP TABLE kept AS
WITH repeated AS (
  SELECT event_id AS repeated_id, {_CONTRADICTED} AS contradicted FROM day
  WHERE event_id IS NOT NULL GROUP BY event_id HAVING count(*) > 1
)
SELECT is_new, {_NAMES}
FROM (
  SELECT day.*, row_number() OVER (
    PARTITION BY event_id, CASE
      WHEN event_id IS NULL THEN hash({_CONTENT}, source_sha256, source_position)
      WHEN contradicted THEN hash({_CONTENT}) END
    ORDER BY {RICHNESS} DESC, merged_into_event IS NULL, is_new, source_file, source_position
  ) AS place
  FROM day LEFT JOIN repeated ON repeated_id = event_id
)
WHERE place = 1
"""  # noqa: S608 - constants of this module
