"""Events as Parquet: whole, the same again, growing, and never outside the folder."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from queries.case import Case, open_case
from queries.convert import Converted, convert
from queries.converted import derived
from queries.converted.layout import RELATIONS, VIEWS, stored_columns
from queries.converted.taken import KEYS, TAKEN
from queries.errors import WrongUsage
from queries.index.schema import OF_BUILDING, create_tables
from queries.progress import CancelToken, Progress
from queries.refresh import look_again
from samples import incident_path
from tests.evidence_files import at, record, trail, write
from tui.cli import main

SCHEMA = stored_columns("events")


def converted(source: Path, destination: Path) -> Converted:
    with open_case([str(source)], use_cache=False) as case:
        return convert(case, destination, Progress(), CancelToken())


def rows(
    destination: Path, sql: str = "SELECT * FROM events ORDER BY ALL"
) -> list[tuple[object, ...]]:
    """What another program sees in the folder, by the partitions' names and the files alone."""
    with duckdb.connect() as other:
        files = [str(file) for file in destination.rglob("events.parquet")]
        other.read_parquet(files, hive_partitioning=True).create_view("events")
        return other.execute(sql).fetchall()


@pytest.fixture(scope="module")
def indexed() -> Iterator[Case]:
    """The sample incident."""
    with open_case([str(incident_path())], use_cache=False) as case:
        yield case


