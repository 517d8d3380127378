"""Statements of one's own: they read the case, and can do nothing else. Tries to."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from queries.case import Case, open_case
from queries.errors import Cancelled, WrongUsage
from queries.marks.events import mark_event
from queries.progress import CancelToken
from queries.prompt import answer, completions, export
from samples import incident_path
from tests.evidence_files import at, image, push, record, trail, write


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    file = tmp_path_factory.mktemp("prompt") / "demo.case"
    with open_case([str(incident_path())], case_file=file) as case:
        yield case


def test_it_reads_the_tables_in_the_order_asked_for(demo: Case) -> None:
    sql = "SELECT event_name, count(*) AS n FROM events GROUP BY ALL ORDER BY n DESC, 1 -- so;\n;"
    with answer(demo, sql) as found:
        assert found.names == ["event_name", "n"]
        rows = found.rows().rows
        assert rows == sorted(rows, key=lambda row: (-row[1], row[0]))
        page = found.question.with_page(3, 2)
        assert [row[1:] for row in found.ask(page.sql).rows] == rows[2:5]


@pytest.mark.parametrize(
    "sql",
    ["DESCRIBE events", "SHOW TABLES", "SUMMARIZE pushes", "FROM pushes", "VALUES (1, 'a')",
     "WITH a AS (SELECT 1 AS b) SELECT * FROM a", "SELECT 1 AS a, 2 AS a", "(SELECT 1)"],
)  # fmt: skip
def test_whatever_reads_is_run(demo: Case, sql: str) -> None:
    with answer(demo, sql) as found:
        assert found.rows().rows
        assert len(set(found.names)) == len(found.names)


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE mine AS SELECT 1",
        "CREATE TEMP TABLE mine AS SELECT 1",
        "CREATE VIEW mine AS SELECT 1",
        "CREATE MACRO mine() AS 1",
        "CREATE SECRET s (TYPE s3)",
        "INSERT INTO events SELECT * FROM events",
        "DELETE FROM events",
        "UPDATE events SET event_id = 'x'",
        "DROP TABLE events",
        "ALTER TABLE events ADD COLUMN a INT",
        "WITH gone AS (DELETE FROM events RETURNING event_id) SELECT * FROM gone",
        "WITH more AS (INSERT INTO pushes SELECT * FROM pushes RETURNING 1) FROM more",
        "SELECT 1) AS a; DROP TABLE events; --",
        "SELECT 1; DROP TABLE events",
        "SET enable_external_access = true",
        "RESET enable_external_access",
        "PRAGMA enable_external_access = true",
        "SET lock_configuration = false",
        "SET VARIABLE a = 1",
        "USE temp",
        "CHECKPOINT",
        "SELECT * FROM force_checkpoint()",
        "VACUUM",
        "BEGIN",
        "INSTALL httpfs",
        "FORCE INSTALL httpfs FROM community",
        "LOAD httpfs",
        "LOAD '{folder}/x.duckdb_extension'",
        "CALL pragma_version()",
        "EXPLAIN ANALYZE DELETE FROM events",
        "PREPARE p AS SELECT 1",
        "SELECT * FROM enable_logging(storage='file', storage_path='{folder}/log')",
        "ATTACH '{folder}/other.duckdb'",
        "ATTACH ':memory:' AS aside",
        "COPY events TO '{folder}/out.csv'",
        "COPY (SELECT 1) TO '{folder}/out.parquet'",
        "COPY events FROM '{folder}/secret.csv'",
        "EXPORT DATABASE '{folder}/all'",
        "IMPORT DATABASE '{folder}/all'",
        "FROM query('COPY events TO ''{folder}/out.csv''')",
        "SELECT * FROM '{folder}/secret.csv'",
        "SELECT * FROM read_csv('{folder}/secret.csv')",
        "SELECT * FROM read_text('{folder}/secret.csv')",
        "SELECT * FROM read_blob('{folder}/secret.csv')",
        "SELECT * FROM read_json('{folder}/secret.csv')",
        "SELECT * FROM read_parquet('{folder}/*')",
        "SELECT * FROM sniff_csv('{folder}/secret.csv')",
        "SELECT * FROM parquet_metadata('{folder}/secret.csv')",
        "SELECT * FROM read_duckdb('{folder}/other.duckdb')",
        "SELECT * FROM query_table('{folder}/secret.csv')",
        "SELECT * FROM query('SELECT * FROM ''{folder}/secret.csv''')",
        "SELECT (SELECT max(content) FROM read_text('{folder}/secret.csv'))",
        "SELECT * FROM glob('{folder}/*')",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM duckdb_secrets()",
        "SELECT * FROM read_text('/proc/self/environ')",
        "SELECT getenv('HOME')",
        "SELECT * FROM sqlite_scan('{folder}/x', 'y')",
        "SELECT * FROM arrow_scan(1, 2, 3)",
        "SELECT * FROM python_map_function(1)",
        "SELECT * FROM a_python_variable",
        "SELECT FROM WHERE",
        "",
        "-- nothing",
    ],
)
def test_whatever_does_more_is_refused_and_changes_nothing(
    demo: Case, tmp_path: Path, sql: str
) -> None:
    a_python_variable = [(1,)]
    assert a_python_variable
    (tmp_path / "secret.csv").write_text("word\nplainly-secret\n")
    duckdb.connect(str(tmp_path / "other.duckdb")).close()
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    kept = demo.path.read_bytes()
    with pytest.raises(WrongUsage) as refused:
        answer(demo, sql.format(folder=tmp_path))
    assert "plainly-secret" not in str(refused.value)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before
    assert demo.path.read_bytes() == kept
    with answer(demo, "SELECT current_setting('enable_external_access')") as found:
        assert found.rows().rows == [(False,)]
    [(count,)] = demo.ask("SELECT count(*) FROM events").rows
    assert count == demo.totals["events"]


def test_nothing_is_asked_of_the_network(demo: Case) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        port = server.getsockname()[1]
        for call in ("read_csv", "read_json", "read_text", "read_parquet"):
            with pytest.raises(WrongUsage):
                answer(demo, f"SELECT * FROM {call}('http://127.0.0.1:{port}/x')")
        with pytest.raises(TimeoutError):
            server.accept()


def test_the_swap_folder_is_private_and_no_way_out(demo: Case, tmp_path: Path) -> None:
    """DuckDB itself must read and write there what does not fit into memory."""
    (tmp_path / "secret.csv").write_text("word\nplainly-secret\n")
    with answer(demo, "SELECT current_setting('temp_directory')") as found:
        folder = Path(found.rows().rows[0][0])
    assert [file.name for file in folder.iterdir()] == []
    assert folder.stat().st_mode & 0o777 == 0o700
    up = "/".join([".."] * len(folder.parts))
    for path in (f"{folder}/../*", f"{folder}/{up}{tmp_path}/secret.csv"):
        with pytest.raises(WrongUsage):
            answer(demo, f"SELECT * FROM read_text('{path}')")


def test_answers_do_not_see_each_other(demo: Case) -> None:
    with answer(demo, "SELECT 1 AS a") as first, answer(demo, "SELECT 2 AS b") as second:
        assert (first.rows().rows, second.rows().rows) == ([(1,)], [(2,)])


def test_a_statement_that_runs_is_stopped(demo: Case) -> None:
    token = CancelToken()
    timer = threading.Timer(0.3, token.cancel)
    timer.start()
    with pytest.raises(Cancelled):
        answer(demo, "SELECT sum(a.i * b.i % 7) FROM range(300000) a(i), range(300000) b(i)", token)
    timer.join()
    with answer(demo, "SELECT 1") as found:
        assert found.rows().rows == [(1,)]


@pytest.mark.parametrize("kind", ["csv", "json", "jsonl", "parquet"])
def test_rows_are_written_once_in_every_format(demo: Case, tmp_path: Path, kind: str) -> None:
    target = tmp_path / f"out.{kind}"
    with answer(demo, "SELECT event_id, event_time FROM events ORDER BY 1") as found:
        assert export(found, target) == demo.totals["events"]
        with pytest.raises(WrongUsage, match="exists already"):
            export(found, target)
        with pytest.raises(WrongUsage, match="name a file"):
            export(found, tmp_path / "out.exe")
    read = "read_json" if kind.startswith("json") else f"read_{kind}"
    [(count,)] = duckdb.execute(
        f"SELECT count(DISTINCT event_id) FROM {read}('{target}')"
    ).fetchall()
    assert count == demo.totals["events"]


NAMES = 'SELECT count(*), 1 AS "a ""b\'", 2 AS "A ""b\'", NULL AS n, [1] AS l, {\'x y\': 1} AS s'
"""Columns of any name and type: one that DuckDB chose, quotes, two alike, no type at all."""


def test_an_answer_with_any_columns_becomes_parquet(demo: Case, tmp_path: Path) -> None:
    target = tmp_path / "out.parquet"
    with answer(demo, f"{NAMES} FROM events") as found:
        assert export(found, target) == 1
    [row] = duckdb.execute(f"FROM '{target}'").fetchall()
    assert row == (demo.totals["events"], 1, 2, None, [1], {"x y": 1})


def test_what_is_written_is_what_was_answered_marks_included(tmp_path: Path) -> None:
    with open_case([str(incident_path())], use_cache=False) as case:
        key = case.ask("SELECT min(event_key) FROM events").rows[0][0]
        mark_event(case, key)
        target = tmp_path / "out.parquet"
        with answer(case, "SELECT event_key, random() AS r FROM marks") as found:
            seen = found.rows().rows
            assert [row[0] for row in seen] == [key]
            assert export(found, target) == 1
    assert duckdb.execute(f"FROM '{target}'").fetchall() == seen


def test_tables_and_columns_to_complete(demo: Case) -> None:
    found = completions(demo)
    assert "event_name" in found["events"]
    assert "push_key" in found["pushes"]


def test_what_is_marked_now_can_be_asked_for(tmp_path: Path) -> None:
    pushed = [push(image("x"), "prod", at(0), eventID="p"), record("ListUsers", at(1), eventID="l")]
    write(tmp_path / "logs", {"a.json": trail(pushed)})
    file = tmp_path / "c.case"
    with open_case([str(tmp_path / "logs")], case_file=file) as case:
        keys = dict(case.ask("SELECT event_id, event_key FROM events").rows)
        mark_event(case, keys["p"], ["implant"])
        with answer(case, "SELECT event_id, tags FROM marks") as found:
            assert found.rows().rows == [("p", "implant")]
    # The case file has that mark in a table of its own by now; what comes stands beside it.
    with open_case([], case_file=file) as case:
        mark_event(case, keys["l"], ["way in"])
        asked = "SELECT e.event_name, m.tags FROM marks AS m JOIN events AS e USING (event_key)"
        with answer(case, f"{asked} ORDER BY e.event_time") as found:
            assert found.rows().rows == [("PutImage", "implant"), ("ListUsers", "way in")]
        with answer(case, "SELECT text FROM mark_records") as found:
            assert len(found.rows().rows) == 2
        assert {"tags", "comment", "author"} <= set(completions(case)["marks"])
