"""Two conversions of one trail, side by side: what both wrote, and more evidence for both."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from queries.converted.layout import (
    IN_PARTITIONS,
    partition_files,
    stored_columns,
    whole_files,
)
from queries.database import connect
from queries.progress import Progress
from tests.engines.trails import READ, SPAN, spoiled
from tests.evidence_files import Record

LATER = "AWSLogs/o-exampleorg/444455556666/CloudTrail/eu-west-1/2026/03/09/444455556666.json.gz"


def with_spark(address: str) -> list[str]:
    return ["--engine", "spark", "--spark", address, *SPAN]


def folders(evidence: Path) -> list[str]:
    """The folders of the days that are read, digests too."""
    return [
        str(day) for day in sorted(evidence.glob("AWSLogs/*/*/*/*/2026/03/*")) if day.name in READ
    ]


def rows(folder: Path, relation: str, *, without: tuple[str, ...] = ()) -> list[Any]:
    columns = ", ".join(f'"{name}"' for name, _ in stored_columns(relation) if name not in without)
    of = partition_files if relation in IN_PARTITIONS else whole_files
    with connect() as reader:
        return reader.execute(
            f"SELECT {columns} FROM read_parquet('{of(folder, relation)}',"
            " hive_partitioning = false) ORDER BY ALL"
        ).fetchall()


def totals(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(dict(rows(folder, "meta"))["totals"])
    return found


def files_of(folder: Path) -> set[str]:
    """Every file of events, and when it was changed."""
    return {f"{path} {path.stat().st_mtime_ns}" for path in folder.glob("events/**/*.parquet")}


def partitions_of(files: set[str]) -> set[str]:
    return {"/".join(file.split("/")[-4:-1]) for file in files}


class At(Progress):
    """Does something when the work comes to a stage, the first time."""

    def __init__(self, stages: Mapping[str, Callable[[], object]]) -> None:
        """`stages`: what their names begin with, and what is to be done."""
        super().__init__()
        object.__setattr__(self, "wanted", dict(stages))

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name == "stage" and hasattr(self, "wanted"):
            for begin in [begin for begin in self.wanted if value.startswith(begin)]:
                self.wanted.pop(begin)()


def late(evidence: Path, converted: Path) -> list[Record]:
    """New events of days that are there; of a day that is not, with and without a usable name; one
    that comes again; one that another account recorded, too; and the correction of one of a day
    that has nothing else new."""
    [corrected] = some(converted, "eu-west-1", "2026-03-10", "TRUE")
    [shared] = some(converted, "us-east-1", "2026-03-10", "shared_event_id IS NOT NULL")
    file = next(evidence.glob("AWSLogs/*/111122223333/CloudTrail/us-east-1/2026/03/08/1*.json.gz"))
    return [
        spoiled("PutRegistryPolicy", "eu-west-1"),
        spoiled("CreatePullThroughCacheRule", "sa-east-1"),
        {**spoiled("ListImages", f"../*?{'é' * 150}"), "recipientAccountId": "=/\n"},
        {**spoiled("TagResource"), "addendum": {"originalEventID": corrected["event_id"]}},
        {**spoiled(shared["event_name"]), "eventSource": shared["event_source"]}
        | {"sharedEventID": shared["shared_event_id"]},
        json.loads(gzip.decompress(file.read_bytes()))["Records"][0],
    ]


def some(converted: Path, region: str, day: str, condition: str) -> list[dict[str, Any]]:
    names = ("event_id", "shared_event_id", "event_name", "event_source")
    with connect() as reader:
        found = reader.execute(
            f"SELECT {', '.join(names)} FROM read_parquet('{partition_files(converted, 'events')}')"
            f" WHERE aws_region = '{region}' AND CAST(event_time AS DATE) = '{day}'"
            f" AND recipient_account_id = '111122223333' AND {condition} ORDER BY event_key LIMIT 1"
        ).fetchall()
    return [dict(zip(names, row, strict=True)) for row in found]
