"""Spark over a trail as it is delivered says what DuckDB says of the same files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from queries.case import Case
from queries.converted.layout import RELATIONS, VIEWS, columns_of
from queries.engines.case import EngineCase
from queries.engines.opening import Choice, open_engine_case
from queries.engines.trail import TrailEngine
from queries.errors import Cancelled, InvestigationError, WrongUsage
from queries.index.build import finish_index
from queries.index.loader import load_items
from queries.index.schema import create_tables
from queries.progress import CancelToken, Progress
from queries.sources.local import find_items
from queries.trail.reading import File
from tests.engines.askings import Corpus, askings
from tests.engines.test_spark import in_order
from tests.engines.trails import DAYS, READ, SPAN, compact, write_trail
from tests.evidence_files import at, image, push, sha, write, zipped
from tui.cli import main

_OUTSIDE = "(event_time >= '2026-03-08' AND event_time < '2026-03-10') IS NOT TRUE"


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trail with more days than are asked for."""
    return write_trail(tmp_path_factory.mktemp("trail"))


@pytest.fixture(scope="module")
def here(evidence: Path) -> Iterator[Case]:
    """The same files read by DuckDB, without the events of other days in them."""
    days = [
        d for d in sorted(evidence.glob("AWSLogs/*/*/CloudTrail/*/2026/03/*")) if d.name in READ
    ]
    listing = find_items(list(map(str, days)))
    listing.walk_done()
    connection = duckdb.connect(config={"threads": "1"})
    create_tables(connection)
    ledger = load_items(connection, listing.items, Progress(), CancelToken())
    connection.execute(f"DELETE FROM events WHERE {_OUTSIDE}")
    totals = finish_index(connection, listing, ledger, Progress(), CancelToken())
    case = Case(connection, Path(":memory:"), totals)
    yield case
    case.close()


@pytest.fixture(scope="module")
def corpus(here: Case) -> Corpus:
    return Corpus.of(here.ask)


@pytest.fixture(scope="module")
def opened(evidence: Path, spark_address: str) -> Iterator[Case]:
    """The trail as it is, by Spark."""
    choice = Choice("spark", str(evidence), DAYS, {"address": spark_address})
    with open_engine_case(choice, whole=False) as case:
        yield case


@pytest.fixture(scope="module")
def engine(opened: Case) -> TrailEngine:
    assert isinstance(opened, EngineCase)
    assert isinstance(opened.engine, TrailEngine)
    return opened.engine


OTHERWISE = {
    "events": ("odd",),
    "called": ("events", "first_seen", "last_seen", "first_second", "last_second"),
    "hours": ("events", "failures"),
    "files": ("sha256", "lane", "status", "records", "notes"),
}
"""Columns in which a trail differs: who read a file, and that a view counts each event alone."""
ABSENT = frozenset({"callers", "more_images", "scans"})
"""What nothing in these days leads to; tests/engines/test_trail_deriving.py has the first two."""


@pytest.mark.parametrize("relation", [name for name in (*RELATIONS, *VIEWS) if name != "meta"])
def test_relations_are_those_of_an_index(relation: str, opened: Case, here: Case) -> None:
    columns = [name for name, _ in columns_of(relation) if name not in OTHERWISE.get(relation, ())]
    chosen = ", ".join(f'"{name}"' for name in columns)
    distinct = "DISTINCT " if relation in ("called", "hours") else ""
    sql = f"SELECT {distinct}{chosen} FROM {relation}"
    found = in_order(opened.ask(sql))
    assert found == in_order(here.ask(sql))
    assert found or relation in ABSENT


@pytest.mark.parametrize("name", ["evidence", "pushes", "repositories", "session_tree"])
def test_questions_are_answered_by_spark(
    name: str, engine: TrailEngine, here: Case, corpus: Corpus
) -> None:
    asked = ((q, here.ask(q.sql, q.bound)) for q in askings(name, corpus))
    question, expected = next((q, expected) for q, expected in asked if expected.rows)
    answer = engine.ask(question.sql, question.bound)
    assert answer.columns == expected.columns
    if name != "evidence":  # which names the reader, and has hashes
        assert in_order(answer) == in_order(expected)
    assert engine._derived is None, "an index was made for it"


def test_more_events_than_are_needed_for_it_are_refused(
    engine: TrailEngine, opened: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("queries.trail.deriving.MOST", 10)
    monkeypatch.setattr(engine, "_made", None)
    with pytest.raises(InvestigationError, match="convert the trail, or give a shorter time"):
        opened.ask("SELECT count(*) FROM pushes")
    monkeypatch.setattr("queries.engines.trail.MOST_COPIED", 10)
    with pytest.raises(InvestigationError, match="this is worked out here and not by Spark"):
        _ = opened.connection
    assert len(opened.ask("SELECT event_key FROM events").rows) > 500


OF_EVENTS = (
    "events",
    "duplicates",
    "merged_records",
    "window",
    "accounts",
    "regions",
    "coverage",
    "gaps",
    "logging_changes",
    "failed_logins",
    "pushes",
    "put_image",
    "failed_pushes",
    "images",
    "kinds",
    "keys",
    "pushers",
    "repositories",
    "images_deleted",
    "lifetimes",
    "cross_account",
    "writes_only",
)


def test_totals_say_what_could_not_be_read(opened: Case, here: Case) -> None:
    said = "\n".join(opened.totals["notes"])
    assert "what began before is not seen" in said
    assert "2 of 108 files damaged or unreadable" in said
    assert "files were read here and not by Spark" in said
    assert opened.totals["evidence_complete"] is False
    opened.totals["pushes"]
    for name in OF_EVENTS:
        assert opened.totals[name] == here.totals[name], name


def test_a_raw_record_comes_from_the_server(
    opened: Case, evidence: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [(number, path)] = opened.ask("SELECT file_id, path FROM files ORDER BY file_id LIMIT 1").rows
    monkeypatch.setattr(File, "here", property(lambda self: None))
    item = opened.item(number)
    assert item.path != Path(path)
    with item.open() as stream:
        assert stream.read() == Path(path).read_bytes()


def test_a_command_over_a_trail_of_one_usual_file(
    tmp_path: Path, spark_address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    day = "AWSLogs/111122223333/CloudTrail/us-east-1/2026/03/08"
    pushed = push(image("one"), "v1", at(1).replace("03-02", "03-08"))
    write(tmp_path, {f"{day}/a.json.gz": zipped(compact([pushed]))})
    given = ["pushes", str(tmp_path), "--engine", "spark", "--spark", spark_address, *SPAN]
    assert main([*given, "--format", "json"]) == 0
    said = capsys.readouterr()
    assert [row["image_digest"] for row in json.loads(said.out)] == [sha(image("one"))]
    assert "what began before is not seen" in said.err


def test_a_place_without_a_trail_is_said(tmp_path: Path, spark_address: str) -> None:
    choice = Choice("spark", f"file://{tmp_path}", DAYS, {"address": spark_address})
    with pytest.raises(WrongUsage, match="finds no files of a trail"):
        open_engine_case(choice)


def test_opening_can_be_stopped(evidence: Path, spark_address: str) -> None:
    choice = Choice("spark", str(evidence), DAYS, {"address": spark_address})
    progress, cancel = Progress(), CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        open_engine_case(choice, progress=progress, cancel=cancel)
    assert progress.stage == "listing the trail"
