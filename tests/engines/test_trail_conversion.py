"""`convert --engine spark`: Spark's workers write what a conversion on this machine writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from queries.converted.layout import (
    RELATIONS,
    whole_files,
)
from queries.database import connect
from queries.engines.duckdb import DuckDBEngine
from queries.engines.opening import Choice
from queries.engines.spark import SparkEngine
from queries.errors import Cancelled, InvestigationError, WrongUsage
from queries.progress import CancelToken
from queries.trail.converting import convert_by_workers
from queries.trail.destination import Destination
from tests.engines.conversions import (
    LATER,
    At,
    files_of,
    folders,
    late,
    partitions_of,
    rows,
    totals,
    with_spark,
)
from tests.engines.trails import DAYS, compact, name_of, odd_files, spoiled, write_trail
from tests.evidence_files import write, zipped
from tui.cli import main


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

    # It is stopped before anything is written: nothing has happened. As long as it runs, no other
    # is let in, not even where the folder is one that only the workers see.
    elsewhere = by_spark.as_uri()
    asked = ["convert", str(evidence), elsewhere, *with_spark(spark_address), "--format", "json"]
    capsys.readouterr()
    cancel = CancelToken()

    def come_second() -> None:
        assert main(asked) == 2
        cancel.cancel()

    choice = Choice("spark", str(evidence), DAYS, {"address": spark_address})
    with pytest.raises(Cancelled):
        convert_by_workers(choice, str(by_spark), At({"reading": come_second}), cancel)
    assert "another conversion writes into it, and was heard of" in capsys.readouterr().err
    assert files_of(by_spark) == before

    # It fails while the folder is changed: nobody reads the folder like that, and the next run
    # finishes it.
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
