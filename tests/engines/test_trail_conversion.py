"""`convert --engine spark`: Spark's workers write what a conversion on this machine writes."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from queries.converted.layout import (
    IN_PARTITIONS,
    RELATIONS,
    partition_files,
    stored_columns,
    whole_files,
)
from queries.database import connect
from queries.engines.duckdb import DuckDBEngine
from queries.engines.opening import Choice
from queries.engines.spark import SparkEngine
from queries.errors import Cancelled, InvestigationError, WrongUsage
from queries.progress import CancelToken, Progress
from queries.trail.converting import convert_by_workers
from queries.trail.destination import Destination
from tests.engines.trails import DAYS, READ, SPAN, compact, name_of, odd_files, spoiled, write_trail
from tests.evidence_files import Record, write, zipped
from tui.cli import main

LATER = "AWSLogs/o-exampleorg/444455556666/CloudTrail/eu-west-1/2026/03/09/444455556666.json.gz"


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trail with more days than are asked for."""
    return write_trail(tmp_path_factory.mktemp("trail"))


@pytest.fixture(scope="module")
def by_spark(evidence: Path, spark_address: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two days of it, converted by Spark."""
    folder = tmp_path_factory.mktemp("by_spark") / "converted"
    assert main(["convert", str(evidence), str(folder), *with_spark(spark_address)]) == 0
    return folder


@pytest.fixture(scope="module")
def by_duckdb(evidence: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same files, converted here."""
    folder = tmp_path_factory.mktemp("by_duckdb") / "converted"
    assert main(["convert", *folders(evidence), str(folder), "--no-cache"]) == 0
    return folder


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


@pytest.mark.parametrize("relation", [name for name in RELATIONS if name != "meta"])
def test_every_relation_is_that_of_a_conversion_here(
    relation: str, by_spark: Path, by_duckdb: Path
) -> None:
    without = ("lane",) if relation == "files" else ()
    assert rows(by_spark, relation, without=without) == rows(by_duckdb, relation, without=without)


def test_totals_are_those_of_a_conversion_here(by_spark: Path, by_duckdb: Path) -> None:
    assert totals(by_spark) == totals(by_duckdb)


def test_what_spark_cannot_take_is_read_here_and_said(by_spark: Path) -> None:
    with connect() as reader:
        found = reader.execute(
            "SELECT regexp_extract(name, '[^/]*$'), lane, status, notes"
            f" FROM read_parquet('{whole_files(by_spark, 'files')}')"
        ).fetchall()
    lanes = {name: lane for name, lane, _, _ in found}
    status = {name: (status, notes) for name, _, status, notes in found}
    assert {lanes[name_of(what)] for what in odd_files()} == {"careful"}
    assert {lanes[name_of(what)] for what in ("escapes", "blanks")} == {"spark"}
    assert status[name_of("cut")][0] == "damaged"
    assert status[name_of("checksum")][0] == "damaged"
    assert "not JSON" in status[name_of("no JSON")][1][0]
    usual = [name for name in lanes if not name.startswith("odd") and "Digest" not in name]
    assert len(usual) > 50
    assert {lanes[name] for name in usual} == {"spark"}


def test_both_engines_read_what_spark_has_converted(by_spark: Path, spark_address: str) -> None:
    engine = SparkEngine(spark_address, str(by_spark), DAYS)
    sql = "SELECT event_key, event_id, request_parameters FROM events ORDER BY event_key"
    with DuckDBEngine(by_spark, DAYS).connection as here:
        assert engine.ask(sql).rows == here.execute(sql).fetchall() != []
    engine.close()


def test_what_spark_writes_only_spark_goes_on_with(
    by_spark: Path, evidence: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main(["convert", folders(evidence)[0], str(by_spark), "--no-cache"]) == 2
    assert "is written by Spark's workers; go on with --engine spark" in capsys.readouterr().err


def test_what_was_converted_is_not_converted_again(
    evidence: Path, by_spark: Path, spark_address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = files_of(by_spark)
    capsys.readouterr()
    asked = ["convert", str(evidence), str(by_spark), *with_spark(spark_address)]
    assert main([*asked, "--format", "json"]) == 0
    said = capsys.readouterr()
    done = json.loads(said.out)
    assert (done["added"], done["partitions_written"]) == (0, 0)
    assert done["partitions_unchanged"] == len(partitions_of(before))
    assert f"files are in {by_spark} already, and not read again" in said.err
    assert files_of(by_spark) == before
    assert not list(by_spark.glob("_pending*"))


class Stopping(Progress):
    """Wants the work stopped when it comes to a stage."""

    def __init__(self, at: str, cancel: CancelToken) -> None:
        super().__init__()
        object.__setattr__(self, "wanted", (at, cancel))

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name == "stage" and hasattr(self, "wanted") and value.startswith(self.wanted[0]):
            self.wanted[1].cancel()


def test_more_evidence_is_added_whatever_comes_between(
    evidence: Path,
    by_spark: Path,
    by_duckdb: Path,
    spark_address: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    timeless = {**spoiled("ListImages"), "eventTime": "never"}
    names = (LATER, LATER.replace("444455556666.json", "timeless.json"))
    files = (late(evidence, by_duckdb), [timeless])
    write(evidence, {n: zipped(compact(f)) for n, f in zip(names, files, strict=True)})
    before, scans = files_of(by_spark), set(by_spark.glob("scans/*.parquet"))

    # It is stopped before anything is written: nothing has happened.
    cancel = CancelToken()
    choice = Choice("spark", str(evidence), DAYS, {"address": spark_address})
    with pytest.raises(Cancelled):
        convert_by_workers(choice, str(by_spark), Stopping("reading", cancel), cancel)
    assert files_of(by_spark) == before

    # It fails while the folder is changed, which the workers see under another name: nobody reads
    # the folder like that, and the next run finishes it.
    elsewhere = by_spark.as_uri()
    asked = ["convert", str(evidence), elsewhere, *with_spark(spark_address), "--format", "json"]
    with monkeypatch.context() as broken:
        broken.setattr(Destination, "_write", failing_at("copies"))
        assert main(asked) == 1
    assert files_of(by_spark) != before
    with pytest.raises(WrongUsage, match="a conversion is going on or was stopped"):
        SparkEngine(spark_address, elsewhere, DAYS)
    capsys.readouterr()
    assert main(asked) == 0
    assert (
        json.loads(capsys.readouterr().out)["added"] == 0
    )  # all that had to be done was to finish
    after = files_of(by_spark)
    assert set(by_spark.glob("scans/*.parquet")) == scans  # there are no others
    assert len(partitions_of(before - after)) == 3  # two with new events, one for the addendum
    assert len(partitions_of(after)) == len(partitions_of(before)) + 3

    # A folder that this machine wrote is gone on with here.
    assert main(["convert", str(evidence), str(by_duckdb), *with_spark(spark_address)]) == 0
    assert "and this machine writes them" in capsys.readouterr().err
    for relation in RELATIONS:
        if relation not in ("files", "meta"):
            assert rows(by_spark, relation) == rows(by_duckdb, relation), relation
    left_out = ("digests", "notes")
    said = [
        {k: v for k, v in totals(f).items() if k not in left_out} for f in (by_spark, by_duckdb)
    ]
    assert said[0] == said[1]


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


def failing_at(relation: str) -> Any:
    """Writing, as it would be if the server went away when it puts a relation into its place."""
    write_whole = Destination._write

    def write_some(self: Destination, name: str, frame: Any, **named: Any) -> None:
        if name == relation and not named.get("pending"):
            raise InvestigationError("the server is gone")
        write_whole(self, name, frame, **named)

    return write_some


@pytest.mark.parametrize(
    ("folder", "source", "said"),
    [
        ("no-such-scheme://bucket/converted", "", "No FileSystem for scheme"),
        ("out", "/no/such/trail", "/no/such/trail: the server finds no files of a trail for"),
        ("{evidence}/converted", "", "holds evidence, and evidence is never written into"),
        ("{evidence}/..", "", "holds evidence, and evidence is never written into"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(
    folder: str,
    source: str,
    said: str,
    evidence: Path,
    spark_address: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = folder.format(evidence=evidence)
    target = folder if "://" in folder else str(tmp_path / folder)
    given = ["convert", source or str(evidence), target, *with_spark(spark_address)]
    assert main(given) == (1 if "://" in folder else 2)
    error = capsys.readouterr().err
    assert said in error
    assert len(error.splitlines()) == 1
    assert not (tmp_path / "out").exists()