@pytest.fixture(scope="module")
def incident(indexed: Case, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, converted."""
    destination = tmp_path_factory.mktemp("parquet") / "incident"
    convert(indexed, destination, Progress(), CancelToken())
    return destination


def test_other_programs_read_the_same_events(incident: Path, indexed: Case) -> None:
    sql = (
        "SELECT event_name, recipient_account_id, aws_region, count(*), min(event_time),"
        " count(image_digest) FROM events GROUP BY ALL ORDER BY ALL"
    )
    assert rows(incident, sql) == indexed.ask(sql).rows
    wrong = (
        "SELECT count(*) FROM events WHERE account::VARCHAR <> recipient_account_id"
        " OR region <> aws_region OR date::DATE <> event_time::DATE"
    )
    assert rows(incident, wrong) == [(0,)]
    described = json.loads((incident / "_schema.json").read_text())
    columns = described["relations"]["events"]["columns"]
    assert [(c["name"], c["type"]) for c in columns] == list(SCHEMA)


def test_each_row_names_its_record(incident: Path, indexed: Case) -> None:
    found = rows(
        incident,
        "SELECT source_file, source_sha256, position FROM events"
        " WHERE event_name = 'PutImage' ORDER BY event_time LIMIT 1",
    )
    expected = indexed.ask(
        "SELECT f.name, f.sha256, e.position FROM events AS e JOIN files AS f"
        " ON f.file_id = e.file_id"
        " WHERE event_name = 'PutImage' ORDER BY event_time LIMIT 1"
    )
    assert found == expected.rows


def test_again_changes_nothing(incident: Path) -> None:
    before = {file: file.stat().st_mtime_ns for file in incident.rglob("*") if file.is_file()}
    done = converted(incident_path(), incident)
    assert (done.added, done.partitions_written) == (0, 0)
    assert done.partitions_unchanged == len(list(incident.rglob("events.parquet")))
    assert before == {f: f.stat().st_mtime_ns for f in incident.rglob("*") if f.is_file()}


def test_more_evidence_rewrites_only_its_days(tmp_path: Path) -> None:
    events = [record("PutImage", f"2026-03-0{day}T10:00:00Z") for day in (1, 2, 3)]
    late = record("DeleteRepository", "2026-03-02T11:00:00Z")
    write(tmp_path / "one", {"a.json": trail(events)})
    # Delivered by a second trail, too: copies, and one event that only this trail has.
    write(tmp_path / "two", {"b.json": trail([events[1], late, events[2]])})
    write(
        tmp_path / "both", {"a.json": trail(events), "b.json": trail([events[1], late, events[2]])}
    )
    out = tmp_path / "out"
    assert converted(tmp_path / "one", out).added == 3
    again = converted(tmp_path / "two", out)
    assert (again.added, again.partitions_written, again.partitions_unchanged) == (
        1,
        2,
        0,
    )  # the third counts a copy
    converted(tmp_path / "both", tmp_path / "at once")
    own = ("event_key", "file_id", "position", "source_file", "source_sha256")
    columns = ", ".join(name for name, _ in SCHEMA if name not in own)
    sql = f"SELECT {columns} FROM events ORDER BY event_time"
    assert rows(out, sql) == rows(tmp_path / "at once", sql)


def test_one_more_day_costs_that_day(tmp_path: Path) -> None:
    """Neither the evidence of other days is read, nor are their partitions written."""
    logs, out = tmp_path / "logs", tmp_path / "out"
    for day in (1, 2):
        write(logs, {f"{day}.json": trail([record("PutImage", f"2026-03-0{day}T10:00:00Z")])})
    with open_case([str(logs)]) as case:
        convert(case, out, Progress(), CancelToken())
    before = {path: path.stat().st_mtime_ns for path in (out / "events").rglob("*.parquet")}
    write(logs, {"3.json": trail([record("PutImage", "2026-03-03T10:00:00Z")])})

    progress = Progress()
    with open_case([str(logs)], progress=progress) as case:
        done = convert(case, out, Progress(), CancelToken())

    assert progress.files_total == 1
    assert (done.added, done.partitions_written, done.partitions_unchanged) == (1, 1, 2)
    assert before == {path: path.stat().st_mtime_ns for path in before}


def test_records_without_an_id_are_kept_apart(tmp_path: Path) -> None:
    twins = [record("PutImage", at(1), eventID=None) for _ in range(2)]
    write(tmp_path / "logs", {"a.json": trail(twins)})
    out = tmp_path / "out"
    assert converted(tmp_path / "logs", out).added == 2
    (tmp_path / "logs" / "b.json").write_bytes(trail([record("DeleteRepository", at(2))]))
    assert converted(tmp_path / "logs", out).added == 1
    assert rows(out, "SELECT count(*) FROM events") == [(3,)]


@pytest.mark.parametrize(
    "region",
    ["../../../etc", "..", "a/b", "x" * 400, "[a]*?'", "\x1b[31m", None, "ü\n"],
)
def test_no_value_leads_out_of_the_folder(region: str | None, tmp_path: Path) -> None:
    write(tmp_path / "logs", {"a.json": trail([record("PutImage", at(1), awsRegion=region)])})
    out = tmp_path / "deep" / "er" / "[o]ut*"
    assert converted(tmp_path / "logs", out).added == 1
    assert converted(tmp_path / "logs", out).partitions_unchanged == 1
    written = list(tmp_path.rglob("*.parquet"))
    assert all(file.is_relative_to(out) for file in written)
    [events] = [file for file in written if file.name == "events.parquet"]
    assert len(events.relative_to(out).parts) == 5


def test_what_cannot_be_written_into_is_said(tmp_path: Path, incident: Path) -> None:
    logs = write(tmp_path / "logs", {"a.json": trail([record("PutImage", at(1))])})
    with open_case([str(logs)], use_cache=False) as case:
        for place, why in (
            (logs, "holds evidence"),
            (tmp_path, "holds evidence"),
            (logs / "a.json", "holds evidence"),
        ):
            with pytest.raises(WrongUsage, match=why):
                convert(case, place, Progress(), CancelToken())
        other = write(tmp_path / "other", {"notes.txt": b"mine"})
        with pytest.raises(WrongUsage, match="was not written by 'convert'"):
            convert(case, other, Progress(), CancelToken())
        (other / "notes.txt").unlink()
        (other / "_schema.json").write_text('{"schema_version": 1, "columns": []}')
        with pytest.raises(WrongUsage, match="other columns"):
            convert(case, other, Progress(), CancelToken())
        (other / "_schema.json").write_text("[")
        with pytest.raises(WrongUsage, match="cannot be read"):
            convert(case, other, Progress(), CancelToken())
    assert sorted(file.name for file in logs.iterdir()) == ["a.json"]


def test_stopped_in_the_middle_it_goes_on_the_next_time(tmp_path: Path) -> None:
    class StopAfterTwo(Progress):
        def add(self, **counts: object) -> None:
            super().add(**counts)  # type: ignore[arg-type]
            if self.files_done == 2:
                cancel.cancel()

    events = [record("PutImage", f"2026-03-0{day}T10:00:00Z") for day in range(1, 6)]
    write(tmp_path / "logs", {"a.json": trail(events)})
    out, cancel = tmp_path / "out", CancelToken()
    with open_case([str(tmp_path / "logs")], use_cache=False) as case:
        assert convert(case, out, StopAfterTwo(), cancel).partitions_written == 2
    assert rows(out, "SELECT count(*) FROM events") == [(2,)]
    done = converted(tmp_path / "logs", out)
    assert (done.partitions_unchanged, done.partitions_written) == (2, 3)
    assert list(out.rglob("*.part")) == []


def test_no_relation_of_the_index_is_forgotten() -> None:
    of_the_evidence = {"listed", "digests"}  # what a file was, and its digest files
    with duckdb.connect() as empty:
        create_tables(empty)
        tables = {row[0] for row in empty.execute("SHOW TABLES").fetchall()}
    assert tables - set(VIEWS) - of_the_evidence - OF_BUILDING == set(RELATIONS)


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "logs", {"a.json": trail([record("PutImage", at(1))])})
    out = tmp_path / "out"
    given = ["convert", str(tmp_path / "logs"), str(out), "--no-cache", "--format", "json"]
    assert main(given) == 0
    assert json.loads(capsys.readouterr().out) == {
        "folder": str(out),
        "events": 1,
        "added": 1,
        "partitions_written": 1,
        "partitions_unchanged": 0,
    }
    assert main(["convert"]) == 2
    assert "FOLDER is missing" in capsys.readouterr().err


def test_the_documented_table_has_the_columns_that_are_written(incident: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "parquet.md").read_text(encoding="utf-8")
    table = re.search(r"CREATE EXTERNAL TABLE \w+ \(\n(.*?)\n\)", page, re.DOTALL)
    assert table is not None
    names = {"string": "VARCHAR", "bigint": "BIGINT", "boolean": "BOOLEAN", "int": "INTEGER"}
    documented = [line.strip(" ,").split() for line in table[1].splitlines()]
    assert [(name, names.get(kind, kind.upper())) for name, kind in documented] == list(SCHEMA)
    question = re.search(r"```sql\n(SELECT.*?);\n```", page, re.DOTALL)
    assert question is not None
    found = duckdb.execute(question[1].replace("'converted/", f"'{incident}/")).fetchall()
    assert any(name.endswith("team/api") for name, _, _ in found)


def everything(folder: Path) -> dict[str, list[str]]:
    """The rows of all relations in a folder, without what only numbers them."""
    found: dict[str, list[str]] = {}
    with duckdb.connect() as other:
        for relation in sorted(set(RELATIONS) - {"meta"}):
            files = other.read_parquet(
                [str(file) for file in folder.glob(f"{relation}/**/*.parquet")],
                hive_partitioning=False,
            )
            names = [name for name in files.columns if name != "deployment_no"]
            found[relation] = sorted(map(repr, files.select(*names).fetchall()))
    return found


def test_what_is_taken_from_the_case_is_what_would_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs = tmp_path / "logs"
    shutil.copytree(incident_path().parent / "google", logs / "google")
    folders = {path.parent for path in incident_path().rglob("*.json.gz")}
    case = None
    for part in (sorted(folders)[::12], sorted(folders)[1::12]):
        for folder in part:
            shutil.copytree(folder, logs / folder.relative_to(incident_path()))
        grown = open_case([str(logs)]) if case is None else look_again(case)
        assert grown is not None
        if case is not None:
            case.close()
        case = grown
        convert(case, tmp_path / "taken", Progress(), CancelToken())
        with monkeypatch.context() as patched:
            patched.setattr(derived, "has_all_copies", lambda writer: False)
            convert(case, tmp_path / "made", Progress(), CancelToken())
    assert case is not None
    case.close()
    taken, made = everything(tmp_path / "taken"), everything(tmp_path / "made")
    for relation, rows_of in made.items():
        assert taken[relation] == rows_of, relation


def test_every_number_is_known_to_be_a_key_or_not() -> None:
    with duckdb.connect() as empty:
        create_tables(empty)
        columns = empty.execute(
            "SELECT table_name, column_name FROM duckdb_columns()"
            " WHERE data_type = 'BIGINT' AND column_name <> 'file_id'"
        ).fetchall()
    plain = {"position", "deployment_no", "bytes", "image_bytes", "config_bytes"}
    assert {column for table, column in columns if table in TAKEN} - plain <= KEYS
