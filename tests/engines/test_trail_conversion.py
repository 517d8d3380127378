"""`convert --engine spark`: the folder is the one that a conversion on this machine writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from queries.converted.layout import RELATIONS, stored_columns
from queries.database import connect
from queries.engines.duckdb import DuckDBEngine
from queries.engines.spark import SparkEngine
from tests.engines.trails import DAYS, READ, SPAN, compact, name_of, odd_files, spoiled, write_trail
from tests.evidence_files import write, zipped
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
    files = f"{folder}/{relation}/**/{relation}.parquet"
    with connect() as reader:
        return reader.execute(
            f"SELECT {columns} FROM read_parquet('{files}', hive_partitioning = false) ORDER BY ALL"
        ).fetchall()


@pytest.mark.parametrize("relation", [name for name in RELATIONS if name != "meta"])
def test_every_relation_is_that_of_a_conversion_here(
    relation: str, by_spark: Path, by_duckdb: Path
) -> None:
    without = ("lane",) if relation == "files" else ()
    assert rows(by_spark, relation, without=without) == rows(by_duckdb, relation, without=without)


def test_what_spark_cannot_take_is_read_here_and_said(by_spark: Path) -> None:
    with connect() as reader:
        found = reader.execute(
            "SELECT regexp_extract(name, '[^/]*$'), lane, status, notes"
            f" FROM read_parquet('{by_spark}/files/files.parquet')"
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


def test_spark_reads_what_it_has_converted(by_spark: Path, spark_address: str) -> None:
    engine = SparkEngine(spark_address, str(by_spark), DAYS)
    sql = "SELECT event_key, event_id, request_parameters FROM events ORDER BY event_key"
    with DuckDBEngine(by_spark, DAYS).connection as here:
        assert engine.ask(sql).rows == here.execute(sql).fetchall() != []
    engine.close()


def test_more_evidence_is_added_and_the_rest_not_read_again(
    evidence: Path,
    by_spark: Path,
    by_duckdb: Path,
    spark_address: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    late = [spoiled("PutRegistryPolicy", "eu-west-1"), spoiled("CreatePullThroughCacheRule")]
    write(evidence, {LATER: zipped(compact(late))})
    written = {path: path.stat().st_mtime_ns for path in by_spark.glob("events/**/*.parquet")}
    capsys.readouterr()
    asked = ["convert", str(evidence), str(by_spark), *with_spark(spark_address)]
    assert main([*asked, "--format", "json"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["added"] == 2
    assert "are in " in said.err
    changed = {path for path, time in written.items() if path.stat().st_mtime_ns != time}
    assert len(changed) < 3
    assert main(["convert", *folders(evidence), str(by_duckdb), "--no-cache"]) == 0
    for relation in ("events", "copies", "actors", "pushes", "sessions"):
        assert rows(by_spark, relation) == rows(by_duckdb, relation)


@pytest.mark.parametrize(
    ("folder", "source", "said"),
    [
        ("s3a://bucket/converted", "", "writes into a folder of this machine"),
        ("out", "/no/such/trail", "/no/such/trail: the server finds no files of a trail for"),
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
    target = folder if "://" in folder else str(tmp_path / folder)
    given = ["convert", source or str(evidence), target, *with_spark(spark_address)]
    assert main(given) == 2
    error = capsys.readouterr().err
    assert said in error
    assert len(error.splitlines()) == 1
    assert not (tmp_path / "out").exists()
