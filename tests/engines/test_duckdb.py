"""The embedded engine over a converted folder answers as the index of the same evidence does."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from queries.case import Case, Rows, open_case
from queries.catalogue import names
from queries.convert import convert
from queries.engines.duckdb import DuckDBEngine
from queries.engines.extent import Extent
from queries.errors import Cancelled, WrongUsage
from queries.progress import CancelToken, Progress
from tests.engines.askings import OF_SEVERAL_REGISTRIES, Corpus, askings
from tests.evidence_files import at, record, trail, write

OWN = re.compile(
    r"(^|_)(key|event|push|file_id|ended_by|number|path)$|^previous_push$|^copy_of$|^merged_into$"
)
"""Columns whose numbers each index and each folder give on their own."""


@pytest.fixture(scope="module")
def engine(converted_folder: Path) -> Iterator[DuckDBEngine]:
    engine = DuckDBEngine(converted_folder)
    yield engine
    engine.close()


def comparable(answer: Rows) -> list[tuple[Any, ...]]:
    kept = [
        at
        for at, name in enumerate(answer.columns)
        if not OWN.search(name) or name in ("access_key_id", "matched_key")
    ]
    return sorted(
        (tuple(str(row[at]) for at in kept) for row in answer.rows),
    )


def test_pages_are_the_same_rows(engine: DuckDBEngine) -> None:
    sql = "SELECT event_key FROM events ORDER BY event_key"
    pages = list(engine.pages(sql, size=100))
    assert [len(page.rows) for page in pages[:2]] == [100, 100]
    assert [row for page in pages for row in page.rows] == engine.ask(sql).rows
    [nothing] = engine.pages("SELECT event_key FROM events WHERE event_key < $key", {"key": 0})
    assert (nothing.columns, nothing.rows) == (["event_key"], [])


def test_an_extent_is_all_that_can_be_read(converted_folder: Path) -> None:
    extent = Extent(("444455556666",), (), date(2026, 3, 8), date(2026, 3, 9))
    engine = DuckDBEngine(converted_folder, extent)
    for relation in ("pushes", "pulls", "deployments", "registry_events"):
        beyond = f"{relation} WHERE event_key NOT IN (SELECT event_key FROM events)"
        assert engine.ask(f"SELECT event_key FROM {beyond}").rows == []
    assert (
        engine.ask("SELECT sum(events) FROM actors").rows
        == engine.ask("SELECT count(*) FROM events").rows
    )
    accounts = "SELECT DISTINCT recipient_account_id, CAST(event_time AS DATE) FROM events"
    found = engine.ask(accounts).rows
    assert {row[0] for row in found} == {"444455556666"}
    assert {row[1] for row in found} <= {date(2026, 3, 8), date(2026, 3, 9)}
    engine.close()


def test_account_ids_keep_their_zeros(tmp_path: Path) -> None:
    zeros = "000000000012"
    write(
        tmp_path / "logs", {"a.json": trail([record("PutImage", at(1), recipientAccountId=zeros)])}
    )
    with open_case([str(tmp_path / "logs")], use_cache=False) as case:
        convert(case, tmp_path / "out", Progress(), CancelToken())
    engine = DuckDBEngine(tmp_path / "out", Extent((zeros,)))
    assert engine.ask("SELECT recipient_account_id FROM events").rows == [(zeros,)]
    engine.close()


def test_no_statement_reaches_another_file(engine: DuckDBEngine, tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text("a\n1\n")
    with pytest.raises(duckdb.PermissionException):
        engine.ask(f"SELECT * FROM read_csv('{other}')")
    with pytest.raises(duckdb.Error):
        engine.ask("SET enable_external_access = true")


def test_a_stopped_question_says_so(engine: DuckDBEngine) -> None:
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        engine.ask("SELECT count(*) FROM events", cancel=cancel)
    with pytest.raises(Cancelled):
        next(engine.pages("SELECT count(*) FROM events", cancel=cancel))


def test_what_is_no_whole_folder_is_refused(tmp_path: Path, converted_folder: Path) -> None:
    with pytest.raises(WrongUsage, match="was not written by 'convert'"):
        DuckDBEngine(tmp_path)
    copied = tmp_path / "copied"
    shutil.copytree(converted_folder, copied)
    shutil.rmtree(copied / "meta")
    with pytest.raises(WrongUsage, match="was stopped; run 'convert' again"):
        DuckDBEngine(copied)


@pytest.fixture(scope="module")
def corpora(engine: DuckDBEngine, incident_case: Case) -> tuple[Corpus, Corpus]:
    """Values of the index, and the same of the folder."""
    return Corpus.of(incident_case.ask), Corpus.of(engine.ask)


@pytest.mark.parametrize("name", names())
def test_answers_are_those_of_the_index(
    name: str, engine: DuckDBEngine, incident_case: Case, corpora: tuple[Corpus, Corpus]
) -> None:
    here, there = corpora
    rows = 0
    for native, converted in zip(askings(name, here), askings(name, there), strict=True):
        expected = incident_case.ask(native.sql, native.bound)
        answer = engine.ask(converted.sql, converted.bound)
        assert answer.columns == expected.columns
        assert comparable(answer) == comparable(expected)
        rows += len(expected.rows)
    assert rows or name in OF_SEVERAL_REGISTRIES, "nothing was compared"
