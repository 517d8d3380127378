"""What a converted folder holds: one folder for each relation, and the columns of each.

    DEST/_schema.json
    DEST/events/account=111122223333/region=eu-west-1/date=2026-03-08/events.parquet
    DEST/actors/account=111122223333/region=eu-west-1/date=2026-03-08/actors.parquet
    DEST/pushes/pushes.parquet
    DEST/meta/meta.parquet          written last: the folder is whole

The columns are those of the index (queries/index/schema.py), so the SQL files read either. Spark
names its files itself (`part-….zstd.parquet`): whoever reads takes every `*.parquet` of a folder.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import quote

from queries.errors import WrongUsage
from queries.index.narrow import HOUR_SECOND, LAYER

SCHEMA_VERSION = 2
"""Raised when a relation or a column is added, goes, or changes its meaning."""

SCHEMA_FILE = "_schema.json"
"""Engines pass over names that begin so."""

NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
"""How Hive names the partition of rows without a value:
https://cwiki.apache.org/confluence/display/Hive/Configuration+Properties"""

PARTITIONS: tuple[tuple[str, str], ...] = (
    ("account", "VARCHAR"),
    ("region", "VARCHAR"),
    ("date", "DATE"),
)
"""What the folders of `events` and `actors` are named by, and what stands as columns in the other
relations that are about events: one condition serves all."""

IN_PARTITIONS = ("events", "actors")
"""Written a partition at a time."""

OF_EVENTS = {
    "callers": "event_key",
    "more_images": "event_key",
    "pushes": "event_key",
    "push_records": "event_key",
    "push_layers": "push_key",
    "push_manifests": "push_key",
    "tag_spans": "push_key",
    "created": "event_key",
    "deployments": "event_key",
    "pulls": "event_key",
    "scans": "event_key",
    "copies": "copy_of",
}
"""Relations whose rows belong to an event (or a push), and the column that says to which."""

WHOLE = ("files", "sessions", "session_ancestors", "meta")
"""Relations that no extent narrows: who handed credentials to whom may have begun long before."""

RELATIONS = (*IN_PARTITIONS, *OF_EVENTS, *WHOLE)
"""What is written. `VIEWS` are views of `events`."""

EXTRA: tuple[tuple[str, str], ...] = (
    ("source_file", "VARCHAR"),
    ("source_sha256", "VARCHAR"),
)
"""Columns of the files of `events` beside those of the index: for whoever reads only these."""

_LONGEST_NAME = 120
_WORKERS = "written_by_spark"
"""In `_schema.json`, of a folder that Spark's workers write."""


@cache
def columns_of(relation: str) -> tuple[tuple[str, str], ...]:
    """Names and DuckDB types of a relation's columns, as the SQL files know it."""
    return _index_columns()[relation]


@cache
def _index_columns() -> dict[str, tuple[tuple[str, str], ...]]:
    from queries.database import connect
    from queries.index.identifiers import STORED
    from queries.index.schema import create_tables

    with connect() as empty:
        create_tables(empty)
        rows = empty.execute(
            "SELECT table_name, column_name, data_type FROM duckdb_columns()"
            " ORDER BY table_name, column_index"
        ).fetchall()
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for table, column, kind in rows:
        if column in STORED:
            continue
        # File ids count on over everything that ever comes into a folder.
        known = "BIGINT" if column == "file_id" else kind
        found[table] = (*found.get(table, ()), (column, known))
    return found


@cache
def stored_columns(relation: str) -> tuple[tuple[str, str], ...]:
    """The columns in the files of a relation."""
    if relation == "events":
        return (*columns_of("events"), *EXTRA)
    if relation in OF_EVENTS:
        return (*columns_of(relation), *PARTITIONS)
    return columns_of(relation)


VIEWS = ("registry_events", "called", "hours")
"""Relations that say nothing which `events` does not say; an index has them as tables."""

_CONDITION_OF = {
    "registry_events": "merged_into IS NULL AND registry_action IS NOT NULL",
    "hours": "merged_into IS NULL AND event_second IS NOT NULL",
}
_WRITTEN_AS = {
    "called": {
        "merged": "merged_into IS NOT NULL",
        "events": "CAST(1 AS BIGINT)",
        "first_seen": "event_time",
        "last_seen": "event_time",
        "first_second": "event_second",
        "last_second": "event_second",
    },
    "hours": {
        "layer": LAYER,
        "hour_second": HOUR_SECOND,
        "events": "CAST(1 AS BIGINT)",
        "failures": "CAST(CASE WHEN outcome <> 'ok' THEN 1 ELSE 0 END AS BIGINT)",
    },
}


def view_of_events(relation: str, events: str = "events", more: Iterable[str] = ()) -> str:
    """The statement for one of `VIEWS`, with `more` columns. In `called` and `hours`, each event
    counts for itself: whoever asks adds up, and reads the same columns of `events` either way."""
    written = _WRITTEN_AS.get(relation, {})
    columns = [
        f"{written[name]} AS {name}" if name in written else name
        for name, _ in columns_of(relation)
    ]
    condition = _CONDITION_OF.get(relation)
    where = f" WHERE {condition}" if condition else ""
    return f"SELECT {', '.join([*columns, *more])} FROM {events}{where}"  # noqa: S608


@dataclass(frozen=True, slots=True)
class Day:
    """One partition: what one account and region did on one day (UTC); None where not recorded."""

    account: str | None
    region: str | None
    date: str | None

    def file(self, destination: Path, relation: str) -> Path:
        """Values come from logs, so they are quoted: none can leave the destination."""
        parts = (("account", self.account), ("region", self.region), ("date", self.date))
        names = (f"{key}={_as_name(value)}" for key, value in parts)
        return (destination / relation).joinpath(*names) / f"{relation}.parquet"


def whole_file(destination: Path, relation: str) -> Path:
    """Where a relation that is not in partitions lies."""
    return destination / relation / f"{relation}.parquet"


def partition_files(destination: Path, relation: str) -> str:
    """The files of a relation that is in partitions, whoever wrote them, as a pattern."""
    return f"{pattern(destination / relation)}/*/*/*/*.parquet"


def whole_files(destination: Path, relation: str) -> str:
    """The same of one that is not."""
    return f"{pattern(destination / relation)}/*.parquet"


def has_files(destination: Path, relation: str) -> bool:
    """Whether there is any file of a relation."""
    depth = "*/*/*/*" if relation in IN_PARTITIONS else "*"
    return any((destination / relation).glob(f"{depth}.parquet"))


def _as_name(value: str | None) -> str:
    """A value as part of a folder's name; one that is too long for that ends with its hash."""
    if value is None:
        return NO_VALUE
    quoted = quote(value, safe="")
    if len(quoted) <= _LONGEST_NAME:
        return quoted
    return f"{quoted[:_LONGEST_NAME]}~{hashlib.sha256(value.encode()).hexdigest()[:16]}"


def pattern(path: Path) -> str:
    """A path for read_parquet, which takes patterns: what would be one stands for itself."""
    return re.sub(r"([\[*?])", r"[\1]", str(path))


def as_literal(text: str | Path) -> str:
    """A path as a literal: ATTACH, COPY and views take no bound one."""
    return "'" + str(text).replace("'", "''") + "'"


# --- what the folder says of itself --------------------------------------------------------------


def described() -> dict[str, object]:
    """What stands in `_schema.json`."""
    return {
        "written_by": "ecr-investigate",
        "schema_version": SCHEMA_VERSION,
        "partitioned_by": [name for name, _ in PARTITIONS],
        "relations": {
            relation: {
                "partitioned": relation in IN_PARTITIONS,
                "columns": [{"name": n, "type": kind} for n, kind in stored_columns(relation)],
            }
            for relation in RELATIONS
        },
    }


def keep_schema(destination: Path, *, by_workers: bool = False) -> None:
    """Write `_schema.json` unless it is there; `by_workers`: Spark's write the folder."""
    target = destination / SCHEMA_FILE
    if target.exists():
        return
    said = {**described(), **({_WORKERS: True} if by_workers else {})}
    passing = target.with_name(f"{SCHEMA_FILE}.{os.getpid()}.part")
    passing.write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")
    passing.replace(target)


def is_of_workers(destination: Path) -> bool:
    """Whether Spark's workers write a folder, with its names for files. Only they go on with it."""
    try:
        said = json.loads((destination / SCHEMA_FILE).read_text(encoding="utf-8"))
        return bool(said.get(_WORKERS))
    except (OSError, ValueError, AttributeError):
        return False


def check_schema(destination: Path) -> None:
    """Raises `WrongUsage` for a folder whose relations are not those of this version."""
    try:
        kept = json.loads((destination / SCHEMA_FILE).read_text(encoding="utf-8"))
        version, relations = kept["schema_version"], kept.get("relations")
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise WrongUsage(
            f"{destination / SCHEMA_FILE}: cannot be read; convert into a new folder"
        ) from None
    if version != SCHEMA_VERSION or relations != described()["relations"]:
        raise WrongUsage(
            f"{destination}: has other columns than this version writes; convert into a new folder"
        )


def is_whole(destination: Path) -> bool:
    """Whether the last conversion into it went through."""
    return has_files(destination, "meta")


def check_converted(destination: Path) -> None:
    """Raises `WrongUsage` unless it is a whole folder that `convert` wrote."""
    if not (destination / SCHEMA_FILE).exists():
        raise WrongUsage(
            f"{destination}: was not written by 'convert'; engines read converted folders"
        )
    check_schema(destination)
    if not is_whole(destination):
        raise WrongUsage(
            f"{destination}: a conversion is going on or was stopped; run 'convert' again"
        )
